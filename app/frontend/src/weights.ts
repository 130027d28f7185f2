// The shares that the weights of a rubric make, kept true while they are typed. The server draws them first.
const COUNTS = /^\d+$/;

/** Follows every form that asks for it. */
export function followWeights(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-weights]")) {
    form.addEventListener("input", () => drawShares(form));
    form.addEventListener("reset", () => window.setTimeout(() => drawShares(form)));
  }
}

function drawShares(form: HTMLFormElement): void {
  const rows = [...form.querySelectorAll<HTMLElement>("[data-criterion-row]")];
  const weights = rows.map(weightOf);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  rows.forEach((row, at) => showShare(row, all ? (100 * (weights[at] ?? 0)) / all : 0));
  const sum = form.querySelector("[data-weight-sum]");
  if (sum) sum.textContent = String(all);
  form.querySelector("[data-weightless]")?.toggleAttribute("hidden", all > 0);
}

function weightOf(row: HTMLElement): number {
  const typed = row.querySelector<HTMLInputElement>("[data-weight]")?.value.trim() ?? "";
  const leaves = row.querySelector<HTMLInputElement>('[name$="-remove"]')?.checked;
  return leaves || !COUNTS.test(typed) ? 0 : Number(typed);
}

function showShare(row: HTMLElement, percent: number): void {
  const rounded = String(Math.round(10 * percent) / 10);
  const words = row.querySelector("[data-share] .share > span");
  if (words) words.textContent = `${rounded} %`;
  row.querySelector("[data-share] .share rect:not(.rest)")?.setAttribute("width", `${rounded}%`);
}
