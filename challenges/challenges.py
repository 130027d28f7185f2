"""Challenges: one problem of a season, what is to be handed in for it, and until when."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, UniqueConstraint, and_
from sqlmodel import Field, Session, col, func, select

from challenges.clocks import WallClock, instant_of
from challenges.files import kind_called
from challenges.formats import MOST_ENTRIES
from challenges.history import note
from challenges.people import Person, clean_name, flaws_in_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.rubrics import CriterionText, check_breaks_ties, write_rubric
from challenges.seasons import RoleKind, Season, role_of
from challenges.states import Deed

IN_FLIGHT = timedelta(minutes=30)
"""A file that was still travelling at the due instant may arrive until this much later."""
MOST_DELIVERABLES = 10
MOST_GRACE = 24 * 60
SLOW_HAND = timedelta(minutes=2)
"""An instant that passed while somebody filled in the form still means now."""
LARGEST_NUMBER = 2**31 - 1
"""What a database column holds; addresses can name more."""


class ChallengeState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    """It opens by itself."""
    ON_HOLD = "on hold"
    """It opens by a button, on the evening."""
    OPEN = "open"
    CLOSED = "closed"


class Challenge(Record, table=True):
    """A challenge is a draft until it is scheduled; what it asks is hidden from everybody else until its release."""

    __table_args__ = (
        UniqueConstraint("season_id", "number"),
        CheckConstraint("NOT is_swap OR builds_on IS NOT NULL", name="swap_builds_on"),
    )

    season_id: UUID = Field(foreign_key="season.id")
    number: int
    title: str = Field(max_length=80)
    summary: str = Field(max_length=400)
    due_at: datetime = Field(sa_type=Instant)
    due_zone: str = Field(max_length=64)
    """The zone in which the organizer set the due instant."""
    rubric_version_id: UUID = Field(foreign_key="rubricversion.id")
    created_at: datetime = Field(sa_type=Instant)
    scheduled_at: datetime | None = Field(default=None, sa_type=Instant)
    """When organizers called it ready; None while it is a draft."""
    release_at: datetime | None = Field(default=None, sa_type=Instant)
    """From here on everybody may read it, unless it is on hold: then this is when the evening is planned."""
    on_hold: bool = False
    """It opens when an organizer presses the button, not by itself."""
    grace_minutes: int = 0
    penalty: int = 0
    """Points, of 100, that a hand-in within the grace costs."""
    settled_at: datetime = Field(sa_type=Instant)
    """From here on no hand-in can arrive any more, extensions and grace included, and judges may read."""
    go_on: int | None = None
    """In a knock-out, how many entries go on to the next challenge; None where nobody leaves."""
    is_final: bool = False
    builds_on: UUID | None = Field(default=None, foreign_key="challenge.id")
    """An earlier challenge for which an entry must have handed in."""
    is_swap: bool = False
    """Each entry goes on from another entry's submission to that earlier challenge."""
    questions_until: datetime | None = Field(default=None, sa_type=Instant)
    """Until when questions are taken; None: until it is due."""
    answers_until: datetime | None = Field(default=None, sa_type=Instant)
    """Until when they are answered; None: nothing is promised."""
    chair_id: UUID | None = Field(default=None, foreign_key="person.id")
    """Who leads its judges. Only organizers see who it is."""

    def state(self, now: datetime) -> "ChallengeState":
        if self.scheduled_at is None or self.release_at is None:
            return ChallengeState.DRAFT
        if self.on_hold:
            return ChallengeState.ON_HOLD
        if now < self.release_at:
            return ChallengeState.SCHEDULED
        return ChallengeState.OPEN if now < self.due_at else ChallengeState.CLOSED

    def is_released(self, now: datetime) -> bool:
        """Whether everybody may read it. It follows from the instant alone, so nothing has to run for it to open."""
        return self.state(now) in (ChallengeState.OPEN, ChallengeState.CLOSED)

    def is_open(self, now: datetime) -> bool:
        """Released, and its due instant, the one for everybody, is still ahead."""
        return self.state(now) == ChallengeState.OPEN


