// Countdowns that follow the server's clock.
import { serverNow } from "./server";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function startClocks(): void {
  tick();
  window.setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}

function tick(): void {
  if (document.hidden) return;
  const now = serverNow();
  for (const clock of document.querySelectorAll<HTMLElement>("[data-clock]")) draw(clock, secondsUntil(clock.dataset["clock"], now));
  for (const due of document.querySelectorAll<HTMLElement>("[data-due]")) {
    const left = secondsUntil(due.dataset["due"], now);
    due.classList.toggle("soon", left > 0 && left < DAY);
    const words = due.querySelector("[data-left]");
    if (words) write(words, until(left));
  }
}

function secondsUntil(instant: string | undefined, now: number): number {
  return Math.floor((Date.parse(instant ?? "") - now) / 1000);
}

/** The same words as the macro `until` writes; seconds in the last hour. */
export function until(left: number): string {
  const n = Math.abs(left);
  const words =
    n >= 2 * DAY ? `${Math.floor(n / DAY)} days`
    : n >= DAY ? `1 day ${Math.floor((n % DAY) / HOUR)} h`
    : n >= HOUR ? `${Math.floor(n / HOUR)} h ${Math.floor((n % HOUR) / MINUTE)} min`
    : left > 0 ? `${Math.floor(n / MINUTE)} min ${pad(n % MINUTE)} s`
    : n >= MINUTE ? `${Math.floor(n / MINUTE)} min`
    : "less than a minute";
  return left > 0 ? `in ${words}` : `${words} ago`;
}

function draw(clock: HTMLElement, left: number): void {
  clock.classList.toggle("soon", left > 0 && left < DAY);
  clock.classList.toggle("over", left <= 0);
  const parts: [string, string][] =
    left <= 0 ? [["closed", ""]]
    : left >= DAY ? [[`${Math.floor(left / DAY)}`, left < 2 * DAY ? "day" : "days"], [pad(Math.floor((left % DAY) / HOUR)), "h"], [pad(Math.floor((left % HOUR) / MINUTE)), "min"]]
    : left >= HOUR ? [[pad(Math.floor(left / HOUR)), "h"], [pad(Math.floor((left % HOUR) / MINUTE)), "min"], [pad(left % MINUTE), "s"]]
    : [[pad(Math.floor(left / MINUTE)), "min"], [pad(left % MINUTE), "s"]];
  const wanted = parts.flatMap(([number, unit]) => (unit ? [number, unit] : [number]));
  if (clock.children.length !== wanted.length) {
    clock.replaceChildren(...wanted.map((_, at) => document.createElement(at % 2 ? "span" : "b")));
  }
  wanted.forEach((text, at) => write(clock.children[at] as Element, text));
}

function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
