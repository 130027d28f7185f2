"""Rewordings: amending a released rubric, with a note that every team reads."""

from litestar import get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from app.rubric_form import CRITERION_DEFAULTS, criteria_in
from challenges import challenges, notices, rewordings, seasons
from challenges.rubrics import scales_of
from judging.scoring import has_begun

RUBRIC = "/seasons/{slug:str}/challenges/{number:int}/rubric"


@get(f"{RUBRIC}/amendments/new", guards=[organizer_of_season], sync_to_thread=True)
def rewording(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    return page(
        request, "web/rewordings/edit.html", season=season, challenge=challenge,
        criteria=rewordings.texts_of(scales_of(session, challenge.rubric_version_id)),
        is_in_use=has_begun(session, challenge.id), criterion_defaults=CRITERION_DEFAULTS,
    )  # fmt: skip


@post(f"{RUBRIC}/amendments", guards=[organizer_of_season], redraw=rewording, sync_to_thread=True)
def reword(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    made = rewordings.reword(
        session, challenge, criteria_in(form), form.text("note", 500), me.person, now,
        has_begun, seen=form.rubric_seen or None,
    )  # fmt: skip
    notices.tell_reworded(session, season, challenge, made, me.person, now)
    notice = f"Amendment {made.number} of the rubric is published."
    return see(request, f"/seasons/{slug}/challenges/{number}", notice=notice)


ROUTES = [rewording, reword]
