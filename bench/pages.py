"""What pages, files and answers for programs cost: statements counted in this process, times from a running site."""

import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from litestar.testing import TestClient
from sqlmodel import select

from app.auth import Cookies
from app.db import Database, counting
from app.main import create_app
from app.settings import Settings
from bench.crowd import Crowd
from bench.season import Large
from challenges import signins
from challenges.people import Person
from judging.scoring import Mark

WARM_UP = 5
LONGEST = 20.0
"""Seconds for one page: the slow ones are asked for less often."""
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
class Who:
    """Nobody, a signed-in browser, or a program."""

    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Pages = Mapping[str, tuple[Who, Ask]]


@dataclass(frozen=True)
class Cost:
    """Milliseconds, statements sent to the database with those of signing in, and the answer's length in bytes."""

    name: str
    p50: float
    p95: float
    statements: int
    size: int


def pages_of_large(database: Database, settings: Settings, large: Large) -> Pages:
    organizer, judge, member = (
        signed_in(database, settings, who) for who in (large.organizer, large.judge, large.member)
    )
    home, sheet = f"/seasons/{large.slug}", f"/scoresheets/{large.open_sheet}"
    return {
        "Floor": (Who(), get("/health/live")),
        "Season": (member, get(home)),
        "Run sheet, organizer": (organizer, get(f"{home}/run-sheet")),
        "Panel, organizer": (organizer, get(f"{home}/challenges/1/panel")),
        "Standings, organizer": (organizer, get(f"{home}/challenges/1/standings")),
        "Desk": (judge, get("/desk")),
        "Scoring page": (judge, get(sheet)),
        "Mark save": (judge, saving(database, large)),
    }


def pages_of_crowd(database: Database, settings: Settings, crowd: Crowd) -> Pages:
    organizer, judge, member = (
        signed_in(database, settings, who) for who in (crowd.organizer, crowd.judge, crowd.member)
    )
    program = Who(headers={"authorization": f"Bearer {crowd.token}"})
    home, api = f"/seasons/{crowd.slug}", f"/api/v1/seasons/{crowd.slug}"
    of_visitor = {
        "Home": home, "Teams": f"{home}/teams", "Teams, the last page": f"{home}/teams?page=20",
        "Rules": f"{home}/rules", "Challenge": f"{home}/challenges/2",
        "Clarifications": f"{home}/challenges/2/clarifications", "Standings": f"{home}/challenges/1/standings",
        "League table": f"{home}/table", "Feed": f"{home}/feed.atom", "Calendar": f"{home}/calendar.ics",
    }  # fmt: skip
    of_member = {
        "Home, participant": home, "Team, participant": f"/teams/{crowd.team}",
        "Challenge, participant": f"{home}/challenges/2", "Hand-in, participant": f"{home}/challenges/2/submission",
        "Standings, participant": f"{home}/challenges/1/standings",
    }  # fmt: skip
    of_organizer = {
        "Home, organizer": home, "Run sheet, organizer": f"{home}/run-sheet", "Entries, organizer": f"{home}/entries",
        "Entries as CSV, organizer": f"{home}/entries.csv", "People, organizer": f"{home}/people",
        "Outbox, organizer": f"{home}/outbox", "Mailing’s preview, organizer": f"{home}/mailings/{crowd.mailing}",
        "Clarifications, organizer": f"{home}/clarifications", "History, organizer": f"{home}/history",
        "Amendments, organizer": f"{home}/challenges/2/amendments",
        "Deadline, organizer": f"{home}/challenges/2/deadline",
        "Panel, organizer": f"{home}/challenges/1/panel", "Standings, organizer": f"{home}/challenges/1/standings",
        "season.json, organizer": f"{home}/season.json",
    }  # fmt: skip
    of_program = {
        "API: season": api, "API: teams": f"{api}/teams", "API: standings": f"{api}/challenges/1/standings",
        "API: league table": f"{api}/table", "API: entries": f"{api}/entries", "API: outbox": f"{api}/outbox",
        "API: people": f"{api}/people", "API: history": f"{api}/history", "API: run sheet": f"{api}/run-sheet",
    }  # fmt: skip
    whose = (Who(), of_visitor), (member, of_member), (organizer, of_organizer), (program, of_program)
    return {
        "Floor, `/health/live`": (Who(), get("/health/live")),
        "Floor, a page: the glossary": (Who(), get("/glossary")),
        **{name: (who, get(path)) for who, paths in whose for name, path in paths.items()},
        "Desk, judge": (judge, get("/desk")),
        "Clone, organizer": (organizer, cloning(crowd)),
    }


