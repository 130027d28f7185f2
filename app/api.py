"""The API: what all routes below /api/v1 share: how they are declared and described, their errors, long lists."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Litestar, Router, get
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.params import QueryParameter

from app.auth import Viewer
from app.deps import DEPENDENCIES
from app.doors import Guard, anyone
from app.visits import Request
from challenges.tokens import TokenScope

ROOT = "/api/v1"
PAGE = 100
"""Rows of one answer at most."""
T = TypeVar("T")

PageNumber = Annotated[int, QueryParameter(name="page", ge=1, le=10_000, description="Which hundred of a long list.")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=PAGE, description="How many rows at most.")]
After = Annotated[
    UUID | None,
    QueryParameter(name="after", description="The id of the last row that you have; the list goes on there."),
]


def told(description: str) -> Any:
    """What a field says, for its description."""
    return msgspec.Meta(description=description)


class Body(msgspec.Struct, frozen=True):
    """An answer: a type of its own, so that nothing is in it but what its reader may see."""


class Problem(Body, frozen=True, rename={"kind": "type"}):
    """What went wrong (RFC 9457), as `application/problem+json`."""

    kind: Annotated[str, told("Always about:blank: the status says what it is.")]
    title: str
    status: int
    detail: Annotated[str, told("A sentence for people.")]
    reference: Annotated[str, told("Under this the log of the site knows the request.")]


PROBLEMS = {
    400: "A part of the address cannot be read.",
    401: "The token opens nothing: it is mistyped, over or revoked; or this needs one and there is none.",
    403: "The token was made without the scope that this needs.",
    404: "There is nothing here, or nothing that is yours.",
    405: "The API only answers to GET.",
}
SCOPES = {
    TokenScope.TEAM: "Your team",
    TokenScope.JUDGING: "Your desk",
    TokenScope.ORGANIZE: "Seasons you organize",
}
PUBLIC, OWN = "What everybody may read", "You"


def read(
    path: str, guard: Guard, name: str, summary: str, scope: TokenScope | None = None
) -> Callable[[Any], HTTPRouteHandler]:
    """A route of the API. What it gives, the type says that its function returns; who may ask, its door."""
    needs: list[dict[str, list[str]]] = [{"token": [scope] if scope else []}, {"browser": []}]
    statuses = set(PROBLEMS) - (set() if scope else {403})
    return get(
        ROOT + path, guards=[guard], operation_id=name, summary=summary, sync_to_thread=True, include_in_schema=True,
        tags=[SCOPES[scope] if scope else PUBLIC if guard is anyone else OWN],
        security=[{}, *needs] if guard is anyone else needs,
        responses={
            status: ResponseSpec(
                Problem, generate_examples=False, description=PROBLEMS[status], media_type="application/problem+json"
            )
            for status in sorted(statuses)
        },
    )  # fmt: skip


def describe(routes: Sequence[Any]) -> dict[str, Any]:
    """These routes as OpenAPI 3.1. An app of their own is made for it, which never answers a request."""
    described = Litestar(
        [Router("/", route_handlers=routes)],
        dependencies=DEPENDENCIES,
        request_class=Request,
        openapi_config=OpenAPIConfig(
            title="Charrette",
            version="1",
            use_handler_docstrings=True,
            summary="Everything of a season, as JSON, to read.",
            description=(
                "What everybody may read needs no token. For the rest make one on your account page and send it as "
                "`Authorization: Bearer chr_…`. It reads what you may read at that moment, within the scopes that you "
                "gave it, and never more. Instants are ISO 8601 in UTC; scores are decimal numbers as text; "
                "texts are Markdown. Errors are `application/problem+json`."
            ),
            tags=[Tag(name) for name in (PUBLIC, OWN, *SCOPES.values())],
            components=Components(
                security_schemes={
                    "token": SecurityScheme(
                        type="http", scheme="bearer", description="A personal token, from your account page."
                    ),
                    "browser": SecurityScheme(
                        type="apiKey", name="charrette", security_scheme_in="cookie",
                        description="A browser that is signed in may look, too.",
                    ),
                }
            ),
        ),
        logging_config=None,
    )  # fmt: skip
    return described.openapi_schema.to_schema()


def part(rows: Sequence[T], number: int) -> Sequence[T]:
    """The hundred rows of this page."""
    return rows[(number - 1) * PAGE : number * PAGE]


def next_page(request: Request, number: int, total: int) -> str | None:
    return address(request, page=number + 1) if total > number * PAGE else None


def address(request: Request, **changed: object) -> str:
    """The same address with another place in the list."""
    return f"{request.url.path}?{urlencode({**dict(request.query_params), **changed})}"


def reader_with(viewer: Viewer | None, scope: TokenScope) -> UUID | None:
    """Who asks, where the token may read that as well; else nobody, who sees what everybody sees."""
    return viewer.person.id if viewer and viewer.may(scope) else None
