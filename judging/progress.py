"""Progress: how far the judging is, for the judge's desk and for organizers, who see no mark here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy
from sqlalchemy import case
from sqlmodel import Session, col, func, select

from challenges.challenges import Challenge
from challenges.entries import Entry
from challenges.people import Person
from challenges.seasons import Role, Season
from challenges.submissions import Submission
from challenges.teams import Team
from judging.panels import Assignment, Pair, Panelist, is_judging
from judging.scoring import Mark, Scoresheet


@dataclass(frozen=True)
class Progress:
    """How far a scoresheet is: boxes on it, levels set, comments written."""

    boxes: int
    levels: int
    comments: int

    @property
    def is_complete(self) -> bool:
        return self.levels == self.comments == self.boxes


NOT_BEGUN = Progress(0, 0, 0)


class SheetState(StrEnum):
    NOT_BEGUN = "not begun"
    BEGUN = "begun"
    HANDED_IN = "handed in"


@dataclass(frozen=True)
class DeskRow:
    """One design on a judge's desk."""

    assignment: Assignment
    season: Season
    challenge: Challenge
    team: str
    sheet: Scoresheet | None
    progress: Progress

    @property
    def state(self) -> SheetState:
        if self.sheet is None:
            return SheetState.NOT_BEGUN
        return SheetState.HANDED_IN if self.sheet.handed_in_at else SheetState.BEGUN


def progress_of(session: Session, sheet: Scoresheet) -> Progress:
    return _progress(session, [sheet.id])[sheet.id]


def _progress(session: Session, sheet_ids: Sequence[UUID]) -> dict[UUID, Progress]:
    written = func.sum(case((col(Mark.comment) != "", 1), else_=0))
    counts = (
        select(Mark.scoresheet_id, func.count(), func.count(col(Mark.half_points)), written)
        .where(col(Mark.scoresheet_id).in_(sheet_ids))
        .group_by(col(Mark.scoresheet_id))
    )
    return {
        sheet_id: Progress(boxes, levels, comments) for sheet_id, boxes, levels, comments in session.exec(counts).all()
    }


def desk_of(session: Session, person_id: UUID) -> list[DeskRow]:
    """Everything this judge has to read, newest challenge first, in three statements."""
    rows = session.exec(
        select(Assignment, Challenge, Team, Scoresheet)
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .join(Challenge, col(Challenge.id) == col(Panelist.challenge_id))
        .join(Role, is_judging())
        .join(Submission, col(Submission.id) == col(Assignment.submission_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .join(Scoresheet, col(Scoresheet.assignment_id) == col(Assignment.id), isouter=True)
        .where(Panelist.person_id == person_id, col(Assignment.ended_at).is_(None))
        .order_by(col(Challenge.due_at).desc(), col(Challenge.id), Team.name)
    ).all()
    progress = _progress(session, [sheet.id for *_, sheet in rows if sheet])
    seasons = {
        season.id: season
        for season in session.exec(select(Season).where(col(Season.id).in_({c.season_id for _, c, *_ in rows})))
    }
    return [
        DeskRow(
            assignment,
            seasons[challenge.season_id],
            challenge,
            team.name,
            sheet,
            progress[sheet.id] if sheet else NOT_BEGUN,
        )
        for assignment, challenge, team, sheet in rows
    ]


@dataclass(frozen=True)
class Counts:
    """The living assignments of a challenge, of entries that take part."""

    states: Mapping[SheetState, int]
    read: int
    """Submissions that at least one judge reads."""


def counts_of(session: Session, season_id: UUID) -> dict[UUID, Counts]:
    """How many living assignments of each challenge are not begun, begun and handed in."""
    counts = (
        sqlalchemy.select(
            col(Panelist.challenge_id),
            func.count(),
            func.count(col(Scoresheet.id)),
            func.count(col(Scoresheet.handed_in_at)),
            func.count(col(Assignment.submission_id).distinct()),
        )
        .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
        .join(Submission, col(Submission.id) == col(Assignment.submission_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Scoresheet, col(Scoresheet.assignment_id) == col(Assignment.id), isouter=True)
        .where(col(Entry.season_id) == season_id, col(Entry.withdrawn_at).is_(None), col(Assignment.ended_at).is_(None))
        .group_by(col(Panelist.challenge_id))
    )
    return {
        challenge_id: Counts(
            {
                SheetState.NOT_BEGUN: assigned - opened,
                SheetState.BEGUN: opened - handed,
                SheetState.HANDED_IN: handed,
            },
            read,
        )
        for challenge_id, assigned, opened, handed, read in session.execute(counts).all()
    }


def states_of(session: Session, challenge_id: UUID) -> dict[Pair, SheetState]:
    """How far each living assignment of a challenge is: for the organizer, who sees no mark here."""
    rows = session.exec(
        select(Panelist.person_id, Assignment.submission_id, Scoresheet.id, Scoresheet.handed_in_at)
        .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
        .join(Scoresheet, col(Scoresheet.assignment_id) == col(Assignment.id), isouter=True)
        .where(Panelist.challenge_id == challenge_id, col(Assignment.ended_at).is_(None))
    ).all()
    return {
        Pair(judge, submission): SheetState.HANDED_IN if handed else SheetState.BEGUN if sheet else SheetState.NOT_BEGUN
        for judge, submission, sheet, handed in rows
    }


def late_judges(session: Session, challenge_id: UUID) -> set[UUID]:
    """Who has to hand in a scoresheet of this challenge still."""
    return {person.id for person, _ in missing_of(session, challenge_id)}


def missing_of(session: Session, challenge_id: UUID) -> list[tuple[Person, Team]]:
    """Whose scoresheet on which team's submission is not handed in yet."""
    rows = (
        select(Person, Team)
        .join(Panelist, col(Panelist.person_id) == col(Person.id))
        .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
        .join(Submission, col(Submission.id) == col(Assignment.submission_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .join(Scoresheet, col(Scoresheet.assignment_id) == col(Assignment.id), isouter=True)
        .where(
            Panelist.challenge_id == challenge_id,
            col(Assignment.ended_at).is_(None),
            col(Scoresheet.handed_in_at).is_(None),
        )
        .order_by(Person.name, Person.email, Team.name)
    )
    return list(session.exec(rows).all())
