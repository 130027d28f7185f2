"""Feedback: released once, when everything is read; a packet for each team, and for nobody else."""

from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from sqlmodel import Session

from challenges import outcomes, seasons, versions
from challenges.files import StoredFile
from challenges.outcomes import OutcomeKind
from challenges.seasons import RoleKind
from judging import cuts, feedback, panels, scoring
from judging.cuts import Decision
from judging.feedback import Making, Packet
from judging.packet import FileView
from judging.panels import Pair
from judging.scoring import BoxField, Change
from judging.standings import Score, standings_of
from tests.cast import make_person
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Round,
    Scene,
    deeds,
    join,
    kinds_of_letters_to,
    letters_to,
    make_challenge,
    make_desk,
    make_entry,
    make_release,
    make_sheet,
    make_version,
)
from tests.refused import not_yours, refused

AFTER = NOW + 10 * DAY


def release(session: Session, scene: Scene) -> feedback.FeedbackRelease:
    return feedback.release(session, scene.challenge, scene.cast.ada, AFTER)


def read(session: Session, round_: Round) -> None:
    """Both judges hand in their scoresheets: levels 5 and 4, and 4 and 5, so 90 and 85."""
    for judge, levels in zip(round_.judges, ((5, 4), (4, 5)), strict=True):
        make_sheet(session, round_.scene.challenge, judge, round_.submission_id, levels)


def rendered(session: Session, packet: Packet) -> StoredFile:
    stored = StoredFile(f"packets/{packet.id}.pdf", "v1", 54321, "e", AFTER, b"%PDF-1.7")
    feedback.note_rendered(session, packet, stored, AFTER + HOUR)
    return stored


def test_a_release_asks_for_every_packet(session: Session, round_: Round) -> None:
    scene = round_.scene
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="An island")
    other = make_version(session, scene.challenge, entry, scene.cast.eve)
    panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW)
    for judge in round_.judges:
        make_sheet(session, scene.challenge, judge, other.submission_id)
    noise = [packet.id for packet in feedback.unrendered(session)]
    released, packet = make_release(session, round_, AFTER)
    assert released.model_dump(exclude={"id"}) == {
        "challenge_id": scene.challenge.id, "released_by": scene.cast.ada.id, "released_at": AFTER, "public_at": AFTER,
    }  # fmt: skip
    ours = feedback.packets_of(session, scene.challenge.id)
    assert [(one.number, one.version_id, team.name) for one, team in ours] == [
        (1, other.id, "An island"), (2, round_.version.id, "Plan B"),
    ]  # fmt: skip
    assert packet.model_dump(exclude={"id"}) == {
        "release_id": released.id, "submission_id": round_.submission_id, "version_id": round_.version.id, "number": 2,
        "asked_at": AFTER, "rendered_at": None, "key": None, "store_version_id": None, "size": None, "trouble": None,
        "told_at": None,
    }  # fmt: skip
    assert [one for one in feedback.unrendered(session) if one.id not in noise] == [one for one, _ in ours]
    assert feedback.release_of(session, scene.challenge.id) == released
    assert feedback.releases_of(session, scene.season.id, AFTER) == {scene.challenge.id: released}
    assert feedback.packets_for_entry(session, entry.id, AFTER) == {scene.challenge.id: ours[0][0]}
    assert deeds(session, scene.season).count("feedback.released") == 1


