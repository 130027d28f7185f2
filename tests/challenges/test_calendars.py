"""Calendars: a person's own address is secret, can be renewed, and then the old one shows nothing."""

import pytest
from sqlmodel import Session, select

from challenges.calendars import CalendarLink, end_link, link_of, person_behind, renew_link
from challenges.refusals import NotYours
from tests.cast import NOW, Cast
from tests.makers import HOUR


def test_the_token_leads_to_its_person_and_is_kept_as_a_hash_only(session: Session, cast: Cast) -> None:
    token = renew_link(session, cast.ben, NOW)
    assert person_behind(session, token) == cast.ben
    assert token not in str(session.exec(select(CalendarLink)).one().model_dump())


def test_a_renewed_address_replaces_the_old_one(session: Session, cast: Cast) -> None:
    old, cleos = renew_link(session, cast.ben, NOW), renew_link(session, cast.cleo, NOW)
    new = renew_link(session, cast.ben, NOW + HOUR)
    assert [person_behind(session, token) for token in (new, cleos)] == [cast.ben, cast.cleo]
    with pytest.raises(NotYours):
        person_behind(session, old)
    found = link_of(session, cast.ben.id)
    assert found
    assert found.made_at == NOW + HOUR


def test_an_ended_address_shows_nothing(session: Session, cast: Cast) -> None:
    token = renew_link(session, cast.ben, NOW)
    for _ in range(2):
        end_link(session, cast.ben)
    with pytest.raises(NotYours):
        person_behind(session, token)
    assert link_of(session, cast.ben.id) is None


@pytest.mark.parametrize("token", ["", "x", "=cmd", "../../etc/passwd", "é" * 500])
def test_a_guess_leads_nowhere(session: Session, cast: Cast, token: str) -> None:
    renew_link(session, cast.ben, NOW)
    with pytest.raises(NotYours):
        person_behind(session, token)
