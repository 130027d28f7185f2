"""Calendars: the secret address under which a person's own calendar subscribes to their seasons."""

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlmodel import Field, Session, select

from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours


class CalendarLink(Record, table=True):
    """Whoever knows the token reads the calendar, so only its hash is kept."""

    person_id: UUID = Field(foreign_key="person.id", unique=True)
    token_hash: str = Field(unique=True, max_length=64)
    made_at: datetime = Field(sa_type=Instant)


def renew_link(session: Session, person: Person, now: datetime) -> str:
    """A new token, told this once; the address that was given before shows nothing from now on."""
    lock(session, session.get_one(Person, person.id))
    token = secrets.token_urlsafe(32)
    link = link_of(session, person.id) or CalendarLink(person_id=person.id, token_hash="", made_at=now)
    link.token_hash, link.made_at = _digest(token), now
    session.add(link)
    session.flush()
    return token


def end_link(session: Session, person: Person) -> None:
    """The address shows nothing any more. Doing it twice does it once."""
    lock(session, session.get_one(Person, person.id))
    if link := link_of(session, person.id):
        session.delete(link)
        session.flush()


def link_of(session: Session, person_id: UUID) -> CalendarLink | None:
    return session.exec(select(CalendarLink).where(CalendarLink.person_id == person_id)).first()


def person_behind(session: Session, token: str) -> Person:
    found = session.exec(select(Person).join(CalendarLink).where(CalendarLink.token_hash == _digest(token))).first()
    if found is None:
        raise NotYours
    return found


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
