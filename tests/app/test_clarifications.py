"""Clarifications over HTTP: asked in private, answered once for everybody, and not a word of who asked."""

from html import unescape
from uuid import UUID

import pytest
from sqlmodel import Session, select

from challenges import clarifications, seasons
from challenges.clarifications import Clarification, ClarificationKind
from challenges.history import Trace
from challenges.letters import Letter
from challenges.people import Person
from challenges.seasons import RoleKind
from tests.makers import HOUR, make_entry, make_person
from tests.stage import TODAY, Stage, at_once, beside, leads_to, shown

KEPT = "Nothing was saved yet, and what you wrote is still here."
SENT = "Your text is still here, and nothing was overwritten."


def listed(stage: Stage) -> str:
    """Of the open challenge."""
    return f"{stage.world.path(stage.world.opened)}/clarifications"


def queue(stage: Stage) -> str:
    return f"{stage.world.home}/clarifications"


def one(stage: Stage, clarification_id: UUID) -> str:
    return f"{queue(stage)}/{clarification_id}"


def asked(stage: Stage, text: str = "Is the bridge ours?", by: Person | None = None, kind: str = "task") -> UUID:
    """By the form."""
    answer = stage.browser(by or stage.world.cast.ben).send_form(listed(stage), kind=kind, question=text)
    assert leads_to(answer) == (303, listed(stage))
    with stage.database.reading() as session:
        return session.exec(select(Clarification.id).where(Clarification.text == text)).one()


def row(stage: Stage, clarification_id: UUID) -> Clarification:
    with stage.database.reading() as session:
        return session.get_one(Clarification, clarification_id)


def second_organizer(stage: Stage) -> Person:
    """Nora helps in this season, too."""

    def grant(session: Session) -> None:
        there = stage.world_in(session)
        seasons.grant(session, there.season, there.nora, RoleKind.ORGANIZER, there.cast.ada, TODAY)

    stage.write(grant)
    return stage.world.nora


def told(stage: Stage, kind: str) -> list[str]:
    with stage.database.reading() as session:
        letters = session.exec(
            select(Letter.to_name).where(Letter.kind == kind, Letter.created_at >= TODAY).order_by(Letter.to_name)
        )
        return list(letters)


def test_a_question_is_answered_for_everybody_without_the_askers_name(stage: Stage) -> None:
    world = stage.world
    question = asked(stage, "Is the bridge Ben's?")
    assert stage.changes() == {"clarification": "+1", "trace": "+1"}  # Fay's question waits already: no letter more
    ada = stage.browser(world.cast.ada)
    stage.clock.at += HOUR
    assert shown(ada.get(queue(stage)), "Is the bridge Ben's?", "asked 1 hour ago") == (200, [])
    answer = ada.send_form(f"{one(stage, question)}/answer", wording="Is the bridge ours?", answer="**Yes.**", seen="")
    assert leads_to(answer) == (303, queue(stage))
    read = (
        "Clarification 1",
        "Is the bridge ours?",
        "<strong>Yes.</strong>",
        "Answered Fri 27 Nov 2026, 14:00:00 Berlin",
    )
    for person in (None, world.cast.eve, world.fay, world.cast.ben, world.cast.dana, world.cast.ada, world.nora):
        assert shown(stage.browser(person).get(listed(stage)), *read) == (200, [])
    assert told(stage, "clarification") == ["Ben", "Cleo", "Dana", "Dev", "Fay"]
    assert stage.changes() == {"clarification": "+1", "trace": "+2", "letter": "+5"}


