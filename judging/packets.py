"""Packets: the PDF that goes back to each team, what is printed in it, and the mail that says it is there."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import BigInteger, and_, case
from sqlmodel import Field, Session, col, func, select

from challenges import outcomes
from challenges.challenges import Challenge, challenges_of
from challenges.entries import Entry
from challenges.files import StoredFile
from challenges.formats import Format
from challenges.letters import write
from challenges.outcomes import OutcomeKind
from challenges.records import Instant, Record
from challenges.refusals import NotYours
from challenges.rubrics import Criterion, Scale, scales_of
from challenges.seasons import RoleKind, Season, role_of
from challenges.submissions import Submission
from challenges.teams import Team, members_of, team_of
from challenges.versions import Version, files_of
from judging.composite import mean, median
from judging.packet_view import FileView, Heading, Level, PacketView, Remark, Ruled, Sheet, packet_of
from judging.panels import Assignment, Panelist
from judging.releases import FeedbackRelease
from judging.scoring import Mark, Scoresheet
from judging.standings import readings_of, standings_of


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


@dataclass(frozen=True)
class Making:
    """How far the packets of a release are, for organizers."""

    released_at: datetime
    public_at: datetime | None
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
    return {
        release.challenge_id: Making(release.released_at, release.public_at, *counts)
        for release, *counts in session.exec(rows).all()
    }


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


def release_with_packets(session: Session, challenge_id: UUID) -> tuple[FeedbackRelease | None, dict[UUID, Packet]]:
    """The release, public or not, and its packets by submission, in one statement."""
    rows = session.exec(
        select(FeedbackRelease, Packet)
        .join(Packet, col(Packet.release_id) == col(FeedbackRelease.id), isouter=True)
        .where(FeedbackRelease.challenge_id == challenge_id)
    ).all()
    return rows[0][0] if rows else None, {packet.submission_id: packet for _, packet in rows if packet}


def packets_for_entry(session: Session, entry_id: UUID, now: datetime) -> dict[UUID, Packet]:
    """The packets of an entry by challenge, rendered or not yet, of results that are public."""
    rows = (
        select(Submission.challenge_id, Packet)
        .join(Packet, col(Packet.submission_id) == col(Submission.id))
        .join(FeedbackRelease, col(FeedbackRelease.id) == col(Packet.release_id))
        .where(Submission.entry_id == entry_id, col(FeedbackRelease.public_at) <= now)
    )
    return dict(session.exec(rows).all())


def find_packet_for(
    session: Session, packet_id: UUID, person_id: UUID, now: datetime
) -> tuple[Packet, Challenge, Team]:
    """A rendered packet for the members of its team once it is public, and at any time for the organizers who answer
    for it. Nobody else can.
    """
    row = session.exec(
        select(Packet, FeedbackRelease, Challenge, Team)
        .join(FeedbackRelease, col(FeedbackRelease.id) == col(Packet.release_id))
        .join(Submission, col(Submission.id) == col(Packet.submission_id))
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(Packet.id == packet_id, col(Packet.rendered_at).is_not(None))
    ).first()
    if row is None:
        raise NotYours
    packet, released, challenge, team = row
    is_own = released.is_public(now) and team_of(session, challenge.season_id, person_id) == team
    if not (is_own or role_of(session, challenge.season_id, person_id, RoleKind.ORGANIZER)):
        raise NotYours
    return packet, challenge, team


def unrendered(session: Session, most: int = 200) -> list[Packet]:
    """Packets that the worker has still to render, oldest first."""
    waiting = select(Packet).where(col(Packet.rendered_at).is_(None)).order_by(col(Packet.asked_at), col(Packet.number))
    return list(session.exec(waiting.limit(most)))


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
            round_median=medians.get(scale.criterion.position),
        )
        for scale in scales
    ]  # fmt: skip
    sheets = _sheets(session, submission.id, scales)
    was_late = session.get_one(Version, packet.version_id).was_late
    return packet_of(
        _heading(session, packet, submission, challenge), ruled, sheets, challenge.penalty if was_late else 0
    )


def _medians(session: Session, challenge: Challenge, scales: list[Scale]) -> dict[int, Fraction]:
    """By the criterion’s position the median over the round of each submission's mean level, in half steps."""
    readings = readings_of(session, challenge.id).values()
    return {
        scale.criterion.position: median(
            mean(points for levels in sheets.values() if (points := levels[scale.criterion.position]) is not None)
            for sheets in readings
        )
        for scale in scales
    }


