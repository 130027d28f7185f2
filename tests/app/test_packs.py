"""The form of a new challenge, begun from a pack: sent as it stands, with a due instant, it drafts that pack."""

import re
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest

from app.packing import pack_of
from challenges import packs
from challenges.challenges import every_challenge_of
from challenges.seasons import Season
from challenges.starter import STARTER
from tests.cast import Cast
from tests.makers import make_season
from tests.web import Browser, Site


class Fields(HTMLParser):
    """What a browser would send of the widest form of a page, if nobody touched it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._area = self._select = ""
        self.feed(html[html.index('<form class="fields wide"') :].split("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "textarea":
            self._area, self.sent[given["name"]] = given["name"], ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.sent):
            self.sent[self._select] = given["value"]
        elif tag == "input" and "name" in given and (given.get("type") != "checkbox" or "checked" in given):
            self.sent[given["name"]] = given.get("value", "on")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":  # a browser drops the line break right after the tag
            self.sent[self._area] = self.sent[self._area].removeprefix("\n")
        self._area, self._select = ("", "") if tag in ("textarea", "select") else (self._area, self._select)


@pytest.fixture
def season(site: Site, people: Cast) -> Season:
    season: Season = site.write(lambda session: make_season(session, people.ada, ends_on=date(2031, 12, 31)))
    return season


@pytest.fixture
def ada(site: Site, people: Cast) -> Browser:
    return site.browser(people.ada)


def begun(browser: Browser, season: Season, name: str = "") -> str:
    answer = browser.get(f"/seasons/{season.slug}/challenges/new" + (f"?pack={name}" if name else ""))
    assert answer.status_code == 200
    return answer.text


def chosen(html: str) -> list[str]:
    links = html.split('<nav class="section" aria-labelledby="packs-title">')[1].split("</nav>")[0]
    return [unescape(text) for text in re.findall(r'aria-current="true">([^<]*)</a>', links)]


@pytest.mark.parametrize("slug", packs.SHIPPED)
def test_the_form_drafts_what_the_pack_says(site: Site, ada: Browser, season: Season, slug: str) -> None:
    pack = packs.find(slug)
    html = begun(ada, season, slug)
    assert chosen(html) == [slug.replace("-", " ").capitalize()]
    assert f"It is meant for {pack.hours:g} hours from release to due." in html
    fields = {**Fields(html).sent, "due": "2031-11-24T23:59"}
    fields.pop("_csrf_token")
    answer = ada.send_form(f"/seasons/{season.slug}/challenges", **fields)
    assert (answer.status_code, answer.url.path) == (200, f"/seasons/{season.slug}/challenges/1")
    with site.database.reading() as session:
        (challenge,) = every_challenge_of(session, season.id)
        written = pack_of(session, challenge)
    assert (written.title, written.summary, written.brief) == (pack.title, pack.summary, pack.brief)
    assert tuple(written.deliverables) == tuple(pack.deliverables)
    assert [(one.title, one.weight, one.guidance, tuple(one.levels)) for one in written.criteria] == [
        (one.title, one.weight, one.guidance, tuple(one.levels)) for one in pack.criteria
    ]


def test_without_a_pack_it_begins_from_the_starter(ada: Browser, season: Season) -> None:
    html = begun(ada, season)
    fields = Fields(html).sent
    assert (chosen(html), fields["title"], fields["brief"], fields["deliverables-1-title"]) == (
        ["The starter rubric"], "", "", "Design document",
    )  # fmt: skip
    titles = [fields[f"criteria-{at}-title"] for at in range(1, len(STARTER) + 1)]
    assert titles == [criterion.title for criterion in STARTER]
    assert [re.search(rf'href="[^"]*\?pack={slug}"', html) is not None for slug in packs.SHIPPED] == [True] * 5
    assert [unescape(html).count(pack.summary) for pack in packs.shipped()] == [1] * 5


def test_a_pack_that_builds_on_another_goes_on_from_the_challenge_before(ada: Browser, season: Season) -> None:
    fields = {**Fields(begun(ada, season, "design")).sent, "due": "2031-11-24T23:59"}
    fields.pop("_csrf_token")
    ada.send_form(f"/seasons/{season.slug}/challenges", **fields)
    assert {name: Fields(begun(ada, season, name)).sent["builds_on"] for name in ("protect", "kata-90-minutes")} == {
        "protect": "1", "kata-90-minutes": "",
    }  # fmt: skip


def test_after_a_refusal_what_was_typed_stays_and_nothing_offers_to_replace_it(ada: Browser, season: Season) -> None:
    fields = {**Fields(begun(ada, season, "design")).sent, "title": "Mine", "due": ""}
    fields.pop("_csrf_token")
    answer = ada.send_form(f"/seasons/{season.slug}/challenges", **fields)
    again = Fields(answer.text).sent
    again.pop("_csrf_token")
    assert (answer.status_code, "packs-title" in answer.text) == (422, False)
    assert {name: again[name] for name in fields if fields[name]} == {
        name: said for name, said in fields.items() if said
    }


@pytest.mark.parametrize("name", ["nodes", "../design", "Design", "design%00"])
def test_an_unknown_pack_is_not_there(ada: Browser, season: Season, name: str) -> None:
    assert ada.get(f"/seasons/{season.slug}/challenges/new?pack={name}").status_code == 404


def test_the_packs_are_offered_to_organizers_alone(site: Site, people: Cast, season: Season) -> None:
    page = f"/seasons/{season.slug}/challenges/new?pack=design"
    assert [site.browser(person).get(page).status_code for person in (people.ben, people.eve)] == [404, 404]
