// Uploads: counts a file's SHA-256, asks our server for a place, sends the bytes straight to the store, and says so.
import { createSHA256 } from "hash-wasm/dist/sha256.umd.min.js";
import htmx from "htmx.org/dist/htmx.esm.js";
import { csrfToken } from "./server";

interface Slot {
  url: string;
  method: string;
  headers: Record<string, string>;
  arrival_url: string;
}

/** Something a person can read, to be shown beside the field. */
class Refused extends Error {}
/** The session ended meanwhile; the same file may be sent once somebody has signed in again. */
class SignedOut extends Error {}
class Cancelled extends Error {}

const CHUNK = 4 * 1024 * 1024;
const STOPPED = "The upload stopped. Nothing is lost: choose the file again or press Retry.";
const SIGN_IN = "You are no longer signed in. Sign in in another tab, then press Retry.";
const running = new Set<AbortSignal>();
/** The try that a form shows; an older one, cut short by a new choice, must not write over it. */
const latest = new WeakMap<HTMLFormElement, AbortSignal>();

window.addEventListener("beforeunload", (event) => {
  if (running.size > 0) event.preventDefault();
});

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-upload]")) prepare(form);
document.addEventListener("htmx:load", (event) => {
  for (const form of (event.target as Element).querySelectorAll<HTMLFormElement>("form[data-upload]")) prepare(form);
});

function prepare(form: HTMLFormElement): void {
  if (form.dataset["ready"]) return;
  form.dataset["ready"] = "yes";
  const input = part<HTMLInputElement>(form, "input[type=file]");
  let file: File | undefined;
  let abort = new AbortController();

  const start = (chosen: File | undefined): void => {
    if (!chosen) return;
    abort.abort();
    abort = new AbortController();
    file = chosen;
    void send(form, chosen, abort.signal);
  };
  input.addEventListener("change", () => start(input.files?.[0]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start(input.files?.[0]);
  });
  part(form, "[data-cancel]").addEventListener("click", () => {
    abort.abort();
    input.focus();
  });
  part(form, "[data-retry]").addEventListener("click", () => start(file));

  let depth = 0; // dragenter and dragleave also fire for what lies inside the form
  form.addEventListener("dragenter", (event) => {
    if (event.dataTransfer?.types.includes("Files")) form.classList.toggle("over", ++depth > 0);
  });
  form.addEventListener("dragleave", () => form.classList.toggle("over", (depth = Math.max(0, depth - 1)) > 0));
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    depth = 0;
    start(event.dataTransfer?.files[0]);
  });
}

async function send(form: HTMLFormElement, file: File, signal: AbortSignal): Promise<void> {
  const show = display(form, file);
  running.add(signal);
  latest.set(form, signal);
  try {
    refuseEarly(form, file);
    const sha256 = await checkSum(file, signal, show.checking);
    const slot = await askForSlot(form, file, sha256, signal);
    await put(slot, file, signal, show.sending);
    show.arriving();
    await arrived(slot, signal);
    show.done();
  } catch (problem) {
    if (latest.get(form) !== signal) return;
    if (signal.aborted || problem instanceof Cancelled) show.cancelled();
    else if (problem instanceof Refused) show.refused(problem.message);
    else show.stopped(problem instanceof SignedOut ? SIGN_IN : STOPPED);
  } finally {
    running.delete(signal);
    // Else the same file, exported anew, would be no change to the browser.
    if (latest.get(form) === signal) part<HTMLInputElement>(form, "input[type=file]").value = "";
  }
}

/** What the server would refuse as well, said before a long wait. */
function refuseEarly(form: HTMLFormElement, file: File): void {
  const most = Number(form.dataset["max"]);
  if (file.size === 0) throw new Refused("This file is empty. Choose another one.");
  if (most && file.size > most) throw new Refused(`This file has ${size(file.size)}, and at most ${Math.floor(most / 2 ** 20)} MiB can be taken. Choose a smaller one.`);
  const accepted = part<HTMLInputElement>(form, "input[type=file]").accept.split(",").map((ending) => ending.trim().toLowerCase());
  if (accepted.some((one) => one.startsWith(".")) && !accepted.some((ending) => file.name.toLowerCase().endsWith(ending))) {
    throw new Refused(`“${file.name}” is not a ${accepted.join(" or ")} file. Choose another one.`);
  }
}

async function checkSum(file: File, signal: AbortSignal, progress: (read: number) => void): Promise<string> {
  const hasher = await createSHA256();
  hasher.init();
  for (let at = 0; at < file.size; at += CHUNK) {
    if (signal.aborted) throw new Cancelled();
    hasher.update(new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer()));
    progress(Math.min(at + CHUNK, file.size));
  }
  return hasher.digest("hex");
}

async function askForSlot(form: HTMLFormElement, file: File, sha256: string, signal: AbortSignal): Promise<Slot> {
  const response = await fetch(form.dataset["slotUrl"] ?? "", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": csrfToken() },
    body: JSON.stringify({ deliverable: form.dataset["deliverable"], file_name: file.name, size: file.size, sha256 }),
    signal,
  });
  if (response.status === 201) return (await response.json()) as Slot;
  const told = (await response.json().catch(() => ({}))) as { detail?: string };
  if (response.status === 422 || response.status === 413 || response.status === 429) throw new Refused(told.detail ?? STOPPED);
  if (response.status === 401 || response.status === 403) throw new SignedOut();
  throw new Error(`slot: ${response.status}`);
}

