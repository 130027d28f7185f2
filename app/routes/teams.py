"""Teams: who takes part in a season, a team's own page, its members and invitations, and its entry."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, participant_somewhere, signed_in
from app.pages import Page, Redirect, page, see
from app.paging import page_in, search_in
from challenges import enrolment, entries, outcomes, roster, seasons, teams
from challenges.enrolment import Application, Words
from challenges.refusals import Refusal
from challenges.seasons import Season
from challenges.states import Deed, is_possible
from challenges.teams import Team
from challenges.terms import TermsKind


@get("/seasons/{slug:str}/teams", guards=[anyone], sync_to_thread=True)
def index(request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    search, number = search_in(request), page_in(request)
    return page(
        request, "web/teams/index.html", season=season, search=search, number=number, most=roster.PAGE,
        mine=teams.team_of(session, season.id, viewer.person.id) if viewer else None,
        listing=roster.teams_of(session, season.id, now, search, number),
        may_take_part=is_possible(Deed.TAKE_PART, season.state(now)), state=season.state(now),
    )  # fmt: skip


@post("/seasons/{slug:str}/teams", guards=[signed_in], sync_to_thread=True)
def found(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_for(session, slug, me.person.id)
    team = teams.found(session, season, form.text("name", 200), me.person, now, form.affiliation, form.sponsors)
    return see(request, f"/teams/{team.id}", notice="Your team is founded. Enter the season to take part.")


@get("/teams/{team_id:uuid}", guards=[participant_somewhere], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID]) -> Page:
    team = teams.find_for(session, team_id, me.person.id)
    season, entry = entries.place_of(session, team)
    return page(
        request, "web/teams/show.html", team=team, season=season, entry=entry,
        members=teams.members_of(session, team.id), invitations=teams.invitations_of(session, team.id, now),
        lives=teams.INVITATION_LIVES, asked=enrolment.asked_of(session, season, me.person.id, entry),
        state=outcomes.state_of(session, entry, now) if entry else None,
        has_handed_in=bool(entry) and roster.has_handed_in(session, team.id),
        may_take_part=is_possible(Deed.TAKE_PART, season.state(now)),
    )  # fmt: skip


@post("/teams/{team_id:uuid}/invitations", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def invite(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    invited = teams.invite(session, team, season, form.text("email", 300), me.person, now)
    return see(request, f"/teams/{team.id}", notice=f"An invitation is on its way to {invited.email}.")


@post(
    "/teams/{team_id:uuid}/invitations/{invitation_id:uuid}/withdrawal",
    guards=[participant_somewhere], redraw=show, sync_to_thread=True,
)  # fmt: skip
def withdraw_invitation(
    request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID], invitation_id: FromPath[UUID]
) -> Redirect:
    team = teams.find_for(session, team_id, me.person.id)
    teams.withdraw_invitation(session, team, invitation_id, me.person, now)
    return see(request, f"/teams/{team.id}", notice="The invitation is withdrawn; its link opens nothing any more.")


@get("/invitations/{token:str}", guards=[signed_in], sync_to_thread=True)
def invitation(request: Request, session: Session, me: Me, now: Now, token: FromPath[str]) -> Page | Redirect:
    """A page with a button: whoever follows the link joins nothing by that."""
    if joined := teams.joined_by(session, token, me.person):
        return see(request, f"/teams/{joined.id}")
    invited, team = teams.find_invitation(session, token, now)
    season = session.get_one(Season, team.season_id)
    season.check(Deed.TAKE_PART, now)
    return page(
        request, "web/teams/invitation.html", invitation=invited, team=team, season=season, token=token,
        asked=enrolment.asked_of(session, season, me.person.id, None),
    )  # fmt: skip


@post("/invitations/{token:str}", guards=[signed_in], sync_to_thread=True)
def accept(request: Request, session: Session, me: Me, form: Form, now: Now, token: FromPath[str]) -> Redirect:
    if joined := teams.joined_by(session, token, me.person):
        return see(request, f"/teams/{joined.id}")
    _, team = teams.find_invitation(session, token, now)
    enrolment.join(session, token, session.get_one(Season, team.season_id), me.person, words_in(form), now)
    return see(request, f"/teams/{team.id}", notice=f"Welcome to {team.name}.")


@post("/teams/{team_id:uuid}/entry", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def enter(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    application = Application(words_in(form), form.affiliation, form.sponsors, answers_in(form))
    enrolment.enrol(session, team, season, application, me.person, now)
    return see(request, f"/seasons/{season.slug}", notice=f"{team.name} takes part in {season.title}.")


@post("/teams/{team_id:uuid}/withdrawal", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def withdraw(request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team = teams.find_for(session, team_id, me.person.id)
    if entry := entries.entry_of(session, team.id):
        entries.withdraw(session, entry, me.person, now)
    return see(request, f"/teams/{team.id}", notice="Your team takes part no longer. What it handed in stays.")


@post("/teams/{team_id:uuid}/agreement", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def agree(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    """Each member for themselves."""
    _, season = mine(session, me, team_id)
    enrolment.agree(session, season, me.person, words_in(form), now)
    return see(request, f"/teams/{team_id}", notice="Thank you. We wrote down what you said, and when.")


@post("/teams/{team_id:uuid}/answers", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def answer(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    entry = entries.entry_of(session, team.id)
    if entry is None:
        raise Refusal("Your team has not entered yet; these questions are asked when it does.")
    enrolment.answer(session, entry, season, answers_in(form), me.person, now)
    return see(request, f"/teams/{team_id}", notice="Your answers are saved.")


@post("/teams/{team_id:uuid}/name", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def rename(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    teams.rename(session, team, season, form.text("name", 200), roster.has_handed_in(session, team.id), me.person, now)
    return see(request, f"/teams/{team_id}", notice=f"Your team is called {team.name}.")


@post("/teams/{team_id:uuid}/affiliation", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def describe(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    teams.describe(session, team, season, form.affiliation, form.sponsors, me.person, now)
    return see(request, f"/teams/{team_id}", notice="Saved. The organizers see it when they choose your judges.")


@post("/teams/{team_id:uuid}/lead", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def hand_over(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    teams.hand_over(session, team, season, form.id("person"), me.person, now)
    return see(request, f"/teams/{team_id}", notice="The lead is handed over.")


@post("/teams/{team_id:uuid}/removals", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def remove(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team, season = mine(session, me, team_id)
    teams.remove(session, team, season, form.id("removed"), form.reason, me.person, now)
    return see(request, f"/teams/{team_id}", notice="Removed. A mail tells them, with your reason.")


@post("/teams/{team_id:uuid}/leaving", guards=[signed_in], sync_to_thread=True)
def leave(request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID]) -> Redirect:
    """Open to whoever was a member once, for a second click finds them out already."""
    team = teams.find_once_for(session, team_id, me.person.id)
    season = session.get_one(Season, team.season_id)
    entries.leave(session, team, season, me.person, now)
    return see(request, f"/seasons/{season.slug}/teams", notice=f"You are not in {team.name} any more.")


def mine(session: Session, me: Me, team_id: UUID) -> tuple[Team, Season]:
    team = teams.find_for(session, team_id, me.person.id)
    return team, session.get_one(Season, team.season_id)


def words_in(form: Form) -> Words:
    """What somebody ticked for themselves: the ids of the versions they were shown, and yes or no."""
    said = {"yes": True, "no": False}.get(form.consent)
    return Words([form.id(kind) for kind in TermsKind if form[kind]], said)


def answers_in(form: Form) -> dict[UUID, str]:
    """By question; a box is called `answer-<id>`."""
    boxes = [name for name in form.names() if name.startswith("answer-")]
    try:
        return {UUID(name.removeprefix("answer-")): form.text(name) for name in boxes}
    except ValueError:
        raise Refusal("One of these boxes cannot be read. Load the page again.") from None


ROUTES = [
    index, found, show, invite, withdraw_invitation, invitation, accept, enter, withdraw, agree, answer, rename,
    describe, hand_over, remove, leave,
]  # fmt: skip
