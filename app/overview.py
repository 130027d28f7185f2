"""Overview: what stands where in a season, gathered for its home page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.auth import Viewer
from challenges.challenges import Challenge, every_challenge_of
from challenges.entries import Entry, count_entries, entry_of
from challenges.seasons import RoleKind, Season
from challenges.teams import Team, team_of
from challenges.versions import Progress, count_handed_in, progress_of
from judging.feedback import FeedbackRelease, Packet, packets_for_entry, releases_of


@dataclass(frozen=True)
class Mine:
    """What the season is to a member of a team."""

    team: Team
    entry: Entry | None
    progress: Progress | None
    """On the challenge that is open now."""
    packets: dict[UUID, Packet]
    """By challenge, once it may be read."""


@dataclass(frozen=True)
class Home:
    """A season's home as one person may see it."""

    season: Season
    challenges: Sequence[Challenge]
    current: Challenge | None
    """The open one that is due first; else the last one that was."""
    releases: dict[UUID, FeedbackRelease]
    mine: Mine | None
    is_organizer: bool
    is_judge: bool
    segments: Sequence["Segment"]
    steps: Sequence["Step"]
    zone: str


@dataclass(frozen=True)
class Segment:
    """One challenge on the timeline, from its publication until the next one begins."""

    title: str
    start: datetime
    end: datetime
    due: datetime
    state: str
    href: str


@dataclass(frozen=True)
class Step:
    """One bar of the funnel: how many entered, and how many handed in for each challenge that is over."""

    label: str
    count: int
    state: str


def home_of(session: Session, season: Season, viewer: Viewer | None, now: datetime) -> Home:
    is_organizer = bool(viewer and viewer.is_in(season.id, RoleKind.ORGANIZER))
    every = every_challenge_of(session, season.id)
    published = [challenge for challenge in every if challenge.is_released(now)]
    challenges = every if is_organizer else published
    current = current_of(published, now)
    return Home(
        season=season,
        challenges=challenges,
        current=current,
        releases=releases_of(session, season.id, now),
        mine=_mine(session, season, current, viewer, now) if viewer else None,
        is_organizer=is_organizer,
        is_judge=bool(viewer and viewer.is_in(season.id, RoleKind.JUDGE)),
        segments=segments_of(season, published, now),
        steps=steps_of(published, count_entries(session, season.id), count_handed_in(session, season.id), now),
        zone=viewer.person.zone if viewer and viewer.person.zone else season.zone,
    )


def segments_of(season: Season, published: Sequence[Challenge], now: datetime) -> list[Segment]:
    begins = [challenge.release_at or now for challenge in published]
    ends = [max(challenge.due_at, after) for challenge, after in zip(published, [*begins[1:], now], strict=False)]
    return [
        Segment(
            title=f"{challenge.number} {challenge.title}", start=start, end=end, due=challenge.due_at,
            state="open" if challenge.is_open(now) else "done",
            href=f"/seasons/{season.slug}/challenges/{challenge.number}",
        )
        for challenge, start, end in zip(published, begins, ends, strict=True)
    ]  # fmt: skip


def steps_of(published: Sequence[Challenge], entered: int, received: dict[UUID, int], now: datetime) -> list[Step]:
    """How many have handed in is told only once the due instant has passed."""
    return [Step("entered", entered, "done")] + [
        Step(f"{each.number} {each.title}", received.get(each.id, 0), "done")
        for each in published
        if not each.is_open(now)
    ]


def current_of(challenges: Sequence[Challenge], now: datetime) -> Challenge | None:
    still_open = [challenge for challenge in challenges if challenge.is_open(now)]
    return min(still_open, key=lambda challenge: challenge.due_at, default=challenges[-1] if challenges else None)


def _mine(session: Session, season: Season, current: Challenge | None, viewer: Viewer, now: datetime) -> Mine | None:
    team = team_of(session, season.id, viewer.person.id)
    if team is None:
        return None
    entry = entry_of(session, team.id)
    return Mine(
        team=team,
        entry=entry,
        progress=progress_of(session, current.id, entry.id) if entry and current else None,
        packets=packets_for_entry(session, entry.id, now) if entry else {},
    )
