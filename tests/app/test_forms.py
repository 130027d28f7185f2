"""What somebody typed, read field by field."""

from datetime import date

import pytest

from app.forms import LONGEST, Form, form_of
from challenges.refusals import Refusal
from tests.makers import at_clock

TYPED = form_of(
    {
        "title": "A\r\nB", "day": "2026-11-24", "due": "2026-11-24T23:59",
        "number": " 3 ", "empty": "", "many": ["a", "b"],
        "box": "yes", "off": "0", "file": object(),
    }
)  # fmt: skip


def test_fields_are_read_as_what_they_are() -> None:
    assert (TYPED.title, TYPED.text("title"), TYPED.nothing, TYPED["many"]) == ("A\r\nB", "A\nB", "", "b")
    assert TYPED.day("day") == date(2026, 11, 24)
    assert TYPED.wall_clock("due") == at_clock("2026-11-24T23:59")
    assert (TYPED.number("number"), TYPED.all("many"), TYPED.all("file")) == (3, ["a", "b"], [])
    assert (TYPED.ticked("box"), TYPED.ticked("off"), TYPED.ticked("nothing")) == (True, False, False)


def test_a_page_shows_what_was_typed_also_if_that_was_nothing() -> None:
    assert (TYPED("empty", "before"), TYPED("title", "before"), Form()("title", "before")) == ("", "A\r\nB", "before")
    assert (bool(TYPED), bool(Form())) == (True, False)


@pytest.mark.parametrize(
    ("read", "field", "typed"),
    [
        ("day", "day", "24 Nov"),
        ("wall_clock", "due", "2026-13-24T23:59"),
        ("wall_clock", "due", "2026-11-24T23:59+02:00"),
        ("number", "weight", "1.5"),
        ("number", "weight", "99999999999"),
        ("number", "weight", "١"),
        ("id", "judge", "x"),
        ("ids", "judge", "x"),
        pytest.param("text", "story", "x" * (LONGEST + 1), id="long"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(read: str, field: str, typed: str) -> None:
    with pytest.raises(Refusal) as refusal:
        getattr(Form({field: [typed]}), read)(field)
    assert refusal.value.field == field
