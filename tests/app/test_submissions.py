"""Handing in over HTTP, with SeaweedFS behind it: to the second before due, once, whole or not at all."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import Session, select

from app.storage import Store
from challenges import submissions, teams
from challenges.entries import Entry
from challenges.letters import Letter
from challenges.people import Person
from challenges.submissions import Upload
from challenges.versions import Version, VersionFile
from tests.makers import MINUTE, SECOND, digest_of, make_upload, make_version, stored
from tests.servers import free_ports
from tests.stage import DUE, Stage, at_once, leads_to, shown

DESIGN = b"%PDF-1.7\n" + b"A bridge of three spans.\n" * 400
AWAY = "The file store does not answer. Nothing is lost: what you handed in is kept. Please try again in a minute."
UNSENT = "“design.pdf” has not arrived in the store."
TOO_LATE = (
    "The challenge was due before Thu 10 Dec 2026, 22:59:00 UTC. Your request reached us at {} UTC. "
    "What you handed in before stays as it is."
)


def home(stage: Stage) -> str:
    return f"{stage.world.path(stage.world.opened)}/submission"


def wish(stage: Stage, content: bytes = DESIGN, **over: Any) -> dict[str, Any]:
    """What the browser tells of a file before it sends it."""
    told = {"file_name": "design.pdf", "size": len(content), "sha256": digest_of(content)}
    return {"deliverable": str(stage.deliverable_id()), **told, **over}


def ask_for_slot(stage: Stage, by: Person, **over: Any) -> httpx.Response:
    program = stage.program(by)
    headers = {"x-csrftoken": program.token()}
    return program.post(f"{home(stage)}/uploads", json=wish(stage, **over), headers=headers)


def put(slot: dict[str, Any], content: bytes) -> int:
    return httpx.request(slot["method"], slot["url"], content=content, headers=slot["headers"]).status_code


def send(stage: Stage, by: Person, content: bytes = DESIGN, **over: Any) -> str:
    """A file goes to the store, as the page's script sends it, and the server hears that it is there."""
    slot = ask_for_slot(stage, by, content=content, **over).json()
    assert put(slot, content) == 200
    browser = stage.browser(by)
    arrival = browser.post(slot["arrival_url"], headers={"x-csrftoken": browser.token(), "hx-request": "true"})
    assert shown(arrival, "Uploaded, but not handed in", over.get("file_name", "design.pdf")) == (200, [])
    return str(slot["id"])


def hand_in(stage: Stage, by: Person, *uploads: str, **headers: str) -> httpx.Response:
    return stage.browser(by).send_form(f"{home(stage)}/versions", headers=headers, upload=list(uploads))


def versions(stage: Stage) -> list[Version]:
    """Of Plan B for the open challenge."""
    with stage.database.reading() as session:
        made = select(Version).where(Version.submission_id == stage.world.version.submission_id)
        return sorted(session.exec(made), key=lambda version: version.number)


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_a_file_goes_straight_to_the_store_and_is_handed_in_with_a_receipt_for_every_member(stage: Stage) -> None:
    world = stage.world
    upload = send(stage, world.cast.ben)
    assert stage.changes() == {"upload": "+1", "trace": "+1"}
    answer = hand_in(stage, world.cast.ben, upload)
    *_, version = versions(stage)
    assert leads_to(answer) == (303, f"/versions/{version.id}/receipt")
    assert (version.number, version.handed_in_at, version.handed_in_by, version.was_in_flight) == (
        2, stage.clock.at, world.cast.ben.id, False,
    )  # fmt: skip
    assert stage.changes() == {
        "upload": "+1 ~1", "version": "+1", "versionfile": "+1", "letter": "+2", "trace": "+2",
    }  # fmt: skip
    with stage.database.reading() as session:
        file = session.exec(select(VersionFile).where(VersionFile.version_id == version.id)).one()
        letters = session.exec(select(Letter).where(Letter.created_at == stage.clock.at)).all()
    assert (file.file_name, file.size, file.claimed_sha256, file.computed_sha256) == (
        "design.pdf", len(DESIGN), digest_of(DESIGN), None,
    )  # fmt: skip
    assert sorted((letter.kind, letter.to_email) for letter in letters) == [
        ("receipt", "ben@example.org"), ("receipt", "cleo@example.org"),
    ]  # fmt: skip
    page = stage.browser(world.cast.cleo).get(f"/versions/{version.id}/receipt")
    told = ["Received: version 2", "design.pdf", digest_of(DESIGN), "Fri 27 Nov 2026, 12:00:00 UTC", "10.0 kB"]
    assert shown(page, *told) == (200, [])


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_one_second_before_due_is_in_time_whatever_clock_the_browser_has(stage: Stage) -> None:
    upload = send(stage, stage.world.cast.ben)
    stage.clock.at = DUE - SECOND
    answer = hand_in(stage, stage.world.cast.ben, upload, date="Fri, 01 Jan 2100 00:00:00 GMT")
    assert (answer.status_code, [version.handed_in_at for version in versions(stage)][-1]) == (303, DUE - SECOND)


