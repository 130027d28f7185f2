"""Seasons over HTTP: who sees a draft, what a refused form keeps, and how much the pages ask of the database."""

import re
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from challenges import seasons
from challenges.people import Person
from challenges.seasons import Season
from tests.cast import NOW
from tests.makers import make_entry, make_person, make_season
from tests.stage import Stage, beside, leads_to, shown

FORM: dict[str, Any] = {
    "title": "The Short Summer", "story": "The valley is **open** again.", "zone": "Europe/Berlin",
    "starts_on": "2026-12-01", "ends_on": "2026-12-31",
}  # fmt: skip


def the_one_called(session: Session, title: str) -> Season:
    return session.exec(select(Season).where(Season.title == title)).one()


def test_a_founder_makes_a_draft_that_only_its_organizers_see(stage: Stage) -> None:
    cast = stage.world.cast
    ada = stage.browser(cast.ada)
    assert leads_to(ada.send_form("/seasons", **FORM)) == (303, "/seasons/the-short-summer")
    assert stage.changes() == {"season": "+1", "role": "+1", "trace": "+2"}
    season = stage.write(the_one_called, "The Short Summer")
    assert season.model_dump() == {
        "id": season.id, "slug": "the-short-summer", "title": "The Short Summer",
        "story": "The valley is **open** again.", "zone": "Europe/Berlin", "starts_on": date(2026, 12, 1),
        "ends_on": date(2026, 12, 31), "created_by": cast.ada.id, "created_at": stage.clock.at, "published_at": None,
    }  # fmt: skip
    draft = "This season is a draft. Only its organizers see it."
    assert shown(ada.get("/seasons/the-short-summer"), draft, "<strong>open</strong>") == (200, [])
    assert shown(ada.get("/"), "Your drafts", "The Short Summer") == (200, [])
    for person in (None, cast.eve, cast.ben, cast.dana, stage.world.nora):
        browser = stage.browser(person)
        assert browser.get("/seasons/the-short-summer").status_code == 404
        assert "The Short Summer" not in browser.get("/").text


def test_the_menu_of_a_person_leads_to_a_desk_only_where_there_is_one(stage: Stage) -> None:
    cast = stage.world.cast

    def menu(person: Person) -> list[tuple[str, str]]:
        panel = stage.browser(person).get("/account").text.split('class="person-panel">')[1].split("</div>")[0]
        return re.findall(r'<a href="([^"]+)">([^<]+)</a>', panel)

    usual = [("/", "Seasons"), ("/account", "My account and time zone")]
    judges = [("/desk", "My desk"), *usual]
    assert [menu(person) for person in (cast.ada, cast.ben, cast.eve, stage.world.emil)] == [usual] * 4
    assert [menu(person) for person in (cast.dana, cast.dev)] == [judges] * 2


