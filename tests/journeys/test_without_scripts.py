"""Without scripts: signing in, sending a file by a plain form, handing it in, judging a design."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import DESIGN, SEASON, code_on_the_mailbox_page, finish_challenge_2, play
from tests.journeys.house import House
from tests.journeys.visitors import Visitor
from tests.servers import Seaweed

pytestmark = pytest.mark.slow


def test_without_scripts(tmp_path: Path, seaweed: Seaweed, visitors: Visit) -> None:
    house = House(tmp_path, seaweed, None)
    house.charrette("demo")
    with house.open():
        ben = visitors(house, "Ben", java_script_enabled=False)
        hand_in(ben)
        finish_challenge_2(house, visitors(house, "Ada", java_script_enabled=False))
        judge(visitors(house, "Dana", java_script_enabled=False))
        assert house.charrette("check") == "Nothing is wrong.\n"
    assert house.complaints() == []


def hand_in(ben: Visitor) -> None:
    ben.ask_for_mail()
    ben.page.get_by_label("Code").fill(code_on_the_mailbox_page(ben))
    ben.main().get_by_role("button", name="Sign in").click()
    ben.go(f"{SEASON}/challenges/2/submission")
    ben.page.get_by_role("button", name="Choose the file for").first.click()
    ben.sees("Upload one file")
    design = {"name": "whatever.pdf", "mimeType": "application/pdf", "buffer": DESIGN}
    ben.page.get_by_label("File").set_input_files([design])  # type: ignore[list-item]
    ben.press("Send it")
    ben.sees("Uploaded, but not handed in")
    ben.press("Hand in now")
    ben.sees("Received")
    assert ben.keeps("Orchard - challenge 2") == DESIGN


def judge(dana: Visitor) -> None:
    play(dana, "Dana Whitlock")
    dana.go("/desk")
    dana.press("Begin Orchard")
    assert dana.keeps("Download") == DESIGN
    boxes = dana.page.locator(".criterion[data-criterion]")
    count = boxes.count()
    for at in range(count):
        boxes.nth(at).locator("label.step").nth(at % 5).click()
        boxes.nth(at).locator("textarea").fill(f"Without scripts, {at}.")
    dana.page.get_by_role("button", name="Save", exact=True).click()
    dana.sees("Saved.", f"{count} of {count} levels set, {count} of {count} comments written")
    texts = [boxes.nth(at).locator("textarea").input_value() for at in range(count)]
    levels = [boxes.nth(at).locator("input[type=radio]:checked").get_attribute("value") for at in range(count)]
    assert texts == [f"Without scripts, {at}." for at in range(count)]
    assert levels == [str(2 * (1 + at % 5)) for at in range(count)]
    dana.press("Hand in this scoresheet")
    dana.sees("Your scoresheet for Orchard is handed in.")
    expect(dana.page.get_by_role("link", name="Look at Orchard").first).to_be_visible()
