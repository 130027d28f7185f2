"""Checks: looks in the live database for states that must never be."""

from collections.abc import Iterator

import challenges.rules
import judging.rules
from app.db import Database
from app.settings import Settings


def run(settings: Settings) -> Iterator[str]:
    """One sentence for each thing that is wrong."""
    database = Database(settings)
    try:
        with database.reading() as session:
            yield from challenges.rules.violations(session)
            yield from judging.rules.violations(session)
    finally:
        database.close()
