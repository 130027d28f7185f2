"""PDF: packets and the demo's designs as tagged PDF/UA-1, from our templates and fonts, reaching nothing outside."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatch
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any
from unicodedata import bidirectional, category, name

import nh3
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib.instancer import instantiateVariableFont  # type: ignore[import-untyped]
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from app.filters import instant, place, size
from judging.packet_view import PacketView

TEMPLATES = Path(__file__).parents[1] / "templates"
STATIC = Path(__file__).with_name("static")
OURS = "charrette:"
"""The only addresses a PDF may name: charrette:fonts/…, charrette:packets/… and what the caller put on the shelf."""

FACES = {
    "Atkinson Hyperlegible Next": "atkinson-hyperlegible-next",
    "Atkinson Hyperlegible Mono": "atkinson-hyperlegible-mono",
    "Bricolage Grotesque": "bricolage-grotesque",
}
SUBSETS = {"latin": "", "latin-ext": " Extended"}
"""Each file has a family of its own: WeasyPrint takes two files of one family and weight for one font, and mixes up
their glyphs (Łódź came out as Ꝏód)."""
PIECES = re.compile(r"<[^>]*>|&[#\w]+;|.", re.DOTALL)
"""Of clean HTML: tags, entities, single characters."""
OPTICAL_SIZE = 20
ALLOWED = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "hr"}
WITH_TABLES = ALLOWED | {"h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "img", "div", "span"}
LONGEST_RUN = 40
"""Characters without a space that may stand in one line; longer runs get places to break."""


MOST_LINES = 1000
"""Lines of one comment that keep their breaks; beyond, its words flow on, as 100,000 lines would be 2,000 pages."""


class OutOfReach(Exception):
    """A PDF named something that is neither our font nor our template."""


def render_packet(packet: PacketView) -> bytes:
    """One packet as PDF/UA-1; the same packet gives the same pages on every machine that has the same fonts."""
    return print_pdf("packets/packet.html", {"packet": packet})


def print_pdf(template: str, context: Mapping[str, object], shelf: Mapping[str, bytes] | None = None) -> bytes:
    """Fill a template and print it; `shelf` holds the pictures that it names as charrette:shelf/<name>."""
    html = in_glyphs(_pages().get_template(template).render(context))
    fetcher = Fetcher(shelf or {})
    document = HTML(string=html, url_fetcher=fetcher, base_url=f"{OURS}packets/")
    with _printing:  # fontconfig and Pango keep state that two renderings at once would share
        try:
            # Full fonts would be megabytes of Noto; subsets are a few kilobytes each.
            pdf = document.write_pdf(font_config=_fonts(), pdf_variant="pdf/ua-1", full_fonts=False)
        except FatalURLFetchingError as fault:
            raise OutOfReach(str(fault)) from fault
    return bytes(pdf)


def in_glyphs(text: str) -> str:
    """The text with every character that no font here can draw named in words, as PDF/UA allows no empty boxes.

    🙂 without a font becomes [slightly smiling face]; invisible controls and variation selectors just go.
    """
    covered = _drawable()
    strange = {mark for mark in set(text) if mark not in "\n\t" and (ord(mark) not in covered or _is_invisible(mark))}
    return text.translate({ord(mark): _in_words(mark) for mark in strange}) if strange else text


def said(text: str) -> Markup:
    """A judge's or organizer's Markdown for print: paragraphs, lists, code and emphasis; headings become bold lines.

    Headings would break the order of the document's own, links and pictures lead outside: only their words stay.
    """
    flowing = text if text.count("\n") <= MOST_LINES else " ".join(text.split())
    return _html_of(_comments(), flowing, ALLOWED)


def told(text: str) -> Markup:
    """Our own long documents: as `said`, with headings from level two down, tables and pictures from the shelf."""
    return _html_of(_documents(), text, WITH_TABLES)


def _html_of(parser: MarkdownIt, text: str, allowed: set[str]) -> Markup:
    tokens = parser.parse(text)
    _set_directions(tokens)
    html = parser.renderer.render(tokens, parser.options, {})
    attributes = {
        "p": {"dir"},
        "li": {"dir"},
        "th": {"scope", "dir"},
        "td": {"dir"},
        "img": {"src", "alt"},
        "ol": {"start"},
    }
    attributes |= {"div": {"class"}, "span": {"class"}}
    clean = nh3.clean(html, tags=allowed, attributes=attributes, url_schemes={"charrette"}, link_rel=None)
    return Markup(_breakable(clean))  # noqa: S704 (nh3 has just cleaned it)


def _set_directions(tokens: list[Token]) -> None:
    """Paragraphs whose first strong letter is Arabic or Hebrew run from the right; WeasyPrint knows no dir="auto"."""
    for opening, inside in pairwise(tokens):
        if inside.type == "inline" and _runs_from_the_right(inside.content):
            opening.attrSet("dir", "rtl")


def _runs_from_the_right(text: str) -> bool:
    strong = (bidirectional(mark) for mark in text)
    return next((kind != "L" for kind in strong if kind in {"L", "R", "AL"}), False)


def _breakable(html: str) -> str:
    """Places to break in runs without a space, across tags too; Pango needs seconds to find its own in a long one."""
    done, run = [], 0
    for piece in PIECES.findall(html):
        done.append(piece)
        if piece.isspace():
            run = 0
        elif not piece.startswith("<"):
            run += 1
            if run > LONGEST_RUN:
                done.append("\N{ZERO WIDTH SPACE}")
                run = LONGEST_RUN // 2
    return "".join(done)


@cache
def _comments() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink"])
    for token in ("heading_open", "heading_close"):
        parser.add_render_rule(token, _bold_line)
    return parser


@cache
def _documents() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.validateLink = lambda url: url.startswith(f"{OURS}shelf/")  # type: ignore[method-assign]
    parser.add_render_rule("th_open", _column_head)
    return parser


def _bold_line(_renderer: object, tokens: list[Token], at: int, *_rest: object) -> str:
    return "<p><strong>" if tokens[at].nesting == 1 else "</strong></p>\n"


def _column_head(_renderer: object, tokens: list[Token], at: int, *_rest: object) -> str:
    return '<th scope="col">'


# Fonts

_printing = Lock()


@cache
def _fonts() -> FontConfiguration:
    """One configuration for the life of the process: decoding the woff2 files again would cost more than a packet."""
    return FontConfiguration()


def font_css() -> str:
    """The @font-face rules of our faces. Variable files, so no weight is named: each one holds them all."""
    rules = [
        _face(family + suffix, style, logical)
        for family, file in FACES.items()
        for style in ("normal", "italic")
        for subset, suffix in SUBSETS.items()
        for logical in _manifest()
        if fnmatch(logical, f"fonts/{file}-{subset}-????-{style}.woff2")
    ]
    # Atkinson's zero is slashed, which belongs to check sums alone: figures in text are Bricolage's, as on the pages.
    figures = next(logical for logical in _manifest() if fnmatch(logical, "fonts/bricolage-*-latin-????-normal.woff2"))
    return "\n".join([*rules, _face("Figures", "normal", figures, ";unicode-range:U+30-39")])


def _face(family: str, style: str, logical: str, only: str = "") -> str:
    return f'@font-face{{font-family:"{family}";font-style:{style};src:url("{OURS}{logical}")format("woff2"){only}}}'


@cache
def _one_size(logical: str) -> bytes:
    """The font file with its optical size fixed: otherwise every size of a heading is cut and embedded as a font."""
    font = TTFont(STATIC / _manifest()[logical])
    if "opsz" not in {axis.axisTag for axis in font["fvar"].axes}:
        return (STATIC / _manifest()[logical]).read_bytes()
    fixed = BytesIO()
    instantiateVariableFont(font, {"opsz": OPTICAL_SIZE}, inplace=True)
    font.flavor = None
    font.save(fixed)
    return fixed.getvalue()


@cache
def _manifest() -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / "manifest.json").read_text())
    return found


@cache
def _drawable() -> frozenset[int]:
    """Every code point that some installed font can draw, and those of our own faces (all of them in Latin)."""
    listed = subprocess.run(
        ["fc-list", "--format", "%{charset}\n"],  # noqa: S607 (Pango depends on it)
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: set[int] = set(range(0x20, 0x180))
    for span in set(listed.split()):
        first, _, last = span.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


def _is_invisible(mark: str) -> bool:
    # Cc controls, Cs lone surrogates, Co private use, variation selectors, and tags.
    point = ord(mark)
    return category(mark) in {"Cc", "Cs", "Co"} or 0xFE00 <= point <= 0xFE0F or 0xE0000 <= point <= 0xE01EF


def _in_words(mark: str) -> str:
    if category(mark) in {"Co", "Cn", "Cs"}:
        return f"[U+{ord(mark):04X}]"
    if category(mark) in {"Cc", "Cf", "Mn", "Sk"}:
        return ""
    return f"[{name(mark, f'U+{ord(mark):04X}').lower()}]"


class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Serves our fonts, our style sheets and the shelf; anything else stops the printing."""

    def __init__(self, shelf: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), fail_on_errors=True)
        self.shelf = shelf

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        kind, _, file = url.removeprefix(OURS).partition("/")
        if url.startswith(OURS) and kind == "fonts" and f"fonts/{file}" in _manifest():
            return URLFetcherResponse(url, _one_size(f"fonts/{file}"))
        if url == f"{OURS}packets/fonts.css":
            return URLFetcherResponse(url, font_css(), {"Content-Type": "text/css"})
        if url.startswith(OURS) and kind == "packets" and file in _style_sheets():
            return URLFetcherResponse(url, _style_sheets()[file], {"Content-Type": "text/css"})
        if url.startswith(OURS) and kind == "shelf" and file in self.shelf:
            return URLFetcherResponse(url, self.shelf[file], {"Content-Type": "image/svg+xml"})
        raise OutOfReach(f"A PDF may not fetch {url}.")


@cache
def _style_sheets() -> dict[str, bytes]:
    return {sheet.name: sheet.read_bytes() for sheet in (TEMPLATES / "packets").glob("*.css")}


# Templates


@cache
def _pages() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "markdown": said, "told": told, "instant": _both_clocks, "day": _day, "size": size, "places": _places,
        "number": _number,
    }  # fmt: skip
    pages.filters.update(filters)
    pages.globals["in_glyphs"] = in_glyphs
    return pages


def _both_clocks(moment: datetime, zone: str) -> str:
    """The season's clock and UTC: Tue 24 Nov 2026, 23:59:00 Berlin (22:59:00 UTC)."""
    there, utc = instant(moment, zone), instant(moment)
    if there[: -len(place(zone))] == utc[: -len("UTC")]:
        return utc
    day, _, time = utc.rpartition(", ")
    return f"{there} ({time})" if there.startswith(day) else f"{there} ({utc})"


def _day(moment: datetime, zone: str) -> str:
    """24 Nov 2026"""
    return instant(moment, zone).partition(", ")[0].partition(" ")[2]


def _places(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}"


def _number(count: int) -> str:
    """Small counts in words, as in running text."""
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return words[count] if count < len(words) else str(count)
