"""Audiences: each is exact, and counted like the letters that it gets."""

from sqlmodel import Session

from challenges import entries, terms
from challenges.audiences import Audience, AudienceKind, audience_called, count_of, reach_of, recipients_of
from challenges.terms import TermsKind
from tests.cast import make_person
from tests.challenges.test_planning import extend, nobody
from tests.makers import (
    NOW,
    Round,
    Scene,
    make_challenge,
    make_entry,
    make_season,
)
from tests.refused import refused


def test_every_audience_is_exact_and_counted_alike(session: Session, round_: Round) -> None:
    scene, cast = round_.scene, round_.scene.cast
    fay, gus, hal = (make_person(session, name) for name in ("Fay", "Gus", "Hal"))
    extended, _ = make_entry(session, scene.season, fay, name="Plan D")
    gone, _ = make_entry(session, scene.season, gus, name="Plan E")
    make_entry(session, make_season(session, cast.ada, title="Another"), hal, name="Plan F")
    entries.withdraw(session, gone, gus, NOW)
    extend(session, scene, 60, NOW, extended)
    challenge = scene.challenge
    late = {cast.dev.id, cast.eve.id}  # Eve judges no more
    expected = [
        (Audience(AudienceKind.ENTRANTS), [cast.ben, cast.cleo, fay]),
        (Audience(AudienceKind.ENTERED), [cast.ben, cast.cleo, fay, gus]),
        (Audience(AudienceKind.JUDGES), [cast.dana, cast.dev]),
        (Audience(AudienceKind.LATE_JUDGES, challenge), [cast.dev]),
        (Audience(AudienceKind.NOT_HANDED_IN, challenge), [fay]),
        (Audience(AudienceKind.NOT_HANDED_IN, challenge, spares_extended=True), []),
        (Audience(AudienceKind.NOT_HANDED_IN, challenge, extended.id), [fay]),
        (Audience(AudienceKind.ENTRANTS, challenge, scene.entry.id), [cast.ben, cast.cleo]),
    ]
    audiences = [audience for audience, _ in expected]
    reached = [recipients_of(session, scene.season, one, NOW, lambda *_: late) for one in audiences]
    found = [[each.person.id for each in people] for people in reached]
    assert found == [[person.id for person in people] for _, people in expected]
    parts = [recipients_of(session, scene.season, one, NOW, lambda *_: late, 1, 1) for one in audiences]
    assert parts == [people[1:2] for people in reached]
    counts = [len(people) for people in reached]
    assert reach_of(session, scene.season, audiences, NOW, lambda *_: late) == counts
    assert [reach_of(session, scene.season, [one], NOW, lambda *_: late) for one in audiences] == [[n] for n in counts]
    assert [count_of(session, scene.season, one, NOW, lambda *_: late) for one in audiences] == counts


def test_who_has_not_agreed_is_who_lacks_a_text_as_it_stands_now(session: Session, scene: Scene) -> None:
    def lacking() -> list[str]:
        audience = Audience(AudienceKind.NOT_AGREED)
        people = recipients_of(session, scene.season, audience, NOW, nobody)
        assert reach_of(session, scene.season, [audience], NOW, nobody) == [len(people)]
        return [one.person.name for one in people]

    assert lacking() == []
    rules = terms.write(session, scene.season, TermsKind.RULES, "Be kind.", "", scene.cast.ada, NOW)
    assert lacking() == ["Ben", "Cleo"]
    terms.accept(session, scene.season, scene.cast.ben, {rules.id}, NOW)
    assert lacking() == ["Cleo"]
    terms.write(session, scene.season, TermsKind.RULES, "Be very kind.", "Very.", scene.cast.ada, NOW)
    assert lacking() == ["Ben", "Cleo"]


def test_what_an_audience_must_say(session: Session, scene: Scene) -> None:
    draft = make_challenge(session, scene.season, scene.cast.ada, is_released=False)
    with refused("Choose who gets the mail.", "audience"):
        audience_called("everybody-else", None, NOW)
    with refused("Choose the challenge that it is about.", "challenge"):
        audience_called("not-handed-in", None, NOW)
    with refused("This challenge is not released, so nobody may read of it yet.", "challenge"):
        audience_called("not-handed-in", draft, NOW)
    assert audience_called("judges", draft, NOW) == Audience(AudienceKind.JUDGES)
