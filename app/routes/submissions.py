"""Submissions: the hand-in page, and the way of a file from the browser straight to the store."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlmodel
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from pydantic import BaseModel

import app.clock
import app.storage
from app.auth import Viewer
from app.deps import Clock, Form, Me, Now, Reading, Request, Session, Settings, Store
from app.doors import participant_of_season
from app.pages import Page, Redirect, page, see
from app.storage import StoreAway
from challenges import challenges, entries, receipts, seasons, submissions, teams, versions
from challenges.challenges import Challenge
from challenges.deadlines import Deadline, deadline_of
from challenges.entries import Entry
from challenges.refusals import NotYours, Refusal
from challenges.seasons import Season
from challenges.teams import Team

HOME = "/seasons/{slug:str}/challenges/{number:int}/submission"


@dataclass(frozen=True)
class Place:
    """A reader's own entry, and the challenge that it answers."""

    season: Season
    challenge: Challenge
    entry: Entry
    team: Team

    @property
    def path(self) -> str:
        return f"/seasons/{self.season.slug}/challenges/{self.challenge.number}/submission"

    def upload(self, session: sqlmodel.Session, upload_id: UUID) -> submissions.Upload:
        submission = submissions.submission_of(session, self.challenge.id, self.entry.id)
        if submission is None:
            raise NotYours
        return submissions.find_upload(session, submission.id, upload_id)


def place_of(session: sqlmodel.Session, me: Viewer, slug: str, number: int, now: datetime) -> Place:
    season = seasons.find_for(session, slug, me.person.id)
    challenge = challenges.find_for(session, season, number, None, now)
    return Place(season, challenge, *entries.entry_for(session, season.id, me.person.id))


def without_entry(session: sqlmodel.Session, me: Viewer, slug: str) -> Team | None:
    """The reader's team, if it has not entered the season."""
    team = teams.team_of(session, seasons.find_for(session, slug, me.person.id).id, me.person.id)
    return team if team and entries.entry_of(session, team.id) is None else None


class WishedUpload(BaseModel):
    """A file that a browser would like to send: what it counted before sending the first byte."""

    deliverable: UUID
    file_name: str
    size: int
    sha256: str


@get(HOME, guards=[participant_of_season], sync_to_thread=True)
def show(
    request: Request, session: Session, store: Store, clock: Clock, me: Me, now: Now,
    slug: FromPath[str], number: FromPath[int],
) -> Page | Redirect:  # fmt: skip
    try:
        place = place_of(session, me, slug, number, now)
    except NotYours:
        if (team := without_entry(session, me, slug)) is None:
            raise
        return see(request, f"/teams/{team.id}", notice="Your team does not take part yet. Enter the season first.")
    work = versions.work_of(session, place.challenge.id, place.entry.id)
    look_for(work.on_the_way[-3:], session, store, clock)
    return draw(request, session, place, work, "web/submissions/show.html")


@post(f"{HOME}/uploads", guards=[participant_of_season], sync_to_thread=True)
def open_upload(
    session: Session,
    store: Store,
    me: Me,
    now: Now,
    data: JSONBody[WishedUpload],
    slug: FromPath[str],
    number: FromPath[int],
) -> Response[dict[str, Any]]:
    place = place_of(session, me, slug, number, now)
    upload, slot = submissions.open_upload(
        session, store, place.challenge, place.entry, data.deliverable, me.person, now,
        data.file_name, data.size, data.sha256,
    )  # fmt: skip
    arrival = f"{place.path}/uploads/{upload.id}/arrival"
    words = {"id": str(upload.id), "url": slot.url, "method": slot.method, "headers": dict(slot.headers)}
    return Response(words | {"arrival_url": arrival}, status_code=201)


@post(f"{HOME}/uploads/{{upload_id:uuid}}/arrival", guards=[participant_of_season], sync_to_thread=True)
def arrive(
    request: Request, reading: Reading, session: Session, store: Store, clock: Clock, me: Me, now: Now,
    slug: FromPath[str], number: FromPath[int], upload_id: FromPath[UUID],
) -> Page:  # fmt: skip
    """The browser says that it has sent everything; the store is asked, and the list of uploads drawn anew."""
    with reading() as early:
        key = place_of(early, me, slug, number, now).upload(early, upload_id).key
    stored = clock.of_store(store.look(key))
    place = place_of(session, me, slug, number, now)
    upload = place.upload(session, upload_id)
    refused = submissions.take_in(session, place.challenge, upload, stored, me.person, now)
    session.flush()
    work = versions.work_of(session, place.challenge.id, place.entry.id)
    return draw(request, session, place, work, "web/submissions/_uploads.html", refused)


