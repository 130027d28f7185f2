"""History: who did what in a season, for its organizers."""

from datetime import datetime

from litestar import get
from litestar.params import FromPath

from app.deps import Request, Session
from app.doors import organizer_of_season
from app.pages import Page, page
from challenges import history, seasons
from challenges.refusals import NotYours

MOST = 50


@get("/seasons/{slug:str}/history", guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    traces = history.of_season(session, season.id, before_in(request), MOST + 1)
    return page(request, "web/history/show.html", season=season, traces=traces[:MOST], more=len(traces) > MOST)


def before_in(request: Request) -> datetime | None:
    if not (text := request.query_params.get("before")):
        return None
    try:
        before = datetime.fromisoformat(text)
    except ValueError:
        raise NotYours from None
    if before.tzinfo is None:
        raise NotYours
    return before


ROUTES = [show]
