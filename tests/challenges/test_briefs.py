"""Briefs: written while nobody reads them, amended with a note afterwards; every earlier text stays."""

from sqlmodel import Session

from challenges import briefs, challenges
from tests.cast import Cast
from tests.makers import BRIEF, HOUR, NOW, PLAN, Scene, deeds, make_season
from tests.refused import refused


def told(session: Session, scene: Scene) -> list[tuple[int, str, str]]:
    session.flush()
    return [(brief.number, brief.text, brief.note) for brief in briefs.versions_of(session, scene.challenge.id)]


def test_a_draft_is_written_over(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    challenge = challenges.draft(session, season, PLAN, cast.ada, NOW)
    assert briefs.brief_of(session, challenge.id) is None
    first = briefs.write(session, challenge, " One.\n", cast.ada, NOW)
    second = briefs.write(session, challenge, "Two.", cast.eve, NOW + HOUR)
    assert (first, second.number, second.text, second.written_by, second.written_at, second.amendment) == (
        second, 1, "Two.", cast.eve.id, NOW + HOUR, 0,
    )  # fmt: skip
    assert briefs.versions_of(session, challenge.id) == [second]
    with refused("A challenge needs a brief: what is the problem, and for whom?", "brief"):
        briefs.write(session, challenge, " \n ", cast.ada, NOW)
    with refused("Nobody has read this brief yet. Just write it anew.", "brief"):
        briefs.amend(session, challenge, "Three.", "A note.", cast.ada, NOW)
    assert deeds(session, season).count("brief.written") == 2


def test_what_people_read_is_amended_with_a_note(session: Session, scene: Scene) -> None:
    amended = briefs.amend(session, scene.challenge, " Three hundred beds. ", " A ward more. ", scene.cast.ada, NOW)
    assert (amended.number, amended.amendment, amended.written_by) == (2, 1, scene.cast.ada.id)
    assert told(session, scene) == [(1, BRIEF, ""), (2, "Three hundred beds.", "A ward more.")]
    assert briefs.brief_of(session, scene.challenge.id) == amended
    assert briefs.current_brief(session, scene.challenge.id) == amended
    assert deeds(session, scene.season).count("brief.amended") == 1


def test_two_organizers_do_not_overwrite_each_other(session: Session, scene: Scene) -> None:
    ada, eve, seen = scene.cast.ada, scene.cast.eve, briefs.current_brief(session, scene.challenge.id).mark
    amended = briefs.amend(session, scene.challenge, "Hers.", "A note.", ada, NOW, seen=seen)
    with refused(
        "Another organizer saved this brief while you wrote. Your text is still here, and nothing was overwritten. "
        "Look at theirs in another window, then save again to put yours in its place.",
        "brief",
    ):
        briefs.amend(session, scene.challenge, "Mine.", "A note.", eve, NOW, seen=seen)
    assert briefs.amend(session, scene.challenge, "Mine.", "A note.", eve, NOW, seen=amended.mark).number == 3


def test_nothing_changes_in_silence(session: Session, scene: Scene) -> None:
    ada, challenge = scene.cast.ada, scene.challenge
    with refused("This brief is released. Amend it, with a note that says what changed.", "brief"):
        briefs.write(session, challenge, "Else.", ada, NOW)
    with refused("Say in a sentence what changed and why; every team will read it.", "note"):
        briefs.amend(session, challenge, "Else.", " ", ada, NOW)
    with refused("The text is the same as before, so there is nothing to amend.", "brief"):
        briefs.amend(session, challenge, f"{BRIEF}\n", "A note.", ada, NOW)
    with refused("A challenge needs a brief: what is the problem, and for whom?", "brief"):
        briefs.amend(session, challenge, "", "A note.", ada, NOW)
    assert told(session, scene) == [(1, BRIEF, "")]
