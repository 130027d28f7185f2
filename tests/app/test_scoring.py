"""Scoring over HTTP: one field at a time or the whole sheet, from two windows, and nothing that is written is lost."""

from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from sqlmodel import Session

from app.db import counting
from app.storage import Store
from challenges import versions
from challenges.rubrics import Scale
from judging import panels, progress, scoring
from judging.scoring import Mark
from tests.makers import make_entry, make_person, make_version
from tests.stage import TODAY, Stage, at_once, leads_to, shown
from tests.web import Browser

STALE = "This field was changed in another window. Nothing is lost: choose which text to keep."


def boxes(stage: Stage) -> Sequence[tuple[Scale, Mark]]:
    with stage.database.reading() as session:
        return scoring.marks_on(session, stage.sheet().sheet)


def criterion(stage: Stage, at: int = 0) -> UUID:
    return boxes(stage)[at][0].criterion.id


def here(stage: Stage) -> str:
    return f"/scoresheets/{stage.world.sheet_id}"


def save(program: Browser, stage: Stage, field: str, value: str, revision: object, of: object = "") -> httpx.Response:
    """As the page's script saves one field."""
    body = {"field": field, "value": value, "revision": str(revision), "criterion": str(of)}
    return program.post(f"{here(stage)}/marks", data=body, headers={"x-csrftoken": program.token()})


def whole(stage: Stage, level: str = "8", comment: str = "Page 3 says why.", overall: str = "Well told.") -> Any:
    """The form of the whole sheet, from the revisions that it has now."""
    fields = {"overall": overall, "overall_revision": str(stage.sheet().sheet.comment_revision)}
    for scale, mark in boxes(stage):
        one = scale.criterion.id
        fields |= {f"level-{one}": level, f"level_revision-{one}": str(mark.level_revision)}
        fields |= {f"comment-{one}": comment, f"comment_revision-{one}": str(mark.comment_revision)}
    return fields


def written(stage: Stage) -> list[tuple[int | None, str]]:
    return [(mark.half_points, mark.comment) for _, mark in boxes(stage)]


def test_a_desk_shows_what_is_to_read_and_begins_each_sheet_once(stage: Stage) -> None:
    world = stage.world
    dana = stage.browser(world.cast.dana)
    assert shown(dana.get("/desk"), "Go on with Plan B", "Begin Plan D", "0 of 2") == (200, [])
    dana.token()
    answers = at_once(*[lambda: dana.send_form(f"/assignments/{world.unopened_id}/scoresheet")] * 2)
    assert stage.changes() == {"scoresheet": "+1", "mark": "+2", "trace": "+1"}
    assert {leads_to(answer) for answer in answers} == {(303, answers[0].headers["location"])}
    assert shown(dana.get(answers[0].headers["location"]), "Plan D", "0 of 2 levels set") == (200, [])
    assert "Nothing to read yet" in stage.browser(world.cast.dev).get("/desk").text


def test_reading_begins_when_the_last_file_can_have_arrived(stage: Stage) -> None:
    world = stage.world
    dana = stage.browser(world.cast.dana)
    stage.clock.at = world.judged.settled_at - timedelta(seconds=1)
    answer = dana.send_form(f"/assignments/{world.unopened_id}/scoresheet")
    assert shown(answer, "Reading begins at Tue 24 Nov, 23:29 UTC, when the last file can have arrived.") == (422, [])
    assert stage.changes() == {}
    stage.clock.at = world.judged.settled_at
    assert dana.send_form(f"/assignments/{world.unopened_id}/scoresheet").status_code == 303


def test_a_field_saves_itself_and_says_how_far_the_sheet_is(stage: Stage) -> None:
    program, one = stage.program(stage.world.cast.dana), criterion(stage)
    level = save(program, stage, "level", "8", 0, one)
    assert (level.status_code, level.json()) == (
        200, {"revision": 1, "saved_at": TODAY.isoformat(), "progress": {"boxes": 2, "levels": 1, "comments": 0}},
    )  # fmt: skip
    comment = save(program, stage, "comment", "Why, on page 3.\r\nAnd 4.", 0, one)
    assert comment.json()["progress"] == {"boxes": 2, "levels": 1, "comments": 1}
    assert save(program, stage, "overall", "Well told.", 0).json()["revision"] == 1
    assert written(stage) == [(8, "Why, on page 3.\nAnd 4."), (None, "")]
    assert stage.sheet().sheet.comment == "Well told."
    assert stage.changes() == {"mark": "~1", "scoresheet": "~1", "trace": "+3"}
    assert save(program, stage, "level", "", 1, one).json()["progress"]["levels"] == 0
    assert written(stage)[0][0] is None


