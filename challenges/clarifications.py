"""Clarifications: what participants ask privately about a challenge, and what is answered once, for everybody."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from markdown_it import MarkdownIt
from sqlalchemy import CheckConstraint, ColumnElement, and_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, col, func, select

from challenges.briefs import brief_of
from challenges.challenges import Challenge, released_by
from challenges.entries import Entry, entry_of
from challenges.history import note
from challenges.letters import Letter, write, write_all
from challenges.outcomes import EntryState, has_left, states_of
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import Conflict, NotYours, Refusal
from challenges.seasons import RoleKind, Season, holders, role_of
from challenges.states import Deed
from challenges.teams import Member, Team, team_of

LONGEST_QUESTION = 2_000
LONGEST_ANSWER = 6_000
LONGEST_SECTION = 120
MOST_OPEN = 5
"""Of one team about one season; of personal matters, of one person."""

_reader = MarkdownIt("commonmark", {"html": False})


class ClarificationKind(StrEnum):
    TASK = "task"
    """About what the challenge asks: answered for everybody, without the name of who asked."""
    PERSONAL = "personal"
    """An illness, an extension, a wrong name: between who asked and the organizers, for ever."""


class Clarification(Record, table=True):
    """One question. Who asked it is for the limits and for their own page, and nothing else is drawn from it."""

    __table_args__ = (
        CheckConstraint("kind = 'task' OR (public_at IS NULL AND merged_into IS NULL)", name="personal_stays_private"),
        CheckConstraint("public_at IS NULL OR merged_into IS NULL", name="answered_or_merged"),
    )

    challenge_id: UUID = Field(foreign_key="challenge.id", index=True)
    kind: str = Field(max_length=16)
    section: str = Field(default="", max_length=LONGEST_SECTION)
    """The heading in the brief that it is about."""
    text: str
    """As it was asked."""
    asked_by: UUID = Field(foreign_key="person.id", index=True)
    team_id: UUID = Field(foreign_key="team.id")
    asked_at: datetime = Field(sa_type=Instant)
    wording: str = ""
    """The question as everybody reads it, once it is answered."""
    answer: str = ""
    """Markdown. A judge's waits here until an organizer lets it out."""
    answered_by: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    let_out_by: UUID | None = Field(default=None, foreign_key="person.id")
    public_at: datetime | None = Field(default=None, sa_type=Instant)
    """From here on everybody may read wording and answer; never, for a personal matter."""
    merged_into: UUID | None = Field(default=None, foreign_key="clarification.id", index=True)
    """The question that asked the same, whose answer is this one's too."""

    @property
    def is_personal(self) -> bool:
        return self.kind == ClarificationKind.PERSONAL

    @property
    def is_closed(self) -> bool:
        """Answered for good: nothing of it changes any more."""
        return bool(self.answered_at if self.is_personal else self.public_at)

    @property
    def mark(self) -> str:
        """Names the answer that stands: a page on which somebody answers says which one it showed."""
        return self.answered_at.isoformat() if self.answered_at else ""


@dataclass(frozen=True)
class Answered:
    """A clarification as everybody reads it."""

    id: UUID
    challenge: int
    title: str
    number: int
    """Within its challenge, in the order of the answers."""
    section: str
    question: str
    answer: str
    at: datetime


@dataclass(frozen=True)
class Mine:
    """What somebody asked, for their own eyes."""

    is_personal: bool
    section: str
    text: str
    asked_at: datetime
    answer: str
    """To a personal matter; the others are answered for everybody."""
    answered_at: datetime | None
    public_id: UUID | None
    """The clarification that answers it."""
    is_merged: bool


@dataclass(frozen=True)
class Waiting:
    """How much waits in a season for an answer, or for an organizer to let an answer out."""

    questions: int
    proposals: int
    matters: int


def sections_of(brief: str) -> list[str]:
    """The headings of a brief, as they read, in order."""
    tokens = _reader.parse(brief)
    lines = [tokens[at + 1].children or [] for at, token in enumerate(tokens) if token.type == "heading_open"]
    titles = [
        " ".join("".join(one.content for one in line if one.type in ("text", "code_inline")).split()) for line in lines
    ]
    return list(dict.fromkeys(title[:LONGEST_SECTION] for title in titles if title))


def taken_until(challenge: Challenge) -> datetime:
    """Questions about the task are taken before this instant; personal matters for as long as the season runs."""
    return challenge.questions_until or challenge.due_at


