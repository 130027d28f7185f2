"""Calendars: the dates of seasons as programs read them (iCalendar), for everybody and for one person."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from icalendar import Alarm, Calendar, Event
from sqlmodel import Session, col, select

from app.filters import count, instant
from challenges.challenges import Challenge
from challenges.deadlines import Deadline, Extension, deadline_from
from challenges.entries import Entry
from challenges.history import Trace
from challenges.outcomes import Outcome, OutcomeKind
from challenges.people import Person
from challenges.seasons import Role, RoleKind, Season
from challenges.teams import Member, Team
from judging.releases import FeedbackRelease

ALARMS = (timedelta(hours=24), timedelta(hours=3))
"""Before an instant that is due."""
MOVES = (
    "season.announced", "season.described", "challenge.scheduled", "challenge.held", "challenge.released",
    "challenge.unscheduled", "challenge.redrafted", "deadline.moved",
)  # fmt: skip
"""Deeds that may change a date which everybody knows."""


@dataclass(frozen=True)
class Date:
    """One line of a calendar."""

    key: str
    """The same for as long as the date stands for the same thing, whenever that is."""
    at: datetime
    title: str
    words: Sequence[str]
    path: str
    is_due: bool = False
    moved: int = 0
    """How often it moved beside what the season's history tells."""
    moved_at: datetime | None = None


@dataclass(frozen=True)
class Own:
    """What seasons are to one person."""

    kinds: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    teams: Mapping[UUID, str] = field(default_factory=dict)
    """The name of their team, where its entry is still in."""
    extensions: Mapping[UUID, Sequence[Extension]] = field(default_factory=dict)
    """Of their entry, by challenge, newest first."""


def season_calendar(session: Session, season: Season, url: str, now: datetime) -> bytes:
    """What everybody may know of the dates of a season."""
    return _calendar(session, season.title, [season], Own(), url, now)


def personal_calendar(session: Session, person: Person, url: str, now: datetime) -> bytes:
    """The seasons in which somebody is something, with the deadlines of their own entry."""
    roles = session.exec(select(Role).where(Role.person_id == person.id, col(Role.ended_at).is_(None))).all()
    kinds: dict[UUID, frozenset[str]] = {}
    for role in roles:
        kinds[role.season_id] = kinds.get(role.season_id, frozenset()) | {role.kind}
    seasons = session.exec(
        select(Season)
        .where(col(Season.id).in_(kinds), col(Season.announced_at).is_not(None), col(Season.archived_at).is_(None))
        .order_by(col(Season.starts_on), Season.slug)
    ).all()
    return _calendar(session, "My seasons", seasons, _own(session, person, kinds, now), url, now)


def _own(session: Session, person: Person, kinds: Mapping[UUID, frozenset[str]], now: datetime) -> Own:
    left = select(Outcome.entry_id).where(Outcome.kind == OutcomeKind.LEAVES, col(Outcome.public_at) <= now)
    mine = session.exec(
        select(Entry, Team)
        .join(Team, col(Team.id) == col(Entry.team_id))
        .join(Member, col(Member.team_id) == col(Team.id))
        .where(
            Member.person_id == person.id, col(Member.left_at).is_(None), col(Entry.withdrawn_at).is_(None),
            col(Entry.id).not_in(left),
        )
    ).all()  # fmt: skip
    given = session.exec(
        select(Extension)
        .where(col(Extension.entry_id).in_([entry.id for entry, _ in mine]))
        .order_by(col(Extension.granted_at).desc(), col(Extension.id))
    ).all()
    extensions: dict[UUID, list[Extension]] = {}
    for extension in given:
        extensions.setdefault(extension.challenge_id, []).append(extension)
    return Own(kinds, {entry.season_id: team.name for entry, team in mine}, extensions)


def _calendar(session: Session, name: str, seasons: Sequence[Season], own: Own, url: str, now: datetime) -> bytes:
    ids = [season.id for season in seasons]
    challenges = session.exec(
        select(Challenge).where(col(Challenge.season_id).in_(ids)).order_by(col(Challenge.number))
    ).all()
    results = session.exec(
        select(FeedbackRelease)
        .join(Challenge, col(Challenge.id) == col(FeedbackRelease.challenge_id))
        .where(col(Challenge.season_id).in_(ids), col(FeedbackRelease.public_at) <= now)
    ).all()
    public = {release.challenge_id: release.public_at for release in results if release.public_at}
    moves = session.exec(
        select(Trace.season_id, Trace.at, Trace.facts).where(col(Trace.season_id).in_(ids), col(Trace.deed).in_(MOVES))
    ).all()
    calendar = Calendar()
    for key, value in (
        ("prodid", "-//Charrette//Seasons//EN"), ("version", "2.0"), ("calscale", "GREGORIAN"),
        ("x-wr-calname", _line(name)), ("x-published-ttl", "PT1H"),
    ):  # fmt: skip
        calendar.add(key, value)
    for season in seasons:
        mine = [each for each in challenges if each.season_id == season.id]
        # How often somebody wrote on what nobody else can read is told to nobody.
        at = [at for season_id, at, facts in moves if season_id == season.id and facts.get("moves", True)]
        for date in _dates(season, mine, public, own, now):
            calendar.add_component(_event(season, date, len(at), max(at, default=season.created_at), url))
    return bytes(calendar.to_ical())


