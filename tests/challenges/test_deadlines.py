"""Deadlines: the due instant, the grace after it, and more time for one entry or for all, never less."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from challenges import deadlines, seasons
from challenges.challenges import Challenge, Course
from challenges.deadlines import Deadline, deadline_of
from challenges.versions import Version, accept_in_time, hand_in
from tests.cast import make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Scene,
    at_clock,
    claiming,
    deeds,
    make_challenge,
    make_entry,
    make_upload,
    stored,
)
from tests.refused import refused

MICROSECOND = timedelta(microseconds=1)
WHY = "The power failed in your town."


def late(session: Session, scene: Scene, challenge: Challenge, at: datetime) -> Version:
    """A file that was there an hour before, handed in now."""
    upload = make_upload(session, challenge, scene.entry, scene.cast.ben, now=NOW)
    return hand_in(session, challenge, scene.entry, {upload.id: stored(upload)}, scene.cast.ben, at)


def graceful(session: Session, scene: Scene, minutes: int = 15, penalty: int = 5) -> Challenge:
    course = Course(grace_minutes=minutes, penalty=penalty)
    return make_challenge(session, scene.season, scene.cast.ada, course=course)


def test_without_grace_or_extension_due_is_due(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    deadline = deadline_of(session, scene.challenge, scene.entry.id)
    assert deadline == Deadline(due, due, due + 30 * MINUTE, timedelta(), "", 0)
    instants = (due - MICROSECOND, due, due + 30 * MINUTE - MICROSECOND, due + 30 * MINUTE)
    assert [deadline.arrival(now) for now in instants] == ["in time", "in flight", "in flight", "too late"]
    assert [deadline.takes_uploads(now) for now in instants] == [True, False, False, False]
    assert deadline.closes_at == scene.challenge.settled_at == due + 30 * MINUTE


@pytest.mark.parametrize("after", [timedelta(), 15 * MINUTE - MICROSECOND])
def test_within_the_grace_it_is_late_and_says_so(session: Session, scene: Scene, after: timedelta) -> None:
    challenge = graceful(session, scene)
    version = late(session, scene, challenge, challenge.due_at + after)
    assert (version.was_late, version.was_in_flight, deadline_of(session, challenge, None).penalty) == (True, False, 5)


def test_after_the_grace_it_is_too_late(session: Session, scene: Scene) -> None:
    challenge = graceful(session, scene)
    with refused(
        "The challenge was due before Tue 24 Nov 2026, 22:59:00 UTC, and late hand-ins before "
        "Tue 24 Nov 2026, 23:14:00 UTC. Your request reached us at Tue 24 Nov 2026, 23:14:00 UTC. "
        "What you handed in before stays as it is.",
        "file",
    ):
        late(session, scene, challenge, challenge.due_at + 15 * MINUTE)


def test_what_was_travelling_at_due_is_not_late(session: Session, scene: Scene) -> None:
    challenge = graceful(session, scene)
    upload = claiming(make_upload(session, challenge, scene.entry, scene.cast.ben, now=challenge.due_at - SECOND))
    there = {upload.id: stored(upload, arrived_at=challenge.due_at + MINUTE)}
    version = hand_in(session, challenge, scene.entry, there, scene.cast.ben, challenge.due_at + 2 * MINUTE)
    assert (version.was_late, version.was_in_flight) == (False, True)


def test_one_entry_gets_more_time_and_the_others_do_not(session: Session, scene: Scene) -> None:
    other, _ = make_entry(session, scene.season, make_person(session, "Fay"), name="Plan D")
    due = scene.challenge.due_at
    deadlines.extend(session, scene.challenge, scene.entry, 120, f" {WHY} ", scene.cast.ada, NOW)
    mine = deadline_of(session, scene.challenge, scene.entry.id)
    assert mine == Deadline(due + 2 * HOUR, due + 2 * HOUR, due + 2 * HOUR + 30 * MINUTE, 2 * HOUR, WHY, 0)
    both = deadlines.deadlines_of(session, scene.challenge, [scene.entry.id, other.id])
    assert {entry_id: one.due_at for entry_id, one in both.items()} == {scene.entry.id: due + 2 * HOUR, other.id: due}
    assert scene.challenge.settled_at == due + 2 * HOUR + 30 * MINUTE
    version = late(session, scene, scene.challenge, due + 2 * HOUR - MICROSECOND)
    assert (version.was_late, version.was_in_flight) == (False, False)
    with refused("There is nothing new to hand in. Upload a file first.", "file"):
        hand_in(session, scene.challenge, other, {}, scene.cast.ben, due)
    assert deeds(session, scene.season).count("deadline.extended") == 1


def test_the_newest_extension_counts_and_nothing_accepted_becomes_late(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    deadlines.extend(session, scene.challenge, scene.entry, 120, WHY, scene.cast.ada, NOW)
    late(session, scene, scene.challenge, due + HOUR)
    deadlines.extend(session, scene.challenge, scene.entry, 0, "It was for another team.", scene.cast.ada, due + HOUR)
    assert deadline_of(session, scene.challenge, scene.entry.id).due_at == due
    assert scene.challenge.settled_at == due + HOUR
    assert [each.minutes for each in deadlines.extensions_of(session, scene.challenge.id)] == [0, 120]


def test_everybody_gets_the_same(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    deadlines.extend(session, scene.challenge, scene.entry, 60, WHY, scene.cast.ada, NOW)
    deadlines.extend_all(session, scene.challenge, 90, "Our store was away.", scene.cast.ada, NOW + HOUR)
    assert scene.challenge.due_at == due + 90 * MINUTE
    assert deadline_of(session, scene.challenge, scene.entry.id).due_at == due + 150 * MINUTE
    assert scene.challenge.settled_at == due + 180 * MINUTE
    assert deeds(session, scene.season).count("deadline.moved") == 1


def test_an_extension_after_due_opens_the_door_again(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    with refused("That would be over already. Give at least 61 minutes.", "minutes"):
        deadlines.extend(session, scene.challenge, scene.entry, 60, WHY, scene.cast.ada, due + HOUR)
    deadlines.extend(session, scene.challenge, scene.entry, 61, WHY, scene.cast.ada, due + HOUR)
    assert late(session, scene, scene.challenge, due + HOUR + 30 * SECOND).number == 1
    with refused("That would be over already.", "minutes"):
        deadlines.extend_all(session, scene.challenge, 60, WHY, scene.cast.ada, due + HOUR)


@pytest.mark.parametrize(
    ("minutes", "reason", "sentence", "field"),
    [
        (30, " ", "Say why; it is kept with the extension.", "reason"),
        (30, "x" * 401, "That is longer than 400 characters.", "reason"),
        (-1, WHY, "An extension is from 0 minutes to 30 days.", "minutes"),
        (30 * 24 * 60 + 1, WHY, "An extension is from 0 minutes to 30 days.", "minutes"),
    ],
)
def test_what_is_no_extension(
    session: Session, scene: Scene, minutes: int, reason: str, sentence: str, field: str
) -> None:
    with refused(sentence, field):
        deadlines.extend(session, scene.challenge, scene.entry, minutes, reason, scene.cast.ada, NOW)


def test_no_time_is_ever_taken_from_everybody(session: Session, scene: Scene) -> None:
    for minutes in (0, -30):
        with refused("An extension is at least a minute. A due instant never moves to earlier.", "minutes"):
            deadlines.extend_all(session, scene.challenge, minutes, WHY, scene.cast.ada, NOW)


def test_where_there_is_nothing_to_extend(session: Session, scene: Scene) -> None:
    draft = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    with refused("This challenge is not released, so its due instant can simply be changed."):
        deadlines.extend_all(session, draft, 30, WHY, scene.cast.ada, NOW)
    seasons.finish(session, scene.season, scene.cast.ada, NOW + DAY)
    with refused("This season is over, so nobody can prepare and release challenges now."):
        deadlines.extend_all(session, scene.challenge, 30, WHY, scene.cast.ada, NOW + DAY)


def test_a_button_pressed_twice_gives_the_time_once(session: Session, scene: Scene) -> None:
    due, ada = scene.challenge.due_at, scene.cast.ada
    seen = due.isoformat()
    first, second = (deadlines.extend_all(session, scene.challenge, 30, WHY, ada, NOW, seen) for _ in range(2))
    assert (first, scene.challenge.due_at) == (second, due + 30 * MINUTE)
    own = [deadlines.extend(session, scene.challenge, scene.entry, 15, WHY, ada, NOW) for _ in range(2)]
    assert (own[0], len(deadlines.extensions_of(session, scene.challenge.id))) == (own[1], 2)


def test_two_organizers_do_not_give_the_same_time_twice(session: Session, scene: Scene) -> None:
    due, seen = scene.challenge.due_at, scene.challenge.due_at.isoformat()
    deadlines.extend_all(session, scene.challenge, 60, WHY, scene.cast.ada, NOW, seen)
    with refused(
        "The due instant has moved since this page was loaded. Look at it again before you give more.", "minutes"
    ):
        deadlines.extend_all(session, scene.challenge, 60, WHY, scene.cast.eve, NOW + 2 * MINUTE, seen)
    assert scene.challenge.due_at == due + HOUR


def test_more_time_makes_what_was_late_in_time(session: Session, scene: Scene) -> None:
    challenge = graceful(session, scene)
    due = challenge.due_at
    version = late(session, scene, challenge, due + 6 * MINUTE)
    assert (version.was_late, accept_in_time(session, challenge, scene.cast.ada, due + HOUR)) == (True, [])
    deadlines.extend_all(session, challenge, 60, "Our site was away.", scene.cast.ada, due + 10 * MINUTE)
    assert accept_in_time(session, challenge, scene.cast.ada, due + HOUR) == [version]
    assert (version.was_late, version.due_at) == (False, due + HOUR)
    assert deeds(session, scene.season).count("submission.in_time") == 1


def test_on_the_last_evening_of_a_season_the_deadline_decides(session: Session, scene: Scene) -> None:
    """Due at 23:59 of the last day with an hour of grace: at 00:05 the season's days are over, and the grace is not."""
    course = Course(grace_minutes=60)
    last = make_challenge(session, scene.season, scene.cast.ada, due=at_clock("2026-12-20T23:59"), course=course)
    assert late(session, scene, last, last.due_at + 6 * MINUTE).was_late is True
    with refused("The season is over before that. Move its last day first.", "minutes"):
        deadlines.extend(session, last, scene.entry, 600, WHY, scene.cast.ada, last.due_at + 2 * HOUR)


