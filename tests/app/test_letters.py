"""Letters over HTTP: the outbox says what became of each; a refused one is tried again when somebody asks for it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.mail import Outcome, deliver
from challenges import letters
from challenges.letters import Letter, LetterState
from tests.databases import on_sqlite
from tests.servers import MailSink, free_ports
from tests.stage import TODAY, Stage, leads_to, open_stage, shown


def outbox(stage: Stage) -> str:
    return f"{stage.world.home}/outbox"


def letter(stage: Stage) -> Letter:
    with stage.database.reading() as session:
        return session.get_one(Letter, stage.world.letter_id)


def test_the_outbox_says_what_became_of_each_letter(stage: Stage) -> None:
    told = ["These need your decision", "550 No such person here", "refused", "waiting"]
    assert shown(stage.browser(stage.world.cast.ada).get(outbox(stage)), *told) == (200, [])


def test_a_refused_letter_is_tried_again_when_an_organizer_asks(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    attempt = f"{outbox(stage)}/{stage.world.letter_id}/attempt"
    assert leads_to(ada.send_form(attempt)) == (303, outbox(stage))
    assert stage.changes() == {"letter": "~1", "trace": "+1"}
    assert (letter(stage).state, letter(stage).attempt) == (LetterState.WAITING, 2)
    told = "This letter is not waiting for your decision: it was accepted, or is still being sent."
    assert shown(ada.send_form(attempt), told) == (422, [])
    assert letter(stage).attempt == 2


def test_a_letter_whose_reader_organizers_may_not_know_is_tried_again_without_a_name(stage: Stage) -> None:
    def write(session: Session) -> UUID:
        world = stage.world_in(session)
        facts = {"number": 2, "is_blind": True}
        letter = letters.write(session, "clarification", ("zoe@example.org", "Zoe"), TODAY, world.season.id, **facts)
        letter.refused_at, letter.trouble = TODAY, "550 <zoe@example.org> is unknown"
        return letter.id

    ada, letter_id = stage.browser(stage.world.cast.ada), stage.write(write)
    page = ada.get(outbox(stage))
    assert shown(page, "a participant", "The mail server did not take it.", "Clarification, challenge 2") == (200, [])
    ada.send_form(f"{outbox(stage)}/{letter_id}/attempt")
    pages = [page.text, ada.get(outbox(stage)).text, ada.get(f"{stage.world.home}/history").text]
    assert [one for one in pages if "zoe" in one.lower()] == []


def test_a_letter_of_another_season_is_not_there(stage: Stage) -> None:
    with stage.database.reading() as session:
        foreign = session.exec(select(Letter).where(Letter.season_id != stage.world.season.id)).first()
    assert foreign
    ada = stage.browser(stage.world.cast.ada)
    answers = [ada.send_form(f"{outbox(stage)}/{one}/attempt") for one in (foreign.id, UUID(int=1))]
    assert ([answer.status_code for answer in answers], stage.changes()) == ([404, 404], {})


@pytest.mark.slow
def test_with_the_mail_server_away_a_letter_waits_in_sight_and_goes_out_later(
    stage: Stage, mail_sink: MailSink
) -> None:
    """The hand-in itself never waits for the mail."""
    over = {
        "smtp_host": "127.0.0.1",
        "smtp_port": free_ports(1)[0],
        "smtp_security": "none",
        "mail_from": "us@x.example",
    }
    away = stage.site.settings.model_copy(update=over)
    ada = stage.browser(stage.world.cast.ada)
    ada.send_form(f"{stage.world.home}/people/invitations", kind="judge", name="Flora", email="flora@example.org")
    with stage.database.reading() as session:
        waits = session.exec(select(Letter).where(Letter.to_email == "flora@example.org")).one()
    assert deliver(stage.database, away, waits.id, stage.clock) is Outcome.LATER
    assert shown(ada.get(outbox(stage)), "flora@example.org", "waiting", "The mail server") == (200, [])
    there = away.model_copy(update={"smtp_port": mail_sink.port})
    assert deliver(stage.database, there, waits.id, stage.clock) is Outcome.DONE
    assert [envelope.rcpt_tos for envelope in mail_sink.letters] == [["flora@example.org"]]
    assert stage.fresh(waits).state == LetterState.ACCEPTED


def test_the_outbox_asks_the_same_for_thirty_letters(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    few = stage.statements(ada, outbox(stage))

    def grow(session: Session) -> None:
        for number in range(30):
            facts = {"season": "The Long Winter", "what": "judge", "role": "a judge", "inviter": "Ada", "days": 14}
            to = (f"judge{number}@example.org", "Judge")
            letters.write(session, "role_invitation", to, TODAY, stage.world.season.id, **facts)

    stage.write(grow)
    many = stage.statements(ada, outbox(stage))
    assert (many, many <= 12) == (few, True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("demo")
    with on_sqlite(folder, template) as database, open_stage(database, folder, demo=True) as stage:
        yield stage


def test_the_mailbox_of_a_demo_shows_every_letter_with_its_link(demo: Stage) -> None:
    browser = demo.browser()
    assert shown(browser.get("/mailbox"), "gail@example.org", "dana@example.org") == (200, [])
    with demo.database.reading() as session:
        invitation = session.exec(select(Letter).where(Letter.to_email == "gail@example.org")).one()
    page = browser.get(f"/mailbox/{invitation.id}")
    assert shown(page, f"/invitations/{demo.world.invitation_token}", "Plan B") == (200, [])
    assert browser.get(f"/mailbox/{UUID(int=1)}").status_code == 404


def test_a_letter_whose_secret_was_forgotten_says_so(demo: Stage) -> None:
    with demo.database.reading() as session:
        invitation = session.exec(select(Letter).where(Letter.to_email == "gail@example.org")).one()

    def forget(session: Session) -> None:
        kept = session.get_one(Letter, invitation.id)
        kept.facts = {name: fact for name, fact in kept.facts.items() if name != "secret"}

    demo.write(forget)
    told = "This mail held a secret link, which we forgot when it was sent. Ask for a new one."
    assert shown(demo.browser().get(f"/mailbox/{invitation.id}"), told) == (200, [])
    assert demo.browser().get("/mailbox").status_code == 200
    demo.put_back()
