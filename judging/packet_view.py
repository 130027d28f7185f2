"""What a packet shows of one design, as one plain value that holds no judge's name and no database.

`packet_of` does the arithmetic that the packet shows; whoever reads the tables only fills in `Ruled` and `Sheet`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from judging.composite import Box, adding_up, composite, contributions, level_of, mean, published
from judging.pictures import bars, dimension, radar

EXACT_PLACES = 3
"""Decimals of every number on the way to the score; the score itself has one."""


@dataclass(frozen=True)
class Level:
    """One step of a criterion's scale; points are half steps (level 3 is 6)."""

    points: int
    title: str
    descriptor: str

    @property
    def number(self) -> Decimal:
        return level_of(self.points)


@dataclass(frozen=True)
class Ruled:
    """A criterion as the rubric states it, with the round's median of the entries' means in half steps."""

    title: str
    guidance: str
    weight: Decimal | int
    levels: tuple[Level, ...]
    round_median: Fraction | None = None


@dataclass(frozen=True)
class Remark:
    """One judge on one criterion: half steps (None: not applicable) and the comment in Markdown, as written."""

    points: int | None
    comment: str


@dataclass(frozen=True)
class Sheet:
    """One judge's scoresheet: a remark for every criterion, in the rubric's order, and the overall comment."""

    remarks: tuple[Remark, ...]
    overall: str


@dataclass(frozen=True)
class FileView:
    """One file that was judged."""

    name: str
    size: int
    sha256: str
    pages: int | None = None


@dataclass(frozen=True)
class Heading:
    """What the packet is about and when it was made; instants are aware, `zone` is the season's, for showing them."""

    season: str
    zone: str
    challenge_number: int
    challenge_title: str
    team: str
    packet_number: int
    made_at: datetime
    version_number: int
    handed_in_at: datetime
    files: tuple[FileView, ...]
    challenge_count: int | None = None
    packet_version: int = 1
    place: int | None = None
    shared_place: bool = False
    entries: int | None = None
    outcome: str | None = None
    """A whole sentence, such as "You go on to challenge 2."; None says nothing."""
    language: str = "en"


@dataclass(frozen=True)
class ReadingView:
    """One judge on one criterion: level, the descriptor(s) of it, the comment, and what it adds to the scoresheet."""

    judge: int
    level: Decimal | None
    levels: tuple[Level, ...]
    """One, or for a half step the two that it lies between; empty where not applicable."""
    comment: str
    points: Decimal | None


@dataclass(frozen=True)
class CriterionView:
    """A criterion with every judge's reading of it; `weight` is its part of the score in percent."""

    number: int
    title: str
    guidance: str
    weight: Decimal
    lowest: Decimal
    highest: Decimal
    levels: tuple[Level, ...]
    readings: tuple[ReadingView, ...]
    mean: Decimal | None
    mean_share: Fraction | None
    median: Decimal | None
    median_share: Fraction | None

    @property
    def difference(self) -> Decimal | None:
        """How far the mean, as printed, stands above the median, as printed."""
        return None if self.mean is None or self.median is None else _short(self.mean - self.median)


@dataclass(frozen=True)
class ScoresheetView:
    """One judge's sum: `total` of 100 is exactly what the readings' points shown above it add up to."""

    judge: int
    total: Decimal
    overall: str


@dataclass(frozen=True)
class Example:
    """One reading to explain the arithmetic with."""

    criterion: CriterionView
    reading: ReadingView
    is_exact: bool


