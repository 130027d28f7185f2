"""Scoring: boxes that are there from the start, saved field by field, and never silently overwritten."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select

from challenges import seasons
from challenges.briefs import current_brief
from challenges.history import Trace
from challenges.people import Person
from challenges.rubrics import scales_of
from challenges.seasons import RoleKind
from judging import feedback, panels, progress, scoring
from judging.panels import Pair
from judging.progress import Counts, Progress, SheetState
from judging.scoring import BoxField, Change, Desk, Mark, Saved, Scoresheet, Stale
from tests.cast import make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Round,
    Scene,
    at_clock,
    deeds,
    make_challenge,
    make_desk,
    make_entry,
    make_release,
    make_round,
    make_sheet,
    make_version,
)
from tests.refused import not_yours, refused

HANDED_IN = "This scoresheet is handed in, so nothing was saved. Until feedback is released you can reopen it."
OFF_SCALE = "That level is not on the scale of this criterion."
STALE = "This field was changed in another window. Nothing is lost: choose which text to keep."


@pytest.fixture
def desk(session: Session, round_: Round) -> Desk:
    """Dana's open scoresheet, with nothing on it."""
    return make_desk(session, round_.scene.challenge, round_.judges[0], round_.submission_id)


@pytest.fixture
def dana(round_: Round) -> Person:
    return round_.judges[0]


def criteria(session: Session, desk: Desk) -> list[UUID]:
    return [scale.criterion.id for scale, _ in scoring.marks_on(session, desk.sheet)]


def save(session: Session, desk: Desk, by: Person, *changes: Change, now: Any = NOW + DAY) -> list[Saved]:
    return scoring.save_marks(session, desk, changes, by, now)


def boxes(session: Session, desk: Desk) -> list[tuple[int | None, str]]:
    session.flush()
    session.expire_all()
    return [(mark.half_points, mark.comment) for _, mark in scoring.marks_on(session, desk.sheet)]


# --- opening ---


def test_a_scoresheet_opens_with_every_box_empty(session: Session, round_: Round) -> None:
    challenge, dana = round_.scene.challenge, round_.judges[0]
    assignment = panels.living_pairs(session, challenge.id)[Pair(dana.id, round_.submission_id)]
    sheet = scoring.open_sheet(session, assignment, challenge, dana, challenge.settled_at)
    assert sheet.model_dump(exclude={"id"}) == {
        "assignment_id": assignment.id, "version_id": round_.version.id,
        "rubric_version_id": challenge.rubric_version_id, "opened_at": challenge.settled_at, "handed_in_at": None,
        "comment": "", "comment_revision": 0, "comment_at": None,
    }  # fmt: skip
    assert [
        (scale.criterion.title, mark.model_dump(exclude={"id", "scoresheet_id", "criterion_id"}))
        for scale, mark in scoring.marks_on(session, sheet)
    ] == [
        (
            title,
            {
                "half_points": None, "level_revision": 0, "level_at": None, "comment": "", "comment_revision": 0,
                "comment_at": None,
            },
        )
        for title in ("Requirements", "Decisions")
    ]  # fmt: skip
    assert progress.progress_of(session, sheet) == Progress(2, 0, 0)

    again = scoring.open_sheet(session, assignment, challenge, dana, challenge.settled_at + DAY)
    assert (again, again.opened_at) == (sheet, challenge.settled_at)
    assert deeds(session, round_.scene.season).count("scoresheet.opened") == 1


def test_reading_begins_when_the_last_file_can_have_arrived(session: Session, round_: Round) -> None:
    challenge, dana = round_.scene.challenge, round_.judges[0]
    with refused("Reading begins at Tue 24 Nov, 23:29 UTC, when the last file can have arrived."):
        make_desk(session, challenge, dana, round_.submission_id, challenge.settled_at - SECOND)
    assert session.exec(select(Scoresheet).where(Scoresheet.version_id == round_.version.id)).all() == []


def test_the_last_version_is_read(session: Session, scene: Scene) -> None:
    round_ = make_round(session, scene)
    better = make_version(session, scene.challenge, scene.entry, scene.cast.ben, NOW + HOUR)
    assert make_desk(session, scene.challenge, round_.judges[0], round_.submission_id).version == better


# --- saving ---


