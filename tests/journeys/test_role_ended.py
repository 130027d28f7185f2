"""A role that ends while its holder writes: the open page says so, stops saving, and hands the text over."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import SEASON, finish_challenge_2, play
from tests.journeys.house import House
from tests.servers import Seaweed

pytestmark = pytest.mark.slow

SAVED, LOST = "It names every risk.", "It names every risk. Page 4 says what to do about them."


def test_a_judge_whose_role_ends_while_writing_keeps_the_text(
    tmp_path: Path, seaweed: Seaweed, visitors: Visit
) -> None:
    house = House(tmp_path, seaweed, None)
    house.charrette("demo")
    with house.open():
        ada, dana = visitors(house, "Ada"), visitors(house, "Dana", viewport={"width": 1440, "height": 900})
        finish_challenge_2(house, ada)
        dana.page.clock.install()
        dana.context.grant_permissions(["clipboard-read", "clipboard-write"])
        play(dana, "Dana Whitlock")
        dana.go("/desk")
        dana.page.get_by_role("button", name="Begin ").first.click()
        first, state = dana.page.locator(".criterion[data-criterion]").first, dana.page.locator("[data-saved]")
        first.locator("textarea").fill(SAVED)
        expect(state).to_contain_text("Saved ")

        ada.go(f"{SEASON}/people")
        ada.page.locator("summary").filter(has_text="of Dana Whitlock").click()
        ada.press("End the role of Dana Whitlock")
        ada.sees("This role has ended. What they wrote is kept.")

        saves: list[str] = []
        dana.page.on("request", lambda sent: saves.append(sent.url) if sent.method == "POST" else None)
        with dana.expecting(404):
            first.locator("textarea").fill(LOST)
            dana.sees("You can no longer write on this scoresheet.")
        expect(state).to_have_attribute("data-state", "ended")
        expect(first.locator("textarea")).to_have_attribute("readonly", "")
        dana.page.clock.fast_forward("10:00")
        title = first.locator("h2").inner_text()
        dana.press("Copy the text")
        dana.sees("Copied.")
        kept = f"{title}, comment:\n{LOST}"
        assert dana.page.locator("#not-saved").input_value() == kept
        assert dana.page.evaluate("() => navigator.clipboard.readText()") == kept
        assert len(saves) == 1
    assert house.complaints() == []
