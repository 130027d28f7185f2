"""Packets in print: everything the judges said, sums that add up, tagged, embedded, and nothing beyond the page."""

import logging
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any, get_args, get_type_hints

import pypdfium2
import pytest

from app.pdf import Fetcher, OutOfReach, in_glyphs, render_packet, said
from judging.packet_view import FileView, Heading, Level, PacketView, Remark, Ruled, Sheet, packet_of

STEPS = ("Missing", "Begun", "Sound in part", "Sound", "Carries the reader")
TITLES = ("Requirements", "Layers", "Decisions", "Recovery", "Narrative", "Security", "Cost", "Tests", "Links",
          "Growth", "Training", "Risks")  # fmt: skip
WEIGHTS = (20, 25, 25, 20, 10, 7, 3, 11, 9, 13, 4, 6)
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture(autouse=True)
def _no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What WeasyPrint only warns of (a font not found, an unknown property, a picture without words) fails the test."""
    caplog.set_level(logging.WARNING, logger="weasyprint")
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.name == "weasyprint"] == []


def make_heading(**over: Any) -> Heading:
    given: dict[str, Any] = {
        "season": "The Long Winter", "zone": "Europe/Berlin", "challenge_number": 1, "challenge_title": "Design",
        "challenge_count": 2, "team": "Orchard", "packet_number": 4,
        "made_at": datetime(2026, 11, 27, 18, 0, tzinfo=UTC), "version_number": 2,
        "handed_in_at": datetime(2026, 11, 24, 21, 7, 12, tzinfo=UTC),
        "files": (FileView("orchard.pdf", 1_843_221, HASH, 19),), "place": 2, "entries": 6,
    }  # fmt: skip
    return Heading(**{**given, **over})


def make_packet(points: list[list[int | None]], comment: str = "", guidance: str = "", **over: Any) -> PacketView:
    """A packet from half steps, judge by judge; every level and every comment is recognisable by its words."""
    ruled = [
        Ruled(
            TITLES[at], guidance, WEIGHTS[at],
            tuple(
                Level(2 * n, step, f"What {step.lower()} means for {TITLES[at].lower()}.")
                for n, step in enumerate(STEPS, 1)
            ),
            Fraction(7),
        )
        for at in range(len(points[0]))
    ]  # fmt: skip
    sheets = [
        Sheet(
            tuple(Remark(value, comment or f"Remark {judge}-{at} on page {at}.") for at, value in enumerate(column, 1)),
            comment or f"Overall word {judge}.",
        )
        for judge, column in enumerate(points, 1)
    ]
    return packet_of(make_heading(**over), ruled, sheets)


THREE: list[list[int | None]] = [[8, 9, 7, 6, 10], [6, 7, 8, 8, 8], [10, 8, 6, 7, 9]]


@cache
def printed() -> bytes:
    return render_packet(make_packet(THREE))


def text_of(pdf: bytes) -> str:
    """The words of all pages, with one space between."""
    pages = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in pages))


def beyond(pdf: bytes) -> list[str]:
    """The text that stands outside the margins of its page (14 pt on the cover, which is drawn to its frame)."""
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(pdf)):
        words, (width, height) = page.get_textpage(), page.get_size()
        margin = 54 if number else 30
        for at in range(words.count_rects()):
            left, bottom, right, top = words.get_rect(at)
            if left < margin or right > width - margin or bottom < 20 or top > height - 20:
                found.append(f"page {number + 1}: {words.get_text_bounded(left, bottom, right, top)[:40]}")
    return found


def test_every_judges_level_descriptor_and_comment_is_in_the_packet() -> None:
    text = text_of(printed())
    for at, title in enumerate(TITLES[:5]):
        for judge in range(3):
            half_steps = THREE[judge][at] or 0
            below = STEPS[half_steps // 2 - 1]
            assert f"What {below.lower()} means for {title.lower()}." in text
            assert f"Remark {judge + 1}-{at + 1} on page {at + 1}." in text
    assert "Level 4.5, between 4 “Sound” and 5 “Carries the reader”." in text
    assert [f"Overall word {judge}." in text for judge in (1, 2, 3)] == [True, True, True]


def test_the_arithmetic_on_the_page_adds_up() -> None:
    packet = make_packet(THREE)
    for at, sheet in enumerate(packet.scoresheets):
        assert sum(criterion.readings[at].points or 0 for criterion in packet.criteria) == sheet.total
    assert [sheet.total for sheet in packet.scoresheets] == [Decimal("72.500"), Decimal("66.875"), Decimal("72.500")]
    assert "(72.500 + 66.875 + 72.500) ÷ 3 = 211.875 ÷ 3 = 70.625, rounded to 70.6" in text_of(printed())
    assert "Judge 1 on “Requirements”: 20 × (4 − 1) ÷ (5 − 1) = 15.000 points" in text_of(printed())


def test_a_column_adds_up_even_where_no_number_is_even() -> None:
    packet = make_packet([[3, 5, 4, 9, None, 8, 3], [7, 3, 3, 5, 6, 8, 7]])
    for at, sheet in enumerate(packet.scoresheets):
        assert sum(criterion.readings[at].points or 0 for criterion in packet.criteria) == sheet.total
    assert sum(criterion.weight for criterion in packet.criteria) == 100
    text = text_of(render_packet(packet))
    assert "the last digits are set so that every column adds up" in text
    assert "Where a criterion was not applicable (n/a), its weight left that scoresheet" in text


def test_whole_numbers_are_called_exact() -> None:
    text = text_of(render_packet(make_packet([[6, 6, 6, 6, 6], [10, 10, 10, 10, 10]])))
    assert "(50.0 + 100.0) ÷ 2 = 150.0 ÷ 2 = 75.0, rounded to 75.0" in text
    assert "All numbers on this page are exact" in text


def test_the_cover_says_whose_packet_it_is_and_when_the_work_came() -> None:
    cover = re.sub(r"\s+", " ", pypdfium2.PdfDocument(printed())[0].get_textpage().get_text_range())
    for words in ("Orchard", "Challenge 1: Design", "70.6 of 100", "Place 2 of 6", "The Long Winter", "1 of 2, Design",
                  "Tue 24 Nov 2026, 22:07:12 Berlin (21:07:12 UTC)", "27 Nov 2026", "version 2"):  # fmt: skip
        assert words in cover


def test_what_was_judged_is_named_with_its_check_sum() -> None:
    pages = pypdfium2.PdfDocument(printed())
    text = text_of(printed())
    assert HASH in text.replace(" ", "")
    assert "orchard.pdf, 19 pages 1.8 MB" in text
    assert f"page 2 of {len(pages)}" in text
    assert "page 1 of" not in text


def test_the_document_is_tagged_titled_and_bookmarked() -> None:
    document = pypdfium2.PdfDocument(printed())
    assert document.is_tagged()
    assert document.get_metadata_value("Title") == "Feedback packet: Orchard, Challenge 1: Design, The Long Winter"
    outline = [(mark.level, mark.get_title()) for mark in document.get_toc()]
    assert outline == [
        (0, "Orchard"),
        (0, "How the score was made"),
        (0, "The shape of your design"),
        (0, "Criterion by criterion"),
        *((1, f"{at}. {title}") for at, title in enumerate(TITLES[:5], 1)),
        (0, "The design as a whole"),
        *((1, f"Judge {judge} {total} of 100") for judge, total in ((1, "72.500"), (2, "66.875"), (3, "72.500"))),
        (0, "What was judged"),
    ]
    inside = b"".join(streams_of(printed()))
    assert b"/Lang (en)" in inside
    assert b'pdfuaid:part="1"' in inside or b"<pdfuaid:part>1</pdfuaid:part>" in inside


def streams_of(pdf: bytes) -> Iterator[bytes]:
    """The contents of every stream, unpacked; the catalog and the metadata are among them."""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(stream)


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Every font that a piece of text uses, and whether its data are in the file."""
    raw, found = pypdfium2.raw, {}
    for page in pypdfium2.PdfDocument(pdf):
        for piece in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=8):
            font = raw.FPDFTextObj_GetFont(piece)
            name = pypdfium2.raw.ctypes.create_string_buffer(200)
            raw.FPDFFont_GetBaseFontName(font, name, 200)
            found[name.value.decode().partition("+")[2] or name.value.decode()] = raw.FPDFFont_GetIsEmbedded(font) == 1
    return found


