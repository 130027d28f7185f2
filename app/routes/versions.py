"""Versions: the receipt of a hand-in, and its files, opened from the store itself."""

from uuid import UUID

from litestar import get
from litestar.params import FromPath

from app.deps import Me, Request, Session, Store
from app.doors import signed_in
from app.pages import Page, ToStore, page
from challenges import receipts, versions
from challenges.seasons import Season


@get("/versions/{version_id:uuid}/receipt", guards=[signed_in], sync_to_thread=True)
def receipt(request: Request, session: Session, me: Me, version_id: FromPath[UUID]) -> Page:
    version, _, challenge, team = versions.find_version_for(session, version_id, me.person.id)
    season = session.get_one(Season, challenge.season_id)
    shown = receipts.receipt_of(session, version, season, challenge, team)
    return page(request, "web/versions/receipt.html", receipt=shown, season=season, challenge=challenge)


@get("/versions/{version_id:uuid}/files/{file_id:uuid}", guards=[signed_in], sync_to_thread=True)
def download(session: Session, store: Store, me: Me, version_id: FromPath[UUID], file_id: FromPath[UUID]) -> ToStore:
    """What was received, as it was received: the store is told the very version of the bytes."""
    versions.find_version_for(session, version_id, me.person.id)
    file = versions.find_file(session, version_id, file_id)
    return ToStore(store.reading_url(file.key, file.store_version_id, file.file_name, file.content_type, inline=False))


ROUTES = [receipt, download]
