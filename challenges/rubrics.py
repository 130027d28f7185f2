"""Rubrics: how a challenge will be judged, in versions that never change once written."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, Session, col, select

from challenges.formats import Format, TieRule
from challenges.people import Person, clean_name, flaws_in_name
from challenges.records import Instant, Record
from challenges.refusals import Refusal
from challenges.seasons import Season

MOST_CRITERIA = 12
LEVELS = range(2, 8)
"""How many levels a criterion may have."""


class RubricVersion(Record, table=True):
    """One wording of a rubric. Every scoresheet names the version it was marked against."""

    made_by: UUID = Field(foreign_key="person.id")
    made_at: datetime = Field(sa_type=Instant)


class Criterion(Record, table=True):
    """One thing that is looked at. Its share of the score is its weight over the sum of weights."""

    __table_args__ = (
        UniqueConstraint("rubric_version_id", "position"),
        CheckConstraint("weight >= 0", name="weight_not_negative"),
    )

    rubric_version_id: UUID = Field(foreign_key="rubricversion.id", index=True)
    position: int
    title: str = Field(max_length=80)
    guidance: str
    weight: int


class Level(Record, table=True):
    """A step of a criterion's scale, with the sentence that tells what it means."""

    __table_args__ = (UniqueConstraint("criterion_id", "half_points"),)

    criterion_id: UUID = Field(foreign_key="criterion.id", index=True)
    half_points: int
    """Points counted in halves: level 3 is 6."""
    title: str = Field(max_length=60)
    descriptor: str


@dataclass(frozen=True)
class LevelText:
    title: str
    descriptor: str


@dataclass(frozen=True)
class CriterionText:
    """What an organizer writes for a criterion; levels from the lowest, which is worth 1 point."""

    title: str
    weight: int
    levels: Sequence[LevelText]
    guidance: str = ""


@dataclass(frozen=True)
class Scale:
    """A criterion with its levels, lowest first, and its share of the score in percent."""

    criterion: Criterion
    levels: tuple[Level, ...]
    share: float

    @property
    def low(self) -> int:
        return self.levels[0].half_points

    @property
    def high(self) -> int:
        return self.levels[-1].half_points

    def level(self, half_points: int) -> Level | None:
        return next((level for level in self.levels if level.half_points == half_points), None)


def write_rubric(session: Session, criteria: Sequence[CriterionText], by: Person, now: datetime) -> RubricVersion:
    """Write down a rubric. Refused with the field, as in `criteria-2-weight`, where something is missing."""
    for flaw in flaws_in(criteria):
        raise flaw
    version = RubricVersion(made_by=by.id, made_at=now)
    session.add(version)
    session.flush()
    for position, text in enumerate(criteria, 1):
        criterion = Criterion(
            rubric_version_id=version.id, position=position, title=clean_name(text.title),
            guidance=text.guidance.strip(), weight=text.weight,
        )  # fmt: skip
        session.add(criterion)
        session.flush()
        for points, level in enumerate(text.levels, 1):
            session.add(
                Level(
                    criterion_id=criterion.id, half_points=2 * points,
                    title=clean_name(level.title, longest=60), descriptor=level.descriptor.strip(),
                )
            )  # fmt: skip
    session.flush()
    return version


def flaws_in(criteria: Sequence[CriterionText]) -> Iterator[Refusal]:
    """All that is wrong with a rubric, each with its field: a form says the first, a pack says all."""
    if not criteria:
        yield Refusal("A rubric needs at least one criterion.", field="criteria")
    if len(criteria) > MOST_CRITERIA:
        yield Refusal(f"More than {MOST_CRITERIA} criteria cannot be judged well. Join some of them.", field="criteria")
    titles: set[str] = set()
    for at, text in enumerate(criteria, 1):
        yield from _flaws_in_criterion(text, f"criteria-{at}", titles)
    if criteria and not any(text.weight for text in criteria):
        yield Refusal(
            "All weights are 0, so nothing would count. Give at least one criterion a weight.",
            field="criteria-1-weight",
        )


def _flaws_in_criterion(text: CriterionText, field: str, titles: set[str]) -> Iterator[Refusal]:
    """`titles` are those of the criteria before it."""
    yield from flaws_in_name(text.title, f"{field}-title", called="title")
    title = " ".join(text.title.split())
    if title.casefold() in titles:
        yield Refusal(f"Two criteria are called “{title}”.", field=f"{field}-title")
    titles.add(title.casefold())
    if not 0 <= text.weight <= 1000:
        yield Refusal("A weight is a whole number from 0 to 1000.", field=f"{field}-weight")
    if len(text.levels) not in LEVELS:
        yield Refusal(
            f"“{title}” needs {LEVELS[0]} to {LEVELS[-1]} levels; here it has {len(text.levels)}.",
            field=f"{field}-levels",
        )
    for points, level in enumerate(text.levels, 1):
        yield from flaws_in_name(level.title, f"{field}-level-{points}-title", longest=60)
        if not level.descriptor.strip():
            yield Refusal(
                "Say what this level looks like, so that judges and participants read it alike.",
                field=f"{field}-level-{points}-descriptor",
            )


def check_breaks_ties(session: Session, rubric_version_id: UUID, season: Season, is_final: bool) -> None:
    """Where one criterion decides between places that are too close to call, a rubric that draws a line has it."""
    if season.tie_rule != TieRule.CRITERION or (season.format == Format.LEAGUE and not is_final):
        return
    titles = {scale.criterion.title.casefold() for scale in scales_of(session, rubric_version_id)}
    if season.tie_criterion.casefold() not in titles:
        raise Refusal(
            f"In this season the criterion “{season.tie_criterion}” decides where places are too close to call, "
            "and the rubric does not have it. Add a criterion of that title."
        )


def scales_of(session: Session, rubric_version_id: UUID) -> list[Scale]:
    """The whole rubric, in its written order."""
    return rubrics_of(session, {rubric_version_id})[rubric_version_id]


def rubrics_of(session: Session, rubric_version_ids: Set[UUID]) -> dict[UUID, list[Scale]]:
    """Whole rubrics, in one statement: every criterion has levels."""
    rows = session.exec(
        select(Criterion, Level)
        .join(Level, col(Level.criterion_id) == col(Criterion.id))
        .where(col(Criterion.rubric_version_id).in_(rubric_version_ids))
        .order_by(col(Criterion.position), col(Level.half_points))
    ).all()
    criteria = {criterion.id: criterion for criterion, _ in rows}
    levels: dict[UUID, list[Level]] = {criterion_id: [] for criterion_id in criteria}
    for criterion, level in rows:
        levels[criterion.id].append(level)
    total = Counter[UUID]()
    for criterion in criteria.values():
        total[criterion.rubric_version_id] += criterion.weight
    found: dict[UUID, list[Scale]] = {version_id: [] for version_id in rubric_version_ids}
    for criterion in criteria.values():
        share = 100 * criterion.weight / total[criterion.rubric_version_id]
        found[criterion.rubric_version_id].append(Scale(criterion, tuple(levels[criterion.id]), share))
    return found
