// The boxes of a scoresheet. Each saves itself, one request at a time, newest wins; a copy stays in this browser until the server has it.
import { Copies } from "./copies";
import { tellEnded } from "./ended";
import { csrfToken } from "../server";

type State = "saved" | "typing" | "saving" | "failed" | "signed-out" | "conflict" | "refused" | "ended";

interface Saved {
  revision: number;
  saved_at: string;
  progress: { boxes: number; levels: number; comments: number };
}

interface Conflict {
  yours: string;
  theirs: string;
  revision: number;
  theirs_at: string;
}

/** A time of day in this browser’s zone, from whatever the server writes. */
function timeOfDay(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? at : date.toLocaleTimeString("en-GB");
}

const PAUSE = 600;
const FIRST_RETRY = 2_000;
const LAST_RETRY = 60_000;
const KEEPALIVE_MOST = 60_000; // browsers refuse more than 64 KiB

/** From the gravest down: the page says the first that holds for any box. */
const ORDER: State[] = ["ended", "conflict", "refused", "signed-out", "failed", "saving", "typing", "saved"];

export interface Fields {
  allSaved(): boolean;
  saveNow(): Promise<boolean>;
  setLevel(criterion: Element, radio: HTMLInputElement, key: string): void;
  say(sentence: string): void;
}

export function startFields(form: HTMLFormElement): Fields {
  const url = form.dataset["saveUrl"] ?? form.action;
  const copies = new Copies(new URL(url, location.href).pathname);
  const shown = document.querySelector<HTMLElement>("[data-saved]");
  let savedAt = "";
  let sentence = "";

  const report = (): void => {
    if (!shown) return;
    const state = ORDER.find((one) => fields.some((field) => field.state === one)) ?? "saved";
    const kept = fields.every((field) => field.state === "saved" || field.isKept);
    const words: Record<State, string> = {
      saved: savedAt ? `Saved ${savedAt}` : "All saved",
      typing: "Not saved yet",
      saving: "Saving…",
      failed: kept ? "Not saved, we keep trying; your text is safe in this browser" : "Not saved, we keep trying; keep this page open",
      "signed-out": kept ? "Not saved: you are signed out. Sign in in another tab; we keep trying, and your text is safe in this browser" : "Not saved: you are signed out. Sign in in another tab and keep this page open; we keep trying",
      conflict: "Not saved: two texts, choose one",
      refused: "Not saved: see the box marked below",
      ended: "Not saved: your part in this has ended. Copy your text below",
    };
    shown.dataset["state"] = state;
    const text = sentence || words[state];
    if (shown.textContent !== text) shown.textContent = text;
  };
  const onSaved = (saved: Saved): void => {
    savedAt = timeOfDay(saved.saved_at);
    const { boxes, levels, comments } = saved.progress;
    for (const count of document.querySelectorAll("[data-count]")) count.textContent = `${levels} of ${boxes} levels set, ${comments} of ${boxes} comments written`;
  };

  let hasEnded = false;
  const onEnded = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    const unsaved = fields.filter((field) => field.close());
    tellEnded(form.closest(".work-rubric"), unsaved.map((field) => [field.place, field.words]));
    report();
  };

  const fields = [...form.querySelectorAll<HTMLElement>("[data-field]")].map(
    (element) => new Field(element, url, copies, () => ((sentence = ""), report()), onSaved, onEnded),
  );
  for (const field of fields) field.restore();
  report();

  window.addEventListener("pagehide", () => fields.forEach((field) => field.flushOnLeaving()));
  window.addEventListener("online", () => fields.forEach((field) => field.retryNow()));
  window.addEventListener("beforeunload", (event) => {
    // A page that has ended cannot be opened again, so a copy in this browser is out of reach.
    if (fields.some((field) => field.state === "ended" || (field.state !== "saved" && !field.isKept))) event.preventDefault();
  });

  return {
    allSaved: () => fields.every((field) => field.state === "saved"),
    async saveNow(): Promise<boolean> {
      fields.forEach((field) => field.retryNow());
      for (let waited = 0; waited < 8000; waited += 100) {
        if (fields.every((field) => field.state === "saved")) return true;
        if (fields.some((field) => !["saved", "typing", "saving"].includes(field.state))) return false;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return false;
    },
    setLevel(criterion, radio, key): void {
      fields.find((field) => field.element.dataset["field"] === "level" && criterion.contains(field.element))?.setByKey(radio, key);
    },
    say(text): void {
      sentence = text;
      report();
      const first = fields.find((field) => field.state !== "saved");
      first?.element.scrollIntoView({ block: "center" });
    },
  };
}

class Field {
  state: State = "saved";
  isKept = false;
  private revision: number;
  private saved: string;
  /** Sent, and no answer came: the server may hold them or not. */
  private readonly unanswered = new Set<string>();
  private inFlight = false;
  private isOver = false;
  private timer = 0;
  private failures = 0;
  private readonly text: HTMLTextAreaElement | null;
  private readonly note: HTMLElement;