def test_two_windows_on_one_field_get_both_texts_and_nothing_is_overwritten(stage: Stage) -> None:
    one = criterion(stage)
    first, second = stage.program(stage.world.cast.dana), stage.program(stage.world.cast.dana)
    assert save(first, stage, "comment", "From the first.", 0, one).status_code == 200
    before = stage.changes()
    answer = save(second, stage, "comment", "From the second.", 0, one)
    assert (answer.status_code, answer.json()) == (
        409,
        {
            "yours": "From the second.", "theirs": "From the first.", "revision": 1, "theirs_at": TODAY.isoformat(),
            "detail": STALE,
        },
    )  # fmt: skip
    assert (written(stage)[0], stage.changes()) == ((None, "From the first."), before)
    assert save(second, stage, "level", "6", 0, one).status_code == 200
    chosen = save(second, stage, "comment", "From both.", 1, one)
    assert (chosen.status_code, written(stage)[0]) == (200, (6, "From both."))


def test_two_windows_on_one_level_are_asked_as_well(stage: Stage) -> None:
    program, one = stage.program(stage.world.cast.dana), criterion(stage)
    assert save(program, stage, "level", "8", 0, one).status_code == 200
    answer = save(program, stage, "level", "4", 0, one)
    assert (answer.status_code, answer.json()["yours"], answer.json()["theirs"]) == (409, "4", "8")
    assert written(stage)[0] == (8, "")


def test_the_overall_comment_from_two_windows_too(stage: Stage) -> None:
    program = stage.program(stage.world.cast.dana)
    assert save(program, stage, "overall", "First.", 0).status_code == 200
    answer = save(program, stage, "overall", "Second.", 0)
    assert (answer.status_code, answer.json()["theirs"], stage.sheet().sheet.comment) == (409, "First.", "First.")


def test_the_same_text_from_two_windows_is_no_quarrel(stage: Stage) -> None:
    program, one = stage.program(stage.world.cast.dana), criterion(stage)
    answers = [save(program, stage, "comment", "The same.", 0, one) for _ in range(2)]
    assert [(answer.status_code, answer.json()["revision"]) for answer in answers] == [(200, 1)] * 2


def test_two_saves_at_once_never_both_win(stage: Stage) -> None:
    one = criterion(stage)
    programs = [stage.program(stage.world.cast.dana) for _ in range(2)]
    for program in programs:
        program.token()
    answers = at_once(
        *(
            lambda program=program, at=at: save(program, stage, "comment", f"Text {at}", 0, one)  # type: ignore[misc]
            for at, program in enumerate(programs)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = next(at for at, answer in enumerate(answers) if answer.status_code == 200)
    assert written(stage)[0][1] == f"Text {won}"


def test_the_whole_sheet_of_an_old_window_is_drawn_again_with_what_it_holds(stage: Stage) -> None:
    dana = stage.browser(stage.world.cast.dana)
    old = whole(stage, comment="From the old window.")
    save(stage.program(stage.world.cast.dana), stage, "comment", "From the new one.", 0, criterion(stage))
    before = stage.changes()
    for path in ("marks", "submission"):
        answer = dana.send_form(f"{here(stage)}/{path}", **old)
        assert shown(answer, STALE, ">\nFrom the old window.</textarea>", ">\nWell told.</textarea>") == (409, [])
    assert (stage.changes(), written(stage)) == (before, [(None, "From the new one."), (None, "")])


OUTSIDE = "That level is not on the scale of this criterion."
UNKNOWN = "This field is not on a scoresheet. Load the page again; your text stays in this browser."
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"value": "12"}, OUTSIDE),
    ({"value": "0"}, OUTSIDE),
    ({"value": "1"}, OUTSIDE),
    ({"value": "-2"}, OUTSIDE),
    ({"value": "٤"}, OUTSIDE),
    ({"value": "4.0"}, OUTSIDE),
    ({"value": "nan"}, OUTSIDE),
    ({"value": "9" * 40}, OUTSIDE),
    ({"revision": ""}, "Write a whole number, such as 3."),
    ({"revision": "1e3"}, "Write a whole number, such as 3."),
    ({"field": "score"}, UNKNOWN),
    ({"field": ""}, UNKNOWN),
    ({"field": "overall"}, UNKNOWN),
    ({"criterion": ""}, UNKNOWN),
    ({"criterion": "first"}, "Choose one from the list."),
    ({"criterion": str(UUID(int=1))},
     "This criterion is not on your scoresheet. Load the page again; your text stays in this browser."),
    ({"field": "comment", "value": "x" * 100_001},
     "A comment has at most 100,000 characters. It was not saved; shorten it."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("over", "sentence"), REFUSED, ids=[f"{next(iter(over.items()))!s:.40}" for over, _ in REFUSED]
)
def test_a_field_that_cannot_be_saved_says_why_and_changes_nothing(
    stage: Stage, over: dict[str, str], sentence: str
) -> None:
    program = stage.program(stage.world.cast.dana)
    body = {"field": "level", "value": "8", "revision": "0", "criterion": str(criterion(stage))} | over
    answer = program.post(f"{here(stage)}/marks", data=body, headers={"x-csrftoken": program.token()})
    assert (answer.status_code, answer.json()["detail"], stage.changes()) == (422, sentence, {})


