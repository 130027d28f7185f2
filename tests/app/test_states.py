"""States over HTTP: the page says what each button changes, and each button does it once."""

from typing import Any

from sqlmodel import Session

from challenges.seasons import Season
from tests.makers import make_season
from tests.stage import Stage, leads_to, shown


def a_draft(session: Session, stage: Stage) -> Season:
    return make_season(session, stage.world_in(session).cast.ada, title="A draft", is_announced=False)


def put(session: Session, stage: Stage, **values: Any) -> None:
    for name, value in values.items():
        setattr(stage.world_in(session).season, name, value)


def test_a_draft_says_what_announcing_does(stage: Stage) -> None:
    season, ada = stage.write(a_draft, stage), stage.browser(stage.world.cast.ada)
    path = f"/seasons/{season.slug}"
    asks, at_once = f'href="{path}/states">Announce the season<', f'action="{path}/announcement"'
    assert shown(ada.get(path), asks, at_once) == (200, [at_once])
    assert shown(
        ada.get(f"{path}/states"), at_once, "Announce it now", "This cannot be taken back.", "draft (now)"
    ) == (200, [])
    for _ in range(2):
        assert leads_to(ada.send_form(f"{path}/announcement")) == (303, path)
    assert stage.browser().get(path).status_code == 200
    assert shown(ada.get(f"{path}/states"), "Announce it now") == (200, ["Announce it now"])


def test_a_season_that_is_not_ready_says_what_is_missing(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form(
        "/seasons", title="Bare", story="A story.", zone="UTC", starts_on="2026-12-01", ends_on="2026-12-31"
    )  # fmt: skip
    assert shown(ada.get("/seasons/bare/states"), "Not ready to be announced.") == (200, [])
    sentence = "Choose first how the season is played, and what happens to places that are too close to call."
    assert shown(ada.send_form("/seasons/bare/announcement"), sentence) == (422, [])
    assert stage.browser().get("/seasons/bare").status_code == 404


def test_ending_says_which_challenge_is_open_and_archiving_waits_for_the_end(stage: Stage) -> None:
    ada, home = stage.browser(stage.world.cast.ada), stage.world.home
    assert shown(ada.get(f"{home}/states"), "although challenge 3 is open now", "End it now") == (200, [])
    early = "This season is running, so nobody can archive it now."
    assert shown(ada.send_form(f"{home}/archiving"), early) == (422, [])
    for deed in ("ending", "ending", "archiving", "archiving"):
        assert leads_to(ada.send_form(f"{home}/{deed}")) == (303, f"{home}/states")
    assert stage.changes() == {"season": "~1", "trace": "+2"}
    page = ada.get(f"{home}/states")
    assert shown(page, "The season is archived since", "End it now") == (200, ["End it now"])
    late = ada.send_form(f"{home}/ending")
    assert shown(late, "This season is archived, so nobody can finish the season now.") == (422, [])


def test_pages_of_an_archived_season_refuse_every_change(stage: Stage) -> None:
    ada, home = stage.browser(stage.world.cast.ada), stage.world.home
    stage.write(put, stage, archived_at=stage.clock.at)
    told = {"title": "X", "story": "Y", "zone": "UTC", "starts_on": "2026-11-01", "ends_on": "2026-12-31"}
    sentence = "This season is archived, so nobody can tell its story and dates now."
    for path, form in (
        (home, told), (f"{home}/chapters", {"chapters-1-title": "A", "chapters-1-text": "B"}),
        (f"{home}/sponsors", {"sponsors-1-name": "A"}), (f"{home}/poster/words", {"alt": "A"}),
    ):  # fmt: skip
        assert (path, shown(ada.send_form(path, **form), sentence)) == (path, (422, []))
