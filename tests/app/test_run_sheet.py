"""The run sheet: at each stage of a challenge it says what waits for an organizer, and nothing else."""

from datetime import datetime

from sqlmodel import Session

from app.run_sheet import Stage, Task, run_sheet_of
from challenges.letters import outbox_of
from challenges.seasons import RoleKind, end_role, holders
from judging import panels
from judging.feedback import packets_of, release
from judging.panels import Pair
from tests.cast import NOW, Cast
from tests.makers import DAY, HOUR, Round, Scene, make_challenge, make_entry, make_season, make_sheet, make_version


def home_of(scene: Scene) -> str:
    return f"/seasons/{scene.season.slug}"


def stage_and_tasks(session: Session, scene: Scene, now: datetime) -> tuple[Stage, list[Task]]:
    sheet = run_sheet_of(session, scene.season, now)
    return sheet.rows[0].stage, list(sheet.tasks)


def test_a_new_season_asks_to_be_published_and_for_a_challenge_and_judges(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, is_announced=False)
    home = f"/seasons/{season.slug}"
    assert run_sheet_of(session, season, NOW).tasks == [
        Task("The season is a draft: only organizers see it.", "Look at it and publish it", home),
        Task("The season has no challenge yet.", "Write the first one", f"{home}/challenges/new"),
        Task("Nobody is named to judge.", "Invite judges", f"{home}/people"),
    ]


def test_a_draft_asks_to_be_published_and_loudly_when_its_instant_has_passed(session: Session, scene: Scene) -> None:
    draft = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    there = f"{home_of(scene)}/challenges/{draft.number}"
    told = [task for task in run_sheet_of(session, scene.season, NOW).tasks if "draft" in task.text]
    late = [task for task in run_sheet_of(session, scene.season, draft.due_at).tasks if "draft" in task.text]
    assert (told, late) == (
        [Task("Challenge 2 is a draft, due in 4 days.", "See it as participants will, and publish it", there)],
        [Task("Challenge 2 is a draft, and its due instant has passed.", "Set a later one", f"{there}/edit", True)],
    )


def test_an_open_challenge_asks_for_judges_only_when_it_is_nearly_due(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    judges = Task("Nobody is named to judge.", "Invite judges", f"{home_of(scene)}/people")
    urgent = Task(judges.text, judges.link, judges.href, is_urgent=True)
    assert stage_and_tasks(session, scene, NOW) == (Stage.OPEN, [judges])
    assert stage_and_tasks(session, scene, due - HOUR) == (Stage.OPEN, [urgent])
    assert stage_and_tasks(session, scene, due) == (Stage.ARRIVING, [urgent])
    assert stage_and_tasks(session, scene, scene.challenge.settled_at) == (Stage.EMPTY, [judges])


def test_a_round_is_followed_from_its_readings_to_its_packets(session: Session, round_: Round) -> None:
    scene = round_.scene
    there, settled = f"{home_of(scene)}/challenges/1", scene.challenge.settled_at
    assert stage_and_tasks(session, scene, settled) == (
        Stage.JUDGED,
        [Task("Challenge 1: 2 of 2 scoresheets are not handed in yet.", "See whose", f"{there}/panel")],
    )
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, round_.submission_id)
    assert stage_and_tasks(session, scene, settled + DAY) == (
        Stage.READY,
        [Task("Challenge 1: every scoresheet is handed in.", "Review the standings and release", f"{there}/standings")],
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


def test_mails_in_trouble_come_first(session: Session, round_: Round) -> None:
    scene = round_.scene
    for letter in outbox_of(session, scene.season.id)[:2]:
        letter.uncertain_at = NOW
    session.flush()
    assert run_sheet_of(session, scene.season, NOW).tasks == [
        Task(
            "2 mails did not get through, or we cannot tell.", "Decide in the outbox", f"{home_of(scene)}/outbox", True
        )
    ]


def test_the_judge_whose_role_ended_is_counted_no_more(session: Session, round_: Round) -> None:
    scene = round_.scene
    end_role(session, holders(session, scene.season.id, RoleKind.JUDGE)[0][0], scene.cast.ada, NOW)
    assert run_sheet_of(session, scene.season, NOW).judges == 1
