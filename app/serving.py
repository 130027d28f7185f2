"""The web server: granian in this process, its workers on a leash, one process for each."""

import os
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from app.leash import end_with_parent
from app.settings import Settings

STOPPING_SECONDS = 8


def serve(settings: Settings) -> None:
    """Serve until told to stop. A worker process that dies is replaced."""
    server = Granian(
        "app.main:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=settings.workers,
        respawn_failed_workers=True,
        workers_kill_timeout=STOPPING_SECONDS,
        log_level=LogLevels.warning,  # the app writes a line for each request itself
        log_access=False,
    )
    server.serve(target_loader=loader(os.getpid()), wrap_loader=False)


def loader(parent: int) -> Callable[[], Any]:
    """What each worker process does first: it ends with the main one, then it builds the app."""

    def load() -> Any:
        end_with_parent(parent)
        from app.main import create_app

        return create_app()

    return load
