"""The database: what is committed is there, what is not never was, and pages that read cannot write."""

import threading
import time
import traceback
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, select

from app.db import Database, after_commit, alembic_config, counting, migrate, migration_connection
from app.migrations.__main__ import drift
from app.settings import Settings
from challenges.letters import write
from challenges.people import Person, person_for
from tests.cast import NOW
from tests.conftest import settings_for

SECRET = {"code": "135790"}


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(
            session.exec(select(Person.name).where(Person.email.endswith("@example.org")).order_by(Person.name))
        )  # type: ignore[attr-defined]


def add(session: Session, name: str) -> Person:
    return person_for(session, f"{name.lower()}@example.org", name, NOW)


def test_what_is_written_is_committed_once_at_the_end(database: Database) -> None:
    with database.writing() as session:
        ada = add(session, "Ada")
        assert names(database) == []
    assert names(database) == ["Ada"]
    assert ada.name == "Ada"  # still readable: nothing is loaded again after the commit


def test_an_exception_undoes_everything_and_what_waited_for_the_commit(database: Database) -> None:
    called: list[str] = []

    def fail_halfway() -> None:
        with database.writing() as session:
            add(session, "Ada")
            after_commit(session, lambda: called.append("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert (names(database), called) == ([], [])


def test_a_row_that_cannot_be_written_tells_nobody_its_secret(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            letter = write(session, "sign_in", ("ada@example.org", "Ada"), NOW, secret=SECRET)
            letter.to_email = None  # type: ignore[assignment]

    def fail_at_once() -> None:
        with database.writing() as session:
            nobody = None
            write(session, "sign_in", (nobody, "Ada"), NOW, secret=SECRET)  # type: ignore[arg-type]

    for deed in (fail, fail_at_once):
        with pytest.raises(IntegrityError) as trouble:
            deed()
        told = "".join(traceback.format_exception(trouble.value))
        assert (SECRET["code"] in told, "letter" in told, "to_email" in told) == (False, True, True)


def test_what_waits_for_the_commit_sees_it_and_cannot_harm_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[list[str]] = []

    def fail() -> None:
        raise OSError("the queue is away")

    with database.writing() as session:
        add(session, "Ada")
        after_commit(session, fail)
        after_commit(session, lambda: seen.append(names(database)))
    assert seen == [["Ada"]]
    assert "the queue is away" in caplog.text


def test_reading_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        add(session, "Ada")
    assert names(database) == []


def test_nothing_is_begun_before_the_first_statement(database: Database) -> None:
    """A network call may come first, in any number of requests at once."""
    sessions = [database.begin(writes=True) for _ in range(20)]
    with database.writing() as session:
        add(session, "Ada")
    for waiting in sessions:
        waiting.close()
    assert names(database) == ["Ada"]


def test_foreign_keys_are_checked(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), database.writing() as session:
        session.connection().execute(
            text(
                "INSERT INTO season (id, slug, title, story, zone, starts_on, ends_on, created_by, created_at)"
                " VALUES (:id, 's', 's', 's', 'UTC', '2026-01-01', '2026-01-02', :id, '2026-01-01 00:00:00')"
            ),
            {"id": "0" * 32},
        )


def test_writers_wait_for_each_other_and_readers_for_nobody(database: Database) -> None:
    def write(name: str) -> None:
        with database.writing() as session:
            add(session, name)
            time.sleep(0.1)

    threads = [threading.Thread(target=write, args=(f"P{number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    names(database)
    assert time.perf_counter() - began < 0.1
    for thread in threads:
        thread.join()
    assert names(database) == ["P0", "P1", "P2", "P3", "P4"]


def test_statements_are_counted_without_begin_and_commit(database: Database) -> None:
    with counting(database) as statements, database.writing() as session:
        session.exec(select(Person.id)).all()
        session.exec(select(Person.name)).all()
    assert statements.count == 2


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


def test_migrating_twice_does_it_once_and_makes_the_tables_of_the_code(database: Database, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, database.writer.url.render_as_string(hide_password=False))
    migrate(settings)
    assert drift(settings) == []


def test_two_processes_may_migrate_at_once(empty: Settings) -> None:
    troubles: list[Exception] = []

    def start() -> None:
        try:
            migrate(empty)
        except Exception as trouble:
            troubles.append(trouble)

    # Alembic keeps its context in module variables, so threads cannot stand for processes: one waits for the other.
    with migration_connection(empty) as connection:
        command.upgrade(alembic_config(connection), "head")
        second = threading.Thread(target=start)
        second.start()
        time.sleep(0.2)
        assert second.is_alive()
    second.join()
    assert troubles == []
    assert drift(empty) == []


def test_the_settings_name_founders(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, secret="s" * 32, founders="ada@example.org")  # type: ignore[call-arg, arg-type]
    migrate(settings)
    migrate(settings)
    database = Database(settings)
    with database.reading() as session:
        found = [(person.email, person.founder_since is None) for person in session.exec(select(Person))]
    database.close()
    assert found == [("ada@example.org", False)]
