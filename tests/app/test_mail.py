"""Letters on their way: what they say, and that a mail server gets each of them at most once by itself."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer

from app import cli, mail
from app.clock import Clock
from app.db import Database
from app.mail import TEMPLATES, WAYS, Outcome, deliver, envelope, render, send_test, way_of
from app.main import create_app
from app.settings import Settings
from challenges.letters import Letter, LetterState, send_again, write
from challenges.mailings import Kind
from challenges.people import person_for
from challenges.seasons import Season
from tests.cast import make_cast
from tests.makers import make_season
from tests.servers import MailSink, free_ports

NOW = datetime.now(UTC)
HANDED_IN = datetime(2026, 11, 24, 21, 59, tzinfo=UTC)
FILES = [
    {"name": "Größe <b>.pdf", "size": 1_234_567, "claimed": "ab" * 32, "computed": "cd" * 32, "differs": True},
    {"name": "config.zip", "size": 812, "claimed": None, "computed": "ef" * 32, "differs": False},
]
HAND_IN: dict[str, Any] = {
    "season": "The Long Winter", "season_zone": "America/New_York", "challenge": "A field hospital", "number": 1,
    "team": "Plan <B>", "version": 2, "version_id": "6f1c", "handed_in_at": HANDED_IN.isoformat(),
    "handed_in_by": "Ben", "was_in_flight": True, "was_late": True, "files": FILES,
}  # fmt: skip
TOLD: dict[str, Any] = {
    "season": "The Long Winter", "slug": "the-long-winter", "season_zone": "America/New_York", "way": "/seasons/x",
    "subject": "Challenge 1 <b>", "body": "Come at **eight** o’clock, " + 30 * "or later, " + "<b>all</b>.\n\n> Why?",
    "number": 1, "challenge": "A <b>", "team": "Plan <B>", "due_at": HANDED_IN.isoformat(), "has_waiting": False,
    "penalty": 5, "late_until": (HANDED_IN + timedelta(minutes=30)).isoformat(),
}  # fmt: skip
FACTS: dict[str, dict[str, Any]] = {
    "sign_in": {"secret": {"code": "012345", "link": "tok-en_1"}, "then": "/seasons/a?b=c&d", "minutes": 15},
    "invitation": {
        "secret": {"token": "tok-en_2"}, "team": "Plan <B>", "season": "The Long Winter", "inviter": "Ben", "days": 14
    },
    "removed": {
        "team": "Plan <B>", "season": "The Long Winter", "slug": "the-long-winter", "by": "Ben",
        "reason": "You are <b>ill</b>.",
    },
    "role_invitation": {
        "secret": {"token": "tok-en_3"}, "what": "judge", "role": "a judge", "season": "The Long <b>Winter</b>",
        "inviter": "Ada", "days": 14,
    },
    "receipt": HAND_IN,
    "hash_differs": HAND_IN,
    "packet_ready": {
        "season": "The Long Winter", "slug": "the-long-winter", "challenge": "A field hospital", "number": 1,
        "team": "Plan <B>", "packet_id": "77",
    },
    "clarification": {
        "season": "The Long Winter", "slug": "the-long-winter", "number": 1, "challenge": "A field <b>hospital</b>",
        "section": "Power & light", "question": "Is the <b>lorry</b>\nours?", "answer": "*Yes.*\n\n- it is",
        "clarification_id": "6f1c",
    },
    "personal_answer": {"season": "The Long Winter", "slug": "the-long-winter", "number": 1, "answer": "Get *well*."},
    "question_asked": {"season": "The Long Winter", "slug": "the-long-winter", "number": 1, "is_personal": False},
    "challenge_released": TOLD, "reminder": {**TOLD, "has_waiting": True}, "amendment": TOLD, "deadline_moved": TOLD,
    "deadline_extended": TOLD, "message": {**TOLD, "way": "/desk"},
    "test": {},
}  # fmt: skip


def settings_for(folder: Path, sink: MailSink | None = None, **over: Any) -> Settings:
    server = {"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_security": "none"} if sink else {"demo": True}
    files = "https://files.charrette.example"
    base = {
        "data_dir": folder,
        "s3_public_endpoint": files,
        "secret": "s" * 32,
        "mail_from": "The Long Winter <winter@charrette.example>",
    }
    return Settings(**{"_env_file": None, "url": "https://charrette.example", **base, **server, **over})


def letter_of(kind: str, **over: Any) -> Letter:
    return Letter(
        **{
            "kind": kind,
            "to_email": "cleo@example.org",
            "to_name": "Cleo",
            "facts": FACTS[kind],
            "created_at": NOW,
            **over,
        }
    )


def a_letter(database: Database, kind: str = "sign_in", name: str = "Cleo", now: datetime = NOW) -> UUID:
    with database.writing() as session:
        return write(session, kind, ("cleo@example.org", name), now, None, **FACTS[kind]).id


def row(database: Database, letter_id: UUID) -> Letter:
    with database.reading() as session:
        return session.get_one(Letter, letter_id)


def again(database: Database, letter_id: UUID) -> None:
    with database.writing() as session:
        send_again(session.get_one(Letter, letter_id))


def received(sink: MailSink) -> list[EmailMessage]:
    parsed = [message_from_bytes(letter.content or b"", policy=policy.default) for letter in sink.letters]
    return [message for message in parsed if isinstance(message, EmailMessage)]


class At:
    """A clock that stands."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def try_once(database: Database, tmp_path: Path, mail_sink: MailSink) -> Callable[..., Outcome]:
    def once(letter_id: UUID, at: datetime = NOW, **over: Any) -> Outcome:
        return deliver(database, settings_for(tmp_path, mail_sink, **over), letter_id, At(at))  # type: ignore[arg-type]

    return once


