"""The embargo: whatever is asked, by whomever, before its instant nothing tells what a challenge asks or what became
of it; and from that instant on everybody knows, whether anything of ours ran or not.

The same evening is set up in three ways that differ in nothing but what is secret. Every page, feed and answer must be
the same in all of them, byte for byte, and hold no word and no id of any secret.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import Session, select

from app import mail
from challenges import briefs, calendars, challenges, chapters, mailings, planning, swaps, tokens, versions
from challenges.challenges import Challenge, Course, DeliverableText, Plan
from challenges.chapters import ChapterText
from challenges.clocks import WallClock
from challenges.entries import entry_of
from challenges.formats import Format
from challenges.letters import Letter
from challenges.outcomes import OutcomeKind
from challenges.rubrics import CriterionText, LevelText
from challenges.teams import Team
from challenges.tokens import TokenScope
from challenges.versions import Version, files_of
from judging import cuts, feedback, panels
from judging.cuts import Decision
from judging.packets import packets_of, tell, untold
from judging.progress import late_judges
from tests.makers import CRITERIA, DAY, SECOND, at_clock, make_sheet, make_version
from tests.stage import TODAY, Stage, World
from tests.test_doors import WHO, Line, knock, lines, person, places_of
from tests.web import Browser

OPENS = TODAY + DAY
JUDGED, OPEN, DRAFT, SCHEDULED, HELD, NOTHING = 2, 3, 4, 5, 6, 99
"""Challenges by number: one whose results are secret, an open one, three that are secret, and one that is not."""

UUIDS = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}"


@dataclass(frozen=True)
class Evening:
    """What is secret, in one of the ways in which it might be."""

    mark: str
    """Stands in every text that is secret."""
    due: WallClock
    zone: str
    """Everybody knows the instant, nobody where it was set."""
    course: Course
    leaves: str = ""
    """Which team; the other one wins. Nothing is confirmed where it is nobody."""
    levels: tuple[int, int] = (5, 1)
    """Of the designs of Plan B and Plan D."""
    is_held: bool = False
    redrafts: int = 1
    """How often somebody wrote the draft anew."""


THIS = Evening(
    "Zyzzyva", at_clock("2026-12-12T23:59"), "Europe/Berlin",
    Course(grace_minutes=45, penalty=13, go_on=7, builds_on=1, is_swap=True), leaves="Plan B", levels=(1, 5),
)  # fmt: skip
OTHER = Evening(
    "Quixotry", at_clock("2026-12-12T17:59"), "America/New_York", Course(), leaves="Plan D", is_held=True, redrafts=2,
)  # fmt: skip
PLAIN = Evening(
    "Humdrum", at_clock("2026-12-12T22:59"), "UTC", Course(builds_on=2, is_final=True), redrafts=0,
)  # fmt: skip


@dataclass(frozen=True)
class Secrets:
    evening: Evening
    ids: frozenset[str]
    """Of every row that nobody else may know of."""
    packets: Mapping[str, UUID]
    """By team; where there is none, the id of nothing."""
    received: UUID
    """The file that Plan B got in the swap."""
    deliverables: Mapping[int, UUID]
    briefs: Mapping[int, UUID]

    def told_in(self, text: str) -> list[str]:
        """Which of them somebody was told."""
        found = [self.evening.mark] if self.evening.mark.lower() in text.lower() else []
        return found + sorted(set(re.findall(UUIDS, text)) & self.ids)


@dataclass(frozen=True)
class Keys:
    """With what somebody asks beside their browser."""

    calendars: Mapping[str, str]
    programs: Mapping[str, str]


@pytest.fixture
def keys(stage: Stage) -> Iterator[Keys]:
    with stage.with_more(hand_out_keys, stage) as keys:
        yield keys


def hand_out_keys(session: Session, stage: Stage) -> Keys:
    """Everybody subscribes to their calendar and has a program for each scope. Dana hands in on both designs later."""
    world = stage.world_in(session)
    people = {who: found for who in WHO if (found := person(world, who))}
    world.judged.is_final = True
    danas = [pair for pair in panels.living_pairs(session, world.judged.id) if pair.person_id == world.cast.dana.id]
    panels.assign(session, world.judged, danas, world.cast.ada, TODAY)
    for mine in (world.plan_b, world.plan_d):
        make_sheet(
            session, world.judged, world.cast.dana, design_of(session, world.judged, mine), (3, 3), "", False, TODAY
        )
    return Keys(
        {who: f"{calendars.renew_link(session, one, TODAY)}.ics" for who, one in people.items()},
        {
            who: tokens.create(session, people[who], f"Reads {scope}", [scope], 90, TODAY)[1]
            for who, scope in PROGRAMS.items()
        },
    )


def design_of(session: Session, challenge: Challenge, team: Team) -> UUID:
    return next(
        submission.id for submission, _, one, _ in versions.handed_in(session, challenge.id) if one.id == team.id
    )


@contextmanager
def keeping(stage: Stage, evening: Evening) -> Iterator[Secrets]:
    """The evening stands on the stage, and who may not know of it asks."""
    before = ids_in(stage)
    with stage.with_more(set_up, stage, evening) as (packets, received):
        with stage.database.reading() as session:
            every = {each.number: each.id for each in challenges.every_challenge_of(session, stage.world.season.id)}
            hidden = {number: every[number] for number in (DRAFT, SCHEDULED, HELD)}
            ids = frozenset(form for one in ids_in(stage) - before for form in (str(one), one.hex))
            deliverables = {number: challenges.deliverables_of(session, one)[0].id for number, one in hidden.items()}
            written = {number: brief.id for number, one in hidden.items() if (brief := briefs.brief_of(session, one))}
            secrets = Secrets(evening, ids, packets, received, deliverables, written)
        yield secrets


def ids_in(stage: Stage) -> set[UUID]:
    return {row["id"] for rows in stage.rows().values() for row in rows}


def set_up(session: Session, stage: Stage, evening: Evening) -> tuple[dict[str, UUID], UUID]:
    world = stage.world_in(session)
    for _ in range(evening.redrafts):
        challenges.redraft(session, world.draft, plan_of(evening, DRAFT), world.cast.ada, TODAY)
        briefs.write(session, world.draft, f"The {evening.mark}.", world.cast.ada, TODAY)
    for number in (SCHEDULED, HELD):
        challenge = make_hidden(session, world, evening, number)
        if challenge.is_swap:
            swaps.draw(session, challenge, world.cast.ada, TODAY)
    tell_story(session, world, evening)
    for key in (f"release-{SCHEDULED}", f"release-{HELD}", f"reminder-{SCHEDULED}-72h"):
        one = planning.find(session, world.season, key, TODAY)
        mailings.edit(
            session, world.season, one, f"{evening.mark} begins", f"Hello {evening.mark}!", world.cast.ada, TODAY
        )
    packets = {"Plan B": uuid4(), "Plan D": uuid4()} | hold_results(session, world, evening)
    (file, *_) = files_of(session, [counted(session, world.released, world.plan_d).id]).popitem()[1]
    return packets, file.id


def counted(session: Session, challenge: Challenge, team: Team) -> Version:
    return next(version for _, _, one, version in versions.handed_in(session, challenge.id) if one.id == team.id)


def plan_of(evening: Evening, number: int) -> Plan:
    mark = f"{evening.mark}{number}"
    levels = tuple(LevelText(f"{mark} {at}", f"As {mark} as {at}.") for at in ("never", "mostly", "always"))
    return Plan(
        title=f"The {mark}", summary=f"Build a {mark}.", course=evening.course, due=evening.due, due_zone=evening.zone,
        deliverables=(DeliverableText(f"Drawing of {mark}"), DeliverableText(f"Model of {mark}", kind="zip")),
        criteria=(CriterionText(f"{mark} quality", 60, levels, f"How {mark} it is."), *CRITERIA[1:]),
    )  # fmt: skip


def make_hidden(session: Session, world: World, evening: Evening, number: int) -> Challenge:
    mark = f"{evening.mark}{number}"
    challenge = challenges.draft(session, world.season, plan_of(evening, number), world.cast.ada, TODAY)
    briefs.write(session, challenge, f"## On {mark}\n\nA *{mark}*.", world.cast.ada, TODAY)
    challenges.schedule(session, challenge, world.season, world.cast.ada, TODAY, OPENS, on_hold=number == HELD)
    return challenge


def tell_story(session: Session, world: World, evening: Evening) -> None:
    told = [
        ChapterText(f"{evening.mark}{number} comes", f"Nobody knows {evening.mark}{number}.", number)
        for number in (DRAFT, SCHEDULED, HELD)
    ]
    chapters.tell(session, world.season, [ChapterText("The snow", "It snows."), *told], world.cast.ada, TODAY)


def hold_results(session: Session, world: World, evening: Evening) -> dict[str, UUID]:
    teams, ada = {"Plan B": world.plan_b, "Plan D": world.plan_d}, world.cast.ada
    for team, level in zip(teams.values(), evening.levels, strict=True):
        make_sheet(
            session, world.judged, world.cast.dana, design_of(session, world.judged, team), (level, level),
            f"{evening.mark} remark", now=TODAY,
        )  # fmt: skip
    if not evening.leaves:
        return {}
    kinds = {name: OutcomeKind.LEAVES if name == evening.leaves else OutcomeKind.WINS for name in teams}
    decided = {
        entry_of(session, team.id).id: Decision(kinds[name], f"{evening.mark} reason") for name, team in teams.items()
    }
    cuts.confirm(session, world.judged, world.season, decided, ada, TODAY)
    at = None if evening.is_held else OPENS
    feedback.release(session, world.judged, ada, TODAY, at, on_hold=evening.is_held)
    packets = packets_of(session, world.judged.id)
    for packet, _ in packets:
        packet.rendered_at, packet.key, packet.store_version_id, packet.size = (
            TODAY,
            f"packets/{packet.id}.pdf",
            "v1",
            9,
        )
    return {team.name: packet.id for packet, team in packets}


# Who asks, for what, and what comes back.

PROGRAMS = {"Ben": TokenScope.TEAM, "Fay": TokenScope.TEAM, "Dana": TokenScope.JUDGING, "Nora": TokenScope.ORGANIZE}
BARRED = ("organizer_of_season", "organizer_of_season_with_organize", "founder")
"""Doors that look at nothing but who somebody is."""


@dataclass(frozen=True)
class Address:
    """Something to read, with a name that is the same in every evening."""

    name: str
    guard: str
    line: Line
    path: str


def addresses(stage: Stage, secrets: Secrets, number: int | None = None) -> list[Address]:
    """Every route that can be read, also as the address of every secret. Where `number` is given, of that challenge."""
    kinds: list[tuple[str, dict[str, object]]] = [("", {} if number is None else {"number": number})]
    if number is None:
        kinds += [(f"of challenge {each}", {"number": each}) for each in (JUDGED, SCHEDULED, HELD)]
    kinds += [(f"of {team}", {"packet_id": packet_id}) for team, packet_id in secrets.packets.items()]
    found: dict[str, Address] = {}
    for kind, over in kinds:
        places = places_of(stage, **{"file_name": "own.ics", "file_id": secrets.received} | over)
        for guard, line, _ in lines():
            if line[0] == "GET" and not (kind and guard in BARRED):
                found.setdefault(places[line], Address(f"{line[1]} {kind}".strip(), guard, line, places[line]))
    return list(found.values())


def askers(stage: Stage, keys: Keys, people: Sequence[str]) -> Iterator[tuple[str, str, Browser]]:
    """People before their browsers, and their programs."""
    for who in people:
        yield who, who, stage.browser(person(stage.world, who))
        if scope := PROGRAMS.get(who):
            headers = {"accept": "application/json", "authorization": f"Bearer {keys.programs[who]}"}
            yield f"{who} by a program that reads {scope}", who, stage.browser(**headers)


def walk(
    stage: Stage, keys: Keys, secrets: Secrets, places: Sequence[Address], people: Sequence[str]
) -> Iterator[tuple[str, str, Address, str]]:
    """Asker, who that is, what was asked, and what came."""
    packets = {str(one) for one in secrets.packets.values()}
    for asker, who, browser in askers(stage, keys, people):
        for place in places:
            if asker == who or place.path.startswith("/api"):
                answer = browser.get(place.path.replace("own.ics", keys.calendars.get(who, "none.ics")))
                yield asker, who, place, heard(answer, browser, *packets & {place.path.rpartition("/")[2]})


def heard(answer: httpx.Response, browser: Browser, *names: str) -> str:
    """The whole answer, without what is new every time, and without these names."""
    headers = [f"{name}: {value}" for name, value in answer.headers.items() if name not in PASSING]
    text = "\n".join([str(answer.status_code), *sorted(headers), "", answer.text])
    for name in (answer.headers["x-request-id"], browser.cookies.get("charrette-csrf") or "no token", *names):
        text = text.replace(name, "…")
    return re.sub(r"X-Amz-[\w-]+=[^&\s\"]+", "…", text)


PASSING = ("set-cookie", "content-length", "etag")
"""They follow from the rest, or are new every time."""


def may_know(who: str, place: Address) -> bool:
    """Judges rehearse the evening, and Dana wrote the scoresheets."""
    is_own = who == "Dana" and "/scoresheets/" in place.path
    return is_own or (who in ("Dana", "Dev") and place.path.endswith("/rehearsal"))


def difference(one: str, other: str) -> list[str | None]:
    """The first line that is not the same."""
    return next(([a, b] for a, b in zip_longest(one.splitlines(), other.splitlines()) if a != b), [])


def ways_there(place: Address, answer: str) -> list[str]:
    """Links to what nobody can open yet, beside the address itself. Judges find the way to their rehearsal."""
    hidden = rf"/challenges/(?:(?:{DRAFT}|{SCHEDULED}|{HELD})(?!\d|/rehearsal)|{JUDGED}/standings)"
    return [] if re.search(hidden, place.path) else re.findall(hidden, answer)


def test_before_its_instant_nothing_tells_a_secret(stage: Stage, keys: Keys) -> None:
    everybody = [who for who in WHO if who != "Ada"]
    asked = {
        THIS: everybody,
        PLAIN: ["nobody", "Fay", "Ben", "Dana", "Dev"],
        OTHER: ["nobody", "Fay", "Ben"],
    }
    first: dict[tuple[str, str], str] = {}
    told, differs = [], []
    for evening, people in asked.items():
        with keeping(stage, evening) as secrets:
            places = [one for one in addresses(stage, secrets) if evening is THIS or one.guard not in BARRED]
            for asker, who, place, answer in walk(stage, keys, secrets, places, people):
                if not may_know(who, place):
                    told += [(asker, place.name, secret) for secret in secrets.told_in(answer)]
                    told += [(asker, place.name, way) for way in ways_there(place, answer)]
                    if first.setdefault((asker, place.name), answer) != answer:
                        differs.append((evening.mark, asker, place.name, difference(first[asker, place.name], answer)))
    assert (told, differs) == ([], [])


def test_what_is_secret_answers_as_what_does_not_exist(stage: Stage, keys: Keys) -> None:
    """Whoever guesses a number or an id, and sends forms there, is told what they would be told of nothing."""
    differs = []
    with keeping(stage, THIS) as secrets:
        of = {
            number: places_of(stage, number=number, file_id=secrets.received)
            for number in (DRAFT, SCHEDULED, HELD, NOTHING)
        }
        for who in ("nobody", "Nemo", "Fay", "Ben", "Dana", "Nora"):
            browser = stage.browser(person(stage.world, who))
            for guard, line, _ in lines():
                if "/challenges/{number:int}" not in line[1] or guard in BARRED:
                    continue
                nothing = guessed(browser, line, of[NOTHING][line], secrets, NOTHING)
                for number in (DRAFT, SCHEDULED, HELD):
                    may = may_know(who, Address("", guard, line, of[number][line])) and number != DRAFT
                    if not may and (answer := guessed(browser, line, of[number][line], secrets, number)) != nothing:
                        differs.append((who, line, number, difference(nothing, answer)))
            for packet_id in secrets.packets.values():
                found, nowhere = (
                    heard(browser.get(f"/packets/{one}"), browser, str(one)) for one in (packet_id, NO_ID)
                )
                if found != nowhere:
                    differs.append((who, "packet", packet_id, difference(nowhere, found)))
    assert differs == []


NO_ID = uuid4()


def guessed(browser: Browser, line: Line, place: str, secrets: Secrets, number: int) -> str:
    """What comes of knowing the ids of a challenge as well."""
    deliverable, brief = (str(ids.get(number, NO_ID)) for ids in (secrets.deliverables, secrets.briefs))
    fields = {"_csrf_token": browser.token(), "deliverable": deliverable, "brief": brief} | WRITTEN
    words: dict[str, Any] = {"data": fields} if line[0] == "POST" else {}
    if place.endswith("/uploads"):
        words = {"json": FILE | {"deliverable": deliverable}, "headers": {"x-csrftoken": browser.token()}}
    answer = heard(browser.request(line[0], place, **words), browser, deliverable, brief)
    return answer.replace(f"/challenges/{number}/", "/challenges/…/").replace(f"/challenges/{number}", "/challenges/…")


WRITTEN = {
    "kind": "task", "question": "Is it ours?", "name": "Plan Z", "email": "zoe@example.org", "affiliation": "A firm",
}  # fmt: skip
FILE = {"file_name": "design.pdf", "size": 1234, "sha256": "ab" * 32}


def test_whoever_is_secretly_out_may_do_what_everybody_may(stage: Stage, keys: Keys) -> None:
    """Plan B has left and Plan D has won, or nothing is confirmed at all: every form says and does the same."""
    first: dict[tuple[str, Line, int], str] = {}
    differs = []
    for evening in (THIS, PLAIN):
        with keeping(stage, evening):
            for number in (JUDGED, OPEN):
                places = places_of(stage, number=number)
                for who, (guard, line, _) in product(("Ben", "Fay"), lines()):
                    if line[0] == "POST" and guard not in BARRED and (number == OPEN or "{number:int}" in line[1]):
                        answer = sent(stage, stage.browser(person(stage.world, who)), places[line])
                        if first.setdefault((who, line, number), answer) != answer:
                            differs.append((who, line, number, difference(first[who, line, number], answer)))
            assert stage.write(hand_in_again, stage).number == 2
    done = {(who, line[1].rpartition("/")[2]) for (who, line, _), answer in first.items() if answer.startswith("303")}
    assert differs == []
    assert {("Ben", "clarifications"), ("Ben", "forms"), ("Fay", "clarifications"), ("Fay", "forms")} <= done


def sent(stage: Stage, browser: Browser, place: str) -> str:
    """What a form says whose boxes are filled. What it did is taken back."""
    fields = {"_csrf_token": browser.token(), "deliverable": str(stage.deliverable_id()), **WRITTEN}
    answer = browser.post(place, data=fields)
    stage.put_back()
    return re.sub(UUIDS, "…", heard(answer, browser))


def hand_in_again(session: Session, stage: Stage) -> Version:
    world = stage.world_in(session)
    return make_version(session, world.opened, world.entry, world.cast.ben, TODAY)


def test_at_its_instant_everybody_is_told_though_nothing_ran(stage: Stage, keys: Keys) -> None:
    """Only the clock goes on: no worker, no form, no row. The challenge on hold waits for its button."""
    with keeping(stage, THIS) as secrets:
        stage.clock.at = OPENS
        places = [one for one in addresses(stage, secrets, SCHEDULED) if one.guard not in BARRED]
        found: dict[str, set[str]] = {asker: set() for asker, *_ in askers(stage, keys, list(WHO))}
        for asker, who, place, answer in walk(stage, keys, secrets, places, list(WHO)):
            found[asker] |= {place.name} if f"{THIS.mark}{SCHEDULED}" in answer else set()
            assert who == "Ada" or not {f"{THIS.mark}{HELD}", f"{THIS.mark}{DRAFT}"} & set(re.findall(r"\w+", answer))
        assert found == {asker: API | (PAGES if asker in WHO else set()) | MORE.get(asker, set()) for asker in found}
        assert {who: results_for(stage, secrets, who) for who in WHO} == {
            who: PUBLIC | {"packets": PACKETS.get(who, []), "points": POINTS.get(who, [])} for who in WHO
        }
        received = f"{stage.world.home}/challenges/{SCHEDULED}/received/{secrets.received}"
        assert [knock(stage.browser(person(stage.world, who)), "GET", received) for who in ("Ben", "Fay")] == [
            "store",
            "404",
        ]
        assert stage.changes() == {}


SEASON = "/seasons/{slug:str}"
CHALLENGE = SEASON + "/challenges/{number:int}"
API = {f"/api/v1{SEASON}", f"/api/v1{SEASON}/challenges", f"/api/v1{CHALLENGE}"}
PAGES = {SEASON, f"{SEASON}/calendar.ics", f"{SEASON}/feed.atom", CHALLENGE, f"{CHALLENGE}/clarifications"}
OWN_CALENDAR = "/calendars/{file_name:str}"
MORE = {
    "Fay": {OWN_CALENDAR, f"{CHALLENGE}/submission"},
    "Ben": {OWN_CALENDAR, f"{CHALLENGE}/submission"},
    "Dana": {OWN_CALENDAR, f"{CHALLENGE}/rehearsal"},
    "Dev": {OWN_CALENDAR, f"{CHALLENGE}/rehearsal"},
    "Ada": {OWN_CALENDAR, f"{CHALLENGE}/rehearsal", f"{CHALLENGE}/standings"},
}
PUBLIC = {
    "page": 200, "places": {"Plan D": (1, "wins"), "Plan B": (2, "leaves")},
    "teams": {"Plan B": "eliminated", "Plan D": "winner"},
    "linked in": {"home", "feed", "calendar", "sitemap"},
}  # fmt: skip
SECRET = {
    "page": 404,
    "places": {},
    "teams": {"Plan B": "active", "Plan D": "active"},
    "linked in": set(),
    "points": [],
}
PACKETS = {"Ben": ["Plan B"], "Fay": ["Plan D"], "Ada": ["Plan B", "Plan D"]}
POINTS = {"Ben": ["Plan B"], "Fay": ["Plan D"]}


def results_for(stage: Stage, secrets: Secrets, who: str) -> dict[str, object]:
    """What somebody knows of the results, and where they find them."""
    browser, home = stage.browser(person(stage.world, who)), stage.world.home
    place = f"{home}/challenges/{JUDGED}/standings"
    rows = browser.get(f"/api/v1{place}").json().get("items") or []
    links = {"home": home, "feed": f"{home}/feed.atom", "calendar": f"{home}/calendar.ics", "sitemap": "/sitemap.xml"}
    return {
        "page": browser.get(place).status_code,
        "places": {row["team"]: (row["place"], row["outcome"]) for row in rows},
        "points": [row["team"] for row in rows if row["score"]],
        "teams": {row["name"]: row["state"] for row in browser.get(f"/api/v1{home}/teams").json()["items"]},
        "linked in": {name for name, path in links.items() if place in browser.get(path).text.replace("\r\n ", "")},
        "packets": [
            team for team, one in secrets.packets.items() if knock(browser, "GET", f"/packets/{one}") == "store"
        ],
    }


def test_what_is_on_hold_waits_for_its_button(stage: Stage, keys: Keys) -> None:
    """Its evening is long over, reminders would be due; then an organizer presses the buttons, and everybody knows."""
    mark, people = f"{OTHER.mark}{HELD}", ["nobody", "Ben", "Emil"]
    with keeping(stage, OTHER) as secrets:
        places = [one for one in addresses(stage, secrets, HELD) if one.guard not in BARRED]
        stage.clock.at = OPENS + 12 * DAY
        early = walk(stage, keys, secrets, places, people)
        assert [(asker, place.name) for asker, _, place, answer in early if mark in answer] == []
        for who in people:
            assert results_for(stage, secrets, who) == SECRET | {"packets": []}
        write_due_letters(stage)
        assert [letter for letter in letters_to_others(stage) if mark in letter or is_of_results(letter)] == []

        ada = stage.browser(stage.world.cast.ada)
        for button in (f"{HELD}/release", f"{JUDGED}/feedback/opening"):
            assert ada.send_form(f"{stage.world.home}/challenges/{button}").status_code == 303
        found = {one.name for _, _, one, answer in walk(stage, keys, secrets, places, ["nobody"]) if mark in answer}
        assert found == API | PAGES
        assert results_for(stage, secrets, "Fay") == PUBLIC | {
            "places": {"Plan B": (1, "wins"), "Plan D": (2, "leaves")},
            "teams": {"Plan B": "winner", "Plan D": "eliminated"}, "packets": ["Plan D"], "points": ["Plan D"],
        }  # fmt: skip


def is_of_results(letter: str) -> bool:
    return letter.startswith("packet_ready") and f'"number": {JUDGED}' in letter


def test_letters_come_at_the_instant_and_once(stage: Stage, keys: Keys) -> None:
    """The entrants' letter goes to who is still in, as everybody knows from that very instant."""
    with keeping(stage, THIS):
        write_due_letters(stage)
        written = letters_to_others(stage)
        assert THIS.mark not in "".join(written)
        stage.clock.at = OPENS - SECOND
        write_due_letters(stage)
        assert letters_to_others(stage) == written
        stage.clock.at = OPENS
        for _ in range(2):
            write_due_letters(stage)
        new = [letter for letter in letters_to_others(stage) if letter not in written]
        assert sorted(letter.split("\n")[0] for letter in new) == [
            "challenge_released to fay@example.org", "packet_ready to ben@example.org",
            "packet_ready to cleo@example.org", "packet_ready to fay@example.org",
        ]  # fmt: skip
        released = next(letter for letter in new if letter.startswith("challenge_released"))
        assert [f"{THIS.mark} begins" in released, f"Hello {THIS.mark}!" in released] == [True, True]


