"""A judge's desk for programs: their assignments, and their own scoresheets."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar.params import FromPath

from app.api import Body, PageNumber, next_page, part, read, told
from app.deps import Me, Request, Session
from app.doors import judge_with_judging
from challenges.tokens import TokenScope
from judging import progress, scoring
from judging.composite import level_of
from judging.progress import SheetState


class DeskLine(Body, frozen=True):
    assignment_id: UUID
    season: Annotated[str, told("Its slug.")]
    challenge: int
    team: str
    state: SheetState
    scoresheet_id: Annotated[UUID | None, told("Null: you have not begun.")]
    boxes: Annotated[int, told("Criteria on the scoresheet.")]
    levels: Annotated[int, told("How many of them have a level.")]
    comments: Annotated[int, told("How many of them have a comment.")]


class DeskBody(Body, frozen=True):
    items: list[DeskLine]
    total: int
    next: str | None


class MarkBody(Body, frozen=True):
    criterion: str
    weight: int
    points: Annotated[Decimal | None, told("Null: not marked.")]
    comment: str


class ScoresheetBody(Body, frozen=True):
    id: UUID
    season: Annotated[str, told("Its slug.")]
    challenge: int
    team: str
    version: Annotated[int, told("The number of the version that you read.")]
    opened_at: datetime
    handed_in_at: datetime | None
    marks: list[MarkBody]
    comment: Annotated[str, told("On the whole.")]


@read("/desk", judge_with_judging, "desk", "Everything that you are asked to read", TokenScope.JUDGING)
def desk(request: Request, session: Session, me: Me, page: PageNumber = 1) -> DeskBody:
    """The newest challenge first."""
    rows = progress.desk_of(session, me.person.id)
    return DeskBody(
        items=[
            DeskLine(
                assignment_id=row.assignment.id, season=row.season.slug, challenge=row.challenge.number, team=row.team,
                state=row.state, scoresheet_id=row.sheet.id if row.sheet else None, boxes=row.progress.boxes,
                levels=row.progress.levels, comments=row.progress.comments,
            )
            for row in part(rows, page)
        ],
        total=len(rows), next=next_page(request, page, len(rows)),
    )  # fmt: skip


@read("/scoresheets/{sheet_id:uuid}", judge_with_judging, "scoresheet", "One of your scoresheets", TokenScope.JUDGING)
def scoresheet(session: Session, me: Me, sheet_id: FromPath[UUID]) -> ScoresheetBody:
    at = scoring.find_for(session, sheet_id, me.person.id)
    return ScoresheetBody(
        id=at.sheet.id, season=at.season.slug, challenge=at.challenge.number, team=at.team.name,
        version=at.version.number, opened_at=at.sheet.opened_at, handed_in_at=at.sheet.handed_in_at,
        marks=[
            MarkBody(
                criterion=scale.criterion.title, weight=scale.criterion.weight, comment=mark.comment,
                points=None if mark.half_points is None else level_of(mark.half_points),
            )
            for scale, mark in scoring.marks_on(session, at.sheet)
        ],
        comment=at.sheet.comment,
    )  # fmt: skip


ROUTES = [desk, scoresheet]
