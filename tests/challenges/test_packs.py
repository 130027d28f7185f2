"""Packs: the shipped ones are sound, what is wrong is told all at once by its line, and writing loses nothing."""

import os
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from challenges import packs
from challenges.challenges import DeliverableText
from challenges.packs import CHALLENGE, RUBRIC, Fault, Pack, check, find, read, shipped, write
from challenges.rubrics import CriterionText, LevelText
from tests.refused import not_yours, refused

FRONT = """\
title: The long tunnel
summary: Light it, air it, and know who is in it.
hours: 36
deliverables:
  - title: Design
"""
BRIEF = "Twelve kilometres, **one** lamp.\n"
CRITERION = """\
  - title: {title}
    weight: {weight}
    levels:
      - title: dark
        descriptor: Nothing is seen.
      - title: light
        descriptor: All is seen.
"""
SOUND = "criteria:\n" + CRITERION.format(title="Why", weight=3)
PACK = Pack(
    title="The long tunnel",
    summary="Light it, air it, and know who is in it.",
    brief="Twelve kilometres, **one** lamp.",
    hours=36,
    deliverables=(DeliverableText("Design"),),
    criteria=(
        CriterionText("Why", 3, (LevelText("dark", "Nothing is seen."), LevelText("light", "All is seen."))),
    ),
)  # fmt: skip


def lay(folder: Path, challenge: str | bytes | None = None, rubric: str | bytes | None = SOUND) -> Path:
    """A pack in this folder; without more it is sound."""
    folder.mkdir(exist_ok=True)
    for name, said in ((CHALLENGE, said_as(FRONT) if challenge is None else challenge), (RUBRIC, rubric)):
        if said is not None:
            (folder / name).write_bytes(said if isinstance(said, bytes) else said.encode())
    return folder


def said_as(front: str, brief: str = BRIEF) -> str:
    return f"---\n{front}---\n\n{brief}"


def in_challenge(*faults: tuple[int, str]) -> list[Fault]:
    return [Fault(CHALLENGE, line, sentence) for line, sentence in faults]


def in_rubric(*faults: tuple[int, str]) -> list[Fault]:
    return [Fault(RUBRIC, line, sentence) for line, sentence in faults]


def test_a_pack_is_read_as_it_is_written(tmp_path: Path) -> None:
    pack = read(lay(tmp_path / "tunnel"))
    assert (pack, pack.slug) == (PACK, "tunnel")


def test_everything_that_a_pack_may_say_is_read(tmp_path: Path) -> None:
    front = """\
title: "  Sixty:  the
  long   tunnel "
summary: >
  Light it,
  air it.
hours: 1.25
kata: true
builds_on: the-short-tunnel
swap: true
deliverables:
  - {title: Design, kind: pdf, required: true, max_mib: 20}
  - {title: "2026", kind: zip, required: false}
"""
    rubric = "---\n# A remark\n" + SOUND.replace("weight: 3", "weight: 0\n    guidance: |\n      Look.\n      Again.")
    rubric += CRITERION.format(title='"Yes"', weight=1000)
    folder = lay(tmp_path / "tunnel", ("\ufeff" + said_as(front, "One\n---\ntwo  \n\n")).replace("\n", "\r\n"), rubric)
    levels = PACK.criteria[0].levels
    assert read(folder) == Pack(
        title="Sixty: the long tunnel", summary="Light it, air it.", brief="One\n---\ntwo", hours=1.25, is_kata=True,
        builds_on="the-short-tunnel", is_swap=True,
        deliverables=(DeliverableText("Design", "pdf", True, 20), DeliverableText("2026", "zip", False, 50)),
        criteria=(CriterionText("Why", 0, levels, "Look.\nAgain."), CriterionText("Yes", 1000, levels)),
    )  # fmt: skip


