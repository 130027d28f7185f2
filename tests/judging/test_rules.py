"""Rules: each state of the judging that must not be is broken by hand, and found with exactly its sentence."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import Session, select

from challenges import rules as earlier_rules
from challenges.teams import Member
from challenges.versions import Version
from judging import progress, rules, scoring
from judging.panels import Panelist
from judging.scoring import Mark, Scoresheet
from tests.makers import NOW, Round, make_release, make_sheet


def the_sheet(session: Session, round_: Round) -> Scoresheet:
    return make_sheet(session, round_.scene.challenge, round_.judges[0], round_.submission_id).sheet


def the_mark(session: Session, round_: Round) -> Mark:
    return scoring.marks_on(session, the_sheet(session, round_))[0][1]


def of_another_submission(session: Session, round_: Round) -> UUID:
    sheet = the_sheet(session, round_)
    other = session.exec(select(Version).where(Version.submission_id != round_.submission_id)).first()
    assert other
    sheet.version_id = other.id
    return sheet.id


def without_a_box(session: Session, round_: Round) -> UUID:
    mark = the_mark(session, round_)
    session.delete(mark)
    return mark.scoresheet_id


def with_an_empty_level(session: Session, round_: Round) -> UUID:
    mark = the_mark(session, round_)
    mark.half_points = None
    return mark.scoresheet_id


def off_its_scale(session: Session, round_: Round) -> UUID:
    mark = the_mark(session, round_)
    mark.half_points = 11
    return mark.id


def open_after_release(session: Session, round_: Round) -> UUID:
    make_release(session, round_)
    (sheet,) = [row.sheet for row in progress.desk_of(session, round_.judges[0].id)]
    assert sheet
    sheet.handed_in_at = None
    return sheet.id


def judge_and_member(session: Session, round_: Round) -> UUID:
    scene, judge = round_.scene, round_.judges[0]
    session.add(Member(team_id=scene.team.id, season_id=scene.season.id, person_id=judge.id, joined_at=NOW))
    mine = select(Panelist.id).where(Panelist.person_id == judge.id)
    return session.exec(mine).one()


def rendered_nowhere(session: Session, round_: Round) -> UUID:
    _, packet = make_release(session, round_)
    packet.rendered_at = NOW
    return packet.id


BROKEN: dict[str, Callable[[Session, Round], UUID]] = {
    "Scoresheet {} judges a version of another submission.": of_another_submission,
    "Scoresheet {} does not have every box of its rubric.": without_a_box,
    "Scoresheet {} is handed in with an empty level.": with_an_empty_level,
    "Mark {} is not on the scale of its criterion.": off_its_scale,
    "Scoresheet {} is open although its feedback is released.": open_after_release,
    "Panelist {} takes part in the season they judge.": judge_and_member,
    "Packet {} counts as rendered and is nowhere.": rendered_nowhere,
}


def test_what_the_verbs_make_breaks_no_rule(session: Session, round_: Round) -> None:
    make_release(session, round_)
    assert (list(rules.violations(session)), list(earlier_rules.violations(session))) == ([], [])


def test_every_rule_is_broken_here() -> None:
    assert list(BROKEN) == list(rules.RULES)


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_broken_rule_is_found(session: Session, round_: Round, sentence: str) -> None:
    broken = BROKEN[sentence](session, round_)
    session.flush()
    assert list(rules.violations(session)) == [sentence.format(broken)]
