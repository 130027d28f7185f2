// What the page knows of the server: its clock and its token.

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? "";
}

export function csrfToken(): string {
  return meta("csrf-token");
}

// The page was written when its first byte arrived, so a slow connection or a wrong clock here does not matter.
const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
const arrived = navigation?.responseStart ?? 0;
const written = Date.parse(meta("server-now"));

/** Now, by the server's clock, in milliseconds. It follows the demo clock as well. */
export function serverNow(): number {
  return Number.isNaN(written) ? Date.now() : written + performance.now() - arrived;
}
