"""Every route of the site, by the word of its module."""

from app.routes import (
    account,
    briefs,
    challenges,
    deadlines,
    demo,
    feedback,
    glossary,
    health,
    history,
    letters,
    panels,
    people,
    scoring,
    seasons,
    signins,
    standings,
    styleguide,
    submissions,
    swaps,
    teams,
    versions,
)

MODULES = (
    seasons, challenges, briefs, deadlines, swaps, teams, submissions, versions, people, panels, scoring, standings,
    feedback, letters, history, signins, account, glossary, demo, health, styleguide,
)  # fmt: skip
ROUTES = [route for module in MODULES for route in module.ROUTES]
