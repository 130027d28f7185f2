"""The database: one engine that reads, one that writes, and the only place where anything is committed."""

import importlib
import logging
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.pool import NullPool
from sqlmodel import Session

import challenges
import judging
from app.settings import Settings
from challenges.people import make_founder

log = logging.getLogger(__name__)

BUSY_SECONDS = 5
"""How long a statement waits for another process's write before it gives up."""


class Database:
    """Sessions that read and sessions that write. Both begin at their first statement: network calls may come first.

    SQLite has one writer at a time. The writing pool therefore holds a single connection: requests of this process
    wait for it in line instead of polling for the lock; other processes are waited for up to `BUSY_SECONDS`.
    """

    def __init__(self, settings: Settings) -> None:
        url = make_url(settings.database_url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.writer = sqlite_engine(settings, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0, pool_timeout=30)
            self.reader = sqlite_engine(settings, "BEGIN", query_only=True, pool_size=settings.threads, max_overflow=8)
        else:
            # A request may read before a network call while its writing session waits: at most two connections each.
            self.writer = discreet_engine(
                url, pool_size=settings.threads, max_overflow=settings.threads, pool_pre_ping=True
            )
            self.reader = self.writer.execution_options(postgresql_readonly=True)

    @property
    def engines(self) -> list[Engine]:
        return [self.writer, self.reader] if self.is_sqlite else [self.writer]

    def begin(self, writes: bool) -> Session:
        """A session for which the caller calls `commit` or `give_up`; use `reading` or `writing` where you can."""
        return Session(self.writer if writes else self.reader, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """See one state of the database; writing fails."""
        session = self.begin(writes=False)
        try:
            yield session
        finally:
            give_up(session)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: all of it is committed at the end, or nothing after an exception."""
        session = self.begin(writes=True)
        try:
            yield session
        except BaseException:
            give_up(session)
            raise
        commit(session)

    def close(self) -> None:
        for engine in self.engines:
            engine.dispose()


def commit(session: Session) -> None:
    """Make it last, then do what waited for that."""
    try:
        session.commit()
    finally:
        give_up(session)
    for call in session.info.pop("after_commit", ()):
        try:
            call()
        except Exception:  # the row says what is to be done, and the worker's sweep finds it
            log.exception("after the commit, %s failed", getattr(call, "__qualname__", call))


def give_up(session: Session) -> None:
    """Let go of the connection; what was not committed never happened. Rows that were read stay readable."""
    session.close()


def after_commit(session: Session, call: Callable[[], object]) -> None:
    """Call this once the transaction has been committed, and never otherwise. A failure is logged, not shown."""
    session.info.setdefault("after_commit", []).append(call)


def sqlite_engine(
    settings: Settings, begin: str, query_only: bool = False, foreign_keys: bool = True, **pool: Any
) -> Engine:
    url = make_url(settings.database_url)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = discreet_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS}, **pool)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions when it pleases
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a receipt promises that it is on the disk
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")

    @event.listens_for(engine, "begin")
    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def discreet_engine(url: URL | str, **given: Any) -> Engine:
    """An engine whose errors tell what failed and never with which values: a row may hold a sign-in code."""
    engine = create_engine(url, hide_parameters=True, **given)

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        # PostgreSQL repeats the whole row in what it adds to its message: “Failing row contains (…)”.
        if message := getattr(getattr(context.original_exception, "diag", None), "message_primary", None):
            context.original_exception.args = (message,)
            if context.sqlalchemy_exception:
                context.sqlalchemy_exception.args = (f"({type(context.original_exception).__name__}) {message}",)

    return engine


def import_tables() -> None:
    """Import every module that may hold a table."""
    for package in (challenges, judging):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


@contextmanager
def migration_connection(settings: Settings) -> Iterator[Connection]:
    """A connection of its own in one transaction; of two processes that migrate at once, the second waits."""
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        # SQLite changes a table by making it anew, which foreign keys would take for deleting its rows.
        engine = sqlite_engine(settings, "BEGIN IMMEDIATE", foreign_keys=False, poolclass=NullPool)
    else:
        engine = discreet_engine(settings.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1789041954)")
        yield connection
        if engine.dialect.name == "sqlite" and (
            orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        ):
            raise RuntimeError(f"the migration leaves rows that belong to nothing: {orphans[:5]}")


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(settings: Settings) -> None:
    """Bring the tables to the newest form, and make founders of those whom the settings name. Twice does it once."""
    with migration_connection(settings) as connection:
        command.upgrade(alembic_config(connection), "head")
        with Session(connection, join_transaction_mode="rollback_only") as session:
            for email in settings.founders:
                make_founder(session, email, None, datetime.now(UTC))
            session.flush()


class Statements:
    """What was sent to the database meanwhile."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @property
    def count(self) -> int:
        return len(self.texts)


@contextmanager
def counting(database: Database) -> Iterator[Statements]:
    """Count the statements of all sessions, without BEGIN and COMMIT. For tests and `make bench`."""
    statements = Statements()

    def sent(connection: object, cursor: object, text: str, *_: object) -> None:
        if not text.startswith("BEGIN"):
            statements.texts.append(text)

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", sent)
    try:
        yield statements
    finally:
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", sent)
