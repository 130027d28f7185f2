"""Feeds: each thing with the instant at which it became public, never before; else the same bytes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from sqlmodel import Session

from challenges import briefs, challenges, clarifications, deadlines, seasons
from challenges.clarifications import ClarificationKind
from judging import releases
from tests.makers import BRIEF, DAY, HOUR, MINUTE
from tests.stage import DUE, TODAY, Stage, World

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(stage: Stage) -> list[tuple[str, str]]:
    """Title and instant, newest first."""
    answer = stage.browser().get(f"{stage.world.home}/feed.atom")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml")
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
    found = feed.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in found} | {feed.findtext(f"{ATOM}id")}) == len(found) + 1
    assert feed.findtext(f"{ATOM}updated") == found[0].findtext(f"{ATOM}updated")
    return [(entry.findtext(f"{ATOM}title") or "", entry.findtext(f"{ATOM}updated") or "") for entry in found]


def said(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def do(stage: Stage, deed: Callable[[Session, World], Any]) -> None:
    stage.write(lambda session: deed(session, stage.world_in(session)))


def test_a_season_so_far(stage: Stage) -> None:
    world = stage.world
    assert world.season.announced_at
    assert sorted(entries(stage)) == [
        ("Challenge 1 is open: A field hospital", said(world.season.announced_at)),
        ("Challenge 2 is open: A second site", said(world.season.announced_at)),
        ("Challenge 3 is open: The bridge", said(TODAY - DAY)),
        ("The Long Winter is announced", said(world.season.announced_at)),
        ("The results of challenge 1 are out", said(world.released.settled_at + DAY)),
    ]


def test_a_challenge_appears_at_its_instant_and_not_before(stage: Stage) -> None:
    opens = TODAY + DAY

    def schedule(session: Session, world: World) -> None:
        challenges.schedule(session, world.draft, world.season, world.cast.ada, stage.clock.at, opens)

    before = stage.browser().get(f"{stage.world.home}/feed.atom").content
    do(stage, schedule)
    for person in (None, stage.world.cast.ben, stage.world.cast.ada):
        assert stage.browser(person).get(f"{stage.world.home}/feed.atom").content == before
    assert "challenges/4" not in stage.browser().get("/sitemap.xml").text
    stage.clock.at = opens
    assert entries(stage)[0] == ("Challenge 4 is open: Not told yet", said(opens))
    assert f"{stage.world.home}/challenges/4<" in stage.browser().get("/sitemap.xml").text


def test_results_appear_with_their_release(stage: Stage) -> None:
    before = [stage.browser().get(path).content for path in (f"{stage.world.home}/feed.atom", "/sitemap.xml")]

    def hold(session: Session, world: World) -> None:
        session.add(
            releases.FeedbackRelease(
                challenge_id=world.judged.id, released_by=world.cast.ada.id, released_at=stage.clock.at,
                public_at=TODAY + DAY,
            )
        )  # fmt: skip

    do(stage, hold)
    assert [stage.browser().get(path).content for path in (f"{stage.world.home}/feed.atom", "/sitemap.xml")] == before
    stage.clock.at = TODAY + DAY
    assert entries(stage)[0] == ("The results of challenge 2 are out", said(TODAY + DAY))
    assert f"{stage.world.path(stage.world.judged)}/standings" in stage.browser().get("/sitemap.xml").text


def test_what_is_said_after_the_release(stage: Stage) -> None:
    """Amendments, answers for everybody, moved due instants; an entry's own extension is nobody else's matter."""
    ada, ben = stage.world.cast.ada, stage.world.cast.ben

    def talk(session: Session, world: World) -> None:
        now = stage.clock.at
        briefs.amend(session, world.opened, f"{BRIEF} And a pier.", "A <b>pier</b> was missing.", ada, now)
        deadlines.extend(session, world.opened, world.entry, 90, "Ben was ill.", ada, now)
        deadlines.extend_all(session, world.opened, 40, "The site was down.", ada, now + MINUTE)
        deadlines.extend_all(session, world.opened, 20, "And again.", ada, now + 2 * MINUTE)
        asked = [
            clarifications.ask(session, world.season, world.opened, kind, f"Which {kind}?", "", ben, now)
            for kind in ClarificationKind
        ]
        for question in asked:
            clarifications.answer(session, question, f"That {question.kind}.", ada, now + 3 * MINUTE)

    do(stage, talk)
    stage.clock.at += HOUR
    assert entries(stage)[:4] == [
        ("Challenge 3: clarification 1", said(TODAY + 3 * MINUTE)),
        ("Challenge 3: 20 minutes more for everybody", said(TODAY + 2 * MINUTE)),
        ("Challenge 3: 40 minutes more for everybody", said(TODAY + MINUTE)),
        ("Challenge 3 is amended (amendment 1)", said(TODAY)),
    ]
    text = stage.browser().get(f"{stage.world.home}/feed.atom").text
    moved = [f"Hand in before Fri 11 Dec 2026, {hour} Berlin" for hour in ("00:39:00", "00:59:00")]
    assert [one for one in (*moved, "That task.", "The site was down.") if one not in text] == []
    hidden = ("Ben was ill.", "personal", "<b>", "Ben", str(ben.id))
    assert [one for one in hidden if one in text] == []
    assert stage.fresh(stage.world.opened).due_at > DUE


def test_a_draft_season_has_no_feed_and_is_on_no_map(stage: Stage) -> None:
    with stage.database.reading() as session:
        draft = seasons.drafts_of(session, stage.world.nora.id)[0]
    for person in (None, stage.world.nora):
        assert stage.browser(person).get(f"/seasons/{draft.slug}/feed.atom").status_code == 404
    assert draft.slug not in stage.browser(stage.world.nora).get("/sitemap.xml").text


def test_every_page_of_the_map_opens_without_signing_in_and_robots_name_it(stage: Stage) -> None:
    url, browser = stage.site.settings.url, stage.browser()
    robots = browser.get("/robots.txt").text
    assert f"Sitemap: {url}/sitemap.xml" in robots
    tree = ElementTree.fromstring(browser.get("/sitemap.xml").content)  # noqa: S314 - our own
    paths = [(loc.text or "").removeprefix(url) for loc in tree.iter() if loc.tag.endswith("loc")]
    assert f"{stage.world.home}/challenges/1/standings" in paths
    assert {path: browser.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)
    refused = [line.removeprefix("Disallow: ") for line in robots.splitlines() if line.startswith("Disallow")]
    assert [path for path in paths if path.startswith(tuple(refused))] == []


def test_the_same_until_something_new(stage: Stage) -> None:
    for path in (f"{stage.world.home}/feed.atom", "/sitemap.xml", "/robots.txt"):
        first = stage.browser().get(path)
        stage.clock.at += HOUR
        etag = first.headers["etag"]
        again = stage.browser().get(path, headers={"if-none-match": f'"other", W/{etag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert stage.browser().get(path).content == first.content


def test_a_title_of_markup_is_text(stage: Stage) -> None:
    def rename(session: Session, world: World) -> None:
        world.season.title = "]]><script>alert(1)</script>&\x0b"
        world.opened.title = "<img src=x onerror=alert(1)>"

    do(stage, rename)
    assert ("Challenge 3 is open: <img src=x onerror=alert(1)>", said(TODAY - DAY)) in entries(stage)
    assert "<script" not in stage.browser().get(f"{stage.world.home}/feed.atom").text
