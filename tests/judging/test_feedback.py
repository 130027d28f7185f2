"""Feedback: released once, when everything is read, and with a packet for each team."""

import pytest
from sqlmodel import Session

from challenges import entries, outcomes
from challenges.files import StoredFile
from judging import cuts, feedback, packets, panels, releases
from judging.packets import Packet
from judging.panels import Pair
from tests.cast import make_person
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    Round,
    Scene,
    deeds,
    kinds_of_letters_to,
    make_desk,
    make_entry,
    make_release,
    make_sheet,
    make_version,
)
from tests.refused import not_yours, refused

AFTER = NOW + 10 * DAY


def release(session: Session, scene: Scene) -> releases.FeedbackRelease:
    return feedback.release(session, scene.challenge, scene.cast.ada, AFTER)


def read(session: Session, round_: Round) -> None:
    """Both judges hand in their scoresheets: levels 5 and 4, and 4 and 5, so 90 and 85."""
    for judge, levels in zip(round_.judges, ((5, 4), (4, 5)), strict=True):
        make_sheet(session, round_.scene.challenge, judge, round_.submission_id, levels)


def rendered(session: Session, packet: Packet) -> StoredFile:
    stored = StoredFile(f"packets/{packet.id}.pdf", "v1", 54321, "e", AFTER, b"%PDF-1.7")
    packets.note_rendered(session, packet, stored, AFTER + HOUR)
    return stored


def test_a_release_asks_for_every_packet(session: Session, round_: Round) -> None:
    scene = round_.scene
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="An island")
    other = make_version(session, scene.challenge, entry, scene.cast.eve)
    panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW)
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, other.submission_id)
    noise = [packet.id for packet in packets.unrendered(session)]
    released, packet = make_release(session, round_, AFTER)
    assert released.model_dump(exclude={"id"}) == {
        "challenge_id": scene.challenge.id, "released_by": scene.cast.ada.id, "released_at": AFTER, "public_at": AFTER,
    }  # fmt: skip
    ours = packets.packets_of(session, scene.challenge.id)
    assert [(one.number, one.version_id, team.name) for one, team in ours] == [
        (1, other.id, "An island"), (2, round_.version.id, "Plan B"),
    ]  # fmt: skip
    assert packet.model_dump(exclude={"id"}) == {
        "release_id": released.id, "submission_id": round_.submission_id, "version_id": round_.version.id, "number": 2,
        "asked_at": AFTER, "rendered_at": None, "key": None, "store_version_id": None, "size": None, "trouble": None,
        "told_at": None,
    }  # fmt: skip
    assert [one for one in packets.unrendered(session) if one.id not in noise] == [one for one, _ in ours]
    assert releases.release_of(session, scene.challenge.id) == released
    assert releases.releases_of(session, scene.season.id, AFTER) == {scene.challenge.id: released}
    assert packets.packets_for_entry(session, entry.id, AFTER) == {scene.challenge.id: ours[0][0]}
    assert deeds(session, scene.season).count("feedback.released") == 1


def test_releasing_twice_releases_once(session: Session, round_: Round) -> None:
    first, packet = make_release(session, round_)
    drawn = {one.id: one.drawn for one in panels.panel_of(session, round_.scene.challenge.id)}
    assert release(session, round_.scene) == first
    assert packets.packets_of(session, round_.scene.challenge.id) == [(packet, round_.scene.team)]
    assert {one.id: one.drawn for one in panels.panel_of(session, round_.scene.challenge.id)} == drawn
    assert deeds(session, round_.scene.season).count("feedback.released") == 1


def test_the_judges_get_numbers_that_are_drawn(session: Session, round_: Round) -> None:
    make_release(session, round_)
    drawn = [panelist.drawn for panelist in panels.panel_of(session, round_.scene.challenge.id)]
    assert sorted(number or 0 for number in drawn) == [1, 2]


def test_without_judges_there_is_nothing_to_release(session: Session, scene: Scene) -> None:
    make_version(session, scene.challenge, scene.entry, scene.cast.ben)
    with refused("No judge is assigned to this challenge, so there is no feedback to release."):
        release(session, scene)


