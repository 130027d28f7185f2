"""What a handler may ask for by name, and the one transaction of a request.

A handler names what it needs, annotated with the type of the same name from here:

    session: Session      reads for GET, writes for the rest; committed when the page is drawn and not yet sent
    reading: Reading      `with reading() as early:` to look before a network call; the writing session begins after it
    database: Database    `with database.writing() as own:` for what must stay although the request is refused
    now: Now              the instant at which the request arrived
    viewer: MaybeViewer   who is asking, or None          me: Me    who is asking; sends to sign-in if nobody is
    form: Form            what was typed                  settings, store, clock
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlmodel
from anyio import CancelScope, CapacityLimiter, to_thread
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

import app.auth
import app.clock
import app.db
import app.forms
import app.settings
import app.storage
from app.doors import who
from app.visits import SAFE_METHODS, Request, visit_of

Session = NamedDependency[SkipValidation[sqlmodel.Session]]
Reading = NamedDependency[SkipValidation[Callable[[], AbstractContextManager[sqlmodel.Session]]]]
Database = NamedDependency[SkipValidation[app.db.Database]]
Now = NamedDependency[SkipValidation[datetime]]
MaybeViewer = NamedDependency[SkipValidation[app.auth.Viewer | None]]
Me = NamedDependency[SkipValidation[app.auth.Viewer]]
Form = NamedDependency[SkipValidation[app.forms.Form]]
Settings = NamedDependency[SkipValidation[app.settings.Settings]]
Store = NamedDependency[SkipValidation[app.storage.Store]]
Clock = NamedDependency[SkipValidation[app.clock.Clock]]

__all__ = [
    "Clock",
    "Database",
    "Form",
    "MaybeViewer",
    "Me",
    "Now",
    "Reading",
    "Request",
    "Session",
    "Settings",
    "Store",
]


async def the_session(request: Request) -> AsyncGenerator[sqlmodel.Session, None]:
    """A commit that fails raises here, before anything was sent: it is an error page, never a success."""
    database: app.db.Database = request.app.state.database
    # Ending has its own threads: whoever waits for a connection in the others must not keep us from giving ours back.
    enders: CapacityLimiter = request.app.state.enders
    writes = request.method not in SAFE_METHODS
    session = database.begin(writes)
    try:
        yield session
    except BaseException:
        with CancelScope(shield=True):
            await to_thread.run_sync(app.db.give_up, session, limiter=enders)
        raise
    with CancelScope(shield=True):
        await to_thread.run_sync(app.db.commit if writes else app.db.give_up, session, limiter=enders)


async def the_form(request: Request) -> app.forms.Form:
    return app.forms.form_of((await request.form()).dict())


def from_state(name: str) -> Callable[[Request], Any]:
    def provide(request: Request) -> Any:
        return getattr(request.app.state, name)

    return provide


def the_reading(request: Request) -> Any:
    return request.app.state.database.reading


def the_now(request: Request) -> datetime:
    return visit_of(request).at


def the_viewer(request: Request) -> Any:
    return visit_of(request).viewer


def me(request: Request) -> Any:
    return who(request)


DEPENDENCIES = {
    "session": Provide(the_session),
    "form": Provide(the_form),
    "reading": Provide(the_reading, sync_to_thread=False),
    "now": Provide(the_now, sync_to_thread=False),
    "viewer": Provide(the_viewer, sync_to_thread=False),
    "me": Provide(me, sync_to_thread=False),
    **{name: Provide(from_state(name), sync_to_thread=False) for name in ("database", "settings", "store", "clock")},
}
