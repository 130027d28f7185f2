"""A large season, told through the domain's own verbs: 200 entries, 20 judges, 3 readings each, 6 criteria."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from challenges import briefs, challenges, entries, letters, people, roles, seasons, submissions, teams, versions
from challenges.challenges import Challenge, DeliverableText, Plan
from challenges.clocks import WallClock
from challenges.entries import Entry
from challenges.files import StoredFile
from challenges.formats import Format, Play, TieRule
from challenges.people import Person
from challenges.rubrics import CriterionText, LevelText
from challenges.seasons import RoleKind, Season, SeasonText
from challenges.teams import Team
from challenges.versions import Version
from judging import feedback, panels, progress, scoring
from judging.panels import Pair
from judging.scoring import BoxField, Change, Scoresheet

ENTRIES, JUDGES, READINGS, CRITERIA = 200, 20, 3, 6
LEVELS = [LevelText(title, f"What {title} looks like, in a sentence of its own.") for title in "ABCDE"]
CLAIMED = sha256(b"design").hexdigest()


@dataclass(frozen=True)
class Large:
    """Who and what the measurements ask for."""

    slug: str
    organizer: UUID
    judge: UUID
    member: UUID
    open_sheet: UUID


def tell(session: Session) -> Large:
    """All scoresheets but one are handed in, so that one can still be written on. The store is sent nothing."""
    now = datetime.now(UTC) - timedelta(days=20)
    ada = people.make_founder(session, "ada@bench.example", "Ada", now)
    about = SeasonText("Bench", "A season to measure.", "UTC", now.date(), now.date() + timedelta(60))
    season = seasons.create(session, ada, about, now)
    seasons.choose_play(session, season, Play(Format.KNOCK_OUT, TieRule.ALL_GO_ON), ada, now)
    seasons.announce(session, season, ada, now)
    challenge = drafted(session, season, "Large", CRITERIA, now + timedelta(days=5), ada, now)
    challenges.schedule(session, challenge, season, ada, now)
    judges = judges_of(session, season, JUDGES, ada, now)
    handed = []
    for n in range(ENTRIES):
        member = people.person_for(session, f"member{n}@bench.example", f"Member {n}", now)
        team = teams.found(session, season, f"Team {n:03}", member, now)
        entry = entries.enter(session, team, season, member, now)
        handed.append(hand_in(session, challenge, entry, team, member, now).submission_id)
    pairs = [Pair(judges[(n * READINGS + k) % JUDGES].id, handed[n]) for n in range(ENTRIES) for k in range(READINGS)]
    last = judge(session, challenge, pairs, judges, ada, now + timedelta(days=6))
    feedback.reopen(session, scoring.find_for(session, last.id, judges[-1].id), judges[-1], now + timedelta(days=6))
    return Large(season.slug, ada.id, judges[-1].id, member.id, last.id)


def drafted(
    session: Session, season: Season, title: str, criteria: int, due: datetime, by: Person, now: datetime
) -> Challenge:
    rubric = [CriterionText(f"Criterion {n}", 10 + n, LEVELS, "What is looked at.") for n in range(criteria)]
    clock = WallClock(due.replace(tzinfo=None, second=0, microsecond=0))
    plan = Plan(title, "A challenge to measure.", clock, "UTC", [DeliverableText("Design")], rubric)
    challenge = challenges.draft(session, season, plan, by, now)
    briefs.write(session, challenge, "A brief.\n\n" * 40, by, now)
    return challenge


def judges_of(session: Session, season: Season, many: int, by: Person, now: datetime) -> list[Person]:
    """Invited by mail, each by their own link."""
    judges = [people.person_for(session, f"judge{n}@{season.slug}.example", f"Judge {n}", now) for n in range(many)]
    for one in judges:
        roles.invite(session, season, RoleKind.JUDGE, one.email, one.name, by, now)
        (letter,) = (mail for mail in letters.waiting(session) if mail.to_email == one.email)
        roles.accept(session, letter.facts["secret"]["token"], one, now)
    return judges


def hand_in(session: Session, challenge: Challenge, entry: Entry, team: Team, by: Person, now: datetime) -> Version:
    """A file that the store was never sent."""
    (deliverable,) = challenges.deliverables_of(session, challenge.id)
    upload = submissions.open_form(session, challenge, entry, team, deliverable.id, by, now)
    upload.claimed_sha256, upload.claimed_size = CLAIMED, 1000
    there = StoredFile(upload.key, "1", 1000, "etag", now, b"%PDF-1.7")
    return versions.hand_in(session, challenge, entry, {upload.id: there}, by, now)


def judge(
    session: Session, challenge: Challenge, pairs: Sequence[Pair], judges: Sequence[Person], by: Person, now: datetime
) -> Scoresheet:
    """Every pair has its scoresheet, filled and handed in; the last of them."""
    panels.assign(session, challenge, pairs, by, challenge.due_at)
    for one in judges:
        for row in progress.desk_of(session, one.id):
            last = scoring.open_sheet(session, row.assignment, challenge, one, now)
            desk = scoring.find_for(session, last.id, one.id)
            scoring.save_marks(session, desk, filled(session, desk), one, now)
            scoring.hand_in(session, desk, one, now)
    return last


def filled(session: Session, desk: scoring.Desk) -> list[Change]:
    """Levels that differ from sheet to sheet, and comments of a usual length."""
    changes = []
    for scale, mark in scoring.marks_on(session, desk.sheet):
        points = 2 * (1 + (mark.id.int + scale.criterion.position) % 5)
        changes.append(Change(BoxField.LEVEL, str(points), 0, scale.criterion.id))
        changes.append(Change(BoxField.COMMENT, "Say why, and what would lift it. " * 8, 0, scale.criterion.id))
    return changes
