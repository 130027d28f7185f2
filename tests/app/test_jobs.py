"""The worker, as a process of its own: what rows ask for is done, once, whoever falls over meanwhile."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import Session, select

from app import engine, jobs, worker
from app.db import Database, give_up, migrate
from app.engine import last_beat
from app.jobs import Job, Jobs
from app.settings import Settings
from app.storage import Store
from challenges import challenges, submissions, versions
from challenges.files import StoredFile
from challenges.letters import Letter, LetterState, write
from challenges.receipts import mail_receipt
from challenges.versions import Version, VersionFile
from judging import feedback, panels
from judging.packets import Packet, note_rendered
from tests.cast import make_cast
from tests.makers import make_challenge, make_entry, make_judge, make_person, make_season, make_sheet, make_version
from tests.servers import MailSink, Postgres, Seaweed, free_ports

pytestmark = pytest.mark.slow

DESIGN = b"%PDF-1.7 a design\n" * 5000
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""The worker’s clock is the real one, whatever year a season is set in."""
SOAK = bool(os.environ.get("SOAK"))


class Site:
    """A site without its web: database, store, mail server, and workers that can be started and ended."""

    def __init__(
        self, folder: Path, seaweed: Seaweed, sink: MailSink, database_url: str = "", jobs_url: str = ""
    ) -> None:
        self.sink = sink
        given: dict[str, Any] = {
            "data_dir": folder, "secret": "s" * 32, "mail_from": "us@charrette.example", "database_url": database_url,
            "jobs_database_url": jobs_url, "s3_endpoint": seaweed.endpoint, "s3_access_key": seaweed.access_key,
            "s3_secret_key": seaweed.secret_key, "s3_bucket": f"jobs-{uuid4().hex[:12]}", "smtp_host": "127.0.0.1",
            "smtp_port": sink.port, "smtp_security": "none", "log_level": "info",
        }  # fmt: skip
        self.given = {f"CHARRETTE_{name.upper()}": str(value) for name, value in given.items() if value}
        self.settings = Settings(_env_file=None, **given)  # type: ignore[call-arg]
        migrate(self.settings)
        engine.migrate(self.settings)
        self.database = Database(self.settings)
        self.store = Store(self.settings)
        self.store.prepare()
        self.log = folder / "worker.log"

    @contextmanager
    def worker(self, **over: str) -> Iterator[subprocess.Popen[bytes]]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", "from app import settings, worker; worker.work(settings.read())"],
                env={**os.environ, **self.given, **over}, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def write_letters(self, count: int, kind: str = "packet_ready") -> list[UUID]:
        facts = {"season": "The Long Winter", "slug": "s", "challenge": "A", "number": 1, "team": "B", "packet_id": "1"}
        with self.database.writing() as session:
            return [
                write(session, kind, (f"judge{number}@example.org", "Judge"), datetime.now(UTC), None, **facts).id
                for number in range(count)
            ]

    def states(self) -> Counter[LetterState]:
        with self.database.reading() as session:
            return Counter(letter.state for letter in session.exec(select(Letter)))

    def received(self) -> Counter[str]:
        """How often the mail server took each letter, by Message-ID."""
        return Counter(message_from_bytes(letter.content or b"")["Message-ID"] for letter in self.sink.letters)


def wait(done: Callable[[], bool], seconds: float, what: str = "") -> float:
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path, seaweed: Seaweed, mail_sink: MailSink) -> Iterator[Site]:
    """Also with both databases on PostgreSQL."""
    if request.param == "sqlite":
        yield from closing(Site(tmp_path, seaweed, mail_sink))
    else:
        postgres = request.getfixturevalue("postgres")
        with postgres.fresh(lambda _: None, "empty") as url, postgres.fresh(lambda _: None, "empty") as jobs_url:
            yield from closing(Site(tmp_path, seaweed, mail_sink, url, jobs_url))


@pytest.fixture
def small_site(tmp_path: Path, seaweed: Seaweed, mail_sink: MailSink) -> Iterator[Site]:
    """On SQLite."""
    yield from closing(Site(tmp_path, seaweed, mail_sink))


def closing(site: Site) -> Iterator[Site]:
    yield site
    site.database.close()
    engine.connect_to(site.settings.jobs_database_url).dispose()
    engine.connect_to.cache_clear()


