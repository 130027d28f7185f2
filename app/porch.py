"""The porch: what happens to every request before any route and after it, whichever it is.

It stamps the instant of arrival before any wait, refuses what no route should see, finds out who is asking, and at
the end dresses the answer in its headers and writes one line in the log.
"""

from time import perf_counter
from typing import Any, cast

import structlog
from anyio import CapacityLimiter, to_thread
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, NotFoundException, PermissionDeniedException
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from app.auth import Cookies, bearer_of, cookie_of, find_program, find_viewer, is_foreign, without_cookie
from app.clock import Clock
from app.db import Database
from app.errors import answer
from app.headers import dressed, kept, security_headers
from app.settings import Settings
from app.visits import API, KNOWN_METHODS, SAFE_METHODS, Request, Visit, begin_visit

log = structlog.stdlib.get_logger("charrette.requests")

QUIET = ("/static/", "/health/")
"""Nobody signs in there, and nobody wants to read of it in the log."""
LONGEST_TARGET = 8000


class Porch:
    def __init__(self, inner: ASGIApp, settings: Settings, database: Database, clock: Clock, cookies: Cookies) -> None:
        self.inner = inner
        self.settings, self.database, self.clock, self.cookies = settings, database, clock, cookies
        self.headers = security_headers(settings)
        # Threads of its own, so that whoever holds a database connection never waits for one of these to get it.
        self.readers = CapacityLimiter(max(2, settings.threads // 2))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.inner(scope, receive, send)
            return
        began = perf_counter()
        visit = begin_visit(scope, self.clock.now())
        status = 500

        async def dress(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                cache = kept(visit.path, status, visit.viewer is not None)
                headers = cast("Any", dressed(message.get("headers", ()), self.headers, cache, visit.id))
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body" and visit.method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            with structlog.contextvars.bound_contextvars(request=visit.id):
                await self.serve(visit, scope, receive, dress)
        finally:
            self.write_line(visit, status, perf_counter() - began)

    async def serve(self, visit: Visit, scope: HTTPScope, receive: Receive, send: Send) -> None:
        try:
            self.refuse_what_no_route_should_see(scope)
            if visit.method == "HEAD":
                scope["method"] = cast("Any", "GET")
            if not visit.path.startswith(QUIET):
                await self.recognise(visit, scope)
        except Exception as trouble:
            request = Request(scope, receive, send)
            await answer(request, trouble).to_asgi_response(app=None, request=request)(scope, receive, send)
            return
        await self.inner(scope, receive, send)

    def refuse_what_no_route_should_see(self, scope: HTTPScope) -> None:
        query = scope.get("query_string", b"")
        if scope["method"] not in KNOWN_METHODS:
            raise HTTPException(status_code=405)
        if "\x00" in scope["path"] or b"%00" in query or len(query) + len(scope["path"]) > LONGEST_TARGET:
            raise NotFoundException  # no address of ours; PostgreSQL cannot even compare it
        if scope["method"] not in SAFE_METHODS and is_foreign(dict(scope["headers"]), self.settings.url):
            raise PermissionDeniedException
        if not dict(scope["headers"]).get(b"x-csrftoken", b"").isascii():
            raise PermissionDeniedException

    async def recognise(self, visit: Visit, scope: HTTPScope) -> None:
        """Who is asking, before any door; and no cookie of ours that we did not make."""
        token = cookie_of(scope, self.cookies.csrf)
        if token and not self.cookies.is_our_csrf(token):
            scope["headers"] = without_cookie(scope["headers"], self.cookies.csrf)
        for_programs = visit.path.startswith(API)
        if for_programs and (token := bearer_of(scope)) is not None:
            visit.viewer = await to_thread.run_sync(find_program, self.database, token, visit.at, limiter=self.readers)
            return
        if for_programs and visit.method not in SAFE_METHODS:
            return  # no form stands behind it, so a cookie alone says nothing there
        if token := cookie_of(scope, self.cookies.session):
            visit.viewer = await to_thread.run_sync(find_viewer, self.database, token, visit.at, limiter=self.readers)

    def write_line(self, visit: Visit, status: int, seconds: float) -> None:
        write = log.error if status >= 500 else log.debug if visit.path.startswith(QUIET) else log.info
        write(
            f"{visit.method} {visit.public_path}",
            status=status,
            ms=round(seconds * 1000, 1),
            request=visit.id,
            person=str(visit.viewer.person.id) if visit.viewer else None,
        )
