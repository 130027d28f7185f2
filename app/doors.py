"""Doors: who may knock at a route. Whether the thing behind it is theirs, the finder in the handler says.

Every route names at least one door, or the app does not start. A door lets pass, sends somebody to the sign-in page,
or says that there is nothing here (404), so that nobody learns what exists.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from app.auth import Viewer, sits_here
from app.settings import Settings
from app.visits import visit_of
from challenges.refusals import NotYours
from challenges.seasons import RoleKind
from challenges.tokens import TokenScope

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

DOORS: set[Guard] = set()
NEED_SLUG: set[Guard] = set()
"""Doors that read the season from the address and so can only stand at `/seasons/{slug:str}…`."""


class SignInFirst(Exception):
    """Nobody is signed in; the page that was wanted comes after that."""


class OutOfScope(Exception):
    """The token of this program was not made to read that, whatever its person may."""

    def __init__(self, scope: TokenScope) -> None:
        super().__init__(scope)
        self.scope = scope


def door(guard: Guard) -> Guard:
    DOORS.add(guard)
    return guard


def who(connection: Connection) -> Viewer:
    viewer = visit_of(connection).viewer
    if viewer is None:
        raise SignInFirst
    return viewer


@door
async def anyone(connection: Connection, handler: BaseRouteHandler) -> None:
    """Signed in or not."""


@door
async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    who(connection)


@door
async def founder(connection: Connection, handler: BaseRouteHandler) -> None:
    if not who(connection).is_founder:
        raise NotYours


@door
async def only_in_demo(connection: Connection, handler: BaseRouteHandler) -> None:
    if not settings_of(connection).demo:
        raise NotYours


@door
async def only_in_development(connection: Connection, handler: BaseRouteHandler) -> None:
    if not settings_of(connection).development:
        raise NotYours


@door
async def only_with_clock(connection: Connection, handler: BaseRouteHandler) -> None:
    """Where time may be set forward: in a demo, and in development."""
    if not (settings_of(connection).demo or settings_of(connection).development):
        raise NotYours


@door
async def only_with_mailbox(connection: Connection, handler: BaseRouteHandler) -> None:
    """Where a page shows the letters, for want of a mail server: in a demo, or to whoever sits at this machine."""
    settings = settings_of(connection)
    if settings.smtp_host or not (settings.demo or (settings.is_local and sits_here(connection.scope))):
        raise NotYours


def of_season(*kinds: RoleKind) -> Guard:
    """For those who are one of these in the season that the address names."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if not any(who(connection).is_in(connection.path_params["slug"], kind) for kind in kinds):
            raise NotYours

    guard.__name__ = f"{'_or_'.join(kinds)}_of_season"
    NEED_SLUG.add(guard)
    return door(guard)


def somewhere(kind: RoleKind) -> Guard:
    """For those who are this in any season, where the address names a thing and no season."""

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if not who(connection).is_somewhere(kind):
            raise NotYours

    guard.__name__ = f"{kind}_somewhere"
    return door(guard)


organizer_of_season = of_season(RoleKind.ORGANIZER)
organizer_or_judge_of_season = of_season(RoleKind.ORGANIZER, RoleKind.JUDGE)
participant_of_season = of_season(RoleKind.PARTICIPANT)
judge_somewhere = somewhere(RoleKind.JUDGE)
participant_somewhere = somewhere(RoleKind.PARTICIPANT)


def with_scope(scope: TokenScope, guard: Guard) -> Guard:
    """The same door where programs come in: their token must have been made for it."""

    async def scoped(connection: Connection, handler: BaseRouteHandler) -> None:
        check_scope(visit_of(connection).viewer, scope)
        await guard(connection, handler)

    scoped.__name__ = f"{getattr(guard, '__name__', '')}_with_{scope}"
    if guard in NEED_SLUG:
        NEED_SLUG.add(scoped)
    return door(scoped)


def check_scope(viewer: Viewer | None, scope: TokenScope) -> None:
    if viewer and not viewer.may(scope):
        raise OutOfScope(scope)


signed_in_with_team = with_scope(TokenScope.TEAM, signed_in)
judge_with_judging = with_scope(TokenScope.JUDGING, judge_somewhere)
organizer_with_organize = with_scope(TokenScope.ORGANIZE, organizer_of_season)


def settings_of(connection: Connection) -> Settings:
    settings: Settings = connection.app.state.settings
    return settings


@dataclass(frozen=True, order=True)
class Door:
    method: str
    path: str
    guards: tuple[str, ...]


def doors(app: Litestar) -> list[Door]:
    """Every route with the doors before it, for the test that holds the list."""
    return sorted(
        Door(method, path, tuple(guard.__name__ for guard in guards_of(handler)))
        for path, handler in handlers(app)
        for method in handler.http_methods
    )


def check_doors(app: Litestar) -> None:
    """Refuse to start with a route that anybody could walk through by mistake."""
    for path, handler in handlers(app):
        guards = guards_of(handler)
        if not guards:
            raise RuntimeError(f"{path} has no door: write guards=[...] with one of app.doors, {handler}")
        if any(guard in NEED_SLUG for guard in guards) and "{slug:str}" not in path:
            raise RuntimeError(
                f"{path} names no season, so its door cannot tell: put {{slug:str}} in the path, {handler}"
            )


def handlers(app: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            raise RuntimeError(f"{route.path} is no HTTP route, so no door is known for it")
        for handler in route.route_handlers:
            if set(handler.http_methods) != {"OPTIONS"}:  # made by Litestar itself: says which methods there are
                yield route.path, handler


def guards_of(handler: HTTPRouteHandler) -> list[Any]:
    return [guard for guard in handler.resolve_guards() if guard in DOORS]