def ask(
    session: Session, season: Season, challenge: Challenge, kind: ClarificationKind, text: str, section: str,
    by: Person, now: datetime,
) -> Clarification:  # fmt: skip
    """Ask privately. Asking the same twice asks once. The trace does not say who asked."""
    if not challenge.is_released(now):
        raise NotYours
    season.check(Deed.ASK, now)
    lock(session, season)  # two clicks ask once, and the limits hold
    asked, about = _clean(text, "question", LONGEST_QUESTION, "Write your question."), section.strip()
    is_personal = kind == ClarificationKind.PERSONAL
    for earlier in _waiting_of_person(session, season.id, by.id):
        if (earlier.challenge_id, earlier.kind, earlier.text, earlier.section) == (challenge.id, kind, asked, about):
            return earlier
    team = team_of(session, season.id, by.id)
    if team is None:
        raise Refusal("You are in no team of this season. Join one first; then you can ask.")
    if is_personal:
        _check_few(len([one for one in _waiting_of_person(session, season.id, by.id) if one.is_personal]), "You have")
    else:
        _check_may_ask(session, challenge, team, now)
        _check_few(_count_open(session, season.id, Clarification.team_id == team.id), "Your team has")
    brief = brief_of(session, challenge.id)
    if about and about not in sections_of(brief.text if brief else ""):
        raise Refusal("The brief has no such heading any more. Choose one from the list.", field="section")
    is_first = not _count_open(session, season.id, kind=kind)
    question = Clarification(
        challenge_id=challenge.id, kind=kind, section=about, text=asked, wording="" if is_personal else asked,
        asked_by=by.id, team_id=team.id, asked_at=now,
    )  # fmt: skip
    session.add(question)
    session.flush()
    deed = "clarification.confided" if is_personal else "clarification.asked"
    note(session, None, deed, question, now, season.id, challenge=challenge.number)
    if is_first or is_personal:  # an illness cannot wait for who looks next
        _tell_organizers(session, season, challenge, question, now)
    return question


def _check_may_ask(session: Session, challenge: Challenge, team: Team, now: datetime) -> None:
    until = taken_until(challenge)
    if now >= until:
        raise Refusal(
            f"Questions about this challenge were taken until {until:%a %d %b %Y, %H:%M} UTC. "
            "You can still write about a personal matter."
        )
    entry = entry_of(session, team.id)
    if entry is None or entry.withdrawn_at:
        raise Refusal("Your team does not take part. Enter the season first; then you can ask about its challenges.")
    if has_left(session, entry.id, now):
        raise Refusal("Your team is out of this season. You can still write about a personal matter.")


def _check_few(waiting: int, whose: str) -> None:
    if waiting >= MOST_OPEN:
        raise Refusal(
            f"{whose} {waiting} questions that wait for an answer. Ask again when one of them is answered.",
            field="question",
        )


def answer(
    session: Session, question: Clarification, text: str, by: Person, now: datetime,
    wording: str | None = None, seen: str = "",
) -> None:  # fmt: skip
    """An organizer's answer goes out at once: to everybody, or privately where the matter is personal. A judge's waits.

    `wording` is the question as everybody will read it. `seen` is the `mark` of the answer that the page showed.
    Whoever comes second gets a Conflict; sending the same twice answers once.
    """
    challenge, season = _of(session, question)
    season.check(Deed.ANSWER, now)
    is_organizer = _is_organizer(session, season, by)
    if question.is_personal and not is_organizer:
        raise NotYours
    lock(session, question)
    said = _clean(text, "answer", LONGEST_ANSWER, "Write the answer.")
    asked = question.wording if question.is_personal or not is_organizer or wording is None else _clean(
        wording, "wording", LONGEST_QUESTION, "Write the question as everybody shall read it."
    )  # fmt: skip
    if _stands(question, said, asked, by, is_organizer):
        return
    _check_first(question, seen, is_organizer)
    if not question.answer or question.answer != said:
        question.answer, question.answered_by, question.answered_at = said, by.id, now
    question.wording = asked
    deed = "clarification.proposed"
    if question.is_personal:
        deed = "clarification.replied"
        _tell_asker(session, season, challenge, question, now)
    elif is_organizer:
        deed = "clarification.answered"
        question.let_out_by, question.public_at = by.id, now
        _tell_everybody(session, season, challenge, question, now)
    session.flush()
    note(session, by, deed, question, now, season.id, challenge=challenge.number)


def _stands(question: Clarification, said: str, asked: str, by: Person, is_organizer: bool) -> bool:
    """Whether this very answer is there already, by this person: the button was pressed twice."""
    if question.merged_into or (question.answer, question.wording) != (said, asked):
        return False
    if is_organizer and not question.is_personal:
        return question.let_out_by == by.id
    return question.answered_by == by.id


def _check_first(question: Clarification, seen: str, is_organizer: bool) -> None:
    kept = "Your text is still here, and nothing was overwritten."
    if question.merged_into:
        raise Conflict(f"An organizer has merged this question with another one meanwhile. {kept}", field="answer")
    if question.is_closed:
        raise Conflict(f"Somebody has answered this question meanwhile. {kept}", field="answer")
    if question.answer and not is_organizer:
        raise Conflict(f"A judge has answered this question already; an organizer looks at it. {kept}", field="answer")
    if question.answer and seen != question.mark:
        raise Conflict(
            f"A judge has answered this question meanwhile. {kept} Read the judge’s answer, then send the better one.",
            field="answer",
        )


