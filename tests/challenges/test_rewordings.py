"""Rewordings: a released rubric changes by amendment alone, and keeps its shape once a judge has begun."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from challenges import outcomes, rewordings
from challenges.formats import Format, Play, TieRule
from challenges.outcomes import OutcomeKind
from challenges.rewordings import reword, rewordings_of, rubrics_before, texts_of
from challenges.rubrics import CriterionText, scales_of
from judging.scoring import has_begun
from judging.standings import standings_of
from tests.cast import Cast
from tests.makers import CRITERIA, DAY, LEVELS, NOW, Round, Scene, deeds, make_challenge, make_season, make_sheet
from tests.refused import refused

WEIGHTS = (replace(CRITERIA[0], weight=20), replace(CRITERIA[1], weight=80, title="Justified decisions"))
NOTE = "Decisions count more, as the brief says."


def begun(session: Session, challenge_id: UUID) -> bool:
    return True


def not_yet(session: Session, challenge_id: UUID) -> bool:
    return False


def test_an_amendment_has_a_note_and_the_earlier_rubric_stays(session: Session, scene: Scene) -> None:
    before = scene.challenge.rubric_version_id
    made = reword(session, scene.challenge, WEIGHTS, f" {NOTE} ", scene.cast.ada, NOW, has_begun=not_yet)
    assert (made.number, made.note, made.before_id, made.after_id) == (
        1,
        NOTE,
        before,
        scene.challenge.rubric_version_id,
    )
    assert texts_of(scales_of(session, scene.challenge.rubric_version_id)) == list(WEIGHTS)
    assert rewordings_of(session, scene.challenge.id) == [made]
    assert {one: texts_of(scales) for one, scales in rubrics_before(session, [made]).items()} == {
        before: list(CRITERIA)
    }
    assert deeds(session, scene.season).count("rubric.reworded") == 1


def test_nothing_changes_in_silence_or_twice(session: Session, scene: Scene) -> None:
    ada, challenge, seen = scene.cast.ada, scene.challenge, str(scene.challenge.rubric_version_id)
    with refused("Say in a sentence what changed and why; every team will read it.", "note"):
        reword(session, challenge, WEIGHTS, " ", ada, NOW, has_begun=not_yet)
    with refused("The rubric is the same as before, so there is nothing to amend.", "criteria"):
        reword(session, challenge, CRITERIA, NOTE, ada, NOW, has_begun=not_yet)
    reword(session, challenge, WEIGHTS, NOTE, ada, NOW, has_begun=not_yet, seen=seen)
    with refused("Another organizer changed this rubric while you wrote. Look at theirs, then save again."):
        reword(session, challenge, CRITERIA, NOTE, ada, NOW, has_begun=not_yet, seen=seen)
    draft = make_challenge(session, scene.season, ada, is_released=False)
    with refused("Nobody has read this rubric yet. Just write it anew."):
        reword(session, draft, WEIGHTS, NOTE, ada, NOW, has_begun=not_yet)


def test_the_criterion_that_decides_stays_in_the_rubric(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, play=Play(Format.KNOCK_OUT, TieRule.CRITERION, "decisions"))
    challenge = make_challenge(session, season, cast.ada)
    with refused(
        "In this season the criterion “decisions” decides where places are too close to call, "
        "and the rubric does not have it. Add a criterion of that title."
    ):
        reword(session, challenge, WEIGHTS, NOTE, cast.ada, NOW, has_begun=not_yet)


def test_before_a_judge_begins_criteria_may_come_and_go(session: Session, scene: Scene) -> None:
    assert has_begun(session, scene.challenge.id) is False
    more = (*CRITERIA, CriterionText("Diagrams", 10, LEVELS[:2]))
    reword(session, scene.challenge, more, NOTE, scene.cast.ada, NOW, has_begun=not_yet)
    assert len(scales_of(session, scene.challenge.rubric_version_id)) == 3


def test_once_a_judge_has_begun_the_shape_stays(session: Session, scene: Scene) -> None:
    with refused("A judge has begun, so no criterion comes or goes. Change wording and weights.", "criteria"):
        reword(session, scene.challenge, CRITERIA[:1], NOTE, scene.cast.ada, NOW, has_begun=begun)
    fewer = (CRITERIA[0], replace(CRITERIA[1], levels=LEVELS[:3]))
    with refused("A judge has begun, so “Decisions” keeps its 5 levels.", "criteria-2-levels"):
        reword(session, scene.challenge, fewer, NOTE, scene.cast.ada, NOW, has_begun=begun)
    assert rewordings.rewordings_of(session, scene.challenge.id) == []


def test_new_weights_count_for_every_scoresheet(session: Session, round_: Round) -> None:
    """One judge handed in before the amendment, one after it: 5 and 3 of 5 points, then 4 and 2."""
    challenge, (dana, dev) = round_.scene.challenge, round_.judges
    make_sheet(session, challenge, dana, round_.submission_id, (5, 3))
    assert has_begun(session, challenge.id) is True
    later = challenge.settled_at + DAY
    reword(session, challenge, WEIGHTS, NOTE, round_.scene.cast.ada, later, has_begun=begun)
    make_sheet(session, challenge, dev, round_.submission_id, (4, 2), now=later)
    (standing,) = standings_of(session, challenge)
    # 0.2 · 100 % + 0.8 · 50 % = 60, and 0.2 · 75 % + 0.8 · 25 % = 35
    assert standing.score == Decimal("47.5")


def test_after_the_results_are_confirmed_the_rubric_stays(session: Session, scene: Scene) -> None:
    kinds = {scene.entry.id: (OutcomeKind.GOES_ON, "place 1")}
    outcomes.confirm(session, scene.challenge, kinds, scene.cast.ada, NOW)
    with refused("The results of this challenge are confirmed, so its rubric stays. Undo the confirmation first."):
        reword(session, scene.challenge, WEIGHTS, NOTE, scene.cast.ada, NOW, has_begun=begun)
