"""What people read when something cannot be done: a sentence at its field or a page with a reference, never a trace.

A refusal of the domain needs nothing in the handler. It rolls the request back, and then, in this order:

1. A program that asks for JSON gets `application/problem+json` with `detail`, `field` and `reference`.
2. A route that names the page its form stands on, `@post(…, redraw=show)`, has that GET handler draw the page again, in
   a new reading session, with the same path parameters. Its template finds what was typed with
   `typed("title", season.title)`, the sentences in `errors.<field>` and `refusal`. The status is 422 (409 for a
   `Conflict`, 429 for `TooMany`). A form that is sent to the address of its own page needs no `redraw`.
3. htmx without such a page gets the fragment `web/errors/_refusal.html`: the sentence alone.
4. Anybody else gets a page with the sentence and a way back.

Drawn again for htmx, the GET handler sees `HX-Request` as always, and `hx-select` may pick the form from it.
"""

import logging
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote, urlsplit

from litestar import Litestar, Response
from litestar.exceptions import HTTPException, NoRouteMatchFoundException, ValidationException
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError

from app.auth import WrongToken
from app.doors import OutOfScope, SignInFirst
from app.forms import form_of
from app.pages import draw, page, see
from app.storage import StoreAway
from app.visits import API, SAFE_METHODS, Request, visit_of, wants
from challenges.refusals import Conflict, NotYours, Refusal, TooMany

log = logging.getLogger("charrette.errors")

SENTENCES = {
    401: ("Sign in first", "Only somebody who is signed in can read this."),
    400: ("This could not be read", "What arrived is not what the form sends. Go back, reload the page and try again."),
    403: ("Not sent from here", "The form was open too long, or cookies are off. Go back, reload the page, try again."),
    404: ("Nothing here", "There is no such page, or it is not open to you. Look for a typing mistake in the address."),
    405: ("Not like this", "This address does not answer to that kind of request."),
    413: ("Too large", "That is more than this form takes. Files have a field of their own; texts must be shorter."),
    422: ("Not done", "That cannot be done. Nothing was changed."),
    429: ("Too often", "You have tried this often in a short time. Wait a little, then try again."),
    500: ("Our fault", "Something went wrong here. This step was not done; all before it is safe. Try again."),
    503: ("Away for a moment", "A part of this site does not answer. Nothing is lost. Try again in a minute."),
}  # fmt: skip


def answer(request: Any, trouble: Exception) -> Response[Any]:
    """The answer to anything that was raised, for Litestar's `exception_handlers` and for the porch."""
    if isinstance(trouble, SignInFirst):
        return sign_in_first(request)
    if isinstance(trouble, (WrongToken, OutOfScope)):
        return Problem(request, *without_token(trouble))
    if isinstance(trouble, Refusal):
        return Refused(request, trouble)
    if isinstance(trouble, IntegrityError) and is_there_already(trouble):
        log.warning("request %s came second", visit_of(request).id, exc_info=trouble)
        return Refused(request, Conflict("Somebody did the same at that moment. Look at the page again."))
    if (
        isinstance(trouble, ValidationException)
        and request.method not in SAFE_METHODS
        and (found := refusal_in(trouble))
    ):
        return Refused(request, found)
    status, sentence = status_of(trouble)
    if status >= 500:
        log.error("request %s failed", visit_of(request).id, exc_info=trouble)
    headers = trouble.headers if isinstance(trouble, HTTPException) and status == 405 else None
    return Problem(request, status, sentence or sentence_for_programs(request, trouble), headers)


def without_token(trouble: WrongToken | OutOfScope) -> tuple[int, str, dict[str, str]]:
    """Status, sentence and header: a program reads in the header what kind of token it needs."""
    if isinstance(trouble, WrongToken):
        sentence = "This token opens nothing: it is mistyped, over or revoked. Make a new one on your account page."
        return 401, sentence, {"www-authenticate": 'Bearer error="invalid_token"'}
    return (
        403,
        f"This token was made without the scope “{trouble.scope}”. Make one with it on your account page.",
        {"www-authenticate": f'Bearer error="insufficient_scope", scope="{trouble.scope}"'},
    )


def sentence_for_programs(request: Request, trouble: Exception) -> str | None:
    """Where no form was sent, what cannot be read is a part of the address."""
    if not request.scope["path"].startswith(API) or not isinstance(trouble, ValidationException):
        return None
    faults = [fault for fault in trouble.extra if isinstance(fault, dict)] if isinstance(trouble.extra, list) else []
    said = [f"{fault.get('key', 'The address')}: {fault.get('message', 'cannot be read')}." for fault in faults]
    return " ".join(said) or "A part of the address cannot be read."


def is_there_already(trouble: IntegrityError) -> bool:
    """Whether two people did the same at the same moment; a row that breaks another rule is a fault of ours."""
    sqlite, postgres = getattr(trouble.orig, "sqlite_errorname", None), getattr(trouble.orig, "sqlstate", None)
    return sqlite in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY") or postgres == "23505"


def status_of(trouble: Exception) -> tuple[int, str | None]:
    if isinstance(trouble, NotYours):
        return 404, None
    if isinstance(trouble, StoreAway):
        return 503, trouble.message
    if isinstance(trouble, ValidationException):
        # An id or a number in an address that is none: there is no such page.
        return (400, None)
    if isinstance(trouble, HTTPException):
        return (
            trouble.status_code if trouble.status_code in SENTENCES else 400 if trouble.status_code < 500 else 500
        ), None
    return 500, None


