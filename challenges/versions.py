"""Versions: one hand-in each, which never changes; the last one before the due instant counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, UniqueConstraint, exists, or_, text
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, col, func, select

from challenges.briefs import current_brief
from challenges.challenges import Challenge, Deliverable, deliverables_of
from challenges.deadlines import Arrival, Deadline, deadline_of, deadlines_of
from challenges.entries import Entry
from challenges.files import KINDS, StoredFile, is_of_kind
from challenges.history import note
from challenges.people import Person
from challenges.records import Instant, Record
from challenges.refusals import NotYours, Refusal
from challenges.seasons import RoleKind, role_of
from challenges.submissions import (
    Submission,
    Upload,
    check_takes_part,
    note_arrival,
    submission_of,
    too_late,
    waiting_uploads,
    wrong_content,
)  # fmt: skip
from challenges.teams import Team, team_of


class Version(Record, table=True):
    """One hand-in. The last one counts."""

    __table_args__ = (
        UniqueConstraint("submission_id", "number"),
        Index(
            "ix_version_unverified", "handed_in_at",
            sqlite_where=text("inspected_at IS NULL"), postgresql_where=text("inspected_at IS NULL"),
        ),
    )  # fmt: skip

    submission_id: UUID = Field(foreign_key="submission.id")
    number: int
    brief_id: UUID = Field(foreign_key="brief.id")
    handed_in_by: UUID = Field(foreign_key="person.id")
    handed_in_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    """The due instant of its entry at that moment, its extension included."""
    was_in_flight: bool = False
    """Handed in after the due instant with a file that had begun before it and was still travelling."""
    was_late: bool = False
    """Handed in after the due instant and within the grace."""
    inspected_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the worker had read every file."""


class VersionFile(Record, table=True):
    """A file of a version, naming the very bytes in the store."""

    __table_args__ = (UniqueConstraint("version_id", "deliverable_id"),)

    version_id: UUID = Field(foreign_key="version.id")
    deliverable_id: UUID = Field(foreign_key="deliverable.id")
    upload_id: UUID = Field(foreign_key="upload.id")
    key: str = Field(max_length=200)
    store_version_id: str = Field(max_length=200)
    file_name: str = Field(max_length=200)
    content_type: str = Field(max_length=100)
    size: int = Field(sa_type=BigInteger)
    claimed_sha256: str | None = Field(default=None, max_length=64)
    computed_sha256: str | None = Field(default=None, max_length=64)
    verified_at: datetime | None = Field(default=None, sa_type=Instant)

    @property
    def differs(self) -> bool:
        """Whether the store holds other bytes than the browser counted."""
        return bool(self.computed_sha256 and self.claimed_sha256 and self.computed_sha256 != self.claimed_sha256)

    @property
    def sha256(self) -> str | None:
        return self.computed_sha256 or self.claimed_sha256


@dataclass(frozen=True)
class Work:
    """An entry's work on a challenge: what its members see on the hand-in page."""

    submission: Submission | None
    waiting: Sequence[Upload]
    """Uploaded since the last version and not handed in."""
    versions: Sequence[tuple[Version, Sequence[VersionFile]]]
    """Newest first."""

    @property
    def arrived(self) -> Sequence[Upload]:
        return [upload for upload in self.waiting if upload.arrived_at]

    @property
    def on_the_way(self) -> Sequence[Upload]:
        """Begun, and not seen in the store: still travelling, or given up."""
        return [upload for upload in self.waiting if not upload.arrived_at]


def work_of(session: Session, challenge_id: UUID, entry_id: UUID) -> Work:
    submission = submission_of(session, challenge_id, entry_id)
    if submission is None:
        return Work(None, (), ())
    versions = session.exec(
        select(Version).where(Version.submission_id == submission.id).order_by(col(Version.number).desc())
    ).all()
    files = files_of(session, [version.id for version in versions])
    return Work(
        submission,
        waiting_uploads(session, submission.id),
        [(version, files.get(version.id, [])) for version in versions],
    )


@dataclass(frozen=True)
class Progress:
    """In short, how far an entry is with a challenge: its last version, and whether something waits to be handed in."""

    version: Version | None
    has_waiting: bool


def progress_of(session: Session, challenge_id: UUID, entry_id: UUID) -> Progress:
    """In two statements."""
    place = (Submission.challenge_id == challenge_id, Submission.entry_id == entry_id)
    last = select(Version).join(Submission, col(Submission.id) == col(Version.submission_id)).where(*place)
    waiting = (
        select(Upload.id)
        .join(Submission, col(Submission.id) == col(Upload.submission_id))
        .where(
            *place,
            col(Upload.handed_in_at).is_(None),
            col(Upload.removed_at).is_(None),
            col(Upload.arrived_at).is_not(None),
        )
    )
    return Progress(
        session.exec(last.order_by(col(Version.number).desc()).limit(1)).first(),
        session.exec(waiting.limit(1)).first() is not None,
    )


