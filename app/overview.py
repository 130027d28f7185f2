"""Overview: what stands where in a season and what is next for whoever looks, gathered for its home page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import and_, case, exists, literal, null, union_all
from sqlmodel import Session, col, func, select

from app.auth import Viewer
from challenges.acknowledgements import Acknowledgement
from challenges.briefs import Brief
from challenges.challenges import Challenge, Upcoming, released_by, upcoming_of
from challenges.chapters import Chapter, chapters_of
from challenges.clarifications import Clarification
from challenges.deadlines import Deadline, Extension, deadline_from
from challenges.entries import Entry
from challenges.outcomes import EntryState, Outcome, OutcomeKind
from challenges.rubrics import Criterion
from challenges.seasons import RoleKind, Season
from challenges.sponsors import Sponsor, sponsors_of
from challenges.submissions import Submission, Upload
from challenges.teams import Member, Team
from challenges.terms import unaccepted
from challenges.versions import Version
from judging.packets import Packet
from judging.releases import FeedbackRelease

SHOWN = 12
"""Teams on the home page; all of them stand on a page of their own."""


@dataclass(frozen=True)
class Mine:
    """What the season is to a member of a team."""

    team: Team
    entry: Entry | None
    state: EntryState | None
    version: Version | None
    """What counts now, of the current challenge."""
    has_waiting: bool
    """A file is uploaded and not handed in."""
    unread: Brief | None
    """The newest amendment of the current challenge, if nobody of the team said that it was read."""
    must_accept: bool
    """Rules or code of conduct are there that this person has not accepted."""
    packet: Packet | None
    """Of the newest public results."""


@dataclass(frozen=True)
class Known:
    """A team as everybody may know it."""

    name: str
    state: EntryState


@dataclass(frozen=True)
class Said:
    """What organizers said for everybody after a release: an amendment, or a clarification (then the number is 0)."""

    challenge: int
    amendment: int
    text: str
    at: datetime


@dataclass(frozen=True)
class Segment:
    """One challenge on the timeline, from its release until the next one begins."""

    title: str
    start: datetime
    end: datetime
    due: datetime
    state: str
    href: str = ""
    end_note: str = ""


@dataclass(frozen=True)
class Step:
    """One bar of the funnel."""

    label: str
    count: int
    state: str


@dataclass(frozen=True)
class Tally:
    """Counts of entries, as everybody may know them."""

    entered: int
    withdrawn: int
    """Without those that had left before."""
    received: Mapping[UUID, int]
    left: Mapping[UUID, int]

    @property
    def active(self) -> int:
        return self.entered - self.withdrawn - sum(self.left.values())


@dataclass(frozen=True)
class Home:
    """A season's home as one person may see it."""

    season: Season
    challenges: Sequence[Challenge]
    """Released ones; for organizers drafts as well."""
    upcoming: Sequence[Upcoming]
    current: Challenge | None
    """The open one that is due first; else the last one that was."""
    deadline: Deadline | None
    """Of the current one, with the extension of whoever looks."""
    releases: Mapping[UUID, FeedbackRelease]
    criteria: Sequence[Criterion]
    chapters: Sequence[Chapter]
    sponsors: Sequence[Sponsor]
    said: Sequence[Said]
    teams: Sequence[Known]
    tally: Tally
    mine: Mine | None
    kinds: frozenset[RoleKind]
    segments: Sequence[Segment]
    steps: Sequence[Step]


def home_of(session: Session, season: Season, viewer: Viewer | None, now: datetime) -> Home:
    """At most ten statements, however many entries there are."""
    kinds = viewer.roles.get(season.id, frozenset()) if viewer else frozenset()
    every, releases = _challenges(session, season, now)
    released = [challenge for challenge in every if challenge.is_released(now)]
    upcoming = upcoming_of(every, now)
    current = current_of(released, now)
    takes_part = viewer is not None and RoleKind.PARTICIPANT in kinds
    mine, extension = _mine(session, season, current, viewer, now) if viewer and takes_part else (None, None)
    tally = tally_of(session, season, now)
    return Home(
        season=season,
        challenges=every if RoleKind.ORGANIZER in kinds else released,
        upcoming=upcoming,
        current=current,
        deadline=deadline_from(current, extension) if current else None,
        releases=releases,
        criteria=_criteria(session, current) if current else (),
        chapters=chapters_of(session, season, now),
        sponsors=sponsors_of(session, season.id),
        said=_said(session, season, now),
        teams=_teams(session, season, now),
        tally=tally,
        mine=mine,
        kinds=kinds,
        segments=segments_of(season, released, upcoming, now),
        steps=steps_of(released, releases, tally, now),
    )


def current_of(challenges: Sequence[Challenge], now: datetime) -> Challenge | None:
    still_open = [challenge for challenge in challenges if challenge.is_open(now)]
    return min(still_open, key=lambda challenge: challenge.due_at, default=challenges[-1] if challenges else None)


