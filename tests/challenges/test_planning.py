"""Planning: who is told what and when, with a clock that moves over a whole season; nothing goes out twice."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, col, select

from app.db import Database
from challenges import challenges, deadlines, entries, mailings, outcomes, planning, seasons
from challenges.audiences import Audience, AudienceKind, reach_of, recipients_of
from challenges.challenges import Course
from challenges.entries import Entry
from challenges.letters import Letter
from challenges.mailings import Kind, Mailing, Planned
from challenges.outcomes import OutcomeKind
from challenges.people import Person
from challenges.planning import Due
from challenges.seasons import Season
from challenges.submissions import note_arrival
from tests.cast import Cast, make_cast, make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Scene,
    at_clock,
    letters_to,
    make_challenge,
    make_entry,
    make_scene,
    make_season,
    make_upload,
    make_version,
    stored,
)
from tests.refused import refused
from tests.test_at_once import at_once, committed, here

DUE = datetime(2026, 11, 24, 22, 59, tzinfo=UTC)
BEFORE_72, BEFORE_24, BEFORE_3 = (DUE - hours * HOUR for hours in (72, 24, 3))


def nobody(session: Session, challenge_id: UUID) -> Sequence[UUID]:
    return ()


def sweep(session: Session, season: Season, now: datetime) -> list[str]:
    """What the worker does every few seconds, for this season alone; the keys of what it did something about."""
    session.flush()
    due = [one for one in planning.due(session, now) if one.season_id == season.id]
    rows = [planning.send(session, one, now, nobody) for one in due]
    return [row.key for row in rows if row]


def mails(session: Session, *people: Person) -> list[list[str]]:
    """The mails to many that each of them got, by kind and in order."""
    kinds = set(Kind)
    return [[one.kind for one in letters_to(session, person.email) if one.kind in kinds] for person in people]


def planned(session: Session, season: Season, now: datetime) -> list[Planned]:
    session.flush()
    return planning.planned_of(session, season, challenges.every_challenge_of(session, season.id), now)


def told(session: Session, season: Season, now: datetime) -> list[tuple[str, datetime | None]]:
    return [(one.key, one.goes_at) for one in planned(session, season, now)]


def called(session: Session, season: Season, key: str, now: datetime = NOW) -> Planned:
    return planning.find(session, season, key, now)


def extend(session: Session, scene: Scene, minutes: int, now: datetime, entry: Entry | None = None) -> None:
    deadlines.extend(session, scene.challenge, entry or scene.entry, minutes, "Ill", scene.cast.ada, now)


# By the calendar


def test_the_release_and_three_reminders_go_out_over_the_life_of_a_challenge(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    make_entry(session, season, cast.ben, cast.cleo)
    assert told(session, season, NOW) == []
    challenges.schedule(session, challenge, season, cast.ada, NOW, NOW + HOUR)
    everything = [
        ("release-1", NOW + HOUR), ("reminder-1-72h", BEFORE_72), ("reminder-1-24h", BEFORE_24),
        ("reminder-1-3h", BEFORE_3),
    ]  # fmt: skip
    assert told(session, season, NOW) == everything
    sent = [(at, sweep(session, season, at)) for at in [NOW + n * 30 * MINUTE for n in range(230)]]
    assert [(at, keys) for at, keys in sent if keys] == [
        (NOW + HOUR, ["release-1"]),
        (BEFORE_72 + MINUTE, ["reminder-1-72h"]),
        (BEFORE_24 + MINUTE, ["reminder-1-24h"]),
        (BEFORE_3 + MINUTE, ["reminder-1-3h"]),
    ]
    each = ["challenge_released", "reminder", "reminder", "reminder"]
    assert mails(session, cast.ben, cast.cleo, cast.dana) == [each, each, []]
    assert told(session, season, DUE) == []


def test_only_who_has_not_handed_in_is_reminded_and_a_waiting_file_is_named(session: Session, scene: Scene) -> None:
    fay, gus = make_person(session, "Fay"), make_person(session, "Gus")
    other, _ = make_entry(session, scene.season, fay, name="Plan D")
    make_entry(session, scene.season, gus, name="Plan E")
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    upload = make_upload(session, scene.challenge, other, fay)
    note_arrival(upload, stored(upload))
    sweep(session, scene.season, NOW)
    assert sweep(session, scene.season, BEFORE_72) == ["reminder-1-72h"]
    assert mails(session, scene.cast.ben, fay, gus) == [
        ["challenge_released"], ["challenge_released", "reminder"], ["challenge_released", "reminder"],
    ]  # fmt: skip
    assert [letters_to(session, one.email)[-1].facts["has_waiting"] for one in (fay, gus)] == [True, False]


def test_a_letter_says_what_the_reminder_is_about(session: Session, scene: Scene) -> None:
    sweep(session, scene.season, BEFORE_24)
    letter = letters_to(session, "ben@example.org")[-1]
    assert (letter.kind, letter.season_id, letter.facts) == (
        "reminder", scene.season.id, {
            "subject": "Challenge 1 is due soon: your team has not handed in yet",
            "body": "Your team has not handed in anything for challenge 1, “A field hospital”, yet.\n\n"
            "You can hand in as often as you like, and the last version before the due instant counts. "
            "So hand in early what you have.",
            "season": "The Long Winter", "slug": "the-long-winter", "season_zone": "Europe/Berlin",
            "way": "/seasons/the-long-winter", "number": 1, "challenge": "A field hospital", "team": "Plan B",
            "due_at": DUE.isoformat(), "has_waiting": False, "penalty": 0, "late_until": None,
        },
    )  # fmt: skip


def test_the_grace_is_in_the_letter(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    make_challenge(session, season, cast.ada, course=Course(grace_minutes=30, penalty=5))
    make_entry(session, season, cast.ben)
    sweep(session, season, BEFORE_24)
    facts = letters_to(session, "ben@example.org")[-1].facts
    assert (facts["penalty"], facts["late_until"]) == (5, (DUE + 30 * MINUTE).isoformat())


def test_a_challenge_that_opens_late_has_no_reminder_before_its_release(session: Session, cast: Cast) -> None:
    """Such as a kata of 90 minutes."""
    season = make_season(session, cast.ada)
    make_challenge(session, season, cast.ada, now=DUE - 20 * HOUR)
    assert told(session, season, DUE - 20 * HOUR) == [
        ("release-1", DUE - 20 * HOUR), ("reminder-1-3h", BEFORE_3)
    ]  # fmt: skip


def test_on_hold_nothing_goes_out_before_the_button(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada, is_released=False)
    make_entry(session, season, cast.ben)
    challenges.schedule(session, challenge, season, cast.ada, NOW, NOW + HOUR, on_hold=True)
    assert told(session, season, NOW)[-1] == ("release-1", None)
    assert sweep(session, season, BEFORE_72) == []
    with refused("This challenge is not released. Its mails go out after the release, never before."):
        mailings.send_now(session, season, called(session, season, "release-1"), cast.ada, NOW, nobody)
    challenges.release(session, challenge, cast.ada, BEFORE_72 + MINUTE)
    assert sweep(session, season, BEFORE_72 + MINUTE) == ["release-1"]
    assert told(session, season, BEFORE_72 + MINUTE) == [("reminder-1-24h", BEFORE_24), ("reminder-1-3h", BEFORE_3)]


def test_drafts_and_seasons_that_are_over_send_nothing(session: Session, scene: Scene) -> None:
    seasons.finish(session, scene.season, scene.cast.ada, NOW)
    assert (told(session, scene.season, NOW), sweep(session, scene.season, BEFORE_3)) == ([], [])


# Deadlines that move


def test_a_deadline_that_moves_takes_its_reminders_along(session: Session, scene: Scene) -> None:
    sweep(session, scene.season, NOW)
    deadlines.extend_all(session, scene.challenge, 5 * 60, "The store was away", scene.cast.ada, NOW + HOUR)
    assert told(session, scene.season, NOW + HOUR) == [
        ("reminder-1-72h", BEFORE_72 + 5 * HOUR), ("reminder-1-24h", BEFORE_24 + 5 * HOUR),
        ("reminder-1-3h", BEFORE_3 + 5 * HOUR),
    ]  # fmt: skip
    assert sweep(session, scene.season, BEFORE_72 + HOUR) == []


def test_moved_a_little_after_a_reminder_it_is_not_repeated_and_moved_a_lot_it_is(
    session: Session, scene: Scene
) -> None:
    sweep(session, scene.season, NOW)
    for at in (BEFORE_72, BEFORE_24):
        sweep(session, scene.season, at)
    deadlines.extend_all(session, scene.challenge, 60, "The store was away", scene.cast.ada, BEFORE_24 + 5 * MINUTE)
    assert told(session, scene.season, BEFORE_24 + 5 * MINUTE) == [("reminder-1-3h", BEFORE_3 + HOUR)]
    deadlines.extend_all(session, scene.challenge, 24 * 60, "And again", scene.cast.ada, BEFORE_24 + HOUR)
    assert told(session, scene.season, BEFORE_24 + HOUR) == [
        ("reminder-1-24h-2", BEFORE_24 + 25 * HOUR), ("reminder-1-3h", BEFORE_3 + 25 * HOUR)
    ]  # fmt: skip
    assert sweep(session, scene.season, BEFORE_24 + 25 * HOUR) == ["reminder-1-24h-2"]


def test_an_extension_gives_an_entry_reminders_of_its_own(session: Session, scene: Scene) -> None:
    fay = make_person(session, "Fay")
    make_entry(session, scene.season, fay, name="Plan D")
    own = f"-{scene.entry.id.hex}"
    for at in (NOW, BEFORE_72, BEFORE_24):
        sweep(session, scene.season, at)
    extend(session, scene, 120, BEFORE_24 + HOUR)
    assert told(session, scene.season, BEFORE_24 + HOUR) == [
        ("reminder-1-3h", BEFORE_3), (f"reminder-1-3h{own}", BEFORE_3 + 2 * HOUR)
    ]  # fmt: skip
    assert sweep(session, scene.season, BEFORE_3) == ["reminder-1-3h"]
    each = ["challenge_released", "reminder", "reminder"]
    assert mails(session, scene.cast.ben, fay) == [each, [*each, "reminder"]]
    assert sweep(session, scene.season, BEFORE_3 + 2 * HOUR) == [f"reminder-1-3h{own}"]
    assert mails(session, scene.cast.ben, fay) == [[*each, "reminder"], [*each, "reminder"]]
    facts = letters_to(session, "ben@example.org")[-1].facts
    assert facts["due_at"] == (DUE + 2 * HOUR).isoformat()


def test_an_extension_that_is_taken_back_brings_the_common_reminders_back(session: Session, scene: Scene) -> None:
    sweep(session, scene.season, NOW)
    extend(session, scene, 120, NOW + HOUR)
    extend(session, scene, 0, NOW + 2 * HOUR)
    sweep(session, scene.season, BEFORE_72)
    assert mails(session, scene.cast.ben) == [["challenge_released", "reminder"]]


# Who is left


def test_who_withdrew_or_is_known_to_be_out_gets_nothing_and_a_secret_result_shows_nowhere(
    session: Session, scene: Scene
) -> None:
    """A mail that stays away would tell what nobody may know yet."""
    cast, ada = scene.cast, scene.cast.ada
    later = make_challenge(session, scene.season, ada, title="The bridge", due=at_clock("2026-12-05T23:59"))
    fay, gus = make_person(session, "Fay"), make_person(session, "Gus")
    out, _ = make_entry(session, scene.season, fay, name="Plan D")
    gone, _ = make_entry(session, scene.season, gus, name="Plan E")
    entries.withdraw(session, gone, gus, NOW)
    outcomes.confirm(session, scene.challenge, {out.id: (OutcomeKind.LEAVES, "")}, ada, NOW)
    reminded = Audience(AudienceKind.NOT_HANDED_IN, later)
    names = [[one.person.name for one in recipients_of(session, scene.season, reminded, at, nobody)] for at in (NOW,)]
    assert names == [["Ben", "Cleo", "Fay"]]
    outcomes.make_public(session, scene.challenge, NOW + HOUR)
    before, after = (
        [one.person.id for one in recipients_of(session, scene.season, reminded, at, nobody)]
        for at in (NOW + HOUR - MINUTE, NOW + HOUR)
    )
    assert (before, after) == ([cast.ben.id, cast.cleo.id, fay.id], [cast.ben.id, cast.cleo.id])


def test_who_cannot_hand_in_is_not_reminded(session: Session, scene: Scene) -> None:
    fay = make_person(session, "Fay")
    make_entry(session, scene.season, fay, name="Plan D")
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    later = make_challenge(
        session, scene.season, scene.cast.ada, title="The bridge", due=at_clock("2026-12-05T23:59"),
        course=Course(builds_on=1),
    )  # fmt: skip
    people = recipients_of(session, scene.season, Audience(AudienceKind.NOT_HANDED_IN, later), NOW, nobody)
    assert [one.person.name for one in people] == ["Ben", "Cleo"]


def test_in_a_swap_everybody_hands_in_and_so_is_reminded(session: Session, scene: Scene) -> None:
    later = make_challenge(
        session, scene.season, scene.cast.ada, is_released=False, title="The bridge", due=at_clock("2026-12-05T23:59"),
        course=Course(builds_on=1, is_swap=True),
    )  # fmt: skip
    audience = Audience(AudienceKind.NOT_HANDED_IN, later)
    assert [one.person.name for one in recipients_of(session, scene.season, audience, NOW, nobody)] == ["Ben", "Cleo"]
    assert reach_of(session, scene.season, [audience], NOW, nobody) == [2]


# When nobody was at work


def test_a_release_is_told_late_and_a_reminder_only_while_it_helps(session: Session, scene: Scene) -> None:
    assert sweep(session, scene.season, BEFORE_24 + HOUR) == ["release-1", "reminder-1-72h", "reminder-1-24h"]
    rows = {row.key: row for row in mailings.gone_of(session, scene.season.id)}
    assert {key: (row.sent_at, row.missed_at, row.reached) for key, row in rows.items()} == {
        "release-1": (BEFORE_24 + HOUR, None, 2),
        "reminder-1-72h": (None, BEFORE_24 + HOUR, 0),
        "reminder-1-24h": (BEFORE_24 + HOUR, None, 2),
    }
    assert mails(session, scene.cast.ben) == [["challenge_released", "reminder"]]
    assert sweep(session, scene.season, BEFORE_24 + HOUR) == []
    with refused("It is too late for this mail. You can write another one."):
        one = called(session, scene.season, "reminder-1-72h", BEFORE_24 + HOUR)
        mailings.send_now(session, scene.season, one, scene.cast.ada, BEFORE_24 + HOUR, nobody)


def test_after_the_deadline_nothing_helps_and_after_a_week_nobody_is_told(session: Session, scene: Scene) -> None:
    assert sweep(session, scene.season, DUE) == ["release-1", "reminder-1-72h", "reminder-1-24h", "reminder-1-3h"]
    assert mails(session, scene.cast.ben) == [[]]
    assert {row.missed_at for row in mailings.gone_of(session, scene.season.id)} == {DUE}


def test_a_season_of_long_ago_is_left_alone(session: Session, scene: Scene) -> None:
    assert (sweep(session, scene.season, DUE + 8 * DAY), mailings.mailings_of(session, scene.season.id)) == ([], [])


def test_a_crash_in_between_leaves_nothing_half_sent(session: Session, scene: Scene) -> None:
    (one,) = (one for one in planning.due(session, NOW) if one.season_id == scene.season.id)
    with session.begin_nested() as attempt:
        planning.send(session, one, NOW, nobody)
        attempt.rollback()
    assert mails(session, scene.cast.ben) == [[]]
    assert sweep(session, scene.season, NOW + MINUTE) == ["release-1"]
    assert mails(session, scene.cast.ben) == [["challenge_released"]]


def test_nothing_is_written_while_nothing_is_due(session: Session, scene: Scene) -> None:
    sweep(session, scene.season, NOW)
    before = session.exec(select(Mailing.key)).all()
    assert (sweep(session, scene.season, NOW + HOUR), session.exec(select(Mailing.key)).all()) == ([], before)
    assert planning.send(session, Due(scene.season.id, "reminder-1-3h"), NOW, nobody) is None
    assert planning.send(session, Due(scene.season.id, "release-1"), NOW, nobody) is None


def test_two_sweeps_at_once_send_once(database: Database) -> None:
    scene = committed(database, lambda session: make_scene(session, make_cast(session)))

    def go(session: Session) -> list[str]:
        return sweep(session, scene.season, NOW)

    assert sorted(at_once(database, go, go)) == [[], ["release-1"]]
    with database.reading() as session:
        assert mails(session, scene.cast.ben) == [["challenge_released"]]


def test_an_organizer_and_the_worker_send_the_same_mail_once(database: Database) -> None:
    scene = committed(database, lambda session: make_scene(session, make_cast(session)))

    def press(session: Session) -> int:
        season = here(session, scene.season)
        one = planning.find(session, season, "release-1", NOW)
        return mailings.send_now(session, season, one, here(session, scene.cast.ada), NOW, nobody).reached

    given = at_once(database, lambda session: sweep(session, scene.season, NOW), press, press)
    assert given[1:] == [2, 2]
    with database.reading() as session:
        assert mails(session, scene.cast.ben, scene.cast.cleo) == [["challenge_released"], ["challenge_released"]]


@pytest.mark.parametrize("change", ["moved", "stopped", "thrown away"])
def test_what_an_organizer_decides_between_a_look_and_the_lock_holds(
    session: Session, scene: Scene, change: str
) -> None:
    sweep(session, scene.season, NOW)
    row = mailings.compose(
        session, scene.season, Audience(AudienceKind.ENTRANTS), "The show", "Tonight.", scene.cast.ada, NOW
    )  # fmt: skip
    one = called(session, scene.season, row.key)
    mailings.send_at(session, scene.season, one, NOW + HOUR, scene.cast.ada, NOW)
    session.flush()
    decided = {
        "moved": update(Mailing).values(goes_at=NOW + 49 * HOUR),
        "stopped": update(Mailing).values(stopped_at=NOW + HOUR),
        "thrown away": delete(Mailing),
    }[change]

    asked: list[str] = []

    def meanwhile(state: ORMExecuteState) -> None:
        if state.is_select and getattr(state.statement, "_for_update_arg", None) is not None:
            session.connection().execute(decided.where(col(Mailing.id) == row.id))
            asked.append(change)

    event.listen(session, "do_orm_execute", meanwhile)
    assert planning.send(session, Due(scene.season.id, row.key), NOW + HOUR, nobody) is None
    assert mails(session, scene.cast.ben) == [["challenge_released"]]
    assert asked == [change]


def test_a_thousand_letters_are_written_in_one_statement(session: Session, scene: Scene) -> None:
    """And each has its mailing, so that the outbox tells who got it."""
    sweep(session, scene.season, NOW)
    (row,) = mailings.gone_of(session, scene.season.id)
    letters = session.exec(select(Letter).where(Letter.mailing_id == row.id)).all()
    assert {letter.to_email for letter in letters} == {"ben@example.org", "cleo@example.org"}
