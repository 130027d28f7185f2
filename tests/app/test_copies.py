"""Copies over HTTP and from the command line: clones, and seasons as files."""

import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from app.storage import Store
from challenges import posters
from challenges.seasons import Season
from tests.stage import Stage, beside, leads_to, shown

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)
CLONE = {"title": "The next Winter", "starts_on": "2027-11-01"}


def the_one_at(session: Session, slug: str) -> Season:
    return session.exec(select(Season).where(Season.slug == slug)).one()


def test_a_clone_is_a_draft_that_only_its_maker_sees(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    assert shown(ada.get(f"{world.home}/clones/new"), 'value="2027-10-31"', "Nobody is in it but you") == (200, [])
    assert leads_to(ada.send_form(f"{world.home}/clones", **CLONE)) == (303, "/seasons/the-next-winter/edit")
    changes = stage.changes()
    assert {name: changes.get(name) for name in ("season", "role", "challenge", "brief", "team", "entry")} == {
        "season": "+1", "role": "+1", "challenge": "+4", "brief": "+4", "team": None, "entry": None,
    }  # fmt: skip
    for person in (None, world.cast.ben, world.cast.dana, world.nora):
        assert stage.browser(person).get("/seasons/the-next-winter").status_code == 404


def test_a_refused_clone_keeps_what_was_typed(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    answer = ada.send_form(f"{world.home}/clones", **CLONE | {"title": " "})
    assert (answer.status_code, beside(answer, "title")) == (422, "Please write a title.")
    assert shown(answer, 'value="2027-11-01"') == (422, [])
    assert beside(ada.send_form(f"{world.home}/clones", **CLONE | {"starts_on": "9999-01-01"}), "starts_on") == (
        "Write a year from 2000 to 2199."
    )
    assert stage.changes() == {}


def test_an_organizer_who_is_no_founder_gets_the_file_and_no_clone(stage: Stage) -> None:
    def unfound(session: Session) -> None:
        stage.world_in(session).cast.ada.founder_since = None

    stage.write(unfound)
    ada, home = stage.browser(stage.world.cast.ada), stage.world.home
    page = ada.get(f"{home}/clones/new")
    assert shown(page, "Only a founder may create a season.", "Make the new season") == (200, ["Make the new season"])
    assert ada.send_form(f"{home}/clones", **CLONE).status_code == 422
    assert ada.get(f"{home}/season.json").status_code == 200
    assert ada.get("/seasons/imports/new").status_code == 404


def test_what_is_downloaded_is_brought_in_as_a_draft(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    file = ada.get(f"{stage.world.home}/season.json")
    assert file.headers["content-disposition"] == 'attachment; filename="the-long-winter.json"'
    made = ada.post("/seasons/imports", data={"_csrf_token": ada.token()}, files={"text": (None, file.text)})
    assert leads_to(made) == (303, "/seasons/the-long-winter-2/edit")
    assert ada.get("/seasons/the-long-winter-2/season.json").text == file.text
    for person in ("Ben", "Cleo", "Fay", "Dana", "@example.org", "Plan B"):
        assert person not in file.text


def test_a_file_that_cannot_be_read_makes_nothing_and_is_kept(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    whole = json.loads(ada.get(f"{stage.world.home}/season.json").text)
    whole["challenges"][3]["criteria"][1]["weight"] = "heavy"
    answer = ada.send_form("/seasons/imports", text=json.dumps(whole))
    sentence = "At challenges 4, criteria 2, weight: Here must stand a whole number, such as 3."
    assert (answer.status_code, beside(answer, "text")) == (422, sentence)
    assert shown(answer, '"weight": "heavy"') == (422, [])
    assert stage.changes() == {}


def test_a_form_that_is_too_large_is_refused(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    answer = ada.post("/seasons/imports", data={"_csrf_token": ada.token()}, files={"text": (None, "x" * 2**21)})
    assert answer.status_code == 413


def test_html_in_a_file_is_text_on_every_page(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    whole = json.loads(ada.get(f"{stage.world.home}/season.json").text)
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    whole["season"] |= {"title": f"Evil {evil}"[:80], "story": evil}
    whole["chapters"] = [{"title": evil[:80], "text": evil}]
    whole["sponsors"] = [{"name": evil[:80], "line": evil}]
    whole["challenges"][0] |= {"title": evil[:80], "summary": evil, "brief": evil}
    _, there = leads_to(ada.send_form("/seasons/imports", text=json.dumps(whole)))
    home = there.removesuffix("/edit")
    for path in ("", "/edit", "/chapters", "/sponsors", "/states", "/clones/new", "/challenges/1"):
        page = ada.get(home + path)
        assert (path, page.status_code, [one for one in ("<script>alert", "<img src=x") if one in page.text]) == (
            path, 200, [],
        )  # fmt: skip


def test_a_poster_travels_within_the_file(stage: Stage, store: Store) -> None:
    ada = stage.browser(stage.world.cast.ada)
    whole = json.loads(ada.get(f"{stage.world.home}/season.json").text)
    whole["poster"] = {"alt": "A bridge", "type": "image/png", "content": b64encode(PICTURE).decode()}
    assert ada.send_form("/seasons/imports", text=json.dumps(whole)).status_code == 303
    season = stage.write(the_one_at, "the-long-winter-2")
    assert season.poster_key
    assert b"".join(store.read(season.poster_key, season.poster_version_id or "")) == PICTURE
    assert json.loads(ada.get("/seasons/the-long-winter-2/season.json").text)["poster"] == whole["poster"]


def test_a_large_poster_stays_out_of_the_file_of_the_page(stage: Stage, store: Store) -> None:
    large = PICTURE + bytes(2**20)
    stored = store.write("posters/a-test/1", large, "image/png")

    def hang(session: Session) -> None:
        world = stage.world_in(session)
        posters.hang(session, world.season, stored, "A bridge", world.cast.ada, stage.clock.at)

    stage.write(hang)
    ada = stage.browser(stage.world.cast.ada)
    assert json.loads(ada.get(f"{stage.world.home}/season.json").text)["poster"] is None


def command(*words: Any, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *map(str, words)], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", **variables},
    )  # fmt: skip
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_the_command_line_takes_a_season_out_and_in(stage: Stage, store: Store, seaweed: Any, tmp_path: Path) -> None:
    settings = stage.site.settings
    given = {
        "CHARRETTE_DATABASE_URL": settings.database_url, "CHARRETTE_DATA_DIR": str(settings.data_dir),
        "CHARRETTE_SECRET": "s" * 32, "CHARRETTE_S3_ENDPOINT": seaweed.endpoint,
        "CHARRETTE_S3_ACCESS_KEY": seaweed.access_key, "CHARRETTE_S3_SECRET_KEY": seaweed.secret_key,
        "CHARRETTE_S3_BUCKET": store.bucket,
    }  # fmt: skip
    large = PICTURE + bytes(2**20)
    stored = store.write("posters/a-test/2", large, "image/png")

    def hang(session: Session) -> None:
        world = stage.world_in(session)
        posters.hang(session, world.season, stored, "A bridge", world.cast.ada, stage.clock.at)

    stage.write(hang)
    file = tmp_path / "winter.json"
    assert command("season", "export", "the-long-winter", file, **given) == (
        0, f"{file} holds the season the-long-winter.", "",
    )  # fmt: skip
    assert command("season", "export", "the-long-winter", file, **given) == (
        1, "", f"{file} is there already. Name a new file.",
    )  # fmt: skip
    eve = "eve@example.org may not create seasons: `charrette organizer list` says who may."
    assert command("season", "import", file, "--by", "eve@example.org", **given) == (1, "", eve)
    code, said, _ = command("season", "import", file, "--by", "ada@example.org", **given)
    there = f"{settings.url}/seasons/the-long-winter-2"
    assert (code, said) == (0, f"A draft, which only ada@example.org sees: {there}")
    season = stage.write(the_one_at, "the-long-winter-2")
    assert b"".join(store.read(season.poster_key, season.poster_version_id)) == large
    missing = tmp_path / "none.json"
    assert command("season", "import", missing, "--by", "ada@example.org", **given) == (
        1, "", f"{missing} cannot be read as a text file.",
    )  # fmt: skip
