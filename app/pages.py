"""Pages: templates drawn in the handler's own thread, with what every page knows, and where to go after a form."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup, escape

from app import filters
from app.auth import Cookies, cookie_of
from app.navigation import file_links, season_links, site_links
from app.settings import Settings
from app.visits import Request, visit_of
from challenges.clocks import Unclear
from challenges.people import zones
from challenges.refusals import Refusal

ROOT = Path(__file__).parent.parent / "templates"
STATIC = Path(__file__).parent / "static"

drawn_for: ContextVar[Request | None] = ContextVar("drawn_for", default=None)
"""The request whose page is being drawn: macros see globals, not the page's own words."""


class Page(Response[str]):
    """A page or a fragment, ready to be sent."""


class Redirect(Response[str]):
    """After a form: go and read (303), so that reloading does not send the form again."""


class ToStore(Response[str]):
    """To the store: a signed address, good for a minute and for this reader only."""

    def __init__(self, url: str) -> None:
        super().__init__(
            "", media_type="text/html", status_code=303, headers={"location": url, "cache-control": "no-store"}
        )


class Errors(dict[str, str]):
    """The sentence beside each field: `errors.title`, empty where nothing is wrong; under "" what concerns no field."""

    def __init__(self, refusal: Refusal | None) -> None:
        super().__init__({refusal.field or "": refusal.message} if refusal else {})

    def __missing__(self, field: str) -> str:
        return ""


def environment(settings: Settings) -> Environment:
    return compiled(settings.demo, settings.development, settings.demo and not settings.smtp_host)


@cache
def compiled(demo: bool, development: bool, has_mailbox: bool) -> Environment:
    """Templates take a tenth of a second to compile, so apps of one process share them."""
    drawing = Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=development,
        cache_size=-1,
    )
    drawing.filters.update(filters.FILTERS | {"instant": instant_for_viewer})
    drawing.globals.update(
        asset=asset_finder(STATIC / "manifest.json", development),
        csrf_field=csrf_field,
        csrf_token=csrf_token,
        demo=demo,
        development=development,
        file_links=file_links,
        has_mailbox=has_mailbox,
        own_zone=own_zone,
        season_links=season_links,
        site_links=site_links,
        version=installed_version(),
        zone_page=zone_page,
    )
    return drawing


def page(request: Request, template: str, status: int = 200, **words: Any) -> Page:
    """Draw a page now, in this thread and this session. Words: what the template needs beside what every page knows."""
    visit, cookies = visit_of(request), cookies_of(request)
    seen = notice_of(request)
    html = draw(
        request, template,
        viewer=visit.viewer, now=visit.at, notice=seen, typed=visit.form, errors=Errors(visit.refusal),
        refusal=visit.refusal.message if visit.refusal else "",
        choices=visit.refusal.choices if isinstance(visit.refusal, Unclear) else (),
        path=visit.path, request_id=visit.id,
        site=request.app.state.settings.url, **words,
    )  # fmt: skip
    gone: list[Cookie] = [cookies.gone(cookies.notice)] if seen else []
    return Page(html, status_code=status, media_type="text/html", cookies=gone, headers={"vary": "HX-Request"})


def draw(request: Request, template: str, **words: Any) -> str:
    drawing: Environment = request.app.state.drawing
    with drawing_for(request):
        return drawing.get_template(template).render(**words)


def see(request: Request, path: str, notice: str | None = None, cookies: list[Cookie] | None = None) -> Redirect:
    """Go and see `path`; the notice is shown there once. htmx is told in its own way, for it swaps what it follows."""
    jar = list(cookies or ())
    if notice:
        ours = cookies_of(request)
        jar.append(ours.make(ours.notice, ours.seal(notice), 60))
    if request.headers.get("hx-request") == "true":
        return Redirect("", media_type="text/html", status_code=200, headers={"hx-redirect": path}, cookies=jar)
    return Redirect("", media_type="text/html", status_code=303, headers={"location": path}, cookies=jar)


def notice_of(request: Request) -> str | None:
    cookies = cookies_of(request)
    sealed = cookie_of(request.scope, cookies.notice)
    return cookies.unseal(sealed) if sealed else None


def cookies_of(request: Request) -> Cookies:
    cookies: Cookies = request.app.state.cookies
    return cookies


@contextmanager
def drawing_for(request: Request) -> Iterator[None]:
    token = drawn_for.set(request)
    try:
        yield
    finally:
        drawn_for.reset(token)


def csrf_token() -> str:
    request = drawn_for.get()
    if request is None:
        return ""
    token = ScopeState.from_scope(request.scope).csrf_token
    # Pages about an error are drawn where Litestar has set none: then the browser's own is as good.
    return token if isinstance(token, str) else cookie_of(request.scope, cookies_of(request).csrf) or ""


def csrf_field() -> Markup:
    return Markup('<input type="hidden" name="_csrf_token" value="{}">').format(csrf_token())


def instant_for_viewer(at: datetime | None, zone: str | None = None) -> str:
    """In the zone that is named, else in the viewer's own, else in UTC."""
    return filters.instant(at, zone or own_zone())


def own_zone() -> str | None:
    """The zone of whoever reads the page that is being drawn; None where only their browser knows it."""
    request = drawn_for.get()
    viewer = visit_of(request).viewer if request else None
    return (viewer.person.zone if viewer else None) or (zone_chosen_in(request) if request else None)


def zone_chosen_in(request: Request) -> str | None:
    """The zone that was chosen in this browser while nobody was signed in."""
    cookies = cookies_of(request)
    sealed = cookie_of(request.scope, cookies.zone)
    chosen = cookies.unseal(sealed) if sealed else None
    return chosen if chosen in zones() else None


def zone_page() -> str:
    """Where the zone is changed beside an instant, and from there back to this page."""
    request = drawn_for.get()
    visit = visit_of(request) if request else None
    # A form that is drawn again after a refusal stands at an address that only takes forms.
    return f"/account/zone?back={quote(visit.path, safe='/')}" if visit and visit.method == "GET" else "/account/zone"


def asset_finder(manifest: Path, development: bool) -> Callable[[str], str]:
    names: dict[str, str] = {}

    def asset(name: str) -> str:
        """The address of a built file; its name holds a hash, so it may be kept for ever."""
        if (development or not names) and manifest.exists():
            names.update(json.loads(manifest.read_text()))
        return f"/static/{escape(names.get(name, name))}"

    return asset


def installed_version() -> str:
    try:
        return version("charrette")
    except PackageNotFoundError:
        return "0"
