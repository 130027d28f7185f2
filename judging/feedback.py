"""Feedback: an organizer lets everybody read the results of a challenge, or takes that back while nobody has."""

from collections.abc import Sequence
from datetime import datetime
from random import SystemRandom
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from challenges import outcomes
from challenges.challenges import Challenge
from challenges.history import note
from challenges.outcomes import Outcome
from challenges.people import Person
from challenges.records import lock
from challenges.refusals import Refusal
from challenges.seasons import Season
from challenges.states import Deed
from challenges.versions import handed_in
from judging.cuts import check_judged, confirm, propose
from judging.packets import Packet, packets_of
from judging.panels import Panelist, panel_of
from judging.releases import FeedbackRelease, release_of
from judging.scoring import Desk


def release(
    session: Session, challenge: Challenge, by: Person, now: datetime,
    at: datetime | None = None, on_hold: bool = False,
) -> FeedbackRelease:  # fmt: skip
    """Let everybody read the results: now, from `at` on, or on hold until a button is pressed on the evening.

    The packets are asked for at once, so that they are there by then. While nobody can have read anything, releasing
    again changes the instant; afterwards it changes nothing.
    """
    season = session.get_one(Season, challenge.season_id)
    season.check(Deed.RELEASE_RESULTS, now)
    lock(session, challenge)
    released = release_of(session, challenge.id)
    if released and released.is_public(now):
        return released
    public_at = None if on_hold else max(at, now) if at else now
    if released and released.public_at == public_at:
        return released
    if released is None:
        released = _prepare(session, challenge, season, by, now)
    _check_order(session, challenge, public_at)
    _check_still_in(session, challenge)
    released.public_at = public_at
    outcomes.make_public(session, challenge, public_at)
    session.flush()
    deed = "held" if public_at is None else "scheduled" if public_at > now else "released"
    note(
        session, by, f"feedback.{deed}", released, now, season.id,
        challenge=challenge.number, packets=len(packets_of(session, challenge.id)),
    )  # fmt: skip
    return released


def open_results(session: Session, challenge: Challenge, by: Person, now: datetime) -> FeedbackRelease:
    """The button of the evening: everybody may read what waits. Pressing it twice opens once."""
    if release_of(session, challenge.id) is None:
        raise Refusal("There is no release to open: it was taken back meanwhile. Release the results again.")
    return release(session, challenge, by, now)


def take_back(session: Session, challenge: Challenge, by: Person, now: datetime) -> None:
    """Forget the release and its packets, while nobody else knows. What is confirmed stays confirmed."""
    lock(session, challenge)
    released = release_of(session, challenge.id)
    if released is None:
        return
    if released.is_public(now):
        raise Refusal("These results are released. What people have read cannot be taken back.")
    _check_order(session, challenge, None)
    for packet, _ in packets_of(session, challenge.id):
        session.delete(packet)
    session.flush()
    session.delete(released)
    outcomes.make_public(session, challenge, None)
    for panelist in panel_of(session, challenge.id):
        panelist.drawn = None
    session.flush()
    note(session, by, "feedback.taken_back", challenge, now, challenge.season_id, challenge=challenge.number)


def undo_confirmation(session: Session, challenge: Challenge, by: Person, now: datetime) -> None:
    """One deed back, until the release: nothing is confirmed, and scoresheets and panel can change again."""
    lock(session, challenge)
    if not outcomes.of_challenge(session, challenge.id):
        return
    if released := release_of(session, challenge.id):
        if released.is_public(now):
            raise Refusal("These results are released. What people have read cannot be undone.")
        raise Refusal("These results wait for their release. Take the release back first.")
    if later := _others(session, challenge, col(Challenge.number) > challenge.number):
        raise Refusal(f"The results of challenge {later[-1][0]} are confirmed on top of these. Undo that first.")
    outcomes.undo(session, challenge, now)
    note(session, by, "results.unconfirmed", challenge, now, challenge.season_id, challenge=challenge.number)


