"""Doors: every route with its guard, and what each of ten people finds behind it. A new route needs a line here."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import Session, select

from app.doors import doors
from challenges import seasons
from challenges.people import Person
from challenges.seasons import RoleKind
from challenges.signins import WebSession
from challenges.teams import Invitation
from tests.databases import on_sqlite, settings_for
from tests.stage import Stage, World, open_stage
from tests.web import Browser, open_site

# Under each guard its routes, and who finds what there. Whoever is not named finds nothing (404), and who is not
# signed in is sent to do so first. "all": everybody, signed in or not; "people": everybody who is signed in.
# Numbers are statuses; "store" sends to the store with a signed address. Forms are sent empty, and so are refused
# (422) where something has to be written; the store is away in this test (503).
TABLE = """
anyone
GET  /api                                                                                 all 200
GET  /api/openapi.json                                                                    all 200
GET  /api/v1/seasons                                                                      all 200
GET  /api/v1/seasons/{slug:str}                                                           all 200
GET  /api/v1/seasons/{slug:str}/challenges                                                all 200
GET  /api/v1/seasons/{slug:str}/challenges/{number:int}                                   all 200
GET  /api/v1/seasons/{slug:str}/challenges/{number:int}/standings                         all 200
GET  /api/v1/seasons/{slug:str}/clarifications                                            all 200
GET  /api/v1/seasons/{slug:str}/table                                                     all 404
GET  /api/v1/seasons/{slug:str}/teams                                                     all 200
GET  /api/v1/seasons/{slug:str}/terms                                                     all 200
GET  /seasons/{slug:str}/conduct                                                          all 200
GET  /seasons/{slug:str}/rules                                                            all 200
GET  /seasons/{slug:str}/terms/{kind:str}/{number:int}                                    all 404
GET  /                                                                                    all 200
GET  /account/zone                                                                        all 200
GET  /calendars/{file_name:str}                                                           all 404
GET  /glossary                                                                            all 200
GET  /health/live                                                                         all 200
GET  /health/ready                                                                        all 503
GET  /seasons/{slug:str}                                                                  all 200
GET  /seasons/{slug:str}/challenges/{number:int}                                          all 200
GET  /seasons/{slug:str}/challenges/{number:int}/clarifications                           all 200
GET  /seasons/{slug:str}/challenges/{number:int}/standings                                all 200
GET  /seasons/{slug:str}/table                                                            all 404
GET  /seasons/{slug:str}/poster                                                           all 404
GET  /seasons/{slug:str}/teams                                                            all 200
GET  /robots.txt                                                                          all 200
GET  /seasons/{slug:str}/calendar.ics                                                     all 200
GET  /seasons/{slug:str}/feed.atom                                                        all 200
GET  /sitemap.xml                                                                         all 200
GET  /sign-in                                                                             all 200
GET  /sign-in/code                                                                        all 200
GET  /sign-in/link/{link:str}                                                             all 200
GET  /static/{file_path:path}                                                             all 404
HEAD /static/{file_path:path}                                                             all 404
POST /account/zone                                                                        all 422
POST /sign-in                                                                             all 422
POST /sign-in/code                                                                        all 422
POST /sign-in/link/{link:str}                                                             all 422

signed_in
GET  /api/v1/me                                                                           nobody 401, people 200
GET  /api/v1/versions/{version_id:uuid}/receipt                                           nobody 401, Ben 200, Ada 200
POST /account/tokens                                                                      people 422
POST /account/tokens/{token_id:uuid}/revocation                                           Ben 303
POST /teams/{team_id:uuid}/leaving                                                        Ben 303
GET  /account/calendar                                                                    people 200
GET  /account                                                                             people 200
GET  /invitations/{token:str}                                                             people 200
GET  /packets/{packet_id:uuid}                                                            Ben store, Ada store
GET  /roles/{token:str}                                                                   people 200
GET  /seasons/{slug:str}/challenges/{number:int}/rehearsal                                Dana 200, Dev 200, Ada 200
GET  /versions/{version_id:uuid}/files/{file_id:uuid}                                     Ben store, Ada store
GET  /versions/{version_id:uuid}/receipt                                                  Ben 200, Ada 200
POST /account/calendar                                                                    people 303
POST /account/calendar/ending                                                             people 303
POST /account                                                                             people 422
POST /account/roles/{role_id:uuid}/ending                                                 Dev 303
POST /account/sessions/{session_id:uuid}/ending                                           Ben 303
POST /invitations/{token:str}                                                             people 422
POST /seasons/{slug:str}/teams                                                            people 422
POST /roles/{token:str}/acceptance                                                        people 422
POST /roles/{token:str}/refusal                                                           people 422
POST /sign-out                                                                            people 303