  constructor(
    readonly element: HTMLElement,
    private readonly url: string,
    private readonly copies: Copies,
    private readonly report: () => void,
    private readonly onSaved: (saved: Saved) => void,
    private readonly onEnded: () => void,
  ) {
    this.text = element.querySelector("textarea");
    this.revision = Number(element.dataset["revision"] ?? 0);
    this.saved = this.value;
    this.note = document.createElement("div");
    this.note.className = "field-note";
    this.note.setAttribute("role", "status");
    element.append(this.note);
    if (this.text) element.addEventListener("input", () => this.changed(PAUSE));
    else element.addEventListener("change", () => this.changed(0));
    element.addEventListener("focusout", () => this.state === "typing" && this.changed(0));
  }

  private get key(): string {
    return `${this.element.dataset["field"]}:${this.element.dataset["criterion"] ?? ""}`;
  }

  private get value(): string {
    if (this.text) return this.text.value;
    return this.element.querySelector<HTMLInputElement>("input[type=radio]:checked")?.value ?? "";
  }

  private put(value: string): void {
    if (this.text) this.text.value = value;
    else for (const radio of this.element.querySelectorAll<HTMLInputElement>("input[type=radio]")) radio.checked = radio.value === value;
  }

  private get isClosed(): boolean {
    return this.text ? this.text.readOnly || this.text.disabled : this.element.querySelector("fieldset")?.disabled === true;
  }

  /** Brings back what this browser kept and the server never got. */
  restore(): void {
    const copy = this.copies.read(this.key);
    if (!copy) return;
    if (copy.value === this.saved) return this.copies.drop(this.key);
    if (this.isClosed) return this.tell(`This browser still holds a text that was never saved: “${copy.value}”`, true);
    this.put(copy.value);
    this.revision = Math.min(this.revision, copy.revision);
    for (const sent of copy.unanswered) this.unanswered.add(sent);
    this.tell("Brought back from this browser; it had not been saved.");
    this.changed(0);
  }

  setByKey(radio: HTMLInputElement, key: string): void {
    const before = this.value;
    if (this.isClosed || radio.value === before) return;
    this.put(radio.value);
    radio.focus({ preventScroll: true });
    this.changed(0);
    this.tell(`Level ${key} set.`);
    const undo = document.createElement("button");
    undo.type = "button";
    undo.textContent = "Undo";
    undo.addEventListener("click", () => {
      this.put(before);
      this.changed(0);
      this.tell("Undone.");
      this.element.querySelector<HTMLInputElement>("input[type=radio]:checked")?.focus();
    });
    this.note.append(undo);
  }

  private changed(delay: number): void {
    if (this.state === "refused") this.mark("");
    this.keepCopy();
    if (this.state === "conflict") return this.report();
    window.clearTimeout(this.timer);
    if (!this.inFlight && this.value === this.saved && this.unanswered.size === 0) return this.settle();
    this.become(this.inFlight ? "saving" : "typing");
    this.timer = window.setTimeout(() => void this.send(), delay);
  }

  private keepCopy(): void {
    this.isKept = this.copies.write(this.key, { value: this.value, revision: this.revision, unanswered: [...this.unanswered] });
  }

  retryNow(): void {
    if (this.state === "typing" || this.isTrying) {
      window.clearTimeout(this.timer);
      void this.send();
    }
  }

  /** The page goes away: send what is waiting without waiting for the answer. The copy stays until the next visit compares. */
  flushOnLeaving(): void {
    if (this.inFlight || (this.state !== "typing" && !this.isTrying)) return;
    this.unanswered.add(this.value);
    this.keepCopy();
    void this.post(this.value).catch(() => undefined);
  }

  private post(value: string): Promise<Response> {
    const body = new URLSearchParams({
      field: this.element.dataset["field"] ?? "",
      criterion: this.element.dataset["criterion"] ?? "",
      value,
      revision: String(this.revision),
    });
    return fetch(this.url, {
      method: "POST",
      headers: { accept: "application/json", "x-csrftoken": csrfToken() },
      body,
      keepalive: value.length * 3 < KEEPALIVE_MOST,
    });
  }

  private async send(): Promise<void> {
    if (this.inFlight || this.state === "conflict" || this.isOver) return;
    const value = this.value;
    this.inFlight = true;
    this.unanswered.add(value);
    this.keepCopy();
    this.become("saving");
    try {
      await this.answered(value, await this.post(value));
    } catch {
      this.inFlight = false;
      this.failed();
    }
  }

  private async answered(value: string, response: Response): Promise<void> {
    const type = response.headers.get("content-type") ?? "";
    if ([401, 404].includes(response.status) && type.includes("json")) {
      this.inFlight = false;
      // A site that was signed out of, or that is down, may take it later; one that knows no such scoresheet never will.
      return response.status === 401 ? this.failed("signed-out") : this.onEnded();
    }
    if (response.redirected || ![200, 409, 422].includes(response.status) || !type.includes("json")) throw new Error(`save: ${response.status}`);
    const told: unknown = await response.json();
    this.inFlight = false;
    this.failures = 0;
    if (response.status === 200) this.accepted(value, told as Saved);
    else if (response.status === 409) this.collided(told as Conflict);
    else this.refused((told as { detail: string }).detail);
  }

