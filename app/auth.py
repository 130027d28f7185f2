"""Who is asking: the cookie of a signed-in browser, the viewer behind it, and signs that a form is not ours."""

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from logging import getLogger
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from litestar.datastructures import Cookie
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, generate_csrf_hash
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from app.db import Database
from app.settings import Settings, is_loopback
from challenges import signins, tokens
from challenges.people import Person
from challenges.seasons import Role, RoleKind, Season
from challenges.tokens import ApiToken, TokenScope

log = getLogger(__name__)

FORWARDED = {
    b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port",
    b"x-forwarded-server", b"x-real-ip",
}  # fmt: skip
"""What proxies add to a request."""
COOKIE_DAYS = 400
"""The longest that browsers keep a cookie; the server ends a session after 60 days without use."""


IN_ADDRESSES = "/?#[]@!$&'()*+,;=:%~"
"""What an address may hold beside letters and digits; all else is written as %XX."""


@dataclass(frozen=True)
class Viewer:
    """The person in front of this browser, and what they are in each season at this moment."""

    person: Person
    session_id: UUID
    """Of the browser; or of the token."""
    roles: Mapping[UUID, frozenset[RoleKind]]
    slugs: Mapping[str, UUID]
    """The seasons of those roles by address."""
    token: ApiToken | None = None
    """With which a program asks for them; it may read less than they themselves."""

    def may(self, scope: TokenScope) -> bool:
        return self.token is None or scope in self.token.scopes

    def is_in(self, season: UUID | str, kind: RoleKind) -> bool:
        season_id = self.slugs.get(season) if isinstance(season, str) else season
        return season_id is not None and kind in self.roles.get(season_id, ())

    def is_somewhere(self, kind: RoleKind) -> bool:
        return any(kind in kinds for kinds in self.roles.values())

    @property
    def is_founder(self) -> bool:
        return self.person.founder_since is not None


def id_of(viewer: Viewer | None) -> UUID | None:
    return viewer.person.id if viewer else None


def find_viewer(database: Database, token: str, now: datetime) -> Viewer | None:
    """Two statements; once an hour a third, in a transaction of its own, keeps the session alive."""
    with database.reading() as session:
        found = signins.find_session(session, token, now)
        if found is None:
            return None
        web_session, person = found
        roles, slugs = roles_of(session, person.id)
    if signins.is_due_for_renewal(web_session, now):
        note_use(database, signins.renew, web_session.id, now)
    return Viewer(person, web_session.id, roles, slugs)


class WrongToken(Exception):
    """It is none of ours, is over or was revoked: which of these, nobody is told."""


def find_program(database: Database, text: str, now: datetime) -> Viewer:
    """For whom a program asks: with their roles at this moment, in two statements; once an hour a third notes it."""
    with database.reading() as session:
        found = tokens.find(session, text, now)
        if found is None:
            raise WrongToken
        token, person = found
        roles, slugs = roles_of(session, person.id)
    if tokens.is_use_due(token, now):
        note_use(database, tokens.note_use, token.id, now)
    return Viewer(person, token.id, roles, slugs, token)


def note_use(database: Database, deed: Callable[[Session, UUID, datetime], None], id_: UUID, now: datetime) -> None:
    """In a transaction of its own. Nobody is turned away because it fails: the next request tries again."""
    try:
        with database.writing() as session:
            deed(session, id_, now)
    except Exception:
        log.exception("the use of a session or token could not be noted")


ROLES = (
    select(Season.id, Season.slug, Role.kind)
    .join(Role, col(Role.season_id) == col(Season.id))
    .where(Role.person_id == bindparam("person_id"), col(Role.ended_at).is_(None))
)
"""Built once: every request asks it, and building takes longer than asking."""


def roles_of(session: Session, person_id: UUID) -> tuple[dict[UUID, frozenset[RoleKind]], dict[str, UUID]]:
    roles: dict[UUID, frozenset[RoleKind]] = {}
    slugs: dict[str, UUID] = {}
    for season_id, slug, kind in session.exec(ROLES, params={"person_id": person_id}):
        roles[season_id] = roles.get(season_id, frozenset()) | {RoleKind(kind)}
        slugs[slug] = season_id
    return roles, slugs


