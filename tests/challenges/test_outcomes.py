"""Outcomes: what a challenge means for an entry, of which nobody sees a trace before its results are public."""

import pytest
from sqlmodel import Session

from challenges import entries, outcomes
from challenges.outcomes import Known, OutcomeKind
from challenges.versions import hand_in
from tests.cast import make_person
from tests.makers import DAY, HOUR, NOW, Scene, make_challenge, make_entry, make_upload, stored
from tests.refused import refused

LEAVES = (OutcomeKind.LEAVES, "place 2, below the cut")


def test_nothing_shows_before_it_is_public(session: Session, scene: Scene) -> None:
    other, team = make_entry(session, scene.season, make_person(session, "Fay"), name="Plan D")
    kinds = {scene.entry.id: (OutcomeKind.WINS, "place 1"), other.id: LEAVES}
    outcomes.confirm(session, scene.challenge, kinds, scene.cast.ada, NOW)
    hidden = [Known(scene.entry, scene.team, "active"), Known(other, team, "active")]
    assert outcomes.states_of(session, scene.season.id, NOW + DAY) == hidden
    outcomes.make_public(session, scene.challenge, NOW + DAY)
    assert outcomes.states_of(session, scene.season.id, NOW + DAY - HOUR) == hidden
    assert outcomes.has_left(session, other.id, NOW + DAY - HOUR) is False
    assert outcomes.states_of(session, scene.season.id, NOW + DAY) == [
        Known(scene.entry, scene.team, "winner"), Known(other, team, "eliminated"),
    ]  # fmt: skip
    assert [outcomes.has_left(session, one.id, NOW + DAY) for one in (scene.entry, other)] == [False, True]
    assert outcomes.state_of(session, other, NOW + DAY) == "eliminated"


def test_an_entry_that_withdrew_says_so_unless_it_was_out_before(session: Session, scene: Scene) -> None:
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW)
    assert outcomes.state_of(session, scene.entry, NOW) == "withdrawn"
    outcomes.confirm(session, scene.challenge, {scene.entry.id: LEAVES}, scene.cast.ada, NOW)
    outcomes.make_public(session, scene.challenge, NOW)
    assert outcomes.state_of(session, scene.entry, NOW) == "eliminated"


def test_it_is_undone_until_it_is_public(session: Session, scene: Scene) -> None:
    outcomes.confirm(session, scene.challenge, {scene.entry.id: LEAVES}, scene.cast.ada, NOW)
    with refused("The results of this challenge are confirmed already. Undo that first."):
        outcomes.confirm(session, scene.challenge, {scene.entry.id: LEAVES}, scene.cast.ada, NOW)
    outcomes.undo(session, scene.challenge, NOW)
    assert outcomes.of_challenge(session, scene.challenge.id) == []
    outcomes.confirm(session, scene.challenge, {scene.entry.id: LEAVES}, scene.cast.ada, NOW)
    outcomes.make_public(session, scene.challenge, NOW + DAY)
    outcomes.make_public(session, scene.challenge, None)
    outcomes.make_public(session, scene.challenge, NOW + HOUR)
    with refused("These results are released. What people have read cannot be undone."):
        outcomes.undo(session, scene.challenge, NOW + HOUR)


@pytest.mark.parametrize("is_public", [True, False])
def test_who_is_out_hands_in_until_it_is_known(session: Session, scene: Scene, is_public: bool) -> None:
    """A form that refused before the evening would tell."""
    later = make_challenge(session, scene.season, scene.cast.ada, title="The next")
    outcomes.confirm(session, scene.challenge, {scene.entry.id: LEAVES}, scene.cast.ada, NOW)
    outcomes.make_public(session, scene.challenge, NOW + HOUR)
    upload = make_upload(session, later, scene.entry, scene.cast.ben)
    there = {upload.id: stored(upload)}
    if is_public:
        with refused("Your team does not go on in this season. What it handed in stays readable."):
            hand_in(session, later, scene.entry, there, scene.cast.ben, NOW + HOUR)
    else:
        assert hand_in(session, later, scene.entry, there, scene.cast.ben, NOW + HOUR / 2).number == 1
