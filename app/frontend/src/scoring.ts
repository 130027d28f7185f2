// The scoring page: every box saves itself and says truly whether it is saved; keys, and the two panes.
import { startFields, type Fields } from "./scoring/fields";
import { startKeys } from "./scoring/keys";
import { startPanes } from "./scoring/panes";

const form = document.querySelector<HTMLFormElement>("form[data-scoresheet]");
startPanes();
if (form) {
  const fields = startFields(form);
  startKeys(form, fields.setLevel);
  document.addEventListener("submit", (event) => holdBack(event, fields), true);
}

/** Handing in waits until everything is saved: what the judge sees is what is handed in. */
function holdBack(event: SubmitEvent, fields: Fields): void {
  const sent = event.target as HTMLFormElement;
  if (!sent.matches("[data-scoresheet], [data-after-save]") || fields.allSaved()) return;
  event.preventDefault();
  event.stopPropagation();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  void fields.saveNow().then((saved) => {
    button?.removeAttribute("aria-busy");
    if (saved) sent.requestSubmit(button);
    else fields.say("Not handed in: not everything is saved yet. See the boxes marked below.");
  });
}