def signed_in(database: Database, settings: Settings, person_id: UUID) -> Who:
    with database.writing() as session:
        token = signins.begin(session, session.get_one(Person, person_id), "bench", None, datetime.now(UTC))
    return Who(cookies={Cookies(settings).session: token})


def get(path: str) -> Ask:
    return lambda client: client.get(path)


def saving(database: Database, large: Large) -> Ask:
    """Save another text into one box, as the page's script does."""
    with database.reading() as session:
        mark = session.exec(select(Mark).where(Mark.scoresheet_id == large.open_sheet)).first()
    if mark is None:
        raise RuntimeError("the open scoresheet has no box")
    form: dict[str, Any] = {"field": "comment", "criterion": str(mark.criterion_id), "revision": mark.comment_revision}
    sheet, token_for = f"/scoresheets/{large.open_sheet}", form_tokens()

    def save(client: httpx.Client) -> httpx.Response:
        headers = {"accept": "application/json", "x-csrftoken": token_for(client, sheet)}
        answer = client.post(f"{sheet}/marks", data=form | {"value": f"text {time.time_ns()}"}, headers=headers)
        form["revision"] = answer.json()["revision"]
        return answer

    return save


def cloning(crowd: Crowd) -> Ask:
    """Make another season of it, with all its dates moved by a year."""
    home, token_for = f"/seasons/{crowd.slug}", form_tokens()
    starts_on = datetime.now(UTC).date() + timedelta(weeks=52)

    def clone(client: httpx.Client) -> httpx.Response:
        headers = {"x-csrftoken": token_for(client, f"{home}/clones/new")}
        form = {"title": f"Clone {time.time_ns()}", "starts_on": starts_on.isoformat()}
        answer = client.post(f"{home}/clones", data=form, headers=headers, follow_redirects=False)
        if answer.status_code != 303:
            answer.raise_for_status()
            raise RuntimeError("no clone was made")
        return httpx.Response(200, content=answer.content, request=answer.request)

    return clone


def form_tokens() -> Callable[[httpx.Client, str], str]:
    """What a form must carry, read once by each client from this page."""
    tokens: dict[httpx.Client, str] = {}

    def token_for(client: httpx.Client, page: str) -> str:
        if client not in tokens:
            tokens[client] = re.findall(r'name="csrf-token" content="([^"]+)"', client.get(page).text)[0]
        return tokens[client]

    return token_for


def costs(pages: Pages, settings: Settings, url: str, rounds: int, clients: int = 1) -> Iterator[Cost]:
    """Page after page: `rounds` requests of each, by so many clients at once."""
    for name, (who, ask) in pages.items():
        statements, size = sent_for(who, ask, settings)
        times = sorted(timed(who, ask, url, rounds, clients))
        yield Cost(name, statistics.median(times), statistics.quantiles(times, n=20)[18], statements, size)


def sent_for(who: Who, ask: Ask, settings: Settings) -> tuple[int, int]:
    with TestClient(create_app(settings), base_url=settings.url, cookies=dict(who.cookies)) as client:
        client.headers.update(who.headers)
        ask(client).raise_for_status()
        with counting(client.app.state.database) as statements:
            answer = ask(client).raise_for_status()
    return statements.count, len(answer.content)


def timed(who: Who, ask: Ask, url: str, rounds: int, clients: int) -> list[float]:
    """Milliseconds. Nobody waits for longer than `LONGEST` for one page."""

    def one(_: int) -> list[float]:
        times: list[float] = []
        late = time.perf_counter() + LONGEST
        with httpx.Client(base_url=url, cookies=dict(who.cookies), headers=dict(who.headers), timeout=60) as http:
            while len(times) < WARM_UP + rounds // clients and (time.perf_counter() < late or len(times) <= WARM_UP):
                began = time.perf_counter()
                ask(http).raise_for_status()
                times.append(1000 * (time.perf_counter() - began))
        return times[WARM_UP:]

    with ThreadPoolExecutor(clients) as crowd:
        return [time for times in crowd.map(one, range(clients)) for time in times]