class Cookies:
    """Our cookies. Under https their names begin with `__Host-`: no other host and no plain page can set them."""

    def __init__(self, settings: Settings) -> None:
        self.secure = settings.url.startswith("https://")
        self.csrf_key = settings.derived_key("forms")
        self._key = settings.derived_key("cookies").encode()
        self.session = self.named("charrette")
        self.csrf = self.named("charrette-csrf")
        self.notice = self.named("charrette-notice")
        self.asked = self.named("charrette-asked")
        self.zone = self.named("charrette-zone")
        self.calendar = self.named("charrette-calendar")

    def named(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def make(self, name: str, value: str, seconds: int | None = None) -> Cookie:
        return Cookie(
            key=name, value=value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def signed_in(self, token: str) -> Cookie:
        return self.make(self.session, token, COOKIE_DAYS * 86400)

    def gone(self, name: str) -> Cookie:
        return self.make(name, "", 0)

    def seal(self, text: str) -> str:
        """A text that only we can have written, fit for a cookie."""
        body = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{body}.{self._mac(body)}"

    def unseal(self, sealed: str) -> str | None:
        body, _, mac = sealed.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(body).encode()):
            return None
        return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()

    def is_our_csrf(self, token: str) -> bool:
        """One of another installation at this address, or of an emptied one, must be replaced, not kept."""
        plain, mac = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
        return hmac.compare_digest(mac.encode(), generate_csrf_hash(plain, self.csrf_key).encode())

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), sha256).hexdigest()[:32]


def bearer_of(scope: Mapping[str, Any]) -> str | None:
    """What a program shows as its token, whatever it is; None where it shows none."""
    for key, value in scope["headers"]:
        scheme, _, text = value.decode("latin-1").strip().partition(" ")
        if key == b"authorization" and scheme.lower() == "bearer":
            return str(text.strip())
    return None


def cookie_of(scope: Mapping[str, Any], name: str) -> str | None:
    """Read without the framework, which would remember what `without_cookie` takes away."""
    for key, value in scope["headers"]:
        if key == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                known, _, text = pair.strip().partition("=")
                if known == name:
                    return str(text)
    return None


def without_cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> list[tuple[bytes, bytes]]:
    def others(cookies: bytes) -> bytes:
        return b"; ".join(one for one in cookies.split(b"; ") if not one.startswith(f"{name}=".encode()))

    return [(key, others(value) if key == b"cookie" else value) for key, value in headers]


def is_foreign(headers: Mapping[bytes, bytes], own_url: str) -> bool:
    """Whether another site sent this form, by the word of the browser itself. Programs send neither header."""
    if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
        return True
    origin = headers.get(b"origin")
    if origin is None:
        return False
    ours = {urlsplit(own_url).netloc, headers.get(b"host", b"").decode("latin-1")}
    return urlsplit(origin.decode("latin-1")).netloc not in ours


def network_address(scope: Mapping[str, Any]) -> str:
    """Where a request comes from. A proxy is believed only if it stands on this machine."""
    peer = peer_of(scope)
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1").split(",")[-1].strip()
    try:
        return str(ip_address(forwarded)) if forwarded and is_loopback(peer) else peer
    except ValueError:
        return peer


def sits_here(scope: Mapping[str, Any]) -> bool:
    """Whether the browser runs on this machine. Whoever comes through a proxy may be anywhere, whatever it says."""
    return is_loopback(peer_of(scope)) and FORWARDED.isdisjoint(key for key, _ in scope["headers"])


def peer_of(scope: Mapping[str, Any]) -> str:
    """Who holds the other end of the line; "" where that has no address, as a socket file."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def local_path(wish: str) -> str:
    """Where to go on our own site, as ASCII; anything else is the front page.

    A browser reads `/\\` as `//`, another host.
    """
    plain = wish.startswith("/") and not wish.startswith("//") and "\\" not in wish and wish.isprintable()
    return quote(wish, safe=IN_ADDRESSES) if plain and len(wish) < 500 and not urlsplit(wish).netloc else "/"
