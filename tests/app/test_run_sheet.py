"""The run sheet: at each stage of a challenge it says what waits for an organizer, and nothing else."""

from datetime import datetime

import pytest
from sqlmodel import Session

from app.run_sheet import Happening, Lack, Stage, run_sheet_of
from app.tasks import Task, tasks_of
from challenges import briefs, challenges, clarifications, deadlines, entries, outages, outcomes
from challenges.acknowledgements import acknowledge
from challenges.challenges import Course
from challenges.clarifications import ClarificationKind
from challenges.letters import outbox_of
from challenges.outcomes import OutcomeKind
from challenges.seasons import RoleKind, Season, end_role, holders
from judging import cuts, panels
from judging.feedback import release
from judging.packets import packets_of
from judging.panels import Pair
from tests.cast import NOW, Cast, make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Round,
    Scene,
    at_clock,
    make_challenge,
    make_entry,
    make_season,
    make_sheet,
    make_version,
)
from tests.stage import Stage as Site


def home_of(scene: Scene) -> str:
    return f"/seasons/{scene.season.slug}"


def stage_and_tasks(session: Session, scene: Scene, now: datetime) -> tuple[Stage, list[Task]]:
    sheet = run_sheet_of(session, scene.season, now)
    return sheet.rows[0].stage, tasks_of(sheet, now)


def tasks(session: Session, season: Season, now: datetime) -> list[Task]:
    return tasks_of(run_sheet_of(session, season, now), now)


def test_a_new_season_asks_to_be_published_and_for_a_challenge_and_judges(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, is_announced=False)
    home = f"/seasons/{season.slug}"
    assert tasks(session, season, NOW) == [
        Task("The season is a draft: only organizers see it.", "Look at it and announce it", home),
        Task("The season has no challenge yet.", "Write the first one", f"{home}/challenges/new"),
        Task("Nobody is named to judge.", "Invite judges", f"{home}/people"),
    ]


def test_a_draft_asks_to_be_published_and_loudly_when_its_instant_has_passed(session: Session, scene: Scene) -> None:
    draft = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    there = f"{home_of(scene)}/challenges/{draft.number}"
    told = [task for task in tasks(session, scene.season, NOW) if "draft" in task.text]
    late = [task for task in tasks(session, scene.season, draft.due_at) if "draft" in task.text]
    assert (told, late) == (
        [Task("Challenge 2 is a draft, due in 4 days.", "See it as participants will, and set its release", there)],
        [Task("Challenge 2 is a draft, and its due instant has passed.", "Set a later one", f"{there}/edit", True)],
    )


def test_an_open_challenge_asks_for_judges_only_when_it_is_nearly_due(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    judges = Task("Nobody is named to judge.", "Invite judges", f"{home_of(scene)}/people")
    urgent = Task(judges.text, judges.link, judges.href, is_urgent=True)
    assert stage_and_tasks(session, scene, NOW) == (Stage.OPEN, [judges])
    assert stage_and_tasks(session, scene, due - HOUR) == (Stage.OPEN, [urgent])
    assert stage_and_tasks(session, scene, due) == (Stage.ARRIVING, [urgent])
    nothing = Task(
        "Challenge 1: nothing received from 1 entry. Confirm that it leaves, or extend.", "Decide",
        f"{home_of(scene)}/challenges/1/standings",
    )  # fmt: skip
    assert stage_and_tasks(session, scene, scene.challenge.settled_at) == (Stage.EMPTY, [judges, nothing])


def test_a_round_is_followed_from_its_readings_to_its_packets(session: Session, round_: Round) -> None:
    scene = round_.scene
    there, settled = f"{home_of(scene)}/challenges/1", scene.challenge.settled_at
    assert stage_and_tasks(session, scene, settled) == (
        Stage.JUDGED,
        [Task("Challenge 1: 2 of 2 scoresheets are not handed in yet.", "See whose", f"{there}/panel")],
    )
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, round_.submission_id)
    review = Task(
        "Challenge 1: every scoresheet is handed in.", "Review the ranking and confirm it", f"{there}/standings"
    )
    assert stage_and_tasks(session, scene, settled + DAY) == (
        Stage.READY,
        [review],
    )
    release(session, scene.challenge, scene.cast.ada, settled + DAY)
    assert stage_and_tasks(session, scene, settled + DAY) == (Stage.RELEASED, [])
    packets_of(session, scene.challenge.id)[0][0].trouble = "The store was away."
    session.flush()
    assert stage_and_tasks(session, scene, settled + DAY) == (
        Stage.RELEASED,
        [Task("Challenge 1: 1 packet could not be made yet.", "See what is wrong", f"{there}/standings", True)],
    )


