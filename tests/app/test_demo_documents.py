"""The demo's documents are whole: every mark has its words, and what a judge names or quotes is in the design."""

import logging
import re
from fractions import Fraction

import pypdfium2
import pytest

from app.demo_documents import CHALLENGES, JUDGES, MARKS, ORGANIZER, QUESTIONS, SEASON, TEAMS, Team, render_design
from judging.composite import Box, composite, mean, published

HANDED_IN = [(team, number) for team in TEAMS for number in team.documents]
pytestmark = pytest.mark.slow


def title(team: Team, number: int) -> str:
    return f"{team.slug}-{number}"


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in document]


def test_the_cast_is_the_one_that_everybody_knows() -> None:
    assert (SEASON.title, ORGANIZER.email) == ("The Long Winter", "ada@example.org")
    assert [judge.email.partition("@")[0] for judge in JUDGES] == ["dana", "dev", "dorota"]
    assert [member.email for member in TEAMS[0].members] == ["ben@example.org", "cleo@example.org"]
    assert [len(team.members) for team in TEAMS] == [2, 3, 3, 1, 2, 1]
    assert [team.name for team in TEAMS if 2 in team.documents] == ["Orchard", "Kestrel", "Lantern"]


def test_rubrics_have_five_levels_with_words_and_weights_of_a_hundred() -> None:
    for challenge in CHALLENGES:
        assert sum(criterion.weight for criterion in challenge.rubric) == 100
        assert {len(criterion.levels) for criterion in challenge.rubric} == {5}
        assert all(len(level.descriptor) > 15 for criterion in challenge.rubric for level in criterion.levels)
        assert not any("As before" in level.descriptor for each in challenge.rubric for level in each.levels)
        assert len(challenge.summary) <= 400


def test_an_amendment_changes_its_brief_in_one_place() -> None:
    changed = {each.number: each.amendment.applied_to(each.brief) for each in CHALLENGES if each.amendment}
    assert {number: len(brief) for number, brief in changed.items()} == {2: len(CHALLENGES[1].brief) + 2}
    assert "1.5 kW in all" in changed[2]


def test_every_team_answers_every_question() -> None:
    assert {len(team.answers) for team in TEAMS} == {len(QUESTIONS)}
    for nth, question in enumerate(QUESTIONS):
        wanted = set(question.choices) or {"yes", "no"}
        assert question.kind == "long text" or {team.answers[nth] for team in TEAMS} <= wanted


def test_every_judge_has_a_level_and_a_comment_for_everything() -> None:
    assert set(MARKS) == {(judge.name, team.name) for judge in JUDGES for team in TEAMS}
    for said in MARKS.values():
        assert [*said.marks] == [criterion.title for criterion in CHALLENGES[0].rubric]
        assert {mark.level for mark in said.marks.values()} <= {1, 2, 3, 4, 5}
        assert all(len(mark.comment) > 60 for mark in said.marks.values())
        assert len(said.overall) > 100


def test_the_round_has_a_first_and_a_last_and_six_different_scores() -> None:
    rubric = CHALLENGES[0].rubric
    scores = {}
    for team in TEAMS:
        sheets = [MARKS[judge.name, team.name].marks for judge in JUDGES]
        boxes = [[Box(each.weight, 2, 10, 2 * marks[each.title].level) for each in rubric] for marks in sheets]
        scores[team.name] = published(mean(composite(sheet) for sheet in boxes))
    assert sorted(scores, key=lambda name: -scores[name]) == [
        "Kestrel", "Orchard", "Lantern", "North Pier", "Two Stoves", "Halyard",
    ]  # fmt: skip
    assert len(set(scores.values())) == len(TEAMS)


@pytest.mark.parametrize(("team", "number"), HANDED_IN, ids=[title(*each) for each in HANDED_IN])
def test_a_design_is_a_tagged_document_of_some_pages(team: Team, number: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="weasyprint")
    pdf = render_design(team, number)
    assert [record.getMessage() for record in caplog.records if record.name == "weasyprint"] == []
    document, pages = pypdfium2.PdfDocument(pdf), pages_of(pdf)
    assert document.is_tagged()
    assert document.get_metadata_value("Title") == team.documents[number]
    assert 4 <= len(pages) <= 7
    assert all(member.name in pages[0] for member in team.members)
    assert re.search("risk" if number == 1 else "lose", " ".join(pages), re.IGNORECASE)
    assert len([mark for mark in document.get_toc() if mark.level > 0]) >= 6
    if number == 1:
        named = [
            int(page)
            for judge in JUDGES
            for mark in MARKS[judge.name, team.name].marks.values()
            for page in re.findall(r"page (\d+)", mark.comment)
        ]
        assert named
        assert max(named) <= len(pages)


def test_what_judges_quote_stands_in_the_design() -> None:
    for team in TEAMS:
        text = " ".join(pages_of(render_design(team, 1)))
        for judge in JUDGES:
            said = MARKS[judge.name, team.name]
            for quoted in re.findall(
                r"“([^”]{12,})”", " ".join([said.overall, *(m.comment for m in said.marks.values())])
            ):
                assert _plain(quoted) in _plain(text), f"{judge.name} on {team.name}: {quoted}"


def test_the_bills_add_up() -> None:
    for team, total in (("orchard", 171_400), ("kestrel", 168_900), ("north-pier", 176_250), ("two-stoves", 158_300)):
        assert Fraction(total) <= 180_000
        (own,) = (each for each in TEAMS if each.slug == team)
        assert f"{total:,}" in " ".join(pages_of(render_design(own, 1)))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()
