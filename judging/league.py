"""League: the table of a season in which points add up, over the challenges that are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, func, select

from challenges.challenges import Challenge
from challenges.entries import entries_of
from challenges.rubrics import rubrics_of
from challenges.submissions import Submission
from challenges.versions import Version
from judging.standings import places_of, readings_of, score_of


@dataclass(frozen=True)
class Result:
    """What one challenge gave to an entry, as its standings say it."""

    place: int
    points: Decimal


@dataclass(frozen=True)
class Line:
    """An entry in the table. A challenge without a result gave nothing, and the table says so."""

    place: int
    shared: bool
    entry_id: UUID
    team_id: UUID
    team: str
    points: Decimal
    results: tuple[Result | None, ...]
    """In the order of the challenges."""


@dataclass(frozen=True)
class PublicLine:
    """What everybody may read of it: places. Points are there for the entry's own members only."""

    place: int
    shared: bool
    team: str
    places: tuple[int | None, ...]
    is_own: bool
    points: Decimal | None

    @classmethod
    def of(cls, line: Line, own_team_id: UUID | None) -> "PublicLine":
        is_own = line.team_id == own_team_id
        places = tuple(result.place if result else None for result in line.results)
        return cls(line.place, line.shared, line.team, places, is_own, line.points if is_own else None)


def table_of(session: Session, season_id: UUID, challenges: Sequence[Challenge]) -> list[Line]:
    """Everybody who takes part, by the sum of their published scores; equal sums share a place.

    As many statements for many challenges as for one.
    """
    results = _results(session, challenges)
    sums = []
    for entry, team in entries_of(session, season_id):
        if entry.withdrawn_at is None:
            own = tuple(results[challenge.id].get(entry.id) for challenge in challenges)
            sums.append((sum((result.points for result in own if result), Decimal("0.0")), entry, team, own))
    sums.sort(key=lambda row: (-row[0], row[2].name_key))
    places = places_of([points for points, *_ in sums])
    return [
        Line(places[points][0], places[points][1] > 1, entry.id, team.id, team.name, points, own)
        for points, entry, team, own in sums
    ]


def _results(session: Session, challenges: Sequence[Challenge]) -> Mapping[UUID, Mapping[UUID, Result]]:
    """Challenge → entry → result."""
    by_id = {challenge.id: challenge for challenge in challenges}
    rubrics = rubrics_of(session, {challenge.rubric_version_id for challenge in challenges})
    readings = readings_of(session, *by_id)
    scores: dict[UUID, dict[UUID, Decimal]] = {challenge_id: {} for challenge_id in by_id}
    for submission, was_late in _designs(session, list(by_id)):
        challenge = by_id[submission.challenge_id]
        sheets = list(readings.get(submission.id, {}).values())
        if made := score_of(rubrics[challenge.rubric_version_id], sheets, challenge.penalty * was_late):
            scores[challenge.id][submission.entry_id] = made.published
    found: dict[UUID, dict[UUID, Result]] = {}
    for challenge_id, own in scores.items():
        places = places_of(sorted(own.values(), reverse=True))
        found[challenge_id] = {entry_id: Result(places[points][0], points) for entry_id, points in own.items()}
    return found


def _designs(session: Session, challenge_ids: Sequence[UUID]) -> list[tuple[Submission, bool]]:
    """Every submission to these challenges, and whether the version of it that counts was late."""
    these = col(Submission.challenge_id).in_(challenge_ids)
    last = (
        select(Version.submission_id, func.max(Version.number).label("number"))
        .join(Submission, col(Submission.id) == col(Version.submission_id))
        .where(these)
        .group_by(col(Version.submission_id))
        .subquery()
    )
    rows = (
        select(Submission, Version.was_late)
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .join(last, (last.c.submission_id == col(Submission.id)) & (last.c.number == col(Version.number)))
        .where(these)
    )
    return list(session.exec(rows).all())
