"""Audiences: who exactly a mail is for at this very moment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from challenges import terms
from challenges.challenges import Challenge
from challenges.deadlines import newest_extensions
from challenges.entries import Entry
from challenges.outcomes import Outcome, OutcomeKind
from challenges.people import Person
from challenges.refusals import Refusal
from challenges.seasons import RoleKind, Season, holders
from challenges.submissions import Submission, Upload
from challenges.teams import Member, Team
from challenges.terms import Acceptance
from challenges.versions import Version

LateJudges = Callable[[Session, UUID], Iterable[UUID]]
"""Whose scoresheets of a challenge are missing: judging knows it, and gives it to who sends."""


class AudienceKind(StrEnum):
    """As an address of the site names it."""

    ENTRANTS = "entrants"
    NOT_HANDED_IN = "not-handed-in"
    NOT_AGREED = "not-agreed"
    ENTERED = "entered"
    JUDGES = "judges"
    LATE_JUDGES = "late-judges"


NEEDS_CHALLENGE = (AudienceKind.NOT_HANDED_IN, AudienceKind.LATE_JUDGES)


@dataclass(frozen=True)
class Audience:
    """For a challenge, where its kind asks for one; and of one entry alone, where that has a deadline of its own."""

    kind: AudienceKind
    challenge: Challenge | None = None
    entry_id: UUID | None = None
    spares_extended: bool = False
    """Without the entries that have a deadline of their own."""


@dataclass(frozen=True)
class Recipient:
    person: Person
    team: str = ""
    entry_id: UUID | None = None
    has_waiting: bool = False
    """A file of the team arrived, and nobody handed it in."""


def audience_called(kind: str, challenge: Challenge | None, now: datetime) -> Audience:
    """What somebody chose on a page."""
    if kind not in list(AudienceKind):
        raise Refusal("Choose who gets the mail.", field="audience")
    if AudienceKind(kind) not in NEEDS_CHALLENGE:
        return Audience(AudienceKind(kind))
    if challenge is None:
        raise Refusal("Choose the challenge that it is about.", field="challenge")
    if not challenge.is_released(now):
        raise Refusal("This challenge is not released, so nobody may read of it yet.", field="challenge")
    return Audience(AudienceKind(kind), challenge)


def recipients_of(
    session: Session, season: Season, audience: Audience, now: datetime, late_judges: LateJudges
) -> list[Recipient]:
    """Everybody it reaches, by team and name; the same few statements for two entries and for two thousand."""
    match audience:
        case Audience(AudienceKind.JUDGES):
            return [Recipient(person) for _, person in holders(session, season.id, RoleKind.JUDGE)]
        case Audience(AudienceKind.LATE_JUDGES, Challenge() as challenge):
            late = set(late_judges(session, challenge.id))
            judges = holders(session, season.id, RoleKind.JUDGE)
            return [Recipient(person) for _, person in judges if person.id in late]
        case Audience(AudienceKind.ENTERED):
            return [Recipient(*row) for row in _members(session, season)]
    members = [Recipient(*row) for row in _members(session, season, *_takes_part(now))]
    if audience.entry_id:
        members = [one for one in members if one.entry_id == audience.entry_id]
    if audience.kind == AudienceKind.NOT_HANDED_IN and audience.challenge:
        members = _without_hand_in(session, members, audience, audience.challenge)
    if audience.kind == AudienceKind.NOT_AGREED:
        agreed = _agreed(session, season)
        members = [one for one in members if one.person.id not in agreed]
    return members


def _members(session: Session, season: Season, *which: ColumnElement[bool]) -> list[tuple[Person, str, UUID]]:
    rows = (
        select(Person, Team.name, Entry.id)
        .join(Member, col(Member.person_id) == col(Person.id))
        .join(Team, col(Team.id) == col(Member.team_id))
        .join(Entry, col(Entry.team_id) == col(Team.id))
        .where(Entry.season_id == season.id, col(Member.left_at).is_(None), *which)
        .order_by(Team.name, col(Team.id), Person.name, Person.email)
    )
    return list(session.exec(rows).all())


def _takes_part(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Not withdrawn, and not known to be out: a mail that stays away must not tell what is not public."""
    out = select(Outcome.entry_id).where(Outcome.kind == OutcomeKind.LEAVES, col(Outcome.public_at) <= now)
    return col(Entry.withdrawn_at).is_(None), col(Entry.id).not_in(out)


