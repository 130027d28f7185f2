"""Swaps: drawing who goes on from whose design, and the files that an entry received."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from app.deps import Me, Now, Request, Session, Store
from app.doors import organizer_of_season, participant_of_season
from app.pages import Page, Redirect, ToStore, page, see
from challenges import challenges, entries, seasons, swaps

CHALLENGE = "/seasons/{slug:str}/challenges/{number:int}"


@get(f"{CHALLENGE}/swap", guards=[organizer_of_season], sync_to_thread=True)
def show(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Page:
    season = seasons.find_season(session, slug)
    challenge = challenges.find_for(session, season, number, me.person.id, now)
    return page(
        request, "web/swaps/show.html", season=season, challenge=challenge,
        swaps=swaps.swaps_of(session, challenge.id),
        earlier=session.get(challenges.Challenge, challenge.builds_on) if challenge.builds_on else None,
        teams={entry.id: team.name for entry, team in entries.entries_of(session, season.id)},
    )  # fmt: skip


@post(f"{CHALLENGE}/swap", guards=[organizer_of_season], redraw=show, sync_to_thread=True)
def draw(request: Request, session: Session, me: Me, now: Now, slug: FromPath[str], number: FromPath[int]) -> Redirect:
    challenge = challenges.find_for(session, seasons.find_season(session, slug), number, me.person.id, now)
    swaps.draw(session, challenge, me.person, now)
    return see(request, f"/seasons/{slug}/challenges/{number}/swap", notice="Drawn. Teams see it with the release.")


@get(f"{CHALLENGE}/received/{{file_id:uuid}}", guards=[participant_of_season], sync_to_thread=True)
def received(
    session: Session, store: Store, me: Me, now: Now,
    slug: FromPath[str], number: FromPath[int], file_id: FromPath[UUID],
) -> ToStore:  # fmt: skip
    season = seasons.find_for(session, slug, me.person.id)
    challenge = challenges.find_for(session, season, number, None, now)
    entry, _ = entries.entry_for(session, season.id, me.person.id)
    file = swaps.find_file_for(session, challenge, entry.id, file_id, now)
    return ToStore(store.reading_url(file.key, file.store_version_id, file.file_name, file.content_type, inline=False))


ROUTES = [show, draw, received]