def test_publishing_twice_publishes_once(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form("/seasons", **FORM)
    for _ in range(2):
        published = ada.send_form("/seasons/the-short-summer/publication")
        assert leads_to(published) == (303, "/seasons/the-short-summer")
    assert stage.changes() == {"season": "+1", "role": "+1", "trace": "+3"}
    assert shown(stage.browser().get("/"), "The Short Summer") == (200, [])


REFUSED = [
    ({"title": " "}, "title", "Please write a title."),
    ({"title": "x" * 81}, "title", "That is longer than 80 characters."),
    ({"story": " \n"}, "story", "Tell the story of the season in a few sentences; participants read it first."),
    ({"zone": "Mars"}, "zone", "There is no time zone called “Mars”. Choose one from the list, such as Europe/Berlin."),
    ({"starts_on": "soon"}, "starts_on", "Write a day as year-month-day, such as 2026-11-24."),
    ({"ends_on": ""}, "ends_on", "Write a day as year-month-day, such as 2026-11-24."),
    ({"ends_on": "2026-11-30"}, "ends_on", "The season ends before it begins. Set the last day on or after the first."),
]  # fmt: skip


@pytest.mark.parametrize(("over", "field", "sentence"), REFUSED)
@pytest.mark.parametrize("where", ["new", "old"])
def test_a_refused_form_says_why_at_its_field_and_keeps_what_was_typed(
    stage: Stage, where: str, over: dict[str, str], field: str, sentence: str
) -> None:
    typed = FORM | over
    path = "/seasons" if where == "new" else stage.world.home
    answer = stage.browser(stage.world.cast.ada).send_form(path, **typed)
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    kept = [f'value="{value}"' for name, value in typed.items() if name != "story"] + [
        f">\n{typed['story']}</textarea>"
    ]
    assert shown(answer, *kept) == (422, [])
    assert stage.changes() == {}


def test_a_season_described_anew_keeps_its_address(stage: Stage) -> None:
    world = stage.world
    assert leads_to(stage.browser(world.cast.ada).send_form(world.home, **FORM)) == (303, world.home)
    assert stage.changes() == {"season": "~1", "trace": "+1"}
    assert shown(stage.browser().get(world.home), "The Short Summer") == (200, [])


def test_who_is_no_founder_makes_no_season(stage: Stage) -> None:
    for person in (stage.world.cast.ben, stage.world.cast.dana, stage.world.cast.eve):
        browser = stage.browser(person)
        assert [browser.get("/seasons/new").status_code, browser.send_form("/seasons", **FORM).status_code] == [
            404,
            404,
        ]
    assert stage.changes() == {}


def test_a_role_that_ended_opens_nothing_with_the_next_request(stage: Stage) -> None:
    world = stage.world
    ada, cleo = stage.browser(world.cast.ada), stage.browser(world.cast.cleo)

    def replace_ada(session: Session) -> None:
        world = stage.world_in(session)
        seasons.grant(
            session, world.season, world.cast.cleo, seasons.RoleKind.ORGANIZER, world.cast.ada, stage.clock.at
        )
        role = seasons.role_of(session, world.season.id, world.cast.ada.id, seasons.RoleKind.ORGANIZER)
        assert role
        seasons.end_role(session, role, world.cast.cleo, stage.clock.at)

    assert [one.get(f"{world.home}/run-sheet").status_code for one in (ada, cleo)] == [200, 404]
    stage.write(replace_ada)
    assert [one.get(f"{world.home}/run-sheet").status_code for one in (ada, cleo)] == [404, 200]


def test_what_somebody_wrote_is_text_and_nothing_else(stage: Stage) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"' {{ 7*191 }}"
    story = f"{evil}\n\n[link](javascript:alert(3)) ![](https://evil.example/x.png) <b onclick=alert(4)>bold</b>"
    world = stage.world
    ada = stage.browser(world.cast.ada)
    assert ada.send_form(world.home, **FORM | {"title": evil, "story": story}).status_code == 303
    for path in ("/", world.home, f"{world.home}/teams", f"{world.home}/run-sheet", f"{world.home}/edit"):
        page = ada.get(path).text
        found = [one for one in ("<script>alert", "<img", "<b onclick", 'href="javascript', "1337") if one in page]
        assert (path, found) == (path, [])


def grow(session: Session, stage: Stage, count: int) -> None:
    """More of everything that a list shows: seasons, teams with their entries."""
    world = stage.world_in(session)
    for number in range(count):
        make_season(session, world.cast.ada, title=f"Season {number}")
        make_entry(session, world.season, make_person(session, f"Member{number}"), name=f"Team {number}", now=NOW)


@pytest.mark.parametrize("who", ["nobody", "ben", "dana", "ada"])
def test_pages_ask_as_much_for_thirty_rows_as_for_a_few(stage: Stage, who: str) -> None:
    browser = stage.browser(None if who == "nobody" else getattr(stage.world.cast, who))
    paths = ["/", stage.world.home] + ([f"{stage.world.home}/run-sheet"] if who == "ada" else [])
    few = [stage.statements(browser, path) for path in paths]
    stage.write(grow, stage, 30)
    many = [stage.statements(browser, path) for path in paths]
    assert many == few
    assert max(many) <= 12


def test_whoever_never_wrote_a_name_is_asked_for_it_until_they_do(stage: Stage) -> None:
    """The first name of a person is what stands before the @."""

    def rename(session: Session, name: str) -> None:
        stage.world_in(session).cast.eve.name = name

    asked = "Tell us your name: team-mates and judges see “eve”."
    stage.write(rename, "eve")
    eve = stage.browser(stage.world.cast.eve)
    assert shown(eve.get("/"), asked, '<a href="/account">Write your name</a>') == (200, [])
    assert shown(eve.get("/account"), asked) == (200, [asked])
    eve.send_form("/account", name="Eve Adler", zone="Europe/Berlin")
    assert shown(eve.get("/"), asked) == (200, [asked])


def test_the_page_of_a_draft_says_nothing_of_sharing_its_address(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form("/seasons", **FORM)
    there = "/seasons/the-short-summer"
    assert shown(ada.get(f"{there}/edit"), "because people have shared it") == (200, ["because people have shared it"])
    renamed = ada.send_form(there, **FORM | {"title": "Dry Wells"})
    assert leads_to(renamed) == (303, "/seasons/dry-wells")
    ada.send_form("/seasons/dry-wells/publication")
    assert leads_to(ada.send_form("/seasons/dry-wells", **FORM)) == (303, "/seasons/dry-wells")
    assert shown(ada.get("/seasons/dry-wells/edit"), "because people have shared it") == (200, [])