def test_fields_are_saved_by_themselves(session: Session, desk: Desk, dana: Person) -> None:
    first, second = criteria(session, desk)
    level = Change(BoxField.LEVEL, "8", 0, first)
    comment = Change(BoxField.COMMENT, "Page 2.\r\nAnd 3.", 0, second)
    overall = Change(BoxField.OVERALL, "Well done.", 0)
    assert save(session, desk, dana, level, now=NOW + DAY) == [Saved(level, 1, NOW + DAY)]
    assert save(session, desk, dana, comment, overall, now=NOW + 2 * DAY) == [
        Saved(comment, 1, NOW + 2 * DAY), Saved(overall, 1, NOW + 2 * DAY),
    ]  # fmt: skip
    assert boxes(session, desk) == [(8, ""), (None, "Page 2.\nAnd 3.")]
    assert (desk.sheet.comment, desk.sheet.comment_revision, desk.sheet.comment_at) == ("Well done.", 1, NOW + 2 * DAY)
    assert progress.progress_of(session, desk.sheet) == Progress(boxes=2, levels=1, comments=1)
    traces = select(Trace).where(Trace.thing_id == desk.sheet.id, Trace.deed == "scoresheet.marked")
    assert [trace.facts for trace in session.exec(traces.order_by(col(Trace.at)))] == [{"boxes": 1}, {"boxes": 2}]


def test_an_empty_value_empties_a_box(session: Session, desk: Desk, dana: Person) -> None:
    first, _ = criteria(session, desk)
    save(session, desk, dana, Change(BoxField.LEVEL, "2", 0, first), Change(BoxField.COMMENT, "x", 0, first))
    save(session, desk, dana, Change(BoxField.LEVEL, "", 1, first), Change(BoxField.COMMENT, " \n", 1, first))
    assert boxes(session, desk) == [(None, ""), (None, "")]
    assert progress.progress_of(session, desk.sheet) == Progress(2, 0, 0)


@pytest.mark.parametrize("value", ["12", "0", "3", "-2", "8.0", " 8", "08", "８", "²", "nan", "None", "9" * 5000])
def test_a_level_outside_its_scale(session: Session, desk: Desk, dana: Person, value: str) -> None:
    first, _ = criteria(session, desk)
    with refused(OFF_SCALE):
        save(session, desk, dana, Change(BoxField.LEVEL, value, 0, first))
    assert boxes(session, desk) == [(None, ""), (None, "")]


def test_a_criterion_of_another_rubric(session: Session, desk: Desk, dana: Person, scene: Scene) -> None:
    other = make_challenge(session, scene.season, scene.cast.ada)
    scales = scales_of(session, other.rubric_version_id)
    for criterion_id in (scales[0].criterion.id, uuid4()):
        with refused("This criterion is not on your scoresheet. Load the page again; your text stays in this browser."):
            save(session, desk, dana, Change(BoxField.LEVEL, "8", 0, criterion_id))


def test_a_comment_has_an_end(session: Session, desk: Desk, dana: Person) -> None:
    first, _ = criteria(session, desk)
    longest = "x" * 100_000
    save(session, desk, dana, Change(BoxField.COMMENT, longest, 0, first), Change(BoxField.OVERALL, longest, 0))
    for change in (Change(BoxField.COMMENT, longest + "y", 1, first), Change(BoxField.OVERALL, longest + "y", 1)):
        with refused("A comment has at most 100,000 characters. It was not saved; shorten it."):
            save(session, desk, dana, change)


# --- two tabs ---


def test_a_stale_comment_gets_both_texts_and_writes_nothing(session: Session, desk: Desk, dana: Person) -> None:
    first, second = criteria(session, desk)
    save(session, desk, dana, Change(BoxField.COMMENT, "from tab one", 0, first), now=NOW + DAY)
    stale = Change(BoxField.COMMENT, "from tab two", 0, first)
    with pytest.raises(Stale) as caught, session.begin_nested():
        save(session, desk, dana, Change(BoxField.LEVEL, "8", 0, second), stale, now=NOW + 2 * DAY)
    told = caught.value
    assert (told.message, told.change, told.theirs, told.revision, told.at) == (
        STALE, stale, "from tab one", 1, NOW + DAY,
    )  # fmt: skip
    assert boxes(session, desk) == [(None, "from tab one"), (None, "")]

    assert save(session, desk, dana, Change(BoxField.COMMENT, "from tab two", told.revision, first))[0].revision == 2
    assert boxes(session, desk)[0] == (None, "from tab two")


def test_a_stale_level_and_a_stale_overall_comment(session: Session, desk: Desk, dana: Person) -> None:
    first, _ = criteria(session, desk)
    save(session, desk, dana, Change(BoxField.LEVEL, "8", 0, first), Change(BoxField.OVERALL, "one", 0))
    save(session, desk, dana, Change(BoxField.LEVEL, "", 1, first), now=NOW + 2 * DAY)
    told = []
    for change in (Change(BoxField.LEVEL, "6", 1, first), Change(BoxField.OVERALL, "two", 0)):
        with pytest.raises(Stale) as caught:
            save(session, desk, dana, change)
        told.append((caught.value.theirs, caught.value.revision, caught.value.at))
    assert told == [("", 2, NOW + 2 * DAY), ("one", 1, NOW + DAY)]
    assert (boxes(session, desk)[0], desk.sheet.comment) == ((None, ""), "one")


