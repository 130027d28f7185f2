"""The arithmetic of a score: exact until it is published, and what is shown adds up."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from judging.composite import (
    Box,
    adding_up,
    composite,
    contributions,
    level_of,
    mean,
    median,
    published,
    share,
)


def five(weight: int, points: int | None) -> Box:
    """A box on levels 1 to 5, in half steps."""
    return Box(weight, 2, 10, points)


def test_a_composite_is_the_weighted_share_of_each_range() -> None:
    boxes = [five(20, 8), five(25, 9), five(25, 7), five(20, 6), five(10, 10)]
    assert contributions(boxes) == [
        Fraction(15),
        Fraction(175, 8),
        Fraction(125, 8),
        Fraction(10),
        Fraction(10),
    ]
    assert composite(boxes) == Fraction(145, 2)


def test_the_ends_of_the_scale_are_0_and_100_whatever_the_weights() -> None:
    assert composite([five(3, 2), five(4, 2)]) == 0
    assert composite([five(3, 10), Box(Decimal("0.5"), 0, 6, 6)]) == 100


def test_not_applicable_leaves_with_its_weight() -> None:
    assert contributions([five(50, 6), five(50, None)]) == [Fraction(50), None]


def test_nothing_can_be_made_of_no_weight_or_a_level_outside_its_scale() -> None:
    with pytest.raises(ValueError, match="no box on this scoresheet has both a level and a weight"):
        composite([five(0, 4), five(20, None)])
    with pytest.raises(ValueError, match="11 half steps are outside the scale from 2 to 10"):
        share(11, 2, 10)
    with pytest.raises(ValueError, match="a scale needs at least two levels"):
        share(2, 2, 2)


def test_rounding_is_half_up_and_happens_once() -> None:
    assert [published(Fraction(n, 100)) for n in (7125, 7124, 7135, 0, 10000, -7125)] == [
        Decimal("71.3"),
        Decimal("71.2"),
        Decimal("71.4"),
        Decimal("0.0"),
        Decimal("100.0"),
        Decimal("-71.3"),
    ]
    a_hair_below = Fraction(7125, 100) - Fraction(1, 10**12)
    assert published(a_hair_below) == Decimal("71.2")


def test_mean_and_median() -> None:
    assert mean([1, 2, 4]) == Fraction(7, 3)
    assert (median([4, 1, 2]), median([1, 2, 4, 8])) == (2, 3)
    for nothing in (mean, median):
        with pytest.raises(ValueError, match="nothing to take"):
            nothing([])


def test_levels_read_as_people_write_them() -> None:
    assert [str(level_of(points)) for points in (2, 7, 20, Fraction(22, 3), 0)] == ["1", "3.5", "10", "3.67", "0"]


@given(some.lists(some.fractions(min_value=0, max_value=100), min_size=1, max_size=20), some.integers(0, 3))
def test_shown_parts_add_up_to_the_rounded_sum_and_move_less_than_a_digit(parts: list[Fraction], places: int) -> None:
    shown = adding_up(parts, places)
    assert sum(shown) == published(sum(parts, Fraction(0)), places)
    assert all(
        abs(Fraction(number) - part) < Fraction(1, 10**places) for number, part in zip(shown, parts, strict=True)
    )


@given(some.lists(some.tuples(some.integers(1, 60), some.integers(2, 10)), min_size=1, max_size=12))
def test_a_composite_stays_between_0_and_100(boxes: list[tuple[int, int]]) -> None:
    assert 0 <= composite([five(weight, points) for weight, points in boxes]) <= 100