def test_no_page_feed_letter_or_history_says_who_asked(stage: Stage) -> None:
    """Fay's question is waiting, and Ben's is answered; nobody else learns of either who asked it."""
    world = stage.world
    question = asked(stage)
    ada, dana = stage.browser(world.cast.ada), stage.browser(world.cast.dana)
    for path in (one(stage, question), one(stage, world.question_id), queue(stage)):
        pages = [unescape(browser.get(path).text) for browser in (ada, dana)]
        assert [
            name for name in ("Ben", "Fay", "Plan B", "Plan D", str(world.fay.id)) for page in pages if name in page
        ] == []
    ada.send_form(f"{one(stage, question)}/answer", wording="Is it ours?", answer="Yes.", seen="")
    for person in (None, world.cast.cleo, world.fay, world.cast.dana):
        page = stage.browser(person).get(listed(stage)).text
        assert ["Ben" in page, "What you asked" in page, "Is the bridge ours?" in page] == [False, False, False]
    history = ada.get(f"{world.home}/history").text
    assert "took in a question about challenge 3" in history
    with stage.database.reading() as session:
        traces = session.exec(select(Trace).where(Trace.thing == "clarification", Trace.season_id == world.season.id))
        assert {(trace.deed, trace.person_id) for trace in traces} == {
            ("clarification.asked", None), ("clarification.answered", world.cast.ada.id),
        }  # fmt: skip


def test_what_somebody_asked_is_shown_to_them_alone(stage: Stage) -> None:
    world = stage.world
    asked(stage)
    asked(stage, "I am ill.", kind="personal")
    ben = stage.browser(world.cast.ben).get(listed(stage))
    assert shown(ben, "shown to you only", "Is the bridge ours?", "I am ill.", "a personal matter, asked") == (
        200, [],
    )  # fmt: skip
    others = (None, world.cast.cleo, world.fay, world.cast.eve, world.cast.dana, world.nora)
    pages = [stage.browser(person).get(listed(stage)).text for person in others]
    assert [text for text in ("Is the bridge ours?", "I am ill.") for page in pages if text in page] == []


def test_a_personal_matter_reaches_organizers_only_and_comes_back_to_who_wrote_it(stage: Stage) -> None:
    world = stage.world
    matter = asked(stage, "I am ill.", kind="personal")
    assert told(stage, "question_asked") == ["Ada"]
    dana, ada = stage.browser(world.cast.dana), stage.browser(world.cast.ada)
    assert "I am ill." not in dana.get(queue(stage)).text
    refused = [dana.get(one(stage, matter)), dana.send_form(f"{one(stage, matter)}/answer", answer="Oh", seen="")]
    assert [answer.status_code for answer in refused] == [404, 404]
    assert shown(ada.get(one(stage, matter)), "I am ill.", "From Ben, team Plan B. Only organizers read this.") == (
        200,
        [],
    )
    for _ in range(2):
        assert leads_to(ada.send_form(f"{one(stage, matter)}/answer", answer="Get well.", seen="")) == (
            303,
            queue(stage),
        )
    assert (told(stage, "personal_answer"), told(stage, "clarification")) == (["Ben"], [])
    assert stage.changes() == {"clarification": "+1", "trace": "+2", "letter": "+2"}
    assert shown(stage.browser(world.cast.ben).get(listed(stage)), "Get well.") == (200, [])
    for person in (None, world.cast.cleo, world.fay, world.cast.dana):
        assert "Get well." not in stage.browser(person).get(listed(stage)).text
    assert shown(ada.get(queue(stage)), "Personal matters that are answered", "I am ill.") == (200, [])


def test_clicking_twice_asks_once_and_answers_once(stage: Stage) -> None:
    ben, ada = stage.browser(stage.world.cast.ben), stage.browser(stage.world.cast.ada)
    ben.token(), ada.token()
    at_once(*[lambda: ben.send_form(listed(stage), kind="task", question="Once?")] * 2)
    question = asked(stage, "Once?")
    path, fields = f"{one(stage, question)}/answer", {"wording": "Once?", "answer": "Once.", "seen": ""}
    answers = at_once(*[lambda: ada.send_form(path, **fields)] * 2)
    assert [leads_to(answer) for answer in answers] == [(303, queue(stage))] * 2
    assert stage.changes() == {"clarification": "+1", "trace": "+2", "letter": "+5"}


