"""Letters: the outbox of a season, and the mailbox page that stands in for mail in a demo."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app import mail
from app.deps import Me, Now, Request, Session, Settings
from app.doors import only_with_mailbox, organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import letters, seasons
from challenges.history import note
from challenges.refusals import NotYours


@get("/seasons/{slug:str}/outbox", guards=[organizer_of_season], sync_to_thread=True)
def outbox(request: Request, session: Session, settings: Settings, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(
        request, "web/letters/outbox.html", season=season, letters=letters.outbox_of(session, season.id),
        has_mail_server=bool(settings.smtp_host),
    )  # fmt: skip


@post(
    "/seasons/{slug:str}/outbox/{letter_id:uuid}/attempt",
    guards=[organizer_of_season], redraw=outbox, sync_to_thread=True,
)  # fmt: skip
def send_again(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], letter_id: FromPath[UUID]
) -> Redirect:
    season = seasons.find_season(session, slug)
    letter = letters.find_in_season(session, season.id, letter_id)
    letters.send_again(letter)
    note(session, me.person, "letter.tried_again", letter, now, season.id, to=letter.to_name)
    return see(request, f"/seasons/{slug}/outbox", notice="We try again now.")


@get("/mailbox", guards=[only_with_mailbox], sync_to_thread=True)
def mailbox(request: Request, session: Session, settings: Settings) -> Page:
    found = [(letter, read_or_none(letter, settings)) for letter in letters.latest(session)]
    return page(request, "web/letters/mailbox.html", letters=found)


@get("/mailbox/{letter_id:uuid}", guards=[only_with_mailbox], sync_to_thread=True)
def read(request: Request, session: Session, settings: Settings, letter_id: FromPath[UUID]) -> Page:
    letter = session.get(letters.Letter, letter_id)
    if letter is None:
        raise NotYours
    return page(request, "web/letters/read.html", letter=letter, rendered=read_or_none(letter, settings))


def read_or_none(letter: letters.Letter, settings: Settings) -> mail.Rendered | None:
    """None where its secret is gone: it was sent while this site had a mail server."""
    return None if mail.is_unreadable(letter) else mail.render(letter, settings, None)


ROUTES = [outbox, send_again, mailbox, read]
