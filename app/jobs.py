"""Jobs: the work that rows ask for (a letter unsent, a version unread, a packet not rendered), and how to ask for it.

The row is the truth: it alone says what is done. DBOS is the engine: it keeps the queue, tries again later, and goes on
after a crash. Everybody may ask for a job as often as they like: its id is made from the row, so it runs once.
"""

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dbos import DBOSClient, EnqueueOptions
from sqlalchemy import event
from sqlmodel import Session

from app import engine
from app.clock import Clock
from app.db import Database, after_commit
from app.mail import Outcome, deliver
from app.settings import Settings
from app.storage import Store
from challenges import letters, receipts, versions
from challenges.letters import Letter, LetterState
from challenges.versions import Version
from judging import packets
from judging.packets import Packet

log = logging.getLogger(__name__)

PAUSES = (2, 5, 10, 20, 30, 60, 120, 300)
"""Seconds before the second try, the third, …; the last one repeats."""


@dataclass(frozen=True)
class Job:
    """What is to be done with which row. The attempt tells an organizer's "send again" from the time before."""

    verb: str
    row: str
    attempt: int = 1

    @property
    def id(self) -> str:
        return f"{self.verb}-{self.row}-{self.attempt}" if self.verb == "send" else f"{self.verb}-{self.row}"


@dataclass(frozen=True)
class Tools:
    """What the verbs below work with."""

    settings: Settings
    database: Database
    store: Store
    clock: Clock


# The verbs. Each may be called again at any time, and says whether it is done with the row.


def send(tools: Tools, letter_id: UUID) -> bool:
    """Get a letter out."""
    return deliver(tools.database, tools.settings, letter_id, tools.clock) is Outcome.DONE


def verify(tools: Tools, version_id: UUID) -> bool:
    """Read every file of a version and write down its SHA-256; a difference is told to the team at once."""
    with tools.database.reading() as session:
        files = versions.files_of(session, [version_id]).get(version_id, [])
    computed = {
        file.id: _sha256(tools.store, file.key, file.store_version_id) for file in files if not file.verified_at
    }
    with tools.database.writing() as session:
        version = session.get(Version, version_id, with_for_update=True)
        if version and not version.inspected_at:
            now = tools.clock.now()
            if different := versions.note_checksums(session, version, computed, now):
                log.error(
                    "version %s holds other bytes than were sent: %s", version_id, [file.key for file in different]
                )
                receipts.mail_difference(session, version, now)
    return True


def render(tools: Tools, packet_id: UUID) -> bool:
    """Print a packet and put it into the store."""
    from app.pdf import render_packet  # WeasyPrint, which web processes need not load

    with tools.database.reading() as session:
        packet = session.get(Packet, packet_id)
        if packet is None or packet.rendered_at:
            return True
        view = packets.view_of(session, packet)
    stored = tools.store.write(f"packets/{packet_id}.pdf", render_packet(view), "application/pdf")
    with tools.database.writing() as session:
        if packet := session.get(Packet, packet_id, with_for_update=True):  # else its release was taken back meanwhile
            packets.note_rendered(session, packet, stored, tools.clock.now())
    return True


def tell(tools: Tools, packet_id: UUID) -> bool:
    """Write to a team that its packet is there; not before the results are public."""
    with tools.database.writing() as session:
        packet = session.get(Packet, packet_id, with_for_update=True)
        return packet is None or packets.tell(session, packet, tools.clock.now())


def _sha256(store: Store, key: str, version_id: str) -> str:
    digest = hashlib.sha256()
    for piece in store.read(key, version_id):
        digest.update(piece)
    return digest.hexdigest()


VERBS = {
    "admit": (send, "codes"),
    "send": (send, "mail"),
    "verify": (verify, "inspect"),
    "render": (render, "packets"),
    "tell": (tell, "mail"),
}
QUEUES = {"codes": 2, "mail": 4, "inspect": 1, "packets": 1}
"""How many at once. Nobody waits for a sign-in code behind a hundred receipts, and two packets printed by one process
would only wait for each other."""


def waiting(session: Session, now: datetime) -> list[Job]:
    """Everything that rows ask for, in the order in which people wait for it, and what has become due by now."""
    rows = [*letters.waiting(session, most=2000), *versions.uninspected(session), *packets.unrendered(session)]
    jobs = [job for row in rows if (job := job_of(row))]
    return [*jobs, *(Job("tell", str(packet.id)) for packet in packets.untold(session, now))]


def job_of(row: object) -> Job | None:
    """What this row asks for, if it asks for anything."""
    match row:
        case Letter() if row.state is LetterState.WAITING:
            return Job("admit" if row.kind == "sign_in" else "send", str(row.id), row.attempt)
        case Version() if row.inspected_at is None:
            return Job("verify", str(row.id))
        case Packet() if row.rendered_at is None:
            return Job("render", str(row.id))
    return None


# The web's side: ask, and never make anybody wait for it.


class Jobs:
    """Asks for what a transaction of this database left to be done, right after its commit.

    If the engine's tables are away, nothing is lost and nobody sees it: the worker's sweep finds the rows.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._client: DBOSClient | None = None
        self._asker = ThreadPoolExecutor(1, "jobs")
        event.listen(Session, "after_flush", self._notice)

    def close(self) -> None:
        event.remove(Session, "after_flush", self._notice)
        self._asker.shutdown(wait=True, cancel_futures=True)
        if self._client:
            self._client.destroy()

    def ask(self, jobs: list[Job]) -> None:
        """Ask for these soon, from a thread of our own."""
        self._asker.submit(self._ask, jobs)

    def _notice(self, session: Session, _: object) -> None:
        if session.get_bind() is not self._database.writer:
            return
        found = {job for row in (*session.new, *session.dirty) if (job := job_of(row))}
        if found and "jobs" not in session.info:
            after_commit(session, lambda: self.ask(list(session.info.pop("jobs"))))
        if found:
            session.info.setdefault("jobs", {}).update(dict.fromkeys(found))

    def _ask(self, jobs: list[Job]) -> None:
        try:
            if self._client is None:
                self._client = DBOSClient(
                    system_database_url=self._settings.jobs_database_url, application_name=engine.APPLICATION,
                    lazy=True,
                    retry_connection_errors=False, system_database_pool_size=1,
                )  # fmt: skip
            for job in jobs:
                self._client.enqueue(options_for(job), job.verb, job.row, job.attempt, 0)
        except Exception as trouble:
            log.warning("the job engine cannot be asked now, so the worker's sweep will find the rows: %s", trouble)


def options_for(job: Job, tries: int = 0) -> EnqueueOptions:
    options = EnqueueOptions(workflow_name="do", queue_name=VERBS[job.verb][1], workflow_id=job.id)
    if tries:
        options["workflow_id"] = f"{job.id}-{tries}"
        options["delay_seconds"] = PAUSES[min(tries, len(PAUSES)) - 1]
    return options
