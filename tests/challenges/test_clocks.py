"""Clocks: one instant for what a wall clock shows, and the question wherever two people could mean two."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from challenges import clocks
from challenges.clocks import Unclear, WallClock, instant_of
from challenges.refusals import Refusal
from tests.makers import at_clock
from tests.refused import outcome, refused

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]


@pytest.mark.parametrize(
    ("local", "zone", "instant"),
    [
        ("2026-11-24T23:59", "Europe/Berlin", "2026-11-24T22:59+00:00"),
        ("2026-07-24T23:59", "Europe/Berlin", "2026-07-24T21:59+00:00"),
        ("2026-11-24T00:00", "America/New_York", "2026-11-24T05:00+00:00"),
        ("2026-11-24T12:00", "Asia/Kathmandu", "2026-11-24T06:15+00:00"),
        ("2026-03-29T01:59:59", "Europe/Berlin", "2026-03-29T00:59:59+00:00"),
        ("2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00+00:00"),
        ("2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00+00:00"),
    ],
)
def test_a_wall_clock_means_one_instant(local: str, zone: str, instant: str) -> None:
    at = instant_of(at_clock(local), zone, "opens")
    assert (at, at.tzinfo) == (datetime.fromisoformat(instant), UTC)


@pytest.mark.parametrize(
    ("local", "choices"),
    [
        # 02:30 does not exist: an hour earlier by the clock of before, or an hour later by the clock of after.
        (
            "2026-03-29T02:30",
            {
                "2026-03-29T01:30": "Sunday 29 March 2026, 01:30 (Sun 00:30 UTC)",
                "2026-03-29T03:30": "Sunday 29 March 2026, 03:30 (Sun 01:30 UTC)",
            },
        ),
        (
            "2026-10-25T02:30",
            {
                "2026-10-25T02:30~0": "Sunday 25 October 2026, 02:30, the first time (Sun 00:30 UTC)",
                "2026-10-25T02:30~1": "Sunday 25 October 2026, 02:30, the second time (Sun 01:30 UTC)",
            },
        ),
        (
            "2026-11-25T00:00",
            {
                "2026-11-24T23:59": "Tuesday 24 November 2026, 23:59 (Tue 22:59 UTC)",
                "2026-11-25T23:59": "Wednesday 25 November 2026, 23:59 (Wed 22:59 UTC)",
                "2026-11-25T00:00!": (
                    "Wednesday 25 November 2026, 00:00, the first instant of that day (Tue 23:00 UTC)"
                ),
            },
        ),
    ],
)
def test_what_can_be_read_in_two_ways_is_asked_and_each_answer_is_clear(local: str, choices: dict[str, str]) -> None:
    with pytest.raises(Unclear) as asked:
        instant_of(clocks.read(local, "due"), "Europe/Berlin", "due", is_due=True)
    assert {value: sentence for sentence, value in asked.value.choices} == choices
    instants = [instant_of(clocks.read(value, "due"), "Europe/Berlin", "due", is_due=True) for value in choices]
    assert [f"({at:%a %H:%M} UTC)" for at in instants] == [choices[value][-15:] for value in choices]
    assert len(set(instants)) == len(choices)


def test_only_a_due_instant_at_midnight_is_asked_about() -> None:
    assert instant_of(at_clock("2026-11-25T00:00"), "UTC", "opens") == datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write a day and a time, such as 2026-11-24T23:59."),
        ("tomorrow", "Write a day and a time, such as 2026-11-24T23:59."),
        ("2026-11-24", "Write a day and a time, such as 2026-11-24T23:59."),
        ("2026-11-24T23:59+01:00", "Write a day and a time, such as 2026-11-24T23:59."),
        ("2026-02-30T23:59", "There is no such day or time."),
        ("2026-02-03T24:01", "There is no such day or time."),
    ],
)
def test_what_is_no_wall_clock(text: str, sentence: str) -> None:
    with refused(sentence, "due"):
        clocks.read(text, "due")


def test_a_zone_that_does_not_exist() -> None:
    with refused("There is no time zone called “Moon/Sea”. Choose one from the list, such as Europe/Berlin.", "zone"):
        instant_of(at_clock("2026-11-24T23:59"), "Moon/Sea", "due")


@given(
    local=some.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
    zone=some.sampled_from(ZONES),
    fold=some.sampled_from([None, 0, 1]),
)
def test_an_instant_reads_back_as_the_clock_that_was_set(local: datetime, zone: str, fold: int | None) -> None:
    instant = outcome(lambda: instant_of(WallClock(local, fold), zone, "due"))
    if isinstance(instant, Refusal):
        assert isinstance(instant, Unclear)
        assert len({value for _, value in instant.choices}) == 2
    else:
        assert (instant.tzinfo, instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) == (UTC, local)


@given(day=some.dates(datetime(2026, 1, 1).date(), datetime(2027, 12, 31).date()), zone=some.sampled_from(ZONES))  # noqa: DTZ001
def test_the_answers_to_midnight_lie_around_it(day: datetime, zone: str) -> None:
    midnight = WallClock(datetime(day.year, day.month, day.day))  # noqa: DTZ001
    with pytest.raises(Unclear) as asked:
        instant_of(midnight, zone, "due", is_due=True)
    before, after, exact = (clocks.read(value, "due").local for _, value in asked.value.choices)
    assert (exact - before, after - exact) == (timedelta(minutes=1), timedelta(days=1, minutes=-1))