def _heading(session: Session, packet: Packet, submission: Submission, challenge: Challenge) -> Heading:
    season = session.get_one(Season, challenge.season_id)
    version = session.get_one(Version, packet.version_id)
    standings = standings_of(session, challenge)
    own = next(standing for standing in standings if standing.submission_id == submission.id)
    return Heading(
        season=season.title, zone=season.zone, challenge_number=challenge.number, challenge_title=challenge.title,
        team=own.team, packet_number=packet.number, made_at=packet.asked_at, version_number=version.number,
        handed_in_at=version.handed_in_at, place=own.place, shared_place=own.shared, entries=len(standings),
        challenge_count=len(challenges_of(session, season.id, packet.asked_at)),
        outcome=_outcome(session, challenge, season, submission.entry_id),
        files=tuple(
            FileView(name=file.file_name, size=file.size, sha256=file.sha256 or "not counted yet")
            for file in files_of(session, [version.id])[version.id]
        ),
    )  # fmt: skip


def _outcome(session: Session, challenge: Challenge, season: Season, entry_id: UUID) -> str | None:
    """What the challenge means for the team, in a sentence; nothing where it goes without saying."""
    kinds = {one.entry_id: one.kind for one in outcomes.of_challenge(session, challenge.id)}
    if kinds.get(entry_id) == OutcomeKind.WINS:
        return "Your team wins the season."
    if kinds.get(entry_id) == OutcomeKind.LEAVES:
        return "Your team’s season ends here."
    goes_on = season.format == Format.KNOCK_OUT and not challenge.is_final and entry_id in kinds
    return "Your team goes on." if goes_on else None


def _sheets(session: Session, submission_id: UUID, scales: list[Scale]) -> list[Sheet]:
    rows = session.exec(
        select(Criterion.position, Scoresheet, Mark)
        .select_from(Panelist)
        .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
        .join(Scoresheet, col(Scoresheet.assignment_id) == col(Assignment.id))
        .join(Mark, col(Mark.scoresheet_id) == col(Scoresheet.id))
        .join(Criterion, col(Criterion.id) == col(Mark.criterion_id))
        .where(
            Assignment.submission_id == submission_id,
            col(Assignment.ended_at).is_(None),
            col(Scoresheet.handed_in_at).is_not(None),
        )
        .order_by(col(Panelist.drawn))
    ).all()
    marks: dict[UUID, dict[int, Mark]] = {}
    sheets: dict[UUID, Scoresheet] = {}
    for position, sheet, mark in rows:
        sheets[sheet.id] = sheet
        marks.setdefault(sheet.id, {})[position] = mark
    return [
        Sheet(
            tuple(
                Remark(mark.half_points, mark.comment)
                for scale in scales
                if (mark := marks[sheet.id][scale.criterion.position])
            ),
            sheet.comment,
        )
        for sheet in sheets.values()
    ]


def note_rendered(session: Session, packet: Packet, stored: StoredFile, now: datetime) -> None:
    """The packet is in the store. Its team hears of it when the results are public. Noting it twice notes it once."""
    if packet.rendered_at:
        return
    packet.rendered_at, packet.key, packet.trouble = now, stored.key, None
    packet.store_version_id, packet.size = stored.version_id, stored.size


def untold(session: Session, now: datetime, most: int = 200) -> list[Packet]:
    """Packets that are there and public, and whose teams have not been written to."""
    ready = (
        select(Packet)
        .join(FeedbackRelease, col(FeedbackRelease.id) == col(Packet.release_id))
        .where(
            col(Packet.told_at).is_(None),
            col(Packet.rendered_at).is_not(None),
            col(FeedbackRelease.public_at) <= now,
        )
        .order_by(col(FeedbackRelease.public_at), col(Packet.number))
    )
    return list(session.exec(ready.limit(most)))


def tell(session: Session, packet: Packet, now: datetime) -> bool:
    """Write to the team that its packet is there, once; gives whether that is done. Before it is public it is not."""
    if packet.told_at:
        return True
    if packet.rendered_at is None or not session.get_one(FeedbackRelease, packet.release_id).is_public(now):
        return False
    packet.told_at = now
    submission = session.get_one(Submission, packet.submission_id)
    challenge = session.get_one(Challenge, submission.challenge_id)
    season = session.get_one(Season, challenge.season_id)
    team = session.get_one(Team, session.get_one(Entry, submission.entry_id).team_id)
    for member in members_of(session, team.id):
        write(
            session, "packet_ready", member, now, season.id, season=season.title, slug=season.slug,
            challenge=challenge.title, number=challenge.number, team=team.name, packet_id=str(packet.id),
        )  # fmt: skip
    return True
