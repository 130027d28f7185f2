"""Receipts: the proof that a version was handed in, for the page and for a mail to every member."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from challenges.briefs import Brief
from challenges.challenges import Challenge
from challenges.entries import Entry
from challenges.letters import write
from challenges.people import Person
from challenges.seasons import Season
from challenges.submissions import Submission
from challenges.teams import Team, members_of
from challenges.versions import Version, VersionFile, files_of


@dataclass(frozen=True)
class Receipt:
    """What was received, from whom, when, and what has been verified since."""

    version_id: UUID
    number: int
    season: str
    season_slug: str
    season_zone: str
    challenge: str
    challenge_number: int
    team: str
    handed_in_by: str
    handed_in_at: datetime
    due_at: datetime
    was_in_flight: bool
    was_late: bool
    amendment: int
    files: tuple[VersionFile, ...]

    @property
    def verified_at(self) -> datetime | None:
        """When the last file was read and found to be as claimed; None while one is not, or where one differs."""
        instants = [file.verified_at for file in self.files if file.verified_at and not file.differs]
        return max(instants) if len(instants) == len(self.files) else None

    @property
    def differs(self) -> bool:
        return any(file.differs for file in self.files)


def receipt_of(session: Session, version: Version, season: Season, challenge: Challenge, team: Team) -> Receipt:
    brief, by = session.get_one(Brief, version.brief_id), session.get_one(Person, version.handed_in_by)
    return Receipt(
        version_id=version.id, number=version.number, season=season.title, season_slug=season.slug,
        season_zone=season.zone,
        challenge=challenge.title, challenge_number=challenge.number, team=team.name, handed_in_by=by.name,
        handed_in_at=version.handed_in_at, due_at=version.due_at, was_late=version.was_late,
        was_in_flight=version.was_in_flight,
        amendment=brief.amendment, files=tuple(files_of(session, [version.id])[version.id]),
    )  # fmt: skip


def mail_receipt(
    session: Session, version: Version, season: Season, challenge: Challenge, team: Team, now: datetime
) -> None:
    """Every member gets it, not only the one who pressed the button; a second click on it sends no second mail."""
    if version.handed_in_at != now:
        return
    _mail(session, "receipt", receipt_of(session, version, season, challenge, team), season, team, now)


def mail_difference(session: Session, version: Version, now: datetime) -> None:
    """The store holds other bytes than the browser counted: say so loudly, at once, to everyone in the team."""
    submission = session.get_one(Submission, version.submission_id)
    challenge = session.get_one(Challenge, submission.challenge_id)
    season = session.get_one(Season, challenge.season_id)
    team = session.get_one(Team, session.get_one(Entry, submission.entry_id).team_id)
    _mail(session, "hash_differs", receipt_of(session, version, season, challenge, team), season, team, now)


def _mail(session: Session, kind: str, receipt: Receipt, season: Season, team: Team, now: datetime) -> None:
    facts = {
        "season": receipt.season, "season_zone": receipt.season_zone, "challenge": receipt.challenge,
        "number": receipt.challenge_number, "team": receipt.team, "version": receipt.number,
        "version_id": str(receipt.version_id),
        "handed_in_at": receipt.handed_in_at.isoformat(), "handed_in_by": receipt.handed_in_by,
        "was_in_flight": receipt.was_in_flight, "was_late": receipt.was_late,
        "files": [
            {
                "name": file.file_name, "size": file.size, "claimed": file.claimed_sha256,
                "computed": file.computed_sha256, "differs": file.differs,
            }
            for file in receipt.files
        ],
    }  # fmt: skip
    for member in members_of(session, team.id):
        write(session, kind, member, now, season.id, **facts)
