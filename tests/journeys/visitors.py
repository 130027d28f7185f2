"""Visitors: people before a browser, and people who send the same forms without one, where nine would take too long."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, WebError, expect
from playwright.sync_api import Request as Sent

from tests.journeys.house import House
from tests.journeys.post import Post, found

WAIT_MS = 15_000
ONE_BY_ONE = httpx.Limits(max_keepalive_connections=0)
expect.set_options(timeout=WAIT_MS)


class Visitor:
    """Somebody's browser. Whatever its console or its network complains about fails the journey."""

    def __init__(self, browser: Browser, house: House, name: str, **options: Any) -> None:
        self.house, self.name = house, name
        self.email = f"{name.lower()}@example.org"
        self.troubles: list[str] = []
        self.runs_scripts = options.get("java_script_enabled", True)
        self._expected: set[int] = set()
        self.context = browser.new_context(base_url=house.url, accept_downloads=True, **options)
        self.context.set_default_timeout(WAIT_MS)
        self.context.on("console", self._said)
        self.context.on("weberror", self._failed)
        self.context.on("requestfailed", self._lost)
        self.context.on("response", self._answered)
        self.page: Page = self.context.new_page()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not (self._expected and "Failed to load resource" in message.text):
            self.troubles.append(f"console: {message.text}")

    def _failed(self, error: WebError) -> None:
        self.troubles.append(f"script: {error.error}")

    def _lost(self, request: Sent) -> None:
        # What a page still fetched when one left it, and a download that took the place of a page, are no losses.
        # Nor are scripts that a browser without scripts does not fetch.
        if request.failure != "net::ERR_ABORTED" and (self.runs_scripts or not request.url.endswith(".js")):
            self.troubles.append(f"lost: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.troubles.append(f"answer: {response.status} {response.url}")

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        self._expected = set(statuses)
        yield
        self._expected = set()

    def go(self, path: str) -> None:
        self.page.goto(path)

    def write(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    def main(self) -> Locator:
        return self.page.locator("main")

    def ask_for_mail(self) -> None:
        self.go("/sign-in")
        self.page.get_by_label("Mail address").fill(self.email)
        self.press("Send me a code")

    def sign_in_by_code(self, post: Post) -> None:
        self.ask_for_mail()
        self.page.get_by_label("Code").fill(post.code_for(self.email))
        self.main().get_by_role("button", name="Sign in").click()
        expect(self.page.locator(".person-menu")).to_be_visible()

    def sign_in_by_link(self, post: Post) -> None:
        self.ask_for_mail()
        self.page.goto(post.link_in(post.letter_to(self.email, "Your sign-in code")))
        self.main().get_by_role("button", name="Sign in").click()
        expect(self.page.locator(".person-menu")).to_be_visible()

    def keeps(self, name: str) -> bytes:
        """Follow a link to a file; the bytes that arrive."""
        with self.page.expect_download() as download:
            self.follow(name)
        return Path(download.value.path()).read_bytes()


class Correspondent(httpx.Client):
    """Somebody who sends the same forms as a page does, one after the other."""

    def __init__(self, house: House, name: str) -> None:
        super().__init__(
            base_url=house.url, headers={"accept": "text/html"}, follow_redirects=True, timeout=20, limits=ONE_BY_ONE
        )
        self.email = f"{name.lower()}@example.org"

    def fill_in(self, path: str, **fields: Any) -> httpx.Response:
        answer = self.post(path, data={"_csrf_token": self.token(), **fields})
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer

    def token(self) -> str:
        if "charrette-csrf" not in self.cookies:
            self.get("/sign-in")
        return self.cookies["charrette-csrf"]

    def sign_in(self, post: Post) -> None:
        self.fill_in("/sign-in", email=self.email)
        self.fill_in("/sign-in/code", email=self.email, code=post.code_for(self.email))

    def take_part(self, season: str, team: str) -> None:
        page = self.fill_in(f"{season}/teams", name=team)
        self.fill_in(f"{page.url.path}/entry")

    def hand_in(self, challenge: str, document: Path) -> None:
        """Ask for a slot, send the bytes to the store, say so, hand in."""
        content = document.read_bytes()
        page = self.get(f"{challenge}/submission").text
        wish = {
            "deliverable": found(r'data-deliverable="([^"]+)"', page), "file_name": document.name,
            "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
        headers = {"accept": "application/json", "x-csrftoken": self.token()}
        slot = self.post(f"{challenge}/submission/uploads", json=wish, headers=headers).json()
        sent = httpx.request(slot["method"], slot["url"], content=content, headers=slot["headers"], timeout=20)
        assert sent.status_code == 200, sent.text
        self.fill_in(slot["arrival_url"])
        receipt = self.fill_in(f"{challenge}/submission/versions", upload=slot["id"])
        assert "Received: version 1" in receipt.text or "Received and verified: version 1" in receipt.text

    def judge(self, team: str, levels: list[int], comment: str) -> None:
        """Begin the scoresheet, fill every box, hand it in."""
        desk = self.get("/desk").text
        begin = found(rf'action="(/assignments/[^"]+)"[^>]*>(?:(?!<form).)*aria-label="Begin {team}"', desk)
        page = self.fill_in(begin)
        criteria = [part.split('"')[0] for part in page.text.split('class="criterion" id="criterion-')[1:]]
        fields: dict[str, str] = {"overall": f"{comment}, all in all", "overall_revision": "0"}
        for one, level in zip(criteria, levels, strict=True):
            fields |= {f"level-{one}": str(2 * level), f"level_revision-{one}": "0"}
            fields |= {f"comment-{one}": comment, f"comment_revision-{one}": "0"}
        answer = self.fill_in(f"{page.url.path}/submission", **fields)
        assert f"Your scoresheet for {team} is handed in." in answer.text
