// The document viewer: a PDF as a scroll of pages, sharp, selectable and searchable, with only the near pages drawn.
import type { PDFDocumentProxy, PDFDocumentLoadingTask } from "pdfjs-dist";

type PdfJs = typeof import("./pdfjs");
type Outline = Awaited<ReturnType<PDFDocumentProxy["getOutline"]>>;

interface Place {
  page: number;
  scale: string;
  top: number;
}

const base = new URL(PDFJS_PATH, import.meta.url).href;
const LEAST = 0.25;
const MOST = 5;
let number = 0;

for (const element of document.querySelectorAll<HTMLElement>("[data-viewer]")) void open(element);

async function open(element: HTMLElement): Promise<void> {
  const view = build(element);
  // The worker starts while the library is still being read: a third of the wait for the first page.
  const port = new Worker(`${base}pdf.worker.js`, { type: "module" });
  try {
    const pdfjs = await import("./pdfjs");
    const verbosity = pdfjs.library.VerbosityLevel.ERRORS; // faults of other people's fonts are no news
    const task = pdfjs.library.getDocument({
      worker: pdfjs.library.PDFWorker.create({ port, verbosity }),
      url: element.dataset["src"] ?? "",
      withCredentials: false,
      cMapUrl: `${base}cmaps/`,
      cMapPacked: true,
      standardFontDataUrl: `${base}standard_fonts/`,
      wasmUrl: `${base}wasm/`,
      iccUrl: `${base}iccs/`,
      enableXfa: false,
      verbosity,
    });
    view.follow(task);
    const pdf = await task.promise;
    await show(element, view, pdfjs, pdf);
  } catch (problem) {
    console.warn(problem);
    view.fail();
  }
}

async function show(element: HTMLElement, view: View, pdfjs: PdfJs, pdf: PDFDocumentProxy): Promise<void> {
  const { EventBus, PDFFindController, PDFLinkService, PDFViewer, LinkTarget } = pdfjs.parts;
  const bus = new EventBus();
  const links = new PDFLinkService({ eventBus: bus, externalLinkTarget: LinkTarget.BLANK, externalLinkRel: "noopener noreferrer nofollow" });
  const find = new PDFFindController({ eventBus: bus, linkService: links });
  const viewer = new PDFViewer({
    container: view.scroll,
    viewer: view.pages,
    eventBus: bus,
    linkService: links,
    findController: find,
    annotationMode: pdfjs.library.AnnotationMode.ENABLE,
  });
  links.setViewer(viewer);
  const key = `viewer:${element.dataset["src"]}`;
  const remembered = read(key);
  let keep = false; // until the place of last time is found again, scrolling is not the reader's

  bus.on("pagesinit", () => {
    viewer.currentScaleValue = remembered?.scale ?? "page-width";
    if (remembered) {
      viewer.currentPageNumber = Math.min(remembered.page, pdf.numPages);
      view.scroll.scrollTop = remembered.top;
    }
    keep = true;
  });
  bus.on("pagerendered", () => view.ready());
  bus.on("pagechanging", ({ pageNumber }: { pageNumber: number }) => view.at(pageNumber, pdf.numPages));
  bus.on("scalechanging", ({ scale }: { scale: number }) => view.zoomed(scale));
  for (const drawn of ["textlayerrendered", "annotationlayerrendered", "structtreelayerrendered", "pagerendered"]) bus.on(drawn, () => window.setTimeout(() => mendTree(view.pages), 50));
  bus.on("updateviewarea", () => {
    if (keep) write(key, { page: viewer.currentPageNumber, scale: viewer.currentScaleValue, top: view.scroll.scrollTop });
  });
  const found = ({ matchesCount, state }: { matchesCount?: { current: number; total: number }; state?: number }): void => {
    view.found(matchesCount?.total ? `${matchesCount.current} of ${matchesCount.total}` : state === 1 ? "not found" : "");
  };
  bus.on("updatefindmatchescount", found);
  bus.on("updatefindcontrolstate", found);

  viewer.setDocument(pdf);
  links.setDocument(pdf);
  view.at(remembered?.page ?? 1, pdf.numPages);

  const seek = (again: boolean, back: boolean): void => {
    bus.dispatch("find", { source: view, type: again ? "again" : "", query: view.query.value, caseSensitive: false, entireWord: false, highlightAll: true, findPrevious: back, matchDiacritics: false });
  };
  let sought = "";
  view.on({
    page: (page) => (viewer.currentPageNumber = Math.min(Math.max(1, page), pdf.numPages)),
    step: (by) => (viewer.currentPageNumber = Math.min(Math.max(1, viewer.currentPageNumber + by), pdf.numPages)),
    zoom: (by) => (viewer.currentScale = Math.min(MOST, Math.max(LEAST, viewer.currentScale * by))),
    fit: () => (viewer.currentScaleValue = "page-width"),
    find: (back) => {
      seek(sought === view.query.value && sought !== "", back);
      sought = view.query.value;
    },
  });
  new ResizeObserver(() => {
    if (view.scroll.clientWidth > 0 && viewer.currentScaleValue === "page-width") viewer.currentScaleValue = "page-width";
  }).observe(view.scroll);

  const outline = await pdf.getOutline();
  if (outline?.length) await view.outline(outline, links, async (item) => pageOf(pdf, item), bus);
}

