"""A large season, told through the domain's own verbs: 200 entries, 20 judges, 3 readings each, 6 criteria."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from challenges import briefs, challenges, entries, letters, people, roles, seasons, submissions, teams, versions
from challenges.challenges import DeliverableText, Plan
from challenges.clocks import WallClock
from challenges.files import FileStore, StoredFile
from challenges.formats import Format, Play, TieRule
from challenges.rubrics import CriterionText, LevelText
from challenges.seasons import RoleKind, SeasonText
from judging import feedback, panels, progress, scoring
from judging.panels import Pair
from judging.scoring import BoxField, Change

ENTRIES, JUDGES, READINGS, CRITERIA = 200, 20, 3, 6
LEVELS = [LevelText(title, f"What {title} looks like, in a sentence of its own.") for title in "ABCDE"]


@dataclass(frozen=True)
class Large:
    """Who and what the measurements ask for."""

    slug: str
    organizer: UUID
    judge: UUID
    member: UUID
    open_sheet: UUID


def tell(session: Session, store: FileStore) -> Large:
    """All scoresheets but one are handed in, so that one can still be written on. The store is sent nothing."""
    now = datetime.now(UTC) - timedelta(days=20)
    ada = people.make_founder(session, "ada@bench.example", "Ada", now)
    about = SeasonText("Bench", "A season to measure.", "UTC", now.date(), now.date() + timedelta(60))
    season = seasons.create(session, ada, about, now)
    seasons.choose_play(session, season, Play(Format.KNOCK_OUT, TieRule.ALL_GO_ON), ada, now)
    seasons.announce(session, season, ada, now)
    criteria = [CriterionText(f"Criterion {n}", 10 + n, LEVELS, "What is looked at.") for n in range(CRITERIA)]
    due = (now + timedelta(days=5)).replace(tzinfo=None, second=0, microsecond=0)
    plan = Plan("Large", "A challenge to measure.", WallClock(due), "UTC", [DeliverableText("Design")], criteria)
    challenge = challenges.draft(session, season, plan, ada, now)
    briefs.write(session, challenge, "A brief.\n\n" * 40, ada, now)
    challenges.schedule(session, challenge, season, ada, now)
    checked = sha256(b"design").hexdigest()
    judges = [people.person_for(session, f"judge{n}@bench.example", f"Judge {n}", now) for n in range(JUDGES)]
    for judge in judges:
        roles.invite(session, season, RoleKind.JUDGE, judge.email, judge.name, ada, now)
        (letter,) = (one for one in letters.waiting(session) if one.to_email == judge.email)
        roles.accept(session, letter.facts["secret"]["token"], judge, now)
    handed = []
    for n in range(ENTRIES):
        member = people.person_for(session, f"member{n}@bench.example", f"Member {n}", now)
        team = teams.found(session, season, f"Team {n:03}", member, now)
        entry = entries.enter(session, team, season, member, now)
        (deliverable,) = challenges.deliverables_of(session, challenge.id)
        upload, _ = submissions.open_upload(
            session, store, challenge, entry, deliverable.id, member, now, "a.pdf", 1000, checked
        )  # fmt: skip
        there = StoredFile(upload.key, "1", 1000, "etag", now, b"%PDF-1.7")
        version = versions.hand_in(session, challenge, entry, {upload.id: there}, member, now)
        handed.append(version.submission_id)
    pairs = [Pair(judges[(n * READINGS + k) % JUDGES].id, handed[n]) for n in range(ENTRIES) for k in range(READINGS)]
    panels.assign(session, challenge, pairs, ada, now)
    later, last = now + timedelta(days=6), None
    for judge in judges:
        for row in progress.desk_of(session, judge.id):
            last = scoring.open_sheet(session, row.assignment, challenge, judge, later)
            desk = scoring.find_for(session, last.id, judge.id)
            scoring.save_marks(session, desk, filled(session, desk), judge, later)
            scoring.hand_in(session, desk, judge, later)
    if last is None:
        raise RuntimeError("nobody was assigned")
    feedback.reopen(session, scoring.find_for(session, last.id, judges[-1].id), judges[-1], later)
    return Large(season.slug, ada.id, judges[-1].id, member.id, last.id)


def filled(session: Session, desk: scoring.Desk) -> list[Change]:
    """Levels that differ from sheet to sheet, and comments of a usual length."""
    changes = []
    for scale, mark in scoring.marks_on(session, desk.sheet):
        points = 2 * (1 + (mark.id.int + scale.criterion.position) % 5)
        changes.append(Change(BoxField.LEVEL, str(points), 0, scale.criterion.id))
        changes.append(Change(BoxField.COMMENT, "Say why, and what would lift it. " * 8, 0, scale.criterion.id))
    return changes
