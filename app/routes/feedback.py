"""Feedback: its release, now, at an instant or on hold; and the packet that a team opens."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session, Store
from app.doors import organizer_of_season, signed_in
from app.pages import Redirect, ToStore, see
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


@get("/packets/{packet_id:uuid}", guards=[signed_in], sync_to_thread=True)
def download(session: Session, store: Store, me: Me, now: Now, packet_id: FromPath[UUID]) -> ToStore:
    packet, challenge, team = feedback.find_packet_for(session, packet_id, me.person.id, now)
    name = f"{team.name} - challenge {challenge.number} - feedback.pdf"
    return ToStore(
        store.reading_url(packet.key or "", packet.store_version_id or "", name, "application/pdf", inline=False)
    )


ROUTES = [release, open_results, take_back, download]
