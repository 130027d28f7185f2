"""Enrolment: what a season asks of who enters it (terms, consent, questions of its own), and what they said."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, Session, col, func, select

from challenges import entries, outcomes, teams, terms
from challenges.entries import Entry
from challenges.history import note
from challenges.people import Person, clean_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.states import Deed
from challenges.teams import Member, Team
from challenges.terms import Terms

MOST_QUESTIONS = 10
MOST_CHOICES = 20
LONGEST = {"short text": 200, "long text": 4000}


class QuestionKind(StrEnum):
    SHORT = "short text"
    LONG = "long text"
    YES_NO = "yes or no"
    CHOICE = "one of a list"


class EntryQuestion(Record, table=True):
    """A question of the season's own. Its words stay once an entry has answered it."""

    season_id: UUID = Field(foreign_key="season.id", index=True)
    position: int
    text: str = Field(max_length=300)
    kind: str = Field(max_length=16)
    choices: list[str] = Field(default_factory=list, sa_type=JSON)
    is_required: bool = False
    asked_by: UUID = Field(foreign_key="person.id")
    asked_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    """From then on nobody is asked any more; what was answered stays readable."""

    @property
    def box(self) -> str:
        """What its field is called in a form."""
        return f"answer-{self.id}"


class EntryAnswer(Record, table=True):
    """What an entry answers, as its members said it last."""

    __table_args__ = (UniqueConstraint("question_id", "entry_id"),)

    question_id: UUID = Field(foreign_key="entryquestion.id")
    entry_id: UUID = Field(foreign_key="entry.id", index=True)
    text: str
    answered_by: UUID = Field(foreign_key="person.id")
    answered_at: datetime = Field(sa_type=Instant)