def test_a_design_without_a_judge_is_said_even_if_all_others_are_read(session: Session, round_: Round) -> None:
    scene = round_.scene
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    late = make_version(session, scene.challenge, entry, scene.cast.eve)
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, round_.submission_id)
    unread = Task(
        "Challenge 1: nobody is asked to read 1 design.", "Say who reads what",
        f"{home_of(scene)}/challenges/1/panel", is_urgent=True,
    )  # fmt: skip
    now = scene.challenge.settled_at + DAY
    assert stage_and_tasks(session, scene, now) == (Stage.UNREAD, [unread])
    pairs = [*panels.living_pairs(session, scene.challenge.id), Pair(round_.judges[0].id, late.submission_id)]
    panels.assign(session, scene.challenge, pairs, scene.cast.ada, now)
    assert stage_and_tasks(session, scene, now)[0] == Stage.JUDGED


def test_who_handed_in_nothing_is_said_from_the_last_hour_on_while_judges_read(session: Session, round_: Round) -> None:
    scene = round_.scene
    make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    settled, there = scene.challenge.settled_at, f"{home_of(scene)}/challenges/1"
    missing = Task(
        "Challenge 1: nothing received from 1 entry. Confirm that it leaves, or extend.", "Decide", f"{there}/standings"
    )
    sheets = Task("Challenge 1: 2 of 2 scoresheets are not handed in yet.", "See whose", f"{there}/panel")
    assert stage_and_tasks(session, scene, settled - SECOND) == (Stage.ARRIVING, [])
    assert stage_and_tasks(session, scene, settled) == (Stage.JUDGED, [missing, sheets])
    panels.assign(session, scene.challenge, [], scene.cast.ada, settled)
    unread = Task("Challenge 1: nobody is asked to read 1 design.", "Say who reads what", f"{there}/panel", True)
    assert stage_and_tasks(session, scene, settled) == (Stage.UNREAD, [unread, missing])


@pytest.mark.parametrize("is_released", [False, True])
def test_who_withdraws_after_the_confirmation_is_said(session: Session, round_: Round, is_released: bool) -> None:
    scene, after = round_.scene, round_.scene.challenge.settled_at + DAY
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, round_.submission_id)
    cuts.confirm(session, scene.challenge, scene.season, {}, scene.cast.ada, after)
    if is_released:
        release(session, scene.challenge, scene.cast.ada, after, at=after + DAY)
    entries.withdraw(session, scene.entry, scene.cast.ben, after)
    gone = Task(
        "Challenge 1: 1 entry has withdrawn since the results were confirmed.", "Undo the confirmation and look again",
        f"{home_of(scene)}/challenges/1/standings", is_urgent=True,
    )  # fmt: skip
    assert stage_and_tasks(session, scene, after) == (Stage.WAITING if is_released else Stage.CONFIRMED, [gone])


def test_mails_in_trouble_come_first(session: Session, round_: Round) -> None:
    scene = round_.scene
    for letter in outbox_of(session, scene.season.id)[:2]:
        letter.uncertain_at = NOW
    session.flush()
    assert tasks(session, scene.season, NOW) == [
        Task(
            "2 mails did not get through, or we cannot tell.", "Decide in the outbox", f"{home_of(scene)}/outbox", True
        )
    ]


