"""Outages: what is one and what is none, what it takes from a due instant, and which evidence is kept."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session, select

from challenges import deadlines, outages
from challenges.outages import UNSEEN, Lost, Outage, Uptime, note_down, note_up, outage_near_due, outages_between, tidy
from tests.cast import NOW
from tests.makers import DAY, HOUR, MINUTE, SECOND, Scene, make_challenge


def look(session: Session, start: datetime, minutes: int) -> datetime:
    """The site answers every 30 seconds for so long; gives the last instant."""
    for step in range(2 * minutes + 1):
        note_up(session, start + step * 30 * SECOND)
    return start + minutes * MINUTE


def spans(session: Session) -> list[tuple[datetime, datetime, str]]:
    rows = session.exec(select(Uptime).order_by(Uptime.began_at))  # type: ignore[arg-type]
    return [(span.began_at, span.seen_at, span.trouble) for span in rows]


def test_a_site_that_answers_is_one_span_however_long(session: Session) -> None:
    end = look(session, NOW, 5)
    assert (spans(session), outages_between(session, NOW - DAY, end + DAY)) == ([(NOW, end, "")], [])


@pytest.mark.parametrize(("pause", "is_outage"), [(120 * SECOND, False), (121 * SECOND, True)])
def test_more_than_two_minutes_without_an_answer_is_an_outage(
    session: Session, pause: timedelta, is_outage: bool
) -> None:
    end = look(session, NOW, 1)
    note_up(session, end + pause)
    found = [Outage(end, end + pause, UNSEEN)] if is_outage else []
    assert outages_between(session, NOW, NOW + HOUR) == found


def test_an_outage_keeps_what_was_seen_first_and_a_short_one_forgets_it(session: Session) -> None:
    end = look(session, NOW, 1)
    note_down(session, "It answered with status 503: down are files.")
    note_up(session, end + MINUTE)
    assert spans(session) == [(NOW, end + MINUTE, "")]
    note_down(session, "It did not answer within 2 seconds.")
    note_down(session, "It answered with status 503.")
    note_up(session, end + 10 * MINUTE)
    assert outages_between(session, NOW, NOW + HOUR) == [
        Outage(end + MINUTE, end + 10 * MINUTE, "It did not answer within 2 seconds.")
    ]


def test_an_outage_that_lasts_has_no_end(session: Session) -> None:
    end = look(session, NOW, 1)
    note_down(session, "It did not answer within 2 seconds.")
    ongoing = Outage(end, None, "It did not answer within 2 seconds.")
    assert outages_between(session, NOW, end + 2 * MINUTE) == []
    assert outages_between(session, NOW, end + 3 * MINUTE) == [ongoing]


def test_only_what_touches_the_time_that_is_asked_for(session: Session) -> None:
    first = look(session, NOW, 1)
    second = look(session, first + 10 * MINUTE, 1)
    look(session, second + 10 * MINUTE, 1)
    one = Outage(first, first + 10 * MINUTE, UNSEEN)
    two = Outage(second, second + 10 * MINUTE, UNSEEN)
    assert outages_between(session, NOW, NOW + HOUR) == [one, two]
    assert outages_between(session, first + 9 * MINUTE, second) == [one]
    assert outages_between(session, first + 10 * MINUTE, second) == []
    assert outages_between(session, second + MINUTE, second + 2 * MINUTE) == [two]


def test_nothing_was_ever_measured(session: Session) -> None:
    note_down(session, "It did not answer within 2 seconds.")
    assert (spans(session), outages_between(session, NOW, NOW + DAY)) == ([], [])


def test_setting_the_clock_of_a_demo_forward_is_no_outage(session: Session) -> None:
    end = look(session, NOW, 1)
    note_up(session, end + DAY + 30 * SECOND, lead=DAY)
    assert outages_between(session, NOW, NOW + 2 * DAY) == []
    note_up(session, end + DAY + 30 * MINUTE, lead=DAY)
    assert outages_between(session, NOW, NOW + 2 * DAY) == [
        Outage(end + DAY + 30 * SECOND, end + DAY + 30 * MINUTE, UNSEEN)
    ]


def up(session: Session, *spans: tuple[datetime, datetime], trouble: str = "It did not answer.") -> list[Outage]:
    """The site was up in these spans; gives the outages between them."""
    session.add_all(Uptime(began_at=start, seen_at=end, trouble=trouble) for start, end in spans)
    session.flush()
    return [Outage(before[1], after[0], trouble) for before, after in pairwise(spans)]


def test_what_was_lost_in_the_last_six_hours(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    _, halfway, last = up(
        session, (due - DAY, due - 8 * HOUR), (due - 7 * HOUR, due - 6 * HOUR - 10 * MINUTE),
        (due - 6 * HOUR + 15 * MINUTE, due - HOUR), (due - 20 * MINUTE, due + 2 * DAY),
    )  # fmt: skip
    assert outage_near_due(session, scene.challenge, due - 6 * HOUR) is None
    lost = outage_near_due(session, scene.challenge, due)
    assert lost == Lost(55, 55, due - 6 * HOUR, due, [halfway, last])
    later = outage_near_due(session, scene.challenge, due + HOUR)
    assert later == replace(lost, back=115)  # what has passed since must be given as well, or nobody could use it
    assert outage_near_due(session, scene.challenge, due + DAY - SECOND)
    assert outage_near_due(session, scene.challenge, due + DAY) is None


def test_an_outage_over_the_due_instant_counts_until_it(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    found = up(session, (due - DAY, due - 90 * SECOND), (due + HOUR, due + HOUR))
    assert outage_near_due(session, scene.challenge, due + HOUR) == Lost(2, 62, due - 6 * HOUR, due, found)


def test_an_extension_for_everybody_answers_it_once(session: Session, scene: Scene) -> None:
    due, ada = scene.challenge.due_at, scene.cast.ada
    answered, again = up(
        session, (due - DAY, due - 2 * HOUR), (due - 80 * MINUTE, due - 30 * MINUTE), (due - 20 * MINUTE, due + HOUR)
    )
    deadlines.extend(session, scene.challenge, scene.entry, 60, "Ben is ill.", ada, due - HOUR)
    assert outage_near_due(session, scene.challenge, due - HOUR) == Lost(40, 40, due - 6 * HOUR, due, [answered])
    deadlines.extend_all(session, scene.challenge, 5, "An amendment.", ada, due - HOUR)
    assert outage_near_due(session, scene.challenge, due - HOUR)
    deadlines.extend_all(session, scene.challenge, 35, "The site was down.", ada, due - HOUR, is_for_outage=True)
    assert outage_near_due(session, scene.challenge, due - HOUR) is None
    moved = due + 40 * MINUTE
    assert outage_near_due(session, scene.challenge, due) == Lost(10, 10, moved - 6 * HOUR, moved, [again])


def test_a_challenge_under_embargo_has_no_last_hours(session: Session, scene: Scene) -> None:
    draft = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    up(session, (draft.due_at - DAY, draft.due_at - HOUR), (draft.due_at, draft.due_at))
    assert outage_near_due(session, draft, draft.due_at) is None


def test_after_ninety_days_only_the_evidence_is_left(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    long_ago, before, after, later = (
        (due + days * DAY, due + days * DAY + HOUR, "") for days in (-10, -1 / 24, 1 / 24, 10)
    )
    up(session, *((start, end) for start, end, _ in (long_ago, before, after, later)), trouble="")
    tidy(session, due + outages.KEPT)
    assert spans(session) == [before, after, later]
    tidy(session, due + outages.KEPT + 20 * DAY)
    assert spans(session) == [before, after]
