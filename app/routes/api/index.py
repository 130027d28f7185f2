"""The API as it describes itself: OpenAPI for programs, a page for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from litestar import Response, get

from app.api import describe
from app.deps import Request, Settings
from app.doors import anyone
from app.pages import Page, page
from app.routes.api import challenges, desk, organizers, questions, run_sheet, seasons, standings, team
from app.visits import wants

MODULES = (seasons, challenges, standings, team, desk, run_sheet, organizers, questions)


@dataclass(frozen=True)
class Line:
    """A route as the page tells it."""

    path: str
    summary: str
    more: str
    queries: str


@get("/api", guards=[anyone], sync_to_thread=True)
def show(request: Request, settings: Settings) -> Page | Response[Any]:
    """For programs the description itself, for browsers a page that says the same."""
    if wants(request.scope) == "json":
        return described(settings)
    return page(request, "web/api/index.html", groups=groups(), url=settings.url)


@get("/api/openapi.json", guards=[anyone], sync_to_thread=True)
def openapi(settings: Settings) -> Response[Any]:
    return described(settings)


def described(settings: Settings) -> Response[Any]:
    servers = [{"url": settings.url}]
    return Response(specification() | {"servers": servers}, media_type="application/json", headers={"vary": "accept"})


@cache
def specification() -> dict[str, Any]:
    """Made once, when somebody asks: it takes half a second."""
    return describe([route for module in MODULES for route in module.ROUTES])


def groups() -> list[tuple[str, list[Line]]]:
    """The routes under their tags, in the order in which the tags are told."""
    found: dict[str, list[Line]] = {tag["name"]: [] for tag in specification()["tags"]}
    for tag, line in lines():
        found[tag].append(line)
    return list(found.items())


def lines() -> Iterator[tuple[str, Line]]:
    for path, item in specification()["paths"].items():
        told = item["get"]
        queries = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
        yield told["tags"][0], Line(path, told["summary"], told.get("description", ""), ", ".join(queries))


ROUTES = [show, openapi]
