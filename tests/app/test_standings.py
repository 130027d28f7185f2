"""Standings over HTTP: scores for organizers, places for everybody once they are released, and a score for its team."""

from typing import Any

import pytest
from sqlmodel import Session

from challenges.people import Person
from judging import panels
from tests.makers import HOUR, make_entry, make_person, make_sheet, make_version
from tests.stage import TODAY, Stage, shown

WHO = ["nobody", "eve", "ben", "fay", "dana", "emil", "nora"]


def somebody(stage: Stage, who: str) -> Person | None:
    world = stage.world
    return {"nobody": None, "fay": world.fay, "emil": world.emil, "nora": world.nora}.get(
        who, getattr(world.cast, who, None)
    )


@pytest.mark.parametrize("who", WHO)
def test_before_release_there_are_none_but_for_organizers(stage: Stage, who: str) -> None:
    world = stage.world
    assert stage.browser(somebody(stage, who)).get(f"{world.path(world.judged)}/standings").status_code == 404


def test_organizers_see_whose_sheets_are_missing(stage: Stage) -> None:
    world = stage.world
    page = stage.browser(world.cast.ada).get(f"{world.path(world.judged)}/standings")
    told = ["Not ready to release.", "4 scoresheets are not handed in", "Dana: Plan B, Plan D", "Emil: Plan B, Plan D"]
    assert shown(page, *told) == (200, [])


def test_organizers_see_scores_and_places(stage: Stage) -> None:
    world = stage.world
    page = stage.browser(world.cast.ada).get(f"{world.path(world.released)}/standings")
    # Levels 5 and 4 of 5, weights 60 and 40: 60 + 40 · 3/4 = 90. Levels 3 and 2: 30 + 10 = 40.
    assert shown(page, "Plan B", "Plan D", "90.0", "40.0", "2 of 2") == (200, [])


@pytest.mark.parametrize(
    ("who", "scores"), [("nobody", []), ("eve", []), ("dana", []), ("nora", []), ("ben", ["90.0"]), ("fay", ["40.0"])]
)
def test_once_released_everybody_reads_places_and_each_team_its_own_score(
    stage: Stage, who: str, scores: list[str]
) -> None:
    world = stage.world
    page = stage.browser(somebody(stage, who)).get(f"{world.path(world.released)}/standings")
    assert shown(page, "Plan B", "Plan D") == (200, [])
    assert [score for score in ("90.0", "40.0") if score in page.text] == scores
    assert [words for words in ("Emil", "Page 7 says why", "Because of page 2") if words in page.text] == []


def grow(session: Session, stage: Stage, count: int) -> None:
    there: Any = stage.world_in(session)
    challenge = there.judged
    settled, challenge.due_at = challenge.due_at, TODAY
    entries = []
    for number in range(count):
        person = make_person(session, f"Member{number}")
        entry, _ = make_entry(session, there.season, person, name=f"Team {number}")
        entries.append(make_version(session, challenge, entry, person, TODAY - HOUR).submission_id)
    challenge.due_at = settled
    session.flush()
    panels.assign_everything(session, challenge, there.cast.ada, TODAY)
    for submission_id in entries:
        make_sheet(session, challenge, there.cast.dana, submission_id, now=TODAY)


def test_standings_ask_the_same_for_thirty_designs(stage: Stage) -> None:
    world = stage.world
    ada, path = stage.browser(world.cast.ada), f"{world.path(world.judged)}/standings"
    few = stage.statements(ada, path)
    stage.write(grow, stage, 30)
    many = stage.statements(ada, path)
    assert (many, many <= 12) == (few, True)
    released = f"{world.path(world.released)}/standings"
    asked = [stage.statements(stage.browser(person), released) for person in (None, world.cast.ben, world.cast.ada)]
    assert max(asked) <= 12
