"""Versions: handing in before the due instant and not at it, with files that arrived and are what they are called."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import Session, col, select

from app.storage import Store
from challenges import briefs, entries, submissions, versions
from challenges.files import StoredFile
from challenges.people import Person
from challenges.seasons import RoleKind, grant
from challenges.submissions import Submission, Upload
from challenges.versions import Version, VersionFile
from tests.cast import make_person
from tests.databases import settings_for
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PDF_BYTES,
    SECOND,
    Scene,
    claiming,
    deeds,
    digest_of,
    make_challenge,
    make_entry,
    make_upload,
    make_version,
    stored,
)
from tests.refused import not_yours, refused
from tests.servers import Seaweed

MICROSECOND = timedelta(microseconds=1)
NOTHING_NEW = "There is nothing new to hand in. Upload a file first."
TOO_LATE = (
    "The challenge was due before Tue 24 Nov 2026, 22:59:00 UTC. "
    "Your request reached us at {}. What you handed in before stays as it is."
)
CALLED = "Plan B - challenge 1 - Design.pdf"


def hand_in(
    session: Session,
    scene: Scene,
    chosen: Mapping[UUID, StoredFile | None],
    now: datetime = NOW,
    by: Person | None = None,
) -> Version:
    return versions.hand_in(session, scene.challenge, scene.entry, chosen, by or scene.cast.ben, now)


def begun(session: Session, scene: Scene, position: int = 1, now: datetime = NOW, by: Person | None = None) -> Upload:
    return make_upload(session, scene.challenge, scene.entry, by or scene.cast.ben, position, now)


def arrived(*uploads: Upload, **over: Any) -> dict[UUID, StoredFile | None]:
    return {upload.id: stored(upload, **over) for upload in uploads}


def all_versions(session: Session, scene: Scene) -> list[Version]:
    session.flush()
    mine = select(Version).join(Submission).where(Submission.entry_id == scene.entry.id).order_by(col(Version.number))
    return list(session.exec(mine))


def file_keys(session: Session, version: Version) -> list[str]:
    return [file.key for file in versions.files_of(session, [version.id])[version.id]]


def test_a_version_names_the_very_bytes(session: Session, scene: Scene) -> None:
    design, extra = begun(session, scene), begun(session, scene, 2)
    version = hand_in(session, scene, arrived(design, extra), NOW + HOUR, scene.cast.cleo)
    assert version.model_dump(exclude={"id"}) == {
        "submission_id": design.submission_id, "number": 1,
        "brief_id": briefs.current_brief(session, scene.challenge.id).id, "handed_in_by": scene.cast.cleo.id,
        "handed_in_at": NOW + HOUR, "due_at": scene.challenge.due_at, "was_in_flight": False,
        "was_late": False, "inspected_at": None,
    }  # fmt: skip
    first, second = versions.files_of(session, [version.id])[version.id]
    assert first.model_dump(exclude={"id"}) == {
        "version_id": version.id, "deliverable_id": scene.deliverables[0].id, "upload_id": design.id,
        "key": design.key, "store_version_id": f"v-{design.id}", "file_name": CALLED, "content_type": "application/pdf",
        "size": 1234, "claimed_sha256": None, "computed_sha256": None, "verified_at": None,
    }  # fmt: skip
    assert (second.upload_id, second.content_type) == (extra.id, "application/zip")
    assert deeds(session, scene.season).count("submission.handed_in") == 1


def test_the_version_names_the_brief_that_counted_then(session: Session, scene: Scene) -> None:
    first = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    amended = briefs.amend(session, scene.challenge, "Other.", "Why.", scene.cast.ada, NOW + HOUR)
    second = make_version(session, scene.challenge, scene.entry, scene.cast.ben, NOW + HOUR)
    assert (first.brief_id == amended.id, second.brief_id == amended.id) == (False, True)


# --- the due instant ---


@pytest.mark.parametrize("before", [SECOND, MICROSECOND])
def test_just_before_due_is_in_time(session: Session, scene: Scene, before: timedelta) -> None:
    version = hand_in(session, scene, arrived(begun(session, scene)), scene.challenge.due_at - before)
    assert (version.handed_in_at, version.was_in_flight) == (scene.challenge.due_at - before, False)


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (timedelta(), "Tue 24 Nov 2026, 22:59:00 UTC"),
        (MICROSECOND, "Tue 24 Nov 2026, 22:59:00 UTC"),
        (29 * MINUTE, "Tue 24 Nov 2026, 23:28:00 UTC"),
        (DAY, "Wed 25 Nov 2026, 22:59:00 UTC"),
    ],
)
def test_at_due_is_too_late_for_a_file_that_was_there(
    session: Session, scene: Scene, after: timedelta, shown: str
) -> None:
    upload = begun(session, scene, now=scene.challenge.due_at - MINUTE)
    with refused(TOO_LATE.format(shown), "file"), session.begin_nested():
        hand_in(session, scene, arrived(upload), scene.challenge.due_at + after)
    assert (all_versions(session, scene), upload.handed_in_at) == ([], None)


def test_only_the_arrival_of_the_request_counts(session: Session, scene: Scene) -> None:
    """It came a second before due; that it was carried out an hour later is ours to answer for."""
    upload = begun(session, scene)
    version = hand_in(session, scene, arrived(upload), scene.challenge.due_at - SECOND)
    assert version.handed_in_at < scene.challenge.due_at


@pytest.mark.parametrize("arrival", [timedelta(), 20 * MINUTE])
@pytest.mark.parametrize("pressed", [20 * MINUTE, 30 * MINUTE - MICROSECOND])
def test_a_file_that_was_still_travelling_may_land(
    session: Session, scene: Scene, arrival: timedelta, pressed: timedelta
) -> None:
    due = scene.challenge.due_at
    upload = claiming(begun(session, scene, now=due - MICROSECOND))
    version = hand_in(session, scene, arrived(upload, arrived_at=due + arrival), due + pressed)
    assert (version.handed_in_at, version.was_in_flight) == (due + pressed, True)


def test_a_plain_form_could_send_what_was_written_after_due(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    upload = begun(session, scene, now=due - SECOND)
    with refused(TOO_LATE.format("Tue 24 Nov 2026, 23:28:00 UTC"), "file"):
        hand_in(session, scene, arrived(upload, arrived_at=due + 28 * MINUTE), due + 29 * MINUTE)


def test_other_bytes_than_those_that_were_looked_at_are_not_handed_in(session: Session, scene: Scene) -> None:
    upload = begun(session, scene)
    looked_at = arrived(upload, version_id="second")
    submissions.note_arrival(upload, stored(upload, version_id="first"))
    with refused("Another file arrived in the same place meanwhile. Load the page again.", "file"):
        hand_in(session, scene, looked_at, NOW + HOUR)


def test_thirty_minutes_after_due_nothing_lands_any_more(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    upload = begun(session, scene, now=due - SECOND)
    with refused(TOO_LATE.format("Tue 24 Nov 2026, 23:29:00 UTC"), "file"):
        hand_in(session, scene, arrived(upload, arrived_at=due + SECOND), scene.challenge.settled_at)


def test_one_file_in_flight_brings_the_ones_that_were_there(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    design = claiming(begun(session, scene, now=due - HOUR))
    extra = claiming(begun(session, scene, 2, now=due - SECOND))
    chosen = {**arrived(design), **arrived(extra, arrived_at=due + MINUTE)}
    assert hand_in(session, scene, chosen, due + MINUTE).was_in_flight is True


def test_a_file_begun_at_due_was_not_in_flight(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    design, extra = begun(session, scene, now=due - SECOND), begun(session, scene, 2, now=due - SECOND)
    extra.began_at = due  # no door begins one so late: the rule holds by itself
    with refused(TOO_LATE.format("Tue 24 Nov 2026, 23:00:00 UTC"), "file"):
        hand_in(session, scene, arrived(design, extra, arrived_at=due + SECOND), due + MINUTE)


def test_the_first_look_at_a_file_decides_when_it_arrived(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    upload = begun(session, scene, now=due - HOUR)
    submissions.note_arrival(upload, stored(upload))
    with refused(TOO_LATE.format("Tue 24 Nov 2026, 23:00:00 UTC"), "file"):
        hand_in(session, scene, arrived(upload, arrived_at=due + SECOND), due + MINUTE)


# --- what is handed in ---


def test_an_upload_that_never_arrives(session: Session, scene: Scene) -> None:
    upload = begun(session, scene)
    with refused(
        f"“{CALLED}” has not arrived in the store. Wait until the upload is complete, "
        "or take it off the list and upload it again; then hand in.",
        "file",
    ), session.begin_nested():  # fmt: skip
        hand_in(session, scene, {upload.id: None})
    assert (all_versions(session, scene), upload.removed_at) == ([], None)
    assert hand_in(session, scene, arrived(upload)).number == 1


@pytest.mark.parametrize(
    ("position", "beginning", "kind"),
    [
        (1, b"<!doctype html><script>alert(1)</script>", "PDF document"),
        (1, b"PK\x03\x04", "PDF document"),
        (2, b"%PDF-1.7", "Zip archive"),
        (2, b"MZ", "Zip archive"),
    ],
)
def test_content_that_denies_its_type(
    session: Session, scene: Scene, position: int, beginning: bytes, kind: str
) -> None:
    design = begun(session, scene)
    wrong = design if position == 1 else begun(session, scene, 2)
    chosen = {**arrived(design), **arrived(wrong, beginning=beginning)}
    with refused(
        f"“{wrong.file_name}” is called a {kind}, but its content is something else, so it cannot be handed in. "
        "Upload the right file. Nothing else has changed.",
        "file",
    ), session.begin_nested():  # fmt: skip
        hand_in(session, scene, chosen)
    assert (all_versions(session, scene), design.handed_in_at) == ([], None)


def test_an_empty_file(session: Session, scene: Scene) -> None:
    with refused(f"“{CALLED}” is empty. Take it off the list and upload the right file.", "file"):
        hand_in(session, scene, arrived(begun(session, scene), size=0, beginning=b""))


def test_a_required_file_that_is_missing(session: Session, scene: Scene) -> None:
    extra = begun(session, scene, 2)
    with refused("“Design” is still missing. Upload it, then hand in everything together.", "file"), \
            session.begin_nested():  # fmt: skip
        hand_in(session, scene, arrived(extra))
    session.expire_all()
    assert (all_versions(session, scene), extra.handed_in_at) == ([], None)


def test_an_optional_file_may_be_missing(session: Session, scene: Scene) -> None:
    assert file_keys(session, hand_in(session, scene, arrived(upload := begun(session, scene)))) == [upload.key]


@pytest.mark.parametrize("chosen", [{}, {uuid4(): None}])
def test_nothing_to_hand_in(session: Session, scene: Scene, chosen: dict[UUID, StoredFile | None]) -> None:
    with refused(NOTHING_NEW, "file"):
        hand_in(session, scene, chosen)
    begun(session, scene)
    with refused(NOTHING_NEW, "file"):
        hand_in(session, scene, chosen)


def test_the_upload_of_another_team_is_not_taken(session: Session, scene: Scene) -> None:
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    theirs = make_upload(session, scene.challenge, entry, scene.cast.eve)
    begun(session, scene)
    with refused(NOTHING_NEW, "file"):
        hand_in(session, scene, arrived(theirs))
    assert theirs.handed_in_at is None


def test_a_removed_upload_is_not_handed_in(session: Session, scene: Scene) -> None:
    upload = begun(session, scene)
    submissions.remove_upload(session, scene.challenge, upload, scene.cast.cleo, NOW)
    with refused(NOTHING_NEW, "file"):
        hand_in(session, scene, arrived(upload))


def test_who_has_withdrawn_hands_in_nothing(session: Session, scene: Scene) -> None:
    upload = begun(session, scene)
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW)
    with refused("Your team has withdrawn from this season."):
        hand_in(session, scene, arrived(upload))


# --- twice, again, and over an earlier one ---


def test_the_same_files_again_are_the_same_version(session: Session, scene: Scene) -> None:
    chosen = arrived(begun(session, scene), begun(session, scene, 2))
    first = hand_in(session, scene, chosen)
    assert hand_in(session, scene, chosen, NOW + SECOND) == first
    assert hand_in(session, scene, dict([next(iter(chosen.items()))]), NOW + SECOND, scene.cast.cleo) == first
    assert hand_in(session, scene, chosen, scene.challenge.due_at + DAY) == first  # a slow second click
    assert (all_versions(session, scene), deeds(session, scene.season).count("submission.handed_in")) == ([first], 1)


def test_a_replaced_file_keeps_the_others(session: Session, scene: Scene) -> None:
    design, extra = begun(session, scene), begun(session, scene, 2)
    first = hand_in(session, scene, arrived(design, extra))
    versions.note_checksums(
        session, first, {f.id: digest_of(b"x") for f in versions.files_of(session, [first.id])[first.id]}, NOW
    )  # fmt: skip
    better = begun(session, scene, now=NOW + HOUR)
    second = hand_in(session, scene, arrived(better), NOW + HOUR)
    assert (second.number, second.submission_id) == (2, first.submission_id)
    assert file_keys(session, first) == [design.key, extra.key]
    assert file_keys(session, second) == [better.key, extra.key]
    kept = versions.files_of(session, [second.id])[second.id][1]
    assert (kept.upload_id, kept.computed_sha256, kept.verified_at) == (extra.id, digest_of(b"x"), NOW)
    assert versions.latest_version(session, first.submission_id) == second


def test_the_newest_file_of_a_deliverable_is_taken(session: Session, scene: Scene) -> None:
    old = begun(session, scene)
    new = begun(session, scene, now=NOW + MINUTE)
    version = hand_in(session, scene, {old.id: None, **arrived(new)}, NOW + HOUR)
    assert (file_keys(session, version), old.removed_at, new.removed_at) == ([new.key], NOW + HOUR, None)
    assert submissions.waiting_uploads(session, version.submission_id) == []


def test_a_file_begun_after_the_chosen_one_goes_on_waiting(session: Session, scene: Scene) -> None:
    old = begun(session, scene)
    new = begun(session, scene, now=NOW + MINUTE, by=scene.cast.cleo)
    version = hand_in(session, scene, arrived(old), NOW + HOUR)
    assert file_keys(session, version) == [old.key]
    assert submissions.waiting_uploads(session, version.submission_id) == [new]
    assert file_keys(session, hand_in(session, scene, arrived(new), NOW + HOUR)) == [new.key]


def test_a_file_of_another_deliverable_goes_on_waiting(session: Session, scene: Scene) -> None:
    design, extra = begun(session, scene), begun(session, scene, 2)
    version = hand_in(session, scene, arrived(design), NOW + HOUR)
    assert submissions.waiting_uploads(session, version.submission_id) == [extra]


def test_work_shows_what_waits_and_every_version(session: Session, scene: Scene) -> None:
    nothing = versions.work_of(session, scene.challenge.id, scene.entry.id)
    assert (nothing.submission, nothing.waiting, nothing.versions) == (None, (), ())
    first = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    second = make_version(session, scene.challenge, scene.entry, scene.cast.ben, NOW + HOUR)
    waiting = begun(session, scene, 2, now=NOW + DAY)
    work = versions.work_of(session, scene.challenge.id, scene.entry.id)
    assert (work.submission and work.submission.id, work.waiting) == (first.submission_id, [waiting])
    assert [(version, [file.version_id for file in files]) for version, files in work.versions] == [
        (second, [second.id]), (first, [first.id]),
    ]  # fmt: skip


def test_work_on_one_challenge_is_not_on_the_next(session: Session, scene: Scene) -> None:
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    other = make_challenge(session, scene.season, scene.cast.ada)
    assert versions.work_of(session, other.id, scene.entry.id).submission is None
    with refused(NOTHING_NEW, "file"):
        versions.hand_in(session, other, scene.entry, {}, scene.cast.ben, NOW)


# --- afterwards ---


def test_the_worker_verifies_what_it_reads(session: Session, scene: Scene) -> None:
    noise = [one.id for one in versions.uninspected(session)]
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben, positions=(1, 2))
    assert [one for one in versions.uninspected(session) if one.id not in noise] == [version]
    design, extra = versions.files_of(session, [version.id])[version.id]
    design.claimed_sha256, extra.claimed_sha256 = digest_of(b"design"), digest_of(b"extra")
    computed = {design.id: digest_of(b"design"), extra.id: digest_of(b"else")}
    assert versions.note_checksums(session, version, computed, NOW + HOUR) == [extra]
    assert (design.verified_at, design.sha256, design.differs) == (NOW + HOUR, digest_of(b"design"), False)
    assert (extra.differs, extra.sha256) == (True, digest_of(b"else"))
    assert (version.inspected_at, [one.id for one in versions.uninspected(session)]) == (NOW + HOUR, noise)

    again = {design.id: digest_of(b"later"), extra.id: digest_of(b"later")}
    assert versions.note_checksums(session, version, again, NOW + DAY) == [extra]
    assert (design.computed_sha256, design.verified_at, version.inspected_at) == (
        digest_of(b"design"), NOW + HOUR, NOW + HOUR,
    )  # fmt: skip


def test_a_file_without_a_claim_has_the_sum_that_we_computed() -> None:
    file = VersionFile(
        version_id=uuid4(), deliverable_id=uuid4(), upload_id=uuid4(), key="k", store_version_id="v", file_name="f",
        content_type="c", size=1,
    )  # fmt: skip
    assert (file.sha256, file.differs) == (None, False)
    file.computed_sha256 = digest_of(b"x")
    assert (file.sha256, file.differs) == (digest_of(b"x"), False)


def test_what_counts_for_each_entry_by_team_name(session: Session, scene: Scene) -> None:
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    latest = make_version(session, scene.challenge, scene.entry, scene.cast.ben, NOW + HOUR)
    entry, team = make_entry(session, scene.season, scene.cast.eve, name="An island")
    other = make_version(session, scene.challenge, entry, scene.cast.eve)
    silent = make_person(session)
    make_upload(session, scene.challenge, make_entry(session, scene.season, silent, name="Silent")[0], silent)
    assert [(entry, team, version) for _, entry, team, version in versions.handed_in(session, scene.challenge.id)] == [
        (entry, team, other), (scene.entry, scene.team, latest),
    ]  # fmt: skip


def test_a_version_is_its_teams_and_the_organizers(session: Session, scene: Scene) -> None:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    submission = session.get_one(Submission, version.submission_id)
    for who in (scene.cast.ben, scene.cast.cleo, scene.cast.ada):
        assert versions.find_version_for(session, version.id, who.id) == (
            version, submission, scene.challenge, scene.team,
        )  # fmt: skip
    grant(session, scene.season, scene.cast.dana, RoleKind.JUDGE, scene.cast.ada, NOW)
    rival = make_person(session)
    make_entry(session, scene.season, rival, name="Plan C")
    nora = make_person(session, "Nora", "nora@noise.example")
    for who in (scene.cast.dana, scene.cast.eve, rival, nora):
        with not_yours():
            versions.find_version_for(session, version.id, who.id)
    with not_yours():
        versions.find_version_for(session, uuid4(), scene.cast.ben.id)


def test_a_file_belongs_to_its_version(session: Session, scene: Scene) -> None:
    first = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    second = make_version(session, scene.challenge, scene.entry, scene.cast.ben, NOW + HOUR)
    (file,) = versions.files_of(session, [first.id])[first.id]
    assert versions.find_file(session, first.id, file.id) == file
    for version_id, file_id in ((second.id, file.id), (first.id, uuid4())):
        with not_yours():
            versions.find_file(session, version_id, file_id)
    assert versions.files_of(session, []) == {}


# --- with the store itself ---


@pytest.fixture(scope="module")
def store(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Store:
    settings = settings_for(
        tmp_path_factory.mktemp("store"), s3_endpoint=seaweed.endpoint, s3_access_key=seaweed.access_key,
        s3_secret_key=seaweed.secret_key, s3_bucket=f"versions-{uuid4().hex[:12]}",
    )  # fmt: skip
    store = Store(settings)
    store.prepare()
    return store


@pytest.mark.slow
def test_from_the_browser_to_the_store_to_a_version(session: Session, scene: Scene, store: Store) -> None:
    upload, slot = submissions.open_upload(
        session, store, scene.challenge, scene.entry, scene.deliverables[0].id, scene.cast.ben, NOW, "Our Design.pdf",
        len(PDF_BYTES), digest_of(PDF_BYTES),
    )  # fmt: skip
    assert httpx.put(slot.url, content=b"%PDF-9.9" + PDF_BYTES[8:], headers=slot.headers).status_code >= 400
    with refused(
        "“Our Design.pdf” has not arrived in the store. Wait until the upload is complete, "
        "or take it off the list and upload it again; then hand in.",
        "file",
    ):
        hand_in(session, scene, {upload.id: store.look(upload.key)})
    assert httpx.put(slot.url, content=PDF_BYTES, headers=slot.headers).status_code == 200
    version = hand_in(session, scene, {upload.id: store.look(upload.key)}, NOW + SECOND)
    (file,) = versions.files_of(session, [version.id])[version.id]
    assert b"".join(store.read(file.key, file.store_version_id)) == PDF_BYTES
    assert (file.size, file.sha256, httpx.put(slot.url, content=PDF_BYTES, headers=slot.headers).status_code) == (
        len(PDF_BYTES), digest_of(PDF_BYTES), 412,
    )  # fmt: skip


@pytest.mark.slow
def test_from_a_plain_form_to_a_version(session: Session, scene: Scene, store: Store) -> None:
    upload = begun(session, scene, 2)
    slot = submissions.form_of(session, store, upload, "http://127.0.0.1:8000/back")

    def sent(content: bytes) -> int:
        return httpx.post(slot.url, data=dict(slot.fields), files={"file": ("a.zip", content)}).status_code

    assert sent(b"PK\x03\x04" + bytes(1024 * 1024)) == 400
    assert (store.look(upload.key), sent(b"PK\x03\x04 small")) == (None, 303)
    chosen = {**arrived(begun(session, scene)), upload.id: store.look(upload.key)}
    version = hand_in(session, scene, chosen, NOW + SECOND)
    assert [file.size for file in versions.files_of(session, [version.id])[version.id]] == [1234, 10]
