"""Feedback: its release, and the packet that a team opens."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.deps import Me, Now, Request, Session, Store
from app.doors import organizer_of_season, signed_in
from app.pages import Redirect, ToStore, see
from app.routes.standings import show as standings
from challenges import challenges, seasons
from judging import feedback


@post(
    "/seasons/{slug:str}/challenges/{number:int}/feedback",
    guards=[organizer_of_season], redraw=standings, sync_to_thread=True,
)  # fmt: skip
def release(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    feedback.release(session, challenge, me.person, now)
    path = f"/seasons/{slug}/challenges/{number}/standings"
    return see(
        request, path, notice="Released. The packets are being made; a mail tells each team when theirs is there."
    )


@get("/packets/{packet_id:uuid}", guards=[signed_in], sync_to_thread=True)
def download(session: Session, store: Store, me: Me, packet_id: FromPath[UUID]) -> ToStore:
    packet, challenge, team = feedback.find_packet_for(session, packet_id, me.person.id)
    name = f"{team.name} - challenge {challenge.number} - feedback.pdf"
    return ToStore(
        store.reading_url(packet.key or "", packet.store_version_id or "", name, "application/pdf", inline=False)
    )


ROUTES = [release, download]