QUOTES = "Text with a colon or a # belongs in quotes."
HEAD = "What may stand here: title, summary, hours, deliverables, kata, builds_on, swap."
LIST = "Here must stand a list: a line for each, that begins with “- ”."
WRONG_CHALLENGES: dict[str, tuple[str | bytes, list[tuple[int, str]]]] = {
    "empty file": (
        "", [(1, "The file must begin with a line of three hyphens, and then the title and the rest.")],
    ),
    "no front matter": (
        BRIEF, [(1, "The file must begin with a line of three hyphens, and then the title and the rest.")],
    ),
    "front matter without an end": (
        "---\n" + FRONT, [(1, "A second line of three hyphens is missing: the brief begins below it.")],
    ),
    "empty front matter": ("---\n---\nBrief", [(2, "There is nothing here.")]),
    "no brief": (
        said_as(FRONT, " \n"), [(7, "The brief is missing below this line: what is the problem, and for whom?")],
    ),
    "a list in place of the front matter": (
        said_as("- a\n- b\n"),
        [(2, "Here must stand title, summary, hours, deliverables, each with a colon behind it.")],
    ),
    "everything missing, and something else": (
        said_as("sumary: A\nxyzzy: B\n"),
        [
            (2, "There is no “sumary” here. Did you mean “summary”?"),
            (2, "“title” is missing."), (2, "“summary” is missing."), (2, "“hours” is missing."),
            (2, "“deliverables” is missing."),
            (3, f"There is no “xyzzy” here. {HEAD}"),
        ],
    ),
    "empty texts": (
        said_as('title:\nsummary: ""\nhours:\ndeliverables:\n'),
        [
            (2, "Please write a title."), (3, "Say in one or two sentences what the challenge asks."),
            (4, "Here must stand a number, such as 120 or 1.5."),
            (5, "Say what is to be handed in: at least one deliverable."),
        ],
    ),
    "wrong types": (
        said_as(
            "title: [A]\nsummary: yes\nhours: a day\nkata: yes\nbuilds_on: 2026-01-01\nswap: 1\ndeliverables: Design\n"
        ),
        [
            (2, "Here must stand a text."), (3, "Here must stand a text. If you mean “yes”, put it in quotes."),
            (4, "Here must stand a number, such as 120 or 1.5."), (5, "Here must stand true or false."),
            (6, "Here must stand a text. If you mean “2026-01-01”, put it in quotes."),
            (7, "Here must stand true or false."), (8, LIST),
        ],
    ),
    "too long": (
        said_as(FRONT.replace("The long tunnel", "x" * 81).replace("Light", "x" * 400)),
        [
            (2, "That is longer than 80 characters."),
            (3, "The summary is longer than 400 characters. The brief has room for the rest."),
        ],
    ),
    "a key twice": (said_as(FRONT + "title: B\n"), [(7, "“title” is written twice; the first stands on line 2.")]),
    "no hours": (said_as(FRONT.replace("36", "0")), [(4, "The hours are from 0.25 to 2160, in quarters of an hour.")]),
    "hours below nothing": (
        said_as(FRONT.replace("36", "-5")), [(4, "The hours are from 0.25 to 2160, in quarters of an hour.")],
    ),
    "more hours than a season": (
        said_as(FRONT.replace("36", "2161")), [(4, "The hours are from 0.25 to 2160, in quarters of an hour.")],
    ),
    "hours in tenths": (
        said_as(FRONT.replace("36", "1.1")), [(4, "The hours are from 0.25 to 2160, in quarters of an hour.")],
    ),
    "hours by an old spelling of numbers": (
        said_as(FRONT.replace("36", "1:30")), [(4, "Here must stand a number, such as 120 or 1.5.")],
    ),
    "hours without end": (
        said_as(FRONT.replace("36", ".inf")), [(4, "Here must stand a number, such as 120 or 1.5.")],
    ),
    "hints that contradict": (
        said_as("builds_on: ../../etc\n" + FRONT), [(2, "This must be the name of a pack’s folder, such as design.")],
    ),
    "a swap of nothing": (said_as("swap: true\n" + FRONT), [(2, "A swap needs builds_on: whose answers are swapped?")]),
    "wrong deliverables": (
        said_as(
            FRONT + "    kind: exe\n    max_mib: 0\n    required: false\n"
            '  - title: ""\n    kind: zip\n    required: "no"\n    max_mib: 010\n  - Design\n'
        ),
        [
            (7, "A kind of file is one of pdf, zip."), (8, "A size limit is from 1 to 1024 MiB."),
            (10, "Please write a title."), (12, "Here must stand true or false."),
            (13, "Here must stand a whole number, such as 20."),
            (14, "Here must stand title, each with a colon behind it."),
        ],
    ),
    "nothing required": (
        said_as(FRONT + "    required: false\n"), [(7, "At least one deliverable must be required.")],
    ),
    "eleven deliverables": (said_as(FRONT + "  - title: D\n" * 10), [(6, "At most 10 deliverables.")]),
    "broken YAML": (
        said_as("title: A: B\n"), [(2, f"This is not YAML: mapping values are not allowed here. {QUOTES}")],
    ),
    "a tab": (
        said_as("title: A\n\tsummary: B\n"),
        [(3, f"This is not YAML: found character '\\t' that cannot start any token. {QUOTES}")],
    ),
    "an open quote": (
        said_as('title: A\nsummary: "B\nhours: 3\n'),
        [(3, f"This is not YAML: found unexpected end of stream. {QUOTES}")],
    ),
    "NUL in the brief": (
        said_as(FRONT, "One\ntwo \0\n"), [(10, "There is a character that cannot be shown, U+0000. Remove it.")],
    ),
    "NUL by its number": (
        said_as(FRONT.replace("The long tunnel", '"a\\0b"')),
        [(2, "There is a character that cannot be shown, U+0000. Remove it.")],
    ),
    "half a character": (
        said_as(FRONT.replace("The long tunnel", '"a\\ud800b"')),
        [(2, "There is a character that cannot be shown, U+D800. Remove it.")],
    ),
    "a character that YAML refuses": (
        said_as(FRONT.replace("36", "36 \x90")), [(4, "There is a character that cannot be shown, U+0090. Remove it.")],
    ),
    "not UTF-8": (
        said_as(FRONT, "Grüße\n").encode("latin-1"), [(9, "This is not UTF-8. Save the file as UTF-8.")],
    ),
    "a key that would colour the terminal": (
        said_as(FRONT + '"\\e[31m\\n' + "x" * 60 + '": 1\n'), [(7, f"There is no “·[31m·{'x' * 33}…” here. {HEAD}")],
    ),
    "too large": (said_as(FRONT, "x" * 262_144), [(1, "This file is larger than 256 KiB.")]),
}  # fmt: skip