def test_the_list_of_what_waits_says_until_when_in_the_season_s_or_one_s_own_time_and_utc(stage: Stage) -> None:
    def give_grace(session: Session) -> None:
        world = stage.world_in(session)
        world.opened.grace_minutes = 10
        world.cast.cleo.zone = "Asia/Tokyo"

    stage.write(give_grace)
    world = stage.world
    path, stage.clock.at = f"{world.path(world.opened)}/submission", world.opened.due_at
    for person, own in (
        (world.cast.ben, "Fri 11 Dec 2026, 00:09:00 Berlin"),
        (world.cast.cleo, "Fri 11 Dec 2026, 08:09:00 Tokyo"),
    ):
        said = f"Until {own} (Thu 10 Dec 2026, 23:09:00 UTC) it is still accepted, as late"
        assert shown(stage.browser(person).get(path), said) == (200, [])


@pytest.mark.slow
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=1), timedelta(days=1)])
def test_at_due_it_is_too_late_and_both_instants_are_told(stage: Stage, late: timedelta) -> None:
    upload = send(stage, stage.world.cast.ben)
    before = stage.changes()
    stage.clock.at = DUE + late
    answer = hand_in(stage, stage.world.cast.ben, upload, date="Mon, 23 Nov 2026 00:00:00 GMT")
    told = TOO_LATE.format(f"{DUE + late:%a %d %b %Y, %H:%M:%S}")
    assert shown(answer, told) == (422, [])
    assert stage.changes() == before


class Waits(Store):
    """The real store behind a slow line: while it is asked, the clock goes on."""

    stage: Stage
    until: datetime

    def look(self, key: str, version_id: str | None = None) -> Any:
        self.stage.clock.at = self.until
        return super().look(key, version_id)


@pytest.mark.slow
@pytest.mark.parametrize(("arrives", "status"), [(DUE - SECOND, 303), (DUE, 422)])
def test_what_counts_is_when_the_request_arrived_however_long_it_then_waited(
    stage: Stage, store: Store, arrives: datetime, status: int
) -> None:
    upload = send(stage, stage.world.cast.ben)
    slow = object.__new__(Waits)
    vars(slow).update(vars(store), stage=stage, until=DUE + timedelta(minutes=20))
    stage.site.app.state.store = slow
    stage.clock.at = arrives
    answer = hand_in(stage, stage.world.cast.ben, upload)
    assert (answer.status_code, stage.clock.at) == (status, DUE + timedelta(minutes=20))
    assert [version.handed_in_at for version in versions(stage)][1:] == ([arrives] if status == 303 else [])


@pytest.mark.slow
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("late", "is_taken"), [(timedelta(), True), (timedelta(minutes=30) - SECOND, True), (timedelta(minutes=30), False)]
)
def test_a_file_that_was_on_its_way_at_due_may_arrive_for_half_an_hour(
    stage: Stage, late: timedelta, is_taken: bool
) -> None:
    ben = stage.world.cast.ben
    stage.clock.at = DUE - SECOND
    slot = ask_for_slot(stage, ben).json()
    stage.clock.at = DUE + late + 2 * SECOND if late == timedelta() else DUE + late
    assert put(slot, DESIGN) == 200
    answer = hand_in(stage, ben, slot["id"])
    if is_taken:
        *_, version = versions(stage)
        assert (answer.status_code, version.was_in_flight, version.handed_in_at) == (303, True, stage.clock.at)
        page = stage.browser(ben).get(f"/versions/{version.id}/receipt")
        assert shown(page, "every file had begun before it, and one was still on its way") == (200, [])
    else:
        assert (answer.status_code, len(versions(stage))) == (422, 1)


