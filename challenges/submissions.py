"""Submissions: an entry's work on a challenge, and the files on their way into it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, Session, col, func, select

from challenges.challenges import Challenge, Deliverable
from challenges.deadlines import Deadline, deadline_of
from challenges.entries import Entry
from challenges.files import (
    KINDS,
    FileStore,
    FormSlot,
    Kind,
    StoredFile,
    UploadSlot,
    clean_file_name,
    clean_sha256,
    is_of_kind,
)  # fmt: skip
from challenges.history import note
from challenges.outcomes import has_left
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.states import Deed
from challenges.teams import Team

MOST_UPLOADS = 100
"""How many files an entry may send for one challenge, tries included."""


class Submission(Record, table=True):
    """The place of one entry's work on one challenge."""

    __table_args__ = (UniqueConstraint("challenge_id", "entry_id"),)

    challenge_id: UUID = Field(foreign_key="challenge.id")
    entry_id: UUID = Field(foreign_key="entry.id", index=True)


class Upload(Record, table=True):
    """One file on its way to the store, or arrived there. It counts for nothing until it is handed in."""

    submission_id: UUID = Field(foreign_key="submission.id", index=True)
    deliverable_id: UUID = Field(foreign_key="deliverable.id")
    person_id: UUID = Field(foreign_key="person.id")
    key: str = Field(unique=True, max_length=200)
    file_name: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    claimed_sha256: str | None = Field(default=None, max_length=64)
    """What the browser counted; None where it runs no scripts."""
    claimed_size: int | None = Field(default=None, sa_type=BigInteger)
    began_at: datetime = Field(sa_type=Instant)
    arrived_at: datetime | None = Field(default=None, sa_type=Instant)
    store_version_id: str | None = Field(default=None, max_length=200)
    size: int | None = Field(default=None, sa_type=BigInteger)
    handed_in_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it became part of a version."""
    removed_at: datetime | None = Field(default=None, sa_type=Instant)

    @property
    def sha256(self) -> str | None:
        return self.claimed_sha256


def submission_of(session: Session, challenge_id: UUID, entry_id: UUID) -> Submission | None:
    return session.exec(
        select(Submission).where(Submission.challenge_id == challenge_id, Submission.entry_id == entry_id)
    ).first()


def waiting_uploads(session: Session, submission_id: UUID) -> list[Upload]:
    """Files sent and not handed in, oldest first."""
    rows = select(Upload).where(
        Upload.submission_id == submission_id, col(Upload.handed_in_at).is_(None), col(Upload.removed_at).is_(None)
    )
    return list(session.exec(rows.order_by(col(Upload.began_at))))


def open_upload(
    session: Session, store: FileStore, challenge: Challenge, entry: Entry, deliverable_id: UUID, by: Person,
    now: datetime, file_name: str, size: int, sha256: str,
) -> tuple[Upload, UploadSlot]:  # fmt: skip
    """Where a member's browser may send one file. Size and check sum are signed, so nothing else can be sent there."""
    deliverable = _wanted(session, challenge, entry, deliverable_id, now)
    kind = KINDS[deliverable.kind]
    name, claimed = clean_file_name(file_name, kind), clean_sha256(sha256)
    if size <= 0:
        raise Refusal("This file is empty.", field="file")
    if size > deliverable.max_bytes:
        raise Refusal(f"This file is larger than the limit of {deliverable.max_bytes // 2**20} MiB.", field="file")
    upload = _begin(session, challenge, entry, deliverable, by, now, name)
    upload.claimed_sha256, upload.claimed_size = claimed, size
    session.flush()
    note(session, by, "upload.began", upload, now, challenge.season_id, file=name, size=size)
    return upload, store.upload_slot(upload.key, size, claimed, kind.content_type)


def open_form(
    session: Session, challenge: Challenge, entry: Entry, team: Team, deliverable_id: UUID, by: Person, now: datetime
) -> Upload:
    """The same for a browser without scripts. We cannot see the file's name beforehand, so the team's makes one."""
    deliverable = _wanted(session, challenge, entry, deliverable_id, now)
    kind = KINDS[deliverable.kind]
    title = f"{team.name} - challenge {challenge.number} - {deliverable.title}{kind.ending}"
    name = clean_file_name(title.replace("/", "-").replace("\\", "-"), kind)
    upload = _begin(session, challenge, entry, deliverable, by, now, name)
    session.flush()
    note(session, by, "upload.began", upload, now, challenge.season_id, file=name)
    return upload


def form_of(session: Session, store: FileStore, upload: Upload, redirect: str) -> FormSlot:
    """Where the plain form of this upload sends the file, and where the browser goes then."""
    deliverable = session.get_one(Deliverable, upload.deliverable_id)
    return store.form_slot(upload.key, deliverable.max_bytes, upload.content_type, redirect)


