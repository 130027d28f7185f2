"""Terms: the rules and the code of conduct of a season, for everybody, and their next version."""

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import challenges, seasons, terms
from challenges.refusals import NotYours
from challenges.terms import TermsKind


@get("/seasons/{slug:str}/rules", guards=[anyone], sync_to_thread=True)
def rules(request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    return page(
        request, "web/terms/show.html", season=season, kind=TermsKind.RULES,
        versions=terms.versions_of(session, season.id, TermsKind.RULES), shown=None,
        challenges=challenges.challenges_of(session, season.id, now),
    )  # fmt: skip


@get("/seasons/{slug:str}/conduct", guards=[anyone], sync_to_thread=True)
def conduct(request: Request, session: Session, viewer: MaybeViewer, slug: FromPath[str]) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    versions = terms.versions_of(session, season.id, TermsKind.CONDUCT)
    return page(
        request, "web/terms/show.html", season=season, kind=TermsKind.CONDUCT, versions=versions, shown=None,
        challenges=(),
    )  # fmt: skip


@get("/seasons/{slug:str}/terms/{kind:str}/{number:int}", guards=[anyone], sync_to_thread=True)
def earlier(
    request: Request, session: Session, viewer: MaybeViewer, slug: FromPath[str], kind: FromPath[str],
    number: FromPath[int],
) -> Page:  # fmt: skip
    """One version, as it was accepted."""
    season = seasons.find_for(session, slug, id_of(viewer))
    shown = terms.find_version(session, season.id, kind_of(kind), number)
    versions = terms.versions_of(session, season.id, kind_of(kind))
    return page(
        request, "web/terms/show.html", season=season, kind=kind_of(kind), versions=versions, shown=shown,
        challenges=(),
    )  # fmt: skip


@get("/seasons/{slug:str}/terms/{kind:str}/edit", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, slug: FromPath[str], kind: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    latest = terms.current(session, season.id).get(kind_of(kind))
    return page(request, "web/terms/edit.html", season=season, kind=kind_of(kind), latest=latest)


@post("/seasons/{slug:str}/terms/{kind:str}", guards=[organizer_of_season], redraw=edit, sync_to_thread=True)
def write(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], kind: FromPath[str]
) -> Redirect:
    season = seasons.find_season(session, slug)
    written = terms.write(session, season, kind_of(kind), form.text("text", 50_000), form.note, me.person, now)
    return see(request, f"/seasons/{slug}/{kind}", notice=f"Version {written.number} is saved.")


def kind_of(word: str) -> TermsKind:
    try:
        return TermsKind(word)
    except ValueError:
        raise NotYours from None


ROUTES = [rules, conduct, earlier, edit, write]
