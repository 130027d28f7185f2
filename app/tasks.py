"""Tasks: what waits for an organizer now, what is urgent first, and where it is done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.filters import count, relative
from app.run_sheet import Row, RunSheet, Stage
from challenges.formats import Format, TieRule
from challenges.states import SeasonState

SOON = timedelta(days=2)
"""This long before a challenge is due, somebody should have been named to judge it."""
EVENING = timedelta(minutes=30)
"""This long before it is planned, a release that waits for a button is urgent."""


@dataclass(frozen=True)
class Task:
    """Something that waits for an organizer, and where it is done."""

    text: str
    link: str
    href: str
    is_urgent: bool = False


def tasks_of(sheet: RunSheet, now: datetime) -> list[Task]:
    """What is urgent first, then as the season goes."""
    tasks = [
        *_of_season(sheet, now),
        *_of_outage(sheet),
        *(task for row in sheet.rows for task in _of(sheet, row, now)),
    ]
    return sorted(tasks, key=lambda task: not task.is_urgent)


def _of_season(sheet: RunSheet, now: datetime) -> Iterator[Task]:
    season, home = sheet.season, f"/seasons/{sheet.season.slug}"
    state = season.state(now)
    if sheet.letters:
        yield Task(
            f"{count(sheet.letters, 'mail')} did not get through, or we cannot tell.", "Decide in the outbox",
            f"{home}/outbox", is_urgent=True,
        )  # fmt: skip
    yield from _of_questions(sheet, home)
    if state == SeasonState.ARCHIVED:
        return
    if season.tie_rule is None:
        yield Task("How the season is played is not chosen yet.", "Choose format and tie rule", f"{home}/play")
    if state == SeasonState.DRAFT:
        yield Task("The season is a draft: only organizers see it.", "Look at it and announce it", home)
    if not sheet.rows and state != SeasonState.FINISHED:
        yield Task("The season has no challenge yet.", "Write the first one", f"{home}/challenges/new")
    if not sheet.judges and state != SeasonState.FINISHED:
        near = any(row.stage in (Stage.UNREAD, Stage.ARRIVING) or is_due_soon(row, now) for row in sheet.rows)
        yield Task("Nobody is named to judge.", "Invite judges", f"{home}/people", is_urgent=near)
    if sheet.lapsed:
        yield Task(
            f"{count(sheet.lapsed, 'invitation')} into a role was declined or grew old."
            if sheet.lapsed == 1
            else f"{sheet.lapsed} invitations into roles were declined or grew old.",
            "See whose", f"{home}/people",
        )  # fmt: skip


def _of_questions(sheet: RunSheet, home: str) -> Iterator[Task]:
    waiting, queue = sheet.waiting, f"{home}/clarifications"
    if waiting.matters:
        yield Task(f"{count(waiting.matters, 'personal matter')} for you alone.", "Read", queue, is_urgent=True)
    if waiting.proposals:
        verb = "waits" if waiting.proposals == 1 else "wait"
        answers = count(waiting.proposals, "judge’s answer", "judges’ answers")
        yield Task(f"{answers} {verb} for you to let out.", "Read and let out", queue)
    if waiting.questions:
        verb = "waits" if waiting.questions == 1 else "wait"
        yield Task(f"{count(waiting.questions, 'question')} {verb} for an answer.", "Answer", queue)


def _of_outage(sheet: RunSheet) -> Iterator[Task]:
    if sheet.lost and sheet.current:
        yield Task(
            f"The site was away for {count(sheet.lost.minutes, 'minute')} in the last hours before challenge "
            f"{sheet.current.number} was due.",
            "See the evidence, and give everybody the same back",
            f"/seasons/{sheet.season.slug}/challenges/{sheet.current.number}/deadline", is_urgent=True,
        )  # fmt: skip


def is_due_soon(row: Row, now: datetime) -> bool:
    return row.stage == Stage.OPEN and row.challenge.due_at - now < SOON


def _of(sheet: RunSheet, row: Row, now: datetime) -> Iterator[Task]:
    challenge, name = row.challenge, f"Challenge {row.challenge.number}"
    page = f"/seasons/{sheet.season.slug}/challenges/{challenge.number}"
    release = challenge.release_at or now
    if challenge.is_swap and not row.is_drawn and row.stage in (Stage.SCHEDULED, Stage.ON_HOLD, Stage.OPEN):
        yield Task(
            f"{name} swaps designs, and the swap is not drawn yet.", "Draw", f"{page}/swap",
            is_urgent=row.stage == Stage.OPEN,
        )  # fmt: skip
    yield from _of_missing(sheet, row, name, page)
    needs_chair = sheet.season.tie_rule == TieRule.CHAIR and bool(challenge.go_on or challenge.is_final)
    if (
        needs_chair
        and not challenge.chair_id
        and row.stage in (Stage.OPEN, Stage.ARRIVING, Stage.UNREAD, Stage.JUDGED, Stage.READY)
    ):
        yield Task(
            f"{name}: nobody is named to decide where places are too close to call.", "Name the chair", f"{page}/panel"
        )
    match row.stage:
        case Stage.DRAFT if challenge.due_at <= now:
            yield Task(
                f"{name} is a draft, and its due instant has passed.", "Set a later one", f"{page}/edit", is_urgent=True
            )
        case Stage.DRAFT:
            yield Task(
                f"{name} is a draft, due {relative(challenge.due_at, now)}.",
                "See it as participants will, and set its release", page, is_urgent=challenge.due_at - now < SOON,
            )  # fmt: skip
        case Stage.ON_HOLD if release - now < EVENING:
            late = f"{name} is on hold, and its evening began {relative(release, now)}."
            soon = f"{name} is on hold; its evening is {relative(release, now)}."
            yield Task(late if release <= now else soon, "Release it when it is time", page, is_urgent=True)
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
        case Stage.READY if row.awaited:
            yield Task(
                f"{name}: every scoresheet is handed in.", "Review the ranking and confirm it", f"{page}/standings"
            )
        case Stage.CONFIRMED | Stage.WAITING if row.gone:
            verb = "has" if row.gone == 1 else "have"
            yield Task(
                f"{name}: {count(row.gone, 'entry')} {verb} withdrawn since the results were confirmed.",
                "Undo the confirmation and look again", f"{page}/standings", is_urgent=True,
            )  # fmt: skip
        case Stage.CONFIRMED:
            yield Task(f"{name}: the results are confirmed.", "Release them", f"{page}/standings")
        case Stage.WAITING if row.making and row.making.public_at is None:
            yield Task(f"{name}: the results are on hold.", "Open them on the evening", f"{page}/standings")
        case Stage.RELEASED | Stage.WAITING if row.making and row.making.troubled:
            yield Task(
                f"{name}: {count(row.making.troubled, 'packet')} could not be made yet.", "See what is wrong",
                f"{page}/standings", is_urgent=True,
            )  # fmt: skip


def _of_missing(sheet: RunSheet, row: Row, name: str, page: str) -> Iterator[Task]:
    """From the hour on in which nothing can arrive any more, also while judges read: who is ill should not wait."""
    if row.missing and row.stage in (Stage.UNREAD, Stage.JUDGED, Stage.READY, Stage.EMPTY):
        leaves = "it leaves" if row.missing == 1 else "they leave"
        choice = f" Confirm that {leaves}, or extend." if sheet.season.format == Format.KNOCK_OUT else ""
        yield Task(
            f"{name}: nothing received from {count(row.missing, 'entry')}.{choice}", "Decide", f"{page}/standings"
        )
