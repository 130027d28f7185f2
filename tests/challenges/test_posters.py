"""Posters: what its first bytes say is a picture is one, and nothing else is."""

from typing import Any

import pytest
from sqlmodel import Session

from challenges import posters
from challenges.files import KINDS, StoredFile
from challenges.seasons import Season
from tests.cast import Cast
from tests.makers import NOW, deeds, make_season
from tests.refused import refused

PNG = b"\x89PNG\r\n\x1a\n rows"
NO_PICTURE = "This file is no PNG, JPEG or WebP picture, whatever its name says. Choose another one."


def arrived(beginning: bytes = PNG, **over: Any) -> StoredFile:
    return StoredFile(
        **{
            "key": "posters/1/2", "version_id": "v1", "size": len(beginning), "etag": '"e"', "arrived_at": NOW,
            "beginning": beginning, **over,
        }
    )  # fmt: skip


def told(season: Season) -> tuple[str | None, str | None, str, str]:
    return season.poster_key, season.poster_version_id, season.poster_type, season.poster_alt


@pytest.mark.parametrize(
    ("beginning", "content_type"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0 JFIF", "image/jpeg"), (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp")],
    ids=["png", "jpeg", "webp"],
)
def test_a_picture_is_put_up_told_anew_and_taken_down(
    session: Session, cast: Cast, beginning: bytes, content_type: str
) -> None:
    season = make_season(session, cast.ada)
    posters.hang(session, season, arrived(beginning), " A  bridge ", cast.ada, NOW)
    assert told(season) == ("posters/1/2", "v1", content_type, "A bridge")
    posters.tell_anew(session, season, "A lorry", cast.ada, NOW)
    assert told(season) == ("posters/1/2", "v1", content_type, "A lorry")
    for _ in range(2):
        posters.take_down(session, season, cast.ada, NOW)
    assert told(season) == (None, None, "", "")
    assert [deed for deed in deeds(session, season) if deed.startswith("poster")] == [
        "poster.hung", "poster.taken_down", "poster.told",
    ]  # fmt: skip
    with refused("The season has no poster yet.", "alt"):
        posters.tell_anew(session, season, "A lorry", cast.ada, NOW)


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (None, "No picture has arrived yet. Choose a file and send it."),
        (arrived(b""), NO_PICTURE),
        (arrived(b"<svg onload=alert(1)>"), NO_PICTURE),
        (arrived(b"%PDF-1.7"), NO_PICTURE),
        (arrived(b"RIFF\x10\x00\x00\x00WAVEfmt "), NO_PICTURE),
        (arrived(b" " + PNG), NO_PICTURE),
        (arrived(PNG, size=4 * 2**20 + 1), "This picture is larger than 4 MiB. Choose a smaller one."),
    ],
    ids=["nothing", "empty", "svg", "pdf", "sound", "shifted", "large"],
)
def test_what_is_no_picture_is_refused(session: Session, cast: Cast, stored: StoredFile | None, sentence: str) -> None:
    season = make_season(session, cast.ada)
    with refused(sentence, "file"):
        posters.hang(session, season, stored, "A bridge", cast.ada, NOW)
    assert told(season) == (None, None, "", "")


def test_a_picture_without_words_is_refused(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    with refused("Please write a sentence that says what the picture shows.", "alt"):
        posters.hang(session, season, arrived(), " ", cast.ada, NOW)


def test_nobody_hands_in_a_picture() -> None:
    assert sorted(KINDS) == ["pdf", "zip"]
