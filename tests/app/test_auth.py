"""Signing in, staying signed in and being signed out; and who else might be asking."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from litestar import get
from litestar.params import FromPath
from sqlmodel import Session, select

from app.auth import is_foreign, local_path, network_address, sits_here
from app.db import counting
from app.doors import organizer_of_season
from app.routes import ROUTES
from app.settings import Settings
from challenges import signins
from challenges.letters import Letter
from challenges.people import Person
from challenges.seasons import RoleKind, end_role, grant, role_of
from tests.cast import Cast, make_cast
from tests.makers import make_scene, make_season, secret_of
from tests.web import Browser, Site, open_site

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what never reaches the database."""

SENT = "We have sent a link and a code of six digits."


def secret(site: Site, email: str) -> dict[str, str]:
    found: dict[str, str] = site.write(lambda session: secret_of(session, email))
    return found


def sign_in_by_code(site: Site, browser: Browser, email: str, then: str = "/account", zone: str = "") -> Any:
    browser.send_form("/sign-in", email=email, next=then, zone=zone)
    return browser.send_form("/sign-in/code", email=email, code=secret(site, email)["code"])


def test_a_code_signs_in_and_leads_to_where_one_wanted_to_go(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/account").url.path == "/sign-in"
    answer = browser.send_form("/sign-in", email=" New@Example.org ", next="/account?tab=1", zone="Asia/Tokyo")
    assert (answer.url.path, SENT in answer.text, "new@example.org" in answer.text) == ("/sign-in/code", True, True)
    code = secret(site, "new@example.org")["code"]
    answer = browser.send_form("/sign-in/code", email="new@example.org", code=f"{code[:3]} {code[3:]}")
    assert (answer.status_code, str(answer.url)) == (200, f"{site.settings.url}/account?tab=1")
    person = site.write(lambda session: session.exec(select(Person).where(Person.email == "new@example.org")).one())
    assert (person.name, person.zone) == ("new", "Asia/Tokyo")


def test_a_code_works_once(site: Site) -> None:
    sign_in_by_code(site, site.browser(), "ben@example.org")
    answer = site.browser().send_form(
        "/sign-in/code", email="ben@example.org", code=secret(site, "ben@example.org")["code"]
    )
    assert (answer.status_code, "This is not the code" in answer.text) == (422, True)


def test_a_wrong_code_is_counted_although_it_is_refused(site: Site) -> None:
    browser = site.browser()
    browser.send_form("/sign-in", email="ben@example.org")
    right = secret(site, "ben@example.org")["code"]
    for _ in range(signins.GUESSES):
        wrong = f"{(int(right) + 1) % 10**6:06}"
        answer = browser.send_form("/sign-in/code", email="ben@example.org", code=wrong)
        assert (answer.status_code, wrong in answer.text) == (422, True)
    assert browser.send_form("/sign-in/code", email="ben@example.org", code=right).status_code == 422


def test_a_code_of_sixteen_minutes_ago_is_refused(site: Site) -> None:
    browser = site.browser()
    browser.send_form("/sign-in", email="ben@example.org")
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16)):
        answer = browser.send_form(
            "/sign-in/code", email="ben@example.org", code=secret(site, "ben@example.org")["code"]
        )
    assert (answer.status_code, "older than 15 minutes" in answer.text) == (422, True)


def test_a_link_changes_nothing_until_its_button_is_pressed(site: Site, people: Cast) -> None:
    site.browser().send_form("/sign-in", email="ben@example.org", next="/account")
    link = f"/sign-in/link/{secret(site, 'ben@example.org')['link']}"
    for _ in range(3):  # a mail scanner follows it
        answer = site.browser().get(f"{link}?next=/account")
        assert (answer.status_code, "ben@example.org" in answer.text) == (200, True)
    browser = site.browser()  # another browser than the one that asked
    assert browser.send_form(link, next="/account", zone="Europe/Berlin").url.path == "/account"
    again = site.browser().send_form(link, next="/account")
    assert (again.status_code, "has been used" in again.text) == (422, True)
    looked_at = site.browser().get(link)
    assert (looked_at.status_code, "has been used" in looked_at.text) == (200, True)


def test_the_answer_is_the_same_for_an_address_that_nobody_has(site: Site, people: Cast) -> None:
    answers = []
    for email in ("ben@example.org", "nobody@example.org"):
        with counting(site.database) as statements:
            answer = site.browser(follow_redirects=False).send_form("/sign-in", email=email)
        kinds = [text.split()[0] for text in statements.texts]
        answers.append((answer.status_code, answer.headers["location"], answer.text, kinds))
    assert answers[0] == answers[1]


