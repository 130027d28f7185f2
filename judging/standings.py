"""Standings: the ranking of a challenge by the weighted mean of its scoresheets, and who shares a place."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlmodel import Session, col, func, select

from challenges.challenges import Challenge
from challenges.rubrics import Scale, scales_of
from challenges.versions import handed_in
from judging.composite import Box, composite, mean, published
from judging.panels import Assignment, Panelist
from judging.scoring import Mark, Scoresheet

Levels = Mapping[UUID, int | None]
"""The half points of one scoresheet by criterion."""


@dataclass(frozen=True)
class Standing:
    """One submission in the ranking. Without a handed-in scoresheet it has neither score nor place."""

    submission_id: UUID
    team_id: UUID
    team: str
    place: int | None
    shared: bool
    score: Decimal | None
    assigned: int
    readings: int


@dataclass(frozen=True)
class Placing:
    """What everybody may read of a released result: the place. The score is there for the entry's own members only."""

    place: int | None
    shared: bool
    team: str
    is_own: bool
    score: Decimal | None

    @classmethod
    def of(cls, standing: Standing, own_team_id: UUID | None) -> "Placing":
        is_own = standing.team_id == own_team_id
        return cls(standing.place, standing.shared, standing.team, is_own, standing.score if is_own else None)


def standings_of(session: Session, challenge: Challenge) -> list[Standing]:
    """Best first; equal published scores share a place ("1224"); who has no score stands below, by name."""
    scales = scales_of(session, challenge.rubric_version_id)
    readings, assigned = readings_of(session, challenge.id), _assigned(session, challenge.id)
    scored = [
        (score_of(scales, list(readings.get(submission.id, {}).values())), submission.id, team)
        for submission, _, team, _ in handed_in(session, challenge.id)
    ]
    scored.sort(key=lambda row: (row[0] is None, -(row[0] or 0), row[2].name_key))
    sharing = Counter(score for score, *_ in scored)
    places: dict[Decimal | None, int] = {}
    for at, (score, *_) in enumerate(scored, 1):
        places.setdefault(score, at)
    return [
        Standing(
            submission_id=submission_id, team_id=team.id, team=team.name,
            place=None if score is None else places[score],
            shared=score is not None and sharing[score] > 1, score=score, assigned=assigned.get(submission_id, 0),
            readings=len(readings.get(submission_id, {})),
        )
        for score, submission_id, team in scored
    ]  # fmt: skip


def readings_of(session: Session, challenge_id: UUID) -> dict[UUID, dict[UUID, Levels]]:
    """The handed-in scoresheets that count: submission → scoresheet → levels."""
    rows = session.exec(
        select(Assignment.submission_id, Mark.scoresheet_id, Mark.criterion_id, Mark.half_points)
        .join(Scoresheet, col(Scoresheet.id) == col(Mark.scoresheet_id))
        .join(Assignment, col(Assignment.id) == col(Scoresheet.assignment_id))
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .where(
            Panelist.challenge_id == challenge_id,
            col(Assignment.ended_at).is_(None),
            col(Scoresheet.handed_in_at).is_not(None),
        )
    )
    found: dict[UUID, dict[UUID, dict[UUID, int | None]]] = {}
    for submission_id, sheet_id, criterion_id, half_points in rows:
        found.setdefault(submission_id, {}).setdefault(sheet_id, {})[criterion_id] = half_points
    return {submission_id: dict(sheets) for submission_id, sheets in found.items()}


def _assigned(session: Session, challenge_id: UUID) -> dict[UUID, int]:
    counts = (
        select(Assignment.submission_id, func.count())
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .where(Panelist.challenge_id == challenge_id, col(Assignment.ended_at).is_(None))
        .group_by(col(Assignment.submission_id))
    )
    return dict(session.exec(counts).all())


def score_of(scales: Sequence[Scale], sheets: Sequence[Levels]) -> Decimal | None:
    """The published score of one submission: the mean of its composites, rounded once."""
    return published(mean(_composite(scales, levels) for levels in sheets)) if sheets else None


def _composite(scales: Sequence[Scale], levels: Levels) -> Fraction:
    return composite(
        [Box(scale.criterion.weight, scale.low, scale.high, levels[scale.criterion.id]) for scale in scales]
    )
