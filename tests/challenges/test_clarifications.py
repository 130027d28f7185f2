"""Clarifications: asked privately, answered once for everybody; nobody learns who asked, and a matter stays private."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges import briefs, challenges, clarifications, entries, outcomes, questions, seasons
from challenges.challenges import Course
from challenges.clarifications import Clarification, ClarificationKind, Waiting
from challenges.history import Trace
from challenges.letters import Letter
from challenges.outcomes import OutcomeKind
from challenges.people import Person
from challenges.questions import Matter, Question
from challenges.refusals import Conflict, Refusal
from challenges.seasons import RoleKind
from tests.cast import make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Scene,
    at_clock,
    kinds_of_letters_to,
    letters_to,
    make_challenge,
    make_entry,
    make_judge,
    make_season,
)
from tests.refused import not_yours, refused

TASK, PERSONAL = ClarificationKind.TASK, ClarificationKind.PERSONAL
TEXT = "Is the lorry ours?"
SENT = "Your text is still here, and nothing was overwritten."


def asked(session: Session, scene: Scene, text: str = TEXT, by: Person | None = None, **over: Any) -> Clarification:
    given = {"challenge": scene.challenge, "kind": TASK, "section": "", "now": NOW, **over}
    return clarifications.ask(
        session, scene.season, given["challenge"], given["kind"], text, given["section"], by or scene.cast.ben,
        given["now"],
    )  # fmt: skip


def answered(session: Session, scene: Scene, question: Clarification, text: str = "Yes.", **over: Any) -> None:
    given = {"by": scene.cast.ada, "now": NOW + HOUR, "seen": question.mark, **over}
    clarifications.answer(session, question, text, given.pop("by"), given.pop("now"), **given)


def dana(session: Session, scene: Scene) -> Person:
    return make_judge(session, scene.season, scene.cast.dana, scene.cast.ada)


def rival(session: Session, scene: Scene, name: str = "Fay") -> Person:
    person = make_person(session, name)
    make_entry(session, scene.season, person, name=f"Team of {name}")
    return person


def waiting(session: Session, scene: Scene) -> Waiting:
    return clarifications.count_waiting(session, scene.season.id)


def to_read(session: Session, scene: Scene, now: Any = NOW + DAY) -> list[tuple[int, str, str]]:
    found = clarifications.answered_of(session, scene.season.id, now)
    assert found == clarifications.answered_in(session, scene.challenge, now)
    return [(each.number, each.question, each.answer) for each in found]


def with_sections(session: Session, scene: Scene) -> None:
    text = "# Power & *light*\n\n```\n# no heading\n```\n\nThe site\n---\n\n## `A` <b>b</b>\n\n## Power & light"
    briefs.amend(session, scene.challenge, text, "Headings.", scene.cast.ada, NOW)


def test_a_question_waits_and_its_answer_is_everybodys(session: Session, scene: Scene) -> None:
    question = asked(session, scene)
    assert waiting(session, scene) == Waiting(questions=1, proposals=0, matters=0)
    assert to_read(session, scene) == []
    answered(session, scene, question, "Yes.", wording="Is the lorry the team’s own?")
    assert to_read(session, scene) == [(1, "Is the lorry the team’s own?", "Yes.")]
    assert waiting(session, scene) == Waiting(0, 0, 0)
    (read,) = clarifications.answered_of(session, scene.season.id, NOW + HOUR)
    assert vars(read) == {
        "id": question.id, "challenge": 1, "title": "A field hospital", "number": 1, "section": "",
        "question": "Is the lorry the team’s own?", "answer": "Yes.", "at": NOW + HOUR,
    }  # fmt: skip
    assert clarifications.answered_of(session, scene.season.id, NOW + HOUR - SECOND) == []


def test_answers_are_numbered_as_they_come_and_the_newest_stands_first(session: Session, scene: Scene) -> None:
    three = [asked(session, scene, f"Question {number}") for number in range(3)]
    for at, question in enumerate(reversed(three)):
        answered(session, scene, question, now=NOW + at * HOUR)
    assert [number for number, *_ in to_read(session, scene)] == [3, 2, 1]
    assert [text for _, text, _ in to_read(session, scene)] == ["Question 0", "Question 1", "Question 2"]


def test_another_seasons_and_another_challenges_questions_are_elsewhere(session: Session, scene: Scene) -> None:
    second = make_challenge(session, scene.season, scene.cast.ada)
    answered(session, scene, asked(session, scene, challenge=second))
    assert clarifications.answered_in(session, scene.challenge, NOW + DAY) == []
    assert [
        (each.challenge, each.number) for each in clarifications.answered_of(session, scene.season.id, NOW + DAY)
    ] == [(2, 1)]
    asked(session, scene, challenge=second)
    other = make_season(session, scene.cast.ada)
    assert clarifications.count_waiting(session, other.id) == Waiting(0, 0, 0)
    assert clarifications.mine_of(session, scene.challenge, scene.cast.ben.id) == []
    queue = questions.queue_of(session, other, scene.cast.ada.id)
    assert queue == questions.Queue([], [], [], [])


def test_nothing_that_others_read_says_who_asked(session: Session, scene: Scene) -> None:
    judge = dana(session, scene)
    question = asked(session, scene)
    answered(session, scene, question, "Proposed", by=judge)
    answered(session, scene, question, "Said")
    for_answering = questions.to_answer(session, question)
    assert type(for_answering) is Question
    everything = str(vars(for_answering)) + str(clarifications.answered_of(session, scene.season.id, NOW + DAY))
    everything += "".join(
        str(each.facts) for each in session.exec(select(Letter)) if each.kind in ("clarification", "question_asked")
    )
    traces = [trace for trace in session.exec(select(Trace)) if trace.deed.startswith("clarification.")]
    everything += "".join(f"{trace.facts}" for trace in traces)
    hidden = ("Ben", "ben@example.org", str(scene.cast.ben.id), "Plan B", str(scene.team.id))
    assert [word for word in hidden if word in everything] == []
    own = [(trace.deed, trace.person_id) for trace in traces if trace.season_id == scene.season.id]
    assert sorted(own, key=str) == [
        ("clarification.answered", scene.cast.ada.id), ("clarification.asked", None),
        ("clarification.proposed", judge.id),
    ]  # fmt: skip


def test_an_answer_goes_to_every_member_who_takes_part_and_to_the_judges_once(session: Session, scene: Scene) -> None:
    judge, fay = dana(session, scene), rival(session, scene)
    gone, out = rival(session, scene, "Gus"), rival(session, scene, "Hal")
    entries.withdraw(session, entries.entry_for(session, scene.season.id, gone.id)[0], gone, NOW)
    hals = entries.entry_for(session, scene.season.id, out.id)[0]
    outcomes.confirm(session, scene.challenge, {hals.id: (OutcomeKind.LEAVES, "last")}, scene.cast.ada, NOW)
    outcomes.make_public(session, scene.challenge, NOW)
    question = asked(session, scene)
    for _ in range(2):
        answered(session, scene, question, "Yes.", now=NOW + HOUR, wording="Whose is the lorry?")
    cast = scene.cast
    told = [person.name for person in (cast.ben, cast.cleo, judge, fay, gone, out, cast.eve, cast.ada)
            if "clarification" in kinds_of_letters_to(session, person.email)]  # fmt: skip
    assert told == ["Ben", "Cleo", "Dana", "Fay"]
    assert kinds_of_letters_to(session, fay.email).count("clarification") == 1
    letter = letters_to(session, fay.email)[-1]
    assert (letter.season_id, letter.facts) == (
        scene.season.id,
        {
            "season": "The Long Winter", "slug": scene.season.slug, "number": 1, "challenge": "A field hospital",
            "section": "", "question": "Whose is the lorry?", "answer": "Yes.", "clarification_id": str(question.id),
        },
    )  # fmt: skip


def test_an_outcome_that_is_not_public_changes_no_list_of_who_is_told(session: Session, scene: Scene) -> None:
    fay = rival(session, scene)
    entry = entries.entry_for(session, scene.season.id, fay.id)[0]
    outcomes.confirm(session, scene.challenge, {entry.id: (OutcomeKind.LEAVES, "last")}, scene.cast.ada, NOW)
    answered(session, scene, asked(session, scene))
    asked(session, scene, "And the second lorry?", by=fay)
    assert "clarification" in kinds_of_letters_to(session, fay.email)
    outcomes.make_public(session, scene.challenge, NOW)
    with refused("Your team is out of this season. You can still write about a personal matter."):
        asked(session, scene, "And the third?", by=fay)
    assert asked(session, scene, "My name is misspelt.", by=fay, kind=PERSONAL).is_personal


def test_asking_the_same_twice_asks_once(session: Session, scene: Scene) -> None:
    assert asked(session, scene).id == asked(session, scene, f"  {TEXT}\x07\n").id
    assert asked(session, scene, by=scene.cast.cleo).id != asked(session, scene).id
    assert asked(session, scene, kind=PERSONAL).id != asked(session, scene).id


def test_organizers_hear_of_the_first_question_that_waits_and_of_every_personal_matter(
    session: Session, scene: Scene
) -> None:
    def letters() -> list[tuple[str, bool]]:
        found = letters_to(session, scene.cast.ada.email)
        return [(each.kind, each.facts["is_personal"]) for each in found if each.kind == "question_asked"]

    first = asked(session, scene)
    asked(session, scene, "Another")
    assert letters() == [("question_asked", False)]
    asked(session, scene, "I am ill", kind=PERSONAL)
    asked(session, scene, "I am still ill", kind=PERSONAL)
    assert letters() == [("question_asked", False), *[("question_asked", True)] * 2]
    for question in session.exec(select(Clarification).where(Clarification.challenge_id == scene.challenge.id)):
        answered(session, scene, question)
    asked(session, scene, "A third", now=NOW + 2 * HOUR)
    assert (len(letters()), first.is_closed) == (4, True)


def test_a_question_can_be_about_a_heading_of_the_brief(session: Session, scene: Scene) -> None:
    with_sections(session, scene)
    text = briefs.current_brief(session, scene.challenge.id).text
    assert clarifications.sections_of(text) == ["Power & light", "The site", "A <b>b</b>"]
    assert asked(session, scene, section=" The site ").section == "The site"
    with refused("The brief has no such heading any more. Choose one from the list.", "section"):
        asked(session, scene, section="<script>")
    assert clarifications.sections_of("") == []
    assert clarifications.sections_of(f"# {'x' * 500}") == ["x" * 120]


def test_questions_are_taken_until_the_due_instant_or_the_one_that_was_set(session: Session, scene: Scene) -> None:
    assert clarifications.taken_until(scene.challenge) == scene.challenge.due_at
    asked(session, scene, "In time", now=scene.challenge.due_at - SECOND)
    over = "were taken until Tue 24 Nov 2026, 22:59 UTC. You can still write about a personal matter."
    with refused(f"Questions about this challenge {over}"):
        asked(session, scene, "Late", now=scene.challenge.due_at)
    assert asked(session, scene, "I was ill.", kind=PERSONAL, now=scene.challenge.due_at + DAY).is_personal
    early = make_challenge(
        session, scene.season, scene.cast.ada,
        course=Course(questions_until=at_clock("2026-11-22T12:00"), answers_until=at_clock("2026-11-23T12:00")),
    )  # fmt: skip
    until = clarifications.taken_until(early)
    question = asked(session, scene, "In time", challenge=early, now=until - SECOND)
    with refused(
        "Questions about this challenge were taken until Sun 22 Nov 2026, 11:00 UTC. "
        "You can still write about a personal matter."
    ):
        asked(session, scene, "Late", challenge=early, now=until)
    answered(session, scene, question, now=until + 2 * DAY)  # a late answer is better than none
    assert question.is_closed


def test_nothing_is_asked_about_a_challenge_under_embargo(session: Session, scene: Scene) -> None:
    hidden = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    later = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    challenges.schedule(session, later, scene.season, scene.cast.ada, NOW, at=NOW + DAY)
    for challenge in (hidden, later):
        for kind in ClarificationKind:
            with not_yours():
                asked(session, scene, kind=kind, challenge=challenge)
    assert asked(session, scene, challenge=later, now=NOW + DAY).challenge_id == later.id


def test_who_takes_no_part_asks_nothing(session: Session, scene: Scene) -> None:
    with refused("You are in no team of this season. Join one first; then you can ask."):
        asked(session, scene, by=scene.cast.eve)
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW)
    with refused("Your team does not take part. Enter the season first; then you can ask about its challenges."):
        asked(session, scene)
    assert asked(session, scene, kind=PERSONAL).is_personal


def test_a_season_that_is_over_takes_no_questions_and_an_archived_one_no_answers(
    session: Session, scene: Scene
) -> None:
    question = asked(session, scene)
    seasons.finish(session, scene.season, scene.cast.ada, NOW)
    with refused("This season is over, so nobody can ask for a clarification now."):
        asked(session, scene, "Another")
    answered(session, scene, question)
    another = session.get_one(Clarification, question.id)
    seasons.archive(session, scene.season, scene.cast.ada, NOW)
    with refused("This season is archived, so nobody can answer clarifications now."):
        answered(session, scene, another)
    assert [text for _, text, _ in to_read(session, scene)] == [TEXT]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n\t\x00\x1b ", "Write your question."),
        ("x" * 2001, "That is longer than 2,000 characters. Say it in fewer words."),
    ],
)
def test_a_question_has_a_text_of_some_length(session: Session, scene: Scene, text: str, sentence: str) -> None:
    for kind in ClarificationKind:
        with refused(sentence, "question"):
            asked(session, scene, text, kind=kind)
    assert asked(session, scene, "x" * 2000).text == "x" * 2000


def test_texts_are_kept_as_they_are_but_control_characters(session: Session, scene: Scene) -> None:
    text = "<script>alert(1)</script>\n\t=cmd('x') \u202e 'quote' ; -- \U0001f9d1\u200d\U0001f680"
    assert asked(session, scene, f"{text}\x08").text == text


def test_a_team_has_at_most_five_questions_open_and_a_person_five_matters(session: Session, scene: Scene) -> None:
    cast, fay = scene.cast, rival(session, scene)
    first = asked(session, scene, "Question 0")
    for number in range(1, 5):
        asked(session, scene, f"Question {number}", by=cast.cleo if number % 2 else cast.ben)
    wait = "questions that wait for an answer. Ask again when one of them is answered."
    with refused(f"Your team has 5 {wait}", "question"):
        asked(session, scene, "Question 5", by=cast.cleo)
    asked(session, scene, "Question 5", by=fay)
    for number in range(5):
        asked(session, scene, f"Matter {number}", kind=PERSONAL)
    with refused(f"You have 5 {wait}", "question"):
        asked(session, scene, "Matter 5", kind=PERSONAL)
    asked(session, scene, "Cleo's matter", by=cast.cleo, kind=PERSONAL)
    answered(session, scene, first)
    asked(session, scene, "Question 5", by=cast.cleo)


def test_a_judges_answer_waits_until_an_organizer_lets_it_out(session: Session, scene: Scene) -> None:
    judge, question = dana(session, scene), asked(session, scene)
    for _ in range(2):
        answered(session, scene, question, "It is.", by=judge, seen="")
    assert (to_read(session, scene), waiting(session, scene)) == ([], Waiting(0, 1, 0))
    assert clarifications.mine_of(session, scene.challenge, scene.cast.ben.id)[0].answered_at is None
    assert "clarification" not in kinds_of_letters_to(session, scene.cast.cleo.email)
    answered(session, scene, question, "It is.", now=NOW + DAY)
    assert (to_read(session, scene), waiting(session, scene)) == ([(1, TEXT, "It is.")], Waiting(0, 0, 0))
    assert (question.answered_by, question.let_out_by, question.public_at) == (judge.id, scene.cast.ada.id, NOW + DAY)


def test_an_organizer_may_change_a_judges_answer_that_was_read(session: Session, scene: Scene) -> None:
    judge, question = dana(session, scene), asked(session, scene)
    answered(session, scene, question, "It is Ben’s.", by=judge)
    with pytest.raises(Conflict) as caught:
        answered(session, scene, question, "No.", seen="")
    assert (caught.value.message, caught.value.field) == (
        f"A judge has answered this question meanwhile. {SENT} Read the judge’s answer, then send the better one.",
        "answer",
    )
    answered(session, scene, question, "It is the team’s.", wording="Whose is it?", now=NOW + DAY)
    assert to_read(session, scene) == [(1, "Whose is it?", "It is the team’s.")]
    assert (question.answered_by, question.answered_at) == (scene.cast.ada.id, NOW + DAY)


def test_a_judge_words_no_question_and_overwrites_no_answer(session: Session, scene: Scene) -> None:
    judge, question = dana(session, scene), asked(session, scene)
    dev = make_judge(session, scene.season, scene.cast.dev, scene.cast.ada)
    answered(session, scene, question, "First.", by=judge, wording="Mine now")
    for by in (dev, judge):
        with pytest.raises(Conflict) as caught:
            answered(session, scene, question, "Second.", by=by)
        assert caught.value.message == f"A judge has answered this question already; an organizer looks at it. {SENT}"
    assert (question.wording, question.answer, question.answered_by) == (TEXT, "First.", judge.id)


def test_of_two_answers_the_first_stands(session: Session, scene: Scene) -> None:
    question = asked(session, scene)
    answered(session, scene, question, "Yes.")
    olga = make_person(session, "Olga")
    seasons.grant(session, scene.season, olga, RoleKind.ORGANIZER, scene.cast.ada, NOW)
    for by, text, wording in ((olga, "No.", None), (olga, "Yes.", None), (scene.cast.ada, "Yes.", "Another wording")):
        with pytest.raises(Conflict) as caught:
            answered(session, scene, question, text, by=by, wording=wording)
        assert caught.value.message == f"Somebody has answered this question meanwhile. {SENT}"
    assert to_read(session, scene) == [(1, TEXT, "Yes.")]


@pytest.mark.parametrize(
    ("answer", "wording", "sentence", "field"),
    [
        ("  ", None, "Write the answer.", "answer"),
        ("x" * 6001, None, "That is longer than 6,000 characters. Say it in fewer words.", "answer"),
        ("Yes.", " ", "Write the question as everybody shall read it.", "wording"),
        ("Yes.", "x" * 2001, "That is longer than 2,000 characters. Say it in fewer words.", "wording"),
    ],
)
def test_a_refused_answer_changes_nothing(
    session: Session, scene: Scene, answer: str, wording: str | None, sentence: str, field: str
) -> None:
    question = asked(session, scene)
    before = question.model_dump()
    with refused(sentence, field):
        answered(session, scene, question, answer, wording=wording)
    assert question.model_dump() == before


def test_who_is_neither_organizer_nor_judge_answers_and_finds_nothing(session: Session, scene: Scene) -> None:
    question, judge = asked(session, scene), dana(session, scene)
    other = make_season(session, scene.cast.ada)
    for person in (scene.cast.ben, scene.cast.eve):
        with not_yours():
            answered(session, scene, question, by=person)
        with not_yours():
            clarifications.find_for(session, scene.season, question.id, person.id)
    with not_yours():
        clarifications.find_for(session, other, question.id, scene.cast.ada.id)
    with not_yours():
        clarifications.find_for(session, scene.season, scene.challenge.id, scene.cast.ada.id)
    for person in (scene.cast.ada, judge):
        assert clarifications.find_for(session, scene.season, question.id, person.id) == question


def test_a_personal_matter_is_between_its_asker_and_the_organizers(session: Session, scene: Scene) -> None:
    judge, fay = dana(session, scene), rival(session, scene)
    matter = asked(session, scene, "I am ill.", kind=PERSONAL)
    assert waiting(session, scene) == Waiting(0, 0, 1)
    for verb in (
        lambda: clarifications.find_for(session, scene.season, matter.id, judge.id),
        lambda: answered(session, scene, matter, by=judge),
    ):
        with not_yours():
            verb()
    assert questions.queue_of(session, scene.season, judge.id) == questions.Queue([], [], [], [])
    seen = questions.to_answer(session, matter)
    assert isinstance(seen, Matter)
    assert (seen.asker, seen.team, seen.text) == ("Ben", "Plan B", "I am ill.")
    for _ in range(2):
        answered(session, scene, matter, "Get well. You have a day more.", wording="Who is ill?")
    assert (matter.public_at, matter.wording, to_read(session, scene)) == (None, "", [])
    told = {person.name: kinds_of_letters_to(session, person.email).count("personal_answer")
            for person in (scene.cast.ben, scene.cast.cleo, fay, judge, scene.cast.ada)}  # fmt: skip
    assert told == {"Ben": 1, "Cleo": 0, "Fay": 0, "Dana": 0, "Ada": 0}
    assert letters_to(session, scene.cast.ben.email)[-1].facts == {
        "season": "The Long Winter", "slug": scene.season.slug, "number": 1, "answer": "Get well. You have a day more.",
    }  # fmt: skip
    (mine,) = clarifications.mine_of(session, scene.challenge, scene.cast.ben.id)
    assert (mine.answer, mine.answered_at, mine.public_id) == ("Get well. You have a day more.", NOW + HOUR, None)
    assert clarifications.mine_of(session, scene.challenge, scene.cast.cleo.id) == []
    queue = questions.queue_of(session, scene.season, scene.cast.ada.id)
    assert ([one.id for one in queue.matters], [one.id for one in queue.closed_matters]) == ([], [matter.id])


def test_the_database_itself_keeps_a_personal_matter_private(session: Session, scene: Scene) -> None:
    matter = asked(session, scene, "I am ill.", kind=PERSONAL)
    matter.public_at = NOW
    with pytest.raises(IntegrityError):
        session.flush()


def test_two_questions_that_ask_the_same_have_one_answer(session: Session, scene: Scene) -> None:
    fay, ada = rival(session, scene), scene.cast.ada
    first, second, third = (
        asked(session, scene, f"{TEXT} {who.name}", by=who) for who in (scene.cast.ben, scene.cast.cleo, fay)
    )
    clarifications.merge(session, third, second, ada, NOW)
    for _ in range(2):
        clarifications.merge(session, second, first, ada, NOW)
    assert (second.merged_into, third.merged_into) == (first.id, first.id)
    (queued,) = questions.queue_of(session, scene.season, ada.id).unanswered
    assert (queued.id, sorted(queued.duplicates)) == (first.id, [second.text, third.text])
    (before,) = clarifications.mine_of(session, scene.challenge, fay.id)
    assert (before.is_merged, before.answered_at, before.public_id) == (True, None, None)
    answered(session, scene, first, wording=TEXT)
    for person in (scene.cast.ben, scene.cast.cleo, fay):
        (mine,) = clarifications.mine_of(session, scene.challenge, person.id)
        assert (mine.public_id, mine.answered_at) == (first.id, NOW + HOUR)
        assert kinds_of_letters_to(session, person.email).count("clarification") == 1
    assert to_read(session, scene) == [(1, TEXT, "Yes.")]


def test_a_question_that_was_answered_before_is_merged_and_only_its_asker_told(session: Session, scene: Scene) -> None:
    fay = rival(session, scene)
    first, again = asked(session, scene), asked(session, scene, "And the lorry?", by=fay)
    answered(session, scene, first)
    for _ in range(2):
        clarifications.merge(session, again, first, scene.cast.ada, NOW + 2 * HOUR)
    assert kinds_of_letters_to(session, scene.cast.ben.email).count("clarification") == 1
    told = [letter for letter in letters_to(session, fay.email) if letter.kind == "clarification"]
    for letter in told:
        letter.trouble = "550 fay@example.org is unknown"
    shown = [(one.season_id, one.shown_name, one.shown_email, one.shown_trouble) for one in told]
    assert shown == [
        (scene.season.id, "Fay", "fay@example.org", "550 fay@example.org is unknown"),
        (scene.season.id, "a participant", "", "The mail server did not take it."),
    ]
    assert waiting(session, scene) == Waiting(0, 0, 0)


def test_what_cannot_be_merged(session: Session, scene: Scene) -> None:
    ada, judge = scene.cast.ada, dana(session, scene)
    question, other = asked(session, scene), asked(session, scene, "Other")
    matter = asked(session, scene, "I am ill", kind=PERSONAL)
    elsewhere = asked(session, scene, challenge=make_challenge(session, scene.season, ada))
    for by, into in ((judge, other), (ada, elsewhere)):
        with not_yours():
            clarifications.merge(session, question, into, by, NOW)
    for one, into in ((matter, question), (question, matter)):
        with refused("A personal matter stays with whoever asked, so it cannot be merged.", "into"):
            clarifications.merge(session, one, into, ada, NOW)
    with refused("Choose another question than this one.", "into"):
        clarifications.merge(session, question, question, ada, NOW)
    answered(session, scene, question, "Yes.", by=judge)
    with refused("A judge has answered this question. Merge the other one into it instead.", "into"):
        clarifications.merge(session, question, other, ada, NOW)
    answered(session, scene, question)
    with refused("This question is answered for everybody, so it stays. Merge the other one into it.", "into"):
        clarifications.merge(session, question, other, ada, NOW)
    clarifications.merge(session, other, question, ada, NOW)
    late = asked(session, scene, "Late")
    with refused("One of the two was merged with another question meanwhile. Load the page again.", "into"):
        clarifications.merge(session, late, other, ada, NOW)
    with pytest.raises(Refusal) as caught:
        answered(session, scene, other)
    assert caught.value.message == f"An organizer has merged this question with another one meanwhile. {SENT}"


def test_the_queue_goes_by_age_and_names_what_a_question_can_be_merged_into(session: Session, scene: Scene) -> None:
    judge = dana(session, scene)
    four = [asked(session, scene, f"Question {at}", now=NOW + at * MINUTE) for at in range(4)]
    answered(session, scene, four[0])
    answered(session, scene, four[1], by=judge)
    for person in (scene.cast.ada, judge):
        queue = questions.queue_of(session, scene.season, person.id)
        assert ([one.text for one in queue.unanswered], [one.text for one in queue.proposed]) == (
            ["Question 2", "Question 3"], ["Question 1"],
        )  # fmt: skip
    others = questions.others_of(session, questions.to_answer(session, four[2]))
    assert [one.text for one in others] == ["Question 1", "Question 3", "Question 0"]


def test_a_judges_answer_is_nobody_elses_before_it_is_let_out(session: Session, scene: Scene) -> None:
    judge, question = dana(session, scene), asked(session, scene)
    answered(session, scene, question, "It is a secret.", by=judge)
    shown = [*clarifications.mine_of(session, scene.challenge, scene.cast.ben.id), *to_read(session, scene)]
    assert "secret" not in str(shown)
