"""Outcomes: what a challenge means for an entry (it goes on, leaves or wins), and from when others may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, or_
from sqlmodel import Field, Session, col, select

from challenges.challenges import Challenge
from challenges.entries import Entry, entries_of
from challenges.formats import Format
from challenges.people import Person
from challenges.records import Instant, Record
from challenges.refusals import Refusal
from challenges.seasons import Season
from challenges.teams import Member, Team


class OutcomeKind(StrEnum):
    GOES_ON = "goes on"
    LEAVES = "leaves"
    WINS = "wins"


class Outcome(Record, table=True):
    """Confirmed by an organizer. Nobody else sees a trace of it before the results of its challenge are public."""

    __table_args__ = (
        UniqueConstraint("challenge_id", "entry_id"),
        Index("ix_outcome_public", "entry_id", "public_at"),
    )

    challenge_id: UUID = Field(foreign_key="challenge.id")
    entry_id: UUID = Field(foreign_key="entry.id")
    kind: str = Field(max_length=16)
    reason: str = Field(default="", max_length=400)
    confirmed_by: UUID = Field(foreign_key="person.id")
    confirmed_at: datetime = Field(sa_type=Instant)
    public_at: datetime | None = Field(default=None, sa_type=Instant)
    """None until the results are released."""


class EntryState(StrEnum):
    """Where an entry is in its season, as everybody may know."""

    ACTIVE = "active"
    ELIMINATED = "eliminated"
    WITHDRAWN = "withdrawn"
    WINNER = "winner"


@dataclass(frozen=True)
class Known:
    """An entry with its state as everybody may know it at some instant."""

    entry: Entry
    team: Team
    state: EntryState


def confirm(
    session: Session, challenge: Challenge, kinds: dict[UUID, tuple[OutcomeKind, str]], by: Person, now: datetime
) -> list[Outcome]:
    """Write down what the challenge means for each of these entries, with its reason. Not public yet."""
    if of_challenge(session, challenge.id):
        raise Refusal("The results of this challenge are confirmed already. Undo that first.")
    outcomes = [
        Outcome(
            challenge_id=challenge.id, entry_id=entry_id, kind=kind, reason=reason, confirmed_by=by.id, confirmed_at=now
        )
        for entry_id, (kind, reason) in kinds.items()
    ]
    session.add_all(outcomes)
    session.flush()
    return outcomes


def undo(session: Session, challenge: Challenge, now: datetime) -> None:
    """Forget what was confirmed, while nobody else knows."""
    for outcome in of_challenge(session, challenge.id):
        if outcome.public_at and outcome.public_at <= now:
            raise Refusal("These results are released. What people have read cannot be undone.")
        session.delete(outcome)
    session.flush()


def make_public(session: Session, challenge: Challenge, at: datetime | None) -> None:
    """Everybody may know from `at` on; None takes that back."""
    for outcome in of_challenge(session, challenge.id):
        outcome.public_at = at
    session.flush()


def of_challenge(session: Session, challenge_id: UUID) -> list[Outcome]:
    return list(session.exec(select(Outcome).where(Outcome.challenge_id == challenge_id)))


def withdrawn_since(session: Session, challenge_id: UUID) -> list[str]:
    """The teams that were confirmed to go on or to win, and have withdrawn meanwhile."""
    gone = (
        select(Team.name)
        .join(Entry, col(Entry.team_id) == col(Team.id))
        .join(Outcome, col(Outcome.entry_id) == col(Entry.id))
        .where(
            Outcome.challenge_id == challenge_id,
            Outcome.kind != OutcomeKind.LEAVES,
            col(Entry.withdrawn_at).is_not(None),
        )
    )
    return list(session.exec(gone.order_by(Team.name)))


def kinds_of(session: Session, challenge_id: UUID) -> dict[UUID, OutcomeKind]:
    """By entry, what is confirmed in a challenge; without a record of each, for there may be thousands."""
    rows = session.exec(select(Outcome.entry_id, Outcome.kind).where(Outcome.challenge_id == challenge_id))
    return {entry_id: OutcomeKind(kind) for entry_id, kind in rows}


def has_left(session: Session, entry_id: UUID, now: datetime) -> bool:
    """Whether it is known that this entry is out."""
    left = select(Outcome.id).where(
        Outcome.entry_id == entry_id, Outcome.kind == OutcomeKind.LEAVES, col(Outcome.public_at) <= now
    )
    return session.exec(left).first() is not None


def check_may_play(session: Session, season_id: UUID, people: Sequence[Person], now: datetime) -> None:
    """Who was in an entry when it was judged, and is known to be out with it, does not begin anew in another team."""
    out = session.exec(
        select(Person.id, Person.name, Team.name)
        .join(Member, col(Member.person_id) == col(Person.id))
        .join(Team, col(Team.id) == col(Member.team_id))
        .join(Entry, col(Entry.team_id) == col(Team.id))
        .join(Outcome, col(Outcome.entry_id) == col(Entry.id))
        .join(Challenge, col(Challenge.id) == col(Outcome.challenge_id))
        .where(
            Member.season_id == season_id,
            col(Person.id).in_([person.id for person in people]),
            Outcome.kind == OutcomeKind.LEAVES,
            col(Outcome.public_at) <= now,
            or_(col(Member.left_at).is_(None), col(Member.left_at) > col(Challenge.due_at)),
        )
        .order_by(Person.name)
    ).first()
    if out:
        _, person, team = out
        raise Refusal(
            f"{person} took part with {team}, for whom this season has ended, and nobody takes part in a season twice. "
            "Thank you for playing: the next season is open to everybody again."
        )


def check_is_uncut(session: Session, season: Season, now: datetime) -> None:
    """Nobody enters a knock-out once it is known who left first: the line was drawn among those who were in."""
    left = (
        select(Outcome.id)
        .join(Entry, col(Entry.id) == col(Outcome.entry_id))
        .where(Entry.season_id == season.id, Outcome.kind == OutcomeKind.LEAVES, col(Outcome.public_at) <= now)
    )
    if season.format == Format.KNOCK_OUT and session.exec(left.limit(1)).first():
        raise Refusal("The first cut of this season is public, so nobody can enter it any more.")


def state_of(session: Session, entry: Entry, now: datetime) -> EntryState:
    public = session.exec(select(Outcome).where(Outcome.entry_id == entry.id, col(Outcome.public_at) <= now)).all()
    return _state(entry, {outcome.kind for outcome in public})


def states_among(session: Session, entries: Sequence[Entry], now: datetime) -> dict[UUID, EntryState]:
    """The same for a page of entries, by entry, in one statement."""
    public = session.exec(
        select(Outcome.entry_id, Outcome.kind).where(
            col(Outcome.entry_id).in_([entry.id for entry in entries]), col(Outcome.public_at) <= now
        )
    )
    kinds: dict[UUID, set[str]] = {}
    for entry_id, kind in public:
        kinds.setdefault(entry_id, set()).add(kind)
    return {entry.id: _state(entry, kinds.get(entry.id, set())) for entry in entries}


def states_of(session: Session, season_id: UUID, now: datetime) -> list[Known]:
    """Every entry of a season by team name, in two statements."""
    public = session.exec(
        select(Outcome)
        .join(Challenge, col(Challenge.id) == col(Outcome.challenge_id))
        .where(Challenge.season_id == season_id, col(Outcome.public_at) <= now)
    ).all()
    kinds: dict[UUID, set[str]] = {}
    for outcome in public:
        kinds.setdefault(outcome.entry_id, set()).add(outcome.kind)
    return [
        Known(entry, team, _state(entry, kinds.get(entry.id, set()))) for entry, team in entries_of(session, season_id)
    ]


def _state(entry: Entry, kinds: set[str]) -> EntryState:
    if OutcomeKind.WINS in kinds:
        return EntryState.WINNER
    if OutcomeKind.LEAVES in kinds:
        return EntryState.ELIMINATED
    return EntryState.WITHDRAWN if entry.withdrawn_at else EntryState.ACTIVE
