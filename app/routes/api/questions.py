"""Open questions for programs: what waits for an answer, without who asked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import FromPath

from app.api import Body, PageNumber, next_page, part, read, told
from app.deps import Me, Request, Session
from app.doors import organizer_with_organize
from challenges import questions, seasons
from challenges.tokens import TokenScope


class OpenQuestion(Body, frozen=True):
    id: UUID
    challenge: int
    section: Annotated[str, told("The heading of the brief that it is about.")]
    question: str
    asked_at: datetime
    proposed_answer: Annotated[str, told("A judge’s, which waits for an organizer; empty where there is none.")]
    merged: Annotated[list[str], told("Questions that ask the same.")]


class OpenQuestions(Body, frozen=True):
    items: list[OpenQuestion]
    next: str | None


@read(
    "/seasons/{slug:str}/questions", organizer_with_organize, "openQuestions",
    "What waits for an answer to everybody", TokenScope.ORGANIZE,
)  # fmt: skip
def waiting(request: Request, session: Session, me: Me, slug: FromPath[str], page: PageNumber = 1) -> OpenQuestions:
    """The oldest first. Personal matters stay on their page."""
    queue = questions.queue_of(session, seasons.find_season(session, slug), me.person.id)
    found = sorted([*queue.unanswered, *queue.proposed], key=lambda one: (one.asked_at, one.id))
    return OpenQuestions(
        items=[
            OpenQuestion(
                id=one.id, challenge=one.number, section=one.section, question=one.wording or one.text,
                asked_at=one.asked_at, proposed_answer=one.answer, merged=list(one.duplicates),
            )
            for one in part(found, page)
        ],
        next=next_page(request, page, len(found)),
    )  # fmt: skip


ROUTES = [waiting]
