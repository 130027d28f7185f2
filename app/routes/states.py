"""States: how far a season is, who may do what now, and the buttons that take it further."""

from litestar import get, post
from litestar.params import FromPath

from app.deps import Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import challenges, seasons
from challenges.states import WHO, Deed, SeasonState
from judging.packets import making_of


@get("/seasons/{slug:str}/states", guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    still_open = [one for one in challenges.challenges_of(session, season.id, now) if one.is_open(now)]
    return page(
        request, "web/states/show.html", season=season, state=season.state(now), states=list(SeasonState),
        deeds=list(Deed), who=WHO, still_open=still_open,
    )  # fmt: skip


@post("/seasons/{slug:str}/announcement", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def announce(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str]) -> Redirect:
    seasons.announce(session, seasons.find_season(session, slug), me.person, now)
    return see(request, f"/seasons/{slug}", notice="The season is announced: everybody can see it.")


@post("/seasons/{slug:str}/ending", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def finish(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str]) -> Redirect:
    seasons.finish(session, seasons.find_season(session, slug), me.person, now)
    return see(request, f"/seasons/{slug}/states", notice="The season is over. Its results can still be released.")


@post("/seasons/{slug:str}/archiving", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def archive(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    making = making_of(session, season.id).values()
    results_wait = any(one.public_at is None or one.public_at > now for one in making)
    seasons.archive(session, season, me.person, now, results_wait)
    return see(request, f"/seasons/{slug}/states", notice="The season is archived. Everything in it stays readable.")


ROUTES = [show, announce, finish, archive]
