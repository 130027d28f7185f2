"""Rewordings: a rubric that changed after its release, with a note; the earlier ones stay readable."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, col, select

from challenges.challenges import Challenge
from challenges.history import note as leave_trace
from challenges.outcomes import of_challenge
from challenges.people import Person
from challenges.records import Instant, Record, lock
from challenges.refusals import Conflict, Refusal
from challenges.rubrics import CriterionText, LevelText, Scale, check_breaks_ties, rubrics_of, scales_of, write_rubric
from challenges.seasons import Season
from challenges.states import Deed

HasBegun = Callable[[Session, UUID], bool]
"""Whether a judge has begun on a challenge: judging knows it, and gives it to who amends."""


class Rewording(Record, table=True):
    """An amendment of a rubric: from then on the challenge is judged by the newer wording and weights."""

    __table_args__ = (UniqueConstraint("challenge_id", "number"),)

    challenge_id: UUID = Field(foreign_key="challenge.id")
    number: int
    before_id: UUID = Field(foreign_key="rubricversion.id")
    after_id: UUID = Field(foreign_key="rubricversion.id")
    note: str = Field(max_length=500)
    made_by: UUID = Field(foreign_key="person.id")
    made_at: datetime = Field(sa_type=Instant)


def reword(
    session: Session, challenge: Challenge, criteria: Sequence[CriterionText], note: str, by: Person, now: datetime,
    has_begun: HasBegun, seen: str | None = None,
) -> Rewording:  # fmt: skip
    """Amend a released rubric. Once a scoresheet is open, which `has_begun` is asked under the lock, only wording and
    weights may change: a criterion keeps its position and its number of levels, so that every mark still means what it
    meant. `seen` is the id of the rubric that the page showed.
    """
    season = session.get_one(Season, challenge.season_id)
    season.check(Deed.PREPARE, now)
    lock(session, challenge)
    if not challenge.is_released(now):
        raise Refusal("Nobody has read this rubric yet. Just write it anew.")
    if of_challenge(session, challenge.id):
        raise Refusal("The results of this challenge are confirmed, so its rubric stays. Undo the confirmation first.")
    if seen is not None and seen != str(challenge.rubric_version_id):
        raise Conflict("Another organizer changed this rubric while you wrote. Look at theirs, then save again.")
    if not note.strip():
        raise Refusal("Say in a sentence what changed and why; every team will read it.", field="note")
    scales = scales_of(session, challenge.rubric_version_id)
    if list(criteria) == texts_of(scales):
        raise Refusal("The rubric is the same as before, so there is nothing to amend.", field="criteria")
    if has_begun(session, challenge.id):
        _check_same_shape(scales, criteria)
    made = Rewording(
        challenge_id=challenge.id, number=len(rewordings_of(session, challenge.id)) + 1,
        before_id=challenge.rubric_version_id, after_id=write_rubric(session, criteria, by, now).id,
        note=note.strip(), made_by=by.id, made_at=now,
    )  # fmt: skip
    check_breaks_ties(session, made.after_id, season, challenge.is_final)
    session.add(made)
    challenge.rubric_version_id = made.after_id
    session.flush()
    leave_trace(
        session, by, "rubric.reworded", made, now, challenge.season_id, challenge=challenge.number, number=made.number
    )
    return made


def _check_same_shape(scales: Sequence[Scale], criteria: Sequence[CriterionText]) -> None:
    if len(scales) != len(criteria):
        raise Refusal("A judge has begun, so no criterion comes or goes. Change wording and weights.", field="criteria")
    for at, (scale, text) in enumerate(zip(scales, criteria, strict=True), 1):
        if len(scale.levels) != len(text.levels):
            raise Refusal(
                f"A judge has begun, so “{scale.criterion.title}” keeps its {len(scale.levels)} levels.",
                field=f"criteria-{at}-levels",
            )


def texts_of(scales: Sequence[Scale]) -> list[CriterionText]:
    """A rubric as somebody wrote it."""
    return [
        CriterionText(
            scale.criterion.title, scale.criterion.weight,
            tuple(LevelText(level.title, level.descriptor) for level in scale.levels), scale.criterion.guidance,
        )
        for scale in scales
    ]  # fmt: skip


def rewordings_of(session: Session, challenge_id: UUID) -> list[Rewording]:
    """Oldest first."""
    made = select(Rewording).where(Rewording.challenge_id == challenge_id)
    return list(session.exec(made.order_by(col(Rewording.number))))


def rubrics_before(session: Session, rewordings: Sequence[Rewording]) -> dict[UUID, list[Scale]]:
    """The earlier rubrics by their id, in two statements; none where nothing was reworded."""
    return rubrics_of(session, {each.before_id for each in rewordings}) if rewordings else {}
