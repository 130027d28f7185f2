"""Feedback: the release of a challenge's results, and the packet that goes back to each team."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from random import SystemRandom
from uuid import UUID

from sqlalchemy import BigInteger, and_, case
from sqlmodel import Field, Session, col, func, select

from challenges.challenges import Challenge, challenges_of
from challenges.entries import Entry
from challenges.files import StoredFile
from challenges.history import note
from challenges.letters import write
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.rubrics import Scale, scales_of
from challenges.seasons import RoleKind, Season, role_of
from challenges.submissions import Submission
from challenges.teams import Team, members_of, team_of
from challenges.versions import Version, files_of, handed_in
from judging.composite import mean, median
from judging.packet import FileView, Heading, Level, PacketView, Remark, Ruled, Sheet, packet_of
from judging.panels import Assignment, Panelist
from judging.progress import SheetState, states_of
from judging.scoring import Desk, Mark, Scoresheet
from judging.standings import readings_of, standings_of


class FeedbackRelease(Record, table=True):
    """The results of a challenge: its scoresheets stay as they are, and everybody may read from `public_at` on."""

    challenge_id: UUID = Field(foreign_key="challenge.id", unique=True)
    released_by: UUID = Field(foreign_key="person.id")
    released_at: datetime = Field(sa_type=Instant)
    public_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: on hold, until an organizer presses the button on the evening."""

    def is_public(self, now: datetime) -> bool:
        return self.public_at is not None and self.public_at <= now


class Packet(Record, table=True):
    """The PDF for one team. The row says what is to be rendered; the worker renders it and fills in where it is."""

    release_id: UUID = Field(foreign_key="feedbackrelease.id")
    submission_id: UUID = Field(foreign_key="submission.id", unique=True)
    version_id: UUID = Field(foreign_key="version.id")
    number: int
    asked_at: datetime = Field(sa_type=Instant)
    rendered_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    key: str | None = Field(default=None, max_length=200)
    store_version_id: str | None = Field(default=None, max_length=200)
    size: int | None = Field(default=None, sa_type=BigInteger)
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its team was written to."""
    trouble: str | None = None
    """What went wrong last, for the organizer."""


def release(session: Session, challenge: Challenge, by: Person, now: datetime) -> FeedbackRelease:
    """Make the results public and ask for every team's packet. Releasing twice releases once."""
    lock(session, challenge)
    if already := release_of(session, challenge.id):
        return already
    states = states_of(session, challenge.id)
    if not states:
        raise Refusal("No judge is assigned to this challenge, so there is no feedback to release.")
    if missing := sum(state != SheetState.HANDED_IN for state in states.values()):
        raise Refusal(
            f"{missing} of {len(states)} scoresheets are not handed in. Wait for them, or end those assignments first."
        )
    submissions = handed_in(session, challenge.id)
    if unread := [
        team.name for submission, _, team, _ in submissions if submission.id not in {p.submission_id for p in states}
    ]:
        raise Refusal(f"Nobody has read the design of {', '.join(unread)}. Assign at least one judge to each.")
    released = FeedbackRelease(challenge_id=challenge.id, released_by=by.id, released_at=now, public_at=now)
    session.add(released)
    session.flush()
    _draw_order(session, challenge.id)
    session.add_all(
        Packet(release_id=released.id, submission_id=submission.id, version_id=version.id, number=number, asked_at=now)
        for number, (submission, _, _, version) in enumerate(submissions, 1)
    )
    session.flush()
    note(
        session, by, "feedback.released", released, now, challenge.season_id,
        challenge=challenge.number, packets=len(submissions),
    )  # fmt: skip
    return released


def _draw_order(session: Session, challenge_id: UUID) -> None:
    """Teams read of Judge 1, 2, 3; the order is drawn so that it tells nobody who is who."""
    panel = list(session.exec(select(Panelist).where(Panelist.challenge_id == challenge_id)))
    SystemRandom().shuffle(panel)
    for drawn, panelist in enumerate(panel, 1):
        panelist.drawn = drawn