def test_a_letter_asked_for_many_times_goes_once_and_at_once(site: Site) -> None:
    asking = Jobs(site.settings, site.database)
    with site.worker():
        wait(lambda: last_beat(site.settings) is not None, 20, "the first beat")
        site.write_letters(1)
        took = wait(lambda: site.states() == {LetterState.ACCEPTED: 1}, 5, "one letter")
        (letter_id,) = [UUID(message_id[1:37]) for message_id in site.received()]
        for _ in range(5):
            asking.ask([Job("send", str(letter_id))])
        written = site.write_letters(20)
        wait(lambda: site.states() == {LetterState.ACCEPTED: 21}, 10, "21 letters")
        time.sleep(1)
    asking.close()
    assert took < worker.SWEEP_SECONDS
    assert set(site.received().values()) == {1}
    assert {f"<{id_}@charrette.example>" for id_ in (letter_id, *written)} == set(site.received())


def test_the_sweep_finds_what_nobody_asked_for(small_site: Site) -> None:
    small_site.write_letters(3)
    with small_site.worker():
        wait(lambda: small_site.states() == {LetterState.ACCEPTED: 3}, 20, "three letters")
        small_site.write_letters(1)
        wait(lambda: small_site.states() == {LetterState.ACCEPTED: 4}, 2 * worker.SWEEP_SECONDS + 1, "the fourth")
    assert len(small_site.sink.letters) == 4


def test_a_transaction_that_is_rolled_back_asks_for_nothing(small_site: Site) -> None:
    asked: list[Job] = []
    asking = Jobs(small_site.settings, small_site.database)
    asking.ask = asked.extend  # type: ignore[method-assign]
    session = small_site.database.begin(writes=True)
    write(session, "test", ("a@example.org", "A"), datetime.now(UTC))
    give_up(session)
    assert asked == []
    (letter_id,) = small_site.write_letters(1)
    assert asked == [Job("send", str(letter_id))]
    with small_site.database.writing() as session:
        session.get_one(Letter, letter_id).trouble = "changed, and still waiting"
    assert asked == [Job("send", str(letter_id))] * 2
    asking.close()


def test_nobody_is_disturbed_by_an_engine_that_is_away(small_site: Site, tmp_path: Path) -> None:
    away = Settings(_env_file=None, data_dir=tmp_path, jobs_database_url=f"sqlite:///{tmp_path}/none/jobs.sqlite")  # type: ignore[call-arg]
    asking = Jobs(away, small_site.database)
    small_site.write_letters(1)
    asking.close()
    assert last_beat(away) is None
    with small_site.worker():
        wait(lambda: small_site.states() == {LetterState.ACCEPTED: 1}, 20)


def test_a_mail_server_that_was_away_gets_every_letter_once(small_site: Site) -> None:
    nobody = free_ports(1)[0]
    small_site.write_letters(8)
    with small_site.worker(CHARRETTE_SMTP_PORT=str(nobody)):
        wait(lambda: len(troubles(small_site)) == 8, 20, "every letter says why it waits")
        assert small_site.states() == {LetterState.WAITING: 8}
        late = MailSink()
        late._port = late.port = nobody
        late.start()
        wait(lambda: small_site.states() == {LetterState.ACCEPTED: 8}, 30, "all sent")
        late.stop()
    assert len(late.letters) == 8
    assert troubles(small_site) == set()


def troubles(site: Site) -> set[UUID]:
    with site.database.reading() as session:
        return {letter.id for letter in session.exec(select(Letter)) if "Connection refused" in (letter.trouble or "")}


def test_a_worker_told_to_stop_stops_and_a_second_one_waits_for_its_place(site: Site) -> None:
    with site.worker() as first:
        wait(lambda: last_beat(site.settings) is not None, 20)
        with site.worker() as second:
            wait(lambda: "another worker is at work" in site.log.read_text(), 20)
            first.send_signal(signal.SIGTERM)
            assert first.wait(15) == 0
            site.write_letters(1)
            wait(lambda: site.states() == {LetterState.ACCEPTED: 1}, 20, "the second worker took over")
            second.send_signal(signal.SIGTERM)
            assert second.wait(15) == 0


LOCKS = f"FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE objid = {engine.PLACE} AND granted AND datname = %s"


