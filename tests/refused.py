"""How a test says that the domain says no: the whole sentence and its field, or nothing at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from challenges.refusals import NotYours, Refusal

T = TypeVar("T")


@contextmanager
def refused(message: str, field: str | None = None) -> Iterator[None]:
    with pytest.raises(Refusal) as caught:
        yield
    assert (caught.value.message, caught.value.field) == (message, field)


@contextmanager
def not_yours() -> Iterator[None]:
    with pytest.raises(NotYours) as caught:
        yield
    assert caught.value.args == ()


def outcome(verb: Callable[[], T]) -> T | Refusal:
    """What it gives, or how it refuses: for tests that try whatever comes."""
    try:
        return verb()
    except Refusal as refusal:
        return refusal
