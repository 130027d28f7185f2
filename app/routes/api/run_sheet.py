"""The run sheet for programs: where a season stands, what comes, and what waits for its organizers."""

from datetime import datetime
from typing import Annotated

from litestar.params import FromPath

from app.api import Body, read, told
from app.deps import Now, Session
from app.doors import organizer_with_organize
from app.run_sheet import Row, Stage, run_sheet_of
from app.tasks import tasks_of
from challenges import seasons
from challenges.states import SeasonState
from challenges.tokens import TokenScope


class RowBody(Body, frozen=True):
    """One challenge, drafts too."""

    challenge: int
    title: str
    stage: Stage
    due_at: datetime
    awaited: Annotated[int, told("Entries that take part in it.")]
    received: Annotated[int, told("How many of them handed in.")]
    unread: Annotated[int, told("Handed in, and nobody is asked to read it.")]
    assigned: Annotated[int, told("Scoresheets that judges are asked for.")]
    finished: Annotated[int, told("How many of them are handed in.")]
    is_confirmed: bool
    results_public_at: datetime | None


class TaskBody(Body, frozen=True):
    text: str
    link: Annotated[str, told("What is done about it.")]
    href: Annotated[str, told("Where on this site.")]
    is_urgent: bool


class HappeningBody(Body, frozen=True):
    at: datetime
    text: str
    href: str
    is_mail: bool


class LackBody(Body, frozen=True):
    """Something that somebody has not done."""

    text: str
    count: int
    of: int
    href: Annotated[str, told("Where one sees who, and reminds them.")]


class RunSheetBody(Body, frozen=True):
    state: SeasonState
    entries: int
    judges: int
    organizers: int
    letters_in_trouble: int
    invitations_lapsed: int
    rows: list[RowBody]
    tasks: Annotated[list[TaskBody], told("What is urgent first.")]
    next: Annotated[list[HappeningBody], told("The nearest first.")]
    lacks: list[LackBody]


@read(
    "/seasons/{slug:str}/run-sheet", organizer_with_organize, "runSheet",
    "Where the season stands, and what waits for you", TokenScope.ORGANIZE,
)  # fmt: skip
def show(session: Session, now: Now, slug: FromPath[str]) -> RunSheetBody:
    season = seasons.find_season(session, slug)
    sheet = run_sheet_of(session, season, now)
    return RunSheetBody(
        state=season.state(now), entries=sheet.entries, judges=sheet.judges, organizers=sheet.organizers,
        letters_in_trouble=sheet.letters, invitations_lapsed=sheet.lapsed, rows=[row_body(row) for row in sheet.rows],
        tasks=[
            TaskBody(text=one.text, link=one.link, href=one.href, is_urgent=one.is_urgent)
            for one in tasks_of(sheet, now)
        ],
        next=[HappeningBody(at=one.at, text=one.text, href=one.href, is_mail=one.is_mail) for one in sheet.next],
        lacks=[LackBody(text=one.text, count=one.count, of=one.of, href=one.href) for one in sheet.lacks],
    )  # fmt: skip


def row_body(row: Row) -> RowBody:
    return RowBody(
        challenge=row.challenge.number, title=row.challenge.title, stage=row.stage, due_at=row.challenge.due_at,
        awaited=row.awaited, received=row.received, unread=row.unread, assigned=row.assigned, finished=row.finished,
        is_confirmed=row.is_confirmed, results_public_at=row.making.public_at if row.making else None,
    )  # fmt: skip


ROUTES = [show]