LATE_UNTIL = (
    "What was still on its way then may be handed in until "
    "Fri 11 Dec 2026, 00:29:00 Berlin (Thu 10 Dec 2026, 23:29:00 UTC)."
)


@pytest.mark.parametrize(
    ("at", "told", "button"),
    [
        (DUE - SECOND, "Press the button below before the due instant.", "Hand in now"),
        (DUE, LATE_UNTIL, "Hand in what was still on its way"),
        (DUE + timedelta(minutes=30), "so has the time for what was still on its way", None),
    ],
)
def test_what_waits_says_until_when_it_may_be_handed_in(
    stage: Stage, at: datetime, told: str, button: str | None
) -> None:
    stage.clock.at = at
    page = stage.browser(stage.world.cast.ben).get(home(stage))
    assert shown(page, told) == (200, [])
    assert re.findall(r">(Hand in [^<]+)</button>", page.text) == ([button] if button else [])


def test_the_page_says_what_each_file_is_for_and_which_is_replaced(stage: Stage) -> None:
    world = stage.world
    replaced = "for “Design”; replaced by the newer file below, it will not be handed in"
    first = stage.browser(world.cast.ben).get(home(stage))
    assert shown(first, "for “Design”", replaced) == (200, [replaced])
    assert re.findall(r">([^<]+)<span class=\"optional\">", first.text) == ["Configuration"]

    def send_again(session: Session) -> None:
        entry = session.get_one(Entry, world.entry.id)
        upload = make_upload(session, world.opened, entry, world.cast.ben, now=stage.clock.at - MINUTE)
        submissions.note_arrival(upload, stored(upload))

    stage.write(send_again)
    assert unescape(stage.browser(world.cast.ben).get(home(stage)).text).count(replaced) == 1


def test_nothing_is_begun_at_due(stage: Stage) -> None:
    stage.clock.at = DUE
    answer = ask_for_slot(stage, stage.world.cast.ben)
    told = TOO_LATE.format("Thu 10 Dec 2026, 22:59:00")
    assert (answer.status_code, answer.json()["detail"], answer.json()["field"]) == (422, told, "file")
    form = stage.browser(stage.world.cast.ben).send_form(
        f"{home(stage)}/forms", deliverable=str(stage.deliverable_id())
    )
    assert shown(form, told) == (422, [])
    assert stage.changes() == {}


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"size": 0}, 422, "This file is empty."),
    ({"size": 50 * 2**20 + 1}, 422, "This file is larger than the limit of 50 MiB."),
    ({"size": -5}, 422, "This file is empty."),
    ({"file_name": "design.docx"}, 422, "“design.docx” is not a PDF document: its name does not end in .pdf."),
    ({"file_name": "../design.pdf/.."}, 422, "“..” is not a PDF document: its name does not end in .pdf."),
    ({"file_name": ""}, 422, "Please write a name."),
    ({"sha256": "0" * 63}, 422, "The check sum of the file is missing or wrong. Choose the file again."),
    ({"sha256": "G" * 64}, 422, "The check sum of the file is missing or wrong. Choose the file again."),
    ({"deliverable": str(UUID(int=7))}, 404, "There is no such page, or it is not open to you."),
    ({"deliverable": "first"}, 422, "This cannot be read. Check what you wrote here."),
    ({"size": "big"}, 422, "This cannot be read. Check what you wrote here."),
    ({"file_name": None}, 422, "This cannot be read. Check what you wrote here."),
    ({"file_name": "a\x00b.pdf"}, 400, "What arrived is not what the form sends."),
]  # fmt: skip


