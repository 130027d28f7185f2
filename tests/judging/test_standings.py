"""Standings: weighted means, rounded once and only then ranked; equal means equal."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import count
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as some
from sqlmodel import Session

from challenges.outcomes import OutcomeKind
from challenges.people import Person, find_person
from challenges.rubrics import Criterion, Level, Scale
from challenges.versions import handed_in
from judging import feedback, panels
from judging.panels import Pair
from judging.standings import Placing, Score, Standing, readings_of, score_of, standings_of
from tests.cast import make_person
from tests.makers import NOW, Scene, make_challenge, make_desk, make_entry, make_judge, make_sheet, make_version

LEAVES = OutcomeKind.LEAVES
Levels = Sequence[tuple[int, int]]
"""What each judge gives: Requirements (60 %), Decisions (40 %), from 1 to 5."""


def judged(session: Session, scene: Scene, given: Mapping[str, Levels]) -> dict[str, UUID]:
    """Each team hands in and is read by as many judges as there are levels; submission by team."""
    ada, submissions = scene.cast.ada, {}
    for name in given:
        person = make_person(session, f"member-of-{name.replace(' ', '-')}")
        entry, _ = make_entry(session, scene.season, person, name=name)
        submissions[name] = make_version(session, scene.challenge, entry, person).submission_id
    judges = [
        make_judge(session, scene.season, make_person(session, f"judge-{nth}"), ada)
        for nth in range(max(map(len, given.values())))
    ]
    wanted = [
        Pair(judge.id, submissions[name])
        for name, levels in given.items()
        for judge, _ in zip(judges, levels, strict=False)
    ]
    panels.assign(session, scene.challenge, wanted, ada, NOW)
    for name, levels in given.items():
        for judge, both in zip(judges, levels, strict=False):
            make_sheet(session, scene.challenge, judge, submissions[name], both)
    session.flush()
    return submissions


def told(session: Session, scene: Scene) -> list[tuple[int | None, bool, str, Decimal | None]]:
    return [(one.place, one.shared, one.team, one.score) for one in standings_of(session, scene.challenge)]


def test_the_score_is_the_mean_of_weighted_shares(session: Session, scene: Scene) -> None:
    submissions = judged(session, scene, {"A": [(5, 3), (4, 1)], "B": [(1, 1), (5, 5)]})
    standings = standings_of(session, scene.challenge)
    # A: (60 + 20) and (45 + 0), so 62.5; B: 0 and 100, so 50
    assert [(one.submission_id, one.team, one.score, one.assigned, one.readings) for one in standings] == [
        (submissions["A"], "A", Decimal("62.5"), 2, 2), (submissions["B"], "B", Decimal("50.0"), 2, 2),
    ]  # fmt: skip


def test_equal_scores_share_a_place_and_the_next_one_counts_on(session: Session, scene: Scene) -> None:
    judged(session, scene, {"Delta": [(3, 3)], "alpha": [(3, 3)], "Bravo": [(5, 5)], "Charlie": [(1, 1)]})
    assert told(session, scene) == [
        (1, False, "Bravo", Decimal("100.0")),
        (2, True, "alpha", Decimal("50.0")),
        (2, True, "Delta", Decimal("50.0")),
        (4, False, "Charlie", Decimal("0.0")),
    ]


def test_what_differs_only_after_the_published_decimal_is_equal() -> None:
    """66.66… and 66.7: ranked by what people read, not by what nobody sees."""
    fine, coarse = scale(2000, 2, 3000), scale(1000, 2, 3000)
    thirds = score_of([fine, coarse], [{fine.criterion.position: 4, coarse.criterion.position: 2}])
    other, rest = scale(667, 2, 1000), scale(333, 2, 1000)
    coarse_two = score_of([other, rest], [{other.criterion.position: 4, rest.criterion.position: 2}])
    assert [made and made.published for made in (thirds, coarse_two)] == [Decimal("66.7")] * 2


def test_means_of_different_judges_that_read_alike_share_a_place(session: Session, scene: Scene) -> None:
    alike = {"A": [(5, 5)] * 2 + [(1, 1)], "B": [(5, 5), (4, 4), (2, 2)]}  # 66.666… and 66.666…
    judged(session, scene, alike)
    assert told(session, scene) == [(1, True, "A", Decimal("66.7")), (1, True, "B", Decimal("66.7"))]


def test_all_marks_equal_is_one_shared_place(session: Session, scene: Scene) -> None:
    judged(session, scene, {name: [(2, 4), (3, 3)] for name in ("A", "B", "C")})
    assert [(place, shared) for place, shared, *_ in told(session, scene)] == [(1, True)] * 3


def test_only_scoresheets_that_are_handed_in_count(session: Session, scene: Scene) -> None:
    submissions = judged(session, scene, {"B": [(5, 5)], "A": [(1, 1)]})
    person = make_person(session)
    entry, _ = make_entry(session, scene.season, person, name="Nobody read us")
    make_version(session, scene.challenge, entry, person)
    open_one = make_person(session, "Late")
    make_judge(session, scene.season, open_one, scene.cast.ada)
    living = list(panels.living_pairs(session, scene.challenge.id))
    panels.assign(
        session, scene.challenge, [*living, Pair(open_one.id, submissions["B"])], scene.cast.ada, NOW
    )  # fmt: skip
    make_sheet(session, scene.challenge, open_one, submissions["B"], (1, 1), is_handed_in=False)
    assert [(one.place, one.team, one.score, one.assigned, one.readings) for one in
            standings_of(session, scene.challenge)] == [
        (1, "B", Decimal("100.0"), 2, 1),
        (2, "A", Decimal("0.0"), 1, 1),
        (None, "Nobody read us", None, 0, 0),
    ]  # fmt: skip


def test_an_ended_assignment_counts_no_more(session: Session, scene: Scene) -> None:
    submissions = judged(session, scene, {"A": [(5, 5), (1, 1)]})
    assert told(session, scene) == [(1, False, "A", Decimal("50.0"))]
    harsh = find_person(session, "judge-1@example.org")
    assert harsh
    panels.assign(session, scene.challenge, [Pair(harsh.id, submissions["A"])], scene.cast.ada, NOW)
    assert told(session, scene) == [(1, False, "A", Decimal("0.0"))]


def test_a_reopened_scoresheet_counts_no_more(session: Session, scene: Scene) -> None:
    judged(session, scene, {"A": [(5, 5)]})
    (pair,) = panels.living_pairs(session, scene.challenge.id)
    judge = session.get_one(Person, pair.person_id)
    desk = make_desk(session, scene.challenge, judge, pair.submission_id)
    feedback.reopen(session, desk, judge, NOW)
    session.flush()
    assert told(session, scene) == [(None, False, "A", None)]


def test_two_who_have_no_score_share_nothing(session: Session, scene: Scene) -> None:
    for name in ("B", "a"):
        person = make_person(session, f"member-{name}")
        make_version(session, scene.challenge, make_entry(session, scene.season, person, name=name)[0], person)
    assert told(session, scene) == [(None, False, "a", None), (None, False, "B", None)]


def test_a_challenge_stands_alone(session: Session, scene: Scene) -> None:
    judged(session, scene, {"A": [(5, 5)]})
    other = make_challenge(session, scene.season, scene.cast.ada)
    assert standings_of(session, other) == []
    assert {submission.id for submission, *_ in handed_in(session, scene.challenge.id)} == set(
        readings_of(session, scene.challenge.id)
    )


def test_a_score_is_shown_to_its_own_team_alone() -> None:
    made = Score.of(Fraction("71.25"))
    standing = Standing(uuid4(), uuid4(), uuid4(), "A", 2, True, made, 3, 3)
    assert Placing.of(standing, LEAVES, standing.team_id) == Placing(2, True, "A", LEAVES, True, made)
    hidden = Placing(2, True, "A", LEAVES, False, None)
    assert [Placing.of(standing, LEAVES, other) for other in (uuid4(), None)] == [hidden] * 2


def test_a_penalty_is_taken_before_rounding_and_adds_up() -> None:
    assert Score.of(Fraction("71.25"), 5) == Score(Decimal("71.3"), Decimal("5.0"), Decimal("66.3"))
    assert Score.of(Fraction(200, 3), 10) == Score(Decimal("66.7"), Decimal("10.0"), Decimal("56.7"))
    assert Score.of(Fraction(7, 3), 5) == Score(Decimal("2.3"), Decimal("2.3"), Decimal("0.0"))


@given(some.fractions(0, 100), some.integers(0, 100))
def test_less_the_penalty_is_what_is_published(exact: Fraction, penalty: int) -> None:
    made = Score.of(exact, penalty)
    assert made.raw - made.penalty == made.published
    assert 0 <= made.penalty <= penalty


# --- the arithmetic, on any rubric ---


POSITIONS = count(1)


def scale(weight: int, levels: int, total: int) -> Scale:
    criterion = Criterion(rubric_version_id=uuid4(), position=next(POSITIONS), title="T", guidance="", weight=weight)
    steps = tuple(
        Level(criterion_id=criterion.id, half_points=2 * n, title="T", descriptor="D") for n in range(1, levels + 1)
    )
    return Scale(criterion, steps, 100 * weight / total)


RUBRICS = some.lists(some.tuples(some.integers(0, 1000), some.integers(2, 7)), min_size=1, max_size=6).filter(
    lambda rubric: any(weight for weight, _ in rubric)
)


@given(RUBRICS, some.data())
def test_a_score_is_what_the_formula_says(rubric: list[tuple[int, int]], data: some.DataObject) -> None:
    total = sum(weight for weight, _ in rubric)
    scales = [scale(weight, levels, total) for weight, levels in rubric]
    sheets = [
        {one.criterion.position: 2 * data.draw(some.integers(1, len(one.levels))) for one in scales}
        for _ in range(data.draw(some.integers(1, 4)))
    ]
    parts = [
        Fraction(100 * one.criterion.weight * (sheet[one.criterion.position] - one.low), total * (one.high - one.low))
        for sheet in sheets
        for one in scales
    ]
    made = score_of(scales, sheets)
    assert made is not None
    score = made.published
    assert abs(Fraction(score) - sum(parts, Fraction(0)) / len(sheets)) <= Fraction(1, 20)
    assert (0 <= score <= 100, score.as_tuple().exponent) == (True, -1)


@given(RUBRICS, some.data())
def test_a_higher_level_never_lowers_a_score(rubric: list[tuple[int, int]], data: some.DataObject) -> None:
    scales = [scale(weight, levels, sum(w for w, _ in rubric)) for weight, levels in rubric]
    sheet = {one.criterion.position: 2 * data.draw(some.integers(1, len(one.levels) - 1)) for one in scales}
    raised = data.draw(some.sampled_from(scales)).criterion.position
    before, after = score_of(scales, [sheet]), score_of(scales, [{**sheet, raised: sheet[raised] + 2}])
    assert before is not None
    assert after is not None
    assert before.published <= after.published


def test_nobody_is_scored_by_nobody() -> None:
    assert score_of([scale(1, 5, 1)], []) is None
