"""Challenges: the page of one challenge, and the form in which organizers write brief, deliverables and rubric."""

from datetime import datetime
from typing import Any

from litestar import get, post
from litestar.params import FromPath

from app.auth import Viewer, id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session, Settings
from app.doors import anyone, organizer_of_season, signed_in
from app.forms import Form as Typed
from app.pages import Page, Redirect, page, see
from app.routes.account import zones
from app.routes.briefs import amendments_of
from app.rubric_form import CRITERION_DEFAULTS, criteria_in
from challenges import briefs, challenges, entries, packs, seasons
from challenges.acknowledgements import has_read
from challenges.challenges import ChallengeState, Course, DeliverableText, Plan
from challenges.clocks import WallClock, instant_of
from challenges.deadlines import deadline_of
from challenges.files import KINDS
from challenges.rewordings import rewordings_of, rubrics_before, texts_of
from challenges.rubrics import scales_of
from challenges.starter import STARTER
from challenges.swaps import received_by
from judging.releases import release_of

CHALLENGE = "/seasons/{slug:str}/challenges/{number:int}"
SCHEDULED = {
    ChallengeState.OPEN: "Released. Everybody can read it, and entries can hand in until it is due.",
    ChallengeState.SCHEDULED: "Scheduled. It opens by itself; until then only its number and dates are public.",
    ChallengeState.ON_HOLD: "On hold. It opens when you press the button; only its number and dates are public.",
}
DELIVERABLE_DEFAULTS = ("kind", "required", "size")
"""What an empty row of the form holds already, and so says nothing of what somebody wrote."""


@get("/seasons/{slug:str}/challenges/new", guards=[organizer_of_season], sync_to_thread=True)
def new(request: Request, session: Session, slug: FromPath[str]) -> Page:
    """With `?pack=design` the form is filled from that pack."""
    season, chosen = seasons.find_season(session, slug), request.query_params.get("pack")
    pack = packs.find(chosen) if chosen else None
    return page(
        request, "web/challenges/edit.html", season=season, challenge=None, brief=None,
        deliverables=pack.deliverables if pack else [DeliverableText("Design document")],
        criteria=pack.criteria if pack else STARTER, pack=pack, packs=packs.shipped(), **offered(session, season),
    )  # fmt: skip


