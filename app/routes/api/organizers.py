"""What organizers read of their season, for programs: entries, mails, history, people."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import FromPath, QueryParameter

from app.api import After, Body, Limit, PageNumber, address, next_page, read, told
from app.deeds import sentence
from app.deps import Now, Request, Session
from app.doors import organizer_with_organize
from app.routes.api.team import AnswerBody
from app.routes.letters import going_out
from challenges import history, letters, mailings, roles, roster, seasons
from challenges.audiences import AudienceKind
from challenges.letters import LetterState
from challenges.mailings import Kind
from challenges.outcomes import EntryState
from challenges.roster import Line, Roster
from challenges.seasons import RoleKind
from challenges.tokens import TokenScope

SEASON = "/seasons/{slug:str}"
MOST_GONE = 100


class MemberBody(Body, frozen=True):
    name: str
    email: str
    accepted: Annotated[dict[str, int], told("By kind, the newest version of the terms that they accepted.")]
    may_be_recorded: Annotated[bool | None, told("Null: they have not said.")]


class EntryBody(Body, frozen=True):
    id: UUID
    team: str
    affiliation: str
    sponsors: str
    state: Annotated[EntryState, told("As everybody may know it.")]
    entered_at: datetime
    withdrawn_at: datetime | None
    members: list[MemberBody]
    answers: Annotated[list[AnswerBody], told("To the questions of the entry form.")]
    hand_ins: Annotated[dict[str, int], told("By the number of the challenge, how many versions.")]


class EntryBodies(Body, frozen=True):
    items: list[EntryBody]
    total: int
    next: str | None


class LetterBody(Body, frozen=True):
    """The text itself stays in the outbox: it may hold what signs somebody in."""

    id: UUID
    kind: str
    to_name: str
    to_email: Annotated[str, told("Empty where nobody may know who asked a question.")]
    created_at: datetime
    state: Annotated[LetterState, told("Accepted or refused by the mail server; never called delivered.")]
    sent_at: datetime | None
    attempt: int
    trouble: Annotated[str | None, told("What the mail server said last.")]


class LetterBodies(Body, frozen=True):
    items: list[LetterBody]
    next: str | None


class PlannedBody(Body, frozen=True):
    key: str
    kind: Kind
    audience: AudienceKind
    challenge: int | None
    team: Annotated[str, told("Where it is for one entry alone.")]
    subject: str
    body: Annotated[str, told("Markdown, as it would go out now.")]
    goes_at: Annotated[datetime | None, told("Null: a draft, or it waits for a button.")]
    is_stopped: bool
    is_edited: bool
    reaches: Annotated[int, told("How many people it would go to now.")]


class GoneBody(Body, frozen=True):
    key: str
    kind: Kind
    subject: str | None
    sent_at: datetime | None
    missed_at: Annotated[datetime | None, told("It could not go out in time.")]
    reached: int


class MailingBodies(Body, frozen=True):
    planned: list[PlannedBody]
    gone: Annotated[list[GoneBody], told("The last hundred, the newest first.")]


class TraceBody(Body, frozen=True):
    id: UUID
    at: datetime
    by: Annotated[str, told("Who did it; Charrette where the platform did.")]
    deed: Annotated[str, told("Such as submission.handed_in.")]
    text: Annotated[str, told("The end of a sentence that begins with the name.")]


class TraceBodies(Body, frozen=True):
    items: list[TraceBody]
    next: str | None


class HolderBody(Body, frozen=True):
    id: UUID
    kind: RoleKind
    name: str
    email: str
    since: datetime


class InvitedBody(Body, frozen=True):
    id: UUID
    kind: RoleKind
    name: str
    email: str
    invited_at: datetime
    expires_at: datetime
    declined_at: datetime | None


class PeopleBody(Body, frozen=True):
    items: Annotated[list[HolderBody], told("Everybody but participants, who stand with their entries.")]
    participants: int
    waiting: Annotated[list[InvitedBody], told("Invitations that can be accepted.")]
    lapsed: Annotated[list[InvitedBody], told("Invitations that were declined or grew old.")]


@read(f"{SEASON}/entries", organizer_with_organize, "entries", "Who entered, with all they said", TokenScope.ORGANIZE)
def entries(
    request: Request, session: Session, now: Now, slug: FromPath[str], page: PageNumber = 1,
    search: Annotated[
        str, QueryParameter(name="search", max_length=100, description="In teams, names, addresses, affiliations.")
    ] = "",
) -> EntryBodies:  # fmt: skip
    found = roster.roster_of(session, seasons.find_season(session, slug), now, search, page)
    return EntryBodies(
        items=[entry_body(found, line) for line in found.lines], total=found.total,
        next=next_page(request, page, found.total),
    )  # fmt: skip


def entry_body(found: Roster, line: Line) -> EntryBody:
    return EntryBody(
        id=line.entry.id, team=line.team.name, affiliation=line.team.affiliation, sponsors=line.team.sponsors,
        state=line.state, entered_at=line.entry.entered_at, withdrawn_at=line.entry.withdrawn_at,
        members=[
            MemberBody(
                name=person.name, email=person.email,
                accepted={version.kind: version.number for version, _ in found.accepted.get(person.id, ())},
                may_be_recorded=said.is_given if (said := found.consents.get(person.id)) else None,
            )
            for person in line.members
        ],
        answers=[
            AnswerBody(question=question.text, answer=line.answers[question.id])
            for question in found.questions
            if question.id in line.answers
        ],
        hand_ins={str(number): versions for number, versions in line.hand_ins.items()},
    )  # fmt: skip


@read(f"{SEASON}/outbox", organizer_with_organize, "outbox", "Every letter and its state", TokenScope.ORGANIZE)
def outbox(
    request: Request, session: Session, slug: FromPath[str], after: After = None, limit: Limit = 50,
    only: Annotated[LetterState | None, QueryParameter(name="state", description="Only these.")] = None,
) -> LetterBodies:  # fmt: skip
    """The newest first."""
    season = seasons.find_season(session, slug)
    found = letters.outbox_of(session, season.id, limit + 1, after, only)
    return LetterBodies(
        items=[
            LetterBody(
                id=one.id, kind=one.kind, to_name=one.shown_name, to_email=one.shown_email, created_at=one.created_at,
                state=one.state, sent_at=one.sent_at, attempt=one.attempt, trouble=one.shown_trouble,
            )
            for one in found[:limit]
        ],
        next=address(request, after=found[limit - 1].id) if len(found) > limit else None,
    )  # fmt: skip


@read(
    f"{SEASON}/mailings", organizer_with_organize, "mailings", "What goes out by and by, and what went out",
    TokenScope.ORGANIZE,
)  # fmt: skip
def planned(session: Session, now: Now, slug: FromPath[str]) -> MailingBodies:
    season = seasons.find_season(session, slug)
    return MailingBodies(
        planned=[
            PlannedBody(
                key=one.key, kind=one.kind, audience=one.audience.kind, team=team, subject=one.words.subject,
                challenge=one.challenge.number if one.challenge else None, body=one.words.body, goes_at=one.goes_at,
                is_stopped=one.is_stopped, is_edited=one.is_edited, reaches=reaches,
            )
            for one, reaches, team in going_out(session, season, now)
        ],
        gone=[
            GoneBody(
                key=one.key, kind=Kind(one.kind), subject=one.subject, sent_at=one.sent_at, missed_at=one.missed_at,
                reached=one.reached,
            )
            for one in mailings.gone_of(session, season.id, MOST_GONE)
        ],
    )  # fmt: skip


@read(f"{SEASON}/history", organizer_with_organize, "history", "Who did what, and when", TokenScope.ORGANIZE)
def deeds(
    request: Request, session: Session, slug: FromPath[str], after: After = None, limit: Limit = 50
) -> TraceBodies:
    """The newest first, without every saved mark."""
    season = seasons.find_season(session, slug)
    found = history.of_season(session, season.id, after, limit + 1)
    return TraceBodies(
        items=[
            TraceBody(
                id=trace.id, at=trace.at, by=by.name if by else "Charrette", deed=trace.deed, text=sentence(trace)
            )
            for trace, by in found[:limit]
        ],
        next=address(request, after=found[limit - 1][0].id) if len(found) > limit else None,
    )  # fmt: skip


@read(f"{SEASON}/people", organizer_with_organize, "people", "Who is what in the season", TokenScope.ORGANIZE)
def people(session: Session, now: Now, slug: FromPath[str]) -> PeopleBody:
    season = seasons.find_season(session, slug)
    return PeopleBody(
        items=[
            HolderBody(
                id=role.id, kind=RoleKind(role.kind), name=person.name, email=person.email, since=role.granted_at
            )
            for role, person in roles.everybody_in(session, season.id)
        ],
        participants=roles.count_participants(session, season.id),
        waiting=[invited(one) for one in roles.waiting(session, season.id, now)],
        lapsed=[invited(one) for one in roles.lapsed(session, season.id, now)],
    )  # fmt: skip


def invited(one: roles.RoleInvitation) -> InvitedBody:
    return InvitedBody(
        id=one.id, kind=RoleKind(one.kind), name=one.name, email=one.email, invited_at=one.invited_at,
        expires_at=one.expires_at, declined_at=one.declined_at,
    )  # fmt: skip


ROUTES = [entries, outbox, planned, deeds, people]
