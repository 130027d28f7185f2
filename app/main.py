"""The web app, all its wiring on one screen."""

import asyncio
import logging
import mimetypes
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import CapacityLimiter
from litestar import Litestar, Router
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.static_files import create_static_files_router

from app import settings as sources
from app.auth import Cookies
from app.clock import Clock
from app.db import Database
from app.deps import DEPENDENCIES
from app.doors import anyone, check_doors
from app.errors import EXCEPTION_HANDLERS
from app.jobs import Jobs
from app.logs import configure_logs
from app.pages import environment
from app.porch import Porch
from app.routes import ROUTES
from app.settings import Settings
from app.storage import Store
from app.visits import Request

STATIC = Path(__file__).parent / "static"
LARGEST_FORM = 2 * 1024 * 1024
"""Texts only: the bytes of files go to the store."""

mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/wasm", ".wasm")


def create_app(settings: Settings | None = None) -> Litestar:
    """The app on these settings, or on those of the process. The database must have been migrated."""
    settings = settings or sources.read()
    configure_logs(settings)
    database, clock, cookies = Database(settings), Clock(settings), Cookies(settings)
    STATIC.mkdir(exist_ok=True)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        # One thread a connection: slow handlers fill these, and nothing else waits for them.
        threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="handler")
        asyncio.get_running_loop().set_default_executor(threads)
        app.state.enders = CapacityLimiter(settings.threads)
        jobs = Jobs(settings, database)
        try:
            yield
        finally:
            threads.shutdown(wait=True)
            jobs.close()
            database.close()

    static = create_static_files_router("/static", [STATIC], guards=[anyone])
    app = Litestar(
        # One router: two handlers of one path, given to the app one by one, are put on threads twice (Litestar 2.25).
        route_handlers=[Router("/", route_handlers=ROUTES), static],
        dependencies=DEPENDENCIES,
        exception_handlers=EXCEPTION_HANDLERS,
        csrf_config=CSRFConfig(
            cookies.csrf_key,
            cookie_name=cookies.csrf,
            cookie_secure=cookies.secure,
            cookie_httponly=True,
            # Below /api/ a cookie opens nothing but reading, so that no form from elsewhere can do anything there.
            exclude=["^/static/", "^/health/", "^/api/"],
        ),
        request_class=Request,
        request_max_body_size=LARGEST_FORM,
        state=State(
            {
                "settings": settings, "database": database, "clock": clock, "cookies": cookies,
                "store": Store(settings), "drawing": environment(settings),
            }
        ),
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )  # fmt: skip
    check_doors(app)
    app.state.inner = app.asgi_handler
    app.asgi_handler = Porch(app.asgi_handler, settings, database, clock, cookies)
    logging.getLogger(__name__).debug("the app stands, with %s routes", len(app.routes))
    return app
