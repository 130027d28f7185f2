"""What people read when something cannot be done, and that it then has not been done."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from litestar import get, post
from litestar.params import FromPath
from sqlalchemy import event
from sqlmodel import select

from app.deps import Form, Now, Request, Session
from app.doors import anyone, check_doors, doors
from app.pages import Page, Redirect, page, see
from app.routes import ROUTES
from app.settings import Settings
from app.storage import StoreAway
from challenges.people import Person, person_for
from challenges.refusals import Conflict, NotYours, Refusal, TooMany
from tests.web import Site, open_site

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what never reaches the database."""

TROUBLES: dict[str, Exception] = {
    "bug": ZeroDivisionError("secret detail"),
    "refusal": Refusal("The name is taken.", field="name"),
    "conflict": Conflict("Somebody changed this meanwhile."),
    "often": TooMany("Wait five minutes.", 300),
    "not-yours": NotYours(),
    "store": StoreAway("no route"),
}


@get("/probe", guards=[anyone], sync_to_thread=True)
def shown(request: Request, session: Session) -> Page:
    count = len(session.exec(select(Person).where(Person.email == "probe@example.org")).all())
    return page(
        request,
        "web/account/show.html",
        person=Person(email=f"{count} probes", name="N", zone="UTC"),
        browsers=[],
        zones=[],
        held=[],
        tokens=[],
    )


@get("/probe/{kind:str}", guards=[anyone], sync_to_thread=True)
def fails(session: Session, kind: FromPath[str]) -> None:
    raise TROUBLES[kind]


@post("/probe/{kind:str}", guards=[anyone], sync_to_thread=True, redraw=shown)
def writes_and_fails(session: Session, form: Form, now: Now, kind: FromPath[str]) -> None:
    person_for(session, "probe@example.org", form.name or "probe", now)
    raise TROUBLES[kind]


def full_disk(session: object) -> None:
    raise OSError("the disk is full")


@post("/uncommitted", guards=[anyone], sync_to_thread=True)
def cannot_be_committed(request: Request, session: Session, now: Now) -> Redirect:
    person_for(session, "probe@example.org", "probe", now)
    event.listen(session, "before_commit", full_disk)
    return see(request, "/probe", notice="Done.")


@post("/plain", guards=[anyone], sync_to_thread=True)
def refuses_plainly(session: Session) -> None:
    raise Refusal("Not like this.", field="name")


@post("/twice/{when:str}", guards=[anyone], sync_to_thread=True, redraw=shown)
def comes_second(request: Request, session: Session, form: Form, now: Now, when: FromPath[str]) -> Redirect:
    """What the second of two requests does that both looked before either wrote."""
    email = None if when == "broken" else "probe@example.org"
    session.add_all([Person(email=email, name=form.name, joined_at=now) for _ in "ab"])
    if when == "handler":
        session.flush()
    return see(request, "/probe", notice="Done.")


