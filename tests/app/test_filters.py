"""How things read: Markdown that cannot harm, instants, distances, sizes, counts."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.filters import browser, count, days, instant, markdown, relative, size

NOW = datetime(2026, 11, 24, 22, 59, tzinfo=UTC)


def test_markdown_starts_below_the_heading_of_the_page() -> None:
    assert markdown("# One\n\n## Two\n\ntext") == "<h2>One</h2>\n<h3>Two</h3>\n<p>text</p>\n"
    assert markdown("### Three\n\n#### Four", 3) == "<h3>Three</h3>\n<h4>Four</h4>\n"
    assert markdown("# One", 6) == "<h6>One</h6>\n"


def test_markdown_draws_tables_lists_and_links() -> None:
    assert "<th>a</th>" in markdown("| a |\n|---|\n| 1 |")
    assert markdown("- x") == "<ul>\n<li>x</li>\n</ul>\n"
    link = '<p><a href="https://example.org/" rel="nofollow noopener noreferrer">x</a></p>\n'
    assert markdown("[x](https://example.org/)") == link
    assert markdown(None) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/track.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        '[x](https://e.example "onmouseover=alert(1)")',
        "<svg/onload=alert(1)>",
        "<style>*{display:none}</style>",
        "<iframe src=//evil.example></iframe>",
        "</main><form action=//evil.example><input name=code></form>",
        "<a href='//e.example' style='position:fixed'>x</a>",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "[x]: javascript:alert(1)\n\n[x]",
        "<details open ontoggle=alert(1)>",
        "<math><mtext></mtext><script>alert(1)</script></math>",
    ],
)
def test_markdown_cannot_harm(hostile: str) -> None:
    html = markdown(hostile)
    tags = set(re.findall(r"<\s*/?\s*(\w+)", html))
    assert tags <= {"p", "a", "code", "pre"}
    assert not re.search(r"<[^>]*(?:\son\w+=|style=|src=|javascript:|data:)", html, re.IGNORECASE)


@given(st.text())
def test_markdown_survives_every_text(text: str) -> None:
    assert not re.search(r"<(?:script|img|iframe|style|svg|form|input)", markdown(text), re.IGNORECASE)


def test_instants_name_their_zone() -> None:
    assert instant(NOW, "Europe/Berlin") == "Tue 24 Nov 2026, 23:59:00 Berlin"
    assert instant(NOW, "America/New_York") == "Tue 24 Nov 2026, 17:59:00 New York"
    assert instant(NOW) == "Tue 24 Nov 2026, 22:59:00 UTC"
    assert instant(NOW + timedelta(hours=2), "Asia/Kathmandu") == "Wed 25 Nov 2026, 06:44:00 Kathmandu"
    assert instant(None) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "in less than a minute"),
        (59, "in less than a minute"),
        (60, "in 1 minute"),
        (3 * 3600 + 3599, "in 3 hours"),
        (2 * 86400 - 1, "in 1 day"),
        (-1, "just now"),
        (-7200, "2 hours ago"),
        (-86400, "1 day ago"),
    ],
)
def test_distances_are_never_longer_than_they_are(seconds: int, words: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize(
    ("octets", "words"),
    [(0, "0 B"), (None, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_234_567, "1.2 MB"), (99_600_000, "100 MB"),
     (999_600, "1.0 MB"), (5_000_000_000, "5.0 GB")],
)  # fmt: skip
def test_sizes(octets: int | None, words: str) -> None:
    assert size(octets) == words


def test_counts() -> None:
    assert [count(1, "design"), count(3, "design"), count(0, "entry"), count(1200, "page")] == [
        "1 design",
        "3 designs",
        "0 entries",
        "1,200 pages",
    ]
    assert count(2, "person", "people") == "2 people"


def test_browsers() -> None:
    assert browser("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0") == "Firefox on Linux"
    assert (
        browser("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) AppleWebKit/605 Version/17.5 Safari/604.1")
        == "Safari on iPhone"
    )
    assert browser("") == "A browser"


def test_days_name_the_year_of_the_first_only_where_it_is_another() -> None:
    assert days(date(2026, 11, 7), date(2026, 12, 5)) == "7 Nov to 5 Dec 2026"
    assert days(date(2026, 12, 28), date(2027, 1, 9)) == "28 Dec 2026 to 9 Jan 2027"