@pytest.mark.parametrize("site", ["postgres"], indirect=True)
def test_a_worker_whose_connection_was_cut_ends_and_another_takes_its_place(site: Site, postgres: Postgres) -> None:
    jobs_database = [site.settings.jobs_database_url.split("?")[0].rpartition("/")[2]]
    with postgres.connect() as admin, site.worker() as first:
        wait(lambda: last_beat(site.settings) is not None, 20)
        assert admin.execute(f"SELECT state {LOCKS}", jobs_database).fetchall() == [("idle",)]
        with site.worker() as second:
            wait(lambda: "another worker is at work" in site.log.read_text(), 20)
            admin.execute(f"SELECT pg_terminate_backend(pid) {LOCKS}", jobs_database)
            assert first.wait(2 * worker.SWEEP_SECONDS + 5) == 1
            assert "this worker lost its place" in site.log.read_text()
            site.write_letters(1)
            wait(lambda: site.states() == {LetterState.ACCEPTED: 1}, 20, "the second worker took over")
            assert second.poll() is None


@pytest.mark.parametrize("kind", ["sign_in", "packet_ready"])
def test_what_keeps_a_letter_stands_in_its_row(small_site: Site, kind: str) -> None:
    facts = {"secret": {"code": "1", "link": "l"}, "minutes": 15}
    with small_site.database.writing() as session:
        letter = write(session, kind, ("a@example.org", "A"), datetime.now(UTC), None, **facts)
    job = jobs.job_of(letter)
    assert job
    worker._note_trouble(tools_of(small_site), job.verb, job.row, "The disk is full.")
    with small_site.database.reading() as session:
        assert session.get_one(Letter, letter.id).trouble == "The disk is full."


# Files and packets


def hand_in_for_real(site: Site, session: Session, content: bytes = DESIGN) -> Version:
    """Ben uploads a design to the store as his browser would, and hands it in."""
    cast = make_cast(session)
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada)
    entry, team = make_entry(session, season, cast.ben, cast.cleo)
    deliverable = challenges.deliverables_of(session, challenge.id)[0]
    now = challenge.due_at - timedelta(days=1)
    upload, slot = submissions.open_upload(
        session, site.store, challenge, entry, deliverable.id, cast.ben, now, "design.pdf", len(content),
        sha256(content).hexdigest(),
    )  # fmt: skip
    assert httpx.request(slot.method, slot.url, content=content, headers=dict(slot.headers)).status_code == 200
    chosen: dict[UUID, StoredFile | None] = {upload.id: site.store.look(upload.key)}
    version = versions.hand_in(session, challenge, entry, chosen, cast.ben, now)
    mail_receipt(session, version, season, challenge, team, now)
    for letter in session.exec(select(Letter)):  # the worker's clock is the real one, and gives old letters up
        letter.created_at = datetime.now(UTC)
    return version


def the_version(site: Site) -> tuple[Version, VersionFile]:
    with site.database.reading() as session:
        return session.exec(select(Version)).one(), session.exec(select(VersionFile)).one()


def kinds(site: Site) -> Counter[str]:
    with site.database.reading() as session:
        return Counter(letter.kind for letter in session.exec(select(Letter)) if letter.kind != "invitation")


def accepted(site: Site, kind: str | None = None) -> int:
    with site.database.reading() as session:
        return sum(
            letter.sent_at is not None and kind in (None, letter.kind) for letter in session.exec(select(Letter))
        )


def test_the_worker_reads_what_was_handed_in(small_site: Site) -> None:
    with small_site.database.writing() as session:
        hand_in_for_real(small_site, session)
    with small_site.worker():
        wait(lambda: the_version(small_site)[0].inspected_at is not None, 20)
        _, file = the_version(small_site)
        assert (file.computed_sha256, file.differs) == (sha256(DESIGN).hexdigest(), False)
        wait(lambda: accepted(small_site, "receipt") == 2, 20)
        wait(lambda: kinds(small_site) == {"receipt": 2, "challenge_released": 2}, 20)


def test_other_bytes_than_were_sent_are_said_loudly_and_once(small_site: Site) -> None:
    with small_site.database.writing() as session:
        version = hand_in_for_real(small_site, session)
        (file,) = versions.files_of(session, [version.id])[version.id]
        file.claimed_sha256 = "0" * 64
    tools = tools_of(small_site)
    for _ in range(3):
        assert jobs.verify(tools, version.id)
    assert kinds(small_site) == {"receipt": 2, "hash_differs": 2}
    assert the_version(small_site)[1].differs


def tools_of(site: Site) -> jobs.Tools:
    return jobs.Tools(site.settings, site.database, site.store, jobs.Clock(site.settings))


