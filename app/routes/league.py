"""League: the table of a season in which points add up."""

from litestar import get
from litestar.params import FromPath

from app.auth import id_of
from app.deps import MaybeViewer, Now, Request, Session
from app.doors import anyone
from app.pages import Page, page
from app.paging import MOST, page_in, part_of
from challenges import challenges, seasons
from challenges.formats import Format
from challenges.refusals import NotYours
from challenges.seasons import RoleKind
from challenges.teams import team_of
from judging import league
from judging.league import PublicLine
from judging.packets import making_of
from judging.releases import releases_of


@get("/seasons/{slug:str}/table", guards=[anyone], sync_to_thread=True)
def show(request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str]) -> Page:
    """Over the results that are public; organizers can ask for those that wait for their release as well."""
    season = seasons.find_for(session, slug, id_of(viewer))
    if season.format != Format.LEAGUE:
        raise NotYours
    organizes = bool(viewer and viewer.is_in(season.id, RoleKind.ORGANIZER))
    early = organizes and "pending" in request.query_params
    shown = set(making_of(session, season.id) if early else releases_of(session, season.id, now))
    counted = [each for each in challenges.challenges_of(session, season.id, now) if each.id in shown]
    lines = league.table_of(session, season.id, counted)
    own, number = team_of(session, season.id, viewer.person.id) if viewer else None, page_in(request)
    shown_lines = part_of(lines, number)
    return page(
        request, "web/league/show.html", season=season, challenges=counted, organizes=organizes, pending=early,
        lines=[PublicLine.of(line, own.id if own else None) for line in shown_lines], total=len(lines),
        own=next((PublicLine.of(line, own.id) for line in lines if line.team_id == own.id), None) if own else None,
        points={line.team: line.points for line in shown_lines} if organizes else {}, number=number, most=MOST,
    )  # fmt: skip


ROUTES = [show]
