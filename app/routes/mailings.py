"""Mailings: a mail to many, with everybody who gets it and what each of them reads, before it goes out and after."""

from datetime import datetime
from typing import Any

import sqlmodel
from litestar import get, post
from litestar.params import FromPath

from app import mail
from app.deps import Form, Me, Now, Request, Session, Settings
from app.doors import organizer_of_season
from app.filters import count
from app.forms import Form as Typed
from app.pages import Page, Redirect, page, see
from app.settings import Settings as TheSettings
from challenges import letters, mailings, planning, seasons
from challenges.audiences import (
    NEEDS_CHALLENGE,
    Audience,
    AudienceKind,
    Recipient,
    audience_called,
    count_of,
    recipients_of,
)
from challenges.challenges import Challenge, challenges_of
from challenges.clocks import instant_of
from challenges.mailings import Planned
from challenges.refusals import Refusal
from challenges.seasons import Season
from judging.progress import late_judges

HOME = "/seasons/{slug:str}/mailings"
ONE = f"{HOME}/{{key:str}}"
MOST = 100
"""Recipients on one page."""


@get(f"{HOME}/new", guards=[organizer_of_season], sync_to_thread=True)
def new(request: Request, session: Session, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    asked = request.query_params
    released = challenges_of(session, season.id, now)
    audience = wanted(asked.get("audience", ""), asked.get("challenge", ""), released, now)
    words = mailings.words_for(audience, season) if audience else mailings.Words("", "")
    return page(
        request, "web/mailings/new.html", season=season, audience=audience, words=words, challenges=released,
        kinds=list(AudienceKind),
    )  # fmt: skip


@post(HOME, guards=[organizer_of_season], redraw=new, sync_to_thread=True)
def compose(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    audience = chosen(form, challenges_of(session, season.id, now), now)
    written = mailings.compose(session, season, audience, form.text("subject"), form.text("body"), me.person, now)
    return see(
        request, at(slug, written.key), notice="Nothing has gone out yet. See who gets which text, then send it."
    )


@get(ONE, guards=[organizer_of_season], sync_to_thread=True)
def show(
    request: Request, session: Session, settings: Settings, now: Now, slug: FromPath[str], key: FromPath[str]
) -> Page:
    season = seasons.find_season(session, slug)
    one = planning.find(session, season, key, now)
    if one.row and one.row.sent_at:
        sent = letters.outbox_of(session, season.id, MOST + 1, mailing_id=one.row.id)
        return page(request, "web/mailings/sent.html", season=season, one=one, letters=sent[:MOST], most=MOST)
    begin = (page_asked(request) - 1) * MOST
    people = recipients_of(session, season, one.audience, now, late_judges, begin, MOST)
    reach = count_of(session, season, one.audience, now, late_judges)
    return page(
        request, "web/mailings/show.html", season=season, one=one, count=reach, begin=begin, most=MOST, people=people,
        **example(request, session, season, settings, one, people, now),
    )  # fmt: skip


@post(f"{ONE}/text", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def edit(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], key: FromPath[str]
) -> Redirect:
    season = seasons.find_season(session, slug)
    one = planning.find(session, season, key, now)
    mailings.edit(
        session, season, one, form.text("subject"), form.text("body"), me.person, now,
        seen=form.seen if "seen" in form else None,
    )  # fmt: skip
    return see(request, at(slug, key), notice="The text is saved.")


@post(f"{ONE}/stop", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def stop(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], key: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    mailings.stop(session, season, planning.find(session, season, key, now), me.person, now)
    return see(request, at(slug, key), notice="This mail is stopped. It does not go out.")


@post(f"{ONE}/start", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def start(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], key: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    mailings.start_again(session, season, planning.find(session, season, key, now), me.person, now)
    return see(request, at(slug, key), notice="This mail goes out again as planned.")


@post(f"{ONE}/sending", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def send(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], key: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    row = mailings.send_now(session, season, planning.find(session, season, key, now), me.person, now, late_judges)
    return see(request, at(slug, key), notice=f"On its way to {count(row.reached, 'person', 'people')}.")


@post(f"{ONE}/instant", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def send_at(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], key: FromPath[str]
) -> Redirect:
    season = seasons.find_season(session, slug)
    instant = instant_of(form.wall_clock("at"), season.zone, "at")
    mailings.send_at(session, season, planning.find(session, season, key, now), instant, me.person, now)
    return see(request, at(slug, key), notice="It stands in the outbox and goes out at that instant.")


@post(f"{ONE}/discarding", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def discard(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], key: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    mailings.discard(session, season, planning.find(session, season, key, now), me.person, now)
    return see(request, f"/seasons/{slug}/outbox", notice="The mail is thrown away. Nobody got it.")


def at(slug: str, key: str) -> str:
    return f"/seasons/{slug}/mailings/{key}"


def chosen(form: Typed, released: list[Challenge], now: datetime) -> Audience:
    challenge = next((each for each in released if str(each.number) == form["challenge"]), None)
    return audience_called(form["audience"], challenge, now)


def wanted(kind: str, number: str, released: list[Challenge], now: datetime) -> Audience | None:
    """What the address asks for, as far as it can be."""
    challenge = next((each for each in released if str(each.number) == number), None)
    try:
        return audience_called(kind, challenge, now)
    except Refusal:
        return Audience(AudienceKind(kind)) if kind in NEEDS_CHALLENGE else None


def page_asked(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return min(max(int(text), 1), 10_000) if text.isdecimal() and len(text) < 6 else 1


def example(
    request: Request, session: sqlmodel.Session, season: Season, settings: TheSettings, one: Planned,
    people: list[Recipient], now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The whole mail as one of them will read it: the one whom the address names, else the first."""
    named = request.query_params.get("to", "")
    reader = next((each for each in people if str(each.person.id) == named), people[0] if people else None)
    if reader is None:
        return {"reader": None, "rendered": None}
    (letter,) = mailings.letters_for(session, season, one, [reader], now)
    return {"reader": reader, "rendered": mail.render(letter, settings, reader.person.zone)}


ROUTES = [new, compose, show, edit, stop, start, send, send_at, discard]
