"""Teams: who takes part in a season, a team's own page, its invitations and its entry."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, participant_somewhere, signed_in
from app.pages import Page, Redirect, page, see
from challenges import entries, seasons, teams
from challenges.seasons import Season


@get("/seasons/{slug:str}/teams", guards=[anyone], sync_to_thread=True)
def index(request: Request, session: Session, viewer: MaybeViewer, slug: FromPath[str]) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    mine = teams.team_of(session, season.id, viewer.person.id) if viewer else None
    return page(
        request, "web/teams/index.html", season=season, mine=mine, teams=teams.teams_of(session, season.id),
        entered={team.id for entry, team in entries.entries_of(session, season.id) if not entry.withdrawn_at},
    )  # fmt: skip


@post("/seasons/{slug:str}/teams", guards=[signed_in], sync_to_thread=True)
def found(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    team = teams.found(session, seasons.find_for(session, slug, me.person.id), form.text("name", 200), me.person, now)
    return see(request, f"/teams/{team.id}", notice="Your team is founded. Enter the season to take part.")


@get("/teams/{team_id:uuid}", guards=[participant_somewhere], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID]) -> Page:
    team = teams.find_for(session, team_id, me.person.id)
    return page(
        request, "web/teams/show.html", team=team, season=session.get_one(Season, team.season_id),
        members=teams.members_of(session, team.id), invitations=teams.invitations_of(session, team.id, now),
        entry=entries.entry_of(session, team.id), lives=teams.INVITATION_LIVES,
    )  # fmt: skip


@post("/teams/{team_id:uuid}/invitations", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def invite(request: Request, session: Session, me: Me, form: Form, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team = teams.find_for(session, team_id, me.person.id)
    season = session.get_one(Season, team.season_id)
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
    if mine := teams.joined_by(session, token, me.person):
        return see(request, f"/teams/{mine.id}")
    invited, team = teams.find_invitation(session, token, now)
    season = session.get_one(Season, team.season_id)
    return page(request, "web/teams/invitation.html", invitation=invited, team=team, season=season, token=token)


@post("/invitations/{token:str}", guards=[signed_in], sync_to_thread=True)
def accept(request: Request, session: Session, me: Me, now: Now, token: FromPath[str]) -> Redirect:
    if mine := teams.joined_by(session, token, me.person):
        return see(request, f"/teams/{mine.id}")
    _, team = teams.find_invitation(session, token, now)
    teams.accept(session, token, session.get_one(Season, team.season_id), me.person, now)
    return see(request, f"/teams/{team.id}", notice=f"Welcome to {team.name}.")


@post("/teams/{team_id:uuid}/entry", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def enter(request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team = teams.find_for(session, team_id, me.person.id)
    season = session.get_one(Season, team.season_id)
    entries.enter(session, team, season, me.person, now)
    return see(request, f"/seasons/{season.slug}", notice=f"{team.name} takes part in {season.title}.")


@post("/teams/{team_id:uuid}/withdrawal", guards=[participant_somewhere], redraw=show, sync_to_thread=True)
def withdraw(request: Request, session: Session, me: Me, now: Now, team_id: FromPath[UUID]) -> Redirect:
    team = teams.find_for(session, team_id, me.person.id)
    if entry := entries.entry_of(session, team.id):
        entries.withdraw(session, entry, me.person, now)
    return see(request, f"/teams/{team.id}", notice="Your team takes part no longer. What it handed in stays.")


ROUTES = [index, found, show, invite, withdraw_invitation, invitation, accept, enter, withdraw]