@pytest.mark.parametrize("how_far", ["not begun", "begun"])
def test_missing_scoresheets_hold_it_back(session: Session, round_: Round, how_far: str) -> None:
    scene = round_.scene
    make_sheet(session, scene.challenge, round_.judges[0], round_.submission_id)
    if how_far == "begun":
        make_sheet(session, scene.challenge, round_.judges[1], round_.submission_id, is_handed_in=False)
    with refused("1 of 2 scoresheets are not handed in. Wait for them, or end those assignments first."):
        release(session, scene)
    assert (releases.release_of(session, scene.challenge.id), packets.packets_of(session, scene.challenge.id)) == (
        None, [],
    )  # fmt: skip
    panels.assign(session, scene.challenge, [Pair(round_.judges[0].id, round_.submission_id)], scene.cast.ada, NOW)
    assert release(session, scene).challenge_id == scene.challenge.id


def test_a_design_that_nobody_read_holds_it_back(session: Session, round_: Round) -> None:
    scene = round_.scene
    for name, person in (("Unread", scene.cast.eve), ("Also unread", make_person(session))):
        make_version(session, scene.challenge, make_entry(session, scene.season, person, name=name)[0], person)
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, round_.submission_id)
    with refused("Nobody has read the design of Also unread, Unread. Assign at least one judge to each."):
        release(session, scene)


@pytest.mark.parametrize("how", ["at an instant", "on hold"])
def test_until_it_is_public_nobody_but_organizers_sees_a_trace(session: Session, round_: Round, how: str) -> None:
    scene, at = round_.scene, AFTER + DAY
    read(session, round_)
    hold = how == "on hold"
    released = feedback.release(session, scene.challenge, scene.cast.ada, AFTER, None if hold else at, on_hold=hold)
    assert released.public_at == (None if hold else at)
    ((packet, _),) = packets.packets_of(session, scene.challenge.id)
    rendered(session, packet)
    session.flush()
    for soon in (AFTER, at - SECOND):
        assert releases.public_release_of(session, scene.challenge.id, soon) is None
        assert releases.releases_of(session, scene.season.id, soon) == {}
        assert packets.packets_for_entry(session, scene.entry.id, soon) == {}
        assert [one for one in packets.untold(session, soon) if one.id == packet.id] == []
        assert packets.tell(session, packet, soon) is False
        with not_yours():
            packets.find_packet_for(session, packet.id, scene.cast.ben.id, soon)
        assert packets.find_packet_for(session, packet.id, scene.cast.ada.id, soon)[0] == packet
    assert [kinds_of_letters_to(session, who.email).count("packet_ready") for who in (scene.cast.ben, scene.cast.cleo)
            ] == [0, 0]  # fmt: skip
    if hold:
        for _ in range(2):
            assert feedback.open_results(session, scene.challenge, scene.cast.ada, at).public_at == at
    assert releases.public_release_of(session, scene.challenge.id, at) == released
    assert packets.packets_for_entry(session, scene.entry.id, at) == {scene.challenge.id: packet}
    assert packets.find_packet_for(session, packet.id, scene.cast.ben.id, at)[0] == packet
    assert [one for one in packets.untold(session, at) if one.id == packet.id] == [packet]
    assert [packets.tell(session, packet, at) for _ in range(2)] == [True, True]
    assert (packet.told_at, kinds_of_letters_to(session, scene.cast.ben.email).count("packet_ready")) == (at, 1)
    assert [one for one in packets.untold(session, at) if one.id == packet.id] == []


