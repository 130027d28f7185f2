"""Posters: the way of a season's picture from the browser to the store, and to whoever may see the season."""

from uuid import UUID, uuid4

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Reading, Request, Session, Settings, Store
from app.doors import anyone, organizer_of_season
from app.pages import Page, Redirect, page, see
from app.storage import READING_SECONDS
from challenges import posters, seasons
from challenges.refusals import Refusal


@get("/seasons/{slug:str}/poster", guards=[anyone], sync_to_thread=True)
def show(session: Session, store: Store, viewer: MaybeViewer, slug: FromPath[str]) -> Redirect:
    """To the store. A browser may keep the address for half as long as it is good."""
    season = seasons.find_for(session, slug, id_of(viewer))
    keeping = f"private, max-age={READING_SECONDS // 2}"
    where = {"location": posters.address_of(store, season), "cache-control": keeping}
    return Redirect("", media_type="text/html", status_code=303, headers=where)


@get("/seasons/{slug:str}/poster/edit", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, store: Store, settings: Settings, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    upload_id = uuid4()
    arrival = f"{settings.url}/seasons/{season.slug}/poster/uploads/{upload_id}"
    slot = posters.form_of(store, season, upload_id, arrival)
    return page(request, "web/posters/edit.html", season=season, slot=slot)


@get("/seasons/{slug:str}/poster/uploads/{upload_id:uuid}", guards=[organizer_of_season], sync_to_thread=True)
def arrived(
    request: Request, session: Session, store: Store, slug: FromPath[str], upload_id: FromPath[UUID]
) -> Page | Redirect:
    """The store sends the browser here once it has the picture; nothing is shown to anybody else yet."""
    season = seasons.find_season(session, slug)
    try:
        stored, kind = posters.checked(store.look(posters.key_of(season, upload_id)))
    except Refusal as flaw:
        return see(request, f"/seasons/{season.slug}/poster/edit", notice=flaw.message)
    picture = store.reading_url(stored.key, stored.version_id, "poster", kind.content_type, inline=True)
    return page(request, "web/posters/arrived.html", season=season, upload_id=upload_id, picture=picture)


@post("/seasons/{slug:str}/poster/uploads/{upload_id:uuid}", guards=[organizer_of_season], sync_to_thread=True)
def hang(
    request: Request, reading: Reading, session: Session, store: Store, me: Me, form: Form, now: Now,
    slug: FromPath[str], upload_id: FromPath[UUID],
) -> Redirect:  # fmt: skip
    with reading() as early:
        key = posters.key_of(seasons.find_season(early, slug), upload_id)
    stored = store.look(key)
    posters.hang(session, seasons.find_season(session, slug), stored, form.text("alt", 500), me.person, now)
    return see(request, f"/seasons/{slug}/poster/edit", notice="The poster is up.")


@post("/seasons/{slug:str}/poster/words", guards=[organizer_of_season], redraw=edit, sync_to_thread=True)
def tell_anew(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    posters.tell_anew(session, seasons.find_season(session, slug), form.text("alt", 500), me.person, now)
    return see(request, f"/seasons/{slug}/poster/edit", notice="Saved.")


@post("/seasons/{slug:str}/poster/removal", guards=[organizer_of_season], redraw=edit, sync_to_thread=True)
def take_down(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str]) -> Redirect:
    posters.take_down(session, seasons.find_season(session, slug), me.person, now)
    return see(request, f"/seasons/{slug}/poster/edit", notice="The season has no poster any more.")


ROUTES = [show, edit, arrived, hang, tell_anew, take_down]
