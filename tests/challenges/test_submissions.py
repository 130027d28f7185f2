"""Submissions: files on their way. Addresses are signed by the real store; what it keeps is in test_versions."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from app.storage import Store
from challenges import entries, submissions
from challenges.challenges import Deliverable
from challenges.submissions import Submission, Upload
from tests.cast import make_person
from tests.databases import settings_for
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    PDF_BYTES,
    SECOND,
    Scene,
    deeds,
    digest_of,
    make_challenge,
    make_entry,
    make_upload,
    make_version,
    stored,
)
from tests.refused import not_yours, refused

MIB = 1024 * 1024
TOO_LATE = (
    "The challenge was due before Tue 24 Nov 2026, 22:59:00 UTC. "
    "Your request reached us at {}. What you handed in before stays as it is."
)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The real one, which signs addresses without asking anybody."""
    return Store(settings_for(tmp_path_factory.mktemp("store")))


def open_upload(session: Session, store: Store, scene: Scene, **over: Any) -> Any:
    return submissions.open_upload(
        session, store,
        **{
            "challenge": scene.challenge, "entry": scene.entry, "deliverable_id": scene.deliverables[0].id,
            "by": scene.cast.ben, "now": NOW, "file_name": "Our Design.pdf", "size": 5000,
            "sha256": digest_of(PDF_BYTES), **over,
        },
    )  # fmt: skip


def uploads(session: Session, scene: Scene) -> list[Upload]:
    found = select(Upload).join(Submission).where(Submission.entry_id == scene.entry.id).order_by(Upload.began_at)  # type: ignore[arg-type]
    return list(session.exec(found))


def test_a_file_is_begun_before_a_byte_of_it_travels(session: Session, store: Store, scene: Scene) -> None:
    upload, slot = open_upload(session, store, scene, file_name="C:\\fakepath\\Our Design.pdf")
    submission = submissions.submission_of(session, scene.challenge.id, scene.entry.id)
    assert submission
    assert upload.model_dump(exclude={"id"}) == {
        "submission_id": submission.id, "deliverable_id": scene.deliverables[0].id, "person_id": scene.cast.ben.id,
        "key": f"submissions/{submission.id}/{upload.id}", "file_name": "Our Design.pdf",
        "content_type": "application/pdf", "claimed_sha256": digest_of(PDF_BYTES), "claimed_size": 5000,
        "began_at": NOW, "arrived_at": None, "store_version_id": None, "size": None, "handed_in_at": None,
        "removed_at": None,
    }  # fmt: skip
    assert (slot.method, slot.headers["Content-Type"], slot.headers["If-None-Match"]) == ("PUT", "application/pdf", "*")
    assert upload.key in slot.url
    assert submissions.waiting_uploads(session, submission.id) == [upload]
    assert deeds(session, scene.season).count("upload.began") == 1


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"size": 0}, "This file is empty."),
        ({"size": -5}, "This file is empty."),
        ({"size": 50 * MIB + 1}, "This file is larger than the limit of 50 MiB."),
        (
            {"file_name": "design.docx"},
            "“design.docx” is not a PDF document: its name does not end in .pdf.",
        ),
        ({"sha256": "abc"}, "The check sum of the file is missing or wrong. Choose the file again."),
    ],
)
def test_a_file_that_cannot_be_handed_in_is_not_even_sent(
    session: Session, store: Store, scene: Scene, over: dict[str, Any], sentence: str
) -> None:
    with refused(sentence, "file"):
        open_upload(session, store, scene, **over)
    assert uploads(session, scene) == []


def test_the_limit_itself_is_allowed(session: Session, store: Store, scene: Scene) -> None:
    zipped, _ = open_upload(
        session, store, scene, deliverable_id=scene.deliverables[1].id, file_name="site.ZIP", size=MIB
    )
    assert (zipped.claimed_size, zipped.content_type) == (MIB, "application/zip")
    with refused("This file is larger than the limit of 1 MiB.", "file"):
        open_upload(session, store, scene, deliverable_id=scene.deliverables[1].id, file_name="b.zip", size=MIB + 1)


def test_nothing_is_begun_at_due(session: Session, store: Store, scene: Scene) -> None:
    due = scene.challenge.due_at
    for now, shown in ((due, "Tue 24 Nov 2026, 22:59:00 UTC"), (due + DAY, "Wed 25 Nov 2026, 22:59:00 UTC")):
        with refused(TOO_LATE.format(shown), "file"):
            open_upload(session, store, scene, now=now)
        with refused(TOO_LATE.format(shown), "file"):
            make_upload(session, scene.challenge, scene.entry, scene.cast.ben, now=now)
    before = due - timedelta(microseconds=1)
    upload, _ = open_upload(session, store, scene, now=before)
    assert upload.began_at == before


