"""The site in the test's own process, and browsers before it, each with its own cookies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from app.db import Database
from app.main import create_app
from app.settings import Settings
from challenges import signins
from challenges.people import Person


class Browser(httpx.Client):
    """Gets pages and sends forms as a browser does: with the token of the page it came from, following redirects."""

    def send_form(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        return self.post(path, data={"_csrf_token": self.token(), **fields}, headers=headers)

    def token(self) -> str:
        if "charrette-csrf" not in self.cookies:
            self.get("/sign-in")
        return self.cookies["charrette-csrf"]


class Site:
    def __init__(self, app: Litestar, client: TestClient[Litestar]) -> None:
        self.app = app
        self.database: Database = app.state.database
        self.settings: Settings = app.state.settings
        self._client = client

    def browser(self, person: Person | None = None, follow_redirects: bool = True, **headers: str) -> Browser:
        """Somebody's browser, signed in; or a stranger's."""
        browser = Browser(
            transport=self._client._transport,
            base_url=self.settings.url,
            follow_redirects=follow_redirects,
            headers={"accept": "text/html", **headers},
        )
        if person:
            browser.cookies.set("charrette", self.sign_in(person), domain="127.0.0.1")
        return browser

    def sign_in(self, person: Person, now: datetime | None = None) -> str:
        with self.database.writing() as session:
            return signins.begin(session, person, "a test", None, now or self.app.state.clock.now())

    def write(self, deed: Callable[..., Any], *args: Any) -> Any:
        """Do something in the domain, committed."""
        with self.database.writing() as session:
            return deed(session, *args)


@contextmanager
def open_site(settings: Settings) -> Iterator[Site]:
    app = create_app(settings)
    with TestClient(app, base_url=settings.url) as client:
        yield Site(app, client)