@pytest.mark.parametrize(("challenge", "faults"), WRONG_CHALLENGES.values(), ids=WRONG_CHALLENGES.keys())
def test_a_wrong_challenge_is_told_by_its_lines(
    tmp_path: Path, challenge: str | bytes, faults: list[tuple[int, str]]
) -> None:
    assert check(lay(tmp_path, challenge)) == in_challenge(*faults)


DESCRIBE = "Say what this level looks like, so that judges and participants read it alike."
WRONG_RUBRICS: dict[str, tuple[str | bytes, list[tuple[int, str]]]] = {
    "empty": ("", [(1, "There is nothing here.")]),
    "remarks alone": ("# one\n", [(1, "There is nothing here.")]),
    "a text": ("Be kind.\n", [(1, "Here must stand criteria, each with a colon behind it.")]),
    "no criteria": ("\ncriteria: []\n", [(2, "A rubric needs at least one criterion.")]),
    "criteria by name": ("criteria:\n  Why: 3\n", [(1, LIST)]),
    "thirteen criteria": (
        "criteria:\n" + "".join(CRITERION.format(title=f"C{n}", weight=1) for n in range(13)),
        [(1, "More than 12 criteria cannot be judged well. Join some of them.")],
    ),
    "the same title": (SOUND + CRITERION.format(title=" WHY", weight=1), [(9, "Two criteria are called “WHY”.")]),
    "weights": (
        SOUND.replace("weight: 3", "weight: -1") + CRITERION.format(title="B", weight="1001")
        + CRITERION.format(title="C", weight="1.5") + CRITERION.format(title="D", weight='"2"')
        + CRITERION.format(title="E", weight="0x10"),
        [
            (3, "A weight is a whole number from 0 to 1000."), (10, "A weight is a whole number from 0 to 1000."),
            *((line, "Here must stand a whole number, such as 20.") for line in (17, 24, 31)),
        ],
    ),
    "no weight at all": (
        SOUND.replace("weight: 3", "weight: 0"),
        [(3, "All weights are 0, so nothing would count. Give at least one criterion a weight.")],
    ),
    "one level": (
        SOUND.split("      - title: light")[0], [(4, "“Why” needs 2 to 7 levels; here it has 1.")],
    ),
    "eight levels": (
        SOUND + "      - {title: more, descriptor: More.}\n" * 6, [(4, "“Why” needs 2 to 7 levels; here it has 8.")],
    ),
    "levels that say nothing": (
        SOUND.replace("title: dark", "title:").replace("Nothing is seen.", '" "')
        .replace("title: light", f"title: {'x' * 61}").replace("descriptor: All is seen.", "description: All is seen."),
        [
            (5, "Please write a name."), (6, DESCRIBE), (7, "“descriptor” is missing."),
            (7, "That is longer than 60 characters."),
            (8, "There is no “description” here. Did you mean “descriptor”?"),
        ],
    ),
    "empty criteria": (
        "criteria:\n  -\n  - title: B\n",
        [
            (2, "Here must stand title, weight, levels, each with a colon behind it."),
            (3, "“weight” is missing."), (3, "“levels” is missing."),
        ],
    ),
    "a key twice, far down": (
        SOUND + "        descriptor: Again.\n", [(9, "“descriptor” is written twice; the first stands on line 8.")],
    ),
    "keys that are no words": (
        SOUND + "[1, 2]: x\n? {a: b}\n: y\n",
        [(line, "There is no “” here. What may stand here: criteria.") for line in (9, 10)],
    ),
    "a bomb of aliases": (
        'a: &a ["x", "x"]\n'
        + "".join(f"{n}: &{n} [*{m}, *{m}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)),
        [(1, "Anchors (&) and aliases (*) are not read. Write the text out.")],
    ),
    "an alias": ("criteria: *a\n", [(1, "Anchors (&) and aliases (*) are not read. Write the text out.")]),
    "a merge": (
        SOUND + "    <<: {weight: 4}\n",
        [(9, "There is no “<<” here. What may stand here: title, weight, levels, guidance.")],
    ),
    "a call": (
        "criteria:\n  - !!python/object/apply:os.system [id]\n",
        [(2, "Tags (!) are not read. Write a text, a number, or true or false.")],
    ),
    "deep": ("[" * 100_000, [(1, "This is nested deeper than 8 times.")]),
    "deep, line by line": (
        "".join(" " * n + "-\n" for n in range(400)), [(9, "This is nested deeper than 8 times.")],
    ),
    "two documents": (SOUND + "---\n" + SOUND, [(9, "A second document begins here. Only one is read.")]),
    "too large": ("#" * 262_145, [(1, "This file is larger than 256 KiB.")]),
}  # fmt: skip


@pytest.mark.parametrize(("rubric", "faults"), WRONG_RUBRICS.values(), ids=WRONG_RUBRICS.keys())
def test_a_wrong_rubric_is_told_by_its_lines(
    tmp_path: Path, rubric: str | bytes, faults: list[tuple[int, str]]
) -> None:
    assert check(lay(tmp_path, rubric=rubric)) == in_rubric(*faults)


def test_faults_of_both_files_are_told_at_once_and_nothing_is_read(tmp_path: Path) -> None:
    folder = lay(
        tmp_path, said_as(FRONT.replace("title: The", "titel: The")), SOUND.replace("weight: 3", "weight: few")
    )
    with refused(
        f"{folder}/challenge.md:2: There is no “titel” here. Did you mean “title”?\n"
        f"{folder}/challenge.md:2: “title” is missing.\n"
        f"{folder}/rubric.yaml:3: Here must stand a whole number, such as 20."
    ):
        read(folder)


def missing(folder: Path) -> None:
    (folder / RUBRIC).rename(folder / "rubric.yml")


def a_folder(folder: Path) -> None:
    (folder / RUBRIC).unlink()
    (folder / RUBRIC).mkdir()


def a_link_outside(folder: Path) -> None:
    (folder / RUBRIC).rename(folder.parent / "elsewhere.yaml")
    (folder / RUBRIC).symlink_to(folder.parent / "elsewhere.yaml")


def a_link_to_itself(folder: Path) -> None:
    (folder / RUBRIC).unlink()
    (folder / RUBRIC).symlink_to(folder / RUBRIC)


def a_pipe(folder: Path) -> None:
    (folder / RUBRIC).unlink()
    os.mkfifo(folder / RUBRIC)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (missing, "This file is missing. There is rubric.yml: is it that one?"),
        (a_folder, "This is not a file."),
        (a_link_outside, "This is a link that leads out of the folder."),
        (a_link_to_itself, "This file cannot be opened."),
        (a_pipe, "This is not a file."),
    ],
)
def test_what_is_no_file_of_the_folder_is_not_read(
    tmp_path: Path, change: Callable[[Path], None], sentence: str
) -> None:
    folder = lay(tmp_path / "pack")
    change(folder)
    assert check(folder) == in_rubric((1, sentence))


