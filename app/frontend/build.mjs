// Builds ../static: scripts, styles, fonts and pdf.js under content-hashed names, and the manifest that maps plain names to them.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../static");
const pdfjs = join(here, "node_modules/pdfjs-dist");
const pdfjsVersion = JSON.parse(await readFile(join(pdfjs, "package.json"), "utf8")).version;
const manifest = {};

const bundled = await build({
  absWorkingDir: here,
  entryPoints: ["css/app.css", "src/app.ts", "src/upload.ts", "src/viewer.ts", "src/scoring.ts"],
  outdir: out,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "fonts/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  minify: true,
  charset: "utf8",
  legalComments: "linked",
  loader: { ".woff2": "file" },
  // Versioned, because the pdf.js worker must be of the same version as the library that calls it.
  define: { PDFJS_PATH: JSON.stringify(`pdfjs/${pdfjsVersion}/`) },
  metafile: true,
  write: false,
  logLevel: "warning",
});

const written = new Set();

async function put(path, bytes) {
  const target = join(out, path);
  written.add(path);
  if (await sameOnDisk(target, bytes)) return;
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.${process.pid}.part`;
  await writeFile(part, bytes);
  await rename(part, target);
}

async function sameOnDisk(target, bytes) {
  const old = await readFile(target).catch(() => null);
  return old !== null && old.equals(bytes);
}

for (const file of bundled.outputFiles) await put(relative(out, file.path), Buffer.from(file.contents));
for (const [path, made] of Object.entries(bundled.metafile.outputs)) {
  const name = relative(out, join(here, path));
  if (made.entryPoint?.startsWith("css/") || made.entryPoint?.startsWith("src/")) {
    if (/\.(css|js)$/.test(name)) manifest[basename(made.entryPoint).replace(/\.ts$/, ".js")] = name;
  } else if (name.startsWith("fonts/")) {
    manifest[name.replace(/-[A-Z0-9]{8}(?=\.woff2$)/, "")] = name;
  }
}

for (const name of await readdir(join(here, "assets"))) {
  const bytes = await readFile(join(here, "assets", name));
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  await put(hashed, bytes);
  manifest[name] = hashed;
}

// The fonts' licence asks to travel with them.
for (const face of ["atkinson-hyperlegible-next", "atkinson-hyperlegible-mono", "bricolage-grotesque"]) {
  await put(`fonts/${face}.LICENSE.txt`, await readFile(join(here, "node_modules/@fontsource-variable", face, "LICENSE")));
}

const pdfjsOut = `pdfjs/${pdfjsVersion}`;
if (!(await stat(join(out, pdfjsOut, "LICENSE")).catch(() => null))) {
  const part = join(out, "pdfjs", `.${process.pid}.part`);
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  for (const folder of ["cmaps", "standard_fonts", "wasm", "iccs"]) await cp(join(pdfjs, folder), join(part, folder), { recursive: true });
  // Named .js, so that a server which does not know .mjs still sends it as a script.
  await cp(join(pdfjs, "legacy/build/pdf.worker.min.mjs"), join(part, "pdf.worker.js"));
  await cp(join(pdfjs, "LICENSE"), join(part, "LICENSE"));
  await rm(join(out, pdfjsOut), { recursive: true, force: true });
  await rename(part, join(out, pdfjsOut));
}

await put("manifest.json", Buffer.from(JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + "\n"));
await sweep();

/** Takes away what earlier builds left. */
async function sweep() {
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = relative(out, join(entry.parentPath ?? entry.path, entry.name));
    if (!written.has(path) && !path.startsWith(`${pdfjsOut}/`)) await rm(join(out, path), { force: true });
  }
}

console.log(`built ${Object.keys(manifest).length} assets into app/static`);
