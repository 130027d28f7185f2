"""Rules and code of conduct over HTTP: public with their facts, and nothing of what is to come."""

from dataclasses import replace

import pytest
from sqlmodel import Session

from challenges import challenges, seasons, terms
from challenges.terms import TermsKind
from tests.makers import PLAY, make_season
from tests.stage import Stage, beside, leads_to, shown


def written(stage: Stage, kind: TermsKind, *texts: str) -> None:
    def write(session: Session) -> None:
        there = stage.world_in(session)
        for text in texts:
            terms.write(session, there.season, kind, text, f"Now: {text}", there.cast.ada, stage.clock.at)

    stage.write(write)


def test_the_rules_say_how_it_is_played_to_everybody(stage: Stage) -> None:
    home = stage.world.home
    page = stage.browser().get(f"{home}/rules")
    assert shown(
        page, "Knock-out: after each challenge only some teams go on.", "All of them go on.",
        "From 1 to 8 members; a team of one is normal.", "No limit.", "Open until the first cut is public.",
        "No recordings are planned.", f'href="{home}/challenges/3"',
    ) == (200, [])  # fmt: skip
    assert "Not told yet" not in page.text
    assert f"{home}/challenges/4" not in page.text


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("all", "All of them go on."),
        ("criterion", "The better score in the criterion “Decisions” decides."),
        ("defence", "The live defence decides."),
        ("chair", "The chair of the judges decides, and says why. The organizers name a chair for each challenge."),
    ],
)
def test_the_rule_for_places_too_close_to_call_is_public(stage: Stage, rule: str, sentence: str) -> None:
    play = replace(PLAY, tie_rule=rule, tie_criterion="Decisions", least_members=2, most_members=2, most_entries=12)
    slug = stage.write(lambda session: make_season(session, stage.world_in(session).cast.ada, play=play).slug)
    told = ("2 members.", "12 teams at most. Who enters first has the place.", sentence)
    assert shown(stage.browser().get(f"/seasons/{slug}/rules"), *told) == (200, [])


def test_how_many_go_on_is_told_of_released_challenges_alone(stage: Stage) -> None:
    def fix(session: Session) -> None:
        there = stage.world_in(session)
        there.opened.go_on, there.draft.go_on, there.judged.is_final = 5, 3, True

    stage.write(fix)
    page = stage.browser().get(f"{stage.world.home}/rules")
    assert shown(page, "Challenge 3: 5 teams go on.", "Challenge 2: the final.") == (200, [])
    assert "3 teams go on" not in page.text
    with stage.database.reading() as session:
        known = challenges.challenges_of(session, stage.world.season.id, stage.clock.at)
    assert [challenge.number for challenge in known] == [1, 2, 3]


def test_an_organizer_writes_a_text_and_changes_it_with_a_note(stage: Stage) -> None:
    home, ada = stage.world.home, stage.browser(stage.world.cast.ada)
    assert shown(stage.browser().get(f"{home}/conduct"), "No code of conduct yet") == (200, [])
    there = f"{home}/terms/conduct"
    answer = ada.send_form(there, text="Be **kind**.<script>alert(1)</script>")
    assert leads_to(answer) == (303, f"{home}/conduct")
    page = stage.browser().get(f"{home}/conduct")
    assert (shown(page, "<strong>kind</strong>", "version 1"), "<script>alert" in page.text) == ((200, []), False)
    refused = ada.send_form(there, text="Be kinder.", note="")
    assert beside(refused, "note") == "Please write a note that says what changed."
    assert shown(refused, "Be kinder.", "what you wrote is still here", "this becomes version 2") == (422, [])
    assert leads_to(ada.send_form(there, text="Be kinder.", note="It was not enough.")) == (303, f"{home}/conduct")
    page = stage.browser().get(f"{home}/conduct")
    assert shown(page, "Be kinder.", "What changed: It was not enough.", f'href="{there}/1"') == (200, [])
    earlier = stage.browser().get(f"{there}/1")
    assert shown(earlier, "This is an earlier version.", "<strong>kind</strong>") == (200, [])
    assert stage.changes() == {"terms": "+2", "trace": "+2"}
    assert [stage.browser().get(f"{home}/terms/{path}").status_code for path in ("conduct/3", "rules/1", "menu/1")] == [
        404, 404, 404,
    ]  # fmt: skip
    assert shown(ada.get(f"{home}/history"), "wrote version 2 of the code of conduct") == (200, [])


@pytest.mark.parametrize("who", ["ben", "dana", "eve"])
def test_nobody_else_writes_them(stage: Stage, who: str) -> None:
    browser = stage.browser(getattr(stage.world.cast, who))
    there = f"{stage.world.home}/terms/rules"
    assert "/edit" not in browser.get(f"{stage.world.home}/rules").text
    found = [browser.get(f"{there}/edit").status_code, browser.send_form(there, text="Mine.").status_code]
    assert (found, stage.changes()) == ([404, 404], {})


def test_the_texts_of_a_draft_season_are_its_organizers(stage: Stage) -> None:
    def draft(session: Session) -> str:
        there = stage.world_in(session)
        season = make_season(session, there.cast.ada, is_announced=False)
        terms.write(session, season, TermsKind.RULES, "Secret yet.", "", there.cast.ada, stage.clock.at)
        return season.slug

    slug = stage.write(draft)
    paths = [f"/seasons/{slug}/{page}" for page in ("rules", "conduct", "terms/rules/1")]
    for person in (None, stage.world.cast.ben, stage.world.nora):
        assert [stage.browser(person).get(path).status_code for path in paths] == [404, 404, 404]
    ada = stage.browser(stage.world.cast.ada)
    assert shown(ada.get(paths[0]), "Secret yet.") == (200, [])
    assert leads_to(ada.send_form(f"/seasons/{slug}/terms/rules", text="Still secret.")) == (303, paths[0])


def test_many_versions_ask_no_more_of_the_database(stage: Stage) -> None:
    page = f"{stage.world.home}/rules"
    written(stage, TermsKind.RULES, "One.")
    few = stage.statements(stage.browser(), page)
    written(stage, TermsKind.RULES, *(f"Text {n}." for n in range(30)))
    assert (stage.statements(stage.browser(), page), few <= 12) == (few, True)


def test_an_archived_season_keeps_its_texts(stage: Stage) -> None:
    written(stage, TermsKind.RULES, "Be on time.")

    def archive(session: Session) -> None:
        there = stage.world_in(session)
        seasons.finish(session, there.season, there.cast.ada, stage.clock.at)
        seasons.archive(session, there.season, there.cast.ada, stage.clock.at)

    stage.write(archive)
    answer = stage.browser(stage.world.cast.ada).send_form(f"{stage.world.home}/terms/rules", text="Other.", note="x")
    assert shown(answer, "This season is archived, so nobody can tell its story and dates now.") == (422, [])
    assert shown(stage.browser().get(f"{stage.world.home}/rules"), "Be on time.") == (200, [])
