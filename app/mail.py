"""Mail: how a Letter reads, and how one SMTP server is asked to take it, never twice by itself."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.clock import Clock
from app.db import Database
from app.filters import FILTERS, instant
from app.settings import Settings
from challenges.letters import Letter, LetterState, reply_to
from challenges.people import Person

TEMPLATES = Path(__file__).parent.parent / "templates"
ANSWER_SECONDS = 20
"""How long we wait for each answer of the mail server."""
PATIENCE = timedelta(days=2)
"""How long a letter is tried again while the server is away; a sign-in code only as long as it lives."""
WAYS = {
    "sign_in": "/sign-in/link/{secret[link]}",
    "invitation": "/invitations/{secret[token]}",
    "removed": "/seasons/{slug}/teams",
    "role_invitation": "/roles/{secret[token]}",
    "receipt": "/versions/{version_id}/receipt",
    "hash_differs": "/versions/{version_id}/receipt",
    "packet_ready": "/packets/{packet_id}",
    "challenge_released": "/seasons/{slug}/challenges/{number}",
    "reminder": "/seasons/{slug}/challenges/{number}/submission",
    "amendment": "/seasons/{slug}/challenges/{number}",
    "deadline_moved": "/seasons/{slug}/challenges/{number}",
    "deadline_extended": "/seasons/{slug}/challenges/{number}",
    "message": "{way}",
    "clarification": "/seasons/{slug}/challenges/{number}/clarifications#c-{clarification_id}",
    "personal_answer": "/seasons/{slug}/challenges/{number}/clarifications#mine",
    "question_asked": "/seasons/{slug}/clarifications",
    "test": "/",
}
"""Where the link in each kind of letter leads; the facts fill the gaps."""
BY_HAND = {"message"}
"""Letters that a person wrote, so that they do not call themselves automatic."""
SECRETIVE = {kind for kind, way in WAYS.items() if "secret" in way}
"""Letters that cannot be read any more once their secret is gone."""
UNCERTAIN = (
    "The connection broke before the mail server said whether it took this letter. "
    "It may have gone out, so we do not send it again by ourselves."
)


class Outcome(StrEnum):
    """What is left to do: nothing, or the same again a little later."""

    DONE = "done"
    LATER = "later"


@dataclass(frozen=True)
class Rendered:
    """A letter as a person reads it."""

    subject: str
    text: str
    html: str


class Away(Exception):
    """The server cannot take any letter now, or not this one: worth another try. The sentence is for the outbox."""


class Refused(Exception):
    """The server will never take this letter. The sentence is for the outbox."""


class Broken(Exception):
    """The whole text was given and no answer came."""


def render(letter: Letter, settings: Settings, zone: str | None) -> Rendered:
    """The letter in words; `zone` is its reader's, if we know it. The text template's first line is the subject."""
    known = {
        **letter.facts, "to_name": letter.to_name, "to_email": letter.to_email, "zone": zone,
        "site": settings.url, "link": settings.url + way_of(letter),
    }  # fmt: skip
    subject, _, text = _environment.get_template(f"mail/{letter.kind}.txt").render(known).partition("\n")
    html = _environment.get_template(f"mail/{letter.kind}.html").render(known, subject=subject.strip())
    return Rendered(" ".join(subject.split()), text.strip() + "\n", html)


def way_of(letter: Letter) -> str:
    """The path to which its link leads."""
    way, then = WAYS[letter.kind].format_map(letter.facts), letter.facts.get("then", "/")
    return way if then == "/" else f"{way}?next={quote(then, safe='/')}"


def is_unreadable(letter: Letter) -> bool:
    """Whether the secret that it is about is gone."""
    return letter.kind in SECRETIVE and "secret" not in letter.facts


def envelope(
    letter: Letter, rendered: Rendered, settings: Settings, now: datetime, reply_to: str | None = None
) -> EmailMessage:
    """The mail itself. Its Message-ID comes from the letter, so that a second copy can be known as one."""
    name, sender = parseaddr(settings.mail_from)
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = Address(_one_line(name) or "Charrette", addr_spec=sender)
    message["To"] = Address(_one_line(letter.to_name), addr_spec=letter.to_email)
    if reply_to:
        message["Reply-To"] = Address(addr_spec=reply_to)
    message["Subject"] = _one_line(rendered.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2]}>"
    if letter.kind not in BY_HAND:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message


def deliver(database: Database, settings: Settings, letter_id: UUID, clock: Clock) -> Outcome:
    """Try once to get this letter out; LATER if it is worth another try. What happened stands in its row.

    `sending_at` is committed before the text leaves us, by one worker only. Whoever finds it set and nothing else takes
    it that somebody ended in between: the letter may have gone out, so it becomes uncertain and waits for a person.
    """
    now = clock.now()
    with database.writing() as session:
        letter = session.get(Letter, letter_id, with_for_update=True)
        if letter is None or letter.state is not LetterState.WAITING:
            return Outcome.DONE
        if letter.sending_at:
            letter.uncertain_at, letter.trouble = now, UNCERTAIN
            _forget_secret(letter)
            return Outcome.DONE
        if now - letter.created_at > _patience_for(letter):
            letter.refused_at, letter.trouble = now, f"Given up: {letter.trouble or 'it waited too long'}"
            _forget_secret(letter)
            return Outcome.DONE
        if not settings.smtp_host:  # the mailbox page shows it, secret and all
            letter.sent_at = now
            return Outcome.DONE
        reader = session.get(Person, letter.person_id) if letter.person_id else None
        rendered = render(letter, settings, reader.zone if reader else None)
        message = envelope(letter, rendered, settings, now, reply_to(session, letter.season_id))
    return _send(database, settings, letter_id, message, clock)


def send_test(settings: Settings, to_email: str, now: datetime) -> None:
    """Send a short mail at once, without a row, to see whether the settings work; raises Away, Refused or Broken."""
    letter = Letter(kind="test", to_email=to_email, to_name=to_email.partition("@")[0], facts={}, created_at=now)
    message = envelope(letter, render(letter, settings, None), settings, now)
    with _ready_for(settings, message) as server:
        _give(server, message)


def _send(database: Database, settings: Settings, letter_id: UUID, message: EmailMessage, clock: Clock) -> Outcome:
    claim = None
    try:
        with _ready_for(settings, message) as server:
            claim = clock.now()
            if not _mark(database, letter_id, None, sending_at=claim):
                return Outcome.DONE
            _give(server, message)
    except Away as trouble:
        is_ours = _mark(database, letter_id, claim, sending_at=None, trouble=str(trouble))
        return Outcome.LATER if is_ours else Outcome.DONE
    except Refused as trouble:
        said = {"refused_at": clock.now(), "trouble": str(trouble)}
        _mark(database, letter_id, claim, sending_at=None, uncertain_at=None, **said)
    except Broken:
        _mark(database, letter_id, claim, uncertain_at=clock.now(), trouble=UNCERTAIN)
    else:
        _mark(database, letter_id, claim, sent_at=clock.now(), uncertain_at=None, trouble=None)
    return Outcome.DONE


def _mark(database: Database, letter_id: UUID, claim: datetime | None, **columns: Any) -> bool:
    """Write this down while the letter is as we left it, claimed at that instant or by nobody; False if it is not."""
    with database.writing() as session:
        letter = session.get_one(Letter, letter_id, with_for_update=True)
        if letter.sending_at != claim or letter.sent_at or letter.refused_at:
            return False
        for name, value in columns.items():
            setattr(letter, name, value)
        _forget_secret(letter)
        return True


def _forget_secret(letter: Letter) -> None:
    """It was given away, or is of no use: a sign-in code is asked for anew. An invitation may be sent once more."""
    if letter.sent_at or (letter.kind == "sign_in" and letter.state is not LetterState.WAITING):
        letter.facts = {name: fact for name, fact in letter.facts.items() if name != "secret"}


def _patience_for(letter: Letter) -> timedelta:
    minutes = letter.facts.get("minutes")
    return timedelta(minutes=minutes) if minutes else PATIENCE


@contextmanager
def _ready_for(settings: Settings, message: EmailMessage) -> Iterator[smtplib.SMTP]:
    """A connection on which the server has agreed to sender and recipient, and waits for DATA."""
    with _connected(settings) as server:
        to, sender = (message[header].addresses[0].addr_spec for header in ("To", "From"))
        try:
            international = [] if to.isascii() else ["SMTPUTF8"]
            if international and not server.has_extn("smtputf8"):
                raise Refused("The mail server cannot send to addresses with such letters.")
            code, answer = server.mail(sender, international)
            if code >= 400:  # our sender's address is at fault, not the letter: somebody will mend it
                raise Away(_said("does not let us send", code, answer))
            code, answer = server.rcpt(to)
            if code >= 500:
                raise Refused(_said("refused the address", code, answer))
            if code >= 400:
                raise Away(_said("cannot take it now", code, answer))
        except (OSError, smtplib.SMTPException) as error:
            raise Away(_said("hung up", None, error)) from error
        yield server


@contextmanager
def _connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    host, port = settings.smtp_host, settings.smtp_port
    server: smtplib.SMTP | None = None
    try:
        context = ssl.create_default_context()
        if settings.smtp_security == "tls":
            server = smtplib.SMTP_SSL(host, port, timeout=ANSWER_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=ANSWER_SECONDS)
        if settings.smtp_security == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except (OSError, smtplib.SMTPException) as error:  # a wrong password is mended by an organizer: keep trying
        if server:
            server.close()
        raise Away(
            _said("cannot be used", getattr(error, "smtp_code", None), getattr(error, "smtp_error", error))
        ) from error
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def _give(server: smtplib.SMTP, message: EmailMessage) -> None:
    """DATA, step by step: until the final dot is written nothing can have gone out; after it, only the answer tells."""
    text = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
    try:
        code, answer = server.docmd("DATA")
    except (OSError, smtplib.SMTPException) as error:
        raise Away(_said("hung up", None, error)) from error
    if code == 354:
        try:
            server.send(text + b".\r\n")
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise Broken from error
        if code == 250:
            return
    if code >= 500:
        raise Refused(_said("refused the letter", code, answer))
    raise Away(_said("cannot take it now", code, answer))


def _said(what: str, code: int | None, answer: object) -> str:
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    return _one_line(f"The mail server {what}: {code or ''} {words}")[:500]


def _one_line(text: str) -> str:
    """No control character reaches a header, whatever somebody called themselves."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def instants(at: str, zone: str | None, season_zone: str) -> list[tuple[str, str]]:
    """One instant as reader, season and world write it: [("Tue 24 Nov 2026, 22:59:00 Berlin", "your time"), …]."""
    moment = datetime.fromisoformat(at)
    own = [] if zone is None else [(zone, "your time and the season’s time" if zone == season_zone else "your time")]
    others = [] if zone == season_zone else [(season_zone, "the season’s time")]
    return [(instant(moment, name), whose) for name, whose in (*own, *others, ("UTC", "the same everywhere"))]


_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(FILTERS)
_environment.globals["instants"] = instants