def _wanted(session: Session, challenge: Challenge, entry: Entry, deliverable_id: UUID, now: datetime) -> Deliverable:
    check_takes_part(session, challenge, entry, now)
    deadline = deadline_of(session, challenge, entry.id)
    if not deadline.takes_uploads(now):
        raise Refusal(too_late(deadline, now), field="file")
    deliverable = session.get(Deliverable, deliverable_id)
    if deliverable is None or deliverable.challenge_id != challenge.id:
        raise NotYours
    return deliverable


def check_takes_part(session: Session, challenge: Challenge, entry: Entry, now: datetime) -> None:
    """Whether this entry may hand in for this challenge at all, whatever the hour."""
    if not challenge.is_released(now):
        raise NotYours
    season = session.get_one(Season, challenge.season_id)
    if not season.is_over_by_date(now):  # on its last evening the deadline decides, with grace and extension
        season.check(Deed.HAND_IN, now)
    if entry.withdrawn_at:
        raise Refusal("Your team has withdrawn from this season.")
    if has_left(session, entry.id, now):
        raise Refusal("Your team does not go on in this season. What it handed in stays readable.")
    if challenge.builds_on and not challenge.is_swap and not has_handed_in(session, challenge.builds_on, entry.id):
        earlier = session.get_one(Challenge, challenge.builds_on)
        raise Refusal(
            f"This challenge goes on from challenge {earlier.number}, for which your team handed in nothing. "
            "Write to the organizers."
        )


def has_handed_in(session: Session, challenge_id: UUID, entry_id: UUID) -> bool:
    """Whether there is a version; uploads alone count for nothing."""
    handed = select(Upload.id).join(Submission, col(Submission.id) == col(Upload.submission_id))
    mine = handed.where(
        Submission.challenge_id == challenge_id, Submission.entry_id == entry_id, col(Upload.handed_in_at).is_not(None)
    )
    return session.exec(mine.limit(1)).first() is not None


def too_late(deadline: Deadline, now: datetime) -> str:
    grace = f", and late hand-ins before {_said(deadline.late_until)}" if deadline.late_until > deadline.due_at else ""
    return (
        f"The challenge was due before {_said(deadline.due_at)}{grace}. "
        f"Your request reached us at {_said(now)}. What you handed in before stays as it is."
    )


def _said(at: datetime) -> str:
    return f"{at:%a %d %b %Y, %H:%M:%S} UTC"


def _begin(
    session: Session, challenge: Challenge, entry: Entry, deliverable: Deliverable, by: Person, now: datetime, name: str
) -> Upload:
    lock(session, entry)
    submission = submission_of(session, challenge.id, entry.id)
    if submission is None:
        submission = Submission(challenge_id=challenge.id, entry_id=entry.id)
        session.add(submission)
        session.flush()
    sent = select(func.count()).select_from(Upload).where(Upload.submission_id == submission.id)
    if session.exec(sent).one() >= MOST_UPLOADS:
        raise Refusal(
            "Your team has sent very many files for this challenge. Please write to the organizers.", field="file"
        )
    upload = Upload(
        submission_id=submission.id, deliverable_id=deliverable.id, person_id=by.id, key="", file_name=name,
        content_type=KINDS[deliverable.kind].content_type, began_at=now,
    )  # fmt: skip
    upload.key = f"submissions/{submission.id}/{upload.id}"
    session.add(upload)
    return upload


def find_upload(session: Session, submission_id: UUID, upload_id: UUID) -> Upload:
    upload = session.get(Upload, upload_id)
    if upload is None or upload.submission_id != submission_id:
        raise NotYours
    return upload


def note_arrival(upload: Upload, stored: StoredFile | None) -> None:
    """Write down what the store says of an upload; the first bytes that came in stay the ones that count."""
    if stored is None or upload.store_version_id:
        return
    upload.arrived_at, upload.store_version_id, upload.size = stored.arrived_at, stored.version_id, stored.size


def take_in(
    session: Session, challenge: Challenge, upload: Upload, stored: StoredFile | None, by: Person, now: datetime
) -> str | None:
    """Note what arrived. Content that denies its kind goes off the list at once; gives the sentence that says so."""
    note_arrival(upload, stored)
    kind = KINDS[session.get_one(Deliverable, upload.deliverable_id).kind]
    if stored is None or upload.handed_in_at or (stored.size and is_of_kind(stored, kind)):
        return None
    remove_upload(session, challenge, upload, by, now)
    return wrong_content(upload, kind)


def wrong_content(upload: Upload, kind: Kind) -> str:
    return (
        f"“{upload.file_name}” is called a {kind.title}, but its content is something else, so it cannot be handed in. "
        "Upload the right file. Nothing else has changed."
    )


def remove_upload(session: Session, challenge: Challenge, upload: Upload, by: Person, now: datetime) -> None:
    """Take a file off the list of what is to be handed in."""
    if upload.removed_at is None:
        upload.removed_at = now
        note(session, by, "upload.removed", upload, now, challenge.season_id, file=upload.file_name)