@pytest.fixture
def probes(site_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(
        "app.main.ROUTES", [*ROUTES, shown, fails, writes_and_fails, cannot_be_committed, comes_second, refuses_plainly]
    )
    with open_site(site_settings()) as site:
        yield site


@ON_SQLITE
@pytest.mark.parametrize(
    ("kind", "status", "sentence"),
    [
        ("bug", 500, "This step was not done"),
        ("not-yours", 404, "There is no such page"),
        ("store", 503, "The file store does not answer"),
        ("refusal", 422, "The name is taken."),
        ("often", 429, "Wait five minutes."),
    ],
)
def test_an_error_is_a_page_with_a_reference_and_no_trace(probes: Site, kind: str, status: int, sentence: str) -> None:
    answer = probes.browser().get(f"/probe/{kind}")
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert answer.headers["x-request-id"] in answer.text
    assert not re.search(r"Traceback|ZeroDivision|secret detail|\.py", answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


def test_a_bug_is_in_the_log_under_its_reference(capsys: pytest.CaptureFixture[str], probes: Site) -> None:
    answer = probes.browser().get("/probe/bug")
    log = capsys.readouterr().err
    assert f"request {answer.headers['x-request-id']} failed" in log
    assert "ZeroDivisionError: secret detail" in log


def test_a_program_gets_a_problem_in_json(probes: Site) -> None:
    browser = probes.browser()
    browser.headers["accept"] = "application/json"
    answer = browser.send_form("/probe/refusal", name="X")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not done",
        "status": 422,
        "detail": "The name is taken.",
        "field": "name",
        "reference": answer.headers["x-request-id"],
    }
    assert browser.get("/nothing-here").json()["status"] == 404
    assert browser.get("/account").json()["detail"] == "Sign in first."


@pytest.mark.parametrize(("kind", "status"), [("refusal", 422), ("conflict", 409), ("often", 429)])
def test_a_refused_form_is_drawn_again_with_what_was_typed_and_nothing_was_done(
    probes: Site, kind: str, status: int
) -> None:
    answer = probes.browser().send_form(f"/probe/{kind}", name="What I <typed>")
    assert (answer.status_code, str(TROUBLES[kind]) in answer.text) == (status, True)
    assert 'value="What I &lt;typed&gt;"' in answer.text
    assert "0 probes" in answer.text


@pytest.mark.parametrize("kind", ["bug", "not-yours", "store"])
def test_whatever_fails_leaves_nothing_behind(probes: Site, kind: str) -> None:
    browser = probes.browser()
    assert browser.send_form(f"/probe/{kind}").status_code in (404, 500, 503)
    assert "0 probes" in browser.get("/probe").text


def test_a_commit_that_fails_is_never_a_success(probes: Site) -> None:
    browser = probes.browser(follow_redirects=False)
    answer = browser.send_form("/uncommitted")
    assert (answer.status_code, "location" in answer.headers) == (500, False)
    assert "0 probes" in browser.get("/probe").text


SECOND = "Somebody did the same at that moment. Look at the page again."


@pytest.mark.parametrize("when", ["handler", "commit"])
def test_whoever_comes_second_hears_so_and_keeps_what_they_typed(probes: Site, when: str) -> None:
    browser = probes.browser(follow_redirects=False)
    answer = browser.send_form(f"/twice/{when}", name="What I typed")
    seen = [words in answer.text for words in (SECOND, 'value="What I typed"', "0 probes")]
    assert (answer.status_code, seen) == (409, [True, True, True])
    browser.headers["accept"] = "application/json"
    told = browser.send_form(f"/twice/{when}", name="What I typed").json()
    assert (told["status"], told["detail"]) == (409, SECOND)


def test_a_row_that_breaks_another_rule_is_our_fault(probes: Site) -> None:
    answer = probes.browser().send_form("/twice/broken", name="X")
    assert (answer.status_code, SECOND in answer.text) == (500, False)


def test_htmx_gets_the_sentence_alone(probes: Site) -> None:
    answer = probes.browser().send_form("/plain", headers={"hx-request": "true"})
    assert (answer.status_code, "Not like this." in answer.text, "<html" in answer.text) == (422, True, False)


def test_a_refusal_without_a_page_to_draw_has_a_way_back(probes: Site) -> None:
    browser = probes.browser()
    answer = browser.send_form("/plain", headers={"referer": f"{probes.settings.url}/account"})
    assert (answer.status_code, 'href="/account"' in answer.text) == (422, True)
    answer = browser.send_form("/plain", headers={"referer": "https://evil.example/x"})
    assert "evil" not in answer.text


PART = b'--b\r\nContent-Disposition: form-data; name="name"'
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"


@ON_SQLITE
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (URLENCODED, b"%%%=%zz&name=\xff\xfe"),
        (URLENCODED, b"name=a%00b"),
        (MULTIPART, b"nonsense"),
        (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nhalf'),
        (MULTIPART, b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\r\n--b--\r\n'),
        (
            MULTIPART,
            PART + b"\r\nContent-Type: text/plain; charset=x\r\n\r\na\r\n--b--\r\n",
        ),
        ("multipart/form-data", b"--b"),
        ("application/json", b"{"),
        ("text/plain", b"name=x"),
    ],
)
def test_a_malformed_form_is_never_an_error_of_ours(probes: Site, kind: str, body: bytes) -> None:
    browser = probes.browser()
    headers = {"content-type": kind, "x-csrftoken": browser.token()}
    answer = browser.post("/sign-in", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["x-request-id"] in answer.text or "not a mail address" in answer.text


@ON_SQLITE
def test_naughty_strings_are_texts_like_others(site: Site) -> None:
    naughty = [
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "\u202e\u0007\ud7ff",
        "𝒳" * 500,
        "../../etc/passwd",
        "\x01",
        "%s%n",
    ]
    for word in naughty:
        answer = site.browser().send_form("/sign-in", email=word, next=word, zone=word)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
        assert site.browser().get("/sign-in", params={"next": word}).status_code == 200
        assert site.browser().get(f"/{quote(word)}").status_code == 404


@ON_SQLITE
def test_a_body_that_is_too_large(site: Site) -> None:
    answer = site.browser().send_form("/sign-in", email="x" * 3_000_000)
    assert (answer.status_code, "Too large" in answer.text) == (413, True)


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    ["/account/sessions/not-an-id/ending", "/%00", "/sign-in/link/%00", "/seasons/%00", "/x?y=%00", "/a" * 5000],
)
def test_addresses_that_name_nothing(site: Site, path: str) -> None:
    answer = site.browser().send_form(path)
    assert (answer.status_code, "Nothing here" in answer.text) == (404, True)


@ON_SQLITE
def test_unknown_methods_and_head(site: Site) -> None:
    browser = site.browser()
    assert [browser.request(method, "/sign-in").status_code for method in ("TRACE", "PROPFIND", "HEAD")] == [
        405,
        405,
        200,
    ]
    head, whole = browser.head("/sign-in"), browser.get("/sign-in")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    put = browser.put("/sign-in", headers={"x-csrftoken": browser.token()})
    assert (put.status_code, "Not like this" in put.text) == (405, True)


@ON_SQLITE
def test_every_answer_carries_the_headers(site: Site) -> None:
    browser = site.browser()
    expected = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-frame-options": "DENY",
    }
    answers = [browser.get(path) for path in ("/sign-in", "/nothing", "/static/nothing.css", "/health/live")]
    answers += [browser.post("/sign-in"), browser.request("TRACE", "/")]
    for answer in answers:
        assert {name: answer.headers[name] for name in expected} == expected
        policy = answer.headers["content-security-policy"]
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'; base-uri 'none'; object-src 'none'" in policy


