"""The stage: a site on each database with a whole season on it, put back as it was before every test.

It is 27 November. Challenge 1 is released, 2 is being judged, 3 is open, 4 is a draft. Ben and Cleo are team Plan B,
Fay is team Plan D. Dana reads both designs; Emil did so too until his role ended; Dev judges and has nothing to read.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Connection, event
from sqlmodel import Session

from app.clock import Clock
from app.db import Database, counting
from app.settings import Settings
from app.storage import Store
from challenges import clarifications, letters, people, roles, seasons, signins, submissions, teams, tokens
from challenges.challenges import Challenge, deliverables_of
from challenges.clarifications import ClarificationKind
from challenges.entries import Entry
from challenges.people import Person
from challenges.records import Record
from challenges.seasons import RoleKind, Season
from challenges.submissions import Upload
from challenges.teams import Team
from challenges.versions import Version, files_of
from judging import feedback, packets, panels, scoring
from judging.panels import Pair
from tests.cast import Cast, make_cast, make_person
from tests.databases import on_postgres, on_sqlite
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    at_clock,
    make_challenge,
    make_desk,
    make_entry,
    make_judge,
    make_season,
    make_sheet,
    make_upload,
    make_version,
    secret_of,
    stored,
)
from tests.servers import Seaweed, free_ports
from tests.web import Browser, Site, open_site

TODAY = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
DUE = datetime(2026, 12, 10, 22, 59, tzinfo=UTC)
"""Of challenge 3: 23:59 in Berlin."""

Rows = Mapping[str, Sequence[dict[str, Any]]]


class SteadyClock(Clock):
    """Stands where the test puts it; what the store dates by the real time moves along, as in a demo."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.at = TODAY
        self.step = timedelta()
        """How far it goes on with every request, where two may not share an instant."""

    def now(self) -> datetime:
        self.at += self.step
        return self.at

    @property
    def lead(self) -> timedelta:
        return self.at - datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """Everything on the stage that a test may want to name."""

    cast: Cast
    fay: Person
    emil: Person
    nora: Person
    """Organizes another season."""
    nemo: Person
    """Looks on in another season."""
    season: Season
    released: Challenge
    judged: Challenge
    opened: Challenge
    draft: Challenge
    plan_b: Team
    plan_d: Team
    entry: Entry
    """Of Plan B."""
    version: Version
    """What Plan B handed in for the open challenge."""
    judged_version: Version
    waiting: Upload
    """Uploaded by Plan B for the open challenge, and not handed in."""
    sheet_id: UUID
    """Dana's, on the design of Plan B."""
    emils_sheet_id: UUID
    unopened_id: UUID
    """Dana's assignment to the design of Plan D."""
    packet_id: UUID
    """Of Plan B."""
    letter_id: UUID
    """Refused by the mail server."""
    question_id: UUID
    """Of Fay about the judged challenge, waiting for an answer."""
    invitation_token: str
    """Of Gail into Plan B."""
    role_invitation_id: UUID
    role_token: str
    """Of Hal, to judge."""
    tokens: Mapping[UUID, str]
    """Everybody's signed-in browser."""
    token_id: UUID
    """With which a program reads for Ben."""

    @property
    def home(self) -> str:
        return f"/seasons/{self.season.slug}"

    def path(self, challenge: Challenge) -> str:
        return f"{self.home}/challenges/{challenge.number}"


