"""Mailings: what organizers write, change, stop and send at once."""

from sqlmodel import Session

from challenges import deadlines, mailings, seasons
from challenges.audiences import Audience, AudienceKind
from challenges.mailings import Planned
from tests.cast import make_person
from tests.challenges.test_planning import BEFORE_3, BEFORE_24, BEFORE_72, DUE, called, mails, nobody, sweep
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    Scene,
    deeds,
    letters_to,
    make_entry,
    make_judge,
    make_version,
)
from tests.refused import not_yours, refused

# What organizers change


def test_an_edited_text_goes_out_and_outlives_a_deadline_that_moves(session: Session, scene: Scene) -> None:
    season, ada = scene.season, scene.cast.ada
    sweep(session, season, NOW)
    mailings.edit(session, season, called(session, season, "reminder-1-24h"), "One day", " Do *it*. ", ada, NOW)
    deadlines.extend_all(session, scene.challenge, 60, "The store was away", ada, NOW + HOUR)
    one = called(session, season, "reminder-1-24h", NOW + HOUR)
    assert (one.words, one.goes_at, one.is_edited) == (
        mailings.Words("One day", "Do *it*."), BEFORE_24 + HOUR, True
    )  # fmt: skip
    sweep(session, season, BEFORE_24 + HOUR)
    facts = letters_to(session, "ben@example.org")[-1].facts
    assert (facts["subject"], facts["body"], facts["due_at"]) == ("One day", "Do *it*.", (DUE + HOUR).isoformat())
    with refused("This mail has gone out meanwhile, so nothing about it can be changed."):
        mailings.edit(session, season, one, "Other", "Words", ada, BEFORE_24 + HOUR)


def test_two_empty_boxes_bring_our_own_text_back(session: Session, scene: Scene) -> None:
    season, ada = scene.season, scene.cast.ada
    own = called(session, season, "reminder-1-24h").words
    mailings.edit(session, season, called(session, season, "reminder-1-24h"), "One day", "Do it.", ada, NOW)
    mailings.edit(session, season, called(session, season, "reminder-1-24h"), " ", "\n", ada, NOW)
    one = called(session, season, "reminder-1-24h")
    assert (one.words, one.is_edited) == (own, False)
    for subject, body, told_so, field in (
        ("", "Text", "Please write a subject.", "subject"),
        ("x" * 121, "Text", "That is longer than 120 characters.", "subject"),
        ("Title", "", "Write what the mail says.", "body"),
        ("Title", "x" * 10_001, "That is longer than 10,000 characters.", "body"),
    ):
        with refused(told_so, field):
            mailings.edit(session, season, one, subject, body, ada, NOW)


def test_of_two_organizers_the_second_hears_what_the_first_wrote(session: Session, scene: Scene) -> None:
    season, ada = scene.season, scene.cast.ada
    seen = called(session, season, "reminder-1-24h").mark

    def edit(subject: str, body: str, seen: str) -> None:
        one = called(session, season, "reminder-1-24h")
        mailings.edit(session, season, one, subject, body, ada, NOW, seen=seen)

    edit("One day", "Do it.", seen)
    edit("One day", "Do it.", seen)  # the button pressed twice
    told = (
        "Another organizer changed this mail while you wrote. Your text is still here, and nothing was overwritten. "
        "Read theirs, then save again to put yours in its place."
    )
    for subject, body in (("Hurry", "It is due."), ("", "")):
        with refused(told, "body"):
            edit(subject, body, seen)
    one = called(session, season, "reminder-1-24h")
    assert one.words == mailings.Words("One day", "Do it.")
    edit("Hurry", "It is due.", one.mark)
    assert called(session, season, "reminder-1-24h").words == mailings.Words("Hurry", "It is due.")


def test_a_stopped_mail_stays_away_until_it_is_started_again(session: Session, scene: Scene) -> None:
    season, ada = scene.season, scene.cast.ada
    sweep(session, season, NOW)
    for _ in range(2):
        mailings.stop(session, season, called(session, season, "reminder-1-72h"), ada, NOW)
    deadlines.extend_all(session, scene.challenge, 60, "The store was away", ada, NOW + HOUR)
    assert sweep(session, season, BEFORE_72 + HOUR) == []
    with refused("This mail is stopped. Start it again first."):
        one = called(session, season, "reminder-1-72h", BEFORE_72 + HOUR)
        mailings.send_now(session, season, one, ada, BEFORE_72 + HOUR, nobody)
    mailings.start_again(session, season, called(session, season, "reminder-1-72h"), ada, BEFORE_72 + HOUR)
    assert sweep(session, season, BEFORE_72 + 2 * HOUR) == ["reminder-1-72h"]
    assert [one for one in deeds(session, season) if one.startswith("mailing")] == [
        "mailing.sent", "mailing.sent", "mailing.started", "mailing.stopped"
    ]  # fmt: skip


def test_a_reminder_sent_early_by_hand_does_not_go_out_again(session: Session, scene: Scene) -> None:
    sweep(session, scene.season, NOW)
    for _ in range(2):
        one = called(session, scene.season, "reminder-1-24h", BEFORE_72)
        mailings.send_now(session, scene.season, one, scene.cast.ada, BEFORE_72 - HOUR, nobody)
    assert [sweep(session, scene.season, at) for at in (BEFORE_72, BEFORE_24, BEFORE_3)] == [
        ["reminder-1-72h"], [], ["reminder-1-3h"]
    ]  # fmt: skip
    assert mails(session, scene.cast.ben) == [["challenge_released", *["reminder"] * 3]]


