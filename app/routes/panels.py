"""Panels: who judges in a season, and who reads what in a challenge."""

from collections import Counter, defaultdict
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import challenges, seasons
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Role, RoleKind
from challenges.versions import handed_in
from judging import panels
from judging.feedback import release_of
from judging.panels import Pair
from judging.progress import SheetState, states_of

PANEL = "/seasons/{slug:str}/challenges/{number:int}/panel"


@get("/seasons/{slug:str}/judges", guards=[organizer_of_season], sync_to_thread=True)
def judges(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(
        request, "web/panels/judges.html", season=season, judges=seasons.holders(session, season.id, RoleKind.JUDGE),
        challenges=challenges.every_challenge_of(session, season.id),
    )  # fmt: skip


@post("/seasons/{slug:str}/judges", guards=[organizer_of_season], sync_to_thread=True)
def name_judge(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    panels.name_judge(session, season, form.text("email", 300), form.text("name", 200), me.person, now)
    return see(request, f"/seasons/{slug}/judges", notice="Named. A mail tells them.")


@post(
    "/seasons/{slug:str}/judges/{role_id:uuid}/ending", guards=[organizer_of_season], redraw=judges, sync_to_thread=True
)
def end_judge(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], role_id: FromPath[UUID]
) -> Redirect:
    role = session.get(Role, role_id)
    if role is None or role.season_id != seasons.find_season(session, slug).id or role.kind != RoleKind.JUDGE:
        raise NotYours
    seasons.end_role(session, role, me.person, now)
    return see(request, f"/seasons/{slug}/judges", notice="This role has ended. Their scoresheets are kept.")


@get(PANEL, guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    states = states_of(session, challenge.id)
    return page(
        request, "web/panels/show.html", season=season, challenge=challenge, states=by_submission(states),
        readings=Counter(pair.submission_id for pair in states), loads=Counter(pair.person_id for pair in states),
        judges=panels.judges_and_panelists(session, challenge), submissions=handed_in(session, challenge.id),
        judging={person.id for _, person in seasons.holders(session, season.id, RoleKind.JUDGE)},
        release=release_of(session, challenge.id),
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


ROUTES = [judges, name_judge, end_judge, show, assign]
