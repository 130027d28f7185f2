"""A season with a crowd in it: 2,000 teams of two, and what they leave behind.

Forty of them are told through the domain's own verbs. The others are copies of their rows, for 2,000 told so would take
a quarter of an hour; `charrette check` has nothing to say against them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from bench.season import drafted, hand_in, judge, judges_of
from challenges import challenges, clarifications, enrolment, mailings, people, seasons, teams, terms, tokens
from challenges.audiences import Audience, AudienceKind
from challenges.clarifications import ClarificationKind
from challenges.enrolment import Application, Consent, EntryAnswer, QuestionText, Words
from challenges.entries import Entry
from challenges.formats import Format, Play, TieRule
from challenges.history import Trace
from challenges.letters import Letter
from challenges.outcomes import Outcome
from challenges.people import Person
from challenges.records import Record
from challenges.seasons import Role, Season, SeasonText
from challenges.submissions import Submission, Upload
from challenges.teams import Invitation, Member, Team
from challenges.terms import Acceptance, TermsKind
from challenges.tokens import TokenScope
from challenges.versions import Version, VersionFile
from judging import feedback
from judging.packets import Packet
from judging.panels import Assignment, Pair
from judging.scoring import Mark, Scoresheet

MODELS, COPIES = 40, 49
ENTRIES, HANDED_IN = MODELS * (1 + COPIES), MODELS * (1 + COPIES) * 3 // 4
JUDGES, CRITERIA, CLARIFIED = 20, 2, 12
OWN = (
    Person, Role, Team, Member, Invitation, Entry, Acceptance, Consent, EntryAnswer, Submission, Upload, Version,
    VersionFile, Assignment, Scoresheet, Mark, Outcome, Packet, Letter, Trace,
)  # fmt: skip
"""In the order of their foreign keys, what a team and its members leave behind."""
UNIQUE = {"email", "to_email", "name", "name_key", "token_hash", "key"}


@dataclass(frozen=True)
class Crowd:
    """Who and what the measurements ask for."""

    slug: str
    organizer: UUID
    judge: UUID
    member: UUID
    team: UUID
    mailing: str
    """A draft to everybody who takes part."""
    token: str
    """The organizer's, for programs."""


