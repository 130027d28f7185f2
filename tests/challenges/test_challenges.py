"""Challenges: drafts, the embargo and its end, and what stands still from then on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges import challenges, seasons
from challenges.challenges import Challenge, Course, DeliverableText, Plan, Upcoming, deliverables_of
from challenges.formats import Format, Play, TieRule
from challenges.rubrics import scales_of
from challenges.seasons import RoleKind
from tests.cast import Cast, make_person
from tests.makers import (
    CRITERIA,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PLAN,
    SECOND,
    Scene,
    at_clock,
    deeds,
    make_challenge,
    make_season,
)
from tests.refused import not_yours, refused

MIB = 1024 * 1024
MICROSECOND = timedelta(microseconds=1)
DUE = datetime(2026, 11, 24, 22, 59, tzinfo=UTC)
CLOCKS_CHANGE = "The clocks are put back in that hour in this zone, so they show this time twice. Say which you mean."
MIDNIGHT = "Midnight is read in two ways. Say which instant you mean; 23:59 is read alike by everybody."
ENDS = "The season ends on 20 December 2026."


def test_a_draft_is_the_next_of_its_season(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    first, second = (challenges.draft(session, season, PLAN, cast.ada, NOW) for _ in range(2))
    assert first.model_dump(exclude={"id", "rubric_version_id"}) == {
        "season_id": season.id, "number": 1, "title": "A field hospital",
        "summary": "Design the computers of a hospital that must move twice a year.", "due_at": DUE,
        "due_zone": "Europe/Berlin", "created_at": NOW, "scheduled_at": None, "release_at": None, "on_hold": False,
        "grace_minutes": 0, "penalty": 0, "settled_at": DUE + 30 * MINUTE, "go_on": None, "is_final": False,
        "builds_on": None, "is_swap": False, "questions_until": None, "answers_until": None, "chair_id": None,
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
        ({"due": at_clock("2026-10-25T02:30")}, CLOCKS_CHANGE, "due"),
        ({"due": at_clock("2026-11-24T00:00")}, MIDNIGHT, "due"),
        (
            {"due": at_clock("2026-10-31T23:59")},
            "The season begins on 1 November 2026. A challenge cannot be due before that.",
            "due",
        ),
        (
            {"due": at_clock("2026-12-21T00:01")},
            f"{ENDS} A challenge cannot be due after that. You can move the season’s last day.",
            "due",
        ),
        ({"due": at_clock("2026-11-20T13:00")}, "The due instant has passed. Set a later one.", "due"),
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
        ({"course": Course(grace_minutes=1441)}, "The grace is from 0 to 1440 minutes.", "grace"),
        ({"course": Course(grace_minutes=5, penalty=101)}, "The penalty is from 0 to 100 points.", "penalty"),
        ({"course": Course(penalty=5)}, "Without a grace nothing can be late, so a penalty says nothing.", "penalty"),
        ({"course": Course(go_on=0)}, "At least one entry goes on.", "go_on"),
        (
            {"course": Course(builds_on=9)},
            "It can only build on an earlier challenge of this season.",
            "builds_on",
        ),
        ({"course": Course(is_swap=True)}, "Say from which challenge the designs are swapped.", "builds_on"),
        (
            {"course": Course(questions_until=at_clock("2026-11-25T00:01"))},
            "That is after the due instant, when nobody can use it any more.",
            "questions_until",
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
    assert [one.number for one in challenges.every_challenge_of(session, scene.season.id)] == [1, 2]
    assert (draft.title, len(deliverables_of(session, draft.id))) == (PLAN.title, 2)


def test_a_draft_is_written_anew(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    draft = challenges.draft(session, season, PLAN, cast.ada, NOW)
    plan = Plan(
        " A  school ", "For\n forty.", at_clock("2026-12-01T12:00"), "Asia/Kathmandu", [DeliverableText("Plan")],
        CRITERIA[:1],
    )  # fmt: skip
    challenges.redraft(session, draft, plan, cast.ada, NOW)
    assert (draft.number, draft.title, draft.summary, draft.due_at, draft.due_zone) == (
        1, "A school", "For forty.", datetime(2026, 12, 1, 6, 15, tzinfo=UTC), "Asia/Kathmandu",
    )  # fmt: skip
    assert [one.title for one in deliverables_of(session, draft.id)] == ["Plan"]
    assert [scale.criterion.title for scale in scales_of(session, draft.rubric_version_id)] == ["Requirements"]
    assert deeds(session, season).count("challenge.redrafted") == 1


def test_a_released_challenge_stands(session: Session, scene: Scene) -> None:
    with refused("This challenge is released. People work by what it says, so it can only be amended."):
        challenges.redraft(session, scene.challenge, replace(PLAN, title="Else"), scene.cast.ada, NOW)
    assert scene.challenge.title == "A field hospital"


def test_releasing_twice_releases_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    challenges.schedule(session, challenge, season, cast.ada, NOW)
    challenges.schedule(session, challenge, season, cast.ada, NOW + DAY)
    assert (challenge.scheduled_at, challenge.release_at) == (NOW, NOW)
    assert deeds(session, season).count("challenge.released") == 1


def test_it_opens_by_itself_at_its_instant(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY)
    instants = (NOW, NOW + DAY - MICROSECOND, NOW + DAY, DUE - MICROSECOND, DUE)
    assert [challenge.state(now) for now in instants] == ["scheduled", "scheduled", "open", "open", "closed"]
    released = select(Challenge.id).where(Challenge.season_id == season.id)
    for now in instants:
        expected = [challenge] if challenge.is_released(now) else []
        assert challenges.challenges_of(session, season.id, now) == expected
        assert session.exec(released.where(challenges.released_by(now))).all() == [one.id for one in expected]
    upcoming = Upcoming(number=1, release_at=NOW + DAY, on_hold=False, due_at=DUE)
    assert challenges.upcoming_of([challenge], NOW) == [upcoming]
    assert challenges.upcoming_of([challenge], NOW + DAY) == []


def test_before_its_release_a_challenge_moves_and_changes_freely(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY)
    challenges.redraft(session, challenge, replace(PLAN, title="Else"), cast.ada, NOW + HOUR)
    early = replace(PLAN, due=at_clock("2026-11-21T13:00"))
    too_early = "It would be due before its release. Set a later due instant, or take it off the schedule."
    with refused(too_early, "due"), session.begin_nested():
        challenges.redraft(session, challenge, early, cast.ada, NOW + HOUR)
    session.refresh(challenge)
    challenges.schedule(session, challenge, season, cast.ada, NOW + HOUR, at=NOW + 2 * DAY)
    assert (challenge.release_at, challenge.state(NOW + DAY)) == (NOW + 2 * DAY, "scheduled")
    challenges.unschedule(session, challenge, cast.ada, NOW + HOUR)
    challenges.unschedule(session, challenge, cast.ada, NOW + HOUR)
    assert (challenge.state(NOW + 3 * DAY), challenge.release_at) == ("draft", None)
    assert deeds(session, season).count("challenge.unscheduled") == 1
    challenges.schedule(session, challenge, season, cast.ada, NOW + HOUR)
    with refused("This challenge is released: people may have read it, so it cannot be hidden any more."):
        challenges.unschedule(session, challenge, cast.ada, NOW + HOUR)


@pytest.mark.parametrize("moves_due", [False, True])
def test_on_hold_it_waits_for_the_button_and_a_late_evening_can_move_due(
    session: Session, cast: Cast, moves_due: bool
) -> None:
    season = make_season(session, cast.ada)
    course = Course(questions_until=at_clock("2026-11-23T12:00"))
    challenge = make_challenge(session, season, cast.ada, is_released=False, course=course)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + HOUR, on_hold=True)
    evening = NOW + HOUR + 19 * MINUTE + timedelta(seconds=2)
    assert [challenge.state(now) for now in (NOW, NOW + HOUR, evening)] == ["on hold"] * 3
    late = challenges.release(session, challenge, cast.ada, evening, moves_due)
    again = challenges.release(session, challenge, cast.ada, evening + MINUTE, moves_due)
    moved = 20 * MINUTE if moves_due else timedelta()
    assert (late, again, challenge.release_at, challenge.state(evening)) == (
        evening - NOW - HOUR, timedelta(), evening, "open",
    )  # fmt: skip
    assert (challenge.due_at, challenge.settled_at, challenge.questions_until) == (
        DUE + moved, DUE + moved + 30 * MINUTE, datetime(2026, 11, 23, 11, 0, tzinfo=UTC) + moved,
    )  # fmt: skip
    assert deeds(session, season).count("challenge.released") == 1


def test_a_late_button_moves_no_due_instant_out_of_its_season(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    last = make_challenge(session, season, cast.ada, is_released=False, due=at_clock("2026-12-20T23:59"))
    challenges.schedule(session, last, season, cast.ada, NOW, at=NOW + HOUR, on_hold=True)
    with refused(f"{ENDS} A challenge cannot be due after that. You can move the season’s last day.", "due"):
        challenges.release(session, last, cast.ada, NOW + 2 * HOUR, moves_due=True)


def test_the_button_comes_too_late_or_too_early(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    with refused("This challenge is a draft. Schedule it first."):
        challenges.release(session, challenge, cast.ada, NOW)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + HOUR, on_hold=True)
    with refused("The due instant has passed. Set a later one before you release.", "due"):
        challenges.release(session, challenge, cast.ada, DUE)
    early = challenges.release(session, challenge, cast.ada, NOW + MINUTE, moves_due=True)
    assert (early, challenge.due_at) == (timedelta(), DUE)


def test_a_rehearsal_is_for_those_who_prepare_the_evening(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    with not_yours():
        challenges.find_to_rehearse(session, season, 1, cast.dana.id)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY)
    for who in (cast.ada, cast.dana):
        assert challenges.find_to_rehearse(session, season, 1, who.id) == challenge
    for who in (cast.ben, cast.eve):
        with not_yours():
            challenges.find_to_rehearse(session, season, 1, who.id)
    with not_yours():
        challenges.find_for(session, season, 1, cast.dana.id, NOW)


def test_it_builds_on_an_earlier_one(session: Session, scene: Scene) -> None:
    course = Course(builds_on=1, is_swap=True, is_final=True, go_on=3, grace_minutes=45, penalty=5)
    later = make_challenge(session, scene.season, scene.cast.ada, is_released=False, course=course)
    assert (later.builds_on, later.is_swap, later.is_final, later.go_on, later.penalty) == (
        scene.challenge.id, True, True, 3, 5,
    )  # fmt: skip
    assert later.settled_at == DUE + 45 * MINUTE
    with refused("It can only build on an earlier challenge of this season.", "builds_on"):
        challenges.redraft(
            session, make_challenge(session, scene.season, scene.cast.ada, is_released=False),
            replace(PLAN, course=Course(builds_on=3)), scene.cast.ada, NOW,
        )  # fmt: skip


def test_a_challenge_is_due_on_a_day_of_the_season_by_the_seasons_clock(session: Session, scene: Scene) -> None:
    last = make_challenge(session, scene.season, scene.cast.ada, due=at_clock("2026-12-20T23:59"))
    assert last.due_at == datetime(2026, 12, 20, 22, 59, tzinfo=UTC)
    far = {"due": at_clock("2026-12-21T07:59"), "due_zone": "Asia/Tokyo"}
    assert make_challenge(session, scene.season, scene.cast.ada, **far).due_at == last.due_at


def test_what_cannot_be_released(session: Session, cast: Cast) -> None:
    draft = make_season(session, cast.ada, is_announced=False)
    hidden = make_challenge(session, draft, cast.ada, is_released=False)
    with refused("Announce the season first; a challenge cannot be seen without it."):
        challenges.schedule(session, hidden, draft, cast.ada, NOW)
    season = make_season(session, cast.ada)
    late = make_challenge(session, season, cast.ada, is_released=False)
    with refused("The due instant has passed by then. Set a later one, or release the challenge earlier.", "release"):
        challenges.schedule(session, late, season, cast.ada, DUE)
    assert (hidden.scheduled_at, late.scheduled_at) == (None, None)
    challenges.schedule(session, late, season, cast.ada, DUE - SECOND)


NO_SUCH = (
    "In this season the criterion “narrative” decides where places are too close to call, "
    "and the rubric does not have it. Add a criterion of that title."
)


def test_the_criterion_that_decides_is_in_the_rubric(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, play=Play(Format.KNOCK_OUT, TieRule.CRITERION, "narrative"))
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    with refused(NO_SUCH):
        challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY)
    with_it = replace(PLAN, criteria=(CRITERIA[0], replace(CRITERIA[1], title="Narrative")))
    challenges.redraft(session, challenge, with_it, cast.ada, NOW)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY)
    with refused(NO_SUCH):
        challenges.redraft(session, challenge, PLAN, cast.ada, NOW)


def test_in_a_league_only_the_final_needs_the_criterion_that_decides(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, play=Play(Format.LEAGUE, TieRule.CRITERION, "narrative"))
    make_challenge(session, season, cast.ada)
    with refused(NO_SUCH):
        make_challenge(session, season, cast.ada, course=Course(is_final=True))


def test_it_is_open_from_its_release_until_just_before_due(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    draft = make_challenge(session, season, cast.ada, is_released=False)
    challenge = make_challenge(session, season, cast.ada)
    assert [challenge.is_open(now) for now in (NOW, DUE - MICROSECOND, DUE, DUE + DAY)] == [True, True, False, False]
    assert (draft.is_open(NOW), challenge.settled_at) == (False, DUE + 30 * MINUTE)


def test_drafts_are_the_organizers_alone(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    seasons.grant(session, season, cast.dana, RoleKind.JUDGE, cast.ada, NOW)
    released = make_challenge(session, season, cast.ada)
    draft = make_challenge(session, season, cast.ada, is_released=False)
    assert challenges.find_for(session, season, 2, cast.ada.id, NOW) == draft
    for who in (None, cast.eve.id, cast.dana.id, make_person(session, "Nora", "nora@noise.example").id):
        assert challenges.find_for(session, season, 1, who, NOW) == released
        with not_yours():
            challenges.find_for(session, season, 2, who, NOW)
    with not_yours():
        challenges.find_for(session, season, 3, cast.ada.id, NOW)
    assert challenges.challenges_of(session, season.id, NOW) == [released]
    assert challenges.every_challenge_of(session, season.id) == [released, draft]


def test_a_number_is_given_once(session: Session, scene: Scene) -> None:
    twin = Challenge(**scene.challenge.model_dump(exclude={"id"}))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(twin)
    assert session.exec(select(Challenge.id).where(Challenge.season_id == scene.season.id)).all() == [
        scene.challenge.id
    ]