def test_a_mark_outside_its_scale_keeps_the_rest_of_the_form(stage: Stage) -> None:
    typed = whole(stage, comment="Kept.") | {f"level-{criterion(stage, 1)}": "99"}
    for path in ("marks", "submission"):
        answer = stage.browser(stage.world.cast.dana).send_form(f"{here(stage)}/{path}", **typed)
        assert shown(answer, OUTSIDE, ">\nKept.</textarea>", ">\nWell told.</textarea>") == (422, [])
        assert 'value="8" data-at="8" data-key="4" checked' in answer.text
    assert stage.changes() == {}


def test_without_scripts_the_whole_sheet_is_saved_and_handed_in(stage: Stage) -> None:
    dana = stage.browser(stage.world.cast.dana)
    assert leads_to(dana.send_form(f"{here(stage)}/marks", **whole(stage, level="4"))) == (303, here(stage))
    assert written(stage) == [(4, "Page 3 says why.")] * 2
    assert leads_to(dana.send_form(f"{here(stage)}/submission", **whole(stage))) == (303, "/desk")
    assert written(stage) == [(8, "Page 3 says why.")] * 2
    sheet = stage.sheet().sheet
    assert (sheet.handed_in_at, sheet.comment) == (TODAY, "Well told.")
    assert shown(dana.get("/desk"), "Your scoresheet for Plan B is handed in.", "Look at Plan B") == (200, [])


def test_a_sheet_with_gaps_names_them_and_keeps_what_was_typed(stage: Stage) -> None:
    typed = whole(stage) | {f"level-{criterion(stage)}": "", f"comment-{criterion(stage, 1)}": " "}
    answer = stage.browser(stage.world.cast.dana).send_form(f"{here(stage)}/submission", **typed)
    told = "Before you hand in, these still need something: Requirements (level); Decisions (comment)."
    assert shown(answer, told, ">\nPage 3 says why.</textarea>", ">\nWell told.</textarea>") == (422, [])
    assert (stage.changes(), stage.sheet().sheet.handed_in_at) == ({}, None)


def test_a_sheet_that_was_handed_in_is_closed_until_it_is_reopened(stage: Stage) -> None:
    dana, program = stage.browser(stage.world.cast.dana), stage.program(stage.world.cast.dana)
    dana.token()
    form = whole(stage)
    answers = at_once(*[lambda: dana.send_form(f"{here(stage)}/submission", **form)] * 2)
    assert sorted(answer.status_code for answer in answers) in ([303, 303], [303, 422])
    before = stage.changes()
    closed = "This scoresheet is handed in, so nothing was saved. Until feedback is released you can reopen it."
    answer = save(program, stage, "level", "2", 1, criterion(stage))
    assert (answer.status_code, answer.json()["detail"], stage.changes()) == (422, closed, before)
    assert shown(dana.get(here(stage)), "You have handed in this scoresheet.", "Reopen") == (200, [])
    for _ in range(2):
        assert leads_to(dana.send_form(f"{here(stage)}/reopening")) == (303, here(stage))
    assert save(program, stage, "level", "2", 1, criterion(stage)).status_code == 200


