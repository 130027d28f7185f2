"""Teams: who takes part together in a season; a team of one is normal."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, Session, col, func, select

from challenges.history import note
from challenges.letters import write
from challenges.people import Person, clean_address, clean_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal, TooMany
from challenges.seasons import RoleKind, Season, grant, role_of
from challenges.signins import digest
from challenges.states import Deed

INVITATION_LIVES = timedelta(days=14)
INVITATIONS_A_DAY = 30
"""Withdrawing and inviting again must not become a way to send mail to strangers."""


class Team(Record, table=True):
    """A team belongs to one season. Its name is unique there, however it is written."""

    __table_args__ = (UniqueConstraint("season_id", "name_key"),)

    season_id: UUID = Field(foreign_key="season.id")
    name: str = Field(max_length=60)
    name_key: str = Field(max_length=180)
    """Case folding can make three characters of one."""
    founded_by: UUID = Field(foreign_key="person.id")
    founded_at: datetime = Field(sa_type=Instant)
    led_by: UUID = Field(foreign_key="person.id")
    """Who may hand the team over, and speaks for it; the founder at first."""
    affiliation: str = Field(default="", max_length=120)
    sponsors: str = Field(default="", max_length=400)
    """Whoever pays or employs its members, as the team declares it: kept for conflicts with judges."""


class Member(Record, table=True):
    """A person in a team; in at most one team of a season."""

    __table_args__ = (
        Index(
            "uq_member_living", "season_id", "person_id", unique=True,
            sqlite_where=text("left_at IS NULL"), postgresql_where=text("left_at IS NULL"),
        ),
    )  # fmt: skip

    team_id: UUID = Field(foreign_key="team.id", index=True)
    season_id: UUID = Field(foreign_key="season.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    joined_at: datetime = Field(sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)


class Invitation(Record, table=True):
    """A mailed way into a team, for one address, once, for two weeks."""

    team_id: UUID = Field(foreign_key="team.id", index=True)
    email: str = Field(max_length=254)
    token_hash: str = Field(max_length=64, unique=True)
    invited_by: UUID = Field(foreign_key="person.id")
    invited_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)

    def is_living(self, now: datetime) -> bool:
        return not self.accepted_at and not self.withdrawn_at and now < self.invited_at + INVITATION_LIVES


def found(session: Session, season: Season, name: str, by: Person, now: datetime) -> Team:
    """A new team with its founder as the first member."""
    season.check(Deed.TAKE_PART, now)
    _may_join(session, season, by)
    shown = clean_name(name, longest=60)
    if session.exec(select(Team).where(Team.season_id == season.id, Team.name_key == shown.casefold())).first():
        raise Refusal(f"There is already a team called “{shown}” in this season. Choose another name.", field="name")
    team = Team(
        season_id=season.id, name=shown, name_key=shown.casefold(), founded_by=by.id, founded_at=now, led_by=by.id
    )
    session.add(team)
    session.flush()
    note(session, by, "team.founded", team, now, season.id, name=team.name)
    _join(session, team, season, by, now)
    return team


def _may_join(session: Session, season: Season, person: Person) -> None:
    lock(session, season)  # two clicks at once make one team, and one member
    if team_of(session, season.id, person.id):
        raise Refusal("You are already in a team of this season, and nobody can be in two.")
    if role_of(session, season.id, person.id, RoleKind.JUDGE):
        raise Refusal("You judge this season, so you cannot take part in it.")
    if role_of(session, season.id, person.id, RoleKind.ORGANIZER):
        raise Refusal("You organize this season and see everything that is handed in, so you cannot take part in it.")


def _join(session: Session, team: Team, season: Season, person: Person, now: datetime) -> Member:
    member = Member(team_id=team.id, season_id=season.id, person_id=person.id, joined_at=now)
    session.add(member)
    session.flush()
    grant(session, season, person, RoleKind.PARTICIPANT, person, now)
    return member


def invite(session: Session, team: Team, season: Season, email: str, by: Person, now: datetime) -> Invitation:
    """Mail somebody a way into the team. An earlier invitation to the same address ends."""
    address = clean_address(email)
    lock(session, team)
    if any(person.email == address for person in members_of(session, team.id)):
        raise Refusal("This person is already in your team.", field="email")
    for earlier in invitations_of(session, team.id, now):
        if earlier.email == address:
            earlier.withdrawn_at = now
    if len(members_of(session, team.id)) + len(invitations_of(session, team.id, now)) >= season.most_members:
        raise Refusal(f"A team has at most {season.most_members} members, open invitations included.", field="email")
    lately = select(func.count()).where(Invitation.team_id == team.id, Invitation.invited_at > now - timedelta(days=1))
    if session.exec(lately).one() >= INVITATIONS_A_DAY:
        raise TooMany("Your team has sent many invitations today. Try again tomorrow.", 86400)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(team_id=team.id, email=address, token_hash=digest(token), invited_by=by.id, invited_at=now)
    session.add(invitation)
    session.flush()
    write(
        session, "invitation", (address, address.split("@")[0]), now, season.id,
        secret={"token": token}, team=team.name, season=season.title, inviter=by.name, days=INVITATION_LIVES.days,
    )  # fmt: skip
    note(session, by, "team.invited", team, now, season.id, name=team.name)
    return invitation


def find_invitation(session: Session, token: str, now: datetime) -> tuple[Invitation, Team]:
    """The invitation behind a mailed link, with its team."""
    found_one = session.exec(
        select(Invitation, Team)
        .join(Team, col(Team.id) == col(Invitation.team_id))
        .where(Invitation.token_hash == digest(token))
    ).first()
    if found_one is None:
        raise NotYours
    if not found_one[0].is_living(now):
        raise Refusal(
            "This invitation has been used, withdrawn or is older than two weeks. Ask the team for a new one."
        )
    return found_one


def joined_by(session: Session, token: str, person: Person) -> Team | None:
    """The team that this person is in by this very invitation: they follow the old mail again."""
    used = (
        select(Team)
        .join(Invitation, col(Invitation.team_id) == col(Team.id))
        .where(
            Invitation.token_hash == digest(token),
            col(Invitation.accepted_at).is_not(None),
            Invitation.email == person.email,
        )
    )
    team = session.exec(used).first()
    return team if team and team_of(session, team.season_id, person.id) == team else None


def accept(session: Session, token: str, season: Season, person: Person, now: datetime) -> Member:
    """Join the team. Only the invited address can: a forwarded mail lets nobody else in."""
    invitation, team = find_invitation(session, token, now)
    if invitation.email != person.email:
        raise Refusal(f"This invitation is for {invitation.email}. You are signed in as {person.email}.")
    _may_join(session, season, person)
    invitation.accepted_at = now
    note(session, person, "team.joined", team, now, season.id, name=team.name)
    return _join(session, team, season, person, now)


def withdraw_invitation(session: Session, team: Team, invitation_id: UUID, by: Person, now: datetime) -> None:
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.team_id != team.id:
        raise NotYours
    if invitation.accepted_at:
        raise Refusal("This invitation has been accepted meanwhile.")
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = now
        note(session, by, "team.invitation_withdrawn", team, now, team.season_id, name=team.name)


def invitations_of(session: Session, team_id: UUID, now: datetime) -> list[Invitation]:
    """The living ones."""
    open_ones = select(Invitation).where(
        Invitation.team_id == team_id,
        col(Invitation.accepted_at).is_(None),
        col(Invitation.withdrawn_at).is_(None),
        Invitation.invited_at > now - INVITATION_LIVES,
    )
    return list(session.exec(open_ones.order_by(col(Invitation.invited_at))))


def members_of(session: Session, team_id: UUID) -> list[Person]:
    living = (
        select(Person)
        .join(Member, col(Member.person_id) == col(Person.id))
        .where(Member.team_id == team_id, col(Member.left_at).is_(None))
        .order_by(col(Member.joined_at), Person.name)
    )
    return list(session.exec(living))


def team_of(session: Session, season_id: UUID, person_id: UUID) -> Team | None:
    """The one team of this season that the person is in."""
    mine = (
        select(Team)
        .join(Member, col(Member.team_id) == col(Team.id))
        .where(Member.season_id == season_id, Member.person_id == person_id, col(Member.left_at).is_(None))
    )
    return session.exec(mine).first()


def teams_of(session: Session, season_id: UUID) -> list[tuple[Team, int]]:
    """Every team of a season with the number of its members."""
    counted = (
        select(Team, func.count(col(Member.id)))
        .join(Member, (col(Member.team_id) == col(Team.id)) & col(Member.left_at).is_(None), isouter=True)
        .where(Team.season_id == season_id)
        .group_by(col(Team.id))
        .order_by(Team.name)
    )
    return list(session.exec(counted).all())


def find_for(session: Session, team_id: UUID, person_id: UUID) -> Team:
    """A team for its own members."""
    team = session.get(Team, team_id)
    if team and team_of(session, team.season_id, person_id) == team:
        return team
    raise NotYours