@post(f"{HOME}/uploads/{{upload_id:uuid}}/removal", guards=[participant_of_season], redraw=show, sync_to_thread=True)
def remove(
    request: Request, session: Session, me: Me, now: Now,
    slug: FromPath[str], number: FromPath[int], upload_id: FromPath[UUID],
) -> Redirect:  # fmt: skip
    place = place_of(session, me, slug, number, now)
    submissions.remove_upload(session, place.challenge, place.upload(session, upload_id), me.person, now)
    return see(request, place.path, notice="The file is off your list. What you handed in before stays as it is.")


@post(f"{HOME}/forms", guards=[participant_of_season], redraw=show, sync_to_thread=True)
def open_form(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    """For a browser without scripts: a page with a plain form for one file."""
    place = place_of(session, me, slug, number, now)
    upload = submissions.open_form(
        session, place.challenge, place.entry, place.team, form.id("deliverable"), me.person, now
    )
    return see(request, f"{place.path}/forms/{upload.id}")


@get(f"{HOME}/forms/{{upload_id:uuid}}", guards=[participant_of_season], sync_to_thread=True)
def plain_form(
    request: Request, session: Session, store: Store, settings: Settings, clock: Clock, me: Me, now: Now,
    slug: FromPath[str], number: FromPath[int], upload_id: FromPath[UUID],
) -> Page:  # fmt: skip
    place = place_of(session, me, slug, number, now)
    upload = place.upload(session, upload_id)
    look_for([upload], session, store, clock)
    check_is_awaited(deadline_of(session, place.challenge, place.entry.id), upload, now)
    slot = submissions.form_of(session, store, upload, f"{settings.url}{place.path}")
    return page(request, "web/submissions/form.html", place=place, upload=upload, slot=slot)


@post(f"{HOME}/versions", guards=[participant_of_season], redraw=show, sync_to_thread=True)
def hand_in(
    request: Request, reading: Reading, session: Session, store: Store, clock: Clock, me: Me, form: Form, now: Now,
    slug: FromPath[str], number: FromPath[int],
) -> Redirect:  # fmt: skip
    """The store is asked before the transaction begins; `now` is from before that, when the request came in."""
    with reading() as early:
        before = place_of(early, me, slug, number, now)
        asked = [before.upload(early, upload_id) for upload_id in form.ids("upload")]
    stored = {upload.id: clock.of_store(store.look(upload.key, upload.store_version_id)) for upload in asked}
    place = place_of(session, me, slug, number, now)
    version = versions.hand_in(session, place.challenge, place.entry, stored, me.person, now)
    receipts.mail_receipt(session, version, place.season, place.challenge, place.team, now)
    return see(request, f"/versions/{version.id}/receipt")


def look_for(
    uploads: Sequence[submissions.Upload], session: sqlmodel.Session, store: app.storage.Store, clock: app.clock.Clock
) -> None:
    """A browser without scripts tells us nothing, so the store is asked for what it may have sent."""
    with suppress(StoreAway):  # around all of them: a store that is away costs one wait
        for upload in uploads:
            session.expunge(upload)  # only shown: handing in writes it down
            submissions.note_arrival(upload, clock.of_store(store.look(upload.key)))


def check_is_awaited(deadline: Deadline, upload: submissions.Upload, now: datetime) -> None:
    """An old form, reached by the way back, must not seem to do anything."""
    if upload.handed_in_at:
        raise Refusal("This file is handed in. To replace it, choose a newer one on the page where you hand in.")
    if upload.removed_at:
        raise Refusal("This file is off your list. To send it after all, choose it anew on the page where you hand in.")
    if not deadline.takes_uploads(now):
        raise Refusal(submissions.too_late(deadline, now))
    if upload.arrived_at:
        raise Refusal("This file has arrived. Hand it in, or take it off the list, on the page where you hand in.")


def draw(
    request: Request,
    session: sqlmodel.Session,
    place: Place,
    work: versions.Work,
    template: str,
    refused: str | None = None,
) -> Page:
    return page(
        request, template, place=place, season=place.season, challenge=place.challenge, work=work, refused=refused,
        deliverables=challenges.deliverables_of(session, place.challenge.id),
        deadline=deadline_of(session, place.challenge, place.entry.id),
    )  # fmt: skip


ROUTES = [show, open_upload, arrive, remove, open_form, plain_form, hand_in]
