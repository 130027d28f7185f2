"""The supervisor and its children: real processes, killed in earnest."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from app import db, seaweed, supervisor
from app.settings import Settings, store_ports
from app.supervisor import CannotRun

ROOT = Path(__file__).parents[2]
SOON = 5.0

# A house of our own: the words after the folder are "name=python source", each of which becomes a child.
HOUSE = """
import sys
from pathlib import Path
from app.children import Child
from app.supervisor import govern

def raise_house(supervisor):
    for word in sys.argv[2:]:
        name, source = word.split("=", 1)
        supervisor.start(Child(name, name, (sys.executable, "-u", "-c", source), grace=1.0))
    supervisor.console.say("all are started")

sys.exit(govern(Path(sys.argv[1]), raise_house))
"""
SLEEPS = "import time; print('here', flush=True); time.sleep(600)"
SAYS_GOODBYE = (
    "import signal, sys, time\n"
    "def end(*_): print('goodbye', flush=True); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end); print('here', flush=True); time.sleep(600)"
)
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
)
FALLS = "print('a reason to fall')"
TALKS = (
    "import sys, time\n"
    "for n in range(1500): sys.stdout.write('a' * 40); sys.stdout.flush(); sys.stdout.write('b' * 40 + chr(10))\n"
    "print('done', flush=True); time.sleep(600)"
)


def house(folder: Path, **children: str) -> subprocess.Popen[str]:
    words = [f"{name}={source}" for name, source in children.items()]
    return subprocess.Popen(
        [sys.executable, "-c", HOUSE, str(folder), *words],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@contextmanager
def cleaned_up(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    with process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], *wanted: str) -> list[str]:
    """The lines up to the one with which all wanted ones have been heard."""
    assert process.stdout
    lines: list[str] = []
    while not all(any(want in line for line in lines) for want in wanted):
        line = process.stdout.readline()
        assert line, f"ended before {wanted} was heard: {lines}"
        lines.append(line.rstrip("\n"))
    return lines


def eventually(question: Callable[[], bool], seconds: float = SOON) -> bool:
    late = time.monotonic() + seconds
    while not question():
        if time.monotonic() > late:
            return False
        time.sleep(0.02)
    return True


def family_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def free_store_port() -> int:
    for first in range(21_000, 24_000, 10):
        with ExitStack() as held:
            try:
                for port in store_ports(first):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no ten ports are free")


def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path: Path) -> None:
    with cleaned_up(house(tmp_path, one=SLEEPS, two=STUBBORN)) as process:
        heard(process, "one    | here", "two    | here")
        family = family_of(process)
        process.send_signal(signal.SIGKILL)

        assert len(family) == 2
        assert eventually(lambda: gone(family))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_ending_stops_the_last_child_first_and_is_no_failure(tmp_path: Path, ending: signal.Signals) -> None:
    with cleaned_up(house(tmp_path, one=SAYS_GOODBYE, two=SAYS_GOODBYE)) as process:
        heard(process, "one    | here", "two    | here")
        family = family_of(process)
        process.send_signal(ending)

        assert heard(process, "Everything is stopped.") == [
            "two    | goodbye",
            "one    | goodbye",
            "Everything is stopped.",
        ]
        assert process.wait(SOON) == 0
        assert gone(family)


def test_a_child_that_does_not_want_to_stop_is_ended(tmp_path: Path) -> None:
    with cleaned_up(house(tmp_path, deaf=STUBBORN)) as process:
        heard(process, "here")
        family = family_of(process)
        process.send_signal(signal.SIGINT)

        assert heard(process, "Everything") == [
            "The deaf did not stop within 1 s and was ended.",
            "Everything is stopped.",
        ]
        assert gone(family)


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    with cleaned_up(house(tmp_path, deaf=STUBBORN)) as process:
        heard(process, "here")
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)

        assert heard(process, "Everything") == ["Everything is stopped."]
        assert process.wait(SOON) == 0


def test_a_child_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with cleaned_up(house(tmp_path, one=SLEEPS)) as process:
        heard(process, "here")
        family_of(process)[0].kill()

        assert heard(process, "here") == ["The one was ended by SIGKILL. Starting it again in 0.5 s.", "one    | here"]


def test_what_a_fallen_child_left_behind_is_ended(tmp_path: Path) -> None:
    orphan = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]); time.sleep(600)"
    with cleaned_up(house(tmp_path, one=orphan)) as process:
        heard(process, "here")
        parent, child = family_of(process)
        parent.kill()

        assert eventually(lambda: gone([child]))


def test_a_child_that_falls_again_and_again_ends_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = HOUSE.replace("def raise", "import app.children as c; c.FIRST_PAUSE = 0.01\ndef raise")
    monkeypatch.setattr(sys.modules[__name__], "HOUSE", quick)
    with cleaned_up(house(tmp_path, other=SLEEPS, one=FALLS)) as process:
        output, _ = process.communicate(timeout=30)

    assert output.count("one    | a reason to fall") == 6
    assert output.count("The one ended with exit code 0. Starting it again in") == 5
    assert output.endswith("\nThe one fell 6 times in a row, so everything was stopped. Its last words stand above.\n")
    assert process.returncode == 1


def test_two_children_never_share_a_line(tmp_path: Path) -> None:
    with cleaned_up(house(tmp_path, one=TALKS, two=TALKS)) as process:
        lines = heard(process, "one    | done", "two    | done")

    assert set(lines) == {
        "all are started",
        *(f"{name}    | {words}" for name in ("one", "two") for words in ("a" * 40 + "b" * 40, "done")),
    }
    assert len(lines) == 3003


def test_a_second_supervisor_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with cleaned_up(house(tmp_path, one=SLEEPS)) as process:
        heard(process, "here")
        with cleaned_up(house(tmp_path, one=SLEEPS)) as second:
            output, _ = second.communicate(timeout=SOON)

        assert output == (
            f"\nCharrette is already running on {tmp_path} (process {process.pid}): "
            "stop that one first, or set CHARRETTE_DATA_DIR to another folder.\n"
        )
        assert second.returncode == 1
        with pytest.raises(CannotRun, match="stop that one first, because it works with what would be removed"):
            supervisor.clean(Settings(data_dir=tmp_path), print)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with cleaned_up(house(tmp_path / "file" / "var")) as process:
        output, _ = process.communicate(timeout=SOON)

    assert output == (
        f"\nThe data folder {tmp_path}/file/var cannot be used (not a directory): make room or give yourself the right "
        "to write there, or set CHARRETTE_DATA_DIR to another folder.\n"
    )
    assert process.returncode == 1


def test_a_full_disk() -> None:
    with pytest.raises(CannotRun) as refused:
        supervisor.check_space(Path("/proc"))  # a file system on which nothing is free

    assert str(refused.value) == (
        "The disk that holds /proc has only 0 MiB left: make room (300 MiB or more), "
        "or set CHARRETTE_DATA_DIR to a folder on another disk."
    )


@pytest.mark.parametrize("setting", ["CHARRETTE_PORT", "CHARRETTE_S3_PORT"])
def test_a_busy_port(tmp_path: Path, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PORT_PATIENCE", 0.0)
    first = free_store_port()
    with socket.socket() as other, socket.socket() as ours:
        other.bind(("127.0.0.1", 0 if setting == "CHARRETTE_PORT" else first + 10_003))
        other.listen()
        busy = other.getsockname()[1]
        ours.bind(("127.0.0.1", 0))
        port = busy if setting == "CHARRETTE_PORT" else ours.getsockname()[1]
        ours.close()
        with pytest.raises(CannotRun) as refused:
            supervisor.check_ports(Settings(data_dir=tmp_path, port=port, s3_port=first))

    assert str(refused.value) == (
        f"Port {busy} on 127.0.0.1 cannot be used (address already in use): stop the program that has it, "
        f"or set {setting} to another port."
    )


def test_a_database_with_the_newest_migration_is_not_migrated_again(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)

    assert not supervisor.is_up_to_date(settings)
    db.migrate(settings)
    assert supervisor.is_up_to_date(settings)
    assert not supervisor.is_up_to_date(settings.model_copy(update={"founders": ("ada@example.org",)}))


def test_clean_removes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "files" / "log").mkdir(parents=True)
    (tmp_path / "charrette.sqlite").touch()
    (tmp_path / "holiday.jpg").touch()
    said: list[str] = []

    supervisor.clean(settings, said.append)

    assert said == [
        f"  removing {tmp_path}/charrette.sqlite",
        f"  removing {tmp_path}/files",
        f"  removing {tmp_path}/secret",
        f"  removing {tmp_path}/lock",
        f"Left in {tmp_path}, not ours: holiday.jpg.",
    ]
    assert [one.name for one in tmp_path.iterdir()] == ["holiday.jpg"]


def test_the_store_keeps_its_keys_to_itself(tmp_path: Path) -> None:
    file = seaweed.key_file(Settings(data_dir=tmp_path))

    assert (file.stat().st_mode & 0o777, os.listdir(tmp_path)) == (0o600, ["secret", "store-keys.json"])


@pytest.mark.slow
def test_the_store_answers_and_dies_with_a_killed_supervisor(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, s3_port=free_store_port())
    source = f"import os; os.execv({seaweed.program()!r}, {seaweed.command(settings)!r})"
    with cleaned_up(house(tmp_path, files=source)) as process:
        assert eventually(lambda: seaweed.answers(settings), 15)
        family = family_of(process)
        process.send_signal(signal.SIGKILL)

        assert [one.name() for one in family] == ["weed"]
        assert eventually(lambda: gone(family))


@contextmanager
def site(folder: Path, port: int, store_port: int) -> Iterator[subprocess.Popen[str]]:
    """The whole site, as `make run` starts it, without the demo season."""
    ours = {"DATA_DIR": str(folder), "PORT": str(port), "S3_PORT": str(store_port), "DEMO": "false"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHARRETTE_")}
    environment |= {f"CHARRETTE_{name}": value for name, value in ours.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "run"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with cleaned_up(process):
        yield process


@pytest.mark.slow
def test_the_whole_site_comes_up_comes_back_and_goes(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store_port = free_store_port()
    health = f"http://127.0.0.1:{port}/health/ready"

    with site(tmp_path, port, store_port) as process:
        heard(process, f"Charrette is ready at http://127.0.0.1:{port}", "Ctrl-C")
        family = family_of(process)
        kinds = sorted(one.name() if one.name() == "weed" else one.cmdline()[-1] for one in family)
        assert kinds == ["serve", "serve", "weed", "work"]
        assert seaweed.gives_200(health)

        web, web_worker = [one for one in family if one.cmdline()[-1] == "serve"]
        web.kill()
        assert eventually(lambda: gone([web_worker]))
        heard(process, "The web was ended by SIGKILL. Starting it again in 0.5 s.")
        assert eventually(lambda: seaweed.gives_200(health), 20)

        family = family_of(process)
        process.kill()
        assert eventually(lambda: gone(family))

    with site(tmp_path, port, store_port) as process:  # at once, on the same ports and the same data
        heard(process, f"Charrette is ready at http://127.0.0.1:{port}", "Ctrl-C")
        family = family_of(process)
        process.send_signal(signal.SIGINT)
        heard(process, "Everything is stopped.")

        assert process.wait(SOON) == 0
        assert gone(family)