class Deliverable(Record, table=True):
    """A file that an entry hands in."""

    __table_args__ = (UniqueConstraint("challenge_id", "position"),)

    challenge_id: UUID = Field(foreign_key="challenge.id")
    position: int
    title: str = Field(max_length=80)
    kind: str = Field(max_length=8)
    required: bool = True
    max_bytes: int = Field(sa_type=BigInteger)


@dataclass(frozen=True)
class DeliverableText:
    title: str
    kind: str = "pdf"
    required: bool = True
    max_mib: int = 50


@dataclass(frozen=True)
class Upcoming:
    """What everybody may know of a challenge before its release: its number and dates, and nothing of what it asks."""

    number: int
    release_at: datetime
    on_hold: bool
    due_at: datetime


@dataclass(frozen=True)
class Course:
    """How a challenge fits into its season."""

    grace_minutes: int = 0
    penalty: int = 0
    go_on: int | None = None
    is_final: bool = False
    builds_on: int | None = None
    """The number of an earlier challenge."""
    is_swap: bool = False
    questions_until: WallClock | None = None
    answers_until: WallClock | None = None
    """In the zone of the due instant."""


@dataclass(frozen=True)
class Plan:
    """What an organizer writes about a challenge."""

    title: str
    summary: str
    due: WallClock
    due_zone: str
    deliverables: Sequence[DeliverableText]
    criteria: Sequence[CriterionText]
    course: Course = Course()


def draft(
    session: Session, season: Season, plan: Plan, by: Person, now: datetime, most_mib: int = 1024, is_copy: bool = False
) -> Challenge:
    """The season's next challenge, to be scheduled when it is ready. A copy may keep a due instant that is over."""
    season.check(Deed.PREPARE, now)
    lock(session, season)
    last = session.exec(select(func.max(Challenge.number)).where(Challenge.season_id == season.id)).one()
    challenge = Challenge(
        season_id=season.id, number=(last or 0) + 1, title="", summary="", due_at=now, due_zone="", settled_at=now,
        rubric_version_id=UUID(int=0), created_at=now,
    )  # fmt: skip
    _fill(session, challenge, plan, by, now, most_mib)
    if not is_copy:
        _check_when(challenge, season, now)
    session.add(challenge)
    session.flush()
    _write_deliverables(session, challenge, plan.deliverables)
    note(session, by, "challenge.drafted", challenge, now, season.id, number=challenge.number)
    return challenge


def redraft(
    session: Session, challenge: Challenge, plan: Plan, by: Person, now: datetime, most_mib: int = 1024
) -> None:
    """Write anew what nobody has been able to read. A released challenge keeps its deliverables and rubric."""
    season = session.get_one(Season, challenge.season_id)
    season.check(Deed.PREPARE, now)
    lock(session, challenge)
    if challenge.is_released(now):
        raise Refusal("This challenge is released. People work by what it says, so it can only be amended.")
    was_due_at = challenge.due_at
    _fill(session, challenge, plan, by, now, most_mib)
    _check_when(challenge, season, now)
    if challenge.scheduled_at:
        check_breaks_ties(session, challenge.rubric_version_id, season, challenge.is_final)
    if challenge.scheduled_at and challenge.release_at:
        _check_swap(session, challenge, challenge.release_at)
        if challenge.due_at <= challenge.release_at:
            raise Refusal(
                "It would be due before its release. Set a later due instant, or take it off the schedule.",
                field="due",
            )
    for old in deliverables_of(session, challenge.id):
        session.delete(old)
    session.flush()
    _write_deliverables(session, challenge, plan.deliverables)
    note(
        session, by, "challenge.redrafted", challenge, now, challenge.season_id, number=challenge.number,
        moves=challenge.scheduled_at is not None and challenge.due_at != was_due_at,
    )  # fmt: skip


