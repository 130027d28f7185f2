"""How instants, sizes, counts and Markdown read: in pages, packets and mails alike."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from textwrap import wrap
from typing import Any, Literal
from zoneinfo import ZoneInfo

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from challenges.versions import VersionFile

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip
PLURALS = {"entry": "entries", "reply": "replies"}

_writer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=512)
def markdown(text: str | None, top: int = 2) -> Markup:
    """Markdown as safe HTML. Its highest heading becomes `top`, for the page has its own; there are no pictures."""
    tokens = _writer.parse(text or "")
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    shift = top - min(levels, default=top)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + shift)}"
    html = _writer.renderer.render(tokens, _writer.options, {})
    # The second lock: whatever a fault in the first might let through, only these tags and schemes leave.
    return Markup(  # noqa: S704
        nh3.clean(
            html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"},
            link_rel="nofollow noopener noreferrer",
        )
    )  # fmt: skip


def plain(text: str, width: int = 76) -> str:
    """Light Markdown as a mail of plain text says it: long lines broken, stars of emphasis gone."""
    bare = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    lines = (wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""] for line in bare.splitlines())
    return "\n".join(part for broken in lines for part in broken)


def zone_of(zone: str | tzinfo | None) -> tzinfo:
    return UTC if zone is None or zone == "UTC" else ZoneInfo(zone) if isinstance(zone, str) else zone


def place(zone: str | None) -> str:
    """The short name of a zone: `America/New_York` → `New York`."""
    return (zone or "UTC").rsplit("/", 1)[-1].replace("_", " ")


def instant(at: datetime | None, zone: str | None = None) -> str:
    """`Tue 24 Nov 2026, 23:59:00 Berlin`; English whatever the machine speaks."""
    if at is None:
        return ""
    local = at.astimezone(zone_of(zone))
    day, month = DAYS[local.weekday()], MONTHS[local.month - 1]
    return f"{day} {local.day} {month} {local.year}, {local:%H:%M:%S} {place(zone)}"


def days(first: date, last: date) -> str:
    """`7 Nov to 5 Dec 2026`, `28 Dec 2026 to 9 Jan 2027`."""
    year = f" {first.year}" if first.year != last.year else ""
    return f"{first.day} {MONTHS[first.month - 1]}{year} to {last.day} {MONTHS[last.month - 1]} {last.year}"


def wall_clock(at: datetime, zone: str) -> str:
    """`2026-11-24T23:59`, as a field for day and time wants it."""
    return f"{at.astimezone(zone_of(zone)):%Y-%m-%dT%H:%M}"


def relative(at: datetime, now: datetime) -> str:
    """`in 2 days`, `3 hours ago`. Rounded down, so that nobody is told of time that they do not have."""
    distance = at - now
    ahead, seconds = distance >= timedelta(), abs(distance.total_seconds())
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            words = count(int(seconds // length), unit)
            return f"in {words}" if ahead else f"{words} ago"
    return "in less than a minute" if ahead else "just now"


def size(octets: int | None) -> str:
    """`812 B`, `1.2 MB`: as file managers show it, powers of 1000."""
    amount = float(octets or 0)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 99.5 else f"{amount:.1f} {unit}"


def count(number: int, word: str, plural: str | None = None) -> str:
    """`1 design`, `3 designs`, `no designs` is for the page to say."""
    return f"{number:,} {word if number == 1 else plural or PLURALS.get(word) or word + 's'}"


def browser(agent: str) -> str:
    """`Firefox on Linux`, as far as a browser says what it is."""
    name = next((name for sign, name in BROWSERS if sign in agent), "A browser")
    system = next((system for sign, system in SYSTEMS if sign in agent), "")
    return f"{name} on {system}" if system else name


def receipt_state(files: Iterable[VersionFile]) -> Literal["received", "verified", "differs"]:
    """What a receipt says of these files: verified once the worker has read every one, if none differs."""
    known = list(files)
    if any(file.differs for file in known):
        return "differs"
    return "verified" if all(file.verified_at for file in known) else "received"


FILTERS: dict[str, Callable[..., Any]] = {
    "markdown": markdown, "instant": instant, "relative": relative, "size": size, "count": count, "place": place,
    "browser": browser, "receipt_state": receipt_state, "wall_clock": wall_clock, "days": days,
    "plain": plain,
}  # fmt: skip
