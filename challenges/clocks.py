"""Clocks: which instant is meant by what somebody reads off a wall clock, and the question where that is not clear."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from challenges.people import clean_zone
from challenges.refusals import Refusal

WRITTEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:~([01]))?(!?)")


@dataclass(frozen=True)
class WallClock:
    """A day and a time as a clock in some zone shows them."""

    local: datetime
    """Naive."""
    fold: int | None = None
    """Which of the two, where the clock shows this time twice: 0 the first, 1 the second."""
    is_sure: bool = False
    """Midnight is meant as it is written: the first instant of that day."""

    def __str__(self) -> str:
        """As `read` reads it: `2026-10-25T02:30~1`, `2026-11-25T00:00!`."""
        fold = "" if self.fold is None else f"~{self.fold}"
        return f"{self.local.isoformat(timespec='minutes')}{fold}{'!' if self.is_sure else ''}"


class Unclear(Refusal):
    """Several instants could be meant, and nobody may guess. Each choice is a sentence and the wall clock it means."""

    def __init__(self, message: str, field: str, choices: Iterator[WallClock], zone: ZoneInfo) -> None:
        super().__init__(message, field)
        self.choices = tuple((_said(choice, zone), str(choice)) for choice in choices)


def read(text: str, field: str) -> WallClock:
    """What a field for day and time sends, or one of the choices of `Unclear`."""
    if not (written := WRITTEN.fullmatch(text.strip())):
        raise Refusal("Write a day and a time, such as 2026-11-24T23:59.", field=field)
    local, fold, sure = written.groups()
    try:
        return WallClock(datetime.fromisoformat(local), int(fold) if fold else None, bool(sure))
    except ValueError:
        raise Refusal("There is no such day or time.", field=field) from None


def instant_of(clock: WallClock, zone: str, field: str, is_due: bool = False) -> datetime:
    """The one instant in UTC. `Unclear` where the clock is put forward over it, shows it twice, or where a due
    instant is written as midnight, which some read as the evening before and some as the evening after.
    """
    place = ZoneInfo(clean_zone(zone))
    if is_due and clock.local.time() == time() and not clock.is_sure:
        day = clock.local
        ends = (day - timedelta(minutes=1), day + timedelta(days=1, minutes=-1))
        raise Unclear(
            "Midnight is read in two ways. Say which instant you mean; 23:59 is read alike by everybody.", field,
            iter((*(WallClock(end) for end in ends), replace(clock, is_sure=True))), place,
        )  # fmt: skip
    first, second = (clock.local.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if not _exists(first):
        raise Unclear(
            "The clocks are put forward over that time in this zone, so it does not exist on that day. "
            "Say which you mean.", field,
            iter(WallClock(one.astimezone(UTC).astimezone(place).replace(tzinfo=None)) for one in (second, first)),
            place,
        )  # fmt: skip
    if clock.fold is None:
        raise Unclear(
            "The clocks are put back in that hour in this zone, so they show this time twice. Say which you mean.",
            field, (replace(clock, fold=fold) for fold in (0, 1)), place,
        )  # fmt: skip
    return (first, second)[clock.fold].astimezone(UTC)


def _exists(local: datetime) -> bool:
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)


def _said(clock: WallClock, zone: ZoneInfo) -> str:
    at = clock.local.replace(tzinfo=zone, fold=clock.fold or 0)
    which = {None: "", 0: ", the first time", 1: ", the second time"}[clock.fold]
    exactly = ", the first instant of that day" if clock.is_sure else ""
    return f"{at:%A} {at.day} {at:%B %Y}, {at:%H:%M}{which}{exactly} ({at.astimezone(UTC):%a %H:%M} UTC)"
