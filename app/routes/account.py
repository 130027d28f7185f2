"""A person's own page: name, time zone, what they are in which season, and where they are signed in."""

from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from litestar import get, post
from litestar.params import FromPath

from app.auth import COOKIE_DAYS, local_path
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, signed_in
from app.filters import place
from app.pages import Page, Redirect, cookies_of, page, see
from app.visits import visit_of
from challenges import people, roles, seasons, signins, tokens


@get("/account", guards=[signed_in], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now) -> Page:
    browsers = signins.sessions_of(session, me.person, now)
    return page(
        request, "web/account/show.html", person=me.person, browsers=browsers, zones=zones(),
        held=roles.held_by(session, me.person.id), tokens=tokens.tokens_of(session, me.person.id, now),
    )  # fmt: skip


@post("/account", guards=[signed_in], sync_to_thread=True)
def change(request: Request, session: Session, me: Me, form: Form) -> Redirect:
    person = session.get_one(people.Person, me.person.id)
    people.rename(person, form.text("name", 200))
    people.move(person, form.zone)
    return see(request, "/account", notice="Saved.")


@get("/account/zone", guards=[anyone], sync_to_thread=True)
def zone(request: Request) -> Page:
    """Beside every due instant a link leads here, and from here back to it."""
    back = local_path(visit_of(request).form.back or request.query_params.get("back", "/"))
    return page(request, "web/account/zone.html", zones=zones(), back=back)


@post("/account/zone", guards=[anyone], sync_to_thread=True)
def change_zone(request: Request, session: Session, viewer: MaybeViewer, form: Form) -> Redirect:
    """In somebody's account; in a cookie of this browser while nobody is signed in."""
    chosen, ours = people.clean_zone(form.zone), cookies_of(request)
    if viewer:
        people.move(session.get_one(people.Person, viewer.person.id), chosen)
    kept = [] if viewer else [ours.make(ours.zone, ours.seal(chosen), COOKIE_DAYS * 86400)]
    return see(request, local_path(form.back), notice=f"Times are shown for {place(chosen)} now.", cookies=kept)


@post("/account/roles/{role_id:uuid}/ending", guards=[signed_in], redraw=show, sync_to_thread=True)
def step_down(request: Request, session: Session, me: Me, now: Now, role_id: FromPath[UUID]) -> Redirect:
    role = roles.find_own(session, role_id, me.person.id)
    roles.end(session, role, me.person, now)
    season = session.get_one(seasons.Season, role.season_id)
    return see(
        request,
        "/account",
        notice=f"You are not {roles.KINDS[seasons.RoleKind(role.kind)]} of {season.title} any more.",
    )


@post("/account/sessions/{session_id:uuid}/ending", guards=[signed_in], sync_to_thread=True)
def end(request: Request, session: Session, me: Me, now: Now, session_id: FromPath[UUID]) -> Redirect:
    signins.end(session, me.person, session_id, now)
    if session_id != me.session_id:
        return see(request, "/account", notice="That browser is signed out.")
    ours = cookies_of(request)
    return see(request, "/", notice="You are signed out of this browser.", cookies=[ours.gone(ours.session)])


@cache
def zones() -> list[str]:
    """The names that people look for, without the old and the technical ones."""
    old = ("Etc/", "SystemV/", "posix/", "right/")
    return ["UTC", *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(old))]


ROUTES = [show, change, zone, change_zone, step_down, end]
