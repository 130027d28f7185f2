"""Packs on the command line: checked, drafted into a season, and written out of one."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app import cli
from app.db import Database
from app.settings import Settings, read
from challenges import briefs, packs
from challenges.challenges import Challenge, DeliverableText, every_challenge_of
from challenges.seasons import RoleKind, Season, holders
from tests.makers import CRITERIA, NOW, deeds, make_cast, make_challenge, make_judge, make_season

DUE = "2031-12-10 23:59"


@pytest.fixture(autouse=True)
def settings(
    site_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Settings]:
    """What the command reads names the test's own database."""
    settings = site_settings()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHARRETTE_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CHARRETTE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CHARRETTE_SECRET", "s" * 32)
    read.cache_clear()
    yield settings
    read.cache_clear()


@pytest.fixture
def season(database: Database) -> Season:
    """Ada organizes it, Dana judges."""
    with database.writing() as session:
        cast = make_cast(session)
        season = make_season(session, cast.ada, ends_on=date(2031, 12, 31))
        make_judge(session, season, cast.dana, cast.ada)
    return season


def add_challenge(database: Database, season: Season, brief: str = "") -> None:
    """With this text as an amendment."""
    with database.writing() as session:
        (ada, *_) = (person for _, person in holders(session, season.id, RoleKind.ORGANIZER))
        challenge = make_challenge(session, session.get_one(Season, season.id), ada)
        if brief:
            briefs.amend(session, challenge, brief, "More beds.", ada, NOW)


def drafts_of(database: Database, season: Season) -> list[Challenge]:
    with database.reading() as session:
        return every_challenge_of(session, season.id)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command: its exit code, what it said and what it complained of."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main([str(word) for word in words])
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


Said = Callable[..., tuple[int, str, str]]


def deeds_of(database: Database, season: Season) -> Counter[str]:
    with database.reading() as session:
        return Counter(deeds(session, season))


def broken(folder: Path) -> Path:
    packs.write(folder, packs.find("design"))
    text = (folder / "rubric.yaml").read_text().replace("weight: 14", "weight: heavy", 1)
    (folder / "rubric.yaml").write_text(text)
    return folder


def test_the_packs_that_come_with_it_are_listed(said: Said) -> None:
    assert said("pack", "list") == (
        0,
        (
            "design              120 h  Fourteen islands, two rooms\n"
            "protect             120 h  The week the cable broke\n"
            "orchestrate         120 h  Forty cabinets by summer\n"
            "deploy              120 h  Lights on at Harbour Nine\n"
            "kata-90-minutes     1.5 h  Apples before the rain\n"
        ),
        "",
    )


def test_check_says_all_faults_of_all_folders(said: Said, tmp_path: Path) -> None:
    good = [Path(packs.__file__).parent / slug for slug in packs.SHIPPED]
    assert said("pack", "check", *good) == (0, "Nothing is wrong.\n", "")
    bad, nowhere = broken(tmp_path / "bad"), tmp_path / "nowhere"
    assert said("pack", "check", bad, good[0], nowhere) == (
        1,
        "",
        (
            f"{bad}/rubric.yaml:3: Here must stand a whole number, such as 20.\n"
            f"{nowhere}/challenge.md:1: This file is missing.\n"
            f"{nowhere}/rubric.yaml:1: This file is missing.\n"
        ),
    )


def test_check_without_a_folder_is_wrong_usage(said: Said) -> None:
    assert said("pack", "check")[0] == 2


def test_a_pack_becomes_the_next_draft_and_comes_out_again_as_it_went_in(
    database: Database, season: Season, said: Said, tmp_path: Path
) -> None:
    add_challenge(database, season)
    before = deeds_of(database, season)
    assert said("pack", "import", "protect", season.slug, "--by", "Ada@example.org", "--due", DUE) == (
        0, f"Challenge 2 is a draft: http://127.0.0.1:8000/seasons/{season.slug}/challenges/2\n", "",
    )  # fmt: skip
    _, challenge = drafts_of(database, season)
    assert (challenge.due_at, challenge.due_zone, challenge.scheduled_at) == (
        datetime(2031, 12, 10, 22, 59, tzinfo=UTC), "Europe/Berlin", None,
    )  # fmt: skip
    with database.reading() as session:
        assert briefs.current_brief(session, challenge.id).text == packs.find("protect").brief
    assert deeds_of(database, season) - before == {"brief.written": 1, "challenge.drafted": 1}
    out = tmp_path / "out"
    assert said("pack", "export", season.slug, 2, out) == (
        0, f"{out} is a pack. Check what it says before you send it to anybody.\n", "",
    )  # fmt: skip
    # A challenge does not keep which pack it came from, and its hours are those from now to its due instant.
    pack = packs.read(out)
    assert replace(pack, hours=120, builds_on="design") == packs.find("protect")
    assert pack.hours == packs.MOST_HOURS


