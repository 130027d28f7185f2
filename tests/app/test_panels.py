"""Panels over HTTP: saying who reads what."""

from uuid import UUID

import pytest
from sqlmodel import Session

from challenges.versions import handed_in
from judging import panels
from judging.panels import Pair
from tests.makers import make_entry, make_judge, make_person, make_version
from tests.stage import TODAY, Stage, beside, leads_to, shown


def panel(stage: Stage) -> str:
    return f"{stage.world.path(stage.world.judged)}/panel"


def living(stage: Stage) -> set[Pair]:
    with stage.database.reading() as session:
        return set(panels.living_pairs(session, stage.world.judged.id))


def test_who_is_invited_and_has_not_accepted_is_named_and_reads_nothing(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    page = ada.get(panel(stage))
    assert shown(page, "Invited to judge, and not accepted yet.", "Hal", "Hal, Plan B") == (200, ["Hal, Plan B"])
    hal = stage.write(make_person, "Hal")
    answer = ada.send_form(panel(stage), pair=f"{hal.id}:{stage.world.judged_version.submission_id}")
    assert (shown(answer, GONE), stage.changes()) == ((422, []), {"person": "+1"})


def test_whom_a_team_works_for_and_who_pays_it_stands_there_before_somebody_is_assigned(stage: Stage) -> None:
    """Dana works for Umbra; the team that picks Umbra’s racks says so, and the organizer keeps her from its design."""
    world = stage.world
    ada, ben = stage.browser(world.cast.ada), stage.browser(world.cast.ben)
    ada.send_form(panel(stage))  # nobody reads anything
    assert shown(ada.get(panel(stage)), "close to:", "sponsors:") == (
        200, ["close to:", "sponsors:"],
    )  # fmt: skip
    ben.send_form(f"/teams/{world.plan_b.id}/affiliation", affiliation="Acme", sponsors="Umbra, for its racks")
    page = ada.get(panel(stage))
    assert shown(page, "close to: Acme", "sponsors: Umbra, for its racks") == (200, [])
    assert living(stage) == set()


def test_everyone_reads_everything_and_what_was_assigned_stays(stage: Stage) -> None:
    world = stage.world
    before = living(stage)
    ada = stage.browser(world.cast.ada)
    for _ in range(2):
        assert leads_to(ada.send_form(panel(stage), everything="1")) == (303, panel(stage))
    with stage.database.reading() as session:
        submissions = [submission.id for submission, *_ in handed_in(session, world.judged.id)]
    assert living(stage) == before | {Pair(world.cast.dev.id, one) for one in submissions}
    assert stage.changes() == {"panelist": "+1", "assignment": "+2", "trace": "+1"}


def test_exactly_the_ticked_pairs_live_and_a_sheet_comes_back_with_its_pair(stage: Stage) -> None:
    world = stage.world
    ada, dana = stage.browser(world.cast.ada), stage.browser(world.cast.dana)
    keep = [pair for pair in living(stage) if pair.person_id == world.cast.dana.id]
    dropped = Pair(world.cast.dana.id, world.judged_version.submission_id)
    ticked = [f"{pair.person_id}:{pair.submission_id}" for pair in keep if pair != dropped]
    assert leads_to(ada.send_form(panel(stage), pair=ticked)) == (303, panel(stage))
    assert living(stage) == set(keep) - {dropped}
    assert dana.get(f"/scoresheets/{world.sheet_id}").status_code == 404
    ticked.append(f"{dropped.person_id}:{dropped.submission_id}")
    ada.send_form(panel(stage), pair=ticked)
    assert (living(stage), dana.get(f"/scoresheets/{world.sheet_id}").status_code) == (set(keep), 200)


GONE = "One of these judges or submissions is not part of this challenge any more. Load the page again."


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("nonsense", "One of these boxes cannot be read. Load the page again."),
        ("a:b:c", "One of these boxes cannot be read. Load the page again."),
        (f"{UUID(int=1)}:{UUID(int=2)}", GONE),
        ("eve", GONE),
        ("emil", GONE),
        ("another challenge", GONE),
    ],
)
def test_a_pair_that_cannot_be_is_refused(stage: Stage, pair: str, sentence: str) -> None:
    world = stage.world
    pairs = {
        "eve": f"{world.cast.eve.id}:{world.judged_version.submission_id}",
        "another challenge": f"{world.cast.dev.id}:{world.version.submission_id}",
    }
    if pair == "emil":  # his own pair lives; another one may not be made of an ended role
        ada = stage.browser(world.cast.ada)
        ada.send_form(panel(stage))
        pairs["emil"] = f"{world.emil.id}:{world.judged_version.submission_id}"
    before = stage.changes()
    answer = stage.browser(world.cast.ada).send_form(panel(stage), pair=pairs.get(pair, pair))
    assert shown(answer, sentence) == (422, [])
    assert stage.changes() == before


def test_after_release_the_panel_stays(stage: Stage) -> None:
    world = stage.world
    answer = stage.browser(world.cast.ada).send_form(f"{world.path(world.released)}/panel", everything="1")
    assert shown(answer, "Feedback for this challenge has been released, so its panel stays as it is.") == (422, [])
    assert stage.changes() == {}


def test_the_panel_asks_the_same_for_thirty(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    few = stage.statements(ada, panel(stage))

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        there.judged.due_at = TODAY.replace(month=12)
        for number in range(30):
            make_judge(session, there.season, make_person(session, f"Judge{number}"), there.cast.ada)
            person = make_person(session, f"Member{number}")
            entry, _ = make_entry(session, there.season, person, name=f"Team {number}")
            make_version(session, there.judged, entry, person, TODAY)
        panels.assign_everything(session, there.judged, there.cast.ada, TODAY)

    stage.write(grow)
    many = stage.statements(ada, panel(stage))
    assert (many, many <= 12) == (few, True)


def test_the_chair_is_named_on_the_panel_and_seen_by_organizers_alone(stage: Stage) -> None:
    world, there = stage.world, stage.world.path(stage.world.judged)
    ada = stage.browser(world.cast.ada)
    for _ in range(2):
        assert leads_to(ada.send_form(f"{there}/panel/chair", chair=str(world.cast.dana.id))) == (303, f"{there}/panel")
    assert stage.changes() == {"challenge": "~1", "trace": "+1"}
    assert f'<option value="{world.cast.dana.id}" selected>' in ada.get(f"{there}/panel").text
    refused = ada.send_form(f"{there}/panel/chair", chair=str(world.cast.ben.id))
    assert (refused.status_code, beside(refused, "chair")) == (422, "Choose an organizer or a judge of this season.")
    assert str(world.cast.dana.id) not in stage.browser(world.cast.ben).get(there).text
