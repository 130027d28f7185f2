"""Journeys: real Chromium before the whole house."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.house import House
from tests.journeys.visitors import Visitor

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "season5" / "challenge-1"

Visit = Callable[..., Any]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visit]:
    """`visitors(house, "Ada")` opens a browser of Ada's; at the end no browser may have complained."""
    opened: list[Visitor] = []

    def visit(house: House, name: str, **options: Any) -> Visitor:
        opened.append(Visitor(chromium, house, name, **options))
        return opened[-1]

    yield visit
    troubles = {visitor.name: visitor.troubles for visitor in opened if visitor.troubles}
    for visitor in opened:
        visitor.context.close()
    assert troubles == {}


@pytest.fixture(scope="session")
def designs() -> list[Path]:
    """The nine designs of challenge 1 of season 5, as they were handed in; they are not part of this project."""
    found = sorted(CORPUS.glob("S5-Challenge1-*.pdf"))
    if len(found) != 9:
        pytest.skip(f"the nine designs of season 5 are not at {CORPUS}")
    return found


@contextmanager
def on(kind: str, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings for a database of this kind, with nothing in it."""
    if kind == "sqlite":
        yield {}
        return
    postgres = request.getfixturevalue("postgres")
    with postgres.fresh(lambda _: None, "empty") as url, postgres.fresh(lambda _: None, "empty") as jobs_url:
        yield {"database_url": url, "jobs_database_url": jobs_url}