@pytest.mark.parametrize(("over", "status", "sentence"), REFUSED)
def test_a_file_that_cannot_be_taken_is_refused_before_its_first_byte(
    stage: Stage, over: dict[str, Any], status: int, sentence: str
) -> None:
    answer = ask_for_slot(stage, stage.world.cast.ben, **over)
    told = answer.json()
    assert (answer.status_code, told["status"], told["detail"].startswith(sentence)) == (status, status, True), told
    assert stage.changes() == {}


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_a_file_name_of_html_is_a_name(stage: Stage) -> None:
    name = '<img src=x onerror=alert(1)>".pdf'
    upload = send(stage, stage.world.cast.ben, file_name=name)
    ben = stage.browser(stage.world.cast.ben)
    pages = [ben.get(home(stage)).text]
    receipt = hand_in(stage, stage.world.cast.ben, upload).headers["location"]
    pages += [ben.get(path).text for path in (home(stage), receipt)]
    assert [("<img" in page, name in unescape(page)) for page in pages] == [(False, True)] * 3


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_an_upload_that_never_arrives_is_told_and_nothing_is_handed_in(stage: Stage) -> None:
    slot = ask_for_slot(stage, stage.world.cast.ben).json()
    before = stage.changes()
    answer = hand_in(stage, stage.world.cast.ben, slot["id"])
    assert shown(answer, UNSENT, "and has not arrived. Choose it again below") == (422, [])
    assert stage.changes() == before


@pytest.mark.slow
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"PK\x03\x04 a zip", b"MZ\x90 a program"])
def test_content_that_its_name_denies_goes_off_the_list_when_it_arrives(stage: Stage, content: bytes) -> None:
    ben = stage.world.cast.ben
    slot = ask_for_slot(stage, ben, content=content).json()
    assert put(slot, content) == 200
    browser = stage.browser(ben)
    arrival = browser.post(slot["arrival_url"], headers={"x-csrftoken": browser.token(), "hx-request": "true"})
    sentence = "“design.pdf” is called a PDF document, but its content is something else, so it cannot be handed in."
    assert shown(arrival, sentence) == (200, [])
    before = stage.changes()
    answer = hand_in(stage, ben, slot["id"])
    assert shown(answer, "There is nothing new to hand in. Upload a file first.") == (422, [])
    assert stage.changes() == before


