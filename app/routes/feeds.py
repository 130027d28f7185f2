"""Feeds: a season's news for feed readers, and what search engines may look at."""

from litestar import Response, get
from litestar.params import FromPath

from app import feeds
from app.answers import same_or_new
from app.deps import Now, Request, Session, Settings
from app.doors import anyone
from challenges import seasons

ROBOTS = """\
User-agent: *
Disallow: /account
Disallow: /calendars/
Disallow: /desk
Disallow: /invitations/
Disallow: /mailbox
Disallow: /sign-in

Sitemap: {url}/sitemap.xml
"""


@get("/seasons/{slug:str}/feed.atom", guards=[anyone], sync_to_thread=True)
def of_season(request: Request, session: Session, settings: Settings, now: Now, slug: FromPath[str]) -> Response[bytes]:
    season = seasons.find_for(session, slug, None)
    return same_or_new(request, feeds.season_feed(session, season, settings.url, now), "application/atom+xml")


@get("/sitemap.xml", guards=[anyone], sync_to_thread=True)
def sitemap(request: Request, session: Session, settings: Settings, now: Now) -> Response[bytes]:
    return same_or_new(request, feeds.sitemap(session, settings.url, now), "application/xml")


@get("/robots.txt", guards=[anyone], sync_to_thread=True)
def robots(request: Request, settings: Settings) -> Response[bytes]:
    return same_or_new(request, ROBOTS.format(url=settings.url).encode(), "text/plain")


ROUTES = [of_season, sitemap, robots]
