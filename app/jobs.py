"""Jobs: the work that rows ask for (a letter unsent, a version unread, a packet not rendered), done by the worker.

The row is the truth: it alone says what is done. DBOS is the engine: it keeps the queue, tries again later, and goes on
after a crash. Everybody may ask for a job as often as they like: its id is made from the row, so it runs once.
"""

import fcntl
import hashlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, EnqueueOptions
from sqlalchemy import event
from sqlmodel import Session

from app.clock import Clock
from app.db import Database, after_commit
from app.logs import configure_logs
from app.mail import Outcome, deliver
from app.settings import Settings
from app.storage import FileLost, Store, StoreAway, StoreUnfit
from challenges import letters, receipts, versions
from challenges.letters import Letter, LetterState
from challenges.versions import Version
from judging import feedback
from judging.feedback import Packet

log = logging.getLogger(__name__)

APPLICATION = "charrette"
POLL_SECONDS = 0.2
SWEEP_SECONDS = 2.0
STOP_SECONDS = 10
TIDY_SECONDS = 3600
KEPT_DAYS = 7
PAUSES = (2, 5, 10, 20, 30, 60, 120, 300)
"""Seconds before the second try, the third, …; the last one repeats."""


@dataclass(frozen=True)
class Job:
    """What is to be done with which row. The attempt tells an organizer's "send again" from the time before."""

    verb: str
    row: str
    attempt: int = 1

    @property
    def id(self) -> str:
        return f"{self.verb}-{self.row}-{self.attempt}" if self.verb == "send" else f"{self.verb}-{self.row}"


@dataclass(frozen=True)
class Tools:
    """What the verbs below work with."""

    settings: Settings
    database: Database
    store: Store
    clock: Clock


# The verbs. Each may be called again at any time, and says whether it is done with the row.


def send(tools: Tools, letter_id: UUID) -> bool:
    """Get a letter out."""
    return deliver(tools.database, tools.settings, letter_id, tools.clock) is Outcome.DONE


def verify(tools: Tools, version_id: UUID) -> bool:
    """Read every file of a version and write down its SHA-256; a difference is told to the team at once."""
    with tools.database.reading() as session:
        files = versions.files_of(session, [version_id]).get(version_id, [])
    computed = {
        file.id: _sha256(tools.store, file.key, file.store_version_id) for file in files if not file.verified_at
    }
    with tools.database.writing() as session:
        version = session.get(Version, version_id, with_for_update=True)
        if version and not version.inspected_at:
            now = tools.clock.now()
            if different := versions.note_checksums(session, version, computed, now):
                log.error(
                    "version %s holds other bytes than were sent: %s", version_id, [file.key for file in different]
                )
                receipts.mail_difference(session, version, now)
    return True


def render(tools: Tools, packet_id: UUID) -> bool:
    """Print a packet and put it into the store; the transaction that says where it is writes to its team as well."""
    from app.pdf import render_packet  # WeasyPrint, which web processes need not load

    with tools.database.reading() as session:
        packet = session.get(Packet, packet_id)
        if packet is None or packet.rendered_at:
            return True
        view = feedback.view_of(session, packet)
    stored = tools.store.write(f"packets/{packet_id}.pdf", render_packet(view), "application/pdf")
    with tools.database.writing() as session:
        feedback.note_rendered(
            session, session.get_one(Packet, packet_id, with_for_update=True), stored, tools.clock.now()
        )
    return True


VERBS = {"admit": (send, "codes"), "send": (send, "mail"), "verify": (verify, "inspect"), "render": (render, "packets")}
QUEUES = {"codes": 2, "mail": 4, "inspect": 1, "packets": 1}
"""How many at once. Nobody waits for a sign-in code behind a hundred receipts, and two packets printed by one process
would only wait for each other."""


def waiting(session: Session) -> list[Job]:
    """Everything that rows ask for, in the order in which people wait for it."""
    rows = [*letters.waiting(session, most=2000), *versions.uninspected(session), *feedback.unrendered(session)]
    return [job for row in rows if (job := job_of(row))]


def job_of(row: object) -> Job | None:
    """What this row asks for, if it asks for anything."""
    match row:
        case Letter() if row.state is LetterState.WAITING:
            return Job("admit" if row.kind == "sign_in" else "send", str(row.id), row.attempt)
        case Version() if row.inspected_at is None:
            return Job("verify", str(row.id))
        case Packet() if row.rendered_at is None:
            return Job("render", str(row.id))
    return None


# The web's side: ask, and never make anybody wait for it.


