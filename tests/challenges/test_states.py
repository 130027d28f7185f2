"""States: what the table says of each deed in each state is what the verbs do, and what the documentation prints."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session

from challenges import challenges, clarifications, copies, deadlines, entries, roles, seasons, submissions, teams
from challenges.challenges import Challenge
from challenges.clarifications import Clarification, ClarificationKind
from challenges.entries import Entry
from challenges.people import Person
from challenges.refusals import NotYours, Refusal
from challenges.seasons import RoleKind, Season
from challenges.states import NOBODY, WHO, WORDS, Deed, SeasonState
from judging import cuts, panels, scoring
from judging.panels import Pair
from tests.cast import Cast
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    PLAN,
    PLAY,
    TOLD,
    at_clock,
    make_challenge,
    make_entry,
    make_judge,
    make_season,
    make_sheet,
    make_version,
)

DOCS = Path(__file__).parents[2] / "docs" / "seasons.md"
MOMENT = NOW + 7 * DAY
"""The first challenge is settled, the second is open."""


@dataclass(frozen=True)
class Running:
    """A season in the middle of its life: something of everything waits to be done."""

    cast: Cast
    season: Season
    settled: Challenge
    opened: Challenge
    entry: Entry
    judged: Challenge
    """Every scoresheet of it is handed in."""
    unread: Pair
    """Somebody's reading of the settled challenge, not begun."""
    question: Clarification


def a_running_season(session: Session, cast: Cast) -> Running:
    season = make_season(session, cast.ada)
    entry, _ = make_entry(session, season, cast.ben, cast.cleo)
    for judge in (cast.dana, cast.dev):
        make_judge(session, season, judge, cast.ada)
    settled, judged = make_challenge(session, season, cast.ada), make_challenge(session, season, cast.ada)
    opened = make_challenge(session, season, cast.ada, due=at_clock("2026-12-10T23:59"))
    read = make_version(session, judged, entry, cast.ben).submission_id
    panels.assign(session, judged, [Pair(cast.dana.id, read)], cast.ada, NOW + HOUR)
    make_sheet(session, judged, cast.dana, read)
    unread = Pair(cast.dev.id, make_version(session, settled, entry, cast.ben).submission_id)
    panels.assign(session, settled, [unread], cast.ada, NOW + HOUR)
    question = clarifications.ask(
        session, season, opened, ClarificationKind.TASK, "How many beds?", "", cast.cleo, MOMENT - HOUR
    )
    session.flush()
    return Running(cast, season, settled, opened, entry, judged, unread, question)


CHANGES: dict[SeasonState, dict[str, object]] = {
    SeasonState.DRAFT: {"announced_at": None},
    SeasonState.ANNOUNCED: {"registration_opens_at": MOMENT + DAY},
    SeasonState.REGISTRATION: {"starts_on": (MOMENT + DAY).date()},
    SeasonState.RUNNING: {},
    SeasonState.FINISHED: {"finished_at": MOMENT - HOUR},
    SeasonState.ARCHIVED: {"finished_at": MOMENT - HOUR, "archived_at": MOMENT - HOUR},
}


def judge(session: Session, here: Running) -> None:
    assignment = panels.living_pairs(session, here.settled.id)[here.unread]
    scoring.open_sheet(session, assignment, here.settled, here.cast.dev, MOMENT)


