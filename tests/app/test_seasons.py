"""Seasons over HTTP: who sees a draft, what a refused form keeps, and how much the pages ask of the database."""

import re
from datetime import UTC, date, datetime
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
PLAY: dict[str, Any] = {"format": "league", "tie_rule": "chair", "least_members": "1", "most_members": "4"}


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
        "ends_on": date(2026, 12, 31), "created_by": cast.ada.id, "created_at": stage.clock.at, "announced_at": None,
        "registration_opens_at": None, "registration_closes_at": None, "finished_at": None, "archived_at": None,
        "format": "knock-out", "least_members": 1, "most_members": 8, "most_entries": None, "tie_rule": None,
        "tie_criterion": "", "contact": "", "is_recorded": False, "poster_key": None, "poster_version_id": None,
        "poster_type": "", "poster_alt": "",
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


def test_announcing_twice_announces_once(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form("/seasons", **FORM)
    ada.send_form("/seasons/the-short-summer/play", **PLAY)
    for _ in range(2):
        announced = ada.send_form("/seasons/the-short-summer/announcement")
        assert leads_to(announced) == (303, "/seasons/the-short-summer")
    assert stage.changes() == {"season": "+1", "role": "+1", "trace": "+4"}
    assert shown(stage.browser().get("/"), "The Short Summer") == (200, [])


REFUSED = [
    ({"title": " "}, "title", "Please write a title."),
    ({"title": "x" * 81}, "title", "That is longer than 80 characters."),
    ({"story": " \n"}, "story", "Tell the story of the season in a few sentences; participants read it first."),
    ({"zone": "Mars"}, "zone", "There is no time zone called “Mars”. Choose one from the list, such as Europe/Berlin."),
    ({"starts_on": "soon"}, "starts_on", "Write a day as year-month-day, such as 2026-11-24."),
    ({"ends_on": ""}, "ends_on", "Write a day as year-month-day, such as 2026-11-24."),
    ({"ends_on": "2026-11-30"}, "ends_on", "The season ends before it begins. Set the last day on or after the first."),
    ({"starts_on": "1226-12-01"}, "starts_on", "Write a year from 2000 to 2199."),
    ({"contact": "nobody"}, "contact", "That is not a mail address. It looks like name@example.org."),
    (
        {"registration_opens": "2026-12-02T09:00", "registration_closes": "2026-12-02T08:00"}, "registration_closes",
        "Registration closes before it opens. Set it later.",
    ),
    (
        {"registration_closes": "2027-01-02T08:00"}, "registration_closes",
        "Registration closes after the season’s last day. Set it earlier.",
    ),
    (
        {"registration_opens": "2027-01-02T08:00"}, "registration_opens",
        "Registration opens after the season’s last day. Set it earlier.",
    ),
    ({"registration_opens": "0001-01-01T00:00"}, "registration_opens", "Write a year from 2000 to 2199."),
    ({"registration_opens": "soon"}, "registration_opens", "Write a day and a time, such as 2026-11-24T23:59."),
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
    wide = FORM | {"starts_on": "2026-11-01"}  # around its challenges
    assert leads_to(stage.browser(world.cast.ada).send_form(world.home, **wide)) == (303, f"{world.home}/edit")
    assert stage.changes() == {"season": "~1", "trace": "+1"}
    assert shown(stage.browser().get(world.home), "The Short Summer") == (200, [])


def test_days_that_leave_a_scheduled_challenge_outside_are_refused(stage: Stage) -> None:
    ada, home = stage.browser(stage.world.cast.ada), stage.world.home
    sentence = (
        "Challenge {} is due on {}, and that would be outside the season. "
        "Keep that day within it, or move the challenge first."
    )
    late = ada.send_form(home, **FORM)
    assert (late.status_code, beside(late, "starts_on")) == (422, sentence.format(1, "24 November 2026"))
    early = ada.send_form(home, **FORM | {"starts_on": "2026-11-01", "ends_on": "2026-12-09"})
    assert (early.status_code, beside(early, "ends_on")) == (422, sentence.format(3, "10 December 2026"))
    # By the clocks of Auckland it is due on the next day.
    moved = ada.send_form(
        home, **FORM | {"starts_on": "2026-11-01", "ends_on": "2026-12-10", "zone": "Pacific/Auckland"}
    )
    assert (moved.status_code, beside(moved, "ends_on")) == (422, sentence.format(3, "11 December 2026"))
    assert stage.changes() == {}


def test_registration_that_is_read_in_two_ways_is_asked_for(stage: Stage) -> None:
    """Midnight at its end, an hour that the clocks skip at its beginning."""
    ada = stage.browser(stage.world.cast.ada)
    form = FORM | {"starts_on": "2027-03-01", "ends_on": "2027-04-30"}
    skipped = ada.send_form("/seasons", **form | {"registration_opens": "2027-03-28T02:30"})
    choices = re.findall(r'name="registration_opens-choice" value="([^"]*)"', skipped.text)
    assert (skipped.status_code, choices) == (422, ["2027-03-28T01:30", "2027-03-28T03:30", ""])
    midnight = ada.send_form("/seasons", **form | {"registration_closes": "2027-03-20T00:00"})
    choices = re.findall(r'name="registration_closes-choice" value="([^"]*)"', midnight.text)
    assert (midnight.status_code, choices) == (422, ["2027-03-19T23:59", "2027-03-20T23:59", "2027-03-20T00:00!", ""])
    chosen = {"registration_closes": "2027-03-20T00:00", "registration_closes-choice": "2027-03-20T00:00!"}
    assert ada.send_form("/seasons", **form | chosen).status_code == 303
    closes = stage.write(the_one_called, "The Short Summer").registration_closes_at
    assert closes == datetime(2027, 3, 19, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("over", "field", "sentence"),
    [
        ({"format": "chess"}, "format", "Choose how the season is played."),
        (
            {"tie_rule": ""},
            "tie_rule",
            "Choose what happens to places that are too close to call; teams must know it beforehand.",
        ),
        ({"tie_rule": "criterion"}, "tie_criterion", "Please write a criterion."),
        ({"most_members": "0"}, "most_members", "The largest team has from 1 to 20 members."),
        ({"least_members": "x"}, "least_members", "Write a whole number, such as 3."),
        ({"most_entries": "0"}, "most_entries", "A season takes from 1 to 10,000 entries."),
    ],
)
def test_play_that_cannot_be_is_refused_at_its_field(
    stage: Stage, over: dict[str, str], field: str, sentence: str
) -> None:
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form("/seasons", **FORM)
    answer = ada.send_form("/seasons/the-short-summer/play", **PLAY | over)
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    assert stage.write(the_one_called, "The Short Summer").tie_rule is None


def test_how_a_season_is_played_stays_once_it_is_announced(stage: Stage) -> None:
    ada, home = stage.browser(stage.world.cast.ada), stage.world.home
    assert shown(ada.get(f"{home}/play"), "Knock-out", "All of them go on", "so it stays") == (200, [])
    answer = ada.send_form(f"{home}/play", **PLAY)
    assert shown(answer, "This season is running, so nobody can choose format and tie rule now.") == (422, [])
    assert stage.changes() == {}


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
    wide = FORM | {"starts_on": "2026-11-01"}
    assert ada.send_form(world.home, **wide | {"title": evil, "story": story}).status_code == 303
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
    assert leads_to(renamed) == (303, "/seasons/dry-wells/edit")
    ada.send_form("/seasons/dry-wells/play", **PLAY)
    ada.send_form("/seasons/dry-wells/announcement")
    assert leads_to(ada.send_form("/seasons/dry-wells", **FORM)) == (303, "/seasons/dry-wells/edit")
    assert shown(ada.get("/seasons/dry-wells/edit"), "because people have shared it") == (200, [])
