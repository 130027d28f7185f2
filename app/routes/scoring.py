"""Scoring: the judge's desk, and one scoresheet beside its document."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session, Store
from app.doors import judge_somewhere
from app.forms import Form as Typed
from app.pages import Page, Redirect, ToStore, page, see
from app.visits import visit_of, wants
from challenges.refusals import Refusal
from challenges.versions import files_of, find_file
from judging import feedback, panels, progress, releases, scoring
from judging.progress import DeskRow, SheetState
from judging.scoring import BoxField, Change, Mark, Stale

DOTS = {SheetState.NOT_BEGUN: "none", SheetState.BEGUN: "begun", SheetState.HANDED_IN: "done"}


@get("/desk", guards=[judge_somewhere], sync_to_thread=True)
def desk(request: Request, session: Session, me: Me) -> Page:
    return page(request, "web/scoring/desk.html", rows=progress.desk_of(session, me.person.id))


@post("/assignments/{assignment_id:uuid}/scoresheet", guards=[judge_somewhere], redraw=desk, sync_to_thread=True)
def open_sheet(request: Request, session: Session, me: Me, now: Now, assignment_id: FromPath[UUID]) -> Redirect:
    assignment, challenge = panels.find_assignment_for(session, assignment_id, me.person.id)
    sheet = scoring.open_sheet(session, assignment, challenge, me.person, now)
    return see(request, f"/scoresheets/{sheet.id}")


@get("/scoresheets/{sheet_id:uuid}", guards=[judge_somewhere], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, sheet_id: FromPath[UUID]) -> Page:
    at = scoring.find_for(session, sheet_id, me.person.id)
    boxes = scoring.marks_on(session, at.sheet)
    queue = [row for row in progress.desk_of(session, me.person.id) if row.challenge.id == at.challenge.id]
    return page(
        request, "web/scoring/show.html", at=at, boxes=[(scale, shown(mark, request)) for scale, mark in boxes],
        files=files_of(session, [at.version.id])[at.version.id], is_fixed=releases.is_fixed(session, at.challenge.id),
        queue_dots=[dot_of(row, sheet_id) for row in queue],
        progress=next(row.progress for row in queue if row.sheet and row.sheet.id == sheet_id),
    )  # fmt: skip


def shown(mark: Mark, request: Request) -> dict[str, Any]:
    """A box as it is drawn: what is saved, or what was typed into a form that was refused."""
    typed = visit_of(request).form
    points = str(typed(f"level-{mark.criterion_id}", "" if mark.half_points is None else mark.half_points))
    return {
        "half_points": int(points) if points.isdecimal() else None, "level_revision": mark.level_revision,
        "comment": typed(f"comment-{mark.criterion_id}", mark.comment), "comment_revision": mark.comment_revision,
    }  # fmt: skip


def dot_of(row: DeskRow, sheet_id: UUID) -> dict[str, Any]:
    sheet = row.sheet
    return {
        "state": DOTS[row.state], "label": row.team, "href": f"/scoresheets/{sheet.id}" if sheet else "",
        "current": sheet is not None and sheet.id == sheet_id,
    }  # fmt: skip


@post("/scoresheets/{sheet_id:uuid}/marks", guards=[judge_somewhere], redraw=show, sync_to_thread=True)
def save(request: Request, session: Session, me: Me, form: Form, now: Now, sheet_id: FromPath[UUID]) -> Response[Any]:
    """One field by itself from the page's script, or the whole sheet from its form."""
    at = scoring.find_for(session, sheet_id, me.person.id)
    if wants(request.scope) != "json":
        scoring.save_marks(session, at, changes_in(form), me.person, now)
        return see(request, f"/scoresheets/{sheet_id}", notice="Saved.")
    try:
        (saved,) = scoring.save_marks(session, at, [change_in(form)], me.person, now)
    except Stale as stale:
        theirs_at = stale.at.isoformat() if stale.at else ""
        words = {
            "yours": stale.change.value,
            "theirs": stale.theirs,
            "revision": stale.revision,
            "theirs_at": theirs_at,
        }
        return Response(words | {"detail": stale.message}, status_code=409)
    far = progress.progress_of(session, at.sheet)
    return Response(
        {"revision": saved.revision, "saved_at": saved.at.isoformat(), "progress": vars(far)}, status_code=200
    )


@post("/scoresheets/{sheet_id:uuid}/submission", guards=[judge_somewhere], redraw=show, sync_to_thread=True)
def hand_in(request: Request, session: Session, me: Me, form: Form, now: Now, sheet_id: FromPath[UUID]) -> Redirect:
    """Save what the form says, and hand the sheet in: all of it or nothing."""
    at = scoring.find_for(session, sheet_id, me.person.id)
    if changes := changes_in(form):
        scoring.save_marks(session, at, changes, me.person, now)
    scoring.hand_in(session, at, me.person, now)
    return see(request, "/desk", notice=f"Your scoresheet for {at.team.name} is handed in.")


@post("/scoresheets/{sheet_id:uuid}/reopening", guards=[judge_somewhere], redraw=show, sync_to_thread=True)
def reopen(request: Request, session: Session, me: Me, now: Now, sheet_id: FromPath[UUID]) -> Redirect:
    at = scoring.find_for(session, sheet_id, me.person.id)
    feedback.reopen(session, at, me.person, now)
    return see(request, f"/scoresheets/{sheet_id}", notice="Open again. Hand it in when you are done.")


@get("/scoresheets/{sheet_id:uuid}/files/{file_id:uuid}", guards=[judge_somewhere], sync_to_thread=True)
def read(
    request: Request, session: Session, store: Store, me: Me, sheet_id: FromPath[UUID], file_id: FromPath[UUID]
) -> ToStore:
    """The judged bytes, for the viewer or to keep (`?keep=1`). Asked again for every part that the viewer fetches."""
    at = scoring.find_for(session, sheet_id, me.person.id)
    file = find_file(session, at.version.id, file_id)
    keep = "keep" in request.query_params
    return ToStore(
        store.reading_url(file.key, file.store_version_id, file.file_name, file.content_type, inline=not keep)
    )


def change_in(form: Typed) -> Change:
    """One field, as the script names it."""
    field, criterion = form.field, form.criterion
    if field not in set(BoxField) or (field == BoxField.OVERALL) != (criterion == ""):
        raise Refusal("This field is not on a scoresheet. Load the page again; your text stays in this browser.")
    return Change(
        BoxField(field), form.text("value"), form.number("revision"), form.id("criterion") if criterion else None
    )


def changes_in(form: Typed) -> list[Change]:
    """Every field of the form: `level-<criterion>`, `comment-<criterion>` and `overall`, each with its revision."""
    changes = []
    for name in form.names():
        kind, _, criterion = name.partition("-")
        if name == "overall":
            changes.append(Change(BoxField.OVERALL, form.text(name), form.number("overall_revision")))
        elif kind in (BoxField.LEVEL, BoxField.COMMENT):
            revision = form.number(f"{kind}_revision-{criterion}")
            changes.append(Change(BoxField(kind), form.text(name), revision, Typed({"id": [criterion]}).id("id")))
    return changes


ROUTES = [desk, open_sheet, show, save, hand_in, reopen, read]
