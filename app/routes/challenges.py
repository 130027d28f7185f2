"""Challenges: the page of one challenge, and the form in which organizers write brief, deliverables and rubric."""

from typing import Any

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session, Settings
from app.doors import anyone, organizer_of_season
from app.forms import Form as Typed
from app.pages import Page, Redirect, page, see
from app.routes.account import zones
from challenges import briefs, challenges, seasons
from challenges.challenges import DeliverableText, Plan
from challenges.files import KINDS
from challenges.rubrics import CriterionText, LevelText, scales_of
from challenges.starter import STARTER
from judging.feedback import release_of

DELIVERABLE_DEFAULTS = ("kind", "required", "size")
CRITERION_DEFAULTS = ("weight",)
"""What an empty row of the form holds already, and so says nothing of what somebody wrote."""


@get("/seasons/{slug:str}/challenges/new", guards=[organizer_of_season], sync_to_thread=True)
def new(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(
        request, "web/challenges/edit.html", season=season, challenge=None, brief=None,
        deliverables=[DeliverableText("Design document")], criteria=STARTER, **choices(),
    )  # fmt: skip


@post("/seasons/{slug:str}/challenges", guards=[organizer_of_season], redraw=new, sync_to_thread=True)
def draft(
    request: Request, session: Session, me: Me, form: Form, now: Now, settings: Settings, slug: FromPath[str]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.draft(session, season, planned(form), me.person, now, settings.max_upload_mib)
    briefs.write(session, challenge, form.text("brief"), me.person, now)
    return see(
        request, at(slug, challenge.number), notice="A draft, as participants will see it. Nobody else does yet."
    )


@get("/seasons/{slug:str}/challenges/{number:int}", guards=[anyone], sync_to_thread=True)
def show(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    challenge = challenges.find_for(session, season, number, id_of(viewer), now)
    return page(
        request, "web/challenges/show.html", season=season, challenge=challenge,
        versions=briefs.versions_of(session, challenge.id), scales=scales_of(session, challenge.rubric_version_id),
        deliverables=challenges.deliverables_of(session, challenge.id), release=release_of(session, challenge.id),
    )  # fmt: skip


@get("/seasons/{slug:str}/challenges/{number:int}/edit", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    return page(
        request, "web/challenges/edit.html", season=season, challenge=challenge,
        brief=briefs.brief_of(session, challenge.id), criteria=written_criteria(session, challenge),
        deliverables=written_deliverables(session, challenge), **choices(),
    )  # fmt: skip


@post("/seasons/{slug:str}/challenges/{number:int}", guards=[organizer_of_season], redraw=edit, sync_to_thread=True)
def redraft(
    request: Request, session: Session, me: Me, form: Form, now: Now, settings: Settings,
    slug: FromPath[str], number: FromPath[int],
) -> Redirect:  # fmt: skip
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    challenges.redraft(session, challenge, planned(form), me.person, now, settings.max_upload_mib)
    briefs.write(session, challenge, form.text("brief"), me.person, now, seen=form.brief_seen or None)
    return see(request, at(slug, number), notice="Saved. Still a draft.")


@post(
    "/seasons/{slug:str}/challenges/{number:int}/publication",
    guards=[organizer_of_season], redraw=show, sync_to_thread=True,
)  # fmt: skip
def publish(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    challenges.schedule(session, challenge, season, me.person, now)
    return see(request, at(slug, number), notice="The challenge is published. Entries can hand in until it is due.")


@get("/seasons/{slug:str}/challenges/{number:int}/amendments/new", guards=[organizer_of_season], sync_to_thread=True)
def amending(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    brief = briefs.brief_of(session, challenge.id)
    return page(request, "web/challenges/amend.html", season=season, challenge=challenge, brief=brief)


@post(
    "/seasons/{slug:str}/challenges/{number:int}/amendments",
    guards=[organizer_of_season], redraw=amending, sync_to_thread=True,
)  # fmt: skip
def amend(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    amended = briefs.amend(
        session, challenge, form.text("brief"), form.text("note", 500), me.person, now, seen=form.brief_seen or None
    )
    return see(request, at(slug, number), notice=f"Amendment {amended.amendment} is published.")


def at(slug: str, number: int) -> str:
    return f"/seasons/{slug}/challenges/{number}"


def choices() -> dict[str, Any]:
    """What the form offers, and which rows of it count as empty."""
    return {
        "kinds": [(kind.code, kind.title) for kind in KINDS.values()], "zones": zones(),
        "deliverable_defaults": DELIVERABLE_DEFAULTS, "criterion_defaults": CRITERION_DEFAULTS,
    }  # fmt: skip


def planned(form: Typed) -> Plan:
    """What the form says; rows that were left empty are left out."""
    return Plan(
        title=form.text("title", 200),
        summary=form.text("summary", 2000),
        due=form.wall_clock("due"),
        due_zone=form.zone,
        deliverables=[
            DeliverableText(row.text("title", 200), row.kind, row.ticked("required"), row.number("size"))
            for row in form.rows("deliverables", besides=DELIVERABLE_DEFAULTS)
        ],
        criteria=[
            CriterionText(
                row.text("title", 200), row.number("weight"),
                [LevelText(level.text("title", 200), level.text("descriptor")) for level in row.rows("level")],
                row.text("guidance"),
            )
            for row in form.rows("criteria", besides=CRITERION_DEFAULTS)
        ],
    )  # fmt: skip


def written_deliverables(session: Session, challenge: challenges.Challenge) -> list[DeliverableText]:
    return [
        DeliverableText(each.title, each.kind, each.required, each.max_bytes // 2**20)
        for each in challenges.deliverables_of(session, challenge.id)
    ]


def written_criteria(session: Session, challenge: challenges.Challenge) -> list[CriterionText]:
    return [
        CriterionText(
            scale.criterion.title, scale.criterion.weight,
            [LevelText(level.title, level.descriptor) for level in scale.levels], scale.criterion.guidance,
        )
        for scale in scales_of(session, challenge.rubric_version_id)
    ]  # fmt: skip


ROUTES = [new, draft, show, edit, redraft, publish, amending, amend]
