"""The job engine's own tables, the heart beat beside them, and the place of the one worker."""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS

from app.settings import Settings

log = logging.getLogger(__name__)

APPLICATION = "charrette"

PLACE = 1789041955
TAKE = sa.text(f"SELECT pg_try_advisory_lock({PLACE})")
HELD = sa.text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid() "  # noqa: S608
    f"AND classid = 0 AND objid = {PLACE} AND objsubid = 1)"
)

_beats = sa.Table(
    "charrette_beat", sa.MetaData(), sa.Column("worker", sa.String(64), primary_key=True), sa.Column("at", sa.Float)
)


def migrate(settings: Settings) -> None:
    """Bring the engine's tables to the newest form. Doing it twice does it once."""
    url = sa.make_url(settings.jobs_database_url)
    if url.database and url.get_backend_name() == "sqlite":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with connect_to(settings.jobs_database_url).connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")  # stays with the file
    _quiet()
    DBOS.migrate(settings.jobs_database_url)
    _beats.create(connect_to(settings.jobs_database_url), checkfirst=True)


def _quiet() -> None:
    """The engine's warnings go where our own lines go: to a logger that has a handler it adds none."""
    engine = logging.getLogger("dbos")
    engine.setLevel(logging.WARNING)
    if not engine.handlers:
        engine.addHandler(logging.NullHandler())


def last_beat(settings: Settings) -> datetime | None:
    """When a worker last swept, by real time; None if none ever did."""
    try:
        with connect_to(settings.jobs_database_url).connect() as connection:
            at = connection.scalar(sa.select(sa.func.max(_beats.c.at)))
    except sa.exc.SQLAlchemyError:
        return None
    return datetime.fromtimestamp(at, UTC) if at else None


def beat(settings: Settings) -> None:
    with connect_to(settings.jobs_database_url).begin() as connection:
        changed = connection.execute(sa.update(_beats).where(_beats.c.worker == "worker").values(at=time.time()))
        if not changed.rowcount:
            connection.execute(sa.insert(_beats).values(worker="worker", at=time.time()))


@contextmanager
def alone(settings: Settings, stop: threading.Event) -> Iterator[Callable[[], bool] | None]:
    """Hold the place of the one worker, waiting for it if need be; None if we were stopped meanwhile.

    Two workers would take each other's running jobs for ones that a crash left behind. The place goes with the process,
    on PostgreSQL with its connection: what is given tells whether the place is still ours.
    """
    url = sa.make_url(settings.jobs_database_url)
    if url.get_backend_name() == "sqlite":
        folder = os.open(Path(url.database or ".").parent, os.O_RDONLY)
        try:
            yield (lambda: True) if _take(lambda: _flock(folder), stop) else None
        finally:
            os.close(folder)
    else:
        # Without a transaction, which would stay open as long as the worker lives.
        with connect_to(settings.jobs_database_url).execution_options(isolation_level="AUTOCOMMIT").connect() as place:
            yield (lambda: _is_held(place)) if _take(lambda: bool(place.scalar(TAKE)), stop) else None


def _take(place: Callable[[], bool], stop: threading.Event) -> bool:
    waited = False
    while not stop.is_set():
        if place():
            return True
        if not waited:
            waited = True
            log.warning("another worker is at work; this one waits for its place")
        stop.wait(1.0)
    return False


def _is_held(place: sa.Connection) -> bool:
    """Whether this very connection holds the place; one that broke has lost it, also where it was made anew."""
    try:
        return bool(place.scalar(HELD))
    except sa.exc.SQLAlchemyError:
        log.exception("the connection that holds the worker's place does not answer")
        return False


def _flock(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@cache
def connect_to(url: str) -> sa.Engine:
    given: Mapping[str, Any] = {"connect_args": {"timeout": 2}} if url.startswith("sqlite") else {"pool_pre_ping": True}
    return sa.create_engine(url, pool_size=2, hide_parameters=True, **given)