def reopen(session: Session, desk: Desk, by: Person, now: datetime) -> None:
    """Take a handed-in scoresheet back to change it, until feedback is released."""
    lock(session, desk.challenge)  # a release at the same moment waits, or has happened
    if release_of(session, desk.challenge.id):
        raise Refusal("Feedback for this challenge has been released, so its scoresheets stay as they are.")
    lock(session, desk.sheet)
    if desk.sheet.handed_in_at:
        desk.sheet.handed_in_at = None
        note(session, by, "scoresheet.reopened", desk.sheet, now, desk.season.id, challenge=desk.challenge.number)


def release_of(session: Session, challenge_id: UUID) -> FeedbackRelease | None:
    return session.exec(select(FeedbackRelease).where(FeedbackRelease.challenge_id == challenge_id)).first()


def releases_of(session: Session, season_id: UUID) -> dict[UUID, FeedbackRelease]:
    """The releases of a season by challenge."""
    rows = (
        select(FeedbackRelease)
        .join(Challenge, col(Challenge.id) == col(FeedbackRelease.challenge_id))
        .where(Challenge.season_id == season_id)
    )
    return {row.challenge_id: row for row in session.exec(rows)}


@dataclass(frozen=True)
class Making:
    """How far the packets of a release are."""

    released_at: datetime
    packets: int
    rendered: int
    troubled: int
    """Not rendered, and the last attempt said why."""


def making_of(session: Session, season_id: UUID) -> dict[UUID, Making]:
    """The releases of a season by challenge, with their packets counted."""
    troubled = case((and_(col(Packet.rendered_at).is_(None), col(Packet.trouble).is_not(None)), 1))
    rows = (
        select(FeedbackRelease, func.count(col(Packet.id)), func.count(col(Packet.rendered_at)), func.count(troubled))
        .join(Challenge, col(Challenge.id) == col(FeedbackRelease.challenge_id))
        .join(Packet, col(Packet.release_id) == col(FeedbackRelease.id), isouter=True)
        .where(Challenge.season_id == season_id)
        .group_by(col(FeedbackRelease.id))
    )
    return {release.challenge_id: Making(release.released_at, *counts) for release, *counts in session.exec(rows).all()}


def unrendered(session: Session, most: int = 200) -> list[Packet]:
    """Packets that the worker has still to render, oldest first."""
    waiting = select(Packet).where(col(Packet.rendered_at).is_(None)).order_by(col(Packet.asked_at), col(Packet.number))
    return list(session.exec(waiting.limit(most)))


