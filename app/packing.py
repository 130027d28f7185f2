"""Packing: challenge packs on their way into a season and out of one, for the command line."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from app.routes.challenges import written_deliverables
from challenges import briefs, challenges, clocks, packs, people, seasons
from challenges.challenges import Challenge, Plan
from challenges.packs import Pack
from challenges.people import Person
from challenges.refusals import NotYours, Refusal
from challenges.rewordings import texts_of
from challenges.rubrics import scales_of
from challenges.seasons import RoleKind, Season

QUARTER = timedelta(minutes=15)


def faults_in(folders: Sequence[Path]) -> list[str]:
    """A line for each fault of all these packs."""
    return [fault.within(folder) for folder in folders for fault in packs.check(folder)]


def shipped() -> Iterator[str]:
    for pack in packs.shipped():
        yield f"{pack.slug:<16}  {pack.hours:>5g} h  {pack.title}"


def read(name: str) -> Pack:
    """The pack in this folder; or the one of this name that comes with Charrette, where there is no such folder."""
    if Path(name).is_dir():
        return packs.read(Path(name))
    try:
        return packs.find(name)
    except NotYours:
        raise Refusal(f"There is no folder {name}, and no pack of that name: `charrette pack list`.") from None


def take_in(
    session: Session, pack: Pack, season: Season, by: Person, due: str, zone: str, now: datetime, most_mib: int
) -> Challenge:
    """Draft the season's next challenge from a pack. `due` is a day and a time by a clock in this zone."""
    plan = Plan(
        pack.title, pack.summary, clocks.read(due.strip().replace(" ", "T"), "due"), zone, pack.deliverables,
        pack.criteria,
    )  # fmt: skip
    try:
        challenge = challenges.draft(session, season, plan, by, now, most_mib)
    except clocks.Unclear as unclear:
        choices = "".join(f"\n  --due '{written}'  {said}" for said, written in unclear.choices)
        raise Refusal(f"{unclear.message}{choices}", field="due") from None
    briefs.write(session, challenge, pack.brief, by, now)
    return challenge


def give_out(session: Session, season: Season, number: int, folder: Path) -> Pack:
    """Write a challenge, in its newest wording, into a new folder."""
    pack = pack_of(session, _challenge(session, season, number))
    packs.write(folder, pack)
    return pack


def pack_of(session: Session, challenge: Challenge) -> Pack:
    brief = briefs.brief_of(session, challenge.id)
    if brief is None:
        raise Refusal(f"Challenge {challenge.number} has no brief yet.")
    quarters = round((challenge.due_at - (challenge.release_at or challenge.created_at)) / QUARTER)
    return Pack(
        title=challenge.title, summary=challenge.summary, brief=brief.text,
        hours=min(max(quarters, 1) / 4, packs.MOST_HOURS), deliverables=written_deliverables(session, challenge),
        criteria=texts_of(scales_of(session, challenge.rubric_version_id)),
    )  # fmt: skip


def season_called(session: Session, slug: str) -> Season:
    try:
        return seasons.find_season(session, slug)
    except NotYours:
        raise Refusal(f"There is no season {slug}. Its name here is the end of its address: /seasons/NAME.") from None


def organizer_called(session: Session, season: Season, email: str) -> Person:
    person = people.find_person(session, email)
    if person is None or not seasons.role_of(session, season.id, person.id, RoleKind.ORGANIZER):
        raise Refusal(f"{email} does not organize {season.title}. Name one of its organizers.", field="by")
    return person


def _challenge(session: Session, season: Season, number: int) -> Challenge:
    """Any, drafts too: who may use the command line reads the whole database."""
    for challenge in challenges.every_challenge_of(session, season.id):
        if challenge.number == number:
            return challenge
    raise Refusal(f"{season.title} has no challenge {number}.")
