declare const PDFJS_PATH: string;

declare module "htmx.org/dist/htmx.esm.js" {
  const htmx: {
    config: Record<string, unknown>;
    process(element: Element): void;
  };
  export default htmx;
}

declare module "hash-wasm/dist/sha256.umd.min.js" {
  export function createSHA256(): Promise<{ init(): void; update(bytes: Uint8Array): void; digest(form: "hex"): string }>;
}
