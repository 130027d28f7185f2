"""Seasons: drafts and published ones, addresses that stay, and roles that begin and end."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges import challenges, deadlines, seasons
from challenges.history import Trace
from challenges.seasons import Role, RoleKind, Season, SeasonText
from tests.cast import Cast, make_person
from tests.makers import DAY, NOW, TOLD, at_clock, deeds, make_challenge, make_season
from tests.refused import not_yours, refused

LAST_ORGANIZER = "This is the last organizer. Name another one first."


def roles_of(session: Session, season: Season) -> list[tuple[str, str]]:
    session.flush()
    living = select(Role).where(Role.season_id == season.id, Role.ended_at == None)  # noqa: E711
    return sorted((role.kind, str(role.person_id)) for role in session.exec(living))


def test_a_founder_creates_a_draft_and_organizes_it(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, is_announced=False, title=" The  Long Winter ", story=" Snow. \n")
    assert season.model_dump(exclude={"id"}) == {
        "slug": "the-long-winter", "title": "The Long Winter", "story": "Snow.", "zone": "Europe/Berlin",
        "starts_on": date(2026, 11, 1), "ends_on": date(2026, 12, 20), "created_by": cast.ada.id, "created_at": NOW,
        "announced_at": None, "registration_opens_at": None, "registration_closes_at": None, "finished_at": None,
        "archived_at": None, "format": "knock-out", "least_members": 1, "most_members": 8, "most_entries": None,
        "tie_rule": "all", "tie_criterion": "", "contact": "", "is_recorded": False, "poster_key": None,
        "poster_version_id": None, "poster_type": "", "poster_alt": "",
    }  # fmt: skip
    assert roles_of(session, season) == [("organizer", str(cast.ada.id))]
    assert deeds(session, season) == ["role.granted", "season.created", "season.rules_set"]


def test_nobody_else_creates_one(session: Session, cast: Cast) -> None:
    with refused("Only a founder may create a season. Ask whoever runs this site."):
        make_season(session, cast.eve)


@pytest.mark.parametrize(
    ("over", "sentence", "field"),
    [
        ({"title": " "}, "Please write a title.", "title"),
        ({"title": "x" * 81}, "That is longer than 80 characters.", "title"),
        ({"story": " \n"}, "Tell the story of the season in a few sentences; participants read it first.", "story"),
        (
            {"zone": "Berlin"},
            "There is no time zone called “Berlin”. Choose one from the list, such as Europe/Berlin.",
            "zone",
        ),
        (
            {"ends_on": date(2026, 10, 31)},
            "The season ends before it begins. Set the last day on or after the first.",
            "ends_on",
        ),
    ],
)
def test_a_season_says_what_it_is(
    session: Session, cast: Cast, over: dict[str, Any], sentence: str, field: str
) -> None:
    before = session.exec(select(Season.slug)).all()
    with refused(sentence, field):
        make_season(session, cast.ada, **over)
    assert session.exec(select(Season.slug)).all() == before


def test_a_season_of_one_day_is_possible(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 1))
    assert season.starts_on == season.ends_on


def test_a_new_description_keeps_the_address(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    about = SeasonText("The Short Summer", "Heat.", "Asia/Tokyo", date(2026, 1, 1), date(2026, 1, 2))
    seasons.redescribe(session, season, about, cast.ada, NOW, {})
    assert (season.slug, season.title, season.story, season.zone) == (
        "the-long-winter",
        "The Short Summer",
        "Heat.",
        "Asia/Tokyo",
    )
    assert deeds(session, season) == [
        "role.granted", "season.announced", "season.created", "season.described", "season.rules_set",
    ]  # fmt: skip


def test_the_address_of_a_draft_follows_its_title_until_somebody_else_is_told(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, is_announced=False)

    def call(title: str) -> str:
        about = SeasonText(title, "Heat.", "UTC", date(2026, 1, 1), date(2026, 1, 2))
        seasons.redescribe(session, season, about, cast.ada, NOW, {})
        session.flush()
        return season.slug

    first = season.slug
    assert [call("The <b>Short</b> Summer"), call("The Short Summer")] == ["the-short-summer"] * 2
    assert call("The Long Winter") == first
    seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    assert call("The Short Summer") == first


def test_announcing_twice_announces_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, is_announced=False)
    seasons.announce(session, season, cast.ada, NOW)
    seasons.announce(session, season, cast.ada, NOW + DAY)
    assert season.announced_at == NOW
    assert deeds(session, season) == ["role.granted", "season.announced", "season.created", "season.rules_set"]


def test_a_season_is_announced_once_it_says_who_goes_on_when_it_is_too_close_to_call(
    session: Session, cast: Cast
) -> None:
    season = seasons.create(session, cast.ada, TOLD, NOW)
    with refused("Choose first how the season is played, and what happens to places that are too close to call."):
        seasons.announce(session, season, cast.ada, NOW)
    assert season.announced_at is None


def test_a_season_goes_through_its_states_by_its_dates_alone(session: Session, cast: Cast) -> None:
    season = make_season(
        session, cast.ada, starts_on=date(2026, 12, 1), registration_opens=at_clock("2026-11-22T09:00")
    )
    berlin = ZoneInfo("Europe/Berlin")
    moments = [
        (NOW, "announced"),
        (datetime(2026, 11, 22, 8, 59, 59, tzinfo=berlin), "announced"),
        (datetime(2026, 11, 22, 9, 0, tzinfo=berlin), "registration"),
        (datetime(2026, 11, 30, 23, 59, tzinfo=berlin), "registration"),
        (datetime(2026, 12, 1, 0, 0, tzinfo=berlin), "running"),
        (datetime(2026, 12, 20, 23, 59, tzinfo=berlin), "running"),
        (datetime(2026, 12, 21, 0, 0, tzinfo=berlin), "finished"),
    ]
    assert [(at, season.state(at).value) for at, _ in moments] == moments


def test_ending_and_archiving_twice_do_it_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    with refused("This season is running, so nobody can archive it now."):
        seasons.archive(session, season, cast.ada, NOW)
    for day in (1, 2):
        seasons.finish(session, season, cast.ada, NOW + day * DAY)
    for day in (3, 4):
        seasons.archive(session, season, cast.ada, NOW + day * DAY)
    assert (season.finished_at, season.archived_at) == (NOW + DAY, NOW + 3 * DAY)
    assert deeds(session, season)[-2:] == ["season.finished", "season.rules_set"]
    with refused("This season is archived, so nobody can finish the season now."):
        seasons.finish(session, season, cast.ada, NOW + 5 * DAY)


@pytest.mark.parametrize(
    ("over", "sentence", "field"),
    [
        (
            {"registration_opens": "2026-11-10T09:00", "registration_closes": "2026-11-10T09:00"},
            "Registration closes before it opens. Set it later.", "registration_closes",
        ),
        (
            {"registration_closes": "2026-12-21T00:01"},
            "Registration closes after the season’s last day. Set it earlier.", "registration_closes",
        ),
        (
            {"registration_opens": "2026-12-21T00:00"},
            "Registration opens after the season’s last day. Set it earlier.", "registration_opens",
        ),
    ],
)  # fmt: skip
def test_registration_lies_before_the_end_of_the_season(
    session: Session, cast: Cast, over: dict[str, str], sentence: str, field: str
) -> None:
    with refused(sentence, field):
        make_season(session, cast.ada, **{name: at_clock(text) for name, text in over.items()})


def test_a_season_that_moves_keeps_its_scheduled_challenges(session: Session, cast: Cast) -> None:
    """A draft may be left outside, and is refused when somebody schedules it."""
    season = make_season(session, cast.ada)
    make_challenge(session, season, cast.ada)
    draft = make_challenge(session, season, cast.ada, is_released=False, due=at_clock("2026-12-19T23:59"))
    dues = deadlines.dues_of(session, season.id)
    sentence = (
        "Challenge 1 is due on 24 November 2026, and that would be outside the season. "
        "Keep that day within it, or move the challenge first."
    )
    for over, field in (({"ends_on": date(2026, 11, 23)}, "ends_on"), ({"starts_on": date(2026, 11, 25)}, "starts_on")):
        with session.begin_nested() as savepoint:
            with refused(sentence, field):
                seasons.redescribe(session, season, replace(TOLD, **over), cast.ada, NOW, dues)
            savepoint.rollback()
    seasons.redescribe(session, season, replace(TOLD, ends_on=date(2026, 11, 24)), cast.ada, NOW, dues)
    outside = (
        "The season ends on 24 November 2026. A challenge cannot be due after that. You can move the season’s last day."
    )
    with refused(outside, "due"):
        challenges.schedule(session, draft, season, cast.ada, NOW)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Ärger im Hafen!", "arger-im-hafen"), ("New", "new-season"), ("冬", "season"), ("--", "season"),
        ("x" * 80, "x" * 50), ("The  Long Day", "the-long-day"), ("a" * 49 + " b", "a" * 49),
        ("<b>Snow</b>", "snow"), ("1 < 2 > 0", "1-2-0"),
    ],
)  # fmt: skip
def test_an_address_is_made_from_the_title(session: Session, title: str, slug: str) -> None:
    assert seasons.free_slug(session, title) == slug


def test_an_address_is_nobody_elses(session: Session, cast: Cast) -> None:
    slugs = [make_season(session, cast.ada, title="The Long Night").slug for _ in range(3)]
    assert slugs == ["the-long-night-2", "the-long-night-3", "the-long-night-4"]
    assert make_season(session, cast.ada, title="The Long").slug == "the-long"


@given(titles=some.lists(some.text("ab ä-2", min_size=1, max_size=6), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_addresses_never_meet(session: Session, cast: Cast, titles: list[str]) -> None:
    with session.begin_nested() as savepoint:
        slugs = [make_season(session, cast.ada, title=f"{title}x", is_announced=False).slug for title in titles]
        assert len(set(slugs)) == len(titles)
        assert all(slug.replace("-", "").isalnum() and slug.isascii() and len(slug) <= 60 for slug in slugs)
        savepoint.rollback()


def test_a_role_is_given_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    role = seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    assert role.model_dump(exclude={"id"}) == {
        "season_id": season.id, "person_id": cast.dana.id, "kind": "judge", "granted_by": cast.ada.id,
        "granted_at": NOW, "ended_at": None,
    }  # fmt: skip
    assert seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW + DAY) == role
    assert [holder for _, holder in seasons.holders(session, season.id, RoleKind.JUDGE)] == [cast.dana]


def test_the_database_holds_a_living_role_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    for _ in range(2):
        session.add(
            Role(season_id=season.id, person_id=cast.dev.id, kind="judge", granted_by=cast.ada.id, granted_at=NOW)
        )
    with pytest.raises(IntegrityError):
        session.flush()


def test_an_ended_role_stays_as_history_and_can_be_given_again(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    role = seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    seasons.end_role(session, role, cast.ada, NOW + DAY)
    assert seasons.role_of(session, season.id, cast.dana.id, RoleKind.JUDGE) is None
    again = seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW + 2 * DAY)
    assert (role.ended_at, again.ended_at, seasons.roles_of(session, cast.dana.id)) == (NOW + DAY, None, [again])
    assert deeds(session, season).count("role.ended") == 1


def test_a_season_keeps_its_last_organizer(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    adas = seasons.role_of(session, season.id, cast.ada.id, RoleKind.ORGANIZER)
    assert adas
    with refused(LAST_ORGANIZER):
        seasons.end_role(session, adas, cast.ada, NOW)
    seasons.grant(session, season, cast.eve, RoleKind.ORGANIZER, cast.ada, NOW)
    seasons.end_role(session, adas, cast.eve, NOW)
    seasons.end_role(session, adas, cast.eve, NOW + DAY)  # a second click
    assert (adas.ended_at, roles_of(session, season)) == (NOW, [("organizer", str(cast.eve.id))])
    with refused(LAST_ORGANIZER):
        eves = seasons.role_of(session, season.id, cast.eve.id, RoleKind.ORGANIZER)
        assert eves
        seasons.end_role(session, eves, cast.eve, NOW)


def test_the_only_judge_may_go(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    role = seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    seasons.end_role(session, role, cast.ada, NOW)
    assert seasons.holders(session, season.id, RoleKind.JUDGE) == []


def test_holders_come_by_name(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    for person in (cast.eve, cast.dana, make_person(session, "Dana", "dana@else.example"), cast.dev):
        seasons.grant(session, season, person, RoleKind.VIEWER, cast.ada, NOW)
    assert [person.email for _, person in seasons.holders(session, season.id, RoleKind.VIEWER)] == [
        "dana@else.example", "dana@example.org", "dev@example.org", "eve@example.org",
    ]  # fmt: skip


def test_a_role_in_one_season_opens_no_other(session: Session, cast: Cast) -> None:
    mine, other = make_season(session, cast.ada), make_season(session, cast.ada)
    seasons.grant(session, other, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    assert seasons.role_of(session, mine.id, cast.dana.id, RoleKind.JUDGE) is None
    assert seasons.role_of(session, other.id, cast.dana.id, RoleKind.ORGANIZER) is None


def test_a_draft_is_its_organizers_alone(session: Session, cast: Cast) -> None:
    draft = make_season(session, cast.ada, is_announced=False)
    assert seasons.find_for(session, draft.slug, cast.ada.id) == draft
    seasons.grant(session, draft, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    for who in (cast.dana.id, cast.eve.id, None):
        with not_yours():
            seasons.find_for(session, draft.slug, who)
    assert seasons.drafts_of(session, cast.ada.id) == [draft]
    assert (seasons.drafts_of(session, cast.dana.id), seasons.drafts_of(session, cast.eve.id)) == ([], [])


def test_a_published_season_is_everybodys(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    assert [seasons.find_for(session, season.slug, who) for who in (None, cast.eve.id)] == [season, season]
    assert seasons.drafts_of(session, cast.ada.id) == []
    for find in (seasons.find_season, lambda session, slug: seasons.find_for(session, slug, cast.ada.id)):
        with not_yours():
            find(session, "the-short-winter")


def test_seasons_come_newest_first(session: Session, cast: Cast) -> None:
    make_season(session, cast.ada, is_announced=False, title="A draft")
    for title, starts_on in (("B", date(2026, 5, 1)), ("C", date(2026, 11, 1)), ("A", date(2026, 11, 1))):
        make_season(session, cast.ada, title=title, starts_on=starts_on)
    assert [season.title for season in seasons.announced(session)] == ["A", "C", "The Long Night", "B"]


def test_a_trace_says_who_did_it(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    role = seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    session.flush()
    trace = session.exec(select(Trace).where(Trace.thing_id == role.id)).one()
    assert trace.model_dump(exclude={"id"}) == {
        "at": NOW, "person_id": cast.ada.id, "season_id": season.id, "deed": "role.granted", "thing": "role",
        "thing_id": role.id, "facts": {"kind": "judge", "person": "Dana"},
    }  # fmt: skip


def test_registration_that_is_open_cannot_open_later(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    later = replace(TOLD, registration_opens=at_clock("2026-11-25T12:00"))
    with refused("Registration is open already, so it cannot open later.", "registration_opens"):
        seasons.redescribe(session, season, later, cast.ada, NOW + DAY, {})


def test_a_season_whose_results_wait_is_not_archived(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    seasons.finish(session, season, cast.ada, NOW)
    with refused("Results of this season wait for their release. Open them or take them back first."):
        seasons.archive(session, season, cast.ada, NOW, results_wait=True)