/** The structure of a tagged document, as screen readers hear it: its tree names links by their number in the file, the library by another id. */
function mendTree(pages: HTMLElement): void {
  for (const owner of pages.querySelectorAll("[aria-owns]")) {
    const owned = owner.getAttribute("aria-owns") ?? "";
    if (document.getElementById(owned)) continue;
    const link = `pdfjs_internal_id_${owned}`;
    if (document.getElementById(link)) owner.setAttribute("aria-owns", link);
    else owner.removeAttribute("aria-owns");
  }
  // Word processors write headings and table heads around nothing; announced, they would only mislead.
  for (const head of pages.querySelectorAll(".structTree :is([role=heading], [role=rowheader], [role=columnheader])")) {
    if (wordsOf(head) || head.querySelector("[aria-label]")) continue;
    if (head.getAttribute("role") === "heading") for (const name of ["role", "aria-level"]) head.removeAttribute(name);
    else head.setAttribute("role", "cell");
  }
}

function wordsOf(element: Element): string {
  const owners = [element, ...element.querySelectorAll("[aria-owns]")];
  return owners.map((one) => document.getElementById(one.getAttribute("aria-owns") ?? "")?.textContent ?? "").join("").trim() || (element.textContent ?? "").trim();
}

async function pageOf(pdf: PDFDocumentProxy, item: NonNullable<Outline>[number]): Promise<number | null> {
  try {
    const place = typeof item.dest === "string" ? await pdf.getDestination(item.dest) : item.dest;
    return place?.[0] && typeof place[0] === "object" ? (await pdf.getPageIndex(place[0])) + 1 : null;
  } catch {
    return null; // an outline that points nowhere, as some programs write it
  }
}

interface Deeds {
  page(number: number): void;
  step(by: number): void;
  zoom(by: number): void;
  fit(): void;
  find(back: boolean): void;
}

type View = ReturnType<typeof build>;

