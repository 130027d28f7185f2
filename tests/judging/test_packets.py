"""Packets: whose they are, what is printed in them, and the mail that says they are there."""

from decimal import Decimal
from fractions import Fraction
from uuid import uuid4

import pytest
from sqlmodel import Session

from challenges import seasons, versions
from challenges.files import StoredFile
from challenges.outcomes import OutcomeKind
from challenges.seasons import RoleKind
from judging import cuts, feedback, packets, panels, releases, scoring
from judging.cuts import Decision
from judging.packet_view import FileView
from judging.packets import Making
from judging.scoring import BoxField, Change
from judging.standings import Score, standings_of
from tests.cast import make_person
from tests.judging.test_feedback import AFTER, read, release, rendered
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    Round,
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
from tests.refused import not_yours


def test_a_packet_is_its_teams_and_the_organizers(session: Session, round_: Round) -> None:
    _, packet = make_release(session, round_)
    scene = round_.scene
    for who in (scene.cast.ben, scene.cast.ada):  # not before it is there
        with not_yours():
            packets.find_packet_for(session, packet.id, who.id, AFTER)
    rendered(session, packet)
    for who in (scene.cast.ben, scene.cast.cleo, scene.cast.ada):
        assert packets.find_packet_for(session, packet.id, who.id, AFTER) == (packet, scene.challenge, scene.team)
    rival = make_person(session)
    make_entry(session, scene.season, rival, name="Plan C")
    nora, nick = (make_person(session, name, f"{name.lower()}@noise.example") for name in ("Nora", "Nick"))
    for who in (*round_.judges, scene.cast.eve, rival, nora, nick):
        with not_yours():
            packets.find_packet_for(session, packet.id, who.id, AFTER)
    with not_yours():
        packets.find_packet_for(session, uuid4(), scene.cast.ben.id, AFTER)


def test_a_former_organizer_reads_no_packets(session: Session, round_: Round) -> None:
    _, packet = make_release(session, round_)
    rendered(session, packet)
    scene = round_.scene
    role = seasons.grant(session, scene.season, scene.cast.eve, RoleKind.ORGANIZER, scene.cast.ada, NOW)
    assert packets.find_packet_for(session, packet.id, scene.cast.eve.id, AFTER)[0] == packet
    seasons.end_role(session, role, scene.cast.ada, AFTER)
    with not_yours():
        packets.find_packet_for(session, packet.id, scene.cast.eve.id, AFTER)


def test_the_team_hears_of_its_packet_once(session: Session, round_: Round) -> None:
    _, packet = make_release(session, round_)
    join(session, round_.scene.team, round_.scene.season, round_.scene.cast.eve, NOW)
    packet.trouble = "WeasyPrint fell over"
    session.flush()
    stored = rendered(session, packet)
    packets.note_rendered(session, packet, StoredFile("else", "v2", 1, "e", AFTER, b""), AFTER + DAY)
    assert [packets.tell(session, packet, at) for at in (AFTER + HOUR, AFTER + DAY)] == [True, True]
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


def test_a_packet_says_what_the_challenge_means(session: Session, round_: Round) -> None:
    scene = round_.scene
    read(session, round_)
    said = []
    for kind in (OutcomeKind.GOES_ON, OutcomeKind.LEAVES):
        decided = {scene.entry.id: Decision(kind, "A test")}
        cuts.confirm(session, scene.challenge, scene.season, decided, scene.cast.ada, AFTER)
        feedback.release(session, scene.challenge, scene.cast.ada, AFTER, on_hold=True)
        ((packet, _),) = packets.packets_of(session, scene.challenge.id)
        said.append(packets.view_of(session, packet).heading.outcome)
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
    view = packets.view_of(session, packets.packets_for_entry(session, scene.entry.id, AFTER)[scene.challenge.id])
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
        told.append(packets.making_of(session, round_.scene.season.id))
    rendered(session, packet)
    session.flush()
    told.append(packets.making_of(session, round_.scene.season.id))
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
    packet = packets.packets_for_entry(session, scene.entry.id, AFTER)[scene.challenge.id]

    view = packets.view_of(session, packet)
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
    assert (releases.release_of(session, other.id), packets.packets_of(session, other.id)) == (None, [])