def test_asking_too_often_is_told_when_to_come_back(site: Site) -> None:
    browser = site.browser()
    for _ in range(signins.CODES_PER_ADDRESS):
        assert browser.send_form("/sign-in", email="ben@example.org").status_code == 200
    answer = browser.send_form("/sign-in", email="ben@example.org")
    assert (answer.status_code, answer.headers["retry-after"], "several codes" in answer.text) == (429, "900", True)
    letters = site.write(lambda session: session.exec(select(Letter).where(Letter.to_email == "ben@example.org")).all())
    assert len(letters) == signins.CODES_PER_ADDRESS


def test_a_malformed_address_is_refused_beside_what_was_typed(site: Site) -> None:
    answer = site.browser().send_form("/sign-in", email='"<b>@x', next="/account")
    assert (answer.status_code, "not a mail address" in answer.text) == (422, True)
    assert 'value="&#34;&lt;b&gt;@x"' in answer.text
    assert 'name="next" value="/account"' in answer.text


@pytest.mark.parametrize("email", ["ben@example.org"])
def test_the_cookie_is_out_of_reach_and_new_at_every_sign_in(site: Site, people: Cast, email: str) -> None:
    browser = site.browser(people.ben, follow_redirects=False)
    before = browser.cookies["charrette"]
    browser.send_form("/sign-in", email=email)
    answer = browser.send_form("/sign-in/code", email=email, code=secret(site, email)["code"])
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("charrette="))
    assert re.fullmatch(r"charrette=[\w-]{43}; HttpOnly; Max-Age=34560000; Path=/; SameSite=lax", cookie)
    assert browser.cookies["charrette"] != before
    old = site.browser(follow_redirects=False)
    old.cookies.set("charrette", before, domain="127.0.0.1")
    assert old.get("/account").headers["location"] == "/sign-in?next=/account"


@ON_SQLITE
def test_under_https_cookies_belong_to_this_host_alone(site_settings: Callable[..., Settings]) -> None:
    settings = site_settings(url="https://charrette.test", s3_public_endpoint="https://files.test", demo=True)
    with open_site(settings) as site:
        answer = site.browser().get("/sign-in")
        cookie = answer.headers["set-cookie"]
        assert re.fullmatch(r"__Host-charrette-csrf=\w+; HttpOnly; Path=/; SameSite=lax; Secure", cookie)
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
        assert "connect-src 'self' https://files.test" in answer.headers["content-security-policy"]


def test_signing_out_ends_the_session_on_the_server(site: Site, people: Cast) -> None:
    browser = site.browser(people.ben, follow_redirects=False)
    token = browser.cookies["charrette"]
    answer = browser.send_form("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "charrette" not in browser.cookies
    browser.cookies.set("charrette", token, domain="127.0.0.1")
    assert browser.get("/account").headers["location"] == "/sign-in?next=/account"


def test_somebody_sees_their_browsers_and_ends_one(site: Site, people: Cast) -> None:
    here, there = site.browser(people.ben), site.browser(people.ben)
    assert there.get("/account").status_code == 200
    addresses = re.findall(r'action="(/account/sessions/[^"]+/ending)"', here.get("/account").text)
    assert len(addresses) == 2
    viewed = site.write(lambda session: signins.find_session(session, there.cookies["charrette"], datetime.now(UTC)))
    assert "signed out" in here.send_form(f"/account/sessions/{viewed[0].id}/ending").text
    assert there.get("/account").url.path == "/sign-in"
    assert here.get("/account").status_code == 200


def test_nobody_ends_the_session_of_another(site: Site, people: Cast) -> None:
    ben = site.browser(people.ben)
    found = site.write(lambda session: signins.find_session(session, ben.cookies["charrette"], datetime.now(UTC)))
    assert site.browser(people.eve).send_form(f"/account/sessions/{found[0].id}/ending").status_code == 404
    assert ben.get("/account").status_code == 200


def test_a_session_lives_for_sixty_days_after_its_last_use(site: Site, people: Cast) -> None:
    browser = site.browser(people.ben)
    start = datetime.now(UTC)
    for days in (59, 118):
        with time_machine.travel(start + timedelta(days=days)):
            assert browser.get("/account").url.path == "/account"
    with time_machine.travel(start + timedelta(days=179)):
        assert browser.get("/account").url.path == "/sign-in"


def test_use_is_written_down_once_an_hour(site: Site, people: Cast) -> None:
    browser = site.browser(people.ben)
    browser.get("/account")
    for minutes, written in ((30, False), (61, True), (70, False)):
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)), counting(site.database) as statements:
            browser.get("/account")
        assert any(text.startswith("UPDATE websession") for text in statements.texts) == written