def files_of(session: Session, version_ids: Sequence[UUID]) -> Mapping[UUID, list[VersionFile]]:
    found: dict[UUID, list[VersionFile]] = {}
    if version_ids:
        rows = (
            select(VersionFile)
            .join(Deliverable, col(Deliverable.id) == col(VersionFile.deliverable_id))
            .where(col(VersionFile.version_id).in_(version_ids))
            .order_by(col(Deliverable.position))
        )
        for file in session.exec(rows):
            found.setdefault(file.version_id, []).append(file)
    return found


def hand_in(
    session: Session,
    challenge: Challenge,
    entry: Entry,
    chosen: Mapping[UUID, StoredFile | None],
    by: Person,
    now: datetime,
) -> Version:
    """Make a version of these uploads; a deliverable without a new one keeps the file of the version before.

    `chosen` says for each upload what the store has, asked before this transaction; `now` is the instant at which the
    request reached the server, however long it then waited. Asking twice for the same uploads gives the same version.
    """
    check_takes_part(session, challenge, entry, now)
    submission = session.exec(
        select(Submission)
        .where(Submission.challenge_id == challenge.id, Submission.entry_id == entry.id)
        .with_for_update()
    ).first()
    before = latest_version(session, submission.id) if submission else None
    kept = {file.deliverable_id: file for file in files_of(session, [before.id])[before.id]} if before else {}
    if before and chosen and set(chosen) <= {file.upload_id for file in kept.values()}:
        return before
    uploads = (
        [upload for upload in waiting_uploads(session, submission.id) if upload.id in chosen] if submission else []
    )
    if submission is None or not uploads:
        raise Refusal("There is nothing new to hand in. Upload a file first.", field="file")
    arrived = _arrived(session, uploads, chosen)
    deadline = deadline_of(session, challenge, entry.id)
    arrival = deadline.arrival(now)
    if arrival != Arrival.IN_TIME and _was_in_flight(deadline, arrived.values(), now):
        arrival = Arrival.IN_FLIGHT  # whoever began in time is not late, whatever the grace
    elif arrival not in (Arrival.IN_TIME, Arrival.LATE):
        raise Refusal(too_late(deadline, now), field="file")
    version = Version(
        submission_id=submission.id, number=before.number + 1 if before else 1,
        brief_id=current_brief(session, challenge.id).id, handed_in_by=by.id, handed_in_at=now,
        was_in_flight=arrival == Arrival.IN_FLIGHT, was_late=arrival == Arrival.LATE, due_at=deadline.due_at,
    )  # fmt: skip
    session.add(version)
    session.flush()
    for upload in waiting_uploads(session, submission.id):
        if upload.deliverable_id in arrived and upload.began_at <= arrived[upload.deliverable_id].began_at:
            upload.removed_at = None if upload in arrived.values() else now  # a newer file took its place
    for deliverable in deliverables_of(session, challenge.id):
        if new := arrived.get(deliverable.id):
            new.handed_in_at = now
            session.add(_file_of(version, new))
        elif earlier := kept.get(deliverable.id):
            session.add(_same_file(version, earlier))
        elif deliverable.required:
            raise Refusal(
                f"“{deliverable.title}” is still missing. Upload it, then hand in everything together.", field="file"
            )
    session.flush()
    note(
        session, by, "submission.handed_in", version, now, challenge.season_id,
        challenge=challenge.number, version=version.number,
    )  # fmt: skip
    return version


def _arrived(
    session: Session, uploads: Sequence[Upload], chosen: Mapping[UUID, StoredFile | None]
) -> Mapping[UUID, Upload]:
    """The newest upload of each deliverable, every one of which is there and is what its name says."""
    newest = {upload.deliverable_id: upload for upload in uploads}
    for upload in newest.values():
        stored = chosen[upload.id]
        if stored is None:
            raise Refusal(
                f"“{upload.file_name}” has not arrived in the store. Wait until the upload is complete, "
                "or take it off the list and upload it again; then hand in.",
                field="file",
            )
        note_arrival(upload, stored)
        if upload.store_version_id != stored.version_id:
            raise Refusal("Another file arrived in the same place meanwhile. Load the page again.", field="file")
        kind = KINDS[session.get_one(Deliverable, upload.deliverable_id).kind]
        if stored.size == 0:
            raise Refusal(
                f"“{upload.file_name}” is empty. Take it off the list and upload the right file.", field="file"
            )
        if not is_of_kind(stored, kind):
            raise Refusal(wrong_content(upload, kind), field="file")
    return newest


def _was_in_flight(deadline: Deadline, uploads: Iterable[Upload], now: datetime) -> bool:
    """Whether every file began before the due instant, its content fixed by then, and one was still travelling at it.

    A plain form fixes no content when it begins: what it sends could have been written after the due instant.
    """
    files = list(uploads)
    return (
        now < deadline.flight_until
        and all(upload.claimed_sha256 for upload in files)
        and all(upload.began_at < deadline.due_at for upload in files)
        and any(upload.arrived_at is not None and upload.arrived_at >= deadline.due_at for upload in files)
    )


