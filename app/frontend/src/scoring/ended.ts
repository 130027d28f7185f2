// What a judge sees when the server takes nothing more for this scoresheet: plain words, and every unsaved text to take along.

/** Boxes that the server does not have: where they stand, and what is in them. */
export type Unsaved = [place: string, text: string][];

/** Above the rubric, once: the page cannot be opened again, so this is where the text can still be copied. */
export function tellEnded(rubric: Element | null, unsaved: Unsaved): void {
  if (!rubric) return;
  const box = document.createElement("div");
  box.className = "callout refused ended";
  box.setAttribute("role", "alert");
  box.innerHTML = `<svg class="icon" aria-hidden="true" viewBox="0 0 16 16"><use href="#i-stop"/></svg><div><p><strong>You can no longer write on this scoresheet.</strong></p><p>Your role as a judge, or your assignment to this design, has ended. What you saved before is kept. What you wrote since is not saved, and we have stopped trying.</p><div class="field"><label for="not-saved">Not saved. Copy it before you close this page:</label><textarea class="input" id="not-saved" rows="6" readonly dir="auto"></textarea></div><p class="actions"><button type="button" class="btn small">Copy the text</button> <span role="status"></span></p><p>Was this a mistake? Ask an organizer. If they invite or assign you again, open this scoresheet in this same browser: your text comes back.</p></div>`;
  const text = box.querySelector("textarea") as HTMLTextAreaElement;
  const told = box.querySelector("[role=status]") as HTMLElement;
  text.value = unsaved.map(([place, written]) => `${place}:\n${written}`).join("\n\n");
  box.querySelector("button")?.addEventListener("click", () => {
    void copy(text).then((copied) => (told.textContent = copied ? "Copied." : "It is selected: copy it with your keyboard or menu."));
  });
  rubric.prepend(box);
  box.scrollIntoView({ block: "start" });
}

/** The clipboard is closed to pages that came without TLS; then the text is at least selected. */
async function copy(text: HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text.value);
    return true;
  } catch {
    text.focus();
    text.select();
    return false;
  }
}
