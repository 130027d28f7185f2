"""Nodes: a small and strict part of YAML, read so that every fault knows its line."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

LARGEST = 256 * 1024
"""Bytes of one file."""
DEEPEST = 8
TEXT, WHOLE, DECIMAL, TRUTH, NOTHING = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null"))
UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no page can show and no database need keep."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a pack, and where."""

    file: str
    line: int
    sentence: str

    def within(self, folder: Path) -> str:
        return f"{folder / self.file}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Entry:
    """What stands behind a key, and the line of the key."""

    line: int
    node: Any


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML tells no types
    """Builds nodes and no values. An anchor can make a file of ten lines as large as the memory, so there are none."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise Unread("Anchors (&) and aliases (*) are not read. Write the text out.", event.start_mark.line)
        if event.tag:
            raise Unread("Tags (!) are not read. Write a text, a number, or true or false.", event.start_mark.line)
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unread(f"This is nested deeper than {DEEPEST} times.", event.start_mark.line)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Unread(Exception):
    """Nothing can be read from here on."""

    def __init__(self, sentence: str, line: int) -> None:
        super().__init__(sentence)
        self.sentence, self.line = sentence, line


class Source:
    """One file of a pack. It keeps the faults it was told and the line of every field that was read from it.

    What cannot be read is told once, and something that breaks no rule is given in its place.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.lines: dict[str, int] = {}
        self.above = 0
        """How many lines of the file stand above the YAML in it."""

    def tell(self, line: int, sentence: str) -> None:
        self.faults.append(Fault(self.file, line, sentence))

    def _tell_unshown(self, line: int, character: str) -> None:
        self.tell(line, f"There is a character that cannot be shown, U+{ord(character):04X}. Remove it.")

    def line_at(self, node: Any) -> int:
        return self.above + int(node.start_mark.line) + 1

    def line_of(self, field: str) -> int:
        """The line of this field, or of the nearest one that holds it: `criteria-2-weight` stands in `criteria-2`."""
        while field and field not in self.lines:
            field = field.rpartition("-")[0]
        return self.lines.get(field, 1)

    def read(self, folder: Path) -> str | None:
        """The whole file as text; None if it is not to be read, which is then told."""
        try:
            path = (folder / self.file).resolve()
            if not path.is_relative_to(folder.resolve()):
                self.tell(1, "This is a link that leads out of the folder.")
            elif not path.exists():
                self.tell(1, "This file is missing." + self._alike(folder))
            elif not path.is_file():
                self.tell(1, "This is not a file.")
            elif path.stat().st_size > LARGEST:
                self.tell(1, f"This file is larger than {LARGEST // 1024} KiB.")
            else:
                return self._decoded(path.read_bytes())
        except (OSError, RuntimeError):  # a link that leads to itself is a RuntimeError
            self.tell(1, "This file cannot be opened.")
        return None

    def _alike(self, folder: Path) -> str:
        there = [one.name for one in folder.iterdir()] if folder.is_dir() else []
        alike = get_close_matches(self.file, there, 1)
        return f" There is {shown(alike[0])}: is it that one?" if alike else ""

    def _decoded(self, content: bytes) -> str | None:
        try:
            text = content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            self.tell(content.count(b"\n", 0, error.start) + 1, "This is not UTF-8. Save the file as UTF-8.")
            return None
        if unshown := UNSHOWN.search(text):
            line = text.count("\n", 0, unshown.start()) + 1
            self._tell_unshown(line, unshown[0])
            return None
        return text

    def compose(self, text: str) -> Any:
        """The root of the only document in this text, or None, which is then told."""
        try:
            root = Loader(text).get_single_node()
        except Unread as reason:
            self.tell(self.above + reason.line + 1, reason.sentence)
        except yaml.composer.ComposerError as error:
            self.tell(self.above + error.problem_mark.line + 1, "A second document begins here. Only one is read.")
        except yaml.MarkedYAMLError as error:
            # A quote that is never closed is noticed at the end of the file, and mended where it opens.
            mark = (error.context_mark if "end of stream" in str(error.problem) else None) or error.problem_mark
            sentence = f"This is not YAML: {error.problem}. Text with a colon or a # belongs in quotes."
            self.tell(self.above + (mark.line if mark else 0) + 1, sentence)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self._tell_unshown(self.above + line, text[error.position])
        else:
            if root is None:
                self.tell(self.above + 1, "There is nothing here.")
            return root
        return None

    def entries(self, node: Any, needed: Collection[str], optional: Collection[str]) -> dict[str, Entry]:
        """What stands behind each key. Keys that are missing, unknown or written twice are told."""
        line = self.line_at(node)
        if not isinstance(node, yaml.MappingNode):
            self.tell(line, f"Here must stand {and_so_on(needed)}, each with a colon behind it.")
            return {}
        found: dict[str, Entry] = {}
        for key, value in node.value:
            self._take(found, key, Entry(self.line_at(key), value), [*needed, *optional])
        for name in needed:
            if name not in found:
                self.tell(line, f"“{name}” is missing.")
        return found

    def _take(self, found: dict[str, Entry], key: Any, entry: Entry, known: Collection[str]) -> None:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        if name in found:
            self.tell(entry.line, f"“{name}” is written twice; the first stands on line {found[name].line}.")
        elif name in known:
            found[name] = entry
        else:
            alike = get_close_matches(name, known, 1)
            hint = f"Did you mean “{alike[0]}”?" if alike else f"What may stand here: {and_so_on(known)}."
            self.tell(entry.line, f"There is no “{shown(name)}” here. {hint}")

    def rows(self, entry: Entry | None, field: str) -> list[Any] | None:
        """The items of a list; None if it is none, which is then told."""
        if entry is None:
            return None
        self.lines[field] = entry.line
        if entry.node.tag == NOTHING:
            return []
        if not isinstance(entry.node, yaml.SequenceNode):
            self.tell(entry.line, "Here must stand a list: a line for each, that begins with “- ”.")
            return None
        return list(entry.node.value)

    def text(self, entry: Entry | None, field: str, otherwise: str = "?") -> str:
        if entry is None:
            return otherwise
        self.lines[field] = entry.line
        if entry.node.tag == NOTHING:
            return ""
        if not isinstance(entry.node, yaml.ScalarNode):
            self.tell(entry.line, "Here must stand a text.")
            return otherwise
        if entry.node.tag != TEXT:
            self.tell(entry.line, f"Here must stand a text. If you mean “{shown(entry.node.value)}”, put it in quotes.")
            return otherwise
        if unshown := UNSHOWN.search(entry.node.value):
            self._tell_unshown(entry.line, unshown[0])
            return otherwise
        return str(entry.node.value)

    def whole(self, entry: Entry | None, field: str, otherwise: int) -> int:
        read = self._plain(entry, field, (WHOLE,), r"-?(0|[1-9][0-9]{0,8})", "a whole number, such as 20")
        return otherwise if read is None else int(read)

    def decimal(self, entry: Entry | None, field: str, otherwise: float) -> float:
        wanted = (WHOLE, DECIMAL)
        read = self._plain(
            entry, field, wanted, r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,3})?", "a number, such as 120 or 1.5"
        )
        return otherwise if read is None else float(read)

    def truth(self, entry: Entry | None, field: str, otherwise: bool) -> bool:
        read = self._plain(entry, field, (TRUTH,), "true|false", "true or false")
        return otherwise if read is None else read == "true"

    def _plain(self, entry: Entry | None, field: str, tags: Collection[str], pattern: str, wanted: str) -> str | None:
        if entry is None:
            return None
        self.lines[field] = entry.line
        is_plain = isinstance(entry.node, yaml.ScalarNode) and entry.node.tag in tags
        if is_plain and re.fullmatch(pattern, entry.node.value):
            return str(entry.node.value)
        self.tell(entry.line, f"Here must stand {wanted}.")
        return None


def shown(text: str, longest: int = 40) -> str:
    """What somebody wrote, short and on one line, so that it does nothing to the terminal of who reads the fault."""
    plain = "".join(char if char.isprintable() else "·" for char in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def and_so_on(names: Iterable[str]) -> str:
    return ", ".join(names)