def test_after_release_no_sheet_is_reopened(stage: Stage) -> None:
    world = stage.world
    with stage.database.reading() as session:
        row = next(
            row for row in progress.desk_of(session, world.cast.dana.id) if row.challenge.id == world.released.id
        )
    assert row.sheet
    answer = stage.browser(world.cast.dana).send_form(f"/scoresheets/{row.sheet.id}/reopening")
    told = "Feedback for this challenge has been released, so its scoresheets stay as they are."
    assert (shown(answer, told), stage.changes()) == ((422, []), {})


def test_nobody_reaches_the_sheet_of_another_judge(stage: Stage) -> None:
    world = stage.world
    judges = {
        "Dana": (world.cast.dana, world.emils_sheet_id),
        "Dev": (world.cast.dev, world.sheet_id),
        "Emil": (world.emil, world.emils_sheet_id),
        "Ada": (world.cast.ada, world.sheet_id),
    }
    file = stage.file_id(world.judged_version)
    for name, (person, sheet) in judges.items():
        browser = stage.browser(person)
        tried = [browser.get(f"/scoresheets/{sheet}"), browser.get(f"/scoresheets/{sheet}/files/{file}")]
        tried += [browser.send_form(f"/scoresheets/{sheet}/{what}") for what in ("marks", "submission", "reopening")]
        assert (name, [answer.status_code for answer in tried]) == (name, [404] * 5)
    assert stage.changes() == {}


@pytest.mark.slow
def test_a_judge_reads_the_very_version_that_is_judged(stage: Stage, store: Store) -> None:
    world = stage.world
    stored = store.write(f"submissions/{world.sheet_id}", b"%PDF-1.7 judged", "application/pdf")
    store.write(stored.key, b"%PDF-1.7 written later", "application/pdf")

    def keep(session: Session) -> None:
        (file,) = versions.files_of(session, [world.judged_version.id])[world.judged_version.id]
        file.key, file.store_version_id = stored.key, stored.version_id

    stage.write(keep)
    dana, path = stage.browser(world.cast.dana), f"{here(stage)}/files/{stage.file_id(world.judged_version)}"
    for query, how in (("", "inline"), ("?keep=1", "attachment")):
        address = dana.get(path + query).headers["location"]
        answer = httpx.get(address)
        assert (answer.content, answer.headers["content-disposition"].split(";")[0]) == (b"%PDF-1.7 judged", how)
        assert parse_qs(urlsplit(address).query)["X-Amz-Expires"] == ["60"]
    assert dana.get(f"{here(stage)}/files/{stage.file_id(world.version)}").status_code == 404


def test_what_a_judge_writes_is_text(stage: Stage) -> None:
    evil = "</textarea><script>alert(1)</script> {{ 7*191 }}"
    dana = stage.browser(stage.world.cast.dana)
    dana.send_form(f"{here(stage)}/marks", **whole(stage, comment=evil, overall=evil))
    page = dana.get(here(stage)).text
    assert ("<script>alert" in page, "1337" in page, unescape(page).count(evil)) == (False, False, 3)


def test_desk_and_sheet_ask_the_same_for_thirty_designs(stage: Stage) -> None:
    world = stage.world
    dana = stage.browser(world.cast.dana)
    few = [stage.statements(dana, path) for path in ("/desk", here(stage))]

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        settled, there.judged.due_at = there.judged.due_at, TODAY + timedelta(days=1)
        for number in range(30):
            person = make_person(session, f"Member{number}")
            entry, _ = make_entry(session, there.season, person, name=f"Team {number}")
            make_version(session, there.judged, entry, person, TODAY - timedelta(hours=1))
        there.judged.due_at = settled
        session.flush()
        made = panels.assign_everything(session, there.judged, there.cast.ada, TODAY)
        danas = {pair: one for pair, one in panels.living_pairs(session, there.judged.id).items() if one in made}
        for pair, assignment in danas.items():
            if pair.person_id == there.cast.dana.id:
                scoring.open_sheet(session, assignment, there.judged, there.cast.dana, TODAY)

    stage.write(grow)
    many = [stage.statements(dana, path) for path in ("/desk", here(stage))]
    assert (many, max(many) <= 12) == (few, True)


def test_saving_a_mark_asks_little(stage: Stage) -> None:
    program, one = stage.program(stage.world.cast.dana), criterion(stage)
    program.token()
    with counting(stage.database) as sent:
        assert save(program, stage, "level", "8", 0, one).status_code == 200
    assert sent.count <= 12
