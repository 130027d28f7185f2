"""Entries: a team takes part until the season's last day ends in the season's own zone."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from challenges import entries, teams
from challenges.versions import latest_version
from tests.cast import Cast, make_person
from tests.makers import DAY, HOUR, NOW, PLAY, Scene, deeds, join, make_entry, make_season, make_team, make_version
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
    with refused("This season is over, so nobody can found and join teams, enter now."):
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


def test_with_its_last_member_the_team_leaves_the_season(session: Session, scene: Scene) -> None:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    assert entries.leave(session, scene.team, scene.season, scene.cast.ben, NOW + HOUR)
    assert scene.entry.withdrawn_at is None
    assert not entries.leave(session, scene.team, scene.season, scene.cast.cleo, NOW + DAY)
    assert scene.entry.withdrawn_at == NOW + DAY
    assert latest_version(session, version.submission_id) == version


def test_a_team_has_the_size_that_the_season_asks_for(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, play=replace(PLAY, least_members=2, most_members=3))
    team = make_team(session, season, cast.ben)
    with refused("A team of this season has at least 2 members. Invite them first."):
        entries.enter(session, team, season, cast.ben, NOW)
    join(session, team, season, cast.cleo)
    assert entries.enter(session, team, season, cast.ben, NOW).team_id == team.id
    join(session, team, season, cast.eve)
    with refused("A team has at most 3 members, open invitations included.", "email"):
        teams.invite(session, team, season, "kim@example.org", cast.ben, NOW)


def test_nobody_comes_past_the_last_place(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, play=replace(PLAY, most_entries=2))
    first, team = make_entry(session, season, cast.ben, name="One")
    make_entry(session, season, cast.cleo, name="Two")
    late = make_team(session, season, cast.eve, name="Three")
    full = "All 2 places of this season are taken."
    with refused(full):
        entries.enter(session, late, season, cast.eve, NOW)
    assert entries.enter(session, team, season, cast.ben, NOW) == first
    entries.withdraw(session, first, cast.ben, NOW + HOUR)
    entries.enter(session, late, season, cast.eve, NOW + HOUR)
    with refused(full):
        entries.enter(session, team, season, cast.ben, NOW + DAY)
    assert (entries.count_entries(session, season.id), first.withdrawn_at) == (2, NOW + HOUR)


def test_registration_closes_to_the_second_for_who_comes_back_too(session: Session, scene: Scene) -> None:
    scene.season.registration_closes_at = closes = NOW + DAY
    late = make_team(session, scene.season, scene.cast.eve, name="Late")
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW + HOUR)
    sentence = "Registration closed Sat 21 Nov 2026, 12:00 UTC. Write to the organizers."
    for team, by in ((late, scene.cast.eve), (scene.team, scene.cast.ben)):
        with refused(sentence):
            entries.enter(session, team, scene.season, by, closes)
        entries.enter(session, team, scene.season, by, closes - HOUR / 3600)


def test_before_registration_opens_nobody_enters(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, starts_on=date(2026, 12, 1))
    season.registration_opens_at = NOW + DAY
    not_yet = (
        "This season is announced, and registration is not open yet, so nobody can found and join teams, enter now."
    )
    with refused(not_yet):
        teams.found(session, season, "Early", cast.ben, NOW + DAY - HOUR / 3600)
    assert make_entry(session, season, cast.ben, now=NOW + DAY)[0].withdrawn_at is None