def test_a_folder_of_ones_own_is_imported_by_another_zone(
    database: Database, season: Season, said: Said, tmp_path: Path
) -> None:
    packs.write(tmp_path / "mine", replace(packs.find("kata-90-minutes"), title="Mine"))
    words = ("pack", "import", tmp_path / "mine", season.slug, "--by", "ada@example.org", "--due", DUE)
    assert said(*words, "--zone", "Asia/Tokyo")[0] == 0
    (challenge,) = drafts_of(database, season)
    assert (challenge.title, challenge.due_at) == ("Mine", datetime(2031, 12, 10, 14, 59, tzinfo=UTC))


NOT_ADA = "does not organize The Long Winter. Name one of its organizers."
UNCLEAR = """\
Midnight is read in two ways. Say which instant you mean; 23:59 is read alike by everybody.
  --due '2031-12-09T23:59'  Tuesday 9 December 2031, 23:59 (Tue 22:59 UTC)
  --due '2031-12-10T23:59'  Wednesday 10 December 2031, 23:59 (Wed 22:59 UTC)
  --due '2031-12-10T00:00!'  Wednesday 10 December 2031, 00:00, the first instant of that day (Tue 23:00 UTC)"""


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"by": "dana@example.org"}, f"dana@example.org {NOT_ADA}"),
        ({"by": "nobody@example.org"}, f"nobody@example.org {NOT_ADA}"),
        ({"by": "ada"}, "That is not a mail address. It looks like name@example.org."),
        ({"slug": "summer"}, "There is no season summer. Its name here is the end of its address: /seasons/NAME."),
        ({"pack": "nodes"}, "There is no folder nodes, and no pack of that name: `charrette pack list`."),
        ({"due": "soon"}, "Write a day and a time, such as 2026-11-24T23:59."),
        ({"due": "2019-12-10 23:59"}, "The season begins on 1 November 2026. A challenge cannot be due before that."),
        (
            {"zone": "Europe/Atlantis"},
            "There is no time zone called “Europe/Atlantis”. Choose one from the list, such as Europe/Berlin.",
        ),
        ({"due": "2031-12-10 00:00"}, UNCLEAR),
    ],
)
def test_what_cannot_be_imported_is_a_sentence_and_changes_nothing(
    database: Database, season: Season, said: Said, over: dict[str, str], sentence: str
) -> None:
    given = {"pack": "design", "slug": season.slug, "by": "ada@example.org", "due": DUE, "zone": "Europe/Berlin"} | over
    words = ["--by", given["by"], "--due", given["due"], "--zone", given["zone"]]
    assert said("pack", "import", given["pack"], given["slug"], *words) == (1, "", f"{sentence}\n")
    assert drafts_of(database, season) == []


def test_one_of_the_choices_of_an_unclear_instant_is_taken(database: Database, season: Season, said: Said) -> None:
    words = ("pack", "import", "design", season.slug, "--by", "ada@example.org", "--due")
    assert said(*words, "2031-12-10T00:00!")[0] == 0
    assert [one.due_at for one in drafts_of(database, season)] == [datetime(2031, 12, 9, 23, tzinfo=UTC)]


def test_a_broken_pack_is_not_imported(database: Database, season: Season, said: Said, tmp_path: Path) -> None:
    bad = broken(tmp_path / "bad")
    assert said("pack", "import", bad, season.slug, "--by", "ada@example.org", "--due", DUE) == (
        1, "", f"{bad}/rubric.yaml:3: Here must stand a whole number, such as 20.\n",
    )  # fmt: skip
    assert drafts_of(database, season) == []


def test_a_challenge_leaves_with_its_newest_brief(
    database: Database, season: Season, said: Said, tmp_path: Path
) -> None:
    add_challenge(database, season, "Three hundred beds.")
    assert said("pack", "export", season.slug, 1, tmp_path / "out")[0] == 0
    pack = packs.read(tmp_path / "out")
    assert (pack.title, pack.brief, pack.deliverables) == (
        "A field hospital", "Three hundred beds.",
        (DeliverableText("Design"), DeliverableText("Configuration", "zip", False, 1)),
    )  # fmt: skip
    assert pack.criteria == CRITERIA


def test_what_cannot_be_exported_is_a_sentence(database: Database, season: Season, said: Said, tmp_path: Path) -> None:
    add_challenge(database, season)
    mine, new = tmp_path / "mine", tmp_path / "new"
    mine.mkdir()
    (mine / "letter.txt").write_text("Dear Ada")
    no_season = "There is no season summer. Its name here is the end of its address: /seasons/NAME."
    for slug, number, folder, sentence in (
        (season.slug, 1, mine, f"{mine} is not empty. Name a folder that is new or empty."),
        (season.slug, 2, new, "The Long Winter has no challenge 2."),
        ("summer", 1, new, no_season),
    ):
        assert said("pack", "export", slug, number, folder) == (1, "", f"{sentence}\n")
    assert ([one.name for one in mine.iterdir()], new.exists()) == (["letter.txt"], False)
