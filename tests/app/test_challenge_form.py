"""The form of a challenge: rows left empty are left out, and a refusal loses nothing and stands where it belongs."""

import re
from datetime import date
from typing import Any

from app.routes.challenges import written_deliverables
from challenges.challenges import DeliverableText, find_for
from challenges.rewordings import texts_of
from challenges.rubrics import CriterionText, LevelText, scales_of
from challenges.seasons import Season, find_season
from tests.cast import NOW, Cast
from tests.makers import make_season
from tests.web import Browser, Site

PLAIN = {
    "title": "Protect", "summary": "Keep it warm.", "due": "2031-11-24T23:59", "zone": "Europe/Berlin",
    "brief": "It is cold.",
    "deliverables-1-title": "Design", "deliverables-1-kind": "pdf", "deliverables-1-size": "20",
    "deliverables-1-required": "yes",
    "criteria-1-title": "Why", "criteria-1-weight": "3", "criteria-1-guidance": "WHY more than HOW.",
    "criteria-1-level-1-title": "thin", "criteria-1-level-1-descriptor": "No reasons.",
    "criteria-1-level-2-title": "sound", "criteria-1-level-2-descriptor": "Reasons.",
}  # fmt: skip
SPARE = {"deliverables-2-title": "", "deliverables-2-kind": "pdf", "deliverables-2-size": "50"} | {
    f"criteria-{n}-{name}": "" for n in (2, 3) for name in ("title", "weight", "guidance", "level-1-title")
}


def season_of(site: Site, people: Cast) -> Season:
    season: Season = site.write(lambda session: make_season(session, people.ada, ends_on=date(2031, 12, 31)))
    return season


def send(browser: Browser, season: Season, **over: str) -> Any:
    return browser.send_form(f"/seasons/{season.slug}/challenges", **{**PLAIN, **SPARE, **over})


def value_of(html: str, name: str) -> str:
    """What a field of the page holds."""
    found = re.search(rf'<(?:input|textarea)[^>]*name="{name}"[^>]*>(?:\n([^<]*)</textarea>)?', html)
    assert found, f"there is no field {name}"
    said = re.search(r' value="([^"]*)"', found[0])
    return said[1] if said else (found[1] or "")


def wrong_fields(html: str) -> list[str]:
    """The names of the fields that are marked as wrong."""
    return [
        name[1]
        for tag in re.findall(r"<(?:input|textarea|select)[^>]*aria-invalid[^>]*>", html)
        if (name := re.search(r' name="([^"]*)"', tag))
    ]


def test_empty_rows_are_left_out_and_the_rest_is_kept(site: Site, people: Cast) -> None:
    season = season_of(site, people)
    assert send(site.browser(people.ada), season).url.path == f"/seasons/{season.slug}/challenges/1"
    with site.database.reading() as session:
        challenge = find_for(session, find_season(session, season.slug), 1, people.ada.id, NOW)
        assert written_deliverables(session, challenge) == [DeliverableText("Design", "pdf", True, 20)]
        levels = (LevelText("thin", "No reasons."), LevelText("sound", "Reasons."))
        assert texts_of(scales_of(session, challenge.rubric_version_id)) == [
            CriterionText("Why", 3, levels, "WHY more than HOW.")
        ]


def test_a_refusal_stands_at_the_row_as_it_is_drawn_again(site: Site, people: Cast) -> None:
    """Row 2 was left empty, so what was typed in row 3 comes back in row 2, and so does its refusal."""
    typed = {
        "criteria-3-title": "How", "criteria-3-weight": "2", "criteria-3-guidance": "Diagrams.",
        "criteria-3-level-1-title": "thin", "criteria-3-level-1-descriptor": "None.",
        "criteria-3-level-4-title": "sound", "criteria-3-level-4-descriptor": "",
    }  # fmt: skip
    answer = send(site.browser(people.ada), season_of(site, people), **typed)
    assert (answer.status_code, wrong_fields(answer.text)) == (422, ["criteria-2-level-2-descriptor"])
    names = (
        "title",
        "weight",
        "guidance",
        "level-1-title",
        "level-1-descriptor",
        "level-2-title",
        "level-2-descriptor",
    )
    back = [value_of(answer.text, f"criteria-2-{name}") for name in names]
    assert back == ["How", "2", "Diagrams.", "thin", "None.", "sound", ""]
    assert [value_of(answer.text, name) for name in PLAIN if not name.endswith("kind")] == [
        value for name, value in PLAIN.items() if not name.endswith("kind")
    ]


