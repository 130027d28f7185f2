"""Briefs: the text of a challenge, in versions; a change after publication is an amendment with a note."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from challenges.challenges import Challenge
from challenges.history import note as leave_trace
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import Conflict, Refusal
from challenges.seasons import Season
from challenges.states import Deed


class Brief(Record, table=True):
    """One version of the text. Number 1 is what was published; amendment n is number n + 1."""

    __table_args__ = (UniqueConstraint("challenge_id", "number"),)

    challenge_id: UUID = Field(foreign_key="challenge.id")
    number: int
    text: str
    """Markdown."""
    note: str = ""
    written_by: UUID = Field(foreign_key="person.id")
    written_at: datetime = Field(sa_type=Instant)

    @property
    def mark(self) -> str:
        """Names this very text: a page that changes it says which one it showed."""
        return f"{self.number} {self.written_at.isoformat()}"

    @property
    def amendment(self) -> int:
        return self.number - 1


def write(
    session: Session, challenge: Challenge, text: str, by: Person, now: datetime, seen: str | None = None
) -> Brief:
    """Write the brief of a challenge that nobody has seen yet. `seen` is the `mark` of the text the page showed."""
    lock(session, challenge)
    if challenge.is_released(now):
        raise Refusal("This brief is released. Amend it, with a note that says what changed.", field="brief")
    before = brief_of(session, challenge.id)
    _check_seen(before, seen)
    brief = before or Brief(challenge_id=challenge.id, number=1, text="", written_by=by.id, written_at=now)
    brief.text, brief.written_by, brief.written_at = _text(text), by.id, now
    session.add(brief)
    session.flush()
    leave_trace(session, by, "brief.written", brief, now, challenge.season_id, challenge=challenge.number)
    return brief


def amend(
    session: Session, challenge: Challenge, text: str, note: str, by: Person, now: datetime, seen: str | None = None
) -> Brief:
    """Change a published brief, and say why; the earlier text stays readable."""
    session.get_one(Season, challenge.season_id).check(Deed.PREPARE, now)
    lock(session, challenge)
    latest = brief_of(session, challenge.id)
    if latest is None or not challenge.is_released(now):
        raise Refusal("Nobody has read this brief yet. Just write it anew.", field="brief")
    _check_seen(latest, seen)
    if not note.strip():
        raise Refusal("Say in a sentence what changed and why; every team will read it.", field="note")
    if _text(text) == latest.text:
        raise Refusal("The text is the same as before, so there is nothing to amend.", field="brief")
    amended = Brief(
        challenge_id=challenge.id, number=latest.number + 1, text=_text(text), note=note.strip(),
        written_by=by.id, written_at=now,
    )  # fmt: skip
    session.add(amended)
    session.flush()
    leave_trace(
        session, by, "brief.amended", amended, now, challenge.season_id,
        challenge=challenge.number, amendment=amended.amendment,
    )  # fmt: skip
    return amended


def _check_seen(latest: Brief | None, seen: str | None) -> None:
    if latest and seen is not None and seen != latest.mark:
        raise Conflict(
            "Another organizer saved this brief while you wrote. Your text is still here, and nothing was overwritten. "
            "Look at theirs in another window, then save again to put yours in its place.",
            field="brief",
        )


def _text(text: str) -> str:
    if not text.strip():
        raise Refusal("A challenge needs a brief: what is the problem, and for whom?", field="brief")
    return text.strip()


def brief_of(session: Session, challenge_id: UUID) -> Brief | None:
    """The version that counts now."""
    return session.exec(
        select(Brief).where(Brief.challenge_id == challenge_id).order_by(col(Brief.number).desc()).limit(1)
    ).first()


def current_brief(session: Session, challenge_id: UUID) -> Brief:
    """The same for a published challenge, which always has one."""
    if brief := brief_of(session, challenge_id):
        return brief
    raise LookupError(f"challenge {challenge_id} has no brief")


def versions_of(session: Session, challenge_id: UUID) -> list[Brief]:
    """Oldest first."""
    return list(session.exec(select(Brief).where(Brief.challenge_id == challenge_id).order_by(col(Brief.number))))
