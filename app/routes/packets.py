"""Packets: a team opens its own."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath

from app.deps import Me, Now, Session, Store
from app.doors import signed_in
from app.pages import ToStore
from judging import packets


@get("/packets/{packet_id:uuid}", guards=[signed_in], sync_to_thread=True)
def download(session: Session, store: Store, me: Me, now: Now, packet_id: FromPath[UUID]) -> ToStore:
    packet, challenge, team = packets.find_packet_for(session, packet_id, me.person.id, now)
    name = f"{team.name} - challenge {challenge.number} - feedback.pdf"
    return ToStore(
        store.reading_url(packet.key or "", packet.store_version_id or "", name, "application/pdf", inline=False)
    )


ROUTES = [download]