def test_who_withdraws_after_the_confirmation_is_not_announced(session: Session, round_: Round) -> None:
    scene = round_.scene
    ada, challenge, eve = scene.cast.ada, scene.challenge, scene.cast.eve
    other, _ = make_entry(session, scene.season, eve, name="Plan C")
    read(session, round_)
    cuts.confirm(session, challenge, scene.season, {}, ada, AFTER)
    entries.withdraw(session, other, eve, AFTER)  # who leaves anyway may go first
    entries.withdraw(session, scene.entry, scene.cast.ben, AFTER)
    gone = "Plan B has withdrawn since you confirmed. Undo the confirmation and look again."
    for at, on_hold in ((None, False), (AFTER + DAY, False), (None, True)):
        with refused(gone), session.begin_nested():
            feedback.release(session, challenge, ada, AFTER, at=at, on_hold=on_hold)
    session.expire_all()
    entries.enter(session, scene.team, scene.season, scene.cast.ben, AFTER)
    feedback.release(session, challenge, ada, AFTER, on_hold=True)
    entries.withdraw(session, scene.entry, scene.cast.ben, AFTER)
    with refused(gone):
        feedback.open_results(session, challenge, ada, AFTER)
    feedback.take_back(session, challenge, ada, AFTER)
    feedback.undo_confirmation(session, challenge, ada, AFTER)
    assert release(session, scene).public_at == AFTER
    assert outcomes.state_of(session, scene.entry, AFTER) == "withdrawn"


def test_the_instant_can_change_while_nobody_knows(session: Session, round_: Round) -> None:
    scene = round_.scene
    read(session, round_)
    ada, challenge = scene.cast.ada, scene.challenge
    told = [
        feedback.release(session, challenge, ada, AFTER, at=AFTER + DAY).public_at,
        feedback.release(session, challenge, ada, AFTER, at=AFTER + DAY).public_at,
        feedback.release(session, challenge, ada, AFTER, on_hold=True).public_at,
        feedback.release(session, challenge, ada, AFTER, at=AFTER - DAY).public_at,
        feedback.release(session, challenge, ada, AFTER + HOUR, on_hold=True).public_at,
    ]
    assert told == [AFTER + DAY, AFTER + DAY, None, AFTER, AFTER]
    assert {one.public_at for one in outcomes.of_challenge(session, challenge.id)} == {AFTER}
    done = [deed for deed in deeds(session, scene.season) if deed.startswith("feedback")]
    assert done == ["feedback.held", "feedback.released", "feedback.scheduled"]


def test_a_release_is_taken_back_while_nobody_knows(session: Session, round_: Round) -> None:
    scene, dana = round_.scene, round_.judges[0]
    read(session, round_)
    ada, challenge = scene.cast.ada, scene.challenge
    feedback.release(session, challenge, ada, AFTER, on_hold=True)
    with refused("These results wait for their release. Take the release back first."):
        feedback.undo_confirmation(session, challenge, ada, AFTER)
    for _ in range(2):
        feedback.take_back(session, challenge, ada, AFTER)
    assert (releases.release_of(session, challenge.id), packets.packets_of(session, challenge.id)) == (None, [])
    assert [panelist.drawn for panelist in panels.panel_of(session, challenge.id)] == [None, None]
    with refused("There is no release to open: it was taken back meanwhile. Release the results again."):
        feedback.open_results(session, challenge, ada, AFTER)
    desk = make_desk(session, challenge, dana, round_.submission_id)
    with refused(
        "The results of this challenge are confirmed, so its scoresheets stay as they are. "
        "An organizer has to undo the confirmation first."
    ):
        feedback.reopen(session, desk, dana, AFTER)
    feedback.undo_confirmation(session, challenge, ada, AFTER)
    feedback.reopen(session, desk, dana, AFTER)
    assert (desk.sheet.handed_in_at, releases.is_fixed(session, challenge.id)) == (None, False)


def test_what_is_public_is_not_taken_back(session: Session, round_: Round) -> None:
    make_release(session, round_, AFTER)
    scene = round_.scene
    with refused("These results are released. What people have read cannot be taken back."):
        feedback.take_back(session, scene.challenge, scene.cast.ada, AFTER)
    with refused("These results are released. What people have read cannot be undone."):
        feedback.undo_confirmation(session, scene.challenge, scene.cast.ada, AFTER)


def test_who_leaves_is_reviewed_before_a_release(session: Session, round_: Round) -> None:
    scene = round_.scene
    make_entry(session, scene.season, scene.cast.eve, name="No show")
    read(session, round_)
    with refused("Somebody leaves or wins here. Review the ranking and confirm it first, then release it."):
        release(session, scene)
    assert releases.is_fixed(session, scene.challenge.id) is False
    cuts.confirm(session, scene.challenge, scene.season, {}, scene.cast.ada, AFTER)
    assert release(session, scene).public_at == AFTER
