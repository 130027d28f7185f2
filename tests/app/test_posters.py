"""Posters over HTTP: straight to the store by a plain form, and shown to whoever may see the season."""

import re
from html import unescape

import httpx
from sqlmodel import Session

from app.storage import Store
from challenges.seasons import Season
from tests.stage import Stage, beside, leads_to, shown

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)


def send(page: str, content: bytes) -> httpx.Response:
    """Fill in the form on this page as a browser does."""
    form = page.split('id="send"')[1]
    action = re.search(r'action="([^"]+)"', form)
    assert action
    fields = {name: unescape(text) for name, text in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}
    fields.pop("_csrf_token", None)
    return httpx.post(unescape(action[1]), data=fields, files={"file": ("poster", content)}, follow_redirects=False)


def arrival(answer: httpx.Response) -> str:
    return httpx.URL(answer.headers["location"]).path


def test_a_picture_is_sent_looked_at_and_put_up(stage: Stage, store: Store) -> None:
    world = stage.world
    ada, path = stage.browser(world.cast.ada), f"{world.home}/poster"
    there = arrival(send(ada.get(f"{path}/edit").text, PICTURE))
    assert re.fullmatch(rf"{path}/uploads/[0-9a-f-]{{36}}", there)
    assert shown(ada.get(there), "Nobody else sees it yet.") == (200, [])
    assert stage.browser().get(path).status_code == 404
    wordless = ada.send_form(there, alt=" ")
    sentence = "Please write a sentence that says what the picture shows."
    assert (wordless.status_code, beside(wordless, "alt")) == (422, sentence)
    assert stage.changes() == {}
    for _ in range(2):
        assert leads_to(ada.send_form(there, alt="A bridge")) == (303, f"{path}/edit")
    answer = stage.browser().get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "private, max-age=30")
    picture = httpx.get(answer.headers["location"])
    assert (picture.content, picture.headers["content-type"]) == (PICTURE, "image/png")
    assert shown(ada.get(f"{path}/edit"), f'src="{path}"', 'alt="A bridge"') == (200, [])
    assert leads_to(ada.send_form(f"{path}/words", alt="A lorry")) == (303, f"{path}/edit")
    for _ in range(2):
        assert leads_to(ada.send_form(f"{path}/removal")) == (303, f"{path}/edit")
    assert stage.browser().get(path).status_code == 404


def test_what_is_no_picture_is_not_put_up(stage: Stage, store: Store) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/poster"
    there = arrival(send(ada.get(f"{path}/edit").text, b"<svg onload=alert(1)>"))
    assert leads_to(ada.get(there)) == (303, f"{path}/edit")
    assert leads_to(ada.send_form(there, alt="A bridge")) == (303, f"{path}/edit")
    assert stage.changes() == {}


def test_the_store_refuses_a_picture_that_is_too_large(stage: Stage, store: Store) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/poster"
    assert send(ada.get(f"{path}/edit").text, PICTURE + bytes(4 * 2**20)).status_code == 400


def test_the_poster_of_a_draft_is_its_organizers_alone(stage: Stage, store: Store) -> None:
    world = stage.world
    stored = store.write("posters/a-test/3", PICTURE, "image/png")

    def draft(session: Session) -> None:
        season: Season = stage.world_in(session).season
        season.poster_key, season.poster_version_id, season.poster_type = stored.key, stored.version_id, "image/png"
        season.announced_at = None

    stage.write(draft)
    people = (None, world.cast.ben, world.cast.dana, world.nora, world.cast.ada)
    assert [stage.browser(one).get(f"{world.home}/poster").status_code for one in people] == [404] * 4 + [303]
