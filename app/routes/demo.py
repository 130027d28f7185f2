"""The clock of a demo: set it forward, and what waits for that hour happens."""

from datetime import UTC, timedelta

from litestar import post

from app.auth import local_path
from app.deps import Clock, Form, Request
from app.doors import only_with_clock
from app.pages import Redirect, see


@post("/demo/clock", guards=[only_with_clock], sync_to_thread=True)
def forward(request: Request, clock: Clock, form: Form) -> Redirect:
    """By so many `minutes`, or to an `instant` (a wall clock in UTC)."""
    if form.minutes:
        clock.forward(timedelta(minutes=form.number("minutes")))
    else:
        clock.set_to(form.wall_clock("instant").local.replace(tzinfo=UTC))
    return see(request, local_path(form.back), notice="The clock of the demo has been set forward.")


ROUTES = [forward]
