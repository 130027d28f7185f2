"""Rubrics: criteria with weights and levels, each refusal at its own field, and shares that add up."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges.rubrics import Criterion, CriterionText, Level, LevelText, RubricVersion, scales_of, write_rubric
from tests.cast import Cast
from tests.makers import CRITERIA, LEVELS, NOW
from tests.refused import refused

FIRST, SECOND = CRITERIA


def test_a_rubric_is_written_down_in_its_order(session: Session, cast: Cast) -> None:
    version = write_rubric(session, CRITERIA, cast.ada, NOW)
    scales = scales_of(session, version.id)
    assert (version.made_by, version.made_at) == (cast.ada.id, NOW)
    assert [
        (scale.criterion.position, scale.criterion.title, scale.criterion.guidance, scale.criterion.weight, scale.share)
        for scale in scales
    ] == [
        (1, "Requirements", "Stated, and traced to decisions.", 60, 60.0),
        (2, "Decisions", "WHY more than HOW.", 40, 40.0),
    ]
    for scale in scales:
        assert [(level.half_points, level.title, level.descriptor) for level in scale.levels] == [
            (2, "Absent", "It is absent."), (4, "Weak", "It is weak."), (6, "Fair", "It is fair."),
            (8, "Good", "It is good."), (10, "Masterly", "It is masterly."),
        ]  # fmt: skip
        assert (scale.low, scale.high, scale.level(8), scale.level(7)) == (2, 10, scale.levels[3], None)


def test_an_amended_rubric_leaves_the_earlier_one_as_it_was(session: Session, cast: Cast) -> None:
    first = write_rubric(session, CRITERIA, cast.ada, NOW)
    second = write_rubric(session, [FIRST], cast.ada, NOW)
    assert [[scale.criterion.title for scale in scales_of(session, one.id)] for one in (first, second)] == [
        ["Requirements", "Decisions"], ["Requirements"],
    ]  # fmt: skip


def test_a_criterion_without_weight_counts_nothing_beside_others(session: Session, cast: Cast) -> None:
    version = write_rubric(session, [replace(FIRST, weight=0), SECOND], cast.ada, NOW)
    assert [scale.share for scale in scales_of(session, version.id)] == [0.0, 100.0]


@pytest.mark.parametrize(
    ("criteria", "sentence", "field"),
    [
        ([], "A rubric needs at least one criterion.", "criteria"),
        (
            [replace(FIRST, title=f"C{n}") for n in range(13)],
            "More than 12 criteria cannot be judged well. Join some of them.",
            "criteria",
        ),
        ([FIRST, replace(SECOND, title="\t")], "Please write a title.", "criteria-2-title"),
        (
            [FIRST, replace(SECOND, title="REQUIREMENTS ")],
            "Two criteria are called “REQUIREMENTS”.",
            "criteria-2-title",
        ),
        ([replace(FIRST, weight=-1)], "A weight is a whole number from 0 to 1000.", "criteria-1-weight"),
        ([FIRST, replace(SECOND, weight=1001)], "A weight is a whole number from 0 to 1000.", "criteria-2-weight"),
        (
            [replace(FIRST, weight=0), replace(SECOND, weight=0)],
            "All weights are 0, so nothing would count. Give at least one criterion a weight.",
            "criteria-1-weight",
        ),
        (
            [replace(FIRST, levels=LEVELS[:1])],
            "“Requirements” needs 2 to 7 levels; here it has 1.",
            "criteria-1-levels",
        ),
        (
            [FIRST, replace(SECOND, levels=LEVELS + LEVELS[:3])],
            "“Decisions” needs 2 to 7 levels; here it has 8.",
            "criteria-2-levels",
        ),
        (
            [replace(FIRST, levels=(LEVELS[0], LevelText("", "x")))],
            "Please write a name.",
            "criteria-1-level-2-title",
        ),
        (
            [replace(FIRST, levels=(LEVELS[0], LevelText("x" * 61, "x")))],
            "That is longer than 60 characters.",
            "criteria-1-level-2-title",
        ),
        (
            [replace(FIRST, levels=(LevelText("Weak", " \n"), LEVELS[1]))],
            "Say what this level looks like, so that judges and participants read it alike.",
            "criteria-1-level-1-descriptor",
        ),
    ],
)
def test_what_is_missing_is_refused_at_its_field(
    session: Session, cast: Cast, criteria: Sequence[CriterionText], sentence: str, field: str
) -> None:
    before = len(session.exec(select(RubricVersion)).all())
    with refused(sentence, field):
        write_rubric(session, criteria, cast.ada, NOW)
    assert len(session.exec(select(RubricVersion)).all()) == before


@given(weights=some.lists(some.integers(0, 1000), min_size=1, max_size=12).filter(any))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_shares_are_of_one_hundred(session: Session, cast: Cast, weights: list[int]) -> None:
    with session.begin_nested() as savepoint:
        criteria = [CriterionText(f"C{n}", weight, LEVELS[:2]) for n, weight in enumerate(weights)]
        scales = scales_of(session, write_rubric(session, criteria, cast.ada, NOW).id)
        assert sum(scale.share for scale in scales) == pytest.approx(100)
        assert [scale.criterion.weight for scale in scales] == weights
        savepoint.rollback()


def test_the_database_refuses_a_negative_weight_and_a_level_twice(session: Session, cast: Cast) -> None:
    version = write_rubric(session, CRITERIA, cast.ada, NOW)
    criterion = scales_of(session, version.id)[0].criterion
    for row in (
        Criterion(rubric_version_id=version.id, position=3, title="T", guidance="", weight=-1),
        Criterion(rubric_version_id=version.id, position=1, title="T", guidance="", weight=1),
        Level(criterion_id=criterion.id, half_points=2, title="T", descriptor="D"),
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(row)
