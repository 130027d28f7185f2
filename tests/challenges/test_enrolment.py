"""Enrolment: questions of the season's own, consent, and entering with all that is asked, or not at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from challenges import enrolment, entries, outcomes, seasons, teams, terms
from challenges.enrolment import Application, Asked, Consent, EntryAnswer, EntryQuestion, QuestionText, Words
from challenges.entries import Entry
from challenges.formats import Format
from challenges.outcomes import OutcomeKind
from challenges.people import Person
from challenges.seasons import Season
from challenges.teams import Team
from challenges.terms import TermsKind
from tests.cast import Cast, make_person
from tests.makers import DAY, HOUR, NOW, PLAY, SECOND, Scene, deeds, make_entry, make_season, make_team, secret_of
from tests.refused import not_yours, refused

CHOICE = QuestionText("Which size is your shirt?", "one of a list", True, ("S", "M", " L "))


def ask(session: Session, season: Season, by: Person, text: str = "Where are you?", **over: Any) -> EntryQuestion:
    return enrolment.ask(session, season, replace(QuestionText(text), **over), by, NOW)


def said(session: Session, entry: Entry) -> dict[UUID, str]:
    return {one.question_id: one.text for one in enrolment.answers_of(session, [entry.id]).get(entry.id, [])}


def test_questions_stand_in_the_order_in_which_they_were_asked(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    first, second = ask(session, season, cast.ada), enrolment.ask(session, season, CHOICE, cast.ada, NOW)
    ask(session, other, cast.ada)
    assert enrolment.questions_of(session, season.id) == [first, second]
    assert second.model_dump(exclude={"id"}) == {
        "season_id": season.id, "position": 2, "text": "Which size is your shirt?", "kind": "one of a list",
        "choices": ["S", "M", "L"], "is_required": True, "asked_by": cast.ada.id, "asked_at": NOW, "closed_at": None,
    }  # fmt: skip
    for wrong in (other.id, season.id):
        with not_yours():
            enrolment.find_question(session, season, wrong)
    with not_yours():
        enrolment.find_question(session, other, first.id)


@pytest.mark.parametrize(
    ("question", "sentence", "field"),
    [
        (QuestionText(" "), "Please write a question.", "text"),
        (QuestionText("x" * 301), "That is longer than 300 characters.", "text"),
        (QuestionText("Why?", "essay"), "Choose what kind of answer you want.", "kind"),
        (replace(CHOICE, choices=("S", " ")), "Write from 2 to 20 different choices, one in each line.", "choices"),
        (replace(CHOICE, choices=("S", "s")), "Write from 2 to 20 different choices, one in each line.", "choices"),
        (
            replace(CHOICE, choices=[str(n) for n in range(21)]),
            "Write from 2 to 20 different choices, one in each line.",
            "choices",
        ),
        (replace(CHOICE, choices=("x" * 121, "y")), "That is longer than 120 characters.", "choices"),
    ],
)
def test_what_is_no_question(session: Session, cast: Cast, question: QuestionText, sentence: str, field: str) -> None:
    season = make_season(session, cast.ada)
    with refused(sentence, field):
        enrolment.ask(session, season, question, cast.ada, NOW)
    assert enrolment.questions_of(session, season.id) == []


def test_at_most_ten_questions_are_open(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    first, *_ = [ask(session, season, cast.ada, f"Question {n}?") for n in range(10)]
    with refused("A season asks at most 10 questions. Close one first."):
        ask(session, season, cast.ada)
    for now in (NOW + HOUR, NOW + DAY):
        enrolment.close(session, season, first, cast.ada, now)
    assert (first.closed_at, deeds(session, season).count("question.closed")) == (NOW + HOUR, 1)
    assert ask(session, season, cast.ada).position == 11
    assert len(enrolment.questions_of(session, season.id, with_closed=True)) == 11


def test_a_question_is_reworded_until_somebody_has_answered_it(session: Session, scene: Scene) -> None:
    season, ada = scene.season, scene.cast.ada
    question, other = ask(session, season, ada), ask(session, season, ada, "When?")
    enrolment.reword(session, season, question, CHOICE, ada, NOW)
    assert (question.kind, question.choices, question.is_required) == ("one of a list", ["S", "M", "L"], True)
    enrolment.answer(session, scene.entry, season, {question.id: "M"}, scene.cast.ben, NOW)
    with refused("Somebody has answered this question, so its words stay. Close it, and ask another one."):
        enrolment.reword(session, season, question, QuestionText("Which colour?"), ada, NOW)
    enrolment.reword(session, season, other, QuestionText("Until when?"), ada, NOW)
    assert enrolment.count_answers(session, season.id) == {question.id: 1}
    enrolment.close(session, season, question, ada, NOW + HOUR)
    assert said(session, scene.entry) == {question.id: "M"}


def test_each_kind_of_question_takes_its_kind_of_answer(session: Session, scene: Scene) -> None:
    season, ada, ben, entry = scene.season, scene.cast.ada, scene.cast.ben, scene.entry
    short, long, yes = (
        ask(session, season, ada, f"{kind}?", kind=kind) for kind in ("short text", "long text", "yes or no")
    )
    size = enrolment.ask(session, season, CHOICE, ada, NOW)
    fine = {short.id: " Oslo,\nNorway ", long.id: " Two\r\nlines ", yes.id: "no", size.id: "L"}
    for question, text, sentence in (
        (short, "x" * 201, "That is longer than 200 characters."),
        (long, "x" * 4001, "That is longer than 4000 characters."),
        (yes, "perhaps", "Choose one of these answers."),
        (size, "XL", "Choose one of these answers."),
        (size, " ", "The organizers need an answer here."),
    ):
        with refused(sentence, f"answer-{question.id}"), session.begin_nested():
            enrolment.answer(session, entry, season, {**fine, question.id: text}, ben, NOW)
    assert said(session, entry) == {}
    enrolment.answer(session, entry, season, {**fine, season.id: "to no question"}, ben, NOW)
    assert said(session, entry) == {short.id: "Oslo, Norway", long.id: "Two\nlines", yes.id: "no", size.id: "L"}
    enrolment.answer(
        session, entry, season, {**fine, short.id: "", long.id: "", size.id: "M"}, scene.cast.cleo, NOW + DAY
    )
    assert said(session, entry) == {short.id: "", long.id: "", yes.id: "no", size.id: "M"}
    by = {one.question_id: (one.answered_by, one.answered_at) for one in session.exec(select(EntryAnswer))}
    assert (by[yes.id], by[size.id]) == ((ben.id, NOW), (scene.cast.cleo.id, NOW + DAY))


def recorded(session: Session, cast: Cast, **over: Any) -> tuple[Season, Team, Application]:
    """A season that asks everything, Ben's team, and an application that fits."""
    season = make_season(session, cast.ada, play=replace(PLAY, **over))
    season.is_recorded = True
    texts = [terms.write(session, season, kind, "Text.", "", cast.ada, NOW) for kind in TermsKind]
    question = enrolment.ask(session, season, CHOICE, cast.ada, NOW)
    team = make_team(session, season, cast.ben)
    words = Words([one.id for one in texts], False)
    return season, team, Application(words, "Acme", "Umbra", {question.id: "S"})