def test_the_judge_whose_role_ended_is_counted_no_more(session: Session, round_: Round) -> None:
    scene = round_.scene
    end_role(session, holders(session, scene.season.id, RoleKind.JUDGE)[0][0], scene.cast.ada, NOW)
    assert run_sheet_of(session, scene.season, NOW).judges == 1


def test_what_comes_next_stands_in_its_order_with_the_mails(session: Session, scene: Scene) -> None:
    later = make_challenge(
        session, scene.season, scene.cast.ada, is_released=False, due=at_clock("2026-12-10T23:59"), title="The bridge"
    )
    challenges.schedule(session, later, scene.season, scene.cast.ada, NOW, at=NOW + 5 * DAY, on_hold=True)
    due, home = scene.challenge.due_at, home_of(scene)
    told = [(one.at, one.text, one.is_mail) for one in run_sheet_of(session, scene.season, NOW).next[:8]]
    assert told == [
        (due - 72 * HOUR, "Reminder for challenge 1, 72 hours before it is due, to whoever has not handed in", True),
        (due - 24 * HOUR, "Reminder for challenge 1, 24 hours before it is due, to whoever has not handed in", True),
        (due - 3 * HOUR, "Reminder for challenge 1, 3 hours before it is due, to whoever has not handed in", True),
        (due, "Challenge 1 is due", False),
        (due + HOUR / 2, "Challenge 1: nothing can arrive any more, judges may read", False),
        (NOW + 5 * DAY, "Challenge 2 is planned to open, by your button", False),
        (later.due_at - 72 * HOUR, told[6][1], True),
        (later.due_at - 24 * HOUR, told[7][1], True),
    ]
    assert run_sheet_of(session, scene.season, due).next[1] == Happening(
        NOW + 5 * DAY, "Challenge 2 is planned to open, by your button", f"{home}/challenges/2"
    )


def test_who_has_not_handed_in_and_not_read_the_amendment(session: Session, scene: Scene) -> None:
    make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    home = home_of(scene)
    remind = f"{home}/mailings/new?audience=not-handed-in&challenge=1"
    missing = Lack("have handed in nothing for challenge 1 yet", 1, 2, "See who, and remind them", remind)
    assert run_sheet_of(session, scene.season, NOW + HOUR).lacks == [missing]
    amended = briefs.amend(session, scene.challenge, "Three hundred beds.", "More beds.", scene.cast.ada, NOW)
    acknowledge(session, scene.challenge, scene.entry, amended.number, scene.cast.ben, NOW)
    unread = "have not acknowledged the newest amendment of challenge 1"
    assert run_sheet_of(session, scene.season, NOW + HOUR).lacks == [
        missing, Lack(unread, 1, 2, "See who", f"{home}/challenges/1/amendments"),
    ]  # fmt: skip


def test_whose_scoresheets_are_missing(session: Session, round_: Round) -> None:
    scene = round_.scene
    make_sheet(session, scene.challenge, round_.judges[0], round_.submission_id)
    remind = f"{home_of(scene)}/mailings/new?audience=late-judges&challenge=1"
    assert run_sheet_of(session, scene.season, scene.challenge.settled_at).lacks == [
        Lack("scoresheets of challenge 1 are not handed in", 1, 2, "See whose, and remind them", remind)
    ]


