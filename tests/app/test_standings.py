"""Standings over HTTP: scores for organizers, places for everybody once they are released, and a score for its team."""

from typing import Any

import pytest
from sqlmodel import Session

from challenges.entries import entries_of
from challenges.formats import Format
from challenges.people import Person
from challenges.versions import handed_in
from judging import panels
from judging.panels import Pair
from tests.makers import HOUR, NOW, make_entry, make_person, make_sheet, make_version
from tests.stage import TODAY, Stage, at_once, beside, leads_to, shown

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


def to_confirm(session: Session, stage: Stage) -> None:
    """Everything is read, one goes on, and Gus's team has handed in nothing."""
    there: Any = stage.world_in(session)
    challenge, dana, ada = there.judged, there.cast.dana, there.cast.ada
    challenge.go_on = 1
    gus = make_person(session, "Gus")
    make_entry(session, there.season, gus, name="No show", now=NOW)
    submissions = {team.name: submission.id for submission, _, team, _ in handed_in(session, challenge.id)}
    panels.assign(session, challenge, [Pair(dana.id, one) for one in submissions.values()], ada, TODAY)
    make_sheet(session, challenge, dana, submissions["Plan B"], (5, 5), now=TODAY)
    make_sheet(session, challenge, dana, submissions["Plan D"], (4, 4), now=TODAY)


def rows_of(stage: Stage) -> dict[str, str]:
    """Entry ids by team."""
    with stage.database.reading() as session:
        return {team.name: str(entry.id) for entry, team in entries_of(session, stage.world.season.id)}


def test_an_organizer_reviews_confirms_and_undoes(stage: Stage) -> None:
    world = stage.world
    stage.write(to_confirm, stage)
    ada, path, rows = stage.browser(world.cast.ada), f"{world.path(world.judged)}/standings", rows_of(stage)
    page = ada.get(path)
    told = ["The cut: the first 1 go on", "Among the first 1.", "Below the first 1.", "nothing received",
            f"{world.path(world.judged)}/deadline?entry={rows['No show']}",
            "First confirm above what the ranking means"]  # fmt: skip
    assert shown(page, *told) == (200, [])
    assert stage.browser(world.cast.dana).get(f"{path}/rehearsal").status_code == 404
    form = {f"kind-{rows['Plan B']}": "goes on", f"kind-{rows['Plan D']}": "leaves",
            f"kind-{rows['No show']}": "leaves"}  # fmt: skip
    ada.token()
    twice = at_once(*[lambda: ada.send_form(f"{path}/confirmation", **form)] * 2)
    assert [leads_to(one) for one in twice] == [(303, f"{path}#release")] * 2
    assert {name: words for name, words in stage.changes().items() if name == "outcome"} == {"outcome": "+3"}
    for who in WHO:
        assert stage.browser(somebody(stage, who)).get(path).status_code == 404
    assert shown(ada.get(path), "Confirmed. Scoresheets and panel stay as they are.", "Undo the confirmation") == (
        200,
        [],
    )
    assert leads_to(ada.send_form(f"{path}/confirmation/withdrawal")) == (303, path)
    assert "outcome" not in stage.changes()


def test_the_rehearsal_is_for_organizers_and_judges_and_without_scores(stage: Stage) -> None:
    world = stage.world
    stage.write(to_confirm, stage)
    path = f"{world.path(world.judged)}/standings"
    stage.browser(world.cast.ada).send_form(f"{path}/confirmation")
    seen = {
        who: stage.browser(somebody(stage, who)).get(f"{path}/rehearsal").status_code for who in [*WHO, "ada", "dev"]
    }
    assert seen == {"nobody": 303, "eve": 404, "ben": 404, "fay": 404, "dana": 200, "emil": 404, "nora": 404,
                    "ada": 200, "dev": 200}  # fmt: skip
    page = stage.browser(world.cast.dana).get(f"{path}/rehearsal")
    assert shown(page, "Rehearsal", "1 team goes on. For 2 teams the season ends here", "No show") == (200, [])
    assert [score for score in ("100.0", "75.0") if score in page.text] == []


