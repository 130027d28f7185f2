"""Deadlines: more time for one entry or for all, with its reason."""

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from challenges import challenges, deadlines, entries, notices, seasons, versions
from challenges.outages import outage_near_due
from challenges.people import people_by_id
from challenges.refusals import NotYours, Refusal
from challenges.versions import entries_that_handed_in

CHALLENGE = "/seasons/{slug:str}/challenges/{number:int}"


@get(f"{CHALLENGE}/deadline", guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    granted, known = deadlines.extensions_of(session, challenge.id), entries.listed(session, season.id)
    return page(
        request, "web/deadlines/show.html", season=season, challenge=challenge, granted=granted,
        people=people_by_id(session, {each.granted_by for each in granted}),
        teams={entry_id: team for entry_id, team, _ in known},
        taking_part=[entry_id for entry_id, _, takes_part in known if takes_part],
        received=entries_that_handed_in(session, challenge.id),
        chosen=request.query_params.get("entry", ""), lost=outage_near_due(session, challenge, now),
    )  # fmt: skip


@post(f"{CHALLENGE}/extensions", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def extend(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    minutes, reason = form.number("minutes"), form.text("reason", 1000)
    if form.entry == "all":
        given = deadlines.extend_all(
            session, challenge, minutes, reason, me.person, now, form.due_seen or None, form.ticked("outage")
        )
        notice = "The due instant has moved for everybody. A mail tells them."
    else:
        entry = session.get(entries.Entry, form.id("entry"))
        if entry is None or entry.season_id != season.id:
            raise Refusal("Choose one from the list.", field="entry") if entry is None else NotYours
        given = deadlines.extend(session, challenge, entry, minutes, reason, me.person, now)
        notice = "Their deadline has moved. A mail tells them."
    versions.accept_in_time(session, challenge, me.person, now)
    notices.tell_extended(session, season, challenge, given, me.person, now)
    return see(request, f"/seasons/{slug}/challenges/{number}/deadline", notice=notice)


ROUTES = [show, extend]
