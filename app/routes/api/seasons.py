"""Seasons for programs: who they are, their story and dates, rules and teams."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar.params import FromPath, QueryParameter

from app.api import Body, PageNumber, next_page, part, read, reader_with, told
from app.deps import MaybeViewer, Now, Request, Session, Settings
from app.doors import anyone
from challenges import chapters, formats, roster, seasons, sponsors, terms
from challenges.formats import Format, TieRule
from challenges.outcomes import EntryState
from challenges.seasons import Season
from challenges.states import SeasonState
from challenges.terms import TermsKind
from challenges.tokens import TokenScope


class SeasonLine(Body, frozen=True):
    slug: Annotated[str, told("The season in every address.")]
    title: str
    state: SeasonState
    zone: Annotated[str, told("The season’s time zone, as the IANA database names it.")]
    starts_on: Annotated[date, told("Its first day, in its zone.")]
    ends_on: date
    url: Annotated[str, told("Its page for people.")]


class SeasonLines(Body, frozen=True):
    items: list[SeasonLine]
    next: Annotated[str | None, told("The address of the next page; null on the last.")]


class Rule(Body, frozen=True):
    """A choice that was made before the season was announced."""

    title: str
    meaning: str


class ChapterBody(Body, frozen=True):
    title: str
    text: Annotated[str, told("Markdown.")]


class SponsorBody(Body, frozen=True):
    name: str
    link: str
    line: Annotated[str, told("What they do for the season.")]


class SeasonBody(SeasonLine, frozen=True):
    story: Annotated[str, told("Markdown.")]
    chapters: Annotated[list[ChapterBody], told("As far as the story is told.")]
    registration_opens_at: Annotated[datetime | None, told("Null: with the announcement.")]
    registration_closes_at: Annotated[datetime | None, told("Null: whoever comes while the season runs may enter.")]
    announced_at: datetime | None
    finished_at: datetime | None
    archived_at: datetime | None
    format: Format
    format_words: Rule
    tie_rule: Annotated[TieRule | None, told("What happens to places that are too close to call.")]
    tie_words: Rule | None
    tie_criterion: Annotated[str, told("The criterion that decides, where the tie rule says so.")]
    least_members: int
    most_members: int
    most_entries: int | None
    is_recorded: Annotated[bool, told("Whether its shows are recorded.")]
    poster_alt: Annotated[str, told("What its poster shows; empty where it has none.")]
    sponsors: list[SponsorBody]
    calendar_url: Annotated[str, told("Its dates as iCalendar.")]
    feed_url: Annotated[str, told("Its news as Atom.")]


class TermsBody(Body, frozen=True):
    kind: TermsKind
    number: Annotated[int, told("The highest number of a kind is in force.")]
    text: Annotated[str, told("Markdown.")]
    note: Annotated[str, told("What changed since the version before.")]
    written_at: datetime


class TermsBodies(Body, frozen=True):
    items: list[TermsBody]


class TeamLine(Body, frozen=True):
    name: str
    members: int
    state: Annotated[EntryState | None, told("As everybody may know it; null: the team has not entered.")]


class TeamLines(Body, frozen=True):
    items: list[TeamLine]
    total: int
    next: str | None


@read("/seasons", anyone, "seasons", "Every season, the newest first")
def index(
    request: Request, session: Session, settings: Settings, viewer: MaybeViewer, now: Now, page: PageNumber = 1
) -> SeasonLines:
    """Drafts stand in it only for those who organize them, and before the others."""
    organizer = reader_with(viewer, TokenScope.ORGANIZE)
    found = [*(seasons.drafts_of(session, organizer) if organizer else ()), *seasons.announced(session)]
    return SeasonLines(
        items=[SeasonLine(**line_of(season, settings.url, now)) for season in part(found, page)],
        next=next_page(request, page, len(found)),
    )


@read("/seasons/{slug:str}", anyone, "season", "One season, with its story and how it is played")
def show(session: Session, settings: Settings, viewer: MaybeViewer, now: Now, slug: FromPath[str]) -> SeasonBody:
    season = seasons.find_for(session, slug, reader_with(viewer, TokenScope.ORGANIZE))
    home = f"{settings.url}/seasons/{season.slug}"
    return SeasonBody(
        **line_of(season, settings.url, now), story=season.story,
        chapters=[ChapterBody(title=one.title, text=one.text) for one in chapters.chapters_of(session, season, now)],
        registration_opens_at=season.registration_opens_at, registration_closes_at=season.registration_closes_at,
        announced_at=season.announced_at, finished_at=season.finished_at, archived_at=season.archived_at,
        format=Format(season.format), format_words=rule(formats.FORMAT_WORDS[Format(season.format)]),
        tie_rule=TieRule(season.tie_rule) if season.tie_rule else None,
        tie_words=rule(formats.TIE_WORDS[TieRule(season.tie_rule)]) if season.tie_rule else None,
        tie_criterion=season.tie_criterion, least_members=season.least_members, most_members=season.most_members,
        most_entries=season.most_entries, is_recorded=season.is_recorded, poster_alt=season.poster_alt,
        sponsors=[
            SponsorBody(name=one.name, link=one.link, line=one.line) for one in sponsors.sponsors_of(session, season.id)
        ],
        calendar_url=f"{home}/calendar.ics", feed_url=f"{home}/feed.atom",
    )  # fmt: skip


def line_of(season: Season, url: str, now: datetime) -> dict[str, Any]:
    return {
        "slug": season.slug, "title": season.title, "state": season.state(now), "zone": season.zone,
        "starts_on": season.starts_on, "ends_on": season.ends_on, "url": f"{url}/seasons/{season.slug}",
    }  # fmt: skip


def rule(words: tuple[str, str]) -> Rule:
    return Rule(title=words[0], meaning=words[1])


@read("/seasons/{slug:str}/terms", anyone, "terms", "Rules and code of conduct, in all their versions")
def in_versions(session: Session, viewer: MaybeViewer, slug: FromPath[str]) -> TermsBodies:
    """The rules first; of each, the version in force first."""
    season = seasons.find_for(session, slug, reader_with(viewer, TokenScope.ORGANIZE))
    return TermsBodies(
        items=[
            TermsBody(kind=kind, number=one.number, text=one.text, note=one.note, written_at=one.written_at)
            for kind in TermsKind
            for one in terms.versions_of(session, season.id, kind)
        ]
    )


@read("/seasons/{slug:str}/teams", anyone, "teams", "Who takes part, and who is still in")
def who_is_in(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], page: PageNumber = 1,
    name: Annotated[str, QueryParameter(name="name", max_length=100, description="A part of the team’s name.")] = "",
) -> TeamLines:  # fmt: skip
    season = seasons.find_for(session, slug, reader_with(viewer, TokenScope.ORGANIZE))
    found = roster.teams_of(session, season.id, now, " ".join(name.split()), page)
    return TeamLines(
        items=[TeamLine(name=row.team.name, members=row.members, state=row.state) for row in found.rows],
        total=found.total, next=next_page(request, page, found.total),
    )  # fmt: skip


ROUTES = [index, show, in_versions, who_is_in]
