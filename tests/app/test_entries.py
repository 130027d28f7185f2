"""Entries over HTTP: entering with all that is asked, and the organizers' list as a page and as a spreadsheet."""

import csv
import io
from typing import Any

import pytest
from sqlmodel import Session, select

from app.spreadsheet import cell
from challenges import enrolment, entries, seasons, teams, terms
from challenges.enrolment import EntryQuestion, QuestionText
from challenges.teams import Team
from challenges.terms import TermsKind
from tests.makers import make_person, secret_of
from tests.stage import TODAY, Stage, beside, leads_to, shown
from tests.web import Browser

RULES = "Read the rules and tick the box: everybody who takes part does."


def asking(stage: Stage) -> dict[str, str]:
    """The season asks for everything from now on; what a form answers that fits."""

    def write(session: Session) -> dict[str, str]:
        there = stage.world_in(session)
        there.season.is_recorded = True
        texts = {
            kind: terms.write(session, there.season, kind, "Text.", "", there.cast.ada, stage.clock.at)
            for kind in TermsKind
        }
        asked = QuestionText("Where are you?", is_required=True)
        question = enrolment.ask(session, there.season, asked, there.cast.ada, stage.clock.at)
        return {**{kind.value: str(one.id) for kind, one in texts.items()}, "consent": "no", question.box: "Oslo"}

    fitting: dict[str, str] = stage.write(write)
    return fitting


def eves_team(stage: Stage) -> tuple[Browser, str]:
    def found(session: Session) -> Team:
        there = stage.world_in(session)
        return teams.found(session, there.season, "Plan E", there.cast.eve, stage.clock.at)

    team = stage.write(found)
    return stage.browser(stage.world.cast.eve), f"/teams/{team.id}"


def test_a_refused_entry_keeps_everything_that_was_typed_and_does_nothing(stage: Stage) -> None:
    fitting = asking(stage)
    eve, there = eves_team(stage)
    box = next(name for name in fitting if name.startswith("answer-"))
    before = stage.changes()
    typed = {"affiliation": "Acme & Søn", "sponsors": "Umbra", **fitting}
    for missing, sentence in (
        ("rules", RULES),
        ("conduct", "Read the code of conduct and tick the box: everybody who takes part does."),
        ("consent", "Say whether you may be recorded. Both answers are fine."),
        (box, "The organizers need an answer here."),
    ):
        answer = eve.send_form(f"{there}/entry", **{name: value for name, value in typed.items() if name != missing})
        kept = ['value="Acme & Søn"', 'value="Umbra"'] + ['value="Oslo"'] * (missing != box)
        assert (beside(answer, missing), shown(answer, *kept)) == (sentence, (422, []))
        assert answer.text.count(" checked") == len({"rules", "conduct", "consent"} - {missing})
    assert stage.changes() == before
    assert leads_to(eve.send_form(f"{there}/entry", **typed)) == (303, stage.world.home)
    assert leads_to(eve.send_form(f"{there}/entry", **typed)) == (303, stage.world.home)
    page = eve.get(there)
    assert shown(page, "Your team takes part.", 'value="Acme & Søn"', 'value="Oslo"') == (200, [])
    assert "Please say this for yourself" not in page.text


def test_a_member_is_asked_on_the_team_page_and_again_after_a_change(stage: Stage) -> None:
    fitting = asking(stage)
    world = stage.world
    there, cleo = f"/teams/{world.plan_b.id}", stage.browser(world.cast.cleo)
    assert shown(cleo.get(there), "Please say this for yourself", "(version 1)", "May you be seen and heard") == (
        200,
        [],
    )
    assert beside(cleo.send_form(f"{there}/agreement", conduct=fitting["conduct"]), "rules") == RULES
    mine = {name: fitting[name] for name in ("rules", "conduct", "consent")}
    assert leads_to(cleo.send_form(f"{there}/agreement", **mine)) == (303, there)
    assert "Please say this for yourself" not in cleo.get(there).text
    assert "Please say this for yourself" in stage.browser(world.cast.ben).get(there).text

    def change(session: Session) -> None:
        world = stage.world_in(session)
        terms.write(session, world.season, TermsKind.RULES, "Other.", "Clearer.", world.cast.ada, stage.clock.at)

    stage.write(change)
    assert shown(
        cleo.get(there), "Please say this for yourself", "What is new: Clearer.", "You go on taking part meanwhile."
    ) == (200, [])
    stale = cleo.send_form(f"{there}/agreement", **mine)
    assert beside(stale, "rules") == "The rules changed while you read: version 2 is new. Please read it."


