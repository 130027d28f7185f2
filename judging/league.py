"""League: the table of a season in which points add up, over the challenges that are asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, select

from challenges.challenges import Challenge
from challenges.entries import Entry
from challenges.rubrics import rubrics_of
from challenges.submissions import Submission
from challenges.teams import Team
from challenges.versions import Version, is_last
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
    # Of thousands of entries no more is read than the table needs.
    taking_part = (
        select(Entry.id, Team.id, Team.name, Team.name_key)
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(Entry.season_id == season_id, col(Entry.withdrawn_at).is_(None))
    )
    sums = []
    for entry_id, team_id, team, name_key in session.exec(taking_part):
        own = tuple(results[challenge.id].get(entry_id) for challenge in challenges)
        points = sum((result.points for result in own if result), Decimal("0.0"))
        sums.append((points, name_key, entry_id, team_id, team, own))
    sums.sort(key=lambda row: (-row[0], row[1]))
    places = places_of([points for points, *_ in sums])
    return [
        Line(places[points][0], places[points][1] > 1, entry_id, team_id, team, points, own)
        for points, _, entry_id, team_id, team, own in sums
    ]


def _results(session: Session, challenges: Sequence[Challenge]) -> Mapping[UUID, Mapping[UUID, Result]]:
    """Challenge → entry → result."""
    by_id = {challenge.id: challenge for challenge in challenges}
    rubrics = rubrics_of(session, {challenge.rubric_version_id for challenge in challenges})
    readings = readings_of(session, *by_id)
    scores: dict[UUID, dict[UUID, Decimal]] = {challenge_id: {} for challenge_id in by_id}
    designs = (
        select(Submission.id, Submission.entry_id, Submission.challenge_id, Version.was_late)
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .where(col(Submission.challenge_id).in_(by_id), is_last())
    )
    for submission_id, entry_id, challenge_id, was_late in session.exec(designs):
        challenge, sheets = by_id[challenge_id], list(readings.get(submission_id, {}).values())
        if made := score_of(rubrics[challenge.rubric_version_id], sheets, challenge.penalty * was_late):
            scores[challenge_id][entry_id] = made.published
    found: dict[UUID, dict[UUID, Result]] = {}
    for challenge_id, own in scores.items():
        places = places_of(sorted(own.values(), reverse=True))
        found[challenge_id] = {entry_id: Result(places[points][0], points) for entry_id, points in own.items()}
    return found