def _file_of(version: Version, upload: Upload) -> VersionFile:
    return VersionFile(
        version_id=version.id, deliverable_id=upload.deliverable_id, upload_id=upload.id, key=upload.key,
        store_version_id=upload.store_version_id or "", file_name=upload.file_name, content_type=upload.content_type,
        size=upload.size or 0, claimed_sha256=upload.claimed_sha256,
    )  # fmt: skip


def _same_file(version: Version, file: VersionFile) -> VersionFile:
    return VersionFile(**{**file.model_dump(exclude={"id"}), "version_id": version.id})


def latest_version(session: Session, submission_id: UUID) -> Version | None:
    """The one that counts."""
    return session.exec(
        select(Version).where(Version.submission_id == submission_id).order_by(col(Version.number).desc()).limit(1)
    ).first()


def accept_in_time(session: Session, challenge: Challenge, by: Person, now: datetime) -> list[Version]:
    """After more time was given: what was late or in flight and lies before its entry's due instant now is in time."""
    rows = session.exec(
        select(Version, Submission.entry_id)
        .join(Submission, col(Submission.id) == col(Version.submission_id))
        .where(Submission.challenge_id == challenge.id, or_(col(Version.was_late), col(Version.was_in_flight)))
    ).all()
    dues = {one: deadline.due_at for one, deadline in deadlines_of(session, challenge, [e for _, e in rows]).items()}
    accepted = [version for version, entry_id in rows if version.handed_in_at < dues[entry_id]]
    for version, entry_id in rows:
        if version in accepted:
            version.was_late, version.was_in_flight, version.due_at = False, False, dues[entry_id]
            note(
                session, by, "submission.in_time", version, now, challenge.season_id,
                challenge=challenge.number, version=version.number,
            )  # fmt: skip
    session.flush()
    return accepted


def uninspected(session: Session, most: int = 200) -> list[Version]:
    """Versions whose files the worker has still to read, oldest first."""
    waiting = select(Version).where(col(Version.inspected_at).is_(None)).order_by(col(Version.handed_in_at)).limit(most)
    return list(session.exec(waiting))


def note_checksums(
    session: Session, version: Version, computed: Mapping[UUID, str], now: datetime
) -> list[VersionFile]:
    """Write down the SHA-256 that the worker computed for each file; gives those that differ from the claim."""
    files = files_of(session, [version.id])[version.id]
    for file in files:
        if file.computed_sha256 is None:
            file.computed_sha256, file.verified_at = computed[file.id], now
    version.inspected_at = version.inspected_at or now
    return [file for file in files if file.differs]


def is_last() -> ColumnElement[bool]:
    """In a query over versions: it is the one that counts of its submission."""
    other = aliased(Version)
    newer = exists().where(col(other.submission_id) == col(Version.submission_id), col(other.number) > Version.number)
    return ~newer


def handed_in(session: Session, challenge_id: UUID) -> list[tuple[Submission, Entry, Team, Version]]:
    """For each entry that handed in, the version that counts; by team name."""
    newest = (
        select(Version.submission_id, func.max(Version.number).label("number"))
        .join(Submission, col(Submission.id) == col(Version.submission_id))
        .where(Submission.challenge_id == challenge_id)
        .group_by(col(Version.submission_id))
        .subquery()
    )
    rows = (
        select(Submission, Entry, Team, Version)
        .join(newest, newest.c.submission_id == col(Submission.id))
        .join(Version, (col(Version.submission_id) == col(Submission.id)) & (col(Version.number) == newest.c.number))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .order_by(Team.name)
    )
    return list(session.exec(rows).all())


def entries_that_handed_in(session: Session, challenge_id: UUID) -> set[UUID]:
    first = select(Submission.entry_id).join(Version, col(Version.submission_id) == col(Submission.id))
    return set(session.exec(first.where(Submission.challenge_id == challenge_id, Version.number == 1)))


def find_version_for(
    session: Session, version_id: UUID, person_id: UUID
) -> tuple[Version, Submission, Challenge, Team]:
    """A version for the members of its team and the organizers of its season."""
    found = session.exec(
        select(Version, Submission, Challenge, Team)
        .join(Submission, col(Submission.id) == col(Version.submission_id))
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(Version.id == version_id)
    ).first()
    if found is None:
        raise NotYours
    version, submission, challenge, team = found
    if team_of(session, challenge.season_id, person_id) == team or role_of(
        session, challenge.season_id, person_id, RoleKind.ORGANIZER
    ):
        return version, submission, challenge, team
    raise NotYours


def find_file(session: Session, version_id: UUID, file_id: UUID) -> VersionFile:
    file = session.get(VersionFile, file_id)
    if file is None or file.version_id != version_id:
        raise NotYours
    return file
