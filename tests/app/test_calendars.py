"""Calendars: read back by a calendar library, nothing before its instant, nobody else's deadline, no forged line."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from sqlmodel import Session

from challenges import challenges, deadlines, outcomes, seasons
from challenges.outcomes import OutcomeKind
from tests.makers import DAY, HOUR, MINUTE, at_clock, make_challenge
from tests.stage import DUE, TODAY, Stage, World, leads_to, shown

Events = dict[str, Any]


def events(answer: httpx.Response) -> Events:
    """By summary; the whole calendar must be readable."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    calendar = Calendar.from_ical(answer.content)
    return {str(event["summary"]).partition(": ")[2]: event for event in calendar.walk("VEVENT")}


def public(stage: Stage) -> Events:
    return events(stage.browser().get(f"{stage.world.home}/calendar.ics"))


def instants(found: Events) -> dict[str, datetime]:
    return {title: event["dtstart"].dt for title, event in found.items()}


def do(stage: Stage, deed: Callable[[Session, World], Any]) -> None:
    stage.write(lambda session: deed(session, stage.world_in(session)))


def subscribe(stage: Stage, person: Any) -> str:
    """The path of somebody's own calendar."""
    browser = stage.browser(person)
    assert leads_to(browser.send_form("/account/calendar")) == (303, "/account/calendar")
    found = re.search(r'value="[^"]+(/calendars/[\w-]+\.ics)"', browser.get("/account/calendar").text)
    assert found
    return found[1]


def test_what_everybody_may_know_of_a_season(stage: Stage) -> None:
    found = public(stage)
    released, judged, opened = stage.world.released, stage.world.judged, stage.world.opened
    assert instants(found) == {
        "challenge 1: A field hospital opens": released.release_at,
        "hand in challenge 1: A field hospital": released.due_at,
        "results of challenge 1": released.settled_at + DAY,
        "challenge 2: A second site opens": judged.release_at,
        "hand in challenge 2: A second site": judged.due_at,
        "challenge 3: The bridge opens": TODAY - DAY,
        "hand in challenge 3: The bridge": DUE,
    }
    due = found["hand in challenge 3: The bridge"]
    assert str(due["description"]).splitlines() == [
        "Hand in before Thu 10 Dec 2026, 23:59:00 Berlin (the season’s time), Thu 10 Dec 2026, 22:59:00 UTC.",
        "Thu 10 Dec 2026, 23:59:00 Berlin, the season’s time.",
        f"{stage.site.settings.url}{stage.world.path(opened)}",
    ]
    assert [alarm["trigger"].dt for alarm in due.walk("VALARM")] == [-DAY, -3 * HOUR]
    assert found["challenge 3: The bridge opens"].walk("VALARM") == []


@pytest.mark.parametrize("on_hold", [False, True])
def test_before_its_release_a_challenge_is_a_number_with_dates(stage: Stage, on_hold: bool) -> None:
    opens = TODAY + 2 * DAY

    def schedule(session: Session, world: World) -> None:
        challenges.schedule(session, world.draft, world.season, world.cast.ada, stage.clock.at, opens, on_hold)

    do(stage, schedule)
    for person in (None, stage.world.cast.ben, stage.world.cast.ada):
        before = stage.browser(person).get(f"{stage.world.home}/calendar.ics")
        assert {title: at for title, at in instants(events(before)).items() if "4" in title} == {
            "challenge 4 opens": opens,
            "hand in challenge 4": stage.world.draft.due_at,
        }
        hidden = ("Not told yet", str(stage.world.draft.id), "challenges/4", "field hospital that")
        assert [one for one in hidden if one in before.text] == []
    assert ("opens live" in before.text.replace("\r\n ", "")) == on_hold
    stage.clock.at = opens
    later = public(stage)
    assert ("hand in challenge 4: Not told yet" in later) == (not on_hold)


def test_a_draft_is_in_no_calendar_and_a_draft_season_has_none(stage: Stage) -> None:
    assert [title for title in public(stage) if "4" in title] == []
    with stage.database.reading() as session:
        draft = next(one for one in seasons.drafts_of(session, stage.world.nora.id))
    assert stage.browser().get(f"/seasons/{draft.slug}/calendar.ics").status_code == 404


def test_a_result_on_hold_is_in_no_calendar(stage: Stage) -> None:
    def confirm(session: Session, world: World) -> None:
        left = {world.entry.id: (OutcomeKind.LEAVES, "")}
        outcomes.confirm(session, world.judged, left, world.cast.ada, stage.clock.at)

    path = subscribe(stage, stage.world.cast.ben)
    before = [stage.browser().get(one).content for one in (f"{stage.world.home}/calendar.ics", path)]
    do(stage, confirm)
    assert [stage.browser().get(one).content for one in (f"{stage.world.home}/calendar.ics", path)] == before

    def tell(session: Session, world: World) -> None:
        outcomes.make_public(session, world.judged, stage.clock.at)

    do(stage, tell)
    assert "hand in challenge 3: The bridge" in events(stage.browser().get(path))  # no longer for their team


