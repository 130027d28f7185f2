"""People: who somebody is, by one address, under a name that cannot forge a header."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlmodel import Session

from challenges import people
from challenges.people import clean_address, clean_name, clean_zone
from challenges.refusals import Refusal
from tests.cast import Cast, make_person
from tests.makers import DAY, NOW
from tests.refused import outcome, refused

NO_ADDRESS = "That is not a mail address. It looks like name@example.org."


def test_an_address_is_stored_in_one_form() -> None:
    assert clean_address("  Ada.Lovelace+vdm@Example.ORG ") == "ada.lovelace+vdm@example.org"
    assert clean_address("ünal@münchen.example") == "ünal@münchen.example"


@pytest.mark.parametrize(
    "text",
    [
        "", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "ada@example.org, eve@example.org",
        "ada@example.org\r\nBcc: eve@example.org", "Ada <ada@example.org>", "a\x00da@example.org", "\ud800@example.org",
        "ada@@example.org", "ada@example.o", f"{'a' * 65}@example.org", f"a@{'b' * 250}.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with refused(NO_ADDRESS, "email"):
        clean_address(text)


def test_the_longest_name_before_the_at_is_taken() -> None:
    assert clean_address(f"{'a' * 64}@example.org") == f"{'a' * 64}@example.org"


def test_a_name_is_one_printable_line() -> None:
    assert clean_name("  Ada\r\nBcc:\teve\x00 Lovelace\u2028 ") == "Ada Bcc: eve Lovelace"
    with refused("Please write a title.", "title"):
        clean_name(" \n\x00 ", field="title", called="title")
    assert clean_name("x" * 80) == "x" * 80
    with refused("That is longer than 80 characters.", "name"):
        clean_name("x" * 81)


@given(some.text(max_size=200))
def test_whatever_is_typed_a_name_is_printable_or_refused(text: str) -> None:
    name = outcome(lambda: clean_name(text))
    if isinstance(name, Refusal):
        assert name.message in {"Please write a name.", "That is longer than 80 characters."}
    else:
        assert (name.isprintable(), name.strip(), clean_name(name)) == (True, name, name)


def test_a_zone_is_one_that_exists() -> None:
    assert clean_zone("America/Argentina/Buenos_Aires") == "America/Argentina/Buenos_Aires"
    for text in ("Europe/Bielefeld", "", "../../etc/passwd", "europe/berlin"):
        with refused(
            f"There is no time zone called “{text}”. Choose one from the list, such as Europe/Berlin.", "zone"
        ):
            clean_zone(text)


def test_a_person_is_made_once_and_keeps_their_name(session: Session) -> None:
    made = people.person_for(session, "Kim@Example.org", None, NOW)
    assert (made.email, made.name, made.zone, made.joined_at) == ("kim@example.org", "kim", None, NOW)
    assert people.person_for(session, "kim@example.org", "Somebody else", NOW + DAY) == made
    assert (made.name, made.joined_at) == ("kim", NOW)
    assert people.find_person(session, " KIM@example.org") == made


def test_somebody_unknown_is_not_found(session: Session, cast: Cast) -> None:
    assert people.find_person(session, "kim@example.org") is None


def test_a_person_can_rename_and_move(cast: Cast) -> None:
    people.rename(cast.ben, " Benjamin  B. ")
    people.move(cast.ben, "Asia/Tokyo")
    assert (cast.ben.name, cast.ben.zone) == ("Benjamin B.", "Asia/Tokyo")
    with refused("Please write a name.", "name"):
        people.rename(cast.ben, " ")
    with refused("There is no time zone called “Mars”. Choose one from the list, such as Europe/Berlin.", "zone"):
        people.move(cast.ben, "Mars")
    assert (cast.ben.name, cast.ben.zone) == ("Benjamin B.", "Asia/Tokyo")


def test_founders_come_and_go(session: Session, cast: Cast) -> None:
    eve = people.make_founder(session, "eve@example.org", "Not her name", NOW)
    assert (eve, eve.name, eve.founder_since) == (cast.eve, "Eve", NOW)
    assert people.make_founder(session, "eve@example.org", None, NOW + DAY).founder_since == NOW
    assert [founder.name for founder in people.founders(session)] == ["Ada", "Eve", "Nora"]

    assert people.unmake_founder(session, "EVE@example.org") == eve
    assert [founder.name for founder in people.founders(session)] == ["Ada", "Nora"]
    assert people.unmake_founder(session, "nobody@example.org") is None


def test_people_by_id_gives_those_and_no_others(session: Session, cast: Cast) -> None:
    assert people.people_by_id(session, {cast.ada.id, cast.eve.id}) == {cast.ada.id: cast.ada, cast.eve.id: cast.eve}
    assert people.people_by_id(session, set()) == {}


def test_instants_come_back_aware_and_in_utc(session: Session) -> None:
    person = make_person(session)
    session.flush()
    session.refresh(person)
    assert (person.joined_at, person.joined_at.utcoffset(), person.joined_at.tzname()) == (NOW, NOW.utcoffset(), "UTC")
