"""Deadlines over HTTP: more time for one team or for all, which each of them reads beside its own due instant."""

import re
from datetime import timedelta
from typing import Any

import pytest

from challenges import outages
from challenges.deadlines import deadline_of
from tests.stage import Stage, beside, leads_to, shown

WHY = "The power failed in your town."


def extend(stage: Stage, **typed: str) -> Any:
    path = f"{stage.world.path(stage.world.opened)}/extensions"
    return stage.browser(stage.world.cast.ada).send_form(path, **typed)


def test_one_team_gets_more_time(stage: Stage) -> None:
    world = stage.world
    there = world.path(world.opened)
    given = extend(stage, entry=str(world.entry.id), minutes="120", reason=WHY)
    assert leads_to(given) == (303, f"{there}/deadline")
    with stage.database.reading() as session:
        assert deadline_of(session, world.opened, world.entry.id).extended_by == timedelta(hours=2)
    assert stage.changes() == {
        "challenge": "~1", "extension": "+1", "letter": "+2", "mailing": "+1", "trace": "+2",
    }  # fmt: skip
    page = stage.browser(world.cast.ada).get(f"{there}/deadline")
    assert shown(page, WHY, "Plan B", "120 minutes") == (200, [])
    assert WHY not in stage.browser(world.fay).get(there).text


def test_everybody_gets_more_time(stage: Stage) -> None:
    world = stage.world
    extend(stage, entry="all", minutes="30", reason="Our store was away.")
    assert stage.fresh(world.opened).due_at == world.opened.due_at + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"entry": "all", "minutes": "", "reason": WHY}, "minutes", "Write a whole number, such as 3."),
        ({"entry": "all", "minutes": "5", "reason": ""}, "reason", "Say why; it is kept with the extension."),
        ({"entry": "x", "minutes": "5", "reason": WHY}, "entry", "Choose one from the list."),
        (
            {"entry": "00000000-0000-0000-0000-000000000001", "minutes": "5", "reason": WHY},
            "entry",
            "Choose one from the list.",
        ),
    ],
)
def test_a_refused_extension_keeps_what_was_typed(stage: Stage, typed: Any, field: str, sentence: str) -> None:
    answer = extend(stage, **typed)
    assert (answer.status_code, beside(answer, field), stage.changes()) == (422, sentence, {})
    assert (f">\n{typed['reason']}</textarea>" in answer.text) is True


def test_the_time_of_an_outage_is_given_back_to_all_with_one_press(stage: Stage) -> None:
    world, due = stage.world, stage.world.opened.due_at
    stage.write(outages.note_up, due - timedelta(hours=3))
    stage.write(outages.note_up, due - timedelta(hours=2, minutes=15))
    stage.clock.at = due - timedelta(hours=1)
    ada, there = stage.browser(world.cast.ada), world.path(world.opened)
    page = ada.get(f"{there}/deadline")
    assert shown(page, "Our own measurement", "Give everybody 45 minutes back") == (200, [])
    reason = re.search(r'name="reason" value="([^"]+)"', page.text)
    assert reason
    ada.send_form(
        f"{there}/extensions", entry="all", minutes="45", reason=reason[1], outage="yes", due_seen=due.isoformat()
    )
    assert stage.fresh(world.opened).due_at == due + timedelta(minutes=45)
    assert "Our own measurement" not in ada.get(f"{there}/deadline").text