def test_a_due_instant_that_moves_updates_the_same_event(stage: Stage) -> None:
    before = public(stage)["hand in challenge 3: The bridge"]
    stage.clock.at += HOUR

    def move(session: Session, world: World) -> None:
        deadlines.extend_all(session, world.opened, 40, "The site was down.", world.cast.ada, stage.clock.at)

    do(stage, move)
    after = public(stage)["hand in challenge 3: The bridge"]
    assert after["uid"] == before["uid"]
    assert (after["dtstart"].dt, after["sequence"]) == (DUE + 40 * MINUTE, before["sequence"] + 1)
    assert (before["last-modified"].dt, after["last-modified"].dt) == (TODAY - DAY, stage.clock.at)


def test_my_calendar_knows_my_extension_and_nobody_elses(stage: Stage) -> None:
    mine, fays = subscribe(stage, stage.world.cast.ben), subscribe(stage, stage.world.fay)
    before = events(stage.browser().get(mine))["hand in challenge 3: The bridge for Plan B"]
    theirs = stage.browser().get(fays).content

    def extend(session: Session, world: World) -> None:
        deadlines.extend(session, world.opened, world.entry, 90, "Ben was ill.", world.cast.ada, stage.clock.at)

    do(stage, extend)
    after = events(stage.browser().get(mine))["hand in challenge 3: The bridge for Plan B"]
    assert (after["uid"], after["dtstart"].dt) == (before["uid"], DUE + 90 * MINUTE)
    assert after["sequence"] == before["sequence"] + 1
    assert "Why: Ben was ill." in str(after["description"]).splitlines()
    assert stage.browser().get(fays).content == theirs
    assert "Ben was ill." not in stage.browser().get(f"{stage.world.home}/calendar.ics").text


def test_a_judge_reads_when_designs_can_be_read_and_nobody_without_a_role_reads_anything(stage: Stage) -> None:
    danas = events(stage.browser().get(subscribe(stage, stage.world.cast.dana)))
    assert danas["designs of challenge 3: The bridge can be read"]["dtstart"].dt == stage.world.opened.settled_at
    assert events(stage.browser().get(subscribe(stage, stage.world.cast.eve))) == {}


def test_the_address_is_shown_once_renewed_and_ended(stage: Stage) -> None:
    ben = stage.browser(stage.world.cast.ben)
    old = subscribe(stage, stage.world.cast.ben)
    assert shown(ben.get("/account/calendar"), "An address was made", "Make a new address") == (200, [])
    assert "/calendars/" not in ben.get("/account/calendar").text
    new = subscribe(stage, stage.world.cast.ben)
    assert [stage.browser().get(path).status_code for path in (old, new)] == [404, 200]
    ben.send_form("/account/calendar/ending")
    assert stage.browser().get(new).status_code == 404
    assert [stage.browser().get(path).status_code for path in ("/calendars/x.ics", new[:-4], f"{new}.ics")] == [404] * 3


def test_the_token_stands_in_no_log_line(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    path = subscribe(stage, stage.world.cast.ben)
    with caplog.at_level("DEBUG"):
        stage.browser().get(path)
    assert path[11:30] not in caplog.text


def test_whoever_has_it_already_is_told_so(stage: Stage) -> None:
    path, browser = f"{stage.world.home}/calendar.ics", stage.browser()
    first = browser.get(path)
    stage.clock.at += MINUTE
    again = browser.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


HOSTILE = "=cmd|' /C calc'!A0\r\nEND:VEVENT\rATTENDEE:mailto:x@y.example\x0b,;\\ \u2028 ü"


def test_no_title_and_no_reason_begins_a_line_of_the_calendar(stage: Stage) -> None:
    path = subscribe(stage, stage.world.cast.ben)

    def write(session: Session, world: World) -> None:
        due = at_clock("2026-12-11T23:59")
        make_challenge(session, world.season, world.cast.ada, title=HOSTILE, due=due, now=stage.clock.at)
        deadlines.extend(session, world.opened, world.entry, 90, HOSTILE, world.cast.ada, stage.clock.at)
        world.season.title, world.plan_b.name = HOSTILE, HOSTILE[:60]

    do(stage, write)
    for one in (f"{stage.world.home}/calendar.ics", path):
        answer = stage.browser().get(one)
        lines = answer.content.split(b"\r\n")
        assert b"\r" not in b"".join(lines)
        assert max(map(len, lines)) <= 75
        assert not any(line.startswith((b"ATTENDEE", b"=", b"+", b"@")) for line in lines)
        assert {type(event).__name__ for event in events(answer).values()} == {"Event"}
        assert answer.content.count(b"BEGIN:VEVENT") == answer.content.count(b"\r\nEND:VEVENT")


def test_a_calendar_takes_the_same_statements_for_thirty_challenges(stage: Stage) -> None:
    paths = [f"{stage.world.home}/calendar.ics", subscribe(stage, stage.world.cast.ben)]
    few = [stage.statements(stage.browser(), path) for path in paths]

    def grow(session: Session, world: World) -> None:
        for _ in range(30):
            make_challenge(session, world.season, world.cast.ada, due=at_clock("2026-12-11T23:59"), now=stage.clock.at)

    do(stage, grow)
    assert [stage.statements(stage.browser(), path) for path in paths] == few
    assert max(few) <= 12