def test_a_team_enters_with_all_that_is_asked(session: Session, cast: Cast) -> None:
    season, team, application = recorded(session, cast)
    entry = enrolment.enrol(session, team, season, application, cast.ben, NOW + HOUR)
    assert (team.affiliation, team.sponsors, list(said(session, entry).values())) == ("Acme", "Umbra", ["S"])
    texts = terms.current(session, season.id)
    assert terms.acceptances_of(session, season.id) == {
        cast.ben.id: [(texts[kind], NOW + HOUR) for kind in (TermsKind.RULES, TermsKind.CONDUCT)]
    }
    (consent,) = session.exec(select(Consent).where(Consent.season_id == season.id))
    assert (consent.person_id, consent.is_given, consent.said_at) == (cast.ben.id, False, NOW + HOUR)
    again = enrolment.enrol(session, team, season, Application(), cast.ben, NOW + DAY)
    assert (again, team.affiliation) == (entry, "Acme")
    assert deeds(session, season).count("entry.entered") == 1


@pytest.mark.parametrize(
    ("over", "sentence", "field"),
    [
        ({"words": Words((), True)}, "Read the rules and tick the box: everybody who takes part does.", "rules"),
        ({"words": None}, "Say whether you may be recorded. Both answers are fine.", "consent"),
        ({"answers": {}}, "The organizers need an answer here.", None),
        ({"affiliation": "x" * 121}, "That is longer than 120 characters.", "affiliation"),
    ],
)
def test_whatever_is_missing_nothing_is_half_done(
    session: Session, cast: Cast, over: dict[str, Any], sentence: str, field: str | None
) -> None:
    season, team, application = recorded(session, cast)
    if over.get("words", 1) is None:
        over = {"words": replace(application.words, may_be_recorded=None)}
    box = field or enrolment.questions_of(session, season.id)[0].box
    with refused(sentence, box), session.begin_nested():
        enrolment.enrol(session, team, season, replace(application, **over), cast.ben, NOW)
    session.expire_all()
    assert (entries.entry_of(session, team.id), team.affiliation) == (None, "")
    assert (terms.acceptances_of(session, season.id), enrolment.consents_of(session, season.id)) == ({}, {})