def _dates(
    season: Season, challenges: Iterable[Challenge], public: Mapping[UUID, datetime], own: Own,
    now: datetime,
) -> Iterator[Date]:  # fmt: skip
    home = f"/seasons/{season.slug}"
    if season.registration_opens_at:
        yield Date("registration-opens", season.registration_opens_at, "registration opens", (), f"{home}/teams")
    if season.registration_closes_at:
        yield Date(
            "registration-closes", season.registration_closes_at, "registration closes", ("Enter before then.",),
            f"{home}/teams", is_due=True,
        )  # fmt: skip
    for challenge in challenges:
        if challenge.scheduled_at is None or challenge.release_at is None:
            continue  # a draft has no date that anybody may know
        yield from _of_challenge(season, challenge, challenge.release_at, own, now)
        if at := public.get(challenge.id):
            there = f"{home}/challenges/{challenge.number}"
            yield Date(
                f"{challenge.number}-results", at, f"results of challenge {challenge.number}", (), f"{there}/standings"
            )


def _of_challenge(season: Season, challenge: Challenge, opens_at: datetime, own: Own, now: datetime) -> Iterator[Date]:
    """Before its release only its number and its dates."""
    released, number = challenge.is_released(now), challenge.number
    there = f"/seasons/{season.slug}" + (f"/challenges/{number}" if released else "")
    called = f"challenge {number}: {challenge.title}" if released else f"challenge {number}"
    how = "It opens live, about this time." if challenge.on_hold else "Its brief, rubric and deliverables are public."
    yield Date(f"{number}-opens", opens_at, f"{called} opens", (how,), there)
    given = own.extensions.get(challenge.id, ())
    takes_part = season.id in own.teams
    deadline = deadline_from(challenge, given[0] if given and takes_part else None)
    for_whom = f" for {own.teams[season.id]}" if takes_part else ""
    yield Date(
        f"{number}-due", deadline.due_at, f"hand in {called}{for_whom}", list(_terms(deadline, season, released)),
        f"{there}/submission" if takes_part and released else there, is_due=True,
        moved=len(given) if takes_part else 0, moved_at=given[0].granted_at if takes_part and given else None,
    )  # fmt: skip
    if released and RoleKind.JUDGE in own.kinds.get(season.id, ()):
        yield Date(f"{number}-judging", challenge.settled_at, f"designs of {called} can be read", (), "/desk")


def _terms(deadline: Deadline, season: Season, released: bool) -> Iterator[str]:
    """What being late costs belongs to the challenge itself."""
    yield f"Hand in before {instant(deadline.due_at, season.zone)} (the season’s time), {instant(deadline.due_at)}."
    if deadline.extended_by:
        yield f"Your entry has {count(int(deadline.extended_by.total_seconds()) // 60, 'minute')} more than everybody."
        yield f"Why: {deadline.reason}"
    if released and deadline.late_until > deadline.due_at:
        cost = f"with {count(deadline.penalty, 'point')} less" if deadline.penalty else "at no cost"
        yield f"After that, until {instant(deadline.late_until, season.zone)}, it is accepted as late, {cost}."


def _event(season: Season, date: Date, moves: int, moved_at: datetime, url: str) -> Event:
    event = Event()
    changed_at = max(moved_at, date.moved_at or moved_at).astimezone(UTC).replace(microsecond=0)
    words = [*date.words, f"{instant(date.at, season.zone)}, the season’s time.", f"{url}{date.path}"]
    event.add("uid", f"{season.id}-{date.key}@{urlsplit(url).hostname}")
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", moves + date.moved)
    event.add("dtstart", date.at.astimezone(UTC).replace(microsecond=0))
    event.add("summary", _line(f"{season.title}: {date.title}"))
    event.add("description", "\n".join(_line(one) for one in words))
    event.add("url", f"{url}{date.path}")
    event.add("transp", "TRANSPARENT")
    for before in ALARMS if date.is_due else ():
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _line(f"{season.title}: {date.title}"))
        alarm.add("trigger", -before)
        event.add_component(alarm)
    return event


def _line(text: str) -> str:
    """On one line, without what no text has: nobody's title may begin a line of the calendar."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
