"""History: who did what in a season, for its organizers."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath

from app.deeds import sentence
from app.deps import Request, Session
from app.doors import organizer_of_season
from app.pages import Page, page
from challenges import history, seasons
from challenges.refusals import NotYours

MOST = 50


@get("/seasons/{slug:str}/history", guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season, after = seasons.find_season(session, slug), last_read(request)
    found = history.of_season(session, season.id, after, MOST + 1)
    lines = [
        {"at": trace.at, "who": by.name if by else "Charrette", "text": sentence(trace)} for trace, by in found[:MOST]
    ]
    more = found[MOST - 1][0].id if len(found) > MOST else None
    return page(request, "web/history/show.html", season=season, lines=lines, after=after, more=more)


def last_read(request: Request) -> UUID | None:
    text = request.query_params.get("after")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotYours from None


ROUTES = [show]
