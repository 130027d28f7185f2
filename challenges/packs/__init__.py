"""Packs: a challenge ready to be set, as a folder that can be read, checked, sent to somebody and written again.

A pack is `challenge.md`, front matter and brief, and `rubric.yaml`; `docs/packs.md` shows one. The folders beside this
file are the packs that come with Charrette. No pack names an instant: when it is released and due belongs to a season.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from challenges import challenges, rubrics
from challenges.challenges import DeliverableText, clean_summary
from challenges.files import KINDS
from challenges.packs.nodes import UNSHOWN, Fault, Source
from challenges.people import clean_name
from challenges.refusals import NotYours, Refusal
from challenges.rubrics import CriterionText, LevelText

__all__ = ["CHALLENGE", "RUBRIC", "Fault", "Pack", "check", "find", "read", "shipped", "write"]

CHALLENGE, RUBRIC = "challenge.md", "rubric.yaml"
SHIPPED = ("design", "protect", "orchestrate", "deploy", "kata-90-minutes")
"""In the order in which a season sets them."""
HERE = Path(__file__).parent
MOST_HOURS = 90 * 24
MOST_MIB = 1024
"""What any site might allow. A site's own limit is asked when a challenge is drafted."""
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Pack:
    """A challenge without its instants."""

    title: str
    summary: str
    brief: str
    hours: float
    """Suggested, from release to due."""
    deliverables: Sequence[DeliverableText]
    criteria: Sequence[CriterionText]
    is_kata: bool = False
    """It stands alone and is done in one sitting."""
    builds_on: str | None = None
    """The slug of the pack whose challenge comes before it."""
    is_swap: bool = False
    """It is meant to go on from another team's answer to that one."""
    slug: str = field(default="", compare=False)
    """The name of its folder: where it lies, not what it says."""


def check(folder: Path) -> list[Fault]:
    """Everything that is wrong with a pack, by file and line."""
    return _look(folder)[1]


def read(folder: Path) -> Pack:
    """Refused with all its faults, a line for each."""
    pack, faults = _look(folder)
    if pack is None:
        raise Refusal("\n".join(fault.within(folder) for fault in faults))
    return pack


