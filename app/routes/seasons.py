"""Seasons: the front page, a season's home, and what its organizers say of it."""

from litestar import get, post
from litestar.params import FromPath

from app import overview
from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, founder, organizer_of_season
from app.forms import Form as Typed
from app.pages import Page, Redirect, page, see
from app.routes.account import zones
from app.run_sheet import run_sheet_of
from app.tasks import tasks_of
from challenges import deadlines, seasons
from challenges.clocks import WallClock
from challenges.formats import FORMAT_WORDS, TIE_WORDS, Play
from challenges.seasons import SeasonText


@get("/", guards=[anyone], sync_to_thread=True)
def front(request: Request, session: Session, viewer: MaybeViewer) -> Page:
    drafts = seasons.drafts_of(session, viewer.person.id) if viewer else []
    return page(request, "web/seasons/front.html", seasons=seasons.announced(session), drafts=drafts)


@get("/seasons/new", guards=[founder], sync_to_thread=True)
def new(request: Request) -> Page:
    return page(request, "web/seasons/edit.html", season=None, zones=zones())


@post("/seasons", guards=[founder], redraw=new, sync_to_thread=True)
def create(request: Request, session: Session, me: Me, form: Form, now: Now) -> Redirect:
    season = seasons.create(session, me.person, told(form), now)
    return see(request, f"/seasons/{season.slug}", notice="The season is a draft. Only organizers see it.")


@get("/seasons/{slug:str}", guards=[anyone], sync_to_thread=True)
def show(request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    return page(request, "web/seasons/show.html", **vars(overview.home_of(session, season, viewer, now)))


@get("/seasons/{slug:str}/edit", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    follows = seasons.is_unseen(session, season)
    return page(request, "web/seasons/edit.html", season=season, address_follows=follows, zones=zones())


@post("/seasons/{slug:str}", guards=[organizer_of_season], redraw=edit, sync_to_thread=True)
def change(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    seasons.redescribe(session, season, told(form), me.person, now, deadlines.dues_of(session, season.id))
    return see(request, f"/seasons/{season.slug}/edit", notice="Saved.")


@get("/seasons/{slug:str}/play", guards=[organizer_of_season], sync_to_thread=True)
def play(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(request, "web/seasons/play.html", season=season, formats=FORMAT_WORDS, tie_rules=TIE_WORDS)


@post("/seasons/{slug:str}/play", guards=[organizer_of_season], sync_to_thread=True)
def choose_play(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    seasons.choose_play(session, seasons.find_season(session, slug), chosen(form), me.person, now)
    return see(request, f"/seasons/{slug}/play", notice="Saved. It stays so once the season is announced.")


@get("/seasons/{slug:str}/run-sheet", guards=[organizer_of_season], sync_to_thread=True)
def run_sheet(request: Request, session: Session, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    sheet = run_sheet_of(session, season, now)
    return page(request, "web/seasons/run_sheet.html", tasks=tasks_of(sheet, now), **vars(sheet))


def chosen(form: Typed) -> Play:
    return Play(
        form.format, form.tie_rule, form.text("tie_criterion", 200), form.number("least_members"),
        form.number("most_members"), form.number("most_entries") if form.most_entries.strip() else None,
    )  # fmt: skip


def told(form: Typed) -> SeasonText:
    return SeasonText(
        title=form.text("title", 200), story=form.text("story"), zone=form.zone,
        starts_on=form.day("starts_on"), ends_on=form.day("ends_on"),
        registration_opens=clock_in(form, "registration_opens"),
        registration_closes=clock_in(form, "registration_closes"),
        contact=form.text("contact", 300), is_recorded=form.ticked("is_recorded"),
    )  # fmt: skip


def clock_in(form: Typed, name: str) -> WallClock | None:
    """A day and a time that may be left out."""
    return form.wall_clock(name) if form[name] or form[f"{name}-choice"] else None


ROUTES = [front, new, create, show, edit, change, play, choose_play, run_sheet]