def test_releasing_twice_releases_once(session: Session, round_: Round) -> None:
    first, packet = make_release(session, round_)
    drawn = {one.id: one.drawn for one in panels.panel_of(session, round_.scene.challenge.id)}
    assert release(session, round_.scene) == first
    assert feedback.packets_of(session, round_.scene.challenge.id) == [(packet, round_.scene.team)]
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
    assert (feedback.release_of(session, scene.challenge.id), feedback.packets_of(session, scene.challenge.id)) == (
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


def test_a_packet_is_its_teams_and_the_organizers(session: Session, round_: Round) -> None:
    _, packet = make_release(session, round_)
    scene = round_.scene
    for who in (scene.cast.ben, scene.cast.ada):  # not before it is there
        with not_yours():
            feedback.find_packet_for(session, packet.id, who.id, AFTER)
    rendered(session, packet)
    for who in (scene.cast.ben, scene.cast.cleo, scene.cast.ada):
        assert feedback.find_packet_for(session, packet.id, who.id, AFTER) == (packet, scene.challenge, scene.team)
    rival = make_person(session)
    make_entry(session, scene.season, rival, name="Plan C")
    nora, nick = (make_person(session, name, f"{name.lower()}@noise.example") for name in ("Nora", "Nick"))
    for who in (*round_.judges, scene.cast.eve, rival, nora, nick):
        with not_yours():
            feedback.find_packet_for(session, packet.id, who.id, AFTER)
    with not_yours():
        feedback.find_packet_for(session, uuid4(), scene.cast.ben.id, AFTER)


def test_a_former_organizer_reads_no_packets(session: Session, round_: Round) -> None:
    _, packet = make_release(session, round_)
    rendered(session, packet)
    scene = round_.scene
    role = seasons.grant(session, scene.season, scene.cast.eve, RoleKind.ORGANIZER, scene.cast.ada, NOW)
    assert feedback.find_packet_for(session, packet.id, scene.cast.eve.id, AFTER)[0] == packet
    seasons.end_role(session, role, scene.cast.ada, AFTER)
    with not_yours():
        feedback.find_packet_for(session, packet.id, scene.cast.eve.id, AFTER)


def test_the_team_hears_of_its_packet_once(session: Session, round_: Round) -> None:
    _, packet = make_release(session, round_)
    join(session, round_.scene.team, round_.scene.season, round_.scene.cast.eve, NOW)
    packet.trouble = "WeasyPrint fell over"
    session.flush()
    stored = rendered(session, packet)
    feedback.note_rendered(session, packet, StoredFile("else", "v2", 1, "e", AFTER, b""), AFTER + DAY)
    assert [feedback.tell(session, packet, at) for at in (AFTER + HOUR, AFTER + DAY)] == [True, True]
    kept = packet.model_dump(include={"rendered_at", "key", "store_version_id", "size", "trouble"})
    assert kept == {
        "rendered_at": AFTER + HOUR, "key": stored.key, "store_version_id": "v1", "size": 54321, "trouble": None,
    }  # fmt: skip
    cast, season = round_.scene.cast, round_.scene.season
    for person in (cast.ben, cast.cleo, cast.eve):
        letter = letters_to(session, person.email)[-1]
        assert (letter.kind, letter.season_id, letter.created_at, letter.facts) == (
            "packet_ready",
            season.id,
            AFTER + HOUR,
            {
                "season": "The Long Winter", "slug": season.slug, "challenge": "A field hospital", "number": 1,
                "team": "Plan B", "packet_id": str(packet.id),
            },
        )  # fmt: skip
        assert kinds_of_letters_to(session, person.email).count("packet_ready") == 1
    assert [kinds_of_letters_to(session, who.email) for who in (cast.ada, cast.dev)] == [[], ["role_invitation"]]


@pytest.mark.parametrize("how", ["at an instant", "on hold"])
def test_until_it_is_public_nobody_but_organizers_sees_a_trace(session: Session, round_: Round, how: str) -> None:
    scene, at = round_.scene, AFTER + DAY
    read(session, round_)
    hold = how == "on hold"
    released = feedback.release(session, scene.challenge, scene.cast.ada, AFTER, None if hold else at, on_hold=hold)
    assert released.public_at == (None if hold else at)
    ((packet, _),) = feedback.packets_of(session, scene.challenge.id)
    rendered(session, packet)
    session.flush()
    for soon in (AFTER, at - SECOND):
        assert feedback.public_release_of(session, scene.challenge.id, soon) is None
        assert feedback.releases_of(session, scene.season.id, soon) == {}
        assert feedback.packets_for_entry(session, scene.entry.id, soon) == {}
        assert [one for one in feedback.untold(session, soon) if one.id == packet.id] == []
        assert feedback.tell(session, packet, soon) is False
        with not_yours():
            feedback.find_packet_for(session, packet.id, scene.cast.ben.id, soon)
        assert feedback.find_packet_for(session, packet.id, scene.cast.ada.id, soon)[0] == packet
    assert [kinds_of_letters_to(session, who.email).count("packet_ready") for who in (scene.cast.ben, scene.cast.cleo)
            ] == [0, 0]  # fmt: skip
    if hold:
        for _ in range(2):
            assert feedback.open_results(session, scene.challenge, scene.cast.ada, at).public_at == at
    assert feedback.public_release_of(session, scene.challenge.id, at) == released
    assert feedback.packets_for_entry(session, scene.entry.id, at) == {scene.challenge.id: packet}
    assert feedback.find_packet_for(session, packet.id, scene.cast.ben.id, at)[0] == packet
    assert [one for one in feedback.untold(session, at) if one.id == packet.id] == [packet]
    assert [feedback.tell(session, packet, at) for _ in range(2)] == [True, True]
    assert (packet.told_at, kinds_of_letters_to(session, scene.cast.ben.email).count("packet_ready")) == (at, 1)
    assert [one for one in feedback.untold(session, at) if one.id == packet.id] == []


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
    assert (feedback.release_of(session, challenge.id), feedback.packets_of(session, challenge.id)) == (None, [])
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
    assert (desk.sheet.handed_in_at, feedback.is_fixed(session, challenge.id)) == (None, False)


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
    assert feedback.is_fixed(session, scene.challenge.id) is False
    cuts.confirm(session, scene.challenge, scene.season, {}, scene.cast.ada, AFTER)
    assert release(session, scene).public_at == AFTER


def test_a_packet_says_what_the_challenge_means(session: Session, round_: Round) -> None:
    scene = round_.scene
    read(session, round_)
    said = []
    for kind in (OutcomeKind.GOES_ON, OutcomeKind.LEAVES):
        decided = {scene.entry.id: Decision(kind, "A test")}
        cuts.confirm(session, scene.challenge, scene.season, decided, scene.cast.ada, AFTER)
        feedback.release(session, scene.challenge, scene.cast.ada, AFTER, on_hold=True)
        ((packet, _),) = feedback.packets_of(session, scene.challenge.id)
        said.append(feedback.view_of(session, packet).heading.outcome)
        feedback.take_back(session, scene.challenge, scene.cast.ada, AFTER)
        feedback.undo_confirmation(session, scene.challenge, scene.cast.ada, AFTER)
    assert said == ["Your team goes on.", "Your team’s season ends here."]


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [(0, ("87.500", "0", "87.5")), (5, ("87.500", "5", "82.5")), (90, ("87.500", "87.500", "0.0"))],
)
def test_a_late_design_pays_on_a_line_of_its_own(
    session: Session, round_: Round, penalty: int, expected: tuple[str, str, str]
) -> None:
    scene = round_.scene
    read(session, round_)
    round_.version.was_late, scene.challenge.penalty = True, penalty
    session.flush()
    release(session, scene)
    view = feedback.view_of(session, feedback.packets_for_entry(session, scene.entry.id, AFTER)[scene.challenge.id])
    assert (str(view.mean), str(view.penalty), str(view.score)) == expected
    made = standings_of(session, scene.challenge)[0].made
    assert made == Score(Decimal("87.5"), Decimal("87.5") - view.score, view.score)
    assert view.raw - made.penalty == view.score


