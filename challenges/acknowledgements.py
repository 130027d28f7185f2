"""Acknowledgements: which entries have read which amendment."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, select

from challenges.briefs import Brief, brief_of
from challenges.challenges import Challenge
from challenges.entries import Entry
from challenges.history import note
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.seasons import Season
from challenges.states import Deed


class Acknowledgement(Record, table=True):
    """One member read it for the whole team. Whoever acknowledges an amendment knows all before it."""

    __table_args__ = (UniqueConstraint("brief_id", "entry_id"),)

    brief_id: UUID = Field(foreign_key="brief.id")
    entry_id: UUID = Field(foreign_key="entry.id", index=True)
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)


def acknowledge(
    session: Session, challenge: Challenge, entry: Entry, number: int, by: Person, now: datetime
) -> Brief | None:
    """The team has read the brief in this version; gives the newest if that is another one. Twice does it once."""
    session.get_one(Season, challenge.season_id).check(Deed.HAND_IN, now)
    lock(session, entry)
    brief = brief_of(session, challenge.id)
    if brief is None or brief.number != number:
        return brief
    if brief.amendment and not has_read(session, brief, entry.id):
        session.add(Acknowledgement(brief_id=brief.id, entry_id=entry.id, person_id=by.id, at=now))
        session.flush()
        note(
            session, by, "amendment.acknowledged", brief, now, challenge.season_id,
            challenge=challenge.number, amendment=brief.amendment,
        )  # fmt: skip
    return None


def has_read(session: Session, brief: Brief, entry_id: UUID) -> bool:
    read = select(Acknowledgement.id).where(Acknowledgement.brief_id == brief.id, Acknowledgement.entry_id == entry_id)
    return brief.amendment == 0 or session.exec(read).first() is not None


def readers_of(session: Session, brief_id: UUID) -> dict[UUID, Acknowledgement]:
    """Who has acknowledged this version, by entry."""
    read = session.exec(select(Acknowledgement).where(Acknowledgement.brief_id == brief_id))
    return {each.entry_id: each for each in read}