class Jobs:
    """Asks for what a transaction of this database left to be done, right after its commit.

    If the engine's tables are away, nothing is lost and nobody sees it: the worker's sweep finds the rows.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._client: DBOSClient | None = None
        self._asker = ThreadPoolExecutor(1, "jobs")
        event.listen(Session, "after_flush", self._notice)

    def close(self) -> None:
        event.remove(Session, "after_flush", self._notice)
        self._asker.shutdown(wait=True, cancel_futures=True)
        if self._client:
            self._client.destroy()

    def ask(self, jobs: list[Job]) -> None:
        """Ask for these soon, from a thread of our own."""
        self._asker.submit(self._ask, jobs)

    def _notice(self, session: Session, _: object) -> None:
        if session.get_bind() is not self._database.writer:
            return
        found = {job for row in (*session.new, *session.dirty) if (job := job_of(row))}
        if found and "jobs" not in session.info:
            after_commit(session, lambda: self.ask(list(session.info.pop("jobs"))))
        if found:
            session.info.setdefault("jobs", {}).update(dict.fromkeys(found))

    def _ask(self, jobs: list[Job]) -> None:
        try:
            if self._client is None:
                self._client = DBOSClient(
                    system_database_url=engine_url(self._settings), application_name=APPLICATION, lazy=True,
                    retry_connection_errors=False, system_database_pool_size=1,
                )  # fmt: skip
            for job in jobs:
                self._client.enqueue(options_for(job), job.verb, job.row, job.attempt, 0)
        except Exception as trouble:
            log.warning("the job engine cannot be asked now, so the worker's sweep will find the rows: %s", trouble)


def options_for(job: Job, tries: int = 0) -> EnqueueOptions:
    options = EnqueueOptions(workflow_name="do", queue_name=VERBS[job.verb][1], workflow_id=job.id)
    if tries:
        options["workflow_id"] = f"{job.id}-{tries}"
        options["delay_seconds"] = PAUSES[min(tries, len(PAUSES)) - 1]
    return options


# The worker.

_bench: list[Tools] = []
"""DBOS knows its functions by name and calls them bare, so what they work with lies here."""


@DBOS.workflow(name="do")
def do(verb: str, row: str, attempt: int, tries: int) -> None:
    """One try, and if something is left, the next one a little later. That "later" survives a crash as well."""
    if not attempt_once(verb, row):
        job = Job(verb, row, attempt)
        DBOS.enqueue_workflow_with_options(options_for(job, tries + 1), verb, row, attempt, tries + 1)


@DBOS.step(name="attempt")
def attempt_once(verb: str, row: str) -> bool:
    began, tools = time.monotonic(), _bench[0]
    try:
        done = VERBS[verb][0](tools, UUID(row))
    except StoreAway as trouble:
        done = False
        log.warning("%s %s: %s", verb, row, trouble)
        _note_trouble(tools, verb, row, trouble.message)
    except FileLost as trouble:  # somebody emptied the store behind our back, and may bring it back from a copy
        done = False
        log.error("%s %s: %s", verb, row, trouble)
    except Exception as trouble:
        done = False
        log.exception("%s %s failed", verb, row)
        _note_trouble(tools, verb, row, f"{type(trouble).__name__}: {trouble}")
    log.info("%s %s %s in %.2f s", verb, row, "done" if done else "is to be tried again", time.monotonic() - began)
    return done


def _note_trouble(tools: Tools, verb: str, row: str, sentence: str) -> None:
    """Where an organizer can read it."""
    kinds: dict[str, type[Letter | Packet]] = {"send": Letter, "render": Packet}
    if kind := kinds.get(verb):
        with suppress(Exception), tools.database.writing() as session:
            if (waits := session.get(kind, UUID(row))) and job_of(waits):
                waits.trouble = sentence[:500]


def work(settings: Settings) -> None:
    """Do what rows ask for until SIGTERM or Ctrl-C, in the main thread. A second worker waits for its end."""
    configure_logs(settings)
    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    with alone(settings, stop) as first:
        if first:
            try:
                _work(settings, stop)
            except StoreUnfit as unfit:
                log.critical("%s", unfit)
                logging.shutdown()
                os._exit(1)
    # A letter or a packet that did not end in time is found again by its row; waiting longer would not make it safer.
    logging.shutdown()
    os._exit(0)


def _work(settings: Settings, stop: threading.Event) -> None:
    database = Database(settings)
    store = Store(settings)
    _bench[:] = [Tools(settings, database, store, Clock(settings))]
    migrate(settings)
    _launch(settings)
    log.info("the worker works")
    asked: set[str] = set()
    store_is_ready, tidied_at = False, -math.inf
    while not stop.is_set():
        try:
            store_is_ready = store_is_ready or _prepare(store)
            asked = _sweep(database, asked)
            _beat(settings)
            if time.monotonic() - tidied_at > TIDY_SECONDS:
                tidied_at = time.monotonic()
                _tidy()
        except StoreUnfit:
            raise
        except Exception:
            log.exception("the sweep failed; it will be tried again")
        stop.wait(SWEEP_SECONDS)
    log.info("the worker stops")
    DBOS.destroy(workflow_completion_timeout_sec=STOP_SECONDS)


def _launch(settings: Settings) -> None:
    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": engine_url(settings),
            # Both fixed: a new worker takes over what the old one left, also after an update of the program.
            "executor_id": "worker",
            "application_version": "1",
            "log_level": "WARNING",
            "sys_db_pool_size": 8,
            "use_listen_notify": False,
            "run_migrations": False,
            "scheduler_polling_interval_sec": 3600.0,
        }
    )
    DBOS.launch()
    for name, at_once in QUEUES.items():
        DBOS.register_queue(
            name, worker_concurrency=at_once, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
        )


def _prepare(store: Store) -> bool:
    """Letters go out while the store is away, so the worker does not wait for it."""
    try:
        store.prepare()
    except StoreAway as trouble:
        log.warning("%s", trouble)
        return False
    return True


def _sweep(database: Database, asked: set[str]) -> set[str]:
    """Ask for everything that waits; `asked` are the ids that need not be asked for again."""
    with database.reading() as session:
        jobs = {job.id: job for job in waiting(session)}
    for id_, job in jobs.items():
        if id_ not in asked:
            DBOS.enqueue_workflow_with_options(options_for(job), job.verb, job.row, job.attempt, 0)
    return set(jobs)


def _tidy() -> None:
    """Forget finished jobs after a week; their rows keep what matters."""
    before = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat()
    while old := DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED"], end_time=before, limit=500, load_input=False, load_output=False
    ):
        DBOS.delete_workflows([workflow.workflow_id for workflow in old])


def _sha256(store: Store, key: str, version_id: str) -> str:
    digest = hashlib.sha256()
    for piece in store.read(key, version_id):
        digest.update(piece)
    return digest.hexdigest()


# The engine's own tables, and beside them the heart beat, which web processes on other machines can see too.

_beats = sa.Table(
    "charrette_beat", sa.MetaData(), sa.Column("worker", sa.String(64), primary_key=True), sa.Column("at", sa.Float)
)


def migrate(settings: Settings) -> None:
    """Bring the engine's tables to the newest form. Doing it twice does it once."""
    url = sa.make_url(engine_url(settings))
    if url.database and url.get_backend_name() == "sqlite":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with _engine(engine_url(settings)).connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # stays with the file
    _quiet()
    DBOS.migrate(engine_url(settings))
    _beats.create(_engine(engine_url(settings)), checkfirst=True)


