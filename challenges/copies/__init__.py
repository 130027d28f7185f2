"""Copies: a season as one file, and a new season made from it or from another one, with nobody in it."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from challenges import briefs, chapters, enrolment, posters, seasons, sponsors, terms
from challenges.challenges import (
    MOST_DELIVERABLES,
    Challenge,
    Course,
    DeliverableText,
    Plan,
    deliverables_of,
    draft,
    every_challenge_of,
)
from challenges.chapters import MOST_CHAPTERS, ChapterText
from challenges.clocks import WallClock
from challenges.copies.nodes import LARGEST, UNSHOWN, Node, parse
from challenges.enrolment import MOST_CHOICES, MOST_QUESTIONS, QuestionText
from challenges.files import Kind, StoredFile, picture_in
from challenges.formats import Play
from challenges.history import note
from challenges.people import Person, clean_name, clean_zone
from challenges.refusals import Refusal
from challenges.rubrics import LEVELS, MOST_CRITERIA, CriterionText, LevelText, scales_of
from challenges.seasons import YEARS, Season, SeasonText
from challenges.sponsors import MOST_SPONSORS, SponsorText
from challenges.states import Deed
from challenges.terms import TermsKind

__all__ = ["LARGEST", "Clone", "Picture", "SeasonFile", "clone", "export", "import_", "plan_of", "read"]

FORM = "charrette-season/1"
"""How such a file is written. Another way of writing gets another number."""
MOST_CHALLENGES = 30
SEASON = (
    "title", "story", "zone", "starts_on", "ends_on", "registration_opens", "registration_closes", "contact",
    "is_recorded",
)  # fmt: skip
PLAY = ("format", "tie_rule", "tie_criterion", "least_members", "most_members", "most_entries")
CLOCKS = ("release", "due", "questions_until", "answers_until")
CHALLENGE = (
    "title", "summary", "brief", *CLOCKS, "due_zone", "deliverables", "criteria", "grace_minutes", "penalty", "go_on",
    "is_final", "builds_on", "is_swap",
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A poster as it came in a file."""

    content: bytes
    kind: Kind
    alt: str


@dataclass(frozen=True)
class SeasonFile:
    """A file that was read as far as can be without a season to put it in."""

    top: Node
    poster: Picture | None


@dataclass(frozen=True)
class Clone:
    season: Season
    moved: list[str] = field(default_factory=list)
    """A sentence for each instant that could not keep its time of day."""


def clone(session: Session, season: Season, title: str, starts_on: date, by: Person, now: datetime) -> Clone:
    """A new draft with all that organizers wrote, every date moved by as many days as the first one.

    Nobody is in it but who clones it: no team, no entry, no judge and no result.
    """
    season.check(Deed.COPY, now)
    named = clean_name(title, field="title", called="title")
    if starts_on.year not in YEARS:
        raise Refusal(f"Write a year from {YEARS[0]} to {YEARS[-1]}.", field="starts_on")
    plan, moved = _shifted(plan_of(session, season), (starts_on - season.starts_on).days)
    plan["season"]["title"] = named
    made = _make(session, by, Node(plan), now, most_mib=None)
    made.poster_key, made.poster_version_id = season.poster_key, season.poster_version_id
    made.poster_type, made.poster_alt = season.poster_type, season.poster_alt
    note(session, by, "season.cloned", made, now, made.id, origin=season.title)
    return Clone(made, moved)


def export(session: Session, season: Season, now: datetime, poster: bytes | None = None) -> str:
    """The season as one file; `poster` are the bytes of its picture, where they are to be in it."""
    season.check(Deed.COPY, now)
    picture = None
    if poster is not None:
        picture = {"alt": season.poster_alt, "type": season.poster_type, "content": b64encode(poster).decode()}
    whole = {"file": FORM, **plan_of(session, season), "poster": picture}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def read(text: str) -> SeasonFile:
    """What can be said of a file before a season is made from it."""
    top = parse(text)
    if not isinstance(top.value, dict) or "file" not in top.value:
        raise Refusal(f"This is no file of a season: “file” must say “{FORM}”.", field="text")
    if top.value["file"] != FORM:
        top["file"].refuse(f"This kind of file is not known here. What is read is “{FORM}”.")
    top.of("file", "season", "play", "terms", "questions", "chapters", "sponsors", "challenges", "poster")
    return SeasonFile(top, _picture(top["poster"]))


