"""Demo: a small season, told through the domain's own verbs, so that it is in no state that users cannot reach."""

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4
from zoneinfo import ZoneInfo

from rich.progress import Progress
from sqlmodel import Session

from app import demo_documents as told
from app.db import Database
from app.settings import Settings
from app.storage import Store
from challenges import (
    acknowledgements,
    briefs,
    challenges,
    chapters,
    clarifications,
    deadlines,
    enrolment,
    letters,
    notices,
    people,
    planning,
    posters,
    receipts,
    roles,
    seasons,
    sponsors,
    submissions,
    teams,
    terms,
    versions,
)
from challenges.challenges import Challenge, DeliverableText, Plan
from challenges.clarifications import ClarificationKind
from challenges.clocks import WallClock
from challenges.enrolment import Application, Words
from challenges.entries import Entry
from challenges.formats import Format, Play, TieRule
from challenges.people import Person
from challenges.rubrics import CriterionText, LevelText
from challenges.seasons import RoleKind, Season, SeasonText
from challenges.teams import Team
from challenges.terms import TermsKind
from judging import cuts, feedback, panels, progress, scoring
from judging.scoring import BoxField, Change

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF = DAY / 2
QUESTIONS = (
    ("Constraints", "Do the 25,000 crowns of C1 have to pay for training the volunteers as well?"),
    ("Requirements", "R3: does an hour of maintenance that we announce beforehand count as away?"),
    ("Constraints", "C4: may a copy of the key be kept by a notary who lives off the cape?"),
)
"""About the second challenge, with the heading of the brief that each is about."""


@dataclass(frozen=True)
class Player:
    """Somebody whose place a visitor of the demo may take."""

    name: str
    email: str
    role: str


CAST = [
    Player(told.ORGANIZER.name, told.ORGANIZER.email, "organizes the season"),
    *(Player(judge.name, judge.email, "judges") for judge in told.JUDGES),
    Player(told.MENTOR.name, told.MENTOR.email, "mentors the teams"),
    *(Player(member.name, member.email, f"team {team.name}") for team in told.TEAMS[:2] for member in team.members),
]


def load(settings: Settings) -> None:
    """Tell the whole demo season into an empty database; all of it or nothing, but for files in the store."""
    database, store = Database(settings), Store(settings)
    store.prepare()
    try:
        with database.writing() as session, Progress(transient=True) as bar:
            steps = bar.add_task("Telling the demo season", total=None)
            for step in _tell(session, store, datetime.now(UTC).replace(second=0, microsecond=0)):
                bar.update(steps, description=step, advance=1)
    finally:
        database.close()


def _tell(session: Session, store: Store, now: datetime) -> Iterator[str]:
    ada = people.make_founder(session, told.ORGANIZER.email, told.ORGANIZER.name, now - 20 * DAY)
    ada.zone = told.SEASON.zone
    first, second, third, fourth = told.CHALLENGES
    season = _season(session, store, ada, now)
    yield "Inviting judges, founding teams"
    judges = [_role(session, season, RoleKind.JUDGE, judge, ada, now - 16 * DAY) for judge in told.JUDGES]
    _role(session, season, RoleKind.MENTOR, told.MENTOR, ada, now - 16 * DAY)
    _role(session, season, RoleKind.VIEWER, told.VIEWER, ada, now - 16 * DAY)
    entered = {team.name: _team(session, season, team, now - 15 * DAY) for team in told.TEAMS}
    design = _challenge(session, season, first, now - 8 * DAY, ada, now - 14 * DAY)
    challenges.schedule(session, design, season, ada, now - 14 * DAY)
    _mail(session, now - 14 * DAY, design.due_at - timedelta(hours=72))
    for team in told.TEAMS:
        yield f"{team.name} hands in its design"
        _hand_in(session, store, season, design, *entered[team.name], team, now - 9 * DAY)
    _mail(session, *(design.due_at - timedelta(hours=hours) for hours in (24, 3)))
    panels.assign_everything(session, design, ada, now - 7 * DAY)
    for judge in judges:
        yield f"{judge.name} judges"
        _score(session, judge, now - 6 * DAY)
    cuts.confirm(session, design, season, {}, ada, now - 4 * DAY - HALF)
    feedback.release(session, design, ada, now - 4 * DAY)
    protect = _challenge(session, season, second, now + 2 * DAY + timedelta(hours=4), ada, now - 4 * DAY)
    challenges.schedule(session, protect, season, ada, now - 3 * DAY)
    _mail(session, now - 3 * DAY)
    _clarify(session, season, protect, [team for _, team in entered.values()], ada, now - 2 * DAY)
    _change(session, season, protect, second, {name: pair[0] for name, pair in entered.items()}, ada, now - HALF)
    for team in told.TEAMS:
        if second.number in team.documents:
            yield f"{team.name} hands in for challenge 2"
            _hand_in(session, store, season, protect, *entered[team.name], team, now - 1 * DAY)
    _prepare(session, season, third, fourth, ada, now)
    _invite(session, season, RoleKind.JUDGE, told.INVITED, ada, now - 1 * DAY)
    _mail(session, min(now, protect.due_at - timedelta(hours=72)))
    for letter in letters.waiting(session):
        letters.note_accepted(letter, letter.created_at)


