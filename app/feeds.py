"""Feeds: what has become public in a season, newest first (Atom), and which pages of the site are public."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, tostring

from sqlmodel import Session, col, select

from app.filters import count, instant, markdown
from challenges.briefs import Brief
from challenges.challenges import Challenge, every_challenge_of, released_by
from challenges.clarifications import answered_of
from challenges.deadlines import Extension
from challenges.seasons import Season, announced
from judging.releases import FeedbackRelease, releases_of

MOST = 50
ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True)
class News:
    """Something that everybody may know since `at`. Its id never changes, whatever its title becomes."""

    id: UUID
    at: datetime
    title: str
    html: str
    path: str


def season_feed(session: Session, season: Season, url: str, now: datetime) -> bytes:
    """Nothing stands in it before its instant, and its own date is that of the newest entry."""
    home = f"/seasons/{season.slug}"
    news = sorted(news_of(session, season, now), key=lambda one: (one.at, str(one.id)), reverse=True)[:MOST]
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _add(feed, "id", f"urn:uuid:{season.id}")
    _add(feed, "title", season.title)
    _add(feed, "updated", _written(news[0].at if news else season.created_at))
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{url}{home}/feed.atom"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{url}{home}"})
    _add(SubElement(feed, "author"), "name", season.title)
    for one in news:
        entry = SubElement(feed, "entry")
        # The season itself has the id of the feed; an entry is a thing of its own.
        _add(entry, "id", f"urn:uuid:{one.id}" if one.id != season.id else f"urn:uuid:{one.id}#announced")
        _add(entry, "title", one.title)
        _add(entry, "updated", _written(one.at))
        _add(entry, "published", _written(one.at))
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": f"{url}{one.path}"})
        _add(entry, "content", one.html, type="html")
    return bytes(tostring(feed, "utf-8", xml_declaration=True))


def news_of(session: Session, season: Season, now: datetime) -> Iterator[News]:
    """What everybody may know at this instant, in no order."""
    home = f"/seasons/{season.slug}"
    if season.announced_at is None or season.announced_at > now:
        return
    yield News(season.id, season.announced_at, f"{season.title} is announced", str(markdown(season.story)), home)
    public = {each.id: each for each in every_challenge_of(session, season.id) if each.is_released(now)}
    first_due_at = {challenge.id: challenge.due_at for challenge in public.values()}
    for extension in _moves(session, public, now):
        challenge, then = public[extension.challenge_id], first_due_at[extension.challenge_id]
        first_due_at[challenge.id] -= timedelta(minutes=extension.minutes)
        yield News(
            extension.id, extension.granted_at,
            f"Challenge {challenge.number}: {count(extension.minutes, 'minute')} more for everybody",
            str(markdown(f"{_due(then, season)}\n\n{extension.reason}")), f"{home}/challenges/{challenge.number}",
        )  # fmt: skip
    for challenge in public.values():
        words = f"{challenge.summary}\n\n{_due(first_due_at[challenge.id], season)}"
        yield News(
            challenge.id, challenge.release_at or now, f"Challenge {challenge.number} is open: {challenge.title}",
            str(markdown(words)), f"{home}/challenges/{challenge.number}",
        )  # fmt: skip
    yield from _amendments(session, public, home, now)
    for one in answered_of(session, season.id, now):
        yield News(
            one.id, one.at, f"Challenge {one.challenge}: clarification {one.number}",
            str(markdown(f"{_quoted(one.question)}\n\n{one.answer}")), f"{home}/challenges/{one.challenge}",
        )  # fmt: skip
    for challenge_id, release in releases_of(session, season.id, now).items():
        if challenge_id in public and release.public_at:
            challenge = public[challenge_id]
            yield News(
                release.id, release.public_at, f"The results of challenge {challenge.number} are out", "",
                f"{home}/challenges/{challenge.number}/standings",
            )  # fmt: skip


def _amendments(session: Session, public: dict[UUID, Challenge], home: str, now: datetime) -> Iterator[News]:
    amended = select(Brief).where(col(Brief.challenge_id).in_(public), Brief.number > 1, Brief.written_at <= now)
    for brief in session.exec(amended):
        challenge = public[brief.challenge_id]
        yield News(
            brief.id, brief.written_at, f"Challenge {challenge.number} is amended (amendment {brief.amendment})",
            str(markdown(brief.note)), f"{home}/challenges/{challenge.number}",
        )  # fmt: skip


def _moves(session: Session, public: dict[UUID, Challenge], now: datetime) -> list[Extension]:
    """Of due instants, the latest first: so each can be told as it was then, and an entry never changes."""
    for_all = select(Extension).where(
        col(Extension.challenge_id).in_(public), col(Extension.entry_id).is_(None), Extension.granted_at <= now
    )
    return list(session.exec(for_all.order_by(col(Extension.granted_at).desc(), col(Extension.id))))


def _due(at: datetime, season: Season) -> str:
    return f"Hand in before {instant(at, season.zone)}, {instant(at)}."


def sitemap(session: Session, url: str, now: datetime) -> bytes:
    """Every page that anybody may read without signing in, and no other."""
    top = Element("urlset", {"xmlns": SITEMAP})
    for path in public_paths(session, now):
        _add(SubElement(top, "url"), "loc", f"{url}{path}")
    return bytes(tostring(top, "utf-8", xml_declaration=True))


def public_paths(session: Session, now: datetime) -> Iterator[str]:
    yield from ("/", "/glossary")
    seasons = announced(session)
    released = _by_season(session.exec(select(Challenge).where(released_by(now)).order_by(col(Challenge.number))))
    public = set(session.exec(select(FeedbackRelease.challenge_id).where(col(FeedbackRelease.public_at) <= now)))
    for season in seasons:
        home = f"/seasons/{season.slug}"
        yield from (home, f"{home}/teams")
        for challenge in released.get(season.id, ()):
            yield f"{home}/challenges/{challenge.number}"
            if challenge.id in public:
                yield f"{home}/challenges/{challenge.number}/standings"


def _by_season(challenges: Iterable[Challenge]) -> dict[UUID, Sequence[Challenge]]:
    found: dict[UUID, list[Challenge]] = {}
    for challenge in challenges:
        found.setdefault(challenge.season_id, []).append(challenge)
    return dict(found)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = "".join(char for char in text if char.isprintable() or char in "\n\t")


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
