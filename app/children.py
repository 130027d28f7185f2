"""The children of the supervisor: how one is started, heard, restarted and stopped."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TextIO

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
STEADY_SECONDS = 30.0
MOST_FAILURES = 5


@dataclass(frozen=True)
class Child:
    """What is to run. `title` stands in sentences, `ready` answers once others may rely on it."""

    name: str
    title: str
    command: tuple[str, ...]
    ready: Callable[[], bool] = lambda: True
    shows: Callable[[str], bool] = lambda line: True
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10.0
    colour: int = 36


class Console:
    """Standard output, one whole line at a time whoever speaks."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.lock = threading.Lock()
        self.colourful = out.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str = "") -> None:
        # whoever listened may be gone; the site goes on
        with suppress(OSError, ValueError), self.lock:
            self.out.write(text + "\n")
            self.out.flush()

    def line_of(self, child: Child, line: str) -> None:
        prefix = f"{child.name:<6} |"
        self.say(f"\x1b[{child.colour}m{prefix}\x1b[0m {line}" if self.colourful else f"{prefix} {line}")


class Running:
    """One child in life: its process, how often it fell, and its last words."""

    def __init__(self, child: Child, console: Console) -> None:
        self.child = child
        self.console = console
        self.process: subprocess.Popen[bytes] | None = None
        self.listener: threading.Thread | None = None
        self.last_words: deque[str] = deque(maxlen=12)
        self.started_at = 0.0
        self.failures = 0
        self.rises_at: float | None = None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches it through us and in our order. Main thread only."""
        self.last_words.clear()
        self.rises_at = None
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - what runs stands in app/supervisor.py
            leashed(self.child.command),
            env={**os.environ, **self.child.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.listener = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        self.listener.start()

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> bool:
        """Notice a fall and start it again when its pause is over. False: it fell too often."""
        if self.is_up():
            return True
        if self.rises_at is None:
            self._fall()
            if self.failures > MOST_FAILURES:
                return False
        if self.rises_at is not None and time.monotonic() >= self.rises_at:
            self.start()
        return True

    def tell_last_words(self) -> None:
        """What it said last and was not shown: now it matters."""
        for line in [line for line in self.last_words if not self.child.shows(line)]:
            self.console.line_of(self.child, line)

    def ask_to_stop(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End what is left of it, its own children too."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        if self.listener is not None:
            self.listener.join(timeout=1)

    def _fall(self) -> None:
        assert self.process is not None  # noqa: S101
        if self.listener is not None:
            self.listener.join(timeout=1)
        self._signal(signal.SIGKILL)
        if time.monotonic() - self.started_at > STEADY_SECONDS:
            self.failures = 0
        self.failures += 1
        pause = min(FIRST_PAUSE * 2 ** (self.failures - 1), LONGEST_PAUSE)
        self.rises_at = time.monotonic() + pause
        self.tell_last_words()
        if self.failures <= MOST_FAILURES:
            ended = how_it_ended(self.process.returncode)
            self.console.say(f"The {self.child.title} {ended}. Starting it again in {pause:g} s.")

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)  # its session is its process group

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101
        with process.stdout as words:
            for raw in iter(words.readline, b""):
                line = raw.decode(errors="replace").rstrip()
                self.last_words.append(line)
                if self.child.shows(line):
                    self.console.line_of(self.child, line)


def leashed(command: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "app.leash", str(os.getpid()), *command]


def how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