VERBS: dict[Deed, Callable[[Session, Running], object]] = {
    Deed.SEE: lambda session, here: seasons.find_for(session, here.season.slug, here.cast.ada.id),
    Deed.DESCRIBE: lambda session, here: seasons.redescribe(
        session, here.season, TOLD, here.cast.ada, MOMENT, deadlines.dues_of(session, here.season.id)
    ),
    Deed.SET_RULES: lambda session, here: seasons.choose_play(session, here.season, PLAY, here.cast.ada, MOMENT),
    Deed.NAME_PEOPLE: lambda session, here: roles.invite(
        session, here.season, RoleKind.JUDGE, "new@example.org", "New", here.cast.ada, MOMENT
    ),
    Deed.PREPARE: lambda session, here: challenges.draft(
        session, here.season, replace(PLAN, due=at_clock("2026-12-12T23:59")), here.cast.ada, MOMENT
    ),
    Deed.TAKE_PART: lambda session, here: teams.found(session, here.season, "Plan E", here.cast.eve, MOMENT),
    Deed.LEAVE: lambda session, here: entries.withdraw(session, here.entry, here.cast.ben, MOMENT),
    Deed.HAND_IN: lambda session, here: submissions.open_form(
        session, here.opened, here.entry, teams.find_for(session, here.entry.team_id, here.cast.ben.id),
        challenges.deliverables_of(session, here.opened.id)[0].id, here.cast.ben, MOMENT,
    ),
    Deed.ASK: lambda session, here: clarifications.ask(
        session, here.season, here.opened, ClarificationKind.TASK, "How many lorries?", "", here.cast.ben, MOMENT
    ),
    Deed.ANSWER: lambda session, here: clarifications.answer(session, here.question, "200.", here.cast.ada, MOMENT),
    Deed.JUDGE: judge,
    Deed.RELEASE_RESULTS: lambda session, here: cuts.confirm(
        session, here.judged, here.season, {}, here.cast.ada, MOMENT
    ),
    Deed.FINISH: lambda session, here: seasons.finish(session, here.season, here.cast.ada, MOMENT),
    Deed.ARCHIVE: lambda session, here: seasons.archive(session, here.season, here.cast.ada, MOMENT),
    Deed.COPY: lambda session, here: copies.clone(
        session, here.season, "Again", date(2027, 11, 1), here.cast.ada, MOMENT
    ),
}  # fmt: skip

# Doing it twice does it once, so the second time is no refusal and changes nothing.
DONE = {(Deed.FINISH, SeasonState.FINISHED), (Deed.ARCHIVE, SeasonState.ARCHIVED)}


@pytest.mark.parametrize("state", SeasonState)
def test_a_deed_is_possible_exactly_where_the_table_says_so(session: Session, cast: Cast, state: SeasonState) -> None:
    here = a_running_season(session, cast)
    for name, value in CHANGES[state].items():
        setattr(here.season, name, value)
    session.flush()
    assert here.season.state(MOMENT) == state
    found = {}
    for deed in Deed:
        with session.begin_nested() as savepoint:
            try:
                VERBS[deed](session, here)
                found[deed] = ""
            except Refusal as refusal:
                found[deed] = refusal.message
            savepoint.rollback()
        session.expire_all()
    assert found == {
        deed: "" if WHO[deed, state] != NOBODY or (deed, state) in DONE
        else f"This season {WORDS[state]}, so nobody can {deed} now."
        for deed in Deed
    }  # fmt: skip


@pytest.mark.parametrize("state", SeasonState)
def test_who_sees_a_season_is_who_the_table_names(session: Session, cast: Cast, state: SeasonState) -> None:
    here = a_running_season(session, cast)
    for name, value in CHANGES[state].items():
        setattr(here.season, name, value)
    session.flush()

    def sees(person: Person | None) -> bool:
        try:
            return seasons.find_for(session, here.season.slug, person and person.id) == here.season
        except NotYours:
            return False

    named = {"organizer": [True, False, False, False], "everybody": [True] * 4}
    assert [sees(who) for who in (cast.ada, cast.ben, cast.dana, None)] == named[WHO[Deed.SEE, state]]


def test_the_documentation_prints_the_same_table() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\|.*\|$", DOCS.read_text(), re.MULTILINE)
    ]
    assert rows[0] == ["", *SeasonState]
    assert rows[2:] == [[deed.value, *(WHO[deed, state] for state in SeasonState)] for deed in Deed]