def test_the_faces_of_the_pages_are_embedded() -> None:
    fonts = fonts_of(printed())
    assert set(fonts.values()) == {True}
    families = {"-".join(name.split("-")[:2]) for name in fonts}
    assert {"Atkinson-Hyperlegible", "Bricolage-Grotesque"} <= families


def test_letters_of_two_files_of_one_face_keep_their_shapes() -> None:
    """WeasyPrint mixes up glyphs of files that share family and weight; the text layer shows it."""
    pdf = render_packet(make_packet(THREE, team="Łódź Ğüneş"))
    assert "Łódź Ğüneş" in text_of(pdf)
    assert {"Bricolage-Grotesque-Bold", "Bricolage-Grotesque-Extended-Bold"} <= set(fonts_of(pdf))


def test_no_field_of_a_packet_could_hold_a_judges_name() -> None:
    def names(kind: Any, seen: set[Any]) -> Iterator[str]:
        if kind in seen:
            return
        seen.add(kind)
        if is_dataclass(kind):
            yield from (field.name for field in fields(kind))
            for inner in get_type_hints(kind).values():
                yield from names(inner, seen)
        for inner in get_args(kind):
            yield from names(inner, seen)

    assert {name for name in names(PacketView, set()) if re.search(r"name|person|judge|mail|author", name)} == {
        "judge",
        "name",
    }
    assert get_type_hints(FileView)["name"] is str
    assert {type(reading.judge) for criterion in make_packet(THREE).criteria for reading in criterion.readings} == {int}


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/x.png", "file:///etc/passwd", "https://example.org/a.css", "data:text/css,p{}",
        "charrette:packets/../web/layout.html", "charrette:packets/packet.html", "charrette:fonts/../manifest.json",
        "//example.org/x", "charrette:shelf/../x.svg", "ftp://example.org/x",
    ],
)  # fmt: skip
def test_nothing_outside_is_fetched(address: str) -> None:
    with pytest.raises(OutOfReach, match="A PDF may not fetch"):
        Fetcher({"plan.svg": b"<svg/>"}).fetch(address)


