"""Chapters: the form in which organizers tell the story of a season bit by bit."""

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.forms import Form as Typed
from app.pages import Page, Redirect, page, see
from challenges import challenges, chapters, seasons
from challenges.chapters import ChapterText


@get("/seasons/{slug:str}/chapters", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    written = chapters.written_of(session, season.id)
    return page(
        request, "web/chapters/edit.html", season=season, chapters=written, mark=chapters.mark_of(written),
        challenges=challenges.every_challenge_of(session, season.id),
    )  # fmt: skip


@post("/seasons/{slug:str}/chapters", guards=[organizer_of_season], sync_to_thread=True)
def tell(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    season = seasons.find_season(session, slug)
    texts = [text_in(row) for row in form.rows("chapters")]
    chapters.tell(session, season, texts, me.person, now, seen=form.seen or None)
    return see(request, f"/seasons/{slug}/chapters", notice="Saved.")


def text_in(row: Typed) -> ChapterText:
    return ChapterText(
        row.text("title", 200), row.text("text"), row.number("challenge") if row.challenge else None,
        row.day("from_day") if row.from_day else None,
    )  # fmt: skip


ROUTES = [edit, tell]