def test_a_link_within_the_folder_and_other_files_are_no_fault(tmp_path: Path) -> None:
    folder = lay(tmp_path / "pack")
    (folder / RUBRIC).rename(folder / "strict.yaml")
    (folder / RUBRIC).symlink_to("strict.yaml")
    (folder / "picture.png").write_bytes(b"\0")
    assert check(folder) == []


def test_a_folder_that_is_not_there_lacks_both_files(tmp_path: Path) -> None:
    assert check(tmp_path / "nowhere") == [
        Fault(CHALLENGE, 1, "This file is missing."), Fault(RUBRIC, 1, "This file is missing."),
    ]  # fmt: skip


def one_line(longest: int) -> some.SearchStrategy[str]:
    """Text as it stands after cleaning, with all that means something in YAML."""
    letters = some.sampled_from(string.ascii_letters + string.digits + " :#-'\"{}[],&*!|>%@`?~=<éß漢😀")
    return some.text(letters, min_size=1, max_size=longest).map(lambda text: " ".join(text.split())).filter(bool)


prose = some.text(some.characters(exclude_categories=("Cs", "Cc")) | some.just("\n"), min_size=1).map(str.strip)
levels = some.lists(some.builds(LevelText, one_line(60), prose.filter(bool)), min_size=2, max_size=7).map(tuple)
packs_of_any_kind = some.builds(
    Pack,
    title=one_line(80),
    summary=one_line(400),
    brief=prose.filter(bool),
    hours=some.integers(1, 400).map(lambda quarters: quarters / 4),
    deliverables=some.lists(
        some.builds(
            DeliverableText, one_line(80), some.sampled_from(("pdf", "zip")), some.just(True), some.integers(1, 1024)
        ),
        min_size=1, max_size=3,
    ).map(tuple),
    criteria=some.lists(
        some.builds(CriterionText, one_line(80), some.integers(1, 1000), levels, prose),
        min_size=1, max_size=3, unique_by=lambda one: one.title.casefold(),
    ).map(tuple),
    is_kata=some.booleans(),
    builds_on=some.sampled_from((None, "design", "on", "2026", "no")),
    slug=some.just(""),
).map(lambda pack: replace(pack, is_swap=bool(pack.builds_on) and pack.is_kata))  # fmt: skip