signed_in_with_team
GET  /api/v1/seasons/{slug:str}/team                                                      nobody 401, Fay 200, Ben 200
GET  /api/v1/seasons/{slug:str}/challenges/{number:int}/questions                         nobody 401, people 200
GET  /api/v1/seasons/{slug:str}/challenges/{number:int}/received                          nobody 401
GET  /api/v1/seasons/{slug:str}/challenges/{number:int}/submission                        nobody 401, Fay 200, Ben 200

judge_somewhere_with_judging
GET  /api/v1/desk                                                                         nobody 401, Dana 200, Dev 200
GET  /api/v1/scoresheets/{sheet_id:uuid}                                                  nobody 401, Dana 200

organizer_of_season_with_organize
GET  /api/v1/seasons/{slug:str}/entries                                                   nobody 401, Ada 200
GET  /api/v1/seasons/{slug:str}/history                                                   nobody 401, Ada 200
GET  /api/v1/seasons/{slug:str}/mailings                                                  nobody 401, Ada 200
GET  /api/v1/seasons/{slug:str}/outbox                                                    nobody 401, Ada 200
GET  /api/v1/seasons/{slug:str}/people                                                    nobody 401, Ada 200
GET  /api/v1/seasons/{slug:str}/questions                                                 nobody 401, Ada 200
GET  /api/v1/seasons/{slug:str}/run-sheet                                                 nobody 401, Ada 200

founder
GET  /seasons/new                                                                         Nora 200, Ada 200
GET  /seasons/imports/new                                                                 Nora 200, Ada 200
POST /seasons                                                                             Nora 422, Ada 422
POST /seasons/imports                                                                     Nora 422, Ada 422

participant_of_season
GET  /seasons/{slug:str}/challenges/{number:int}/submission                               Fay 200, Ben 200
GET  /seasons/{slug:str}/challenges/{number:int}/submission/forms/{upload_id:uuid}        Ben 422
GET  /seasons/{slug:str}/challenges/{number:int}/received/{file_id:uuid}                  -
POST /seasons/{slug:str}/challenges/{number:int}/acknowledgements                         Fay 422, Ben 422
POST /seasons/{slug:str}/challenges/{number:int}/clarifications                           Fay 422, Ben 422
POST /seasons/{slug:str}/challenges/{number:int}/submission/forms                         Fay 422, Ben 422
POST /seasons/{slug:str}/challenges/{number:int}/submission/uploads                       Fay 400, Ben 400
POST /seasons/{slug:str}/challenges/{number:int}/submission/uploads/{upload_id:uuid}/arrival Ben 503
POST /seasons/{slug:str}/challenges/{number:int}/submission/uploads/{upload_id:uuid}/removal Ben 303
POST /seasons/{slug:str}/challenges/{number:int}/submission/versions                      Fay 422, Ben 422

participant_somewhere
POST /teams/{team_id:uuid}/affiliation                                                    Ben 303
POST /teams/{team_id:uuid}/agreement                                                      Ben 303
POST /teams/{team_id:uuid}/answers                                                        Ben 303
POST /teams/{team_id:uuid}/lead                                                           Ben 422
POST /teams/{team_id:uuid}/name                                                           Ben 422
POST /teams/{team_id:uuid}/removals                                                       Ben 422
GET  /teams/{team_id:uuid}                                                                Ben 200
POST /teams/{team_id:uuid}/entry                                                          Ben 303
POST /teams/{team_id:uuid}/invitations                                                    Ben 422
POST /teams/{team_id:uuid}/invitations/{invitation_id:uuid}/withdrawal                    Ben 303
POST /teams/{team_id:uuid}/withdrawal                                                     Ben 303

