"""Panels: who judges a challenge, and which submissions each of them reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, text
from sqlmodel import Field, Session, col, select

from challenges.challenges import Challenge
from challenges.history import note
from challenges.outcomes import of_challenge
from challenges.people import Person, people_by_id
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Role, RoleKind, Season, holders
from challenges.states import Deed
from challenges.teams import team_of
from challenges.versions import handed_in


class Panelist(Record, table=True):
    """A judge with a place on a challenge's panel."""

    __table_args__ = (UniqueConstraint("challenge_id", "person_id"),)

    challenge_id: UUID = Field(foreign_key="challenge.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    drawn: int | None = None
    """Their place in the order drawn when feedback is released; teams read of Judge 1, 2, 3 in this order."""


class Assignment(Record, table=True):
    """One submission for one panelist to read. An ended one keeps its scoresheet, which counts no more."""

    __table_args__ = (
        Index(
            "uq_assignment_living", "panelist_id", "submission_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    panelist_id: UUID = Field(foreign_key="panelist.id", index=True)
    submission_id: UUID = Field(foreign_key="submission.id", index=True)
    assigned_by: UUID = Field(foreign_key="person.id")
    assigned_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


@dataclass(frozen=True)
class Pair:
    """One judge reading one submission."""

    person_id: UUID
    submission_id: UUID


def assign_everything(session: Session, challenge: Challenge, by: Person, now: datetime) -> list[Assignment]:
    """Every judge of the season reads every submission; what is assigned already stays."""
    judges = [person.id for _, person in holders(session, challenge.season_id, RoleKind.JUDGE)]
    submissions = [submission.id for submission, *_ in handed_in(session, challenge.id)]
    if not judges:
        raise Refusal("Nobody judges this season yet. Invite judges first: each is one from the moment they accept.")
    if not submissions:
        raise Refusal("Nothing has been handed in yet, so there is nothing to assign.")
    everything = [Pair(judge, submission) for judge in judges for submission in submissions]
    return assign(session, challenge, [*living_pairs(session, challenge.id), *everything], by, now)


def assign(
    session: Session, challenge: Challenge, wanted: Sequence[Pair], by: Person, now: datetime
) -> list[Assignment]:
    """Make these pairs, and no others, the living assignments of the challenge; gives those that were not.

    A pair that lived before comes back with its scoresheet: no judge's work is lost by a slip.
    """
    session.get_one(Season, challenge.season_id).check(Deed.JUDGE, now)
    lock(session, challenge)
    panel = {panelist.person_id: panelist for panelist in panel_of(session, challenge.id)}
    if any(panelist.drawn for panelist in panel.values()):
        raise Refusal("Feedback for this challenge has been released, so its panel stays as it is.")
    if of_challenge(session, challenge.id):
        raise Refusal("The results of this challenge are confirmed. Undo the confirmation first.")
    every, living = set(wanted), living_pairs(session, challenge.id)
    added = [pair for pair in dict.fromkeys(wanted) if pair not in living]
    _check_may_read(session, challenge, added)
    for pair, assignment in living.items():
        if pair not in every:
            assignment.ended_at = now
            note(session, by, "assignment.ended", assignment, now, challenge.season_id, challenge=challenge.number)
    ended, made = _ended_pairs(session, challenge.id), []
    for pair in added:
        if pair.person_id not in panel:
            panel[pair.person_id] = Panelist(challenge_id=challenge.id, person_id=pair.person_id)
            session.add(panel[pair.person_id])
            session.flush()
        assignment = ended.get(pair) or Assignment(
            panelist_id=panel[pair.person_id].id, submission_id=pair.submission_id, assigned_by=by.id, assigned_at=now
        )
        assignment.ended_at = None
        made.append(assignment)
    session.add_all(made)
    session.flush()
    if made:
        note(
            session, by, "panel.assigned", challenge, now, challenge.season_id,
            challenge=challenge.number, readings=len(made),
        )  # fmt: skip
    return made


def _check_may_read(session: Session, challenge: Challenge, pairs: Sequence[Pair]) -> None:
    judges = {person.id: person for _, person in holders(session, challenge.season_id, RoleKind.JUDGE)}
    submissions = {submission.id for submission, *_ in handed_in(session, challenge.id)}
    if any(pair.person_id not in judges or pair.submission_id not in submissions for pair in pairs):
        raise Refusal("One of these judges or submissions is not part of this challenge any more. Load the page again.")
    for person_id in {pair.person_id for pair in pairs}:
        if team := team_of(session, challenge.season_id, person_id):
            raise Refusal(f"{judges[person_id].name} is in team {team.name} and cannot judge this season.")


def name_chair(session: Session, challenge: Challenge, person_id: UUID | None, by: Person, now: datetime) -> None:
    """An organizer or judge of the season leads the judges of this challenge; None: nobody does."""
    session.get_one(Season, challenge.season_id).check(Deed.JUDGE, now)
    lock(session, challenge)
    if of_challenge(session, challenge.id):
        raise Refusal("The results of this challenge are confirmed, so its chair stays. Undo the confirmation first.")
    if person_id and person_id not in {person.id for person in may_chair(session, challenge.season_id)}:
        raise Refusal("Choose an organizer or a judge of this season.", field="chair")
    if challenge.chair_id != person_id:
        challenge.chair_id = person_id
        note(session, by, "chair.named", challenge, now, challenge.season_id, challenge=challenge.number)


def may_chair(session: Session, season_id: UUID) -> list[Person]:
    """Organizers and judges, by name."""
    found = (
        select(Person)
        .join(Role, col(Role.person_id) == col(Person.id))
        .where(
            Role.season_id == season_id,
            col(Role.kind).in_((RoleKind.ORGANIZER, RoleKind.JUDGE)),
            col(Role.ended_at).is_(None),
        )
        .distinct()
    )
    return sorted(session.exec(found), key=lambda person: (person.name, person.email))


def panel_of(session: Session, challenge_id: UUID) -> list[Panelist]:
    return list(session.exec(select(Panelist).where(Panelist.challenge_id == challenge_id)))


def living_pairs(session: Session, challenge_id: UUID) -> dict[Pair, Assignment]:
    return _pairs(session, challenge_id, col(Assignment.ended_at).is_(None))


def _ended_pairs(session: Session, challenge_id: UUID) -> dict[Pair, Assignment]:
    return _pairs(session, challenge_id, col(Assignment.ended_at).is_not(None))


def _pairs(session: Session, challenge_id: UUID, which: ColumnElement[bool]) -> dict[Pair, Assignment]:
    rows = session.exec(
        select(Panelist.person_id, Assignment)
        .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
        .where(Panelist.challenge_id == challenge_id, which)
    ).all()
    return {Pair(person_id, assignment.submission_id): assignment for person_id, assignment in rows}


def judges_and_panelists(session: Session, challenge: Challenge) -> list[tuple[Person, bool]]:
    """The season's judges, and whoever still has a place on this panel; by name, and whether they are judges now."""
    judges = {person.id: person for _, person in holders(session, challenge.season_id, RoleKind.JUDGE)}
    missing = {pair.person_id for pair in living_pairs(session, challenge.id)} - set(judges)
    people = judges | people_by_id(session, missing)
    by_name = sorted(people.values(), key=lambda person: (person.name, person.email))
    return [(person, person.id in judges) for person in by_name]


def is_judging() -> ColumnElement[bool]:
    """Joins a panelist to their living role as a judge: a role that has ended opens nothing."""
    return and_(
        col(Role.season_id) == col(Challenge.season_id),
        col(Role.person_id) == col(Panelist.person_id),
        col(Role.kind) == RoleKind.JUDGE,
        col(Role.ended_at).is_(None),
    )


def find_assignment_for(session: Session, assignment_id: UUID, person_id: UUID) -> tuple[Assignment, Challenge]:
    """A living assignment for its own judge, while they are one in its season."""
    found = session.exec(
        select(Assignment, Challenge)
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .join(Challenge, col(Challenge.id) == col(Panelist.challenge_id))
        .join(Role, is_judging())
        .where(Assignment.id == assignment_id, Panelist.person_id == person_id, col(Assignment.ended_at).is_(None))
    ).first()
    if found is None:
        raise NotYours
    return found
