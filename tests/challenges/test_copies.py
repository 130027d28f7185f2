"""Copies: a clone keeps what organizers wrote and nobody; a file goes out and comes in, whole or not at all."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import event
from sqlmodel import Session, col, func, select

from challenges import briefs, challenges, chapters, copies, enrolment, posters, seasons, sponsors, terms
from challenges.challenges import Challenge, ChallengeState, Course, challenges_of, every_challenge_of
from challenges.chapters import ChapterText
from challenges.enrolment import QuestionText
from challenges.entries import Entry
from challenges.files import StoredFile
from challenges.formats import Format, Play, TieRule
from challenges.people import Person
from challenges.refusals import Refusal
from challenges.seasons import Role, Season
from challenges.sponsors import SponsorText
from challenges.teams import Team
from challenges.terms import TermsKind
from tests.cast import Cast
from tests.makers import DAY, NOW, at_clock, make_challenge, make_entry, make_person, make_scene, make_season
from tests.refused import outcome, refused

FIRST = datetime.fromisoformat("2026-11-25T00:00")
PICTURE = b"\x89PNG\r\n\x1a\n and its rows"


def a_whole_season(session: Session, ada: Person, **over: Any) -> Season:
    """Everything that an organizer can write is in it."""
    season = make_season(
        session, ada, is_announced=False, contact="winter@example.org", is_recorded=True,
        registration_opens=at_clock("2026-11-02T09:00"), registration_closes=at_clock("2026-11-20T18:00"),
        play=Play(Format.KNOCK_OUT, TieRule.CRITERION, "Decisions", 1, 3, 40), **over,
    )  # fmt: skip
    for kind in TermsKind:
        terms.write(session, season, kind, f"Our {kind.called}: be fair.", "", ada, NOW)
    enrolment.ask(
        session, season, QuestionText("How large is your shirt?", "one of a list", True, ["M", "L"]), ada, NOW
    )
    seasons.announce(session, season, ada, NOW)
    make_challenge(session, season, ada)
    second = make_challenge(
        session, season, ada, is_released=False, title="A second site", due=at_clock("2026-12-01T23:59"),
        course=Course(30, 5, 4, False, 1, True, at_clock("2026-11-29T12:00"), at_clock("2026-11-30T12:00")),
    )  # fmt: skip
    challenges.schedule(session, second, season, ada, NOW, at=NOW + 5 * DAY)
    chapters.tell(
        session, season,
        [ChapterText("Snow", "It *falls*."), ChapterText("The bridge", "Gone.", 2, date(2026, 11, 26))], ada, NOW,
    )  # fmt: skip
    sponsors.thank(session, season, [SponsorText("Acme", "https://acme.example/", "Lends the lorry.")], ada, NOW)
    session.flush()
    return season


def number_of(session: Session, table: type[Any], season: Season) -> int:
    return session.exec(select(func.count()).select_from(table).where(table.season_id == season.id)).one()


def test_a_clone_keeps_what_was_written_moved_by_whole_days(session: Session, cast: Cast) -> None:
    season = a_whole_season(session, cast.ada)
    make_entry(session, season, cast.ben)
    before = copies.plan_of(session, season)
    made = copies.clone(session, season, " The  next Winter ", date(2027, 11, 8), cast.ada, NOW)
    assert made.moved == []
    after = copies.plan_of(session, made.season)
    step = date(2027, 11, 8) - date(2026, 11, 1)
    told = before["season"]
    assert after["season"] == told | {
        "title": "The next Winter", "starts_on": "2027-11-08", "ends_on": "2027-12-27",
        "registration_opens": "2027-11-09T09:00:00+01:00", "registration_closes": "2027-11-27T18:00:00+01:00",
    }  # fmt: skip
    dues = [(one["release"], one["due"], one["questions_until"]) for one in after["challenges"]]
    assert dues == [
        ("2027-11-27T13:00:00+01:00", "2027-12-01T23:59:00+01:00", None),
        ("2027-12-02T13:00:00+01:00", "2027-12-08T23:59:00+01:00", "2027-12-06T12:00:00+01:00"),
    ]
    assert [one["from_day"] for one in after["chapters"]] == [None, str(date(2026, 11, 26) + step)]
    for name in ("play", "terms", "questions", "sponsors"):
        assert (name, after[name]) == (name, before[name])
    moved = ("release", "due", "questions_until", "answers_until")
    assert [{**one, **dict.fromkeys(moved)} for one in after["challenges"]] == [
        {**one, **dict.fromkeys(moved)} for one in before["challenges"]
    ]
    assert copies.plan_of(session, season) == before


def test_nobody_is_in_a_clone_but_who_made_it(session: Session, cast: Cast) -> None:
    scene = make_scene(session, cast)
    made = copies.clone(session, scene.season, "Again", date(2027, 11, 1), cast.ada, NOW).season
    session.flush()
    roles = session.exec(select(Role.person_id, Role.kind).where(Role.season_id == made.id)).all()
    assert [tuple(role) for role in roles] == [(cast.ada.id, "organizer")]
    assert [number_of(session, table, made) for table in (Team, Entry, Challenge)] == [0, 0, 1]
    assert [each.state(NOW) for each in every_challenge_of(session, made.id)] == [ChallengeState.DRAFT]
    assert (made.announced_at, challenges_of(session, made.id, NOW + 900 * DAY)) == (None, [])


def test_the_newest_wording_of_an_amended_brief_is_cloned(session: Session, cast: Cast) -> None:
    scene = make_scene(session, cast)
    briefs.amend(session, scene.challenge, "Three hundred beds.", "More beds.", cast.ada, NOW)
    made = copies.clone(session, scene.season, "Again", date(2027, 11, 1), cast.ada, NOW).season
    [challenge] = every_challenge_of(session, made.id)
    assert [(each.number, each.text) for each in briefs.versions_of(session, challenge.id)] == [
        (1, "Three hundred beds.")
    ]


def test_a_brief_out_of_a_pdf_keeps_no_season_from_being_copied(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    briefs.write(session, challenge, "A long\x02winter.", cast.ada, NOW)
    made = copies.clone(session, season, "The next winter", date(2027, 11, 8), cast.ada, NOW)
    again = copies.import_(session, cast.ada, copies.read(copies.export(session, season, NOW)), NOW)
    told = [copies.plan_of(session, one)["challenges"][0]["brief"] for one in (made.season, again)]
    assert told == ["A longwinter."] * 2


def test_a_clone_across_a_change_of_the_clocks_keeps_the_time_of_day(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    make_challenge(session, season, cast.ada)
    made = copies.clone(session, season, "Summer", date(2027, 6, 1), cast.ada, NOW)
    [challenge] = every_challenge_of(session, made.season.id)
    local = challenge.due_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert (made.moved, local.isoformat()) == ([], "2027-06-24T23:59:00+02:00")


@pytest.mark.parametrize(
    ("due", "starts_on", "becomes", "sentence"),
    [
        (
            "2026-11-22T02:30", date(2027, 3, 7), "2027-03-28T03:30:00+02:00",
            ("The due instant of challenge 1 was at 02:30. On 28 March 2027 the clocks in "
            "Europe/Berlin are put forward "
            "over that time, so it is at 03:30 now."),
        ),
        (
            "2026-11-22T02:30", date(2027, 10, 10), "2027-10-31T02:30:00+02:00",
            ("The due instant of challenge 1 is at 02:30. On 31 October 2027 the clocks in "
            "Europe/Berlin show that time "
            "twice; the first of the two is meant now."),
        ),
    ],
)  # fmt: skip
def test_a_time_that_a_clock_skips_or_repeats_is_moved_and_told(
    session: Session, cast: Cast, due: str, starts_on: date, becomes: str, sentence: str
) -> None:
    season = make_season(session, cast.ada)
    make_challenge(session, season, cast.ada, due=at_clock(due))
    made = copies.clone(session, season, "Again", starts_on, cast.ada, NOW)
    [challenge] = every_challenge_of(session, made.season.id)
    assert made.moved == [sentence]
    assert challenge.due_at.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == becomes


def test_a_season_that_is_long_over_is_cloned_into_the_past_too(session: Session, cast: Cast) -> None:
    """The dates of a clone are its organizer's to set; a due instant that is over keeps it from being scheduled."""
    scene = make_scene(session, cast)
    later = NOW + 400 * DAY
    made = copies.clone(session, scene.season, "Again", scene.season.starts_on, cast.ada, later).season
    seasons.announce(session, made, cast.ada, later)
    [challenge] = every_challenge_of(session, made.id)
    assert challenge.due_at == scene.challenge.due_at
    with refused("This season is over, so nobody can prepare and release challenges now."):
        challenges.schedule(session, challenge, made, cast.ada, later)


