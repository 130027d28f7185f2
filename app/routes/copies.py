"""Copies: cloning a season, and seasons as one file going out and coming in."""

from datetime import timedelta

from litestar import Response, get, post
from litestar.params import FromPath

from app.copying import give_out, stored_poster
from app.deps import Form, Me, Now, Request, Session, Settings, Store
from app.doors import founder, organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import copies, seasons

LARGEST_POSTER = 2**20
"""Bytes in a file that a form can bring in again; the command line takes any poster."""
A_YEAR = timedelta(weeks=52)
"""The same weekdays again."""


@get("/seasons/{slug:str}/clones/new", guards=[organizer_of_season], sync_to_thread=True)
def cloning(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(request, "web/copies/clone.html", season=season, next_start=season.starts_on + A_YEAR)


@post("/seasons/{slug:str}/clones", guards=[organizer_of_season], redraw=cloning, sync_to_thread=True)
def clone(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    made = copies.clone(session, season, form.text("title", 200), form.day("starts_on"), me.person, now)
    notice = " ".join(["A new draft, which only you see. Look through its dates.", *made.moved[:3]])
    return see(request, f"/seasons/{made.season.slug}/edit", notice=notice)


@get("/seasons/{slug:str}/season.json", guards=[organizer_of_season], sync_to_thread=True)
def export(session: Session, store: Store, now: Now, slug: FromPath[str]) -> Response[str]:
    season = seasons.find_season(session, slug)
    text = give_out(session, store, season, now, LARGEST_POSTER)
    name = {"content-disposition": f'attachment; filename="{season.slug}.json"', "cache-control": "no-store"}
    return Response(text, media_type="application/json", headers=name)


@get("/seasons/imports/new", guards=[founder], sync_to_thread=True)
def importing(request: Request) -> Page:
    return page(request, "web/copies/import.html")


@post("/seasons/imports", guards=[founder], redraw=importing, sync_to_thread=True)
def import_(
    request: Request, session: Session, store: Store, settings: Settings, me: Me, form: Form, now: Now
) -> Redirect:
    """The picture goes into the store first: no transaction waits for it."""
    file = copies.read(form.text("text", copies.LARGEST))
    poster = stored_poster(store, file)
    season = copies.import_(session, me.person, file, now, poster, settings.max_upload_mib)
    return see(
        request, f"/seasons/{season.slug}/edit", notice="A new draft, which only you see. Look through its dates."
    )


ROUTES = [cloning, clone, export, importing, import_]
