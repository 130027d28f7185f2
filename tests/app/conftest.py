"""A site of each test's own, on both databases, with the cast in it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from app.settings import Settings
from tests.cast import Cast, make_cast
from tests.web import Site, open_site


@pytest.fixture
def site_settings(database: Database, tmp_path: Path) -> Callable[..., Settings]:
    """Settings of a site on this test's database; say what shall be different."""

    def make(**over: Any) -> Settings:
        url = database.writer.url.render_as_string(hide_password=False)
        return Settings(**{"_env_file": None, "data_dir": tmp_path, "database_url": url, "secret": "s" * 32} | over)

    return make


@pytest.fixture
def site(site_settings: Callable[..., Settings]) -> Iterator[Site]:
    with open_site(site_settings()) as site:
        yield site


@pytest.fixture
def people(site: Site) -> Cast:
    cast: Cast = site.write(make_cast)
    return cast
