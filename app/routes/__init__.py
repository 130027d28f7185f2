"""Every route of the site, by the word of its module."""

from app.routes import (
    account,
    challenges,
    demo,
    feedback,
    glossary,
    health,
    history,
    letters,
    panels,
    scoring,
    seasons,
    signins,
    standings,
    styleguide,
    submissions,
    teams,
    versions,
)

MODULES = (
    seasons, challenges, teams, submissions, versions, panels, scoring, standings, feedback, letters, history,
    signins, account, glossary, demo, health, styleguide,
)  # fmt: skip
ROUTES = [route for module in MODULES for route in module.ROUTES]