def test_what_is_no_number_is_refused_at_the_same_row(site: Site, people: Cast) -> None:
    answer = send(
        site.browser(people.ada), season_of(site, people), **{"criteria-3-title": "How", "criteria-3-weight": "much"}
    )
    assert (answer.status_code, wrong_fields(answer.text)) == (422, ["criteria-2-weight"])
    assert value_of(answer.text, "criteria-2-weight") == "much"


def test_a_criterion_whose_title_was_forgotten_is_not_dropped(site: Site, people: Cast) -> None:
    answer = send(site.browser(people.ada), season_of(site, people), **{"criteria-2-guidance": "Is it drawn?"})
    assert (answer.status_code, value_of(answer.text, "criteria-2-guidance")) == (422, "Is it drawn?")


def test_a_criterion_is_left_out_when_that_is_asked(site: Site, people: Cast) -> None:
    season = season_of(site, people)
    other = {name.replace("criteria-1", "criteria-2"): value for name, value in PLAIN.items() if "criteria" in name}
    send(site.browser(people.ada), season, **(other | {"criteria-1-remove": "yes", "criteria-2-title": "How"}))
    with site.database.reading() as session:
        challenge = find_for(session, find_season(session, season.slug), 1, people.ada.id, NOW)
        assert [criterion.title for criterion in texts_of(scales_of(session, challenge.rubric_version_id))] == ["How"]


def test_weights_that_are_all_zero_are_refused_at_the_first(site: Site, people: Cast) -> None:
    answer = send(site.browser(people.ada), season_of(site, people), **{"criteria-1-weight": "0"})
    assert (answer.status_code, wrong_fields(answer.text)) == (422, ["criteria-1-weight"])


def test_a_released_challenge_offers_an_amendment_instead_of_the_form(site: Site, people: Cast) -> None:
    season, ada = season_of(site, people), site.browser(people.ada)
    send(ada, season)
    ada.send_form(f"/seasons/{season.slug}/challenges/1/schedule", how="now")
    html = ada.get(f"/seasons/{season.slug}/challenges/1/edit").text
    assert ('name="criteria-1-title"' in html, f"/seasons/{season.slug}/challenges/1/amendments/new" in html) == (
        False,
        True,
    )


def test_a_file_is_left_out_when_that_is_asked_or_its_title_is_emptied(site: Site, people: Cast) -> None:
    season, ada = season_of(site, people), site.browser(people.ada)
    files = {
        f"deliverables-{n}-{name}": value
        for n, title in ((2, "Left out"), (3, ""), (4, "Diagrams"))
        for name, value in (("title", title), ("kind", "pdf"), ("size", "20"), ("required", "yes"))
    }
    send(ada, season, **files, **{"deliverables-2-remove": "yes"})
    with site.database.reading() as session:
        challenge = find_for(session, find_season(session, season.slug), 1, people.ada.id, NOW)
        assert [each.title for each in written_deliverables(session, challenge)] == ["Design", "Diagrams"]
    html = ada.get(f"/seasons/{season.slug}/challenges/1/edit").text
    assert html.count("Leave this file out when I save") == 2
    rows = [tag for tag in re.findall(r"<(?:input|select)[^>]*>", html) if 'name="deliverables-' in tag]
    assert [tag for tag in rows if re.search(r" required(?= |>)", tag)] == []


def test_a_rubric_with_one_level_says_so_in_the_singular(site: Site, people: Cast) -> None:
    answer = send(site.browser(people.ada), season_of(site, people), **{"criteria-1-level-2-title": "",
        "criteria-1-level-2-descriptor": ""})  # fmt: skip
    assert (answer.status_code, "1 level, “thin”" in answer.text) == (422, True)
    assert "“Why” needs 2 to 7 levels; here it has 1." in answer.text
    assert "Nothing was saved yet, and what you wrote is still here." in answer.text
