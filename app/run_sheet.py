"""Run sheet: where a season stands, what happens next, who has not done what, and what needs an organizer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy
from sqlalchemy import ScalarSelect
from sqlmodel import Session, col, func, select

from app.overview import current_of
from challenges.acknowledgements import Acknowledgement
from challenges.briefs import Brief
from challenges.challenges import Challenge, ChallengeState, every_challenge_of
from challenges.clarifications import Waiting, count_waiting
from challenges.entries import Entry
from challenges.letters import in_trouble
from challenges.mailings import Kind, Planned
from challenges.outages import Lost, outage_near_due
from challenges.outcomes import Outcome, OutcomeKind
from challenges.planning import planned_of
from challenges.roles import RoleInvitation, is_lapsed
from challenges.seasons import Role, RoleKind, Season
from challenges.submissions import Submission
from challenges.swaps import Swap
from challenges.versions import Version
from judging.packets import Making, making_of
from judging.progress import SheetState, counts_of

MOST_NEXT = 24
"""So many coming things are told."""


class Stage(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    ON_HOLD = "on hold"
    OPEN = "open"
    ARRIVING = "last files arriving"
    UNREAD = "not every design has a judge"
    JUDGED = "being judged"
    READY = "ready to confirm"
    CONFIRMED = "ready to release"
    WAITING = "results wait for their release"
    RELEASED = "released"
    EMPTY = "nothing was handed in"


@dataclass(frozen=True)
class Row:
    """One challenge: how many entries handed in, how far its scoresheets and its packets are."""

    challenge: Challenge
    received: int
    """Of entries that take part."""
    awaited: int
    """Entries that take part in it: neither withdrawn nor out before."""
    unread: int
    """Handed in, and no judge is asked to read it."""
    sheets: dict[SheetState, int]
    making: Making | None
    is_confirmed: bool
    gone: int
    """Entries that were confirmed to go on or to win, and have withdrawn since."""
    is_drawn: bool
    """Whether its designs are swapped, where it swaps any."""
    stage: Stage

    @property
    def missing(self) -> int:
        """Entries that have handed in nothing."""
        return max(self.awaited - self.received, 0)

    @property
    def assigned(self) -> int:
        return sum(self.sheets.values())

    @property
    def finished(self) -> int:
        return self.sheets.get(SheetState.HANDED_IN, 0)


@dataclass(frozen=True)
class Happening:
    """Something that comes by itself, or is planned for an evening."""

    at: datetime
    text: str
    href: str
    is_mail: bool = False


@dataclass(frozen=True)
class Lack:
    """What somebody has not done, how many of how many, and where it is seen and they are reminded."""

    text: str
    count: int
    of: int
    link: str
    href: str


@dataclass(frozen=True)
class RunSheet:
    season: Season
    rows: Sequence[Row]
    entries: int
    """That still take part."""
    judges: int
    organizers: int
    waiting: Waiting
    letters: int
    """In trouble."""
    lapsed: int
    """Invitations into roles that were declined or grew old."""
    lost: Lost | None
    current: Challenge | None
    next: Sequence[Happening]
    lacks: Sequence[Lack]


def run_sheet_of(session: Session, season: Season, now: datetime) -> RunSheet:
    challenges = every_challenge_of(session, season.id)
    released = [challenge for challenge in challenges if challenge.is_released(now)]
    current = current_of(released, now)
    entries, judges, organizers, letters, lapsed, read = _numbers(session, season, current, now)
    outcomes = _outcomes(session, season)
    rows = list(_rows(session, season, challenges, entries, outcomes, now))
    return RunSheet(
        season=season,
        rows=rows,
        entries=entries - sum(out for _, out, _ in outcomes.values()),
        judges=judges,
        organizers=organizers,
        waiting=count_waiting(session, season.id),
        letters=letters,
        lapsed=lapsed,
        lost=outage_near_due(session, current, now) if current else None,
        current=current,
        next=next_of(season, rows, planned_of(session, season, challenges, now), now),
        lacks=list(_lacks(season, rows, current, read, now)),
    )


def _numbers(session: Session, season: Season, current: Challenge | None, now: datetime) -> Sequence[int]:
    """Everything that is one number, in one statement; the last is -1 where the current brief has no amendment."""
    numbers = [
        _count(Entry.season_id == season.id, col(Entry.withdrawn_at).is_(None)),
        _count(Role.season_id == season.id, Role.kind == RoleKind.JUDGE, col(Role.ended_at).is_(None)),
        _count(Role.season_id == season.id, Role.kind == RoleKind.ORGANIZER, col(Role.ended_at).is_(None)),
        _count(*in_trouble(season.id)),
        _count(RoleInvitation.season_id == season.id, is_lapsed(now)),
        _readers(current),
    ]
    return list(session.connection().execute(sqlalchemy.select(*numbers)).one())


def _count(*which: object) -> ScalarSelect[int]:
    return sqlalchemy.select(func.count()).where(*which).scalar_subquery()  # type: ignore[arg-type]


def _readers(challenge: Challenge | None) -> ScalarSelect[int]:
    if challenge is None:
        return sqlalchemy.select(sqlalchemy.literal(-1)).scalar_subquery()
    newest = select(func.max(Brief.number)).where(Brief.challenge_id == challenge.id).scalar_subquery()
    read = (
        sqlalchemy.select(sqlalchemy.case((func.max(Brief.number) == 1, -1), else_=func.count(col(Acknowledgement.id))))
        .select_from(Brief)
        .join(Acknowledgement, col(Acknowledgement.brief_id) == col(Brief.id), isouter=True)
        .where(col(Brief.challenge_id) == challenge.id, col(Brief.number) == newest)
    )
    return read.scalar_subquery()


def _rows(
    session: Session, season: Season, challenges: Sequence[Challenge], entries: int,
    outcomes: Mapping[UUID, tuple[int, int, int]], now: datetime,
) -> Iterator[Row]:  # fmt: skip
    received, drawn = _received(session, season.id)
    sheets, making = counts_of(session, season.id), making_of(session, season.id)
    still_in = entries
    for each in challenges:
        handed_in, counts = received.get(each.id, 0), sheets.get(each.id)
        confirmed, out, gone = outcomes.get(each.id, (0, 0, 0))
        unread = handed_in - (counts.read if counts else 0)
        row = Row(
            each, handed_in, still_in, max(unread, 0), dict(counts.states) if counts else {}, making.get(each.id),
            bool(confirmed), gone, each.id in drawn, Stage.DRAFT,
        )  # fmt: skip
        yield Row(**{**vars(row), "stage": stage_of(row, now)})
        still_in -= out


def _received(session: Session, season_id: UUID) -> tuple[dict[UUID, int], set[UUID]]:
    """How many entries that take part handed in, by challenge; and which challenges have drawn their swap."""
    drawn = select(func.count()).where(Swap.challenge_id == Challenge.id).correlate(Challenge).scalar_subquery()
    rows = session.exec(
        select(Challenge.id, func.count(col(Entry.id).distinct()), drawn)
        .join(Submission, col(Submission.challenge_id) == col(Challenge.id), isouter=True)
        .join(Version, col(Version.submission_id) == col(Submission.id), isouter=True)
        .join(
            Entry,
            (col(Entry.id) == col(Submission.entry_id))
            & col(Entry.withdrawn_at).is_(None)
            & col(Version.id).is_not(None),
            isouter=True,
        )
        .where(Challenge.season_id == season_id)
        .group_by(col(Challenge.id))
    ).all()
    return {id_: count for id_, count, _ in rows}, {id_ for id_, _, swaps in rows if swaps}


def _outcomes(session: Session, season: Season) -> dict[UUID, tuple[int, int, int]]:
    """By challenge how many outcomes are confirmed, how many entries that take part leave by them, and how many of
    the others take part no more."""
    leaves, takes_part = col(Outcome.kind) == OutcomeKind.LEAVES, col(Entry.withdrawn_at).is_(None)
    out = sqlalchemy.case((leaves & takes_part, 1), else_=0)
    gone = sqlalchemy.case((leaves | takes_part, 0), else_=1)
    rows = session.exec(
        select(Outcome.challenge_id, func.count(), func.sum(out), func.sum(gone))
        .join(Entry, col(Entry.id) == col(Outcome.entry_id))
        .where(Entry.season_id == season.id)
        .group_by(col(Outcome.challenge_id))
    ).all()
    return {challenge_id: (count, int(out), int(gone)) for challenge_id, count, out, gone in rows}


def stage_of(row: Row, now: datetime) -> Stage:
    challenge, state = row.challenge, row.challenge.state(now)
    if row.making:
        is_public = row.making.public_at is not None and row.making.public_at <= now
        return Stage.RELEASED if is_public else Stage.WAITING
    if row.is_confirmed:
        return Stage.CONFIRMED
    if state != ChallengeState.CLOSED:
        return Stage(state)
    if now < challenge.settled_at:
        return Stage.ARRIVING
    if not row.received:
        return Stage.EMPTY
    if row.unread:
        return Stage.UNREAD
    return Stage.READY if row.finished == row.assigned else Stage.JUDGED


def next_of(season: Season, rows: Sequence[Row], mails: Sequence[Planned], now: datetime) -> list[Happening]:
    """What comes, the nearest first."""
    home = f"/seasons/{season.slug}"
    coming = [
        *_of_season(season, home),
        *(happening for row in rows for happening in _of_challenge(row, home)),
        *(_of_mail(mail, at, home) for mail in mails if (at := mail.goes_at) and not (mail.is_stopped or mail.is_done)),
    ]
    return sorted((one for one in coming if one.at > now), key=lambda one: one.at)[:MOST_NEXT]


def _of_season(season: Season, home: str) -> Iterator[Happening]:
    if season.registration_opens_at:
        yield Happening(season.registration_opens_at, "Registration opens", f"{home}/edit")
    if season.registration_closes_at:
        yield Happening(season.registration_closes_at, "Registration closes", f"{home}/edit")
    yield Happening(season.begins_at, "The season begins", home)


def _of_challenge(row: Row, home: str) -> Iterator[Happening]:
    challenge, there = row.challenge, f"{home}/challenges/{row.challenge.number}"
    name = f"Challenge {challenge.number}"
    if challenge.scheduled_at is None:
        return
    if challenge.release_at:
        how = "is planned to open, by your button" if challenge.on_hold else "opens by itself"
        yield Happening(challenge.release_at, f"{name} {how}", there)
    yield Happening(challenge.due_at, f"{name} is due", f"{there}/deadline")
    yield Happening(challenge.settled_at, f"{name}: nothing can arrive any more, judges may read", f"{there}/panel")
    if row.making and row.making.public_at:
        yield Happening(row.making.public_at, f"The results of challenge {challenge.number} open", f"{there}/standings")


def _of_mail(mail: Planned, at: datetime, home: str) -> Happening:
    of = f" for challenge {mail.challenge.number}" if mail.challenge else ""
    is_own = mail.audience.entry_id is not None
    whose = "to a team with a deadline of its own" if is_own else "to whoever has not handed in"
    told = {
        Kind.REMINDER: f"Reminder{of}, {mail.hours} hours before it is due, {whose}",
        Kind.RELEASED: f"Mail to everybody who takes part{of}: it is open",
    }
    text = told.get(mail.kind, f"Mail: {mail.words.subject}")
    return Happening(at, text, f"{home}/mailings/{mail.key}", is_mail=True)


def _lacks(season: Season, rows: Sequence[Row], current: Challenge | None, read: int, now: datetime) -> Iterator[Lack]:
    home = f"/seasons/{season.slug}"
    for row in rows:
        number = row.challenge.number
        if row.stage == Stage.OPEN and row.missing:
            yield Lack(
                f"have handed in nothing for challenge {number} yet", row.missing, row.awaited,
                "See who, and remind them", f"{home}/mailings/new?audience=not-handed-in&challenge={number}",
            )  # fmt: skip
        if row.stage == Stage.JUDGED:
            yield Lack(
                f"scoresheets of challenge {number} are not handed in", row.assigned - row.finished, row.assigned,
                "See whose, and remind them", f"{home}/mailings/new?audience=late-judges&challenge={number}",
            )  # fmt: skip
        if row.challenge == current and read >= 0 and row.stage == Stage.OPEN and read < row.awaited:
            yield Lack(
                f"have not acknowledged the newest amendment of challenge {number}", row.awaited - read, row.awaited,
                "See who", f"{home}/challenges/{number}/amendments",
            )  # fmt: skip
