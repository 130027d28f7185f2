"""What somebody typed into a form, read field by field; what cannot be read is refused at its field."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from uuid import UUID

from challenges import clocks
from challenges.clocks import WallClock
from challenges.refusals import Refusal

LONGEST = 200_000


class Form:
    """The fields of a form. A field that was not sent is the empty text, in handlers and in templates alike.

    In a handler: `form.text("title")`, `form.day("starts_on")`. In a template it is called `typed`, and is empty until
    a form is drawn again after a refusal: `{{ typed("title", season.title) }}`. A field that is called like a method
    here (`number`, `day`, `id`…) is read by calling too: `typed("number")`.
    Rows of fields are named `criterion-0-title`, `criterion-1-title`: `form.rows("criterion")` gives a Form each.
    """

    def __init__(self, fields: Mapping[str, list[str]] | None = None, prefix: str = "", said: str = "") -> None:
        self._fields = fields or {}
        self._prefix = prefix
        self._said = said

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> str:
        values = self._fields.get(self._prefix + name)
        return values[-1] if values else ""

    def __call__(self, name: str, otherwise: object = "") -> object:
        """What was typed, also if that was nothing; `otherwise` where no form was sent."""
        return self[name] if self else otherwise

    def __contains__(self, name: str) -> bool:
        return self._prefix + name in self._fields

    def __bool__(self) -> bool:
        """Whether anything was sent at all."""
        return bool(self._fields)

    def text(self, name: str, longest: int = LONGEST) -> str:
        value = self[name].replace("\r\n", "\n")
        if len(value) > longest:
            raise self._refusal(name, f"That is longer than {longest} characters.")
        return value

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be sent several times, such as check boxes."""
        return list(self._fields.get(self._prefix + name, ()))

    def ticked(self, name: str) -> bool:
        return self[name] not in ("", "0", "false", "no")

    def number(self, name: str) -> int:
        typed = self[name].strip()
        if not re.fullmatch(r"[-+]?[0-9]{1,9}", typed):
            raise self._refusal(name, "Write a whole number, such as 3.")
        return int(typed)

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self[name].strip())
        except ValueError:
            raise self._refusal(name, "Write a day as year-month-day, such as 2026-11-24.") from None

    def wall_clock(self, name: str) -> WallClock:
        """A day and a time without a zone, as `<input type="datetime-local">` sends it; or the choice of one of those
        that it could mean, which is sent as `<name>-choice` beside it.
        """
        return clocks.read(self[f"{name}-choice"] or self[name], self._said + name)

    def id(self, name: str) -> UUID:
        try:
            return UUID(self[name])
        except ValueError:
            raise self._refusal(name, "Choose one from the list.") from None

    def ids(self, name: str) -> list[UUID]:
        try:
            return [UUID(value) for value in self.all(name)]
        except ValueError:
            raise self._refusal(name, "Choose from the list.") from None

    def rows(self, name: str, besides: Collection[str] = ()) -> list["Form"]:
        """The rows in the order of their numbers, but those that hold nothing `besides` these fields, or `remove`.

        A refusal names a row by its place among these, from 1, as the domain does and as they are drawn again.
        """
        start = f"{self._prefix}{name}-"
        numbers = {field[len(start) :].split("-")[0] for field in self._fields if field.startswith(start)}
        sent = [Form(self._fields, f"{start}{n}-") for n in sorted((n for n in numbers if n.isdecimal()), key=int)]
        written = [
            row
            for row in sent
            if not row.ticked("remove") and any(row[own].strip() for own in row.names() if own not in besides)
        ]
        return [Form(self._fields, row._prefix, f"{self._said}{name}-{at}-") for at, row in enumerate(written, 1)]

    def names(self) -> Iterator[str]:
        return (name.removeprefix(self._prefix) for name in self._fields if name.startswith(self._prefix))

    def _refusal(self, name: str, sentence: str) -> Refusal:
        return Refusal(sentence, field=self._said + name)


def form_of(sent: Mapping[str, object]) -> Form:
    """From what the web framework parsed; files are left out, because bytes never pass through the app."""
    fields: dict[str, list[str]] = {}
    for name, value in sent.items():
        values = value if isinstance(value, list) else [value]
        fields[name] = [one for one in values if isinstance(one, str)]
    return Form(fields)
