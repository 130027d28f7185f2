"""People: who is what in a season, who is invited to be, and the page where an invitation is answered."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season, signed_in
from app.pages import Page, Redirect, page, see
from challenges import challenges, roles, seasons
from challenges.refusals import Refusal
from challenges.seasons import RoleKind, Season

PEOPLE = "/seasons/{slug:str}/people"


@get(PEOPLE, guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(
        request, "web/people/show.html", season=season, kinds=list(roles.KINDS), words=roles.KINDS,
        people=roles.everybody_in(session, season.id), waiting=roles.waiting(session, season.id, now),
        lapsed=roles.lapsed(session, season.id, now), participants=roles.count_participants(session, season.id),
        challenges=challenges.every_challenge_of(session, season.id),
    )  # fmt: skip


@post(f"{PEOPLE}/invitations", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def invite(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season, email, name = seasons.find_season(session, slug), form.text("email", 300), form.text("name", 200)
    invitation = roles.invite(session, season, kind_in(form), email, name, me.person, now)
    return see(request, f"/seasons/{slug}/people", notice=f"An invitation is on its way to {invitation.email}.")


@post(f"{PEOPLE}/invitations/{{invitation_id:uuid}}/withdrawal", guards=[organizer_of_season], sync_to_thread=True)
def withdraw(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], invitation_id: FromPath[UUID]
) -> Redirect:
    roles.withdraw(session, seasons.find_season(session, slug), invitation_id, me.person, now)
    return see(request, f"/seasons/{slug}/people", notice="The invitation is withdrawn; its link opens nothing.")


@post(f"{PEOPLE}/{{role_id:uuid}}/ending", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def end(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], role_id: FromPath[UUID]) -> Redirect:
    role = roles.find_in_season(session, seasons.find_season(session, slug).id, role_id)
    roles.end(session, role, me.person, now)
    return see(request, f"/seasons/{slug}/people", notice="This role has ended. What they wrote is kept.")


@get("/roles/{token:str}", guards=[signed_in], sync_to_thread=True)
def invitation(request: Request, session: Session, me: Me, now: Now, token: FromPath[str]) -> Page | Redirect:
    """A page with two buttons: whoever follows the link gets no role by that."""
    if used := roles.used_by(session, token, me.person):
        return lead_on(request, *used, f"You have accepted this: you are {roles.KINDS[used[0]]} of {used[1].title}.")
    invited, season = roles.find(session, token, now)
    return page(
        request, "web/people/invitation.html", invitation=invited, season=season, token=token, words=roles.KINDS
    )  # fmt: skip


@post("/roles/{token:str}/acceptance", guards=[signed_in], redraw=invitation, sync_to_thread=True)
def accept(request: Request, session: Session, me: Me, now: Now, token: FromPath[str]) -> Redirect:
    if used := roles.used_by(session, token, me.person):
        return lead_on(request, *used, f"You have accepted this: you are {roles.KINDS[used[0]]} of {used[1].title}.")
    role = roles.accept(session, token, me.person, now)
    kind, season = RoleKind(role.kind), session.get_one(Season, role.season_id)
    return lead_on(request, kind, season, f"Welcome. You are {roles.KINDS[kind]} of {season.title}.")


@post("/roles/{token:str}/refusal", guards=[signed_in], redraw=invitation, sync_to_thread=True)
def decline(request: Request, session: Session, me: Me, now: Now, token: FromPath[str]) -> Redirect:
    roles.decline(session, token, me.person, now)
    return see(request, "/", notice="You have declined. The organizers see it; nothing else happens.")


def lead_on(request: Request, kind: RoleKind, season: Season, notice: str) -> Redirect:
    """To where somebody works in that role. Nobody but organizers sees a draft."""
    home = f"/seasons/{season.slug}" if season.announced_at else "/account"
    places = {RoleKind.ORGANIZER: f"/seasons/{season.slug}/run-sheet", RoleKind.JUDGE: "/desk"}
    return see(request, places.get(kind, home), notice=notice)


def kind_in(form: Form) -> RoleKind:
    try:
        return RoleKind(form.kind)
    except ValueError:
        raise Refusal("Choose a role from the list.", field="kind") from None


ROUTES = [show, invite, withdraw, end, invitation, accept, decline]
