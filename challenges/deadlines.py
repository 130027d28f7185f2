"""Deadlines: until when an entry may hand in, with the grace of its challenge and an extension of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, Session, col, func, select

from challenges.challenges import IN_FLIGHT, Challenge
from challenges.entries import Entry
from challenges.history import note
from challenges.outcomes import of_challenge
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import Conflict, Refusal
from challenges.seasons import Season
from challenges.states import Deed
from challenges.teams import Team

LONGEST = timedelta(days=30)


class Extension(Record, table=True):
    """More time, with its reason. For one entry the newest counts; one for everybody has moved the due instant."""

    challenge_id: UUID = Field(foreign_key="challenge.id", index=True)
    entry_id: UUID | None = Field(default=None, foreign_key="entry.id", index=True)
    """None: for everybody."""
    minutes: int
    reason: str = Field(max_length=400)
    is_for_outage: bool = False
    """It gives back what our own outage took."""
    granted_by: UUID = Field(foreign_key="person.id")
    granted_at: datetime = Field(sa_type=Instant)


class Arrival(StrEnum):
    """How a hand-in stands to its deadline."""

    IN_TIME = "in time"
    LATE = "late"
    """Within the grace."""
    IN_FLIGHT = "in flight"
    """Only files that were still travelling at the due instant."""
    TOO_LATE = "too late"


@dataclass(frozen=True)
class Deadline:
    """Of one entry for one challenge. Each instant is exclusive: hand in before it."""

    due_at: datetime
    """Its extension included."""
    late_until: datetime
    """The same as `due_at` where there is no grace."""
    flight_until: datetime
    extended_by: timedelta
    reason: str
    penalty: int
    """Points, of 100, for a hand-in after `due_at` and before `late_until`."""

    def arrival(self, now: datetime) -> Arrival:
        if now < self.due_at:
            return Arrival.IN_TIME
        if now < self.late_until:
            return Arrival.LATE
        return Arrival.IN_FLIGHT if now < self.flight_until else Arrival.TOO_LATE

    def takes_uploads(self, now: datetime) -> bool:
        return now < self.late_until

    @property
    def closes_at(self) -> datetime:
        """From here on nothing can arrive any more."""
        return max(self.late_until, self.flight_until)


def deadline_of(session: Session, challenge: Challenge, entry_id: UUID | None) -> Deadline:
    """`entry_id` is None for whoever has no entry: then it is the deadline of everybody without an extension."""
    return deadline_from(challenge, newest_extensions(session, challenge.id).get(entry_id) if entry_id else None)


def deadlines_of(session: Session, challenge: Challenge, entry_ids: list[UUID]) -> dict[UUID, Deadline]:
    newest = newest_extensions(session, challenge.id)
    return {entry_id: deadline_from(challenge, newest.get(entry_id)) for entry_id in entry_ids}


def deadline_from(challenge: Challenge, extension: Extension | None) -> Deadline:
    """As it follows from the extension that counts for an entry, if it has one."""
    extended_by = timedelta(minutes=extension.minutes) if extension else timedelta()
    due_at = challenge.due_at + extended_by
    return Deadline(
        due_at, due_at + timedelta(minutes=challenge.grace_minutes), due_at + IN_FLIGHT, extended_by,
        extension.reason if extension else "", challenge.penalty,
    )  # fmt: skip


def extensions_of(session: Session, challenge_id: UUID) -> list[Extension]:
    """Every one that was granted, newest first."""
    granted = select(Extension).where(Extension.challenge_id == challenge_id)
    return list(session.exec(granted.order_by(col(Extension.granted_at).desc(), col(Extension.id))))


def newest_extensions(session: Session, challenge_id: UUID) -> dict[UUID, Extension]:
    """The one that counts for each entry that has one."""
    return {each.entry_id: each for each in reversed(extensions_of(session, challenge_id)) if each.entry_id}


def dues_of(session: Session, season_id: UUID) -> dict[int, datetime]:
    """By number the latest due instant of each scheduled challenge: a season that moves its days must keep them."""
    longest = select(func.max(Extension.minutes)).where(
        Extension.challenge_id == Challenge.id, col(Extension.entry_id).is_not(None)
    )
    scheduled = select(Challenge.number, Challenge.due_at, longest.correlate(Challenge).scalar_subquery()).where(
        Challenge.season_id == season_id, col(Challenge.scheduled_at).is_not(None)
    )
    return {
        number: due_at + timedelta(minutes=minutes or 0)
        for number, due_at, minutes in session.exec(scheduled.order_by(col(Challenge.number)))
    }


def extend(
    session: Session, challenge: Challenge, entry: Entry, minutes: int, reason: str, by: Person, now: datetime
) -> Extension:
    """Give one entry until `minutes` after the due instant of all. It replaces an earlier one; 0 takes it back."""
    _check(session, challenge, now)
    if (newest := newest_extensions(session, challenge.id).get(entry.id)) and _says(newest, minutes, reason):
        return newest
    passed = int((now - challenge.due_at).total_seconds() // 60) + 1 if now >= challenge.due_at else 0
    if 0 < minutes < passed:
        raise Refusal(f"That would be over already. Give at least {passed} minutes.", field="minutes")
    extension = _grant(session, challenge, entry.id, minutes, reason, by, now)
    team = session.get_one(Team, entry.team_id)
    note(
        session, by, "deadline.extended", extension, now, challenge.season_id,
        challenge=challenge.number, team=team.name, minutes=minutes,
    )  # fmt: skip
    return extension


def extend_all(
    session: Session, challenge: Challenge, minutes: int, reason: str, by: Person, now: datetime,
    seen: str | None = None, is_for_outage: bool = False,
) -> Extension:  # fmt: skip
    """Move the due instant for everybody alike. An entry's own extension is counted from the new one.

    `seen` is the due instant that the page showed, in ISO form: two organizers do not give the same time twice.
    """
    _check(session, challenge, now)
    if seen is not None and seen != challenge.due_at.isoformat():
        last = next((each for each in extensions_of(session, challenge.id) if not each.entry_id), None)
        if last and last.granted_by == by.id and _says(last, minutes, reason):
            return last
        raise Conflict(
            "The due instant has moved since this page was loaded. Look at it again before you give more.",
            field="minutes",
        )
    if minutes <= 0:
        raise Refusal("An extension is at least a minute. A due instant never moves to earlier.", field="minutes")
    moved = challenge.due_at + timedelta(minutes=minutes)
    if moved <= now:
        raise Refusal("That would be over already.", field="minutes")
    challenge.due_at = moved
    extension = _grant(session, challenge, None, minutes, reason, by, now)
    extension.is_for_outage = is_for_outage
    note(
        session, by, "deadline.moved", extension, now, challenge.season_id,
        challenge=challenge.number, minutes=minutes, due=moved.isoformat(),
    )  # fmt: skip
    return extension


def _check(session: Session, challenge: Challenge, now: datetime) -> None:
    season = session.get_one(Season, challenge.season_id)
    if not season.is_over_by_date(now):  # then its last day can be moved, and the sentence says so
        season.check(Deed.PREPARE, now)
    lock(session, challenge)
    if not challenge.is_released(now):
        raise Refusal("This challenge is not released, so its due instant can simply be changed.")
    if of_challenge(session, challenge.id):
        raise Refusal("The results of this challenge are confirmed. Undo the confirmation first.")


def _says(extension: Extension, minutes: int, reason: str) -> bool:
    """Pressed twice, the button gives the time once."""
    return extension.minutes == minutes and extension.reason == reason.strip()


def _check_season(session: Session, challenge: Challenge, minutes: int) -> None:
    season = session.get_one(Season, challenge.season_id)
    if challenge.due_at + timedelta(minutes=minutes) > season.over_at:
        raise Refusal("The season is over before that. Move its last day first.", field="minutes")


def _grant(
    session: Session, challenge: Challenge, entry_id: UUID | None, minutes: int, reason: str, by: Person, now: datetime
) -> Extension:
    if not reason.strip():
        raise Refusal("Say why; it is kept with the extension.", field="reason")
    if len(reason) > 400:
        raise Refusal("That is longer than 400 characters.", field="reason")
    if not 0 <= minutes <= LONGEST.total_seconds() // 60:
        raise Refusal(f"An extension is from 0 minutes to {LONGEST.days} days.", field="minutes")
    _check_season(session, challenge, minutes if entry_id else 0)
    extension = Extension(
        challenge_id=challenge.id, entry_id=entry_id, minutes=minutes, reason=reason.strip(),
        granted_by=by.id, granted_at=now,
    )  # fmt: skip
    session.add(extension)
    session.flush()
    newest = newest_extensions(session, challenge.id).values()
    closes_at = max(deadline_from(challenge, each).closes_at for each in (None, *newest))
    # What was handed in within an extension that is taken back stays in time.
    challenge.settled_at = max(closes_at, min(challenge.settled_at, now))
    return extension
