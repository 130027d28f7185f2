"""A person's own things for programs: who they are, their team, and what it handed in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.params import FromPath

from app.api import Body, read, told
from app.deps import Me, Now, Session
from app.doors import check_scope, signed_in, signed_in_with_team
from app.routes.api.challenges import DeadlineBody, deadline_body
from challenges import briefs, challenges, clarifications, enrolment, entries, outcomes, roles, seasons, teams, versions
from challenges.acknowledgements import has_read
from challenges.deadlines import deadline_of
from challenges.outcomes import EntryState
from challenges.receipts import receipt_of
from challenges.refusals import NotYours
from challenges.seasons import RoleKind, Season
from challenges.swaps import received_by
from challenges.tokens import TokenScope
from challenges.versions import Version, VersionFile
from judging.packets import packets_for_entry


class RoleBody(Body, frozen=True):
    kind: RoleKind
    season: Annotated[str, told("Its slug.")]
    since: datetime


class TokenBody(Body, frozen=True):
    name: str
    scopes: list[TokenScope]
    expires_at: datetime


class MeBody(Body, frozen=True):
    id: UUID
    name: str
    email: str
    zone: str | None
    roles: list[RoleBody]
    token: Annotated[TokenBody | None, told("The one you ask with; null in a browser.")]


class PersonBody(Body, frozen=True):
    name: str
    email: str


class AcceptedBody(Body, frozen=True):
    kind: str
    number: int
    accepted_at: Annotated[datetime | None, told("By you; null: not yet.")]


class AnswerBody(Body, frozen=True):
    question: str
    answer: str


class PacketBody(Body, frozen=True):
    challenge: int
    is_made: Annotated[bool, told("Whether the PDF can be opened.")]
    size: Annotated[int | None, told("In bytes.")]
    url: Annotated[str, told("Where a browser of a member opens it.")]


class TeamBody(Body, frozen=True):
    id: UUID
    name: str
    affiliation: str
    sponsors: str
    leads: Annotated[str, told("The name of who leads it.")]
    members: list[PersonBody]
    invited: Annotated[list[str], told("Addresses whose invitation is open.")]
    state: Annotated[EntryState | None, told("Null: it has not entered.")]
    entered_at: datetime | None
    terms: list[AcceptedBody]
    answers: list[AnswerBody]
    packets: list[PacketBody]


class FileBody(Body, frozen=True):
    id: UUID
    deliverable_id: UUID
    file_name: str
    size: int
    sha256: str | None
    verified_at: Annotated[datetime | None, told("When we had read every byte.")]
    differs: Annotated[bool, told("The store holds other bytes than the browser counted.")]


class VersionBody(Body, frozen=True):
    id: UUID
    number: int
    brief: Annotated[int, told("The number of the brief that it answers.")]
    handed_in_at: Annotated[datetime, told("By whom, its receipt says.")]
    was_late: bool
    was_in_flight: bool
    files: list[FileBody]


class UploadBody(Body, frozen=True):
    file_name: str
    began_at: datetime
    arrived_at: datetime | None


class ReceivedBody(Body, frozen=True):
    """The design of another team that this one goes on from."""

    team: str
    files: list[FileBody]


class SubmissionBody(Body, frozen=True):
    deadline: DeadlineBody
    versions: Annotated[list[VersionBody], told("The newest first; the last one before the due instant counts.")]
    waiting: Annotated[list[UploadBody], told("Uploaded, and not handed in.")]
    has_read: Annotated[bool, told("Whether the team has acknowledged the newest amendment of the brief.")]


class ReceiptBody(Body, frozen=True):
    version_id: UUID
    number: int
    season: str
    challenge: int
    team: str
    handed_in_at: datetime
    handed_in_by: str
    due_at: datetime
    was_in_flight: bool
    amendment: int
    files: list[FileBody]
    verified_at: datetime | None


class QuestionBody(Body, frozen=True):
    is_personal: bool
    section: str
    question: str
    asked_at: datetime
    answer: Annotated[str, told("To a personal matter; the others are answered for everybody.")]
    answered_at: datetime | None
    clarification_id: Annotated[UUID | None, told("The clarification that answers it.")]


class QuestionBodies(Body, frozen=True):
    items: list[QuestionBody]


@read("/me", signed_in, "me", "Who you are, and what in which season")
def me(session: Session, me: Me) -> MeBody:
    person, token = me.person, me.token
    return MeBody(
        id=person.id, name=person.name, email=person.email, zone=person.zone,
        roles=[
            RoleBody(kind=RoleKind(role.kind), season=season.slug, since=role.granted_at)
            for role, season in roles.held_by(session, person.id)
        ],
        token=TokenBody(name=token.name, scopes=[TokenScope(one) for one in token.scopes], expires_at=token.expires_at)
        if token
        else None,
    )  # fmt: skip


@read("/seasons/{slug:str}/team", signed_in_with_team, "team", "Your team, its entry and its packets", TokenScope.TEAM)
def team(session: Session, me: Me, now: Now, slug: FromPath[str]) -> TeamBody:
    season = seasons.find_for(session, slug, None)
    own = teams.team_of(session, season.id, me.person.id)
    if own is None:
        raise NotYours
    entry, members = entries.entry_of(session, own.id), teams.members_of(session, own.id)
    asked = enrolment.asked_of(session, season, me.person.id, entry)
    packets = packets_for_entry(session, entry.id, now) if entry else {}
    return TeamBody(
        id=own.id, name=own.name, affiliation=own.affiliation, sponsors=own.sponsors,
        leads=next((person.name for person in members if person.id == own.led_by), ""),
        members=[PersonBody(name=person.name, email=person.email) for person in members],
        invited=[one.email for one in teams.invitations_of(session, own.id, now)],
        state=outcomes.state_of(session, entry, now) if entry else None, entered_at=entry.entered_at if entry else None,
        terms=[AcceptedBody(kind=one.kind, number=one.number, accepted_at=at) for one, at in asked.texts],
        answers=[AnswerBody(question=question.text, answer=text) for question, text in asked.questions],
        packets=[
            PacketBody(
                challenge=each.number, is_made=packet.rendered_at is not None, size=packet.size,
                url=f"/packets/{packet.id}",
            )
            for each in challenges.challenges_of(session, season.id, now)
            if (packet := packets.get(each.id))
        ],
    )  # fmt: skip


@read(
    "/seasons/{slug:str}/challenges/{number:int}/submission", signed_in_with_team, "submission",
    "Your deadline, and what your team handed in", TokenScope.TEAM,
)  # fmt: skip
def submission(session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> SubmissionBody:
    season = seasons.find_for(session, slug, None)
    challenge = challenges.find_for(session, season, number, None, now)
    entry, _ = entries.entry_for(session, season.id, me.person.id)
    work = versions.work_of(session, challenge.id, entry.id)
    texts = briefs.versions_of(session, challenge.id)
    numbers = {brief.id: brief.number for brief in texts}
    return SubmissionBody(
        deadline=deadline_body(deadline_of(session, challenge, entry.id)),
        versions=[
            version_body(version, files, numbers[version.brief_id])
            for version, files in work.versions
        ],
        waiting=[
            UploadBody(file_name=one.file_name, began_at=one.began_at, arrived_at=one.arrived_at)
            for one in work.waiting
        ],
        has_read=not texts or has_read(session, texts[-1], entry.id),
    )  # fmt: skip


def version_body(version: Version, files: Sequence[VersionFile], brief: int) -> VersionBody:
    return VersionBody(
        id=version.id, number=version.number, brief=brief, handed_in_at=version.handed_in_at,
        was_late=version.was_late, was_in_flight=version.was_in_flight, files=files_body(files),
    )  # fmt: skip


def files_body(files: Sequence[VersionFile]) -> list[FileBody]:
    return [
        FileBody(
            id=file.id, deliverable_id=file.deliverable_id, file_name=file.file_name, size=file.size,
            sha256=file.sha256, verified_at=file.verified_at, differs=file.differs,
        )
        for file in files
    ]  # fmt: skip


@read(
    "/seasons/{slug:str}/challenges/{number:int}/received", signed_in_with_team, "received",
    "The other team’s design that yours goes on from", TokenScope.TEAM,
)  # fmt: skip
def received(session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> ReceivedBody:
    season = seasons.find_for(session, slug, None)
    challenge = challenges.find_for(session, season, number, None, now)
    entry, _ = entries.entry_for(session, season.id, me.person.id)
    found = received_by(session, challenge, entry.id, now)
    if found is None:
        raise NotYours
    return ReceivedBody(team=found[0].name, files=files_body(found[2]))


@read("/versions/{version_id:uuid}/receipt", signed_in, "receipt", "The receipt of a version that was handed in")
def receipt(session: Session, me: Me, version_id: FromPath[UUID]) -> ReceiptBody:
    """For its team with the scope team, for the organizers of its season with the scope organize."""
    version, _, challenge, team = versions.find_version_for(session, version_id, me.person.id)
    is_own = teams.team_of(session, challenge.season_id, me.person.id) == team
    check_scope(me, TokenScope.TEAM if is_own else TokenScope.ORGANIZE)
    found = receipt_of(session, version, session.get_one(Season, challenge.season_id), challenge, team)
    return ReceiptBody(
        version_id=found.version_id, number=found.number, season=found.season_slug, challenge=found.challenge_number,
        team=found.team, handed_in_at=found.handed_in_at, handed_in_by=found.handed_in_by, due_at=found.due_at,
        was_in_flight=found.was_in_flight, amendment=found.amendment, files=files_body(found.files),
        verified_at=found.verified_at,
    )  # fmt: skip


@read(
    "/seasons/{slug:str}/challenges/{number:int}/questions", signed_in_with_team, "questions",
    "What you asked about a challenge, for your own eyes", TokenScope.TEAM,
)  # fmt: skip
def questions(session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> QuestionBodies:
    season = seasons.find_for(session, slug, None)
    challenge = challenges.find_for(session, season, number, None, now)
    return QuestionBodies(
        items=[
            QuestionBody(
                is_personal=one.is_personal, section=one.section, question=one.text, asked_at=one.asked_at,
                answer=one.answer, answered_at=one.answered_at, clarification_id=one.public_id,
            )
            for one in clarifications.mine_of(session, challenge, me.person.id)
        ]
    )  # fmt: skip


ROUTES = [me, team, submission, received, receipt, questions]
