"""Standings: the ranking of a challenge by the weighted mean of its scoresheets, and who shares a place."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from challenges.challenges import Challenge
from challenges.entries import Entry
from challenges.outcomes import OutcomeKind
from challenges.rubrics import Criterion, Scale, scales_of
from challenges.submissions import Submission
from challenges.teams import Team
from challenges.versions import Version, is_last
from judging.composite import Box, composite, mean, published
from judging.panels import Assignment, Panelist
from judging.scoring import Mark, Scoresheet

Levels = Mapping[int, int | None]
"""The half points of one scoresheet by the criterion’s position, which stays the same in every wording of a rubric."""


@dataclass(frozen=True)
class Score:
    """How one submission's score was made: `raw` - `penalty` = `published`, digit for digit."""

    raw: Decimal
    """The mean of the scoresheets, rounded."""
    penalty: Decimal
    """What being late cost; less than the challenge's penalty where nothing was left to take."""
    published: Decimal

    @classmethod
    def of(cls, exact: Fraction, penalty: int = 0) -> "Score":
        """The penalty is taken from the exact mean, before anything is rounded."""
        raw, score = published(exact), published(max(exact - penalty, Fraction(0)))
        return cls(raw, raw - score, score)


@dataclass(frozen=True)
class Standing:
    """One submission in the ranking. Without a handed-in scoresheet it has neither score nor place."""

    submission_id: UUID
    entry_id: UUID
    team_id: UUID
    team: str
    place: int | None
    shared: bool
    made: Score | None
    assigned: int
    readings: int

    @property
    def score(self) -> Decimal | None:
        return self.made.published if self.made else None


@dataclass(frozen=True)
class Placing:
    """What everybody may read of a released result: the place, and what it means for the entry.

    How its score was made is there for the entry's own members only.
    """

    place: int | None
    """None where nothing was handed in."""
    shared: bool
    team: str
    kind: OutcomeKind | None
    is_own: bool
    made: Score | None

    @classmethod
    def of(cls, standing: Standing, kind: OutcomeKind | None, own_team_id: UUID | None) -> "Placing":
        is_own = standing.team_id == own_team_id
        made = standing.made if is_own else None
        return cls(standing.place, standing.shared, standing.team, kind, is_own, made)


def standings_of(session: Session, challenge: Challenge) -> list[Standing]:
    """Best first; equal published scores share a place ("1224"); who has no score stands below, by name."""
    scales = scales_of(session, challenge.rubric_version_id)
    readings, assigned = readings_of(session, challenge.id), _assigned(session, challenge.id)
    scored = [
        (score_of(scales, list(readings.get(one.submission_id, {}).values()), challenge.penalty * one.was_late), one)
        for one in _designs(session, challenge.id)
    ]
    scored.sort(key=lambda row: (row[0] is None, -row[0].published if row[0] else 0, row[1].name_key))
    places = places_of([made.published for made, _ in scored if made])
    return [
        Standing(
            submission_id=one.submission_id, entry_id=one.entry_id, team_id=one.team_id, team=one.team,
            place=places[made.published][0] if made else None,
            shared=bool(made and places[made.published][1] > 1), made=made, assigned=assigned.get(one.submission_id, 0),
            readings=len(readings.get(one.submission_id, {})),
        )
        for made, one in scored
    ]  # fmt: skip


class _Design(NamedTuple):
    """What the ranking needs of a design; there may be thousands."""

    submission_id: UUID
    entry_id: UUID
    team_id: UUID
    team: str
    name_key: str
    was_late: bool


def _designs(session: Session, challenge_id: UUID) -> list[_Design]:
    """Of every entry that handed in, with the version that counts."""
    rows = (
        columns(
            col(Submission.id), col(Submission.entry_id), col(Team.id), col(Team.name), col(Team.name_key),
            col(Version.was_late),
        )
        .join(Version, col(Version.submission_id) == col(Submission.id))
        .join(Entry, col(Entry.id) == col(Submission.entry_id))
        .join(Team, col(Team.id) == col(Entry.team_id))
        .where(col(Submission.challenge_id) == challenge_id, is_last())
    )  # fmt: skip
    return [_Design(*row) for row in session.execute(rows)]


def places_of(scores: Sequence[Decimal]) -> dict[Decimal, tuple[int, int]]:
    """For each of these scores, best first, its place, and how many share it."""
    sharing = Counter(scores)
    places: dict[Decimal, tuple[int, int]] = {}
    for at, score in enumerate(scores, 1):
        places.setdefault(score, (at, sharing[score]))
    return places


def readings_of(session: Session, *challenge_ids: UUID) -> dict[UUID, dict[UUID, Levels]]:
    """The handed-in scoresheets that count: submission → scoresheet → levels."""
    rows = session.exec(
        select(Assignment.submission_id, Mark.scoresheet_id, Criterion.position, Mark.half_points)
        .join(Criterion, col(Criterion.id) == col(Mark.criterion_id))
        .join(Scoresheet, col(Scoresheet.id) == col(Mark.scoresheet_id))
        .join(Assignment, col(Assignment.id) == col(Scoresheet.assignment_id))
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .where(
            col(Panelist.challenge_id).in_(challenge_ids),
            col(Assignment.ended_at).is_(None),
            col(Scoresheet.handed_in_at).is_not(None),
        )
    )
    found: dict[UUID, dict[UUID, dict[int, int | None]]] = {}
    for submission_id, sheet_id, position, half_points in rows:
        found.setdefault(submission_id, {}).setdefault(sheet_id, {})[position] = half_points
    return {submission_id: dict(sheets) for submission_id, sheets in found.items()}


def _assigned(session: Session, challenge_id: UUID) -> dict[UUID, int]:
    counts = (
        select(Assignment.submission_id, func.count())
        .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
        .where(Panelist.challenge_id == challenge_id, col(Assignment.ended_at).is_(None))
        .group_by(col(Assignment.submission_id))
    )
    return dict(session.exec(counts).all())


def score_of(scales: Sequence[Scale], sheets: Sequence[Levels], penalty: int = 0) -> Score | None:
    """The score of one submission: the mean of its composites, less the penalty, rounded once."""
    return Score.of(mean(_composite(scales, levels) for levels in sheets), penalty) if sheets else None


def _composite(scales: Sequence[Scale], levels: Levels) -> Fraction:
    return composite(
        [Box(scale.criterion.weight, scale.low, scale.high, levels[scale.criterion.position]) for scale in scales]
    )