def _picture(node: Node) -> Picture | None:
    if not node:
        return None
    node.of("alt", "type", "content")
    content = node["content"].content(posters.LARGEST)
    kind = picture_in(content)
    if kind is None:
        node["content"].refuse("This is no PNG, JPEG or WebP picture.")
    with node.within():
        alt = clean_name(node["alt"].text(), field="alt", longest=200, called="sentence that says what it shows")
    return Picture(content, kind, alt)


def import_(
    session: Session, founder: Person, file: SeasonFile, now: datetime,
    poster: StoredFile | None = None, most_mib: int = 1024,
) -> Season:  # fmt: skip
    """A new draft from a file, or nothing at all. `poster` is the picture of the file, once the store has it."""
    season = _make(session, founder, file.top, now, most_mib)
    if file.poster and poster:
        posters.hang(session, season, poster, file.poster.alt, founder, now)
    note(session, founder, "season.imported", season, now, season.id)
    return season


def plan_of(session: Session, season: Season) -> dict[str, Any]:
    """All that organizers wrote of a season, in the words of its file. It reads nothing of who takes part.

    Characters that cannot be shown are left out: a brief that came out of a PDF holds some, and no file may.
    """
    clock = ZoneInfo(season.zone)
    every = every_challenge_of(session, season.id)
    numbers = {each.id: each.number for each in every}
    texts = terms.current(session, season.id)
    plan = {
        "season": {
            "title": season.title, "story": season.story, "zone": season.zone,
            "starts_on": season.starts_on.isoformat(), "ends_on": season.ends_on.isoformat(),
            "registration_opens": _written(season.registration_opens_at, clock),
            "registration_closes": _written(season.registration_closes_at, clock),
            "contact": season.contact, "is_recorded": season.is_recorded,
        },
        "play": {name: getattr(season, name) for name in PLAY} if season.tie_rule else None,
        "terms": {kind.value: texts[kind].text if kind in texts else None for kind in TermsKind},
        "questions": [
            {"text": each.text, "kind": each.kind, "is_required": each.is_required, "choices": list(each.choices)}
            for each in enrolment.questions_of(session, season.id)
        ],
        "chapters": [
            {**vars(each), "from_day": each.from_day and each.from_day.isoformat()}
            for each in chapters.written_of(session, season.id)
        ],
        "sponsors": [
            {"name": each.name, "link": each.link, "line": each.line}
            for each in sponsors.sponsors_of(session, season.id)
        ],
        "challenges": [_challenge_plan(session, each, numbers) for each in every],
    }  # fmt: skip
    return {name: _shown(part) for name, part in plan.items()}


def _shown(part: Any) -> Any:
    """The same without what cannot be shown, however deep it lies."""
    if isinstance(part, str):
        return UNSHOWN.sub("", part)
    if isinstance(part, list):
        return [_shown(each) for each in part]
    return {name: _shown(each) for name, each in part.items()} if isinstance(part, dict) else part


