// On every page: htmx with our token and rules, the clock, the viewer's own zone, menus and dialogs.
import htmx from "htmx.org/dist/htmx.esm.js";
import { startClocks } from "./clock";
import { fillZones, showOwnZone } from "./zone";
import { csrfToken } from "./server";
import { followWeights } from "./weights";
import { readChosenFiles } from "./reading";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.historyCacheSize = 0;
htmx.config.selfRequestsOnly = true;
// A refusal (422) and a conflict (409) come as fragments that belong on the page.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "4(09|22)", swap: true },
  { code: "[45]..", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers["x-csrftoken"] = csrfToken();
});
document.addEventListener("htmx:sendError", () => say("The server did not answer. Nothing is lost: try again in a moment."));
document.addEventListener("htmx:responseError", () => say("That did not work. Nothing was changed: load the page again and retry."));
document.addEventListener("htmx:load", (event) => brighten(event.target as HTMLElement));

/** Shows a sentence where notices stand; the region is announced. */
function say(sentence: string): void {
  const region = document.querySelector(".notices");
  if (!region) return;
  const note = document.createElement("div");
  note.className = "callout attention";
  note.innerHTML = '<svg class="icon" aria-hidden="true" viewBox="0 0 16 16"><use href="#i-warn"/></svg><div><p></p></div>';
  (note.querySelector("p") as HTMLElement).textContent = sentence;
  region.replaceChildren(note);
}

/** What scripts add to a page or to a part that arrived later. */
function brighten(root: ParentNode): void {
  showOwnZone(root);
  fillZones(root);
  followWeights(root);
  readChosenFiles(root);
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const opener = target.closest<HTMLElement>("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset["opens"] ?? "");
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
  } else if (target instanceof HTMLDialogElement && target.open) {
    target.close(); // a press on the backdrop
  }
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.person-menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = (event.target as Element).closest<HTMLDetailsElement>("details.person-menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

// A form is sent once, however often its button is pressed; coming back with the browser's Back frees it again.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset["sent"] !== undefined) {
    event.preventDefault();
    return;
  }
  form.dataset["sent"] = "";
  window.setTimeout(() => delete form.dataset["sent"], 10_000); // an answer that is a download leaves the page standing
  event.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

brighten(document);
startClocks();
document.querySelector<HTMLElement>("main [aria-invalid=true]")?.focus();
