"""Briefs: amendments of a released brief, what each changed, and who has read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season, participant_of_season
from app.pages import Page, Redirect, page, see
from challenges import briefs, challenges, deadlines, entries, notices, seasons, versions
from challenges.acknowledgements import acknowledge, readers_of
from challenges.briefs import Brief
from challenges.differences import Line, hunks_of
from challenges.outcomes import EntryState, states_of

CHALLENGE = "/seasons/{slug:str}/challenges/{number:int}"


@dataclass(frozen=True)
class Amendment:
    """One version with what it changed in the one before."""

    brief: Brief
    hunks: Sequence[Sequence[Line]]


def amendments_of(versions: Sequence[Brief]) -> list[Amendment]:
    """Newest first."""
    return [Amendment(after, hunks_of(before.text, after.text)) for before, after in pairwise(versions)][::-1]


@get(f"{CHALLENGE}/amendments/new", guards=[organizer_of_season], sync_to_thread=True)
def amending(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    brief = briefs.brief_of(session, challenge.id)
    return page(request, "web/briefs/amend.html", season=season, challenge=challenge, brief=brief)


@post(f"{CHALLENGE}/amendments", guards=[organizer_of_season], redraw=amending, sync_to_thread=True)
def amend(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    """With more time for everybody, if the organizer says so: both are done, or neither."""
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    amended = briefs.amend(
        session, challenge, form.text("brief"), form.text("note", 500), me.person, now, seen=form.brief_seen or None
    )
    given = None
    if form.minutes.strip() not in ("", "0"):
        reason = f"Amendment {amended.amendment} of the brief"
        given = deadlines.extend_all(session, challenge, form.number("minutes"), reason, me.person, now)
        versions.accept_in_time(session, challenge, me.person, now)
    notices.tell_amended(session, season, challenge, amended, me.person, now, given)
    return see(request, f"/seasons/{slug}/challenges/{number}", notice=f"Amendment {amended.amendment} is published.")


@get(f"{CHALLENGE}/amendments", guards=[organizer_of_season], sync_to_thread=True)
def readers(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    """Which entries have acknowledged the newest amendment."""
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    versions = briefs.versions_of(session, challenge.id)
    return page(
        request, "web/briefs/readers.html", season=season, challenge=challenge, amendments=amendments_of(versions),
        entries=[
            (one.entry, one.team)
            for one in states_of(session, season.id, now)
            if one.state in (EntryState.ACTIVE, EntryState.WINNER)
        ],
        readers=readers_of(session, versions[-1].id) if versions else {},
    )  # fmt: skip


@post(f"{CHALLENGE}/acknowledgements", guards=[participant_of_season], sync_to_thread=True)
def acknowledge_amendment(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_for(session, slug, me.person.id)
    challenge = challenges.find_for(session, season, number, None, now)
    entry, _ = entries.entry_for(session, season.id, me.person.id)
    newer = acknowledge(session, challenge, entry, form.number("brief"), me.person, now)
    notice = "Noted: your team has read it." if newer is None else "There is a newer amendment. Please read that one."
    return see(request, f"/seasons/{slug}/challenges/{number}", notice=notice)


ROUTES = [amending, amend, readers, acknowledge_amendment]
