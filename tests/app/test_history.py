"""History as organizers read it: a sentence for every deed that the code does, with the facts that it leaves."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from string import Formatter
from uuid import uuid4

import pytest
from sqlmodel import Session

from app.deeds import DEEDS, sentence
from challenges.history import MARKED, Trace, of_season
from challenges.seasons import Season, announce
from tests.cast import NOW, Cast
from tests.makers import make_season
from tests.refused import not_yours
from tests.web import Site

ROOT = Path(__file__).parents[2]
NAMES = {"note", "leave_trace"}


def deeds_of_the_code() -> Iterator[tuple[str, frozenset[str], str]]:
    """Every call that leaves a trace: its deed, its facts, and where it stands."""
    for folder in ("app", "challenges", "judging"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            tree = ast.parse(path.read_text())
            for verb in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
                for node in ast.walk(verb):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
                        facts = frozenset(word.arg for word in node.keywords if word.arg)
                        for name in sorted(names_of(node.args[2], verb)):
                            yield name, facts, f"{path.relative_to(ROOT)}:{node.lineno}"


def names_of(deed: ast.expr, verb: ast.FunctionDef) -> set[str]:
    """What a deed can be called: a text, what the verb gives to a variable, or a word before that."""
    if isinstance(deed, ast.Constant):
        return {str(deed.value)}
    if isinstance(deed, ast.IfExp):
        return {name for branch in branches_of(deed) for name in names_of(branch, verb)}
    if isinstance(deed, ast.JoinedStr):
        before, variable = deed.values
        assert isinstance(before, ast.Constant)
        assert isinstance(variable, ast.FormattedValue)
        return {f"{before.value}{word}" for word in names_of(variable.value, verb)}
    if ast.unparse(deed) == "MARKED":
        return {MARKED}
    assigned = (node for node in ast.walk(verb) if isinstance(node, ast.Assign))
    given = [node.value for node in assigned if ast.unparse(node.targets[0]) == ast.unparse(deed)]
    return {str(one.value) for value in given for one in branches_of(value) if isinstance(one, ast.Constant)}


def branches_of(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from branches_of(value.body)
        yield from branches_of(value.orelse)
    else:
        yield value


def test_every_deed_of_the_code_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert {deed for deed, *_ in deeds_of_the_code()} == set(DEEDS)


@pytest.mark.parametrize(("deed", "facts", "where"), list(deeds_of_the_code()))
def test_a_sentence_asks_only_for_facts_that_are_noted(deed: str, facts: frozenset[str], where: str) -> None:
    asked = {name for _, name, _, _ in Formatter().parse(DEEDS[deed]) if name}
    assert asked - facts == set()


def trace(deed: str, **facts: object) -> Trace:
    return Trace(at=NOW, deed=deed, thing="thing", thing_id=uuid4(), facts=facts)


def test_a_deed_is_told_with_its_facts() -> None:
    assert sentence(trace("challenge.released", number=2)) == "released challenge 2"


def test_an_unknown_deed_and_a_missing_fact_are_told_as_well_as_can_be() -> None:
    assert sentence(trace("mark.was_spilt", ink="blue")) == "mark was spilt"
    assert sentence(trace("challenge.released")) == "released challenge …"


def test_a_name_with_braces_stays_a_name() -> None:
    assert sentence(trace("team.founded", name="{name} {0}")) == "founded the team {name} {0}"


def many_deeds(session: Session, season: Season, how_many: int) -> None:
    """All at one instant, as one request does them."""
    for number in range(how_many):
        session.add(
            Trace(
                at=NOW + timedelta(hours=1), season_id=season.id, deed="assignment.ended", thing="assignment",
                thing_id=uuid4(), facts={"challenge": number},
            )
        )  # fmt: skip
    session.flush()


def test_pages_of_history_neither_skip_nor_repeat_deeds_of_one_instant(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    many_deeds(session, season, 7)
    whole = [trace.id for trace, _ in of_season(session, season.id)]
    read = [trace.id for trace, _ in of_season(session, season.id, most=3)]
    while page := of_season(session, season.id, read[-1], most=3):
        read += [trace.id for trace, _ in page]
    assert (len(whole), read) == (11, whole)


def test_a_page_of_history_does_not_go_on_after_a_deed_of_another_season(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    foreign = of_season(session, other.id)[0][0]
    with not_yours():
        of_season(session, season.id, foreign.id)
    with not_yours():
        of_season(session, season.id, uuid4())


def test_the_page_tells_who_did_what(site: Site, people: Cast) -> None:
    def begun(session: Session) -> str:
        season = make_season(session, people.ada, is_announced=False)
        announce(session, season, people.ada, NOW + timedelta(minutes=1))
        many_deeds(session, season, 60)
        return season.slug

    slug = site.write(begun)
    ada = site.browser(people.ada)
    first = ada.get(f"/seasons/{slug}/history")
    assert (first.status_code, first.text.count("ended the assignment of a reading")) == (200, 50)
    older = first.text.split('rel="next"')[0].rsplit('href="', 1)[-1] if 'rel="next"' in first.text else ""
    more = first.text.split("?after=")[1].split('"')[0]
    second = ada.get(f"/seasons/{slug}/history?after={more}")
    told = [words in second.text for words in ("<strong>Ada</strong> announced the season", "named Ada organizer")]
    assert (second.text.count("ended the assignment of a reading"), told) == (10, [True, True]), older
    assert ada.get(f"/seasons/{slug}/history?after=nonsense").status_code == 404
    assert site.browser(people.eve).get(f"/seasons/{slug}/history").status_code == 404
