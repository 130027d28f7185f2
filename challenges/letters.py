"""Letters: a mail that somebody shall get. The domain writes the row; the worker puts it in an envelope."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Index, and_, not_, or_, text
from sqlmodel import Field, Session, col, select

from challenges.people import Person
from challenges.records import Instant, Record
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Role, RoleKind, Season


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
        Index("ix_letter_outbox", "season_id", "created_at"),
        Index(
            "ix_letter_troubled", "season_id",
            sqlite_where=text("refused_at IS NOT NULL OR uncertain_at IS NOT NULL"),
            postgresql_where=text("refused_at IS NOT NULL OR uncertain_at IS NOT NULL"),
        ),
    )  # fmt: skip

    kind: str = Field(max_length=32)
    to_email: str = Field(max_length=254)
    to_name: str = Field(max_length=80)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    season_id: UUID | None = Field(default=None, foreign_key="season.id")
    mailing_id: UUID | None = Field(default=None, index=True)
    """The mail to many that it is one of."""
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

    @property
    def is_blind(self) -> bool:
        """Organizers may know that it was written, and not to whom."""
        return bool(self.facts.get("is_blind"))

    @property
    def shown_name(self) -> str:
        """As the outbox of a season tells it; so are the next two."""
        return "a participant" if self.is_blind else self.to_name

    @property
    def shown_email(self) -> str:
        return "" if self.is_blind else self.to_email

    @property
    def shown_trouble(self) -> str | None:
        return "The mail server did not take it." if self.trouble and self.is_blind else self.trouble


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


def write_all(session: Session, many: Sequence[Letter]) -> None:
    """Put these in the outbox together: one statement for thousands."""
    session.add_all(many)
    session.flush()


def waiting(session: Session, most: int = 500) -> list[Letter]:
    """What the worker has to send, oldest first."""
    unsent = (
        select(Letter)
        .where(col(Letter.sent_at).is_(None), col(Letter.refused_at).is_(None), col(Letter.uncertain_at).is_(None))
        .order_by(col(Letter.created_at), col(Letter.id))
        .limit(most)
    )
    return list(session.exec(unsent))


def outbox_of(
    session: Session, season_id: UUID, most: int = 200, after: UUID | None = None,
    state: LetterState | None = None, kind: str = "", mailing_id: UUID | None = None,
) -> list[Letter]:  # fmt: skip
    """Letters of a season, newest first; goes on `after` the last one read."""
    letters = (
        select(Letter)
        .where(Letter.season_id == season_id, *_is(state))
        .order_by(col(Letter.created_at).desc(), col(Letter.id))
        .limit(most)
    )
    if kind:
        letters = letters.where(Letter.kind == kind)
    if mailing_id:
        letters = letters.where(Letter.mailing_id == mailing_id)
    if after:
        last = find_in_season(session, season_id, after)
        # Thousands are written at one instant, so the instant alone would skip some.
        same = and_(col(Letter.created_at) == last.created_at, col(Letter.id) > last.id)
        letters = letters.where(or_(col(Letter.created_at) < last.created_at, same))
    return list(session.exec(letters))


def _is(state: LetterState | None) -> Sequence[ColumnElement[bool]]:
    """In a query, what `state` says of one letter."""
    sent, refused, uncertain = (
        col(column).is_not(None) for column in (Letter.sent_at, Letter.refused_at, Letter.uncertain_at)
    )
    return {
        None: [],
        LetterState.ACCEPTED: [sent],
        LetterState.UNCERTAIN: [uncertain, not_(sent)],
        LetterState.REFUSED: [refused, not_(sent), not_(uncertain)],
        LetterState.WAITING: [not_(sent), not_(refused), not_(uncertain)],
    }[state]


def troubled_of(session: Session, season_id: UUID, most: int = 50) -> list[Letter]:
    """What waits for somebody's decision, newest first."""
    letters = select(Letter).where(Letter.season_id == season_id, _is_troubled())
    return list(session.exec(letters.order_by(col(Letter.created_at).desc(), col(Letter.id)).limit(most)))


def in_trouble(season_id: UUID) -> tuple[ColumnElement[bool] | bool, ColumnElement[bool]]:
    """In a query: the letters of a season that wait for somebody's decision: refused, or nobody knows."""
    return Letter.season_id == season_id, _is_troubled()


def _is_troubled() -> ColumnElement[bool]:
    return or_(col(Letter.refused_at).is_not(None), col(Letter.uncertain_at).is_not(None))


def latest(session: Session, most: int = 200) -> list[Letter]:
    """Of the whole site, newest first: for the mailbox page of a demo."""
    return list(session.exec(select(Letter).order_by(col(Letter.created_at).desc(), col(Letter.id)).limit(most)))


def find_in_season(session: Session, season_id: UUID, letter_id: UUID) -> Letter:
    letter = session.get(Letter, letter_id)
    if letter is None or letter.season_id != season_id:
        raise NotYours
    return letter


def reply_to(session: Session, season_id: UUID | None) -> str | None:
    """Where answers to letters of a season go: to its contact, or to the person who organizes it longest."""
    season = session.get(Season, season_id) if season_id else None
    if season is None or season.contact:
        return season.contact if season else None
    organizers = (
        select(Person.email)
        .join(Role, col(Role.person_id) == col(Person.id))
        .where(Role.season_id == season.id, Role.kind == RoleKind.ORGANIZER, col(Role.ended_at).is_(None))
        .order_by(col(Role.granted_at), Person.email)
    )
    return session.exec(organizers.limit(1)).first()


def note_accepted(letter: Letter, now: datetime) -> None:
    """Somebody took it: the mail server, or the mailbox page."""
    letter.sent_at = letter.sent_at or now


def send_again(letter: Letter) -> None:
    """An organizer asks for one more attempt at a refused or uncertain letter."""
    if letter.state not in (LetterState.REFUSED, LetterState.UNCERTAIN):
        raise Refusal("This letter is not waiting for your decision: it was accepted, or is still being sent.")
    letter.attempt += 1
    letter.sending_at = letter.refused_at = letter.uncertain_at = None