  private accepted(value: string, saved: Saved): void {
    this.onSaved(saved);
    this.agree(value, saved.revision);
    if (this.value === value) this.settle();
    else this.changed(0);
  }

  /** The server holds `value` under this revision. */
  private agree(value: string, revision: number): void {
    this.saved = value;
    this.revision = revision;
    this.unanswered.clear();
    this.element.dataset["revision"] = String(revision);
    const hidden = this.element.querySelector<HTMLInputElement>("input[type=hidden]");
    if (hidden) hidden.value = String(revision);
  }

  private settle(): void {
    this.copies.drop(this.key);
    this.isKept = false;
    this.mark("");
    if (!this.note.querySelector("button")) this.note.textContent = "";
    this.become("saved");
  }

  private collided(conflict: Conflict): void {
    const theirs = conflict.theirs.replaceAll("\r\n", "\n");
    if (this.unanswered.has(theirs) || theirs === this.value) {
      // Our own earlier save whose answer was lost, or the same text from elsewhere: nothing to choose.
      this.agree(theirs, conflict.revision);
      return this.value === theirs ? this.settle() : this.changed(0);
    }
    this.become("conflict");
    this.askWhich(theirs, conflict);
  }

  private askWhich(theirs: string, conflict: Conflict): void {
    const box = document.createElement("div");
    box.className = "conflict";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Two versions of this box");
    box.innerHTML = `<p><strong>This box was changed in another window.</strong> Both are here; nothing is lost. Which one counts?</p><div class="both"><div dir="auto"><h3>Here, yours</h3><span></span></div><div dir="auto"><h3></h3><span></span></div></div><p class="actions"><button type="button" class="btn small">Keep mine</button><button type="button" class="btn small ghost">Take the other</button></p>`;
    const [mine, other] = [...box.querySelectorAll("span")] as [HTMLElement, HTMLElement];
    mine.textContent = this.inWords(this.value);
    other.textContent = this.inWords(theirs);
    (box.querySelectorAll("h3")[1] as HTMLElement).textContent = `The other, saved ${timeOfDay(conflict.theirs_at)}`;
    const [keep, take] = [...box.querySelectorAll("button")] as [HTMLButtonElement, HTMLButtonElement];
    const follow = (): void => {
      mine.textContent = this.inWords(this.value);
    };
    this.element.addEventListener("input", follow);
    const close = (): void => {
      this.element.removeEventListener("input", follow);
      box.remove();
      this.agree(theirs, conflict.revision);
      this.state = "typing";
      (this.text ?? this.element.querySelector<HTMLElement>("input[type=radio]:checked"))?.focus();
    };
    keep.addEventListener("click", () => {
      close();
      this.changed(0);
    });
    take.addEventListener("click", () => {
      this.put(theirs);
      close();
      this.changed(0);
    });
    this.element.querySelector(".conflict")?.remove();
    this.element.append(box);
  }

  private inWords(value: string): string {
    if (this.text) return value || "(empty)";
    const radio = [...this.element.querySelectorAll<HTMLInputElement>("input[type=radio]")].find((one) => one.value === value);
    return value === "" ? "No level" : (radio?.parentElement?.textContent ?? value).replace(/\s+/g, " ").trim();
  }

  private refused(detail: string): void {
    this.unanswered.clear();
    this.mark(detail);
    this.become("refused");
  }

  private get isTrying(): boolean {
    return this.state === "failed" || this.state === "signed-out";
  }

  /** Takes no more; says whether it holds something that the server does not have. */
  close(): boolean {
    this.isOver = true;
    window.clearTimeout(this.timer);
    const isUnsaved = this.value !== this.saved;
    if (isUnsaved) this.keepCopy();
    if (this.text) this.text.readOnly = true;
    else this.element.querySelector("fieldset")?.setAttribute("disabled", "");
    this.mark("");
    this.become(isUnsaved ? "ended" : "saved");
    return isUnsaved;
  }

  /** Where it stands, as the judge reads it. */
  get place(): string {
    const title = this.element.closest(".criterion")?.querySelector("h2, h3")?.textContent ?? "";
    return `${title.replace(/\s+/g, " ").trim()}, ${this.text ? "comment" : "level"}`;
  }

  get words(): string {
    return this.inWords(this.value);
  }

  private failed(how: State = "failed"): void {
    if (this.isOver) return;
    this.failures += 1;
    const wait = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (this.failures - 1));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), wait * (0.8 + 0.4 * Math.random()));
    this.become(how);
  }

  /** The refusal under the box, or nothing. */
  private mark(detail: string): void {
    const control = this.text ?? this.element.querySelector("fieldset");
    this.element.classList.toggle("invalid", detail !== "");
    if (detail) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
    if (detail) this.tell(detail, true);
    else if (this.note.classList.contains("bad")) this.tell("");
  }

  private tell(text: string, isBad = false): void {
    this.note.textContent = text;
    this.note.classList.toggle("bad", isBad);
  }

  private become(state: State): void {
    this.state = state;
    this.report();
  }
}
