"""The zone beside every deadline: changed in place, signed in or not, and from then on used everywhere."""

import re
from html import unescape

from sqlmodel import Session

from challenges import deadlines
from challenges.people import Person
from tests.makers import HOUR, MINUTE
from tests.stage import DUE, Stage, beside, leads_to, shown

ZONE = "/account/zone"


def due_line(text: str) -> str:
    """The due instant of a page, as it is read."""
    found = re.search(r'<p class="due.*?</p>', text, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found[0])).split())


def terms(text: str) -> list[str]:
    return [
        " ".join(unescape(re.sub(r"<[^>]+>", "", one)).split())
        for one in re.findall(r'<p class="due-terms">.*?</p>', text, re.DOTALL)
    ]


def test_beside_the_deadline_a_link_leads_to_the_zone_and_back(stage: Stage) -> None:
    path = stage.world.path(stage.world.opened)
    for person in (None, stage.world.cast.ben):
        browser = stage.browser(person)
        assert f'<a href="{ZONE}?back={path}">change zone</a>' in browser.get(path).text
        page = browser.get(f"{ZONE}?back={path}")
        assert shown(page, f'name="back" value="{path}"', f'<a href="{path}">Back without a change</a>') == (200, [])
        assert leads_to(browser.send_form(ZONE, zone="Asia/Tokyo", back=path)) == (303, path)
        assert due_line(browser.get(path).text) == (
            "Hand in before Fri 11 Dec, 07:59:00 your time (Tokyo) "
            "Thu 10 Dec, 23:59 Berlin, the season’s time · Thu 10 Dec, 22:59 UTC · in 13 days · change zone"
        )


def test_signed_in_the_account_changes_and_nothing_else(stage: Stage) -> None:
    ben, eve = stage.browser(stage.world.cast.ben), stage.browser(stage.world.cast.eve)
    ben.send_form(ZONE, zone="America/New_York", back="/")
    assert stage.changes() == {"person": "~1"}
    assert (stage.fresh(stage.world.cast.ben).zone, "charrette-zone" in ben.cookies) == ("America/New_York", False)
    assert "New York" not in eve.get(stage.world.home).text


def test_signed_out_a_cookie_of_ours_keeps_it(stage: Stage) -> None:
    browser = stage.browser()
    browser.send_form(ZONE, zone="America/New_York", back="/")
    assert stage.changes() == {}
    home = browser.get(stage.world.home).text
    assert "your time (New York)" in home
    sealed = browser.cookies["charrette-zone"]
    browser.cookies.set("charrette-zone", sealed[:-1] + "x", domain="127.0.0.1")
    assert "New York" not in browser.get(stage.world.home).text


def test_a_zone_that_does_not_exist_is_refused_and_the_way_back_kept(stage: Stage) -> None:
    path = stage.world.path(stage.world.opened)
    for zone in ("Mars", "", "Europe/Berlin\nX", "=1+1", "../etc"):
        answer = stage.browser().send_form(ZONE, zone=zone, back=path)
        assert shown(answer, "There is no time zone called “") == (422, [])
        assert beside(answer, "zone").startswith("There is no time zone called “")
        assert f'name="back" value="{path}"' in answer.text
    assert stage.changes() == {}


def test_the_way_back_never_leaves_the_site(stage: Stage) -> None:
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        browser = stage.browser()
        assert f"{back}" not in browser.get(ZONE, params={"back": back}).text
        assert leads_to(browser.send_form(ZONE, zone="UTC", back=back)) == (303, "/")


def extend(session: Session, stage: Stage, by: Person) -> None:
    world = stage.world_in(session)
    world.opened.grace_minutes, world.opened.penalty = 15, 5
    deadlines.extend(session, world.opened, world.entry, 120, "Ben was ill.", by, stage.clock.at)


def test_an_entry_sees_its_own_deadline_with_the_reason_and_the_grace_in_words(stage: Stage) -> None:
    stage.write(extend, stage, stage.world.cast.ada)
    page = stage.browser(stage.world.cast.ben).get(f"{stage.world.path(stage.world.opened)}/submission").text
    assert due_line(page).endswith(
        "Fri 11 Dec, 01:59:00 Berlin, the season’s time 00:59 UTC · in 13 days · change zone"
    )
    assert f'data-clock="{(DUE + 2 * HOUR).isoformat()}"' in page
    assert terms(page) == [
        "Your entry has 2 h more than everybody else: Ben was ill.",
        "After that, until 02:14 Berlin, it is accepted as late, with 5 points less.",
    ]
    brief = stage.browser(stage.world.cast.ben).get(stage.world.path(stage.world.opened)).text
    assert (due_line(brief), terms(brief)) == (due_line(page), terms(page))
    fays = stage.browser(stage.world.fay).get(f"{stage.world.path(stage.world.opened)}/submission").text
    assert due_line(fays).endswith(
        "Thu 10 Dec, 23:59:00 Berlin, the season’s time 22:59 UTC · in 13 days · change zone"
    )
    assert terms(fays) == ["After that, until Fri 11 Dec, 00:14 Berlin, it is accepted as late, with 5 points less."]


def test_in_the_grace_the_page_still_takes_files_and_says_what_it_costs(stage: Stage) -> None:
    stage.write(extend, stage, stage.world.cast.ada)
    ben, path = stage.browser(stage.world.cast.ben), f"{stage.world.path(stage.world.opened)}/submission"
    stage.clock.at = DUE + 2 * HOUR + MINUTE
    late = ben.get(path)
    assert shown(late, "Was due before", "still accepted, as late, with 5 points less", "Hand in now, as late") == (
        200,
        [],
    )
    stage.clock.at = DUE + 2 * HOUR + 15 * MINUTE
    over = ben.get(path)
    assert shown(over, "The time for late hand-ins is over, too.", "Hand in what was still on its way") == (200, [])
    assert "data-upload " not in over.text
