"""Glossary: the words of this place, a line each."""

from litestar import get

from app.deps import Request
from app.doors import anyone
from app.pages import Page, page


@get("/glossary", guards=[anyone], sync_to_thread=True)
def show(request: Request) -> Page:
    return page(request, "web/glossary/show.html")


ROUTES = [show]