@post("/seasons/{slug:str}/challenges", guards=[organizer_of_season], redraw=new, sync_to_thread=True)
def draft(
    request: Request, session: Session, me: Me, form: Form, now: Now, settings: Settings, slug: FromPath[str]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.draft(session, season, planned(form), me.person, now, settings.max_upload_mib)
    briefs.write(session, challenge, form.text("brief"), me.person, now)
    return see(
        request, path_of(slug, challenge.number), notice="A draft, as participants will see it. Nobody else does yet."
    )


@get(CHALLENGE, guards=[anyone], sync_to_thread=True)
def show(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    challenge = challenges.find_for(session, season, number, id_of(viewer), now)
    return page(request, "web/challenges/show.html", **shown(session, season, challenge, viewer, now))


@get(f"{CHALLENGE}/edit", guards=[organizer_of_season], sync_to_thread=True)
def edit(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    return page(
        request, "web/challenges/edit.html", season=season, challenge=challenge,
        brief=briefs.brief_of(session, challenge.id),
        criteria=texts_of(scales_of(session, challenge.rubric_version_id)),
        deliverables=written_deliverables(session, challenge), **offered(session, season, challenge.number),
    )  # fmt: skip


@post(CHALLENGE, guards=[organizer_of_season], redraw=edit, sync_to_thread=True)
def redraft(
    request: Request, session: Session, me: Me, form: Form, now: Now, settings: Settings,
    slug: FromPath[str], number: FromPath[int],
) -> Redirect:  # fmt: skip
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    challenges.redraft(session, challenge, planned(form), me.person, now, settings.max_upload_mib)
    briefs.write(session, challenge, form.text("brief"), me.person, now, seen=form.brief_seen or None)
    told = SCHEDULED.get(challenge.state(now), "Still a draft.")
    return see(request, path_of(slug, number), notice=f"Saved. {told}")


@get(f"{CHALLENGE}/rehearsal", guards=[signed_in], sync_to_thread=True)
def rehearse(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    """The page as everybody will see it, for organizers and judges, before its release."""
    season = seasons.find_for(session, slug, me.person.id)
    challenge = challenges.find_to_rehearse(session, season, number, me.person.id)
    return page(request, "web/challenges/rehearsal.html", **shown(session, season, challenge, None, now))


@post(f"{CHALLENGE}/schedule", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def schedule(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    at = None if form.how == "now" else instant_of(form.wall_clock("release"), season.zone, "release")
    challenges.schedule(session, challenge, season, me.person, now, at, on_hold=form.how == "hold")
    return see(request, path_of(slug, number), notice=SCHEDULED[challenge.state(now)])


@post(f"{CHALLENGE}/schedule/withdrawal", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def unschedule(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    challenges.unschedule(session, challenge, me.person, now)
    return see(request, path_of(slug, number), notice="A draft again. Its number and dates are public no more.")


@post(f"{CHALLENGE}/release", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def release(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    """The button of the evening; `moves_due` says whether the due instant moves along with a late start."""
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    challenges.release(session, challenge, me.person, now, moves_due=form.ticked("moves_due"))
    return see(request, path_of(slug, number), notice="Released. Everybody can read it now.")


def shown(
    session: Session, season: seasons.Season, challenge: challenges.Challenge, viewer: Viewer | None, now: datetime
) -> dict[str, Any]:
    """A challenge as this viewer sees it; nobody is signed in where `viewer` is None."""
    release = release_of(session, challenge.id)
    versions = briefs.versions_of(session, challenge.id)
    own = entries.find_own(session, season.id, viewer.person.id) if viewer else None
    mine = own[0] if own else None
    is_public = release is not None and release.is_public(now)
    reworded = rewordings_of(session, challenge.id)
    return {
        "rewordings": reworded, "earlier_rubrics": rubrics_before(session, reworded),
        "season": season, "challenge": challenge, "versions": versions, "state": challenge.state(now),
        "amendments": amendments_of(versions), "scales": scales_of(session, challenge.rubric_version_id),
        "deliverables": challenges.deliverables_of(session, challenge.id), "mine": mine,
        "has_results": is_public, "deadline": deadline_of(session, challenge, mine.id if mine else None),
        "unread": bool(mine and versions and not has_read(session, versions[-1], mine.id)),
        "received": received_by(session, challenge, mine.id, now) if mine and challenge.is_swap else None,
        "builds_on": session.get(challenges.Challenge, challenge.builds_on) if challenge.builds_on else None,
    }  # fmt: skip


def path_of(slug: str, number: int) -> str:
    return f"/seasons/{slug}/challenges/{number}"


def offered(session: Session, season: seasons.Season, number: int | None = None) -> dict[str, Any]:
    """What the form offers, and which rows of it count as empty."""
    return {
        "earlier": [
            each for each in challenges.every_challenge_of(session, season.id) if not number or each.number < number
        ],
        "kinds": [(kind.code, kind.title) for kind in KINDS.values()], "zones": zones(),
        "deliverable_defaults": DELIVERABLE_DEFAULTS, "criterion_defaults": CRITERION_DEFAULTS,
    }  # fmt: skip


def planned(form: Typed) -> Plan:
    """What the form says; rows that were left empty are left out."""
    return Plan(
        title=form.text("title", 200),
        summary=form.text("summary", 2000),
        due=form.wall_clock("due"),
        course=planned_course(form),
        due_zone=form.zone,
        deliverables=[
            DeliverableText(row.text("title", 200), row.kind, row.ticked("required"), row.number("size"))
            for row in form.rows("deliverables", besides=DELIVERABLE_DEFAULTS)
        ],
        criteria=criteria_in(form),
    )  # fmt: skip


def planned_course(form: Typed) -> Course:
    def number(name: str) -> int | None:
        return form.number(name) if form[name].strip() else None

    def clock(name: str) -> WallClock | None:
        return form.wall_clock(name) if form[name].strip() else None

    return Course(
        grace_minutes=number("grace") or 0, penalty=number("penalty") or 0, go_on=number("go_on"),
        is_final=form.ticked("is_final"), builds_on=number("builds_on"), is_swap=form.ticked("is_swap"),
        questions_until=clock("questions_until"), answers_until=clock("answers_until"),
    )  # fmt: skip


def written_deliverables(session: Session, challenge: challenges.Challenge) -> list[DeliverableText]:
    return [
        DeliverableText(each.title, each.kind, each.required, each.max_bytes // 2**20)
        for each in challenges.deliverables_of(session, challenge.id)
    ]


ROUTES = [new, draft, show, edit, redraft, rehearse, schedule, unschedule, release]
