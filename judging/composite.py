"""Composite: how the levels on one scoresheet become a number from 0 to 100, exactly, and how it is rounded for people.

Standings and packets both call these functions, so they can never disagree. Everything is a `Fraction` until
`published`; nothing in between is rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from operator import mul


@dataclass(frozen=True)
class Box:
    """One criterion on one scoresheet; points, lowest and highest are half steps (level 3.5 is 7)."""

    weight: Fraction | Decimal | int
    lowest: int
    highest: int
    points: int | None
    """None: not applicable. It leaves together with its weight. An empty box is a matter for whoever calls."""


def share(points: int, lowest: int, highest: int) -> Fraction:
    """How far along the scale this level is: 0 at its lowest level, 1 at its highest."""
    if not lowest <= points <= highest:
        raise ValueError(f"{points} half steps are outside the scale from {lowest} to {highest}")
    if lowest == highest:
        raise ValueError("a scale needs at least two levels")
    return Fraction(points - lowest, highest - lowest)


def contributions(boxes: Sequence[Box]) -> list[Fraction | None]:
    """What each box adds to the composite, of 100; None where it is not applicable."""
    whole = sum((Fraction(box.weight) for box in boxes if box.points is not None), Fraction(0))
    if whole <= 0:
        raise ValueError("no box on this scoresheet has both a level and a weight")
    return [
        None if box.points is None else 100 * Fraction(box.weight) * share(box.points, box.lowest, box.highest) / whole
        for box in boxes
    ]


def composite(boxes: Sequence[Box]) -> Fraction:
    """y = 100 · Σ w (x - min) / (max - min) / Σ w over the boxes of one scoresheet.

    The sum of `contributions`, over one common span: a round of 600 scoresheets adds whole numbers, not fractions.
    """
    marked = [(box, box.points) for box in boxes if box.points is not None]
    if any(box.lowest == box.highest or not box.lowest <= points <= box.highest for box, points in marked):
        contributions(boxes)  # says what is wrong
    weights = [box.weight if isinstance(box.weight, int) else Fraction(box.weight) for box, _ in marked]
    if sum(weights) <= 0:
        raise ValueError("no box on this scoresheet has both a level and a weight")
    span = lcm(*(box.highest - box.lowest for box, _ in marked))
    steps = ((points - box.lowest) * (span // (box.highest - box.lowest)) for box, points in marked)
    return Fraction(100 * sum(map(mul, weights, steps))) / (sum(weights) * span)


def mean(values: Iterable[Fraction | int]) -> Fraction:
    """The plain mean; every scoresheet counts the same."""
    found = [value if isinstance(value, Fraction) else Fraction(value) for value in values]
    if not found:
        raise ValueError("nothing to take the mean of")
    return sum(found[1:], found[0]) / len(found) if len(found) > 1 else found[0]


def median(values: Iterable[Fraction | int]) -> Fraction:
    """The middle value, or halfway between the two middle ones."""
    found = sorted(Fraction(value) for value in values)
    if not found:
        raise ValueError("nothing to take the median of")
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2


def published(value: Fraction, places: int = 1) -> Decimal:
    """Rounded half up (half away from zero below it), as people do: 71.25 becomes 71.3."""
    units = _half_up(abs(value) * 10**places)
    return Decimal(units if value >= 0 else -units).scaleb(-places)


def level_of(points: int | Fraction) -> Decimal:
    """Half steps as people write them: 7 is 3.5, 8 is 4; a mean keeps two decimals at most."""
    return _plain(published(Fraction(points) / 2, 2))


def adding_up(parts: Sequence[Fraction], places: int = 3) -> list[Decimal]:
    """The parts rounded so that they add up, digit for digit, to their rounded sum.

    Largest remainders get the units that plain rounding would lose, so no number moves by a whole last digit. Only for
    showing: nothing is computed from it.
    """
    scaled = [part * 10**places for part in parts]
    units = [part.numerator // part.denominator for part in scaled]
    missing = _half_up(sum(scaled, Fraction(0))) - sum(units)
    by_remainder = sorted(range(len(parts)), key=lambda at: (units[at] - scaled[at], at))
    for at in by_remainder[:missing]:
        units[at] += 1
    return [Decimal(unit).scaleb(-places) for unit in units]


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _plain(number: Decimal) -> Decimal:
    """4.00 as 4, 3.50 as 3.5; never an exponent."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
