"""Rules: states of the judging that must never be in a live database, each with the sentence that reports it."""

from collections.abc import Iterator
from uuid import UUID

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from challenges.challenges import Challenge
from challenges.rubrics import Criterion, Level
from challenges.teams import Member
from challenges.versions import Version
from judging.packets import Packet
from judging.panels import Assignment, Panelist
from judging.releases import FeedbackRelease
from judging.scoring import Mark, Scoresheet


def violations(session: Session) -> Iterator[str]:
    """One sentence for each row that must not be; silence is good."""
    for sentence, rows in RULES.items():
        for row in session.exec(rows):
            yield sentence.format(row)


def _sheets() -> SelectOfScalar[UUID]:
    return select(Scoresheet.id).join(Assignment, col(Assignment.id) == col(Scoresheet.assignment_id))


RULES: dict[str, SelectOfScalar[UUID]] = {
    "Scoresheet {} judges a version of another submission.": _sheets()
    .join(Version, col(Version.id) == col(Scoresheet.version_id))
    .where(col(Version.submission_id) != col(Assignment.submission_id)),
    "Scoresheet {} does not have every box of its rubric.": select(Scoresheet.id)
    .join(Criterion, col(Criterion.rubric_version_id) == col(Scoresheet.rubric_version_id))
    .join(
        Mark,
        (col(Mark.scoresheet_id) == col(Scoresheet.id)) & (col(Mark.criterion_id) == col(Criterion.id)),
        isouter=True,
    )
    .group_by(col(Scoresheet.id))
    .having(func.count(col(Criterion.id)) != func.count(col(Mark.id))),
    "Scoresheet {} is handed in with an empty level.": select(Scoresheet.id)
    .join(Mark, col(Mark.scoresheet_id) == col(Scoresheet.id))
    .where(col(Scoresheet.handed_in_at).is_not(None), col(Mark.half_points).is_(None))
    .distinct(),
    "Mark {} is not on the scale of its criterion.": select(Mark.id)
    .join(
        Level,
        (col(Level.criterion_id) == col(Mark.criterion_id)) & (col(Level.half_points) == col(Mark.half_points)),
        isouter=True,
    )
    .where(col(Mark.half_points).is_not(None), col(Level.id).is_(None)),
    "Scoresheet {} is open although its feedback is released.": _sheets()
    .join(Panelist, col(Panelist.id) == col(Assignment.panelist_id))
    .join(FeedbackRelease, col(FeedbackRelease.challenge_id) == col(Panelist.challenge_id))
    .where(col(Assignment.ended_at).is_(None), col(Scoresheet.handed_in_at).is_(None)),
    "Panelist {} takes part in the season they judge.": select(Panelist.id)
    .join(Challenge, col(Challenge.id) == col(Panelist.challenge_id))
    .join(Assignment, col(Assignment.panelist_id) == col(Panelist.id))
    .join(
        Member, (col(Member.person_id) == col(Panelist.person_id)) & (col(Member.season_id) == col(Challenge.season_id))
    )
    .where(col(Member.left_at).is_(None), col(Assignment.ended_at).is_(None))
    .distinct(),
    "Packet {} counts as rendered and is nowhere.": select(Packet.id).where(
        col(Packet.rendered_at).is_not(None), col(Packet.store_version_id).is_(None)
    ),
}