class Consent(Record, table=True):
    """Whether a person consents to being recorded in a season. Saying something else later is a row of its own."""

    season_id: UUID = Field(foreign_key="season.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    is_given: bool
    said_at: datetime = Field(sa_type=Instant)


class Said(NamedTuple):
    """A person's last word on being recorded; thousands of them make a list."""

    is_given: bool
    said_at: datetime


@dataclass(frozen=True)
class QuestionText:
    """A question as an organizer writes it."""

    text: str
    kind: str = QuestionKind.SHORT
    is_required: bool = False
    choices: Sequence[str] = ()

    def checked(self) -> "QuestionText":
        if self.kind not in list(QuestionKind):
            raise Refusal("Choose what kind of answer you want.", field="kind")
        text = clean_name(self.text, field="text", longest=300, called="question")
        if self.kind != QuestionKind.CHOICE:
            return QuestionText(text, self.kind, self.is_required)
        choices = [clean_name(one, field="choices", longest=120) for one in self.choices if one.strip()]
        if not 2 <= len(choices) <= MOST_CHOICES or len({one.casefold() for one in choices}) < len(choices):
            raise Refusal(f"Write from 2 to {MOST_CHOICES} different choices, one in each line.", field="choices")
        return QuestionText(text, self.kind, self.is_required, choices)


@dataclass(frozen=True)
class Words:
    """What somebody says for themselves: the versions they ticked, and whether they may be recorded."""

    accepted: Collection[UUID] = ()
    may_be_recorded: bool | None = None


@dataclass(frozen=True)
class Application:
    """What a member fills in when the team enters; answers by question."""

    words: Words = field(default_factory=Words)
    affiliation: str = ""
    sponsors: str = ""
    answers: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What a season asks of a person, and what they and their entry have said."""

    texts: Sequence[tuple[Terms, datetime | None]]
    """In force, and when the person accepted each."""
    is_recorded: bool
    consent: Consent | None
    questions: Sequence[tuple[EntryQuestion, str]]
    """The open ones with the entry's answer."""

    @property
    def is_waiting(self) -> bool:
        """Whether the person has something to say for themselves."""
        return any(at is None for _, at in self.texts) or (self.is_recorded and self.consent is None)


def ask(session: Session, season: Season, asked: QuestionText, by: Person, now: datetime) -> EntryQuestion:
    """One more question, for everybody who enters from now on; who entered already may answer it too."""
    season.check(Deed.DESCRIBE, now)
    lock(session, season)
    words = asked.checked()
    if len(questions_of(session, season.id)) >= MOST_QUESTIONS:
        raise Refusal(f"A season asks at most {MOST_QUESTIONS} questions. Close one first.")
    last = session.exec(select(func.max(EntryQuestion.position)).where(EntryQuestion.season_id == season.id)).one()
    question = EntryQuestion(
        season_id=season.id, position=(last or 0) + 1, asked_by=by.id, asked_at=now,
        **{**vars(words), "choices": list(words.choices)},
    )  # fmt: skip
    session.add(question)
    session.flush()
    note(session, by, "question.asked", question, now, season.id, number=question.position)
    return question


def reword(
    session: Session, season: Season, question: EntryQuestion, asked: QuestionText, by: Person, now: datetime
) -> None:
    """Say a question otherwise, while nobody has answered what it said."""
    season.check(Deed.DESCRIBE, now)
    lock(session, season)  # nobody answers while we look
    if count_answers(session, season.id)[question.id]:
        raise Refusal("Somebody has answered this question, so its words stay. Close it, and ask another one.")
    words = asked.checked()
    question.text, question.kind, question.is_required = words.text, words.kind, words.is_required
    question.choices = list(words.choices)
    session.flush()
    note(session, by, "question.reworded", question, now, season.id, number=question.position)


def close(session: Session, season: Season, question: EntryQuestion, by: Person, now: datetime) -> None:
    """Nobody is asked any more. Closing twice closes once."""
    season.check(Deed.DESCRIBE, now)
    if question.closed_at is None:
        question.closed_at = now
        note(session, by, "question.closed", question, now, season.id, number=question.position)


def enrol(session: Session, team: Team, season: Season, application: Application, by: Person, now: datetime) -> Entry:
    """The team takes part: all that the season asks is said, or it does not enter. Entering twice enters once."""
    season.check(Deed.TAKE_PART, now)
    lock(session, season)  # the last place is given once, and no question changes meanwhile
    entry = entries.entry_of(session, team.id)
    if entry and not entry.withdrawn_at:
        return entry
    outcomes.check_may_play(session, season.id, teams.members_of(session, team.id), now)
    outcomes.check_is_uncut(session, season, now)
    entry = entries.enter(session, team, season, by, now)
    teams.describe(session, team, season, application.affiliation, application.sponsors, by, now)
    agree(session, season, by, application.words, now)
    answer(session, entry, season, application.answers, by, now)
    return entry


def join(session: Session, token: str, season: Season, person: Person, words: Words, now: datetime) -> Member:
    """Accept an invitation, and the season's terms with it."""
    member = teams.accept(session, token, season, person, now)
    entry = entries.entry_of(session, member.team_id)
    if entry and not entry.withdrawn_at and not outcomes.has_left(session, entry.id, now):
        outcomes.check_may_play(session, season.id, [person], now)
    agree(session, season, person, words, now)
    return member


def agree(session: Session, season: Season, person: Person, words: Words, now: datetime) -> None:
    """The person accepts the terms in force, and says whether they may be recorded if the season asks that."""
    terms.accept(session, season, person, words.accepted, now)
    if not season.is_recorded:
        return
    if words.may_be_recorded is not None:
        consent(session, season, person, words.may_be_recorded, now)
    elif consent_of(session, season.id, person.id) is None:
        raise Refusal("Say whether you may be recorded. Both answers are fine.", field="consent")


def consent(session: Session, season: Season, person: Person, is_given: bool, now: datetime) -> None:
    """Yes or no, from now on; it can be changed at any time."""
    said = consent_of(session, season.id, person.id)
    if said is None or said.is_given != is_given:
        consented = Consent(season_id=season.id, person_id=person.id, is_given=is_given, said_at=now)
        session.add(consented)
        session.flush()
        note(session, person, "consent.given" if is_given else "consent.refused", consented, now, season.id)


def answer(
    session: Session, entry: Entry, season: Season, answers: Mapping[UUID, str], by: Person, now: datetime
) -> None:
    """Answer the open questions, all of them at once; what was said before is replaced."""
    season.check(Deed.TAKE_PART, now)
    lock(session, season)  # while we answer, nobody rewords a question or answers it for the same team
    said = {one.question_id: one for one in answers_of(session, [entry.id]).get(entry.id, ())}
    for question in questions_of(session, season.id):
        text = _checked(question, answers.get(question.id, ""))
        earlier = said.get(question.id)
        if earlier and earlier.text != text:
            earlier.text, earlier.answered_by, earlier.answered_at = text, by.id, now
        elif not earlier and text:
            session.add(
                EntryAnswer(question_id=question.id, entry_id=entry.id, text=text, answered_by=by.id, answered_at=now)
            )
    session.flush()


def _checked(question: EntryQuestion, given: str) -> str:
    text = given.replace("\r\n", "\n").strip()
    if not text:
        if question.is_required:
            raise Refusal("The organizers need an answer here.", field=question.box)
        return ""
    if question.kind in (QuestionKind.YES_NO, QuestionKind.CHOICE):
        if text not in (question.choices or ("yes", "no")):
            raise Refusal("Choose one of these answers.", field=question.box)
        return text
    longest = LONGEST[question.kind]
    if question.kind == QuestionKind.SHORT:
        return clean_name(text, field=question.box, longest=longest, called="answer")
    if len(text) > longest:
        raise Refusal(f"That is longer than {longest} characters.", field=question.box)
    return text


def asked_of(session: Session, season: Season, person_id: UUID, entry: Entry | None) -> Asked:
    entry_id = entry.id if entry else None
    open_ones = (
        select(EntryQuestion, EntryAnswer.text)
        .join(
            EntryAnswer,
            (col(EntryAnswer.question_id) == col(EntryQuestion.id)) & (col(EntryAnswer.entry_id) == entry_id),
            isouter=True,
        )
        .where(EntryQuestion.season_id == season.id, col(EntryQuestion.closed_at).is_(None))
        .order_by(col(EntryQuestion.position))
    )
    return Asked(
        terms.in_force_for(session, season.id, person_id), season.is_recorded,
        consent_of(session, season.id, person_id) if season.is_recorded else None,
        [(question, text or "") for question, text in session.exec(open_ones)],
    )  # fmt: skip


def consent_of(session: Session, season_id: UUID, person_id: UUID) -> Consent | None:
    """What the person said last."""
    said = select(Consent).where(Consent.season_id == season_id, Consent.person_id == person_id)
    return session.exec(said.order_by(col(Consent.said_at).desc())).first()


def consents_of(session: Session, season_id: UUID, among: Collection[UUID] | None = None) -> dict[UUID, Said]:
    """By person, what they said last; `among` these people, or of everybody."""
    said = select(Consent.person_id, Consent.is_given, Consent.said_at).where(Consent.season_id == season_id)
    if among is not None:
        said = said.where(col(Consent.person_id).in_(among))
    rows = session.exec(said.order_by(col(Consent.said_at)))
    return {person_id: Said(is_given, at) for person_id, is_given, at in rows}


def questions_of(session: Session, season_id: UUID, with_closed: bool = False) -> list[EntryQuestion]:
    """In the order in which they were asked."""
    asked = select(EntryQuestion).where(EntryQuestion.season_id == season_id).order_by(col(EntryQuestion.position))
    if not with_closed:
        asked = asked.where(col(EntryQuestion.closed_at).is_(None))
    return list(session.exec(asked))


def find_question(session: Session, season: Season, question_id: UUID) -> EntryQuestion:
    question = session.get(EntryQuestion, question_id)
    if question is None or question.season_id != season.id:
        raise NotYours
    return question


def count_answers(session: Session, season_id: UUID) -> Counter[UUID]:
    """How many entries have answered, by question."""
    counted = (
        select(EntryAnswer.question_id, func.count())
        .join(EntryQuestion, col(EntryQuestion.id) == col(EntryAnswer.question_id))
        .where(EntryQuestion.season_id == season_id)
        .group_by(col(EntryAnswer.question_id))
    )
    return Counter(dict(session.exec(counted).all()))


def answers_of(session: Session, entry_ids: Collection[UUID]) -> dict[UUID, list[EntryAnswer]]:
    """By entry."""
    found: dict[UUID, list[EntryAnswer]] = {}
    for one in session.exec(select(EntryAnswer).where(col(EntryAnswer.entry_id).in_(entry_ids))):
        found.setdefault(one.entry_id, []).append(one)
    return found
