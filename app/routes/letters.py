"""Letters: the outbox of a season, and the mailbox page that stands in for mail in a demo."""

from datetime import datetime
from uuid import UUID

import sqlmodel
from litestar import get, post
from litestar.params import FromPath

from app import mail
from app.deps import Me, Now, Request, Session, Settings
from app.doors import only_with_mailbox, organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import entries, letters, mailings, planning, seasons
from challenges.audiences import reach_of
from challenges.challenges import every_challenge_of
from challenges.history import note
from challenges.letters import LetterState
from challenges.mailings import Planned
from challenges.people import Person
from challenges.refusals import NotYours
from challenges.seasons import Season
from judging.progress import late_judges

SEASONLESS = ("sign_in", "test")


MOST = 50


@get("/seasons/{slug:str}/outbox", guards=[organizer_of_season], sync_to_thread=True)
def outbox(request: Request, session: Session, settings: Settings, now: Now, slug: FromPath[str]) -> Page:
    """What goes out by and by, what waits for a decision, and every letter, as the address filters them."""
    season, chosen = seasons.find_season(session, slug), filters_of(request)
    mailing = planning.find(session, season, chosen["mailing"], now) if chosen["mailing"] else None
    found = letters.outbox_of(
        session, season.id, MOST + 1, last_read(request), LetterState(chosen["state"]) if chosen["state"] else None,
        chosen["kind"], mailing.row.id if mailing and mailing.row else None,
    )  # fmt: skip
    return page(
        request, "web/letters/outbox.html", season=season, letters=found[:MOST], chosen=chosen,
        is_later=bool(last_read(request)), more=found[MOST - 1].id if len(found) > MOST else None,
        troubled=letters.troubled_of(session, season.id), kinds=[kind for kind in mail.WAYS if kind not in SEASONLESS],
        gone=mailings.gone_of(session, season.id, 20), has_mail_server=bool(settings.smtp_host),
        planned=going_out(session, season, now),
    )  # fmt: skip


def going_out(session: sqlmodel.Session, season: Season, now: datetime) -> list[tuple[Planned, int, str]]:
    """Each planned mail, to how many people it would go now, and the name of its team where it is for one alone."""
    planned = planning.planned_of(session, season, every_challenge_of(session, season.id), now)
    counts = reach_of(session, season, [one.audience for one in planned], now, late_judges)
    names = entries.names_of(session, {one.audience.entry_id for one in planned if one.audience.entry_id})
    return [
        (one, reach, names.get(one.audience.entry_id, "") if one.audience.entry_id else "")
        for one, reach in zip(planned, counts, strict=True)
    ]


def filters_of(request: Request) -> dict[str, str]:
    """What the address asks to see; what it cannot mean is not there."""
    chosen = {name: request.query_params.get(name, "") for name in ("state", "kind", "mailing")}
    if chosen["state"] not in ("", *LetterState):
        raise NotYours
    return chosen


def last_read(request: Request) -> UUID | None:
    text = request.query_params.get("after")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotYours from None


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
    note(session, me.person, "letter.tried_again", letter, now, season.id, to=letter.shown_name)
    return see(request, f"/seasons/{slug}/outbox", notice="We try again now.")


@get("/mailbox", guards=[only_with_mailbox], sync_to_thread=True)
def mailbox(request: Request, session: Session, settings: Settings) -> Page:
    found = [(letter, read_or_none(letter, settings, None)) for letter in letters.latest(session)]
    return page(request, "web/letters/mailbox.html", letters=found)


@get("/mailbox/{letter_id:uuid}", guards=[only_with_mailbox], sync_to_thread=True)
def read(request: Request, session: Session, settings: Settings, letter_id: FromPath[UUID]) -> Page:
    letter = session.get(letters.Letter, letter_id)
    if letter is None:
        raise NotYours
    reader = session.get(Person, letter.person_id) if letter.person_id else None
    return page(
        request, "web/letters/read.html", letter=letter, reply_to=letters.reply_to(session, letter.season_id),
        rendered=read_or_none(letter, settings, reader.zone if reader else None),
    )  # fmt: skip


def read_or_none(letter: letters.Letter, settings: Settings, zone: str | None) -> mail.Rendered | None:
    """None where its secret is gone: it was sent while this site had a mail server."""
    return None if mail.is_unreadable(letter) else mail.render(letter, settings, zone)


ROUTES = [outbox, send_again, mailbox, read]