@dataclass(frozen=True)
class PacketView:
    """A whole packet; there is no field for a judge's name, so none can be printed."""

    heading: Heading
    criteria: tuple[CriterionView, ...]
    scoresheets: tuple[ScoresheetView, ...]
    total: Decimal
    """The sum of the scoresheets' totals."""
    mean: Decimal
    """Their mean with three decimals."""
    raw: Decimal
    """The exact mean rounded once, before any penalty."""
    penalty: Decimal
    """What being late cost, taken from the mean: never more than there was."""
    score: Decimal
    """The exact mean less the penalty, rounded once."""

    @property
    def places(self) -> int:
        """As many decimals as the numbers on the way to the score need, so that whole ones stay short."""
        shown = [
            reading.points
            for criterion in self.criteria
            for reading in criterion.readings
            if reading.points is not None
        ]
        return max(_decimals(number) for number in [*shown, *(sheet.total for sheet in self.scoresheets), self.mean])

    @property
    def same_scale(self) -> bool:
        """Whether every criterion is judged on the same levels, so that a picture can show levels."""
        return len({(criterion.lowest, criterion.highest) for criterion in self.criteria}) == 1

    @property
    def example(self) -> Example | None:
        """The first reading whose points are more than nothing and need no word about missing weight."""
        for judge, _ in enumerate(self.scoresheets):
            column = [(criterion, criterion.readings[judge]) for criterion in self.criteria]
            if any(reading.level is None for _, reading in column):
                continue
            for criterion, reading in column:
                if reading.points:
                    return Example(criterion, reading, _is_exact(criterion, reading))
        return None

    @property
    def has_half_steps(self) -> bool:
        return any(len(reading.levels) == 2 for criterion in self.criteria for reading in criterion.readings)

    @property
    def has_gaps(self) -> bool:
        """Whether some judge found a criterion not applicable, so that its weight left that scoresheet."""
        return any(reading.level is None for criterion in self.criteria for reading in criterion.readings)

    @property
    def is_even(self) -> bool:
        """Whether every number shown on the way to the score is exact, none of them rounded."""
        wanted = self.mean * len(self.scoresheets)
        return wanted == self.total and all(
            _is_exact(criterion, reading) for criterion in self.criteria for reading in criterion.readings
        )

    @property
    def reduced(self) -> Decimal:
        """The mean, as printed, less the penalty, as printed."""
        return self.mean - self.penalty

    def measure(self) -> str:
        """Every scoresheet on a line from 0 to 100, with their mean before any penalty, as SVG."""
        return dimension([float(sheet.total) for sheet in self.scoresheets], float(self.raw), 0, 100)

    def picture(self, written: Callable[[str], str] = str) -> str:
        """The means by criterion against the round's medians, as SVG: a radar, or bars below three criteria.

        `written` says how a title is printed, before its room is measured.
        """
        drawn = [
            criterion for criterion in self.criteria if criterion.mean is not None and criterion.mean_share is not None
        ]
        low, high = (drawn[0].lowest, drawn[0].highest) if self.same_scale else (Decimal(0), Decimal(100))
        span = Fraction(high) - Fraction(low)
        values = [float(Fraction(low) + span * criterion.mean_share) for criterion in drawn]  # type: ignore[operator]
        medians = [
            None if criterion.median_share is None else float(Fraction(low) + span * criterion.median_share)
            for criterion in drawn
        ]
        draw = radar if len(drawn) >= 3 else bars
        return draw([written(criterion.title) for criterion in drawn], values, medians, float(low), float(high))


def score_of(ruled: Sequence[Ruled], sheets: Sequence[Sheet]) -> Fraction:
    """The exact score of a submission: the mean of its scoresheets' composites."""
    return mean(composite(_boxes(ruled, sheet)) for sheet in sheets)


