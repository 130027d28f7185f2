"""Signing in: a code and a link, once, for fifteen minutes; guesses are counted; sessions live sixty days."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from challenges import people, signins
from challenges.refusals import TooMany
from challenges.signins import SignInCode, WebSession
from tests.cast import Cast
from tests.makers import DAY, HOUR, MINUTE, NOW, SECOND, letters_to, secret_of
from tests.refused import not_yours, refused

ADDRESS = "kim@example.org"
OLD_LINK = "This link has been used or is older than 15 minutes. Ask for a new one; it takes a moment."
LIFE = timedelta(minutes=15)
Look = Callable[[Session, str, datetime], object]


def asked(session: Session, now: datetime = NOW, email: str = ADDRESS) -> dict[str, str]:
    signins.ask(session, email, "198.51.100.1", now)
    return secret_of(session, email.strip().lower())


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06}"


def test_somebody_unknown_gets_the_same_letter_as_somebody_known(session: Session, cast: Cast) -> None:
    for email in (ADDRESS, cast.ben.email):
        signins.ask(session, f" {email.upper()} ", "198.51.100.1", NOW, then="/desk")
    told = [
        [
            (letter.kind, letter.to_name, letter.person_id, set(letter.facts), letter.facts["then"])
            for letter in letters_to(session, email)
        ]
        for email in (ADDRESS, cast.ben.email)
    ]
    keys = {"secret", "then", "minutes"}
    assert told == [[("sign_in", "kim", None, keys, "/desk")], [("sign_in", "ben", None, keys, "/desk")]]
    assert people.find_person(session, ADDRESS) is None


def test_neither_code_nor_link_nor_network_address_is_kept_in_the_clear(session: Session) -> None:
    row = signins.ask(session, ADDRESS, "198.51.100.1", NOW)
    secret = secret_of(session, ADDRESS)
    assert (len(secret["code"]), secret["code"].isdigit(), len(secret["link"])) == (6, True, 43)
    kept = row.model_dump_json()
    assert [part in kept for part in (secret["code"], secret["link"], "198.51.100.1")] == [False, False, False]


def test_the_code_signs_in_once(session: Session, cast: Cast) -> None:
    code = asked(session, email=cast.ben.email)["code"]
    assert signins.use_code(session, " BEN@example.org", f" {code[:3]} {code[3:]} ", NOW + LIFE - SECOND) == cast.ben
    assert signins.use_code(session, cast.ben.email, code, NOW + LIFE - SECOND) is None


def test_whoever_signs_in_first_becomes_a_person(session: Session) -> None:
    person = signins.use_code(session, ADDRESS, asked(session)["code"], NOW + MINUTE)
    assert person
    assert (person.email, person.name, person.joined_at) == (ADDRESS, "kim", NOW + MINUTE)


def test_a_code_is_for_its_own_address(session: Session, cast: Cast) -> None:
    code = asked(session)["code"]
    assert signins.use_code(session, cast.ben.email, code, NOW) is None
    assert signins.use_code(session, "nick@noise.example", code, NOW) is None


@pytest.mark.parametrize("after", [LIFE, LIFE + DAY])
def test_an_expired_code_opens_nothing(session: Session, after: timedelta) -> None:
    assert signins.use_code(session, ADDRESS, asked(session)["code"], NOW + after) is None


def test_the_fifth_guess_may_be_right_and_the_sixth_may_not(session: Session) -> None:
    code = asked(session)["code"]
    assert [signins.use_code(session, ADDRESS, wrong(code, by), NOW) for by in range(1, 5)] == [None] * 4
    with session.begin_nested() as savepoint:
        assert getattr(signins.use_code(session, ADDRESS, code, NOW), "email", None) == ADDRESS
        savepoint.rollback()
    session.expire_all()
    assert signins.use_code(session, ADDRESS, wrong(code, 5), NOW) is None
    assert signins.use_code(session, ADDRESS, code, NOW) is None
    assert [row.guesses for row in session.exec(select(SignInCode).where(SignInCode.email == ADDRESS))] == [5]


def test_a_guess_counts_for_every_code_of_the_address(session: Session) -> None:
    first = asked(session)["code"]
    second = asked(session, NOW + SECOND)["code"]
    for by in range(1, 6):
        signins.use_code(session, ADDRESS, wrong(second, by), NOW + SECOND)
    assert [signins.use_code(session, ADDRESS, code, NOW + SECOND) for code in (first, second)] == [None, None]


def test_an_earlier_code_still_works_beside_a_newer_one(session: Session) -> None:
    first = asked(session)["code"]
    asked(session, NOW + SECOND)
    assert getattr(signins.use_code(session, ADDRESS, first, NOW + MINUTE), "email", None) == ADDRESS


@pytest.mark.parametrize("code", ["", "abcdef", "1" * 5000, "①②③④⑤⑥", "\x00"])
def test_what_is_no_code_counts_as_a_guess(session: Session, code: str) -> None:
    asked(session)
    assert signins.use_code(session, ADDRESS, code, NOW) is None
    assert [row.guesses for row in session.exec(select(SignInCode).where(SignInCode.email == ADDRESS))] == [1]


def test_looking_at_a_link_uses_nothing(session: Session, cast: Cast) -> None:
    link = asked(session, email=cast.ben.email)["link"]
    assert [signins.find_link(session, link, NOW + MINUTE).used_at for _ in range(3)] == [None] * 3
    assert signins.use_link(session, link, NOW + LIFE - SECOND) == cast.ben


@pytest.mark.parametrize("look", [signins.find_link, signins.use_link])
def test_a_link_that_was_used_or_is_old_or_was_never_sent(session: Session, cast: Cast, look: Look) -> None:
    link = asked(session)["link"]
    with refused(OLD_LINK):
        look(session, link, NOW + LIFE)
    with refused(OLD_LINK):
        look(session, "never-sent", NOW)
    signins.use_link(session, link, NOW)
    with refused(OLD_LINK):
        look(session, link, NOW + SECOND)


def test_code_and_link_of_one_letter_are_one_sign_in(session: Session) -> None:
    secret = asked(session)
    signins.use_link(session, secret["link"], NOW)
    assert signins.use_code(session, ADDRESS, secret["code"], NOW) is None


def test_wrong_guesses_of_somebody_else_leave_the_link_alone(session: Session) -> None:
    secret = asked(session)
    for by in range(1, 9):
        signins.use_code(session, ADDRESS, wrong(secret["code"], by), NOW)
    assert signins.use_link(session, secret["link"], NOW).email == ADDRESS


def test_five_letters_to_an_address_in_a_quarter_of_an_hour(session: Session) -> None:
    for nth in range(5):
        signins.ask(session, ADDRESS, f"198.51.100.{nth}", NOW + nth * MINUTE)
    with pytest.raises(TooMany) as caught:
        signins.ask(session, ADDRESS, "198.51.100.9", NOW + LIFE - SECOND)
    assert (caught.value.message, caught.value.seconds) == (
        "We have sent several codes to this address. Use the newest one, or try again in 15 minutes.",
        900,
    )
    assert len(letters_to(session, ADDRESS)) == 5
    signins.ask(session, "lee@example.org", "198.51.100.9", NOW + LIFE - SECOND)
    signins.ask(session, ADDRESS, "198.51.100.9", NOW + LIFE)


def test_forty_letters_from_one_network(session: Session) -> None:
    for nth in range(40):
        signins.ask(session, f"kim{nth}@example.org", "198.51.100.1", NOW)
    with pytest.raises(TooMany) as caught:
        signins.ask(session, "kim@example.org", "198.51.100.1", NOW)
    assert (caught.value.message, caught.value.seconds) == (
        "Too many codes were asked for from your network. Try again in 15 minutes.",
        900,
    )
    signins.ask(session, "kim@example.org", "198.51.100.2", NOW)


def test_codes_of_yesterday_are_forgotten(session: Session) -> None:
    asked(session)
    signins.ask(session, "lee@example.org", "198.51.100.1", NOW + DAY + SECOND)
    assert [row.email for row in session.exec(select(SignInCode))] == ["lee@example.org"]


def test_no_letter_goes_to_what_is_no_address(session: Session) -> None:
    with refused("That is not a mail address. It looks like name@example.org.", "email"):
        signins.ask(session, "kim", "198.51.100.1", NOW)


def test_a_browser_is_signed_in_for_sixty_days(session: Session, cast: Cast) -> None:
    token = signins.begin(session, cast.ben, "Firefox" * 100, "Europe/Paris", NOW)
    found = signins.find_session(session, token, NOW + 60 * DAY - SECOND)
    assert found
    web_session, person = found
    assert (person, web_session.browser, person.zone) == (cast.ben, ("Firefox" * 100)[:200], "Europe/Paris")
    assert token not in web_session.model_dump_json()
    assert signins.find_session(session, token, NOW + 60 * DAY) is None
    assert signins.find_session(session, "another", NOW) is None


def test_use_renews_it(session: Session, cast: Cast) -> None:
    token = signins.begin(session, cast.ben, "Firefox", None, NOW)
    (web_session,) = signins.sessions_of(session, cast.ben, NOW)
    assert [signins.is_due_for_renewal(web_session, NOW + after) for after in (HOUR - SECOND, HOUR)] == [False, True]
    signins.renew(session, web_session.id, NOW + 59 * DAY)
    signins.renew(session, web_session.id, NOW + DAY)  # a slower request
    signins.renew(session, cast.ben.id, NOW)  # somebody else's id, or none
    assert web_session.used_at == NOW + 59 * DAY
    assert signins.find_session(session, token, NOW + 100 * DAY) == (web_session, cast.ben)


def test_the_browsers_zone_does_not_overwrite_the_persons(session: Session, cast: Cast) -> None:
    cast.ben.zone = "Asia/Tokyo"
    signins.begin(session, cast.ben, "Firefox", "Europe/Paris", NOW)
    signins.begin(session, cast.cleo, "Firefox", "Mars/Olympus", NOW)
    assert (cast.ben.zone, cast.cleo.zone) == ("Asia/Tokyo", None)


@pytest.fixture
def browsers(session: Session, cast: Cast) -> list[WebSession]:
    """Ben's two, the one used last first."""
    for browser, now in (("Firefox", NOW), ("Safari", NOW + HOUR)):
        signins.begin(session, cast.ben, browser, None, now)
    signins.begin(session, cast.cleo, "Chrome", None, NOW)
    return signins.sessions_of(session, cast.ben, NOW + HOUR)


