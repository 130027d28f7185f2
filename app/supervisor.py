"""`charrette run`: one process that owns the rest. It starts them in order, hears them, and leaves none behind."""

import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NoReturn

from app import seaweed
from app.children import Child, Console, Running, leashed
from app.settings import Settings, store_ports, unusable

ENDINGS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
LISTENED_FOR = ENDINGS | {signal.SIGCHLD}
LEAST_FREE_BYTES = 300 * 1024 * 1024
READY_SECONDS = 60.0
PORT_PATIENCE = 3.0  # children of a supervisor that was killed let go of their ports in this time
CHARRETTE = (sys.executable, "-m", "app.cli")


class CannotRun(Exception):
    """Why there is no site, in a sentence that says what to do."""


class Ended(Exception):
    """Ctrl-C, or a signal that means the same."""


class Supervisor:
    """Children in the order in which they need each other. Lives in the main thread, which waits for signals."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.running: list[Running] = []

    @contextmanager
    def responsible(self) -> Iterator[None]:
        """Whatever happens inside, at the end no child is left."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, LISTENED_FOR)
        try:
            yield
        finally:
            self.stop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def start(self, child: Child) -> None:
        running = Running(child, self.console)
        self.running.append(running)
        running.start()

    def wait_until_ready(self, *children: Child, seconds: float = READY_SECONDS) -> None:
        late = time.monotonic() + seconds
        for child in children:
            while not child.ready():
                if time.monotonic() > late:
                    raise CannotRun(
                        f"The {child.title} did not answer within {seconds:g} s. What it said stands above."
                    )
                self.pause(0.05)

    def do(self, what: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Run one command to its end with our own output as its output, so that it can draw its progress."""
        process = subprocess.Popen(  # noqa: S603 - our own commands, see below
            leashed(tuple(command)), env={**os.environ, **environment}, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            while process.poll() is None:
                self.pause(0.2)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode:
            raise CannotRun(f"{what} did not work out (exit code {process.returncode}); the reason stands above.")

    def tend(self) -> NoReturn:
        """Until the end: start again what falls."""
        while True:
            self.pause(1.0)

    def pause(self, seconds: float) -> None:
        """Let time pass: an ending ends it, and a child that fell or whose pause is over is seen to."""
        came = signal.sigtimedwait(LISTENED_FOR, min([seconds, *self._pauses()]))
        if came is not None and came.si_signo in ENDINGS:
            raise Ended
        for running in self.running:
            if not running.tend():
                raise CannotRun(
                    f"The {running.child.title} fell {running.failures} times in a row, so everything was stopped. "
                    "Its last words stand above."
                )

    def stop(self) -> None:
        """Stop the children, the last one started first. A second Ctrl-C does not wait for them."""
        for running in reversed(self.running):
            if running.is_up():
                running.ask_to_stop()
                self._wait_for_the_end_of(running)
            running.kill()
        self.running.clear()

    def _wait_for_the_end_of(self, running: Running) -> None:
        late = time.monotonic() + running.child.grace
        while running.is_up() and time.monotonic() < late:
            came = signal.sigtimedwait(LISTENED_FOR, 0.2)
            if came is not None and came.si_signo in ENDINGS:
                return
        if running.is_up():
            self.console.say(f"The {running.child.title} did not stop within {running.child.grace:g} s and was ended.")

    def _pauses(self) -> list[float]:
        now = time.monotonic()
        return [max(running.rises_at - now, 0.01) for running in self.running if running.rises_at is not None]


def run(settings: Settings) -> int:
    """Run the whole site until Ctrl-C; gives the exit code."""
    return govern(settings.data_dir, lambda supervisor: raise_the_house(settings, supervisor))


def govern(data_dir: Path, raise_house: Callable[[Supervisor], None]) -> int:
    """Hold the data folder, let the house be raised, and tend it; gives the exit code, with nothing left running."""
    supervisor = Supervisor(Console(sys.stdout))
    try:
        with hold(data_dir), supervisor.responsible():
            raise_house(supervisor)
            supervisor.tend()
    except Ended:
        supervisor.console.say("Everything is stopped.")
        return 0
    except (CannotRun, seaweed.SeaweedMissing) as reason:
        sentence = str(reason)
    except OSError as error:
        sentence = unusable(data_dir, error)
    print(f"\n{sentence}", file=sys.stderr, flush=True)  # noqa: T201
    return 1


def raise_the_house(settings: Settings, supervisor: Supervisor) -> None:
    """Everything from the ground up; returns when the site answers."""
    began = time.monotonic()

    def step(words: str) -> None:
        supervisor.console.say(f"  {time.monotonic() - began:5.1f} s  {words}")

    demo = settings.runs_as_demo
    environment = {"CHARRETTE_DEMO": str(demo).lower(), "CHARRETTE_DATA_DIR": str(settings.data_dir)}
    first_start = not (settings.data_dir / "charrette.sqlite").exists()
    check_space(settings.data_dir)
    check_ports(settings)
    files, web, worker = children(settings, environment)
    if settings.embedded_store:
        step("file store")
        supervisor.start(files)
    if not is_up_to_date(settings):
        step("database, brought up to date")
        supervisor.do("Bringing the database up to date", [*CHARRETTE, "migrate"], environment)
    if settings.embedded_store:
        supervisor.wait_until_ready(files)
    if demo and (first_start or not (settings.data_dir / "demo.json").exists()):
        step("demo season: on the first start only")
        supervisor.do("Loading the demo season", [*CHARRETTE, "demo", "--if-empty"], environment)
    step("worker and web")
    supervisor.start(worker)
    supervisor.start(web)
    supervisor.wait_until_ready(web)
    supervisor.console.say(banner(settings, demo, time.monotonic() - began))


def is_up_to_date(settings: Settings) -> bool:
    """True where the SQLite file names the newest migration: no need to load the whole domain to find that out."""
    if settings.founders or not settings.database_url.startswith("sqlite"):
        return False
    newest = max((Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py")).name.partition("_")[0]
    try:
        with closing(
            sqlite3.connect(f"file:{settings.database_url.removeprefix('sqlite:///')}?mode=ro", uri=True)
        ) as file:
            return file.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]
    except sqlite3.Error:
        return False


def children(settings: Settings, environment: dict[str, str]) -> tuple[Child, Child, Child]:
    files = Child(
        "files",
        "file store",
        seaweed.command(settings) if settings.embedded_store else (),
        ready=lambda: seaweed.answers(settings),
        shows=lambda line: False,  # it writes files/log; its last words are told when it falls
        colour=33,
    )
    health = f"http://{reachable(settings.host)}:{settings.port}/health/ready"
    asked = threading.Event()  # we ask until it is ready, and nobody needs to read of that

    def ready() -> bool:
        if seaweed.gives_200(health):
            asked.set()
        return asked.is_set()

    web = Child(
        "web",
        "web",
        (*CHARRETTE, "serve"),
        ready=ready,
        shows=lambda line: asked.is_set() or "health" not in line,
        environment=environment,
        colour=36,
    )
    worker = Child("worker", "worker", (*CHARRETTE, "work"), environment=environment, grace=20.0, colour=35)
    return files, web, worker


def reachable(host: str) -> str:
    """The address at which a listener on `host` can be asked from here."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


ANOTHER_FOLDER = "stop that one first, or set CHARRETTE_DATA_DIR to another folder."


@contextmanager
def hold(data_dir: Path, advice: str = ANOTHER_FOLDER) -> Iterator[None]:
    """One supervisor per data folder; the lock goes with the process, however it ends."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = (data_dir / "lock").open("a+")
    except OSError as error:
        raise CannotRun(unusable(data_dir, error)) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotRun(
                f"Charrette is already running on {data_dir} (process {file.read().strip() or 'unknown'}): {advice}"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def check_space(data_dir: Path) -> None:
    free = shutil.disk_usage(data_dir).free
    if free < LEAST_FREE_BYTES:
        raise CannotRun(
            f"The disk that holds {data_dir} has only {free // 2**20} MiB left: make room (300 MiB or more), "
            "or set CHARRETTE_DATA_DIR to a folder on another disk."
        )


def check_ports(settings: Settings) -> None:
    wanted = [(settings.host, settings.port, "CHARRETTE_PORT")]
    if settings.embedded_store:
        wanted += [(seaweed.HOST, port, "CHARRETTE_S3_PORT") for port in store_ports(settings.s3_port)]
    patience = time.monotonic() + PORT_PATIENCE
    for host, port, name in wanted:
        while (why := cannot_listen(host, port)) is not None:
            if time.monotonic() > patience:
                raise CannotRun(
                    f"Port {port} on {host} cannot be used ({why}): stop the program that has it, "
                    f"or set {name} to another port."
                )
            time.sleep(0.1)


def cannot_listen(host: str, port: int) -> str | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None


def banner(settings: Settings, demo: bool, seconds: float) -> str:
    lines = ["", f"  Charrette is ready at {settings.url} ({seconds:.1f} s)", ""]
    if demo and (cast := read_cast(settings.data_dir / "demo.json")):
        lines += ["  Sign in as one of the demo cast; the sign-in page offers them by name:"]
        width = max(len(name) for name, _ in cast) + 2
        lines += [f"    {name:<{width}}{role}" for name, role in cast]
        lines += [""]
    if not settings.smtp_host:
        lines += [f"  Letters   {settings.url}/mailbox (no mail server is set)"]
    lines += [f"  Data      {settings.data_dir}", "  Stop      Ctrl-C", ""]
    return "\n".join(lines)


def read_cast(file: Path) -> list[tuple[str, str]]:
    """Who is in the demo season, as `charrette demo` noted it when it loaded the season."""
    try:
        return [(one["name"], one["role"]) for one in json.loads(file.read_text())["cast"]]
    except (OSError, ValueError, KeyError):
        return []


OURS: tuple[str, ...] = (
    "charrette.sqlite", "charrette.sqlite-wal", "charrette.sqlite-shm", "jobs.sqlite", "jobs.sqlite-wal",
    "jobs.sqlite-shm", "files", "store-keys.json", "secret", "clock", "demo.json", "lock",
)  # fmt: skip


def clean(settings: Settings, say: Callable[[str], None]) -> None:
    """Remove from the data folder what is ours, and nothing else. Refused while the site runs."""
    data_dir = settings.data_dir
    with hold(data_dir, "stop that one first, because it works with what would be removed."):
        removed = [name for name in OURS if (data_dir / name).exists()]
        for name in removed:
            thing = data_dir / name
            say(f"  removing {thing}")
            if thing.is_dir():
                shutil.rmtree(thing)
            else:
                thing.unlink()
    left = sorted(thing.name for thing in data_dir.iterdir())
    say(f"{data_dir} is empty now." if not left else f"Left in {data_dir}, not ours: {', '.join(left)}.")