def _prepare(session: Session, challenge: Challenge, season: Season, by: Person, now: datetime) -> FeedbackRelease:
    """What is confirmed, with a packet for every team, and public to nobody."""
    check_judged(session, challenge)
    if not outcomes.of_challenge(session, challenge.id):
        if not propose(session, challenge, season, now).is_plain:
            raise Refusal("Somebody leaves or wins here. Review the ranking and confirm it first, then release it.")
        confirm(session, challenge, season, {}, by, now)
    released = FeedbackRelease(challenge_id=challenge.id, released_by=by.id, released_at=now)
    session.add(released)
    session.flush()
    _draw_order(session, challenge.id)
    session.add_all(
        Packet(release_id=released.id, submission_id=submission.id, version_id=version.id, number=number, asked_at=now)
        for number, (submission, _, _, version) in enumerate(handed_in(session, challenge.id), 1)
    )
    session.flush()
    return released


def _check_order(session: Session, challenge: Challenge, public_at: datetime | None) -> None:
    """Who is missing from a later challenge tells who left in an earlier one, so that is never public first."""
    for number, other in _others(session, challenge, col(Challenge.number) < challenge.number):
        if public_at and (other is None or other > public_at):
            raise Refusal(
                f"The results of challenge {number} are confirmed and would not be public by then. "
                "Release those first: these would tell who left."
            )
    for number, other in _others(session, challenge, col(Challenge.number) > challenge.number):
        if other and (public_at is None or other < public_at):
            raise Refusal(
                f"The results of challenge {number} are to be public before that, and would tell who left here. "
                "Put those off first."
            )


def _check_still_in(session: Session, challenge: Challenge) -> None:
    """Nobody is told that somebody wins or goes on who has gone, and whoever comes next may move up."""
    if gone := outcomes.withdrawn_since(session, challenge.id):
        raise Refusal(
            f"{', '.join(gone)} {'has' if len(gone) == 1 else 'have'} withdrawn since you confirmed. "
            "Undo the confirmation and look again."
        )


def _others(
    session: Session, challenge: Challenge, which: ColumnElement[bool]
) -> Sequence[tuple[int, datetime | None]]:
    """Number and public instant of other challenges of the season that are confirmed."""
    rows = (
        select(Challenge.number, Outcome.public_at)
        .join(Outcome, col(Outcome.challenge_id) == col(Challenge.id))
        .where(Challenge.season_id == challenge.season_id, which)
        .distinct()
        .order_by(col(Challenge.number))
    )
    return session.exec(rows).all()


def _draw_order(session: Session, challenge_id: UUID) -> None:
    """Teams read of Judge 1, 2, 3; the order is drawn so that it tells nobody who is who."""
    panel = list(session.exec(select(Panelist).where(Panelist.challenge_id == challenge_id)))
    SystemRandom().shuffle(panel)
    for drawn, panelist in enumerate(panel, 1):
        panelist.drawn = drawn


def reopen(session: Session, desk: Desk, by: Person, now: datetime) -> None:
    """Take a handed-in scoresheet back to change it, until the results are confirmed."""
    lock(session, desk.challenge)  # a confirmation or a release at the same moment waits, or has happened
    released = release_of(session, desk.challenge.id)
    if released and released.is_public(now):
        raise Refusal("Feedback for this challenge has been released, so its scoresheets stay as they are.")
    if released or outcomes.of_challenge(session, desk.challenge.id):
        raise Refusal(
            "The results of this challenge are confirmed, so its scoresheets stay as they are. "
            "An organizer has to undo the confirmation first."
        )
    lock(session, desk.sheet)
    if desk.sheet.handed_in_at:
        desk.sheet.handed_in_at = None
        note(session, by, "scoresheet.reopened", desk.sheet, now, desk.season.id, challenge=desk.challenge.number)
