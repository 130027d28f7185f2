// A chosen text file appears in a box of the same form, so that it is sent as text: files have no way through the app.

/** Shows the choice of a file where scripts run, and copies what is chosen into the box that `data-reads` names. */
export function readChosenFiles(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLElement>("[data-reads]")) {
    const chosen = field.querySelector<HTMLInputElement>("input[type=file]");
    const box = document.getElementById(field.dataset["reads"] ?? "");
    if (!chosen || !(box instanceof HTMLTextAreaElement)) continue;
    field.hidden = false;
    chosen.addEventListener("change", async () => {
      const file = chosen.files?.[0];
      if (file) box.value = await file.text();
    });
  }
}
