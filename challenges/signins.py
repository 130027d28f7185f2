"""Signing in: a mailed link and a six-digit code, and the web sessions that follow; nobody has a password."""

import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import Field, Session, col, delete, func, select

from challenges.history import note
from challenges.letters import write
from challenges.people import Person, clean_address, clean_zone, person_for
from challenges.records import Instant, Record
from challenges.refusals import NotYours, Refusal, TooMany

CODE_LIVES = timedelta(minutes=15)
GUESSES = 5
CODES_PER_ADDRESS = 5
CODES_PER_ORIGIN = 40
SESSION_LIVES = timedelta(days=60)
RENEWED_EVERY = timedelta(hours=1)


class SignInCode(Record, table=True):
    """One mailed sign-in. Only hashes are kept; the letter holds code and link until it is sent."""

    email: str = Field(max_length=254, index=True)
    code_hash: str = Field(max_length=64)
    link_hash: str = Field(max_length=64, unique=True)
    asked_at: datetime = Field(sa_type=Instant, index=True)
    asked_from: str = Field(max_length=64, index=True)
    """A hash of the network address, to limit how often it asks."""
    guesses: int = 0
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class WebSession(Record, table=True):
    """A browser in which somebody is signed in."""

    person_id: UUID = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    browser: str = Field(max_length=200)
    began_at: datetime = Field(sa_type=Instant)
    used_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


def digest(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()


def ask(session: Session, email: str, origin: str, now: datetime, then: str = "/") -> SignInCode:
    """Mail a code and a link to this address, known or not: the answer is the same for both.

    `origin` is the network address that asks; `then` is where the person wanted to go.
    """
    address, asked_from = clean_address(email), digest(origin)[:64]
    recent = select(func.count()).select_from(SignInCode).where(SignInCode.asked_at > now - CODE_LIVES)
    if session.exec(recent.where(SignInCode.email == address)).one() >= CODES_PER_ADDRESS:
        raise TooMany(
            "We have sent several codes to this address. Use the newest one, or try again in 15 minutes.", 900
        )
    if session.exec(recent.where(SignInCode.asked_from == asked_from)).one() >= CODES_PER_ORIGIN:
        raise TooMany("Too many codes were asked for from your network. Try again in 15 minutes.", 900)
    session.exec(delete(SignInCode).where(col(SignInCode.asked_at) < now - timedelta(days=1)))
    code, link = f"{secrets.randbelow(10**6):06}", secrets.token_urlsafe(32)
    asked = SignInCode(
        email=address, code_hash=digest(address, code), link_hash=digest(link), asked_at=now, asked_from=asked_from
    )
    session.add(asked)
    write(
        session,
        "sign_in",
        (address, address.split("@")[0]),
        now,
        secret={"code": code, "link": link},
        then=then,
        minutes=15,
    )
    return asked


def use_code(session: Session, email: str, code: str, now: datetime) -> Person | None:
    """The person, if this is a living code for that address; else None, with the guess counted (commit it!)."""
    digits = "".join(char for char in code if char.isdigit())
    living = (
        select(SignInCode)
        .where(
            SignInCode.email == clean_address(email),
            col(SignInCode.used_at).is_(None),
            SignInCode.asked_at > now - CODE_LIVES,
        )
        .order_by(col(SignInCode.asked_at).desc())
        .with_for_update()
    )
    for asked in session.exec(living).all():
        if asked.guesses >= GUESSES:
            continue
        if hmac.compare_digest(asked.code_hash, digest(asked.email, digits)):
            return _use(session, asked, now)
        asked.guesses += 1
    return None


def find_link(session: Session, link: str, now: datetime) -> SignInCode:
    """The sign-in behind a mailed link. Looking at it uses nothing: mail scanners follow links."""
    return _living(session.exec(select(SignInCode).where(SignInCode.link_hash == digest(link))).first(), now)


def use_link(session: Session, link: str, now: datetime) -> Person:
    locked = select(SignInCode).where(SignInCode.link_hash == digest(link)).with_for_update()
    return _use(session, _living(session.exec(locked).first(), now), now)


def _living(asked: SignInCode | None, now: datetime) -> SignInCode:
    if asked is None or asked.used_at or asked.asked_at <= now - CODE_LIVES:
        raise Refusal("This link has been used or is older than 15 minutes. Ask for a new one; it takes a moment.")
    return asked


def _use(session: Session, asked: SignInCode, now: datetime) -> Person:
    asked.used_at = now
    person = person_for(session, asked.email, None, now)
    note(session, person, "person.signed_in", person, now)
    return person


def begin(session: Session, person: Person, browser: str, zone: str | None, now: datetime) -> str:
    """Sign this browser in; gives the token for its cookie. The browser's zone becomes theirs if they have none."""
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(person_id=person.id, token_hash=digest(token), browser=browser[:200], began_at=now, used_at=now)
    )
    if zone and not person.zone:
        with suppress(Refusal):  # a browser may know a zone that we do not; they can choose one
            person.zone = clean_zone(zone)
    session.flush()
    return token


def find_session(session: Session, token: str, now: datetime) -> tuple[WebSession, Person] | None:
    """Whose browser this is, if it is still signed in."""
    living = (
        select(WebSession, Person)
        .join(Person, col(Person.id) == col(WebSession.person_id))
        .where(
            WebSession.token_hash == digest(token),
            col(WebSession.ended_at).is_(None),
            WebSession.used_at > now - SESSION_LIVES,
        )
    )
    return session.exec(living).first()


def is_due_for_renewal(web_session: WebSession, now: datetime) -> bool:
    return now - web_session.used_at >= RENEWED_EVERY


def renew(session: Session, web_session_id: UUID, now: datetime) -> None:
    """Sixty more days from now: nobody must wait for a mail at 23:50."""
    if web_session := session.get(WebSession, web_session_id):
        web_session.used_at = max(web_session.used_at, now)


def sessions_of(session: Session, person: Person, now: datetime) -> list[WebSession]:
    living = (
        select(WebSession)
        .where(
            WebSession.person_id == person.id,
            col(WebSession.ended_at).is_(None),
            WebSession.used_at > now - SESSION_LIVES,
        )
        .order_by(col(WebSession.used_at).desc())
    )
    return list(session.exec(living))


def end(session: Session, person: Person, web_session_id: UUID, now: datetime) -> None:
    """Sign one of their own browsers out."""
    web_session = session.get(WebSession, web_session_id)
    if web_session is None or web_session.person_id != person.id:
        raise NotYours
    web_session.ended_at = web_session.ended_at or now
