"""Standings: the ranking of a challenge, for organizers at any time and for everybody once it is released."""

from litestar import get
from litestar.params import FromPath

from app.auth import id_of
from app.deps import MaybeViewer, Now, Request, Session
from app.doors import anyone
from app.pages import Page, page
from challenges import challenges, seasons
from challenges.refusals import NotYours
from challenges.seasons import RoleKind
from challenges.teams import team_of
from judging.feedback import packets_of, release_of
from judging.progress import missing_of
from judging.standings import Placing, standings_of


@get("/seasons/{slug:str}/challenges/{number:int}/standings", guards=[anyone], sync_to_thread=True)
def show(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    challenge = challenges.find_for(session, season, number, id_of(viewer), now)
    release = release_of(session, challenge.id)
    if viewer and viewer.is_in(season.id, RoleKind.ORGANIZER):
        missing = [] if release else missing_of(session, challenge.id)
        packets = packets_of(session, challenge.id) if release else []
        return page(
            request, "web/standings/organizer.html", season=season, challenge=challenge, release=release,
            standings=standings_of(session, challenge), missing=missing,
            packets={packet.submission_id: packet for packet, _ in packets},
        )  # fmt: skip
    if release is None:
        raise NotYours
    own = team_of(session, season.id, viewer.person.id) if viewer else None
    placings = [Placing.of(standing, own.id if own else None) for standing in standings_of(session, challenge)]
    return page(
        request, "web/standings/public.html", season=season, challenge=challenge, release=release, placings=placings
    )


ROUTES = [show]
