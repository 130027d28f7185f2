"""League: points add up over the challenges that count; a missing one gives nothing, and says so."""

from decimal import Decimal

from sqlmodel import Session

from challenges import entries
from challenges.challenges import every_challenge_of
from challenges.formats import Format, Play, TieRule
from judging.league import Line, PublicLine, Result, table_of
from judging.standings import standings_of
from tests.cast import Cast, make_person
from tests.judging.test_cuts import Played, judge, play
from tests.makers import DAY, NOW, make_challenge

LEAGUE = Play(Format.LEAGUE, TieRule.ALL_GO_ON)


def two_challenges(session: Session, cast: Cast) -> Played:
    """A has 100 and 25, B nothing and 100, C 50 and 75."""
    played = play(session, cast, {"A": [(5, 5)], "B": None, "C": [(3, 3)]}, rules=LEAGUE)
    second = make_challenge(session, played.season, cast.ada)
    judge(session, played, second, {"A": [(2, 2)], "B": [(5, 5)], "C": [(4, 4)]})
    return played


def table(session: Session, played: Played, *numbers: int) -> list[Line]:
    every = every_challenge_of(session, played.season.id)
    return table_of(session, played.season.id, [one for one in every if one.number in numbers])


def test_points_add_up_and_equal_sums_share_a_place(session: Session, cast: Cast) -> None:
    played = two_challenges(session, cast)
    lines = [(line.place, line.shared, line.team, line.points, line.results) for line in table(session, played, 1, 2)]
    assert lines == [
        (1, True, "A", Decimal("125.0"), (Result(1, Decimal("100.0")), Result(3, Decimal("25.0")))),
        (1, True, "C", Decimal("125.0"), (Result(2, Decimal("50.0")), Result(2, Decimal("75.0")))),
        (3, False, "B", Decimal("100.0"), (None, Result(1, Decimal("100.0")))),
    ]


def test_only_the_challenges_that_are_asked_for_count(session: Session, cast: Cast) -> None:
    played = two_challenges(session, cast)
    assert [(line.place, line.team, line.points) for line in table(session, played, 2)] == [
        (1, "B", Decimal("100.0")), (2, "C", Decimal("75.0")), (3, "A", Decimal("25.0")),
    ]  # fmt: skip
    assert [(line.place, line.shared, line.points) for line in table(session, played)] == [(1, True, 0)] * 3


def test_the_table_says_what_the_standings_say(session: Session, cast: Cast) -> None:
    played = two_challenges(session, cast)
    played.challenge.penalty = 12
    for standing in standings_of(session, played.challenge):
        (line,) = (one for one in table(session, played, 1) if one.entry_id == standing.entry_id)
        assert line.results == (Result(standing.place or 0, standing.score or Decimal(0)),)


def test_the_withdrawn_stand_in_it_no_more(session: Session, cast: Cast) -> None:
    played = two_challenges(session, cast)
    entries.withdraw(session, played.entries["A"], make_person(session, "of-A"), NOW + DAY)
    assert [line.team for line in table(session, played, 1, 2)] == ["C", "B"]


def test_points_are_shown_to_their_own_team_alone(session: Session, cast: Cast) -> None:
    played = two_challenges(session, cast)
    line = table(session, played, 1, 2)[2]
    assert PublicLine.of(line, line.team_id) == PublicLine(3, False, "B", (None, 1), True, Decimal("100.0"))
    assert PublicLine.of(line, None) == PublicLine(3, False, "B", (None, 1), False, None)