def test_an_evening_that_is_near_is_urgent(session: Session, round_: Round) -> None:
    scene = round_.scene
    later = make_challenge(session, scene.season, scene.cast.ada, is_released=False, due=at_clock("2026-12-10T23:59"))
    challenges.schedule(session, later, scene.season, scene.cast.ada, NOW, at=NOW + HOUR, on_hold=True)
    there = f"{home_of(scene)}/challenges/2"
    assert tasks(session, scene.season, NOW) == []
    assert tasks(session, scene.season, NOW + HOUR - 20 * MINUTE) == [
        Task("Challenge 2 is on hold; its evening is in 20 minutes.", "Release it when it is time", there, True)
    ]
    assert tasks(session, scene.season, NOW + HOUR + 20 * MINUTE) == [
        Task("Challenge 2 is on hold, and its evening began 20 minutes ago.", "Release it when it is time", there, True)
    ]


def test_who_left_or_withdrew_is_awaited_no_more(session: Session, round_: Round) -> None:
    scene = round_.scene
    out, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    gone, _ = make_entry(session, scene.season, make_person(session, "Fay"), name="Plan D")
    entries.withdraw(session, gone, scene.cast.eve, NOW)
    make_challenge(session, scene.season, scene.cast.ada, due=at_clock("2026-12-10T23:59"))
    leaves = {out.id: (OutcomeKind.LEAVES, "nothing received")}
    outcomes.confirm(session, scene.challenge, leaves, scene.cast.ada, scene.challenge.settled_at)
    sheet = run_sheet_of(session, scene.season, scene.challenge.settled_at)
    assert [(row.received, row.awaited, row.missing) for row in sheet.rows] == [(1, 2, 1), (0, 1, 1)]
    assert sheet.entries == 1


def test_questions_and_forgotten_swaps_wait_for_somebody(session: Session, round_: Round) -> None:
    scene = round_.scene
    clarifications.ask(
        session, scene.season, scene.challenge, ClarificationKind.TASK, "How many beds?", "", scene.cast.ben, NOW
    )
    clarifications.ask(
        session, scene.season, scene.challenge, ClarificationKind.PERSONAL, "I am ill.", "", scene.cast.ben, NOW
    )
    course = Course(builds_on=1, is_swap=True)
    swap = make_challenge(
        session, scene.season, scene.cast.ada, is_released=False, due=at_clock("2026-12-10T23:59"), course=course
    )
    challenges.schedule(session, swap, scene.season, scene.cast.ada, NOW, at=scene.challenge.settled_at)
    home = home_of(scene)
    assert tasks(session, scene.season, NOW) == [
        Task("1 personal matter for you alone.", "Read", f"{home}/clarifications", True),
        Task("1 question waits for an answer.", "Answer", f"{home}/clarifications"),
        Task("Challenge 2 swaps designs, and the swap is not drawn yet.", "Draw", f"{home}/challenges/2/swap"),
    ]


def test_our_own_outage_is_offered_back_with_the_evidence(session: Session, round_: Round) -> None:
    scene, due = round_.scene, round_.scene.challenge.due_at
    outages.note_up(session, due - 3 * HOUR)
    outages.note_up(session, due - 2 * HOUR)
    there = f"{home_of(scene)}/challenges/1/deadline"
    told = [task for task in tasks(session, scene.season, due - HOUR) if task.is_urgent]
    away = "The site was away for 60 minutes in the last hours before challenge 1 was due."
    assert told == [Task(away, "See the evidence, and give everybody the same back", there, True)]
    deadlines.extend_all(
        session, scene.challenge, 60, "Our site was away.", scene.cast.ada, due - HOUR, is_for_outage=True
    )
    assert [task for task in tasks(session, scene.season, due - HOUR) if task.is_urgent] == []


@pytest.mark.parametrize("entrants", [1, 30])
def test_it_takes_the_same_statements_whatever_the_season_holds(stage: Site, entrants: int) -> None:
    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for number in range(entrants):
            person = make_person(session, f"P{number}", f"p{number}@example.org")
            make_entry(session, there.season, person, name=f"Team {number}", now=stage.clock.at)

    stage.write(grow)
    assert stage.statements(stage.browser(stage.world.cast.ada), f"{stage.world.home}/run-sheet") <= 12