# What organizers write


def composed(session: Session, scene: Scene, audience: Audience, subject: str = "Hello") -> Planned:
    row = mailings.compose(session, scene.season, audience, subject, "Come at eight.", scene.cast.ada, NOW)
    return called(session, scene.season, row.key)


def test_a_message_is_a_draft_until_it_is_sent_once(session: Session, scene: Scene) -> None:
    one = composed(session, scene, Audience(AudienceKind.ENTRANTS))
    assert (one.goes_at, one.is_done, sweep(session, scene.season, NOW + DAY)) == (None, False, ["release-1"])
    for _ in range(2):
        row = mailings.send_now(session, scene.season, one, scene.cast.ada, NOW + DAY, nobody)
        assert (row.reached, row.sent_at) == (2, NOW + DAY)
    assert mails(session, scene.cast.ben) == [["challenge_released", "message"]]
    with refused("This mail has gone out meanwhile, so nothing about it can be changed."):
        mailings.discard(session, scene.season, one, scene.cast.ada, NOW + DAY)


def test_a_scheduled_message_goes_to_whoever_is_its_audience_then(session: Session, scene: Scene) -> None:
    sweep(session, scene.season, NOW)
    fay = make_person(session, "Fay")
    make_entry(session, scene.season, fay, name="Plan D")
    one = composed(session, scene, Audience(AudienceKind.NOT_HANDED_IN, scene.challenge))
    mailings.send_at(session, scene.season, one, NOW + 5 * HOUR, scene.cast.ada, NOW)
    make_version(session, scene.challenge, scene.entry, scene.cast.ben, NOW + HOUR)
    assert [sweep(session, scene.season, at) for at in (NOW + 4 * HOUR, NOW + 5 * HOUR, NOW + 6 * HOUR)] == [
        [],
        [one.key],
        [],
    ]
    assert mails(session, scene.cast.ben, fay) == [["challenge_released"], ["reminder"]]


def test_an_instant_that_cannot_be(session: Session, scene: Scene) -> None:
    one = composed(session, scene, Audience(AudienceKind.ENTRANTS))
    for at in (NOW, NOW - HOUR, NOW + 366 * DAY):
        with refused("Choose an instant that is still to come, within a year.", "at"):
            mailings.send_at(session, scene.season, one, at, scene.cast.ada, NOW)
    with refused("This mail goes out by the calendar. Move its challenge, or send it now.", "at"):
        planned_one = called(session, scene.season, "release-1")
        mailings.send_at(session, scene.season, planned_one, NOW + HOUR, scene.cast.ada, NOW)
    with refused("This mail goes out by the calendar. You can stop it."):
        mailings.discard(session, scene.season, planned_one, scene.cast.ada, NOW)


def test_a_message_that_nobody_could_send_for_hours_waits_for_its_organizer(session: Session, scene: Scene) -> None:
    one = composed(session, scene, Audience(AudienceKind.JUDGES))
    make_judge(session, scene.season, scene.cast.dana, scene.cast.ada)
    mailings.send_at(session, scene.season, one, NOW + HOUR, scene.cast.ada, NOW)
    assert one.key in sweep(session, scene.season, NOW + 14 * HOUR)
    assert mails(session, scene.cast.dana) == [[]]
    late = called(session, scene.season, one.key, NOW + 14 * HOUR)
    assert mailings.send_now(session, scene.season, late, scene.cast.ada, NOW + 14 * HOUR, nobody).reached == 1
    assert mails(session, scene.cast.dana) == [["message"]]


def test_to_nobody_nothing_is_sent(session: Session, scene: Scene) -> None:
    one = composed(session, scene, Audience(AudienceKind.JUDGES))
    with refused("Nobody would get this mail now, so it is not sent."):
        mailings.send_now(session, scene.season, one, scene.cast.ada, NOW, nobody)


def test_a_draft_is_thrown_away(session: Session, scene: Scene) -> None:
    one = composed(session, scene, Audience(AudienceKind.JUDGES))
    mailings.discard(session, scene.season, one, scene.cast.ada, NOW)
    with not_yours():
        called(session, scene.season, one.key)
    with not_yours():
        called(session, scene.season, "reminder-9-72h")


def test_an_archived_season_writes_to_nobody(session: Session, scene: Scene) -> None:
    one = composed(session, scene, Audience(AudienceKind.ENTRANTS))
    mailings.send_at(session, scene.season, one, NOW + 2 * HOUR, scene.cast.ada, NOW)
    seasons.finish(session, scene.season, scene.cast.ada, NOW)
    seasons.archive(session, scene.season, scene.cast.ada, NOW)
    assert sweep(session, scene.season, NOW + 2 * HOUR) == []
    with refused("This season is archived, so it sends no mail any more."):
        composed(session, scene, Audience(AudienceKind.ENTRANTS))
    with refused("This season is archived, so it sends no mail any more."):
        mailings.send_now(session, scene.season, one, scene.cast.ada, NOW, nobody)
