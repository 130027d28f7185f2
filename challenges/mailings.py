"""Mailings: one text to many people at one instant, and what somebody decides about it.

A planned mail has a row only once somebody edited or stopped it, or once it went out; the row's key, unique in its
season, keeps it from going out twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, col, func, select

from challenges import letters
from challenges.audiences import Audience, AudienceKind, LateJudges, Recipient, recipients_of
from challenges.challenges import Challenge
from challenges.deadlines import Deadline, deadlines_of
from challenges.history import note
from challenges.letters import Letter
from challenges.people import Person, clean_name
from challenges.records import Instant, Record
from challenges.refusals import Conflict, NotYours, Refusal
from challenges.seasons import Season

FURTHEST = timedelta(days=365)
MOST_TEXT = 10_000
TO_JUDGES = (AudienceKind.JUDGES, AudienceKind.LATE_JUDGES)


class Kind(StrEnum):
    """Also the kind of its letters."""

    RELEASED = "challenge_released"
    REMINDER = "reminder"
    AMENDMENT = "amendment"
    MOVED = "deadline_moved"
    EXTENDED = "deadline_extended"
    MESSAGE = "message"
    """Written by an organizer."""


class Mailing(Record, table=True):
    """What somebody decided about a mail to many, or what became of it."""

    __table_args__ = (UniqueConstraint("season_id", "key"),)

    season_id: UUID = Field(foreign_key="season.id")
    key: str = Field(max_length=80)
    kind: str = Field(max_length=32)
    audience: str = Field(max_length=32)
    challenge_id: UUID | None = Field(default=None, foreign_key="challenge.id")
    entry_id: UUID | None = Field(default=None, foreign_key="entry.id")
    hours: int = 0
    """Of a reminder: how long before the deadline."""
    goes_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was planned for; of a message None while it is a draft."""
    subject: str | None = Field(default=None, max_length=120)
    body: str | None = None
    """Markdown. None: the text that the platform writes; once it went out, what it said."""
    written_by: UUID | None = Field(default=None, foreign_key="person.id")
    """None where the platform itself sent its own text."""
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    reached: int = 0
    """To how many people."""
    missed_at: datetime | None = Field(default=None, sa_type=Instant)

    @property
    def is_done(self) -> bool:
        return bool(self.sent_at or self.missed_at)

    @property
    def mark(self) -> str:
        """Names the text that somebody wrote, if one did: a page that changes it says which one it showed."""
        return "" if self.body is None else sha256(f"{self.subject}\n{self.body}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Words:
    subject: str
    body: str


@dataclass(frozen=True)
class Planned:
    """A mail that has not gone out, or the row of one that has."""

    key: str
    kind: Kind
    audience: Audience
    words: Words
    """As they would go out now."""
    goes_at: datetime | None
    """None: a draft, or it waits for a button."""
    until: datetime | None = None
    """From here on it would help nobody."""
    hours: int = 0
    row: Mailing | None = None

    @property
    def challenge(self) -> Challenge | None:
        return self.audience.challenge

    @property
    def letter_kind(self) -> Kind:
        """Whoever has not handed in is told by when, and where, whoever wrote the text."""
        return Kind.REMINDER if self.audience.kind == AudienceKind.NOT_HANDED_IN else self.kind

    @property
    def is_stopped(self) -> bool:
        return bool(self.row and self.row.stopped_at)

    @property
    def is_done(self) -> bool:
        return bool(self.row and self.row.is_done)

    @property
    def is_edited(self) -> bool:
        return bool(self.row and self.row.body is not None and not self.is_done)

    @property
    def mark(self) -> str:
        return self.row.mark if self.row else ""

    def may_be_read(self, now: datetime) -> bool:
        """Whether what it is about is public, or it is about nothing in particular."""
        return self.challenge is None or self.challenge.is_released(now)

    def is_due(self, now: datetime) -> bool:
        is_time = self.goes_at is not None and self.goes_at <= now
        return is_time and not self.is_stopped and not self.is_done and self.may_be_read(now)


def mailings_of(session: Session, season_id: UUID) -> list[Mailing]:
    return list(session.exec(select(Mailing).where(Mailing.season_id == season_id)))


def gone_of(session: Session, season_id: UUID, most: int = 30) -> list[Mailing]:
    """What went out or came too late, newest first."""
    done = or_(col(Mailing.sent_at).is_not(None), col(Mailing.missed_at).is_not(None))
    latest = func.coalesce(Mailing.sent_at, Mailing.missed_at).desc()
    rows = select(Mailing).where(Mailing.season_id == season_id, done).order_by(latest, Mailing.key).limit(most)
    return list(session.exec(rows))


# What organizers do.


def words_for(audience: Audience, season: Season) -> Words:
    """What a new message could say, where that is plain."""
    if audience.kind == AudienceKind.NOT_HANDED_IN and audience.challenge:
        return reminding(audience.challenge)
    if audience.kind == AudienceKind.LATE_JUDGES and audience.challenge:
        number = audience.challenge.number
        return Words(
            f"Challenge {number}: some of your scoresheets are not handed in yet",
            f"Some of your scoresheets for challenge {number} of {season.title} are not handed in yet. "
            "You find them on your desk, with everything that you have written so far.",
        )
    if audience.kind == AudienceKind.NOT_AGREED:
        return Words(
            f"{season.title}: please accept the rules",
            f"You have not accepted the rules or the code of conduct of {season.title} as they stand now. "
            "Please read them on the page of your team, and accept them there.",
        )
    return Words("", "")


def reminding(challenge: Challenge, hours: int = 0) -> Words:
    """It must be true whenever it goes out, so it names no span of time; the letter itself names the due instant."""
    near = {24: " is due soon", 3: " is due very soon"}.get(hours, "")
    return Words(
        f"Challenge {challenge.number}{near}: your team has not handed in yet",
        f"Your team has not handed in anything for challenge {challenge.number}, “{challenge.title}”, yet.\n\n"
        "You can hand in as often as you like, and the last version before the due instant counts. "
        "So hand in early what you have.",
    )


def compose(
    session: Session, season: Season, audience: Audience, subject: str, body: str, by: Person, now: datetime
) -> Mailing:
    """A draft of a message, to be looked at and sent."""
    _check_open(season)
    mailing = Mailing(
        season_id=season.id, key=uuid4().hex, kind=Kind.MESSAGE, audience=audience.kind,
        challenge_id=audience.challenge.id if audience.challenge else None,
        subject=_subject(subject), body=_body(body), written_by=by.id,
    )  # fmt: skip
    session.add(mailing)
    session.flush()
    note(session, by, "mailing.written", mailing, now, season.id, subject=mailing.subject)
    return mailing


def edit(
    session: Session, season: Season, one: Planned, subject: str, body: str, by: Person, now: datetime,
    seen: str | None = None,
) -> None:  # fmt: skip
    """Say it in other words. Due instants and links are added to whatever the text says. Two empty boxes bring the
    platform's own text back. `seen` is the `mark` of the text that the page showed.
    """
    row = _pending(session, season, one)
    is_own = one.kind != Kind.MESSAGE and not subject.strip() and not body.strip()
    said = (None, None) if is_own else (_subject(subject), _body(body))
    if said == (row.subject, row.body):
        return
    if seen is not None and seen != row.mark:
        raise Conflict(
            "Another organizer changed this mail while you wrote. Your text is still here, and nothing was "
            "overwritten. Read theirs, then save again to put yours in its place.",
            field="body",
        )
    row.subject, row.body = said
    row.written_by = by.id
    note(session, by, "mailing.edited", row, now, season.id, subject=row.subject or one.words.subject)


def stop(session: Session, season: Season, one: Planned, by: Person, now: datetime) -> None:
    """It does not go out. Doing it twice does it once."""
    row = _pending(session, season, one)
    if row.stopped_at is None:
        row.stopped_at = now
        note(session, by, "mailing.stopped", row, now, season.id, subject=one.words.subject)


def start_again(session: Session, season: Season, one: Planned, by: Person, now: datetime) -> None:
    row = _pending(session, season, one)
    if row.stopped_at:
        row.stopped_at = None
        note(session, by, "mailing.started", row, now, season.id, subject=one.words.subject)


def send_at(session: Session, season: Season, one: Planned, at: datetime, by: Person, now: datetime) -> None:
    """A message goes out at that instant, to whoever is its audience then."""
    if one.kind != Kind.MESSAGE:
        raise Refusal("This mail goes out by the calendar. Move its challenge, or send it now.", field="at")
    if not now < at <= now + FURTHEST:
        raise Refusal("Choose an instant that is still to come, within a year.", field="at")
    row = _pending(session, season, one)
    row.goes_at, row.stopped_at = at, None
    note(session, by, "mailing.scheduled", row, now, season.id, subject=row.subject, at=at.isoformat())


def send_now(
    session: Session, season: Season, one: Planned, by: Person, now: datetime, late_judges: LateJudges
) -> Mailing:
    """Do not wait for its instant. Pressing it twice sends once."""
    row = row_of(session, season, one)
    if row.sent_at:
        return row
    _check_open(season)
    if not one.may_be_read(now):
        raise Refusal("This challenge is not released. Its mails go out after the release, never before.")
    if one.kind != Kind.MESSAGE and (row.missed_at or (one.until and one.until <= now)):
        raise Refusal("It is too late for this mail. You can write another one.")
    if row.stopped_at:
        raise Refusal("This mail is stopped. Start it again first.")
    row.missed_at = None
    if not write_letters(session, season, as_decided(one, row), row, by, now, late_judges):
        raise Refusal("Nobody would get this mail now, so it is not sent.")
    return row


def discard(session: Session, season: Season, one: Planned, by: Person, now: datetime) -> None:
    """Throw away a message that never went out."""
    if one.kind != Kind.MESSAGE:
        raise Refusal("This mail goes out by the calendar. You can stop it.")
    row = _pending(session, season, one)
    note(session, by, "mailing.discarded", row, now, season.id, subject=row.subject)
    session.delete(row)
    session.flush()


def _check_open(season: Season) -> None:
    if season.archived_at:
        raise Refusal("This season is archived, so it sends no mail any more.")


def _subject(text: str) -> str:
    return clean_name(text, field="subject", longest=120, called="subject")


def _body(text: str) -> str:
    if not text.strip():
        raise Refusal("Write what the mail says.", field="body")
    if len(text) > MOST_TEXT:
        raise Refusal(f"That is longer than {MOST_TEXT:,} characters.", field="body")
    return text.strip()


# Rows and letters.


def as_decided(one: Planned, row: Mailing | None) -> Planned:
    """With its row, and in the words that somebody chose for it."""
    if row is None:
        return one
    words = Words(row.subject or one.words.subject, row.body or one.words.body)
    return replace(one, row=row, words=words)


def letters_for(
    session: Session, season: Season, one: Planned, recipients: Sequence[Recipient], now: datetime
) -> list[Letter]:
    """What each of these would get now; not in the outbox yet."""
    deadlines: dict[UUID, Deadline] = {}
    if one.challenge and one.letter_kind != Kind.MESSAGE:
        ids = {each.entry_id for each in recipients if each.entry_id}
        deadlines = deadlines_of(session, one.challenge, list(ids))
    return [
        Letter(
            kind=one.letter_kind, to_email=each.person.email, to_name=each.person.name, person_id=each.person.id,
            season_id=season.id, facts=_facts(season, one, each, deadlines), created_at=now,
            mailing_id=one.row.id if one.row else None,
        )
        for each in recipients
    ]  # fmt: skip


def _facts(season: Season, one: Planned, to: Recipient, deadlines: dict[UUID, Deadline]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "subject": one.words.subject, "body": one.words.body, "season": season.title, "slug": season.slug,
        "season_zone": season.zone,
        "way": "/desk" if one.audience.kind in TO_JUDGES else f"/seasons/{season.slug}",
    }  # fmt: skip
    if one.challenge and one.letter_kind != Kind.MESSAGE and to.entry_id:
        deadline = deadlines[to.entry_id]
        is_late_taken = deadline.late_until > deadline.due_at
        facts |= {
            "number": one.challenge.number, "challenge": one.challenge.title, "team": to.team,
            "due_at": deadline.due_at.isoformat(), "has_waiting": to.has_waiting, "penalty": deadline.penalty,
            "late_until": deadline.late_until.isoformat() if is_late_taken else None,
        }  # fmt: skip
    return facts


def write_letters(
    session: Session, season: Season, one: Planned, row: Mailing, by: Person | None, now: datetime,
    late_judges: LateJudges,
) -> int:  # fmt: skip
    """To whoever is the audience at this moment, whoever it was when it was planned."""
    recipients = recipients_of(session, season, one.audience, now, late_judges)
    letters.write_all(session, letters_for(session, season, replace(one, row=row), recipients, now))
    row.sent_at, row.goes_at, row.reached = now, one.goes_at or now, len(recipients)
    row.subject, row.body = one.words.subject, one.words.body
    session.flush()
    note(session, by, "mailing.sent", row, now, season.id, subject=one.words.subject, people=len(recipients))
    return len(recipients)


def _pending(session: Session, season: Season, one: Planned) -> Mailing:
    row = row_of(session, season, one)
    if row.sent_at:
        raise Refusal("This mail has gone out meanwhile, so nothing about it can be changed.")
    return row


def row_of(session: Session, season: Season, one: Planned) -> Mailing:
    """Its row, made where there is none, held until our transaction ends. A message that was thrown away has none."""
    if row := _held(session, season, one.key):
        return row
    if one.kind == Kind.MESSAGE:
        raise NotYours
    row = Mailing(
        season_id=season.id, key=one.key, kind=one.kind, audience=one.audience.kind, entry_id=one.audience.entry_id,
        challenge_id=one.challenge.id if one.challenge else None, hours=one.hours, goes_at=one.goes_at,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # somebody else decided about the same mail at the same moment
        if held := _held(session, season, one.key):
            return held
        raise
    return row


def _held(session: Session, season: Season, key: str) -> Mailing | None:
    """As it is now, and as it stays until our transaction ends."""
    session.flush()
    mine = select(Mailing).where(Mailing.season_id == season.id, Mailing.key == key).with_for_update()
    return session.exec(mine.execution_options(populate_existing=True)).first()


def row_called(session: Session, season: Season, key: str) -> Mailing | None:
    return session.exec(select(Mailing).where(Mailing.season_id == season.id, Mailing.key == key)).first()
