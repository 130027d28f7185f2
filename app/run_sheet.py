"""Run sheet: where every challenge of a season stands, and what the season asks of its organizers next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from app.filters import count, relative
from app.overview import current_of
from challenges.challenges import Challenge, every_challenge_of
from challenges.entries import count_entries
from challenges.letters import count_in_trouble
from challenges.seasons import RoleKind, Season, holders
from challenges.versions import count_handed_in
from judging.feedback import Making, making_of
from judging.panels import count_read
from judging.progress import SheetState, counts_of

SOON = timedelta(days=2)
"""This long before a challenge is due, somebody should have been named to judge it."""


class Stage(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    ARRIVING = "last files arriving"
    UNREAD = "not every design has a judge"
    JUDGED = "being judged"
    READY = "ready to release"
    RELEASED = "released"
    EMPTY = "nothing was handed in"


@dataclass(frozen=True)
class Row:
    """One challenge: how many entries handed in, how far its scoresheets and its packets are."""

    challenge: Challenge
    received: int
    unread: int
    """Handed in, and no judge is asked to read it."""
    sheets: dict[SheetState, int]
    making: Making | None
    stage: Stage

    @property
    def assigned(self) -> int:
        return sum(self.sheets.values())

    @property
    def finished(self) -> int:
        return self.sheets.get(SheetState.HANDED_IN, 0)


@dataclass(frozen=True)
class Task:
    """Something that waits for an organizer, and where it is done."""

    text: str
    link: str
    href: str
    is_urgent: bool = False


@dataclass(frozen=True)
class RunSheet:
    season: Season
    rows: Sequence[Row]
    entries: int
    judges: int
    organizers: Sequence[str]
    current: Challenge | None
    tasks: Sequence[Task]
    """What is urgent first, then as the season goes."""


def run_sheet_of(session: Session, season: Season, now: datetime) -> RunSheet:
    challenges = every_challenge_of(session, season.id)
    received, read = count_handed_in(session, season.id), count_read(session, season.id)
    sheets, making = counts_of(session, season.id), making_of(session, season.id)
    rows = [
        row_of(each, received.get(each.id, 0), read.get(each.id, 0), sheets.get(each.id, {}), making.get(each.id), now)
        for each in challenges
    ]
    judges = len(holders(session, season.id, RoleKind.JUDGE))
    tasks = [
        *tasks_of_season(season, rows, judges, count_in_trouble(session, season.id), now),
        *(task for row in rows for task in tasks_of(season, row, now)),
    ]
    return RunSheet(
        season=season,
        rows=rows,
        entries=count_entries(session, season.id),
        judges=judges,
        organizers=[person.name for _, person in holders(session, season.id, RoleKind.ORGANIZER)],
        current=current_of([challenge for challenge in challenges if challenge.is_released(now)], now),
        tasks=sorted(tasks, key=lambda task: not task.is_urgent),
    )


def row_of(
    challenge: Challenge, received: int, read: int, sheets: dict[SheetState, int], making: Making | None, now: datetime
) -> Row:
    if making:
        stage = Stage.RELEASED
    elif not challenge.is_released(now):
        stage = Stage.DRAFT
    elif challenge.is_open(now):
        stage = Stage.OPEN
    elif now < challenge.settled_at:
        stage = Stage.ARRIVING
    elif not received:
        stage = Stage.EMPTY
    elif read < received:
        stage = Stage.UNREAD
    else:
        stage = Stage.READY if sheets.get(SheetState.HANDED_IN) == sum(sheets.values()) else Stage.JUDGED
    return Row(challenge, received, received - read, sheets, making, stage)


def tasks_of_season(season: Season, rows: Sequence[Row], judges: int, letters: int, now: datetime) -> Iterator[Task]:
    home = f"/seasons/{season.slug}"
    if letters:
        yield Task(
            f"{count(letters, 'mail')} did not get through, or we cannot tell.", "Decide in the outbox",
            f"{home}/outbox", is_urgent=True,
        )  # fmt: skip
    if not season.announced_at:
        yield Task("The season is a draft: only organizers see it.", "Look at it and publish it", home)
    if not rows:
        yield Task("The season has no challenge yet.", "Write the first one", f"{home}/challenges/new")
    if not judges:
        near = any(row.stage in (Stage.UNREAD, Stage.ARRIVING) or is_due_soon(row, now) for row in rows)
        yield Task("Nobody is named to judge.", "Invite judges", f"{home}/people", is_urgent=near)


def is_due_soon(row: Row, now: datetime) -> bool:
    return row.stage == Stage.OPEN and row.challenge.due_at - now < SOON


def tasks_of(season: Season, row: Row, now: datetime) -> Iterator[Task]:
    challenge, name = row.challenge, f"Challenge {row.challenge.number}"
    page = f"/seasons/{season.slug}/challenges/{challenge.number}"
    match row.stage:
        case Stage.DRAFT if challenge.due_at <= now:
            yield Task(
                f"{name} is a draft, and its due instant has passed.", "Set a later one", f"{page}/edit", is_urgent=True
            )
        case Stage.DRAFT:
            yield Task(
                f"{name} is a draft, due {relative(challenge.due_at, now)}.",
                "See it as participants will, and publish it", page, is_urgent=challenge.due_at - now < SOON,
            )  # fmt: skip
        case Stage.UNREAD:
            yield Task(
                f"{name}: nobody is asked to read {count(row.unread, 'design')}.", "Say who reads what",
                f"{page}/panel", is_urgent=True,
            )  # fmt: skip
        case Stage.JUDGED:
            yield Task(
                f"{name}: {row.assigned - row.finished} of {row.assigned} scoresheets are not handed in yet.",
                "See whose", f"{page}/panel",
            )  # fmt: skip
        case Stage.READY:
            yield Task(
                f"{name}: every scoresheet is handed in.", "Review the standings and release", f"{page}/standings"
            )
        case Stage.RELEASED if row.making and row.making.troubled:
            yield Task(
                f"{name}: {count(row.making.troubled, 'packet')} could not be made yet.", "See what is wrong",
                f"{page}/standings", is_urgent=True,
            )  # fmt: skip
