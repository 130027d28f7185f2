// The document and the rubric beside each other: the separator moves; on phones they take turns.

const KEY = "charrette:split";
const [LEAST, MOST, STEP] = [35, 75, 2];

export function startPanes(): void {
  const work = document.querySelector<HTMLElement>(".work");
  const grip = work?.querySelector<HTMLElement>(".work-grip");
  if (!work) return;
  if (grip) startGrip(work, grip);
  startTurns(work);
}

function startGrip(work: HTMLElement, grip: HTMLElement): void {
  const set = (percent: number): void => {
    const split = Math.round(Math.min(MOST, Math.max(LEAST, percent)));
    work.style.setProperty("--split", `${split}%`);
    grip.setAttribute("aria-valuenow", String(split));
    try {
      localStorage.setItem(KEY, String(split));
    } catch {
      // it is forgotten after this visit
    }
  };
  const now = (): number => Number(grip.getAttribute("aria-valuenow"));
  const remembered = Number(localStorage.getItem(KEY));
  if (remembered) set(remembered);

  grip.addEventListener("pointerdown", (event) => {
    grip.setPointerCapture(event.pointerId);
    grip.classList.add("dragging");
    document.body.classList.add("resizing");
  });
  grip.addEventListener("pointermove", (event) => {
    if (!grip.hasPointerCapture(event.pointerId)) return;
    const box = work.getBoundingClientRect();
    set((100 * (event.clientX - box.left)) / box.width);
  });
  grip.addEventListener("lostpointercapture", () => {
    grip.classList.remove("dragging");
    document.body.classList.remove("resizing");
  });
  grip.addEventListener("dblclick", () => set(62));
  grip.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: now() - STEP, ArrowRight: now() + STEP, Home: LEAST, End: MOST }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  });
}

function startTurns(work: HTMLElement): void {
  const buttons = [...work.querySelectorAll<HTMLButtonElement>("[data-shows]")];
  if (buttons.length === 0) return;
  const show = (what: string): void => {
    work.classList.toggle("shows-rubric", what === "rubric");
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["shows"] === what));
  };
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset["shows"] ?? ""));
}