def test_knowing_who_asks_takes_two_statements(site: Site, people: Cast) -> None:
    browser = site.browser(people.ben)
    with counting(site.database) as statements:
        assert browser.get("/nothing-here").status_code == 404
    assert statements.count == 2
    with counting(site.database) as statements:
        browser.get("/static/nothing.css")
        browser.get("/health/live")
        site.browser().get("/nothing-here")
    assert statements.texts == []


@get("/probe/{slug:str}", guards=[organizer_of_season], sync_to_thread=True)
def organized(slug: FromPath[str]) -> str:
    return slug


def test_a_role_ends_with_the_next_request(
    site_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.main.ROUTES", [*ROUTES, organized])
    with open_site(site_settings()) as site:
        assert statuses_of_ben(site, site.write(make_cast)) == [404, 200, 404]


def statuses_of_ben(site: Site, people: Cast) -> list[int]:
    """Before he has a role, while he has it, after it ended."""
    season = site.write(make_season, people.ada)
    browser = site.browser(people.ben)
    seen: list[int] = []

    def change(session: Session, deed: str) -> None:
        now = datetime.now(UTC)
        if deed == "grant":
            grant(session, season, people.ben, RoleKind.ORGANIZER, people.ada, now)
        elif role := role_of(session, season.id, people.ben.id, RoleKind.ORGANIZER):
            end_role(session, role, people.ada, now)

    for deed in ("nothing", "grant", "end"):
        site.write(change, deed)
        seen.append(browser.get(f"/probe/{season.slug}").status_code)
    return seen


@ON_SQLITE
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}, 200),
        ({}, 200),
    ],
)
def test_a_form_of_another_site_is_refused(site: Site, people: Cast, headers: dict[str, str], status: int) -> None:
    browser = site.browser(people.ben)
    assert browser.send_form("/account", headers=headers, name="Benjamin", zone="UTC").status_code == status
    assert site.write(lambda session: session.get(Person, people.ben.id).name) == (
        "Benjamin" if status == 200 else "Ben"
    )


def test_a_form_without_our_token_is_refused(site: Site, people: Cast) -> None:
    browser = site.browser(people.ben)
    browser.token()
    for token in ("", "x" * 128, "é" * 128):
        answer = browser.post("/account", data={"_csrf_token": token, "name": "X", "zone": "UTC"})
        assert (answer.status_code, "reload the page" in answer.text) == (403, True)


@ON_SQLITE
@pytest.mark.parametrize("token", ["old", "0" * 128, "%C3%A9"])
def test_a_foreign_csrf_cookie_is_replaced_not_kept(site: Site, people: Cast, token: str) -> None:
    """After `./var` was emptied, browsers still have the cookie of the site before."""
    browser = site.browser(people.ben)
    browser.cookies.set("charrette-csrf", token, domain="127.0.0.1")
    browser.get("/account")
    assert browser.send_form("/account", name="Benjamin", zone="UTC").status_code == 200


def test_only_a_demo_offers_its_cast(site: Site, people: Cast) -> None:
    assert "Or play somebody" not in site.browser().get("/sign-in").text
    assert site.browser().send_form(f"/sign-in/cast/{people.ada.id}").status_code == 404


def test_a_demo_offers_its_cast(site_settings: Callable[..., Settings]) -> None:
    with open_site(site_settings(demo=True)) as site:
        people: Cast = site.write(make_cast)
        site.write(make_scene, people)
        browser = site.browser()
        page = browser.get("/sign-in?next=/account").text
        parts = dict(re.findall(r'<th scope="row"[^>]*>([^<]+)</th><td>([^<]+)</td>', page))
        assert (parts["Ada"], parts["Ben"], parts["Cleo"]) == ("organizer", "team Plan B", "team Plan B")
        assert ("Or play somebody" in page, f"/sign-in/cast/{people.cleo.id}" in page) == (True, True)
        answer = browser.send_form(f"/sign-in/cast/{people.cleo.id}", next="/account", zone="Europe/Rome")
        assert (answer.url.path, "cleo@example.org" in answer.text, "Europe/Rome" in answer.text) == (
            "/account",
            True,
            True,
        )