def merge(session: Session, question: Clarification, into: Clarification, by: Person, now: datetime) -> None:
    """Both ask the same, so the answer of one is the other's too. Merging twice merges once."""
    challenge, season = _of(session, question)
    season.check(Deed.ANSWER, now)
    if not _is_organizer(session, season, by) or into.challenge_id != challenge.id:
        raise NotYours
    if question.is_personal or into.is_personal:
        raise Refusal("A personal matter stays with whoever asked, so it cannot be merged.", field="into")
    if question.id == into.id:
        raise Refusal("Choose another question than this one.", field="into")
    for each in sorted(
        (question, into), key=lambda one: one.id
    ):  # always in one order: two merges cannot wait in a ring
        lock(session, each)
    if question.merged_into == into.id:
        return
    if question.merged_into or into.merged_into:
        raise Conflict("One of the two was merged with another question meanwhile. Load the page again.", field="into")
    if question.public_at:
        raise Conflict(
            "This question is answered for everybody, so it stays. Merge the other one into it.", field="into"
        )
    if question.answer:
        raise Refusal("A judge has answered this question. Merge the other one into it instead.", field="into")
    merged = [question, *session.exec(select(Clarification).where(Clarification.merged_into == question.id))]
    for each in merged:
        each.merged_into = into.id
    session.flush()
    note(session, by, "clarification.merged", question, now, season.id, challenge=challenge.number)
    if into.public_at:
        _tell_merged(session, season, challenge, merged, into, now)


def _of(session: Session, question: Clarification) -> tuple[Challenge, Season]:
    challenge = session.get_one(Challenge, question.challenge_id)
    return challenge, session.get_one(Season, challenge.season_id)


def _is_organizer(session: Session, season: Season, by: Person) -> bool:
    if role_of(session, season.id, by.id, RoleKind.ORGANIZER):
        return True
    if role_of(session, season.id, by.id, RoleKind.JUDGE):
        return False
    raise NotYours


def _clean(text: str, field: str, longest: int, missing: str) -> str:
    """The text without control characters, but with its lines."""
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc").strip()
    if not kept:
        raise Refusal(missing, field=field)
    if len(kept) > longest:
        raise Refusal(f"That is longer than {longest:,} characters. Say it in fewer words.", field=field)
    return kept


def _tell_organizers(
    session: Session, season: Season, challenge: Challenge, question: Clarification, now: datetime
) -> None:
    for _, person in holders(session, season.id, RoleKind.ORGANIZER):
        write(
            session, "question_asked", person, now, season.id,
            season=season.title, slug=season.slug, number=challenge.number, is_personal=question.is_personal,
        )  # fmt: skip


def _tell_asker(session: Session, season: Season, challenge: Challenge, question: Clarification, now: datetime) -> None:
    write(
        session, "personal_answer", session.get_one(Person, question.asked_by), now, season.id,
        season=season.title, slug=season.slug, number=challenge.number, answer=question.answer,
    )  # fmt: skip


def _tell_everybody(
    session: Session, season: Season, challenge: Challenge, question: Clarification, now: datetime
) -> None:
    """Everybody who takes part, as far as it is known, and the judges; each once."""
    active = {known.entry.id for known in states_of(session, season.id, now) if known.state == EntryState.ACTIVE}
    members = session.exec(
        select(Entry.id, Person)
        .join(Member, col(Member.team_id) == col(Entry.team_id))
        .join(Person, col(Person.id) == col(Member.person_id))
        .where(Entry.season_id == season.id, col(Member.left_at).is_(None))
        .order_by(Person.email)
    ).all()
    told = [person for entry_id, person in members if entry_id in active]
    told += [person for _, person in holders(session, season.id, RoleKind.JUDGE)]
    facts = _facts(season, challenge, question)
    letters = [
        Letter(
            kind="clarification", to_email=person.email, to_name=person.name, person_id=person.id, season_id=season.id,
            facts=facts, created_at=now,
        )
        for person in {person.id: person for person in told}.values()
    ]  # fmt: skip
    write_all(session, letters)


def _tell_merged(
    session: Session, season: Season, challenge: Challenge, merged: Sequence[Clarification], into: Clarification,
    now: datetime,
) -> None:  # fmt: skip
    """These askers alone, so the letter is blind: the outbox would tell organizers who asked."""
    for person_id in {each.asked_by: None for each in merged}:
        asker = session.get_one(Person, person_id)
        write(session, "clarification", asker, now, season.id, **_facts(season, challenge, into), is_blind=True)


