"""Tokens: a person lets a program read for them, and takes that back, on their account page."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session, Settings
from app.doors import signed_in
from app.pages import Page, Redirect, page, see
from app.routes.account import show as account
from challenges import tokens


@post("/account/tokens", guards=[signed_in], redraw=account, sync_to_thread=True)
def create(request: Request, session: Session, settings: Settings, me: Me, form: Form, now: Now) -> Page:
    """The token stands on this answer and nowhere else: in no address, no cookie and no letter."""
    name, scopes = form.text("token_name", 200), form.all("token_scopes")
    token, text = tokens.create(session, me.person, name, scopes, form.number("token_days"), now)
    return page(request, "web/tokens/created.html", status=201, token=token, text=text, url=settings.url)


@post("/account/tokens/{token_id:uuid}/revocation", guards=[signed_in], sync_to_thread=True)
def revoke(request: Request, session: Session, me: Me, now: Now, token_id: FromPath[UUID]) -> Redirect:
    tokens.revoke(session, me.person, token_id, now)
    return see(request, "/account#tokens", notice="The token is revoked. It opens nothing any more.")


ROUTES = [create, revoke]