def test_a_season_keeps_the_days_of_its_longest_extension(session: Session, scene: Scene) -> None:
    deadlines.extend(session, scene.challenge, scene.entry, 3 * 24 * 60, WHY, scene.cast.ada, NOW)
    assert deadlines.dues_of(session, scene.season.id) == {1: scene.challenge.due_at + 3 * DAY}


def test_no_deadline_outlives_its_season(session: Session, scene: Scene) -> None:
    last = make_challenge(session, scene.season, scene.cast.ada, due=at_clock("2026-12-20T23:59"))
    with refused("The season is over before that. Move its last day first.", "minutes"), session.begin_nested():
        deadlines.extend_all(session, last, 2, WHY, scene.cast.ada, NOW)
    with refused("The season is over before that. Move its last day first.", "minutes"), session.begin_nested():
        deadlines.extend(session, last, scene.entry, 2, WHY, scene.cast.ada, NOW)
    deadlines.extend(session, last, scene.entry, 1, WHY, scene.cast.ada, NOW)


def test_a_version_keeps_the_due_instant_that_held_for_it(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    deadlines.extend(session, scene.challenge, scene.entry, 60, WHY, scene.cast.ada, NOW)
    version = late(session, scene, scene.challenge, due + 30 * MINUTE)
    deadlines.extend_all(session, scene.challenge, 60, WHY, scene.cast.ada, NOW + DAY)
    assert version.due_at == due + HOUR