def _challenge_plan(session: Session, challenge: Challenge, numbers: dict[UUID, int]) -> dict[str, Any]:
    clock = ZoneInfo(challenge.due_zone)
    brief = briefs.brief_of(session, challenge.id)
    return {
        "title": challenge.title, "summary": challenge.summary, "brief": brief.text if brief else None,
        "release": _written(challenge.release_at, clock), "due": _written(challenge.due_at, clock),
        "questions_until": _written(challenge.questions_until, clock),
        "answers_until": _written(challenge.answers_until, clock), "due_zone": challenge.due_zone,
        "deliverables": [
            {"title": each.title, "kind": each.kind, "required": each.required, "max_mib": each.max_bytes // 2**20}
            for each in deliverables_of(session, challenge.id)
        ],
        "criteria": [
            {
                "title": scale.criterion.title, "weight": scale.criterion.weight, "guidance": scale.criterion.guidance,
                "levels": [{"title": level.title, "descriptor": level.descriptor} for level in scale.levels],
            }
            for scale in scales_of(session, challenge.rubric_version_id)
        ],
        "grace_minutes": challenge.grace_minutes, "penalty": challenge.penalty, "go_on": challenge.go_on,
        "is_final": challenge.is_final,
        "builds_on": numbers[challenge.builds_on] if challenge.builds_on else None, "is_swap": challenge.is_swap,
    }  # fmt: skip


def _written(at: datetime | None, clock: ZoneInfo) -> str | None:
    return at.astimezone(clock).isoformat() if at else None


def _shifted(plan: dict[str, Any], days: int) -> tuple[dict[str, Any], list[str]]:
    """The plan that many days later by the season's clock: what was at 20:00 there is at 20:00 again."""
    season, moved = plan["season"], list[str]()
    zone = ZoneInfo(season["zone"])
    step = timedelta(days=days)

    def clock(holder: dict[str, Any], name: str, called: str) -> None:
        if holder[name] is None:
            return
        wanted = datetime.fromisoformat(holder[name]).astimezone(zone).replace(tzinfo=None, fold=0) + step
        at = wanted.replace(tzinfo=zone)
        there = at.astimezone(ZoneInfo("UTC")).astimezone(zone)
        if there.replace(tzinfo=None) != wanted:
            moved.append(
                f"{called} was at {wanted:%H:%M}. On {_day(there)} the clocks in {season['zone']} are put forward over "
                f"that time, so it is at {there:%H:%M} now."
            )
        elif at.utcoffset() != at.replace(fold=1).utcoffset():
            moved.append(
                f"{called} is at {wanted:%H:%M}. On {_day(there)} the clocks in {season['zone']} show that time twice; "
                "the first of the two is meant now."
            )
        holder[name] = there.isoformat()

    for name in ("starts_on", "ends_on"):
        season[name] = (date.fromisoformat(season[name]) + step).isoformat()
    clock(season, "registration_opens", "The opening of registration")
    clock(season, "registration_closes", "The end of registration")
    for chapter in plan["chapters"]:
        if chapter["from_day"]:
            chapter["from_day"] = (date.fromisoformat(chapter["from_day"]) + step).isoformat()
    called = {"release": "release", "due": "due instant", "questions_until": "end of questions"}
    for number, challenge in enumerate(plan["challenges"], 1):
        for name in CLOCKS:
            clock(challenge, name, f"The {called.get(name, 'end of answers')} of challenge {number}")
    return plan, moved


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _make(session: Session, by: Person, top: Node, now: datetime, most_mib: int | None) -> Season:
    """A draft season from a plan. Each part is written by the verb that a form uses, and refused by its rules."""
    seasons.check_founder(by)
    told = top["season"].of(*SEASON)
    with told.within():
        season = seasons.create(session, by, _season(told), now)
    if top["play"]:
        with top["play"].within():
            seasons.choose_play(session, season, _play(top["play"].of(*PLAY)), by, now)
    if top["terms"]:
        texts = top["terms"].of(*TermsKind)
        for kind in TermsKind:
            if written := texts[kind].text():
                with texts.within():
                    terms.write(session, season, kind, written, "", by, now)
    for node in top["questions"].rows(MOST_QUESTIONS):
        with node.within():
            enrolment.ask(session, season, _question(node.of("text", "kind", "is_required", "choices")), by, now)
    for node in top["challenges"].rows(MOST_CHALLENGES):
        with node.within():
            _make_challenge(session, season, node.of(*CHALLENGE), by, now, most_mib)
    story = [_chapter(node) for node in top["chapters"].rows(MOST_CHAPTERS)]
    thanked = [_sponsor(node) for node in top["sponsors"].rows(MOST_SPONSORS)]
    with top.within():
        if story:
            chapters.tell(session, season, story, by, now)
        if thanked:
            sponsors.thank(session, season, thanked, by, now)
    return season


def _season(node: Node) -> SeasonText:
    zone = clean_zone(node["zone"].text())
    return SeasonText(
        title=node["title"].text(), story=node["story"].text(), zone=zone,
        starts_on=node["starts_on"].day(), ends_on=node["ends_on"].day(),
        registration_opens=_clock(node["registration_opens"], zone),
        registration_closes=_clock(node["registration_closes"], zone),
        contact=node["contact"].text(), is_recorded=bool(node["is_recorded"]) and node["is_recorded"].truth(),
    )  # fmt: skip


def _play(node: Node) -> Play:
    return Play(
        format=node["format"].text(), tie_rule=node["tie_rule"].text(), tie_criterion=node["tie_criterion"].text(),
        least_members=node["least_members"].whole(), most_members=node["most_members"].whole(),
        most_entries=node["most_entries"].whole() if node["most_entries"] else None,
    )  # fmt: skip


def _question(node: Node) -> QuestionText:
    return QuestionText(
        node["text"].text(), node["kind"].text(), bool(node["is_required"]) and node["is_required"].truth(),
        [choice.text() for choice in node["choices"].rows(MOST_CHOICES)],
    )  # fmt: skip


def _chapter(node: Node) -> ChapterText:
    node.of("title", "text", "challenge", "from_day")
    return ChapterText(
        node["title"].text(), node["text"].text(), node["challenge"].whole() if node["challenge"] else None,
        node["from_day"].day() if node["from_day"] else None,
    )  # fmt: skip


def _sponsor(node: Node) -> SponsorText:
    node.of("name", "link", "line")
    return SponsorText(node["name"].text(), node["link"].text(), node["line"].text())


def _make_challenge(
    session: Session, season: Season, node: Node, by: Person, now: datetime, most_mib: int | None
) -> None:  # fmt: skip
    plan = _plan(node)
    # A copy on the same site keeps the sizes that were allowed when they were set.
    largest = most_mib or max((each.max_mib for each in plan.deliverables), default=1)
    challenge = draft(session, season, plan, by, now, largest, is_copy=True)
    if node["release"]:
        planned = node["release"].instant()
        challenge.release_at = planned if planned < challenge.due_at else None
    if brief := node["brief"].text():
        briefs.write(session, challenge, brief, by, now)


def _plan(node: Node) -> Plan:
    zone = clean_zone(node["due_zone"].text())
    due = _clock(node["due"], zone)
    if due is None:
        node["due"].refuse("Here must stand an instant.")
    return Plan(
        title=node["title"].text(), summary=node["summary"].text(), due=due, due_zone=zone,
        deliverables=[_deliverable(each) for each in node["deliverables"].rows(MOST_DELIVERABLES)],
        criteria=[_criterion(each) for each in node["criteria"].rows(MOST_CRITERIA)],
        course=Course(
            grace_minutes=node["grace_minutes"].whole() if node["grace_minutes"] else 0,
            penalty=node["penalty"].whole() if node["penalty"] else 0,
            go_on=node["go_on"].whole() if node["go_on"] else None,
            is_final=bool(node["is_final"]) and node["is_final"].truth(),
            builds_on=node["builds_on"].whole() if node["builds_on"] else None,
            is_swap=bool(node["is_swap"]) and node["is_swap"].truth(),
            questions_until=_clock(node["questions_until"], zone),
            answers_until=_clock(node["answers_until"], zone),
        ),
    )  # fmt: skip


def _deliverable(node: Node) -> DeliverableText:
    node.of("title", "kind", "required", "max_mib")
    return DeliverableText(node["title"].text(), node["kind"].text(), node["required"].truth(), node["max_mib"].whole())


def _criterion(node: Node) -> CriterionText:
    node.of("title", "weight", "guidance", "levels")
    return CriterionText(
        node["title"].text(), node["weight"].whole(),
        [
            LevelText(level["title"].text(), level["descriptor"].text())
            for each in node["levels"].rows(LEVELS[-1])
            for level in [each.of("title", "descriptor")]
        ],
        node["guidance"].text(),
    )  # fmt: skip


def _clock(node: Node, zone: str) -> WallClock | None:
    """The clock that shows this very instant; nothing about it is unclear."""
    if not node:
        return None
    local = node.instant().astimezone(ZoneInfo(zone))
    return WallClock(local.replace(tzinfo=None, fold=0), local.fold, is_sure=True)
