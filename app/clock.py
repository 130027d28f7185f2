"""The time of day. Only a demo or a development site has a second clock, which can be set forward and never back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.settings import Settings
from challenges.files import StoredFile
from challenges.refusals import Refusal

FURTHEST = timedelta(days=50)


class Clock:
    """`now()` is the instant in UTC. The demo clock's lead is a file, so that web, worker and commands agree."""

    def __init__(self, settings: Settings) -> None:
        self._file = Path(settings.data_dir) / "clock" if settings.demo or settings.development else None
        self._read_at = 0
        self._lead = timedelta()

    @property
    def may_be_set(self) -> bool:
        return self._file is not None

    def now(self) -> datetime:
        return datetime.now(UTC) + self.lead

    @property
    def lead(self) -> timedelta:
        """How far ahead of the real time this clock is."""
        if self._file is None:
            return timedelta()
        try:
            changed_at = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return timedelta()
        if changed_at != self._read_at:
            self._lead, self._read_at = lead_in(self._file), changed_at
        return self._lead

    def of_store(self, stored: StoredFile | None) -> StoredFile | None:
        """The store keeps the real time; beside a clock that was set forward its instants move along."""
        return stored and replace(stored, arrived_at=stored.arrived_at + self.lead)

    def forward(self, step: timedelta) -> None:
        """Set the demo clock forward by a step."""
        self.set_to(self.now() + step)

    def set_to(self, instant: datetime) -> None:
        """Set the demo clock forward to an instant. Work that waits for it is then due."""
        if self._file is None:
            raise Refusal("Only the clock of a demo can be set.")
        if instant < self.now():
            raise Refusal("The clock of the demo only goes forward. Empty the demo to begin again.", field="instant")
        lead = instant - datetime.now(UTC)
        if lead > FURTHEST:
            raise Refusal(f"The clock of the demo goes at most {FURTHEST.days} days ahead.", field="instant")
        written = self._file.with_suffix(".new")
        written.write_text(f"{lead.total_seconds()}\n")
        written.replace(self._file)


def lead_in(file: Path) -> timedelta:
    try:
        return min(max(timedelta(seconds=float(file.read_text())), timedelta()), FURTHEST)
    except (OSError, ValueError, OverflowError):
        return timedelta()
