"""Challenges for programs: what is asked, how it is judged, until when; and what was answered about it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar.params import FromPath, QueryParameter

from app.api import Body, PageNumber, next_page, part, read, reader_with, told
from app.deps import MaybeViewer, Now, Request, Session
from app.doors import anyone
from challenges import briefs, challenges, clarifications, entries, seasons
from challenges.challenges import ChallengeState
from challenges.deadlines import Deadline, deadline_of
from challenges.rewordings import rewordings_of, rubrics_before
from challenges.rubrics import Scale, scales_of
from challenges.tokens import TokenScope
from judging.composite import level_of


class ChallengeLine(Body, frozen=True):
    number: Annotated[int, told("The challenge in every address of its season.")]
    title: str
    summary: str
    state: ChallengeState
    release_at: datetime | None
    due_at: Annotated[datetime, told("Hand in before this instant; an entry may have more time.")]
    due_zone: Annotated[str, told("The zone in which the organizers set it.")]
    is_final: bool


class UpcomingLine(Body, frozen=True):
    """All that anybody may know of a challenge before its release."""

    number: int
    release_at: datetime
    on_hold: Annotated[bool, told("It opens by a button on the evening, about then.")]
    due_at: datetime


class ChallengeLines(Body, frozen=True):
    released: list[ChallengeLine]
    upcoming: list[UpcomingLine]


class BriefBody(Body, frozen=True):
    number: Annotated[int, told("1 is what was released; amendment n is number n + 1.")]
    text: Annotated[str, told("Markdown.")]
    note: Annotated[str, told("What an amendment changed, and why.")]
    written_at: datetime


class LevelBody(Body, frozen=True):
    points: Decimal
    title: str
    descriptor: str


class CriterionBody(Body, frozen=True):
    title: str
    guidance: str
    weight: int
    share: Annotated[float, told("Its share of the score, in percent.")]
    levels: Annotated[list[LevelBody], told("The lowest first.")]


class RewordingBody(Body, frozen=True):
    """A rubric that was amended after the release."""

    number: int
    note: str
    made_at: datetime
    before: Annotated[list[CriterionBody], told("The rubric until then.")]


class DeliverableBody(Body, frozen=True):
    id: UUID
    title: str
    kind: str
    required: bool
    max_bytes: int


class DeadlineBody(Body, frozen=True):
    """Each instant is exclusive: hand in before it."""

    due_at: datetime
    late_until: Annotated[datetime, told("Until then it is accepted as late; the same as due_at without a grace.")]
    penalty: Annotated[int, told("Points, of 100, that a late hand-in costs.")]
    extended_by_minutes: Annotated[int, told("More than everybody else has.")]
    reason: Annotated[str, told("Why.")]


class ChallengeBody(ChallengeLine, frozen=True):
    briefs: Annotated[list[BriefBody], told("The oldest first; the last one counts.")]
    rubric: list[CriterionBody]
    rewordings: list[RewordingBody]
    deliverables: list[DeliverableBody]
    deadline: Annotated[DeadlineBody, told("Of your own entry, where your token may read of your team.")]
    questions_until: Annotated[datetime | None, told("Null: until it is due.")]
    answers_until: datetime | None
    go_on: Annotated[int | None, told("In a knock-out, how many entries go on.")]
    builds_on: Annotated[int | None, told("The number of an earlier challenge that it goes on from.")]
    is_swap: Annotated[bool, told("Each entry goes on from another entry’s design.")]


class ClarificationBody(Body, frozen=True):
    id: UUID
    challenge: Annotated[int, told("The number of its challenge.")]
    number: Annotated[int, told("Within its challenge, in the order of the answers.")]
    section: Annotated[str, told("The heading of the brief that it is about.")]
    question: str
    answer: Annotated[str, told("Markdown.")]
    answered_at: datetime


class ClarificationBodies(Body, frozen=True):
    items: list[ClarificationBody]
    next: str | None


@read("/seasons/{slug:str}/challenges", anyone, "challenges", "The challenges that are released, and when others come")
def index(session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str]) -> ChallengeLines:
    season = seasons.find_for(session, slug, reader_with(viewer, TokenScope.ORGANIZE))
    every = challenges.every_challenge_of(session, season.id)
    return ChallengeLines(
        released=[ChallengeLine(**line_of(each, now)) for each in every if each.is_released(now)],
        upcoming=[
            UpcomingLine(number=one.number, release_at=one.release_at, on_hold=one.on_hold, due_at=one.due_at)
            for one in challenges.upcoming_of(every, now)
        ],
    )


@read(
    "/seasons/{slug:str}/challenges/{number:int}", anyone, "challenge",
    "One challenge: brief, rubric, deliverables, deadline",
)  # fmt: skip
def show(session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int]) -> ChallengeBody:
    """Before its release only its organizers find it."""
    organizer, member = reader_with(viewer, TokenScope.ORGANIZE), reader_with(viewer, TokenScope.TEAM)
    season = seasons.find_for(session, slug, organizer)
    challenge = challenges.find_for(session, season, number, organizer, now)
    own = entries.find_own(session, season.id, member) if member else None
    reworded = rewordings_of(session, challenge.id)
    before = rubrics_before(session, reworded)
    earlier = session.get(challenges.Challenge, challenge.builds_on) if challenge.builds_on else None
    return ChallengeBody(
        **line_of(challenge, now),
        briefs=[
            BriefBody(number=one.number, text=one.text, note=one.note, written_at=one.written_at)
            for one in briefs.versions_of(session, challenge.id)
        ],
        rubric=rubric_of(scales_of(session, challenge.rubric_version_id)),
        rewordings=[
            RewordingBody(
                number=one.number, note=one.note, made_at=one.made_at, before=rubric_of(before[one.before_id])
            )
            for one in reworded
        ],
        deliverables=[
            DeliverableBody(
                id=one.id, title=one.title, kind=one.kind, required=one.required, max_bytes=one.max_bytes
            )
            for one in challenges.deliverables_of(session, challenge.id)
        ],
        deadline=deadline_body(deadline_of(session, challenge, own[0].id if own else None)),
        questions_until=challenge.questions_until, answers_until=challenge.answers_until, go_on=challenge.go_on,
        builds_on=earlier.number if earlier else None, is_swap=challenge.is_swap,
    )  # fmt: skip


def line_of(challenge: challenges.Challenge, now: datetime) -> dict[str, Any]:
    return {
        "number": challenge.number, "title": challenge.title, "summary": challenge.summary,
        "state": challenge.state(now), "release_at": challenge.release_at, "due_at": challenge.due_at,
        "due_zone": challenge.due_zone, "is_final": challenge.is_final,
    }  # fmt: skip


def rubric_of(scales: Sequence[Scale]) -> list[CriterionBody]:
    return [
        CriterionBody(
            title=scale.criterion.title, guidance=scale.criterion.guidance, weight=scale.criterion.weight,
            share=scale.share,
            levels=[
                LevelBody(points=level_of(level.half_points), title=level.title, descriptor=level.descriptor)
                for level in scale.levels
            ],
        )
        for scale in scales
    ]  # fmt: skip


def deadline_body(deadline: Deadline) -> DeadlineBody:
    return DeadlineBody(
        due_at=deadline.due_at, late_until=deadline.late_until, penalty=deadline.penalty,
        extended_by_minutes=int(deadline.extended_by.total_seconds()) // 60, reason=deadline.reason,
    )  # fmt: skip


@read("/seasons/{slug:str}/clarifications", anyone, "clarifications", "What was asked and answered for everybody")
def answered(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], page: PageNumber = 1,
    challenge: Annotated[
        int | None,
        QueryParameter(name="challenge", ge=1, le=challenges.LARGEST_NUMBER, description="Of this one alone."),
    ] = None,
) -> ClarificationBodies:  # fmt: skip
    """The newest first."""
    season = seasons.find_for(session, slug, reader_with(viewer, TokenScope.ORGANIZE))
    found = [one for one in clarifications.answered_of(session, season.id, now) if challenge in (None, one.challenge)]
    return ClarificationBodies(
        items=[
            ClarificationBody(
                id=one.id, challenge=one.challenge, number=one.number, section=one.section, question=one.question,
                answer=one.answer, answered_at=one.at,
            )
            for one in part(found, page)
        ],
        next=next_page(request, page, len(found)),
    )  # fmt: skip


ROUTES = [index, show, answered]
