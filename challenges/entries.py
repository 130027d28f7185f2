"""Entries: a team's place in a season."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Session, col, func, select

from challenges import teams
from challenges.history import note
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.states import Deed
from challenges.teams import Member, Team, members_of


class Entry(Record, table=True):
    """One to one with its team."""

    team_id: UUID = Field(foreign_key="team.id", unique=True)
    season_id: UUID = Field(foreign_key="season.id", index=True)
    entered_by: UUID = Field(foreign_key="person.id")
    entered_at: datetime = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


def enter(session: Session, team: Team, season: Season, by: Person, now: datetime) -> Entry:
    """The team takes part. Entering twice enters once; a withdrawn entry comes back."""
    season.check(Deed.TAKE_PART, now)
    lock(session, season)  # the last place is given once
    entry = entry_of(session, team.id)
    if entry and not entry.withdrawn_at:
        return entry
    _check_may_enter(session, season, team, now)
    if entry is None:
        entry = Entry(team_id=team.id, season_id=season.id, entered_by=by.id, entered_at=now)
        session.add(entry)
        session.flush()
    entry.withdrawn_at = None
    note(session, by, "entry.entered", entry, now, season.id, team=team.name)
    return entry


def _check_may_enter(session: Session, season: Season, team: Team, now: datetime) -> None:
    if season.registration_closes_at and now >= season.registration_closes_at:
        raise Refusal(
            f"Registration closed {season.registration_closes_at:%a %d %b %Y, %H:%M} UTC. Write to the organizers."
        )
    if len(members_of(session, team.id)) < season.least_members:
        raise Refusal(f"A team of this season has at least {season.least_members} members. Invite them first.")
    if season.most_entries is not None and count_entries(session, season.id) >= season.most_entries:
        raise Refusal(
            "The one place of this season is taken."
            if season.most_entries == 1
            else f"All {season.most_entries} places of this season are taken."
        )


def withdraw(session: Session, entry: Entry, by: Person, now: datetime) -> None:
    """The team takes part no longer. What it handed in stays."""
    if entry.withdrawn_at is None:
        session.get_one(Season, entry.season_id).check(Deed.LEAVE, now)
        entry.withdrawn_at = now
        team = session.get_one(Team, entry.team_id)
        note(session, by, "entry.withdrawn", entry, now, entry.season_id, team=team.name)


def leave(session: Session, team: Team, season: Season, person: Person, now: datetime) -> bool:
    """The person leaves the team, and the last one takes it out of the season; whether anybody is still in it."""
    goes_on = teams.leave(session, team, season, person, now)
    entry = entry_of(session, team.id)
    if entry and not goes_on:
        withdraw(session, entry, person, now)
    return goes_on


def entry_of(session: Session, team_id: UUID) -> Entry | None:
    return session.exec(select(Entry).where(Entry.team_id == team_id)).first()


def place_of(session: Session, team: Team) -> tuple[Season, Entry | None]:
    """The team's season, and its entry there if it has one."""
    both = select(Season, Entry).join(Entry, col(Entry.team_id) == team.id, isouter=True)
    return session.exec(both.where(Season.id == team.season_id)).one()


def entries_of(session: Session, season_id: UUID) -> list[tuple[Entry, Team]]:
    """Every entry of a season with its team, by name."""
    found = select(Entry, Team).join(Team, col(Team.id) == col(Entry.team_id)).where(Entry.season_id == season_id)
    return list(session.exec(found.order_by(Team.name)).all())


def listed(session: Session, season_id: UUID) -> list[tuple[UUID, str, bool]]:
    """Of every entry the id, the team's name and whether it takes part, by name: thousands of them make a list."""
    rows = select(Entry.id, Team.name, col(Entry.withdrawn_at).is_(None)).join(Team, col(Team.id) == col(Entry.team_id))
    return list(session.exec(rows.where(Entry.season_id == season_id).order_by(Team.name)).all())


def names_of(session: Session, entry_ids: set[UUID]) -> dict[UUID, str]:
    """The team's name of each of these."""
    if not entry_ids:
        return {}
    rows = (
        select(Entry.id, Team.name).join(Team, col(Team.id) == col(Entry.team_id)).where(col(Entry.id).in_(entry_ids))
    )
    return dict(session.exec(rows).all())


def count_entries(session: Session, season_id: UUID) -> int:
    """How many take part."""
    active = select(func.count()).where(Entry.season_id == season_id, col(Entry.withdrawn_at).is_(None))
    return session.exec(active).one()


def entry_for(session: Session, season_id: UUID, person_id: UUID) -> tuple[Entry, Team]:
    """The person's own entry in a season."""
    if found := find_own(session, season_id, person_id):
        return found
    raise NotYours


def find_own(session: Session, season_id: UUID, person_id: UUID) -> tuple[Entry, Team] | None:
    """The same for pages that everybody may see."""
    mine = (
        select(Entry, Team)
        .join(Team, col(Team.id) == col(Entry.team_id))
        .join(Member, col(Member.team_id) == col(Team.id))
        .where(Entry.season_id == season_id, Member.person_id == person_id, col(Member.left_at).is_(None))
    )
    return session.exec(mine).first()
