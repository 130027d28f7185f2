"""Releases: from when on everybody may read the results of a challenge."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, Session, col, select

from challenges import outcomes
from challenges.challenges import Challenge
from challenges.records import Instant, Record


class FeedbackRelease(Record, table=True):
    """The results of a challenge: its scoresheets stay as they are, and everybody may read from `public_at` on."""

    challenge_id: UUID = Field(foreign_key="challenge.id", unique=True)
    released_by: UUID = Field(foreign_key="person.id")
    released_at: datetime = Field(sa_type=Instant)
    public_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: on hold, until an organizer presses the button on the evening."""

    def is_public(self, now: datetime) -> bool:
        return self.public_at is not None and self.public_at <= now


def release_of(session: Session, challenge_id: UUID) -> FeedbackRelease | None:
    return session.exec(select(FeedbackRelease).where(FeedbackRelease.challenge_id == challenge_id)).first()


def public_release_of(session: Session, challenge_id: UUID, now: datetime) -> FeedbackRelease | None:
    """The release, once everybody may know of it."""
    released = release_of(session, challenge_id)
    return released if released and released.is_public(now) else None


def releases_of(session: Session, season_id: UUID, now: datetime) -> dict[UUID, FeedbackRelease]:
    """By challenge, what everybody may know of a season's results."""
    rows = (
        select(FeedbackRelease)
        .join(Challenge, col(Challenge.id) == col(FeedbackRelease.challenge_id))
        .where(Challenge.season_id == season_id, col(FeedbackRelease.public_at) <= now)
    )
    return {row.challenge_id: row for row in session.exec(rows)}


def is_fixed(session: Session, challenge_id: UUID) -> bool:
    """Whether scoresheets and panel stay as they are: the results are confirmed, or released."""
    return bool(outcomes.of_challenge(session, challenge_id)) or release_of(session, challenge_id) is not None
