"""Standings for programs: places once they are public, and the table of a league."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from litestar.params import FromPath

from app.api import Body, PageNumber, next_page, part, read, reader_with, told
from app.deps import MaybeViewer, Now, Request, Session
from app.doors import anyone
from challenges import challenges, seasons
from challenges.formats import Format
from challenges.outcomes import OutcomeKind
from challenges.refusals import NotYours
from challenges.teams import team_of
from challenges.tokens import TokenScope
from judging import cuts, league
from judging.league import PublicLine
from judging.releases import public_release_of, releases_of
from judging.standings import Score


class ScoreBody(Body, frozen=True):
    """raw - penalty = published, digit for digit."""

    raw: Annotated[Decimal, told("The mean of the scoresheets, of 100.")]
    penalty: Annotated[Decimal, told("What being late cost.")]
    published: Decimal


class PlacingBody(Body, frozen=True):
    place: Annotated[int | None, told("Null: nothing was handed in.")]
    shared: bool
    team: str
    outcome: Annotated[OutcomeKind | None, told("What the challenge means for the entry.")]
    is_own: bool
    score: Annotated[ScoreBody | None, told("Of your own team, where your token may read of it; else null.")]


class StandingsBody(Body, frozen=True):
    public_at: datetime
    items: list[PlacingBody]
    total: int
    next: str | None


class TableLine(Body, frozen=True):
    place: int
    shared: bool
    team: str
    places: Annotated[list[int | None], told("In the order of the challenges; null: nothing was handed in.")]
    is_own: bool
    points: Annotated[Decimal | None, told("Of your own team, where your token may read of it; else null.")]


class TableBody(Body, frozen=True):
    challenges: Annotated[list[int], told("The numbers of the challenges that are counted.")]
    items: list[TableLine]
    total: int
    next: str | None


@read(
    "/seasons/{slug:str}/challenges/{number:int}/standings", anyone, "standings",
    "The places of a challenge, once its results are released",
)  # fmt: skip
def show(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], number: FromPath[int],
    page: PageNumber = 1,
) -> StandingsBody:  # fmt: skip
    """Until then nobody finds anything here, organizers neither."""
    season = seasons.find_for(session, slug, None)
    challenge = challenges.find_for(session, season, number, None, now)
    release = public_release_of(session, challenge.id, now)
    if release is None or release.public_at is None:
        raise NotYours
    member = reader_with(viewer, TokenScope.TEAM)
    own = team_of(session, season.id, member) if member else None
    placings = cuts.announced(session, challenge, own.id if own else None)
    return StandingsBody(
        public_at=release.public_at, total=len(placings), next=next_page(request, page, len(placings)),
        items=[
            PlacingBody(
                place=row.place, shared=row.shared, team=row.team, outcome=row.kind, is_own=row.is_own,
                score=score_body(row.made),
            )
            for row in part(placings, page)
        ],
    )  # fmt: skip


def score_body(made: Score | None) -> ScoreBody | None:
    return ScoreBody(raw=made.raw, penalty=made.penalty, published=made.published) if made else None


@read("/seasons/{slug:str}/table", anyone, "table", "The table of a league, over the results that are released")
def table(
    request: Request, session: Session, viewer: MaybeViewer, now: Now, slug: FromPath[str], page: PageNumber = 1
) -> TableBody:
    season = seasons.find_for(session, slug, None)
    if season.format != Format.LEAGUE:
        raise NotYours
    public = releases_of(session, season.id, now)
    counted = [each for each in challenges.challenges_of(session, season.id, now) if each.id in public]
    lines = league.table_of(session, season.id, counted)
    member = reader_with(viewer, TokenScope.TEAM)
    own = team_of(session, season.id, member) if member else None
    return TableBody(
        challenges=[each.number for each in counted], total=len(lines), next=next_page(request, page, len(lines)),
        items=[
            TableLine(
                place=row.place, shared=row.shared, team=row.team, places=list(row.places), is_own=row.is_own,
                points=row.points,
            )
            for row in (PublicLine.of(line, own.id if own else None) for line in part(lines, page))
        ],
    )  # fmt: skip


ROUTES = [show, table]