def test_who_may_not_create_a_season_clones_none(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    with refused("Only a founder may create a season. Ask whoever runs this site."):
        copies.clone(session, season, "Again", date(2027, 11, 1), cast.eve, NOW)
    with refused("Please write a title.", "title"):
        copies.clone(session, season, " ", date(2027, 11, 1), cast.ada, NOW)
    with refused("Write a year from 2000 to 2199.", "starts_on"):
        copies.clone(session, season, "Again", date(9999, 1, 1), cast.ada, NOW)


def test_cloning_asks_as_much_with_many_entries_as_with_none(session: Session, cast: Cast) -> None:
    season = a_whole_season(session, cast.ada)

    def statements() -> int:
        session.flush()
        sent: list[str] = []
        connection = session.connection()

        def notice(*words: Any) -> None:
            sent.append(words[2])

        event.listen(connection, "before_cursor_execute", notice)
        copies.clone(session, season, "Again", date(2027, 11, 1), cast.ada, NOW)
        session.flush()
        event.remove(connection, "before_cursor_execute", notice)
        read = {name for name in ("entry ", "team ", "member ", "submission ") for one in sent if f"FROM {name}" in one}
        assert read == set()
        return len(sent)

    few = statements()
    for number in range(20):
        make_entry(session, season, make_person(session, f"Many{number}"), name=f"Team {number}")
    assert statements() == few


def file_of(session: Session, season: Season, **poster: Any) -> str:
    return copies.export(session, season, NOW, **poster)


def brought_in(session: Session, ada: Person, text: str, **over: Any) -> Season:
    season = copies.import_(session, ada, copies.read(text), NOW, **over)
    session.flush()
    return season


def test_what_goes_out_comes_in_alike(session: Session, cast: Cast) -> None:
    written = file_of(session, a_whole_season(session, cast.ada))
    made = brought_in(session, cast.ada, written)
    assert file_of(session, made) == written
    assert (made.announced_at, made.slug) == (None, "the-long-winter-2")
    assert [each.state(NOW) for each in every_challenge_of(session, made.id)] == [ChallengeState.DRAFT] * 2


def test_a_season_of_last_year_comes_in_as_it_was(session: Session, cast: Cast) -> None:
    written = file_of(session, a_whole_season(session, cast.ada))
    made = copies.import_(session, cast.ada, copies.read(written), NOW + 700 * DAY)
    session.flush()
    assert file_of(session, made) == written


def test_a_bare_draft_goes_out_and_in(session: Session, cast: Cast) -> None:
    bare = seasons.create(
        session, cast.ada, seasons.SeasonText("Bare", "A story.", "UTC", date(2027, 1, 1), date(2027, 1, 1)), NOW
    )
    written = file_of(session, bare)
    assert json.loads(written) == {
        "file": "charrette-season/1",
        "season": {
            "title": "Bare", "story": "A story.", "zone": "UTC", "starts_on": "2027-01-01", "ends_on": "2027-01-01",
            "registration_opens": None, "registration_closes": None, "contact": "", "is_recorded": False,
        },
        "play": None, "terms": {"rules": None, "conduct": None}, "questions": [], "chapters": [], "sponsors": [],
        "challenges": [], "poster": None,
    }  # fmt: skip
    assert file_of(session, brought_in(session, cast.ada, written)) == written


@settings(max_examples=30)
@given(
    due=some.datetimes(FIRST, FIRST + timedelta(days=370)).map(lambda at: at.replace(second=0, microsecond=0)),
    zone=some.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Chatham", "UTC", "Asia/Kathmandu"]),
    days=some.integers(-400, 800),
)  # fmt: skip
def test_any_clone_keeps_its_days_in_order_and_its_hours(due: datetime, zone: str, days: int) -> None:
    """By the season's clock, unless that time does not exist on the new day."""
    place = ZoneInfo(zone)
    at = due.replace(tzinfo=place).astimezone(ZoneInfo("UTC")).astimezone(place)
    plan = {
        "season": {
            "zone": zone, "starts_on": "2026-11-01", "ends_on": "2027-12-31", "registration_opens": None,
            "registration_closes": None,
        },
        "chapters": [],
        "challenges": [{"release": None, "due": at.isoformat(), "questions_until": None, "answers_until": None}],
    }  # fmt: skip
    shifted, moved = copies._shifted(plan, days)
    there = datetime.fromisoformat(shifted["challenges"][0]["due"])
    wanted = at.replace(tzinfo=None) + timedelta(days=days)
    if not any("put forward" in sentence for sentence in moved):
        assert there.replace(tzinfo=None) == wanted
    assert timedelta() <= there.replace(tzinfo=None) - wanted <= timedelta(hours=1)


def test_the_poster_travels_within_the_file(session: Session, cast: Cast) -> None:
    season = a_whole_season(session, cast.ada)
    here = StoredFile(f"posters/{season.id}/1", "v1", len(PICTURE), '"e"', NOW, PICTURE)
    posters.hang(session, season, here, "A bridge in the snow", cast.ada, NOW)
    written = file_of(session, season, poster=PICTURE)
    file = copies.read(written)
    assert file.poster
    assert (file.poster.content, file.poster.kind.content_type, file.poster.alt) == (
        PICTURE, "image/png", "A bridge in the snow",
    )  # fmt: skip
    there = StoredFile("posters/imported/2", "v2", len(PICTURE), '"e"', NOW, PICTURE)
    made = brought_in(session, cast.ada, written, poster=there)
    assert (made.poster_key, made.poster_version_id, made.poster_type, made.poster_alt) == (
        "posters/imported/2", "v2", "image/png", "A bridge in the snow",
    )  # fmt: skip
    assert file_of(session, made, poster=PICTURE) == written
    cloned = copies.clone(session, season, "Again", date(2027, 11, 1), cast.ada, NOW).season
    assert (cloned.poster_key, cloned.poster_alt) == (season.poster_key, "A bridge in the snow")


def change(*place: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def deed(whole: dict[str, Any]) -> None:
        holder: Any = whole
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = to

    return deed


CHAPTER = {"title": "A", "text": "B", "challenge": None, "from_day": None}
SHOUT = "Here must stand "
HOSTILE = [
    (
        change("file", to="charrette-season/2"),
        "At file: This kind of file is not known here. What is read is “charrette-season/1”.",
    ),
    (
        change("more", to=1),
        (
            "At the top: There is no “more” here. What may stand here: “file”, “season”, “play”, “terms”, "
            "“questions”, “chapters”, “sponsors”, “challenges”, “poster”."
        ),
    ),
    (
        change("season", to=[]),
        (
            "At season: Here must stand an object with “title”, “story”, “zone”, “starts_on”, “ends_on”, "
            "“registration_opens”, “registration_closes”, “contact”, “is_recorded”."
        ),
    ),
    (change("season", "title", to=7), f"At season, title: {SHOUT}a text."),
    (change("season", "title", to=""), "At season, title: Please write a title."),
    (change("season", "title", to="x" * 81), "At season, title: That is longer than 80 characters."),
    (
        change("season", "story", to="x" * 200_001),
        "At season, story: This text is longer than 200,000 characters.",
    ),
    (
        change("season", "story", to="a\x00b"),
        "At season, story: There is a character that cannot be shown, U+0000. Remove it.",
    ),
    (
        change("season", "story", to="a\ud800b"),
        "At season, story: There is a character that cannot be shown, U+D800. Remove it.",
    ),
    (
        change("season", "zone", to="Mars"),
        "At season, zone: There is no time zone called “Mars”. Choose one from the list, such as Europe/Berlin.",
    ),
    (change("season", "starts_on", to="soon"), f"At season, starts_on: {SHOUT}a day, such as 2026-11-24."),
    (
        change("season", "starts_on", to="0001-01-01"),
        "At season, starts_on: The year must be from 2000 to 2199.",
    ),
    (
        change("season", "ends_on", to="2026-10-01"),
        "At season, ends_on: The season ends before it begins. Set the last day on or after the first.",
    ),
    (
        change("season", "contact", to="nobody"),
        "At season, contact: That is not a mail address. It looks like name@example.org.",
    ),
    (change("season", "is_recorded", to="yes"), f"At season, is_recorded: {SHOUT}true or false."),
    (change("play", "format", to="chess"), "At play, format: Choose how the season is played."),
    (change("play", "most_members", to=True), f"At play, most_members: {SHOUT}a whole number, such as 3."),
    (change("terms", "rules", to={}), f"At terms, rules: {SHOUT}a text."),
    (change("questions", to=[{}] * 11), "At questions: This list has 11 items. At most 10 are read."),
    (
        change("questions", 0, "choices", to=["M"]),
        "At questions 1, choices: Write from 2 to 20 different choices, one in each line.",
    ),
    (
        change("chapters", to=[CHAPTER] * 10_000),
        "At chapters: This list has 10,000 items. At most 40 are read.",
    ),
    (change("chapters", 1, "challenge", to=9), "At chapters 2, challenge: This season has no challenge 9."),
    (change("chapters", 0, "text", to=" "), "At chapters 1, text: Write what this chapter tells."),
    (
        change("sponsors", 0, "link", to="javascript:alert(1)"),
        "At sponsors 1, link: Write the whole web address, such as https://example.org.",
    ),
    (change("challenges", to=[None] * 31), "At challenges: This list has 31 items. At most 30 are read."),
    (
        change("challenges", 0, to=None),
        (
            "At challenges 1: Here must stand an object with “title”, “summary”, “brief”, “release”, “due”, "
            "“questions_until”, “answers_until”, “due_zone”, “deliverables”, “criteria”, “grace_minutes”, "
            "“penalty”, “go_on”, “is_final”, “builds_on”, “is_swap”."
        ),
    ),
    (
        change("challenges", 1, "due", to="2026-12-01T23:59:00"),
        f"At challenges 2, due: {SHOUT}an instant with its distance to UTC, such as 2026-11-24T23:59:00+01:00.",
    ),
    (change("challenges", 1, "due", to=None), f"At challenges 2, due: {SHOUT}an instant."),
    (
        change("challenges", 1, "builds_on", to=2),
        "At challenges 2, builds_on: It can only build on an earlier challenge of this season.",
    ),
    (
        change("challenges", 0, "criteria", 1, "weight", to=1.5),
        f"At challenges 1, criteria 2, weight: {SHOUT}a whole number, such as 3.",
    ),
    (
        change("challenges", 0, "criteria", 1, "weight", to=2000),
        "At challenges 1, criteria 2, weight: A weight is a whole number from 0 to 1000.",
    ),
    (
        change("challenges", 0, "criteria", 0, "levels", 2, "descriptor", to=""),
        (
            "At challenges 1, criteria 1, level 3, descriptor: Say what this level looks like, so that judges "
            "and participants read it alike."
        ),
    ),
    (
        change("challenges", 0, "deliverables", 0, "kind", to="exe"),
        "At challenges 1, deliverables 1, kind: Choose a kind of file from the list.",
    ),
    (
        change("challenges", 0, "deliverables", 0, "kind", to="png"),
        "At challenges 1, deliverables 1, kind: Choose a kind of file from the list.",
    ),
    (
        change("challenges", 0, "deliverables", 0, "max_mib", to=5000),
        "At challenges 1, deliverables 1, size: A size limit is from 1 to 1024 MiB.",
    ),
    (change("poster", to="picture"), "At poster: Here must stand an object with “alt”, “type”, “content”."),
    (change("poster", to={"alt": "A", "content": "%%%"}), f"At poster, content: {SHOUT}a file in base64."),
    (
        change("poster", to={"alt": "A", "content": b64encode(b"<svg onload=alert(1)>").decode()}),
        "At poster, content: This is no PNG, JPEG or WebP picture.",
    ),
    (
        change("poster", to={"alt": "A", "content": b64encode(bytes(4 * 2**20 + 1)).decode()}),
        "At poster, content: This file is larger than 4 MiB.",
    ),
    (
        change("poster", to={"alt": " ", "content": b64encode(PICTURE).decode()}),
        "At poster, alt: Please write a sentence that says what it shows.",
    ),
]


@pytest.mark.parametrize(("deed", "sentence"), HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_a_file_that_cannot_be_is_refused_with_its_place(
    session: Session, cast: Cast, deed: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    whole = json.loads(file_of(session, a_whole_season(session, cast.ada)))
    deed(whole)
    before = session.exec(select(func.count()).select_from(Season)).one()
    with session.begin_nested() as savepoint:
        with refused(sentence, "text"):
            brought_in(session, cast.ada, json.dumps(whole))
        savepoint.rollback()
    assert session.exec(select(func.count()).select_from(Season)).one() == before


NO_FILES = [
    ("", "Choose a file, or paste what stands in it."),
    (" \n", "Choose a file, or paste what stands in it."),
    ("{", "This is not JSON: line 1, column 2."),
    ("[" * 100_000, "This file is nested too deep to be a season."),
    ('{"a":' * 50_000, "This file is nested too deep to be a season."),
    ("[]", "This is no file of a season: “file” must say “charrette-season/1”."),
    ("{}", "This is no file of a season: “file” must say “charrette-season/1”."),
    ("null", "This is no file of a season: “file” must say “charrette-season/1”."),
    ("9" * 5000, "There is a number in this file that nobody can count to."),
    ("NaN", "There is a number in this file that nobody can count to."),
    ("x" * (8 * 2**20 + 1), "This file is longer than 8 MiB."),
]


@pytest.mark.parametrize(("text", "sentence"), NO_FILES, ids=map(str, range(len(NO_FILES))))
def test_what_is_no_file_is_refused(text: str, sentence: str) -> None:
    with refused(sentence, "text"):
        copies.read(text)


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=8,
)
places = [
    ("season",), ("season", "zone"), ("season", "starts_on"), ("season", "registration_opens"), ("play",),
    ("play", "most_entries"), ("terms",), ("questions",), ("questions", 0), ("questions", 0, "choices"), ("chapters",),
    ("chapters", 0), ("chapters", 1, "from_day"), ("sponsors", 0), ("challenges",), ("challenges", 1),
    ("challenges", 1, "due"), ("challenges", 1, "due_zone"), ("challenges", 1, "criteria"),
    ("challenges", 1, "criteria", 0, "levels"), ("challenges", 1, "go_on"), ("challenges", 1, "release"), ("poster",),
]  # fmt: skip


@settings(max_examples=60)
@given(place=some.sampled_from(places), value=anything)
def test_whatever_stands_in_a_file_it_is_read_or_refused(
    shared_database: Any, place: tuple[str | int, ...], value: Any
) -> None:
    with shared_database.writer.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            nora = session.exec(select(Person).where(col(Person.email) == "nora@noise.example")).one()
            whole = json.loads(file_of(session, a_whole_season(session, nora)))
            change(*place, to=value)(whole)
            text = json.dumps(whole)
            made = outcome(lambda: brought_in(session, nora, text))
            assert isinstance(made, Season | Refusal)
        transaction.rollback()
