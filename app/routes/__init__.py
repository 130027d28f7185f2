"""Every route of the site, by the word of its module."""

from app.routes import account, demo, health, signins, styleguide

ROUTES = [*signins.ROUTES, *account.ROUTES, *demo.ROUTES, *health.ROUTES, *styleguide.ROUTES]
