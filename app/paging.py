"""Paging: which page of a long list is asked for, and what is looked for in it."""

from app.visits import Request


def page_in(request: Request) -> int:
    """`?page=3`, from 1; whatever cannot be read is the first."""
    text = request.query_params.get("page", "")
    return max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1


def search_in(request: Request) -> str:
    """`?q=plan`, on one line."""
    return " ".join(request.query_params.get("q", "").split())[:100]
