"""Everything below /api, by word: what programs read, and how it is described to them and to people."""

from typing import Any

from app.routes.api import challenges, desk, index, organizers, seasons, standings, team

ROUTES: list[Any] = [
    route for module in (seasons, challenges, standings, team, desk, organizers, index) for route in module.ROUTES
]
