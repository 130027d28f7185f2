"""Challenges: one problem of a season, what is to be handed in for it, and until when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, Session, col, func, select

from challenges.files import kind_called
from challenges.history import note
from challenges.people import Person, clean_name, clean_zone, flaws_in_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.rubrics import CriterionText, write_rubric
from challenges.seasons import RoleKind, Season, role_of

IN_FLIGHT = timedelta(minutes=30)
"""A file that was still travelling at the due instant may arrive until this much later."""
MOST_DELIVERABLES = 10
LARGEST_NUMBER = 2**31 - 1
"""What a database column holds; addresses can name more."""


class Challenge(Record, table=True):
    """A challenge is a draft, seen by organizers alone, until it is published."""

    __table_args__ = (UniqueConstraint("season_id", "number"),)

    season_id: UUID = Field(foreign_key="season.id")
    number: int
    title: str = Field(max_length=80)
    summary: str = Field(max_length=400)
    due_at: datetime = Field(sa_type=Instant)
    due_zone: str = Field(max_length=64)
    """The zone in which the organizer set the due instant."""
    rubric_version_id: UUID = Field(foreign_key="rubricversion.id")
    created_at: datetime = Field(sa_type=Instant)
    published_at: datetime | None = Field(default=None, sa_type=Instant)

    def is_open(self, now: datetime) -> bool:
        return self.published_at is not None and now < self.due_at

    @property
    def settled_at(self) -> datetime:
        """From here on no hand-in can arrive any more, and judges may read."""
        return self.due_at + IN_FLIGHT


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
class Plan:
    """What an organizer writes about a challenge."""

    title: str
    summary: str
    due_local: datetime
    """Naive: the wall clock in `due_zone`."""
    due_zone: str
    deliverables: Sequence[DeliverableText]
    criteria: Sequence[CriterionText]


def draft(session: Session, season: Season, plan: Plan, by: Person, now: datetime, most_mib: int = 1024) -> Challenge:
    """The season's next challenge, to be published when it is ready."""
    due_at = _check(plan, season, most_mib, now)
    lock(session, season)
    last = session.exec(select(func.max(Challenge.number)).where(Challenge.season_id == season.id)).one()
    challenge = Challenge(
        season_id=season.id, number=(last or 0) + 1, title=clean_name(plan.title, field="title", called="title"),
        summary=clean_summary(plan.summary), due_at=due_at, due_zone=plan.due_zone,
        rubric_version_id=write_rubric(session, plan.criteria, by, now).id, created_at=now,
    )  # fmt: skip
    session.add(challenge)
    session.flush()
    _write_deliverables(session, challenge, plan.deliverables)
    note(session, by, "challenge.drafted", challenge, now, season.id, number=challenge.number)
    return challenge


def redraft(
    session: Session, challenge: Challenge, plan: Plan, by: Person, now: datetime, most_mib: int = 1024
) -> None:
    """Write a draft anew. A published challenge keeps its due instant, deliverables and rubric."""
    lock(session, challenge)
    if challenge.published_at:
        raise Refusal("This challenge is published. People work by what it says, so only its brief can be amended.")
    due_at = _check(plan, session.get_one(Season, challenge.season_id), most_mib, now)
    challenge.title, challenge.summary = clean_name(plan.title, field="title", called="title"), clean_summary(plan.summary)
    challenge.due_at, challenge.due_zone = due_at, plan.due_zone
    challenge.rubric_version_id = write_rubric(session, plan.criteria, by, now).id
    for old in deliverables_of(session, challenge.id):
        session.delete(old)
    session.flush()
    _write_deliverables(session, challenge, plan.deliverables)
    note(session, by, "challenge.redrafted", challenge, now, challenge.season_id, number=challenge.number)


def publish(session: Session, challenge: Challenge, season: Season, by: Person, now: datetime) -> None:
    """Everybody who sees the season can read the challenge, and entries can hand in. Doing it twice does it once."""
    lock(session, challenge)
    if challenge.published_at:
        return
    if not season.published_at:
        raise Refusal("Publish the season first; a challenge cannot be seen without it.")
    if challenge.due_at <= now:
        raise Refusal("The due instant has passed. Set a later one before you publish.", field="due")
    challenge.published_at = now
    note(session, by, "challenge.published", challenge, now, season.id, number=challenge.number)


def due_instant(local: datetime, zone: str) -> datetime:
    """The one instant meant by a wall clock in a zone.

    Refused where the clock is put forward over it or shows it twice: nobody may guess which is meant.
    """
    place = ZoneInfo(clean_zone(zone))
    first, second = local.replace(tzinfo=place, fold=0), local.replace(tzinfo=place, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise Refusal(
            "The clocks change in that hour in this zone. Choose a time an hour earlier or later.", field="due"
        )
    return first.astimezone(UTC)


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


def _check(plan: Plan, season: Season, most_mib: int, now: datetime) -> datetime:
    """The due instant, if all of the plan can be."""
    for flaw in flaws_in(plan.deliverables, most_mib):
        raise flaw
    due_at = due_instant(plan.due_local, plan.due_zone)
    _check_day(due_at, season)
    if due_at <= now:
        raise Refusal("The due instant has passed. Set a later one.", field="due")
    return due_at


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


def challenges_of(session: Session, season_id: UUID, with_drafts: bool = False) -> list[Challenge]:
    """In their order; drafts only for organizers."""
    found = select(Challenge).where(Challenge.season_id == season_id).order_by(col(Challenge.number))
    return list(session.exec(found if with_drafts else found.where(col(Challenge.published_at).is_not(None))))


def find_for(session: Session, season: Season, number: int, person_id: UUID | None) -> Challenge:
    """A published challenge of the season, or a draft for its organizers."""
    if number > LARGEST_NUMBER:
        raise NotYours
    challenge = session.exec(
        select(Challenge).where(Challenge.season_id == season.id, Challenge.number == number)
    ).first()
    if challenge and (
        challenge.published_at or (person_id and role_of(session, season.id, person_id, RoleKind.ORGANIZER))
    ):
        return challenge
    raise NotYours
