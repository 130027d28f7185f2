"""Calendars: the dates of a season for any calendar program, and a person's own under a secret address."""

import json

from litestar import Response, get, post
from litestar.params import FromPath

from app import calendars as drawn
from app.answers import same_or_new
from app.auth import cookie_of, id_of
from app.deps import MaybeViewer, Me, Now, Request, Session, Settings
from app.doors import anyone, signed_in
from app.pages import Page, Redirect, cookies_of, page, see
from challenges import calendars, seasons
from challenges.refusals import NotYours

CALENDAR = "text/calendar"
SHOWN_SECONDS = 300


@get("/seasons/{slug:str}/calendar.ics", guards=[anyone], sync_to_thread=True)
def of_season(
    request: Request, session: Session, settings: Settings, viewer: MaybeViewer, now: Now, slug: FromPath[str]
) -> Response[bytes]:
    season = seasons.find_for(session, slug, id_of(viewer))
    body = drawn.season_calendar(session, season, settings.url, now)
    return same_or_new(request, body, CALENDAR, f"{season.slug}.ics")


@get("/calendars/{file_name:str}", guards=[anyone], sync_to_thread=True)
def of_person(
    request: Request, session: Session, settings: Settings, now: Now, file_name: FromPath[str]
) -> Response[bytes]:
    """No cookie comes with a calendar program, so the address itself is the key."""
    token, dot, ending = file_name.partition(".")
    if (dot, ending) != (".", "ics"):
        raise NotYours
    person = calendars.person_behind(session, token)
    return same_or_new(request, drawn.personal_calendar(session, person, settings.url, now), CALENDAR, "my-seasons.ics")


@get("/account/calendar", guards=[signed_in], sync_to_thread=True)
def show(request: Request, session: Session, settings: Settings, me: Me) -> Page:
    """The address itself is shown once, by the browser that asked for it: we keep only its hash."""
    ours = cookies_of(request)
    sealed = cookie_of(request.scope, ours.calendar)
    made = json.loads((ours.unseal(sealed) if sealed else None) or "{}")
    token = made.get("token") if made.get("person") == str(me.person.id) else None
    link = calendars.link_of(session, me.person.id)
    address = f"{settings.url}/calendars/{token}.ics" if token and link else ""
    answer = page(request, "web/calendars/show.html", link=link, address=address)
    if sealed:
        answer.cookies.append(ours.gone(ours.calendar))
    return answer


@post("/account/calendar", guards=[signed_in], sync_to_thread=True)
def renew(request: Request, session: Session, me: Me, now: Now) -> Redirect:
    ours = cookies_of(request)
    made = {"person": str(me.person.id), "token": calendars.renew_link(session, me.person, now)}
    kept = ours.make(ours.calendar, ours.seal(json.dumps(made)), SHOWN_SECONDS)
    return see(request, "/account/calendar", cookies=[kept])


@post("/account/calendar/ending", guards=[signed_in], sync_to_thread=True)
def end(request: Request, session: Session, me: Me) -> Redirect:
    calendars.end_link(session, me.person)
    return see(request, "/account/calendar", notice="The address shows nothing any more.")


ROUTES = [of_season, of_person, show, renew, end]