def test_a_deliverable_of_another_challenge_is_nobodys(session: Session, store: Store, scene: Scene) -> None:
    other = make_challenge(session, scene.season, scene.cast.ada)
    foreign = Deliverable(challenge_id=other.id, position=9, title="T", kind="pdf", max_bytes=1)
    session.add(foreign)
    session.flush()
    for deliverable_id in (foreign.id, uuid4()):
        with not_yours():
            open_upload(session, store, scene, deliverable_id=deliverable_id)
        with not_yours():
            submissions.open_form(
                session, scene.challenge, scene.entry, scene.team, deliverable_id, scene.cast.ben, NOW
            )  # fmt: skip


def test_who_has_withdrawn_sends_nothing(session: Session, store: Store, scene: Scene) -> None:
    entries.withdraw(session, scene.entry, scene.cast.ben, NOW)
    with refused("Your team has withdrawn from this season."):
        open_upload(session, store, scene)


def test_a_plain_form_names_the_file_after_the_team(session: Session, store: Store, scene: Scene) -> None:
    scene.team.name = "AC/DC \\ live"
    upload = make_upload(session, scene.challenge, scene.entry, scene.cast.cleo, position=2)
    assert (upload.file_name, upload.content_type, upload.claimed_sha256, upload.claimed_size) == (
        "AC-DC - live - challenge 1 - Configuration.zip", "application/zip", None, None,
    )  # fmt: skip
    slot = submissions.form_of(session, store, upload, "http://127.0.0.1:8000/back")
    assert (slot.fields["key"], slot.fields["success_action_redirect"]) == (upload.key, "http://127.0.0.1:8000/back")


def test_the_work_of_a_team_is_one_place(session: Session, scene: Scene) -> None:
    first = make_upload(session, scene.challenge, scene.entry, scene.cast.ben)
    second = make_upload(session, scene.challenge, scene.entry, scene.cast.cleo, now=NOW + SECOND)
    assert first.submission_id == second.submission_id
    assert submissions.waiting_uploads(session, first.submission_id) == [first, second]
    next_one = make_challenge(session, scene.season, scene.cast.ada)
    assert submissions.submission_of(session, next_one.id, scene.entry.id) is None


def test_a_hundred_files_are_enough(session: Session, scene: Scene) -> None:
    first = make_upload(session, scene.challenge, scene.entry, scene.cast.ben)
    session.add_all(
        Upload(**{**first.model_dump(exclude={"id", "key"}), "key": f"k{nth}", "removed_at": NOW}) for nth in range(99)
    )
    session.flush()
    with refused("Your team has sent very many files for this challenge. Please write to the organizers.", "file"):
        make_upload(session, scene.challenge, scene.entry, scene.cast.ben)
    other, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    make_upload(session, scene.challenge, other, scene.cast.eve)


def test_what_has_arrived_first_counts(session: Session, scene: Scene) -> None:
    upload = make_upload(session, scene.challenge, scene.entry, scene.cast.ben)
    submissions.note_arrival(upload, None)
    assert (upload.arrived_at, upload.store_version_id, upload.size) == (None, None, None)
    submissions.note_arrival(upload, stored(upload, version_id="first", size=7))
    submissions.note_arrival(upload, stored(upload, version_id="second", size=8, arrived_at=NOW + HOUR))
    assert (upload.arrived_at, upload.store_version_id, upload.size) == (NOW + SECOND, "first", 7)


def test_a_file_is_taken_off_the_list(session: Session, scene: Scene) -> None:
    upload = make_upload(session, scene.challenge, scene.entry, scene.cast.ben)
    submissions.remove_upload(session, scene.challenge, upload, scene.cast.cleo, NOW + HOUR)
    submissions.remove_upload(session, scene.challenge, upload, scene.cast.cleo, NOW + DAY)
    assert (upload.removed_at, submissions.waiting_uploads(session, upload.submission_id)) == (NOW + HOUR, [])
    assert deeds(session, scene.season).count("upload.removed") == 1


def test_an_upload_of_another_team_is_nobodys(session: Session, scene: Scene) -> None:
    mine = make_upload(session, scene.challenge, scene.entry, scene.cast.ben)
    rival = make_person(session)
    entry, _ = make_entry(session, scene.season, rival, name="Plan C")
    theirs = make_upload(session, scene.challenge, entry, rival)
    assert submissions.find_upload(session, mine.submission_id, mine.id) == mine
    for upload_id in (theirs.id, uuid4()):
        with not_yours():
            submissions.find_upload(session, mine.submission_id, upload_id)


def test_what_is_handed_in_waits_no_more(session: Session, scene: Scene) -> None:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    assert submissions.waiting_uploads(session, version.submission_id) == []
    assert [upload.handed_in_at for upload in uploads(session, scene)] == [version.handed_in_at]
