"""Chapters over HTTP: the form keeps what was typed, and two organizers do not overwrite each other."""

import re

from sqlmodel import Session

from challenges import chapters
from challenges.chapters import ChapterText
from tests.stage import Stage, beside, leads_to, shown


def told(session: Session, stage: Stage) -> list[ChapterText]:
    return chapters.written_of(session, stage.world.season.id)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


def test_a_story_is_told_in_rows(stage: Stage) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/chapters"
    rows = {
        "chapters-1-title": "Snow", "chapters-1-text": "It *falls*.",
        "chapters-2-title": "Out", "chapters-2-text": "Gone.", "chapters-2-remove": "yes",
        "chapters-3-title": "The bridge", "chapters-3-text": "It is gone.", "chapters-3-challenge": "4",
        "chapters-3-from_day": "2026-12-01", "chapters-4-title": "", "chapters-4-text": "",
    }  # fmt: skip
    assert leads_to(ada.send_form(path, **rows)) == (303, path)
    [snow, bridge] = stage.write(told, stage)
    assert (snow, (bridge.title, bridge.challenge, str(bridge.from_day))) == (
        ChapterText("Snow", "It *falls*."), ("The bridge", 4, "2026-12-01"),
    )  # fmt: skip
    assert shown(ada.get(path), 'value="Snow"', "It *falls*.", 'value="4" selected') == (200, [])
    assert stage.changes() == {"chapter": "+2", "trace": "+1"}
    for page in (f"{stage.world.home}", "/"):
        assert "The bridge is gone" not in stage.browser().get(page).text


def test_a_refused_row_says_why_and_keeps_the_others(stage: Stage) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/chapters"
    rows = {"chapters-1-title": "Snow", "chapters-1-text": "Falls.", "chapters-3-title": "Ice", "chapters-3-text": " "}
    answer = ada.send_form(path, **rows)
    assert (answer.status_code, beside(answer, "chapters-2-text")) == (422, "Write what this chapter tells.")
    assert shown(answer, 'value="Snow"', "Falls.", 'value="Ice"') == (422, [])
    odd = ada.send_form(path, **rows | {"chapters-1-challenge": "x"})
    assert beside(odd, "chapters-1-challenge") == "Write a whole number, such as 3."
    assert stage.changes() == {}


def test_a_story_that_another_organizer_saved_is_not_overwritten(stage: Stage) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/chapters"
    first = {"seen": seen(ada.get(path).text), "chapters-1-title": "Snow", "chapters-1-text": "Falls."}
    assert ada.send_form(path, **first).status_code == 303
    late = ada.send_form(path, **first | {"chapters-1-title": "Rain"})
    assert shown(late, "Another organizer saved the story while you wrote.", 'value="Rain"') == (409, [])
    assert [one.title for one in stage.write(told, stage)] == ["Snow"]
    again = ada.send_form(path, **first | {"chapters-1-title": "Rain", "seen": seen(late.text)})
    assert again.status_code == 303
    assert [one.title for one in stage.write(told, stage)] == ["Rain"]