judge_somewhere
GET  /desk                                                                                Dana 200, Dev 200
GET  /scoresheets/{sheet_id:uuid}                                                         Dana 200
GET  /scoresheets/{sheet_id:uuid}/files/{file_id:uuid}                                    Dana store
POST /assignments/{assignment_id:uuid}/scoresheet                                         Dana 303
POST /scoresheets/{sheet_id:uuid}/marks                                                   Dana 303
POST /scoresheets/{sheet_id:uuid}/reopening                                               Dana 303
POST /scoresheets/{sheet_id:uuid}/submission                                              Dana 422

organizer_or_judge_of_season
GET  /seasons/{slug:str}/clarifications                                                   Dana 200, Dev 200, Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/standings/rehearsal                  -
GET  /seasons/{slug:str}/clarifications/{clarification_id:uuid}                           Dana 200, Dev 200, Ada 200
POST /seasons/{slug:str}/clarifications/{clarification_id:uuid}/answer                    Dana 422, Dev 422, Ada 422

organizer_of_season
GET  /seasons/{slug:str}/entries                                                          Ada 200
GET  /seasons/{slug:str}/entries.csv                                                      Ada 200
GET  /seasons/{slug:str}/entry-form                                                       Ada 200
GET  /seasons/{slug:str}/terms/{kind:str}/edit                                            Ada 200
POST /seasons/{slug:str}/entry-form                                                       Ada 422
POST /seasons/{slug:str}/entry-form/{question_id:uuid}                                    Ada 404
POST /seasons/{slug:str}/entry-form/{question_id:uuid}/closing                            Ada 404
POST /seasons/{slug:str}/terms/{kind:str}                                                 Ada 422
GET  /seasons/{slug:str}/challenges/new                                                   Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/amendments/new                           Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/amendments                               Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/deadline                                 Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/rubric/amendments/new                    Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/swap                                     Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/edit                                     Ada 200
GET  /seasons/{slug:str}/challenges/{number:int}/panel                                    Ada 200
GET  /seasons/{slug:str}/chapters                                                         Ada 200
GET  /seasons/{slug:str}/clones/new                                                       Ada 200
GET  /seasons/{slug:str}/play                                                             Ada 200
GET  /seasons/{slug:str}/poster/edit                                                      Ada 200
GET  /seasons/{slug:str}/poster/uploads/{upload_id:uuid}                                  Ada 503
GET  /seasons/{slug:str}/season.json                                                      Ada 200
GET  /seasons/{slug:str}/sponsors                                                         Ada 200
GET  /seasons/{slug:str}/states                                                           Ada 200
GET  /seasons/{slug:str}/edit                                                             Ada 200
GET  /seasons/{slug:str}/history                                                          Ada 200
GET  /seasons/{slug:str}/people                                                           Ada 200
GET  /seasons/{slug:str}/mailings/new                                                     Ada 200
GET  /seasons/{slug:str}/mailings/{key:str}                                               Ada 200
GET  /seasons/{slug:str}/outbox                                                           Ada 200
GET  /seasons/{slug:str}/run-sheet                                                        Ada 200
POST /seasons/{slug:str}                                                                  Ada 422
POST /seasons/{slug:str}/announcement                                                     Ada 303
POST /seasons/{slug:str}/archiving                                                        Ada 422
POST /seasons/{slug:str}/chapters                                                         Ada 303
POST /seasons/{slug:str}/clones                                                           Ada 422
POST /seasons/{slug:str}/ending                                                           Ada 303
POST /seasons/{slug:str}/play                                                             Ada 422
POST /seasons/{slug:str}/poster/removal                                                   Ada 303
POST /seasons/{slug:str}/poster/uploads/{upload_id:uuid}                                  Ada 503
POST /seasons/{slug:str}/poster/words                                                     Ada 422
POST /seasons/{slug:str}/sponsors                                                         Ada 303
POST /seasons/{slug:str}/challenges                                                       Ada 422
POST /seasons/{slug:str}/challenges/{number:int}                                          Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/amendments                               Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/extensions                               Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/feedback                                 Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/feedback/opening                         Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/feedback/withdrawal                      Ada 303
POST /seasons/{slug:str}/challenges/{number:int}/panel                                    Ada 303
POST /seasons/{slug:str}/challenges/{number:int}/panel/chair                              Ada 303
POST /seasons/{slug:str}/challenges/{number:int}/standings/confirmation                   Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/standings/confirmation/withdrawal        Ada 303
POST /seasons/{slug:str}/challenges/{number:int}/release                                  Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/rubric/amendments                        Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/schedule                                 Ada 422
POST /seasons/{slug:str}/challenges/{number:int}/schedule/withdrawal                      Ada 303
POST /seasons/{slug:str}/challenges/{number:int}/swap                                     Ada 422
POST /seasons/{slug:str}/clarifications/{clarification_id:uuid}/merging                   Ada 422
POST /seasons/{slug:str}/mailings                                                         Ada 422
POST /seasons/{slug:str}/mailings/{key:str}/discarding                                    Ada 422
POST /seasons/{slug:str}/mailings/{key:str}/instant                                       Ada 422
POST /seasons/{slug:str}/mailings/{key:str}/sending                                       Ada 303
POST /seasons/{slug:str}/mailings/{key:str}/start                                         Ada 303
POST /seasons/{slug:str}/mailings/{key:str}/stop                                          Ada 303
POST /seasons/{slug:str}/mailings/{key:str}/text                                          Ada 303
POST /seasons/{slug:str}/outbox/{letter_id:uuid}/attempt                                  Ada 303
POST /seasons/{slug:str}/people/invitations                                               Ada 422
POST /seasons/{slug:str}/people/invitations/{invitation_id:uuid}/withdrawal               Ada 303
POST /seasons/{slug:str}/people/{role_id:uuid}/ending                                     Ada 303