def segments_of(
    season: Season, released: Sequence[Challenge], upcoming: Sequence[Upcoming], now: datetime
) -> list[Segment]:
    """The released ones by their names, those to come by their numbers."""
    known = [
        Segment(
            title=f"{each.number} {each.title}", start=each.release_at or now, end=each.due_at, due=each.due_at,
            state="open" if each.is_open(now) else "done", href=f"/seasons/{season.slug}/challenges/{each.number}",
        )
        for each in released
    ]  # fmt: skip
    known += [
        Segment(f"Challenge {each.number}", each.release_at, each.due_at, each.due_at, "future") for each in upcoming
    ]
    lives = {each.release_at for each in upcoming if each.on_hold}
    known.sort(key=lambda segment: segment.start)
    nexts = [segment.start for segment in known[1:]] + [now]
    return [
        Segment(
            segment.title, segment.start, max(segment.due, then if segment.state != "future" else segment.due),
            segment.due, segment.state, segment.href, "live" if then in lives else "",
        )
        for segment, then in zip(known, nexts, strict=False)
    ]  # fmt: skip


def steps_of(
    released: Sequence[Challenge], releases: Mapping[UUID, FeedbackRelease], tally: Tally, now: datetime
) -> list[Step]:
    """How many handed in is told with the results of a challenge, and who is left with them, never before."""
    steps = [Step("entered", tally.entered, "done")]
    steps += [
        Step(f"{each.number} {each.title}", tally.received.get(each.id, 0), "done")
        for each in released
        if each.id in releases
    ]
    current = current_of(released, now)
    if current and current.is_open(now):
        steps.append(Step(f"{current.number} {current.title}", tally.active, "open"))
    if current and current.go_on and current.id not in releases:
        steps.append(Step(f"go on after {current.number}", min(current.go_on, tally.active), "future"))
    return steps


def _challenges(session: Session, season: Season, now: datetime) -> tuple[list[Challenge], dict[UUID, FeedbackRelease]]:
    """Every one in order, with the results that are public."""
    public = and_(col(FeedbackRelease.challenge_id) == col(Challenge.id), col(FeedbackRelease.public_at) <= now)
    rows = session.exec(
        select(Challenge, FeedbackRelease)
        .join(FeedbackRelease, public, isouter=True)
        .where(Challenge.season_id == season.id)
        .order_by(col(Challenge.number))
    ).all()
    return [challenge for challenge, _ in rows], {challenge.id: release for challenge, release in rows if release}


def tally_of(session: Session, season: Season, now: datetime) -> Tally:
    """In one statement, counted by the database."""
    left = exists().where(
        col(Outcome.entry_id) == col(Entry.id), col(Outcome.kind) == OutcomeKind.LEAVES, col(Outcome.public_at) <= now
    )
    entered = select(literal("entered"), null(), func.count(col(Entry.id))).where(Entry.season_id == season.id)
    withdrawn = select(literal("withdrawn"), null(), func.count(col(Entry.id))).where(
        Entry.season_id == season.id, col(Entry.withdrawn_at).is_not(None), ~left
    )
    received = (
        select(literal("received"), Submission.challenge_id, func.count(col(Version.submission_id).distinct()))
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .join(FeedbackRelease, col(FeedbackRelease.challenge_id) == col(Submission.challenge_id))
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
        .where(Challenge.season_id == season.id, col(FeedbackRelease.public_at) <= now)
        .group_by(col(Submission.challenge_id))
    )
    gone = (
        select(literal("left"), Outcome.challenge_id, func.count(col(Outcome.id)))
        .join(Challenge, col(Challenge.id) == col(Outcome.challenge_id))
        .where(Challenge.season_id == season.id, Outcome.kind == OutcomeKind.LEAVES, col(Outcome.public_at) <= now)
        .group_by(col(Outcome.challenge_id))
    )
    counts: dict[str, dict[UUID | None, int]] = {}
    for what, challenge_id, number in session.execute(union_all(received, gone, entered, withdrawn)):
        counts.setdefault(what, {})[challenge_id] = number
    by_challenge = {
        what: {challenge_id: number for challenge_id, number in counts.get(what, {}).items() if challenge_id}
        for what in ("received", "left")
    }
    return Tally(counts["entered"][None], counts["withdrawn"][None], by_challenge["received"], by_challenge["left"])


def _teams(session: Session, season: Season, now: datetime) -> list[Known]:
    """The first dozen: who won, who is in, then the others."""
    public = select(Outcome.id).where(col(Outcome.entry_id) == col(Entry.id), col(Outcome.public_at) <= now)
    state = case(
        (exists(public.where(Outcome.kind == OutcomeKind.WINS)), EntryState.WINNER),
        (exists(public.where(Outcome.kind == OutcomeKind.LEAVES)), EntryState.ELIMINATED),
        (col(Entry.withdrawn_at).is_not(None), EntryState.WITHDRAWN),
        else_=EntryState.ACTIVE,
    )
    order = case({EntryState.WINNER: 0, EntryState.ACTIVE: 1, EntryState.ELIMINATED: 2}, value=state, else_=3)
    rows = session.exec(
        select(Team.name, state)
        .join(Entry, col(Entry.team_id) == col(Team.id))
        .where(Entry.season_id == season.id)
        .order_by(order, Team.name)
        .limit(SHOWN)
    )
    return [Known(name, EntryState(state)) for name, state in rows]


