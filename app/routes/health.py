"""Health: whether this process lives, and whether all that it needs answers."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Response, get
from sqlmodel import text

from app import engine
from app.deps import Database, Settings, Store
from app.doors import anyone

log = logging.getLogger(__name__)

LATE_BEAT = timedelta(seconds=30)


@get("/health/live", guards=[anyone], sync_to_thread=False)
def live() -> dict[str, str]:
    return {"status": "ok"}


@get("/health/ready", guards=[anyone], sync_to_thread=True)
def ready(database: Database, store: Store, settings: Settings) -> Response[dict[str, Any]]:
    """Each part by itself, without addresses or reasons: those are in the log."""

    def answers() -> None:
        with database.reading() as session:
            session.connection().execute(text("SELECT 1"))

    def beats() -> None:
        beat = engine.last_beat(settings)
        if beat is None or datetime.now(UTC) - beat > LATE_BEAT:
            raise TimeoutError(f"the worker's last beat was at {beat}")

    def reached() -> None:
        if not store.answers():
            raise ConnectionError("no answer")

    parts = {"database": works("database", answers), "files": works("files", reached), "worker": works("worker", beats)}
    ok = all(parts.values())
    words = {name: "ok" if is_up else "down" for name, is_up in parts.items()}
    return Response({"status": "ok" if ok else "down", "parts": words}, status_code=200 if ok else 503)


def works(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except Exception as trouble:
        log.warning("%s is down: %s", name, trouble)
        return False
    return True


ROUTES = [live, ready]
