"""What the pages and the save of a mark cost, with a large season, for one client over loopback."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from litestar.testing import TestClient
from sqlmodel import select

from app.auth import Cookies
from app.db import Database, counting
from app.main import create_app
from app.settings import Settings
from bench.season import Large
from challenges import signins
from challenges.people import Person
from judging.scoring import Mark

ROUNDS, WARM_UP = 300, 20
AIMS = {
    "Season": 100, "Run sheet, organizer": 100, "Panel, organizer": 100, "Standings, organizer": 100, "Desk": 100,
    "Scoring page": 25, "Mark save": 8,
}  # fmt: skip
PEER = {
    "Standings, organizer": "1,520 (dashboard)",
    "Scoring page": "66 (review page)",
    "Mark save": "32 (review save)",
}
"""pretalx 2025.2.2 with the same counts in two processes, on such a machine, in ms."""

Ask = Callable[[httpx.Client], httpx.Response]


@dataclass(frozen=True)
class Cost:
    """Milliseconds, and statements sent to the database, sign-in included."""

    name: str
    p50: float
    p95: float
    statements: int

    @property
    def row(self) -> str:
        aim = f"≤ {AIMS[self.name]}" if self.name in AIMS else "–"
        peer = PEER.get(self.name, "–")
        return f"| {self.name} | {self.p50:.1f} | {self.p95:.1f} | {self.statements} | {aim} | {peer} |"


def costs(database: Database, settings: Settings, large: Large, url: str) -> list[Cost]:
    """Of every page: its statements counted in this process, its time taken from the running site."""
    browsers = {who: browser(database, settings, who) for who in (large.organizer, large.judge, large.member)}
    home, sheet = f"/seasons/{large.slug}", f"/scoresheets/{large.open_sheet}"
    pages: dict[str, tuple[UUID | None, Ask]] = {
        "Floor": (None, lambda client: client.get("/health/live")),
        "Season": (large.member, lambda client: client.get(home)),
        "Run sheet, organizer": (large.organizer, lambda client: client.get(f"{home}/run-sheet")),
        "Panel, organizer": (large.organizer, lambda client: client.get(f"{home}/challenges/1/panel")),
        "Standings, organizer": (large.organizer, lambda client: client.get(f"{home}/challenges/1/standings")),
        "Desk": (large.judge, lambda client: client.get("/desk")),
        "Scoring page": (large.judge, lambda client: client.get(sheet)),
        "Mark save": (large.judge, saving(database, large)),
    }
    return [cost(name, ask, browsers.get(who, {}) if who else {}, settings, url) for name, (who, ask) in pages.items()]


def browser(database: Database, settings: Settings, person_id: UUID) -> dict[str, str]:
    """The cookie of a signed-in browser."""
    with database.writing() as session:
        token = signins.begin(session, session.get_one(Person, person_id), "bench", None, datetime.now(UTC))
    return {Cookies(settings).session: token}


def saving(database: Database, large: Large) -> Ask:
    """Save another text into one box, as the page's script does."""
    with database.reading() as session:
        mark = session.exec(select(Mark).where(Mark.scoresheet_id == large.open_sheet)).first()
    if mark is None:
        raise RuntimeError("the open scoresheet has no box")
    form: dict[str, Any] = {"field": "comment", "criterion": str(mark.criterion_id), "revision": mark.comment_revision}
    sheet, tokens = f"/scoresheets/{large.open_sheet}", dict[httpx.Client, str]()

    def save(client: httpx.Client) -> httpx.Response:
        if client not in tokens:
            tokens[client] = re.findall(r'name="csrf-token" content="([^"]+)"', client.get(sheet).text)[0]
        headers = {"accept": "application/json", "x-csrftoken": tokens[client]}
        answer = client.post(f"{sheet}/marks", data=form | {"value": f"text {time.time_ns()}"}, headers=headers)
        form["revision"] = answer.json()["revision"]
        return answer

    return save


def cost(name: str, ask: Ask, cookies: dict[str, str], settings: Settings, url: str) -> Cost:
    with TestClient(create_app(settings), base_url=settings.url, cookies=cookies) as client:
        ask(client).raise_for_status()
        with counting(client.app.state.database) as statements:
            ask(client).raise_for_status()
    times = []
    with httpx.Client(base_url=url, cookies=cookies) as http:
        for _ in range(WARM_UP + ROUNDS):
            began = time.perf_counter()
            ask(http).raise_for_status()
            times.append(1000 * (time.perf_counter() - began))
    counted = times[WARM_UP:]
    return Cost(name, statistics.median(counted), statistics.quantiles(counted, n=20)[18], statements.count)
