// Single keys for those who sit here for hours: only while a criterion, the document or nothing has the focus; they can be switched off.

const OFF = "charrette:keys-off";

export function startKeys(form: HTMLFormElement, setLevel: (criterion: Element, radio: HTMLInputElement, key: string) => void): void {
  const criteria = [...form.querySelectorAll<HTMLElement>(".criterion")];
  const dialog = document.getElementById("keys");
  const off = dialog?.querySelector<HTMLInputElement>("[data-keys-off]");
  if (off) {
    off.checked = isOff();
    off.addEventListener("change", () => localStorage.setItem(OFF, off.checked ? "yes" : ""));
  }
  for (const criterion of criteria) {
    criterion.querySelector(".criterion-head")?.addEventListener("click", () => goTo(criterion));
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const criterion = target.closest<HTMLElement>(".criterion");
    if (isWriting(target)) {
      if (event.key === "Escape" && criterion) goTo(criterion);
      return;
    }
    if (isOff() || document.querySelector("dialog[open]")) return;
    if (!criterion && !target.closest("[data-viewer], .work-grip") && target !== document.body && !target.matches("main, .work-rubric")) return;
    if (act(event.key, criterion)) event.preventDefault();
  });

  function act(key: string, criterion: HTMLElement | null): boolean {
    if (key === "?" && dialog instanceof HTMLDialogElement) {
      dialog.showModal();
      return true;
    }
    if (key === "b") {
      const brief = document.querySelector<HTMLElement>("[data-brief]");
      brief?.click();
      return brief !== null;
    }
    if (key === "j" || key === "k") {
      const at = criterion ? criteria.indexOf(criterion) + (key === "j" ? 1 : -1) : 0;
      const next = criteria[at];
      if (next) goTo(next);
      return next !== undefined;
    }
    if (!criterion) return false;
    if (key === "n") {
      const text = criterion.querySelector<HTMLTextAreaElement>("[data-field=comment] textarea");
      text?.focus();
      text?.setSelectionRange(text.value.length, text.value.length);
      return text !== null;
    }
    const radio = /^[1-9]$/.test(key) ? criterion.querySelector<HTMLInputElement>(`input[type=radio][data-key="${key}"]`) : null;
    if (radio) setLevel(criterion, radio, key);
    return radio !== null;
  }
}

function goTo(criterion: HTMLElement): void {
  const heading = criterion.querySelector<HTMLElement>(".criterion-head [tabindex]");
  heading?.focus({ preventScroll: true });
  criterion.scrollIntoView({ block: "nearest" });
}

function isWriting(target: HTMLElement): boolean {
  return target.isContentEditable || target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit])");
}

function isOff(): boolean {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
}
