"""Forms: what a page says and which forms it offers, read from its HTML as a browser without scripts reads it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

BLOCKS = {
    "article", "br", "button", "dd", "details", "div", "dt", "form", "h1", "h2", "h3", "h4", "label", "legend", "li",
    "main", "nav", "ol", "option", "p", "section", "summary", "table", "td", "textarea", "th", "tr", "ul",
}  # fmt: skip
SILENT = {"script", "style", "svg", "title"}


@dataclass
class Button:
    action: str
    text: str = ""
    label: str = ""

    def is_called(self, name: str) -> bool:
        return name in (" ".join(self.text.split()), self.label)


@dataclass
class Form:
    """The boxes with what stands in them, and the buttons that send it."""

    action: str
    data: Mapping[str, str]
    fields: dict[str, list[str]] = field(default_factory=dict)
    """What a browser would send if nobody touched a box; a name with an empty list is a box that is not ticked."""
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of radio buttons and lists: each value with its words."""
    buttons: list[Button] = field(default_factory=list)


class Page(HTMLParser):
    def __init__(self, html: str, path: str = "") -> None:
        super().__init__()
        self.html, self.path = html, path
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        """By what each says, the first one of that name."""
        self._said: list[str] = []
        self._silent = 0
        self._form: Form | None = None
        self._button: Button | None = None
        self._link: tuple[str, int] | None = None
        self._area: tuple[str, int] | None = None
        self._choice: tuple[str, str | None, int, bool] | None = None
        self._list = ""
        self.feed(html)
        self.close()
        self.text = " ".join("".join(self._said).split())

    def form_with(self, button: str, names: set[str]) -> tuple[Form, Button]:
        """The one form with a button of this name and with all these boxes."""
        called = [(form, one) for form in self.forms for one in form.buttons if one.is_called(button)]
        fitting = [(form, one) for form, one in called if names <= set(form.fields)]
        there = [sorted(form.fields) for form, _ in called]
        assert len(fitting) == 1, f"{len(fitting)} forms for “{button}” with {sorted(names)} on {self.path}: {there}"
        return fitting[0]

    def part(self, id_: str) -> "Page":
        """The section of this id; sections within it are not looked for."""
        found = re.search(rf'<section[^>]*\bid="{id_}".*?</section>', self.html, re.DOTALL)
        assert found, f"no section {id_} on {self.path}"
        return Page(found[0], self.path)

    def _boxes(self, name: str) -> list[str]:
        assert self._form
        return self._form.fields.setdefault(name, [])

    def _from(self, start: int) -> str:
        return " ".join("".join(self._said[start:]).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in BLOCKS:
            self._said.append(" ")
        if tag in SILENT:
            self._silent += 1
        elif tag == "a":
            self._link = (given.get("href", ""), len(self._said))
        elif tag == "form":
            self._form = Form(given.get("action", ""), given)
            self.forms.append(self._form)
        elif self._form and tag in ("input", "select", "textarea", "option", "button") and "disabled" not in given:
            self._handle_box(self._form, tag, given)

    def _handle_box(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button" and given.get("type", "submit") == "submit":
            self._button = Button(given.get("formaction", form.action), label=given.get("aria-label", ""))
            form.buttons.append(self._button)
        elif tag == "select":
            self._list = name
            self._boxes(name)
        elif tag == "option":
            self._choice = (self._list, given.get("value"), len(self._said), "selected" in given)
        elif tag == "textarea":
            self._area = (name, len(self._said))
        elif tag == "input" and name and given.get("type") in ("checkbox", "radio"):
            self._boxes(name)
            self._choice = (name, given.get("value", "on"), len(self._said), "checked" in given)
        elif tag == "input" and name and given.get("type") != "file":
            self._boxes(name).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1
        elif tag == "a" and self._link:
            self.links.setdefault(self._from(self._link[1]), self._link[0])
            self._link = None
        elif tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._list = ""
        elif tag == "textarea" and self._area:
            name, start = self._area
            self._boxes(name).append("".join(self._said[start:]).removeprefix("\n"))
            self._area = None
        elif tag in ("label", "option") and self._choice and self._form:
            self._choose(self._form, *self._choice)
            self._choice = None
        if tag in BLOCKS:
            self._said.append(" ")

    def _choose(self, form: Form, name: str, value: str | None, start: int, is_chosen: bool) -> None:
        words = self._from(start)
        given = words if value is None else value
        form.options.setdefault(name, {})[given] = words
        if self._list and (is_chosen or not form.fields[name]):
            form.fields[name] = [given]
        elif is_chosen:
            form.fields[name].append(given)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._said.append(data)
        if self._button:
            self._button.text += data