@settings(max_examples=60)
@given(packs_of_any_kind)
def test_what_is_written_is_read_again(pack: Pack) -> None:
    with TemporaryDirectory() as folder:
        write(Path(folder, "new"), pack)
        assert read(Path(folder, "new")) == pack


def test_what_cannot_be_shown_is_left_out_when_a_pack_is_written(tmp_path: Path) -> None:
    dirty = replace(
        PACK, brief="Twelve kilometres,\x0b **one** lamp.\0", summary="\0" + PACK.summary,
        criteria=(
            replace(PACK.criteria[0], levels=(LevelText("dark", "Nothing\0 is seen."), PACK.criteria[0].levels[1])),
        ),
    )  # fmt: skip
    write(tmp_path / "new", dirty)
    assert read(tmp_path / "new") == PACK


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with refused(f"{tmp_path} is not empty. Name a folder that is new or empty."):
        write(tmp_path, PACK)
    with refused(f"{tmp_path}/mine.txt is not empty. Name a folder that is new or empty."):
        write(tmp_path / "mine.txt", PACK)
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"mine.txt": "mine"}


def test_what_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with refused(f"This does not fit into a pack.\n{folder}/challenge.md:1: This file is larger than 256 KiB."):
        write(folder, replace(PACK, brief="ß" * 200_000))
    assert list(folder.iterdir()) == []


