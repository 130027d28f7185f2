"""The API: who reads what as JSON, what is under embargo, and how it says no."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import Session

from app.doors import doors
from app.routes.api.index import specification
from challenges import challenges, clarifications, deadlines, roster, seasons, swaps, teams, tokens
from challenges.challenges import Course
from challenges.clarifications import ClarificationKind
from challenges.history import note
from challenges.people import Person
from challenges.seasons import RoleKind
from challenges.tokens import TokenScope
from judging import feedback, panels
from tests.makers import (
    DAY,
    HOUR,
    SECOND,
    at_clock,
    make_challenge,
    make_entry,
    make_person,
    make_sheet,
    make_team,
    make_version,
)
from tests.stage import Stage
from tests.web import Browser

ALL = list(TokenScope)
HOME = "/api/v1/seasons/the-long-winter"
PUBLIC = (
    "/api/v1/seasons", HOME, f"{HOME}/terms", f"{HOME}/teams", f"{HOME}/challenges", f"{HOME}/challenges/3",
    f"{HOME}/clarifications", f"{HOME}/challenges/1/standings",
)  # fmt: skip
TEAM = (f"{HOME}/team", f"{HOME}/challenges/3/submission", f"{HOME}/challenges/2/questions")
ORGANIZE = tuple(
    f"{HOME}/{word}" for word in ("run-sheet", "entries", "outbox", "mailings", "history", "people", "questions")
)
SCORESHEET = "/api/v1/scoresheets/{sheet_id}"
JUDGING = ("/api/v1/desk", SCORESHEET)
DRAFT, TABLE, ME, RECEIPT = (
    f"{HOME}/challenges/4",
    f"{HOME}/table",
    "/api/v1/me",
    "/api/v1/versions/{version_id}/receipt",
)
RECEIVED = f"{HOME}/challenges/3/received"
EVERYTHING = (*PUBLIC, *TEAM, *JUDGING, *ORGANIZE, DRAFT, TABLE, ME, RECEIPT, RECEIVED)


def program(stage: Stage, person: Person | None, scopes: Sequence[str] = ALL) -> Browser:
    if person is None:
        return stage.browser()
    text = stage.write(tokens.create, person, "a program", scopes, 90, stage.clock.at)[1]
    return stage.browser(authorization=f"Bearer {text}")


def place(stage: Stage, path: str) -> str:
    return path.format(sheet_id=stage.world.sheet_id, version_id=stage.world.version.id)


def get(stage: Stage, browser: Browser, path: str) -> httpx.Response:
    return browser.get(place(stage, path))


def body(stage: Stage, browser: Browser, path: str) -> Any:
    answer = get(stage, browser, path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), (path, answer.text)
    return answer.json()


def statuses(stage: Stage, browser: Browser) -> dict[str, int]:
    return {path: get(stage, browser, path).status_code for path in EVERYTHING}


def expected(otherwise: int, *groups: tuple[Sequence[str], int]) -> dict[str, int]:
    found = dict.fromkeys(EVERYTHING, otherwise) | dict.fromkeys(PUBLIC, 200) | {DRAFT: 404, TABLE: 404, ME: 200}
    for paths, status in groups:
        found |= dict.fromkeys(paths, status)
    return found


QUESTIONS = TEAM[2:]
CASES: dict[str, tuple[str | None, Sequence[str], dict[str, int]]] = {
    "nobody": (None, ALL, expected(401, ([ME], 401))),
    "Eve": ("eve", ALL, expected(404, (QUESTIONS, 200))),
    "Ben": ("ben", ALL, expected(404, (TEAM, 200), ([RECEIPT], 200))),
    "Ben, team": ("ben", ["team"], expected(403, (TEAM, 200), ([RECEIPT], 200), ([RECEIVED], 404))),
    "Ben, judging": ("ben", ["judging"], expected(403, (JUDGING, 404))),
    "Ben, organize": ("ben", ["organize"], expected(403, (ORGANIZE, 404))),
    "Ben, no scope": ("ben", [], expected(403)),
    "Dana": ("dana", ALL, expected(404, (QUESTIONS, 200), (JUDGING, 200))),
    "Dana, team": ("dana", ["team"], expected(403, (TEAM, 404), (QUESTIONS, 200), ([RECEIPT, RECEIVED], 404))),
    "Dana, no scope": ("dana", [], expected(403, ([RECEIPT], 404))),
    "Dev": ("dev", ALL, expected(404, (QUESTIONS, 200), (JUDGING[:1], 200))),
    "Ada": ("ada", ALL, expected(404, (QUESTIONS, 200), (ORGANIZE, 200), ([DRAFT, RECEIPT], 200))),
    "Ada, organize": ("ada", ["organize"], expected(403, (ORGANIZE, 200), ([DRAFT, RECEIPT], 200))),
    "Ada, team": ("ada", ["team"], expected(403, (TEAM, 404), (QUESTIONS, 200), ([RECEIVED], 404))),
}


@pytest.mark.parametrize("case", CASES)
def test_who_reads_what(stage: Stage, case: str) -> None:
    name, scopes, wanted = CASES[case]
    assert statuses(stage, program(stage, getattr(stage.world.cast, name) if name else None, scopes)) == wanted


@pytest.mark.parametrize("who", ["eve", "ben", "dana", "ada"])
def test_a_browser_reads_what_its_person_may_and_opens_nothing_by_a_token(stage: Stage, who: str) -> None:
    person = getattr(stage.world.cast, who)
    assert statuses(stage, stage.browser(person)) == CASES[who.capitalize()][2]
    for path in ("/account", "/desk", f"{stage.world.home}/run-sheet", f"/teams/{stage.world.plan_b.id}"):
        answer = program(stage, person).get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_a_token_counts_more_than_the_cookie_beside_it(stage: Stage) -> None:
    browser = stage.browser(stage.world.cast.ada)
    text = program(stage, stage.world.cast.ben, ["team"]).headers["authorization"]
    assert browser.get(ME, headers={"authorization": text}).json()["name"] == "Ben"
    assert browser.get(ME, headers={"authorization": "Bearer x"}).status_code == 401
    assert browser.get(ME, headers={"authorization": "Basic eDp5"}).json()["name"] == "Ada"


WRONG = {
    "mistyped": lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
    "empty": lambda text: "",
    "none of ours": lambda text: "x" * 47,
    "odd": lambda text: "chr_\xff%00 ",
    "expired": str,
    "revoked": str,
}  # fmt: skip


@pytest.mark.parametrize("how", WRONG)
def test_a_token_that_opens_nothing_opens_not_even_what_is_public(stage: Stage, how: str) -> None:
    ben = stage.world.cast.ben
    token, text = stage.write(tokens.create, ben, "x", ALL, 1, stage.clock.at)
    if how == "expired":
        stage.clock.at += DAY
    if how == "revoked":
        stage.write(tokens.revoke, ben, token.id, stage.clock.at)
    browser = stage.browser(ben)
    headers = {"authorization": f"Bearer {WRONG[how](text)}".encode("latin-1")}
    for path in ("/api/nothing", *EVERYTHING):
        answer = browser.get(place(stage, path), headers=headers)
        told = answer.json()
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
        assert told == {
            "type": "about:blank", "title": "Sign in first", "status": 401,
            "detail": "This token opens nothing: it is mistyped, over or revoked. Make a new one on your account page.",
            "reference": answer.headers["x-request-id"],
        }  # fmt: skip


def test_a_missing_scope_is_named(stage: Stage) -> None:
    answer = program(stage, stage.world.cast.ada, ["team"]).get(f"{HOME}/entries")
    wanted = 'Bearer error="insufficient_scope", scope="organize"'
    assert (answer.status_code, answer.headers["www-authenticate"]) == (403, wanted)
    assert answer.json()["detail"] == (
        "This token was made without the scope “organize”. Make one with it on your account page."
    )


def end_roles(session: Session, stage: Stage) -> None:
    world, now = stage.world_in(session), stage.clock.at
    seasons.grant(session, world.season, world.cast.eve, RoleKind.ORGANIZER, world.cast.ada, now)
    for person, kind in ((world.cast.dana, RoleKind.JUDGE), (world.cast.ada, RoleKind.ORGANIZER)):
        role = seasons.role_of(session, world.season.id, person.id, kind)
        assert role
        seasons.end_role(session, role, world.cast.eve, now)
    teams.leave(session, world.plan_b, world.season, world.cast.ben, now)


def test_a_role_that_ended_ends_with_the_next_request(stage: Stage) -> None:
    cast = stage.world.cast
    browsers = {"Ben": program(stage, cast.ben), "Dana": program(stage, cast.dana), "Ada": program(stage, cast.ada)}
    for who, browser in browsers.items():
        assert statuses(stage, browser) == CASES[who][2]
    stage.write(end_roles, stage)
    for browser in browsers.values():
        assert statuses(stage, browser) == CASES["Eve"][2]


def held(session: Session, stage: Stage, at: Any, on_hold: bool) -> None:
    world = stage.world_in(session)
    challenges.schedule(session, world.draft, world.season, world.cast.ada, stage.clock.at, at, on_hold)


def everything_of(stage: Stage, browser: Browser, *numbers: int) -> dict[str, str]:
    """Every answer in words, without the reference that names the request; of all challenges."""
    pages = [path.replace("/challenges/3", f"/challenges/{n}") for path in EVERYTHING for n in (*numbers, 3)]
    found = {path: get(stage, browser, path) for path in (*pages, "/api/openapi.json")}
    return {
        path: answer.text.replace(answer.headers["x-request-id"], "") if answer.status_code >= 400 else answer.text
        for path, answer in found.items()
    }


@pytest.mark.parametrize("on_hold", [False, True])
def test_the_embargo_holds_until_its_instant_and_then_opens_by_itself(stage: Stage, on_hold: bool) -> None:
    cast, draft, opens_at = stage.world.cast, stage.world.draft, stage.clock.at + HOUR
    browsers = [program(stage, one) for one in (None, cast.eve, cast.ben, cast.dana)]
    before = [body(stage, one, f"{HOME}/challenges") for one in browsers]
    assert all(one["upcoming"] == [] for one in before)
    stage.write(held, stage, opens_at, on_hold)
    upcoming = [
        {"number": 4, "release_at": "2026-11-27T13:00:00Z", "on_hold": on_hold, "due_at": "2026-12-18T22:59:00Z"}
    ]
    # Ada's own token sees it, unless it was made to show what is public.
    assert get(stage, program(stage, cast.ada, ["team"]), DRAFT).status_code == 404
    assert body(stage, program(stage, cast.ada), DRAFT)["title"] == "Not told yet"
    stage.clock.at = opens_at - SECOND
    for browser, earlier in zip(browsers, before, strict=True):
        assert body(stage, browser, f"{HOME}/challenges") == {**earlier, "upcoming": upcoming}
        told = "".join(everything_of(stage, browser, 4).values())
        assert [one for one in ("Not told yet", str(draft.id), str(draft.rubric_version_id)) if one in told] == []
    stage.clock.at = opens_at
    for browser in browsers:
        status = get(stage, browser, DRAFT).status_code
        assert status == (404 if on_hold else 200)
        titles = [one["title"] for one in body(stage, browser, f"{HOME}/challenges")["released"]]
        assert ("Not told yet" in titles) is not on_hold


def judged(session: Session, stage: Stage) -> None:
    """Dana alone reads challenge 2, and is done."""
    world = stage.world_in(session)
    hers = [one for one in panels.living_pairs(session, world.judged.id) if one.person_id == world.cast.dana.id]
    panels.assign(session, world.judged, hers, world.cast.ada, stage.clock.at)
    for at, pair in enumerate(sorted(hers, key=lambda one: one.submission_id == world.judged_version.submission_id)):
        make_sheet(session, world.judged, world.cast.dana, pair.submission_id, (3 + at, 4), now=stage.clock.at)


def prepared(session: Session, stage: Stage, at: Any) -> None:
    world = stage.world_in(session)
    feedback.release(session, world.judged, world.cast.ada, stage.clock.at, at, on_hold=at is None)


@pytest.mark.parametrize("at", [HOUR, None])
def test_results_leave_no_trace_before_their_own_release(stage: Stage, at: timedelta | None) -> None:
    cast = stage.world.cast
    stage.write(judged, stage)
    browsers = [program(stage, one) for one in (None, cast.eve, cast.ben, stage.world.fay)]
    before = [everything_of(stage, browser, 1, 2, 4) for browser in browsers]
    stage.write(prepared, stage, at and stage.clock.at + at)
    assert [everything_of(stage, browser, 1, 2, 4) for browser in browsers] == before
    stage.clock.at += HOUR
    standings = f"{HOME}/challenges/2/standings"
    if at is None:
        assert {get(stage, browser, standings).status_code for browser in browsers} == {404}
        return
    assert body(stage, browsers[0], standings) == {
        "public_at": "2026-11-27T13:00:00Z", "total": 2, "next": None,
        "items": [
            {"place": n, "shared": False, "team": team, "outcome": "goes on", "is_own": False, "score": None}
            for n, team in ((1, "Plan B"), (2, "Plan D"))
        ],
    }  # fmt: skip
    assert [one["challenge"] for one in body(stage, browsers[2], f"{HOME}/team")["packets"]] == [1, 2]


def test_only_an_own_score_is_told_and_only_where_the_token_may(stage: Stage) -> None:
    path, ben = f"{HOME}/challenges/1/standings", stage.world.cast.ben
    own = [
        (row["team"], row["is_own"], row["score"])
        for scopes in (["team"], ["organize", "judging"])
        for row in body(stage, program(stage, ben, scopes), path)["items"]
    ]
    score = {"raw": "90.0", "penalty": "0.0", "published": "90.0"}
    assert own == [("Plan B", True, score), ("Plan D", False, None), ("Plan B", False, None), ("Plan D", False, None)]
    assert "90.0 of 100" in stage.browser(ben).get(f"{stage.world.home}/challenges/1/standings").text
    organizer = body(stage, program(stage, stage.world.cast.ada), path)["items"]
    assert [row["score"] for row in organizer] == [None, None]


def extend(session: Session, stage: Stage) -> None:
    world = stage.world_in(session)
    deadlines.extend(session, world.opened, world.entry, 90, "Ben was ill.", world.cast.ada, stage.clock.at)


def test_an_own_deadline_is_told_to_its_entry_alone(stage: Stage) -> None:
    stage.write(extend, stage)
    path, cast = f"{HOME}/challenges/3", stage.world.cast
    late = "2026-12-11T00:29:00Z"
    own = {"due_at": late, "late_until": late, "penalty": 0, "extended_by_minutes": 90, "reason": "Ben was ill."}
    due = "2026-12-10T22:59:00Z"
    everybody = {"due_at": due, "late_until": due, "penalty": 0, "extended_by_minutes": 0, "reason": ""}
    for person, scopes, wanted in (
        (cast.ben, ["team"], own), (cast.ben, ["judging"], everybody), (None, [], everybody),
        (stage.world.fay, ALL, everybody), (cast.ada, ALL, everybody),
    ):  # fmt: skip
        found = body(stage, program(stage, person, scopes), path)
        assert (found["deadline"], found["due_at"]) == (wanted, due)
    assert body(stage, program(stage, cast.ben), f"{path}/submission")["deadline"] == own


def test_teams_and_submissions_say_what_the_pages_say(stage: Stage) -> None:
    world = stage.world
    ben = program(stage, world.cast.ben)
    with stage.database.reading() as session:
        listing = roster.teams_of(session, world.season.id, stage.clock.at)
    assert body(stage, ben, f"{HOME}/teams") == {
        "items": [{"name": one.team.name, "members": one.members, "state": one.state} for one in listing.rows],
        "total": listing.total, "next": None,
    }  # fmt: skip
    found = body(stage, ben, f"{HOME}/challenges/3/submission")
    (version,) = found["versions"]
    assert [version["id"], version["number"]] == [str(world.version.id), 1]
    assert version == {
        **{key: value for key, value in version.items() if key in ("id", "number", "files")},
        "brief": 1, "handed_in_at": "2026-11-27T11:01:00Z", "was_late": False, "was_in_flight": False,
    }  # fmt: skip
    assert [one["file_name"] for one in found["waiting"]] == [world.waiting.file_name]
    receipt = body(stage, ben, RECEIPT)
    assert (receipt["files"], receipt["team"], receipt["challenge"]) == (version["files"], "Plan B", 3)
    assert (found["has_read"], receipt["handed_in_by"]) == (True, "Ben")


def test_a_scoresheet_says_null_where_nothing_is_marked(stage: Stage) -> None:
    found = body(stage, program(stage, stage.world.cast.dana), SCORESHEET)
    assert found["marks"] == [
        {"criterion": "Requirements", "weight": 60, "points": None, "comment": ""},
        {"criterion": "Decisions", "weight": 40, "points": None, "comment": ""},
    ]
    (row,) = [
        one for one in body(stage, program(stage, stage.world.cast.dana), "/api/v1/desk")["items"]
        if one["scoresheet_id"] == str(stage.world.sheet_id)
    ]  # fmt: skip
    assert (row["season"], row["challenge"], row["team"], row["state"]) == ("the-long-winter", 2, "Plan B", "begun")


def swapped(session: Session, stage: Stage) -> None:
    world = stage.world_in(session)
    challenge = make_challenge(
        session, world.season, world.cast.ada, is_released=False, title="Their house", now=stage.clock.at,
        due=at_clock("2026-12-18T23:59"), course=Course(builds_on=world.judged.number, is_swap=True),
    )  # fmt: skip
    challenges.schedule(session, challenge, world.season, world.cast.ada, stage.clock.at, at=stage.clock.at + DAY)
    swaps.draw(session, challenge, world.cast.ada, stage.clock.at)


def test_a_swapped_design_is_told_to_who_goes_on_from_it_once_that_is_released(stage: Stage) -> None:
    stage.write(swapped, stage)
    path, browsers = (
        f"{HOME}/challenges/5/received",
        [program(stage, stage.world.cast.ben), program(stage, stage.world.fay)],
    )
    assert [get(stage, browser, path).status_code for browser in browsers] == [404, 404]
    stage.clock.at += DAY
    assert [body(stage, browser, path)["team"] for browser in browsers] == ["Plan D", "Plan B"]
    assert [get(stage, one, path).status_code for one in (stage.browser(), program(stage, stage.world.cast.ada))] == [
        401,
        404,
    ]


def answered(session: Session, stage: Stage) -> None:
    world = stage.world_in(session)
    question = session.get_one(clarifications.Clarification, world.question_id)
    clarifications.answer(session, question, "It is.", world.cast.ada, stage.clock.at, wording="Whose is the site?")


def test_a_clarification_is_there_once_it_is_answered_without_who_asked(stage: Stage) -> None:
    path = f"{HOME}/clarifications"
    assert body(stage, stage.browser(), path) == {"items": [], "next": None}
    stage.write(answered, stage)
    assert body(stage, stage.browser(), path) == {
        "items": [
            {
                "id": str(stage.world.question_id), "challenge": 2, "number": 1, "section": "",
                "question": "Whose is the site?", "answer": "It is.", "answered_at": "2026-11-27T12:00:00Z",
            }
        ],
        "next": None,
    }  # fmt: skip
    assert [body(stage, stage.browser(), f"{path}?challenge={n}")["items"] == [] for n in (2, 3)] == [False, True]
    mine = body(stage, program(stage, stage.world.fay), f"{HOME}/challenges/2/questions")["items"]
    assert [one["clarification_id"] for one in mine] == [str(stage.world.question_id)]


def confide(session: Session, stage: Stage) -> None:
    world = stage.world_in(session)
    for kind in ClarificationKind:
        clarifications.ask(
            session, world.season, world.opened, kind, f"A {kind} question.", "", world.cast.ben, stage.clock.at
        )


def test_questions_wait_without_who_asked_and_personal_matters_are_no_matter_for_programs(stage: Stage) -> None:
    stage.write(confide, stage)
    found = body(stage, program(stage, stage.world.cast.ada), f"{HOME}/questions")
    assert [(one["challenge"], one["question"], one["proposed_answer"]) for one in found["items"]] == [
        (2, "Is the second site ours?", ""), (3, "A task question.", ""),
    ]  # fmt: skip
    assert {key for one in found["items"] for key in one} == {
        "id", "challenge", "section", "question", "asked_at", "proposed_answer", "merged",
    }  # fmt: skip


def test_personal_matters_and_letters_keep_their_texts(stage: Stage) -> None:
    """What an outbox holds may sign somebody in; the API tells of it, and never what it says."""
    found = body(stage, program(stage, stage.world.cast.ada), f"{HOME}/outbox?limit=100")
    assert {key for one in found["items"] for key in one} == {
        "id", "kind", "to_name", "to_email", "created_at", "state", "sent_at", "attempt", "trouble",
    }  # fmt: skip
    refused = body(stage, program(stage, stage.world.cast.ada), f"{HOME}/outbox?state=refused")["items"]
    assert [(one["id"], one["state"]) for one in refused] == [(str(stage.world.letter_id), "refused")]


def walked(stage: Stage, browser: Browser, path: str) -> list[Any]:
    rows: list[Any] = []
    address: str | None = path
    while address:
        found = body(stage, browser, address)
        rows += found["items"]
        address = found["next"]
    return rows


def crowd(session: Session, stage: Stage, many: int) -> None:
    world = stage.world_in(session)
    for at in range(many):
        person = make_person(session, f"Person {at}", f"person-{at}@example.org")
        if at % 20:
            make_team(session, world.season, person, name=f"Team {at:03}")
        else:
            entry, _ = make_entry(session, world.season, person, name=f"Team {at:03}")
            make_version(session, world.opened, entry, person, stage.clock.at)
        note(session, world.cast.ada, "season.described", world.season, stage.clock.at, world.season.id)


def test_long_lists_come_in_parts_that_neither_skip_nor_repeat(stage: Stage) -> None:
    stage.write(crowd, stage, 105)
    ada = program(stage, stage.world.cast.ada)
    first = body(stage, ada, f"{HOME}/teams?name=team")
    assert (len(first["items"]), first["total"], first["next"]) == (100, 105, f"{HOME}/teams?name=team&page=2")
    assert [one["name"] for one in walked(stage, ada, f"{HOME}/teams?name=team")] == [
        f"Team {n:03}" for n in range(105)
    ]
    for path in (f"{HOME}/history", f"{HOME}/outbox"):
        whole = [one["id"] for one in walked(stage, ada, f"{path}?limit=100")]
        assert [one["id"] for one in walked(stage, ada, f"{path}?limit=3")] == whole
        assert len(set(whole)) == len(whole) > 6


@pytest.mark.parametrize("who", ["ben", "dana", "ada"])
def test_few_statements_and_no_more_for_many(stage: Stage, who: str) -> None:
    browser = program(stage, getattr(stage.world.cast, who))
    browser.get(ME)  # notes the use of the token, once an hour
    paths = [path for path, status in CASES[who.capitalize()][2].items() if status == 200]
    before = {path: stage.statements(browser, place(stage, path)) for path in paths}
    stage.write(crowd, stage, 40)
    assert {path: stage.statements(browser, place(stage, path)) for path in paths} == before
    assert {path: sent for path, sent in before.items() if sent > 12} == {}


@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json"])
def test_whatever_goes_wrong_is_a_problem_in_json(stage: Stage, accept: str) -> None:
    browser = program(stage, stage.world.cast.ada)
    browser.headers.update({"accept": accept, "hx-request": "true"})
    cases = {
         "/api/v2": 404, "/api/v1": 404, f"{HOME}/nothing": 404, "/api/v1/seasons/none": 404,
        f"{HOME}/challenges/99999999999999999999": 404, f"{HOME}/challenges/x": 404, "/api/v1/scoresheets/1": 404,
        f"{HOME}/teams?page=0": 400, f"{HOME}/teams?page=x": 400, f"{HOME}/teams?name={'x' * 101}": 400,
        f"{HOME}/history?limit=101": 400, f"{HOME}/history?after=x": 400, f"{HOME}/history?after={uuid4()}": 404,
        f"{HOME}/outbox?state=lost": 400, f"{HOME}/teams?name=%00": 404,
    }  # fmt: skip
    found = {path: browser.get(path) for path in cases}
    assert {path: answer.status_code for path, answer in found.items()} == cases
    for answer in found.values():
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail", "reference"}
    assert found[f"{HOME}/history?limit=101"].json()["detail"] == "limit: Expected `int` <= 100."


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_is_only_read(stage: Stage, method: str) -> None:
    for browser in (stage.browser(), stage.browser(stage.world.cast.ada), program(stage, stage.world.cast.ada)):
        answer = browser.request(method, f"{HOME}/entries", json={})
        assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
        assert set(answer.headers["allow"].split(", ")) == {"GET", "OPTIONS"}
    assert stage.changes() == {"apitoken": "+1", "trace": "+1"}


def test_answers_set_no_cookie_and_are_kept_nowhere(stage: Stage) -> None:
    ben = program(stage, stage.world.cast.ben)
    for path in EVERYTHING:
        answer = get(stage, ben, path)
        assert ("set-cookie" in answer.headers, answer.headers["cache-control"]) == (False, "no-store")


def test_every_route_is_described_and_the_page_tells_of_it(stage: Stage) -> None:
    routes = {door.path.replace(":str", "").replace(":int", "").replace(":uuid", "") for door in doors(stage.site.app)}
    described = specification()
    assert set(described["paths"]) == {path for path in routes if path.startswith("/api/v1/")}
    names = [item["get"]["operationId"] for item in described["paths"].values()]
    assert sorted(set(names)) == sorted(names)
    page = stage.browser().get("/api").text.replace("\u200b", "")
    assert [path for path in described["paths"] if f"<code>{path}</code>" not in page] == []
    whole = described | {"servers": [{"url": stage.site.settings.url}]}
    assert whole["openapi"] == "3.1.0"
    for answer in (stage.browser().get("/api/openapi.json"), stage.browser(accept="application/json").get("/api")):
        assert (answer.headers["content-type"], answer.json()) == ("application/json", whole)


def test_every_field_that_a_program_could_misread_is_described() -> None:
    """Instants and numbers have a format or a word; every operation names its errors."""
    for path, item in specification()["paths"].items():
        told = item["get"]
        scoped = any(need.get("token") for need in told["security"])
        assert set(told["responses"]) == {"200", "400", "401", "404", "405"} | ({"403"} if scoped else set()), path
        for status, answer in told["responses"].items():
            media = "application/json" if status == "200" else "application/problem+json"
            assert list(answer["content"]) == [media], (path, status)