def write_due_letters(stage: Stage) -> None:
    """A round of the worker."""
    with stage.database.writing() as session:
        for one in planning.due(session, stage.clock.at):
            planning.send(session, one, stage.clock.at, late_judges)
        for packet in untold(session, stage.clock.at):
            assert tell(session, packet, stage.clock.at)


def letters_to_others(stage: Stage) -> list[str]:
    """Everything that was written to anybody but organizers: kind, address, subject, both texts, and the facts."""
    with stage.database.reading() as session:
        letters = session.exec(select(Letter).where(Letter.season_id == stage.world.season.id)).all()
    others = [
        letter for letter in letters if letter.person_id != stage.world.cast.ada.id and not mail.is_unreadable(letter)
    ]
    return sorted(
        "\n".join([f"{letter.kind} to {letter.to_email}", one.subject, one.text, one.html, json.dumps(letter.facts)])
        for letter in others
        if (one := mail.render(letter, stage.site.settings, "Europe/Berlin"))
    )


def test_nothing_is_kept_beyond_the_instant(stage: Stage, keys: Keys) -> None:
    """A program that has the feed, calendar or JSON of a moment before is not told that they are the same."""
    with keeping(stage, THIS) as secrets:
        places = [one for one in addresses(stage, secrets, SCHEDULED) if one.guard == "anyone"]
        browser = stage.browser()
        stage.clock.at = OPENS - SECOND
        before = {one.name: browser.get(one.path) for one in places if "/static/" not in one.path}
        assert {answer.headers["cache-control"] for answer in before.values()} == {"no-cache", "private, no-cache"}
        stage.clock.at = OPENS
        again = {
            one.name: browser.get(one.path, headers={"if-none-match": before[one.name].headers["etag"]}).status_code
            for one in places
            if "etag" in before.get(one.name, browser).headers
        }
        assert again.pop("/robots.txt") == 304
        assert set(again.values()) == {200}
        assert {f"{SEASON}/calendar.ics", f"{SEASON}/feed.atom"} <= again.keys()


def test_a_league_adds_nothing_up_before_its_instant(stage: Stage, keys: Keys) -> None:
    with stage.with_more(make_league, stage):
        told: dict[str, list[str]] = {}
        for evening in (THIS, PLAIN):
            with keeping(stage, evening):
                told[evening.mark] = tables(stage)
                stage.clock.at = OPENS
                told[f"{evening.mark} then"] = tables(stage)
    assert told[THIS.mark] == told[PLAIN.mark]
    then, still = told[f"{THIS.mark} then"], told[f"{PLAIN.mark} then"]
    assert [a == b for a, b in zip(then, still, strict=True)] == [False] * len(then)


def make_league(session: Session, stage: Stage) -> None:
    stage.world_in(session).season.format = Format.LEAGUE


def tables(stage: Stage) -> list[str]:
    """The table of the season for people, as a page and for programs."""
    paths = (f"{stage.world.home}/table", f"/api/v1{stage.world.home}/table")
    browsers = [stage.browser(person(stage.world, who)) for who in ("nobody", "Fay", "Ben", "Dana")]
    return [heard(browser.get(path), browser) for browser in browsers for path in paths]
