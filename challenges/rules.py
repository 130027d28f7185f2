"""Rules: states of the competition that must never be in a live database, each with the sentence that reports it."""

from collections.abc import Iterator
from uuid import UUID

from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from challenges.briefs import Brief
from challenges.challenges import Challenge, Deliverable
from challenges.clarifications import Clarification
from challenges.entries import Entry
from challenges.letters import Letter
from challenges.outcomes import Outcome
from challenges.rubrics import Criterion
from challenges.seasons import Role, RoleKind, Season
from challenges.submissions import Submission, Upload
from challenges.teams import Team
from challenges.versions import Version, VersionFile


def violations(session: Session) -> Iterator[str]:
    """One sentence for each row that must not be; silence is good."""
    for sentence, rows in RULES.items():
        for row in session.exec(rows):
            yield sentence.format(row)


def _versions() -> SelectOfScalar[UUID]:
    return (
        select(Version.id)
        .join(Submission, col(Submission.id) == col(Version.submission_id))
        .join(Challenge, col(Challenge.id) == col(Submission.challenge_id))
    )


RULES: dict[str, SelectOfScalar[UUID]] = {
    "Season {} has no organizer.": select(Season.id).where(
        col(Season.id).not_in(
            select(Role.season_id).where(Role.kind == RoleKind.ORGANIZER, col(Role.ended_at).is_(None))
        )
    ),
    "Challenge {} is scheduled without a brief.": select(Challenge.id).where(
        col(Challenge.scheduled_at).is_not(None), col(Challenge.id).not_in(select(Brief.challenge_id))
    ),
    "Challenge {} asks for nothing to be handed in.": select(Challenge.id).where(
        col(Challenge.id).not_in(select(Deliverable.challenge_id))
    ),
    "Rubric {} gives no criterion a weight.": select(Criterion.rubric_version_id)
    .group_by(col(Criterion.rubric_version_id))
    .having(func.sum(Criterion.weight) == 0),
    "Version {} was handed in after every deadline of its challenge.": _versions().where(
        col(Version.handed_in_at) >= col(Challenge.settled_at)
    ),
    "Version {} was handed in at or after the due instant of its entry and does not say so.": select(Version.id).where(
        col(Version.handed_in_at) >= col(Version.due_at),
        col(Version.was_in_flight).is_(False),
        col(Version.was_late).is_(False),
    ),
    "Outcome {} belongs to an entry of another season.": select(Outcome.id)
    .join(Challenge, col(Challenge.id) == col(Outcome.challenge_id))
    .join(Entry, col(Entry.id) == col(Outcome.entry_id))
    .where(col(Entry.season_id) != col(Challenge.season_id)),
    "Version {} has no file.": select(Version.id).where(col(Version.id).not_in(select(VersionFile.version_id))),
    "File {} is of an upload that the store never confirmed.": select(VersionFile.id)
    .join(Upload, col(Upload.id) == col(VersionFile.upload_id))
    .where(col(Upload.store_version_id).is_(None)),
    "File {} counts as verified without a computed check sum.": select(VersionFile.id).where(
        col(VersionFile.verified_at).is_not(None), col(VersionFile.computed_sha256).is_(None)
    ),
    "Clarification {} was asked before its challenge was released.": select(Clarification.id)
    .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
    .where(col(Clarification.asked_at) < col(Challenge.release_at)),
    "Clarification {} was asked by a team of another season.": select(Clarification.id)
    .join(Challenge, col(Challenge.id) == col(Clarification.challenge_id))
    .join(Team, col(Team.id) == col(Clarification.team_id))
    .where(col(Team.season_id) != col(Challenge.season_id)),
    "Clarification {} is answered, and nobody answered it.": select(Clarification.id).where(
        or_(col(Clarification.public_at).is_not(None), col(Clarification.answered_at).is_not(None)),
        or_(col(Clarification.answered_by).is_(None), Clarification.answer == ""),
    ),
    "Letter {} was both accepted and refused.": select(Letter.id).where(
        col(Letter.sent_at).is_not(None), col(Letter.refused_at).is_not(None)
    ),
}