def test_the_organizer_sees_how_far_the_packets_are(session: Session, round_: Round) -> None:
    release_, packet = make_release(session, round_, AFTER)
    challenge = round_.scene.challenge
    told = []
    for trouble in (None, "WeasyPrint fell over"):
        packet.trouble = trouble
        session.flush()
        told.append(feedback.making_of(session, round_.scene.season.id))
    rendered(session, packet)
    session.flush()
    told.append(feedback.making_of(session, round_.scene.season.id))
    assert told == [
        {challenge.id: Making(release_.released_at, AFTER, packets=1, rendered=0, troubled=0)},
        {challenge.id: Making(release_.released_at, AFTER, packets=1, rendered=0, troubled=1)},
        {challenge.id: Making(release_.released_at, AFTER, packets=1, rendered=1, troubled=0)},
    ]


def test_a_packet_prints_what_the_judges_wrote_and_no_name(session: Session, round_: Round) -> None:
    scene, (dana, dev) = round_.scene, round_.judges
    entry, _ = make_entry(session, scene.season, scene.cast.eve, name="Plan C")
    other = make_version(session, scene.challenge, entry, scene.cast.eve).submission_id
    panels.assign_everything(session, scene.challenge, scene.cast.ada, NOW)
    for judge in (dana, dev):
        make_sheet(session, scene.challenge, judge, other, (1, 2), comment="Not yours.")
    make_sheet(session, scene.challenge, dana, round_.submission_id, (5, 3), "By the first.", is_handed_in=False)
    desk = make_desk(session, scene.challenge, dana, round_.submission_id)
    scoring.save_marks(session, desk, [Change(BoxField.OVERALL, "Bravo.", 0)], dana, AFTER)
    scoring.hand_in(session, desk, dana, AFTER)
    make_sheet(session, scene.challenge, dev, round_.submission_id, (4, 1), "By the second.")
    release(session, scene)
    packet = feedback.packets_for_entry(session, scene.entry.id, AFTER)[scene.challenge.id]

    view = feedback.view_of(session, packet)
    at = {panelist.person_id: (panelist.drawn or 0) - 1 for panelist in panels.panel_of(session, scene.challenge.id)}
    first, second = view.criteria
    assert [first.readings[at[judge.id]].level for judge in (dana, dev)] == [Decimal(5), Decimal(4)]
    assert [second.readings[at[judge.id]].comment for judge in (dana, dev)] == ["By the first.", "By the second."]
    assert [view.scoresheets[at[judge.id]].overall for judge in (dana, dev)] == ["Bravo.", ""]
    assert (first.mean, first.median, first.weight, second.mean) == (
        Decimal("4.5"), Decimal("2.75"), Decimal(60), Decimal(2),
    )  # fmt: skip
    assert (view.score, standings_of(session, scene.challenge)[0].score) == (Decimal("62.5"), Decimal("62.5"))
    assert Fraction(view.total) == sum(Fraction(sheet.total) for sheet in view.scoresheets)
    (file,) = versions.files_of(session, [round_.version.id])[round_.version.id]
    heading = view.heading
    assert (heading.season, heading.zone, heading.team, heading.challenge_number, heading.challenge_title) == (
        "The Long Winter", "Europe/Berlin", "Plan B", 1, "A field hospital",
    )  # fmt: skip
    assert (heading.place, heading.shared_place, heading.entries, heading.challenge_count, heading.made_at) == (
        1, False, 2, 1, AFTER,
    )  # fmt: skip
    assert (heading.version_number, heading.handed_in_at, heading.packet_number, heading.files) == (
        1, NOW + MINUTE, 1, (FileView(file.file_name, 1234, "not counted yet"),),
    )  # fmt: skip
    assert [name in repr(view) for name in ("Dana", "Dev", str(dana.id), "Not yours.")] == [False] * 4


def test_packets_of_one_challenge_are_not_of_another(session: Session, round_: Round) -> None:
    make_release(session, round_)
    other = make_challenge(session, round_.scene.season, round_.scene.cast.ada)
    assert (feedback.release_of(session, other.id), feedback.packets_of(session, other.id)) == (None, [])
