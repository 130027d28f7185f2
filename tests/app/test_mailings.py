"""Mailings over HTTP: everybody who gets a mail and what each reads, before it goes out; sent, stopped, edited once."""

import re
from datetime import timedelta

from sqlmodel import Session, select

from challenges import challenges, people, planning
from challenges.letters import Letter
from challenges.mailings import Mailing
from judging.progress import late_judges
from tests.makers import HOUR, MINUTE, make_entry
from tests.stage import DUE, TODAY, Stage, beside, leads_to, shown

BEFORE_24 = DUE - timedelta(hours=24)


def path(stage: Stage, *rest: str) -> str:
    return "/".join([f"{stage.world.home}/mailings", *rest])


def sweep(stage: Stage) -> list[str]:
    """What the worker does every few seconds, for this season."""

    def go(session: Session) -> list[str]:
        due = [one for one in planning.due(session, stage.clock.at) if one.season_id == stage.world.season.id]
        return [one.key for one in due if planning.send(session, one, stage.clock.at, late_judges)]

    return stage.write(go)


def letters(stage: Stage, kind: str) -> list[str]:
    with stage.database.reading() as session:
        found = select(Letter.to_email).where(Letter.kind == kind, Letter.season_id == stage.world.season.id)
        return sorted(session.exec(found))