def test_a_decision_that_differs_needs_a_reason_and_keeps_what_was_chosen(stage: Stage) -> None:
    world = stage.world
    stage.write(to_confirm, stage)
    ada, path, rows = stage.browser(world.cast.ada), f"{world.path(world.judged)}/standings", rows_of(stage)
    form = {f"kind-{rows['Plan D']}": "goes on"}
    answer = ada.send_form(f"{path}/confirmation", **form)
    assert (answer.status_code, beside(answer, f"reason-{rows['Plan D']}")) == (
        422, "For Plan D the ranking says “leaves”. Say why it is decided otherwise.",
    )  # fmt: skip
    form[f"reason-{rows['Plan D']}"] = "Their judge was ill."
    assert leads_to(ada.send_form(f"{path}/confirmation", **form)) == (303, f"{path}#release")
    assert shown(ada.get(path), "Their judge was ill.") == (200, [])
    broken = {"kind-nobody": "goes on"}, {f"kind-{rows['Plan D']}": "rules"}
    told = "One of these rows cannot be read. Load the page again."
    assert [shown(ada.send_form(f"{path}/confirmation", **one), told) for one in broken] == [(422, [])] * 2


def test_the_public_reads_who_goes_on_and_who_leaves_and_no_score(stage: Stage) -> None:
    world = stage.world
    stage.write(to_confirm, stage)
    path, ada = f"{world.path(world.judged)}/standings", stage.browser(world.cast.ada)
    ada.send_form(f"{path}/confirmation")
    ada.send_form(f"{world.path(world.judged)}/feedback", how="now")
    told = ["1 team goes on.", "For 2 teams the season ends here", "goes on", "nothing received", "No show"]
    for who, scores in {"nobody": [], "dana": [], "eve": [], "ben": ["100.0"], "fay": ["75.0"]}.items():
        page = stage.browser(somebody(stage, who)).get(path)
        assert shown(page, *told) == (200, [])
        assert [score for score in ("100.0", "75.0") if score in page.text] == scores
    assert [reason for reason in ("Among the first", "Below the first") if reason in page.text] == []


def as_league(session: Session, stage: Stage) -> None:
    stage.world_in(session).season.format = Format.LEAGUE


def test_the_table_counts_what_is_public_and_shows_points_to_their_team(stage: Stage) -> None:
    world = stage.world
    table = f"{world.home}/table"
    assert stage.browser(world.cast.ada).get(table).status_code == 404  # a knock-out has none
    stage.write(as_league, stage)
    stage.write(to_confirm, stage)
    ada = stage.browser(world.cast.ada)
    ada.send_form(f"{world.path(world.judged)}/feedback", how="hold")
    for who, points in {"nobody": [], "eve": [], "dana": [], "ben": ["90.0"], "fay": ["40.0"]}.items():
        page = stage.browser(somebody(stage, who)).get(f"{table}?pending=1")
        assert shown(page, "Points add up over 1 challenge.", "Plan B", "Plan D") == (200, [])
        assert [one for one in ("90.0", "40.0", "190.0", "115.0") if one in page.text] == points
    assert shown(ada.get(table), "90.0", "40.0", "Points add up over 1 challenge.") == (200, [])
    assert shown(ada.get(f"{table}?pending=1"), "190.0", "115.0", "Points add up over 2 challenges.") == (200, [])
    few = stage.statements(ada, table)
    assert (stage.statements(ada, f"{table}?pending=1"), few <= 12) == (few, True)


def test_long_lists_come_in_pages_and_always_tell_of_the_own_team(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = stage.world
    stage.write(as_league, stage)
    for place in ("paging", "routes.league", "routes.standings"):
        monkeypatch.setattr(f"app.{place}.MOST", 1)
    nobody, ben, ada = (stage.browser(person) for person in (None, world.cast.ben, world.cast.ada))
    table, standings = f"{world.home}/table", f"{world.path(world.released)}/standings"
    for path in (table, standings):
        for browser, first, second in ((nobody, ["Plan B"], ["Plan D"]), (ada, ["Plan B"], ["Plan D"])):
            pages = [browser.get(f"{path}?page={number}").text for number in (1, 2)]
            assert [[team for team in ("Plan B", "Plan D") if f"<bdi>{team}" in page] for page in pages] == [
                first,
                second,
            ]
            assert f"{path}?page=2" in pages[0]
    assert shown(ben.get(f"{table}?page=2"), "Your team is at place 1 with 90.0 points.", "Plan D") == (200, [])
    assert shown(ben.get(f"{standings}?page=2"), "Plan B", "Plan D", "90.0 of 100") == (200, [])