def test_the_same_text_from_a_stale_page_is_no_quarrel(session: Session, desk: Desk, dana: Person) -> None:
    first, _ = criteria(session, desk)
    every = [
        Change(BoxField.LEVEL, "8", 0, first),
        Change(BoxField.COMMENT, "Page 2.", 0, first),
        Change(BoxField.OVERALL, "Fine.", 0),
    ]
    save(session, desk, dana, *every, now=NOW + DAY)
    assert save(session, desk, dana, *every, now=NOW + 2 * DAY) == [Saved(change, 1, NOW + DAY) for change in every]


def test_one_field_does_not_make_another_stale(session: Session, desk: Desk, dana: Person) -> None:
    first, second = criteria(session, desk)
    save(session, desk, dana, Change(BoxField.COMMENT, "a", 0, first))
    save(session, desk, dana, Change(BoxField.COMMENT, "ab", 1, first))
    save(session, desk, dana, Change(BoxField.LEVEL, "8", 0, first), Change(BoxField.COMMENT, "b", 0, second))
    assert boxes(session, desk) == [(8, "ab"), (None, "b")]


# --- handing in ---


def test_every_criterion_needs_a_level_and_a_comment(session: Session, desk: Desk, dana: Person) -> None:
    first, second = criteria(session, desk)
    with refused(
        "Before you hand in, these still need something: "
        "Requirements (level and comment); Decisions (level and comment)."
    ):
        scoring.hand_in(session, desk, dana, NOW)
    save(
        session, desk, dana, Change(BoxField.LEVEL, "2", 0, first), Change(BoxField.COMMENT, "x", 0, first),
        Change(BoxField.LEVEL, "4", 0, second),
    )  # fmt: skip
    with refused("Before you hand in, these still need something: Decisions (comment)."):
        scoring.hand_in(session, desk, dana, NOW)
    assert (desk.sheet.handed_in_at, progress.progress_of(session, desk.sheet).is_complete) == (None, False)
    save(session, desk, dana, Change(BoxField.COMMENT, "y", 0, second))
    assert progress.progress_of(session, desk.sheet).is_complete is True
    scoring.hand_in(session, desk, dana, NOW + HOUR)
    scoring.hand_in(session, desk, dana, NOW + DAY)
    assert desk.sheet.handed_in_at == NOW + HOUR
    assert deeds(session, desk.season).count("scoresheet.handed_in") == 1


def test_the_last_words_are_saved_with_it(session: Session, round_: Round, dana: Person) -> None:
    """The form of the page saves and hands in with one button."""
    desk = make_sheet(session, round_.scene.challenge, dana, round_.submission_id, is_handed_in=False)
    save(session, desk, dana, Change(BoxField.OVERALL, "The last word.", 0))
    scoring.hand_in(session, desk, dana, NOW + DAY)
    session.flush()
    session.expire_all()
    assert (desk.sheet.comment, desk.sheet.handed_in_at) == ("The last word.", NOW + DAY)


def test_what_is_handed_in_stands_until_it_is_reopened(session: Session, round_: Round, dana: Person) -> None:
    desk = make_sheet(session, round_.scene.challenge, dana, round_.submission_id)
    first, _ = criteria(session, desk)
    change = Change(BoxField.LEVEL, "2", 1, first)
    with refused(HANDED_IN):
        save(session, desk, dana, change)
    feedback.reopen(session, desk, dana, NOW + 9 * DAY)
    feedback.reopen(session, desk, dana, NOW + 9 * DAY)
    save(session, desk, dana, change)
    assert (boxes(session, desk)[0], desk.sheet.handed_in_at) == ((2, "Because of page 2."), None)
    assert deeds(session, desk.season).count("scoresheet.reopened") == 1


def test_nothing_is_reopened_after_the_release(session: Session, round_: Round, dana: Person) -> None:
    make_release(session, round_)
    (sheet,) = [row.sheet for row in progress.desk_of(session, dana.id)]
    assert sheet
    desk = scoring.find_for(session, sheet.id, dana.id)
    with refused("Feedback for this challenge has been released, so its scoresheets stay as they are."):
        feedback.reopen(session, desk, dana, NOW + 9 * DAY)
    with refused(HANDED_IN):
        save(session, desk, dana, Change(BoxField.OVERALL, "x", 0))
    assert (sheet.handed_in_at, sheet.comment) == (round_.scene.challenge.settled_at + HOUR, "")


# --- desks and doors ---


