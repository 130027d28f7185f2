"""The watch: looks every 30 seconds at what people see of the site, and writes down whether it answers."""

import json
import logging
import time
import urllib.error
import urllib.request

from app.clock import Clock
from app.db import Database
from app.settings import Settings
from challenges import outages

log = logging.getLogger(__name__)

EVERY_SECONDS = 30
ANSWER_SECONDS = 2
OFF = "off"

# Straight there: a proxy of this machine for the way out would measure itself.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Watch:
    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._url = "" if settings.probe_url == OFF else f"{settings.probe_url or settings.url}/health/ready"
        self._clock = clock
        self._looked_at = -float(EVERY_SECONDS)

    def look(self, database: Database) -> None:
        """Every 30 seconds of real time, whatever the clock of a demo says; between them at no cost."""
        if not self._url or time.monotonic() - self._looked_at < EVERY_SECONDS:
            return
        self._looked_at = time.monotonic()
        trouble = trouble_at(self._url)
        with database.writing() as session:
            if trouble:
                outages.note_down(session, trouble)
            else:
                outages.note_up(session, self._clock.now(), self._clock.lead)
        if trouble:
            log.warning("the site is not well: %s", trouble)


def trouble_at(url: str) -> str:
    """What is wrong there, in words for people; empty where all is well."""
    try:
        with _opener.open(url, timeout=ANSWER_SECONDS) as answer:
            return "" if answer.status == 200 else f"It answered with status {answer.status}."
    except urllib.error.HTTPError as answer:
        return f"It answered with status {answer.code}{_parts_down(answer)}."
    except (OSError, ValueError):
        return f"It did not answer within {ANSWER_SECONDS} seconds."


def _parts_down(answer: urllib.error.HTTPError) -> str:
    """Which of its parts it calls down itself."""
    try:
        parts = json.loads(answer.read(10_000))["parts"]
        down = sorted(name for name, state in parts.items() if state != "ok")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f": down are {', '.join(down)}" if down else ""
