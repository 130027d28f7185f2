"""Cuts: proposed by the rules of the season, confirmed in one deed, undone in one, and never a trace before that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from challenges import deadlines, entries, outcomes, submissions, versions
from challenges.challenges import Challenge, Course
from challenges.entries import Entry
from challenges.formats import Format, Play, TieRule
from challenges.outcomes import EntryState, OutcomeKind
from challenges.seasons import RoleKind, Season, role_of
from judging import cuts, feedback, panels
from judging.cuts import NO_CHAIR, Decision
from judging.panels import Pair
from judging.standings import Placing
from tests.cast import Cast, make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    at_clock,
    deeds,
    make_challenge,
    make_entry,
    make_judge,
    make_season,
    make_sheet,
    make_upload,
    make_version,
    stored,
)
from tests.refused import refused

GOES_ON, LEAVES, WINS = OutcomeKind.GOES_ON, OutcomeKind.LEAVES, OutcomeKind.WINS
Sheets = Sequence[tuple[int, int]]
"""What each judge gives: Requirements (60 %), Decisions (40 %), from 1 to 5."""
KNOCK_OUT = Play(Format.KNOCK_OUT, TieRule.ALL_GO_ON)


@dataclass(frozen=True)
class Played:
    """A challenge whose deadline has passed, and who entered."""

    cast: Cast
    season: Season
    challenge: Challenge
    entries: Mapping[str, Entry]
    after: datetime

    def propose(self, session: Session) -> list[tuple[str, int | None, OutcomeKind | None, str]]:
        found = cuts.propose(session, self.challenge, self.season, self.after)
        return [(row.team.name, row.place, row.proposed, row.reason) for row in found.rows]

    def kinds(self, session: Session) -> dict[str, OutcomeKind | None]:
        return {team: kind for team, _, kind, _ in self.propose(session)}

    def confirm(self, session: Session, now: datetime | None = None, **decided: Decision) -> dict[str, str]:
        by_entry = {self.entries[team].id: one for team, one in decided.items()}
        made = cuts.confirm(session, self.challenge, self.season, by_entry, self.cast.ada, now or self.after)
        known = {one.entry_id: one.kind for one in made}
        return {team: known[entry.id] for team, entry in self.entries.items() if entry.id in known}


def play(
    session: Session, cast: Cast, teams: Mapping[str, Sheets | None], go_on: int | None = None,
    rules: Play = KNOCK_OUT, **course: Any,
) -> Played:  # fmt: skip
    """Each team that has scoresheets hands in; None is a team that hands in nothing."""
    season = make_season(session, cast.ada, play=rules)
    challenge = make_challenge(session, season, cast.ada, course=Course(go_on=go_on, **course))
    entered = {name: make_entry(session, season, make_person(session, f"of-{name}"), name=name)[0] for name in teams}
    played = Played(cast, season, challenge, entered, challenge.settled_at + DAY)
    judge(session, played, challenge, teams)
    return played


def judge(session: Session, played: Played, challenge: Challenge, teams: Mapping[str, Sheets | None]) -> None:
    sheets = {name: given for name, given in teams.items() if given is not None}
    handed = {
        name: make_version(session, challenge, played.entries[name], make_person(session, f"of-{name}")).submission_id
        for name in sheets
    }
    judges = [make_person(session, f"judge-{nth}") for nth in range(max(map(len, sheets.values()), default=0))]
    for one in judges:
        if not role_of(session, played.season.id, one.id, RoleKind.JUDGE):
            make_judge(session, played.season, one, played.cast.ada)
    panels.assign(
        session, challenge,
        [Pair(one.id, handed[name]) for name, given in sheets.items() for one, _ in zip(judges, given, strict=False)],
        played.cast.ada, NOW,
    )  # fmt: skip
    for name, given in sheets.items():
        for one, levels in zip(judges, given, strict=False):
            make_sheet(session, challenge, one, handed[name], levels)


def test_the_first_go_on_and_the_rest_leave(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(4, 4)], "C": [(2, 2)], "D": None}, go_on=2)
    assert played.propose(session) == [
        ("A", 1, GOES_ON, "Among the first 2."), ("B", 2, GOES_ON, "Among the first 2."),
        ("C", 3, LEAVES, "Below the first 2."), ("D", None, LEAVES, "Nothing received."),
    ]  # fmt: skip
    found = cuts.propose(session, played.challenge, played.season, played.after)
    assert (found.line, found.decides, found.is_plain, list(found.others)) == (2, False, False, [])


@pytest.mark.parametrize("go_on", [3, 5])
def test_if_n_or_fewer_are_left_nobody_else_leaves(session: Session, cast: Cast, go_on: int) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(3, 3)], "C": [(1, 1)], "D": None}, go_on=go_on)
    assert played.kinds(session) == {"A": GOES_ON, "B": GOES_ON, "C": GOES_ON, "D": LEAVES}
    assert cuts.propose(session, played.challenge, played.season, played.after).line is None


def test_five_no_shows_leave_and_the_five_others_stay(session: Session, cast: Cast) -> None:
    there: dict[str, Sheets | None] = {name: [(level, 3)] for level, name in enumerate("ABCDE", 1)}
    played = play(session, cast, {**there, **dict.fromkeys("VWXYZ")}, go_on=5)
    assert played.kinds(session) == {**dict.fromkeys("EDCBA", GOES_ON), **dict.fromkeys("VWXYZ", LEAVES)}
    assert played.confirm(session) == {**dict.fromkeys("ABCDE", GOES_ON), **dict.fromkeys("VWXYZ", LEAVES)}
    feedback.release(session, played.challenge, cast.ada, played.after)
    known = {one.team.name: one.state for one in outcomes.states_of(session, played.season.id, played.after)}
    assert known == {**dict.fromkeys("ABCDE", EntryState.ACTIVE), **dict.fromkeys("VWXYZ", EntryState.ELIMINATED)}


def test_without_a_number_nobody_who_handed_in_leaves(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(1, 1)]})
    assert played.kinds(session) == {"A": GOES_ON, "B": GOES_ON}
    assert cuts.propose(session, played.challenge, played.season, played.after).is_plain


TIED: Mapping[str, Sheets | None] = {"A": [(5, 5)], "B": [(3, 3)], "C": [(4, 3), (2, 3)], "D": [(1, 1)]}
"""B and C read 50.0 alike."""


@pytest.mark.parametrize(
    ("rules", "of_b", "of_c"),
    [
        (KNOCK_OUT, (GOES_ON, "By the season’s rule all who share it count alike."),
         (GOES_ON, "By the season’s rule all who share it count alike.")),
        (Play(Format.KNOCK_OUT, TieRule.DEFENCE), (None, "The defence decides."), (None, "The defence decides.")),
        (Play(Format.KNOCK_OUT, TieRule.CHAIR),
         (None, NO_CHAIR),
         (None, NO_CHAIR)),
        (Play(Format.KNOCK_OUT, TieRule.CRITERION, "DECISIONS"), (GOES_ON, "Best in “DECISIONS”."),
         (GOES_ON, "Best in “DECISIONS”.")),
    ],
)  # fmt: skip
def test_places_too_close_to_call_follow_the_rule(
    session: Session, cast: Cast, rules: Play, of_b: tuple[Any, str], of_c: tuple[Any, str]
) -> None:
    played = play(session, cast, TIED, go_on=2, rules=rules)
    found = cuts.propose(session, played.challenge, played.season, played.after)
    start = "Shares the last place that goes on. "
    assert [(row.team.name, row.proposed, row.reason, row.is_tied) for row in found.rows] == [
        ("A", GOES_ON, "Among the first 2.", False), ("B", of_b[0], start + of_b[1], True),
        ("C", of_c[0], start + of_c[1], True), ("D", LEAVES, "Below the first 2.", False),
    ]  # fmt: skip


def test_the_named_criterion_decides_exactly(session: Session, cast: Cast) -> None:
    # 3 · 15 + 3 · 10 and 1 · … : Requirements 60 %, Decisions 40 %: (3, 4) = 30 + 30 and (5, 1) = 60 + 0 are both 60
    teams: Mapping[str, Sheets | None] = {"A": [(5, 5)], "B": [(3, 4)], "C": [(5, 1)], "D": [(3, 4)], "E": [(1, 1)]}
    for criterion, expected in (
        ("Requirements", {"B": LEAVES, "C": GOES_ON, "D": LEAVES}),
        ("Decisions", {"B": GOES_ON, "C": LEAVES, "D": GOES_ON}),  # equal in this as well: both
    ):
        rules = Play(Format.KNOCK_OUT, TieRule.CRITERION, criterion)
        season = make_season(session, cast.ada, play=rules, title=criterion)
        challenge = make_challenge(session, season, cast.ada, course=Course(go_on=2))
        entered = {
            name: make_entry(session, season, make_person(session, f"of-{name}"), name=name)[0] for name in teams
        }
        played = Played(cast, season, challenge, entered, challenge.settled_at + DAY)
        judge(session, played, challenge, teams)
        assert played.kinds(session) == {"A": GOES_ON, **expected, "E": LEAVES}


def test_who_shares_a_place_above_the_line_is_not_too_close(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(4, 4)], "B": [(4, 4)], "C": [(2, 2)], "D": [(1, 1)]}, go_on=2)
    found = cuts.propose(session, played.challenge, played.season, played.after)
    assert [row.is_tied for row in found.rows] == [False] * 4


def test_a_penalty_can_cost_the_place(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, course=Course(grace_minutes=60, penalty=30, go_on=1))
    entered = {name: make_entry(session, season, make_person(session, f"of-{name}"), name=name)[0] for name in "AB"}
    played = Played(cast, season, challenge, entered, challenge.settled_at + DAY)
    late = make_person(session, "of-A")
    upload = make_upload(session, challenge, entered["A"], late, now=challenge.due_at + MINUTE)
    version = versions.hand_in(
        session, challenge, entered["A"], {upload.id: stored(upload)}, late, challenge.due_at + 2 * MINUTE
    )
    in_time = make_version(session, challenge, entered["B"], make_person(session, "of-B"))
    reader = make_judge(session, season, cast.dana, cast.ada)
    panels.assign_everything(session, challenge, cast.ada, played.after)
    make_sheet(session, challenge, reader, version.submission_id, (5, 5))
    make_sheet(session, challenge, reader, in_time.submission_id, (4, 4))
    assert version.was_late
    assert [(team, place, kind) for team, place, kind, _ in played.propose(session)] == [
        ("B", 1, GOES_ON), ("A", 2, LEAVES),
    ]  # fmt: skip


def test_an_extension_keeps_the_question_open(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(3, 3)], "C": None}, go_on=1)
    deadlines.extend(session, played.challenge, played.entries["C"], 3 * 24 * 60, "Ill", cast.ada, played.after)
    assert played.propose(session)[-1] == ("C", None, None, "Can still hand in.")
    with refused(
        "Until Sat 28 Nov, 00:29 (Europe/Berlin, that is Fri 23:29 UTC) designs can still arrive. Confirm after that."
    ):
        played.confirm(session)
    later = played.challenge.settled_at
    assert cuts.propose(session, played.challenge, played.season, later - SECOND).rows[-1].proposed is None
    assert cuts.propose(session, played.challenge, played.season, later).rows[-1].proposed == LEAVES
    assert played.confirm(session, later) == {"A": GOES_ON, "B": LEAVES, "C": LEAVES}


def test_after_confirming_nothing_moves_under_it(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": None}, go_on=1)
    played.confirm(session)
    undo = "The results of this challenge are confirmed. Undo the confirmation first."
    with refused(undo):
        deadlines.extend(session, played.challenge, played.entries["B"], 9999, "Ill", cast.ada, played.after)
    with refused(undo):
        panels.assign(session, played.challenge, [], cast.ada, played.after)
    feedback.undo_confirmation(session, played.challenge, cast.ada, played.after)
    deadlines.extend(session, played.challenge, played.entries["B"], 9999, "Ill", cast.ada, played.after)
    assert outcomes.of_challenge(session, played.challenge.id) == []


def test_the_withdrawn_take_nobodys_place(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(4, 4)], "C": [(2, 2)]}, go_on=1)
    entries.withdraw(session, played.entries["A"], make_person(session, "of-A"), NOW + DAY)
    assert played.kinds(session) == {"B": GOES_ON, "C": LEAVES}
    found = cuts.propose(session, played.challenge, played.season, played.after)
    assert [standing.team for standing in found.others] == ["A"]


def test_who_left_before_is_not_counted_again_public_or_not(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(4, 4)], "C": [(2, 2)]}, go_on=2)
    played.confirm(session)
    second = make_challenge(session, played.season, cast.ada, course=Course(go_on=1))
    judge(session, played, second, {"A": [(1, 1)], "B": [(4, 4)], "C": [(5, 5)]})
    rows = cuts.propose(session, second, played.season, played.after).rows
    assert [(row.team.name, row.proposed) for row in rows] == [("B", GOES_ON), ("A", LEAVES)]
    cuts.confirm(session, second, played.season, {}, cast.ada, played.after)
    with refused("The results of challenge 2 are confirmed on top of these. Undo that first."):
        feedback.undo_confirmation(session, played.challenge, cast.ada, played.after)
    with refused(
        "The results of challenge 1 are confirmed and would not be public by then. "
        "Release those first: these would tell who left."
    ):
        feedback.release(session, second, cast.ada, played.after)


def test_who_entered_after_the_last_hour_is_not_missing(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)]}, go_on=1)
    make_entry(session, played.season, cast.eve, name="New", now=played.challenge.settled_at)
    assert played.kinds(session) == {"A": GOES_ON}


def test_the_first_place_wins_the_final_and_nobody_leaves(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(3, 3)], "B": [(5, 5)], "C": [(2, 2)], "D": None}, is_final=True)
    assert played.propose(session) == [
        ("B", 1, WINS, "The first place."), ("A", 2, GOES_ON, "Took part to the end."),
        ("C", 3, GOES_ON, "Took part to the end."), ("D", None, LEAVES, "Nothing received."),
    ]  # fmt: skip


@pytest.mark.parametrize(("rule", "kind"), [(TieRule.ALL_GO_ON, WINS), (TieRule.DEFENCE, None), (TieRule.CHAIR, None)])
def test_a_shared_first_place_follows_the_rule(
    session: Session, cast: Cast, rule: TieRule, kind: OutcomeKind | None
) -> None:
    teams: Mapping[str, Sheets | None] = {"A": [(4, 4)], "B": [(4, 4)], "C": [(2, 2)]}
    played = play(session, cast, teams, rules=Play(Format.KNOCK_OUT, rule), is_final=True)
    assert played.kinds(session) == {"A": kind, "B": kind, "C": GOES_ON}


def test_somebody_wins_a_final(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(4, 4)], "B": [(2, 2)]}, is_final=True)
    with refused("Somebody wins here. Say who."):
        played.confirm(session, A=Decision(GOES_ON, "The live defence failed."))
    won = played.confirm(session, A=Decision(GOES_ON, "The live defence failed."), B=Decision(WINS, "The defence."))
    assert won == {"A": GOES_ON, "B": WINS}


def test_a_single_challenge_has_a_winner(session: Session, cast: Cast) -> None:
    teams: Mapping[str, Sheets | None] = {"A": [(4, 4)], "B": [(5, 5)]}
    played = play(session, cast, teams, rules=Play(Format.SINGLE, TieRule.ALL_GO_ON))
    assert played.kinds(session) == {"B": WINS, "A": GOES_ON}


def test_in_a_league_nobody_leaves(session: Session, cast: Cast) -> None:
    teams: Mapping[str, Sheets | None] = {"A": [(4, 4)], "B": [(1, 1)], "C": None}
    played = play(session, cast, teams, go_on=1, rules=Play(Format.LEAGUE, TieRule.ALL_GO_ON))
    assert played.propose(session) == [
        ("A", 1, GOES_ON, "In a league nobody leaves."), ("B", 2, GOES_ON, "In a league nobody leaves."),
        ("C", None, GOES_ON, "Nothing received. In a league nobody leaves."),
    ]  # fmt: skip


def test_the_table_decides_a_leagues_final(session: Session, cast: Cast) -> None:
    teams: Mapping[str, Sheets | None] = {"A": [(5, 5)], "B": [(3, 3)]}
    played = play(session, cast, teams, rules=Play(Format.LEAGUE, TieRule.ALL_GO_ON))
    played.confirm(session)
    final = make_challenge(session, played.season, cast.ada, course=Course(is_final=True))
    judge(session, played, final, {"A": [(3, 3)], "B": [(4, 4)]})  # 100 + 50 and 50 + 75
    rows = cuts.propose(session, final, played.season, played.after).rows
    assert [(row.team.name, row.place, row.proposed) for row in rows] == [("B", 1, GOES_ON), ("A", 2, WINS)]


@pytest.mark.parametrize(
    ("of_b", "expected"),
    [
        ([(3, 3)], {"A": WINS, "B": GOES_ON, "C": GOES_ON}),  # 100 + 0, 25 + 50 and 0 + 0
        ([(4, 4)], {"A": WINS, "B": WINS, "C": GOES_ON}),  # 100 + 0 and 25 + 75: the tie rule
        ([(5, 5)], {"A": GOES_ON, "B": WINS, "C": GOES_ON}),
    ],
)
def test_who_misses_a_leagues_final_stands_in_its_table_with_0(
    session: Session, cast: Cast, of_b: Sheets, expected: dict[str, OutcomeKind]
) -> None:
    teams: Mapping[str, Sheets | None] = {"A": [(5, 5)], "B": [(2, 2)], "C": None}
    played = play(session, cast, teams, rules=Play(Format.LEAGUE, TieRule.ALL_GO_ON))
    played.confirm(session)
    final = make_challenge(session, played.season, cast.ada, course=Course(is_final=True))
    judge(session, played, final, {"B": of_b})
    rows = cuts.propose(session, final, played.season, played.after).rows
    assert {row.team.name: row.proposed for row in rows} == expected
    assert [row.reason.startswith("Nothing received, which counts 0. ") for row in rows] == [False, True, True]
    early = cuts.propose(session, final, played.season, final.settled_at - SECOND).rows
    assert [(row.team.name, row.proposed, row.reason) for row in early[1:]] == [
        ("A", None, "Can still hand in."), ("C", None, "Can still hand in."),
    ]  # fmt: skip
    cuts.confirm(session, final, played.season, {}, cast.ada, played.after)
    told = {one.team: (one.place, one.kind) for one in cuts.announced(session, final, None)}
    absent = {"A": (None, WINS)} if expected["A"] == WINS else {}
    assert told == {"B": (1, expected["B"]), **absent}


def test_an_open_question_is_decided_first_and_a_difference_needs_a_reason(session: Session, cast: Cast) -> None:
    played = play(session, cast, TIED, go_on=2, rules=Play(Format.KNOCK_OUT, TieRule.CHAIR))
    ids = {name: entry.id for name, entry in played.entries.items()}
    with refused(NO_CHAIR):
        played.confirm(session)
    panels.name_chair(session, played.challenge, cast.ada.id, cast.ada, NOW)
    with refused("Decide first whether B goes on.", field=f"kind-{ids['B']}"):
        played.confirm(session)
    cannot_tell = "The ranking cannot tell whether B goes on. Say why it is decided so."
    with refused(cannot_tell, field=f"reason-{ids['B']}"):
        played.confirm(session, B=Decision(GOES_ON), C=Decision(LEAVES, "Weaker traces."))
    both = {"B": Decision(GOES_ON, "Clearer traces."), "C": Decision(LEAVES, "Weaker traces.")}
    with refused("For A the ranking says “goes on”. Say why it is decided otherwise.", field=f"reason-{ids['A']}"):
        played.confirm(session, **both, A=Decision(LEAVES, "  "))
    with refused("Nobody wins before the final.", field=f"kind-{ids['A']}"):
        played.confirm(session, **both, A=Decision(WINS, "Best ever"))
    with refused("That is longer than 400 characters.", field=f"reason-{ids['A']}"):
        played.confirm(session, **both, A=Decision(LEAVES, "x" * 401))
    made = played.confirm(session, **both, D=Decision(GOES_ON, "Their file was damaged by us."))
    assert made == {"A": GOES_ON, "B": GOES_ON, "C": LEAVES, "D": GOES_ON}
    reasons = {one.entry_id: one.reason for one in outcomes.of_challenge(session, played.challenge.id)}
    assert reasons == {
        ids["A"]: "Among the first 2.", ids["B"]: "Clearer traces.", ids["C"]: "Weaker traces.",
        ids["D"]: "Their file was damaged by us.",
    }  # fmt: skip


def test_confirming_the_same_twice_confirms_once_and_undoing_takes_it_back(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(2, 2)]}, go_on=1)
    assert played.confirm(session) == played.confirm(session, A=Decision(GOES_ON)) == {"A": GOES_ON, "B": LEAVES}
    with refused("The results of this challenge are confirmed already. Undo that first."):
        played.confirm(session, B=Decision(GOES_ON, "Another thought"))
    for _ in range(2):
        feedback.undo_confirmation(session, played.challenge, cast.ada, played.after)
    assert outcomes.of_challenge(session, played.challenge.id) == []
    assert [one for one in deeds(session, played.season) if one.startswith("results")] == [
        "results.confirmed", "results.unconfirmed",
    ]  # fmt: skip


def test_a_page_that_is_out_of_date_confirms_nothing(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(2, 2)]}, go_on=1)
    entries.withdraw(session, played.entries["B"], make_person(session, "of-B"), NOW + DAY)
    with refused("Meanwhile somebody has withdrawn. Look at the ranking again, then confirm."):
        played.confirm(session, B=Decision(LEAVES))


def test_a_missing_scoresheet_holds_it_back(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(2, 2)]}, go_on=1)
    late = make_judge(session, played.season, cast.dev, cast.ada)
    pairs = [*panels.living_pairs(session, played.challenge.id)]
    panels.assign(session, played.challenge, [*pairs, Pair(late.id, pairs[0].submission_id)], cast.ada, played.after)
    with refused("1 of 3 scoresheets are not handed in. Wait for them, or end those assignments first."):
        played.confirm(session)


def test_what_is_announced_names_no_score_but_ones_own(session: Session, cast: Cast) -> None:
    played = play(session, cast, {"A": [(5, 5)], "B": [(3, 3)], "C": None}, go_on=1)
    played.confirm(session)
    own = played.entries["B"].team_id
    placings = cuts.announced(session, played.challenge, own)
    assert [(one.place, one.team, one.kind, one.is_own, one.made is None) for one in placings] == [
        (1, "A", GOES_ON, False, True), (2, "B", LEAVES, True, False), (None, "C", LEAVES, False, True),
    ]  # fmt: skip
    assert cuts.announced(session, played.challenge, None)[2] == Placing(None, False, "C", LEAVES, False, None)


def test_until_it_is_public_an_entry_that_leaves_may_hand_in_for_the_next_one(session: Session, cast: Cast) -> None:
    """A button that is gone would tell."""
    played = play(session, cast, {"A": [(5, 5)], "B": [(2, 2)]}, go_on=1)
    played.confirm(session)
    at = played.after + DAY
    feedback.release(session, played.challenge, cast.ada, played.after, at=at)
    second = make_challenge(session, played.season, cast.ada, now=played.after, due=at_clock("2026-12-10T23:59"))
    submissions.check_takes_part(session, second, played.entries["B"], at - SECOND)
    with refused("Your team does not go on in this season. What it handed in stays readable."):
        submissions.check_takes_part(session, second, played.entries["B"], at)
    assert at - played.after > HOUR