def tell(session: Session) -> Crowd:
    """A league: challenge 1 is judged and released, challenge 2 is open. The store is sent nothing."""
    now = datetime.now(UTC) - timedelta(days=20)
    ada = people.make_founder(session, "ada@crowd.example", "Ada", now)
    season = announced(session, ada, now)
    first, second = (
        drafted(session, season, f"Challenge {n}", CRITERIA, now + timedelta(days=days), ada, now)
        for n, days in ((1, 5), (2, 40))
    )
    challenges.schedule(session, first, season, ada, now)
    judges = judges_of(session, season, JUDGES, ada, now)
    shown = {each.id for each in terms.current(session, season.id).values()}
    asked = enrolment.questions_of(session, season.id)
    application = Application(Words(shown, True), "A works", "", {each.id: "About that much." for each in asked})
    entered = [enter(session, season, n, application, now) for n in range(MODELS)]
    handed = [hand_in(session, first, *each, now).submission_id for each in entered[: MODELS * 3 // 4]]
    later = now + timedelta(days=6)
    pairs = [Pair(judges[n % JUDGES].id, submission_id) for n, submission_id in enumerate(handed)]
    judge(session, first, pairs, judges, ada, later)
    feedback.release(session, first, ada, later)
    challenges.schedule(session, second, season, ada, later)
    for each in entered[: MODELS * 3 // 8]:
        hand_in(session, second, *each, later)
    for n in range(CLARIFIED):
        member, at = entered[n][2], later + timedelta(hours=n)
        question = clarifications.ask(
            session, season, second, ClarificationKind.TASK, f"May we do {n}? " * 10, "", member, at
        )
        clarifications.answer(session, question, "You may, if you say why. " * 8, ada, at)
    work_through(session, later + timedelta(days=1))
    multiply(session)
    everybody = Audience(AudienceKind.ENTRANTS)
    mailing = mailings.compose(session, season, everybody, "A word before the evening", "Be there. " * 40, ada, later)
    _, team, member = entered[0]
    _, token = tokens.create(session, ada, "bench", list(TokenScope), 30, datetime.now(UTC))
    return Crowd(season.slug, ada.id, judges[0].id, member.id, team.id, mailing.key, token)


def announced(session: Session, ada: Person, now: datetime) -> Season:
    starts = now.date()
    about = SeasonText("Crowd", "A season to measure.", "UTC", starts, starts + timedelta(90), is_recorded=True)
    season = seasons.create(session, ada, about, now)
    play = Play(Format.LEAGUE, TieRule.ALL_GO_ON, least_members=1, most_members=2)
    seasons.choose_play(session, season, play, ada, now)
    for kind in TermsKind:
        terms.write(session, season, kind, "Be kind.\n\n" * 20, "", ada, now)
    for n in range(2):
        enrolment.ask(session, season, QuestionText(f"How much of {n}?"), ada, now)
    seasons.announce(session, season, ada, now)
    return season


def enter(
    session: Session, season: Season, n: int, application: Application, now: datetime
) -> tuple[Entry, Team, Person]:
    """A team of two: the second one follows the link in the invitation."""
    one, two = (people.person_for(session, f"{who}{n}@crowd.example", f"{who} {n}", now) for who in ("ben", "cleo"))
    team = teams.found(session, season, f"Team {n:04}", one, now)
    entry = enrolment.enrol(session, team, season, application, one, now)
    teams.invite(session, team, season, two.email, one, now)
    (letter,) = session.exec(select(Letter).where(Letter.to_email == two.email))
    enrolment.join(session, letter.facts["secret"]["token"], season, two, application.words, now)
    return entry, team, one


def work_through(session: Session, now: datetime) -> None:
    """What the worker would have done by now, in bulk: mails taken, files read, packets printed, teams told.

    Else it would do all that beside the measurements, for hours.
    """
    session.flush()
    session.execute(update(Letter).values(sending_at=now, sent_at=now).where(col(Letter.sent_at).is_(None)))
    read = {"computed_sha256": VersionFile.claimed_sha256, "verified_at": now}
    session.execute(update(VersionFile).values(read).where(col(VersionFile.verified_at).is_(None)))
    session.execute(update(Version).values(inspected_at=now).where(col(Version.inspected_at).is_(None)))
    printed = {"rendered_at": now, "key": "packets/1.pdf", "store_version_id": "1", "size": 1000, "told_at": now}
    session.execute(update(Packet).values(printed).where(col(Packet.rendered_at).is_(None)))


def multiply(session: Session) -> None:
    """Each team so many times again, with ids, addresses and names of its own and with marks of its own."""
    rows = {table: list(_rows_of_teams(session, table)) for table in OWN}
    for copy in range(1, COPIES + 1):
        ids = {row["id"]: uuid4() for table in OWN for row in rows[table]}
        for table in OWN:
            session.execute(insert(table), [_copied(row, ids, copy) for row in rows[table]])


def _rows_of_teams(session: Session, table: type[Record]) -> Iterator[dict[str, Any]]:
    members = set(session.exec(select(Member.person_id)))
    owner = {Person: "id", Role: "person_id", Letter: "person_id", Trace: "person_id"}.get(table)
    for row in session.execute(select(table.__table__)).mappings():  # type: ignore[attr-defined]
        if owner is None or row[owner] in members:
            yield dict(row)


def _copied(row: dict[str, Any], ids: dict[UUID, UUID], copy: int) -> dict[str, Any]:
    made = {name: ids.get(value, value) if isinstance(value, UUID) else value for name, value in row.items()}
    made |= {name: f"{copy}-{value}" for name, value in row.items() if name in UNIQUE and isinstance(value, str)}
    if "half_points" in made:
        made["half_points"] = 2 * (1 + made["id"].int % 5)
    return made