only_in_demo
POST /sign-in/cast/{person_id:uuid}                                                       all 404

only_in_development
GET  /styleguide                                                                          all 404

only_with_clock
POST /demo/clock                                                                          all 404

only_with_mailbox
GET  /mailbox                                                                             all 404
GET  /mailbox/{letter_id:uuid}                                                            all 404
"""

# In a demo, and in development.
DEMO = {
    "GET /mailbox": 200,
    "GET /mailbox/{letter_id:uuid}": 200,
    "GET /styleguide": 200,
    "POST /demo/clock": 422,
    "POST /sign-in/cast/{person_id:uuid}": 303,
}

WHO = {
    "nobody": "is not signed in",
    "Eve": "has no role",
    "Nemo": "looks on in another season",
    "Fay": "is in another team of the season",
    "Ben": "is a member of the team",
    "Dana": "judges this design",
    "Dev": "judges the season, and not this design",
    "Emil": "judged this design until the role ended",
    "Nora": "organizes another season",
    "Ada": "organizes the season",
}
# Where the address names a challenge: the draft, the one being judged, the released one; else the open one.
NUMBERS = {"edit": 4, "release": 4, "schedule": 4, "withdrawal": 4, "panel": 2, "chair": 2, "feedback": 2}
NUMBERS |= {"standings": 1}
Line = tuple[str, str]


def lines() -> Iterator[tuple[str, Line, dict[str, str]]]:
    """Guard, (method, path), and who finds what."""
    guard = ""
    for line in filter(None, TABLE.splitlines()):
        method, _, rest = line.partition(" ")
        if not rest:
            guard = line
            continue
        path, _, verdicts = rest.strip().partition(" ")
        yield guard, (method, path), dict(one.split() for one in verdicts.split(",") if one.strip() != "-")


def expected(who: str) -> dict[Line, str]:
    found = {}
    for guard, line, verdicts in lines():
        hidden = guard == "anyone" or guard.startswith("only_")
        unnamed = "404" if hidden or who != "nobody" else "sign-in"
        people = verdicts.get("people", unnamed) if who != "nobody" else unnamed
        found[line] = verdicts.get(who, verdicts.get("all", people))
    return found


def person(world: World, who: str) -> Person | None:
    others = {"nobody": None, "Fay": world.fay, "Emil": world.emil, "Nora": world.nora, "Nemo": world.nemo}
    return others[who] if who in others else getattr(world.cast, who.lower())


def names(session: Session, stage: Stage) -> dict[str, object]:
    """What stands for each word in an address: things of Plan B and of Dana, the reader of its design."""
    world = stage.world
    devs_role = seasons.role_of(session, world.season.id, world.cast.dev.id, RoleKind.JUDGE)
    gails = session.exec(select(Invitation).where(Invitation.email == "gail@example.org")).one()
    bens = session.exec(select(WebSession).where(WebSession.person_id == world.cast.ben.id)).one()
    assert devs_role
    return {
        "slug": world.season.slug, "key": "reminder-3-24h", "token": world.invitation_token,
        "link": "no-such-link", "file_path": "none.css",
        "file_name": "no-such-calendar.ics",
        "team_id": world.plan_b.id, "upload_id": world.waiting.id, "version_id": world.version.id,
        "sheet_id": world.sheet_id, "assignment_id": world.unopened_id, "packet_id": world.packet_id,
        "role_id": devs_role.id, "letter_id": world.letter_id, "invitation_id": gails.id, "session_id": bens.id,
        "token_id": world.token_id, "person_id": world.cast.ben.id, "clarification_id": world.question_id,
        "kind": "rules", "question_id": world.season.id,
    }  # fmt: skip


@pytest.fixture
def places(stage: Stage) -> dict[Line, str]:
    """A real address for every route."""
    return places_of(stage)


def places_of(stage: Stage, **over: object) -> dict[Line, str]:
    """`over` names other things than the usual ones."""
    with stage.database.reading() as session:
        known = names(session, stage)

    def place(method: str, path: str) -> str:
        is_draft = (method, path.rsplit("/", 1)[-1]) == ("POST", "{number:int}")
        number = 4 if is_draft else NUMBERS.get(path.rsplit("/", 1)[-1], 3)
        file_id = stage.file_id(stage.world.judged_version if path.startswith("/score") else stage.world.version)
        words = {**known, "number": number, "file_id": file_id}
        if path.startswith(("/roles", "/seasons")):  # an invitation to a role, not into a team
            words |= {"token": stage.world.role_token, "invitation_id": stage.world.role_invitation_id}
        return re.sub(r"\{(\w+):\w+\}", lambda found: str((words | over)[found[1]]), path)

    return {line: place(*line) for _, line, _ in lines()}


def knock(browser: Browser, method: str, path: str, **more: Any) -> str:
    body = {"_csrf_token": browser.token()} if method == "POST" else None
    return verdict(browser.request(method, path, data=body, **more))


def verdict(answer: httpx.Response) -> str:
    leads_to = answer.headers.get("location", "")
    if leads_to.startswith("/sign-in?next="):
        return "sign-in"
    return "store" if leads_to.startswith("http") else str(answer.status_code)


def test_every_route_stands_in_the_table_with_its_guard(stage: Stage) -> None:
    written = sorted((method, path, (guard,)) for guard, (method, path), _ in lines())
    assert written == [(door.method, door.path, door.guards) for door in doors(stage.site.app)]


@pytest.mark.parametrize("who", WHO)
def test_what_somebody_finds_behind_every_door(stage: Stage, places: dict[Line, str], who: str) -> None:
    """And neither reading nor a form that is refused changes anything."""
    browser, wanted = stage.browser(person(stage.world, who)), expected(who)
    found = {line: knock(browser, line[0], path) for line, path in places.items() if wanted[line] != "303"}
    assert stage.changes() == {}
    for line in wanted.keys() - found.keys():
        found[line] = knock(stage.browser(person(stage.world, who)), line[0], places[line])
        stage.put_back()
    assert found == wanted


@pytest.mark.parametrize("who", ["nobody", "Ben", "Dana", "Ada"])
def test_head_says_what_get_says_without_the_body(stage: Stage, places: dict[Line, str], who: str) -> None:
    browser = stage.browser(person(stage.world, who))
    readable = {path: line for line, path in places.items() if line[0] == "GET"}
    heads = {path: browser.head(path) for path in readable}
    assert {path: verdict(answer) for path, answer in heads.items()} == {
        path: expected(who)[line] for path, line in readable.items()
    }
    assert {answer.content for answer in heads.values()} == {b""}


POSTS = [(guard, line, verdicts) for guard, line, verdicts in lines() if line[0] == "POST"]


def test_no_form_is_taken_without_its_token_or_from_elsewhere(stage: Stage, places: dict[Line, str]) -> None:
    found = set()
    for who in ("nobody", "Ben", "Dana", "Ada"):
        browser = stage.browser(person(stage.world, who))
        token = browser.token()
        for _, line, _ in POSTS:
            found.add(browser.post(places[line]).status_code)
            found.add(browser.post(places[line], data={"_csrf_token": token[:-1] + "x"}).status_code)
            for elsewhere in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
                found.add(browser.post(places[line], data={"_csrf_token": token}, headers=elsewhere).status_code)
    assert (found, stage.changes()) == ({403}, {})


MALFORMED = {
    "no text": ("application/x-www-form-urlencoded", b"%%%=%zz&title=\xff\xfe&name=\xff"),
    "NUL": ("application/x-www-form-urlencoded", b"name=a%00b&email=a%00b&title=%00"),
    "half a part": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx'),
    "no boundary": ("multipart/form-data", b"--b"),
    "a file": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="title"; filename="x"\r\n\r\n\xff\xfe\r\n--b--\r\n',
    ),
    "half an object": ("application/json", b'{"deliverable": '),
    "a list": ("application/json", b"[[[]]]"),
    "odd values": ("application/json", b'{"deliverable": 1, "file_name": null, "size": 1e400, "sha256": {}}'),
    "text": ("text/plain", b"name=x"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_whatever_body_arrives_is_no_error_of_ours(stage: Stage, places: dict[Line, str], kind: str) -> None:
    """As somebody who may come in. A form that needs nothing written may be taken; nothing else may be done."""
    content_type, body = MALFORMED[kind]
    found = {}
    browsers: dict[str, Browser] = {}
    for _, line, verdicts in POSTS:
        who = next(iter(verdicts)).replace("all", "nobody").replace("people", "Eve")
        browser = browsers.setdefault(who, stage.browser(person(stage.world, who)))
        headers = {"content-type": content_type, "x-csrftoken": browser.token()}
        found[line] = verdict(browser.post(places[line], content=body, headers=headers))
        if found[line] == "303":
            stage.put_back()
            del browsers[who]
    needs_nothing = {line for _, line, verdicts in POSTS if "303" in verdicts.values()}
    may_be = {
        line: {"303", "400", "404"} if line in needs_nothing else {"400", "404", "422"} | {*expected_of(line)}
        for _, line, _ in POSTS
    }
    assert {line: answer for line, answer in found.items() if answer not in may_be[line]} == {}
    assert stage.changes() == {}


def expected_of(line: Line) -> set[str]:
    return next({*verdicts.values()} for _, one, verdicts in POSTS if one == line)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("demo")
    with (
        on_sqlite(folder, template) as database,
        open_stage(database, folder, demo=True, development=True) as stage,
    ):
        yield stage


@pytest.mark.parametrize("who", ["nobody", "Eve", "Ada"])
def test_what_only_a_demo_opens(demo: Stage, who: str) -> None:
    places = {f"{method} {path}": (method, place) for (method, path), place in places_of(demo).items()}
    found = {
        line: knock(demo.browser(person(demo.world, who)), *places[line]) for line in DEMO
    }  # fmt: skip
    demo.put_back()
    assert found == {line: str(status) for line, status in DEMO.items()}


def test_a_site_with_a_mail_server_shows_nobody_the_letters(tmp_path: Path, template: Path) -> None:
    over = {"demo": True, "smtp_host": "127.0.0.1", "mail_from": "us@charrette.example", "log_level": "error"}
    with on_sqlite(tmp_path, template), open_site(settings_for(tmp_path, **over)) as site:
        assert [site.browser().get(path).status_code for path in ("/mailbox", f"/mailbox/{UUID(int=1)}")] == [404, 404]
