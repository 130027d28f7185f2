"""Copying: seasons as one file on their way out and in, with the poster out of the store and into it."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlmodel import Session

from app.db import Database
from app.settings import Settings
from challenges import copies, people, posters
from challenges.copies import SeasonFile
from challenges.files import FileStore, StoredFile
from challenges.people import Person
from challenges.refusals import Refusal
from challenges.seasons import Season


def give_out(session: Session, store: FileStore, season: Season, now: datetime, largest: int = posters.LARGEST) -> str:
    """The season's file. A poster that is larger than that many bytes is left out."""
    poster = None
    if season.poster_key and season.poster_version_id:
        content = b"".join(store.read(season.poster_key, season.poster_version_id))
        poster = content if len(content) <= largest else None
    return copies.export(session, season, now, poster)


def stored_poster(store: FileStore, file: SeasonFile) -> StoredFile | None:
    """Put the file's picture into the store, before the season is made that shows it."""
    if file.poster is None:
        return None
    return store.write(f"posters/imported/{uuid4()}", file.poster.content, file.poster.kind.content_type)


def take_in(path: Path, by: str, settings: Settings, database: Database, store: FileStore, now: datetime) -> str:
    """Make a season from a file on this machine; gives the end of its address."""
    try:
        if path.stat().st_size > 2 * copies.LARGEST:
            raise Refusal(f"{path} is too large to be a season.")
        file = copies.read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Refusal(f"{path} cannot be read as a text file.") from None
    with closing(database):
        with database.reading() as early:
            founder_called(early, by)
        poster = stored_poster(store, file)
        with database.writing() as session:
            season = copies.import_(session, founder_called(session, by), file, now, poster, settings.max_upload_mib)
            return season.slug


def founder_called(session: Session, email: str) -> Person:
    person = people.find_person(session, email)
    if person is None or not person.founder_since:
        raise Refusal(f"{email} may not create seasons: `charrette organizer list` says who may.", field="by")
    return person
