"""People: who somebody is, whatever they do in a season."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, col, select

from challenges.records import Instant, Record
from challenges.refusals import Refusal

ADDRESS = re.compile(r"[^@\s<>\"(),:;\[\]\\]{1,64}@[^@\s<>\"(),:;\[\]\\]+\.[^@\s.<>\"(),:;\[\]\\]{2,}")


class Person(Record, table=True):
    """Somebody with a mail address. What they may do comes from their roles in seasons."""

    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=80)
    zone: str | None = Field(default=None, max_length=64)
    joined_at: datetime = Field(sa_type=Instant)
    founder_since: datetime | None = Field(default=None, sa_type=Instant)
    """A founder may create seasons."""


def clean_address(text: str) -> str:
    """The address in the one form in which it is stored and compared: lower case, no spaces around."""
    address = text.strip().lower()
    if len(address) > 254 or not address.isprintable() or not ADDRESS.fullmatch(address):
        raise Refusal("That is not a mail address. It looks like name@example.org.", field="email")
    return address


def clean_name(text: str, field: str = "name", longest: int = 80, called: str = "name") -> str:
    """A name, or a title, on one line. Control characters go, so that it forges no mail header or file name."""
    name = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if not name:
        raise Refusal(f"Please write a {called}.", field=field)
    if len(name) > longest:
        raise Refusal(f"That is longer than {longest} characters.", field=field)
    return name


def flaws_in_name(text: str, field: str, longest: int = 80, called: str = "name") -> Iterator[Refusal]:
    """The same rule for who collects everything that is wrong: nothing, or why it is no name."""
    try:
        clean_name(text, field, longest, called)
    except Refusal as flaw:
        yield flaw


@cache
def zones() -> frozenset[str]:
    """Every time zone there is. Looking takes a sixth of a second, so we look once."""
    return frozenset(available_timezones())


def clean_zone(text: str) -> str:
    """A time zone's name as the IANA database writes it, such as `Europe/Berlin`."""
    if text not in zones():
        raise Refusal(
            f"There is no time zone called “{text}”. Choose one from the list, such as Europe/Berlin.", field="zone"
        )
    return text


def find_person(session: Session, email: str) -> Person | None:
    return session.exec(select(Person).where(Person.email == clean_address(email))).first()


def person_for(session: Session, email: str, name: str | None, now: datetime) -> Person:
    """The person with this address, made on the first occasion. A name given later does not overwrite theirs."""
    address = clean_address(email)
    if found := find_person(session, address):
        return found
    person = Person(email=address, name=clean_name(name or address.split("@")[0]), joined_at=now)
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:  # somebody else made the same person at the same moment
        return session.exec(select(Person).where(Person.email == address)).one()
    return person


def rename(person: Person, name: str) -> None:
    person.name = clean_name(name)


def move(person: Person, zone: str) -> None:
    """From now on every instant is shown to this person in that zone."""
    person.zone = clean_zone(zone)


def make_founder(session: Session, email: str, name: str | None, now: datetime) -> Person:
    person = person_for(session, email, name, now)
    person.founder_since = person.founder_since or now
    return person


def unmake_founder(session: Session, email: str) -> Person | None:
    """They keep the roles they have in seasons; they may no longer create one."""
    person = find_person(session, email)
    if person:
        person.founder_since = None
    return person


def founders(session: Session) -> list[Person]:
    return list(session.exec(select(Person).where(col(Person.founder_since).is_not(None)).order_by(Person.email)))


def people_by_id(session: Session, ids: set[UUID]) -> dict[UUID, Person]:
    return {person.id: person for person in session.exec(select(Person).where(col(Person.id).in_(ids)))} if ids else {}
