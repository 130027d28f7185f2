"""Rewordings over HTTP: the rubric changes with a note, everybody reads both, and every entrant gets a mail."""

from typing import Any

import pytest

from tests.app.test_challenges import rubric
from tests.stage import Stage, beside, leads_to, shown

NOTE = "Decisions count more."


def test_a_released_rubric_is_amended(stage: Stage) -> None:
    world, there = stage.world, stage.world.path(stage.world.opened)
    ada = stage.browser(world.cast.ada)
    assert shown(ada.get(f"{there}/rubric/amendments/new"), "Requirements", "Add a criterion") == (200, [])
    for attempt in range(2):
        amended = ada.send_form(f"{there}/rubric/amendments", note=NOTE, **rubric(30, 50, 20))
        if attempt == 0:
            assert leads_to(amended) == (303, there)
    assert shown(amended, "The rubric is the same as before, so there is nothing to amend.") == (422, [])
    assert stage.changes() == {
        "rewording": "+1", "rubricversion": "+1", "criterion": "+3", "level": "+9", "challenge": "~1", "mailing": "+1",
        "letter": "+3", "trace": "+2",
    }  # fmt: skip
    page = stage.browser().get(there)
    assert shown(page, NOTE, "Criterion 3", "Earlier rubrics", "Requirements") == (200, [])


def test_once_judged_it_keeps_its_shape(stage: Stage) -> None:
    world, there = stage.world, stage.world.path(stage.world.judged)
    ada = stage.browser(world.cast.ada)
    page = ada.get(f"{there}/rubric/amendments/new")
    assert shown(page, "A judge has begun to mark.") == (200, [])
    assert "Add a criterion" not in page.text
    refused = ada.send_form(f"{there}/rubric/amendments", note=NOTE, **rubric(30, 50, 20))
    assert shown(refused, "A judge has begun, so no criterion comes or goes.", "Criterion 3") == (422, [])
    assert stage.changes() == {}


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"note": ""}, "note", "Say in a sentence what changed and why; every team will read it."),
        ({"note": NOTE, "criteria-1-weight": "x"}, "criteria-1-weight", "Write a whole number, such as 3."),
    ],
)
def test_a_refused_amendment_keeps_everything(stage: Stage, typed: Any, field: str, sentence: str) -> None:
    path = f"{stage.world.path(stage.world.opened)}/rubric/amendments"
    answer = stage.browser(stage.world.cast.ada).send_form(path, **rubric(30, 50) | typed)
    assert (answer.status_code, beside(answer, field), stage.changes()) == (422, sentence, {})
    assert "What 1 of 2 looks like." in answer.text
