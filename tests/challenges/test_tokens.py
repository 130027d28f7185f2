"""Tokens: shown once, for a while, for some things; and gone when they are revoked."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from challenges import tokens
from challenges.history import Trace
from challenges.signins import digest
from challenges.tokens import ApiToken, TokenScope
from tests.cast import Cast
from tests.makers import DAY, HOUR, MINUTE, NOW, SECOND
from tests.refused import not_yours, refused

ALL = list(TokenScope)


def names(session: Session, cast: Cast, now: object = NOW) -> list[str]:
    return [token.name for token in tokens.tokens_of(session, cast.ben.id, now)]


def test_the_text_is_told_once_and_only_its_hash_is_kept(session: Session, cast: Cast) -> None:
    token, text = tokens.create(session, cast.ben, " my  script ", ["organize", "team"], 90, NOW)
    assert text.startswith("chr_")
    assert len(text) == 47
    row = session.exec(select(ApiToken)).one()
    assert row.model_dump(exclude={"id"}) == {
        "person_id": cast.ben.id, "name": "my script", "token_hash": digest(text), "scopes": ["team", "organize"],
        "created_at": NOW, "expires_at": NOW + 90 * DAY, "revoked_at": None, "used_at": None,
    }  # fmt: skip
    assert text not in repr(row.model_dump())
    traces = session.exec(select(Trace).where(Trace.deed == "token.created")).all()
    assert [(one.person_id, one.thing_id, one.facts) for one in traces] == [
        (cast.ben.id, token.id, {"scopes": ["team", "organize"], "days": 90})
    ]


def test_a_living_token_finds_its_person(session: Session, cast: Cast) -> None:
    token, text = tokens.create(session, cast.ben, "mine", ALL, 1, NOW)
    tokens.create(session, cast.cleo, "hers", ALL, 1, NOW)
    assert tokens.find(session, text, NOW + DAY - SECOND) == (token, cast.ben)
    assert tokens.find(session, text, NOW + DAY) is None
    for other in (text + "x", text[:-1], text.removeprefix("chr_"), "chr_", "", "chr_\x00ä", digest(text)):
        assert tokens.find(session, other, NOW) is None


def test_revoking_ends_it_at_once_and_only_ones_own(session: Session, cast: Cast) -> None:
    token, text = tokens.create(session, cast.ben, "mine", ALL, 90, NOW)
    with not_yours():
        tokens.revoke(session, cast.cleo, token.id, NOW)
    with not_yours():
        tokens.revoke(session, cast.ben, cast.ben.id, NOW)
    for later in (NOW + HOUR, NOW + 2 * HOUR):
        tokens.revoke(session, cast.ben, token.id, later)
    assert (token.revoked_at, tokens.find(session, text, NOW + HOUR), names(session, cast)) == (NOW + HOUR, None, [])
    session.flush()
    deeds = [one.deed for one in session.exec(select(Trace).where(Trace.thing_id == token.id).order_by("at"))]
    assert deeds == ["token.created", "token.revoked"]


@pytest.mark.parametrize(
    ("words", "field", "sentence"),
    [
        (("", [], 90), "token_name", "Please write a name."),
        (("x" * 81, [], 90), "token_name", "That is longer than 80 characters."),
        (("x", [], 0), "token_days", "A token lives from 1 to 365 days."),
        (("x", [], 366), "token_days", "A token lives from 1 to 365 days."),
        (("x", [], -(10**9)), "token_days", "A token lives from 1 to 365 days."),
        (("x", ["team", "everything"], 1), "token_scopes", "Choose from the list what the token may read."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    session: Session, cast: Cast, words: tuple[str, list[str], int], field: str, sentence: str
) -> None:
    with refused(sentence, field=field):
        tokens.create(session, cast.ben, *words, NOW)
    assert names(session, cast) == []


def test_twenty_live_at_once_and_the_newest_stands_first(session: Session, cast: Cast) -> None:
    made = [tokens.create(session, cast.ben, f"token {at}", [], 90, NOW + timedelta(seconds=at))[0] for at in range(20)]
    tokens.create(session, cast.cleo, "hers", [], 90, NOW)
    assert names(session, cast) == [f"token {at}" for at in reversed(range(20))]
    with refused("You have 20 tokens. Revoke one that you do not use.", field="token_name"):
        tokens.create(session, cast.ben, "one more", [], 90, NOW + MINUTE)
    tokens.revoke(session, cast.ben, made[0].id, NOW + MINUTE)
    tokens.create(session, cast.ben, "one more", [], 90, NOW + MINUTE)
    assert (len(names(session, cast)), names(session, cast, NOW + 91 * DAY)) == (20, [])


def test_a_double_click_leaves_the_one_that_was_shown(session: Session, cast: Cast) -> None:
    texts = [tokens.create(session, cast.ben, "script", [], 90, NOW + at * SECOND)[1] for at in (0, 1)]
    assert [tokens.find(session, text, NOW + MINUTE) is not None for text in texts] == [False, True]
    tokens.create(session, cast.ben, "script", [], 90, NOW + HOUR)
    assert names(session, cast) == ["script", "script"]


def test_a_used_one_is_never_taken_for_a_double_click(session: Session, cast: Cast) -> None:
    token, _ = tokens.create(session, cast.ben, "script", [], 90, NOW)
    tokens.note_use(session, token.id, NOW + SECOND)
    tokens.create(session, cast.ben, "script", [], 90, NOW + 2 * SECOND)
    assert names(session, cast) == ["script", "script"]


def test_its_use_is_noted_once_an_hour(session: Session, cast: Cast) -> None:
    token, _ = tokens.create(session, cast.ben, "script", [], 90, NOW)
    assert tokens.is_use_due(token, NOW)
    tokens.note_use(session, token.id, NOW + HOUR)
    tokens.note_use(session, token.id, NOW)
    assert token.used_at == NOW + HOUR
    assert [tokens.is_use_due(token, NOW + HOUR + at) for at in (HOUR - SECOND, HOUR)] == [False, True]
