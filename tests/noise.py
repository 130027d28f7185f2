"""Noise: an unrelated season that is always in the database, so that a query that forgets its `where` is found out."""

from datetime import date

from sqlmodel import Session

from challenges import clarifications
from challenges.clarifications import ClarificationKind
from challenges.people import Person, make_founder
from challenges.seasons import RoleKind, grant
from challenges.signins import ask, begin
from judging import feedback, panels
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    make_challenge,
    make_entry,
    make_judge,
    make_person,
    make_season,
    make_sheet,
    make_upload,
    make_version,
)


def make_noise(session: Session) -> None:
    """Somebody else's season, with the same names and numbers: one challenge released, one being judged, one open."""
    nora = make_founder(session, "nora@noise.example", "Nora", NOW)
    nick, nell, nina, ned = (
        make_person(session, name, f"{name.lower()}@noise.example") for name in ("Nick", "Nell", "Nina", "Ned")
    )
    season = make_season(session, nora, title="The Long Night", starts_on=date(2026, 10, 1))
    make_season(session, nora, title="A draft of Nora's", is_announced=False)
    entry, _ = make_entry(session, season, nick, nell)
    other, _ = make_entry(session, season, make_person(session, "Nat", "nat@noise.example"), name="Plan C")
    for judge in (nina, ned):
        make_judge(session, season, judge, nora)
    grant(session, season, make_person(session, "Nemo", "nemo@noise.example"), RoleKind.VIEWER, nora, NOW)

    for is_released in (True, False):
        challenge = make_challenge(session, season, nora)
        for one, by in ((entry, nick), (other, session.get_one(Person, other.entered_by))):
            make_version(session, challenge, one, by)
            make_version(session, challenge, one, by, NOW + HOUR, positions=(1, 2))
        made = panels.assign_everything(session, challenge, nora, NOW + HOUR)
        for pair in panels.living_pairs(session, challenge.id):
            judge = session.get_one(Person, pair.person_id)
            make_sheet(session, challenge, judge, pair.submission_id, (2, 3), is_handed_in=is_released or judge is nina)
        assert len(made) == 4
        if is_released:
            feedback.release(session, challenge, nora, challenge.settled_at + DAY)
    still_open = make_challenge(session, season, nora)
    for kind in ClarificationKind:
        for by in (nick, nell):
            asked = clarifications.ask(session, season, still_open, kind, f"Is it {by.name}'s?", "", by, NOW)
        clarifications.answer(session, asked, "Yes.", nora, NOW)
    make_upload(session, still_open, entry, nick)
    ask(session, nick.email, "192.0.2.7", NOW - MINUTE)
    begin(session, nick, "Noisy browser", "Europe/Paris", NOW)
