"""Briefs over HTTP: an amendment with its note, what it changed, more time for all, and who has read it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from challenges import briefs
from tests.stage import Stage, beside, leads_to, shown


def amend(stage: Stage) -> str:
    """Amendment 1 of the open challenge, a word changed."""

    def done(session: Session) -> None:
        world = stage.world_in(session)
        briefs.amend(
            session, world.opened, "Three hundred beds, one lorry.", "More beds.", world.cast.ada, stage.clock.at
        )

    stage.write(done)
    return stage.world.path(stage.world.opened)


def test_an_amendment_has_a_note_and_the_earlier_text_stays(stage: Stage) -> None:
    world = stage.world
    ada, there = stage.browser(world.cast.ada), world.path(world.opened)
    amended = ada.send_form(f"{there}/amendments", brief="Three hundred beds.", note="One hundred beds more.")
    assert leads_to(amended) == (303, there)
    assert stage.changes() == {"brief": "+1", "letter": "+3", "mailing": "+1", "trace": "+2"}
    page = stage.browser().get(there)
    told = [
        "Amendment 1",
        "One hundred beds more.",
        "Three hundred beds.",
        "Earlier texts",
        "<ins>",
        "Two hundred beds, one lorry.",
    ]
    assert shown(page, *told) == (200, [])


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"brief": "New.", "note": " "}, "note", "Say in a sentence what changed and why; every team will read it."),
        ({"brief": "New.", "note": "x" * 501}, "note", "That is longer than 500 characters."),
        ({"brief": "", "note": "Why."}, "brief", "A challenge needs a brief: what is the problem, and for whom?"),
    ],
)
def test_a_refused_amendment_keeps_text_and_note(stage: Stage, typed: Any, field: str, sentence: str) -> None:
    world = stage.world
    answer = stage.browser(world.cast.ada).send_form(f"{world.path(world.opened)}/amendments", **typed)
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    assert shown(answer, *(f">\n{text}</textarea>" for text in typed.values())) == (422, [])
    assert stage.changes() == {}


def test_an_amendment_can_give_everybody_more_time(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    path = f"{world.path(world.opened)}/amendments"
    typed = {"brief": "Three hundred beds.", "note": "More beds."}
    refused = ada.send_form(path, **typed, minutes="-5")
    assert (refused.status_code, beside(refused, "minutes"), stage.changes()) == (
        422, "An extension is at least a minute. A due instant never moves to earlier.", {},
    )  # fmt: skip
    ada.send_form(path, **typed, minutes="120")
    assert stage.fresh(world.opened).due_at == world.opened.due_at + timedelta(hours=2)
    assert stage.changes() == {
        "brief": "+1", "challenge": "~1", "extension": "+1", "letter": "+3", "mailing": "+1", "trace": "+3",
    }  # fmt: skip


def test_everybody_sees_what_changed(stage: Stage) -> None:
    there = amend(stage)
    told = ['<del><span class="sr">(gone: </span>Two', '<ins><span class="sr">(new: </span>Three', "More beds."]
    for who in (None, stage.world.cast.ben, stage.world.cast.dana):
        assert shown(stage.browser(who).get(there), *told) == (200, [])


def test_a_team_acknowledges_once_and_organizers_see_who_has(stage: Stage) -> None:
    there, world = amend(stage), stage.world
    ben, ada = stage.browser(world.cast.ben), stage.browser(world.cast.ada)
    before = stage.changes()
    assert "We have read it" in ben.get(there).text
    assert [ada.get(f"{there}/amendments").text.count(words) for words in ("not yet", "0 of 2")] == [2, 1]
    for who in (world.cast.ben, world.cast.cleo):
        assert leads_to(stage.browser(who).send_form(f"{there}/acknowledgements", brief="2")) == (303, there)
    assert stage.changes() == before | {"acknowledgement": "+1", "trace": "+2"}
    assert "We have read it" not in ben.get(there).text
    assert [ada.get(f"{there}/amendments").text.count(words) for words in ("not yet", "1 of 2")] == [1, 1]


@pytest.mark.parametrize("brief", ["1", "3"])
def test_who_acknowledges_another_text_is_sent_to_the_newest(stage: Stage, brief: str) -> None:
    there = amend(stage)
    ben = stage.browser(stage.world.cast.ben)
    assert leads_to(ben.send_form(f"{there}/acknowledgements", brief=brief)) == (303, there)
    assert "There is a newer amendment. Please read that one." in ben.get(there).text
    assert "acknowledgement" not in stage.changes()


def test_a_brief_as_it_was_released_needs_no_word(stage: Stage) -> None:
    there = stage.world.path(stage.world.opened)
    ben = stage.browser(stage.world.cast.ben)
    assert "We have read it" not in ben.get(there).text
    ben.send_form(f"{there}/acknowledgements", brief="1")
    assert stage.changes() == {}