def test_whoever_joins_is_asked_for_themselves(session: Session, cast: Cast) -> None:
    season, team, application = recorded(session, cast)
    teams.invite(session, team, season, cast.cleo.email, cast.ben, NOW)
    token = secret_of(session, cast.cleo.email)["token"]
    with refused("Read the rules and tick the box: everybody who takes part does.", "rules"), session.begin_nested():
        enrolment.join(session, token, season, cast.cleo, Words(), NOW)
    assert teams.members_of(session, team.id) == [cast.ben]
    enrolment.join(session, token, season, cast.cleo, replace(application.words, may_be_recorded=True), NOW + HOUR)
    assert teams.members_of(session, team.id) == [cast.ben, cast.cleo]
    assert {one: said.is_given for one, said in enrolment.consents_of(session, season.id).items()} == {
        cast.cleo.id: True
    }


def test_consent_can_be_changed_and_every_answer_is_kept(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    season.is_recorded = True
    for hours, is_given in enumerate((True, True, False)):
        enrolment.agree(session, season, cast.ben, Words((), is_given), NOW + hours * HOUR)
    enrolment.agree(session, season, cast.ben, Words(), NOW + DAY)
    kept = session.exec(select(Consent).where(Consent.season_id == season.id).order_by(Consent.said_at)).all()  # type: ignore[arg-type]
    assert [(one.is_given, one.said_at) for one in kept] == [(True, NOW), (False, NOW + 2 * HOUR)]
    assert enrolment.consents_of(session, season.id, [cast.ben.id]) == {cast.ben.id: (False, NOW + 2 * HOUR)}
    assert enrolment.consents_of(session, season.id, [cast.eve.id]) == {}


def test_what_is_asked_of_a_person(session: Session, cast: Cast) -> None:
    season, team, application = recorded(session, cast)
    (question,) = enrolment.questions_of(session, season.id)
    before = enrolment.asked_of(session, season, cast.ben.id, None)
    texts = terms.current(session, season.id)
    rules, conduct = texts[TermsKind.RULES], texts[TermsKind.CONDUCT]
    assert (before, before.is_waiting) == (Asked([(rules, None), (conduct, None)], True, None, [(question, "")]), True)
    entry = enrolment.enrol(session, team, season, application, cast.ben, NOW)
    after = enrolment.asked_of(session, season, cast.ben.id, entry)
    consent = enrolment.consent_of(session, season.id, cast.ben.id)
    assert (after, after.is_waiting) == (Asked([(rules, NOW), (conduct, NOW)], True, consent, [(question, "S")]), False)
    newer = terms.write(session, season, TermsKind.RULES, "Other text.", "Clearer.", cast.ada, NOW + DAY)
    asked = enrolment.asked_of(session, season, cast.ben.id, entry)
    assert (asked.texts, asked.is_waiting) == ([(newer, None), (conduct, NOW)], True)


def test_whoever_comes_back_keeps_what_was_said(session: Session, cast: Cast) -> None:
    season, team, application = recorded(session, cast, most_entries=1)
    entry = enrolment.enrol(session, team, season, application, cast.ben, NOW)
    entries.withdraw(session, entry, cast.ben, NOW + HOUR)
    rival = make_team(session, season, make_person(session), name="Rival")
    taken = entries.enter(session, rival, season, make_person(session), NOW + HOUR)
    with refused("The one place of this season is taken."), session.begin_nested():
        enrolment.enrol(session, team, season, application, cast.ben, NOW + DAY)
    entries.withdraw(session, taken, make_person(session), NOW + DAY)
    back = enrolment.enrol(session, team, season, replace(application, words=Words()), cast.ben, NOW + 2 * DAY)
    assert (back, back.withdrawn_at, back.entered_at) == (entry, None, NOW)


def test_when_the_season_is_over_nothing_is_said_any_more(session: Session, cast: Cast) -> None:
    season, team, application = recorded(session, cast)
    entry = enrolment.enrol(session, team, season, application, cast.ben, NOW)
    seasons.finish(session, season, cast.ada, NOW + HOUR)
    over = "This season is over, so nobody can found and join teams, enter now."
    with refused(over):
        enrolment.answer(session, entry, season, application.answers, cast.ben, NOW + DAY)
    with refused(over):
        enrolment.enrol(session, team, season, application, cast.ben, NOW + DAY)


TWICE = (
    "Ben took part with Plan B, for whom this season has ended, and nobody takes part in a season twice. "
    "Thank you for playing: the next season is open to everybody again."
)


def put_out(session: Session, scene: Scene) -> datetime:
    """Plan B leaves by the challenge; the instant from which everybody knows."""
    known_at = scene.challenge.settled_at + DAY
    leaves = {scene.entry.id: (OutcomeKind.LEAVES, "")}
    outcomes.confirm(session, scene.challenge, leaves, scene.cast.ada, scene.challenge.settled_at)
    outcomes.make_public(session, scene.challenge, known_at)
    return known_at


def test_who_is_out_does_not_begin_anew_once_that_is_known(session: Session, scene: Scene) -> None:
    season, ben, eve = scene.season, scene.cast.ben, scene.cast.eve
    known_at = put_out(session, scene)
    entries.leave(session, scene.team, season, ben, known_at - HOUR)
    team = make_team(session, season, eve, ben, name="Phoenix", now=known_at - HOUR)
    with refused(TWICE):
        enrolment.enrol(session, team, season, Application(), eve, known_at)
    entry = enrolment.enrol(session, team, season, Application(), eve, known_at - SECOND)  # or a refusal would tell
    entries.withdraw(session, entry, eve, known_at)
    with refused(TWICE):
        enrolment.enrol(session, team, season, Application(), eve, known_at)


def test_who_is_out_joins_nobody_else_but_their_own_again(session: Session, scene: Scene) -> None:
    season, ben, eve = scene.season, scene.cast.ben, scene.cast.eve
    known_at = put_out(session, scene)
    _, other = make_entry(session, season, eve, name="Phoenix")
    entries.leave(session, scene.team, season, ben, known_at)
    for team, by in ((other, eve), (scene.team, scene.cast.cleo)):
        known_at += timedelta(minutes=1)
        teams.invite(session, team, season, ben.email, by, known_at)
        token = secret_of(session, ben.email, "invitation")["token"]
        if team == other:
            with refused(TWICE), session.begin_nested():
                enrolment.join(session, token, season, ben, Words(), known_at)
            session.expire_all()
        else:
            enrolment.join(session, token, season, ben, Words(), known_at)
    assert teams.team_of(session, season.id, ben.id) == scene.team


def test_who_had_gone_before_it_was_due_plays_on_elsewhere(session: Session, scene: Scene) -> None:
    season, ben, eve = scene.season, scene.cast.ben, scene.cast.eve
    entries.leave(session, scene.team, season, ben, scene.challenge.due_at)
    known_at = put_out(session, scene)
    _, other = make_entry(session, season, eve, name="Phoenix")
    teams.invite(session, other, season, ben.email, eve, known_at)
    token = secret_of(session, ben.email, "invitation")["token"]
    enrolment.join(session, token, season, ben, Words(), known_at)
    assert teams.team_of(session, season.id, ben.id) == other


def test_nobody_enters_a_knock_out_after_its_first_cut(session: Session, scene: Scene) -> None:
    season, eve = scene.season, scene.cast.eve
    known_at = put_out(session, scene)
    team = make_team(session, season, eve, name="Phoenix", now=known_at - HOUR)
    with refused("The first cut of this season is public, so nobody can enter it any more."):
        enrolment.enrol(session, team, season, Application(), eve, known_at)
    season.format = Format.LEAGUE
    assert enrolment.enrol(session, team, season, Application(), eve, known_at).team_id == team.id
