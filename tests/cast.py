"""The cast: Ada organizes, Ben and Cleo are a team, Dana and Dev judge, Eve is nobody here; and the hour it is."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from challenges.people import Person, make_founder, person_for

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""A Friday, four days before the challenge is due."""


@dataclass(frozen=True)
class Cast:
    ada: Person
    ben: Person
    cleo: Person
    dana: Person
    dev: Person
    eve: Person


def make_person(session: Session, name: str = "Paul", email: str | None = None, now: datetime = NOW) -> Person:
    return person_for(session, email or f"{name.lower()}@example.org", name, now)


def make_cast(session: Session) -> Cast:
    """Ada founds seasons; what the others are, they become in a season."""
    ada = make_founder(session, "ada@example.org", "Ada", NOW)
    return Cast(ada, *(make_person(session, name) for name in ("Ben", "Cleo", "Dana", "Dev", "Eve")))
