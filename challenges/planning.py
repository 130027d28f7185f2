"""Planning: which mails go out to many by themselves, and when, as follows from the calendar.

A planned mail is computed anew whenever somebody looks, so it moves with its deadline.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from challenges.audiences import Audience, AudienceKind, LateJudges
from challenges.challenges import Challenge, ChallengeState, every_challenge_of, released_by
from challenges.deadlines import Extension
from challenges.history import note
from challenges.mailings import (
    Kind,
    Mailing,
    Planned,
    Words,
    as_decided,
    mailings_of,
    reminding,
    row_called,
    row_of,
    write_letters,
)
from challenges.refusals import NotYours
from challenges.seasons import Season
from challenges.states import SeasonState

HOURS = (72, 24, 3)
"""So long before its deadline an entry that has not handed in is reminded."""
STILL_NEWS = timedelta(hours=12)
"""A message that could not go out at its instant goes out so much later at most."""
KEPT = timedelta(days=7)
"""What nobody could send is told so long; of what is older, nobody wants to read."""


@dataclass(frozen=True)
class Due:
    season_id: UUID
    key: str


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
            yield as_decided(one, row)


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
        yield Planned(key, Kind.REMINDER, audience, reminding(challenge, hours), goes_at, until, hours)


def _of_message(row: Mailing, by_id: dict[UUID, Challenge]) -> Planned:
    challenge = by_id.get(row.challenge_id) if row.challenge_id else None
    until = row.goes_at and row.goes_at + STILL_NEWS
    if until and challenge and row.audience == AudienceKind.NOT_HANDED_IN:
        until = min(until, max(challenge.settled_at, row.goes_at or until))
    audience = Audience(AudienceKind(row.audience), challenge, row.entry_id)
    return Planned(
        row.key, Kind(row.kind), audience, Words(row.subject or "", row.body or ""), row.goes_at, until, row.hours, row
    )


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
    row = row_called(session, season, key)
    if row is None:
        raise NotYours
    return _of_message(row, {challenge.id: challenge for challenge in challenges})


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
    challenges = every_challenge_of(session, season.id)
    planned = planned_of(session, season, challenges, now)
    one = next((one for one in planned if one.key == which.key and one.is_due(now)), None)
    if one is None or season.archived_at:
        return None
    try:
        row = row_of(session, season, one)
    except NotYours:  # thrown away while we looked
        return None
    one = _of_message(row, {each.id: each for each in challenges}) if one.kind == Kind.MESSAGE else as_decided(one, row)
    if not one.is_due(now):  # another worker sent it, or an organizer stopped or moved it, while we looked
        return None
    if one.until and one.until <= now:
        row.missed_at, row.goes_at, row.subject, row.body = now, one.goes_at, one.words.subject, one.words.body
        note(session, None, "mailing.missed", row, now, season.id, subject=one.words.subject)
    else:
        write_letters(session, season, one, row, None, now, late_judges)
    return row
