"""Challenges: drafts, one due instant that reads one way, and what stands still once it is published."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges import challenges, seasons
from challenges.challenges import Challenge, DeliverableText, Plan, deliverables_of, due_instant
from challenges.refusals import Refusal
from challenges.rubrics import scales_of
from challenges.seasons import RoleKind
from tests.cast import Cast, make_person
from tests.makers import CRITERIA, DAY, MINUTE, NOW, PLAN, SECOND, Scene, deeds, make_challenge, make_season
from tests.refused import not_yours, outcome, refused

MIB = 1024 * 1024
DUE = datetime(2026, 11, 24, 22, 59, tzinfo=UTC)
ENDS = "The season ends on 20 December 2026."
CLOCKS_CHANGE = "The clocks change in that hour in this zone. Choose a time an hour earlier or later."


def wall_clock(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_draft_is_the_next_of_its_season(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    first, second = (challenges.draft(session, season, PLAN, cast.ada, NOW) for _ in range(2))
    assert first.model_dump(exclude={"id", "rubric_version_id"}) == {
        "season_id": season.id, "number": 1, "title": "A field hospital",
        "summary": "Design the computers of a hospital that must move twice a year.", "due_at": DUE,
        "due_zone": "Europe/Berlin", "created_at": NOW, "published_at": None,
    }  # fmt: skip
    assert (second.number, first.rubric_version_id == second.rubric_version_id) == (2, False)
    assert [scale.criterion.title for scale in scales_of(session, first.rubric_version_id)] == [
        "Requirements", "Decisions",
    ]  # fmt: skip
    assert [
        (one.position, one.title, one.kind, one.required, one.max_bytes) for one in deliverables_of(session, first.id)
    ] == [(1, "Design", "pdf", True, 50 * MIB), (2, "Configuration", "zip", False, MIB)]
    assert deeds(session, season).count("challenge.drafted") == 2


@pytest.mark.parametrize(
    ("over", "sentence", "field"),
    [
        ({"title": ""}, "Please write a title.", "title"),
        ({"summary": " \n"}, "Say in one or two sentences what the challenge asks.", "summary"),
        (
            {"summary": "x" * 401},
            "The summary is longer than 400 characters. The brief has room for the rest.",
            "summary",
        ),
        (
            {"due_zone": "Moon/Sea"},
            "There is no time zone called “Moon/Sea”. Choose one from the list, such as Europe/Berlin.",
            "zone",
        ),
        ({"due": wall_clock("2026-10-25T02:30")}, CLOCKS_CHANGE, "due"),
        (
            {"due": wall_clock("2026-10-31T23:59")},
            "The season begins on 1 November 2026. A challenge cannot be due before that.",
            "due",
        ),
        (
            {"due": wall_clock("2026-12-21T00:00")},
            f"{ENDS} A challenge cannot be due after that. You can move the season’s last day.",
            "due",
        ),
        ({"due": wall_clock("2026-11-20T13:00")}, "The due instant has passed. Set a later one.", "due"),
        ({"deliverables": ()}, "Say what is to be handed in: at least one deliverable.", "deliverables-1-title"),
        ({"deliverables": [DeliverableText("A")] * 11}, "At most 10 deliverables.", "deliverables-1-title"),
        (
            {"deliverables": [DeliverableText("A"), DeliverableText(" ")]},
            "Please write a title.",
            "deliverables-2-title",
        ),
        (
            {"deliverables": [DeliverableText("A", kind="exe")]},
            "Choose a kind of file from the list.",
            "deliverables-1-kind",
        ),
        (
            {"deliverables": [DeliverableText("A", max_mib=101)]},
            "A size limit is from 1 to 100 MiB.",
            "deliverables-1-size",
        ),
        (
            {"deliverables": [DeliverableText("A", max_mib=0)]},
            "A size limit is from 1 to 100 MiB.",
            "deliverables-1-size",
        ),
        (
            {"deliverables": [DeliverableText("A", required=False)]},
            "At least one deliverable must be required.",
            "deliverables-1-required",
        ),
        (
            {"criteria": [replace(CRITERIA[0], weight=0)]},
            "All weights are 0, so nothing would count. Give at least one criterion a weight.",
            "criteria-1-weight",
        ),
    ],
)
def test_a_plan_that_cannot_be(session: Session, scene: Scene, over: dict[str, Any], sentence: str, field: str) -> None:
    draft = challenges.draft(session, scene.season, PLAN, scene.cast.ada, NOW)
    with refused(sentence, field), session.begin_nested():
        challenges.draft(session, scene.season, replace(PLAN, **over), scene.cast.ada, NOW, most_mib=100)
    with refused(sentence, field), session.begin_nested():
        challenges.redraft(session, draft, replace(PLAN, **over), scene.cast.ada, NOW, most_mib=100)
    session.expire_all()
    assert [one.number for one in challenges.challenges_of(session, scene.season.id, with_drafts=True)] == [1, 2]
    assert (draft.title, len(deliverables_of(session, draft.id))) == (PLAN.title, 2)


def test_a_draft_is_written_anew(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    draft = challenges.draft(session, season, PLAN, cast.ada, NOW)
    plan = Plan(
        " A  school ", "For\n forty.", wall_clock("2026-12-01T12:00"), "Asia/Kathmandu", [DeliverableText("Plan")],
        CRITERIA[:1],
    )  # fmt: skip
    challenges.redraft(session, draft, plan, cast.ada, NOW)
    assert (draft.number, draft.title, draft.summary, draft.due_at, draft.due_zone) == (
        1, "A school", "For forty.", datetime(2026, 12, 1, 6, 15, tzinfo=UTC), "Asia/Kathmandu",
    )  # fmt: skip
    assert [one.title for one in deliverables_of(session, draft.id)] == ["Plan"]
    assert [scale.criterion.title for scale in scales_of(session, draft.rubric_version_id)] == ["Requirements"]
    assert deeds(session, season).count("challenge.redrafted") == 1


def test_a_published_challenge_stands(session: Session, scene: Scene) -> None:
    with refused("This challenge is published. People work by what it says, so only its brief can be amended."):
        challenges.redraft(session, scene.challenge, replace(PLAN, title="Else"), scene.cast.ada, NOW)
    assert scene.challenge.title == "A field hospital"


def test_publishing_twice_publishes_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    challenges.schedule(session, challenge, season, cast.ada, NOW)
    challenges.schedule(session, challenge, season, cast.ada, NOW + DAY)
    assert challenge.published_at == NOW
    assert deeds(session, season).count("challenge.published") == 1


def test_a_challenge_is_due_on_a_day_of_the_season_by_the_seasons_clock(session: Session, scene: Scene) -> None:
    last = make_challenge(session, scene.season, scene.cast.ada, due=wall_clock("2026-12-20T23:59"))
    assert last.due_at == datetime(2026, 12, 20, 22, 59, tzinfo=UTC)
    far = {"due": wall_clock("2026-12-21T07:59"), "due_zone": "Asia/Tokyo"}
    assert make_challenge(session, scene.season, scene.cast.ada, **far).due_at == last.due_at


def test_what_cannot_be_published(session: Session, cast: Cast) -> None:
    draft = make_season(session, cast.ada, is_announced=False)
    hidden = make_challenge(session, draft, cast.ada, is_released=False)
    with refused("Publish the season first; a challenge cannot be seen without it."):
        challenges.schedule(session, hidden, draft, cast.ada, NOW)
    season = make_season(session, cast.ada)
    late = make_challenge(session, season, cast.ada, is_released=False)
    with refused("The due instant has passed. Set a later one before you publish.", "due"):
        challenges.schedule(session, late, season, cast.ada, DUE)
    assert (hidden.published_at, late.published_at) == (None, None)
    challenges.schedule(session, late, season, cast.ada, DUE - SECOND)


def test_it_is_open_from_publication_until_just_before_due(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    draft = make_challenge(session, season, cast.ada, is_released=False)
    challenge = make_challenge(session, season, cast.ada)
    microsecond = timedelta(microseconds=1)
    assert [challenge.is_open(now) for now in (NOW, DUE - microsecond, DUE, DUE + DAY)] == [True, True, False, False]
    assert (draft.is_open(NOW), challenge.settled_at) == (False, DUE + 30 * MINUTE)


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
    due = due_instant(wall_clock(local), zone)
    assert (due, due.tzinfo) == (datetime.fromisoformat(instant), UTC)


@pytest.mark.parametrize("local", ["2026-03-29T02:00", "2026-03-29T02:59:59", "2026-10-25T02:00", "2026-10-25T02:59"])
def test_a_clock_that_is_skipped_or_shown_twice_means_none(local: str) -> None:
    with refused(CLOCKS_CHANGE, "due"):
        due_instant(wall_clock(local), "Europe/Berlin")


@given(
    local=some.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31)),  # noqa: DTZ001
    zone=some.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_an_instant_reads_back_as_the_clock_that_was_set(local: datetime, zone: str) -> None:
    instant = outcome(lambda: due_instant(local, zone))
    if isinstance(instant, Refusal):
        assert instant.message == CLOCKS_CHANGE
    else:
        assert (instant.tzinfo, instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) == (UTC, local)


def test_drafts_are_the_organizers_alone(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    published = make_challenge(session, season, cast.ada)
    draft = make_challenge(session, season, cast.ada, is_released=False)
    assert challenges.find_for(session, season, 2, cast.ada.id) == draft
    for who in (None, cast.eve.id, cast.dana.id, make_person(session, "Nora", "nora@noise.example").id):
        assert challenges.find_for(session, season, 1, who) == published
        with not_yours():
            challenges.find_for(session, season, 2, who)
    with not_yours():
        challenges.find_for(session, season, 3, cast.ada.id)
    assert challenges.challenges_of(session, season.id) == [published]
    assert challenges.challenges_of(session, season.id, with_drafts=True) == [published, draft]


def test_a_number_is_given_once(session: Session, scene: Scene) -> None:
    twin = Challenge(**scene.challenge.model_dump(exclude={"id"}))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(twin)
    assert session.exec(select(Challenge.id).where(Challenge.season_id == scene.season.id)).all() == [
        scene.challenge.id
    ]
