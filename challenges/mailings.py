"""Mailings: one text to many people at one instant. What goes out by itself follows from the calendar.

A planned mail is computed anew whenever somebody looks, so it moves with its deadline. It has a row only once somebody
edited or stopped it, or once it went out; the row's key, unique in its season, keeps it from going out twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint, and_, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, col, func, select

from challenges import letters
from challenges.audiences import Audience, AudienceKind, LateJudges, Recipient, recipients_of
from challenges.briefs import Brief
from challenges.challenges import Challenge, ChallengeState, every_challenge_of, released_by
from challenges.deadlines import Deadline, Extension, deadlines_of
from challenges.history import note
from challenges.letters import Letter
from challenges.people import Person, clean_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.rewordings import Rewording
from challenges.seasons import Season
from challenges.states import SeasonState

HOURS = (72, 24, 3)
"""So long before its deadline an entry that has not handed in is reminded."""
STILL_NEWS = timedelta(hours=12)
"""A message that could not go out at its instant goes out so much later at most."""
KEPT = timedelta(days=7)
"""What nobody could send is told so long; of what is older, nobody wants to read."""
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

    def may_be_read(self, now: datetime) -> bool:
        """Whether what it is about is public, or it is about nothing in particular."""
        return self.challenge is None or self.challenge.is_released(now)

    def is_due(self, now: datetime) -> bool:
        is_time = self.goes_at is not None and self.goes_at <= now
        return is_time and not self.is_stopped and not self.is_done and self.may_be_read(now)


def planned_of(session: Session, season: Season, challenges: Sequence[Challenge], now: datetime) -> list[Planned]:
    """Everything that is to go out, the nearest first, then what waits for a button or is a draft. For organizers only:
    it holds titles of challenges that are under embargo.
    """
    rows = mailings_of(session, season.id)
    by_id = {challenge.id: challenge for challenge in challenges}
    planned = [_of_message(row, by_id) for row in rows if row.kind == Kind.MESSAGE and not row.is_done]
    if season.state(now) not in (SeasonState.DRAFT, SeasonState.FINISHED, SeasonState.ARCHIVED):
        extensions = _extensions_of(session, list(by_id))
        for challenge in challenges:
            if challenge.state(now) != ChallengeState.DRAFT:
                own = [each for each in extensions if each.challenge_id == challenge.id]
                planned += _of_challenge(season, challenge, own, rows, now)
    return sorted(planned, key=lambda one: (one.goes_at is None, one.goes_at or now, one.key))


def _of_challenge(
    season: Season, challenge: Challenge, extensions: Sequence[Extension], rows: Sequence[Mailing], now: datetime
) -> Iterator[Planned]:
    own = [row for row in rows if row.challenge_id == challenge.id]
    computed = [_release_of(season, challenge), *_reminders_of(season, challenge, extensions, own)]
    for one in computed:
        row = next((row for row in own if row.key == one.key), None)
        is_over = one.until is not None and one.until <= now
        if row and (row.is_done or (row.stopped_at and is_over)):
            continue
        if one.until is None or now < one.until + KEPT:
            yield _with(one, row)


def _release_of(season: Season, challenge: Challenge) -> Planned:
    return Planned(
        f"release-{challenge.number}", Kind.RELEASED, Audience(AudienceKind.ENTRANTS, challenge),
        Words(
            f"Challenge {challenge.number} is open: {challenge.title}",
            f"Challenge {challenge.number} of {season.title} is open: “{challenge.title}”.\n\n{challenge.summary}",
        ),
        goes_at=None if challenge.on_hold else challenge.release_at, until=challenge.due_at,
    )  # fmt: skip


def _reminders_of(
    season: Season, challenge: Challenge, extensions: Sequence[Extension], rows: Sequence[Mailing]
) -> Iterator[Planned]:
    """One series for everybody, and one for each entry with a deadline of its own.

    An instant that lay behind us when the deadline was set is no missed reminder: it never was one.
    """
    moved = [each.granted_at for each in extensions if each.entry_id is None]
    known_from = max(challenge.release_at or challenge.created_at, *moved, challenge.created_at)
    yield from _series(challenge, None, challenge.due_at, known_from, rows)
    for entry_id in dict.fromkeys(each.entry_id for each in extensions if each.entry_id):
        granted = [each for each in extensions if each.entry_id == entry_id]
        if granted[-1].minutes:
            due_at = challenge.due_at + timedelta(minutes=granted[-1].minutes)
            apart_since = _apart_since(granted)
            own = [row for row in rows if row.entry_id or (row.sent_at or row.missed_at or due_at) < apart_since]
            yield from _series(challenge, entry_id, due_at, max(known_from, granted[-1].granted_at), own)


def _apart_since(granted: Sequence[Extension]) -> datetime:
    """Since when the entry has a deadline of its own, and is spared what goes to everybody."""
    without = max((at for at, each in enumerate(granted) if not each.minutes), default=-1)
    return granted[without + 1].granted_at


def _series(
    challenge: Challenge, entry_id: UUID | None, due_at: datetime, known_from: datetime, rows: Sequence[Mailing]
) -> Iterator[Planned]:
    instants = [due_at - timedelta(hours=hours) for hours in HOURS]
    for hours, (goes_at, until) in zip(HOURS, pairwise([*instants, due_at]), strict=True):
        earlier = [row for row in rows if row.hours == hours and row.is_done and row.entry_id in (None, entry_id)]
        is_repeated = any(row.goes_at and goes_at - row.goes_at < timedelta(hours=hours) for row in earlier)
        if goes_at <= known_from or is_repeated:
            continue
        times = sum(row.entry_id == entry_id for row in earlier)
        key = f"reminder-{challenge.number}-{hours}h"
        key += (f"-{entry_id.hex}" if entry_id else "") + (f"-{times + 1}" if times else "")
        audience = Audience(AudienceKind.NOT_HANDED_IN, challenge, entry_id, spares_extended=entry_id is None)
        yield Planned(key, Kind.REMINDER, audience, _reminding(challenge, hours), goes_at, until, hours)


def _reminding(challenge: Challenge, hours: int = 0) -> Words:
    """It must be true whenever it goes out, so it names no span of time; the letter itself names the due instant."""
    near = {24: " is due soon", 3: " is due very soon"}.get(hours, "")
    return Words(
        f"Challenge {challenge.number}{near}: your team has not handed in yet",
        f"Your team has not handed in anything for challenge {challenge.number}, “{challenge.title}”, yet.\n\n"
        "You can hand in as often as you like, and the last version before the due instant counts. "
        "So hand in early what you have.",
    )


def _of_message(row: Mailing, by_id: dict[UUID, Challenge]) -> Planned:
    challenge = by_id.get(row.challenge_id) if row.challenge_id else None
    until = row.goes_at and row.goes_at + STILL_NEWS
    if until and challenge and row.audience == AudienceKind.NOT_HANDED_IN:
        until = min(until, max(challenge.settled_at, row.goes_at or until))
    audience = Audience(AudienceKind(row.audience), challenge, row.entry_id)
    return Planned(
        row.key, Kind(row.kind), audience, Words(row.subject or "", row.body or ""), row.goes_at, until, row.hours, row
    )


def _with(one: Planned, row: Mailing | None) -> Planned:
    if row is None:
        return one
    words = Words(row.subject or one.words.subject, row.body or one.words.body)
    return replace(one, row=row, words=words)


def mailings_of(session: Session, season_id: UUID) -> list[Mailing]:
    return list(session.exec(select(Mailing).where(Mailing.season_id == season_id)))


def gone_of(session: Session, season_id: UUID, most: int = 30) -> list[Mailing]:
    """What went out or came too late, newest first."""
    done = or_(col(Mailing.sent_at).is_not(None), col(Mailing.missed_at).is_not(None))
    latest = func.coalesce(Mailing.sent_at, Mailing.missed_at).desc()
    rows = select(Mailing).where(Mailing.season_id == season_id, done).order_by(latest, Mailing.key).limit(most)
    return list(session.exec(rows))


def _extensions_of(session: Session, challenge_ids: Sequence[UUID]) -> list[Extension]:
    """Oldest first."""
    granted = select(Extension).where(col(Extension.challenge_id).in_(challenge_ids))
    return list(session.exec(granted.order_by(col(Extension.granted_at), col(Extension.id).desc())))


def find(session: Session, season: Season, key: str, now: datetime) -> Planned:
    """A mail of the season, gone out or not."""
    challenges = every_challenge_of(session, season.id)
    for one in planned_of(session, season, challenges, now):
        if one.key == key:
            return one
    row = _row_called(session, season, key)
    if row is None:
        raise NotYours
    return _of_message(row, {challenge.id: challenge for challenge in challenges})


# What organizers do.


def words_for(audience: Audience, season: Season) -> Words:
    """What a new message could say, where that is plain."""
    if audience.kind == AudienceKind.NOT_HANDED_IN and audience.challenge:
        return _reminding(audience.challenge)
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


def edit(session: Session, season: Season, one: Planned, subject: str, body: str, by: Person, now: datetime) -> None:
    """Say it in other words. Due instants and links are added to whatever the text says. Two empty boxes bring the
    platform's own text back.
    """
    row = _pending(session, season, one)
    if one.kind != Kind.MESSAGE and not subject.strip() and not body.strip():
        row.subject = row.body = None
    else:
        row.subject, row.body = _subject(subject), _body(body)
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
    row = _row(session, season, one)
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
    if not _write_letters(session, season, _with(one, row), row, by, now, late_judges):
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


# What goes out by itself.


@dataclass(frozen=True)
class Due:
    season_id: UUID
    key: str


def due(session: Session, now: datetime) -> list[Due]:
    """What is to go out in any season by now. It is asked every few seconds: two statements where no challenge is
    open, three where one is.
    """
    live = session.exec(
        select(Season, Challenge)
        .join(Challenge, col(Challenge.season_id) == col(Season.id))
        .where(
            col(Season.announced_at).is_not(None), col(Season.archived_at).is_(None),
            released_by(now), col(Challenge.settled_at) > now - KEPT,
        )
    ).all()  # fmt: skip
    pending = and_(
        col(Mailing.kind) == Kind.MESSAGE, col(Mailing.goes_at) <= now, col(Mailing.stopped_at).is_(None),
        col(Mailing.sent_at).is_(None), col(Mailing.missed_at).is_(None),
    )  # fmt: skip
    season_ids = {season.id for season, _ in live}
    rows = session.exec(select(Mailing).where(or_(pending, col(Mailing.season_id).in_(season_ids)))).all()
    messages = [_of_message(row, {}) for row in rows if row.kind == Kind.MESSAGE]
    found = [Due(one.row.season_id, one.key) for one in messages if one.row and one.is_due(now)]
    extensions = _extensions_of(session, [challenge.id for _, challenge in live]) if live else []
    for season, challenge in live:
        if season.state(now) != SeasonState.FINISHED:
            own = [each for each in extensions if each.challenge_id == challenge.id]
            of_season = [row for row in rows if row.season_id == season.id]
            planned = _of_challenge(season, challenge, own, of_season, now)
            found += [Due(season.id, one.key) for one in planned if one.is_due(now)]
    return found


def send(session: Session, which: Due, now: datetime, late_judges: LateJudges) -> Mailing | None:
    """Send this one, if it is still due as this transaction sees it; or write down that it comes too late to help."""
    season = session.get_one(Season, which.season_id)
    planned = planned_of(session, season, every_challenge_of(session, season.id), now)
    one = next((one for one in planned if one.key == which.key and one.is_due(now)), None)
    if one is None or season.archived_at:
        return None
    row = _row(session, season, one)
    if row.is_done or row.stopped_at:  # by another worker, or by an organizer, while we looked
        return None
    if one.until and one.until <= now:
        row.missed_at, row.goes_at, row.subject, row.body = now, one.goes_at, one.words.subject, one.words.body
        note(session, None, "mailing.missed", row, now, season.id, subject=one.words.subject)
    else:
        _write_letters(session, season, _with(one, row), row, None, now, late_judges)
    return row


def tell_amended(
    session: Session, season: Season, challenge: Challenge, amended: Brief, by: Person, now: datetime,
    extension: Extension | None = None,
) -> Mailing:  # fmt: skip
    """Every entrant reads at once what changed in the brief, and how much more time there is for it."""
    more = "\n\nFor that, **every team has more time**: the due instant has moved." if extension else ""
    words = Words(
        f"Challenge {challenge.number}: the brief was amended (amendment {amended.amendment})",
        f"The brief of challenge {challenge.number}, “{challenge.title}”, was amended. "
        f"The note of amendment {amended.amendment} says:\n\n{_quoted(amended.note)}{more}",
    )
    key = f"amendment-{challenge.number}-{amended.amendment}"
    return _tell(session, season, Kind.AMENDMENT, key, Audience(AudienceKind.ENTRANTS, challenge), words, by, now)


def tell_reworded(
    session: Session, season: Season, challenge: Challenge, made: Rewording, by: Person, now: datetime
) -> Mailing:
    """Every entrant reads at once what changed in how the challenge is judged."""
    words = Words(
        f"Challenge {challenge.number}: the rubric was amended",
        f"How challenge {challenge.number}, “{challenge.title}”, is judged was amended. "
        f"The note says:\n\n{_quoted(made.note)}",
    )
    key = f"rubric-{challenge.number}-{made.number}"
    return _tell(session, season, Kind.AMENDMENT, key, Audience(AudienceKind.ENTRANTS, challenge), words, by, now)


def tell_extended(
    session: Session, season: Season, challenge: Challenge, extension: Extension, by: Person, now: datetime
) -> Mailing:
    """Every entrant reads at once that there is more time; or one entry does, whose reason stays private."""
    named = f"challenge {challenge.number}, “{challenge.title}”"
    number, kind = challenge.number, Kind.EXTENDED if extension.entry_id else Kind.MOVED
    if kind == Kind.MOVED:
        words = Words(
            f"Challenge {number}: there is more time for every team",
            f"The due instant of {named}, is later than before, for every team alike. The reason:\n\n"
            f"{_quoted(extension.reason)}",
        )
    elif extension.minutes:
        words = Words(
            f"Challenge {number}: your team has more time",
            f"Your team has a due instant of its own for {named}. It is this one:",
        )
    else:
        words = Words(
            f"Challenge {number}: your team’s own due instant is taken back",
            f"For {named}, the due instant of all teams holds for yours as well. It is this one:",
        )
    audience = Audience(AudienceKind.ENTRANTS, challenge, extension.entry_id)
    return _tell(session, season, kind, f"deadline-{number}-{extension.id.hex}", audience, words, by, now)


def _tell(
    session: Session, season: Season, kind: Kind, key: str, audience: Audience, words: Words, by: Person, now: datetime
) -> Mailing:
    one = Planned(key, kind, audience, words, goes_at=now)
    row = _row(session, season, one)
    if not row.sent_at:
        row.written_by = by.id
        _write_letters(session, season, one, row, by, now, lambda _, __: ())
    return row


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


# Rows and letters.


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


def _write_letters(
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
    """Its row, made where there is none, held until our transaction ends."""
    row = _row(session, season, one)
    if row.sent_at:
        raise Refusal("This mail has gone out meanwhile, so nothing about it can be changed.")
    return row


def _row(session: Session, season: Season, one: Planned) -> Mailing:
    row = _row_called(session, season, one.key)
    if row is None:
        row = Mailing(
            season_id=season.id, key=one.key, kind=one.kind, audience=one.audience.kind, entry_id=one.audience.entry_id,
            challenge_id=one.challenge.id if one.challenge else None, hours=one.hours, goes_at=one.goes_at,
        )  # fmt: skip
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # somebody else decided about the same mail at the same moment
            row = _row_called(session, season, one.key)
            if row is None:
                raise
    lock(session, row)
    return row


def _row_called(session: Session, season: Season, key: str) -> Mailing | None:
    return session.exec(select(Mailing).where(Mailing.season_id == season.id, Mailing.key == key)).first()
