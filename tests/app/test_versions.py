"""Receipts and the files behind them: for the team and its organizers, by an address that soon ends."""

from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlmodel import Session, select

from app.storage import Store
from challenges.people import Person
from challenges.versions import Version, VersionFile, note_checksums
from tests.makers import digest_of, make_version
from tests.stage import Stage, shown
from tests.web import Browser

DESIGN = b"%PDF-1.7 what was received"


def everybody_else(stage: Stage) -> list[Person]:
    world = stage.world
    return [world.cast.eve, world.fay, world.cast.dana, world.cast.dev, world.emil, world.nora, world.nemo]


def opens(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
    return str(answer.headers["location"])


def test_a_receipt_says_what_was_received_and_when_in_three_zones(stage: Stage) -> None:
    world = stage.world
    receipt = stage.browser(world.cast.cleo).get(f"/versions/{world.version.id}/receipt")
    told = [
        "Received: version 1", "Plan B, challenge 3", "Fri 27 Nov 2026, 11:01:00 UTC",
        "Fri 27 Nov 2026, 12:01:00 Berlin", "Thu 10 Dec 2026, 22:59:00 UTC", "as published", "not yet",
    ]  # fmt: skip
    assert shown(receipt, *told) == (200, [])


@pytest.mark.parametrize("agrees", [True, False])
def test_a_receipt_says_what_the_worker_found(stage: Stage, agrees: bool) -> None:
    claimed = digest_of(DESIGN)

    def inspect(session: Session) -> None:
        version = session.get_one(Version, stage.world.version.id)
        file = session.exec(select(VersionFile).where(VersionFile.version_id == version.id)).one()
        file.claimed_sha256 = claimed
        note_checksums(session, version, {file.id: claimed if agrees else "0" * 64}, stage.clock.at)

    stage.write(inspect)
    receipt = stage.browser(stage.world.cast.ben).get(f"/versions/{stage.world.version.id}/receipt")
    told = "Received and verified: version 1" if agrees else "Received, but not what you sent: version 1"
    loud = "The bytes that arrived are not those that your browser counted."
    assert (shown(receipt, told), loud in receipt.text) == ((200, []), not agrees)


EXACTLY, COUNTED = "it is exactly what {} sent", "We have read every byte and counted its check sum."


@pytest.mark.parametrize("is_claimed", [True, False])
def test_receipt_and_hand_in_page_say_the_same_and_no_more_than_we_know(stage: Stage, is_claimed: bool) -> None:
    """A plain form claims no check sum, so there is nothing to compare ours with."""
    world, computed = stage.world, digest_of(DESIGN)
    ben = stage.browser(world.cast.ben)
    pages = {f"/versions/{world.version.id}/receipt": "Ben", f"{world.path(world.opened)}/submission": "your team"}

    def said() -> list[list[bool]]:
        texts = {path: ben.get(path).text for path in pages}
        told = ["Received: version 1", "Received and verified: version 1", COUNTED]
        return [[one in text for one in [*told, EXACTLY.format(pages[path])]] for path, text in texts.items()]

    def inspect(session: Session) -> None:
        version = session.get_one(Version, world.version.id)
        file = session.exec(select(VersionFile).where(VersionFile.version_id == version.id)).one()
        file.claimed_sha256 = computed if is_claimed else None
        note_checksums(session, version, {file.id: computed}, stage.clock.at)

    assert said() == [[True, False, False, False]] * 2
    stage.write(inspect)
    assert said() == [[False, True, not is_claimed, is_claimed]] * 2


def test_nobody_else_reads_a_receipt_or_opens_its_files(stage: Stage) -> None:
    version = stage.world.version
    paths = [f"/versions/{version.id}/receipt", f"/versions/{version.id}/files/{stage.file_id(version)}"]
    for person in everybody_else(stage):
        assert [stage.browser(person).get(path).status_code for path in paths] == [404, 404], person.name


def test_a_file_opens_only_below_its_own_version(stage: Stage) -> None:
    world = stage.world
    ben = stage.browser(world.cast.ben)
    own, judged = stage.file_id(world.version), stage.file_id(world.judged_version)
    crossed = [f"/versions/{world.version.id}/files/{judged}", f"/versions/{world.judged_version.id}/files/{own}"]
    unknown = [f"/versions/{world.version.id}/files/{uuid4()}", f"/versions/{uuid4()}/receipt"]
    assert [ben.get(path).status_code for path in crossed + unknown] == [404] * 4


@pytest.mark.slow
def test_what_was_received_is_opened_again_byte_for_byte(stage: Stage, store: Store) -> None:
    world = stage.world
    stored = store.write(f"submissions/{uuid4()}", DESIGN, "application/pdf")
    store.write(stored.key, b"%PDF-1.7 something newer", "application/pdf")

    def keep(session: Session) -> None:
        file = session.exec(select(VersionFile).where(VersionFile.version_id == world.version.id)).one()
        file.key, file.store_version_id, file.file_name = stored.key, stored.version_id, "Entwurf für Größe <1>.pdf"

    stage.write(keep)
    path = f"/versions/{world.version.id}/files/{stage.file_id(world.version)}"
    for person in (world.cast.ben, world.cast.cleo, world.cast.ada):
        address = opens(stage.browser(person), path)
        signed = parse_qs(urlsplit(address).query)
        assert (signed["X-Amz-Expires"], signed["versionId"]) == (["60"], [stored.version_id])
        answer = httpx.get(address)
        disposition = answer.headers["content-disposition"]
        assert (answer.content, answer.headers["content-type"]) == (DESIGN, "application/pdf")
        assert disposition.startswith("attachment;")
        assert unquote(disposition.split("filename*=UTF-8''")[1]) == "Entwurf für Größe <1>.pdf"
    assert httpx.get(address.replace("X-Amz-Expires=60", "X-Amz-Expires=600")).status_code == 403


def test_a_receipt_asks_the_same_for_thirty_versions(stage: Stage) -> None:
    world = stage.world
    ben, path = stage.browser(world.cast.ben), f"/versions/{world.version.id}/receipt"
    few = stage.statements(ben, path)

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for _ in range(30):
            make_version(session, there.opened, there.entry, there.cast.ben, stage.clock.at)

    stage.write(grow)
    many = stage.statements(ben, path)
    assert (many, many <= 12) == (few, True)