def test_markup_in_a_comment_is_only_text() -> None:
    hostile = (
        "<script>alert(1)</script>\n\n![p](http://e.org/p.png)\n\n[l](javascript:x) <img src=x onerror=y>\n\n# Top"
    )
    html = str(said(hostile))
    assert re.findall(r"<(?!/?(?:p|strong|br)\b)", html) == []
    pdf = render_packet(make_packet(THREE, comment=hostile))
    assert "<script>alert(1)</script>" in text_of(pdf)


@pytest.mark.slow
@pytest.mark.parametrize(
    "comment",
    [
        "x" * 5_000,
        "*_[`<>" * 300,
        "a\n\n" * 10_000,
        ">" * 5_000 + " a",
        "A sentence about one page. " * 1_500,
        "مرحبا بالعالم، هذا تصميم جيد. " * 40,
        "漢字かな交じり文を組む。" * 100,
        "**a**" * 300,
    ],
    ids=["no-space", "marks", "paragraphs", "quotes", "40 kB", "right-to-left", "no-space-cjk", "tags"],
)
def test_hostile_comments_stay_inside_the_page(comment: str) -> None:
    pdf = render_packet(make_packet([[8]], comment=comment, team="W" * 80, season="Ω" * 60))
    assert beyond(pdf) == []


@pytest.mark.slow
@pytest.mark.parametrize(("judges", "criteria"), [(1, 1), (1, 2), (20, 12)])
def test_one_judge_and_twenty_fit(judges: int, criteria: int) -> None:
    packet = make_packet([[2 + (judge + at) % 9 for at in range(criteria)] for judge in range(judges)], place=None)
    pdf = render_packet(packet)
    assert beyond(pdf) == []
    assert f"What {'one judge' if judges == 1 else '20 judges'} thought of your design" in text_of(pdf)


@pytest.mark.slow
def test_no_heading_is_left_alone_at_the_foot_of_a_page() -> None:
    pdf = render_packet(make_packet([[6] * 12] * 7, comment="A remark of some length that fills a line and more. " * 5))
    for page in pypdfium2.PdfDocument(pdf):
        lines = [line for line in page.get_textpage().get_text_range().splitlines() if line.strip()]
        above_the_foot = [line for line in lines if not re.search(r"page \d+ of|The Long Winter ·", line)]
        assert not re.match(r"\d+\. |Judge \d+|Level ", above_the_foot[-1])


def test_characters_without_a_glyph_are_named() -> None:
    assert in_glyphs("Łódź ✓\n\U000f0000\x00\ufe0f") == "Łódź ✓\n[U+F0000]"
    assert in_glyphs("plain") == "plain"
