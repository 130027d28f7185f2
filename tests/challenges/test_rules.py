"""Rules: each state that must not be is broken by hand, and found with exactly its sentence."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import Session, col, delete, select

from challenges import clarifications, outcomes, rules, seasons
from challenges.briefs import Brief
from challenges.challenges import Deliverable
from challenges.clarifications import Clarification, ClarificationKind
from challenges.letters import write
from challenges.outcomes import OutcomeKind
from challenges.rubrics import Criterion
from challenges.seasons import RoleKind
from challenges.submissions import Upload
from challenges.versions import VersionFile, files_of
from tests.makers import NOW, SECOND, Scene, make_challenge, make_season, make_team, make_version


def no_organizer(session: Session, scene: Scene) -> UUID:
    role = seasons.role_of(session, scene.season.id, scene.cast.ada.id, RoleKind.ORGANIZER)
    assert role
    role.ended_at = NOW
    return scene.season.id


def no_brief(session: Session, scene: Scene) -> UUID:
    session.exec(delete(Brief).where(col(Brief.challenge_id) == scene.challenge.id))
    return scene.challenge.id


def nothing_to_hand_in(session: Session, scene: Scene) -> UUID:
    session.exec(delete(Deliverable).where(col(Deliverable.challenge_id) == scene.challenge.id))
    return scene.challenge.id


def no_weight(session: Session, scene: Scene) -> UUID:
    rubric = scene.challenge.rubric_version_id
    for criterion in session.exec(select(Criterion).where(Criterion.rubric_version_id == rubric)):
        criterion.weight = 0
    return rubric


def silently_late(session: Session, scene: Scene) -> UUID:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    version.handed_in_at = scene.challenge.due_at
    return version.id


def after_everything(session: Session, scene: Scene) -> UUID:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    version.handed_in_at, version.was_late = scene.challenge.settled_at, True
    return version.id


def of_another_season(session: Session, scene: Scene) -> UUID:
    other = make_challenge(session, make_season(session, scene.cast.ada), scene.cast.ada)
    (written,) = outcomes.confirm(
        session, other, {scene.entry.id: (OutcomeKind.GOES_ON, "place 1")}, scene.cast.ada, NOW
    )
    return written.id


def without_a_file(session: Session, scene: Scene) -> UUID:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    session.exec(delete(VersionFile).where(col(VersionFile.version_id) == version.id))
    return version.id


def the_file(session: Session, scene: Scene) -> VersionFile:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    return files_of(session, [version.id])[version.id][0]


def never_confirmed(session: Session, scene: Scene) -> UUID:
    file = the_file(session, scene)
    session.get_one(Upload, file.upload_id).store_version_id = None
    return file.id


def never_computed(session: Session, scene: Scene) -> UUID:
    file = the_file(session, scene)
    file.verified_at = NOW
    return file.id


def a_question(session: Session, scene: Scene) -> Clarification:
    return clarifications.ask(
        session, scene.season, scene.challenge, ClarificationKind.TASK, "Why?", "", scene.cast.ben, NOW
    )


def asked_under_embargo(session: Session, scene: Scene) -> UUID:
    question = a_question(session, scene)
    question.asked_at = NOW - SECOND
    return question.id


def asked_from_elsewhere(session: Session, scene: Scene) -> UUID:
    question = a_question(session, scene)
    question.team_id = make_team(session, make_season(session, scene.cast.ada), scene.cast.eve).id
    return question.id


def answered_by_nobody(session: Session, scene: Scene) -> UUID:
    question = a_question(session, scene)
    question.public_at = question.answered_at = NOW
    return question.id


def accepted_and_refused(session: Session, scene: Scene) -> UUID:
    letter = write(session, "receipt", scene.cast.ben, NOW)
    letter.sent_at = letter.refused_at = NOW
    return letter.id


BROKEN: dict[str, Callable[[Session, Scene], UUID]] = {
    "Season {} has no organizer.": no_organizer,
    "Challenge {} is scheduled without a brief.": no_brief,
    "Challenge {} asks for nothing to be handed in.": nothing_to_hand_in,
    "Rubric {} gives no criterion a weight.": no_weight,
    "Version {} was handed in after every deadline of its challenge.": after_everything,
    "Version {} was handed in at or after the due instant of its entry and does not say so.": silently_late,
    "Outcome {} belongs to an entry of another season.": of_another_season,
    "Version {} has no file.": without_a_file,
    "File {} is of an upload that the store never confirmed.": never_confirmed,
    "File {} counts as verified without a computed check sum.": never_computed,
    "Clarification {} was asked before its challenge was released.": asked_under_embargo,
    "Clarification {} was asked by a team of another season.": asked_from_elsewhere,
    "Clarification {} is answered, and nobody answered it.": answered_by_nobody,
    "Letter {} was both accepted and refused.": accepted_and_refused,
}


def test_what_the_verbs_make_breaks_no_rule(session: Session, scene: Scene) -> None:
    make_version(session, scene.challenge, scene.entry, scene.cast.ben, positions=(1, 2))
    make_season(session, scene.cast.ada, is_announced=False)
    assert list(rules.violations(session)) == []


def test_every_rule_is_broken_here() -> None:
    assert list(BROKEN) == list(rules.RULES)


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_broken_rule_is_found(session: Session, scene: Scene, sentence: str) -> None:
    broken = BROKEN[sentence](session, scene)
    session.flush()
    assert list(rules.violations(session)) == [sentence.format(broken)]
