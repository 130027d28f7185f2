"""Tokens on the account page: shown once, on the answer itself, and revoked there."""

import re

import httpx
import pytest
from sqlmodel import select

from app.logs import without_secrets
from challenges import tokens
from challenges.history import Trace
from challenges.tokens import ApiToken, TokenScope
from tests.makers import DAY, HOUR
from tests.stage import Stage, at_once, beside, leads_to, shown

TOKENS = "/account/tokens"
WORDS = {"token_name": "The hall", "token_scopes": ["team"], "token_days": "90"}


def made(answer: httpx.Response) -> str:
    """The token on the page that follows the form."""
    (text,) = set(re.findall(r"chr_[\w-]{43}", answer.text))
    return str(text)


def test_the_answer_shows_it_and_nothing_else_ever_does(stage: Stage) -> None:
    ben = stage.browser(stage.world.cast.ben)
    answer = ben.send_form(TOKENS, **WORDS)
    assert shown(answer, "Copy this token now. It is shown only this once.", "The hall", "25 Feb") == (201, [])
    text = made(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert text not in str(answer.headers)
    assert stage.changes() == {"apitoken": "+1", "trace": "+1"}
    for path in ("/account", stage.world.home):
        assert text not in ben.get(path).text
    for rows in stage.rows().values():
        assert text not in str(rows)
    assert ben.get("/api/v1/me", headers={"authorization": f"Bearer {text}"}).json()["token"] == {
        "name": "The hall", "scopes": ["team"], "expires_at": "2027-02-25T12:00:00Z",
    }  # fmt: skip


def test_the_account_lists_what_lives_and_revokes_it(stage: Stage) -> None:
    ben = stage.browser(stage.world.cast.ben)
    text = made(ben.send_form(TOKENS, token_name="Mine", token_scopes=list(TokenScope), token_days="1"))
    with stage.database.reading() as session:
        token = tokens.find(session, text, stage.clock.at)
    assert token
    page = ben.get("/account")
    assert shown(page, "Mine", "what everybody reads, my team, my desk, seasons I organize", "never") == (200, [])
    ben.get("/api/v1/me", headers={"authorization": f"bearer  {text} "})
    assert "never" not in re.sub(r"(?s)A screen in the hall.*", "", ben.get("/account").text.split("Mine")[1])
    path = f"{TOKENS}/{token[0].id}/revocation"
    assert leads_to(stage.browser(stage.world.cast.eve).send_form(path)) == (404, "")
    for _ in range(2):
        assert leads_to(ben.send_form(path)) == (303, "/account#tokens")
    assert "Mine" not in ben.get("/account").text
    assert stage.browser(authorization=f"Bearer {text}").get("/api/v1/me").status_code == 401
    with stage.database.reading() as session:
        deeds = [
            one.deed for one in session.exec(select(Trace).where(Trace.thing_id == token[0].id).order_by(Trace.deed))
        ]
    assert deeds == ["token.created", "token.revoked"]
    stage.clock.at += 90 * DAY
    assert "A screen in the hall" not in ben.get("/account").text


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        ({"token_name": " "}, "token_name", "Please write a name."),
        ({"token_days": "366"}, "token_days", "A token lives from 1 to 365 days."),
        ({"token_days": "soon"}, "token_days", "Write a whole number, such as 3."),
        ({"token_scopes": ["team", "all"]}, "token_scopes", "Choose from the list what the token may read."),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    stage: Stage, over: dict[str, object], field: str, sentence: str
) -> None:
    answer = stage.browser(stage.world.cast.ben).send_form(TOKENS, **{**WORDS, **over})
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    page = answer.text.split('id="tokens"')[1]
    assert re.search(r'<details class="more" open>', page)
    assert 'value="team" checked' in page
    assert stage.changes() == {}


def test_two_clicks_leave_one_token(stage: Stage) -> None:
    ben = stage.browser(stage.world.cast.ben)
    ben.token()
    answers = at_once(*[lambda: ben.send_form(TOKENS, **WORDS)] * 2)
    texts = [made(answer) for answer in answers]
    with stage.database.reading() as session:
        living = [tokens.find(session, text, stage.clock.at) is not None for text in texts]
        rows = len(session.exec(select(ApiToken).where(ApiToken.name == "The hall")).all())
    assert (sorted(living), rows) == ([False, True], 2)


def test_its_use_is_written_down_once_an_hour(stage: Stage) -> None:
    text = stage.write(tokens.create, stage.world.cast.ben, "x", [], 90, stage.clock.at)[1]
    program, began = stage.browser(authorization=f"Bearer {text}"), stage.clock.at
    used = []
    for later in (0, 1, 2):
        stage.clock.at = began + later * HOUR / 2
        program.get("/api/v1/me")
        with stage.database.reading() as session:
            found = tokens.find(session, text, stage.clock.at)
            assert found
            used.append(found[0].used_at)
    assert used == [began, began, began + HOUR]


def test_no_log_keeps_one(stage: Stage, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    text = stage.write(tokens.create, stage.world.cast.ben, "x", [], 90, stage.clock.at)[1]
    assert without_secrets(f"Authorization: Bearer {text}, {text}") == "Authorization: Bearer chr_…, chr_…"
    with caplog.at_level("DEBUG"):
        for shown_as in (text, text + "x"):
            stage.browser(authorization=f"Bearer {shown_as}").get("/api/v1/me")
    assert text not in caplog.text + "".join(capfd.readouterr())
