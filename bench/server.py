"""The whole site as a user starts it, on a scratch folder and free ports: its start, and its memory."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

PARTS = {"weed": "files", " work": "worker", "serve": "web"}
"""By what their command says, the parts of the tree; the rest is the supervisor."""


class Site:
    """`charrette run` as a child; `seconds` is how long it took until it said that it is ready."""

    def __init__(self, folder: Path, demo: bool, workers: int = 1, database_url: str = "") -> None:
        port, store = free_port(8700), free_port(18700)
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CHARRETTE_")},
            "CHARRETTE_DATA_DIR": str(folder),
            "CHARRETTE_PORT": str(port),
            "CHARRETTE_S3_PORT": str(store),
            "CHARRETTE_DEMO": str(demo).lower(),
            "CHARRETTE_LOG_LEVEL": "warning",
            "CHARRETTE_WORKERS": str(workers),
            "CHARRETTE_DATABASE_URL": database_url,
        }
        began = time.perf_counter()
        command = [sys.executable, "-m", "app.cli", "run"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not self.is_ready():
            if self.process.poll() is not None or time.perf_counter() - began > 120:
                raise RuntimeError(f"the site did not start; try: {' '.join(command)}")
            time.sleep(0.02)
        self.seconds = time.perf_counter() - began

    def is_ready(self) -> bool:
        try:
            return httpx.get(self.url + "/health/ready", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def memory(self) -> dict[str, float]:
        """Resident MiB by part of the tree."""
        return self.by_part(lambda process: process.memory_info().rss / 2**20)

    def idle(self, seconds: float) -> dict[str, float]:
        """By part of the tree, its share of a core while nobody asks for anything."""
        time.sleep(5)  # what starting left to be done
        before = self.by_part(spent)
        time.sleep(seconds)
        return {part: (after - before.get(part, 0)) / seconds for part, after in self.by_part(spent).items()}

    def by_part(self, measure: Callable[[psutil.Process], float]) -> dict[str, float]:
        parts: dict[str, float] = {}
        tree = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for process in tree:
            words = " ".join(process.cmdline())
            part = next((part for sign, part in PARTS.items() if sign in words), "supervisor")
            parts[part] = parts.get(part, 0) + measure(process)
        return parts

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def free_port(first: int) -> int:
    """A port with its four neighbours free, and those 10,000 above."""
    for port in range(first, first + 1000, 10):
        try:
            for each in [*range(port, port + 5), *range(port + 10_000, port + 10_005)]:
                with socket.socket() as trial:
                    trial.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port
    raise RuntimeError("no free ports")