def test_a_desk_shows_how_far_each_design_is(session: Session, round_: Round, dana: Person) -> None:
    scene = round_.scene
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    second = make_version(session, scene.challenge, entry, scene.cast.eve).submission_id
    later = make_challenge(session, scene.season, scene.cast.ada, due=at_clock("2026-11-25T23:59"))
    make_version(session, later, scene.entry, scene.cast.ben)
    for challenge in (scene.challenge, later):
        panels.assign_everything(session, challenge, scene.cast.ada, NOW)
    make_sheet(session, scene.challenge, dana, round_.submission_id)
    make_desk(session, scene.challenge, dana, second)
    assert [
        (row.season, row.challenge.number, row.team, row.state, row.progress)
        for row in progress.desk_of(session, dana.id)
    ] == [
        (scene.season, 2, "Plan B", SheetState.NOT_BEGUN, Progress(0, 0, 0)),
        (scene.season, 1, "Plan B", SheetState.HANDED_IN, Progress(2, 2, 2)),
        (scene.season, 1, "Plan C", SheetState.BEGUN, Progress(2, 0, 0)),
    ]
    assert progress.desk_of(session, scene.cast.ada.id) == []


def test_the_organizer_sees_states_and_whose_sheets_are_missing(session: Session, round_: Round, dana: Person) -> None:
    scene, dev, submission = round_.scene, round_.judges[1], round_.submission_id
    make_sheet(session, scene.challenge, dana, submission)
    assert progress.states_of(session, scene.challenge.id) == {
        Pair(dana.id, submission): SheetState.HANDED_IN, Pair(dev.id, submission): SheetState.NOT_BEGUN,
    }  # fmt: skip
    assert progress.missing_of(session, scene.challenge.id) == [(dev, scene.team)]
    make_desk(session, scene.challenge, dev, submission)
    assert progress.counts_of(session, scene.season.id) == {
        scene.challenge.id: Counts({SheetState.NOT_BEGUN: 0, SheetState.BEGUN: 1, SheetState.HANDED_IN: 1}, read=1)
    }
    assert progress.missing_of(session, scene.challenge.id) == [(dev, scene.team)]
    panels.assign(session, scene.challenge, [Pair(dana.id, submission)], scene.cast.ada, NOW)
    assert progress.states_of(session, scene.challenge.id) == {Pair(dana.id, submission): SheetState.HANDED_IN}
    assert progress.missing_of(session, scene.challenge.id) == []
    assert progress.counts_of(session, scene.season.id) == {
        scene.challenge.id: Counts({SheetState.NOT_BEGUN: 0, SheetState.BEGUN: 0, SheetState.HANDED_IN: 1}, read=1)
    }


def test_a_scoresheet_is_its_judges_alone(session: Session, round_: Round, desk: Desk, dana: Person) -> None:
    scene = round_.scene
    assert scoring.find_for(session, desk.sheet.id, dana.id) == Desk(
        desk.sheet, round_.version, scene.challenge, scene.season, scene.team,
        current_brief(session, scene.challenge.id),
    )  # fmt: skip
    nina = make_person(session, "Nina", "nina@noise.example")
    for who in (round_.judges[1], scene.cast.ada, scene.cast.ben, scene.cast.eve, nina):
        with not_yours():
            scoring.find_for(session, desk.sheet.id, who.id)
    with not_yours():
        scoring.find_for(session, uuid4(), dana.id)


def test_it_closes_with_the_role_and_with_the_assignment(session: Session, round_: Round, desk: Desk) -> None:
    scene, (dana, dev) = round_.scene, round_.judges
    theirs = make_desk(session, scene.challenge, dev, round_.submission_id)
    role = seasons.role_of(session, scene.season.id, dana.id, RoleKind.JUDGE)
    assert role
    seasons.end_role(session, role, scene.cast.ada, NOW)
    with not_yours():
        scoring.find_for(session, desk.sheet.id, dana.id)
    assert progress.desk_of(session, dana.id) == []
    panels.assign(session, scene.challenge, [], scene.cast.ada, NOW)
    with not_yours():
        scoring.find_for(session, theirs.sheet.id, dev.id)
    assert progress.desk_of(session, dev.id) == []


def test_marks_of_one_sheet_are_not_on_another(session: Session, round_: Round, desk: Desk, dana: Person) -> None:
    theirs = make_desk(session, round_.scene.challenge, round_.judges[1], round_.submission_id)
    first, _ = criteria(session, desk)
    save(session, desk, dana, Change(BoxField.LEVEL, "8", 0, first), now=NOW + MINUTE)
    assert boxes(session, theirs) == [(None, ""), (None, "")]
    assert len(session.exec(select(Mark).where(Mark.scoresheet_id == desk.sheet.id)).all()) == 2
