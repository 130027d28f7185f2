"""Everything below /api, by word: what programs read, and how it is described to them and to people."""

from typing import Any

from app.routes.api import index

ROUTES: list[Any] = [route for module in (*index.MODULES, index) for route in module.ROUTES]
