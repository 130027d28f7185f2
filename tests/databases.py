"""Databases for the tests: set up as the site sets them up, and never without an unrelated season."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.db import Database, migrate
from app.settings import Settings
from tests.noise import make_noise

if TYPE_CHECKING:  # a plugin is imported by pytest first
    from tests.servers import Postgres


def settings_for(folder: Path, database_url: str = "", **over: Any) -> Settings:
    """Settings of a site in that folder, whatever `.env` says."""
    return Settings(_env_file=None, data_dir=folder, database_url=database_url, secret="s" * 32, **over)  # type: ignore[call-arg, arg-type]


def fill(settings: Settings) -> None:
    """The tables as the migrations make them, and the unrelated season."""
    migrate(settings)
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
