"""Letters: what waits, what was accepted, refused or is uncertain, and who may ask for another attempt."""

from typing import Any

import pytest
from sqlmodel import Session, select

from challenges import letters
from challenges.letters import Letter, LetterState
from tests.cast import Cast
from tests.makers import HOUR, MINUTE, NOW, make_season
from tests.refused import not_yours, refused


def test_a_letter_to_a_person(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    letter = letters.write(session, "packet_ready", cast.ben, NOW, season.id, team="Plan B")
    assert letter.model_dump(exclude={"id", "mailing_id"}) == {
        "kind": "packet_ready", "to_email": "ben@example.org", "to_name": "Ben", "person_id": cast.ben.id,
        "season_id": season.id, "facts": {"team": "Plan B"}, "created_at": NOW, "attempt": 1, "sending_at": None,
        "sent_at": None, "refused_at": None, "uncertain_at": None, "trouble": None,
    }  # fmt: skip
    assert letter.state == LetterState.WAITING


def test_a_letter_to_an_address(session: Session) -> None:
    letter = letters.write(session, "invitation", ("kim@example.org", "kim"), NOW)
    assert (letter.to_email, letter.to_name, letter.person_id, letter.season_id) == (
        "kim@example.org", "kim", None, None,
    )  # fmt: skip


def test_only_what_waits_is_sent_oldest_first(session: Session, cast: Cast) -> None:
    noise = letters.waiting(session)
    later, earlier, accepted, refusal, uncertain = (
        letters.write(session, kind, cast.ben, NOW + after)
        for kind, after in (("b", 2 * HOUR), ("a", HOUR), ("c", HOUR), ("d", HOUR), ("e", HOUR))
    )
    accepted.sent_at = refusal.refused_at = uncertain.uncertain_at = NOW
    assert letters.waiting(session) == [*noise, earlier, later]
    assert letters.waiting(session, most=1) == noise[:1]
    assert [letter.state for letter in (later, accepted, refusal, uncertain)] == [
        LetterState.WAITING, LetterState.ACCEPTED, LetterState.REFUSED, LetterState.UNCERTAIN,
    ]  # fmt: skip


def test_the_outbox_is_of_one_season_newest_first(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    first = letters.write(session, "a", cast.ben, NOW, season.id)
    second = letters.write(session, "b", cast.ben, NOW + MINUTE, season.id)
    letters.write(session, "c", cast.ben, NOW, other.id)
    assert letters.outbox_of(session, season.id) == [second, first]
    assert letters.outbox_of(session, season.id, most=1) == [second]
    assert len(letters.latest(session, most=3)) == 3
    first.refused_at = second.uncertain_at = NOW
    troubled = [select(Letter.id).where(*letters.in_trouble(one.id)) for one in (season, other)]
    assert [len(session.exec(one).all()) for one in troubled] == [2, 0]
    assert letters.find_in_season(session, season.id, first.id) == first
    with not_yours():
        letters.find_in_season(session, other.id, first.id)
    with not_yours():
        letters.find_in_season(session, season.id, season.id)


@pytest.mark.parametrize("how", ["refused_at", "uncertain_at"])
def test_a_failed_letter_goes_once_more_when_asked(session: Session, cast: Cast, how: str) -> None:
    letter = letters.write(session, "a", cast.ben, NOW)
    letter.sending_at, letter.trouble = NOW, "550 No such person here"
    setattr(letter, how, NOW)
    letters.send_again(letter)
    session.flush()
    session.refresh(letter)
    assert (letter.state, letter.model_dump(include={"attempt", "sending_at"})) == (
        LetterState.WAITING, {"attempt": 2, "sending_at": None},
    )  # fmt: skip
    assert letter in letters.waiting(session)


@pytest.mark.parametrize("over", [{}, {"sent_at": NOW}])
def test_a_letter_that_waits_or_was_accepted_does_not(over: dict[str, Any]) -> None:
    letter = Letter(kind="a", to_email="a@example.org", to_name="A", created_at=NOW, **over)
    with refused("This letter is not waiting for your decision: it was accepted, or is still being sent."):
        letters.send_again(letter)
    assert letter.attempt == 1