def write(folder: Path, pack: Pack) -> None:
    """Into a folder that is new or empty, so that nothing is overwritten. Reading it gives the same pack.

    Characters that cannot be shown are left out. What does not fit into a pack is refused, and nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal(f"{folder} is not empty. Name a folder that is new or empty.")
    front, rubric = _dumped(_front(pack)), _dumped(_rubric(pack.criteria))
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ((CHALLENGE, f"---\n{front}---\n\n{_plain(pack.brief)}\n"), (RUBRIC, rubric)):
        (folder / name).write_text(text, encoding="utf-8", newline="")
    if faults := check(folder):
        for name in (CHALLENGE, RUBRIC):
            (folder / name).unlink()
        raise Refusal("\n".join(("This does not fit into a pack.", *(fault.within(folder) for fault in faults))))


@cache
def shipped() -> tuple[Pack, ...]:
    """The packs that come with Charrette. They are read once."""
    return tuple(read(HERE / slug) for slug in SHIPPED)


def find(slug: str) -> Pack:
    for pack in shipped():
        if pack.slug == slug:
            return pack
    raise NotYours


def _look(folder: Path) -> tuple[Pack | None, list[Fault]]:
    """The pack, if it has no faults, and its faults, if it has some."""
    first, second = Source(CHALLENGE), Source(RUBRIC)
    said, criteria = _read_challenge(first, folder), _read_rubric(second, folder)
    faults = sorted([*first.faults, *second.faults], key=lambda fault: (fault.file, fault.line))
    if faults or said is None or criteria is None:
        return None, faults
    return Pack(**said, criteria=criteria, slug=folder.resolve().name), []


def _read_challenge(source: Source, folder: Path) -> dict[str, Any] | None:
    """All of a pack but its rubric."""
    text = source.read(folder)
    if text is None:
        return None
    lines = text.split("\n")
    rules = [at for at, line in enumerate(lines) if line.rstrip() == "---"]
    if rules[:1] != [0]:
        source.tell(1, "The file must begin with a line of three hyphens, and then the title and the rest.")
        return None
    if len(rules) == 1:
        source.tell(1, "A second line of three hyphens is missing: the brief begins below it.")
        return None
    brief = "\n".join(lines[rules[1] + 1 :]).strip()
    if not brief:
        source.tell(rules[1] + 1, "The brief is missing below this line: what is the problem, and for whom?")
    source.above = 1
    root = source.compose("\n".join(lines[1 : rules[1]]))
    return None if root is None else {"brief": brief, **_read_front(source, root)}


def _read_front(source: Source, root: Any) -> dict[str, Any]:
    needed = ("title", "summary", "hours", "deliverables")
    found = source.entries(root, needed, ("kata", "builds_on", "swap"))
    title = source.text(found.get("title"), "title")
    summary = source.text(found.get("summary"), "summary")
    hours = source.decimal(found.get("hours"), "hours", 1)
    builds_on = source.text(found.get("builds_on"), "builds_on", "") or None
    is_swap = source.truth(found.get("swap"), "swap", False)
    deliverables = _read_deliverables(source, source.rows(found.get("deliverables"), "deliverables"))
    try:
        title = clean_name(title, field="title", called="title")
    except Refusal as flaw:
        _tell(source, [flaw])
    try:
        summary = clean_summary(summary)
    except Refusal as flaw:
        _tell(source, [flaw])
    if not 0.25 <= hours <= MOST_HOURS or hours % 0.25:
        source.tell(source.line_of("hours"), f"The hours are from 0.25 to {MOST_HOURS}, in quarters of an hour.")
    if builds_on and not SLUG.fullmatch(builds_on):
        source.tell(source.line_of("builds_on"), "This must be the name of a pack’s folder, such as design.")
    if is_swap and not builds_on:
        source.tell(source.line_of("swap"), "A swap needs builds_on: whose answers are swapped?")
    return {
        "title": title, "summary": summary, "hours": hours, "deliverables": deliverables, "builds_on": builds_on,
        "is_swap": is_swap, "is_kata": source.truth(found.get("kata"), "kata", False),
    }  # fmt: skip


def _read_deliverables(source: Source, rows: list[Any] | None) -> tuple[DeliverableText, ...]:
    if rows is None:
        return ()
    deliverables = tuple(_read_deliverable(source, row, f"deliverables-{at}") for at, row in enumerate(rows, 1))
    _tell(source, challenges.flaws_in(deliverables, MOST_MIB))
    return deliverables


def _read_deliverable(source: Source, row: Any, field: str) -> DeliverableText:
    plain = DeliverableText("?")
    source.lines[field] = source.line_at(row)
    found = source.entries(row, ("title",), ("kind", "required", "max_mib"))
    kind = source.text(found.get("kind"), f"{field}-kind", plain.kind)
    if kind not in KINDS:
        source.tell(source.line_of(f"{field}-kind"), f"A kind of file is one of {', '.join(KINDS)}.")
        kind = plain.kind
    title = source.text(found.get("title"), f"{field}-title")
    return DeliverableText(
        " ".join(title.split()),
        kind,
        source.truth(found.get("required"), f"{field}-required", plain.required),
        source.whole(found.get("max_mib"), f"{field}-size", plain.max_mib),
    )


def _read_rubric(source: Source, folder: Path) -> tuple[CriterionText, ...] | None:
    text = source.read(folder)
    root = None if text is None else source.compose(text)
    rows = None if root is None else source.rows(source.entries(root, ("criteria",), ()).get("criteria"), "criteria")
    if rows is None:
        return None
    criteria = tuple(_read_criterion(source, row, at) for at, row in enumerate(rows, 1))
    _tell(source, rubrics.flaws_in(criteria))
    return criteria


def _read_criterion(source: Source, row: Any, at: int) -> CriterionText:
    field = f"criteria-{at}"
    source.lines[field] = source.line_at(row)
    found = source.entries(row, ("title", "weight", "levels"), ("guidance",))
    levels = source.rows(found.get("levels"), f"{field}-levels")
    return CriterionText(
        " ".join(source.text(found.get("title"), f"{field}-title", f"criterion {at}").split()),
        source.whole(found.get("weight"), f"{field}-weight", 1),
        tuple(_read_level(source, level, f"{field}-level-{points}") for points, level in enumerate(levels, 1))
        if levels is not None
        else (LevelText("?", "?"),) * rubrics.LEVELS[0],
        source.text(found.get("guidance"), f"{field}-guidance", "").strip(),
    )


def _read_level(source: Source, row: Any, field: str) -> LevelText:
    source.lines[field] = source.line_at(row)
    found = source.entries(row, ("title", "descriptor"), ())
    title = source.text(found.get("title"), f"{field}-title")
    return LevelText(" ".join(title.split()), source.text(found.get("descriptor"), f"{field}-descriptor").strip())


def _tell(source: Source, flaws: Iterable[Refusal]) -> None:
    """The rules speak of fields, as in a form; a pack has lines."""
    for flaw in flaws:
        source.tell(source.line_of(flaw.field or ""), flaw.message)


def _front(pack: Pack) -> dict[str, Any]:
    hints = {"kata": pack.is_kata, "builds_on": pack.builds_on, "swap": pack.is_swap}
    return {
        "title": pack.title,
        "summary": _plain(pack.summary),
        "hours": int(pack.hours) if pack.hours == int(pack.hours) else pack.hours,
        **{name: hint for name, hint in hints.items() if hint},
        "deliverables": [
            {"title": one.title, "kind": one.kind, "required": one.required, "max_mib": one.max_mib}
            for one in pack.deliverables
        ],
    }


def _rubric(criteria: Sequence[CriterionText]) -> dict[str, Any]:
    return {
        "criteria": [
            {
                "title": one.title,
                "weight": one.weight,
                **({"guidance": _plain(one.guidance)} if one.guidance else {}),
                "levels": [{"title": level.title, "descriptor": _plain(level.descriptor)} for level in one.levels],
            }
            for one in criteria
        ]
    }


def _plain(text: str) -> str:
    return UNSHOWN.sub("", text.replace("\r\n", "\n"))


def _dumped(said: dict[str, Any]) -> str:
    return str(yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100))