def _without_hand_in(
    session: Session, members: list[Recipient], audience: Audience, challenge: Challenge
) -> list[Recipient]:
    """Those who can hand in and have not."""
    done = _handed_in(session, challenge.id)
    may = _handed_in(session, challenge.builds_on) if challenge.builds_on else None
    spared = _extended(session, challenge.id) if audience.spares_extended else set()
    waiting = _with_waiting(session, challenge.id)
    return [
        Recipient(one.person, one.team, one.entry_id, one.entry_id in waiting)
        for one in members
        if one.entry_id not in done and one.entry_id not in spared and (may is None or one.entry_id in may)
    ]


def _agreed(session: Session, season: Season) -> set[UUID]:
    """Who has accepted every text of the season as it stands now."""
    wanted = {version.id for version in terms.current(session, season.id).values()}
    counts = (
        select(Acceptance.person_id, func.count())
        .where(col(Acceptance.terms_id).in_(wanted))
        .group_by(col(Acceptance.person_id))
    )
    everybody = select(Member.person_id).where(Member.season_id == season.id)
    if not wanted:
        return set(session.exec(everybody))
    return {person_id for person_id, accepted in session.exec(counts).all() if accepted == len(wanted)}


def _handed_in(session: Session, challenge_id: UUID) -> set[UUID]:
    with_version = select(Submission.entry_id).join(Version, col(Version.submission_id) == col(Submission.id))
    return set(session.exec(with_version.where(Submission.challenge_id == challenge_id)))


def _extended(session: Session, challenge_id: UUID) -> set[UUID]:
    return {entry_id for entry_id, each in newest_extensions(session, challenge_id).items() if each.minutes}


def _with_waiting(session: Session, challenge_id: UUID) -> set[UUID]:
    arrived = (
        select(Submission.entry_id)
        .join(Upload, col(Upload.submission_id) == col(Submission.id))
        .where(
            Submission.challenge_id == challenge_id, col(Upload.arrived_at).is_not(None),
            col(Upload.handed_in_at).is_(None), col(Upload.removed_at).is_(None),
        )
    )  # fmt: skip
    return set(session.exec(arrived))


def reach_of(
    session: Session, season: Season, audiences: Sequence[Audience], now: datetime, late_judges: LateJudges
) -> list[int]:
    """How many people each of these reaches now, in a few statements for all of them."""
    sizes = _sizes(session, season, *_takes_part(now))
    handed = _handed_in_by_challenge(session, season)
    newest = {
        challenge.id: _extended(session, challenge.id)
        for challenge in {one.challenge.id: one.challenge for one in audiences if one.challenge}.values()
        if any(one.entry_id and one.challenge == challenge for one in audiences)
    }

    def reach(one: Audience) -> int:
        if one.kind not in (AudienceKind.ENTRANTS, AudienceKind.NOT_HANDED_IN):
            return len(recipients_of(session, season, one, now, late_judges))
        entries = {one.entry_id} & sizes.keys() if one.entry_id else set(sizes)
        if one.kind == AudienceKind.NOT_HANDED_IN and one.challenge:
            entries -= handed.get(one.challenge.id, set())
            entries -= newest.get(one.challenge.id, set()) if one.spares_extended else set()
            if one.challenge.builds_on:
                entries &= handed.get(one.challenge.builds_on, set())
        return sum(sizes[entry_id] for entry_id in entries)

    return [reach(one) for one in audiences]


def _sizes(session: Session, season: Season, *which: ColumnElement[bool]) -> dict[UUID, int]:
    """How many members each entry has."""
    counts = (
        select(Entry.id, func.count())
        .join(Member, col(Member.team_id) == col(Entry.team_id))
        .where(Entry.season_id == season.id, col(Member.left_at).is_(None), *which)
        .group_by(col(Entry.id))
    )
    return dict(session.exec(counts).all())


def _handed_in_by_challenge(session: Session, season: Season) -> dict[UUID, set[UUID]]:
    rows = (
        select(Submission.challenge_id, Submission.entry_id)
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .where(Challenge.season_id == season.id, Version.number == 1)
    )
    found: dict[UUID, set[UUID]] = {}
    for challenge_id, entry_id in session.exec(rows).all():
        found.setdefault(challenge_id, set()).add(entry_id)
    return found
