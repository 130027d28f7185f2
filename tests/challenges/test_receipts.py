"""Receipts: what was received, from whom and when, on the page and in a mail to every member."""

from typing import Any

from sqlmodel import Session

from challenges import briefs, receipts, submissions, versions
from challenges.versions import Version, VersionFile
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Scene,
    claiming,
    digest_of,
    kinds_of_letters_to,
    letters_to,
    make_upload,
    make_version,
    stored,
)


def receipt_of(session: Session, scene: Scene, version: Version) -> receipts.Receipt:
    return receipts.receipt_of(session, version, scene.season, scene.challenge, scene.team)


def files_of(session: Session, version: Version) -> list[VersionFile]:
    return versions.files_of(session, [version.id])[version.id]


def mail_receipt(session: Session, scene: Scene, version: Version, now: Any) -> None:
    receipts.mail_receipt(session, version, scene.season, scene.challenge, scene.team, now)


def test_a_receipt_says_everything_that_was_received(session: Session, scene: Scene) -> None:
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    briefs.amend(session, scene.challenge, "Other.", "Why.", scene.cast.ada, NOW)
    version = make_version(session, scene.challenge, scene.entry, scene.cast.cleo, NOW + HOUR, positions=(1, 2))
    assert receipt_of(session, scene, version) == receipts.Receipt(
        version_id=version.id, number=2, season="The Long Winter", season_slug=scene.season.slug,
        season_zone="Europe/Berlin", challenge="A field hospital", challenge_number=1, team="Plan B",
        handed_in_by="Cleo", handed_in_at=NOW + HOUR + MINUTE,
        due_at=scene.challenge.due_at, was_in_flight=False, was_late=False,
        amendment=1, files=tuple(files_of(session, version)),
    )  # fmt: skip


def test_it_is_verified_when_every_file_is(session: Session, scene: Scene) -> None:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben, positions=(1, 2))
    design, extra = files_of(session, version)
    receipt = receipt_of(session, scene, version)
    told = [(receipt.verified_at, receipt.differs)]
    design.claimed_sha256 = design.computed_sha256 = extra.computed_sha256 = digest_of(b"x")
    design.verified_at = NOW + HOUR
    told += [(receipt.verified_at, receipt.differs)]
    extra.verified_at = NOW + DAY
    told += [(receipt.verified_at, receipt.differs)]
    design.claimed_sha256 = digest_of(b"y")
    told += [(receipt.verified_at, receipt.differs)]
    assert told == [(None, False), (None, False), (NOW + DAY, False), (None, True)]


def test_every_member_gets_it_once(session: Session, scene: Scene) -> None:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    mail_receipt(session, scene, version, version.handed_in_at)
    mail_receipt(session, scene, version, version.handed_in_at + MINUTE)  # a second click gave the same version
    (file,) = files_of(session, version)
    for person in (scene.cast.ben, scene.cast.cleo):
        letter = letters_to(session, person.email)[-1]
        assert (letter.kind, letter.person_id, letter.season_id, letter.created_at) == (
            "receipt", person.id, scene.season.id, version.handed_in_at,
        )  # fmt: skip
        assert letter.facts == {
            "season": "The Long Winter", "season_zone": "Europe/Berlin", "challenge": "A field hospital", "number": 1,
            "team": "Plan B", "version": 1, "version_id": str(version.id),
            "handed_in_at": "2026-11-20T12:01:00+00:00", "handed_in_by": "Ben", "was_in_flight": False,
            "was_late": False,
            "files": [
                {"name": file.file_name, "size": 1234, "claimed": None, "computed": None, "differs": False},
            ],
        }  # fmt: skip
    assert kinds_of_letters_to(session, scene.cast.ben.email) == ["receipt"]
    assert [kinds_of_letters_to(session, who.email) for who in (scene.cast.ada, scene.cast.eve)] == [[], []]


def test_a_file_that_landed_late_says_so(session: Session, scene: Scene) -> None:
    due = scene.challenge.due_at
    upload = claiming(make_upload(session, scene.challenge, scene.entry, scene.cast.ben, now=due - MINUTE))
    submissions.note_arrival(upload, stored(upload, arrived_at=due))
    chosen = {upload.id: stored(upload)}
    version = versions.hand_in(session, scene.challenge, scene.entry, chosen, scene.cast.ben, due + MINUTE)
    mail_receipt(session, scene, version, due + MINUTE)
    assert receipt_of(session, scene, version).was_in_flight is True
    assert letters_to(session, scene.cast.cleo.email)[-1].facts["was_in_flight"] is True


def test_other_bytes_than_claimed_are_told_to_everyone(session: Session, scene: Scene) -> None:
    version = make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    (file,) = files_of(session, version)
    file.claimed_sha256 = digest_of(b"claimed")
    versions.note_checksums(session, version, {file.id: digest_of(b"computed")}, NOW + DAY)
    receipts.mail_difference(session, version, NOW + DAY)
    told = [letters_to(session, one.email)[-1] for one in (scene.cast.ben, scene.cast.cleo)]
    assert [(letter.kind, letter.season_id, letter.facts["files"]) for letter in told] == [
        (
            "hash_differs",
            scene.season.id,
            [
                {
                    "name": file.file_name, "size": 1234, "claimed": digest_of(b"claimed"),
                    "computed": digest_of(b"computed"), "differs": True,
                }
            ],
        )
    ] * 2  # fmt: skip
