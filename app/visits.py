"""A visit: what is known of one request, from its arrival to its line in the log."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import litestar
from litestar.connection import ASGIConnection
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, HTTPException, PermissionDeniedException
from litestar.types import HTTPScope, Scope

from app.auth import Viewer
from app.forms import Form
from challenges.refusals import Refusal

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
KNOWN_METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
API = "/api/"
"""Below it programs ask: they may show a token, and every answer is JSON."""
SECRET_PATHS = re.compile(r"^(/(?:sign-in/link|invitations|roles|calendars)/)[^/]+")


@dataclass
class Visit:
    """`at` is the instant at which the request reached us, before any wait: whoever is in time then, is in time."""

    at: datetime
    method: str
    path: str
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    viewer: Viewer | None = None
    form: Form = field(default_factory=Form)
    """What was typed into a form that is drawn again, with the `refusal` that says why."""
    refusal: Refusal | None = None

    @property
    def public_path(self) -> str:
        """The path without the secrets that some links carry."""
        return SECRET_PATHS.sub(r"\1…", self.path)


def visit_of(connection: ASGIConnection[Any, Any, Any, Any] | Scope) -> Visit:
    scope = connection.scope if isinstance(connection, ASGIConnection) else connection
    return cast("Visit", cast("dict[str, Any]", scope)["visit"])


def begin_visit(scope: HTTPScope, at: datetime) -> Visit:
    visit = Visit(at, scope["method"], scope["path"])
    cast("dict[str, Any]", scope)["visit"] = visit
    return visit


def wants(scope: Scope) -> Literal["page", "fragment", "json"]:
    """What the browser, htmx or a program would like to read, also where something went wrong."""
    headers = dict(scope["headers"])
    if scope["path"].startswith(API):
        return "json"
    if headers.get(b"hx-request") == b"true":
        return "fragment"
    accept = headers.get(b"accept", b"*/*")
    return "json" if b"json" in accept and b"text/html" not in accept else "page"


class Request(litestar.Request[Any, Any, Any]):
    """A request whose body, however malformed, is refused and never an error of ours."""

    async def form(self) -> FormMultiDict:
        try:
            if self.content_type[0] == RequestEncodingType.URL_ENCODED:
                unquote_to_bytes(await self.body()).decode()  # the framework would put question marks there
            form = await super().form()
        except HTTPException:
            raise
        except (ValueError, LookupError) as trouble:  # text that is not in the encoding that it claims
            raise ClientException("The form could not be read.") from trouble
        await form.close()  # nobody here reads files, and where a door stays shut nobody else would close them
        if not form.get("_csrf_token", "").isascii():  # the framework compares tokens, and only ASCII ones
            raise PermissionDeniedException
        if any("\x00" in name or (isinstance(value, str) and "\x00" in value) for name, value in form.multi_items()):
            raise ClientException("The form holds a character that no text has (NUL).")
        return form

    async def json(self) -> Any:
        if b"\\u0000" in await self.body():
            raise ClientException("The text holds a character that no text has (NUL).")
        return await super().json()