def test_the_shipped_packs_are_the_folders_and_build_on_each_other() -> None:
    folders = {one.parent.name for one in Path(packs.__file__).parent.glob("*/challenge.md")}
    assert {pack.slug for pack in shipped()} == folders
    assert [(pack.slug, pack.hours, pack.is_kata, pack.builds_on) for pack in shipped()] == [
        ("design", 120, False, None),
        ("protect", 120, False, "design"),
        ("orchestrate", 120, False, "protect"),
        ("deploy", 120, False, "orchestrate"),
        ("kata-90-minutes", 1.5, True, None),
    ]
    assert len({pack.title for pack in shipped()}) == len({pack.summary for pack in shipped()}) == 5


@pytest.mark.parametrize("slug", packs.SHIPPED)
def test_a_shipped_pack_covers_what_judges_ask_and_never_says_a_thing_twice(slug: str) -> None:
    pack = find(slug)
    words = len(pack.brief.split())
    assert (350 if pack.is_kata else 600) <= words <= (600 if pack.is_kata else 1100)
    for heading in (
        "The story",
        "What is given",
        "What to hand in",
        "What is not asked",
        "How it is judged",
        "Questions",
    ):
        assert f"\n## {heading}\n" in f"\n{pack.brief}\n"
    assert all(f"**{point}**" in pack.brief for point in ("R01", "C01", "K01"))
    assert sum(criterion.weight for criterion in pack.criteria) == 100
    assert {len(criterion.levels) for criterion in pack.criteria} == {5}
    descriptors = [level.descriptor for criterion in pack.criteria for level in criterion.levels]
    assert len(set(descriptors)) == len(descriptors)
    rubric = " ".join([*(f"{one.title} {one.guidance}" for one in pack.criteria), *descriptors]).lower()
    for word in (
        "assumptions", "risk", "decisions", "why more than how", "availab", "manageab", "performance", "recover",
        "security",
        "diagram" if not pack.is_kata else "drawing", "never the english", "defence",
    ):  # fmt: skip
        assert word in rubric, word


def test_no_sentence_of_a_rubric_stands_in_another() -> None:
    said = [level.descriptor for pack in shipped() for criterion in pack.criteria for level in criterion.levels]
    assert len(set(said)) == len(said)


def test_only_what_is_shipped_is_found_by_name() -> None:
    assert find("design") == shipped()[0]
    for name in ("", "nodes", "../packs/design", "Design", "__pycache__"):
        with not_yours():
            find(name)


def test_the_example_in_the_docs_is_a_pack(tmp_path: Path) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "packs.md").read_text()
    challenge, rubric = (docs.split(f"```{kind}\n")[1].split("```")[0] for kind in ("markdown", "yaml"))
    pack = read(lay(tmp_path, challenge, rubric))
    assert (pack.title, pack.is_swap, [one.weight for one in pack.criteria]) == ("The long tunnel", True, [60, 40])
    listed = [line.split("`")[1] for line in docs.splitlines() if line.startswith("| `") and line.count("|") == 5]
    assert listed == list(packs.SHIPPED)
