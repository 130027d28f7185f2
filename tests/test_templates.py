"""Templates: each one is used and harmless, and on every page every link, form and box leads somewhere."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import Environment

from app import mail
from app.routes import MODULES
from challenges.people import Person
from tests.stage import Stage

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html")) + sorted(TEMPLATES.rglob("*.txt"))
WEB = [path for path in PAGES if path.is_relative_to(TEMPLATES / "web")]
MOST_LINES = 150
# A browser runs none of these: the policy forbids it, so a page that has them is broken.
FORBIDDEN = {
    "a style of its own": re.compile(r"<[a-z][^>]*\sstyle\s*="),
    "a style sheet of its own": re.compile(r"<style"),
    "a script of its own": re.compile(r"<script(?![^>]*\ssrc=)"),
    "an event handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*="),
    "htmx without data-": re.compile(r"\shx-[a-z]+\s*="),
    "text taken as it is": re.compile(r"(?<!['\"])\|\s*safe"),
    "a javascript address": re.compile(r"javascript:"),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


@pytest.mark.parametrize("path", WEB, ids=name_of)
def test_a_template_is_short_and_has_nothing_that_the_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []
    assert len(text.splitlines()) <= MOST_LINES


def test_every_template_is_asked_for_by_somebody() -> None:
    code = "".join(path.read_text() for path in (ROOT / "app").glob("**/*.py") if "node_modules" not in path.parts)
    asked = set(
        re.findall(r'"((?:web|packets|mail)/[\w/]+\.(?:html|txt))"', code + "".join(p.read_text() for p in PAGES))
    )
    asked |= {f"mail/{kind}.{form}" for kind in mail.WAYS for form in ("html", "txt")}
    made_of_parts = {name_of(path) for path in TEMPLATES.glob("packets/*.html")} | {
        "mail/layout.html",
        "mail/parts.html",
    }
    assert {name_of(path) for path in PAGES} - asked - made_of_parts == set()
    assert {name for name in asked if not (TEMPLATES / name).exists()} == set()


def test_a_folder_of_pages_is_called_what_its_routes_are_called() -> None:
    words = {module.__name__.rsplit(".", 1)[-1] for module in MODULES}
    folders = {path.name for path in (TEMPLATES / "web").iterdir() if path.is_dir()}
    assert folders - words == {"parts", "errors"}


def test_every_template_compiles(stage: Stage) -> None:
    drawing: Environment = stage.site.app.state.drawing
    for path in WEB:
        drawing.get_template(name_of(path))


class Reader(HTMLParser):
    """What a page offers: links, forms with their fields, labels, and ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms: list[tuple[str, str]] = []
        self.tokens = 0
        self.posts = 0
        self.boxes: list[dict[str, str | None]] = []
        self.labels: set[str] = set()
        self.ids: Counter[str] = Counter()
        self.pointed_at: set[str] = set()
        self.headings: list[int] = []
        self.within_label = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if here := given.get("id"):
            self.ids[here] += 1
        self.pointed_at |= set((given.get("aria-describedby") or "").split())
        self.pointed_at |= set((given.get("aria-labelledby") or "").split())
        if tag == "a" and (leads_to := given.get("href")):
            self.links.add(leads_to)
        elif tag == "form":
            self.forms.append((given.get("method") or "get", given.get("action") or ""))
            self.posts += given.get("method") == "post" and (given.get("action") or "").startswith("/")
        elif tag == "label":
            self.within_label += 1
            self.labels.add(given.get("for") or "")
        elif tag in ("input", "textarea", "select") and given.get("type") != "hidden":
            if not (self.within_label or given.get("aria-label")):
                self.boxes.append(given)
        elif tag == "input":
            self.tokens += given.get("name") == "_csrf_token"
        elif re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if (press := given.get("formaction")) is not None:
            self.forms.append(("post", press))

    def handle_endtag(self, tag: str) -> None:
        self.within_label -= tag == "label"

    def faults(self) -> Iterator[str]:
        yield from (f"two things are called {one}" for one, count in self.ids.items() if count > 1)
        yield from (f"nothing is called {one}" for one in self.pointed_at if one not in self.ids)
        yield from (f"{box.get('name')} has no label" for box in self.boxes if box.get("id") not in self.labels)
        yield from (
            f"nothing is called {one[1:]}" for one in self.links if re.match("#.", one) and one[1:] not in self.ids
        )
        if self.headings.count(1) != 1:
            yield f"{self.headings.count(1)} titles"
        yield from (
            f"a heading of level {after} after one of {before}"
            for before, after in zip(self.headings, self.headings[1:], strict=False)
            if after > before + 1
        )


def visitor(stage: Stage, who: str) -> Person | None:
    world = stage.world
    return {"nobody": None, "fay": world.fay}.get(who, getattr(world.cast, who, None))


@pytest.mark.parametrize("who", ["nobody", "eve", "ben", "fay", "dana", "dev", "ada"])
def test_from_the_front_page_every_link_leads_to_a_page_and_every_form_to_a_route(stage: Stage, who: str) -> None:
    browser = stage.browser(visitor(stage, who))
    routes = stage.site.app.asgi_router
    to_see, seen, faults = ["/", "/sign-in/code", "/sign-in/link/none", "/nothing-here"], set(), []
    while to_see:
        path = to_see.pop()
        seen.add(path)
        answer = browser.get(path)
        leads_away = answer.status_code == 303 and answer.headers["location"].startswith("http")
        if leads_away:
            continue
        if answer.status_code != (404 if path == "/nothing-here" else 200):
            faults.append((path, answer.status_code))
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue  # a calendar, a feed, a list: for programs
        page = Reader(answer.text)
        faults += [(path, fault) for fault in page.faults()]
        if page.tokens < page.posts:
            faults.append((path, "a form without its token"))
        for method, action in page.forms:
            if method == "post" and action.startswith("/"):
                routes.handle_routing(path=urlsplit(action).path, method="POST")
        inside = {link.split("#")[0] for link in page.links if link.startswith("/")}
        to_see += sorted(inside - seen - set(to_see))
    assert faults == []
    assert len(seen) >= (8 if who == "nobody" else 12), seen