def make_world(session: Session) -> World:
    cast = make_cast(session)
    fay, emil = make_person(session, "Fay"), make_person(session, "Emil")
    season = make_season(session, cast.ada)
    entry, plan_b = make_entry(session, season, cast.ben, cast.cleo)
    other, plan_d = make_entry(session, season, fay, name="Plan D")
    for judge in (cast.dana, cast.dev, emil):
        make_judge(session, season, judge, cast.ada)
    hals = roles.invite(session, season, RoleKind.JUDGE, "hal@example.org", "Hal", cast.ada, TODAY - 2 * DAY)
    teams.invite(session, plan_b, season, "gail@example.org", cast.ben, TODAY - DAY)

    released = make_challenge(session, season, cast.ada)
    judged = make_challenge(session, season, cast.ada, title="A second site")
    handed_in = {
        (challenge.id, team.id): make_version(session, challenge, by_entry, by)
        for challenge in (released, judged)
        for by_entry, team, by in ((entry, plan_b, cast.ben), (other, plan_d, fay))
    }
    for challenge in (released, judged):
        submissions_of = [handed_in[challenge.id, team.id].submission_id for team in (plan_b, plan_d)]
        readers = [Pair(judge.id, one) for judge in (cast.dana, emil) for one in submissions_of]
        panels.assign(session, challenge, readers, cast.ada, NOW + HOUR)
    for judge in (cast.dana, emil):
        make_sheet(session, released, judge, handed_in[released.id, plan_b.id].submission_id, (5, 4))
        make_sheet(
            session, released, judge, handed_in[released.id, plan_d.id].submission_id, (3, 2), "Page 7 says why."
        )
    feedback.release(session, released, cast.ada, released.settled_at + DAY)
    for packet, _ in packets.packets_of(session, released.id):
        packet.rendered_at, packet.key = released.settled_at + DAY, f"packets/{packet.id}.pdf"
        packet.store_version_id, packet.size = "v1", 2048
    judged_version = handed_in[judged.id, plan_b.id]
    sheet = make_desk(session, judged, cast.dana, judged_version.submission_id).sheet
    emils_sheet = make_desk(session, judged, emil, judged_version.submission_id).sheet
    unopened = panels.living_pairs(session, judged.id)[
        Pair(cast.dana.id, handed_in[judged.id, plan_d.id].submission_id)
    ]
    emils_role = seasons.role_of(session, season.id, emil.id, RoleKind.JUDGE)
    assert emils_role
    seasons.end_role(session, emils_role, cast.ada, TODAY - HOUR)

    question = clarifications.ask(
        session, season, judged, ClarificationKind.TASK, "Is the second site ours?", "", fay, NOW + HOUR
    )
    opened = make_challenge(
        session, season, cast.ada, title="The bridge", now=TODAY - DAY,
        due=at_clock("2026-12-10T23:59"),
    )  # fmt: skip
    version = make_version(session, opened, entry, cast.ben, TODAY - HOUR)
    waiting = make_upload(session, opened, entry, cast.ben, now=TODAY - 10 * MINUTE)
    submissions.note_arrival(waiting, stored(waiting))
    draft = make_challenge(
        session, season, cast.ada, is_released=False, title="Not told yet", now=TODAY - DAY,
        due=at_clock("2026-12-18T23:59"),
    )  # fmt: skip

    letter = letters.outbox_of(session, season.id)[0]
    letter.refused_at, letter.trouble = TODAY - HOUR, "The mail server refused the address: 550 No such person here"
    everybody = [cast.ada, cast.ben, cast.cleo, cast.dana, cast.dev, cast.eve, fay, emil]
    everybody += [one for name in ("nora", "nemo") if (one := people.find_person(session, f"{name}@noise.example"))]
    browsers = {one.id: signins.begin(session, one, "a test", None, TODAY) for one in everybody}
    token, _ = tokens.create(session, cast.ben, "A screen in the hall", ["team"], 90, TODAY - DAY)
    packet_id = next(packet.id for packet, team in packets.packets_of(session, released.id) if team.id == plan_b.id)
    return World(
        cast=cast, fay=fay, emil=emil, nora=everybody[-2], nemo=everybody[-1], season=season, released=released,
        judged=judged, opened=opened, draft=draft, plan_b=plan_b, plan_d=plan_d, entry=entry, version=version,
        judged_version=judged_version, waiting=waiting, sheet_id=sheet.id, emils_sheet_id=emils_sheet.id,
        unopened_id=unopened.id, packet_id=packet_id, letter_id=letter.id, question_id=question.id,
        invitation_token=secret_of(session, "gail@example.org")["token"], tokens=browsers,
        role_invitation_id=hals.id, role_token=secret_of(session, "hal@example.org")["token"], token_id=token.id,
    )  # fmt: skip