def _season(session: Session, store: Store, ada: Person, now: datetime) -> Season:
    """Everything that a season says of itself, but for the chapters, which wait for its challenges."""
    about = SeasonText(
        told.SEASON.title, told.SEASON.story, told.SEASON.zone, (now - 16 * DAY).date(), (now + 21 * DAY).date(),
        is_recorded=True,
    )  # fmt: skip
    season = seasons.create(session, ada, about, now - 18 * DAY)
    seasons.choose_play(session, season, Play(Format.KNOCK_OUT, TieRule.ALL_GO_ON), ada, now - 17 * DAY)
    terms.write(session, season, TermsKind.RULES, told.SEASON.rules, "", ada, now - 17 * DAY)
    terms.write(session, season, TermsKind.CONDUCT, told.SEASON.conduct, "", ada, now - 17 * DAY)
    for question in told.QUESTIONS:
        enrolment.ask(session, season, question, ada, now - 17 * DAY)
    sponsors.thank(session, season, told.SPONSORS, ada, now - 17 * DAY)
    poster = store.write(posters.key_of(season, uuid4()), told.POSTER, "image/png")
    posters.hang(session, season, store.look(poster.key), told.POSTER_ALT, ada, now - 17 * DAY)
    seasons.announce(session, season, ada, now - 17 * DAY)
    return season


def _mail(session: Session, *instants: datetime) -> None:
    """What the worker would have sent at each of these."""
    for at in instants:
        session.flush()
        for one in planning.due(session, at):
            planning.send(session, one, at, progress.late_judges)


def _invite(session: Session, season: Season, kind: RoleKind, who: told.Person, ada: Person, now: datetime) -> Person:
    person = people.person_for(session, who.email, who.name, now)
    roles.invite(session, season, kind, person.email, person.name, ada, now)
    return person


def _role(session: Session, season: Season, kind: RoleKind, who: told.Person, ada: Person, now: datetime) -> Person:
    person = _invite(session, season, kind, who, ada, now)
    roles.accept(session, _token_of(session, person.email, "role_invitation"), person, now + timedelta(hours=5))
    return person


def _team(session: Session, season: Season, team: told.Team, now: datetime) -> tuple[Entry, Team]:
    founder, *others = (people.person_for(session, each.email, each.name, now) for each in team.members)
    founded = teams.found(session, season, team.name, founder, now)
    says = Words([text.id for text in terms.current(session, season.id).values()], may_be_recorded=True)
    for other in others:
        invited = teams.invite(session, founded, season, other.email, founder, now)
        token = _token_of(session, invited.email, "invitation")
        enrolment.join(session, token, season, other, says, now + timedelta(hours=2))
    questions = enrolment.questions_of(session, season.id)
    answers = {question.id: text for question, text in zip(questions, team.answers, strict=True)}
    application = Application(says, team.affiliation, team.sponsors, answers)
    return enrolment.enrol(session, founded, season, application, founder, now + timedelta(hours=3)), founded


def _token_of(session: Session, email: str, kind: str) -> str:
    """What the invited reads in their mail."""
    mailed = [letter for letter in letters.latest(session) if (letter.kind, letter.to_email) == (kind, email)]
    return str(mailed[0].facts["secret"]["token"])


def _challenge(
    session: Session, season: Season, text: told.Challenge, due: datetime, ada: Person, now: datetime
) -> Challenge:
    """A draft with its brief, due in the evening of that day."""
    due_local = due.astimezone(ZoneInfo(season.zone)).replace(hour=23, minute=59, tzinfo=None)
    plan = Plan(
        title=text.title, summary=text.summary, due=WallClock(due_local), due_zone=season.zone,
        deliverables=[DeliverableText(title) for title in text.deliverables],
        criteria=[
            CriterionText(
                each.title, each.weight, [LevelText(step.title, step.descriptor) for step in each.levels], each.guidance
            )
            for each in text.rubric
        ],
        course=text.course,
    )  # fmt: skip
    challenge = challenges.draft(session, season, plan, ada, now)
    briefs.write(session, challenge, text.brief, ada, now)
    return challenge


