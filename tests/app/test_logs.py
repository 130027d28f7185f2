"""The log: one line a request, readable by machines, and no secret in any of it."""

import json
import logging
from collections.abc import Callable

import pytest

from app.auth import Cookies
from app.logs import without_secrets
from app.settings import Settings
from tests.cast import make_cast
from tests.web import open_site


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET http://s3/x?X-Amz-Signature=abc&X-Amz-Expires=60", "GET http://s3/x?X-Amz-Signature=…&X-Amz-Expires=60"),
        ("/sign-in/link/AbC-_9?next=/", "/sign-in/link/…?next=/"),
        ("/invitations/AbC-_9/acceptance", "/invitations/…/acceptance"),
        ("postgresql+psycopg://ada:hunter2@db/charrette", "postgresql+psycopg://ada:…@db/charrette"),
        ("nothing to hide", "nothing to hide"),
    ],
    ids=["presigned", "link", "invitation", "password", "plain"],
)
def test_secrets_are_made_harmless(text: str, clean: str) -> None:
    assert without_secrets(text) == clean


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_request_is_one_line_of_json(
    capsys: pytest.CaptureFixture[str], site_settings: Callable[..., Settings]
) -> None:
    with open_site(site_settings(log_format="json")) as site:
        ben = site.write(make_cast).ben
        answer = site.browser(ben).get("/account?code=123456")
        logging.getLogger("a.library").warning("took %s s from https://ada:hunter2@x/", 3)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    line = next(one for one in lines if one["logger"] == "charrette.requests")
    assert line.pop("ms") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "GET /account",
        "level": "info",
        "logger": "charrette.requests",
        "status": 200,
        "person": str(ben.id),
        "request": answer.headers["x-request-id"],
    }
    assert [one["event"] for one in lines if one["logger"] == "a.library"] == ["took 3 s from https://ada:…@x/"]


def test_a_sealed_cookie_cannot_be_written_by_others(site_settings: Callable[..., Settings]) -> None:
    settings = site_settings()
    cookies, others = Cookies(settings), Cookies(site_settings(secret="o" * 32))
    sealed = cookies.seal("Saved – “x”.")
    assert cookies.unseal(sealed) == "Saved – “x”."
    for forged in (others.seal("x"), sealed[:-1], f"x{sealed}", "", ".", "é.é", sealed.partition(".")[0]):
        assert cookies.unseal(forged) is None