def test_who_joins_accepts_the_texts_with_the_same_button(stage: Stage) -> None:
    fitting = asking(stage)
    there = f"/invitations/{stage.world.invitation_token}"
    gail = stage.site.browser(stage.write(make_person, "Gail"), follow_redirects=False)
    assert shown(gail.get(there), "Join the team", "(version 1)", "May you be seen and heard") == (200, [])
    refused = gail.send_form(there, conduct=fitting["conduct"], consent="yes")
    assert (beside(refused, "rules"), refused.text.count(" checked")) == (RULES, 2)
    assert leads_to(gail.send_form(there, **fitting)) == (303, f"/teams/{stage.world.plan_b.id}")
    assert "Please say this for yourself" not in gail.get(f"/teams/{stage.world.plan_b.id}").text


def test_answers_are_changed_by_members_alone(stage: Stage) -> None:
    fitting = asking(stage)
    there = f"/teams/{stage.world.plan_b.id}"
    box = next(name for name in fitting if name.startswith("answer-"))
    ben = stage.browser(stage.world.cast.ben)
    assert leads_to(ben.send_form(f"{there}/answers", **{box: "Bergen"})) == (303, there)
    assert shown(ben.get(there), 'value="Bergen"') == (200, [])
    assert stage.browser(stage.world.fay).send_form(f"{there}/answers", **{box: "Mine"}).status_code == 404
    assert ben.send_form(f"{there}/answers", **{"answer-x": "odd", box: "Bergen"}).status_code == 422


def test_a_withdrawn_team_comes_back_while_there_is_time(stage: Stage) -> None:
    there, ben = f"/teams/{stage.world.plan_b.id}", stage.browser(stage.world.cast.ben)
    for _ in range(2):
        assert leads_to(ben.send_form(f"{there}/withdrawal")) == (303, there)
    assert shown(ben.get(there), "Your team has withdrawn; what it handed in stays.", "Enter the season") == (200, [])
    receipt = f"/versions/{stage.world.version.id}/receipt"
    assert ben.get(receipt).status_code == 200
    assert leads_to(ben.send_form(f"{there}/entry")) == (303, stage.world.home)

    def close(session: Session) -> None:
        there = stage.world_in(session)
        entries.withdraw(session, there.entry, there.cast.ben, stage.clock.at)
        there.season.registration_closes_at = stage.clock.at

    stage.write(close)
    answer = ben.send_form(f"{there}/entry")
    assert shown(answer, "Registration closed Fri 27 Nov 2026, 12:00 UTC. Write to the organizers.") == (422, [])


def grown(stage: Stage, number: int) -> None:
    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for n in range(number):
            person = make_person(session, f"Guest{n}")
            team = teams.found(session, there.season, f"Team {n:03}", person, stage.clock.at)
            entry = entries.enter(session, team, there.season, person, stage.clock.at)
            texts = terms.unaccepted(session, there.season.id, person.id)
            terms.accept(session, there.season, person, [one.id for one in texts], stage.clock.at)
            enrolment.consent(session, there.season, person, n % 2 == 0, stage.clock.at)
            answers = {one.id: f"Place {n}" for one in enrolment.questions_of(session, there.season.id)}
            enrolment.answer(session, entry, there.season, answers, person, stage.clock.at)

    stage.write(grow)


def test_the_list_asks_the_same_for_many(stage: Stage) -> None:
    asking(stage)
    ada, home = stage.browser(stage.world.cast.ada), stage.world.home
    paths = [f"{home}/entries", f"{home}/entries.csv"]
    few = [stage.statements(ada, path) for path in paths]
    grown(stage, 120)
    assert ([stage.statements(ada, path) for path in paths], max(few) <= 12) == (few, True)
    page = ada.get(f"{home}/entries")
    assert shown(page, "122 entries", "1 to 100 of 122", "guest5@example.org", "rules version 1", "Place 5") == (
        200,
        [],
    )
    assert shown(ada.get(f"{home}/entries?page=2"), "101 to 122 of 122", "guest119@example.org") == (200, [])
    found = ada.get(f"{home}/entries?q=guest118")
    assert (shown(found, "1 entry", "Team 118"), "Team 117" in found.text) == ((200, []), False)
    assert shown(ada.get(f"{home}/entries?q=nobody"), "Nothing is found") == (200, [])


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_list_opens_in_a_spreadsheet(stage: Stage) -> None:
    fitting = asking(stage)
    world = stage.world
    ben, ada = stage.browser(world.cast.ben), stage.browser(world.cast.ada)
    there = f"/teams/{world.plan_b.id}"
    ben.send_form(f"{there}/affiliation", affiliation="=cmd|' /C calc'!A0", sponsors="@Umbra; “Søn”, Ltd")
    ben.send_form(f"{there}/agreement", **fitting)
    ben.send_form(f"{there}/answers", **fitting)
    answer = ada.get(f"{world.home}/entries.csv")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["content-disposition"]) == (
        200, "text/csv; charset=utf-8", 'attachment; filename="the-long-winter-entries.csv"',
    )  # fmt: skip
    at = "2026-11-27T12:00:00Z"
    first, second = rows_of(answer)
    assert first == {
        "team": "Plan B", "state": "active", "entered": "2026-11-20T12:00:00Z", "withdrawn": "",
        "affiliation": "'=cmd|' /C calc'!A0", "sponsors": "'@Umbra; “Søn”, Ltd", "members": "Ben\nCleo",
        "addresses": "ben@example.org\ncleo@example.org", "leads": "Ben",
        "accepted rules": f"ben@example.org: version 1 at {at}",
        "accepted code of conduct": f"ben@example.org: version 1 at {at}",
        "may be recorded": f"ben@example.org: no at {at}",
        "Where are you?": "Oslo", "hand-ins for challenge 1": "1", "hand-ins for challenge 2": "1",
        "hand-ins for challenge 3": "1",
    }  # fmt: skip
    assert (second["team"], second["accepted rules"], second["hand-ins for challenge 3"]) == ("Plan D", "", "0")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert (cell(text), cell(f" {text}"), cell(None), cell(TODAY)) == (
        f"'{text}", f" {text}", "", "2026-11-27T12:00:00Z",
    )  # fmt: skip