def _fill(session: Session, challenge: Challenge, plan: Plan, by: Person, now: datetime, most_mib: int) -> None:
    challenge.due_at, challenge.due_zone = _check(plan, most_mib), plan.due_zone
    challenge.settled_at = challenge.due_at + max(IN_FLIGHT, timedelta(minutes=plan.course.grace_minutes))
    challenge.title, challenge.summary = (
        clean_name(plan.title, field="title", called="title"),
        clean_summary(plan.summary),
    )
    challenge.rubric_version_id = write_rubric(session, plan.criteria, by, now).id
    course = plan.course
    builds_on = _earlier(session, challenge, course)  # before anything is set: a swap without it is no row
    challenge.builds_on, challenge.is_swap = builds_on, course.is_swap
    challenge.grace_minutes, challenge.penalty = course.grace_minutes, course.penalty
    challenge.go_on, challenge.is_final = course.go_on, course.is_final
    challenge.questions_until = _moment(course.questions_until, plan, challenge.due_at, "questions_until")
    challenge.answers_until = _moment(course.answers_until, plan, challenge.due_at, "answers_until")


def _earlier(session: Session, challenge: Challenge, course: Course) -> UUID | None:
    """The challenge that this one builds on; it comes before it."""
    if course.builds_on is None:
        if course.is_swap:
            raise Refusal("Say from which challenge the designs are swapped.", field="builds_on")
        return None
    earlier = session.exec(
        select(Challenge.id).where(
            Challenge.season_id == challenge.season_id,
            Challenge.number == course.builds_on,
            col(Challenge.number) < challenge.number,
        )
    ).first()
    if earlier is None:
        raise Refusal("It can only build on an earlier challenge of this season.", field="builds_on")
    return earlier


def _moment(clock: WallClock | None, plan: Plan, due_at: datetime, field: str) -> datetime | None:
    if clock is None:
        return None
    at = instant_of(clock, plan.due_zone, field)
    if at > due_at:
        raise Refusal("That is after the due instant, when nobody can use it any more.", field=field)
    return at


def schedule(
    session: Session, challenge: Challenge, season: Season, by: Person, now: datetime,
    at: datetime | None = None, on_hold: bool = False,
) -> None:  # fmt: skip
    """It is ready: everybody may read it from `at` on, or at once; `on_hold` waits for a button on the evening.

    Scheduling anew moves a release that has not come; doing it again after the release does nothing.
    """
    lock(session, challenge)
    if challenge.is_released(now):
        return
    season.check(Deed.PREPARE, now)
    if not season.announced_at:
        raise Refusal("Announce the season first; a challenge cannot be seen without it.")
    if at and at < now - SLOW_HAND:
        raise Refusal("That instant has passed. Choose a later one, or release the challenge now.", field="release")
    release_at = max(at, now) if at else now
    _check_swap(session, challenge, release_at)
    if challenge.due_at <= release_at:
        raise Refusal(
            "The due instant has passed by then. Set a later one, or release the challenge earlier.", field="release"
        )
    _check_day(challenge.due_at, season)
    check_breaks_ties(session, challenge.rubric_version_id, season, challenge.is_final)
    challenge.scheduled_at, challenge.release_at, challenge.on_hold = now, release_at, on_hold
    deed = "challenge.held" if on_hold else "challenge.released" if release_at <= now else "challenge.scheduled"
    note(session, by, deed, challenge, now, season.id, number=challenge.number, at=release_at.isoformat())


def _check_swap(session: Session, challenge: Challenge, release_at: datetime) -> None:
    """What is swapped must have arrived by then, or nobody could ever draw."""
    earlier = session.get_one(Challenge, challenge.builds_on) if challenge.is_swap and challenge.builds_on else None
    if earlier and release_at < earlier.settled_at:
        raise Refusal(
            f"It swaps the designs of challenge {earlier.number}, which can arrive until after that. Release it later.",
            field="release",
        )


