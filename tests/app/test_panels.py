"""Panels over HTTP: naming judges once, ending a role at once, and saying who reads what."""

from uuid import UUID

import pytest
from sqlmodel import Session, select

from challenges import seasons
from challenges.letters import Letter
from challenges.seasons import Role, RoleKind
from challenges.versions import handed_in
from judging import panels
from judging.panels import Pair
from tests.makers import make_entry, make_judge, make_person, make_version
from tests.stage import TODAY, Stage, at_once, beside, leads_to, shown


def panel(stage: Stage) -> str:
    return f"{stage.world.path(stage.world.judged)}/panel"


def living(stage: Stage) -> set[Pair]:
    with stage.database.reading() as session:
        return set(panels.living_pairs(session, stage.world.judged.id))


def role_id(stage: Stage, person_id: UUID) -> UUID:
    with stage.database.reading() as session:
        role = seasons.role_of(session, stage.world.season.id, person_id, RoleKind.JUDGE)
        assert role
        return role.id


def test_clicking_twice_names_one_judge_and_writes_one_letter(stage: Stage) -> None:
    ada, judges = stage.browser(stage.world.cast.ada), f"{stage.world.home}/judges"
    ada.token()
    answers = at_once(*[lambda: ada.send_form(judges, name="Flora", email="Flora@example.org")] * 2)
    answers.append(ada.send_form(judges, name="Another name", email="flora@example.org"))
    assert [leads_to(answer) for answer in answers] == [(303, judges)] * 3
    assert stage.changes() == {"person": "+1", "role": "+1", "letter": "+1", "trace": "+1"}
    with stage.database.reading() as session:
        letter = session.exec(select(Letter).where(Letter.to_email == "flora@example.org")).one()
    assert (letter.kind, letter.to_name, letter.facts["season"]) == ("named_judge", "Flora", "The Long Winter")
    assert shown(ada.get(judges), "Flora", "flora@example.org") == (200, [])


@pytest.mark.parametrize(
    ("name", "email", "field", "sentence"),
    [
        ("Flora", "flora", "email", "That is not a mail address. It looks like name@example.org."),
        ("x" * 81, "flora@example.org", "name", "That is longer than 80 characters."),
        ("Cleo", "cleo@example.org", "email", "Cleo is in team Plan B and cannot judge this season."),
    ],
)
def test_a_refused_judge_stays_in_the_form(stage: Stage, name: str, email: str, field: str, sentence: str) -> None:
    answer = stage.browser(stage.world.cast.ada).send_form(f"{stage.world.home}/judges", name=name, email=email)
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    assert shown(answer, f'value="{name}"', f'value="{email}"') == (422, [])
    assert stage.changes() == {}


def test_a_judge_whose_role_ends_finds_the_desk_shut_with_the_next_click(stage: Stage) -> None:
    world = stage.world
    dana, ada = stage.browser(world.cast.dana), stage.browser(world.cast.ada)
    paths = ["/desk", f"/scoresheets/{world.sheet_id}"]
    assert [dana.get(path).status_code for path in paths] == [200, 200]
    ending = f"{world.home}/judges/{role_id(stage, world.cast.dana.id)}/ending"
    for _ in range(2):
        assert leads_to(ada.send_form(ending)) == (303, f"{world.home}/judges")
    assert stage.changes() == {"role": "~1", "trace": "+1"}
    assert [dana.get(path).status_code for path in paths] == [404, 404]
    assert dana.send_form(f"/scoresheets/{world.sheet_id}/marks", overall="x", overall_revision="0").status_code == 404


def test_only_a_judge_of_this_season_is_ended_here(stage: Stage) -> None:
    world = stage.world
    with stage.database.reading() as session:
        foreign = next(
            role for role in session.exec(select(Role)) if role.season_id != world.season.id and role.kind == "judge"
        ).id
        own = seasons.role_of(session, world.season.id, world.cast.ada.id, RoleKind.ORGANIZER)
    assert own
    ada = stage.browser(world.cast.ada)
    answers = [ada.send_form(f"{world.home}/judges/{one}/ending") for one in (foreign, own.id, UUID(int=1))]
    assert ([answer.status_code for answer in answers], stage.changes()) == ([404] * 3, {})


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


def test_names_of_html_are_names(stage: Stage) -> None:
    ada, name = stage.browser(stage.world.cast.ada), "<script>alert(1)</script>"
    ada.send_form(f"{stage.world.home}/judges", name=name, email="flora@example.org")
    pages = [ada.get(path).text for path in (f"{stage.world.home}/judges", panel(stage), f"{stage.world.home}/outbox")]
    assert [("<script>alert" in page, "&lt;script&gt;" in page) for page in pages] == [(False, True)] * 3


def test_judges_and_panel_ask_the_same_for_thirty(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    paths = [f"{world.home}/judges", panel(stage)]
    few = [stage.statements(ada, path) for path in paths]

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
    many = [stage.statements(ada, path) for path in paths]
    assert (many, max(many) <= 12) == (few, True)
