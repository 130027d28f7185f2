"""The demo season as a journey finds it: its house, and its cast by a press of a button."""

import re

from playwright.sync_api import expect

from tests.journeys.house import House
from tests.journeys.visitors import Visitor

SEASON = "/seasons/the-long-winter"
DESIGN = b"%PDF-1.7\n" + b"A hospital on one lorry.\n" * 200


def play(visitor: Visitor, name: str) -> None:
    """Take the place of somebody in the demo."""
    visitor.go("/sign-in")
    visitor.page.get_by_role("button", name=name).click()
    expect(visitor.page.locator(".person-menu")).to_be_visible()


def code_on_the_mailbox_page(visitor: Visitor) -> str:
    page = visitor.context.new_page()
    page.goto("/mailbox")
    newest = page.locator("main .list a").first.inner_text()
    page.close()
    return re.sub(r"\D", "", newest)


def finish_challenge_2(house: House, ada: Visitor) -> None:
    """The clock goes past its due instant, and every judge gets every design."""
    play(ada, "Ada Lindqvist")
    ada.page.get_by_label("Move it on by").select_option("1 week")
    ada.press("Move")
    ada.sees("The clock of the demo has been set forward.")
    ada.go(f"{SEASON}/challenges/2/panel")
    ada.press("Everyone reads everything")
    ada.sees(" readings")