/** The frame around the document: its bar, the outline, the scroll, and what is said while it loads or fails. */
function build(element: HTMLElement) {
  const title = element.dataset["title"] ?? "the document";
  const download = element.dataset["download"] ?? element.dataset["src"] ?? "";
  const id = `viewer-${++number}`;
  element.innerHTML = `
    <div class="viewer-bar" role="toolbar" aria-label="Document">
      <div class="group"><button type="button" data-do="outline" aria-expanded="false" aria-controls="${id}-outline" hidden>Outline</button></div>
      <div class="group"><button type="button" data-do="up" aria-label="Page before">↑</button><label class="sr" for="${id}-page">Page</label><input id="${id}-page" type="text" inputmode="numeric" autocomplete="off" value="1" disabled><span data-of>of ${element.dataset["pages"] || "…"}</span><button type="button" data-do="down" aria-label="Next page">↓</button></div>
      <div class="group"><button type="button" data-do="out" aria-label="Smaller">−</button><span class="zoom" data-zoom></span><button type="button" data-do="in" aria-label="Larger">+</button><button type="button" data-do="fit">Fit width</button></div>
      <form class="group end" role="search"><label class="sr" for="${id}-find">Find in this document</label><input id="${id}-find" type="search" placeholder="Find" autocomplete="off"><button type="submit" aria-label="Find next">↵</button><span data-found role="status"></span></form>
      <a class="btn bare small" data-download>Download</a>
      <span class="sr" role="status" data-status></span>
    </div>
    <div class="viewer-body">
      <nav class="viewer-outline" id="${id}-outline" aria-label="Outline" tabindex="0" hidden></nav>
      <div class="viewer-pane">
        <div class="viewer-scroll" tabindex="0" role="region"><div class="pdfViewer"></div></div>
        <div class="viewer-state"><p>Opening the document…</p><progress aria-label="Opening"></progress></div>
      </div>
    </div>`;
  const find = <T extends HTMLElement>(selector: string): T => element.querySelector<T>(selector) as T;
  const [scroll, pages, state] = [find<HTMLDivElement>(".viewer-scroll"), find<HTMLDivElement>(".pdfViewer"), find(".viewer-state")];
  const [page, query] = [find<HTMLInputElement>(`#${id}-page`), find<HTMLInputElement>(`#${id}-find`)];
  const [list, body, status] = [find(".viewer-outline"), find(".viewer-body"), find("[data-status]")];
  const toggle = find<HTMLButtonElement>("[data-do=outline]");
  find<HTMLAnchorElement>("[data-download]").href = download;
  scroll.setAttribute("aria-label", title);
  let told = 0;

  const shows = (yes: boolean): void => {
    list.hidden = !yes;
    body.classList.toggle("with-outline", yes);
    toggle.setAttribute("aria-expanded", String(yes));
  };

  return {
    scroll,
    pages,
    query,

    follow(task: PDFDocumentLoadingTask): void {
      const bar = find<HTMLProgressElement>("progress");
      task.onProgress = ({ loaded, total }: { loaded: number; total: number }) => {
        if (total > 0) [bar.max, bar.value] = [total, loaded];
      };
    },

    ready(): void {
      state.hidden = true;
    },

    fail(): void {
      state.hidden = false;
      state.innerHTML = `<p>This document could not be shown here.</p><a class="btn">Download it</a>`;
      state.setAttribute("role", "alert");
      (state.querySelector("a") as HTMLAnchorElement).href = download;
    },

    at(current: number, of: number): void {
      page.disabled = false;
      page.value = String(current);
      find("[data-of]").textContent = `of ${of}`;
      find<HTMLButtonElement>("[data-do=up]").disabled = current <= 1;
      find<HTMLButtonElement>("[data-do=down]").disabled = current >= of;
      window.clearTimeout(told);
      told = window.setTimeout(() => (status.textContent = `Page ${current} of ${of}`), 900);
    },

    zoomed(scale: number): void {
      find("[data-zoom]").textContent = `${Math.round(scale * 100)} %`;
      scroll.classList.toggle("far", scale < 0.6); // too small to press a link without pressing its neighbour
    },

    found(text: string): void {
      find("[data-found]").textContent = text;
    },

    async outline(items: NonNullable<Outline>, links: { goToDestination(dest: string | unknown[]): Promise<void> }, where: (item: NonNullable<Outline>[number]) => Promise<number | null>, bus: { on(name: string, does: (event: { pageNumber: number }) => void): void }): Promise<void> {
      const places: [number, HTMLButtonElement][] = [];
      const draw = async (some: NonNullable<Outline>, depth: number): Promise<HTMLUListElement> => {
        const ul = document.createElement("ul");
        for (const item of some) {
          const li = document.createElement("li");
          const button = document.createElement("button");
          button.type = "button";
          button.dir = "auto";
          button.textContent = item.title || "(no title)";
          button.addEventListener("click", () => {
            if (item.dest) void links.goToDestination(item.dest);
            scroll.focus({ preventScroll: true });
          });
          const at = await where(item);
          if (at) places.push([at, button]);
          li.append(button);
          if (item.items?.length && depth < 2) li.append(await draw(item.items, depth + 1));
          ul.append(li);
        }
        return ul;
      };
      list.replaceChildren(await draw(items, 0));
      toggle.hidden = false;
      toggle.addEventListener("click", () => shows(list.hidden !== false));
      shows(element.clientWidth > 880);
      const mark = (current: number): void => {
        const here = places.filter(([at]) => at <= current).at(-1)?.[1];
        for (const [, button] of places) button === here ? button.setAttribute("aria-current", "true") : button.removeAttribute("aria-current");
        here?.scrollIntoView({ block: "nearest" });
      };
      bus.on("pagechanging", ({ pageNumber }) => mark(pageNumber));
    },

    on(deeds: Deeds): void {
      const buttons: Record<string, () => void> = {
        up: () => deeds.step(-1),
        down: () => deeds.step(1),
        in: () => deeds.zoom(1.2),
        out: () => deeds.zoom(1 / 1.2),
        fit: () => deeds.fit(),
      };
      for (const [name, does] of Object.entries(buttons)) find(`[data-do=${name}]`).addEventListener("click", does);
      page.addEventListener("change", () => deeds.page(Number.parseInt(page.value, 10) || 1));
      page.addEventListener("focus", () => page.select());
      page.addEventListener("keydown", (event) => {
        if (event.key === "Enter") deeds.page(Number.parseInt(page.value, 10) || 1);
      });
      find<HTMLFormElement>("form[role=search]").addEventListener("submit", (event) => {
        event.preventDefault();
        if (query.value) deeds.find(false);
      });
      query.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.shiftKey && query.value) {
          event.preventDefault();
          deeds.find(true);
        }
      });
      query.addEventListener("input", () => {
        if (!query.value) deeds.find(false);
      });
      // The browser's own search sees only the pages that are drawn.
      element.addEventListener("keydown", (event) => {
        if ((event.ctrlKey || event.metaKey) && event.key === "f") {
          event.preventDefault();
          query.focus();
          query.select();
        }
      });
    },
  };
}

function read(key: string): Place | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Place | null;
  } catch {
    return null;
  }
}

function write(key: string, place: Place): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(place));
  } catch {
    // a browser that keeps nothing: the document opens at its first page
  }
}
