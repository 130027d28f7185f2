"""The house: the whole site as it runs for people: granian and the worker as processes, SeaweedFS, a mail server."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from tests.servers import MailSink, Seaweed, free_ports

CHARRETTE = [sys.executable, "-m", "app.cli"]
PATIENCE = 30.0
T = TypeVar("T")


class House:
    def __init__(self, folder: Path, seaweed: Seaweed, sink: MailSink | None, **over: str) -> None:
        """Without a mail server the letters are read on the mailbox page."""
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        given = {
            "port": port, "data_dir": folder, "secret": "s" * 32, "demo": "true", "threads": 8,
            "s3_endpoint": seaweed.endpoint, "s3_access_key": seaweed.access_key,
            "s3_secret_key": seaweed.secret_key, "s3_bucket": f"house-{uuid4().hex[:12]}",
        }  # fmt: skip
        if sink:
            given |= {"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_security": "none"}
            given |= {"mail_from": "Charrette <post@charrette.example>"}
        settings = {f"CHARRETTE_{name.upper()}": str(value) for name, value in {**given, **over}.items() if value}
        self.environment = {**os.environ, **settings}

    def charrette(self, *words: str) -> str:
        """A command, as an organizer types it; gives what it says."""
        done = subprocess.run(
            [*CHARRETTE, *words], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"charrette {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def open(self) -> Iterator["House"]:
        """Web and worker run meanwhile; whatever they complained about fails the journey."""
        processes = [self._start(word) for word in ("work", "serve")]
        try:
            wait_for(self._answers, "the house to answer", 3 * PATIENCE, self.told)
            yield self
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _start(self, word: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{word}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "app.leash", str(os.getpid()), *CHARRETTE, word],
                env=self.environment, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def _answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(f"{self.url}/health/ready", timeout=2).status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def told(self) -> str:
        """The last words of web and worker."""
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in sorted(self.folder.glob("*.log")))

    def complaints(self) -> list[str]:
        """Lines of the log that say that something went wrong, after the house was open."""
        lines = [line for file in self.folder.glob("*.log") for line in file.read_text(errors="replace").splitlines()]
        loud = ("[error", "[critical", "Traceback")
        return [line for line in lines if any(word in line for word in loud) and "/health/ready" not in line]


def wait_for(
    found: Callable[[], T | None], what: str, seconds: float = PATIENCE,
    on_failure: Callable[[], Any] | None = None, pause: float = 0.05,
) -> T:  # fmt: skip
    """Ask again until there is an answer; whoever waits in vain says for what."""
    until = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < until, f"waited {seconds:g} s for {what}\n{on_failure() if on_failure else ''}"
        time.sleep(pause)
    return answer
