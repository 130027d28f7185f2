"""Paging: which page of a long list is asked for, and what is looked for in it."""

from collections.abc import Sequence
from typing import TypeVar

from app.visits import Request

Row = TypeVar("Row")
MOST = 100
"""Rows on one page."""


def page_in(request: Request) -> int:
    """`?page=3`, from 1; whatever cannot be read is the first."""
    text = request.query_params.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1


def part_of(rows: Sequence[Row], number: int) -> Sequence[Row]:
    """So many rows as a page shows, where all of them are there."""
    return rows[(number - 1) * MOST : number * MOST]


def search_in(request: Request) -> str:
    """`?q=plan`, on one line."""
    return " ".join(request.query_params.get("q", "").split())[:100]
