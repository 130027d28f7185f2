"""For everybody: axe finds nothing on any page, light and dark, narrow and wide, also after a part was drawn anew.

Pages that are made of the same parts as others are seen twice, as BOTH says; those with parts of their own four times.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.demo import DESIGN, SEASON, code_on_the_mailbox_page, finish_challenge_2, play
from tests.journeys.house import House
from tests.journeys.visitors import Visitor
from tests.servers import Seaweed

pytestmark = pytest.mark.slow

AXE = Path(__file__).parents[2] / "app" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
COLOURS = {**EVERYTHING, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Only the colours differ in the dark.
Look = tuple[str, int, dict[str, Any]]
LOOKS: list[Look] = [
    ("light", 1440, EVERYTHING), ("dark", 1440, COLOURS), ("dark", 320, COLOURS), ("light", 320, EVERYTHING)
]  # fmt: skip
BOTH: list[Look] = [("dark", 1440, COLOURS), ("light", 320, EVERYTHING)]
# What stands in somebody's document is theirs.
ASK = """async (options) => (await axe.run({ exclude: [[".pdfViewer"]] }, options)).violations.map(
    (one) => [one.id, one.nodes.map((node) => node.target.join(" ")).slice(0, 4)])"""
WIDE = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


class Inspector:
    """Looks at the page before a visitor in every light and width, and keeps what axe says."""

    def __init__(self) -> None:
        self.source = AXE.read_text()
        self.faults: list[tuple[str, str, int, Any]] = []
        self.looked_at: list[str] = []

    def look(self, visitor: Visitor, what: str = "", looks: Sequence[Look] = LOOKS) -> None:
        page = visitor.page
        name = what or page.url.removeprefix(visitor.house.url)
        self.looked_at.append(name)
        page.evaluate(self.source)
        for light, width, options in looks:
            page.emulate_media(color_scheme=light, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            self.faults += [(name, light, width, fault) for fault in page.evaluate(ASK, options)]
            if (more := page.evaluate(WIDE)) > 1:  # one may be a fraction, rounded
                self.faults.append((name, light, width, f"{more} px wider than the screen"))
        page.set_viewport_size({"width": 1440, "height": 900})

    def visit(self, visitor: Visitor, *paths: str, looks: Sequence[Look] = BOTH) -> None:
        for path in paths:
            visitor.go(path)
            self.look(visitor, looks=looks)


@contextmanager
def the_demo(folder: Path, seaweed: Seaweed) -> Iterator[House]:
    house = House(folder, seaweed, None, development="true")
    house.charrette("demo")
    with house.open():
        yield house


def test_for_everybody(tmp_path: Path, seaweed: Seaweed, visitors: Visit) -> None:
    axe = Inspector()
    with the_demo(tmp_path, seaweed) as house:
        as_a_stranger(axe, visitors(house, "Eve"))
        as_somebody_invited(axe, visitors(house, "Rui"))
        as_a_member(axe, visitors(house, "Ben"))
        ada = visitors(house, "Ada")
        as_an_organizer(axe, ada)
        as_the_one_who_tells_the_season(axe, ada)
        as_the_one_who_writes_to_many(axe, ada)
        finish_challenge_2(house, ada)
        pages = ("challenges/2/panel", "challenges/2/standings", "challenges/3/swap", "run-sheet")
        axe.visit(ada, *(f"{SEASON}/{page}" for page in pages))
        as_a_judge(axe, visitors(house, "Dana"))
        assert house.complaints() == []
    assert axe.faults == []


def as_a_stranger(axe: Inspector, eve: Visitor) -> None:
    axe.visit(eve, "/sign-in", SEASON, looks=LOOKS)
    axe.visit(eve, "/", "/sign-in/code", "/glossary", "/mailbox", "/api", "/account/zone")
    eve.go("/styleguide")  # it shows every part in both lights itself
    axe.look(eve, looks=LOOKS[:1])
    pages = ("teams", "rules", "conduct", "challenges/1", "challenges/2", "challenges/2/clarifications")
    axe.visit(eve, *(f"{SEASON}/{page}" for page in (*pages, "challenges/1/standings")))
    eve.go("/mailbox")
    eve.page.locator("main .list a").first.click()
    axe.look(eve, "a letter", BOTH)
    with eve.expecting(404, 422):
        axe.visit(eve, "/nothing-here", "/sign-in/link/over", f"{SEASON}/challenges/3")
        eve.go("/sign-in")
        eve.page.get_by_label("Mail address").fill("eve@nowhere")
        eve.press("Send me a code")
        expect(eve.page.locator(".error").first).to_be_visible()
        axe.look(eve, "a refused form")


def as_somebody_invited(axe: Inspector, rui: Visitor) -> None:
    rui.ask_for_mail()
    rui.page.get_by_label("Code").fill(code_on_the_mailbox_page(rui))
    rui.main().get_by_role("button", name="Sign in").click()
    rui.go("/mailbox")
    rui.page.get_by_role("link", name="Be a judge of The Long Winter").first.click()
    rui.page.locator(".letter-text a[href*='/roles/']").click()
    rui.sees("Be a judge?")
    axe.look(rui, "an invitation to a role", BOTH)
    rui.press("Accept")
    rui.sees("Welcome. You are a judge of The Long Winter.")
    axe.look(rui, "a desk with nothing on it", BOTH)


def as_a_member(axe: Inspector, ben: Visitor) -> None:
    play(ben, "Ben Adeyemi")
    axe.visit(ben, f"{SEASON}?as=member", f"{SEASON}/challenges/2?as=member", "/account", looks=LOOKS)
    axe.visit(ben, f"{SEASON}/challenges/1/submission", f"{SEASON}/challenges/2/clarifications?as=member")
    ben.press("Ask")
    axe.look(ben, "a question that was not written", BOTH)
    ben.go("/account/calendar")
    ben.press("Make an address")
    ben.sees("Copy this address")
    axe.look(ben, "an address for a calendar", BOTH)
    ben.go("/account")
    ben.page.get_by_text("Make a token", exact=True).click()
    ben.page.get_by_label("What it is for").fill("The screen in the hall")
    ben.press("Make the token")
    axe.look(ben, "a token that is shown once", BOTH)
    ben.go(SEASON)
    ben.follow("Teams")
    ben.follow("Open your team")
    ben.sees("Invite a member")
    axe.look(ben, "a team")
    ben.page.get_by_label("Mail address").fill("guest@example.org")
    ben.press("Send the invitation")
    ben.sees("An invitation is on its way")
    axe.look(ben, "a team with an invitation", BOTH)
    ben.go(f"{SEASON}/challenges/2/submission")
    form = ben.page.locator("form[data-upload]").first
    design = {"name": "design.pdf", "mimeType": "application/pdf", "buffer": DESIGN}
    form.locator("input[type=file]").set_input_files([design])  # type: ignore[list-item]
    expect(form).to_contain_text("Uploaded. It counts once you hand it in.")
    ben.sees("Uploaded, but not handed in")
    axe.look(ben, "an upload that just arrived")
    form.locator("input[type=file]").set_input_files([{**design, "name": "design.docx"}])  # type: ignore[list-item]
    expect(form.locator("[data-error]")).to_be_visible()
    axe.look(ben, "a file that is refused")
    ben.press("Hand in now")
    ben.sees("Received")
    axe.look(ben, "a receipt")
    axe.visit(ben, f"{SEASON}/challenges/2/submission", looks=LOOKS)


def as_an_organizer(axe: Inspector, ada: Visitor) -> None:
    play(ada, "Ada Lindqvist")
    pages = ("run-sheet", "people", "entries", "outbox", "challenges/new", "challenges/1/standings?as=organizer")
    axe.visit(ada, *(f"{SEASON}/{page}" for page in pages), looks=LOOKS)
    pages = ("history", "entry-form", "clarifications", "challenges/1/panel", "challenges/1/standings/rehearsal")
    axe.visit(ada, "/?as=organizer", "/seasons/new", "/seasons/imports/new", *(f"{SEASON}/{page}" for page in pages))
    amending = ("deadline", "amendments", "amendments/new", "rubric/amendments/new", "standings?as=organizer")
    axe.visit(ada, *(f"{SEASON}/challenges/2/{page}" for page in amending))
    to_come = ("3?as=organizer", "3/edit", "3/rehearsal", "3/swap", "4")
    axe.visit(ada, *(f"{SEASON}/challenges/{page}" for page in to_come))
    ada.go(f"{SEASON}/clarifications")
    ada.main().get_by_role("link", name="Open").first.click()
    ada.sees("The question, as everybody will read it")
    axe.look(ada, "a question to answer", BOTH)
    ada.go(f"{SEASON}/challenges/new")
    ada.page.locator("input[name=title]").fill("A bridge")
    ada.page.locator("textarea[name=summary]").fill("Design a bridge.")
    ada.page.locator("textarea[name=brief]").fill("Three spans.")
    ada.page.locator("input[name=due]").fill(f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%d}T23:59")
    for number in range(1, 6):
        ada.page.locator(f"input[name=criteria-{number}-weight]").fill("0")
    with ada.expecting(422):
        ada.press("Save the draft")
        ada.sees("All weights are 0, so nothing would count.")
        axe.look(ada, "a refused rubric")
    ada.page.locator("input[name=criteria-1-weight]").fill("30")
    ada.page.locator("input[name=due]").fill(f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%d}T00:00")
    with ada.expecting(422):
        ada.press("Save the draft")
        ada.sees("Midnight is read in two ways.")
        axe.look(ada, "midnight", BOTH)
    ada.page.locator("input[name=due-choice]").first.check()
    ada.press("Save the draft")
    ada.sees("A draft, as participants will see it.")
    axe.look(ada, "a draft")


def as_the_one_who_tells_the_season(axe: Inspector, ada: Visitor) -> None:
    pages = ("edit", "play", "terms/rules/edit", "chapters", "sponsors", "poster/edit", "states", "clones/new")
    axe.visit(ada, *(f"{SEASON}/{page}" for page in pages))


def as_the_one_who_writes_to_many(axe: Inspector, ada: Visitor) -> None:
    axe.visit(ada, f"{SEASON}/mailings/new")
    ada.page.get_by_label("Who gets it").select_option(index=1)
    ada.page.get_by_label("Subject").fill("The evening begins at eight")
    ada.page.get_by_label("What it says").fill("Bring *tea*.")
    ada.press("See who gets which text")
    ada.sees("Who gets it now")
    axe.look(ada, "a mail before it goes out", BOTH)
    ada.page.get_by_role("button", name="Send now to").click()
    ada.sees("Who got it")
    axe.look(ada, "a mail that went out", BOTH)


def as_a_judge(axe: Inspector, dana: Visitor) -> None:
    play(dana, "Dana Whitlock")
    axe.visit(dana, "/desk")
    dana.page.get_by_role("link", name="Look at").first.click()
    drawn(dana)
    axe.look(dana, "a scoresheet that was handed in")
    dana.go("/desk")
    dana.page.get_by_role("button", name="Begin").first.click()
    drawn(dana)
    axe.look(dana, "a scoresheet")
    first = dana.page.locator(".criterion[data-criterion]").first
    first.locator("label.step").nth(2).click()
    first.locator("textarea").fill("On page 2.")
    expect(dana.page.locator("[data-saved]")).to_contain_text("Saved ")
    axe.look(dana, "a scoresheet that saved itself")
    other = dana.context.new_page()
    other.goto(dana.page.url)
    other.locator(".criterion[data-criterion] textarea").first.fill("From another window.")
    expect(other.locator("[data-saved]")).to_contain_text("Saved ")
    other.close()
    with dana.expecting(409):
        first.locator("textarea").fill("From this window.")
        expect(first.locator(".conflict")).to_be_visible()
        axe.look(dana, "two texts for one box")
        first.get_by_role("button", name="Keep mine").click()
        expect(dana.page.locator("[data-saved]")).to_contain_text("Saved ")
    assert first.locator("textarea").input_value() == "From this window."
    dana.press("Keys")
    axe.look(dana, "the keys")


def drawn(dana: Visitor) -> None:
    expect(dana.page.locator("[data-viewer] .page canvas").first).to_be_visible()
