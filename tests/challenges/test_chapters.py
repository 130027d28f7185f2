"""Chapters: told in their order, and hidden until their day and their challenge."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from challenges import challenges, chapters
from challenges.chapters import ChapterText
from challenges.refusals import Conflict
from challenges.seasons import Season
from tests.cast import Cast
from tests.makers import DAY, MINUTE, NOW, make_challenge, make_season
from tests.refused import refused

SNOW = ChapterText("Snow", "It *falls*.")


def titles(session: Session, season: Season, at: datetime) -> list[str]:
    return [chapter.title for chapter in chapters.chapters_of(session, season, at)]


def test_a_chapter_with_a_challenge_waits_for_its_release(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    told = [SNOW, ChapterText("The bridge is gone", "Who blew it up?", 1), ChapterText("Later", "On.")]
    chapters.tell(session, season, told, cast.ada, NOW)
    assert titles(session, season, NOW + 90 * DAY) == ["Snow", "Later"]
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY, on_hold=True)
    assert titles(session, season, NOW + 2 * DAY) == ["Snow", "Later"]
    challenges.unschedule(session, challenge, cast.ada, NOW)
    challenges.schedule(session, challenge, season, cast.ada, NOW, at=NOW + DAY)
    assert titles(session, season, NOW + DAY - MINUTE) == ["Snow", "Later"]
    assert titles(session, season, NOW + DAY) == ["Snow", "The bridge is gone", "Later"]
    assert chapters.written_of(session, season.id) == told


def test_a_chapter_with_a_day_waits_for_it_by_the_season_s_clock(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    chapters.tell(session, season, [ChapterText("Ice", "Thick.", None, date(2026, 11, 22))], cast.ada, NOW)
    begins = datetime(2026, 11, 22, tzinfo=ZoneInfo("Europe/Berlin"))
    assert (titles(session, season, begins - MINUTE), titles(session, season, begins)) == ([], ["Ice"])


def test_the_story_is_told_anew_as_a_whole(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    for one in (season, other):
        chapters.tell(session, one, [SNOW], cast.ada, NOW)
    chapters.tell(session, season, [ChapterText(" A  new ", " b\n"), SNOW], cast.ada, NOW)
    assert titles(session, season, NOW) == ["A new", "Snow"]
    chapters.tell(session, season, [], cast.ada, NOW)
    assert (titles(session, season, NOW), titles(session, other, NOW)) == ([], ["Snow"])


def test_two_organizers_do_not_overwrite_each_other(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    seen = chapters.mark_of(chapters.written_of(session, season.id))
    chapters.tell(session, season, [SNOW], cast.ada, NOW, seen=seen)
    with pytest.raises(Conflict):
        chapters.tell(session, season, [], cast.ada, NOW, seen=seen)
    assert titles(session, season, NOW) == ["Snow"]


@pytest.mark.parametrize(
    ("text", "sentence", "field"),
    [
        (ChapterText("", "b"), "Please write a title.", "chapters-2-title"),
        (ChapterText("a", " "), "Write what this chapter tells.", "chapters-2-text"),
        (ChapterText("a", "b" * 50_001), "A chapter is at most 50,000 characters long.", "chapters-2-text"),
        (ChapterText("a", "b", 2), "This season has no challenge 2.", "chapters-2-challenge"),
        (ChapterText("a", "b", None, date(1, 1, 1)), "Write a year from 2000 to 2199.", "chapters-2-from_day"),
    ],
    ids=["title", "text", "long", "challenge", "day"],
)
def test_what_is_no_chapter_is_refused(
    session: Session, cast: Cast, text: ChapterText, sentence: str, field: str
) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    for _ in range(2):
        make_challenge(session, other, cast.ada)
    with refused(sentence, field):
        chapters.tell(session, season, [SNOW, text], cast.ada, NOW)
    assert titles(session, season, NOW) == []


def test_a_story_has_an_end(session: Session, cast: Cast) -> None:
    with refused("A story has at most 40 chapters.", "chapters-41-title"):
        chapters.tell(session, make_season(session, cast.ada), [SNOW] * 41, cast.ada, NOW)
