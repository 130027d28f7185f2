"""Swaps over HTTP: drawn by an organizer, read by each team from the release on, and by nobody else."""

from uuid import uuid4

import pytest
from sqlmodel import Session

from app.storage import Store
from challenges import challenges
from challenges.challenges import Challenge, Course
from challenges.swaps import received_by
from tests.makers import DAY, at_clock, make_challenge
from tests.stage import Stage, leads_to, shown


@pytest.fixture
def swapped(stage: Stage) -> Challenge:
    """A challenge that goes on from the judged one; it opens tomorrow."""

    def made(session: Session) -> Challenge:
        world = stage.world_in(session)
        challenge = make_challenge(
            session, world.season, world.cast.ada, is_released=False, title="Their house", now=stage.clock.at,
            due=at_clock("2026-12-18T23:59"), course=Course(builds_on=world.judged.number, is_swap=True),
        )  # fmt: skip
        challenges.schedule(session, challenge, world.season, world.cast.ada, stage.clock.at, at=stage.clock.at + DAY)
        return challenge

    challenge: Challenge = stage.write(made)
    return challenge


def test_it_is_drawn_once_and_read_from_the_release_on(stage: Stage, store: Store, swapped: Challenge) -> None:
    world, there = stage.world, stage.world.path(swapped)
    before = stage.changes()
    for _ in range(2):
        assert leads_to(stage.browser(world.cast.ada).send_form(f"{there}/swap")) == (303, f"{there}/swap")
    changed = stage.changes()
    assert (changed.pop("swap"), changed == {**before, "trace": changed["trace"]}) == ("+2", True)
    ben = stage.browser(world.cast.ben)
    file_id = stage.file_id(world.judged_version)
    assert [ben.get(path).status_code for path in (there, f"{there}/received/{file_id}")] == [404, 404]
    stage.clock.at = swapped.release_at or stage.clock.at
    with stage.database.reading() as session:
        received = received_by(session, swapped, world.entry.id, stage.clock.at)
    assert received
    team, _, (theirs,) = received
    assert team.id == world.plan_d.id
    assert shown(ben.get(there), "The design you go on from", f"{there}/received/{theirs.id}") == (200, [])
    assert ben.get(f"{there}/received/{theirs.id}").headers["location"].startswith("http")
    for who, wanted in ((world.fay, theirs.id), (world.cast.ben, file_id), (world.cast.ben, uuid4())):
        assert stage.browser(who).get(f"{there}/received/{wanted}").status_code == 404
    for who in (world.cast.eve, world.cast.dana, world.cast.ada):
        assert stage.browser(who).get(f"{there}/received/{theirs.id}").status_code == 404


def test_a_challenge_that_swaps_nothing_draws_nothing(stage: Stage) -> None:
    there = f"{stage.world.path(stage.world.opened)}/swap"
    ada = stage.browser(stage.world.cast.ada)
    assert shown(ada.send_form(there), "This challenge does not swap designs.") == (422, [])
    assert shown(ada.get(there), "This challenge does not swap designs") == (200, [])
