"""Clarifications: the questions about a challenge with their answers, and the queue of those who answer them."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.auth import id_of
from app.deps import Form, MaybeViewer, Me, Now, Request, Session
from app.doors import anyone, organizer_of_season, organizer_or_judge_of_season, participant_of_season
from app.pages import Page, Redirect, page, see
from challenges import briefs, challenges, clarifications, questions, seasons
from challenges.clarifications import ClarificationKind
from challenges.refusals import Refusal

OF_CHALLENGE = "/seasons/{slug:str}/challenges/{number:int}/clarifications"
QUEUE = "/seasons/{slug:str}/clarifications"
ONE = QUEUE + "/{clarification_id:uuid}"


@get(OF_CHALLENGE, guards=[anyone], sync_to_thread=True)
def index(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Page:
    season = seasons.find_for(session, slug, id_of(viewer))
    challenge = challenges.find_for(session, season, number, id_of(viewer), now)
    brief = briefs.brief_of(session, challenge.id)
    return page(
        request, "web/clarifications/index.html", season=season, challenge=challenge,
        answered=clarifications.answered_in(session, challenge, now),
        mine=clarifications.mine_of(session, challenge, viewer.person.id) if viewer else [],
        sections=clarifications.sections_of(brief.text) if brief else [],
        longest=clarifications.LONGEST_QUESTION,
    )  # fmt: skip


@post(OF_CHALLENGE, guards=[participant_of_season], sync_to_thread=True)
def ask(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], number: FromPath[int]
) -> Redirect:
    season = seasons.find_for(session, slug, me.person.id)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    question = clarifications.ask(
        session, season, challenge, kind_called(form.kind), form.text("question"), form.section, me.person, now
    )
    told = "Only the organizers read it." if question.is_personal else "Nobody sees that it was you."
    return see(request, f"/seasons/{slug}/challenges/{number}/clarifications", notice=f"Your question is sent. {told}")


@get(QUEUE, guards=[organizer_or_judge_of_season], sync_to_thread=True)
def queue(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(
        request, "web/clarifications/queue.html", season=season,
        queue=questions.queue_of(session, season, me.person.id),
        answered=clarifications.answered_of(session, season.id, now),
    )  # fmt: skip


@get(ONE, guards=[organizer_or_judge_of_season], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, slug: FromPath[str], clarification_id: FromPath[UUID]) -> Page:
    season = seasons.find_season(session, slug)
    found = clarifications.find_for(session, season, clarification_id, me.person.id)
    question = questions.to_answer(session, found)
    return page(
        request, "web/clarifications/show.html", season=season, question=question, is_personal=found.is_personal,
        challenge=session.get_one(challenges.Challenge, found.challenge_id),
        others=[] if found.is_personal else questions.others_of(session, question),
        longest_question=clarifications.LONGEST_QUESTION, longest_answer=clarifications.LONGEST_ANSWER,
    )  # fmt: skip


@post(ONE + "/answer", guards=[organizer_or_judge_of_season], redraw=show, sync_to_thread=True)
def answer(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str],
    clarification_id: FromPath[UUID],
) -> Redirect:  # fmt: skip
    found = clarifications.find_for(session, seasons.find_season(session, slug), clarification_id, me.person.id)
    wording = form.text("wording") if "wording" in form else None
    clarifications.answer(session, found, form.text("answer"), me.person, now, wording=wording, seen=form.seen)
    if found.is_personal:
        told = "Your answer is on its way to who asked, and to nobody else."
    elif found.public_at:
        told = "Everybody can read the answer now, and a mail tells them."
    else:
        told = "An organizer looks at your answer and lets it out."
    return see(request, f"/seasons/{slug}/clarifications", notice=told)


@post(ONE + "/merging", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def merge(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str],
    clarification_id: FromPath[UUID],
) -> Redirect:  # fmt: skip
    season = seasons.find_season(session, slug)
    found = clarifications.find_for(session, season, clarification_id, me.person.id)
    into = clarifications.find_for(session, season, form.id("into"), me.person.id)
    clarifications.merge(session, found, into, me.person, now)
    return see(request, f"/seasons/{slug}/clarifications/{into.id}", notice="The two are one question now.")


def kind_called(name: str) -> ClarificationKind:
    try:
        return ClarificationKind(name)
    except ValueError:
        raise Refusal("Say whether it is about the task or a personal matter.", field="kind") from None


ROUTES = [index, ask, queue, show, answer, merge]