def test_of_two_organizers_at_once_the_second_sees_what_stands_and_keeps_their_text(stage: Stage) -> None:
    world, question = stage.world, asked(stage)
    browsers = {
        "It is Ada’s word.": stage.browser(world.cast.ada),
        "It is Nora’s word.": stage.browser(second_organizer(stage)),
    }
    for browser in browsers.values():
        browser.token()
    path = f"{one(stage, question)}/answer"
    answers = at_once(
        *[
            lambda text=text, browser=browser: browser.send_form(path, wording="Q", answer=text, seen="")  # type: ignore[misc]
            for text, browser in browsers.items()
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    stands = row(stage, question).answer
    (lost,) = set(browsers) - {stands}
    second = next(answer for answer in answers if answer.status_code == 409)
    assert shown(
        second, f"Somebody has answered this question meanwhile. {SENT}", stands, lost, "Your text, which was not saved"
    ) == (409, [])
    assert told(stage, "clarification") == ["Ben", "Cleo", "Dana", "Dev", "Fay"]


def test_a_judges_answer_waits_for_an_organizer_who_may_change_it(stage: Stage) -> None:
    world, question = stage.world, asked(stage)
    dana, dev, ada = (stage.browser(person) for person in (world.cast.dana, world.cast.dev, world.cast.ada))
    path = f"{one(stage, question)}/answer"
    assert "wording" not in dana.get(one(stage, question)).text
    assert leads_to(dana.send_form(path, answer="It is.", wording="Mine", seen="")) == (303, queue(stage))
    assert row(stage, question).wording == "Is the bridge ours?"
    assert "It is." not in stage.browser(world.cast.ben).get(listed(stage)).text
    late = dev.send_form(path, answer="It is not.", seen="")
    already = f"A judge has answered this question already; an organizer looks at it. {SENT}"
    assert shown(late, already, "It is not.") == (409, [])
    unread = ada.send_form(path, wording="Q", answer="Hm.", seen="")
    mark = row(stage, question).mark
    assert shown(unread, "A judge has answered this question meanwhile.", "It is.", "Hm.", f'value="{mark}"') == (
        409,
        [],
    )
    assert stage.changes() == {"clarification": "+1", "trace": "+2"}
    assert leads_to(ada.send_form(path, wording="Q", answer="It is.", seen=mark)) == (303, queue(stage))
    assert shown(stage.browser().get(listed(stage)), "It is.") == (200, [])


def test_a_duplicate_is_merged_and_both_read_one_answer(stage: Stage) -> None:
    world = stage.world
    first, again = asked(stage), asked(stage, "The bridge, is it ours?", by=world.fay)
    ada = stage.browser(world.cast.ada)
    for _ in range(2):
        assert leads_to(ada.send_form(f"{one(stage, again)}/merging", into=str(first))) == (303, one(stage, first))
    assert shown(ada.get(one(stage, first)), "Others asked the same", "The bridge, is it ours?") == (200, [])
    assert shown(ada.get(one(stage, again)), "This question is merged with another one.", one(stage, first)) == (
        200,
        [],
    )
    fay = stage.browser(world.fay)
    assert shown(fay.get(listed(stage)), "others asked the same, asked") == (200, [])
    ada.send_form(f"{one(stage, first)}/answer", wording="Q", answer="Yes.", seen="")
    assert shown(fay.get(listed(stage)), "Others asked the same. Read the answer", f'href="#c-{first}"') == (200, [])
    late = asked(stage, "Once more: ours?", by=world.cast.cleo)
    assert leads_to(ada.send_form(f"{one(stage, late)}/merging", into=str(first))) == (303, one(stage, first))
    assert told(stage, "clarification") == ["Ben", "Cleo", "Cleo", "Dana", "Dev", "Fay"]
    # The outbox does not tell that Cleo's second letter is hers: it would say who asked.
    with stage.database.reading() as session:
        hers = session.exec(select(Letter).where(Letter.kind == "clarification", Letter.to_name == "Cleo"))
        shown_to = sorted((one.season_id, one.shown_name, one.shown_email) for one in hers)
    season_id = world.season.id
    assert shown_to == [(season_id, "Cleo", "cleo@example.org"), (season_id, "a participant", "")]


def test_what_cannot_be_merged_is_refused_beside_its_field(stage: Stage) -> None:
    world, question = stage.world, asked(stage)
    matter = asked(stage, "I am ill.", kind="personal")
    ada, dana = stage.browser(world.cast.ada), stage.browser(world.cast.dana)
    path = f"{one(stage, question)}/merging"
    asked(stage, "Another")
    assert beside(ada.send_form(path, into="nonsense"), "into") == "Choose one from the list."
    assert beside(ada.send_form(path, into=str(question)), "into") == "Choose another question than this one."
    wrong = "A personal matter stays with whoever asked, so it cannot be merged."
    assert beside(ada.send_form(path, into=str(matter)), "into") == wrong
    answers = [ada.send_form(path, into=str(into)) for into in (UUID(int=1), world.question_id)]
    answers += [dana.send_form(path, into=str(world.question_id))]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"kind": "task", "question": " "}, "question", "Write your question."),
        (
            {"kind": "task", "question": "x" * 2001},
            "question",
            "That is longer than 2,000 characters. Say it in fewer words.",
        ),
        ({"kind": "nonsense", "question": "Why?"}, "kind", "Say whether it is about the task or a personal matter."),
        ({"question": "Why?"}, "kind", "Say whether it is about the task or a personal matter."),
    ],
)
def test_a_refused_question_stays_in_the_form(stage: Stage, fields: dict[str, str], field: str, sentence: str) -> None:
    answer = stage.browser(stage.world.cast.ben).send_form(listed(stage), **fields)
    told_there = beside(answer, field) or sentence * (shown(answer, sentence)[1] == [])
    assert (answer.status_code, told_there) == (422, sentence)
    assert shown(answer, fields["question"].strip(), KEPT) == (422, [])
    assert stage.changes() == {}


