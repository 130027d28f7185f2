"""Audiences: who exactly a mail is for at this very moment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from challenges import terms
from challenges.challenges import Challenge
from challenges.deadlines import Extension
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
class Addressee:
    """Of a person what a mail needs: there may be thousands."""

    id: UUID
    name: str
    email: str
    zone: str | None


@dataclass(frozen=True)
class Recipient:
    person: Addressee
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
    session: Session, season: Season, audience: Audience, now: datetime, late_judges: LateJudges,
    begin: int = 0, most: int | None = None,
) -> list[Recipient]:  # fmt: skip
    """Everybody it reaches, by team and name, or a part of them; the same few statements for two entries and for two
    thousand.
    """
    if audience.kind in (AudienceKind.JUDGES, AudienceKind.LATE_JUDGES):
        people = _judges(session, season, audience, late_judges)
        return [Recipient(_addressee(person)) for person in people[begin : None if most is None else begin + most]]
    rows = (
        columns(col(Person.id), col(Person.name), col(Person.email), col(Person.zone), col(Team.name), col(Entry.id))
        .join(Member, col(Member.person_id) == col(Person.id))
        .join(Team, col(Team.id) == col(Member.team_id))
        .join(Entry, col(Entry.team_id) == col(Team.id))
        .where(
            col(Entry.season_id) == season.id, col(Member.left_at).is_(None), *_which(session, season, audience, now)
        )
        .order_by(Team.name, col(Team.id), Person.name, Person.email)
        .offset(begin)
        .limit(most)
    )
    about = audience.challenge if audience.kind == AudienceKind.NOT_HANDED_IN else None
    waiting = _with_waiting(session, about.id) if about else set()
    return [
        Recipient(Addressee(person_id, name, email, zone), team, entry_id, entry_id in waiting)
        for person_id, name, email, zone, team, entry_id in session.execute(rows)
    ]


def _judges(session: Session, season: Season, audience: Audience, late_judges: LateJudges) -> list[Person]:
    judges = [person for _, person in holders(session, season.id, RoleKind.JUDGE)]
    if audience.kind == AudienceKind.LATE_JUDGES and audience.challenge:
        late = set(late_judges(session, audience.challenge.id))
        return [person for person in judges if person.id in late]
    return judges


def _addressee(person: Person) -> Addressee:
    return Addressee(person.id, person.name, person.email, person.zone)


def _which(session: Session, season: Season, audience: Audience, now: datetime) -> list[ColumnElement[bool]]:
    """Which entries, and which members of theirs."""
    if audience.kind == AudienceKind.ENTERED:
        return []
    which = _takes_part(now)
    if audience.entry_id:
        which.append(col(Entry.id) == audience.entry_id)
    if audience.kind == AudienceKind.NOT_AGREED:
        which.append(col(Member.person_id).not_in(_agreed(session, season)))
    if audience.kind == AudienceKind.NOT_HANDED_IN and (challenge := audience.challenge):
        which.append(col(Entry.id).not_in(_handed_in(challenge.id)))
        if earlier := _needed(challenge):
            which.append(col(Entry.id).in_(_handed_in(earlier)))
        if audience.spares_extended:
            which.append(col(Entry.id).not_in(_extended(session, challenge.id)))
    return which


def _takes_part(now: datetime) -> list[ColumnElement[bool]]:
    """Not withdrawn, and not known to be out: a mail that stays away must not tell what is not public."""
    out = select(Outcome.entry_id).where(Outcome.kind == OutcomeKind.LEAVES, col(Outcome.public_at) <= now)
    return [col(Entry.withdrawn_at).is_(None), col(Entry.id).not_in(out)]


def _needed(challenge: Challenge) -> UUID | None:
    """The earlier challenge without which nobody can hand in for this one: none where designs are swapped."""
    return None if challenge.is_swap else challenge.builds_on


def _agreed(session: Session, season: Season) -> SelectOfScalar[UUID]:
    """Who has accepted every text of the season as it stands now."""
    wanted = {version.id for version in terms.current(session, season.id).values()}
    if not wanted:
        return select(Member.person_id).where(Member.season_id == season.id)
    accepted = select(Acceptance.person_id).where(col(Acceptance.terms_id).in_(wanted))
    return accepted.group_by(col(Acceptance.person_id)).having(func.count() == len(wanted))


def _handed_in(challenge_id: UUID) -> SelectOfScalar[UUID]:
    with_version = select(Submission.entry_id).join(Version, col(Version.submission_id) == col(Submission.id))
    return with_version.where(Submission.challenge_id == challenge_id, Version.number == 1)


def _extended(session: Session, challenge_id: UUID) -> set[UUID]:
    return _extended_by_challenge(session, {challenge_id}).get(challenge_id, set())


def _extended_by_challenge(session: Session, challenge_ids: set[UUID]) -> dict[UUID, set[UUID]]:
    """Which entries have a deadline of their own: the newest extension counts."""
    granted = select(Extension).where(
        col(Extension.challenge_id).in_(challenge_ids), col(Extension.entry_id).is_not(None)
    )
    newest = {
        (each.challenge_id, each.entry_id): each.minutes
        for each in session.exec(granted.order_by(col(Extension.granted_at), col(Extension.id).desc()))
    }
    found: dict[UUID, set[UUID]] = {}
    for (challenge_id, entry_id), minutes in newest.items():
        if minutes and entry_id:
            found.setdefault(challenge_id, set()).add(entry_id)
    return found


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


def count_of(session: Session, season: Season, audience: Audience, now: datetime, late_judges: LateJudges) -> int:
    """How many people it reaches."""
    if audience.kind in (AudienceKind.JUDGES, AudienceKind.LATE_JUDGES):
        return len(_judges(session, season, audience, late_judges))
    counted = (
        select(func.count())
        .select_from(Member)
        .join(Entry, col(Entry.team_id) == col(Member.team_id))
        .where(Entry.season_id == season.id, col(Member.left_at).is_(None), *_which(session, season, audience, now))
    )
    return session.exec(counted).one()


def reach_of(
    session: Session, season: Season, audiences: Sequence[Audience], now: datetime, late_judges: LateJudges
) -> list[int]:
    """How many people each of these reaches now, in a few statements for all of them."""
    sizes = _sizes(session, season, *_takes_part(now))
    handed = _handed_in_by_challenge(session, season)
    apart = _extended_by_challenge(session, {one.challenge.id for one in audiences if one.challenge})

    def reach(one: Audience) -> int:
        if one.kind not in (AudienceKind.ENTRANTS, AudienceKind.NOT_HANDED_IN):
            return count_of(session, season, one, now, late_judges)
        entries = {one.entry_id} & sizes.keys() if one.entry_id else set(sizes)
        if one.kind == AudienceKind.NOT_HANDED_IN and one.challenge:
            entries -= handed.get(one.challenge.id, set())
            entries -= apart.get(one.challenge.id, set()) if one.spares_extended else set()
            if earlier := _needed(one.challenge):
                entries &= handed.get(earlier, set())
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