def test_a_store_that_is_away_delays_and_loses_nothing(small_site: Site) -> None:
    with small_site.database.writing() as session:
        release_packets(session, entries=1)
    nowhere = f"http://127.0.0.1:{free_ports(1)[0]}"
    with small_site.worker(CHARRETTE_S3_ENDPOINT=nowhere):
        wait(lambda: "The file store does not answer" in (packets(small_site)[0].trouble or ""), 30)
    with small_site.worker():
        wait(lambda: packets(small_site)[0].rendered_at is not None, 30)
    (packet,) = packets(small_site)
    assert packet.trouble is None
    assert small_site.store.look(packet.key or "", packet.store_version_id)


def test_a_team_hears_of_its_packet_at_its_instant_also_if_nobody_was_up(small_site: Site) -> None:
    tools = tools_of(small_site)
    public_at = datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
    with small_site.database.writing() as session:
        release_packets(session, entries=1, at=public_at)
        (packet,) = session.exec(select(Packet)).all()
        note_rendered(session, packet, StoredFile("packets/x.pdf", "v", 9, "e", public_at, b""), public_at)

    def asked(now: datetime) -> list[str]:
        with small_site.database.reading() as session:
            return [job.verb for job in jobs.waiting(session, now)]

    before, later = (
        jobs.Tools(tools.settings, tools.database, tools.store, SetClock(at))
        for at in (public_at - timedelta(seconds=1), public_at)
    )
    assert (asked(before.clock.now()), jobs.tell(before, packet.id)) == ([], False)
    assert kinds(small_site)["packet_ready"] == 0
    assert asked(public_at + timedelta(days=2)) == ["tell"]
    for _ in range(2):
        assert jobs.tell(later, packet.id)
    assert (kinds(small_site)["packet_ready"], asked(public_at)) == (2, ["send", "send"])
    assert jobs.tell(later, UUID(int=1)), "taken back meanwhile"


class SetClock(jobs.Clock):
    """Stands where the test puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def release_packets(session: Session, entries: int, at: datetime = LONG_AGO) -> None:
    """A finished challenge of that many entries, two members each, read by two judges."""
    cast = make_cast(session)
    season = make_season(session, cast.ada)
    challenge = make_challenge(session, season, cast.ada)
    for number in range(entries):
        members = [make_person(session, f"{name}{number}") for name in ("Kim", "Lou")]
        entry, _ = make_entry(session, season, *members, name=f"Team {number}")
        make_version(session, challenge, entry, members[0])
    judges = [make_judge(session, season, person, cast.ada) for person in (cast.dana, cast.dev)]
    panels.assign_everything(session, challenge, cast.ada, challenge.settled_at)
    for submission, *_ in versions.handed_in(session, challenge.id):
        for judge in judges:
            make_sheet(session, challenge, judge, submission.id)
    # what was asked for on the way is not what is tested here
    for letter in session.exec(select(Letter)):
        letter.sent_at = letter.created_at
    for version in session.exec(select(Version)):
        version.inspected_at = version.handed_in_at
    feedback.release(session, challenge, cast.ada, challenge.settled_at + timedelta(days=1)).public_at = at


def packets(site: Site) -> list[Packet]:
    with site.database.reading() as session:
        return list(session.exec(select(Packet)))


def rendered(site: Site) -> int:
    return sum(packet.rendered_at is not None for packet in packets(site))


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(10 if SOAK else 1))
def test_a_worker_killed_while_it_prints_30_packets_finishes_them_and_mails_each_once(site: Site, round_: int) -> None:
    count, chance = 30 if site.database.is_sqlite or SOAK else 10, random.Random(round_)
    with site.database.writing() as session:
        release_packets(session, count)
    before = accepted(site)
    for share in sorted(chance.uniform(0.05, 0.9) for _ in range(2)):
        with site.worker() as process:
            wait(lambda share=share: rendered(site) >= count * share, 120, "part of the packets")  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
    with site.worker():
        wait(lambda: rendered(site) == count, 120, "every packet")
        wait(lambda: all(packet.told_at for packet in packets(site)), 60, "every team")
        wait(lambda: site.states()[LetterState.WAITING] == 0, 60, "every letter")
    states = site.states()
    assert kinds(site)["packet_ready"] == 2 * count
    told = 2 * count + kinds(site)["challenge_released"]
    assert states[LetterState.ACCEPTED] + states[LetterState.UNCERTAIN] - before == told
    assert states[LetterState.REFUSED] == 0
    assert set(site.received().values()) == {1}
    assert len(site.received()) >= states[LetterState.ACCEPTED] - before
    for packet in packets(site):
        stored = site.store.look(packet.key or "", packet.store_version_id)
        assert stored
        assert (stored.size, stored.beginning[:5]) == (packet.size, b"%PDF-")
