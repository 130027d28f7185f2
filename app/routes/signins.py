"""Signing in by a mailed link or code, and out again."""

import json
from datetime import datetime
from uuid import UUID

import sqlmodel
from litestar import get, post
from litestar.params import FromPath
from sqlmodel import col, select

from app.auth import Viewer, cookie_of, local_path, network_address
from app.deps import Database, Form, MaybeViewer, Me, Now, Request, Session, Settings
from app.doors import anyone, only_in_demo, signed_in
from app.pages import Page, Redirect, cookies_of, page, see, zone_chosen_in
from app.visits import visit_of
from challenges import signins
from challenges.people import Person, clean_address
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Role, RoleKind
from challenges.teams import Member, Team

NEXT_LIVES = 3600
WRONG_CODE = "This is not the code, or it is older than 15 minutes. Look at the newest mail, or ask for a new code."


@get("/sign-in", guards=[anyone], sync_to_thread=True)
def ask(request: Request, session: Session, settings: Settings) -> Page:
    people = cast_of(session) if settings.demo else []
    return page(request, "web/signins/ask.html", cast=people, next=wanted(request))


@post("/sign-in", guards=[anyone], sync_to_thread=True)
def send(request: Request, session: Session, form: Form, now: Now) -> Redirect:
    """The same answer for every address, known or not, and the same work."""
    email, then = clean_address(form.email), local_path(form.next)
    signins.ask(session, email, network_address(request.scope), now, then=then)
    ours = cookies_of(request)
    asked = ours.seal(json.dumps({"email": email, "next": then, "zone": form.zone[:64]}))
    return see(request, "/sign-in/code", cookies=[ours.make(ours.asked, asked, NEXT_LIVES)])


@get("/sign-in/code", guards=[anyone], sync_to_thread=True)
def code(request: Request) -> Page:
    return page(request, "web/signins/code.html", email=asked(request)["email"])


@post("/sign-in/code", guards=[anyone], sync_to_thread=True)
def use_code(request: Request, database: Database, viewer: MaybeViewer, form: Form, now: Now) -> Redirect:
    with database.writing() as own:  # a wrong guess is counted although it is refused
        person = signins.use_code(own, form.email, form.code, now)
        token = begin(own, request, person, viewer, asked(request)["zone"], now) if person else None
    if token is None:
        raise Refusal(WRONG_CODE, field="code")
    return welcome(request, token, asked(request)["next"])


@get("/sign-in/link/{link:str}", guards=[anyone], sync_to_thread=True)
def link(request: Request, session: Session, now: Now, link: FromPath[str]) -> Page:
    """A page with a button: mail scanners follow links, and must not use them up."""
    try:
        email: str | None = signins.find_link(session, link, now).email
    except Refusal as refusal:
        visit_of(request).refusal, email = refusal, None
    return page(request, "web/signins/link.html", link=link, next=wanted(request), email=email)


@post("/sign-in/link/{link:str}", guards=[anyone], sync_to_thread=True)
def use_link(
    request: Request, session: Session, viewer: MaybeViewer, form: Form, now: Now, link: FromPath[str]
) -> Redirect:
    person = signins.use_link(session, link, now)
    token = begin(session, request, person, viewer, form.zone, now)
    return welcome(request, token, form.next)


@post("/sign-in/cast/{person_id:uuid}", guards=[only_in_demo], sync_to_thread=True)
def play(
    request: Request, session: Session, viewer: MaybeViewer, form: Form, now: Now, person_id: FromPath[UUID]
) -> Redirect:
    person = session.get(Person, person_id)
    if person is None:
        raise NotYours
    token = begin(session, request, person, viewer, form.zone, now)
    return welcome(request, token, form.next)


@post("/sign-out", guards=[signed_in], sync_to_thread=True)
def sign_out(request: Request, session: Session, me: Me, form: Form, now: Now) -> Redirect:
    """To the front page, or to a page that then asks who it is."""
    signins.end(session, me.person, me.session_id, now)
    ours = cookies_of(request)
    return see(
        request, local_path(form.next), notice="You are signed out of this browser.", cookies=[ours.gone(ours.session)]
    )


def begin(
    session: sqlmodel.Session, request: Request, person: Person, viewer: Viewer | None, zone: str, now: datetime
) -> str:
    """A new session id at every sign-in; the one that this browser had before ends."""
    if viewer and (old := session.get(signins.WebSession, viewer.session_id)):
        old.ended_at = old.ended_at or now
    known = zone_chosen_in(request) or zone or None
    return signins.begin(session, person, request.headers.get("user-agent", ""), known, now)


def welcome(request: Request, token: str, then: str) -> Redirect:
    ours = cookies_of(request)
    return see(request, local_path(then), cookies=[ours.signed_in(token), ours.gone(ours.asked)])


def wanted(request: Request) -> str:
    return local_path(request.query_params.get("next", "/"))


def asked(request: Request) -> dict[str, str]:
    """What this browser said on the page before; the form asks again where the cookie is missing."""
    ours = cookies_of(request)
    text = ours.unseal(cookie_of(request.scope, ours.asked) or "")
    return {"email": "", "next": "/", "zone": ""} | (json.loads(text) if text else {})


def cast_of(session: sqlmodel.Session) -> list[tuple[Person, list[str]]]:
    """Everybody in the demo with what they are in its seasons: organizers first, teams together."""
    people = list(session.exec(select(Person).order_by(Person.name)))
    kinds: dict[UUID, set[RoleKind]] = {person.id: set() for person in people}
    for person_id, kind in session.exec(select(Role.person_id, Role.kind).where(col(Role.ended_at).is_(None))):
        kinds[person_id].add(RoleKind(kind))
    living = select(Member.person_id, Team.name).join(Team).where(col(Member.left_at).is_(None)).order_by(Team.name)
    teams: dict[UUID, list[str]] = {}
    for person_id, name in session.exec(living):
        teams.setdefault(person_id, []).append(f"team {name}")

    def place_of(person: Person) -> tuple[list[int], list[str]]:
        return [at for at, kind in enumerate(RoleKind) if kind in kinds[person.id]] or [9], teams.get(person.id, [])

    return [(person, parts_of(kinds[person.id], teams.get(person.id, []))) for person in sorted(people, key=place_of)]


def parts_of(kinds: set[RoleKind], teams: list[str]) -> list[str]:
    """A participant is called by the team, as soon as there is one."""
    parts = [str(kind) for kind in RoleKind if kind in kinds and not (teams and kind is RoleKind.PARTICIPANT)]
    return parts + teams


ROUTES = [ask, send, code, use_code, link, use_link, play, sign_out]
