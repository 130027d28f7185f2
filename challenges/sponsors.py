"""Sponsors: who helps a season, in the order in which its organizers name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, delete, select

from challenges.history import note
from challenges.people import Person, clean_name
from challenges.records import Record, lock
from challenges.refusals import Refusal
from challenges.seasons import Season
from challenges.states import Deed

MOST_SPONSORS = 30


class Sponsor(Record, table=True):
    """Public with the season."""

    __table_args__ = (UniqueConstraint("season_id", "position"),)

    season_id: UUID = Field(foreign_key="season.id")
    position: int
    name: str = Field(max_length=80)
    link: str = Field(default="", max_length=300)
    line: str = Field(default="", max_length=200)
    """What they do for the season, in one line."""


@dataclass(frozen=True)
class SponsorText:
    name: str
    link: str = ""
    line: str = ""


def thank(
    session: Session, season: Season, texts: Sequence[SponsorText], by: Person, now: datetime
) -> list[Sponsor]:  # fmt: skip
    """All sponsors in this order, in place of those named before. Refused with the field, as in `sponsors-2-link`."""
    season.check(Deed.DESCRIBE, now)
    lock(session, season)
    if len(texts) > MOST_SPONSORS:
        raise Refusal(f"At most {MOST_SPONSORS} sponsors are shown.", field=f"sponsors-{MOST_SPONSORS + 1}-name")
    sponsors = [_sponsor(season, at, text) for at, text in enumerate(texts, 1)]
    session.exec(delete(Sponsor).where(col(Sponsor.season_id) == season.id))
    session.add_all(sponsors)
    session.flush()
    note(session, by, "sponsors.named", season, now, season.id, sponsors=len(sponsors))
    return sponsors


def _sponsor(season: Season, at: int, text: SponsorText) -> Sponsor:
    field = f"sponsors-{at}"
    line = clean_name(text.line, field=f"{field}-line", longest=200) if text.line.strip() else ""
    return Sponsor(
        season_id=season.id, position=at, name=clean_name(text.name, field=f"{field}-name"),
        link=_link(text.link, f"{field}-link"), line=line,
    )  # fmt: skip


def _link(text: str, field: str) -> str:
    """A web address and nothing that a browser would run."""
    link = text.strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web or not link.isprintable() or " " in link:
        raise Refusal("Write the whole web address, such as https://example.org.", field=field)
    if len(link) > 300:
        raise Refusal("That is longer than 300 characters.", field=field)
    return link


def sponsors_of(session: Session, season_id: UUID) -> list[Sponsor]:
    """In their order."""
    return list(session.exec(select(Sponsor).where(Sponsor.season_id == season_id).order_by(col(Sponsor.position))))