def packets_of(session: Session, challenge_id: UUID) -> list[tuple[Packet, Team]]:
    rows = (
        select(Packet, Team)
        .join(FeedbackRelease, col(FeedbackRelease.id) == col(Packet.release_id))
        .join(Submission, col(Submission.id) == col(Packet.submission_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(FeedbackRelease.challenge_id == challenge_id)
        .order_by(Team.name)
    )
    return list(session.exec(rows).all())


def packets_for_entry(session: Session, entry_id: UUID) -> dict[UUID, Packet]:
    """The packets of an entry by challenge, rendered or not yet."""
    rows = (
        select(Submission.challenge_id, Packet)
        .join(Packet, col(Packet.submission_id) == col(Submission.id))
        .where(Submission.entry_id == entry_id)
    )
    return dict(session.exec(rows).all())


def find_packet_for(session: Session, packet_id: UUID, person_id: UUID) -> tuple[Packet, Challenge, Team]:
    """A rendered packet for the members of its team, and for the organizers who answer for it. Nobody else can."""
    row = session.exec(
        select(Packet, Challenge, Team)
        .join(Submission, col(Submission.id) == col(Packet.submission_id))
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(Packet.id == packet_id, col(Packet.rendered_at).is_not(None))
    ).first()
    if row is None:
        raise NotYours
    _, challenge, team = row
    if team_of(session, challenge.season_id, person_id) != team and not role_of(
        session, challenge.season_id, person_id, RoleKind.ORGANIZER
    ):
        raise NotYours
    return row


def view_of(session: Session, packet: Packet) -> PacketView:
    """Everything that is printed in a packet; there is no judge's name in it."""
    submission = session.get_one(Submission, packet.submission_id)
    challenge = session.get_one(Challenge, submission.challenge_id)
    scales = scales_of(session, challenge.rubric_version_id)
    medians = _medians(session, challenge, scales)
    ruled = [
        Ruled(
            title=scale.criterion.title, guidance=scale.criterion.guidance, weight=scale.criterion.weight,
            levels=tuple(Level(level.half_points, level.title, level.descriptor) for level in scale.levels),
            round_median=medians.get(scale.criterion.id),
        )
        for scale in scales
    ]  # fmt: skip
    return packet_of(_heading(session, packet, submission, challenge), ruled, _sheets(session, submission.id, scales))


def _medians(session: Session, challenge: Challenge, scales: list[Scale]) -> dict[UUID, Fraction]:
    """By criterion the median over the round of each submission's mean level, in half steps."""
    readings = readings_of(session, challenge.id).values()
    return {
        scale.criterion.id: median(
            mean(points for levels in sheets.values() if (points := levels[scale.criterion.id]) is not None)
            for sheets in readings
        )
        for scale in scales
    }


def _heading(session: Session, packet: Packet, submission: Submission, challenge: Challenge) -> Heading:
    season = session.get_one(Season, challenge.season_id)
    version = session.get_one(Version, packet.version_id)
    released = session.get_one(FeedbackRelease, packet.release_id)
    standings = standings_of(session, challenge)
    own = next(standing for standing in standings if standing.submission_id == submission.id)
    return Heading(
        season=season.title, zone=season.zone, challenge_number=challenge.number, challenge_title=challenge.title,
        team=own.team, packet_number=packet.number, released_at=released.released_at, version_number=version.number,
        handed_in_at=version.handed_in_at, place=own.place, shared_place=own.shared, entries=len(standings),
        challenge_count=len(challenges_of(session, season.id, released.released_at)),
        files=tuple(
            FileView(name=file.file_name, size=file.size, sha256=file.sha256 or "not counted yet")
            for file in files_of(session, [version.id])[version.id]
        ),
    )  # fmt: skip


def _sheets(session: Session, submission_id: UUID, scales: list[Scale]) -> list[Sheet]:
    rows = session.exec(
        select(Panelist.drawn, Scoresheet, Mark)
        .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
        .join(Scoresheet, col(Scoresheet.assignment_id) == col(Assignment.id))
        .join(Mark, col(Mark.scoresheet_id) == col(Scoresheet.id))
        .where(
            Assignment.submission_id == submission_id,
            col(Assignment.ended_at).is_(None),
            col(Scoresheet.handed_in_at).is_not(None),
        )
        .order_by(col(Panelist.drawn))
    ).all()
    marks: dict[UUID, dict[UUID, Mark]] = {}
    sheets: dict[UUID, Scoresheet] = {}
    for _, sheet, mark in rows:
        sheets[sheet.id] = sheet
        marks.setdefault(sheet.id, {})[mark.criterion_id] = mark
    return [
        Sheet(
            tuple(
                Remark(mark.half_points, mark.comment)
                for scale in scales
                if (mark := marks[sheet.id][scale.criterion.id])
            ),
            sheet.comment,
        )
        for sheet in sheets.values()
    ]


def note_rendered(session: Session, packet: Packet, stored: StoredFile, now: datetime) -> None:
    """The packet is in the store; its team hears of it. Noting it twice writes one letter each."""
    if packet.rendered_at:
        return
    packet.rendered_at, packet.key, packet.trouble = now, stored.key, None
    packet.store_version_id, packet.size = stored.version_id, stored.size
    submission = session.get_one(Submission, packet.submission_id)
    challenge = session.get_one(Challenge, submission.challenge_id)
    season = session.get_one(Season, challenge.season_id)
    team = session.get_one(Team, session.get_one(Entry, submission.entry_id).team_id)
    for member in members_of(session, team.id):
        write(
            session, "packet_ready", member, now, season.id, season=season.title, slug=season.slug,
            challenge=challenge.title, number=challenge.number, team=team.name, packet_id=str(packet.id),
        )  # fmt: skip
