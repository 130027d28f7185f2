"""Notices: what changes is told at once, and once."""

import pytest
from sqlmodel import Session

from challenges import briefs, deadlines, notices
from tests.cast import make_person
from tests.challenges.test_planning import DUE, mails
from tests.makers import (
    BRIEF,
    MINUTE,
    NOW,
    Scene,
    letters_to,
    make_entry,
    make_version,
)


def test_an_amendment_is_told_to_every_entrant_once(session: Session, scene: Scene) -> None:
    ada = scene.cast.ada
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    amended = briefs.amend(session, scene.challenge, BRIEF + "\n\nMore.", "One lorry more.", ada, NOW)
    for _ in range(2):
        notices.tell_amended(session, scene.season, scene.challenge, amended, ada, NOW)
    assert mails(session, scene.cast.ben, scene.cast.cleo) == [["amendment"], ["amendment"]]
    facts = letters_to(session, "ben@example.org")[-1].facts
    assert (facts["subject"], facts["body"]) == (
        "Challenge 1: the brief was amended (amendment 1)",
        "The brief of challenge 1, “A field hospital”, was amended. The note of amendment 1 says:\n\n> One lorry more.",
    )


@pytest.mark.parametrize("is_for_all", [True, False])
def test_more_time_is_told_with_the_deadline_of_each_entry(session: Session, scene: Scene, is_for_all: bool) -> None:
    ada, fay = scene.cast.ada, make_person(session, "Fay")
    make_entry(session, scene.season, fay, name="Plan D")
    first = deadlines.extend(session, scene.challenge, scene.entry, 60, "Ben is ill", ada, NOW)
    given = deadlines.extend_all(session, scene.challenge, 30, "The store was away", ada, NOW) if is_for_all else first
    notices.tell_extended(session, scene.season, scene.challenge, given, ada, NOW)
    kind = "deadline_moved" if is_for_all else "deadline_extended"
    assert mails(session, scene.cast.ben, fay) == [[kind], [kind] if is_for_all else []]
    mail = letters_to(session, "ben@example.org")[-1].facts
    assert mail["due_at"] == (DUE + (90 if is_for_all else 60) * MINUTE).isoformat()
    assert ("The store was away" in mail["body"], "Ben is ill" in str(mail)) == (is_for_all, False)
