"""What every test may ask for: a session on each database, the cast, and a season at three moments of its life."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlmodel import Session

from app.db import Database
from tests.cast import Cast, make_cast
from tests.databases import fill, on_postgres, on_sqlite, settings_for
from tests.makers import Round, Scene, make_round, make_scene

pytest_plugins = ["tests.servers", "tests.stage"]

# A busy machine is slow for a moment; that is no finding about our code.
hypothesis_settings.register_profile("charrette", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("charrette")

BOTH = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.slow)]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file to copy."""
    settings = settings_for(tmp_path_factory.mktemp("template"))
    fill(settings)
    return settings.data_dir / "charrette.sqlite"


def opened(kind: str, folder: Path, request: pytest.FixtureRequest) -> AbstractContextManager[Database]:
    if kind == "sqlite":
        return on_sqlite(folder, request.getfixturevalue("template"))
    return on_postgres(folder, request.getfixturevalue("postgres"))


@pytest.fixture(scope="session", params=BOTH)
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all tests that roll back."""
    with opened(request.param, tmp_path_factory.mktemp("database"), request) as database:
        yield database


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of this test's own, to commit in: for what happens at once."""
    with opened(request.param, tmp_path, request) as database:
        yield database


@pytest.fixture
def session(shared_database: Database) -> Iterator[Session]:
    """A session whose transaction is rolled back; in it, `rollback` and `commit` mean a savepoint."""
    with shared_database.writer.connect() as connection:
        transaction = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def cast(session: Session) -> Cast:
    """Ada organizes, Ben and Cleo are a team, Dana and Dev judge, Eve is nobody here."""
    return make_cast(session)


@pytest.fixture
def scene(session: Session, cast: Cast) -> Scene:
    """Ada's season with one challenge that is open, and the entry of Ben and Cleo. Nothing is handed in yet."""
    return make_scene(session, cast)


@pytest.fixture
def round_(session: Session, scene: Scene) -> Round:
    """The same, with the design handed in and assigned to Dana and Dev."""
    return make_round(session, scene)