class Stage:
    """The site, its clock, and what stands on it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.database: Database = site.database
        self.world: World = site.write(make_world)
        self.clock: SteadyClock = site.app.state.clock
        self._away = site.app.state.store
        self._before = self.rows()
        self._is_written = False
        for engine in self.database.engines:
            event.listen(engine, "before_cursor_execute", self._notice)

    def _notice(self, connection: object, cursor: object, text: str, *_: object) -> None:
        self._is_written = self._is_written or not text.startswith(("SELECT", "BEGIN"))

    def put_back(self) -> None:
        """Every row as it was, the clock too; and no store, unless a test asks for one."""
        self.clock.at, self.clock.step = TODAY, timedelta()
        self.site.app.state.store = self._away
        if self._is_written:
            with self.database.writer.begin() as connection:
                write_rows(connection, self._before)
            self._is_written = False

    @contextmanager
    def with_more(self, deed: Callable[..., Any], *args: Any) -> Iterator[Any]:
        """For a while more stands on it, done in the domain; `put_back` then goes back to that."""
        before, given = self._before, self.write(deed, *args)
        self._before = self.rows()
        try:
            yield given
        finally:
            self._before, self._is_written = before, True
            self.put_back()

    def browser(self, person: Person | None = None, follow_redirects: bool = False, **headers: str) -> Browser:
        """Somebody's browser, signed in since the world was made; or a stranger's."""
        browser = self.site.browser(None, follow_redirects, **headers)
        if person:
            browser.cookies.set("charrette", self.world.tokens[person.id], domain="127.0.0.1")
        return browser

    def program(self, person: Person) -> Browser:
        """The same, as the page's scripts ask."""
        return self.browser(person, accept="application/json")

    def rows(self) -> Rows:
        with self.database.reading() as session:
            connection = session.connection()
            return {table.name: read_rows(connection, table) for table in Record.metadata.sorted_tables}

    def changes(self) -> dict[str, str]:
        """By table, what is new (+), gone (-) and changed (~) since the world was made; renewed sessions aside."""
        found = {}
        now = self.rows()
        for name, rows in self._before.items():
            before, after = {row["id"]: row for row in rows}, {row["id"]: row for row in now[name]}
            counts = {
                "+": len(after.keys() - before.keys()),
                "-": len(before.keys() - after.keys()),
                "~": sum(without_use(after[one]) != without_use(row) for one, row in before.items() if one in after),
            }
            if words := " ".join(f"{sign}{count}" for sign, count in counts.items() if count):
                found[name] = words
        return found

    def write(self, deed: Callable[..., Any], *args: Any, **words: Any) -> Any:
        """Do something in the domain, committed."""
        with self.database.writing() as session:
            return deed(session, *args, **words)

    def fresh(self, record: Any) -> Any:
        """The same row as it is now."""
        with self.database.reading() as session:
            return session.get_one(type(record), record.id)

    def world_in(self, session: Session) -> World:
        """The same world, with every row as this session has it: for verbs that lock."""

        def of(thing: Any) -> Any:
            return replace(
                thing,
                **{
                    field.name: session.get_one(type(value), value.id)
                    for field in fields(thing)
                    if isinstance(value := getattr(thing, field.name), Record)
                },
            )

        return replace(of(self.world), cast=of(self.world.cast))

    def statements(self, browser: Browser, path: str) -> int:
        """How many it takes to show a page to this browser, sign-in included."""
        with counting(self.database) as sent:
            answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return sent.count

    def file_id(self, version: Version) -> UUID:
        with self.database.reading() as session:
            return files_of(session, [version.id])[version.id][0].id

    def deliverable_id(self, position: int = 1) -> UUID:
        with self.database.reading() as session:
            return deliverables_of(session, self.world.opened.id)[position - 1].id

    def sheet(self) -> scoring.Desk:
        """Dana's scoresheet on the design of Plan B, as it is now."""
        with self.database.reading() as session:
            return scoring.find_for(session, self.world.sheet_id, self.world.cast.dana.id)


