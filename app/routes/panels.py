"""Panels: who reads what in a challenge."""

from collections import Counter, defaultdict
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import challenges, roles, seasons
from challenges.refusals import Refusal
from challenges.seasons import RoleKind
from challenges.versions import handed_in
from judging import panels
from judging.panels import Pair
from judging.progress import SheetState, states_of
from judging.releases import is_fixed

PANEL = "/seasons/{slug:str}/challenges/{number:int}/panel"


@get(PANEL, guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    states, judges = states_of(session, challenge.id), panels.judges_and_panelists(session, challenge)
    return page(
        request, "web/panels/show.html", season=season, challenge=challenge, states=by_submission(states),
        readings=Counter(pair.submission_id for pair in states), loads=Counter(pair.person_id for pair in states),
        judges=[person for person, _ in judges], submissions=handed_in(session, challenge.id),
        judging={person.id for person, is_one in judges if is_one},
        invited=[one for one in roles.waiting(session, season.id, now) if one.kind == RoleKind.JUDGE],
        is_fixed=is_fixed(session, challenge.id),
    )  # fmt: skip


@post(PANEL, guards=[organizer_of_season], sync_to_thread=True)
def assign(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    """Every judge reads everything, or exactly the ticked pairs."""
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    if form.ticked("everything"):
        panels.assign_everything(session, challenge, me.person, now)
    else:
        panels.assign(session, challenge, pairs_in(form), me.person, now)
    return see(request, f"/seasons/{slug}/challenges/{number}/panel", notice="The assignments are saved.")


@post(f"{PANEL}/chair", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def name_chair(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    panels.name_chair(session, challenge, form.id("chair") if form.chair else None, me.person, now)
    return see(request, f"/seasons/{slug}/challenges/{number}/panel", notice="Saved. Only organizers see who leads.")


def by_submission(states: dict[Pair, SheetState]) -> dict[UUID, dict[UUID, SheetState]]:
    """Submission → judge → state: the matrix has thousands of cells, so each is looked up by one id."""
    found: dict[UUID, dict[UUID, SheetState]] = defaultdict(dict)
    for pair, state in states.items():
        found[pair.submission_id][pair.person_id] = state
    return found


def pairs_in(form: Form) -> list[Pair]:
    try:
        return [Pair(UUID(judge), UUID(submission)) for judge, submission in (p.split(":") for p in form.all("pair"))]
    except ValueError:
        raise Refusal("One of these boxes cannot be read. Load the page again.") from None


ROUTES = [show, assign, name_chair]
