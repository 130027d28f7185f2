"""Terms: a season's rules and its code of conduct, in versions, and who accepted which of them and when."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, UniqueConstraint
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, col, exists, select

from challenges.history import note
from challenges.people import Person, clean_name
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.states import Deed


class TermsKind(StrEnum):
    RULES = "rules"
    CONDUCT = "conduct"

    @property
    def heading(self) -> str:
        return {TermsKind.RULES: "Rules", TermsKind.CONDUCT: "Code of conduct"}[self]

    @property
    def called(self) -> str:
        """Within a sentence."""
        return self.heading.lower()


class Terms(Record, table=True):
    """One version of a text. Once the season is announced it stays as it is, and a change is the next version."""

    __table_args__ = (UniqueConstraint("season_id", "kind", "number"),)

    season_id: UUID = Field(foreign_key="season.id")
    kind: str = Field(max_length=16)
    number: int
    text: str
    """Markdown."""
    note: str = Field(default="", max_length=300)
    """What changed, in the writer's words; the first version has none."""
    written_by: UUID = Field(foreign_key="person.id")
    written_at: datetime = Field(sa_type=Instant)


class Acceptance(Record, table=True):
    """A person has accepted this very version."""

    __table_args__ = (UniqueConstraint("person_id", "terms_id"),)

    person_id: UUID = Field(foreign_key="person.id")
    terms_id: UUID = Field(foreign_key="terms.id", index=True)
    accepted_at: datetime = Field(sa_type=Instant)


def write(
    session: Session, season: Season, kind: TermsKind, text: str, change: str, by: Person, now: datetime
) -> Terms:
    """Say the rules or the code of conduct. Writing the same again changes nothing.

    In a draft season it is still the first version. After that every change is a version of its own with a note, and
    whoever accepted an earlier one is asked again.
    """
    season.check(Deed.DESCRIBE, now)
    lock(session, season)
    written = text.strip()
    if not written:
        raise Refusal(f"Write the {kind.called}; a few sentences are enough.", field="text")
    latest = current(session, season.id).get(kind)
    if latest and latest.text == written:
        return latest
    if latest and season.announced_at is None:
        latest.text, latest.written_by, latest.written_at = written, by.id, now
        session.flush()
        return latest
    said = clean_name(change, field="note", longest=300, called="note that says what changed") if latest else ""
    version = Terms(
        season_id=season.id, kind=kind, number=latest.number + 1 if latest else 1, text=written, note=said,
        written_by=by.id, written_at=now,
    )  # fmt: skip
    session.add(version)
    session.flush()
    note(session, by, "terms.written", version, now, season.id, what=kind.called, number=version.number)
    return version


def accept(session: Session, season: Season, person: Person, shown: Collection[UUID], now: datetime) -> None:
    """The person accepts every text of the season as it stands now. `shown`: the versions that they ticked.

    Refused where one is missing, or was replaced while they read; accepting twice accepts once.
    """
    for version in unaccepted(session, season.id, person.id):
        kind = TermsKind(version.kind)
        if version.id not in shown:
            if _holds_an_earlier(session, version, shown):
                raise Refusal(
                    f"The {kind.called} changed while you read: version {version.number} is new. Please read it.",
                    field=kind,
                )
            raise Refusal(f"Read the {kind.called} and tick the box: everybody who takes part does.", field=kind)
        session.add(Acceptance(person_id=person.id, terms_id=version.id, accepted_at=now))
        note(session, person, "terms.accepted", version, now, season.id, what=kind.called, number=version.number)
    session.flush()


def _holds_an_earlier(session: Session, version: Terms, shown: Iterable[UUID]) -> bool:
    earlier = select(Terms.id).where(
        Terms.season_id == version.season_id, Terms.kind == version.kind, col(Terms.id).in_(shown)
    )
    return session.exec(earlier).first() is not None


def unaccepted(session: Session, season_id: UUID, person_id: UUID) -> list[Terms]:
    """The texts in force that this person has not accepted in this version."""
    return [version for version, at in in_force_for(session, season_id, person_id) if at is None]


def in_force_for(session: Session, season_id: UUID, person_id: UUID) -> list[tuple[Terms, datetime | None]]:
    """The texts in force, rules first, and when this person accepted each in this version."""
    both = (
        select(Terms, Acceptance.accepted_at)
        .join(
            Acceptance,
            (col(Acceptance.terms_id) == col(Terms.id)) & (col(Acceptance.person_id) == person_id),
            isouter=True,
        )
        .where(Terms.season_id == season_id, _is_in_force())
        .order_by(col(Terms.kind).desc())
    )
    return list(session.exec(both).all())


def current(session: Session, season_id: UUID) -> dict[TermsKind, Terms]:
    """The version in force of each text that the season has."""
    newest = select(Terms).where(Terms.season_id == season_id, _is_in_force())
    return {TermsKind(one.kind): one for one in session.exec(newest)}


def _is_in_force() -> ColumnElement[bool]:
    later = aliased(Terms)
    return ~exists().where(
        col(later.season_id) == col(Terms.season_id), col(later.kind) == col(Terms.kind),
        col(later.number) > col(Terms.number),
    )  # fmt: skip


def versions_of(session: Session, season_id: UUID, kind: TermsKind) -> list[Terms]:
    """Newest first."""
    every = select(Terms).where(Terms.season_id == season_id, Terms.kind == kind)
    return list(session.exec(every.order_by(col(Terms.number).desc())))


def find_version(session: Session, season_id: UUID, kind: TermsKind, number: int) -> Terms:
    wanted = select(Terms).where(Terms.season_id == season_id, Terms.kind == kind, Terms.number == number)
    version = session.exec(wanted).first()
    if version is None:
        raise NotYours
    return version


def acceptances_of(
    session: Session, season_id: UUID, among: Collection[UUID] | None = None
) -> dict[UUID, list[tuple[Terms, datetime]]]:
    """By person, the versions they accepted and when, oldest first; `among` these people, or of everybody."""
    accepted = (
        select(Acceptance.person_id, Acceptance.accepted_at, Terms)
        .join(Terms, col(Terms.id) == col(Acceptance.terms_id))
        .where(Terms.season_id == season_id)
        .order_by(col(Terms.kind).desc(), col(Terms.number))
    )
    if among is not None:
        accepted = accepted.where(col(Acceptance.person_id).in_(among))
    found: dict[UUID, list[tuple[Terms, datetime]]] = {}
    for person_id, at, version in session.exec(accepted):
        found.setdefault(person_id, []).append((version, at))
    return found
