"""Entries: a team takes part until the season's last day ends in the season's own zone."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from challenges import entries
from tests.cast import Cast, make_person
from tests.makers import DAY, HOUR, NOW, Scene, deeds, make_entry, make_season, make_team
from tests.refused import not_yours, refused


def test_entering_twice_enters_once(session: Session, scene: Scene) -> None:
    again = entries.enter(session, scene.team, scene.season, scene.cast.cleo, NOW + DAY)
    assert (again, again.withdrawn_at, again.entered_by, again.entered_at) == (
        scene.entry, None, scene.cast.ben.id, NOW,
    )  # fmt: skip
    assert deeds(session, scene.season).count("entry.entered") == 1


def test_a_team_withdraws_and_comes_back(session: Session, scene: Scene) -> None:
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW + HOUR)
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW + DAY)
    assert scene.entry.withdrawn_at == NOW + HOUR
    assert entries.enter(session, scene.team, scene.season, scene.cast.ben, NOW + DAY) == scene.entry
    assert scene.entry.withdrawn_at is None
    assert [deed for deed in deeds(session, scene.season) if deed.startswith("entry.")] == [
        "entry.entered", "entry.entered", "entry.withdrawn",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "last_second"),
    [
        ("America/Los_Angeles", datetime(2026, 12, 21, 7, 59, 59, tzinfo=UTC)),
        ("UTC", datetime(2026, 12, 20, 23, 59, 59, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 12, 20, 14, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_last_day_ends_at_midnight_where_the_season_is(
    session: Session, cast: Cast, zone: str, last_second: datetime
) -> None:
    season = make_season(session, cast.ada, zone=zone, ends_on=date(2026, 12, 20))
    late, early = (make_team(session, season, person, name=person.name) for person in (cast.ben, cast.cleo))
    with refused("This season is over."):
        entries.enter(session, late, season, cast.ben, last_second + (HOUR / 3600))
    assert entries.entry_of(session, late.id) is None
    assert entries.enter(session, early, season, cast.cleo, last_second).team_id == early.id


def test_the_entries_of_a_season_by_name(session: Session, scene: Scene) -> None:
    entry, team = make_entry(session, scene.season, scene.cast.eve, name="An island")
    make_team(session, scene.season, make_person(session), name="Only watching")
    assert entries.entries_of(session, scene.season.id) == [(entry, team), (scene.entry, scene.team)]


def test_an_entry_is_its_members(session: Session, scene: Scene) -> None:
    other = make_season(session, scene.cast.ada)
    assert [entries.entry_for(session, scene.season.id, one.id) for one in (scene.cast.ben, scene.cast.cleo)] == [
        (scene.entry, scene.team)
    ] * 2
    outside = make_person(session, "Nick", "nick@noise.example")
    for season, who in ((scene.season, scene.cast.eve), (scene.season, outside), (other, scene.cast.ben)):
        with not_yours():
            entries.entry_for(session, season.id, who.id)
