"""Feedback over HTTP: released once, only when it is ready, and taken back while nobody has read it."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, select

from challenges.letters import Letter
from challenges.people import Person
from challenges.versions import handed_in
from judging import packets, panels
from judging.panels import Pair
from tests.makers import make_sheet
from tests.stage import Stage, at_once, beside, leads_to, shown


def finish(session: Session, stage: Stage) -> None:
    """Emil's readings end, and Dana hands both sheets in: ready to release."""
    there = stage.world_in(session)
    challenge, dana = there.judged, there.cast.dana
    submissions = [submission.id for submission, *_ in handed_in(session, challenge.id)]
    panels.assign(session, challenge, [Pair(dana.id, one) for one in submissions], there.cast.ada, stage.clock.at)
    for one in submissions:
        make_sheet(session, challenge, dana, one, now=stage.clock.at)


def path(stage: Stage) -> str:
    return f"{stage.world.path(stage.world.judged)}/feedback"


def test_feedback_is_not_released_before_every_sheet_is_in(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    told = "4 of 4 scoresheets are not handed in. Wait for them, or end those assignments first."
    assert shown(ada.send_form(path(stage)), told) == (422, [])
    empty = f"{stage.world.path(stage.world.opened)}/feedback"
    told = "No judge is assigned to this challenge, so there is no feedback to release."
    assert shown(ada.send_form(empty), told) == (422, [])
    assert stage.changes() == {}


def test_a_design_that_nobody_read_is_named(stage: Stage) -> None:
    def only_plan_b(session: Session) -> None:
        there = stage.world_in(session)
        pair = Pair(there.cast.dana.id, there.judged_version.submission_id)
        panels.assign(session, there.judged, [pair], there.cast.ada, stage.clock.at)
        make_sheet(session, there.judged, there.cast.dana, pair.submission_id, now=stage.clock.at)

    stage.write(only_plan_b)
    answer = stage.browser(stage.world.cast.ada).send_form(path(stage))
    told = "Nobody has read the design of Plan D. Assign at least one judge to each."
    assert shown(answer, told) == (422, [])


def test_clicking_twice_releases_once(stage: Stage) -> None:
    stage.write(finish, stage)
    before = stage.rows()
    ada = stage.browser(stage.world.cast.ada)
    ada.token()
    answers = at_once(*[lambda: ada.send_form(path(stage))] * 2)
    answers.append(ada.send_form(path(stage)))
    standings = f"{stage.world.path(stage.world.judged)}/standings"
    assert [leads_to(answer) for answer in answers] == [(303, standings)] * 3
    now = stage.rows()
    new = {name: len(rows) - len(before[name]) for name, rows in now.items() if len(rows) != len(before[name])}
    assert new == {"outcome": 2, "feedbackrelease": 1, "packet": 2, "trace": 2}
    assert shown(ada.get(standings), "The packets are being made: 0 of 2.") == (200, [])


def test_releasing_writes_no_letter_before_the_packet_is_made(stage: Stage) -> None:
    stage.write(finish, stage)
    stage.browser(stage.world.cast.ada).send_form(path(stage))
    with stage.database.reading() as session:
        letters = session.exec(select(Letter).where(Letter.kind == "packet_ready", Letter.created_at == stage.clock.at))
        assert letters.all() == []


@pytest.mark.parametrize("how", ["hold", "at"])
def test_before_its_instant_nothing_shows_and_then_it_opens(stage: Stage, how: str) -> None:
    world = stage.world
    stage.write(finish, stage)
    people = [None, world.cast.ben, world.cast.cleo, world.fay, world.cast.dana, world.cast.dev, world.cast.eve,
              world.nora, world.nemo]  # fmt: skip
    standings, shown_at = f"{world.path(world.judged)}/standings", stage.clock.at + timedelta(hours=7)
    before = [traces(stage, person) for person in people]
    local = shown_at.astimezone(ZoneInfo(world.season.zone)).strftime("%Y-%m-%dT%H:%M")
    ada = stage.browser(world.cast.ada)
    assert leads_to(ada.send_form(path(stage), how=how, public=local)) == (303, standings)

    def made(session: Session) -> str:
        for packet, _ in packets.packets_of(session, world.judged.id):
            packet.rendered_at, packet.key, packet.store_version_id, packet.size = stage.clock.at, "packets/x", "v", 9
        return next(str(packet.id) for packet, team in packets.packets_of(session, world.judged.id)
                    if team.id == world.plan_b.id)  # fmt: skip

    mine = f"/packets/{stage.write(made)}"
    stage.clock.at = shown_at - timedelta(seconds=1)
    assert [traces(stage, person) for person in people] == before
    assert [stage.browser(person).get(standings).status_code for person in people] == [404] * 9
    assert [stage.browser(person).get(mine).status_code for person in people[1:]] == [404] * 8
    assert stage.browser(world.cast.ada).get(mine).status_code == 303
    stage.clock.at = shown_at
    if how == "hold":
        assert [stage.browser(person).get(standings).status_code for person in people] == [404] * 9
        opening = f"{path(stage)}/opening"
        assert [leads_to(ada.send_form(opening)) for _ in range(2)] == [(303, standings)] * 2
    assert [stage.browser(person).get(standings).status_code for person in people] == [200] * 9
    assert [stage.browser(person).get(mine).status_code for person in people[1:4]] == [303, 303, 404]
    assert mine in stage.browser(world.cast.ben).get(world.home).text


def traces(stage: Stage, person: Person | None) -> list[str]:
    """What of the season's pages speaks of results, for this person."""
    browser, world = stage.browser(person), stage.world
    pages = [world.home, world.path(world.judged), f"{world.home}/teams", f"{world.path(world.judged)}/submission"]
    words = re.compile(r"/standings|/packets/[0-9a-f-]+|results out|eliminated|winner|goes on|leaves|Released")
    return [word for page in pages for word in words.findall(browser.get(page).text)]


def test_an_instant_that_the_clock_skips_is_asked_back(stage: Stage) -> None:
    stage.write(finish, stage)
    ada = stage.browser(stage.world.cast.ada)
    answer = ada.send_form(path(stage), how="at", public="2027-03-28T02:30")
    assert (answer.status_code, beside(answer, "public")) == (
        422,
        "The clocks are put forward over that time in this zone, so it does not exist on that day. Say which you mean.",
    )
    assert shown(answer, "Sunday 28 March 2027, 03:30 (Sun 01:30 UTC)") == (422, [])
    assert beside(ada.send_form(path(stage), how="at", public=""), "public") == (
        "Write a day and a time, such as 2026-11-24T23:59."
    )


def test_a_release_is_taken_back_and_nothing_of_it_is_left(stage: Stage) -> None:
    stage.write(finish, stage)
    before, ada = stage.rows(), stage.browser(stage.world.cast.ada)
    standings = f"{stage.world.path(stage.world.judged)}/standings"
    ada.send_form(path(stage), how="hold")
    page = ada.get(standings)
    assert shown(page, "On hold. The results open when you press the button.", "Open the results", "Rehearsal") == (
        200, [],
    )  # fmt: skip
    assert leads_to(ada.send_form(f"{standings}/confirmation/withdrawal")) == (422, "")
    assert [leads_to(ada.send_form(f"{path(stage)}/withdrawal")) for _ in range(2)] == [(303, standings)] * 2
    assert leads_to(ada.send_form(f"{standings}/confirmation/withdrawal")) == (303, standings)
    now = stage.rows()
    changed = {name for name, rows in now.items() if len(rows) != len(before[name])}
    assert changed == {"trace"}


def test_what_is_public_is_not_taken_back(stage: Stage) -> None:
    stage.write(finish, stage)
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form(path(stage), how="now")
    told = "These results are released. What people have read cannot be taken back."
    assert shown(ada.send_form(f"{path(stage)}/withdrawal"), told) == (422, [])
