"""The log: one line a request, one way for our own words and for libraries, and no secret in any of it."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.settings import Settings

SECRETS = re.compile(
    r"(X-Amz-(?:Signature|Credential|Security-Token)|Signature|token|code|key)=[^&\s\"']+"
    r"|(/(?:sign-in/link|invitations)/)[\w-]+"
    r"|(://[^:/\s]+:)[^@/\s]+@"
    r"|\b(chr_)[\w-]+",
    re.IGNORECASE,
)
AFTER = ("", "=…", "…", "…@", "…")
"""What stands in place of the secret, by the group that tells what it was."""
CHATTY = (
    "httpx",
    "botocore",
    "boto3",
    "urllib3",
    "s3transfer",
    "asyncio",
    "fontTools",
    "weasyprint",
    "MARKDOWN",
    "alembic",
    "multipart",
)


def without_secrets(text: str) -> str:
    """Presigned query strings, links that sign somebody in, tokens, and passwords in addresses, made harmless."""
    return SECRETS.sub(lambda found: f"{found[found.lastindex or 0]}{AFTER[found.lastindex or 0]}", text)


def clean(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secrets(value)
    return event


class Handler(logging.Handler):
    """Writes to standard error, whatever that is at the moment: it may be redirected after the start."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)  # noqa: T201
        except Exception:
            self.handleError(record)


def configure_logs(settings: Settings) -> None:
    """Send everything to standard error, as text for people or as JSON for machines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    for_people = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    last: Any = structlog.processors.JSONRenderer() if settings.log_format == "json" else for_people
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                clean,
                last,
            ],
        )
    )
    handler.set_name("charrette")
    root = logging.getLogger()
    for old in [one for one in root.handlers if one.get_name() == "charrette"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    for name in CHATTY:
        # At debug level these write addresses with signatures in them.
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
