"""Every component in every state, for those who change the pages. Only in development."""

from litestar import get

from app.deps import Request
from app.doors import only_in_development
from app.pages import Page, page


@get("/styleguide", guards=[only_in_development], sync_to_thread=True)
def show(request: Request) -> Page:
    return page(request, "web/styleguide/show.html")


ROUTES = [show]
