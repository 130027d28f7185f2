"""Roles by invitation: a mailed way to organize, judge, mentor or look on in one season, and how a role ends."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Field, Session, col, func, select

from challenges.history import note
from challenges.letters import write
from challenges.people import Person, clean_address, clean_name, find_person, rename
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal, TooMany
from challenges.seasons import Role, RoleKind, Season, end_role, grant, role_of
from challenges.signins import digest
from challenges.states import Deed
from challenges.teams import team_of

LIVES = timedelta(days=14)
INVITATIONS_A_DAY = 50
"""Of one season: withdrawing and inviting again must not become a way to send mail to strangers."""
DOUBLE_CLICK = timedelta(minutes=1)
"""The same asked twice within it is one invitation, with one letter."""

KINDS = {
    RoleKind.ORGANIZER: "an organizer",
    RoleKind.JUDGE: "a judge",
    RoleKind.MENTOR: "a mentor",
    RoleKind.VIEWER: "a viewer",
}
"""Who can be invited, in words. No participant: they come by a team, without which nobody can hand anything in."""
CANNOT = {RoleKind.ORGANIZER: "organize", RoleKind.JUDGE: "judge", RoleKind.MENTOR: "mentor in"}


class RoleInvitation(Record, table=True):
    """A mailed way into a role, for one address, once, for two weeks. The role begins when it is accepted."""

    season_id: UUID = Field(foreign_key="season.id", index=True)
    kind: str = Field(max_length=16)
    email: str = Field(max_length=254)
    name: str = Field(max_length=80)
    """As the organizer wrote it: how the letter greets, and how others read of somebody who never wrote their own."""
    token_hash: str = Field(max_length=64, unique=True)
    invited_by: UUID = Field(foreign_key="person.id")
    invited_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    declined_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    """By an organizer, or because a newer one took its place."""

    @property
    def expires_at(self) -> datetime:
        return self.invited_at + LIVES

    def check(self, now: datetime) -> None:
        """Refused once it opens nothing any more, with the reason and what helps."""
        if self.accepted_at:
            raise Refusal("This invitation has been used. It works once.")
        if self.declined_at:
            raise Refusal("This invitation was declined. If that was a mistake, ask the organizers for a new one.")
        if self.withdrawn_at:
            raise Refusal(
                "This invitation was withdrawn, or a newer one took its place. Look for a newer mail, "
                "or ask the organizers for one."
            )
        if now >= self.expires_at:
            raise Refusal("This invitation is older than two weeks. Ask the organizers for a new one.")


def invite(
    session: Session, season: Season, kind: RoleKind, email: str, name: str, by: Person, now: datetime
) -> RoleInvitation:
    """Mail somebody a way into a role. An earlier invitation of this address to the same role ends."""
    address, shown = clean_address(email), clean_name(name)
    lock(session, season)
    season.check(Deed.NAME_PEOPLE, now)
    if kind not in KINDS:
        raise Refusal("Choose a role from the list. Participants come by their teams.", field="kind")
    known = find_person(session, address)
    if known:
        if role_of(session, season.id, known.id, kind):
            raise Refusal(f"{known.name} is {KINDS[kind]} of this season already.", field="email")
        if hindrance := _hindrance(session, season.id, kind, known):
            raise Refusal(f"{known.name} is {hindrance} and cannot {CANNOT[kind]} this season.", field="email")
    for earlier in _unanswered(session, season.id):
        if (earlier.email, earlier.kind) == (address, kind):
            if earlier.declined_at is None and now < earlier.invited_at + DOUBLE_CLICK:
                return earlier
            earlier.withdrawn_at = now
    lately = select(func.count()).where(
        RoleInvitation.season_id == season.id, RoleInvitation.invited_at > now - timedelta(days=1)
    )
    if session.exec(lately).one() >= INVITATIONS_A_DAY:
        raise TooMany("This season has sent many invitations today. Try again tomorrow.", 86400)
    token = secrets.token_urlsafe(32)
    invitation = RoleInvitation(
        season_id=season.id, kind=kind, email=address, name=shown, token_hash=digest(token),
        invited_by=by.id, invited_at=now,
    )  # fmt: skip
    session.add(invitation)
    session.flush()
    write(
        session, "role_invitation", known or (address, shown), now, season.id,
        secret={"token": token}, what=kind, role=KINDS[kind], season=season.title, inviter=by.name, days=LIVES.days,
    )  # fmt: skip
    note(session, by, "role.invited", invitation, now, season.id, person=shown, role=KINDS[kind])
    return invitation


def find(session: Session, token: str, now: datetime) -> tuple[RoleInvitation, Season]:
    """The invitation behind a mailed link, while it opens something, with its season."""
    invitation, season = _behind(session, token)
    invitation.check(now)
    return invitation, season


def used_by(session: Session, token: str, person: Person) -> tuple[RoleKind, Season] | None:
    """What this person is by this very invitation: they follow the old mail again."""
    invitation, season = _behind(session, token)
    kind = RoleKind(invitation.kind)
    is_theirs = invitation.accepted_at and invitation.email == person.email
    return (kind, season) if is_theirs and role_of(session, season.id, person.id, kind) else None


def accept(session: Session, token: str, person: Person, now: datetime) -> Role:
    """The role begins. Only the invited address can accept: a forwarded mail gives nobody else a role."""
    invitation, season = _theirs(session, token, person)
    invitation.check(now)
    season.check(Deed.NAME_PEOPLE, now)
    kind = RoleKind(invitation.kind)
    if hindrance := _hindrance(session, season.id, kind, person):  # what was free two weeks ago may not be so now
        raise Refusal(f"You are {hindrance}, so you cannot {CANNOT[kind]} this season.")
    invitation.accepted_at = now
    own = session.get_one(Person, person.id)
    if own.name == own.email.split("@")[0]:
        rename(own, invitation.name)
    role = grant(session, season, own, kind, session.get_one(Person, invitation.invited_by), now)
    note(session, own, "role.accepted", role, now, season.id, role=KINDS[kind])
    return role


def decline(session: Session, token: str, person: Person, now: datetime) -> Season:
    """They would rather not. Doing it twice does it once."""
    invitation, season = _theirs(session, token, person)
    if invitation.declined_at is None:
        invitation.check(now)
        invitation.declined_at = now
        note(session, person, "role.declined", invitation, now, season.id, role=KINDS[RoleKind(invitation.kind)])
    return season


def withdraw(session: Session, season: Season, invitation_id: UUID, by: Person, now: datetime) -> None:
    """Its link opens nothing any more. One that was declined or grew old leaves the list in the same way."""
    lock(session, season)
    invitation = session.get(RoleInvitation, invitation_id)
    if invitation is None or invitation.season_id != season.id:
        raise NotYours
    session.refresh(invitation)
    if invitation.accepted_at:
        raise Refusal("This invitation has been accepted meanwhile.")
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = now
        note(
            session, by, "role.invitation_withdrawn", invitation, now, season.id,
            person=invitation.name, role=KINDS[RoleKind(invitation.kind)],
        )  # fmt: skip


def waiting(session: Session, season_id: UUID, now: datetime) -> list[RoleInvitation]:
    """Invitations that can still be accepted, by name."""
    return [one for one in _unanswered(session, season_id) if one.declined_at is None and now < one.expires_at]


def lapsed(session: Session, season_id: UUID, now: datetime) -> list[RoleInvitation]:
    """Those that were declined or grew old, and that nobody sent again; by name."""
    return [one for one in _unanswered(session, season_id) if one.declined_at or now >= one.expires_at]


def end(session: Session, role: Role, by: Person, now: datetime) -> None:
    """Its holder can do nothing by it from the next request on, nor through somebody whom they invited to organize."""
    if role.kind == RoleKind.PARTICIPANT:
        raise Refusal("A participant comes and goes with the team: they leave it on the team’s page.")
    end_role(session, role, by, now)
    if role.kind == RoleKind.ORGANIZER:
        for invitation in _unanswered(session, role.season_id):
            if (invitation.kind, invitation.invited_by) == (RoleKind.ORGANIZER, role.person_id):
                invitation.withdrawn_at = now


def everybody_in(session: Session, season_id: UUID) -> list[tuple[Role, Person]]:
    """Whoever holds a role in the season, by name; participants aside, who are many and stand with their teams."""
    living = (
        select(Role, Person)
        .join(Person, col(Person.id) == col(Role.person_id))
        .where(Role.season_id == season_id, col(Role.ended_at).is_(None), Role.kind != RoleKind.PARTICIPANT)
        .order_by(Person.name, Person.email)
    )
    return list(session.exec(living).all())


def count_participants(session: Session, season_id: UUID) -> int:
    living = select(func.count()).where(
        Role.season_id == season_id, col(Role.ended_at).is_(None), Role.kind == RoleKind.PARTICIPANT
    )
    return session.exec(living).one()


def held_by(session: Session, person_id: UUID) -> list[tuple[Role, Season]]:
    """What a person is, in which season; the newest season first."""
    living = (
        select(Role, Season)
        .join(Season, col(Season.id) == col(Role.season_id))
        .where(Role.person_id == person_id, col(Role.ended_at).is_(None))
        .order_by(col(Season.starts_on).desc(), Season.title, Role.kind)
    )
    return list(session.exec(living).all())


def find_own(session: Session, role_id: UUID, person_id: UUID) -> Role:
    role = session.get(Role, role_id)
    if role is None or role.person_id != person_id:
        raise NotYours
    return role


def find_in_season(session: Session, season_id: UUID, role_id: UUID) -> Role:
    role = session.get(Role, role_id)
    if role is None or role.season_id != season_id:
        raise NotYours
    return role


def _hindrance(session: Session, season_id: UUID, kind: RoleKind, person: Person) -> str:
    """What stands against this role: who takes part neither organizes nor judges, and who judges helps no team."""
    if kind in (RoleKind.ORGANIZER, RoleKind.JUDGE) and (team := team_of(session, season_id, person.id)):
        return f"in team {team.name}"
    apart = {RoleKind.JUDGE: RoleKind.MENTOR, RoleKind.MENTOR: RoleKind.JUDGE}.get(kind)
    return KINDS[apart] if apart and role_of(session, season_id, person.id, apart) else ""


def _theirs(session: Session, token: str, person: Person) -> tuple[RoleInvitation, Season]:
    """As it is now, and as it stays until we are done."""
    invitation, season = _behind(session, token)
    if invitation.email != person.email:
        raise Refusal(f"This invitation is for {invitation.email}. You are signed in as {person.email}.")
    lock(session, season)
    session.refresh(invitation)
    return invitation, season


def _behind(session: Session, token: str) -> tuple[RoleInvitation, Season]:
    mailed = (
        select(RoleInvitation, Season)
        .join(Season, col(Season.id) == col(RoleInvitation.season_id))
        .where(RoleInvitation.token_hash == digest(token))
    )
    found = session.exec(mailed).first()
    if found is None:
        raise NotYours
    return found


def is_lapsed(now: datetime) -> ColumnElement[bool]:
    """In a query, those of `lapsed`."""
    return and_(
        col(RoleInvitation.accepted_at).is_(None),
        col(RoleInvitation.withdrawn_at).is_(None),
        or_(col(RoleInvitation.declined_at).is_not(None), col(RoleInvitation.invited_at) <= now - LIVES),
    )


def _unanswered(session: Session, season_id: UUID) -> list[RoleInvitation]:
    left = select(RoleInvitation).where(
        RoleInvitation.season_id == season_id,
        col(RoleInvitation.accepted_at).is_(None),
        col(RoleInvitation.withdrawn_at).is_(None),
    )
    return list(session.exec(left.order_by(RoleInvitation.name, RoleInvitation.email)))