/** fetch tells no progress of what it sends, so this is an XMLHttpRequest. */
function put(slot: Slot, file: File, signal: AbortSignal, progress: (sent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(slot.method, slot.url);
    for (const [name, value] of Object.entries(slot.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => (request.status >= 200 && request.status < 300 ? resolve() : reject(new Error(`store: ${request.status}`))));
    request.addEventListener("error", () => reject(new Error("store: no answer")));
    request.addEventListener("abort", () => reject(new Cancelled()));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

async function arrived(slot: Slot, signal: AbortSignal): Promise<void> {
  const response = await fetch(slot.arrival_url, {
    method: "POST",
    headers: { accept: "text/html", "x-csrftoken": csrfToken(), "hx-request": "true" },
    signal,
  });
  if (response.status === 422) throw new Refused((await response.text()).replace(/<[^>]*>/g, " ").trim() || STOPPED);
  // To htmx, being sent to the sign-in page is a 200 without a text.
  if (response.status === 401 || response.status === 403 || response.headers.has("hx-redirect")) throw new SignedOut();
  if (!response.ok) throw new Error(`arrival: ${response.status}`);
  const list = document.querySelector("[data-uploads]");
  if (!list) return location.reload();
  const fresh = document.createRange().createContextualFragment(await response.text()).querySelector("[data-uploads]");
  if (!fresh) throw new SignedOut(); // another page has answered
  list.replaceWith(fresh);
  htmx.process(fresh);
  fresh.querySelector(".not-handed-in")?.scrollIntoView({ block: "nearest" });
}

/** Everything one sees of an upload. */
function display(form: HTMLFormElement, file: File) {
  const error = part(form, "[data-error]");
  const state = part(form, "[data-state]");
  const bar = part<HTMLProgressElement>(form, "[data-progress]");
  const [amount, says, live] = [part(form, "[data-amount]"), part(form, "[data-says]"), part(form, "[data-live]")];
  const [cancel, retry] = [part(form, "[data-cancel]"), part(form, "[data-retry]")];
  const input = part<HTMLInputElement>(form, "input[type=file]");
  const began = { sending: 0 };
  let announced = 0;

  const tell = (text: string, atOnce = false): void => {
    if (!atOnce && Date.now() - announced < 4000) return;
    announced = Date.now();
    live.textContent = text;
  };
  const step = (text: string, value?: number): void => {
    says.textContent = text;
    if (value === undefined) bar.removeAttribute("value");
    else bar.value = value;
  };
  const end = (text: string, mayRetry: boolean): void => {
    says.textContent = text;
    says.classList.toggle("failed", mayRetry);
    bar.hidden = true;
    cancel.hidden = true;
    retry.hidden = !mayRetry;
    tell(text, true);
  };

  state.hidden = false;
  bar.hidden = cancel.hidden = false;
  error.hidden = retry.hidden = true;
  bar.max = file.size || 1;
  input.removeAttribute("aria-invalid");
  form.querySelector(".field")?.classList.remove("invalid");
  says.classList.remove("failed");
  part(form, "[data-name]").textContent = file.name;
  amount.textContent = size(file.size);
  step("Checking the file…");
  tell(`Checking ${file.name}`, true);

  return {
    checking(read: number): void {
      step(`Checking the file… ${percent(read, file.size)}`, read);
    },
    sending(sent: number): void {
      began.sending ||= performance.now();
      const seconds = (performance.now() - began.sending) / 1000;
      const speed = seconds > 0.5 ? sent / seconds : 0;
      const more = speed > 0 && sent < file.size ? ` · ${size(speed)}/s · ${left((file.size - sent) / speed)}` : "";
      step(`Sending… ${percent(sent, file.size)}${more}`, sent);
      amount.textContent = `${size(sent)} of ${size(file.size)}`;
      tell(`${percent(sent, file.size)} sent`);
    },
    arriving(): void {
      step("Sent. Asking the server whether it arrived…");
    },
    done(): void {
      amount.textContent = size(file.size);
      end("Uploaded. It counts once you hand it in.", false);
    },
    cancelled(): void {
      amount.textContent = "";
      end("Cancelled. Nothing was handed in.", false);
    },
    stopped(sentence: string): void {
      end(sentence, true);
    },
    refused(sentence: string): void {
      state.hidden = true;
      (error.querySelector("span") as HTMLElement).textContent = sentence;
      error.hidden = false;
      form.querySelector(".field")?.classList.add("invalid");
      input.setAttribute("aria-invalid", "true");
      tell(sentence, true);
      input.focus();
    },
  };
}

function part<T extends HTMLElement = HTMLElement>(form: HTMLElement, selector: string): T {
  const found = form.querySelector<T>(selector);
  if (!found) throw new Error(`an upload form without ${selector}`);
  return found;
}

function percent(part: number, whole: number): string {
  return `${Math.floor((100 * part) / (whole || 1))} %`;
}

/** As the pages write it: powers of 1000. */
function size(octets: number): string {
  let [amount, unit] = [octets, "B"];
  for (const next of ["kB", "MB", "GB"]) {
    if (amount < 999.5) break;
    [amount, unit] = [amount / 1000, next];
  }
  return unit === "B" || amount >= 99.5 ? `${amount.toFixed(0)} ${unit}` : `${amount.toFixed(1)} ${unit}`;
}

function left(seconds: number): string {
  return seconds < 60 ? `${Math.max(1, Math.round(seconds))} s left` : `${Math.round(seconds / 60)} min left`;
}