def sign_in_first(request: Request) -> Response[Any]:
    """Come back afterwards: to the page that was wanted, or to the page on which a form stood."""
    kind = wants(request.scope)
    if kind == "json":
        return Problem(request, 401, "Sign in first.", {"www-authenticate": "Bearer"})
    wanted = quote(request.scope["path"])
    if query := request.scope.get("query_string"):
        wanted += "?" + query.decode("latin-1")
    if request.method not in SAFE_METHODS or kind == "fragment":
        came_from = urlsplit(request.headers.get("hx-current-url") or request.headers.get("referer") or "/")
        wanted = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return see(request, f"/sign-in?next={quote(wanted, safe='/')}")


def refusal_in(trouble: ValidationException) -> Refusal | None:
    """A field whose value has the wrong form, as the framework says it, in a sentence for people."""
    for fault in trouble.extra if isinstance(trouble.extra, list) else ():
        if isinstance(fault, dict) and fault.get("source", "body") in ("body", "data"):
            field = str(fault.get("key", "")).removeprefix("data.") or None
            return Refusal("This cannot be read. Check what you wrote here.", field=field)
    return None


class Problem(Response[Any]):
    """An error as a page, a fragment or JSON, with the reference under which the log knows it."""

    def __init__(
        self, request: Request, status: int, sentence: str | None = None, headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:  # fmt: skip
        title, standard = SENTENCES.get(status, ("Not done", "That cannot be done."))
        seconds = extra.pop("seconds", None)
        retry = {"retry-after": str(seconds or 30)} if status in (429, 503) else {}
        words = {"code": status, "title": title, "sentence": sentence or standard}
        content: Any
        match wants(request.scope):
            case "json":
                content = {"type": "about:blank", "title": title, "status": status, "detail": words["sentence"]}
                content |= {"reference": visit_of(request).id} | extra
                media = "application/problem+json"
            case "fragment":
                content = draw(request, "web/errors/_refusal.html", **words, reference=visit_of(request).id)
                media = "text/html"
            case _:
                content = drawn(request, words)
                media = "text/html"
        super().__init__(content, status_code=status, media_type=media, headers=retry | (headers or {}))


def drawn(request: Request, words: dict[str, Any]) -> str:
    try:
        return page(request, "web/errors/error.html", back=way_back(request), **words).content
    except Exception:
        # Where the page itself cannot be drawn, the sentence and the reference still arrive.
        log.exception("the error page of request %s could not be drawn", visit_of(request).id)
        bare = Markup("<!doctype html><html lang=en><title>{0}</title><h1>{0}</h1><p>{1}</p><p>{2}</p>")
        return bare.format(words["title"], words["sentence"], visit_of(request).id)


class Refused(Response[None]):
    """A refusal; it decides how to say it when it is sent, because drawing the form again takes a new session."""

    def __init__(self, request: Request, refusal: Refusal) -> None:
        super().__init__(None)
        self.request, self.refusal = request, refusal
        self.status = 429 if isinstance(refusal, TooMany) else 409 if isinstance(refusal, Conflict) else 422

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIResponse:
        return cast("ASGIResponse", self.send)  # Litestar calls it as an ASGI app, and only that

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = None if wants(scope) == "json" else page_of_form(self.request)
        if path:
            await self.redraw(path, scope, send)
            return
        seconds = self.refusal.seconds if isinstance(self.refusal, TooMany) else None
        problem = Problem(self.request, self.status, self.refusal.message, field=self.refusal.field, seconds=seconds)
        await problem.to_asgi_response(app=None, request=self.request)(scope, receive, send)

    async def redraw(self, path: str, scope: Scope, send: Send) -> None:
        """Ask our own app for the page, as the same visit: the same instant and viewer, through the same doors."""
        visit = visit_of(scope)
        visit.form, visit.refusal = form_of((await self.request.form()).dict()), self.refusal
        inner: ASGIApp = self.request.app.state.inner
        again = {**scope, "method": "GET", "path": path, "raw_path": quote(path).encode(), "state": {}}
        again.pop("path_params", None)

        async def with_status(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = list(message.get("headers", ()))
                if isinstance(self.refusal, TooMany):
                    headers.append((b"retry-after", str(self.refusal.seconds).encode()))
                message = cast("Message", {**message, "status": self.status, "headers": headers})
            await send(message)

        await inner(cast("Scope", again), nothing, with_status)


async def nothing() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


def page_of_form(request: Request) -> str | None:
    """The address of the page on which the refused form stands, if the route says so or is that address itself."""
    handler = request.scope.get("route_handler")
    if not isinstance(handler, HTTPRouteHandler) or request.method in SAFE_METHODS:
        return None
    app: Litestar = request.app
    shown: HTTPRouteHandler | None = handler.opt.get("redraw")
    if shown:
        return app.route_reverse(shown, **request.scope["path_params"])
    try:
        _, own, *_ = app.asgi_router.handle_routing(path=request.scope["path"], method="GET")
    except (HTTPException, NoRouteMatchFoundException):
        return None
    return request.scope["path"] if isinstance(own, HTTPRouteHandler) else None


def way_back(request: Request) -> str:
    came_from = urlsplit(request.headers.get("referer", ""))
    here = came_from.netloc == request.headers.get("host") and came_from.path != request.scope["path"]
    return came_from.path if here else "/"


EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[[Any, Any], Response[Any]]] = {
    Exception: answer,
    HTTPException: answer,
}
