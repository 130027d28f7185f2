"""What Alembic runs: our tables, on the connection that `app.db` opened."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString

from app.db import import_tables
from challenges.records import Instant, Record


def plainly(kind: str, thing: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Revisions name plain SQL types, so that an old revision still runs when our own types have changed."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, AutoString):
        return f"sa.String(length={thing.length})" if thing.length else "sa.String()"
    return False


import_tables()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    render_as_batch=True,
    render_item=plainly,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