@ON_SQLITE
def test_what_may_be_kept(site: Site, probes: Site) -> None:
    static = Path("app/static/manifest.json")
    if static.exists():
        built = json.loads(static.read_text())["app.css"]
        answer = site.browser().get(f"/static/{built}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert site.browser().get("/static/nothing.css").headers["cache-control"] == "no-store"
    assert site.browser().get("/sign-in").headers["cache-control"] == "private, no-cache"


@ON_SQLITE
def test_no_secret_reaches_the_log(capsys: pytest.CaptureFixture[str], site: Site) -> None:
    site.browser().get("/sign-in/link/very-secret-link?next=/x&X-Amz-Signature=abc")
    line = next(line for line in capsys.readouterr().err.splitlines() if "charrette.requests" in line)
    assert "GET /sign-in/link/…" in line
    assert "very-secret" not in line
    assert "abc" not in line


@ON_SQLITE
def test_a_route_without_a_door_stops_the_start(
    site_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    @get("/open", sync_to_thread=False)
    def open_to_all() -> str:
        return ""

    monkeypatch.setattr("app.main.ROUTES", [*ROUTES, open_to_all])
    with pytest.raises(RuntimeError, match="/open has no door"), open_site(site_settings()):
        pass


@ON_SQLITE
def test_every_route_tells_its_doors(site: Site) -> None:
    check_doors(site.app)
    known = {(door.method, door.path): door.guards for door in doors(site.app)}
    assert known["POST", "/sign-out"] == ("signed_in",)
    assert known["POST", "/sign-in/cast/{person_id:uuid}"] == ("only_in_demo",)
    assert known["POST", "/demo/clock"] == ("only_with_clock",)


def test_health(site: Site) -> None:
    browser = site.browser()
    assert browser.get("/health/live").json() == {"status": "ok"}
    answer = browser.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "down", "parts": {"database": "ok", "files": "down", "worker": "down"}}