def _facts(season: Season, challenge: Challenge, question: Clarification) -> dict[str, Any]:
    return {
        "season": season.title, "slug": season.slug, "number": challenge.number, "challenge": challenge.title,
        "section": question.section, "question": question.wording, "answer": question.answer,
        "clarification_id": str(question.id),
    }  # fmt: skip


def find_for(session: Session, season: Season, clarification_id: UUID, person_id: UUID) -> Clarification:
    """A question for those who answer: organizers and judges of its season; personal matters for organizers alone."""
    question = session.get(Clarification, clarification_id)
    challenge = session.get_one(Challenge, question.challenge_id) if question else None
    if question and challenge and challenge.season_id == season.id:
        kinds = (RoleKind.ORGANIZER,) if question.is_personal else (RoleKind.ORGANIZER, RoleKind.JUDGE)
        if any(role_of(session, season.id, person_id, kind) for kind in kinds):
            return question
    raise NotYours


def answered_of(session: Session, season_id: UUID, now: datetime) -> list[Answered]:
    """Every clarification of a season that everybody may read, the newest first."""
    return _answered(session, now, Challenge.season_id == season_id)


def answered_in(session: Session, challenge: Challenge, now: datetime) -> list[Answered]:
    """The same of one challenge."""
    return _answered(session, now, Challenge.id == challenge.id)


def _answered(session: Session, now: datetime, which: ColumnElement[bool] | bool) -> list[Answered]:
    rows = session.exec(
        select(Clarification, Challenge)
        .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
        .where(which, col(Clarification.public_at) <= now, released_by(now))
        .order_by(col(Clarification.public_at), col(Clarification.id))
    ).all()
    numbers: Counter[UUID] = Counter()
    found = []
    for row, challenge in rows:
        numbers[challenge.id] += 1
        found.append(
            Answered(
                row.id, challenge.number, challenge.title, numbers[challenge.id], row.section, row.wording, row.answer,
                row.public_at or now,
            )
        )  # fmt: skip
    return found[::-1]


def mine_of(session: Session, challenge: Challenge, person_id: UUID) -> list[Mine]:
    """What this person asked about a challenge, the newest first: for nobody else's eyes."""
    other = aliased(Clarification)
    rows = session.exec(
        select(Clarification, other)
        .join(other, col(other.id) == col(Clarification.merged_into), isouter=True)
        .where(Clarification.challenge_id == challenge.id, Clarification.asked_by == person_id)
        .order_by(col(Clarification.asked_at).desc(), col(Clarification.id))
    ).all()
    return [_mine(row, into or row) for row, into in rows]


def _mine(row: Clarification, answered: Clarification) -> Mine:
    """A judge's answer that waits is nothing yet."""
    return Mine(
        is_personal=row.is_personal, section=row.section, text=row.text, asked_at=row.asked_at,
        answer=row.answer if row.is_personal else "",
        answered_at=row.answered_at if row.is_personal else answered.public_at,
        public_id=answered.id if answered.public_at else None, is_merged=row.merged_into is not None,
    )  # fmt: skip


def count_waiting(session: Session, season_id: UUID) -> Waiting:
    """For the run sheet."""
    counts = session.exec(
        select(Clarification.kind, func.count(), func.count(col(Clarification.answered_at)))
        .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
        .where(Challenge.season_id == season_id, is_waiting())
        .group_by(Clarification.kind)
    ).all()
    found = {kind: (together, proposed) for kind, together, proposed in counts}
    together, proposed = found.get(ClarificationKind.TASK, (0, 0))
    return Waiting(together - proposed, proposed, found.get(ClarificationKind.PERSONAL, (0, 0))[0])


def is_waiting() -> ColumnElement[bool]:
    """In a query, what still waits for an answer or for being let out."""
    return or_(
        and_(
            col(Clarification.kind) == ClarificationKind.TASK, col(Clarification.public_at).is_(None),
            col(Clarification.merged_into).is_(None),
        ),
        and_(col(Clarification.kind) == ClarificationKind.PERSONAL, col(Clarification.answered_at).is_(None)),
    )  # fmt: skip


def _waiting_of_person(session: Session, season_id: UUID, person_id: UUID) -> list[Clarification]:
    waiting = (
        select(Clarification)
        .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
        .where(Challenge.season_id == season_id, Clarification.asked_by == person_id, is_waiting())
    )
    return list(session.exec(waiting))


def _count_open(
    session: Session, season_id: UUID, *which: ColumnElement[bool] | bool,
    kind: ClarificationKind = ClarificationKind.TASK,
) -> int:  # fmt: skip
    waiting = (
        select(func.count())
        .select_from(Clarification)
        .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
        .where(Challenge.season_id == season_id, Clarification.kind == kind, is_waiting(), *which)
    )
    return session.exec(waiting).one()
