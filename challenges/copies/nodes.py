"""Nodes: a season's file, read so that every refusal names the place in it."""

import json
import re
from base64 import b64decode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NoReturn

from challenges.refusals import Refusal
from challenges.seasons import YEARS

LARGEST = 8 * 2**20
"""Characters of a whole file; a poster takes most of them."""
LONGEST = 200_000
"""Characters of one text."""
UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no page can show and no database need keep."""


class Misread(Refusal):
    """A refusal that names its place already."""


class Node:
    """A value of the file and where it stands: `("challenges", 2, "criteria", 1, "weight")`."""

    def __init__(self, value: Any, *place: str | int) -> None:
        self.value, self.place = value, place

    def refuse(self, sentence: str, *further: str | int) -> NoReturn:
        raise Misread(f"At {said(*self.place, *further)}: {sentence}", field="text")

    @contextmanager
    def within(self) -> Iterator[None]:
        """What the domain refuses meanwhile is refused for this place; its own field names the rest of the way."""
        try:
            yield
        except Misread:
            raise
        except Refusal as flaw:
            further = (int(word) if word.isdecimal() else word for word in (flaw.field or "").split("-") if word)
            raise Misread(f"At {said(*self.place, *further)}: {flaw.message}", field="text") from None

    def __getitem__(self, name: str) -> "Node":
        return Node(self.value.get(name), *self.place, name)

    def __bool__(self) -> bool:
        """Whether anything stands here."""
        return self.value is not None

    def of(self, *names: str) -> "Node":
        """The same, if it holds these names and no other. What is left out is as if it were `null`."""
        if not isinstance(self.value, dict):
            self.refuse(f"Here must stand an object with {_listed(names)}.")
        for name in self.value:
            if name not in names:
                self.refuse(f"There is no “{name[:40]}” here. What may stand here: {_listed(names)}.")
        return self

    def rows(self, most: int) -> list["Node"]:
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self.refuse("Here must stand a list.")
        if len(self.value) > most:
            self.refuse(f"This list has {len(self.value):,} items. At most {most} are read.")
        return [Node(one, *self.place, at) for at, one in enumerate(self.value, 1)]

    def text(self) -> str:
        """Empty where nothing stands; the domain says where that is too little."""
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            self.refuse("Here must stand a text.")
        if len(self.value) > LONGEST:
            self.refuse(f"This text is longer than {LONGEST:,} characters.")
        if found := UNSHOWN.search(self.value):
            self.refuse(f"There is a character that cannot be shown, U+{ord(found[0]):04X}. Remove it.")
        return self.value

    def whole(self) -> int:
        if type(self.value) is not int or abs(self.value) > 10**9:
            self.refuse("Here must stand a whole number, such as 3.")
        return self.value

    def truth(self) -> bool:
        if not isinstance(self.value, bool):
            self.refuse("Here must stand true or false.")
        return self.value

    def day(self) -> date:
        try:
            day = date.fromisoformat(self.text())
        except ValueError:
            self.refuse("Here must stand a day, such as 2026-11-24.")
        if day.year not in YEARS:
            self.refuse(f"The year must be from {YEARS[0]} to {YEARS[-1]}.")
        return day

    def instant(self) -> datetime:
        try:
            at = datetime.fromisoformat(self.text())
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.refuse("Here must stand an instant with its distance to UTC, such as 2026-11-24T23:59:00+01:00.")
        if at.year not in YEARS:
            self.refuse(f"The year must be from {YEARS[0]} to {YEARS[-1]}.")
        return at

    def content(self, largest: int) -> bytes:
        """Bytes, written in base64."""
        if not isinstance(self.value, str):
            self.refuse("Here must stand a file in base64.")
        try:
            content = b64decode(self.value, validate=True)
        except ValueError:
            self.refuse("Here must stand a file in base64.")
        if len(content) > largest:
            self.refuse(f"This file is larger than {largest // 2**20} MiB.")
        return content


def parse(text: str) -> Node:
    """The whole file. Whatever it is, it costs no more than its own size."""
    if len(text) > LARGEST:
        raise Refusal(f"This file is longer than {LARGEST // 2**20} MiB.", field="text")
    if not text.strip():
        raise Refusal("Choose a file, or paste what stands in it.", field="text")
    try:
        return Node(json.loads(text, parse_constant=_no_number))
    except json.JSONDecodeError as error:
        raise Refusal(f"This is not JSON: line {error.lineno}, column {error.colno}.", field="text") from None
    except RecursionError:
        raise Refusal("This file is nested too deep to be a season.", field="text") from None
    except ValueError:  # a number with thousands of digits
        raise Refusal("There is a number in this file that nobody can count to.", field="text") from None


def said(*place: str | int) -> str:
    """`challenges 2, criteria 1, weight`"""
    return "".join(f" {one}" if isinstance(one, int) else f", {one}" for one in place).removeprefix(", ") or "the top"


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
