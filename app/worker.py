"""The worker: one process that does what rows ask for, tries again what failed, and is taken over by the next one."""

import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dbos import DBOS

from app import engine
from app.clock import Clock
from app.db import Database
from app.jobs import QUEUES, VERBS, Job, Tools, job_of, options_for, waiting
from app.logs import configure_logs
from app.settings import Settings
from app.storage import FileLost, Store, StoreAway, StoreUnfit
from app.watch import Watch
from challenges import outages, planning, swaps
from challenges.challenges import Challenge
from challenges.letters import Letter
from challenges.refusals import Refusal
from judging.packets import Packet
from judging.progress import late_judges

log = logging.getLogger(__name__)

POLL_SECONDS = {"codes": 0.2, "mail": 0.5, "inspect": 1.0, "packets": 1.0}
"""How often each queue is looked into. Somebody waits for a sign-in code; for the others a second is nothing, and every
look costs the idle worker.
"""
SWEEP_SECONDS = 2.0
STOP_SECONDS = 10
TIDY_SECONDS = 3600
KEPT_DAYS = 7

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
    kinds: dict[str, type[Letter | Packet]] = {"admit": Letter, "send": Letter, "render": Packet}
    if kind := kinds.get(verb):
        with suppress(Exception), tools.database.writing() as session:
            if (waits := session.get(kind, UUID(row))) and job_of(waits):
                waits.trouble = sentence[:500]


def work(settings: Settings) -> None:
    """Do what rows ask for until SIGTERM or Ctrl-C, in the main thread. A second worker waits for its end.

    Whoever started us starts us again where we end with 1.
    """
    configure_logs(settings)
    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    with engine.alone(settings, stop) as is_ours:
        if is_ours:
            try:
                _work(settings, stop, is_ours)
            except (StoreUnfit, PlaceLost) as trouble:
                log.critical("%s", trouble)
                logging.shutdown()
                os._exit(1)
    # A letter or a packet that did not end in time is found again by its row; waiting longer would not make it safer.
    logging.shutdown()
    os._exit(0)


class PlaceLost(Exception):
    """Another worker may be at work by now, so this one must not go on."""

    def __init__(self) -> None:
        super().__init__("this worker lost its place, so it ends; it is to be started again")


def _work(settings: Settings, stop: threading.Event, is_ours: Callable[[], bool]) -> None:
    database = Database(settings)
    store = Store(settings)
    clock = Clock(settings)
    _bench[:] = [Tools(settings, database, store, clock)]
    watch = Watch(settings, clock)
    engine.migrate(settings)
    _launch(settings)
    log.info("the worker works")
    asked: set[str] = set()
    store_is_ready, tidied_at = False, -math.inf
    while not stop.is_set():
        if not is_ours():
            raise PlaceLost
        try:
            store_is_ready = store_is_ready or _prepare(store)
            _do_what_is_due(database, clock.now())
            asked = _sweep(database, clock.now(), asked)
            engine.beat(settings)
            watch.look(database)
            if time.monotonic() - tidied_at > TIDY_SECONDS:
                tidied_at = time.monotonic()
                _tidy()
                with database.writing() as session:
                    outages.tidy(session, clock.now())
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
            "name": engine.APPLICATION,
            "system_database_url": settings.jobs_database_url,
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
            name, worker_concurrency=at_once, polling_interval_sec=POLL_SECONDS[name], on_conflict="always_update"
        )


def _prepare(store: Store) -> bool:
    """Letters go out while the store is away, so the worker does not wait for it."""
    try:
        store.prepare()
    except StoreAway as trouble:
        log.warning("%s", trouble)
        return False
    return True


def _do_what_is_due(database: Database, now: datetime) -> None:
    """Write the letters that the calendar asks for, and draw the swaps that were forgotten.

    Each is a transaction of its own: one that fails keeps no other one waiting.
    """
    with database.reading() as session:
        due, undrawn = planning.due(session, now), swaps.undrawn(session, now)
    for challenge in undrawn:
        try:
            with database.writing() as session:
                swaps.draw(session, session.get_one(Challenge, challenge.id), None, now)
        except Refusal:  # the run sheet says what is missing
            log.debug("the swap of challenge %s cannot be drawn yet", challenge.id)
    for one in due:
        try:
            with database.writing() as session:
                planning.send(session, one, now, late_judges)
        except Exception:
            log.exception("%s of season %s cannot be sent; it will be tried again", one.key, one.season_id)


def _sweep(database: Database, now: datetime, asked: set[str]) -> set[str]:
    """Ask for everything that waits; `asked` are the ids that need not be asked for again."""
    with database.reading() as session:
        jobs = {job.id: job for job in waiting(session, now)}
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
