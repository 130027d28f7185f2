"""Seasons: a run of challenges with a story and dates, and who is what in it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Index, text
from sqlmodel import Field, Session, col, select

from challenges.clocks import WallClock, instant_of
from challenges.formats import Format, Play
from challenges.history import note
from challenges.people import Person, clean_address, clean_name, clean_zone
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.states import Deed, SeasonState, check

# Addresses below /seasons/ that are pages of their own.
TAKEN_WORDS = {"new", "imports"}
LONGEST_STORY = 200_000
YEARS = range(2000, 2200)
"""Whoever writes another year has mistyped it, and far from here clocks cannot count."""
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
"""What somebody wrote for its looks says nothing in an address."""


class Season(Record, table=True):
    """A season is a draft, seen by its organizers alone, until it is announced."""

    slug: str = Field(unique=True, max_length=60)
    title: str = Field(max_length=80)
    story: str
    """Markdown."""
    zone: str = Field(max_length=64)
    starts_on: date
    ends_on: date
    created_by: UUID = Field(foreign_key="person.id")
    created_at: datetime = Field(sa_type=Instant)
    announced_at: datetime | None = Field(default=None, sa_type=Instant)
    registration_opens_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: with the announcement."""
    registration_closes_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: whoever comes while the season runs may enter."""
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    archived_at: datetime | None = Field(default=None, sa_type=Instant)
    format: str = Field(default=Format.KNOCK_OUT, max_length=16)
    least_members: int = 1
    most_members: int = 8
    most_entries: int | None = None
    tie_rule: str | None = Field(default=None, max_length=16)
    """Chosen before the season is announced, and public from then on."""
    tie_criterion: str = Field(default="", max_length=80)
    """The criterion that decides where the tie rule says so."""
    contact: str = Field(default="", max_length=254)
    """Where answers to its mails go; empty: to whoever organizes it longest."""
    is_recorded: bool = False
    """Whether its shows are recorded, so that who enters is asked for consent."""
    poster_key: str | None = Field(default=None, max_length=200)
    poster_version_id: str | None = Field(default=None, max_length=200)
    poster_type: str = Field(default="", max_length=40)
    poster_alt: str = Field(default="", max_length=200)

    def state(self, now: datetime) -> SeasonState:
        """Follows from the instants that organizers set, so nothing has to happen for it to change."""
        if self.archived_at:
            return SeasonState.ARCHIVED
        if self.announced_at is None:
            return SeasonState.DRAFT
        today = now.astimezone(ZoneInfo(self.zone)).date()
        if self.finished_at or today > self.ends_on:
            return SeasonState.FINISHED
        if now < (self.registration_opens_at or self.announced_at):
            return SeasonState.ANNOUNCED
        return SeasonState.RUNNING if today >= self.starts_on else SeasonState.REGISTRATION

    def is_over_by_date(self, now: datetime) -> bool:
        """Over because its last day has passed, and nobody ended it: what may still arrive then does."""
        return self.state(now) == SeasonState.FINISHED and self.finished_at is None

    def check(self, deed: Deed, now: datetime) -> None:
        """Refused where nobody may do this in the state that the season is in."""
        check(deed, self.state(now))

    @property
    def begins_at(self) -> datetime:
        return datetime.combine(self.starts_on, time(), ZoneInfo(self.zone))

    @property
    def over_at(self) -> datetime:
        """The end of its last day."""
        return datetime.combine(self.ends_on + timedelta(days=1), time(), ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True)
class SeasonText:
    """What an organizer says of a season; the clocks are those of its zone."""

    title: str
    story: str
    zone: str
    starts_on: date
    ends_on: date
    registration_opens: WallClock | None = None
    registration_closes: WallClock | None = None
    contact: str = ""
    is_recorded: bool = False


class RoleKind(StrEnum):
    ORGANIZER = "organizer"
    JUDGE = "judge"
    MENTOR = "mentor"
    PARTICIPANT = "participant"
    VIEWER = "viewer"


class Role(Record, table=True):
    """What a person is in one season, since when and by whom. An ended role stays as history."""

    __table_args__ = (
        # One living role of a kind for a person in a season, however often the button is pressed.
        Index(
            "uq_role_living", "season_id", "person_id", "kind", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    season_id: UUID = Field(foreign_key="season.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=16)
    granted_by: UUID = Field(foreign_key="person.id")
    granted_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


def create(session: Session, founder: Person, told: SeasonText, now: datetime) -> Season:
    """A draft season, organized by the person who founds it."""
    check_founder(founder)
    season = Season(
        slug=free_slug(session, told.title), title="", story="", zone="", starts_on=told.starts_on,
        ends_on=told.ends_on, created_by=founder.id, created_at=now,
    )  # fmt: skip
    _describe(season, told)
    session.add(season)
    session.flush()
    note(session, founder, "season.created", season, now, season.id)
    grant(session, season, founder, RoleKind.ORGANIZER, founder, now)
    return season


def check_founder(person: Person) -> None:
    if not person.founder_since:
        raise Refusal("Only a founder may create a season. Ask whoever runs this site.")


def redescribe(
    session: Session, season: Season, told: SeasonText, by: Person, now: datetime, dues: Mapping[int, datetime]
) -> None:
    """Say anew what the season is. Its address stays once somebody else can have shared it.

    `dues` are the latest due instants of its scheduled challenges by number, which must stay within its days.
    """
    lock(session, season)
    season.check(Deed.DESCRIBE, now)
    before, opened = season.title, season.registration_opens_at or season.announced_at
    _describe(season, told)
    if opened and opened <= now and season.registration_opens_at and season.registration_opens_at > now:
        raise Refusal("Registration is open already, so it cannot open later.", field="registration_opens")
    _check_dues(season, dues)
    if season.title != before and is_unseen(session, season):
        season.slug = free_slug(session, season.title, season)
    note(session, by, "season.described", season, now, season.id)


def _describe(season: Season, told: SeasonText) -> None:
    """Fill in what a season says of itself."""
    for field in ("starts_on", "ends_on"):
        if getattr(told, field).year not in YEARS:
            raise Refusal(f"Write a year from {YEARS[0]} to {YEARS[-1]}.", field=field)
    if told.ends_on < told.starts_on:
        raise Refusal("The season ends before it begins. Set the last day on or after the first.", field="ends_on")
    if not told.story.strip():
        raise Refusal("Tell the story of the season in a few sentences; participants read it first.", field="story")
    if len(told.story) > LONGEST_STORY:
        raise Refusal(f"The story is longer than {LONGEST_STORY:,} characters.", field="story")
    season.title = clean_name(told.title, field="title", called="title")
    season.story = told.story.strip()
    season.zone = clean_zone(told.zone)
    season.starts_on, season.ends_on = told.starts_on, told.ends_on
    season.contact = _contact(told.contact)
    season.is_recorded = told.is_recorded
    _set_registration(season, told)


def _contact(text: str) -> str:
    try:
        return clean_address(text) if text.strip() else ""
    except Refusal as flaw:
        raise Refusal(flaw.message, field="contact") from None


def _set_registration(season: Season, told: SeasonText) -> None:
    opens = _instant(told.registration_opens, season.zone, "registration_opens")
    closes = _instant(told.registration_closes, season.zone, "registration_closes", is_due=True)
    if opens and closes and closes <= opens:
        raise Refusal("Registration closes before it opens. Set it later.", field="registration_closes")
    if opens and opens >= season.over_at:
        raise Refusal("Registration opens after the season’s last day. Set it earlier.", field="registration_opens")
    if closes and closes > season.over_at:
        raise Refusal("Registration closes after the season’s last day. Set it earlier.", field="registration_closes")
    season.registration_opens_at, season.registration_closes_at = opens, closes


def _instant(clock: WallClock | None, zone: str, field: str, is_due: bool = False) -> datetime | None:
    if clock is None:
        return None
    if clock.local.year not in YEARS:
        raise Refusal(f"Write a year from {YEARS[0]} to {YEARS[-1]}.", field=field)
    return instant_of(clock, zone, field, is_due)


def _check_dues(season: Season, dues: Mapping[int, datetime]) -> None:
    for number, due_at in dues.items():
        day = due_at.astimezone(ZoneInfo(season.zone)).date()
        field = "starts_on" if day < season.starts_on else "ends_on" if day > season.ends_on else None
        if field:
            raise Refusal(
                f"Challenge {number} is due on {day.day} {day:%B %Y}, and that would be outside the season. "
                "Keep that day within it, or move the challenge first.", field=field,
            )  # fmt: skip


def choose_play(session: Session, season: Season, play: Play, by: Person, now: datetime) -> None:
    """How the season is played: while it is a draft, for everybody who enters must have been able to read it."""
    lock(session, season)  # an announcement at the same moment waits, or has happened
    season.check(Deed.SET_RULES, now)
    chosen = play.checked()
    for name, value in vars(chosen).items():
        setattr(season, name, value)
    note(session, by, "season.rules_set", season, now, season.id, format=chosen.format, tie_rule=chosen.tie_rule)


def announce(session: Session, season: Season, by: Person, now: datetime) -> None:
    """Everybody can see the season from now on. Doing it twice does it once."""
    lock(session, season)
    if season.announced_at:
        return
    if season.tie_rule is None:
        raise Refusal("Choose first how the season is played, and what happens to places that are too close to call.")
    season.announced_at = now
    note(session, by, "season.announced", season, now, season.id)


def finish(session: Session, season: Season, by: Person, now: datetime) -> None:
    """The season is over before its last day. Doing it twice does it once."""
    lock(session, season)
    if season.state(now) == SeasonState.FINISHED:
        return
    season.check(Deed.FINISH, now)
    season.finished_at = now
    note(session, by, "season.finished", season, now, season.id)


def archive(session: Session, season: Season, by: Person, now: datetime, results_wait: bool = False) -> None:
    """Nothing in it changes any more; everything stays readable. Doing it twice does it once."""
    lock(session, season)
    if season.archived_at:
        return
    season.check(Deed.ARCHIVE, now)
    if results_wait:
        raise Refusal("Results of this season wait for their release. Open them or take them back first.")
    season.archived_at = now
    note(session, by, "season.archived", season, now, season.id)


def is_unseen(session: Session, season: Season) -> bool:
    """Whether nobody but its creator has ever been told of it."""
    others = select(Role.id).where(Role.season_id == season.id, Role.person_id != season.created_by)
    return season.announced_at is None and session.exec(others).first() is None


def free_slug(session: Session, title: str, season: Season | None = None) -> str:
    """A short address made from the title: `The Long Winter` → `the-long-winter`, then `the-long-winter-2`.

    A season that has one already is not in its own way.
    """
    plain = unicodedata.normalize("NFKD", TAG.sub(" ", title)).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "season"
    base = f"{base}-season" if base in TAKEN_WORDS else base
    taken = set(session.exec(select(Season.slug).where(col(Season.slug).startswith(base))))
    taken -= {season.slug} if season else set()
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)


def grant(session: Session, season: Season, person: Person, kind: RoleKind, by: Person, now: datetime) -> Role:
    """Give somebody a role. Giving it twice gives it once."""
    if living := role_of(session, season.id, person.id, kind):
        return living
    role = Role(season_id=season.id, person_id=person.id, kind=kind, granted_by=by.id, granted_at=now)
    session.add(role)
    session.flush()
    note(session, by, "role.granted", role, now, season.id, kind=kind, person=person.name)
    return role


def end_role(session: Session, role: Role, by: Person, now: datetime) -> None:
    """The role ends with the next request of its holder. A season keeps at least one organizer."""
    lock(session, session.get_one(Season, role.season_id))  # two organizers may end each other at once
    session.refresh(role)
    if role.ended_at:
        return
    if role.kind == RoleKind.ORGANIZER and len(holders(session, role.season_id, RoleKind.ORGANIZER)) == 1:
        raise Refusal("This is the last organizer. Name another one first.")
    role.ended_at = now
    person = session.get_one(Person, role.person_id)
    note(session, by, "role.ended", role, now, role.season_id, kind=role.kind, person=person.name)


def role_of(session: Session, season_id: UUID, person_id: UUID, kind: RoleKind) -> Role | None:
    living = select(Role).where(
        Role.season_id == season_id, Role.person_id == person_id, Role.kind == kind, col(Role.ended_at).is_(None)
    )
    return session.exec(living).first()


def roles_of(session: Session, person_id: UUID) -> list[Role]:
    """Every living role of a person, in all seasons."""
    return list(session.exec(select(Role).where(Role.person_id == person_id, col(Role.ended_at).is_(None))))


def holders(session: Session, season_id: UUID, kind: RoleKind) -> list[tuple[Role, Person]]:
    living = (
        select(Role, Person)
        .join(Person, col(Person.id) == col(Role.person_id))
        .where(Role.season_id == season_id, Role.kind == kind, col(Role.ended_at).is_(None))
        .order_by(Person.name, Person.email)
    )
    return list(session.exec(living).all())


def find_season(session: Session, slug: str) -> Season:
    """By its address, whoever asks: the door says who may."""
    season = session.exec(select(Season).where(Season.slug == slug)).first()
    if season is None:
        raise NotYours
    return season


def find_for(session: Session, slug: str, person_id: UUID | None) -> Season:
    """An announced season, or a draft for its organizers."""
    season = find_season(session, slug)
    if season.announced_at or (person_id and role_of(session, season.id, person_id, RoleKind.ORGANIZER)):
        return season
    raise NotYours


def announced(session: Session) -> list[Season]:
    """Newest first."""
    return list(
        session.exec(
            select(Season)
            .where(col(Season.announced_at).is_not(None))
            .order_by(col(Season.starts_on).desc(), Season.title)
        )
    )


def drafts_of(session: Session, person_id: UUID) -> list[Season]:
    mine = select(Role.season_id).where(
        Role.person_id == person_id, Role.kind == RoleKind.ORGANIZER, col(Role.ended_at).is_(None)
    )
    drafts = select(Season).where(col(Season.announced_at).is_(None), col(Season.id).in_(mine)).order_by(Season.title)
    return list(session.exec(drafts))