# What letters say


@pytest.mark.parametrize("kind", FACTS)
def test_every_letter_says_the_same_in_text_and_html(kind: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    rendered = render(letter_of(kind), settings, "Europe/Berlin")
    assert rendered.subject == " ".join(rendered.subject.split()) != ""
    assert len(rendered.subject) <= 90
    link = {
        "sign_in": "https://charrette.example/sign-in/link/tok-en_1?next=/seasons/a%3Fb%3Dc%26d",
        "invitation": "https://charrette.example/invitations/tok-en_2",
        "role_invitation": "https://charrette.example/roles/tok-en_3",
    }.get(kind, settings.url)
    assert link in rendered.text
    assert f'href="{link}' in rendered.html
    assert "<b>" not in rendered.html
    assert not re.search(r"<img|<script|<link|url\(|@import|https?://(?!charrette\.example)", rendered.html)
    assert max(len(line) for line in rendered.text.splitlines()) <= 140
    assert not re.search(r"None|Undefined|\{\{|\}\}", rendered.text + rendered.html)


def test_templates_and_ways_are_the_same_kinds_as_the_domain_writes() -> None:
    folder = TEMPLATES / "mail"
    texts, pages = ({file.stem for file in folder.glob(f"*.{ending}")} for ending in ("txt", "html"))
    written = set()
    for package in ("challenges", "judging"):
        for module in (TEMPLATES.parent / package).glob("*.py"):
            written |= set(re.findall(r"\b(?:write|_mail)\(\s*session,\s*\"(\w+)\"", module.read_text()))
    written |= set(Kind)  # letters of mailings, whose kind stands in their row
    assert texts - {"parts", "challenge"} == pages - {"layout", "parts", "challenge"} == set(WAYS) == set(FACTS)
    assert written == set(WAYS) - {"test"}


def test_every_letter_leads_to_a_page_that_is_there(tmp_path: Path) -> None:
    pages = {
        route.path for route in create_app(settings_for(tmp_path)).routes if "GET" in getattr(route, "methods", ())
    }
    shapes = [re.compile(re.sub(r"\\{.*?\\}", "[^/]+", re.escape(path)) + r"(\?.*)?(#.*)?") for path in pages]
    for kind in FACTS:
        way = way_of(letter_of(kind))
        assert any(shape.fullmatch(way) for shape in shapes), way


def test_a_receipt_names_every_file_and_three_instants(tmp_path: Path) -> None:
    receipt = render(letter_of("receipt"), settings_for(tmp_path), "Europe/Berlin")
    for part in (
        "Tue 24 Nov 2026, 22:59:00 Berlin (your time)",
        "Tue 24 Nov 2026, 16:59:00 New York (the season’s time)",
        "Tue 24 Nov 2026, 21:59:00 UTC",
        "Größe <b>.pdf, 1.2 MB",
        "ab" * 32,
        "config.zip, 812 B",
        "Your browser counted no SHA-256",
        "began before the due instant",
    ):
        assert part in receipt.text
    assert receipt.text.count("UTC") == 1
    assert "UTC" in render(letter_of("receipt"), settings_for(tmp_path), None).text


def test_a_difference_is_loud_and_names_both_sums_of_the_file_alone(tmp_path: Path) -> None:
    letter = render(letter_of("hash_differs"), settings_for(tmp_path), None)
    assert letter.subject == "PLEASE CHECK NOW: a file of Plan <B> is not what you sent"
    assert "ab" * 32 in letter.text
    assert "cd" * 32 in letter.text
    assert "config.zip" not in letter.text + letter.html


@pytest.mark.parametrize(
    "name",
    ["Eve\r\nBcc: all@example.org", "Eve\n\nHello", 'Eve "quoted" <x@y.z>', "Ève 設計", "a" * 80, "\u2028Bcc: x", ","],
)
def test_no_name_can_forge_a_header(name: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    letter = letter_of("invitation", to_name=name, facts={**FACTS["invitation"], "team": name, "inviter": name})
    mail = envelope(letter, render(letter, settings, None), settings, NOW)
    parsed = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert parsed.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"
    ]  # fmt: skip
    assert [address.addr_spec for address in parsed["To"].addresses] == ["cleo@example.org"]


def test_the_envelope(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    letter = letter_of("receipt")
    mail = envelope(letter, render(letter, settings, None), settings, NOW)
    assert mail["From"] == "The Long Winter <winter@charrette.example>"
    assert mail["To"] == "Cleo <cleo@example.org>"
    assert mail["Message-ID"] == f"<{letter.id}@charrette.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert max(len(line) for line in mail.as_bytes().splitlines()) <= 998
    assert mail.as_bytes().isascii()


def test_a_reminder_names_the_instants_of_its_reader_and_what_being_late_costs(tmp_path: Path) -> None:
    told = render(letter_of("reminder"), settings_for(tmp_path), "Europe/Berlin")
    for part in (
        "Tue 24 Nov 2026, 22:59:00 Berlin (your time)",
        "Tue 24 Nov 2026, 16:59:00 New York (the season’s time)",
        "Tue 24 Nov 2026, 22:29:00 UTC",
        "that costs 5 points of 100",
        "nobody has handed it in",
        "Come at eight o’clock",
    ):
        assert part in told.text
    assert "<strong>eight</strong>" in told.html
    assert "nobody has handed it in" not in render(letter_of("amendment"), settings_for(tmp_path), None).text


def test_answers_go_to_the_season_and_what_a_person_wrote_does_not_call_itself_automatic(tmp_path: Path) -> None:
    settings, letter = settings_for(tmp_path), letter_of("message")
    mail = envelope(letter, render(letter, settings, None), settings, NOW, "winter@example.org")
    assert (mail["Reply-To"], mail["Auto-Submitted"]) == ("winter@example.org", None)
    automatic = letter_of("reminder")
    mail = envelope(automatic, render(automatic, settings, None), settings, NOW)
    assert (mail["Reply-To"], mail["Auto-Submitted"]) == (None, "auto-generated")


# On their way


def test_a_letter_goes_out_once_and_forgets_its_secret(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    letter_id = a_letter(database)
    assert try_once(letter_id) is Outcome.DONE
    assert try_once(letter_id) is Outcome.DONE
    letter = row(database, letter_id)
    assert (letter.state, letter.sent_at, letter.trouble) == (LetterState.ACCEPTED, NOW, None)
    assert letter.facts == {"then": "/seasons/a?b=c&d", "minutes": 15}
    (mail,) = received(mail_sink)
    assert mail["Subject"] == "Your sign-in code: 012345"
    body = mail.get_body(("plain",))
    assert body
    assert "https://charrette.example/sign-in/link/tok-en_1" in body.get_content()


def test_lines_that_begin_with_a_dot_arrive_as_they_are(
    database: Database, mail_sink: MailSink, tmp_path: Path, try_once: Callable[..., Outcome]
) -> None:
    with database.writing() as session:
        facts = {**FACTS["role_invitation"], "inviter": ".\n..\n.hidden"}
        letter_id = write(session, "role_invitation", ("cleo@example.org", "Cleo"), NOW, None, **facts).id
    try_once(letter_id)
    body = received(mail_sink)[0].get_body(("plain",))
    assert body
    assert "\n..\n.hidden invites you" in body.get_content().replace("\r", "")


def test_the_reader_gets_their_own_time(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    with database.writing() as session:
        cleo = person_for(session, "zoned@example.org", "Cleo", NOW)
        cleo.zone = "Asia/Kolkata"
        letter_id = write(session, "receipt", cleo, NOW, None, **HAND_IN).id
    try_once(letter_id)
    body = received(mail_sink)[0].get_body(("plain",))
    assert body
    assert "Wed 25 Nov 2026, 03:29:00 Kolkata (your time)" in body.get_content()


def test_an_answer_reaches_the_contact_of_the_season(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    with database.writing() as session:
        season = make_season(session, make_cast(session).ada)
        first, second = (write(session, "message", ("cleo@example.org", "Cleo"), NOW, season.id, **FACTS["message"]).id
                         for _ in range(2))  # fmt: skip
    try_once(first)
    with database.writing() as session:
        session.get_one(Season, season.id).contact = "winter@example.org"
    try_once(second)
    assert [mail["Reply-To"] for mail in received(mail_sink)] == ["ada@example.org", "winter@example.org"]


def test_without_a_mail_server_the_mailbox_page_has_it_with_its_secret(database: Database, tmp_path: Path) -> None:
    letter_id = a_letter(database)
    settings = settings_for(tmp_path)
    assert deliver(database, settings, letter_id, Clock(settings)) is Outcome.DONE
    letter = row(database, letter_id)
    assert (letter.state, letter.facts) == (LetterState.ACCEPTED, FACTS["sign_in"])


@pytest.mark.parametrize(
    ("mood", "words"),
    [("refuse", "refused the address: 550 5.1.1 No such person here"), ("full", "refused the letter: 552 5.2.2")],
)
def test_a_refused_letter_waits_for_a_person(
    mood: str, words: str, database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    mail_sink.mood = mood
    letter_id = a_letter(database, "invitation")
    assert try_once(letter_id) is Outcome.DONE
    letter = row(database, letter_id)
    assert (letter.state, letter.sending_at) == (LetterState.REFUSED, None)
    assert words in (letter.trouble or "")
    mail_sink.mood = "kind"
    assert try_once(letter_id) is Outcome.DONE
    assert mail_sink.letters == []
    again(database, letter_id)
    try_once(letter_id)
    assert row(database, letter_id).state is LetterState.ACCEPTED
    assert len(mail_sink.letters) == 1


def test_a_line_that_breaks_after_the_text_leaves_it_uncertain_and_unsent(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    mail_sink.mood = "drop"
    letter_id = a_letter(database, "invitation")
    assert try_once(letter_id) is Outcome.DONE
    letter = row(database, letter_id)
    assert (letter.state, letter.sending_at) == (LetterState.UNCERTAIN, NOW)
    assert "may have gone out" in (letter.trouble or "")
    mail_sink.mood = "kind"
    for _ in range(3):
        assert try_once(letter_id) is Outcome.DONE
    assert len(mail_sink.letters) == 1
    again(database, letter_id)
    assert try_once(letter_id) is Outcome.DONE
    assert [mail["Message-ID"] for mail in received(mail_sink)] == [f"<{letter_id}@charrette.example>"] * 2


def test_whoever_finds_a_letter_that_somebody_began_to_send_does_not_send_it(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    letter_id = a_letter(database)
    with database.writing() as session:
        session.get_one(Letter, letter_id).sending_at = NOW
    assert try_once(letter_id) is Outcome.DONE
    assert row(database, letter_id).state is LetterState.UNCERTAIN
    assert mail_sink.letters == []


@pytest.mark.parametrize("meanwhile", ["claimed", "sent"])
@pytest.mark.parametrize("mood", ["kind", "busy", "refuse"])
def test_of_two_workers_with_one_letter_only_one_gives_it_away(
    meanwhile: str, mood: str, database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The other one comes after both have looked at the row and before we have told that we send it."""
    letter_id = a_letter(database, "packet_ready")
    mail_sink.mood = mood
    theirs = {"sending_at": NOW - timedelta(seconds=1), "sent_at": NOW if meanwhile == "sent" else None}
    connected = mail._connected

    def overtaken(settings: Settings) -> Any:
        with database.writing() as session:
            for name, instant in theirs.items():
                setattr(session.get_one(Letter, letter_id), name, instant)
        return connected(settings)

    monkeypatch.setattr(mail, "_connected", overtaken)
    assert try_once(letter_id) is Outcome.DONE
    letter = row(database, letter_id)
    found = {"sending_at": letter.sending_at, "sent_at": letter.sent_at}
    assert (found, letter.trouble, letter.refused_at, mail_sink.letters) == (theirs, None, None, [])


def test_a_slow_worker_that_was_taken_for_dead_still_says_what_became_of_the_letter(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    letter_id = a_letter(database, "packet_ready")
    give = mail._give

    def slowly(server: Any, message: Any) -> None:
        assert try_once(letter_id) is Outcome.DONE
        assert row(database, letter_id).state is LetterState.UNCERTAIN
        give(server, message)

    monkeypatch.setattr(mail, "_give", slowly)
    assert try_once(letter_id) is Outcome.DONE
    letter = row(database, letter_id)
    assert (letter.state, letter.uncertain_at, letter.trouble) == (LetterState.ACCEPTED, None, None)
    assert len(mail_sink.letters) == 1


@pytest.mark.parametrize("end", ["refuse", "full", "drop", "interrupted", "too late"])
def test_a_sign_in_code_is_forgotten_however_its_letter_ended(
    end: str, database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome], tmp_path: Path
) -> None:
    letter_id, at = a_letter(database), NOW + timedelta(minutes=16) if end == "too late" else NOW
    mail_sink.mood = end
    if end == "interrupted":
        with database.writing() as session:
            session.get_one(Letter, letter_id).sending_at = NOW
    assert try_once(letter_id, at) is Outcome.DONE
    letter = row(database, letter_id)
    states = {"drop": LetterState.UNCERTAIN, "interrupted": LetterState.UNCERTAIN}
    assert letter.state is states.get(end, LetterState.REFUSED)
    assert letter.facts == {"then": "/seasons/a?b=c&d", "minutes": 15}
    settings = settings_for(tmp_path, database_url=database.writer.url.render_as_string(hide_password=False))
    with pytest.raises(typer.Exit):
        cli.send_again(settings, str(letter_id))
    assert row(database, letter_id) == letter


def test_a_server_that_is_busy_or_away_is_asked_again_later(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    letter_id = a_letter(database)
    mail_sink.mood = "busy"
    assert try_once(letter_id) is Outcome.LATER
    assert "cannot take it now: 450" in (row(database, letter_id).trouble or "")
    assert try_once(letter_id, smtp_port=free_ports(1)[0]) is Outcome.LATER
    letter = row(database, letter_id)
    assert (letter.state, letter.sending_at) == (LetterState.WAITING, None)
    assert "Connection refused" in (letter.trouble or "")
    mail_sink.mood = "kind"
    assert try_once(letter_id) is Outcome.DONE
    assert (row(database, letter_id).state, row(database, letter_id).trouble) == (LetterState.ACCEPTED, None)
    assert len(mail_sink.letters) == 1


def test_a_password_that_is_wrong_loses_no_letter(
    database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    letter_id = a_letter(database)
    assert try_once(letter_id, smtp_user="us", smtp_password="wrong") is Outcome.LATER
    assert row(database, letter_id).state is LetterState.WAITING
    assert "wrong" not in (row(database, letter_id).trouble or "")


@pytest.mark.parametrize(("kind", "minutes"), [("sign_in", 15), ("receipt", 2 * 24 * 60)])
def test_a_letter_is_given_up_when_nobody_can_use_it_any_more(
    kind: str, minutes: int, database: Database, mail_sink: MailSink, try_once: Callable[..., Outcome]
) -> None:
    letter_id = a_letter(database, kind)
    mail_sink.mood = "busy"
    assert try_once(letter_id, NOW + timedelta(minutes=minutes)) is Outcome.LATER
    assert try_once(letter_id, NOW + timedelta(minutes=minutes, seconds=1)) is Outcome.DONE
    letter = row(database, letter_id)
    assert letter.state is LetterState.REFUSED
    assert (letter.trouble or "").startswith("Given up: The mail server cannot take it now: 450")


def test_the_test_letter_needs_no_row(tmp_path: Path, mail_sink: MailSink) -> None:
    send_test(settings_for(tmp_path, mail_sink), "ada@example.org", NOW)
    assert [mail["Subject"] for mail in received(mail_sink)] == ["A test letter from Charrette"]