def unschedule(session: Session, challenge: Challenge, by: Person, now: datetime) -> None:
    """Back to a draft, while nobody can have read it."""
    session.get_one(Season, challenge.season_id).check(Deed.PREPARE, now)
    lock(session, challenge)
    if challenge.is_released(now):
        raise Refusal("This challenge is released: people may have read it, so it cannot be hidden any more.")
    if challenge.scheduled_at:
        challenge.scheduled_at, challenge.release_at, challenge.on_hold = None, None, False
        note(session, by, "challenge.unscheduled", challenge, now, challenge.season_id, number=challenge.number)


def release(session: Session, challenge: Challenge, by: Person, now: datetime, moves_due: bool = False) -> timedelta:
    """The button of the evening. Gives by how much later than planned it opens; the due instant may move along.

    It moves by whole minutes, so that nobody has to hand in before 00:24:02, and nobody gets less than was promised.
    Pressing it twice releases once.
    """
    lock(session, challenge)
    if challenge.is_released(now):
        return timedelta()
    season = session.get_one(Season, challenge.season_id)
    season.check(Deed.PREPARE, now)
    if challenge.scheduled_at is None or challenge.release_at is None:
        raise Refusal("This challenge is a draft. Schedule it first.")
    _check_swap(session, challenge, now)
    late = max(now - challenge.release_at, timedelta())
    if moves_due:
        moves = timedelta(minutes=math.ceil(late / timedelta(minutes=1)))
        challenge.due_at += moves
        challenge.settled_at += moves
        challenge.questions_until = challenge.questions_until and challenge.questions_until + moves
        challenge.answers_until = challenge.answers_until and challenge.answers_until + moves
        _check_day(challenge.due_at, season)
    if challenge.due_at <= now:
        raise Refusal("The due instant has passed. Set a later one before you release.", field="due")
    challenge.release_at, challenge.on_hold = now, False
    note(
        session, by, "challenge.released", challenge, now, challenge.season_id,
        number=challenge.number, due=challenge.due_at.isoformat(),
    )  # fmt: skip
    return late


def flaws_in(deliverables: Sequence[DeliverableText], most_mib: int) -> Iterator[Refusal]:
    """All that is wrong with what is to be handed in, each with its field."""
    if not deliverables:
        yield Refusal("Say what is to be handed in: at least one deliverable.", field="deliverables-1-title")
    if len(deliverables) > MOST_DELIVERABLES:
        yield Refusal(f"At most {MOST_DELIVERABLES} deliverables.", field="deliverables-1-title")
    for at, text in enumerate(deliverables, 1):
        yield from flaws_in_name(text.title, f"deliverables-{at}-title", called="title")
        try:
            kind_called(text.kind, field=f"deliverables-{at}-kind")
        except Refusal as flaw:
            yield flaw
        if not 1 <= text.max_mib <= most_mib:
            yield Refusal(f"A size limit is from 1 to {most_mib} MiB.", field=f"deliverables-{at}-size")
    if deliverables and not any(text.required for text in deliverables):
        yield Refusal("At least one deliverable must be required.", field="deliverables-1-required")


def clean_summary(text: str) -> str:
    summary = " ".join(text.split())
    if not summary:
        raise Refusal("Say in one or two sentences what the challenge asks.", field="summary")
    if len(summary) > 400:
        raise Refusal("The summary is longer than 400 characters. The brief has room for the rest.", field="summary")
    return summary


def _check(plan: Plan, most_mib: int) -> datetime:
    """The due instant, if all of the plan can be."""
    for flaw in flaws_in(plan.deliverables, most_mib):
        raise flaw
    due_at = instant_of(plan.due, plan.due_zone, "due", is_due=True)
    _check_course(plan.course)
    return due_at


def _check_when(challenge: Challenge, season: Season, now: datetime) -> None:
    _check_day(challenge.due_at, season)
    if challenge.due_at <= now:
        raise Refusal("The due instant has passed. Set a later one.", field="due")


