"""Feedback: its release, now, at an instant or on hold."""

from litestar import post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Redirect, see
from app.routes.standings import show as standings
from challenges import challenges, seasons
from challenges.clocks import instant_of
from judging import feedback

FEEDBACK = "/seasons/{slug:str}/challenges/{number:int}/feedback"
OPEN = "Released. The packets are being made; a mail tells each team when theirs is there."


@post(FEEDBACK, guards=[organizer_of_season], redraw=standings, sync_to_thread=True)
def release(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    at = instant_of(form.wall_clock("public"), season.zone, "public") if form.how == "at" else None
    released = feedback.release(session, challenge, me.person, now, at, on_hold=form.how == "hold")
    waits = "Prepared. The packets are being made, and nobody else sees a trace of the results yet."
    return see(request, path_of(slug, number), notice=OPEN if released.is_public(now) else waits)


@post(f"{FEEDBACK}/opening", guards=[organizer_of_season], redraw=standings, sync_to_thread=True)
def open_results(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    """The button of the evening."""
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    feedback.open_results(session, challenge, me.person, now)
    return see(request, path_of(slug, number), notice=OPEN)


@post(f"{FEEDBACK}/withdrawal", guards=[organizer_of_season], redraw=standings, sync_to_thread=True)
def take_back(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    feedback.take_back(session, challenge, me.person, now)
    return see(request, path_of(slug, number), notice="Taken back. The results are confirmed, and wait for a release.")


def path_of(slug: str, number: int) -> str:
    return f"/seasons/{slug}/challenges/{number}/standings"


ROUTES = [release, open_results, take_back]
