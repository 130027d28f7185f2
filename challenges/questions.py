"""Questions: clarifications for those who answer, without who asked; whose a personal matter is, organizers learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from challenges.challenges import Challenge
from challenges.clarifications import Clarification, ClarificationKind, is_waiting
from challenges.people import Person
from challenges.seasons import RoleKind, Season, role_of
from challenges.teams import Team


@dataclass(frozen=True)
class Question:
    """A question for those who answer it: there is no asker in it."""

    id: UUID
    number: int
    title: str
    """Of its challenge."""
    section: str
    text: str
    wording: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    public_at: datetime | None
    mark: str
    merged_into: UUID | None
    duplicates: Sequence[str]
    """The texts of the questions that were merged into it."""


@dataclass(frozen=True)
class Matter(Question):
    """A personal matter for the organizers, who have to know whose it is."""

    asker: str
    team: str


@dataclass(frozen=True)
class Queue:
    """What waits in a season, the oldest first."""

    unanswered: Sequence[Question]
    proposed: Sequence[Question]
    """Answered by a judge, and not let out yet."""
    matters: Sequence[Matter]
    """Of organizers alone, like the closed ones; the newest of these comes first."""
    closed_matters: Sequence[Matter]


def to_answer(session: Session, question: Clarification) -> Question:
    """The same without who asked; a personal matter with it. Ask `find_for` first."""
    (found,) = _questions(session, Clarification.id == question.id)
    return found


def others_of(session: Session, question: Question) -> list[Question]:
    """What it can be merged into: the other questions of its challenge, the unanswered ones first."""
    own = select(Clarification.challenge_id).where(Clarification.id == question.id).scalar_subquery()
    found = _questions(
        session, col(Clarification.challenge_id) == own, Clarification.kind == ClarificationKind.TASK,
        Clarification.id != question.id, col(Clarification.merged_into).is_(None),
    )  # fmt: skip
    return sorted(found, key=lambda one: one.public_at is not None)


def queue_of(session: Session, season: Season, person_id: UUID) -> Queue:
    """What waits for this organizer or judge. A judge's queue holds no personal matter."""
    is_organizer = bool(role_of(session, season.id, person_id, RoleKind.ORGANIZER))
    personal, about_task = (
        col(Clarification.kind) == kind for kind in (ClarificationKind.PERSONAL, ClarificationKind.TASK)
    )
    seen = or_(personal, is_waiting()) if is_organizer else and_(about_task, is_waiting())
    found = _questions(session, Challenge.season_id == season.id, seen)
    matters = [one for one in found if isinstance(one, Matter)]
    questions = [one for one in found if not isinstance(one, Matter)]
    return Queue(
        unanswered=[one for one in questions if not one.answer],
        proposed=[one for one in questions if one.answer],
        matters=[one for one in matters if not one.answered_at],
        closed_matters=sorted((one for one in matters if one.answered_at), key=lambda one: str(one.mark), reverse=True),
    )


def _questions(session: Session, *which: ColumnElement[bool] | bool) -> list[Question]:
    """The oldest first, in two statements."""
    rows = session.exec(
        select(Clarification, Challenge, Person.name, Team.name)
        .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
        .join(Person, col(Person.id) == col(Clarification.asked_by))
        .join(Team, col(Team.id) == col(Clarification.team_id))
        .where(*which)
        .order_by(col(Clarification.asked_at), col(Clarification.id))
    ).all()
    merged = session.exec(
        select(Clarification)
        .where(col(Clarification.merged_into).in_([question.id for question, *_ in rows]))
        .order_by(col(Clarification.asked_at), col(Clarification.id))
    ).all()
    return [_question(*row, [one.text for one in merged if one.merged_into == row[0].id]) for row in rows]


def _question(row: Clarification, challenge: Challenge, asker: str, team: str, duplicates: Sequence[str]) -> Question:
    question = Question(
        row.id, challenge.number, challenge.title, row.section, row.text, row.wording, row.asked_at, row.answer,
        row.answered_at, row.public_at, row.mark, row.merged_into, duplicates,
    )  # fmt: skip
    return Matter(**vars(question), asker=asker, team=team) if row.is_personal else question
