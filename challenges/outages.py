"""Outages: when this site did not answer, by its own measurement, and what that took from those who hand in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import and_, or_
from sqlmodel import Field, Session, col, select

from challenges.challenges import Challenge
from challenges.deadlines import Extension
from challenges.records import Instant, Record

GAP = timedelta(minutes=2)
"""It is looked every 30 seconds; a restart takes less than this, and is no outage."""
LAST_HOURS = timedelta(hours=6)
"""Before a due instant, when most hand in."""
OFFERED_FOR = timedelta(days=1)
"""After the due instant an equal extension is no help any more."""
KEPT = timedelta(days=90)
UNSEEN = "Nothing was measured: the worker, or the whole machine, was down."


class Uptime(Record, table=True):
    """A span of time in which the site answered whenever it was looked at."""

    began_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant, index=True)
    """When it last answered."""
    trouble: str = Field(default="", max_length=200)
    """What was seen when it first did not; empty where nobody could look."""
    lead_seconds: int = 0
    """How far the clock of a demo was ahead when it last answered."""


@dataclass(frozen=True)
class Outage:
    """From the last answer before it to the first one after it."""

    began_at: datetime
    ended_at: datetime | None
    """None while it lasts."""
    seen: str

    def minutes_in(self, start: datetime, end: datetime) -> float:
        """How much of it lies between these two instants."""
        lost = min(self.ended_at or end, end) - max(self.began_at, start)
        return max(lost.total_seconds(), 0) / 60


@dataclass(frozen=True)
class Lost:
    """What outages took from the last hours before a due instant, with the evidence."""

    minutes: int
    """Rounded up: what was lost before the due instant."""
    back: int
    """By how many minutes the due instant moves to give that back from now on, where it has passed already."""
    start: datetime
    due_at: datetime
    outages: Sequence[Outage]


def note_up(session: Session, now: datetime, lead: timedelta = timedelta()) -> None:
    """The site answered. `lead` is how far the clock of a demo is ahead: setting it forward is no outage."""
    last = _last(session)
    ahead = int(lead.total_seconds())
    if last and last.lead_seconds != ahead:
        last.seen_at += timedelta(seconds=ahead - last.lead_seconds)
        last.lead_seconds = ahead
    if last and now - last.seen_at <= GAP:
        last.seen_at, last.trouble = max(now, last.seen_at), ""
    else:
        session.add(Uptime(began_at=now, seen_at=now, lead_seconds=ahead))
    session.flush()


def note_down(session: Session, seen: str) -> None:
    """The site did not answer as it should: `seen` is what came instead, kept with the time since the last answer."""
    last = _last(session)
    if last and not last.trouble:
        last.trouble = seen[:200]
        session.flush()


def outages_between(session: Session, start: datetime, end: datetime) -> list[Outage]:
    """Every time of more than two minutes without an answer that touches this time, oldest first."""
    before = select(Uptime.id).where(col(Uptime.seen_at) < start).order_by(col(Uptime.began_at).desc()).limit(1)
    within = and_(col(Uptime.seen_at) >= start, col(Uptime.began_at) <= end)
    after = select(Uptime.id).where(col(Uptime.seen_at) >= start, col(Uptime.began_at) > end)
    first_after = after.order_by(col(Uptime.began_at)).limit(1)
    spans = select(Uptime).where(
        or_(within, col(Uptime.id) == before.scalar_subquery(), col(Uptime.id) == first_after.scalar_subquery())
    )
    known = session.exec(spans.order_by(col(Uptime.began_at))).all()
    found = [
        Outage(last.seen_at, then.began_at, last.trouble or UNSEEN)
        for last, then in pairwise(known)
        if then.began_at - last.seen_at > GAP
    ]
    if known and known[-1].trouble and end - known[-1].seen_at > GAP:
        found.append(Outage(known[-1].seen_at, None, known[-1].trouble))
    return [outage for outage in found if outage.minutes_in(start, end) > 0]


def outage_near_due(session: Session, challenge: Challenge, now: datetime) -> Lost | None:
    """Our own outages of the last six hours before the due instant, until an extension for everybody answered them."""
    start, end = challenge.due_at - LAST_HOURS, min(challenge.due_at, now)
    if not challenge.is_released(now) or not start < now < challenge.due_at + OFFERED_FOR:
        return None
    outages = outages_between(session, start, end)
    if outages and (answered_at := _answered_at(session, challenge)):
        outages = [one for one in outages if one.ended_at is None or one.ended_at > answered_at]
    minutes = math.ceil(sum(outage.minutes_in(start, end) for outage in outages))
    passed = max(math.ceil((now - challenge.due_at).total_seconds() / 60), 0)
    return Lost(minutes, minutes + passed, start, challenge.due_at, outages) if outages else None


def _answered_at(session: Session, challenge: Challenge) -> datetime | None:
    """When everybody was last given back what an outage took."""
    given = select(Extension.granted_at).where(Extension.challenge_id == challenge.id, col(Extension.is_for_outage))
    return session.exec(given.order_by(col(Extension.granted_at).desc())).first()


def tidy(session: Session, now: datetime) -> None:
    """Forget spans after ninety days, but those around a due instant: they are evidence."""
    dues = session.exec(select(Challenge.due_at)).all()
    old = session.exec(select(Uptime).where(col(Uptime.seen_at) < now - KEPT)).all()
    day = timedelta(days=1)
    for span in old:
        if not any(span.began_at <= due + day and span.seen_at >= due - day for due in dues):
            session.delete(span)
    session.flush()


def _last(session: Session) -> Uptime | None:
    return session.exec(select(Uptime).order_by(col(Uptime.began_at).desc()).limit(1)).first()
