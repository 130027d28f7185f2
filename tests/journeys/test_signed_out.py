"""Signed out meanwhile: an upload says so, keeps what the page showed, and goes on after signing in again."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import Visit
from tests.journeys.house import House
from tests.journeys.visitors import Visitor
from tests.servers import Seaweed

pytestmark = pytest.mark.slow

HAND_IN = "/seasons/the-long-winter/challenges/2/submission"
SIGN_IN = "You are no longer signed in. Sign in in another tab, then press Retry."


def test_an_upload_survives_that_somebody_is_signed_out(tmp_path: Path, seaweed: Seaweed, visitors: Visit) -> None:
    house = House(tmp_path, seaweed, None)
    house.charrette("demo")
    with house.open():
        ben = visitors(house, "Ben")
        play(ben.page)
        ben.go(HAND_IN)
        sends(ben, "first.pdf")
        listed(ben, "first.pdf")
        for before in ("uploads", "arrival"):
            was_signed_out_at(ben, before)
            play(ben.context.new_page())
            form = ben.page.locator("form[data-upload]").first
            form.get_by_role("button", name="Retry").click()
            expect(form).to_contain_text("Uploaded. It counts once you hand it in.")
            listed(ben, "first.pdf", f"{before}.pdf")
    assert house.complaints() == []


def play(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Ben ").click()
    expect(page.locator(".person-menu")).to_be_visible()


def sends(ben: Visitor, name: str) -> None:
    design = {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + name.encode() * 500}
    ben.page.locator("form[data-upload] input[type=file]").first.set_input_files([design])  # type: ignore[list-item]


def listed(ben: Visitor, *names: str) -> None:
    for name in names:
        expect(ben.page.locator("[data-uploads]")).to_contain_text(name)


def was_signed_out_at(ben: Visitor, request: str) -> None:
    """Just before this request of the upload the session ends."""

    def end(route: Route) -> None:
        ben.context.clear_cookies(name="charrette")
        route.continue_(headers={**route.request.headers, "cookie": csrf})

    csrf = "; ".join(f"{one['name']}={one['value']}" for one in ben.context.cookies() if one["name"] != "charrette")
    with ben.expecting(401):
        ben.page.route(f"**/{request}", end)
        sends(ben, f"{request}.pdf")
        form = ben.page.locator("form[data-upload]").first
        expect(form).to_contain_text(SIGN_IN)
    ben.page.unroute(f"**/{request}")
    expect(form.get_by_role("button", name="Retry")).to_be_visible()
    listed(ben, "first.pdf")