def composed(stage: Stage, **over: str) -> str:
    """The key of a draft to the judges."""
    form = {"audience": "judges", "subject": "The show", "body": "Come at **eight**.", **over}
    answer = stage.browser(stage.world.cast.ada).send_form(path(stage), **form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rsplit("/", 1)[-1]


def test_the_outbox_shows_what_goes_out_beforehand(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    page = ada.get(f"{stage.world.home}/outbox")
    told = ["Going out", "Challenge 3 is due soon: your team has not handed in yet", "Reminder, 24 h before",
            "1 person now", "members of teams that have not handed in for challenge 3"]  # fmt: skip
    assert shown(page, *told) == (200, [])
    assert "Not told yet" not in page.text


def test_a_reminder_is_seen_with_who_gets_it_and_the_text_of_each(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    page = ada.get(path(stage, "reminder-3-24h"))
    told = [
        "fay@example.org",
        "What Fay gets",
        "Hello Fay,",
        "Thu 10 Dec 2026, 23:59:00 Berlin",
        "Send now to 1 person",
    ]
    assert shown(page, *told) == (200, [])
    assert [one for one in ("ben@example.org", "cleo@example.org", "dana@example.org") if one in page.text] == []
    release = ada.get(path(stage, "release-3"), params={"to": str(stage.world.cast.cleo.id)})
    assert shown(release, "What Cleo gets", "ben@example.org", "fay@example.org", "3 people") == (200, [])


def test_it_is_read_in_the_zone_of_its_reader(stage: Stage) -> None:
    def move(session: Session) -> None:
        stage.world_in(session).fay.zone = "Asia/Kolkata"

    stage.write(move)
    page = stage.browser(stage.world.cast.ada).get(path(stage, "reminder-3-24h"))
    told = ["Fri 11 Dec 2026, 04:29:00 Kolkata (your time)", "Thu 10 Dec 2026, 22:59:00 UTC"]
    assert shown(page, *told) == (200, [])


def test_one_click_sends_a_reminder_once(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    for _ in range(2):
        assert leads_to(ada.send_form(path(stage, "reminder-3-24h", "sending"))) == (303, path(stage, "reminder-3-24h"))
    assert letters(stage, "reminder") == ["fay@example.org"]
    page = ada.get(path(stage, "reminder-3-24h"))
    assert shown(page, "Who got it", "fay@example.org", "waiting", "Your team has not handed in") == (200, [])
    stage.clock.at = BEFORE_24
    assert "reminder-3-24h" not in sweep(stage)


def test_a_planned_mail_is_edited_stopped_and_started_again(stage: Stage) -> None:
    ada, here = stage.browser(stage.world.cast.ada), path(stage, "reminder-3-24h")
    assert leads_to(ada.send_form(f"{here}/text", subject="One day", body="Do *it*.")) == (303, here)
    assert shown(ada.get(here), "edited", "One day", "Do *it*.") == (200, [])
    assert beside(ada.send_form(f"{here}/text", subject="One day", body=""), "body") == "Write what the mail says."
    assert leads_to(ada.send_form(f"{here}/stop")) == (303, here)
    stage.clock.at = BEFORE_24
    sweep(stage)
    assert letters(stage, "reminder") == []
    told = "This mail is stopped. Start it again first."
    assert shown(ada.send_form(f"{here}/sending"), told) == (422, [])
    assert leads_to(ada.send_form(f"{here}/start")) == (303, here)
    assert "reminder-3-24h" in sweep(stage)
    assert letters(stage, "reminder") == ["fay@example.org"]


def test_the_texts_of_two_organizers_are_both_there(stage: Stage) -> None:
    ada, here = stage.browser(stage.world.cast.ada), path(stage, "reminder-3-24h")
    assert leads_to(ada.send_form(f"{here}/text", subject="One day", body="Do *it*.", seen="")) == (303, here)
    second = ada.send_form(f"{here}/text", subject="Hurry", body="It is due.", seen="")
    assert shown(
        second, "Another organizer changed this mail", "as another organizer saved it", "Do *it*.", "It is due."
    ) == (
        409,
        [],
    )
    (seen,) = set(re.findall(r'name="seen" value="([^"]+)"', second.text))
    assert leads_to(ada.send_form(f"{here}/text", subject="Hurry", body="It is due.", seen=seen)) == (303, here)
    page = ada.get(here)
    assert (shown(page, "It is due."), "as another organizer" in page.text) == ((200, []), False)


def test_a_challenge_under_embargo_has_its_mail_for_organizers_only_and_never_early(stage: Stage) -> None:
    def schedule(session: Session) -> None:
        world = stage.world_in(session)
        challenges.schedule(session, world.draft, world.season, world.cast.ada, TODAY, TODAY + HOUR)

    stage.write(schedule)
    ada = stage.browser(stage.world.cast.ada)
    page = ada.get(path(stage, "release-4"))
    assert shown(page, "Challenge 4 is open: Not told yet", "under embargo") == (200, [])
    assert "Send now" not in page.text
    told = "This challenge is not released. Its mails go out after the release, never before."
    assert shown(ada.send_form(path(stage, "release-4", "sending")), told) == (422, [])
    sweep(stage)
    assert [one for one in (stage.world.cast.ben, stage.world.cast.dana, None)
            if stage.browser(one).get(path(stage, "release-4")).status_code != (404 if one else 303)] == []  # fmt: skip
    with stage.database.reading() as session:
        assert "Not told yet" not in str([letter.facts for letter in session.exec(select(Letter))])
    stage.clock.at = TODAY + HOUR
    assert "release-4" in sweep(stage)
    with stage.database.reading() as session:
        assert "Not told yet" in str([letter.facts for letter in session.exec(select(Letter))])


def test_writing_to_judges_whose_scoresheets_are_missing(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    page = ada.get(path(stage, "new"), params={"audience": "late-judges", "challenge": "2"})
    assert shown(page, "Challenge 2: some of your scoresheets are not handed in yet") == (200, [])
    key = composed(stage, audience="late-judges", challenge="2")
    shown_page = ada.get(path(stage, key))
    assert shown(shown_page, "dana@example.org", "Come at eight.", "Send now to 1 person", "/desk") == (200, [])
    assert "emil@example.org" not in shown_page.text
    for _ in range(2):
        assert leads_to(ada.send_form(path(stage, key, "sending"))) == (303, path(stage, key))
    assert letters(stage, "message") == ["dana@example.org"]


def test_a_message_waits_for_its_instant_by_the_season_s_clock(stage: Stage) -> None:
    ada, key = stage.browser(stage.world.cast.ada), composed(stage, audience="entrants")
    assert leads_to(ada.send_form(path(stage, key, "instant"), at="2026-11-27T15:00")) == (303, path(stage, key))
    assert shown(ada.get(path(stage, key)), "Fri 27 Nov 2026, 15:00:00 Berlin", "planned") == (200, [])
    stage.clock.at = TODAY + 2 * HOUR - MINUTE
    assert key not in sweep(stage)
    stage.clock.at = TODAY + 2 * HOUR
    assert key in sweep(stage)
    assert letters(stage, "message") == ["ben@example.org", "cleo@example.org", "fay@example.org"]


def test_an_instant_that_cannot_be_or_is_not_clear(stage: Stage) -> None:
    ada, key = stage.browser(stage.world.cast.ada), composed(stage)
    past = ada.send_form(path(stage, key, "instant"), at="2026-11-27T12:00")
    assert beside(past, "at") == "Choose an instant that is still to come, within a year."
    twice = ada.send_form(path(stage, key, "instant"), at="2027-10-31T02:30")
    assert shown(twice, "so they show this time twice. Say which you mean.", "Which instant is it?") == (422, [])
    assert beside(ada.send_form(path(stage, key, "instant"), at="soon"), "at").startswith("Write a day and a time")


def test_what_is_missing_from_a_message_stands_beside_its_field(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    nobody = ada.send_form(path(stage), audience="", subject="Hello", body="Text")
    assert (nobody.status_code, beside(nobody, "audience")) == (422, "Choose who gets the mail.")
    assert shown(nobody, 'value="Hello"', "Text") == (422, [])
    draft = ada.send_form(path(stage), audience="not-handed-in", challenge="4", subject="Hello", body="Text")
    assert beside(draft, "challenge") == "Choose the challenge that it is about."
    assert beside(ada.send_form(path(stage), audience="judges", subject="", body="x"), "subject") == (
        "Please write a subject."
    )
    assert stage.changes() == {}


def test_a_draft_is_thrown_away_and_html_in_it_is_no_html(stage: Stage) -> None:
    ada, key = stage.browser(stage.world.cast.ada), composed(stage, body="<script>alert(1)</script> & <b>x</b>")
    assert "<script>alert" not in ada.get(path(stage, key)).text
    assert leads_to(ada.send_form(path(stage, key, "discarding"))) == (303, f"{stage.world.home}/outbox")
    assert ada.get(path(stage, key)).status_code == 404
    with stage.database.reading() as session:
        assert session.exec(select(Mailing).where(Mailing.key == key)).all() == []


def test_a_mailing_of_another_season_is_not_there(stage: Stage) -> None:
    ada, key = stage.browser(stage.world.cast.ada), composed(stage)
    with stage.database.reading() as session:
        foreign = session.exec(select(Mailing).where(Mailing.season_id != stage.world.season.id)).first()
    nora = stage.browser(stage.world.nora)
    assert (foreign, nora.get(path(stage, key)).status_code) == (None, 404)
    assert ada.get(path(stage, "no-such-key")).status_code == 404


def test_the_pages_ask_the_same_for_three_recipients_and_for_many(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    pages = [f"{stage.world.home}/outbox", path(stage, "reminder-3-24h")]
    few = [stage.statements(ada, page) for page in pages]

    def grow(session: Session) -> None:
        season = stage.world_in(session).season
        for number in range(120):
            person = people.person_for(session, f"p{number}@example.org", f"P {number:03}", TODAY)
            make_entry(session, season, person, name=f"Team {number:03}", now=TODAY)

    stage.write(grow)
    many = [stage.statements(ada, page) for page in pages]
    assert (many, [count <= 12 for count in many]) == (few, [True, True])
    second = ada.get(path(stage, "reminder-3-24h"), params={"page": "2"})
    assert shown(second, "101 to 121 of 121", "p119@example.org") == (200, [])
