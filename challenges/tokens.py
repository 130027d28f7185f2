"""Tokens: with one of these a program reads for a person what that person may read, and never more."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field, Session, col, select

from challenges.history import note
from challenges.people import Person, clean_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.signins import digest

PREFIX = "chr_"
"""Whoever finds one in a file or a log knows what it is, and where to revoke it."""
MOST_LIVING = 20
MOST_DAYS = 365
DAYS = 90
USE_NOTED_EVERY = timedelta(hours=1)
DOUBLE_CLICK = timedelta(minutes=1)


class TokenScope(StrEnum):
    """What a token opens beside what everybody may read. Its person must be allowed to at that moment."""

    TEAM = "team"
    """Their own team: entry, deadlines, submissions, receipts, questions, packets."""
    JUDGING = "judging"
    """Their own desk and their own scoresheets."""
    ORGANIZE = "organize"
    """The seasons they organize: drafts, entries, run sheet, mails, history, people."""


class ApiToken(Record, table=True):
    """Only its hash is kept, so it can be shown once and never again."""

    person_id: UUID = Field(foreign_key="person.id", index=True)
    name: str = Field(max_length=80)
    token_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    """About when it was used last: noted once an hour at most."""

    def is_living(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


def create(
    session: Session, person: Person, name: str, scopes: Collection[str], days: int, now: datetime
) -> tuple[ApiToken, str]:
    """A new token and its text, told this once. Asked twice at once, the text that nobody has seen ends."""
    called = clean_name(name, field="token_name")
    if not 1 <= days <= MOST_DAYS:
        raise Refusal(f"A token lives from 1 to {MOST_DAYS} days.", field="token_days")
    if not set(scopes) <= set(TokenScope):
        raise Refusal("Choose from the list what the token may read.", field="token_scopes")
    lock(session, session.get_one(Person, person.id))  # two clicks at once, and the limit
    living = tokens_of(session, person.id, now)
    for earlier in living:
        if (earlier.name, earlier.used_at) == (called, None) and now < earlier.created_at + DOUBLE_CLICK:
            earlier.revoked_at = now
    if sum(one.is_living(now) for one in living) >= MOST_LIVING:
        raise Refusal(f"You have {MOST_LIVING} tokens. Revoke one that you do not use.", field="token_name")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        person_id=person.id, name=called, token_hash=digest(text), created_at=now,
        scopes=[scope for scope in TokenScope if scope in scopes], expires_at=now + timedelta(days=days),
    )  # fmt: skip
    session.add(token)
    session.flush()
    note(session, person, "token.created", token, now, scopes=list(token.scopes), days=days)
    return token, text


def revoke(session: Session, person: Person, token_id: UUID, now: datetime) -> None:
    """It opens nothing any more. Doing it twice does it once."""
    token = session.get(ApiToken, token_id)
    if token is None or token.person_id != person.id:
        raise NotYours
    if token.revoked_at is None:
        token.revoked_at = now
        note(session, person, "token.revoked", token, now)


def tokens_of(session: Session, person_id: UUID, now: datetime) -> list[ApiToken]:
    """The living ones, the newest first."""
    living = select(ApiToken).where(
        ApiToken.person_id == person_id, col(ApiToken.revoked_at).is_(None), ApiToken.expires_at > now
    )
    return list(session.exec(living.order_by(col(ApiToken.created_at).desc(), col(ApiToken.id))))


def find(session: Session, text: str, now: datetime) -> tuple[ApiToken, Person] | None:
    """A living token and whose it is."""
    if not text.startswith(PREFIX):
        return None
    found = session.exec(
        select(ApiToken, Person)
        .join(Person, col(Person.id) == col(ApiToken.person_id))
        .where(ApiToken.token_hash == digest(text))
    ).first()
    return found if found and found[0].is_living(now) else None


def is_use_due(token: ApiToken, now: datetime) -> bool:
    return token.used_at is None or now - token.used_at >= USE_NOTED_EVERY


def note_use(session: Session, token_id: UUID, now: datetime) -> None:
    if token := session.get(ApiToken, token_id):
        token.used_at = max(token.used_at or now, now)
