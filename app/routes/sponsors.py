"""Sponsors: the form in which organizers name them."""

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import seasons, sponsors
from challenges.sponsors import SponsorText


@get("/seasons/{slug:str}/sponsors", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(request, "web/sponsors/edit.html", season=season, sponsors=sponsors.sponsors_of(session, season.id))


@post("/seasons/{slug:str}/sponsors", guards=[organizer_of_season], sync_to_thread=True)
def thank(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    rows = form.rows("sponsors")
    texts = [SponsorText(row.text("name", 200), row.text("link", 500), row.text("line", 500)) for row in rows]
    sponsors.thank(session, season, texts, me.person, now)
    return see(request, f"/seasons/{slug}/sponsors", notice="Saved.")


ROUTES = [edit, thank]
