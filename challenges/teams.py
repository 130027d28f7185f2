"""Teams: who takes part together in a season; a team of one is normal."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, text
from sqlmodel import Field, Session, col, func, select

from challenges.history import note
from challenges.letters import write
from challenges.people import Person, clean_address, clean_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal, TooMany
from challenges.seasons import RoleKind, Season, end_role, grant, role_of
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
    removed_by: UUID | None = Field(default=None, foreign_key="person.id")
    """None: they left by themselves."""
    removed_because: str = Field(default="", max_length=400)


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


def found(
    session: Session, season: Season, name: str, by: Person, now: datetime, affiliation: str = "", sponsors: str = ""
) -> Team:
    """A new team with its founder as the first member, who leads it."""
    season.check(Deed.TAKE_PART, now)
    _may_join(session, season, by)
    shown = _free_name(session, season.id, name)
    team = Team(
        season_id=season.id, name=shown, name_key=shown.casefold(), founded_by=by.id, founded_at=now, led_by=by.id,
        affiliation=clean_line(affiliation, "affiliation", 120), sponsors=clean_line(sponsors, "sponsors", 400),
    )  # fmt: skip
    session.add(team)
    session.flush()
    note(session, by, "team.founded", team, now, season.id, name=team.name)
    _join(session, team, season, by, now)
    return team


def _free_name(session: Session, season_id: UUID, name: str, besides: Team | None = None) -> str:
    shown = clean_name(name, longest=60)
    namesake = session.exec(select(Team).where(Team.season_id == season_id, Team.name_key == shown.casefold())).first()
    if namesake and namesake != besides:
        raise Refusal(f"There is already a team called “{shown}” in this season. Choose another name.", field="name")
    return shown


def clean_line(text: str, field: str, longest: int) -> str:
    """A name like any other, that may be left empty."""
    return clean_name(text, field, longest) if text.strip() else ""


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
    season.check(Deed.TAKE_PART, now)
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
    invitation = found_one[0]
    if invitation.accepted_at:
        raise Refusal("This invitation has been used. Each one works once: ask the team for a new one.")
    if invitation.withdrawn_at:
        raise Refusal("This invitation was withdrawn, or a newer mail took its place. Use the newest one.")
    if not invitation.is_living(now):
        raise Refusal("This invitation is older than two weeks. Ask the team for a new one.")
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
    season.check(Deed.TAKE_PART, now)
    _may_join(session, season, person)
    session.refresh(invitation)  # under the lock: a second click, or the last member who left
    find_invitation(session, token, now)
    if not members_of(session, team.id):
        raise Refusal("Nobody is in this team any more, so its invitations have ended.")
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


def describe(
    session: Session, team: Team, season: Season, affiliation: str, sponsors: str, by: Person, now: datetime
) -> None:
    """Whom the members work for and who pays them, for the judges’ conflicts."""
    season.check(Deed.TAKE_PART, now)
    said = clean_line(affiliation, "affiliation", 120), clean_line(sponsors, "sponsors", 400)
    if said != (team.affiliation, team.sponsors):
        team.affiliation, team.sponsors = said
        note(session, by, "team.described", team, now, season.id, name=team.name)


def rename(
    session: Session, team: Team, season: Season, name: str, has_handed_in: bool, by: Person, now: datetime
) -> None:
    """Another name, until the first design bears this one."""
    season.check(Deed.TAKE_PART, now)
    lock(session, season)  # two teams may want the same name
    if has_handed_in:
        raise Refusal("Your team has handed in under this name, so it keeps it.", field="name")
    shown = _free_name(session, season.id, name, besides=team)
    if shown != team.name:
        note(session, by, "team.renamed", team, now, season.id, before=team.name, name=shown)
        team.name, team.name_key = shown, shown.casefold()


def hand_over(session: Session, team: Team, season: Season, to: UUID, by: Person, now: datetime) -> None:
    """Another member leads the team from now on."""
    season.check(Deed.TAKE_PART, now)
    lock(session, season)  # who shall lead may be leaving
    session.refresh(team)
    _check_leads(team, by, "hand it over")
    heir = _member(session, team, to, "person")
    if heir.id != team.led_by:
        team.led_by = heir.id
        note(session, by, "team.handed_over", team, now, season.id, name=team.name, person=heir.name)


def _check_leads(team: Team, by: Person, deed: str) -> None:
    if team.led_by != by.id:
        raise Refusal(f"Only who leads the team can {deed}.")


def _member(session: Session, team: Team, person_id: UUID, field: str) -> Person:
    found_one = next((person for person in members_of(session, team.id) if person.id == person_id), None)
    if found_one is None:
        raise Refusal("This person is not in your team any more. Load the page again.", field=field)
    return found_one


def remove(
    session: Session, team: Team, season: Season, person_id: UUID, reason: str, by: Person, now: datetime
) -> None:
    """Who leads the team takes somebody out of it. The reason is mailed to them, so nobody vanishes silently."""
    season.check(Deed.TAKE_PART, now)
    lock(session, season)
    session.refresh(team)
    _check_leads(team, by, "remove a member")
    person = _member(session, team, person_id, "removed")
    if person.id == by.id:
        raise Refusal("To go yourself, leave the team.", field="removed")
    told = clean_name(reason, field="reason", longest=400, called="reason; it is mailed to the person")
    membership = _membership(session, team, person)
    membership.removed_by, membership.removed_because = by.id, told
    _end(session, membership, season, person, by, now)
    write(
        session, "removed", person, now, season.id,
        team=team.name, season=season.title, slug=season.slug, by=by.name, reason=told,
    )  # fmt: skip
    note(session, by, "team.member_removed", team, now, season.id, name=team.name, person=person.name)


def leave(session: Session, team: Team, season: Season, person: Person, now: datetime) -> bool:
    """The person is in the team no longer; whether anybody still is. Leaving twice leaves once.

    The lead passes to whoever has been a member longest. With the last one the team's open invitations end; its place
    in the season ends too, in `entries.leave`.
    """
    season.check(Deed.LEAVE, now)
    lock(session, season)  # two may leave at once, and one of them is the last
    session.refresh(team)
    if team_of(session, season.id, person.id) == team:
        _end(session, _membership(session, team, person), season, person, person, now)
        note(session, person, "team.left", team, now, season.id, name=team.name)
    others = members_of(session, team.id)
    if others and team.led_by == person.id:
        team.led_by = others[0].id
        note(session, person, "team.handed_over", team, now, season.id, name=team.name, person=others[0].name)
    if not others:
        for invitation in invitations_of(session, team.id, now):
            invitation.withdrawn_at = now
    return bool(others)


def _membership(session: Session, team: Team, person: Person) -> Member:
    living = select(Member).where(
        Member.team_id == team.id, Member.person_id == person.id, col(Member.left_at).is_(None)
    )
    return session.exec(living).one()


def _end(session: Session, membership: Member, season: Season, person: Person, by: Person, now: datetime) -> None:
    membership.left_at = now
    session.flush()
    if role := role_of(session, season.id, person.id, RoleKind.PARTICIPANT):
        end_role(session, role, by, now)


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


def called(search: str) -> ColumnElement[bool]:
    """Whether this is a part of the team's name, however it is written."""
    return col(Team.name_key).contains(" ".join(search.split()).casefold(), autoescape=True)


def find_for(session: Session, team_id: UUID, person_id: UUID) -> Team:
    """A team for its own members."""
    mine = (
        select(Team)
        .join(Member)
        .where(Team.id == team_id, Member.person_id == person_id, col(Member.left_at).is_(None))
    )
    team = session.exec(mine).first()
    if team is None:
        raise NotYours
    return team


def find_once_for(session: Session, team_id: UUID, person_id: UUID) -> Team:
    """A team for whoever is or was a member."""
    ever = select(Team).join(Member).where(Team.id == team_id, Member.person_id == person_id)
    team = session.exec(ever).first()
    if team is None:
        raise NotYours
    return team
