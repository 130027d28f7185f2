"""Feedback: the release of a challenge's results, and the packet that goes back to each team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from random import SystemRandom
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, and_, case
from sqlmodel import Field, Session, col, func, select

from challenges import outcomes
from challenges.challenges import Challenge, challenges_of
from challenges.entries import Entry
from challenges.files import StoredFile
from challenges.formats import Format
from challenges.history import note
from challenges.letters import write
from challenges.outcomes import Outcome, OutcomeKind
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.rubrics import Criterion, Scale, scales_of
from challenges.seasons import RoleKind, Season, role_of
from challenges.states import Deed
from challenges.submissions import Submission
from challenges.teams import Team, members_of, team_of
from challenges.versions import Version, files_of, handed_in
from judging.composite import mean, median
from judging.cuts import check_judged, confirm, propose
from judging.packet import FileView, Heading, Level, PacketView, Remark, Ruled, Sheet, packet_of
from judging.panels import Assignment, Panelist, panel_of
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


def release(
    session: Session, challenge: Challenge, by: Person, now: datetime,
    at: datetime | None = None, on_hold: bool = False,
) -> FeedbackRelease:  # fmt: skip
    """Let everybody read the results: now, from `at` on, or on hold until a button is pressed on the evening.

    The packets are asked for at once, so that they are there by then. While nobody can have read anything, releasing
    again changes the instant; afterwards it changes nothing.
    """
    season = session.get_one(Season, challenge.season_id)
    season.check(Deed.RELEASE_RESULTS, now)
    lock(session, challenge)
    released = release_of(session, challenge.id)
    if released and released.is_public(now):
        return released
    public_at = None if on_hold else max(at, now) if at else now
    if released and released.public_at == public_at:
        return released
    if released is None:
        released = _prepare(session, challenge, season, by, now)
    _check_order(session, challenge, public_at)
    released.public_at = public_at
    outcomes.make_public(session, challenge, public_at)
    session.flush()
    deed = "held" if public_at is None else "scheduled" if public_at > now else "released"
    note(
        session, by, f"feedback.{deed}", released, now, season.id,
        challenge=challenge.number, packets=len(packets_of(session, challenge.id)),
    )  # fmt: skip
    return released


def open_results(session: Session, challenge: Challenge, by: Person, now: datetime) -> FeedbackRelease:
    """The button of the evening: everybody may read what waits. Pressing it twice opens once."""
    if release_of(session, challenge.id) is None:
        raise Refusal("There is no release to open: it was taken back meanwhile. Release the results again.")
    return release(session, challenge, by, now)


def take_back(session: Session, challenge: Challenge, by: Person, now: datetime) -> None:
    """Forget the release and its packets, while nobody else knows. What is confirmed stays confirmed."""
    lock(session, challenge)
    released = release_of(session, challenge.id)
    if released is None:
        return
    if released.is_public(now):
        raise Refusal("These results are released. What people have read cannot be taken back.")
    _check_order(session, challenge, None)
    for packet, _ in packets_of(session, challenge.id):
        session.delete(packet)
    session.flush()
    session.delete(released)
    outcomes.make_public(session, challenge, None)
    for panelist in panel_of(session, challenge.id):
        panelist.drawn = None
    session.flush()
    note(session, by, "feedback.taken_back", challenge, now, challenge.season_id, challenge=challenge.number)


def undo_confirmation(session: Session, challenge: Challenge, by: Person, now: datetime) -> None:
    """One deed back, until the release: nothing is confirmed, and scoresheets and panel can change again."""
    lock(session, challenge)
    if not outcomes.of_challenge(session, challenge.id):
        return
    if released := release_of(session, challenge.id):
        if released.is_public(now):
            raise Refusal("These results are released. What people have read cannot be undone.")
        raise Refusal("These results wait for their release. Take the release back first.")
    if later := _others(session, challenge, col(Challenge.number) > challenge.number):
        raise Refusal(f"The results of challenge {later[-1][0]} are confirmed on top of these. Undo that first.")
    outcomes.undo(session, challenge, now)
    note(session, by, "results.unconfirmed", challenge, now, challenge.season_id, challenge=challenge.number)


def _prepare(session: Session, challenge: Challenge, season: Season, by: Person, now: datetime) -> FeedbackRelease:
    """What is confirmed, with a packet for every team, and public to nobody."""
    check_judged(session, challenge)
    if not outcomes.of_challenge(session, challenge.id):
        if not propose(session, challenge, season, now).is_plain:
            raise Refusal("Somebody leaves or wins here. Review the ranking and confirm it first, then release it.")
        confirm(session, challenge, season, {}, by, now)
    released = FeedbackRelease(challenge_id=challenge.id, released_by=by.id, released_at=now)
    session.add(released)
    session.flush()
    _draw_order(session, challenge.id)
    session.add_all(
        Packet(release_id=released.id, submission_id=submission.id, version_id=version.id, number=number, asked_at=now)
        for number, (submission, _, _, version) in enumerate(handed_in(session, challenge.id), 1)
    )
    session.flush()
    return released


def _check_order(session: Session, challenge: Challenge, public_at: datetime | None) -> None:
    """Who is missing from a later challenge tells who left in an earlier one, so that is never public first."""
    for number, other in _others(session, challenge, col(Challenge.number) < challenge.number):
        if public_at and (other is None or other > public_at):
            raise Refusal(
                f"The results of challenge {number} are confirmed and would not be public by then. "
                "Release those first: these would tell who left."
            )
    for number, other in _others(session, challenge, col(Challenge.number) > challenge.number):
        if other and (public_at is None or other < public_at):
            raise Refusal(
                f"The results of challenge {number} are to be public before that, and would tell who left here. "
                "Put those off first."
            )


def _others(
    session: Session, challenge: Challenge, which: ColumnElement[bool]
) -> Sequence[tuple[int, datetime | None]]:
    """Number and public instant of other challenges of the season that are confirmed."""
    rows = (
        select(Challenge.number, Outcome.public_at)
        .join(Outcome, col(Outcome.challenge_id) == col(Challenge.id))
        .where(Challenge.season_id == challenge.season_id, which)
        .distinct()
        .order_by(col(Challenge.number))
    )
    return session.exec(rows).all()


def _draw_order(session: Session, challenge_id: UUID) -> None:
    """Teams read of Judge 1, 2, 3; the order is drawn so that it tells nobody who is who."""
    panel = list(session.exec(select(Panelist).where(Panelist.challenge_id == challenge_id)))
    SystemRandom().shuffle(panel)
    for drawn, panelist in enumerate(panel, 1):
        panelist.drawn = drawn


def reopen(session: Session, desk: Desk, by: Person, now: datetime) -> None:
    """Take a handed-in scoresheet back to change it, until the results are confirmed."""
    lock(session, desk.challenge)  # a confirmation or a release at the same moment waits, or has happened
    released = release_of(session, desk.challenge.id)
    if released and released.is_public(now):
        raise Refusal("Feedback for this challenge has been released, so its scoresheets stay as they are.")
    if released or outcomes.of_challenge(session, desk.challenge.id):
        raise Refusal(
            "The results of this challenge are confirmed, so its scoresheets stay as they are. "
            "An organizer has to undo the confirmation first."
        )
    lock(session, desk.sheet)
    if desk.sheet.handed_in_at:
        desk.sheet.handed_in_at = None
        note(session, by, "scoresheet.reopened", desk.sheet, now, desk.season.id, challenge=desk.challenge.number)


def release_of(session: Session, challenge_id: UUID) -> FeedbackRelease | None:
    return session.exec(select(FeedbackRelease).where(FeedbackRelease.challenge_id == challenge_id)).first()


def public_release_of(session: Session, challenge_id: UUID, now: datetime) -> FeedbackRelease | None:
    """The release, once everybody may know of it."""
    released = release_of(session, challenge_id)
    return released if released and released.is_public(now) else None


def is_fixed(session: Session, challenge_id: UUID) -> bool:
    """Whether scoresheets and panel stay as they are: the results are confirmed, or released."""
    return bool(outcomes.of_challenge(session, challenge_id)) or release_of(session, challenge_id) is not None


def releases_of(session: Session, season_id: UUID, now: datetime) -> dict[UUID, FeedbackRelease]:
    """By challenge, what everybody may know of a season's results."""
    rows = (
        select(FeedbackRelease)
        .join(Challenge, col(Challenge.id) == col(FeedbackRelease.challenge_id))
        .where(Challenge.season_id == season_id, col(FeedbackRelease.public_at) <= now)
    )
    return {row.challenge_id: row for row in session.exec(rows)}


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


def unrendered(session: Session, most: int = 200) -> list[Packet]:
    """Packets that the worker has still to render, oldest first."""
    waiting = select(Packet).where(col(Packet.rendered_at).is_(None)).order_by(col(Packet.asked_at), col(Packet.number))
    return list(session.exec(waiting.limit(most)))


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