def test_name_and_zone_are_changed_or_kept_with_what_was_typed(site: Site, people: Cast) -> None:
    browser = site.browser(people.ben)
    assert "Saved." in browser.send_form("/account", name=" Ben  A. ", zone="Africa/Lagos").text
    assert "Saved." not in browser.get("/account").text  # shown once
    answer = browser.send_form("/account", name="Benjamin", zone="Mars/Base")
    assert (answer.status_code, 'value="Benjamin"' in answer.text, 'value="Mars/Base"' in answer.text) == (
        422,
        True,
        True,
    )
    person = site.write(lambda session: session.get(Person, people.ben.id))
    assert (person.name, person.zone) == ("Ben A.", "Africa/Lagos")


@pytest.mark.parametrize(
    ("wish", "goes"),
    [
        ("/account?x=1#y", "/account?x=1#y"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\nLocation: x", "/"),
        ("/seasons/€/edit?a=ü b", "/seasons/%E2%82%AC/edit?a=%C3%BC%20b"),
        ("/seasons/%E2%82%AC/edit", "/seasons/%E2%82%AC/edit"),
        ("/x?next=%2Fy&z=[1]+'2'~", "/x?next=%2Fy&z=[1]+'2'~"),
        ("/\ud800", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(wish: str, goes: str) -> None:
    assert local_path(wish) == goes


def test_the_browser_says_whose_form_it_is() -> None:
    ours = "https://charrette.test"
    assert not is_foreign({b"origin": b"https://charrette.test"}, ours)
    assert not is_foreign({b"origin": b"http://localhost:8000", b"host": b"localhost:8000"}, ours)
    assert is_foreign({b"origin": b"https://charrette.test.evil.example", b"host": b"charrette.test"}, ours)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("::1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "rubbish", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("8.8.8.8", "198.51.100.7", "8.8.8.8"),
        ("10.0.0.1", "198.51.100.7", "10.0.0.1"),
        ("192.168.1.5", "127.0.0.1", "192.168.1.5"),
        ("", "127.0.0.1", ""),
    ],
)
def test_a_proxy_is_believed_only_on_this_machine(peer: str, forwarded: str, address: str) -> None:
    scope = {"client": (peer, 1) if peer else None, "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert network_address(scope) == address


@pytest.mark.parametrize(
    ("peer", "headers", "here"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {b"host": b"127.0.0.1"}, True),
        ("192.168.1.5", {}, False),
        ("", {}, False),
        ("192.168.1.5", {b"x-forwarded-for": b"127.0.0.1"}, False),
        ("127.0.0.1", {b"x-forwarded-for": b"127.0.0.1"}, False),
        ("127.0.0.1", {b"forwarded": b"for=127.0.0.1"}, False),
        ("127.0.0.1", {b"x-real-ip": b"127.0.0.1"}, False),
        ("127.0.0.1", {b"via": b"1.1 proxy"}, False),
    ],
)
def test_whoever_comes_through_a_proxy_does_not_sit_here(peer: str, headers: dict[bytes, bytes], here: bool) -> None:
    assert sits_here({"client": (peer, 1) if peer else None, "headers": list(headers.items())}) is here


@ON_SQLITE
@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 404),
        ("192.168.1.5", {"x-forwarded-for": "127.0.0.1"}, 404),
    ],
)
def test_the_mailbox_is_for_whoever_sits_at_this_machine(
    site: Site, peer: str, headers: dict[str, str], status: int
) -> None:
    porch = site.app.asgi_handler

    async def from_peer(scope: Any, receive: Any, send: Any) -> None:
        await porch(scope | {"client": (peer, 1)} if scope["type"] == "http" else scope, receive, send)

    site.app.asgi_handler = from_peer
    assert site.browser(**headers).get("/mailbox").status_code == status


def test_signing_in_leads_back_to_an_address_with_any_letter(site: Site, people: Cast) -> None:
    wanted = "/seasons/%E2%82%AC/edit?a=%C3%BC"
    browser = site.browser(follow_redirects=False)
    asked = browser.get(wanted)
    assert (asked.status_code, asked.headers["location"].split("?")[0]) == (303, "/sign-in")
    then = parse_qs(urlsplit(asked.headers["location"]).query)["next"][0]
    assert sign_in_by_code(site, browser, "ben@example.org", then).headers["location"] == wanted
    unasked = sign_in_by_code(site, site.browser(follow_redirects=False), "ben@example.org", "/seasons/€/edit")
    assert (unasked.status_code, unasked.headers["location"]) == (303, "/seasons/%E2%82%AC/edit")
