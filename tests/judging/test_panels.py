"""Panels: naming judges, assigning designs, taking an assignment back and giving it again with the work in it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from challenges import outcomes, seasons
from challenges.outcomes import OutcomeKind
from challenges.people import Person
from challenges.seasons import RoleKind
from challenges.versions import handed_in
from judging import panels, progress, scoring
from judging.panels import Assignment, Pair, Panelist
from judging.progress import SheetState, counts_of
from tests.cast import make_person
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    Round,
    Scene,
    deeds,
    join,
    make_challenge,
    make_entry,
    make_judge,
    make_release,
    make_sheet,
    make_version,
)
from tests.refused import not_yours, refused

GONE = "One of these judges or submissions is not part of this challenge any more. Load the page again."


def two_designs(session: Session, scene: Scene) -> list[UUID]:
    """Plan B and Plan C hand in; the ids of their submissions in this order."""
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    make_version(session, scene.challenge, entry, scene.cast.eve)
    return [submission.id for submission, *_ in handed_in(session, scene.challenge.id)]


def judges_of(session: Session, scene: Scene) -> tuple[Person, Person]:
    cast = scene.cast
    return (
        make_judge(session, scene.season, cast.dana, cast.ada),
        make_judge(session, scene.season, cast.dev, cast.ada),
    )


def assign(session: Session, scene: Scene, pairs: Sequence[Pair]) -> set[Pair]:
    """The pairs that began to live by this."""
    made = panels.assign(session, scene.challenge, pairs, scene.cast.ada, NOW + HOUR)
    living = panels.living_pairs(session, scene.challenge.id)
    return {pair for pair, assignment in living.items() if assignment in made}


def end_judging(session: Session, scene: Scene, judge: Person) -> None:
    role = seasons.role_of(session, scene.season.id, judge.id, RoleKind.JUDGE)
    assert role
    seasons.end_role(session, role, scene.cast.ada, NOW + HOUR)


def test_everybody_reads_everything(session: Session, scene: Scene) -> None:
    first, second = two_designs(session, scene)
    dana, dev = judges_of(session, scene)
    made = panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW + HOUR)
    assert set(panels.living_pairs(session, scene.challenge.id)) == {
        Pair(dana.id, first), Pair(dana.id, second), Pair(dev.id, first), Pair(dev.id, second),
    }  # fmt: skip
    assert [(one.assigned_by, one.assigned_at, one.ended_at) for one in made] == [
        (scene.cast.ada.id, NOW + HOUR, None)
    ] * 4
    assert panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW + DAY) == []
    assert {one.person_id for one in panels.panel_of(session, scene.challenge.id)} == {dana.id, dev.id}
    assert deeds(session, scene.season).count("panel.assigned") == 1


def test_nothing_to_assign(session: Session, scene: Scene) -> None:
    with refused("Nobody judges this season yet. Invite judges first: each is one from the moment they accept."):
        panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW)
    judges_of(session, scene)
    with refused("Nothing has been handed in yet, so there is nothing to assign."):
        panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW)


def test_exactly_the_ticked_pairs_live(session: Session, scene: Scene) -> None:
    first, second = two_designs(session, scene)
    dana, dev = judges_of(session, scene)
    assert assign(session, scene, [Pair(dana.id, first), Pair(dev.id, second)]) == {
        Pair(dana.id, first), Pair(dev.id, second),
    }  # fmt: skip
    assert assign(session, scene, [Pair(dev.id, second), Pair(dev.id, first)]) == {Pair(dev.id, first)}
    ended = session.exec(select(Assignment).join(Panelist).where(Panelist.person_id == dana.id)).one()
    assert (set(panels.living_pairs(session, scene.challenge.id)), ended.ended_at) == (
        {Pair(dev.id, first), Pair(dev.id, second)}, NOW + HOUR,
    )  # fmt: skip
    assert assign(session, scene, []) == set()
    assert panels.living_pairs(session, scene.challenge.id) == {}
    assert deeds(session, scene.season).count("assignment.ended") == 3


def read(session: Session, scene: Scene) -> dict[UUID, int]:
    return {challenge_id: counts.read for challenge_id, counts in counts_of(session, scene.season.id).items()}


def test_how_many_designs_have_a_judge(session: Session, scene: Scene) -> None:
    first, _ = two_designs(session, scene)
    dana, dev = judges_of(session, scene)
    assert read(session, scene) == {}
    assign(session, scene, [Pair(dana.id, first), Pair(dev.id, first)])
    assert read(session, scene) == {scene.challenge.id: 1}
    assign(session, scene, [])
    assert read(session, scene) == {}


def test_a_pair_that_is_sent_twice_is_one(session: Session, scene: Scene) -> None:
    first, _ = two_designs(session, scene)
    dana, _ = judges_of(session, scene)
    assert assign(session, scene, [Pair(dana.id, first)] * 3) == {Pair(dana.id, first)}


def test_a_pair_that_comes_back_brings_its_scoresheet(session: Session, round_: Round) -> None:
    scene, (dana, _) = round_.scene, round_.judges
    desk = make_sheet(session, scene.challenge, dana, round_.submission_id)
    everything = list(panels.living_pairs(session, scene.challenge.id))
    assign(session, scene, [pair for pair in everything if pair.person_id != dana.id])
    with not_yours():
        scoring.find_for(session, desk.sheet.id, dana.id)
    assert assign(session, scene, everything) == {Pair(dana.id, round_.submission_id)}
    assert scoring.find_for(session, desk.sheet.id, dana.id).sheet == desk.sheet
    assert progress.states_of(session, scene.challenge.id)[Pair(dana.id, round_.submission_id)] == SheetState.HANDED_IN


def test_only_judges_and_designs_of_this_challenge(session: Session, scene: Scene) -> None:
    first, _ = two_designs(session, scene)
    dana, _ = judges_of(session, scene)
    make_version(session, other := make_challenge(session, scene.season, scene.cast.ada), scene.entry, scene.cast.ben)
    ((foreign, *_),) = handed_in(session, other.id)
    nina = make_person(session, "Nina", "nina@noise.example")
    for pair in (
        Pair(scene.cast.cleo.id, first),
        Pair(scene.cast.ada.id, first),
        Pair(nina.id, first),
        Pair(dana.id, foreign.id),
        Pair(dana.id, uuid4()),
    ):
        with refused(GONE):
            assign(session, scene, [Pair(dana.id, first), pair])
    assert panels.living_pairs(session, scene.challenge.id) == {}


def test_a_judge_who_became_a_member_some_other_way_is_not_assigned(session: Session, scene: Scene) -> None:
    first, _ = two_designs(session, scene)
    join(session, scene.team, scene.season, scene.cast.dana)
    seasons.grant(session, scene.season, scene.cast.dana, RoleKind.JUDGE, scene.cast.ada, NOW)
    with refused("Dana is in team Plan B and cannot judge this season."):
        assign(session, scene, [Pair(scene.cast.dana.id, first)])


def test_what_a_former_judge_read_stays_until_it_is_unticked(session: Session, round_: Round) -> None:
    scene, (dana, dev) = round_.scene, round_.judges
    make_sheet(session, scene.challenge, dana, round_.submission_id)
    end_judging(session, scene, dana)
    everything = {Pair(dana.id, round_.submission_id), Pair(dev.id, round_.submission_id)}
    assert panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW + DAY) == []
    assert assign(session, scene, list(everything)) == set()
    assert set(panels.living_pairs(session, scene.challenge.id)) == everything
    assert panels.judges_and_panelists(session, scene.challenge) == [(dana, False), (dev, True)]

    assign(session, scene, [Pair(dev.id, round_.submission_id)])
    assert panels.judges_and_panelists(session, scene.challenge) == [(dev, True)]
    with refused(GONE):
        assign(session, scene, list(everything))


def test_the_panel_stands_once_feedback_is_released(session: Session, round_: Round) -> None:
    make_release(session, round_)
    scene, pairs = round_.scene, panels.living_pairs(session, round_.scene.challenge.id)
    for wanted in ([], [*pairs]):
        with refused("Feedback for this challenge has been released, so its panel stays as it is."):
            assign(session, scene, wanted)
    assert panels.living_pairs(session, scene.challenge.id) == pairs


def test_an_assignment_is_its_judges_while_they_are_one(session: Session, round_: Round) -> None:
    scene, (dana, dev) = round_.scene, round_.judges
    assignment = panels.living_pairs(session, scene.challenge.id)[Pair(dana.id, round_.submission_id)]
    assert panels.find_assignment_for(session, assignment.id, dana.id) == (assignment, scene.challenge)
    nina = make_person(session, "Nina", "nina@noise.example")
    for who in (dev, scene.cast.ada, scene.cast.ben, scene.cast.eve, nina):
        with not_yours():
            panels.find_assignment_for(session, assignment.id, who.id)
    with not_yours():
        panels.find_assignment_for(session, uuid4(), dana.id)
    end_judging(session, scene, dana)
    with not_yours():
        panels.find_assignment_for(session, assignment.id, dana.id)


def test_an_ended_assignment_is_nobodys(session: Session, round_: Round) -> None:
    scene, (dana, dev) = round_.scene, round_.judges
    assignment = panels.living_pairs(session, scene.challenge.id)[Pair(dana.id, round_.submission_id)]
    assign(session, scene, [Pair(dev.id, round_.submission_id)])
    with not_yours():
        panels.find_assignment_for(session, assignment.id, dana.id)


def test_a_role_in_another_season_does_not_help(session: Session, round_: Round) -> None:
    scene, (dana, _) = round_.scene, round_.judges
    seasons.grant(
        session, seasons.find_season(session, "the-long-night"), dana, RoleKind.JUDGE, scene.cast.ada, NOW
    )  # fmt: skip
    assignment = panels.living_pairs(session, scene.challenge.id)[Pair(dana.id, round_.submission_id)]
    end_judging(session, scene, dana)
    with not_yours():
        panels.find_assignment_for(session, assignment.id, dana.id)


def test_the_database_holds_a_living_pair_once(session: Session, round_: Round) -> None:
    living = session.exec(
        select(Assignment).join(Panelist).where(col(Panelist.challenge_id) == round_.scene.challenge.id)
    ).all()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(Assignment(**living[0].model_dump(exclude={"id"})))


def test_a_chair_is_an_organizer_or_a_judge_of_the_season(session: Session, scene: Scene) -> None:
    ada, (dana, _) = scene.cast.ada, judges_of(session, scene)
    assert panels.may_chair(session, scene.season.id) == [ada, dana, scene.cast.dev]
    for person in (dana, dana, None):
        panels.name_chair(session, scene.challenge, person and person.id, ada, NOW)
        assert scene.challenge.chair_id == (person and person.id)
    assert deeds(session, scene.season).count("chair.named") == 2
    for stranger in (scene.cast.ben, scene.cast.eve):
        with refused("Choose an organizer or a judge of this season.", "chair"):
            panels.name_chair(session, scene.challenge, stranger.id, ada, NOW)
    outcomes.confirm(session, scene.challenge, {scene.entry.id: (OutcomeKind.GOES_ON, "")}, ada, NOW)
    with refused("The results of this challenge are confirmed, so its chair stays. Undo the confirmation first."):
        panels.name_chair(session, scene.challenge, dana.id, ada, NOW)
