"""Entries: the organizers' list of who takes part, page and spreadsheet, and the questions of the entry form."""

from collections.abc import Iterator
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app.deps import Form, Me, Now, Request, Session
from app.doors import organizer_of_season
from app.pages import Page, Redirect, page, see
from app.paging import page_in, search_in
from app.spreadsheet import cell, spreadsheet
from challenges import enrolment, roster, seasons
from challenges.enrolment import QuestionKind, QuestionText
from challenges.roster import Line, Roster
from challenges.terms import TermsKind

FORM = "/seasons/{slug:str}/entry-form"


@get("/seasons/{slug:str}/entries", guards=[organizer_of_season], sync_to_thread=True)
def index(request: Request, session: Session, now: Now, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    search, number = search_in(request), page_in(request)
    found = roster.roster_of(session, season, now, search, number)
    return page(
        request, "web/entries/index.html", season=season, search=search, number=number, most=roster.PAGE, roster=found,
    )  # fmt: skip


@get("/seasons/{slug:str}/entries.csv", guards=[organizer_of_season], sync_to_thread=True)
def download(session: Session, now: Now, slug: FromPath[str]) -> Response[bytes]:
    season = seasons.find_season(session, slug)
    found = roster.roster_of(session, season, now)
    numbers = sorted({number for line in found.lines for number in line.hand_ins})
    head = [
        "team", "state", "entered", "withdrawn", "affiliation", "sponsors", "members", "addresses", "leads",
        "accepted rules", "accepted code of conduct", "may be recorded",
        *(question.text for question in found.questions), *(f"hand-ins for challenge {number}" for number in numbers),
    ]  # fmt: skip
    return spreadsheet(f"{season.slug}-entries.csv", head, (list(cells(found, line, numbers)) for line in found.lines))


def cells(found: Roster, line: Line, numbers: list[int]) -> Iterator[object]:
    """What several members said stands in one cell, each in a line of its own."""
    yield from (line.team.name, line.state, line.entry.entered_at, line.entry.withdrawn_at)
    yield from (line.team.affiliation, line.team.sponsors)
    yield "\n".join(person.name for person in line.members)
    yield "\n".join(person.email for person in line.members)
    yield next((person.name for person in line.members if person.id == line.team.led_by), "")
    for kind in TermsKind:
        yield "\n".join(
            f"{person.email}: version {version.number} at {cell(at)}"
            for person in line.members
            for version, at in found.accepted.get(person.id, ())
            if version.kind == kind
        )
    yield "\n".join(
        f"{person.email}: {'yes' if said.is_given else 'no'} at {cell(said.said_at)}"
        for person in line.members
        if (said := found.consents.get(person.id))
    )
    yield from (line.answers.get(question.id, "") for question in found.questions)
    yield from (line.hand_ins.get(number, 0) for number in numbers)


@get(FORM, guards=[organizer_of_season], sync_to_thread=True)
def questions(request: Request, session: Session, slug: FromPath[str]) -> Page:
    season = seasons.find_season(session, slug)
    return page(
        request, "web/entries/questions.html", season=season, kinds=list(QuestionKind),
        questions=enrolment.questions_of(session, season.id, with_closed=True), most=enrolment.MOST_QUESTIONS,
        answered=enrolment.count_answers(session, season.id),
    )  # fmt: skip


@post(FORM, guards=[organizer_of_season], sync_to_thread=True)
def ask(request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str]) -> Redirect:
    enrolment.ask(session, seasons.find_season(session, slug), question_in(form), me.person, now)
    return see(request, f"/seasons/{slug}/entry-form", notice="The question is on the form.")


@post(f"{FORM}/{{question_id:uuid}}", guards=[organizer_of_season], redraw=questions, sync_to_thread=True)
def reword(
    request: Request, session: Session, me: Me, form: Form, now: Now, slug: FromPath[str], question_id: FromPath[UUID]
) -> Redirect:
    season = seasons.find_season(session, slug)
    question = enrolment.find_question(session, season, question_id)
    enrolment.reword(session, season, question, question_in(form), me.person, now)
    return see(request, f"/seasons/{slug}/entry-form", notice="Saved.")


@post(f"{FORM}/{{question_id:uuid}}/closing", guards=[organizer_of_season], redraw=questions, sync_to_thread=True)
def close(
    request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], question_id: FromPath[UUID]
) -> Redirect:
    season = seasons.find_season(session, slug)
    enrolment.close(session, season, enrolment.find_question(session, season, question_id), me.person, now)
    return see(request, f"/seasons/{slug}/entry-form", notice="The question is closed. Its answers stay readable.")


def question_in(form: Form) -> QuestionText:
    choices = form.text("choices", 5000).splitlines()
    return QuestionText(form.text("text", 600), form.kind, form.ticked("is_required"), choices)


ROUTES = [index, download, questions, ask, reword, close]
