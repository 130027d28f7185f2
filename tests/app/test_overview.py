"""The season's home: what is next for each, what nobody may see yet, no more statements for more entries."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from sqlmodel import Session

from app.overview import Step, Tally, home_of, tally_of
from challenges import briefs, challenges, chapters, deadlines, entries, outcomes, seasons, sponsors
from challenges.chapters import ChapterText
from challenges.outcomes import OutcomeKind
from challenges.people import Person
from challenges.seasons import RoleKind
from challenges.sponsors import SponsorText
from tests.cast import NOW
from tests.makers import BRIEF, DAY, HOUR, MINUTE, make_entry, make_person, make_season, make_team
from tests.stage import TODAY, Stage, World, shown


def do(stage: Stage, deed: Callable[[Session, World], Any]) -> None:
    stage.write(lambda session: deed(session, stage.world_in(session)))


def panel(stage: Stage, person: Person | None) -> str:
    """What is next for somebody, as it is read."""
    page = stage.browser(person).get(stage.world.home)
    assert page.status_code == 200
    found = re.search(r'<section class="panel" aria-labelledby="next">.*?</section>', page.text, re.DOTALL)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def links(stage: Stage, person: Person | None) -> list[str]:
    page = stage.browser(person).get(stage.world.home).text
    found = re.search(r'<section class="panel" aria-labelledby="next">.*?</section>', page, re.DOTALL)
    assert found
    return [unescape(text) for text in re.findall(r'<a class="btn [^"]*" href="[^"]+">([^<]+)</a>', found[0])]


def test_each_finds_their_own_next_step(stage: Stage) -> None:
    cast, world = stage.world.cast, stage.world
    assert {who: links(stage, person) for who, person in {
        "nobody": None, "Eve": cast.eve, "Ben": cast.ben, "Fay": world.fay, "Dana": cast.dana, "Ada": cast.ada,
    }.items()} == {
        "nobody": ["Take part", "Read the brief"],
        "Eve": ["Take part", "Read the brief"],
        "Ben": ["Hand in a new version", "Read the brief"],
        "Fay": ["Hand in", "Read the brief"],
        "Dana": ["Go to my desk", "Read the brief"],
        "Ada": ["Run sheet", "Read the brief"],
    }  # fmt: skip
    assert "Received: version 1" in panel(stage, cast.ben)
    assert "A file of yours is uploaded, but not handed in." in panel(stage, cast.ben)
    assert "Read your newest feedback packet" in panel(stage, cast.ben)
    assert "feedback packet" not in panel(stage, None) + panel(stage, cast.dana)


@pytest.mark.parametrize("kind", [RoleKind.MENTOR, RoleKind.VIEWER])
def test_who_looks_on_may_take_part_without_being_pressed(stage: Stage, kind: RoleKind) -> None:
    def name(session: Session, world: World) -> None:
        seasons.grant(session, world.season, world.cast.eve, kind, world.cast.ada, stage.clock.at)

    do(stage, name)
    assert links(stage, stage.world.cast.eve) == ["Take part", "Read the brief"]


def test_a_team_that_has_not_entered_is_told_to(stage: Stage) -> None:
    def found(session: Session, world: World) -> None:
        make_team(session, world.season, world.cast.eve, name="Plan E", now=stage.clock.at)

    do(stage, found)
    assert links(stage, stage.world.cast.eve) == ["Enter the season", "Read the brief"]


def test_an_amendment_waits_until_somebody_of_the_team_has_read_it(stage: Stage) -> None:
    def amend(session: Session, world: World) -> None:
        briefs.amend(session, world.opened, f"{BRIEF} More.", "A pier was missing.", world.cast.ada, stage.clock.at)

    do(stage, amend)
    assert "The brief was amended: A pier was missing. Read it, and say that you have" in panel(
        stage, stage.world.cast.ben
    )
    assert "amended" not in panel(stage, stage.world.cast.dana)
    assert shown(stage.browser().get(stage.world.home), "A pier was missing.", "Amended Fri 27 Nov") == (200, [])


def test_hand_in_is_closed_when_ones_own_deadline_is(stage: Stage) -> None:
    world, cast = stage.world, stage.world.cast
    due_at, own = world.opened.due_at, HOUR * 24

    def give(session: Session, world: World) -> None:
        world.opened.grace_minutes, world.opened.penalty = 10, 5
        entry = next(entry for entry, team in entries.entries_of(session, world.season.id) if team.name == "Plan D")
        deadlines.extend(session, world.opened, entry, 24 * 60, "Ill.", world.cast.ada, stage.clock.at)

    do(stage, give)
    closed = "Hand-in for challenge 3 has closed."

    def read(person: Person, at: datetime) -> tuple[bool, list[str], bool, bool]:
        """Whether it is closed, which way to hand in is offered at home and on the challenge, and what is said."""
        stage.clock.at = at
        words, page = panel(stage, person), stage.browser(person).get(world.path(world.opened)).text
        offered = [one for one in links(stage, person) if one.startswith("Hand in")]
        return closed in words, offered, ">Hand in</a>" in page, "Your team handed in nothing" in words

    again = ["Hand in a new version"]
    assert read(world.fay, due_at + HOUR) == (False, ["Hand in"], True, False)
    assert read(world.fay, due_at + own + 5 * MINUTE) == (False, ["Hand in"], True, False)
    assert read(world.fay, due_at + own + 15 * MINUTE) == (False, [], False, False)
    assert read(world.fay, due_at + own + 30 * MINUTE) == (True, [], False, True)
    assert read(cast.ben, due_at) == (False, again, True, False)
    words = panel(stage, cast.ben)
    assert "until Fri 11 Dec, 00:09 Berlin, it is accepted as late, with 5 points less." in words
    assert "closed" not in words
    assert read(cast.ben, due_at + 10 * MINUTE) == (False, [], False, False)
    words = panel(stage, cast.ben)
    assert "A file that was still on its way at the due instant may be handed in until" in words
    assert "A file of yours is uploaded, but not handed in." in words
    assert read(cast.ben, due_at + 30 * MINUTE) == (True, [], False, False)


OPENS = TODAY + 14 * DAY + HOUR


@pytest.mark.parametrize("on_hold", [False, True])
def test_what_comes_is_a_number_and_dates(stage: Stage, on_hold: bool) -> None:
    def schedule(session: Session, world: World) -> None:
        challenges.schedule(session, world.draft, world.season, world.cast.ada, stage.clock.at, OPENS, on_hold)
        texts = [
            ChapterText("The flood", "The river rises.", challenge=4),
            ChapterText("The frost", "It is cold.", from_day=date(2026, 12, 1)),
            ChapterText("The road", "It is open."),
        ]
        chapters.tell(session, world.season, texts, world.cast.ada, stage.clock.at)

    do(stage, schedule)
    hidden = ("Not told yet", "The flood", "The river rises", str(stage.world.draft.id), "challenges/4", "The frost")
    for person in (None, stage.world.cast.ben, stage.world.cast.dana, stage.world.nora):
        page = stage.browser(person).get(stage.world.home)
        said = "Opens live on the evening of Fri 11 Dec, about 14:00 Berlin" if on_hold else "Opens Fri 11 Dec, 14:00"
        assert shown(page, said, "The road") == (200, [])
        assert [one for one in hidden if one in page.text] == []
    stage.clock.at = stage.world.opened.due_at + HOUR  # nothing is open; challenge 4 is next
    words = panel(stage, None)
    assert words.startswith(
        "Challenge 4 opens live It opens live on the evening of" if on_hold else "Challenge 4 opens"
    )
    stage.clock.at = OPENS
    opened = [one in stage.browser().get(stage.world.home).text for one in hidden[:2]]
    assert opened == [not on_hold] * 2


def results(stage: Stage, at: datetime | None) -> None:
    def confirm(session: Session, world: World) -> None:
        other = next(entry for entry, team in entries.entries_of(session, world.season.id) if team.name == "Plan D")
        kinds = {world.entry.id: (OutcomeKind.GOES_ON, ""), other.id: (OutcomeKind.LEAVES, "")}
        outcomes.confirm(session, world.judged, kinds, world.cast.ada, stage.clock.at)
        outcomes.make_public(session, world.judged, at)

    do(stage, confirm)


def test_who_left_is_known_with_the_results_and_not_before(stage: Stage) -> None:
    everybody = (None, stage.world.cast.ben, stage.world.fay, stage.world.cast.dana)
    before = [stage.browser(person).get(stage.world.home).text for person in everybody]
    results(stage, TODAY + DAY)
    after = [stage.browser(person).get(stage.world.home).text for person in everybody]
    token = re.compile(r'name="(_csrf_token|csrf-token)" (value|content)="[^"]*"')
    assert [token.sub("", page) for page in after] == [token.sub("", page) for page in before]
    stage.clock.at = TODAY + DAY
    assert "Plan D is out of the season. What you handed in stays yours to read." in panel(stage, stage.world.fay)
    assert links(stage, stage.world.fay) == ["My team", "Read the brief"]
    page = stage.browser().get(stage.world.home)
    assert '<span dir="auto">Plan D</span><span class="tag ">eliminated</span>' in page.text


def test_the_funnel_counts_what_everybody_may_know(stage: Stage) -> None:
    results(stage, TODAY + DAY)
    with stage.database.reading() as session:
        world = stage.world_in(session)

        def steps(at: datetime) -> list[Step]:
            return list(home_of(session, world.season, None, at).steps)

        one = Step("1 A field hospital", 2, "done")
        assert steps(TODAY) == [Step("entered", 2, "done"), one, Step("3 The bridge", 2, "open")]
        assert steps(TODAY + DAY) == [Step("entered", 2, "done"), one, Step("3 The bridge", 1, "open")]
        assert steps(world.opened.due_at) == [Step("entered", 2, "done"), one]


def test_a_withdrawn_entry_that_had_left_is_counted_once(stage: Stage) -> None:
    results(stage, TODAY)

    def withdraw(session: Session, world: World) -> None:
        for entry, team in entries.entries_of(session, world.season.id):
            if team.name == "Plan D":
                entries.withdraw(session, entry, world.fay, stage.clock.at)

    do(stage, withdraw)
    with stage.database.reading() as session:
        tally = tally_of(session, stage.world.season, TODAY)
    assert (tally, tally.active) == (
        Tally(2, 0, {stage.world.released.id: 2}, {stage.world.judged.id: 1}),
        1,
    )


STATES = [
    ({"registration_opens_at": datetime(2026, 11, 28, 12, tzinfo=UTC)}, "Announced: registration opens Sat 28 Nov"),
    ({"starts_on": date(2026, 12, 1)}, "Teams can enter now; it begins 1 December 2026"),
    ({}, "Running, 1 Nov to 20 Dec 2026"),
    ({"finished_at": TODAY - HOUR}, "It is over: 1 Nov to 20 Dec 2026"),
    ({"archived_at": TODAY - HOUR}, "From the archive: 1 Nov to 20 Dec 2026"),
]


@pytest.mark.parametrize(("over", "sentence"), STATES)
def test_the_state_of_the_season_in_words(stage: Stage, over: dict[str, Any], sentence: str) -> None:
    def make(session: Session, world: World) -> str:
        season = make_season(session, world.cast.ada, title="The Short Summer")
        sponsors.thank(
            session, season, [SponsorText("Mast & Sons", "https://mast.example", "Poles.")], world.cast.ada, NOW
        )
        for name, value in over.items():
            setattr(season, name, value)
        return season.slug

    slug = stage.write(lambda session: make(session, stage.world_in(session)))
    page = stage.browser().get(f"/seasons/{slug}")
    assert shown(page, sentence, 'href="https://mast.example"', "Mast &amp; Sons") == (200, ["Mast &amp; Sons"])


def test_what_others_show_of_a_shared_address(stage: Stage) -> None:
    def hang(session: Session, world: World) -> None:
        world.season.poster_key, world.season.poster_version_id = "posters/x", "v"
        world.season.poster_type, world.season.poster_alt = "image/png", 'A "mast" in snow'

    do(stage, hang)
    url = f"{stage.site.settings.url}{stage.world.home}"
    page = stage.browser().get(stage.world.home)
    assert shown(
        page, '<meta property="og:title" content="The Long Winter">', f'<meta property="og:url" content="{url}">',
        '<meta property="og:description" content="The valley is cut off.">', f'<link rel="canonical" href="{url}">',
        f'<meta property="og:image" content="{url}/poster">', 'content="A "mast" in snow"',
        f'type="application/atom+xml" title="News of The Long Winter" href="{stage.world.home}/feed.atom"',
        f'type="text/calendar" title="Dates of The Long Winter" href="{stage.world.home}/calendar.ics"',
    ) == (200, [])  # fmt: skip
    assert f'<link rel="canonical" href="{stage.site.settings.url}/">' in stage.browser().get("/").text


def grow(session: Session, stage: Stage, count: int) -> None:
    world = stage.world_in(session)
    for number in range(count):
        entry, _ = make_entry(session, world.season, make_person(session, f"M{number}"), name=f"T {number:03}", now=NOW)
        if number % 2:
            entries.withdraw(session, entry, world.cast.ada, TODAY)


@pytest.mark.parametrize("who", ["nobody", "eve", "ben", "dana", "ada"])
def test_many_entries_cost_no_statement_and_only_a_dozen_is_shown(stage: Stage, who: str) -> None:
    browser = stage.browser(None if who == "nobody" else getattr(stage.world.cast, who))
    few = stage.statements(browser, stage.world.home)
    stage.write(grow, stage, 40)
    assert stage.statements(browser, stage.world.home) == few <= 12
    page = browser.get(stage.world.home).text
    assert len(re.findall(r"<li><span dir=\"auto\">", page)) == 12
    assert "All 42 entries" in page
