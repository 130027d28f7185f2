"""Challenges over HTTP: drafting one with its rubric, publishing it, amending its brief."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from challenges.challenges import Challenge, deliverables_of
from challenges.rubrics import scales_of
from tests.makers import at_clock, make_challenge, make_season
from tests.stage import Stage, beside, leads_to, shown

DUE_AT_ONCE = "The due instant has passed by then. Set a later one, or release the challenge earlier."


def rubric(*weights: int) -> dict[str, str]:
    fields = {}
    for at, weight in enumerate(weights, 1):
        fields |= {f"criteria-{at}-title": f"Criterion {at}", f"criteria-{at}-weight": str(weight)}
        fields |= {f"criteria-{at}-guidance": f"Look at it, {at}."}
        for level in (1, 2, 3):
            fields[f"criteria-{at}-level-{level}-title"] = f"Level {level} of {at}"
            fields[f"criteria-{at}-level-{level}-descriptor"] = f"What {level} of {at} looks like."
    return fields


FORM: dict[str, str] = {
    "title": "The night train", "summary": "Design what keeps the sleeping cars talking.", "due": "2026-12-15T23:59",
    "zone": "America/New_York", "brief": "Twelve cars, **one** engine.",
    "deliverables-1-title": "Design", "deliverables-1-kind": "pdf", "deliverables-1-size": "20",
    "deliverables-1-required": "yes",
    "deliverables-2-title": "", "deliverables-2-kind": "pdf", "deliverables-2-size": "50",
    **rubric(30, 70),
}  # fmt: skip


def newest(session: Session, stage: Stage) -> Challenge:
    numbered = select(Challenge).where(Challenge.season_id == stage.world.season.id)
    return max(session.exec(numbered), key=lambda challenge: challenge.number)


def test_a_draft_is_seen_by_organizers_as_participants_will_see_it(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    assert leads_to(ada.send_form(f"{world.home}/challenges", **FORM)) == (303, f"{world.home}/challenges/5")
    assert stage.changes() == {
        "challenge": "+1", "brief": "+1", "deliverable": "+1", "rubricversion": "+1", "criterion": "+2", "level": "+6",
        "trace": "+2",
    }  # fmt: skip
    with stage.database.reading() as session:
        challenge = newest(session, stage)
        scales = scales_of(session, challenge.rubric_version_id)
        deliverables = deliverables_of(session, challenge.id)
    assert (challenge.number, challenge.title, challenge.summary, challenge.due_at, challenge.due_zone) == (
        5, FORM["title"], FORM["summary"], datetime(2026, 12, 16, 4, 59, tzinfo=UTC), "America/New_York",
    )  # fmt: skip
    assert [(one.title, one.kind, one.required, one.max_bytes) for one in deliverables] == [
        ("Design", "pdf", True, 20 * 2**20)
    ]
    assert [(scale.criterion.title, scale.criterion.weight, scale.share) for scale in scales] == [
        ("Criterion 1", 30, 30.0), ("Criterion 2", 70, 70.0),
    ]  # fmt: skip
    assert [[(level.half_points, level.title, level.descriptor) for level in scale.levels] for scale in scales] == [
        [(2 * level, f"Level {level} of {at}", f"What {level} of {at} looks like.") for level in (1, 2, 3)]
        for at in (1, 2)
    ]
    draft = ada.get(f"{world.home}/challenges/5")
    assert shown(draft, "A draft, as participants will see it.", "<strong>one</strong> engine", "Criterion 2") == (
        200,
        [],
    )
    for person in (None, world.cast.ben, world.cast.dana, world.cast.eve):
        browser = stage.browser(person)
        assert browser.get(f"{world.home}/challenges/5").status_code == 404
        assert "The night train" not in browser.get(world.home).text


def test_weights_that_are_all_zero_are_refused_with_everything_that_was_typed(stage: Stage) -> None:
    typed = FORM | rubric(0, 0)
    answer = stage.browser(stage.world.cast.ada).send_form(f"{stage.world.home}/challenges", **typed)
    assert (answer.status_code, beside(answer, "criteria-1-weight")) == (
        422, "All weights are 0, so nothing would count. Give at least one criterion a weight.",
    )  # fmt: skip
    texts = {"brief", *(name for name in typed if name.endswith(("descriptor", "summary")))}
    kept = [f">\n{typed[name]}</textarea>" for name in texts]
    kept += [f'name="{name}"' for name in typed]
    kept += [f'value="{value}"' for name, value in typed.items() if name not in texts and value]
    assert shown(answer, *kept) == (422, [])
    assert stage.changes() == {}


SKIPPED = (
    "The clocks are put forward over that time in this zone, so it does not exist on that day. Say which you mean."
)
TWICE = "The clocks are put back in that hour in this zone, so they show this time twice. Say which you mean."
REFUSED: list[tuple[dict[str, str], str, str]] = [
    ({"title": ""}, "title", "Please write a title."),
    ({"summary": " "}, "summary", "Say in one or two sentences what the challenge asks."),
    ({"summary": "x" * 401}, "summary", "The summary is longer than 400 characters. The brief has room for the rest."),
    ({"due": "tomorrow"}, "due", "Write a day and a time, such as 2026-11-24T23:59."),
    ({"due": "2026-12-15T23:59Z"}, "due", "Write a day and a time, such as 2026-11-24T23:59."),
    ({"due": "2027-03-28T02:30", "zone": "Europe/Berlin"}, "due", SKIPPED),
    ({"due": "2026-10-25T02:30", "zone": "Europe/Berlin"}, "due", TWICE),
    ({"zone": "noon"}, "zone", "There is no time zone called “noon”. Choose one from the list, such as Europe/Berlin."),
    ({"brief": "\n"}, "brief", "A challenge needs a brief: what is the problem, and for whom?"),
    ({"deliverables-1-kind": "exe"}, "deliverables-1-kind", "Choose a kind of file from the list."),
    ({"deliverables-1-size": "0"}, "deliverables-1-size", "A size limit is from 1 to 100 MiB."),
    ({"deliverables-1-size": "101"}, "deliverables-1-size", "A size limit is from 1 to 100 MiB."),
    ({"deliverables-1-size": "many"}, "deliverables-1-size", "Write a whole number, such as 3."),
    ({"deliverables-1-required": ""}, "deliverables-1-required", "At least one deliverable must be required."),
    ({"criteria-1-weight": "-1"}, "criteria-1-weight", "A weight is a whole number from 0 to 1000."),
    ({"criteria-2-weight": "1.5"}, "criteria-2-weight", "Write a whole number, such as 3."),
    ({"criteria-2-weight": "9999999999"}, "criteria-2-weight", "Write a whole number, such as 3."),
    ({"criteria-2-title": "criterion 1"}, "criteria-2-title", "Two criteria are called “criterion 1”."),
    ({"criteria-2-level-3-descriptor": ""}, "criteria-2-level-3-descriptor",
     "Say what this level looks like, so that judges and participants read it alike."),
]  # fmt: skip


@pytest.mark.parametrize(("over", "field", "sentence"), REFUSED)
def test_a_refused_draft_says_why_at_its_field_and_keeps_the_rest(
    stage: Stage, over: dict[str, str], field: str, sentence: str
) -> None:
    typed = FORM | over
    answer = stage.browser(stage.world.cast.ada).send_form(f"{stage.world.home}/challenges", **typed)
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    kept = {"title", "due", "zone", "criteria-2-level-1-title"} - {field}
    assert shown(answer, *(f'value="{typed[name]}"' for name in kept if typed[name])) == (422, [])
    assert stage.changes() == {}


def test_a_form_without_any_row_asks_for_them(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    words = {name: value for name, value in FORM.items() if "-" not in name}
    answer = ada.send_form(f"{stage.world.home}/challenges", **words)
    assert shown(answer, "Say what is to be handed in: at least one deliverable.") == (422, [])
    with_files = words | {name: value for name, value in FORM.items() if name.startswith("deliverables")}
    answer = ada.send_form(f"{stage.world.home}/challenges", **with_files)
    assert shown(answer, "A rubric needs at least one criterion.") == (422, [])
    assert stage.changes() == {}


def test_a_draft_is_written_anew_and_a_criterion_can_be_left_out(stage: Stage) -> None:
    world = stage.world
    typed = FORM | {"criteria-1-remove": "yes"}
    answer = stage.browser(world.cast.ada).send_form(world.path(world.draft), **typed)
    assert leads_to(answer) == (303, world.path(world.draft))
    with stage.database.reading() as session:
        draft = session.get_one(Challenge, world.draft.id)
        scales = scales_of(session, draft.rubric_version_id)
    assert (draft.title, [scale.criterion.title for scale in scales]) == (FORM["title"], ["Criterion 2"])


def test_saving_says_what_the_challenge_is(stage: Stage) -> None:
    ada, there = stage.browser(stage.world.cast.ada), stage.world.path(stage.world.draft)

    def saved() -> str:
        assert leads_to(ada.send_form(there, **FORM)) == (303, there)
        return ada.get(there).text

    assert "Saved. Still a draft." in saved()
    ada.send_form(f"{there}/schedule", how="at", release="2026-11-28T20:00")
    assert "Saved. Scheduled. It opens by itself; until then only its number and dates are public." in saved()
    ada.send_form(f"{there}/schedule", how="hold", release="2026-11-28T20:00")
    assert "Saved. On hold. It opens when you press the button" in saved()


def test_releasing_now_twice_releases_once_and_everybody_reads_it(stage: Stage) -> None:
    world = stage.world
    ada = stage.browser(world.cast.ada)
    for _ in range(2):
        scheduled = ada.send_form(f"{world.path(world.draft)}/schedule", how="now")
        assert leads_to(scheduled) == (303, world.path(world.draft))
    assert stage.changes() == {"challenge": "~1", "trace": "+1"}
    assert stage.browser().get(world.path(world.draft)).status_code == 200


def test_it_opens_by_itself_and_until_then_only_the_rehearsal_shows_it(stage: Stage) -> None:
    world, there = stage.world, stage.world.path(stage.world.draft)
    ada = stage.browser(world.cast.ada)
    ada.send_form(f"{there}/schedule", how="at", release="2026-11-28T20:00")
    release = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)
    assert stage.fresh(world.draft).release_at == release
    readers = {"nobody": None, "Ben": world.cast.ben, "Dana": world.cast.dana, "Ada": world.cast.ada}
    assert {who: stage.browser(one).get(there).status_code for who, one in readers.items()} == {
        "nobody": 404, "Ben": 404, "Dana": 404, "Ada": 200,
    }  # fmt: skip
    rehearsals = {who: stage.browser(one).get(f"{there}/rehearsal").status_code for who, one in readers.items()}
    assert rehearsals == {"nobody": 303, "Ben": 404, "Dana": 200, "Ada": 200}
    stage.clock.at = release
    assert {who: stage.browser(one).get(there).status_code for who, one in readers.items()} == dict.fromkeys(
        readers, 200
    )


def test_on_hold_the_late_button_asks_whether_due_moves_along(stage: Stage) -> None:
    world, there = stage.world, stage.world.path(stage.world.draft)
    ada = stage.browser(world.cast.ada)
    ada.send_form(f"{there}/schedule", how="hold", release="2026-11-28T20:00")
    assert "later than planned" not in ada.get(there).text
    stage.clock.at = datetime(2026, 11, 28, 19, 25, tzinfo=UTC)
    assert shown(ada.get(there), "The evening is 25 minutes later than planned.") == (200, [])
    assert stage.browser().get(there).status_code == 404
    for _ in range(2):
        assert leads_to(ada.send_form(f"{there}/release", moves_due="yes")) == (303, there)
    moved = stage.fresh(world.draft)
    assert (moved.release_at, moved.due_at - world.draft.due_at) == (stage.clock.at, timedelta(minutes=25))
    assert stage.changes() == {"challenge": "~1", "trace": "+2"}
    assert stage.browser().get(there).status_code == 200


def test_a_schedule_is_taken_back_while_nobody_has_read_it(stage: Stage) -> None:
    world, there = stage.world, stage.world.path(stage.world.draft)
    ada = stage.browser(world.cast.ada)
    ada.send_form(f"{there}/schedule", how="at", release="2026-11-28T20:00")
    assert leads_to(ada.send_form(f"{there}/schedule/withdrawal")) == (303, there)
    assert (stage.fresh(world.draft).release_at, stage.fresh(world.draft).scheduled_at) == (None, None)
    refused = ada.send_form(f"{world.path(world.opened)}/schedule/withdrawal")
    assert shown(refused, "people may have read it, so it cannot be hidden any more") == (422, [])


@pytest.mark.parametrize(
    ("release", "sentence"),
    [
        ("", "Write a day and a time, such as 2026-11-24T23:59."),
        ("2026-12-18T23:59", DUE_AT_ONCE),
        ("2026-11-26T10:00", "That instant has passed. Choose a later one, or release the challenge now."),
    ],
)
def test_a_release_that_cannot_be(stage: Stage, release: str, sentence: str) -> None:
    world = stage.world
    answer = stage.browser(world.cast.ada).send_form(f"{world.path(world.draft)}/schedule", how="at", release=release)
    assert (answer.status_code, beside(answer, "release"), stage.changes()) == (422, sentence, {})


def test_midnight_is_asked_about_and_the_answer_is_taken(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    asked = ada.send_form(f"{stage.world.home}/challenges", **FORM | {"due": "2026-12-16T00:00"})
    assert shown(
        asked, 'value="2026-12-15T23:59"', "Tuesday 15 December 2026, 23:59 (Wed 04:59 UTC)",
        'value="2026-12-16T00:00!"', "Wednesday 16 December 2026, 23:59 (Thu 04:59 UTC)",
    ) == (422, [])  # fmt: skip
    assert stage.changes() == {}
    answered = FORM | {"due": "2026-12-16T00:00", "due-choice": "2026-12-15T23:59"}
    assert ada.send_form(f"{stage.world.home}/challenges", **answered).status_code == 303
    with stage.database.reading() as session:
        assert newest(session, stage).due_at == datetime(2026, 12, 16, 4, 59, tzinfo=UTC)


def test_a_draft_whose_due_instant_passed_is_not_released(stage: Stage) -> None:
    world = stage.world
    stage.clock.at = world.draft.due_at
    answer = stage.browser(world.cast.ada).send_form(f"{world.path(world.draft)}/schedule", how="now")
    assert (answer.status_code, beside(answer, "release"), stage.changes()) == (422, DUE_AT_ONCE, {})


def test_a_challenge_takes_its_place_in_the_season(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    place = {
        "grace": "15", "penalty": "5", "go_on": "7", "builds_on": "3", "is_swap": "yes", "is_final": "yes",
        "questions_until": "2026-12-10T12:00", "answers_until": "2026-12-12T12:00",
    }  # fmt: skip
    assert ada.send_form(f"{stage.world.home}/challenges", **FORM | place).status_code == 303
    with stage.database.reading() as session:
        made = newest(session, stage)
    assert (made.grace_minutes, made.penalty, made.go_on, made.builds_on, made.is_swap, made.is_final) == (
        15, 5, 7, stage.world.opened.id, True, True,
    )  # fmt: skip
    assert (made.questions_until, made.answers_until) == (
        datetime(2026, 12, 10, 17, 0, tzinfo=UTC), datetime(2026, 12, 12, 17, 0, tzinfo=UTC),
    )  # fmt: skip
    again = ada.get(f"{stage.world.home}/challenges/5/edit")
    assert shown(again, 'value="2026-12-10T12:00"', '<option value="3" selected>') == (200, [])


def test_a_challenge_of_a_draft_season_leads_to_the_season_first(stage: Stage) -> None:
    world = stage.world

    def drafts(session: Session) -> str:
        ada = stage.world_in(session).cast.ada
        season = make_season(session, ada, is_announced=False, title="The Short Summer", ends_on=date(2027, 2, 1))
        due = at_clock("2027-01-05T23:59")
        make_challenge(session, season, ada, is_released=False, due=due)
        return f"/seasons/{season.slug}"

    home = str(stage.write(drafts))
    ada = stage.browser(world.cast.ada)
    page = ada.get(f"{home}/challenges/1")
    assert shown(page, f'<a href="{home}">Announce the season first</a>', "Tue 5 Jan 2027, ") == (200, [])
    assert "/schedule" not in page.text
    assert shown(ada.get(f"{home}/challenges/1/edit"), "Edit the draft") == (200, [])
    assert shown(ada.get(f"{world.path(world.opened)}/edit"), "<h1>Edit the challenge</h1>") == (200, [])
    ada.send_form(f"{home}/announcement")
    assert shown(ada.get(f"{home}/challenges/1"), f'action="{home}/challenges/1/schedule"') == (200, [])


def test_a_released_challenge_keeps_what_people_work_by(stage: Stage) -> None:
    world = stage.world
    answer = stage.browser(world.cast.ada).send_form(world.path(world.opened), **FORM)
    refused = "This challenge is released. People work by what it says, so it can only be amended."
    assert shown(answer, refused, f">\n{FORM['brief']}</textarea>") == (422, [])
    assert stage.changes() == {}


def test_markdown_of_a_brief_and_texts_of_a_rubric_stay_harmless(stage: Stage) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    world = stage.world
    typed = FORM | {
        "title": evil[:80],
        "brief": evil,
        "summary": evil,
        "criteria-1-title": evil,
        "criteria-1-guidance": evil,
    }
    typed |= {"criteria-1-level-1-title": "<svg onload=alert(3)>", "criteria-1-level-1-descriptor": evil}
    ada = stage.browser(world.cast.ada)
    assert ada.send_form(world.path(world.draft), **typed).status_code == 303
    pages = [ada.get(f"{world.path(world.draft)}{part}").text for part in ("", "/edit")]
    pages += [ada.get(path).text for path in (world.home, f"{world.home}/run-sheet")]
    assert [one for page in pages for one in ("<script>alert", "<img", "<svg onload") if one in page] == []


@pytest.mark.parametrize("who", ["nobody", "ben", "ada"])
def test_a_challenge_asks_the_same_whatever_its_season_holds(stage: Stage, who: str) -> None:
    world = stage.world
    browser = stage.browser(None if who == "nobody" else getattr(world.cast, who))
    paths = [world.path(world.opened)] + [f"{world.path(world.draft)}/edit"] * (who == "ada")
    few = [stage.statements(browser, path) for path in paths]

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for number in range(30):
            make_challenge(session, there.season, there.cast.ada, title=f"Challenge {number}")

    stage.write(grow)
    many = [stage.statements(browser, path) for path in paths]
    assert many == few
    assert max(many) <= 12