def _said(session: Session, season: Season, now: datetime) -> list[Said]:
    """The latest amendments and clarifications."""
    amended: Any = (
        sa.select(
            col(Challenge.number).label("challenge"), (col(Brief.number) - 1).label("amendment"),
            col(Brief.note).label("text"), col(Brief.written_at).label("at"),
        )
        .join(Challenge, col(Challenge.id) == col(Brief.challenge_id))
        .where(col(Challenge.season_id) == season.id, released_by(now), col(Brief.number) > 1)
    )  # fmt: skip
    clarified = (
        sa.select(col(Challenge.number), literal(0), col(Clarification.wording), col(Clarification.public_at))
        .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
        .where(col(Challenge.season_id) == season.id, released_by(now), col(Clarification.public_at) <= now)
    )
    both = union_all(amended, clarified).subquery()
    return [Said(*row) for row in session.execute(sa.select(both).order_by(both.c.at.desc(), both.c.text).limit(4))]


def _criteria(session: Session, challenge: Challenge) -> list[Criterion]:
    rows = select(Criterion).where(Criterion.rubric_version_id == challenge.rubric_version_id)
    return list(session.exec(rows.order_by(col(Criterion.position))))


def _mine(
    session: Session, season: Season, current: Challenge | None, viewer: Viewer, now: datetime
) -> tuple[Mine | None, Extension | None]:
    """Everything of the person's own team in one statement, and what they have to accept in another."""
    challenge_id = current.id if current else UUID(int=0)
    place = (Submission.challenge_id == challenge_id, col(Submission.entry_id) == col(Entry.id))
    version = (
        select(Version.id).join(Submission, col(Submission.id) == col(Version.submission_id)).where(*place)
        .order_by(col(Version.number).desc()).limit(1).correlate(Entry).scalar_subquery()
    )  # fmt: skip
    waiting = (
        select(Upload.id)
        .join(Submission, col(Submission.id) == col(Upload.submission_id))
        .where(
            *place, col(Upload.handed_in_at).is_(None), col(Upload.removed_at).is_(None),
            col(Upload.arrived_at).is_not(None),
        )
    )  # fmt: skip
    extension = (
        select(Extension.id)
        .where(Extension.challenge_id == challenge_id, col(Extension.entry_id) == col(Entry.id))
        .order_by(col(Extension.granted_at).desc()).limit(1).correlate(Entry).scalar_subquery()
    )  # fmt: skip
    amended = (
        select(Brief.id)
        .where(Brief.challenge_id == challenge_id, col(Brief.number) > 1)
        .order_by(col(Brief.number).desc()).limit(1).scalar_subquery()
    )  # fmt: skip
    read = select(Acknowledgement.id).where(
        col(Acknowledgement.brief_id) == col(Brief.id), col(Acknowledgement.entry_id) == col(Entry.id)
    )
    packet = (
        select(Packet.id)
        .join(FeedbackRelease, col(FeedbackRelease.id) == col(Packet.release_id))
        .join(Submission, col(Submission.id) == col(Packet.submission_id))
        .where(
            col(Submission.entry_id) == col(Entry.id), col(FeedbackRelease.public_at) <= now,
            col(Packet.rendered_at).is_not(None),
        )
        .order_by(col(FeedbackRelease.public_at).desc()).limit(1).correlate(Entry).scalar_subquery()
    )  # fmt: skip
    public = select(Outcome.id).where(col(Outcome.entry_id) == col(Entry.id), col(Outcome.public_at) <= now)
    found = session.execute(
        sa.select(
            Team, Entry, Version, Extension, Brief, Packet, exists(waiting), exists(read),
            exists(public.where(Outcome.kind == OutcomeKind.WINS)),
            exists(public.where(Outcome.kind == OutcomeKind.LEAVES)),
        )
        .select_from(Member)
        .join(Team, col(Team.id) == col(Member.team_id))
        .join(Entry, col(Entry.team_id) == col(Team.id), isouter=True)
        .join(Version, col(Version.id) == version, isouter=True)
        .join(Extension, col(Extension.id) == extension, isouter=True)
        .join(Brief, col(Brief.id) == amended, isouter=True)
        .join(Packet, col(Packet.id) == packet, isouter=True)
        .where(
            col(Member.season_id) == season.id, col(Member.person_id) == viewer.person.id, col(Member.left_at).is_(None)
        )
    ).first()  # fmt: skip
    if found is None:
        return None, None
    team, entry, handed_in, more_time, amendment, written, is_waiting, is_read, wins, leaves = found
    state = None
    if entry:
        state = (
            EntryState.WINNER if wins
            else EntryState.ELIMINATED if leaves
            else EntryState.WITHDRAWN if entry.withdrawn_at
            else EntryState.ACTIVE
        )  # fmt: skip
    must_accept = bool(unaccepted(session, season.id, viewer.person.id))
    unread = amendment if entry and not is_read else None
    return Mine(team, entry, state, handed_in, is_waiting, unread, must_accept, written), more_time