def _quiet() -> None:
    """The engine's warnings go where our own lines go: to a logger that has a handler it adds none."""
    engine = logging.getLogger("dbos")
    engine.setLevel(logging.WARNING)
    if not engine.handlers:
        engine.addHandler(logging.NullHandler())


def last_beat(settings: Settings) -> datetime | None:
    """When a worker last swept, by real time; None if none ever did."""
    try:
        with _engine(engine_url(settings)).connect() as connection:
            at = connection.scalar(sa.select(sa.func.max(_beats.c.at)))
    except sa.exc.SQLAlchemyError:
        return None
    return datetime.fromtimestamp(at, UTC) if at else None


def _beat(settings: Settings) -> None:
    with _engine(engine_url(settings)).begin() as connection:
        changed = connection.execute(sa.update(_beats).where(_beats.c.worker == "worker").values(at=time.time()))
        if not changed.rowcount:
            connection.execute(sa.insert(_beats).values(worker="worker", at=time.time()))


@contextmanager
def alone(settings: Settings, stop: threading.Event) -> Iterator[bool]:
    """Hold the place of the one worker, waiting for it if need be; False if we were stopped meanwhile.

    Two workers would take each other's running jobs for ones that a crash left behind. The place goes with the process.
    """
    url = sa.make_url(engine_url(settings))
    if url.get_backend_name() == "sqlite":
        folder = os.open(Path(url.database or ".").parent, os.O_RDONLY)
        try:
            yield _take(lambda: _flock(folder), stop)
        finally:
            os.close(folder)
    else:
        with _engine(engine_url(settings)).connect() as connection:
            take = sa.text("SELECT pg_try_advisory_lock(1789041955)")
            yield _take(lambda: bool(connection.scalar(take)), stop)


def _take(place: Any, stop: threading.Event) -> bool:
    waited = False
    while not stop.is_set():
        if place():
            return True
        if not waited:
            waited = True
            log.warning("another worker is at work; this one waits for its place")
        stop.wait(1.0)
    return False


def _flock(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def engine_url(settings: Settings) -> str:
    return settings.jobs_database_url


@cache
def _engine(url: str) -> sa.Engine:
    given: Mapping[str, Any] = {"connect_args": {"timeout": 2}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    return sa.create_engine(url, pool_size=2, **given)