def test_a_heading_that_the_brief_does_not_have_is_refused(stage: Stage) -> None:
    answer = stage.browser(stage.world.cast.ben).send_form(
        listed(stage), kind="task", question="Why?", section="<script>alert(1)</script>"
    )
    assert shown(answer, "The brief has no such heading any more. Choose one from the list.") == (422, [])
    assert stage.changes() == {}


def test_after_the_last_instant_only_personal_matters_are_taken(stage: Stage) -> None:
    world = stage.world
    stage.clock.at = world.opened.due_at
    ben = stage.browser(world.cast.ben)
    page = ben.get(listed(stage))
    assert shown(page, "Questions about the task were taken before", 'type="hidden" name="kind" value="personal"') == (
        200, [],
    )  # fmt: skip
    over = "Questions about this challenge were taken until Thu 10 Dec 2026, 22:59 UTC."
    assert shown(ben.send_form(listed(stage), kind="task", question="Why?"), over, "You can still write") == (422, [])
    assert asked(stage, "I was ill.", kind="personal")


def test_an_embargo_holds_for_questions_too(stage: Stage) -> None:
    world = stage.world
    path = f"{world.path(world.draft)}/clarifications"
    for person in (None, world.cast.eve, world.fay, world.cast.ben, world.cast.dana, world.nora):
        assert stage.browser(person).get(path).status_code == 404
    ben = stage.browser(world.cast.ben)
    assert [ben.send_form(path, kind=kind, question="Psst").status_code for kind in ("task", "personal")] == [404, 404]
    assert stage.changes() == {}


