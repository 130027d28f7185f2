"""The roster: the teams of a season as everybody may see them, and all that its organizers know of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, exists, func, select

from challenges import enrolment, terms
from challenges.challenges import Challenge
from challenges.enrolment import EntryAnswer, EntryQuestion, Said
from challenges.entries import Entry
from challenges.outcomes import EntryState, states_among
from challenges.people import Person
from challenges.seasons import Season
from challenges.submissions import Submission
from challenges.teams import Member, Team, called
from challenges.terms import Terms
from challenges.versions import Version

PAGE = 100


@dataclass(frozen=True)
class Listed:
    """A team as everybody may see it."""

    team: Team
    members: int
    state: EntryState | None
    """None: it has not entered."""


@dataclass(frozen=True)
class Listing:
    rows: Sequence[Listed]
    total: int


class Somebody(NamedTuple):
    """A member as the list shows them; thousands of them make a spreadsheet."""

    id: UUID
    name: str
    email: str


@dataclass(frozen=True)
class Line:
    """An entry as its organizers see it."""

    entry: Entry
    team: Team
    state: EntryState
    """As everybody may know it."""
    members: Sequence[Somebody]
    answers: Mapping[UUID, str]
    """By question."""
    hand_ins: Mapping[int, int]
    """By the number of the challenge, how many versions."""


@dataclass(frozen=True)
class Roster:
    lines: Sequence[Line]
    total: int
    questions: Sequence[EntryQuestion]
    """With those that are closed."""
    accepted: Mapping[UUID, Sequence[tuple[Terms, datetime]]] = field(default_factory=dict)
    """By person."""
    consents: Mapping[UUID, Said] = field(default_factory=dict)
    """By person."""


def teams_of(session: Session, season_id: UUID, now: datetime, search: str = "", page: int = 1) -> Listing:
    """A page of the season's teams by name, in two statements. `search`: a part of the name.

    A team that everybody has left is told of only if it took part.
    """
    counted = (
        select(Team, func.count(col(Member.id)), func.count().over())
        .join(Member, (col(Member.team_id) == col(Team.id)) & col(Member.left_at).is_(None), isouter=True)
        .where(Team.season_id == season_id, called(search))
        .group_by(col(Team.id))
        .having(or_(func.count(col(Member.id)) > 0, exists().where(col(Entry.team_id) == col(Team.id))))
        .order_by(Team.name_key)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    rows = session.exec(counted).all()
    entries = list(session.exec(select(Entry).where(col(Entry.team_id).in_([team.id for team, _, _ in rows]))))
    by_entry = states_among(session, entries, now)
    states = {entry.team_id: by_entry[entry.id] for entry in entries}
    return Listing([Listed(team, members, states.get(team.id)) for team, members, _ in rows], rows[0][2] if rows else 0)


def roster_of(session: Session, season: Season, now: datetime, search: str = "", page: int = 0) -> Roster:
    """Entries by team name with all that was said, in nine statements; `page` 0 is all of them.

    `search`: a part of the team's name or affiliation, or of a member's name or address.
    """
    wanted = (
        select(Entry, Team, func.count().over())
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(Entry.season_id == season.id)
        .order_by(Team.name_key)
    )
    if words := " ".join(search.split()):
        knows = exists().where(
            col(Member.team_id) == col(Team.id), col(Member.person_id) == col(Person.id), col(Member.left_at).is_(None),
            or_(*(func.lower(one).contains(words.lower(), autoescape=True) for one in (Person.name, Person.email))),
        )  # fmt: skip
        works_for = func.lower(Team.affiliation).contains(words.lower(), autoescape=True)
        wanted = wanted.where(or_(called(words), works_for, knows))
    rows = session.exec(wanted.offset((page - 1) * PAGE).limit(PAGE) if page else wanted).all()
    found = [entry for entry, _, _ in rows]
    members = _members(session, [entry.team_id for entry in found])
    among = {person.id for people in members.values() for person in people} if page else None
    ids = [entry.id for entry in found]
    states, hand_ins = states_among(session, found, now), _hand_ins(session, ids)
    answers = _answers(session, ids)
    return Roster(
        [
            Line(
                entry, team, states[entry.id], members.get(team.id, ()),
                answers.get(entry.id, {}), hand_ins.get(entry.id, {}),
            )
            for entry, team, _ in rows
        ],
        rows[0][2] if rows else 0,
        enrolment.questions_of(session, season.id, with_closed=True),
        terms.acceptances_of(session, season.id, among),
        enrolment.consents_of(session, season.id, among),
    )  # fmt: skip


def _members(session: Session, team_ids: Sequence[UUID]) -> dict[UUID, list[Somebody]]:
    living = (
        select(Member.team_id, Person.id, Person.name, Person.email)
        .join(Person, col(Person.id) == col(Member.person_id))
        .where(col(Member.team_id).in_(team_ids), col(Member.left_at).is_(None))
        .order_by(col(Member.joined_at), Person.name)
    )
    found: dict[UUID, list[Somebody]] = {}
    for team_id, person_id, name, email in session.exec(living):
        found.setdefault(team_id, []).append(Somebody(person_id, name, email))
    return found


def _answers(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, str]]:
    said = select(EntryAnswer.entry_id, EntryAnswer.question_id, EntryAnswer.text)
    found: dict[UUID, dict[UUID, str]] = {}
    for entry_id, question_id, text in session.exec(said.where(col(EntryAnswer.entry_id).in_(entry_ids))):
        found.setdefault(entry_id, {})[question_id] = text
    return found


def _hand_ins(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, dict[int, int]]:
    counted = (
        select(Submission.entry_id, Challenge.number, func.count(col(Version.id)))
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .where(col(Submission.entry_id).in_(entry_ids))
        .group_by(col(Submission.entry_id), col(Challenge.number))
        .order_by(col(Challenge.number))
    )
    found: dict[UUID, dict[int, int]] = {}
    for entry_id, number, versions in session.exec(counted):
        found.setdefault(entry_id, {})[number] = versions
    return found


def has_handed_in(session: Session, team_id: UUID) -> bool:
    """Whether the team has handed in anything in its season."""
    handed = (
        select(Version.id)
        .join(Submission, col(Submission.id) == col(Version.submission_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .where(Entry.team_id == team_id)
    )
    return session.exec(handed.limit(1)).first() is not None
