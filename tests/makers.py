"""Makers of everything that a test may need, through the domain's own verbs; `over` changes what a test is about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from challenges import briefs, challenges, entries, roles, seasons, teams, versions
from challenges.challenges import Challenge, Deliverable, DeliverableText, Plan, deliverables_of
from challenges.clocks import WallClock
from challenges.entries import Entry
from challenges.files import StoredFile
from challenges.formats import Format, Play, TieRule
from challenges.history import Trace
from challenges.letters import Letter
from challenges.people import Person
from challenges.rubrics import CriterionText, LevelText
from challenges.seasons import Role, RoleKind, Season, SeasonText
from challenges.submissions import Upload, open_form
from challenges.teams import Team
from challenges.versions import Version
from judging import feedback, packets, panels, scoring
from judging.packets import Packet
from judging.panels import Assignment, Pair
from judging.releases import FeedbackRelease
from judging.scoring import BoxField, Change, Desk
from tests.cast import NOW, Cast, make_cast, make_person

__all__ = ["NOW", "Cast", "make_cast", "make_person"]

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

PDF_BYTES = b"%PDF-1.7 a design"
ZIP_BYTES = b"PK\x03\x04 a configuration"


def at_clock(text: str) -> WallClock:
    return WallClock(datetime.fromisoformat(text))


LEVELS = tuple(LevelText(title, f"It is {title.lower()}.") for title in ("Absent", "Weak", "Fair", "Good", "Masterly"))
CRITERIA = (
    CriterionText("Requirements", 60, LEVELS, "Stated, and traced to decisions."),
    CriterionText("Decisions", 40, LEVELS, "WHY more than HOW."),
)
PLAN = Plan(
    title="A field hospital",
    summary="Design the computers of a hospital that must move twice a year.",
    due=at_clock("2026-11-24T23:59"),
    due_zone="Europe/Berlin",
    deliverables=(DeliverableText("Design"), DeliverableText("Configuration", kind="zip", required=False, max_mib=1)),
    criteria=CRITERIA,
)
TOLD = SeasonText(
    title="The Long Winter", story="The valley is cut off.", zone="Europe/Berlin", starts_on=date(2026, 11, 1),
    ends_on=date(2026, 12, 20),
)  # fmt: skip
PLAY = Play(Format.KNOCK_OUT, TieRule.ALL_GO_ON)
BRIEF = "Two hundred beds, one lorry.\n\n*Power fails daily.*"


def make_season(
    session: Session, by: Person, is_announced: bool = True, now: datetime = NOW, play: Play = PLAY, **over: Any
) -> Season:
    season = seasons.create(session, by, replace(TOLD, **over), now)
    seasons.choose_play(session, season, play, by, now)
    if is_announced:
        seasons.announce(session, season, by, now)
    return season


def make_challenge(
    session: Session, season: Season, by: Person, is_released: bool = True, now: datetime = NOW, **over: Any
) -> Challenge:
    """A challenge with its brief; `over` changes its plan."""
    challenge = challenges.draft(session, season, replace(PLAN, **over), by, now)
    briefs.write(session, challenge, BRIEF, by, now)
    if is_released:
        challenges.schedule(session, challenge, season, by, now)
    return challenge


def make_team(session: Session, season: Season, *members: Person, name: str = "Plan B", now: datetime = NOW) -> Team:
    """The first member founds it, the others accept an invitation."""
    founder, *others = members
    team = teams.found(session, season, name, founder, now)
    for person in others:
        join(session, team, season, person, now)
    return team


def join(session: Session, team: Team, season: Season, person: Person, now: datetime = NOW) -> None:
    founder = session.get_one(Person, team.founded_by)
    teams.invite(session, team, season, person.email, founder, now)
    teams.accept(session, secret_of(session, person.email, "invitation")["token"], season, person, now)


def make_entry(
    session: Session, season: Season, *members: Person, name: str = "Plan B", now: datetime = NOW
) -> tuple[Entry, Team]:
    team = make_team(session, season, *members, name=name, now=now)
    return entries.enter(session, team, season, members[0], now), team


def secret_of(session: Session, email: str, kind: str = "") -> dict[str, str]:
    """What the newest letter to this address, of that kind if one is named, keeps until it is sent."""
    letters = [one for one in letters_to(session, email) if "secret" in one.facts and one.kind == (kind or one.kind)]
    assert [one.created_at for one in letters].count(letters[-1].created_at) == 1, "which is newer? move the clock"
    return dict(letters[-1].facts["secret"])


def letters_to(session: Session, email: str) -> list[Letter]:
    """In the order in which they were written."""
    session.flush()
    return sorted(session.exec(select(Letter).where(Letter.to_email == email)), key=lambda letter: letter.created_at)


def kinds_of_letters_to(session: Session, email: str) -> list[str]:
    return [letter.kind for letter in letters_to(session, email)]


def deeds(session: Session, season: Season) -> list[str]:
    """Everything that was done in a season, sorted by its name because one request has one instant."""
    session.flush()
    return sorted(session.exec(select(Trace.deed).where(Trace.season_id == season.id)))


def make_upload(
    session: Session, challenge: Challenge, entry: Entry, by: Person, position: int = 1, now: datetime = NOW
) -> Upload:
    """A file begun by a plain form, which asks nothing of the store."""
    deliverable = deliverables_of(session, challenge.id)[position - 1]
    return open_form(session, challenge, entry, session.get_one(Team, entry.team_id), deliverable.id, by, now)


def claiming(upload: Upload) -> Upload:
    """The same begun by a script, which counts the file before it sends the first byte."""
    upload.claimed_sha256, upload.claimed_size = "ab" * 32, 1234
    return upload


def stored(upload: Upload, **over: Any) -> StoredFile:
    """What a store says of an upload that arrived one second after it began."""
    beginning = ZIP_BYTES if upload.content_type == "application/zip" else PDF_BYTES
    return StoredFile(
        **{
            "key": upload.key, "version_id": f"v-{upload.id}", "size": 1234, "etag": '"e"',
            "arrived_at": upload.began_at + SECOND, "beginning": beginning, **over,
        }
    )  # fmt: skip


def make_version(
    session: Session,
    challenge: Challenge,
    entry: Entry,
    by: Person,
    now: datetime = NOW,
    positions: Sequence[int] = (1,),
) -> Version:
    """Upload these deliverables and hand them in, a minute later."""
    uploads = [make_upload(session, challenge, entry, by, position, now) for position in positions]
    chosen: dict[UUID, StoredFile | None] = {upload.id: stored(upload) for upload in uploads}
    return versions.hand_in(session, challenge, entry, chosen, by, now + MINUTE)


def make_judge(session: Session, season: Season, person: Person, by: Person, now: datetime = NOW) -> Person:
    make_role(session, season, RoleKind.JUDGE, person, by, now)
    return person


def make_role(
    session: Session, season: Season, kind: RoleKind, person: Person, by: Person, now: datetime = NOW
) -> Role:
    """Invited by mail, and accepted by the link in it."""
    roles.invite(session, season, kind, person.email, person.name, by, now)
    (letter,) = [
        letter
        for letter in letters_to(session, person.email)
        if (letter.kind, letter.season_id, letter.facts.get("what")) == ("role_invitation", season.id, kind)
    ][-1:]
    return roles.accept(session, letter.facts["secret"]["token"], person, now)


def assignments_of(session: Session, challenge: Challenge) -> dict[tuple[UUID, UUID], Assignment]:
    """The living ones by person and submission."""
    living = panels.living_pairs(session, challenge.id)
    return {(pair.person_id, pair.submission_id): assignment for pair, assignment in living.items()}


def make_desk(
    session: Session, challenge: Challenge, judge: Person, submission_id: UUID, now: datetime | None = None
) -> Desk:
    """The judge opens their scoresheet for a submission that is assigned to them."""
    assignment = panels.living_pairs(session, challenge.id)[Pair(judge.id, submission_id)]
    sheet = scoring.open_sheet(session, assignment, challenge, judge, now or challenge.settled_at)
    return scoring.find_for(session, sheet.id, judge.id)


def make_sheet(
    session: Session,
    challenge: Challenge,
    judge: Person,
    submission_id: UUID,
    levels: Sequence[int] = (5, 4),
    comment: str = "Because of page 2.",
    is_handed_in: bool = True,
    now: datetime | None = None,
) -> Desk:
    """A scoresheet with these levels, 1 to 5, in the order of the rubric."""
    now = now or challenge.settled_at + HOUR
    desk = make_desk(session, challenge, judge, submission_id, now)
    for (scale, mark), level in zip(scoring.marks_on(session, desk.sheet), levels, strict=True):
        changes = [
            Change(BoxField.LEVEL, str(2 * level), mark.level_revision, scale.criterion.id),
            Change(BoxField.COMMENT, comment, mark.comment_revision, scale.criterion.id),
        ]
        scoring.save_marks(session, desk, changes, judge, now)
    if is_handed_in:
        scoring.hand_in(session, desk, judge, now)
    return desk


@dataclass(frozen=True)
class Scene:
    """A season with one open challenge and one entry."""

    cast: Cast
    season: Season
    challenge: Challenge
    team: Team
    entry: Entry
    deliverables: Sequence[Deliverable]


def make_scene(session: Session, cast: Cast) -> Scene:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada)
    entry, team = make_entry(session, season, cast.ben, cast.cleo)
    session.flush()
    return Scene(cast, season, challenge, team, entry, deliverables_of(session, challenge.id))


@dataclass(frozen=True)
class Round:
    """A scene whose design was handed in and is assigned to Dana and Dev; nothing is read yet."""

    scene: Scene
    version: Version
    judges: tuple[Person, Person]

    @property
    def submission_id(self) -> UUID:
        return self.version.submission_id


def make_round(session: Session, scene: Scene) -> Round:
    cast = scene.cast
    version = make_version(session, scene.challenge, scene.entry, cast.ben)
    judges = (
        make_judge(session, scene.season, cast.dana, cast.ada),
        make_judge(session, scene.season, cast.dev, cast.ada),
    )
    panels.assign_everything(session, scene.challenge, cast.ada, NOW + HOUR)
    return Round(scene, version, judges)


def make_release(session: Session, round_: Round, now: datetime | None = None) -> tuple[FeedbackRelease, Packet]:
    """Both judges hand in, and Ada releases the feedback."""
    challenge = round_.scene.challenge
    for judge in round_.judges:
        make_sheet(session, challenge, judge, round_.submission_id)
    release = feedback.release(session, challenge, round_.scene.cast.ada, now or challenge.settled_at + DAY)
    return release, packets.packets_for_entry(session, round_.scene.entry.id, release.released_at)[challenge.id]


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()
