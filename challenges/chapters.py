"""Chapters: the story of a season, told bit by bit; what a challenge must not give away is told with its release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, delete, or_, select

from challenges.challenges import Challenge, released_by
from challenges.history import note
from challenges.people import Person, clean_name
from challenges.records import Record, lock
from challenges.refusals import Conflict, Refusal
from challenges.seasons import YEARS, Season
from challenges.states import Deed

MOST_CHAPTERS = 40
LONGEST = 50_000


class Chapter(Record, table=True):
    """One piece of the story. It waits for its day and for its challenge, if it has them."""

    __table_args__ = (UniqueConstraint("season_id", "position"),)

    season_id: UUID = Field(foreign_key="season.id")
    position: int
    title: str = Field(max_length=80)
    text: str
    """Markdown."""
    challenge_id: UUID | None = Field(default=None, foreign_key="challenge.id")
    """Hidden until this challenge is released."""
    from_day: date | None = None
    """Hidden until this day begins in the season's zone."""


@dataclass(frozen=True)
class ChapterText:
    """What an organizer writes; the challenge by its number."""

    title: str
    text: str
    challenge: int | None = None
    from_day: date | None = None


def tell(
    session: Session, season: Season, texts: Sequence[ChapterText], by: Person, now: datetime, seen: str | None = None
) -> list[Chapter]:
    """The whole story in this order, in place of what was told before. `seen` is the `mark_of` the page showed.

    Refused with the field, as in `chapters-2-title`.
    """
    season.check(Deed.DESCRIBE, now)
    lock(session, season)
    if seen is not None and seen != mark_of(written_of(session, season.id)):
        raise Conflict(
            "Another organizer saved the story while you wrote. Your text is still here, and nothing was overwritten. "
            "Look at theirs in another window, then save again to put yours in its place."
        )
    if len(texts) > MOST_CHAPTERS:
        raise Refusal(f"A story has at most {MOST_CHAPTERS} chapters.", field=f"chapters-{MOST_CHAPTERS + 1}-title")
    numbers = _numbers(session, season.id)
    chapters = [_chapter(season, at, text, numbers) for at, text in enumerate(texts, 1)]
    session.exec(delete(Chapter).where(col(Chapter.season_id) == season.id))
    session.add_all(chapters)
    session.flush()
    note(session, by, "story.told", season, now, season.id, chapters=len(chapters))
    return chapters


def _chapter(season: Season, at: int, text: ChapterText, numbers: dict[int, UUID]) -> Chapter:
    field = f"chapters-{at}"
    title = clean_name(text.title, field=f"{field}-title", called="title")
    if not text.text.strip():
        raise Refusal("Write what this chapter tells.", field=f"{field}-text")
    if len(text.text) > LONGEST:
        raise Refusal(f"A chapter is at most {LONGEST:,} characters long.", field=f"{field}-text")
    if text.challenge is not None and text.challenge not in numbers:
        raise Refusal(f"This season has no challenge {text.challenge}.", field=f"{field}-challenge")
    if text.from_day and text.from_day.year not in YEARS:
        raise Refusal(f"Write a year from {YEARS[0]} to {YEARS[-1]}.", field=f"{field}-from_day")
    challenge_id = None if text.challenge is None else numbers[text.challenge]
    return Chapter(
        season_id=season.id, position=at, title=title, text=text.text.strip(), challenge_id=challenge_id,
        from_day=text.from_day,
    )  # fmt: skip


def chapters_of(session: Session, season: Season, now: datetime) -> list[Chapter]:
    """What everybody may read now, in order. Whoever shows it sees the season itself."""
    today = now.astimezone(ZoneInfo(season.zone)).date()
    told = (
        select(Chapter)
        .join(Challenge, col(Challenge.id) == col(Chapter.challenge_id), isouter=True)
        .where(
            Chapter.season_id == season.id,
            or_(col(Chapter.challenge_id).is_(None), released_by(now)),
            or_(col(Chapter.from_day).is_(None), col(Chapter.from_day) <= today),
        )
    )
    return list(session.exec(told.order_by(col(Chapter.position))))


def written_of(session: Session, season_id: UUID) -> list[ChapterText]:
    """Everything, as it was written: only for organizers."""
    rows = (
        select(Chapter, Challenge.number)
        .join(Challenge, col(Challenge.id) == col(Chapter.challenge_id), isouter=True)
        .where(Chapter.season_id == season_id)
        .order_by(col(Chapter.position))
    )
    return [ChapterText(each.title, each.text, number, each.from_day) for each, number in session.exec(rows)]


def mark_of(texts: Sequence[ChapterText]) -> str:
    """Names this very story: a page that changes it says which one it showed."""
    return sha256(repr(list(texts)).encode()).hexdigest()[:16]


def _numbers(session: Session, season_id: UUID) -> dict[int, UUID]:
    return dict(session.exec(select(Challenge.number, Challenge.id).where(Challenge.season_id == season_id)).all())