@pytest.mark.parametrize("who", ["ben", "dana", "eve"])
def test_the_list_is_for_organizers_alone(stage: Stage, who: str) -> None:
    browser = stage.browser(getattr(stage.world.cast, who))
    paths = [f"{stage.world.home}/{page}" for page in ("entries", "entries.csv", "entry-form")]
    assert [browser.get(path).status_code for path in paths] == [404, 404, 404]
    nora = stage.browser(stage.world.nora)
    assert [nora.get(path).status_code for path in paths] == [404, 404, 404]


def test_questions_are_written_changed_and_closed(stage: Stage) -> None:
    there, ada = f"{stage.world.home}/entry-form", stage.browser(stage.world.cast.ada)
    typed = {"text": "Which size?", "kind": "one of a list", "choices": "S\r\nM\r\n", "is_required": "yes"}
    refused = ada.send_form(there, **{**typed, "choices": "S"})
    assert beside(refused, "choices") == "Write from 2 to 20 different choices, one in each line."
    assert shown(refused, 'value="Which size?"', " checked") == (422, [])
    assert leads_to(ada.send_form(there, **typed)) == (303, there)
    with stage.database.reading() as session:
        question = session.exec(select(EntryQuestion).where(EntryQuestion.season_id == stage.world.season.id)).one()
    assert (question.choices, question.is_required) == (["S", "M"], True)
    own = f"{there}/{question.id}"
    assert shown(ada.send_form(own, **{**typed, "text": " "}), "Please write a question.") == (422, [])
    assert leads_to(ada.send_form(own, **{**typed, "text": "What size?"})) == (303, there)
    ben = stage.browser(stage.world.cast.ben)
    ben.send_form(f"/teams/{stage.world.plan_b.id}/answers", **{question.box: "M"})
    page = ada.get(there)
    assert (shown(page, "What size?", "1 answer"), "Change it" in page.text) == ((200, []), False)
    assert ada.send_form(own, **typed).status_code == 422
    for _ in range(2):
        assert leads_to(ada.send_form(f"{own}/closing")) == (303, there)
    assert shown(ada.get(there), "closed", "0 of 10") == (200, [])
    assert shown(ada.get(f"{stage.world.home}/entries"), "What size?", "1 answer") == (200, [])
    for person in (stage.world.nora, stage.world.cast.ben):
        assert stage.browser(person).send_form(f"{own}/closing").status_code == 404


def test_a_team_page_with_everything_asks_little_of_the_database(stage: Stage) -> None:
    asking(stage)
    there, ben = f"/teams/{stage.world.plan_b.id}", stage.browser(stage.world.cast.ben)
    assert stage.statements(ben, there) <= 12


def test_an_invitation_asks_only_while_the_season_takes_people(stage: Stage) -> None:
    def closed(session: Session) -> str:
        there = stage.world_in(session)
        teams.invite(session, there.plan_b, there.season, "eve@example.org", there.cast.ben, stage.clock.at)
        seasons.finish(session, there.season, there.cast.ada, stage.clock.at)
        return secret_of(session, "eve@example.org")["token"]

    token = stage.write(closed)
    answer = stage.browser(stage.world.cast.eve).get(f"/invitations/{token}")
    assert shown(answer, "This season is over, so nobody can found and join teams, enter now.") == (422, [])