@pytest.mark.slow
def test_bytes_that_were_not_announced_do_not_enter_the_store(stage: Stage, store: Store) -> None:
    slot = ask_for_slot(stage, stage.world.cast.ben).json()
    assert put(slot, DESIGN[::-1]) == 400
    assert put(slot, DESIGN) == 200
    assert put(slot, DESIGN) == 412
    with stage.database.reading() as session:
        key = session.get_one(Upload, UUID(slot["id"])).key
    stored = store.look(key)
    assert stored
    assert b"".join(store.read(key, stored.version_id)) == DESIGN


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_an_empty_hand_in_and_a_missing_deliverable_say_what_to_do(stage: Stage) -> None:
    answer = hand_in(stage, stage.world.cast.ben)
    assert shown(answer, "There is nothing new to hand in. Upload a file first.") == (422, [])
    zipped = {"deliverable": str(stage.deliverable_id(2)), "file_name": "conf.zip"}
    upload = send(stage, stage.world.fay, b"PK\x03\x04 only the optional one", **zipped)
    answer = hand_in(stage, stage.world.fay, upload)
    sentence = "“Design” is still missing. Upload it, then hand in everything together."
    assert shown(answer, sentence, "conf.zip", "Uploaded, but not handed in") == (422, [])
    assert answer.text.count("Hand in now") == 1


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_clicking_twice_hands_in_once(stage: Stage) -> None:
    upload = send(stage, stage.world.cast.ben)
    ben = stage.browser(stage.world.cast.ben)
    ben.token()
    stage.clock.step = timedelta(microseconds=1)
    answers = at_once(*[lambda: ben.send_form(f"{home(stage)}/versions", upload=upload)] * 2)
    answers.append(ben.send_form(f"{home(stage)}/versions", upload=upload))
    _, version = versions(stage)
    assert [leads_to(answer) for answer in answers] == [(303, f"/versions/{version.id}/receipt")] * 3
    assert stage.changes() == {
        "upload": "+1 ~1", "version": "+1", "versionfile": "+1", "letter": "+2", "trace": "+2",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_two_members_hand_in_at_once_and_both_versions_stand(stage: Stage) -> None:
    cast = stage.world.cast
    deeds = []
    for person, content in ((cast.ben, DESIGN + b"ben"), (cast.cleo, DESIGN + b"cleo")):
        upload, browser = send(stage, person, content), stage.browser(person)
        browser.token()

        def deed(browser: Any = browser, upload: str = upload) -> httpx.Response:
            answer: httpx.Response = browser.send_form(f"{home(stage)}/versions", upload=upload)
            return answer

        deeds.append(deed)
    answers = at_once(*deeds)
    numbers = [version.number for version in versions(stage)]
    taken = [answer.status_code for answer in answers].count(303)
    assert (numbers, taken, {answer.status_code for answer in answers} <= {303, 422}) == (
        [1, 2, 3][: 1 + taken], taken, True,
    )  # fmt: skip


@pytest.mark.slow
def test_with_the_store_away_nothing_is_half_done_and_the_same_click_works_later(stage: Stage, store: Store) -> None:
    ben = stage.world.cast.ben
    upload = send(stage, ben)
    before = stage.changes()
    stage.site.app.state.store = away(stage)
    assert shown(hand_in(stage, ben, upload), AWAY) == (503, [])
    slot = ask_for_slot(stage, ben).json()
    program = stage.program(ben)
    arrival = program.post(slot["arrival_url"], headers={"x-csrftoken": program.token()})
    assert (arrival.status_code, arrival.json()["detail"], arrival.headers["retry-after"]) == (503, AWAY, "30")
    page = stage.browser(ben).get(home(stage))
    assert shown(page, "Uploaded, but not handed in", "Received") == (200, [])
    assert {**stage.changes(), "upload": "", "trace": ""} == {**before, "upload": "", "trace": ""}
    stage.site.app.state.store = store
    assert hand_in(stage, ben, upload).status_code == 303


def away(stage: Stage) -> Store:
    nowhere = f"http://127.0.0.1:{free_ports(1)[0]}"
    settings = stage.site.settings.model_copy(update={"s3_endpoint": nowhere, "s3_public_endpoint": nowhere})
    return Store(settings)


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_nobody_reaches_the_uploads_of_another_team(stage: Stage) -> None:
    world = stage.world
    upload = send(stage, world.cast.ben)
    send(stage, world.fay, file_name="ours.pdf")
    before = stage.changes()
    fay = stage.browser(world.fay)
    tried = {
        "hand in": fay.send_form(f"{home(stage)}/versions", upload=upload),
        "take off": fay.send_form(f"{home(stage)}/uploads/{upload}/removal"),
        "arrive": fay.send_form(f"{home(stage)}/uploads/{upload}/arrival"),
        "form": fay.get(f"{home(stage)}/forms/{upload}"),
    }
    assert {name: answer.status_code for name, answer in tried.items()} == dict.fromkeys(tried, 404)
    assert "design.pdf" not in fay.get(home(stage)).text
    assert stage.changes() == before


@pytest.mark.parametrize("upload", ["x", str(UUID(int=7)), "1' OR 1=1"])
def test_an_upload_that_is_none(stage: Stage, upload: str) -> None:
    answer = hand_in(stage, stage.world.cast.ben, upload)
    assert answer.status_code == (404 if len(upload) == 36 else 422)
    assert stage.changes() == {}


def test_a_file_off_the_list_is_not_handed_in(stage: Stage) -> None:
    world = stage.world
    ben = stage.browser(world.cast.ben)
    for _ in range(2):
        assert leads_to(ben.send_form(f"{home(stage)}/uploads/{world.waiting.id}/removal")) == (303, home(stage))
    assert stage.changes() == {"upload": "~1", "trace": "+1"}
    assert "Uploaded, but not handed in" not in ben.get(home(stage)).text


def test_a_team_that_withdrew_hands_in_nothing(stage: Stage) -> None:
    def leave(session: Session) -> None:
        stage.world_in(session).entry.withdrawn_at = stage.clock.at

    stage.write(leave)
    answer = ask_for_slot(stage, stage.world.cast.ben)
    assert (answer.status_code, answer.json()["detail"]) == (422, "Your team has withdrawn from this season.")


@pytest.mark.slow
@pytest.mark.usefixtures("store")
def test_without_scripts_a_plain_form_sends_the_file_and_comes_back(stage: Stage) -> None:
    ben = stage.browser(stage.world.cast.ben)
    opened = ben.send_form(f"{home(stage)}/forms", deliverable=str(stage.deliverable_id()))
    form = ben.get(opened.headers["location"])
    action = unescape(form.text.split('enctype="multipart/form-data"')[0].rsplit('action="', 1)[1].split('"')[0])
    fields = dict(pair.split('" value="') for pair in hidden_fields(form.text))
    sent = httpx.post(action, data=fields, files={"file": ("whatever.pdf", DESIGN, "application/pdf")})
    assert (sent.status_code, sent.headers["location"].split("?")[0]) == (
        303,
        f"{stage.site.settings.url}{home(stage)}",
    )
    name = "Plan B - challenge 3 - Design.pdf"
    page = ben.get(home(stage))
    assert shown(page, "Uploaded, but not handed in", name) == (200, [])
    upload = page.text.split('name="upload" value="')[-1].split('"')[0]
    assert hand_in(stage, stage.world.cast.ben, upload).status_code == 303
    with stage.database.reading() as session:
        file = session.exec(select(VersionFile).where(VersionFile.version_id == versions(stage)[-1].id)).one()
    assert (file.file_name, file.size, file.claimed_sha256) == (name, len(DESIGN), None)


@pytest.mark.parametrize(
    ("columns", "late", "sentence"),
    [
        ({"handed_in_at": True}, False, "This file is handed in."),
        ({"removed_at": True}, False, "This file is off your list."),
        ({"arrived_at": True, "store_version_id": "v1"}, False, "This file has arrived."),
        ({}, True, TOO_LATE.format("Thu 10 Dec 2026, 22:59:00")),
    ],
)
def test_a_plain_form_of_a_file_that_nobody_waits_for_is_refused(
    stage: Stage, columns: dict[str, Any], late: bool, sentence: str
) -> None:
    ben = stage.browser(stage.world.cast.ben)
    form = ben.send_form(f"{home(stage)}/forms", deliverable=str(stage.deliverable_id())).headers["location"]
    assert ben.get(form).status_code == 200

    def change(session: Session) -> None:
        upload = session.get_one(Upload, UUID(form.rpartition("/")[2]))
        for name, value in columns.items():
            setattr(upload, name, stage.clock.at if value is True else value)

    stage.write(change)
    stage.clock.at = DUE if late else stage.clock.at
    assert shown(ben.get(form), sentence) == (422, [])


@pytest.mark.slow
def test_a_plain_form_whose_file_is_in_the_store_is_refused(stage: Stage, store: Store) -> None:
    ben = stage.browser(stage.world.cast.ben)
    form = ben.send_form(f"{home(stage)}/forms", deliverable=str(stage.deliverable_id())).headers["location"]
    with stage.database.reading() as session:
        key = session.get_one(Upload, UUID(form.rpartition("/")[2])).key
    assert ben.get(form).status_code == 200
    store.write(key, DESIGN, "application/pdf")
    assert shown(ben.get(form), "This file has arrived. Hand it in, or take it off the list") == (422, [])


class Counts(Store):
    """A store that is away, and how often somebody waited for it."""

    waits = 0

    def look(self, key: str, version_id: str | None = None) -> Any:
        self.waits += 1
        return super().look(key, version_id)


def test_a_store_that_is_away_is_waited_for_once(stage: Stage) -> None:
    ben = stage.world.cast.ben
    for _ in range(3):
        ask_for_slot(stage, ben)
    store = object.__new__(Counts)
    vars(store).update(vars(away(stage)))
    stage.site.app.state.store = store
    assert (stage.browser(ben).get(home(stage)).status_code, store.waits) == (200, 1)


def hidden_fields(page: str) -> list[str]:
    """`name" value="value` of the form that goes to the store."""
    form = page.split('enctype="multipart/form-data">')[1].split("</form>")[0]
    return [unescape(one.split('">')[0]) for one in form.split('<input type="hidden" name="')[1:]]


def test_the_page_asks_the_same_for_thirty_versions(stage: Stage) -> None:
    world = stage.world
    ben = stage.browser(world.cast.ben)
    few = stage.statements(ben, home(stage))

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for minute in range(1, 31):
            make_version(session, there.opened, there.entry, there.cast.ben, stage.clock.at + timedelta(minutes=minute))

    stage.write(grow)
    stage.clock.at += timedelta(minutes=45)
    many = stage.statements(ben, home(stage))
    assert (many, many <= 12) == (few, True)


def test_a_team_that_has_not_entered_is_led_to_its_page(stage: Stage) -> None:
    eve = stage.world.cast.eve
    with stage.database.writing() as session:
        team = teams.found(session, stage.world_in(session).season, "Latecomers", eve, stage.clock.at)
    assert leads_to(stage.browser(eve).get(home(stage))) == (303, f"/teams/{team.id}")