def _change(
    session: Session, season: Season, challenge: Challenge, text: told.Challenge, entered: dict[str, Entry],
    ada: Person, now: datetime,
) -> None:  # fmt: skip
    """The brief is amended, which one team has read, and another team gets more time."""
    if text.amendment:
        amended = briefs.amend(
            session, challenge, text.amendment.applied_to(text.brief), text.amendment.note, ada, now - DAY
        )
        notices.tell_amended(session, season, challenge, amended, ada, now - DAY)
        kestrel = entered["Kestrel"]
        reader = teams.members_of(session, kestrel.team_id)[0]
        acknowledgements.acknowledge(session, challenge, kestrel, amended.number, reader, now - DAY + HOUR)
    extension = deadlines.extend(
        session, challenge, entered["North Pier"], 12 * 60, "Two of the three are at sea, without a link.", ada, now
    )
    notices.tell_extended(session, season, challenge, extension, ada, now)


def _prepare(
    session: Session, season: Season, third: told.Challenge, fourth: told.Challenge, ada: Person, now: datetime
) -> None:
    """One challenge opens by itself, one on a live evening; and a chapter of the story waits with the first of them."""
    inherit = _challenge(session, season, third, now + 11 * DAY, ada, now - DAY)
    challenges.schedule(session, inherit, season, ada, now - HALF, _evening(season, now + 5 * DAY))
    defend = _challenge(session, season, fourth, now + 18 * DAY, ada, now - HALF)
    challenges.schedule(session, defend, season, ada, now - HALF, _evening(season, now + 13 * DAY), on_hold=True)
    chapters.tell(session, season, told.CHAPTERS, ada, now - HALF)


def _evening(season: Season, day: datetime) -> datetime:
    return day.astimezone(ZoneInfo(season.zone)).replace(hour=20, minute=0).astimezone(UTC)


def _clarify(
    session: Session, season: Season, challenge: Challenge, teams_of: list[Team], ada: Person, now: datetime
) -> None:
    """Three questions: one is answered, one has a judge's answer that is not let out, one waits."""
    asked = [
        clarifications.ask(
            session, season, challenge, ClarificationKind.TASK, text, section, session.get_one(Person, team.led_by),
            now + nth * timedelta(minutes=70),
        )
        for nth, (team, (section, text)) in enumerate(zip(teams_of, QUESTIONS, strict=False))
    ]  # fmt: skip
    judge = seasons.holders(session, season.id, RoleKind.JUDGE)[0][1]
    clarifications.answer(
        session, asked[0], "No. **C1** is for things. The council pays for training.", ada, now + HALF
    )
    clarifications.answer(session, asked[1], "Yes, if it falls into one of the three events.", judge, now + HALF)


def _hand_in(
    session: Session, store: Store, season: Season, challenge: Challenge, entry: Entry, team: Team, text: told.Team,
    now: datetime,
) -> None:  # fmt: skip
    """As a browser does it: ask for a slot, send the bytes to the store, hand in."""
    document = told.render_design(text, challenge.number)
    member = teams.members_of(session, team.id)[0]
    (deliverable, *_) = challenges.deliverables_of(session, challenge.id)
    upload, slot = submissions.open_upload(
        session, store, challenge, entry, deliverable.id, member, now,
        f"{team.name} - {challenge.title}.pdf", len(document), sha256(document).hexdigest(),
    )  # fmt: skip
    sending = urllib.request.Request(slot.url, document, dict(slot.headers), method=slot.method)  # noqa: S310
    urllib.request.urlopen(sending, timeout=30).close()  # noqa: S310
    stored = store.look(upload.key)
    there = {upload.id: stored and replace(stored, arrived_at=now)}
    version = versions.hand_in(session, challenge, entry, there, member, now + timedelta(minutes=4))
    receipts.mail_receipt(session, version, season, challenge, team, version.handed_in_at)


def _score(session: Session, judge: Person, now: datetime) -> None:
    for row in progress.desk_of(session, judge.id):
        sheet = scoring.open_sheet(session, row.assignment, row.challenge, judge, now)
        desk = scoring.find_for(session, sheet.id, judge.id)
        said = told.MARKS[judge.name, row.team]
        changes = [Change(BoxField.OVERALL, said.overall, 0)]
        for scale, _ in scoring.marks_on(session, sheet):
            mark = said.marks[scale.criterion.title]
            changes.append(Change(BoxField.LEVEL, str(2 * mark.level), 0, scale.criterion.id))
            changes.append(Change(BoxField.COMMENT, mark.comment, 0, scale.criterion.id))
        scoring.save_marks(session, desk, changes, judge, now + timedelta(hours=1))
        scoring.hand_in(session, desk, judge, now + timedelta(hours=2))
