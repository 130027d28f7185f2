"""Letters: a mail that somebody shall get. The domain writes the row; the worker puts it in an envelope."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, or_, text
from sqlmodel import Field, Session, col, func, select

from challenges.people import Person
from challenges.records import Instant, Record
from challenges.refusals import NotYours, Refusal


class LetterState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    """By the mail server, or by the mailbox page where there is none. Never called delivered."""
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    """The worker ended between giving the text and hearing the answer. It is never sent again by itself."""


class Letter(Record, table=True):
    """A mail to one address. `facts` fill the template of its `kind`; their `secret` does not outlive sending."""

    __table_args__ = (
        Index(
            "ix_letter_waiting", "created_at",
            sqlite_where=text("sent_at IS NULL AND refused_at IS NULL AND uncertain_at IS NULL"),
            postgresql_where=text("sent_at IS NULL AND refused_at IS NULL AND uncertain_at IS NULL"),
        ),
    )  # fmt: skip

    kind: str = Field(max_length=32)
    to_email: str = Field(max_length=254)
    to_name: str = Field(max_length=80)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    season_id: UUID | None = Field(default=None, foreign_key="season.id", index=True)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    attempt: int = 1
    """Counts up when somebody asks to send it again."""
    sending_at: datetime | None = Field(default=None, sa_type=Instant)
    """Committed before the text is given to the mail server."""
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    refused_at: datetime | None = Field(default=None, sa_type=Instant)
    uncertain_at: datetime | None = Field(default=None, sa_type=Instant)
    trouble: str | None = None
    """What the mail server said last, for the outbox."""

    @property
    def state(self) -> LetterState:
        if self.sent_at:
            return LetterState.ACCEPTED
        if self.uncertain_at:
            return LetterState.UNCERTAIN
        return LetterState.REFUSED if self.refused_at else LetterState.WAITING


def write(
    session: Session,
    kind: str,
    to: Person | tuple[str, str],
    now: datetime,
    season_id: UUID | None = None,
    **facts: Any,
) -> Letter:
    """Put a letter in the outbox; `to` is a person, or an address with a name."""
    known = isinstance(to, Person)
    email, name = (to.email, to.name) if isinstance(to, Person) else to
    letter = Letter(
        kind=kind, to_email=email, to_name=name, person_id=to.id if known and isinstance(to, Person) else None,
        season_id=season_id, facts=facts, created_at=now,
    )  # fmt: skip
    session.add(letter)
    session.flush()
    return letter


def waiting(session: Session, most: int = 500) -> list[Letter]:
    """What the worker has to send, oldest first."""
    unsent = (
        select(Letter)
        .where(col(Letter.sent_at).is_(None), col(Letter.refused_at).is_(None), col(Letter.uncertain_at).is_(None))
        .order_by(col(Letter.created_at))
        .limit(most)
    )
    return list(session.exec(unsent))


def outbox_of(session: Session, season_id: UUID, most: int = 200) -> list[Letter]:
    """Every letter of a season, newest first."""
    letters = (
        select(Letter)
        .where(Letter.season_id == season_id)
        .order_by(col(Letter.created_at).desc(), col(Letter.id))
        .limit(most)
    )
    return list(session.exec(letters))


def count_in_trouble(session: Session, season_id: UUID) -> int:
    """How many letters of a season wait for somebody's decision: refused, or nobody knows."""
    troubled = or_(col(Letter.refused_at).is_not(None), col(Letter.uncertain_at).is_not(None))
    return session.exec(select(func.count()).where(Letter.season_id == season_id, troubled)).one()


def latest(session: Session, most: int = 200) -> list[Letter]:
    """Of the whole site, newest first: for the mailbox page of a demo."""
    return list(session.exec(select(Letter).order_by(col(Letter.created_at).desc(), col(Letter.id)).limit(most)))


def find_in_season(session: Session, season_id: UUID, letter_id: UUID) -> Letter:
    letter = session.get(Letter, letter_id)
    if letter is None or letter.season_id != season_id:
        raise NotYours
    return letter


def note_accepted(letter: Letter, now: datetime) -> None:
    """Somebody took it: the mail server, or the mailbox page."""
    letter.sent_at = letter.sent_at or now


def send_again(letter: Letter) -> None:
    """An organizer asks for one more attempt at a refused or uncertain letter."""
    if letter.state not in (LetterState.REFUSED, LetterState.UNCERTAIN):
        raise Refusal("This letter is not waiting for your decision: it was accepted, or is still being sent.")
    letter.attempt += 1
    letter.sending_at = letter.refused_at = letter.uncertain_at = None
