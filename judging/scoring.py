"""Scoresheets: what one judge thinks of one submission, box by box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from challenges.briefs import Brief
from challenges.challenges import Challenge
from challenges.entries import Entry
from challenges.history import MARKED, note
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import Conflict, NotYours, Refusal
from challenges.rubrics import Level, Scale, scales_of
from challenges.seasons import Role, Season
from challenges.states import Deed
from challenges.submissions import Submission
from challenges.teams import Team
from challenges.versions import Version, latest_version
from judging.panels import Assignment, Panelist, is_judging

LONGEST_COMMENT = 100_000


class Scoresheet(Record, table=True):
    """Opened once for an assignment, with every box of the rubric on it."""

    assignment_id: UUID = Field(foreign_key="assignment.id", unique=True)
    version_id: UUID = Field(foreign_key="version.id")
    rubric_version_id: UUID = Field(foreign_key="rubricversion.id")
    opened_at: datetime = Field(sa_type=Instant)
    handed_in_at: datetime | None = Field(default=None, sa_type=Instant)
    comment: str = ""
    comment_revision: int = 0
    comment_at: datetime | None = Field(default=None, sa_type=Instant)


class Mark(Record, table=True):
    """One box: a level and a comment for one criterion. No level is NULL, never 0."""

    __table_args__ = (UniqueConstraint("scoresheet_id", "criterion_id"),)

    scoresheet_id: UUID = Field(foreign_key="scoresheet.id")
    criterion_id: UUID = Field(foreign_key="criterion.id")
    half_points: int | None = None
    level_revision: int = 0
    level_at: datetime | None = Field(default=None, sa_type=Instant)
    comment: str = ""
    comment_revision: int = 0
    comment_at: datetime | None = Field(default=None, sa_type=Instant)


class BoxField(StrEnum):
    LEVEL = "level"
    COMMENT = "comment"
    OVERALL = "overall"


@dataclass(frozen=True)
class Change:
    """What a page asks to write in one field, and the revision of that field that it started from."""

    field: BoxField
    value: str
    revision: int
    criterion_id: UUID | None = None
    """None for the overall comment."""


@dataclass(frozen=True)
class Saved:
    change: Change
    revision: int
    at: datetime


class Stale(Conflict):
    """The same field was changed elsewhere since this page was drawn. Both texts are here, and nothing was written."""

    def __init__(self, change: Change, theirs: str, revision: int, at: datetime | None) -> None:
        super().__init__(
            "This field was changed in another window. Nothing is lost: choose which text to keep.",
            field=f"{change.field}-{change.criterion_id}" if change.criterion_id else str(change.field),
        )
        self.change, self.theirs, self.revision, self.at = change, theirs, revision, at


@dataclass(frozen=True)
class Desk:
    """A scoresheet with what belongs around it, as its judge may see it."""

    sheet: Scoresheet
    version: Version
    challenge: Challenge
    season: Season
    team: Team
    brief: Brief
    """The version of the brief that the design answers."""


def open_sheet(session: Session, assignment: Assignment, challenge: Challenge, by: Person, now: datetime) -> Scoresheet:
    """The judge begins to read: every box is there, empty, for the version that counts. Opening twice opens once."""
    lock(session, assignment)
    found = session.exec(select(Scoresheet).where(Scoresheet.assignment_id == assignment.id)).first()
    if found:
        return found
    session.get_one(Season, challenge.season_id).check(Deed.JUDGE, now)
    lock(session, challenge)  # an amendment of its rubric at the same moment waits, or has happened
    if now < challenge.settled_at:
        raise Refusal(
            f"Reading begins at {challenge.settled_at:%a %d %b, %H:%M} UTC, when the last file can have arrived."
        )
    version = latest_version(session, assignment.submission_id)
    if version is None:
        raise NotYours
    sheet = Scoresheet(
        assignment_id=assignment.id, version_id=version.id, rubric_version_id=challenge.rubric_version_id, opened_at=now
    )
    session.add(sheet)
    session.flush()
    session.add_all(
        Mark(scoresheet_id=sheet.id, criterion_id=scale.criterion.id)
        for scale in scales_of(session, challenge.rubric_version_id)
    )
    session.flush()
    note(session, by, "scoresheet.opened", sheet, now, challenge.season_id, challenge=challenge.number)
    return sheet


def save_marks(session: Session, desk: Desk, changes: Sequence[Change], by: Person, now: datetime) -> list[Saved]:
    """Fill these boxes, all or none; boxes left out keep what they had. An empty value empties a box (0 is a mark)."""
    sheet = desk.sheet
    lock(session, sheet)
    if sheet.handed_in_at:
        raise Refusal(
            "This scoresheet is handed in, so nothing was saved. Until feedback is released you can reopen it."
        )
    desk.season.check(Deed.JUDGE, now)
    saved = [
        _save_overall(sheet, change, now) if change.criterion_id is None else _save_mark(session, sheet, change, now)
        for change in changes
    ]
    note(session, by, MARKED, sheet, now, desk.season.id, boxes=len(saved))
    return saved


def _save_overall(sheet: Scoresheet, change: Change, now: datetime) -> Saved:
    text = _comment(change)
    if text != sheet.comment:
        if change.revision != sheet.comment_revision:
            raise Stale(change, sheet.comment, sheet.comment_revision, sheet.comment_at)
        sheet.comment, sheet.comment_revision, sheet.comment_at = text, sheet.comment_revision + 1, now
    return Saved(change, sheet.comment_revision, sheet.comment_at or now)


def _save_mark(session: Session, sheet: Scoresheet, change: Change, now: datetime) -> Saved:
    mark = session.exec(
        select(Mark).where(Mark.scoresheet_id == sheet.id, Mark.criterion_id == change.criterion_id)
    ).first()
    if mark is None:
        raise Refusal("This criterion is not on your scoresheet. Load the page again; your text stays in this browser.")
    if change.field == BoxField.COMMENT:
        text = _comment(change)
        if text != mark.comment:
            if change.revision != mark.comment_revision:
                raise Stale(change, mark.comment, mark.comment_revision, mark.comment_at)
            mark.comment, mark.comment_revision, mark.comment_at = text, mark.comment_revision + 1, now
        return Saved(change, mark.comment_revision, mark.comment_at or now)
    half_points = _level(session, mark, change)
    if half_points != mark.half_points:
        if change.revision != mark.level_revision:
            shown = "" if mark.half_points is None else str(mark.half_points)
            raise Stale(change, shown, mark.level_revision, mark.level_at)
        mark.half_points, mark.level_revision, mark.level_at = half_points, mark.level_revision + 1, now
    return Saved(change, mark.level_revision, mark.level_at or now)


def _comment(change: Change) -> str:
    if len(change.value) > LONGEST_COMMENT:
        raise Refusal(f"A comment has at most {LONGEST_COMMENT:,} characters. It was not saved; shorten it.")
    return change.value.replace("\r\n", "\n") if change.value.strip() else ""


def _level(session: Session, mark: Mark, change: Change) -> int | None:
    if not change.value:
        return None
    on_scale = session.exec(select(Level.half_points).where(Level.criterion_id == mark.criterion_id))
    levels = {str(half_points): half_points for half_points in on_scale}
    if change.value not in levels:
        raise Refusal("That level is not on the scale of this criterion.")
    return levels[change.value]


def hand_in(session: Session, desk: Desk, by: Person, now: datetime) -> None:
    """The judge is done. Every criterion needs a level and a comment. Doing it twice does it once."""
    lock(session, desk.sheet)
    if desk.sheet.handed_in_at:
        return
    desk.season.check(Deed.JUDGE, now)
    missing = [
        f"{scale.criterion.title} ({' and '.join(lacks)})"
        for scale, mark in marks_on(session, desk.sheet)
        if (lacks := _lacks(mark))
    ]
    if missing:
        raise Refusal("Before you hand in, these still need something: " + "; ".join(missing) + ".")
    desk.sheet.handed_in_at = now
    note(session, by, "scoresheet.handed_in", desk.sheet, now, desk.season.id, challenge=desk.challenge.number)


def _lacks(mark: Mark) -> list[str]:
    there = {"level": mark.half_points is not None, "comment": bool(mark.comment.strip())}
    return [word for word, is_there in there.items() if not is_there]


def marks_on(session: Session, sheet: Scoresheet) -> list[tuple[Scale, Mark]]:
    """Every box of the sheet beside its criterion, in the order of the rubric."""
    marks = {mark.criterion_id: mark for mark in session.exec(select(Mark).where(Mark.scoresheet_id == sheet.id))}
    return [(scale, marks[scale.criterion.id]) for scale in scales_of(session, sheet.rubric_version_id)]


def has_begun(session: Session, challenge_id: UUID) -> bool:
    """Whether any scoresheet of the challenge is open: from then on its rubric keeps its shape."""
    opened = (
        select(Scoresheet.id)
        .join(Assignment, col(Assignment.id) == col(Scoresheet.assignment_id))
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .where(Panelist.challenge_id == challenge_id)
    )
    return session.exec(opened.limit(1)).first() is not None


def find_for(session: Session, sheet_id: UUID, person_id: UUID) -> Desk:
    """A scoresheet for its own judge, while the assignment and the role last."""
    row = session.execute(
        sqlalchemy.select(Scoresheet, Version, Challenge, Season, Team, Brief)
        .join(Assignment, col(Assignment.id) == col(Scoresheet.assignment_id))
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .join(Version, col(Version.id) == col(Scoresheet.version_id))
        .join(Brief, col(Brief.id) == col(Version.brief_id))
        .join(Submission, col(Submission.id) == col(Assignment.submission_id))
        .join(Challenge, col(Challenge.id) == col(Panelist.challenge_id))
        .join(Season, col(Season.id) == col(Challenge.season_id))
        .join(Role, is_judging())
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(col(Scoresheet.id) == sheet_id, col(Panelist.person_id) == person_id, col(Assignment.ended_at).is_(None))
    ).first()
    if row is None:
        raise NotYours
    return Desk(*row)
