"""Swaps: everybody goes on from somebody else's design, drawn once, and it copes with whoever is missing."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some
from sqlmodel import Session

from challenges import challenges, entries, outcomes, swaps
from challenges.challenges import Challenge, Course
from challenges.entries import Entry
from challenges.outcomes import OutcomeKind
from challenges.refusals import Refusal
from challenges.seasons import Season
from challenges.swaps import _paired
from challenges.versions import Version
from tests.cast import make_person
from tests.makers import DAY, HOUR, NOW, PLAN, Scene, at_clock, deeds, make_challenge, make_entry, make_version
from tests.refused import not_yours, refused

TOO_EARLY = "It swaps the designs of challenge 1, which can arrive until after that. Release it later."
LATER = at_clock("2026-12-10T23:59")


def enter(session: Session, season: Season, *names: str) -> list[Entry]:
    return [make_entry(session, season, make_person(session, name), name=f"Team {name}")[0] for name in names]


def give_design(session: Session, challenge: Challenge, entry: Entry) -> Version:
    return make_version(session, challenge, entry, session.get_one(type(make_person(session)), entry.entered_by))


def make_swap(session: Session, scene: Scene) -> Challenge:
    """Released a day after everything for the first challenge has arrived."""
    challenge = make_challenge(
        session, scene.season, scene.cast.ada, is_released=False, due=LATER, title="Their house",
        course=Course(builds_on=1, is_swap=True),
    )  # fmt: skip
    at = scene.challenge.settled_at + DAY
    challenges.schedule(session, challenge, scene.season, scene.cast.ada, NOW, at=at)
    return challenge


def test_a_draft_may_become_a_swap_and_no_swap_again(session: Session, scene: Scene) -> None:
    challenge = make_challenge(session, scene.season, scene.cast.ada, is_released=False, due=LATER)
    for course, builds_on in ((Course(builds_on=1, is_swap=True), scene.challenge.id), (Course(), None)):
        plan = replace(PLAN, due=LATER, course=course)
        challenges.redraft(session, challenge, plan, scene.cast.ada, NOW)
        session.flush()
        assert (challenge.is_swap, challenge.builds_on) == (course.is_swap, builds_on)


def test_nobody_gets_their_own_and_it_is_drawn_once(session: Session, scene: Scene) -> None:
    all_in = [scene.entry, *enter(session, scene.season, "Fay", "Gil", "Hal")]
    versions = {entry.id: give_design(session, scene.challenge, entry) for entry in all_in}
    challenge = make_swap(session, scene)
    drawn = swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)
    assert {swap.entry_id for swap in drawn} == {swap.from_entry_id for swap in drawn} == set(versions)
    assert [swap for swap in drawn if swap.entry_id == swap.from_entry_id] == []
    assert {swap.version_id for swap in drawn} == {version.id for version in versions.values()}
    assert swaps.draw(session, challenge, None, scene.challenge.settled_at + HOUR) == drawn
    assert deeds(session, scene.season).count("swap.drawn") == 1


def test_a_received_design_is_seen_from_the_release_on(session: Session, scene: Scene) -> None:
    (other,) = enter(session, scene.season, "Fay")
    theirs = give_design(session, scene.challenge, other)
    give_design(session, scene.challenge, scene.entry)
    challenge = make_swap(session, scene)
    swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)
    release = challenge.release_at
    assert release
    assert swaps.received_by(session, challenge, scene.entry.id, release - timedelta(microseconds=1)) is None
    received = swaps.received_by(session, challenge, scene.entry.id, release)
    assert received
    team, version, (file,) = received
    assert (team.name, version, file.version_id) == ("Team Fay", theirs, theirs.id)
    assert swaps.find_file_for(session, challenge, scene.entry.id, file.id, release) == file
    for entry_id, file_id in ((other.id, file.id), (scene.entry.id, uuid4())):
        with not_yours():
            swaps.find_file_for(session, challenge, entry_id, file_id, release)


def test_who_is_missing_gets_a_design_all_the_same(session: Session, scene: Scene) -> None:
    fay, gil, hal = enter(session, scene.season, "Fay", "Gil", "Hal")
    for entry in (scene.entry, fay, hal):
        give_design(session, scene.challenge, entry)
    entries.withdraw(session, hal, make_person(session, "Hal"), NOW)
    drawn = {one.entry_id: one.from_entry_id for one in draw(session, scene)}
    assert drawn == {scene.entry.id: fay.id, fay.id: scene.entry.id, gil.id: hal.id}


@pytest.mark.parametrize(("public_after", "receivers"), [(timedelta(), 2), (timedelta(microseconds=1), 3)])
def test_who_is_known_to_be_out_at_the_release_receives_nothing(
    session: Session, scene: Scene, public_after: timedelta, receivers: int
) -> None:
    """And who is out without anybody knowing receives one, or the swap would tell."""
    others = enter(session, scene.season, "Fay", "Gil")
    for entry in (scene.entry, *others):
        give_design(session, scene.challenge, entry)
    kinds = {others[0].id: (OutcomeKind.LEAVES, "place 3")}
    outcomes.confirm(session, scene.challenge, kinds, scene.cast.ada, scene.challenge.settled_at)
    outcomes.make_public(session, scene.challenge, scene.challenge.settled_at + DAY + public_after)
    assert len(draw(session, scene)) == receivers


def draw(session: Session, scene: Scene) -> list[swaps.Swap]:
    return swaps.draw(session, make_swap(session, scene), scene.cast.ada, scene.challenge.settled_at)


def test_who_comes_after_the_draw_gets_a_design_too(session: Session, scene: Scene) -> None:
    for entry in (scene.entry, *enter(session, scene.season, "Fay")):
        give_design(session, scene.challenge, entry)
    challenge = make_swap(session, scene)
    first = swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)
    (gil,) = enter(session, scene.season, "Gil")
    again = swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)
    assert (len(first), {swap.entry_id for swap in again} - {swap.entry_id for swap in first}) == (2, {gil.id})
    assert [swap for swap in first if swap not in again] == []


def test_a_draft_that_swaps_no_more_shows_nothing(session: Session, scene: Scene) -> None:
    for entry in (scene.entry, *enter(session, scene.season, "Fay")):
        give_design(session, scene.challenge, entry)
    challenge = make_swap(session, scene)
    swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)
    plain = replace(PLAN, due=LATER, course=Course(builds_on=1))
    challenges.redraft(session, challenge, plain, scene.cast.ada, scene.challenge.settled_at)
    release = challenge.release_at
    assert release
    assert swaps.received_by(session, challenge, scene.entry.id, release) is None


def test_a_swap_opens_when_every_design_has_arrived(session: Session, scene: Scene) -> None:
    challenge = make_challenge(
        session, scene.season, scene.cast.ada, is_released=False, due=LATER, course=Course(builds_on=1, is_swap=True)
    )
    at = scene.challenge.settled_at - timedelta(microseconds=1)
    with refused(TOO_EARLY, "release"):
        challenges.schedule(session, challenge, scene.season, scene.cast.ada, NOW, at=at)
    plain = replace(PLAN, due=LATER)
    challenges.redraft(session, challenge, plain, scene.cast.ada, NOW)
    challenges.schedule(session, challenge, scene.season, scene.cast.ada, NOW, at=at)
    into_a_swap = replace(plain, course=Course(builds_on=1, is_swap=True))
    with refused(TOO_EARLY, "release"), session.begin_nested():
        challenges.redraft(session, challenge, into_a_swap, scene.cast.ada, NOW)


def test_the_button_opens_no_swap_before_every_design_has_arrived(session: Session, scene: Scene) -> None:
    challenge = make_swap(session, scene)
    at = scene.challenge.settled_at + DAY
    challenges.schedule(session, challenge, scene.season, scene.cast.ada, NOW, at=at, on_hold=True)
    with refused(TOO_EARLY, "release"):
        challenges.release(session, challenge, scene.cast.ada, scene.challenge.settled_at - HOUR)


def test_what_cannot_be_drawn(session: Session, scene: Scene) -> None:
    with refused("This challenge does not swap designs."):
        swaps.draw(session, scene.challenge, scene.cast.ada, NOW)
    challenge = make_swap(session, scene)
    with refused("Designs for challenge 1 can still arrive. Draw when that is over."):
        swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at - HOUR)
    alone = "A swap needs two entries that are still in, and a design for each from somebody else."
    with refused(alone):
        swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)
    enter(session, scene.season, "Fay")
    give_design(session, scene.challenge, scene.entry)
    with refused("Only one design was handed in, so its own team would have to receive it."):
        swaps.draw(session, challenge, scene.cast.ada, scene.challenge.settled_at)


def test_the_platform_draws_what_was_forgotten(session: Session, scene: Scene) -> None:
    for entry in (scene.entry, *enter(session, scene.season, "Fay")):
        give_design(session, scene.challenge, entry)
    challenge = make_swap(session, scene)
    release = challenge.release_at
    assert release
    assert swaps.undrawn(session, release - HOUR) == []
    assert swaps.undrawn(session, release) == [challenge]
    swaps.draw(session, challenge, None, release)
    assert swaps.undrawn(session, release) == []


@given(
    with_design=some.integers(0, 8), without=some.integers(0, 4), out=some.integers(0, 4), seed=some.integers(0, 10_000)
)
def test_however_many_there_are(with_design: int, without: int, out: int, seed: int) -> None:
    names = [UUID(int=n) for n in range(with_design + without + out)]
    receivers, authors = names[: with_design + without], names[:with_design] + names[with_design + without :]
    assume(authors)
    try:
        pairs = _paired(receivers, authors, Random(seed))
    except Refusal:
        assert (with_design, out) == (1, 0)
        return
    assert set(pairs) == set(receivers)
    assert [one for one, author in pairs.items() if one == author or author not in authors] == []
