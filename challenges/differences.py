"""Differences: what changed between two texts, line by line and, within a changed line, word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

LONGEST_LINE = 2_000
"""Words of longer lines are not compared: the line counts as changed as a whole."""
WORDS = re.compile(r"\s+|\w+|[^\w\s]")


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True)
class Piece:
    kind: Kind
    text: str


@dataclass(frozen=True)
class Line:
    """A line with its pieces; joined, those that are not gone read as the new text."""

    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        return any(piece.kind != Kind.SAME for piece in self.pieces)


def lines_of(before: str, after: str) -> list[Line]:
    """The new text with what is gone in its place."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        found += _same(new[c:d]) if old[a:b] == new[c:d] else _changed(old[a:b], new[c:d])
    return found


def _same(lines: Sequence[str]) -> Iterator[Line]:
    return (Line((Piece(Kind.SAME, line),)) for line in lines)


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines that changed in their place are compared by words; the rest is gone or new as a whole."""
    for at in range(max(len(old), len(new))):
        if at >= len(new):
            yield Line((Piece(Kind.GONE, old[at]),))
        elif at >= len(old):
            yield Line((Piece(Kind.NEW, new[at]),))
        else:
            yield Line(tuple(_words(old[at], new[at])))


def _words(old: str, new: str) -> Iterator[Piece]:
    if max(len(old), len(new)) > LONGEST_LINE:
        yield from (Piece(Kind.GONE, old), Piece(Kind.NEW, new))
        return
    a, b = WORDS.findall(old), WORDS.findall(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < 0.4:  # two lines with little in common read better one after the other
        yield from (piece for piece in (Piece(Kind.GONE, old), Piece(Kind.NEW, new)) if piece.text)
        return
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            yield Piece(Kind.SAME, "".join(b[k:m]))
        else:
            yield from (
                piece for piece in (Piece(Kind.GONE, "".join(a[i:j])), Piece(Kind.NEW, "".join(b[k:m]))) if piece.text
            )


def hunks_of(before: str, after: str, around: int = 1) -> list[list[Line]]:
    """Only what changed, each with a line or so around it; what stands between is left out."""
    lines = lines_of(before, after)
    near = {at + step for at, line in enumerate(lines) if line.is_changed for step in range(-around, around + 1)} & set(
        range(len(lines))
    )
    hunks: list[list[Line]] = []
    for at in sorted(near):
        if at - 1 not in near:
            hunks.append([])
        hunks[-1].append(lines[at])
    return hunks
