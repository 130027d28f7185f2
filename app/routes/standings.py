"""Standings: the ranking of a challenge and its cut, for organizers at any time and for everybody once it is public."""

from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, organizer_of_season, organizer_or_judge_of_season
from app.forms import Form as Typed
from app.pages import Page, Redirect, page, see
from app.paging import MOST, page_in
from challenges import challenges, seasons
from challenges.outcomes import OutcomeKind
from challenges.refusals import NotYours, Refusal
from challenges.seasons import RoleKind
from challenges.teams import team_of
from judging import cuts, feedback, releases
from judging.cuts import Decision
from judging.packets import release_with_packets
from judging.progress import missing_of
from judging.releases import public_release_of, release_of

STANDINGS = "/seasons/{slug:str}/challenges/{number:int}/standings"


@get(STANDINGS, guards=[anyone], sync_to_thread=True)
def show(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    challenge = challenges.find_for(session, season, number, id_of(viewer), now)
    if viewer and viewer.is_in(season.id, RoleKind.ORGANIZER):
        return review(request, session, season, challenge, now)
    if not (release := public_release_of(session, challenge.id, now)):
        raise NotYours
    own = team_of(session, season.id, viewer.person.id) if viewer else None
    return page(
        request, "web/standings/public.html", season=season, challenge=challenge, public_at=release.public_at,
        placings=cuts.announced(session, challenge, own.id if own else None), rehearsal=False,
        number=page_in(request), most=MOST,
    )  # fmt: skip


def review(
    request: Request, session: Session, season: seasons.Season, challenge: challenges.Challenge, now: datetime
) -> Page:
    """What organizers look at before they confirm and release, and afterwards."""
    release, packets = release_with_packets(session, challenge.id)
    proposal = cuts.propose(session, challenge, season, now)
    return page(
        request, "web/standings/organizer.html", season=season, challenge=challenge, release=release, proposal=proposal,
        missing=[] if proposal.confirmed or release else missing_of(session, challenge.id),
        packets=packets, number=page_in(request), most=MOST,
    )  # fmt: skip


@get(f"{STANDINGS}/rehearsal", guards=[organizer_or_judge_of_season], sync_to_thread=True)
def rehearse(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    """The public page before its hour, once it is confirmed; with nobody's score."""
    season = seasons.find_for(session, slug, me.person.id)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    if not releases.is_fixed(session, challenge.id):
        raise NotYours
    release = release_of(session, challenge.id)
    return page(
        request, "web/standings/public.html", season=season, challenge=challenge, rehearsal=True,
        public_at=release.public_at if release else None, placings=cuts.announced(session, challenge, None),
        number=page_in(request), most=MOST,
    )  # fmt: skip


@post(f"{STANDINGS}/confirmation", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def confirm(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    cuts.confirm(session, challenge, season, decided(form), me.person, now)
    return see(
        request, f"/seasons/{slug}/challenges/{number}/standings#release",
        notice="Confirmed. Nobody else sees it before you release it, and until then you can undo it.",
    )  # fmt: skip


@post(f"{STANDINGS}/confirmation/withdrawal", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def undo(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    feedback.undo_confirmation(session, challenge, me.person, now)
    return see(
        request, f"/seasons/{slug}/challenges/{number}/standings",
        notice="Undone. Nothing is confirmed now, and judges can reopen their scoresheets.",
    )  # fmt: skip


def decided(form: Typed) -> dict[UUID, Decision]:
    """Every row that was shown, so that nothing is confirmed that nobody has read."""
    try:
        return {
            UUID(entry): Decision(OutcomeKind(form[f"kind-{entry}"]), form.text(f"reason-{entry}"))
            for entry in (name.removeprefix("kind-") for name in form.names() if name.startswith("kind-"))
            if form[f"kind-{entry}"]
        }
    except ValueError:
        raise Refusal("One of these rows cannot be read. Load the page again.") from None


ROUTES = [show, rehearse, confirm, undo]