def test_who_has_no_part_in_the_season_neither_asks_nor_answers(stage: Stage) -> None:
    world, question = stage.world, asked(stage)
    before = stage.changes()
    path = one(stage, question)
    for person in (world.cast.eve, world.nora, world.nemo, world.emil):
        browser = stage.browser(person)
        answers = [
            browser.send_form(listed(stage), kind="task", question="Mine"),
            browser.get(queue(stage)),
            browser.get(path),
        ]
        answers += [
            browser.send_form(f"{path}/{end}", answer="No", into=str(world.question_id))
            for end in ("answer", "merging")
        ]
        assert [answer.status_code for answer in answers] == [404] * 5
    for person in (world.cast.ben, world.fay):
        assert [stage.browser(person).get(there).status_code for there in (queue(stage), path)] == [404, 404]
    for person in (world.cast.ada, world.cast.dana):
        assert stage.browser(person).send_form(listed(stage), kind="task", question="Mine").status_code == 404
    assert leads_to(stage.browser().get(queue(stage)))[1] == f"/sign-in?next={queue(stage)}"
    assert stage.changes() == before


HOSTILE = (
    "<script>alert(1)</script>\n=cmd|'/c'!A0 \u202egnp.exe {{ 7*7 }} %s "
    "[x](javascript:alert(2)) <img src=x onerror=alert(3)>"
)


def test_hostile_texts_are_texts(stage: Stage) -> None:
    world = stage.world
    question, matter = asked(stage, HOSTILE), asked(stage, f"{HOSTILE} personal", kind="personal")
    ada, dana = stage.browser(world.cast.ada), stage.browser(world.cast.dana)
    pages = [ada.get(queue(stage)).text, dana.get(queue(stage)).text]
    pages += [ada.get(one(stage, each)).text for each in (question, matter)]
    ada.send_form(f"{one(stage, question)}/answer", wording=HOSTILE, answer=HOSTILE, seen="")
    ada.send_form(f"{one(stage, matter)}/answer", answer=HOSTILE, seen="")
    pages += [stage.browser(person).get(listed(stage)).text for person in (None, world.cast.ben)]
    for page in pages:
        found = [bad for bad in ("<script>alert", "<img src=x", 'href="javascript:', " 49 %s") if bad in page]
        assert (found, "&lt;script&gt;alert(1)&lt;/script&gt;" in page) == ([], True)


def test_the_way_to_the_questions_is_named_to_those_who_answer(stage: Stage) -> None:
    world = stage.world
    link = f'<a href="{queue(stage)}"'
    named = {
        person.name for person in (world.cast.ada, world.cast.dana, world.cast.ben, world.cast.eve, world.nora)
        if link in stage.browser(person).get(world.home).text
    }  # fmt: skip
    assert named == {"Ada", "Dana"}
    assert link not in stage.browser().get(world.home).text


def test_lists_of_questions_ask_the_same_for_thirty(stage: Stage) -> None:
    world = stage.world
    question = asked(stage)
    ada, ben, dana = (stage.browser(person) for person in (world.cast.ada, world.cast.ben, world.cast.dana))
    asked(stage, "I am ill.", kind="personal")
    visits = [(ada, queue(stage)), (dana, queue(stage)), (ada, one(stage, question)), (ben, listed(stage))]
    few = [stage.statements(*visit) for visit in visits]

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        first = session.get_one(Clarification, question)
        for number in range(30):
            person = make_person(session, f"Guest{number}")
            make_entry(session, there.season, person, name=f"Team {number}", now=TODAY)
            for kind in ClarificationKind:
                for text in ("a", "b", "c"):
                    asking = clarifications.ask(
                        session, there.season, there.opened, kind, f"{text} {number}", "", person, TODAY
                    )
                    if text == "b" and kind == ClarificationKind.TASK:
                        clarifications.merge(session, asking, first, there.cast.ada, TODAY)
                    elif text == "c":
                        clarifications.answer(session, asking, "Yes.", there.cast.ada, TODAY)
        for number in range(3):
            clarifications.ask(
                session, there.season, there.opened, ClarificationKind.TASK, f"Ben {number}", "", there.cast.ben, TODAY
            )

    stage.write(grow)
    many = [stage.statements(*visit) for visit in visits]
    assert (many, max(many) <= 12) == (few, True)
