"""History: who did what, when, on which thing, written in the transaction of the deed itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, and_, or_
from sqlmodel import Field, Session, col, select

from challenges.people import Person
from challenges.records import Instant, Record
from challenges.refusals import NotYours

MARKED = "scoresheet.marked"
"""The one deed that is done hundreds of times an evening."""


class Trace(Record, table=True):
    """One deed. Traces are only ever added."""

    at: datetime = Field(sa_type=Instant, index=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id")
    """None where the platform itself acted."""
    season_id: UUID | None = Field(default=None, index=True)
    deed: str = Field(max_length=64)
    thing: str = Field(max_length=64)
    thing_id: UUID
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


def note(
    session: Session,
    by: Person | UUID | None,
    deed: str,
    thing: Record,
    now: datetime,
    season_id: UUID | None = None,
    **facts: Any,
) -> None:
    """Leave a trace. `deed` reads like `scoresheet.handed_in`; facts are small, and hold neither secrets nor texts."""
    session.add(
        Trace(
            at=now, person_id=by.id if isinstance(by, Person) else by, season_id=season_id,
            deed=deed, thing=type(thing).__name__.lower(), thing_id=thing.id, facts=facts,
        )
    )  # fmt: skip


def of_season(
    session: Session, season_id: UUID, after: UUID | None = None, most: int = 50
) -> list[tuple[Trace, Person | None]]:
    """The latest deeds of a season, newest first, without every saved mark; goes on `after` the last one read."""
    traces = (
        select(Trace, Person)
        .join(Person, col(Person.id) == col(Trace.person_id), isouter=True)
        .where(Trace.season_id == season_id, Trace.deed != MARKED)
        .order_by(col(Trace.at).desc(), col(Trace.id))
        .limit(most)
    )
    if after:
        last = session.get(Trace, after)
        if last is None or last.season_id != season_id:
            raise NotYours
        # One request does many deeds at one instant, so the instant alone would skip some.
        traces = traces.where(or_(col(Trace.at) < last.at, and_(col(Trace.at) == last.at, col(Trace.id) > last.id)))
    return list(session.exec(traces).all())
