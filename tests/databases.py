"""Databases for the tests: set up as the site sets them up, and never without an unrelated season."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import migrations
from app.db import Database, import_tables, migrate, migration_connection
from app.settings import Settings
from challenges.records import Record
from tests.noise import make_noise

if TYPE_CHECKING:  # a plugin is imported by pytest first
    from tests.servers import Postgres


def settings_for(folder: Path, database_url: str = "", **over: Any) -> Settings:
    """Settings of a site in that folder, whatever `.env` says."""
    return Settings(_env_file=None, data_dir=folder, database_url=database_url, secret="s" * 32, **over)  # type: ignore[call-arg, arg-type]


def has_revisions() -> bool:
    return any(Path(migrations.__path__[0], "versions").glob("[0-9]*.py"))


def make_tables(settings: Settings) -> None:
    """As migrations make them; while no revision is written, as the classes say."""
    if has_revisions():
        migrate(settings)
    else:
        import_tables()
        with migration_connection(settings) as connection:
            Record.metadata.create_all(connection)


def fill(settings: Settings) -> None:
    """The tables, and the unrelated season."""
    make_tables(settings)
    database = Database(settings)
    with database.writing() as session:
        make_noise(session)
    database.close()


@contextmanager
def on_sqlite(folder: Path, template: Path) -> Iterator[Database]:
    """A copy of the template file."""
    shutil.copy(template, folder / "charrette.sqlite")
    database = Database(settings_for(folder))
    yield database
    database.close()


@contextmanager
def on_postgres(folder: Path, postgres: "Postgres") -> Iterator[Database]:
    """A copy of a template database, which whoever comes first fills for all."""
    with postgres.fresh(lambda url: fill(settings_for(folder, url)), template="domain") as url:
        database = Database(settings_for(folder, url))
        yield database
        database.close()