def packet_of(heading: Heading, ruled: Sequence[Ruled], sheets: Sequence[Sheet], penalty: int = 0) -> PacketView:
    """Lay out one packet; sheets come as the judges are counted, each with one remark per criterion."""
    if any(len(sheet.remarks) != len(ruled) for sheet in sheets):
        raise ValueError("every scoresheet needs one remark for each criterion, in the rubric's order")
    parts = [_shown_parts(ruled, sheet) for sheet in sheets]
    totals = [sum((part for part in column if part is not None), Decimal(0)) for column in parts]
    exact = score_of(ruled, sheets)
    whole = sum((Fraction(criterion.weight) for criterion in ruled), Fraction(0))
    weights = adding_up([100 * Fraction(criterion.weight) / whole for criterion in ruled], EXACT_PLACES)
    return PacketView(
        heading=heading,
        criteria=tuple(
            _criterion(at, criterion, weights[at], sheets, [column[at] for column in parts])
            for at, criterion in enumerate(ruled)
        ),
        scoresheets=tuple(
            ScoresheetView(judge, totals[judge - 1], sheet.overall) for judge, sheet in enumerate(sheets, start=1)
        ),
        total=sum(totals, Decimal(0)),
        mean=published(exact, EXACT_PLACES),
        raw=published(exact),
        penalty=min(Decimal(penalty), published(exact, EXACT_PLACES)),
        score=published(max(exact - penalty, Fraction(0))),
    )


def _criterion(
    at: int, ruled: Ruled, weight: Decimal, sheets: Sequence[Sheet], parts: Sequence[Decimal | None]
) -> CriterionView:
    levels = tuple(sorted(ruled.levels, key=lambda level: level.points))
    lowest, highest = levels[0].points, levels[-1].points
    given = [sheet.remarks[at].points for sheet in sheets]
    marked = [points for points in given if points is not None]
    middle = mean(marked) if marked else None
    return CriterionView(
        number=at + 1,
        title=ruled.title,
        guidance=ruled.guidance,
        weight=_short(weight),
        lowest=level_of(lowest),
        highest=level_of(highest),
        levels=levels,
        readings=tuple(
            ReadingView(
                judge,
                None if points is None else level_of(points),
                _around(levels, points),
                sheet.remarks[at].comment,
                parts[judge - 1],
            )
            for judge, (sheet, points) in enumerate(zip(sheets, given, strict=True), start=1)
        ),
        mean=None if middle is None else level_of(middle),
        mean_share=None if middle is None else (middle - lowest) / (highest - lowest),
        median=None if ruled.round_median is None else level_of(ruled.round_median),
        median_share=None if ruled.round_median is None else (ruled.round_median - lowest) / (highest - lowest),
    )


def _around(levels: Sequence[Level], points: int | None) -> tuple[Level, ...]:
    """The level itself, or for a step between two levels, the one below and the one above."""
    if points is None:
        return ()
    exact = [level for level in levels if level.points == points]
    if exact:
        return (exact[0],)
    below = [level for level in levels if level.points < points]
    above = [level for level in levels if level.points > points]
    return (below[-1], above[0])


def _boxes(ruled: Sequence[Ruled], sheet: Sheet) -> list[Box]:
    return [
        Box(
            criterion.weight,
            min(level.points for level in criterion.levels),
            max(level.points for level in criterion.levels),
            remark.points,
        )
        for criterion, remark in zip(ruled, sheet.remarks, strict=True)
    ]


def _shown_parts(ruled: Sequence[Ruled], sheet: Sheet) -> list[Decimal | None]:
    """The points of each box as printed: rounded together, so that the column adds up."""
    exact = contributions(_boxes(ruled, sheet))
    shown = iter(adding_up([part for part in exact if part is not None], EXACT_PLACES))
    return [None if part is None else next(shown) for part in exact]


def _is_exact(criterion: CriterionView, reading: ReadingView) -> bool:
    """Whether the points printed for this reading are weight times share to the last digit."""
    if reading.level is None or reading.points is None:
        return False
    along = Fraction(reading.level - criterion.lowest) / Fraction(criterion.highest - criterion.lowest)
    return Fraction(criterion.weight) * along == Fraction(reading.points)


def _decimals(number: Decimal) -> int:
    return next(
        places for places in range(1, EXACT_PLACES + 1) if places == EXACT_PLACES or round(number, places) == number
    )


def _short(number: Decimal) -> Decimal:
    """20.00 as 20, 12.50 as 12.5."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