def test_people_see_their_own_browsers_and_end_them(session: Session, cast: Cast, browsers: list[WebSession]) -> None:
    assert [one.browser for one in browsers] == ["Safari", "Firefox"]
    signins.end(session, cast.ben, browsers[0].id, NOW + 2 * HOUR)
    signins.end(session, cast.ben, browsers[0].id, NOW + 3 * HOUR)
    assert (browsers[0].ended_at, signins.sessions_of(session, cast.ben, NOW + HOUR)) == (NOW + 2 * HOUR, browsers[1:])
    assert signins.sessions_of(session, cast.ben, NOW + 60 * DAY) == []


def test_an_ended_browser_is_signed_out_at_once(session: Session, cast: Cast) -> None:
    token = signins.begin(session, cast.ben, "Firefox", None, NOW)
    signins.end(session, cast.ben, signins.sessions_of(session, cast.ben, NOW)[0].id, NOW)
    assert signins.find_session(session, token, NOW) is None


def test_nobody_ends_somebody_elses(session: Session, cast: Cast, browsers: list[WebSession]) -> None:
    for who, which in ((cast.eve, browsers[0].id), (cast.ben, cast.ben.id)):
        with not_yours():
            signins.end(session, who, which, NOW)
    assert browsers[0].ended_at is None
