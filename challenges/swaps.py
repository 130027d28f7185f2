"""Swaps: each entry goes on from another entry's design; who got whose is drawn once and recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random, SystemRandom
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from challenges.challenges import Challenge
from challenges.entries import Entry, entries_of
from challenges.history import note
from challenges.outcomes import Outcome, OutcomeKind
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.states import Deed
from challenges.submissions import Submission
from challenges.teams import Team
from challenges.versions import Version, VersionFile, files_of, handed_in


class Swap(Record, table=True):
    """What one entry received: the very version that counted when it was drawn."""

    __table_args__ = (UniqueConstraint("challenge_id", "entry_id"),)

    challenge_id: UUID = Field(foreign_key="challenge.id")
    entry_id: UUID = Field(foreign_key="entry.id", index=True)
    from_entry_id: UUID = Field(foreign_key="entry.id")
    version_id: UUID = Field(foreign_key="version.id")
    drawn_at: datetime = Field(sa_type=Instant)


def draw(
    session: Session, challenge: Challenge, by: Person | None, now: datetime, chance: Random | None = None
) -> list[Swap]:
    """Draw who goes on from whose design; nobody gets their own. Drawing again draws for those who came later.

    Whoever is still in receives one. An entry without a design of its own gets one of a team that is out, or else one
    that another entry has as well. `by` is None where the platform draws, because the release has come.
    """
    lock(session, challenge)
    if not challenge.is_swap or challenge.builds_on is None:
        raise Refusal("This challenge does not swap designs.")
    session.get_one(Season, challenge.season_id).check(Deed.PREPARE, now)
    earlier = session.get_one(Challenge, challenge.builds_on)
    if now < earlier.settled_at:
        raise Refusal(f"Designs for challenge {earlier.number} can still arrive. Draw when that is over.")
    designs = {entry.id: version for _, entry, _, version in handed_in(session, earlier.id)}
    receivers, already = still_in(session, challenge, now), _kept(session, challenge, designs)
    if already and {swap.entry_id for swap in already} >= set(receivers):
        return already
    if len(receivers) < 2 or not designs:
        raise Refusal("A swap needs two entries that are still in, and a design for each from somebody else.")
    if already:  # who came after the draw gets a design that another entry has as well
        late = [receiver for receiver in receivers if receiver not in {swap.entry_id for swap in already}]
        pairs = {one: _somebody_elses(one, list(designs), chance or SystemRandom()) for one in late}
    else:
        pairs = _paired(receivers, list(designs), chance or SystemRandom())
    swaps = [
        Swap(
            challenge_id=challenge.id, entry_id=receiver, from_entry_id=author, version_id=designs[author].id,
            drawn_at=now,
        )
        for receiver, author in pairs.items()
    ]  # fmt: skip
    session.add_all(swaps)
    session.flush()
    note(session, by, "swap.drawn", challenge, now, challenge.season_id, challenge=challenge.number, entries=len(swaps))
    return sorted([*already, *swaps], key=lambda swap: swap.id)


def _kept(session: Session, challenge: Challenge, designs: Mapping[UUID, Version]) -> list[Swap]:
    """What was drawn from the challenge that it swaps from now; a draw from another one is forgotten."""
    drawn = swaps_of(session, challenge.id)
    submissions = {version.submission_id for version in designs.values()}
    kept = [swap for swap in drawn if session.get_one(Version, swap.version_id).submission_id in submissions]
    for swap in drawn:
        if swap not in kept:
            session.delete(swap)
    session.flush()
    return kept


def _somebody_elses(receiver: UUID, authors: Sequence[UUID], chance: Random) -> UUID:
    others = [author for author in authors if author != receiver]
    if not others:
        raise Refusal("Only one design was handed in, so its own team would have to receive it.")
    return chance.choice(others)


def still_in(session: Session, challenge: Challenge, now: datetime) -> list[UUID]:
    """Entries that everybody will know to be in when the challenge is released: nobody learns more from a swap."""
    known_at = max(now, challenge.release_at or now)
    out = set(
        session.exec(
            select(Outcome.entry_id)
            .join(Challenge, col(Challenge.id) == col(Outcome.challenge_id))
            .where(Challenge.season_id == challenge.season_id, Outcome.kind == OutcomeKind.LEAVES)
            .where(col(Outcome.public_at) <= known_at)
        )
    )
    return [
        entry.id
        for entry, _ in entries_of(session, challenge.season_id)
        if not entry.withdrawn_at and entry.id not in out
    ]


def _paired(receivers: Sequence[UUID], authors: Sequence[UUID], chance: Random) -> dict[UUID, UUID]:
    """One author for each receiver and never the same: one cycle through all who have a design (Sattolo 1986)."""
    cycle = [receiver for receiver in receivers if receiver in set(authors)]
    outside = [author for author in authors if author not in set(receivers)]
    chance.shuffle(outside)
    shifted = list(cycle)
    for at in range(len(shifted) - 1, 0, -1):
        other = chance.randrange(at)
        shifted[at], shifted[other] = shifted[other], shifted[at]
    pairs = dict(zip(cycle, shifted, strict=True))
    if len(cycle) == 1:  # alone with a design: its own must go to somebody else
        pairs = {cycle[0]: outside.pop()} if outside else {}
        if not pairs:
            raise Refusal("Only one design was handed in, so its own team would have to receive it.")
    for receiver in receivers:
        if receiver not in pairs:
            pairs[receiver] = outside.pop() if outside else _somebody_elses(receiver, authors, chance)
    return pairs


def swaps_of(session: Session, challenge_id: UUID) -> list[Swap]:
    return list(session.exec(select(Swap).where(Swap.challenge_id == challenge_id).order_by(col(Swap.id))))


def undrawn(session: Session, now: datetime) -> list[Challenge]:
    """Released challenges that swap designs and have not been drawn: the platform does it then."""
    drawn = select(Swap.challenge_id)
    waiting = select(Challenge).where(
        col(Challenge.is_swap), col(Challenge.release_at) <= now, col(Challenge.on_hold).is_(False),
        col(Challenge.scheduled_at).is_not(None), Challenge.due_at > now, col(Challenge.id).not_in(drawn),
    )  # fmt: skip
    return list(session.exec(waiting))


def received_by(
    session: Session, challenge: Challenge, entry_id: UUID, now: datetime
) -> tuple[Team, Version, list[VersionFile]] | None:
    """Whose design an entry goes on from, with its files; None before the release and before it is drawn."""
    if not challenge.is_released(now) or not challenge.is_swap:
        return None
    row = session.exec(
        select(Team, Version)
        .join(Entry, col(Entry.team_id) == col(Team.id))
        .join(Submission, col(Submission.entry_id) == col(Entry.id))
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .join(Swap, col(Swap.version_id) == col(Version.id))
        .where(
            Swap.challenge_id == challenge.id,
            Swap.entry_id == entry_id,
            Submission.challenge_id == challenge.builds_on,
        )
    ).first()
    if row is None:
        return None
    team, version = row
    return team, version, files_of(session, [version.id])[version.id]


def find_file_for(session: Session, challenge: Challenge, entry_id: UUID, file_id: UUID, now: datetime) -> VersionFile:
    """A file of the design that this entry received."""
    received = received_by(session, challenge, entry_id, now)
    for file in received[2] if received else ():
        if file.id == file_id:
            return file
    raise NotYours
