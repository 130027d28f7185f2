"""Files: what the domain needs of a store that keeps the bytes. The bytes themselves never pass through here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

from challenges.people import clean_name
from challenges.refusals import Refusal

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class StoredFile:
    """One object as the store has it: `version_id` names these very bytes, `beginning` is their first KiB."""

    key: str
    version_id: str
    size: int
    etag: str
    arrived_at: datetime
    beginning: bytes


@dataclass(frozen=True)
class UploadSlot:
    """Where a browser may send one file: with PUT and exactly these headers."""

    url: str
    method: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class FormSlot:
    """Where a plain HTML form may send one file: these hidden fields, then the file."""

    url: str
    fields: Mapping[str, str]


@runtime_checkable
class FileStore(Protocol):
    """Any S3-compatible store."""

    def upload_slot(self, key: str, size: int, sha256: str, content_type: str) -> UploadSlot: ...
    def form_slot(self, key: str, max_bytes: int, content_type: str, redirect: str) -> FormSlot: ...
    def look(self, key: str, version_id: str | None = None) -> StoredFile | None: ...
    def reading_url(self, key: str, version_id: str, file_name: str, content_type: str, inline: bool) -> str: ...
    def read(self, key: str, version_id: str) -> Iterator[bytes]: ...
    def write(self, key: str, content: bytes, content_type: str) -> StoredFile: ...


@dataclass(frozen=True)
class Kind:
    """A kind of file that a deliverable may ask for."""

    code: str
    title: str
    ending: str
    content_type: str
    beginnings: tuple[bytes, ...]


PDF = Kind("pdf", "PDF document", ".pdf", "application/pdf", (b"%PDF-",))
ZIP = Kind("zip", "Zip archive", ".zip", "application/zip", (b"PK\x03\x04", b"PK\x05\x06"))
KINDS = {kind.code: kind for kind in (PDF, ZIP)}


PNG = Kind("png", "PNG picture", ".png", "image/png", (b"\x89PNG\r\n\x1a\n",))
JPEG = Kind("jpeg", "JPEG picture", ".jpg", "image/jpeg", (b"\xff\xd8\xff",))
WEBP = Kind("webp", "WebP picture", ".webp", "image/webp", (b"RIFF",))
PICTURES = (PNG, JPEG, WEBP)
"""What a poster may be; nobody hands these in as a deliverable."""


def picture_in(beginning: bytes) -> Kind | None:
    """Which kind of picture begins so, whatever its name says."""
    if beginning.startswith(b"RIFF") and beginning[8:12] != b"WEBP":  # a sound or a film begins so too
        return None
    return next((kind for kind in PICTURES if beginning.startswith(kind.beginnings)), None)


def kind_called(code: str, field: str = "kind") -> Kind:
    if code not in KINDS:
        raise Refusal("Choose a kind of file from the list.", field=field)
    return KINDS[code]


def clean_file_name(text: str, kind: Kind) -> str:
    """A file's own name without folders, ending as its kind must."""
    name = clean_name(PurePosixPath(text.replace("\\", "/")).name, field="file", longest=200)
    if not name.lower().endswith(kind.ending):
        raise Refusal(f"“{name}” is not a {kind.title}: its name does not end in {kind.ending}.", field="file")
    return name


def clean_sha256(text: str) -> str:
    if not SHA256.fullmatch(text):
        raise Refusal("The check sum of the file is missing or wrong. Choose the file again.", field="file")
    return text


def is_of_kind(stored: StoredFile, kind: Kind) -> bool:
    """Whether the bytes begin as this kind of file does, whatever its name says; blank bytes before are forgiven."""
    return stored.beginning.lstrip(b"\xef\xbb\xbf\x00\t\r\n ").startswith(kind.beginnings)
