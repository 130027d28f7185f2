"""Posters: the picture of a season. Its bytes are in the store; the season says which of them, and what they show."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from challenges.files import FileStore, FormSlot, Kind, StoredFile, picture_in
from challenges.history import note
from challenges.people import Person, clean_name
from challenges.records import lock
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.states import Deed

LARGEST = 4 * 2**20
"""Bytes."""


def key_of(season: Season, upload_id: UUID) -> str:
    """Where the store keeps what a browser sends under that id."""
    return f"posters/{season.id}/{upload_id}"


def form_of(store: FileStore, season: Season, upload_id: UUID, redirect: str) -> FormSlot:
    """Where a plain form may send one picture. Which kind it is, its first bytes will say."""
    return store.form_slot(key_of(season, upload_id), LARGEST, "application/octet-stream", redirect)


def checked(stored: StoredFile | None) -> tuple[StoredFile, Kind]:
    """What has arrived, and which kind of picture it is; refused where it is none."""
    if stored is None:
        raise Refusal("No picture has arrived yet. Choose a file and send it.", field="file")
    if stored.size > LARGEST:
        raise Refusal(f"This picture is larger than {LARGEST // 2**20} MiB. Choose a smaller one.", field="file")
    if kind := picture_in(stored.beginning):
        return stored, kind
    raise Refusal(
        "This file is no PNG, JPEG or WebP picture, whatever its name says. Choose another one.", field="file"
    )


def hang(session: Session, season: Season, stored: StoredFile | None, alt: str, by: Person, now: datetime) -> None:
    """The season shows this picture from now on; `alt` tells it to whoever does not see it."""
    season.check(Deed.DESCRIBE, now)
    (arrived, kind), words = checked(stored), _words(alt)
    lock(session, season)
    season.poster_key, season.poster_version_id = arrived.key, arrived.version_id
    season.poster_type, season.poster_alt = kind.content_type, words
    note(session, by, "poster.hung", season, now, season.id)


def tell_anew(session: Session, season: Season, alt: str, by: Person, now: datetime) -> None:
    """Another text for the same picture."""
    season.check(Deed.DESCRIBE, now)
    lock(session, season)
    if season.poster_key is None:
        raise Refusal("The season has no poster yet.", field="alt")
    season.poster_alt = _words(alt)
    note(session, by, "poster.told", season, now, season.id)


def take_down(session: Session, season: Season, by: Person, now: datetime) -> None:
    """The season shows no picture any more. Doing it twice does it once; the bytes stay in the store."""
    season.check(Deed.DESCRIBE, now)
    lock(session, season)
    if season.poster_key is None:
        return
    season.poster_key, season.poster_version_id, season.poster_type, season.poster_alt = None, None, "", ""
    note(session, by, "poster.taken_down", season, now, season.id)


def address_of(store: FileStore, season: Season) -> str:
    """A signed address of the picture, good for a minute."""
    if season.poster_key is None or season.poster_version_id is None:
        raise NotYours
    ending = season.poster_type.rpartition("/")[2]
    return store.reading_url(
        season.poster_key, season.poster_version_id, f"{season.slug}.{ending}", season.poster_type, inline=True
    )


def _words(alt: str) -> str:
    return clean_name(alt, field="alt", longest=200, called="sentence that says what the picture shows")
