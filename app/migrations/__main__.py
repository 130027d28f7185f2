"""Draft the next revision from what the tables say: `python -m app.migrations "Add pins"`. Then read it."""

import sys

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.db import alembic_config, import_tables, migration_connection
from app.settings import Settings, read
from challenges.records import Record


def draft(settings: Settings, message: str) -> None:
    """Write a revision that leads from the newest one to the tables as they are now."""
    with migration_connection(settings) as connection:
        config = alembic_config(connection)
        command.upgrade(config, "head")
        newest = MigrationContext.configure(connection).get_current_revision()
        command.revision(config, message, autogenerate=True, rev_id=f"{int(newest or 0) + 1:04}")


def drift(settings: Settings) -> list[object]:
    """Where the migrated database differs from the tables; empty is right."""
    import_tables()
    with migration_connection(settings) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Record.metadata))


if __name__ == "__main__":
    draft(read(), " ".join(sys.argv[1:]) or "Change the tables")
