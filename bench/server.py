"""The whole site as a user starts it, on a scratch folder and free ports: its start, and its memory."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil


class Site:
    """`charrette run` as a child; `seconds` is how long it took until it said that it is ready."""

    def __init__(self, folder: Path, demo: bool) -> None:
        port, store = free_port(8700), free_port(18700)
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CHARRETTE_")},
            "CHARRETTE_DATA_DIR": str(folder),
            "CHARRETTE_PORT": str(port),
            "CHARRETTE_S3_PORT": str(store),
            "CHARRETTE_DEMO": str(demo).lower(),
            "CHARRETTE_LOG_LEVEL": "warning",
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
        parts: dict[str, float] = {}
        for process in [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]:
            words = " ".join(process.cmdline())
            part = (
                "files"
                if "weed" in words
                else "worker"
                if " work" in words
                else "web"
                if "serve" in words
                else "supervisor"
            )
            parts[part] = parts.get(part, 0) + process.memory_info().rss / 2**20
        return parts

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)


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
