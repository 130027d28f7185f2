"""Navigation: where somebody can go from a page, by what they are in its season."""

from collections.abc import Iterable
from uuid import UUID

from app.auth import Viewer
from challenges.formats import Format
from challenges.seasons import RoleKind, Season
from challenges.versions import VersionFile

Links = list[tuple[str, str]]


def file_links(version_id: UUID, files: Iterable[VersionFile]) -> list[str]:
    """Where each file of a version is opened."""
    return [f"/versions/{version_id}/files/{file.id}" for file in files]


def site_links(viewer: Viewer | None) -> Links:
    """Outside any season."""
    links = [("Seasons", "/")]
    if viewer and viewer.is_somewhere(RoleKind.JUDGE):
        links.append(("My desk", "/desk"))
    return links


def season_links(viewer: Viewer | None, season: Season) -> Links:
    """Within a season; the pages of its organizers are named to nobody else."""
    home = f"/seasons/{season.slug}"
    links = [("Season", home), ("Teams", f"{home}/teams"), ("Rules", f"{home}/rules")]
    if season.format == Format.LEAGUE:
        links.insert(2, ("Table", f"{home}/table"))
    if viewer and viewer.is_in(season.id, RoleKind.JUDGE):
        links.append(("My desk", "/desk"))
    if viewer and (viewer.is_in(season.id, RoleKind.ORGANIZER) or viewer.is_in(season.id, RoleKind.JUDGE)):
        links.append(("Questions", f"{home}/clarifications"))
    if viewer and viewer.is_in(season.id, RoleKind.ORGANIZER):
        links += [
            ("Run sheet", f"{home}/run-sheet"), ("Entries", f"{home}/entries"), ("People", f"{home}/people"),
            ("Outbox", f"{home}/outbox"), ("History", f"{home}/history"),
        ]  # fmt: skip
    return links
