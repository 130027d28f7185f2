"""Every route of the site, by the word of its module."""

from app.routes import (
    account,
    briefs,
    calendars,
    challenges,
    clarifications,
    deadlines,
    demo,
    entries,
    feedback,
    feeds,
    glossary,
    health,
    history,
    league,
    letters,
    mailings,
    panels,
    people,
    rewordings,
    scoring,
    seasons,
    signins,
    standings,
    styleguide,
    submissions,
    swaps,
    teams,
    terms,
    versions,
)

MODULES = (
    seasons, challenges, clarifications, briefs, rewordings, deadlines, swaps, teams, entries, terms, submissions, versions,
    people, panels, scoring, standings, league, feedback, letters, mailings, history, signins, account, calendars,
    feeds, glossary, demo, health, styleguide,
)  # fmt: skip
ROUTES = [route for module in MODULES for route in module.ROUTES]