def read_rows(connection: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(table.select().order_by(table.c.id)).mappings()]


def without_use(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "used_at" or "token_hash" not in row}


def write_rows(connection: Connection, rows: Rows) -> None:
    tables = Record.metadata.sorted_tables
    for table in reversed(tables):
        connection.execute(table.delete())
    for table in tables:
        if rows[table.name]:
            connection.execute(table.insert(), parents_first(table, rows[table.name]))


def parents_first(table: Any, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row may name another one of its own table."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    ordered: list[dict[str, Any]] = [] if own else list(rows)
    while len(ordered) < len(rows):
        there = {None, *(row["id"] for row in ordered)}
        ordered += [row for row in rows if row["id"] not in there and all(row[name] in there for name in own)]
    return ordered


@contextmanager
def open_stage(database: Database, folder: Path, **over: Any) -> Iterator[Stage]:
    given = {
        "_env_file": None, "data_dir": folder, "secret": "s" * 32, "threads": 6, "log_level": "error",
        "database_url": database.writer.url.render_as_string(hide_password=False),
        # Nothing listens there: what needs a store asks for `store`.
        "s3_endpoint": f"http://127.0.0.1:{free_ports(1)[0]}", "s3_access_key": "k", "s3_secret_key": "s", **over,
    }  # fmt: skip
    with ExitStack() as standing:
        with pytest.MonkeyPatch.context() as patch:  # for this site alone, not for others that stand beside it
            patch.setattr("app.main.Clock", SteadyClock)
            site = standing.enter_context(open_site(Settings(**given)))
        yield Stage(site)


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def standing_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with (
        (
            on_sqlite(folder, request.getfixturevalue("template"))
            if request.param == "sqlite"
            else on_postgres(folder, request.getfixturevalue("postgres"))
        ) as database,
        open_stage(database, folder) as stage,
    ):
        yield stage


@pytest.fixture
def stage(standing_stage: Stage) -> Iterator[Stage]:
    """The world as it was made."""
    standing_stage.put_back()
    yield standing_stage
    standing_stage.put_back()


@pytest.fixture(scope="session")
def prepared_store(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Store:
    given: dict[str, Any] = {
        "_env_file": None, "data_dir": tmp_path_factory.mktemp("store"), "secret": "s" * 32,
        "s3_endpoint": seaweed.endpoint, "s3_access_key": seaweed.access_key, "s3_secret_key": seaweed.secret_key,
        "s3_bucket": f"stage-{uuid4().hex[:12]}",
    }  # fmt: skip
    store = Store(Settings(**given))
    store.prepare()
    return store


@pytest.fixture
def store(stage: Stage, prepared_store: Store) -> Store:
    """SeaweedFS behind the stage."""
    stage.site.app.state.store = prepared_store
    return prepared_store


def shown(answer: httpx.Response, *sentences: str) -> tuple[int, list[str]]:
    """The status, and what of this stands neither in the page's text nor in its source: `shown(…) == (422, [])`."""
    source, text = unescape(answer.text), unescape(re.sub(r"<[^>]+>", "", answer.text))
    return answer.status_code, [one for one in sentences if one not in source and one not in text]


def beside(answer: httpx.Response, field: str) -> str:
    """The sentence beside a field, as somebody hears it who cannot see the page."""
    found = re.search(rf'id="f-{re.escape(field)}-error">(.*?)</p>', answer.text, re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


def leads_to(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")


def at_once(*deeds: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Requests that arrive together."""
    with ThreadPoolExecutor(len(deeds)) as threads:
        return [one.result() for one in [threads.submit(deed) for deed in deeds]]