def _check_course(course: Course) -> None:
    if not 0 <= course.grace_minutes <= MOST_GRACE:
        raise Refusal(f"The grace is from 0 to {MOST_GRACE} minutes.", field="grace")
    if not 0 <= course.penalty <= 100:
        raise Refusal("The penalty is from 0 to 100 points.", field="penalty")
    if course.penalty and not course.grace_minutes:
        raise Refusal("Without a grace nothing can be late, so a penalty says nothing.", field="penalty")
    if course.go_on is not None and not 1 <= course.go_on <= MOST_ENTRIES:
        raise Refusal("At least one entry goes on.", field="go_on")


def _check_day(due_at: datetime, season: Season) -> None:
    """A challenge is due within its season, by the season's own clock."""
    day = due_at.astimezone(ZoneInfo(season.zone)).date()
    if day < season.starts_on:
        raise Refusal(
            f"The season begins on {_said(season.starts_on)}. A challenge cannot be due before that.", field="due"
        )
    if day > season.ends_on:
        raise Refusal(
            f"The season ends on {_said(season.ends_on)}. A challenge cannot be due after that. "
            "You can move the season’s last day.", field="due",
        )  # fmt: skip


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _write_deliverables(session: Session, challenge: Challenge, texts: Sequence[DeliverableText]) -> None:
    for position, text in enumerate(texts, 1):
        session.add(
            Deliverable(
                challenge_id=challenge.id, position=position, title=clean_name(text.title), kind=text.kind,
                required=text.required, max_bytes=text.max_mib * 1024 * 1024,
            )
        )  # fmt: skip
    session.flush()


def deliverables_of(session: Session, challenge_id: UUID) -> list[Deliverable]:
    wanted = select(Deliverable).where(Deliverable.challenge_id == challenge_id).order_by(col(Deliverable.position))
    return list(session.exec(wanted))


def released_by(now: datetime) -> ColumnElement[bool]:
    """In a query, what `is_released` says of one challenge."""
    return and_(
        col(Challenge.scheduled_at).is_not(None), col(Challenge.on_hold).is_(False), col(Challenge.release_at) <= now
    )


def challenges_of(session: Session, season_id: UUID, now: datetime) -> list[Challenge]:
    """What everybody may read, in order."""
    return [challenge for challenge in every_challenge_of(session, season_id) if challenge.is_released(now)]


def every_challenge_of(session: Session, season_id: UUID) -> list[Challenge]:
    """Also drafts and what is under embargo: only for organizers, or to filter."""
    return list(session.exec(select(Challenge).where(Challenge.season_id == season_id).order_by(col(Challenge.number))))


def upcoming_of(challenges: Sequence[Challenge], now: datetime) -> list[Upcoming]:
    """Of these, what everybody may know of the ones that are scheduled and not released."""
    return [
        Upcoming(each.number, each.release_at, each.on_hold, each.due_at)
        for each in challenges
        if each.release_at and each.state(now) in (ChallengeState.SCHEDULED, ChallengeState.ON_HOLD)
    ]


def find_for(session: Session, season: Season, number: int, person_id: UUID | None, now: datetime) -> Challenge:
    """A released challenge of the season; or any of its challenges, for its organizers."""
    challenge = _numbered(session, season, number)
    if challenge and (challenge.is_released(now) or _is(session, season, person_id, RoleKind.ORGANIZER)):
        return challenge
    raise NotYours


def find_to_rehearse(session: Session, season: Season, number: int, person_id: UUID) -> Challenge:
    """A scheduled challenge for those who prepare the evening: organizers and judges of its season."""
    challenge = _numbered(session, season, number)
    if challenge and (
        _is(session, season, person_id, RoleKind.ORGANIZER)
        or (challenge.scheduled_at and _is(session, season, person_id, RoleKind.JUDGE))
    ):
        return challenge
    raise NotYours


def _numbered(session: Session, season: Season, number: int) -> Challenge | None:
    if number > LARGEST_NUMBER:
        return None
    return session.exec(select(Challenge).where(Challenge.season_id == season.id, Challenge.number == number)).first()


def _is(session: Session, season: Season, person_id: UUID | None, kind: RoleKind) -> bool:
    return bool(person_id and role_of(session, season.id, person_id, kind))
