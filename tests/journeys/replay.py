"""Replay: everybody of a season over HTTP alone: the pages' own forms, the store, the mailbox and the clock."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.journeys.forms import Page
from tests.journeys.house import House, wait_for
from tests.journeys.visitors import ONE_BY_ONE
from tests.servers import Seaweed

ZONE = "America/New_York"
THURSDAY = 3
STORY = "The red planet has **no spare parts**.\n\nTen engineers get one rocket each."
JUDGES = ("Dana Judge", "Dev Judge", "Didi Judge", "Doro Judge", "Dirk Judge")
ENTRANTS = (
    "Adam Post", "Anthony Hook", "Chris Porter", "Dale Handey", "Gareth Edwards",
    "Kyle Jenner", "Mutahir Ali Syed", "Nigel Hickey", "Stalin Pena", "Tim Smith",
)  # fmt: skip
TIE_CRITERION = "The five qualities"
SLOWLY = 60.0
"""Seconds that anything may take on a busy machine."""
PRINTING = 400.0
"""Seconds that ten packets may take, where others use the machine as well; a few, where nobody does."""


class Someone(httpx.Client):
    """Somebody without a browser: opens pages, and presses the buttons that stand on the page before them."""

    def __init__(self, house: House, name: str) -> None:
        super().__init__(
            base_url=house.url, headers={"accept": "text/html"}, follow_redirects=True, timeout=SLOWLY,
            limits=ONE_BY_ONE,
        )  # fmt: skip
        self.house, self.name = house, name
        self.email = f"{name.lower().replace(' ', '.')}@example.org"
        self.page = Page("")

    def open(self, path: str) -> Page:
        return self._saw(self.get(path), 200)

    def finds_nothing(self, *paths: str) -> None:
        """Not found; or who is not signed in is asked to, whatever there is."""
        answers = {path: self.get(path) for path in paths}
        found = {path: one.status_code for path, one in answers.items() if one.url.path != "/sign-in"}
        assert found == dict.fromkeys(found, 404), f"{self.name}: {found}"

    def press(self, button: str, fields: Mapping[str, Any] | None = None, refused: bool = False, **more: Any) -> Page:
        """Fill these boxes of its form, leave the others as they are, and send it. None unticks a box."""
        filled = {**(fields or {}), **more}
        form, pressed = self.page.form_with(button, set(filled))
        data = {**form.fields, **{name: [] if value is None else value for name, value in filled.items()}}
        return self._saw(self.post(pressed.action, data=data), 422 if refused else 200)

    def _saw(self, answer: httpx.Response, status: int) -> Page:
        path = answer.url.path
        assert answer.status_code == status, (
            f"{self.name} at {path}: {answer.status_code} {Page(answer.text).text} {self.house.complaints()[-3:]}"
        )
        self.page = Page(answer.text, path)
        return self.page

    def sees(self, *texts: str) -> None:
        missing = [text for text in texts if text not in self.page.text]
        assert missing == [], f"{self.name} at {self.page.path} misses {missing} in: {self.page.text}"

    def sign_in(self, mailbox: "Mailbox", then: str = "/") -> None:
        self.open(f"/sign-in?next={then}")
        self.press("Send me a code", email=self.email)
        self.press("Sign in", code=mailbox.code_for(self.email))
        assert self.page.path == then, self.page.text

    def slot(self, challenge: str, name: str, content: bytes, deliverable: int = 0) -> httpx.Response:
        """Ask for a place for a file, as the script on the page does."""
        if self.page.path != f"{challenge}/submission":
            self.open(f"{challenge}/submission")
        form = [one for one in self.page.forms if "data-upload" in one.data][deliverable]
        sha256 = hashlib.sha256(content).hexdigest()
        wish = {
            "deliverable": form.data["data-deliverable"], "file_name": name, "size": len(content), "sha256": sha256
        }  # fmt: skip
        headers = {"accept": "application/json", "x-csrftoken": self.cookies["charrette-csrf"]}
        return self.post(form.data["data-slot-url"], json=wish, headers=headers)

    def upload(self, challenge: str, name: str, content: bytes, deliverable: int = 0) -> None:
        """To the store, straight; then say that it is there. Nothing is handed in by that."""
        self.open(f"{challenge}/submission")
        slot = self.slot(challenge, name, content, deliverable).json()
        sent = httpx.request(slot["method"], slot["url"], content=content, headers=slot["headers"], timeout=SLOWLY)
        assert sent.status_code == 200, sent.text
        arrival = {"_csrf_token": self.cookies["charrette-csrf"]}
        self._saw(self.post(slot["arrival_url"], data=arrival), 200)

    def hand_in(self, challenge: str, name: str, content: bytes, version: int = 1) -> None:
        self.upload(challenge, name, content)
        self.press("Hand in now")
        self.sees(f"version {version}", name, hashlib.sha256(content).hexdigest())

    def keeps(self, link: str) -> bytes:
        """Follow a link of this page to a file in the store."""
        answer = self.get(self.page.links[link])
        assert answer.status_code == 200, answer.text
        return answer.content

    def judge(self, team: str, levels: str, comment: str) -> None:
        """Begin the scoresheet, or go on with it, fill every box, hand it in. `levels` are digits, one a criterion."""
        self.open("/desk")
        self.begin(team)
        self.press("Hand in this scoresheet", self.boxes(levels, comment), overall=f"{comment}, all in all")
        self.sees(f"Your scoresheet for {team} is handed in.")

    def begin(self, team: str) -> None:
        if going_on := re.search(rf'href="([^"]+)"[^>]*aria-label="Go on with {team}"', self.page.html):
            self.open(going_on[1])
        else:
            self.press(f"Begin {team}")

    def boxes(self, levels: str, comment: str) -> dict[str, str]:
        """Of the scoresheet on the page, for as many criteria as there are digits."""
        form, _ = self.page.form_with("Hand in this scoresheet", set())
        criteria = [name.removeprefix("level-") for name in form.fields if name.startswith("level-")]
        filled = {}
        for criterion, level in zip(criteria, levels, strict=False):
            filled |= {f"level-{criterion}": str(2 * int(level)), f"comment-{criterion}": comment}
        return filled


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str


class Mailbox:
    """Every mail of the site, as the mailbox page shows it."""

    LISTED = re.compile(r'<a href="(/mailbox/[^"]+)"[^>]*>([^<]*)</a></p><p[^>]*>to [^<]*, ([^<, ]+)</p>')

    def __init__(self, house: House) -> None:
        self.reader = Someone(house, "Whoever sits at this machine")
        self.read: dict[str, Mail] = {}

    def code_for(self, email: str) -> str:
        listed = self.LISTED.findall(self.reader.open("/mailbox").html)
        return next(re.sub(r"\D", "", subject) for _, subject, to in listed if to == email and "sign-in" in subject)

    def look(self) -> None:
        """Read what is new; the page shows the newest two hundred."""
        for href, subject, to in reversed(self.LISTED.findall(self.reader.open("/mailbox").html)):
            if href not in self.read:
                is_code = "sign-in code" in subject
                text = subject if is_code else unescape(re.sub(r"<[^>]+>", "", _letter_in(self.reader.open(href).html)))
                self.read[href] = Mail(to, unescape(subject), text)

    def about(self, subject: str) -> list[Mail]:
        """Those whose subject begins so, oldest first."""
        return [mail for mail in self.read.values() if mail.subject.startswith(subject)]

    def has_told(self, subject: str, people: Iterable[Someone]) -> list[Mail]:
        """Wait until these got a mail whose subject begins so; and they alone did, each of them once."""
        wanted = Counter(person.email for person in people)

        def told() -> bool:
            self.look()
            return Counter(mail.to for mail in self.about(subject)) >= wanted

        wait_for(told, f"“{subject}” to {sorted(wanted)}", SLOWLY, self.newest, pause=0.5)
        assert Counter(mail.to for mail in self.about(subject)) == wanted
        return self.about(subject)

    def newest(self) -> list[str]:
        return [f"{mail.to}: {mail.subject}" for mail in list(self.read.values())[-20:]]

    def link_to(self, person: Someone, subject: str) -> str:
        self.look()
        (mail,) = [mail for mail in self.about(subject) if mail.to == person.email]
        link = re.search(r"^ +(http\S+)$", mail.text, re.MULTILINE)
        assert link, mail.text
        return str(httpx.URL(link[1]).path)

    def twice(self) -> list[Mail]:
        """Whatever went to somebody a second time, word for word."""
        self.look()
        return [mail for mail, times in Counter(self.read.values()).items() if times > 1]


def _letter_in(html: str) -> str:
    found = re.search(r'<pre class="letter-text"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert found, html
    return found[1]


@dataclass(frozen=True)
class Weeks:
    """A season by the clocks of New York: on each of its Thursdays at 20:00 a brief, due on the Tuesday after."""

    first: date

    @classmethod
    def ahead(cls) -> "Weeks":
        """The first Thursday that leaves three days to enter."""
        soon = datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=4)
        return cls(soon + timedelta(days=(THURSDAY - soon.weekday()) % 7))

    def day(self, week: int, days: int = 0) -> date:
        """So many days after the Thursday of this week; the first is 1."""
        return self.first + timedelta(weeks=week - 1, days=days)

    def wall(self, week: int, days: int, clock: str) -> str:
        return f"{self.day(week, days)}T{clock}"

    def at(self, week: int, days: int, clock: str) -> datetime:
        return datetime.combine(self.day(week, days), time.fromisoformat(clock), ZoneInfo(ZONE)).astimezone(UTC)


class Replay:
    """A season on a site that is open, and who looks after it."""

    def __init__(self, house: House, slug: str) -> None:
        self.house, self.slug = house, slug
        self.home = f"/seasons/{slug}"
        self.weeks = Weeks.ahead()
        self.mailbox = Mailbox(house)
        self.ada, self.eve = Someone(house, "Ada Lovelace"), Someone(house, "Eve Stranger")
        self.judges: list[Someone] = []
        self.entrants: dict[str, Someone] = {}

    @cached_property
    def csrf(self) -> str:
        self.eve.open("/sign-in")
        return str(self.eve.cookies["charrette-csrf"])

    def challenge(self, number: int) -> str:
        return f"{self.home}/challenges/{number}"

    def clock(self, week: int, days: int, clock: str) -> None:
        """It becomes so late, in New York."""
        self.set_clock(self.weeks.at(week, days, clock))

    def set_clock(self, instant: datetime) -> None:
        """No mail may be on its way meanwhile: it would seem days old."""
        wait_for(self.is_calm, "every mail to go out", SLOWLY, self.house.told)
        data = {"_csrf_token": self.csrf, "instant": f"{instant:%Y-%m-%dT%H:%M}"}
        self.eve._saw(self.eve.post("/demo/clock", data=data), 200)

    def is_calm(self) -> bool:
        if not self.ada.cookies.get("charrette"):
            return True
        return "No such mail" in self.ada.open(f"{self.home}/outbox?state=waiting").text

    # Before it begins.

    def found_season(self, title: str, story: str, entries: int, tie_criterion: str, last_week: int) -> None:
        ada = self.ada
        ada.sign_in(self.mailbox)
        ada.open("/seasons/new")
        ada.press(
            "Create the draft", title=title, story=story, zone=ZONE, starts_on=str(self.weeks.day(1)),
            ends_on=str(self.weeks.day(last_week, 8)), registration_closes=self.weeks.wall(1, 0, "19:00"),
            contact="crew@example.org", is_recorded="yes",
        )  # fmt: skip
        assert ada.page.path == self.home
        ada.open(f"{self.home}/play")
        ada.press(
            "Save", format="knock-out", tie_rule="criterion", tie_criterion=tie_criterion,
            least_members="1", most_members="1", most_entries=str(entries),
        )  # fmt: skip
        for kind, button in (("rules", "Save the rules"), ("conduct", "Save the code of conduct")):
            ada.open(f"{self.home}/terms/{kind}/edit")
            ada.press(button, text=f"The {kind} of {title}: be kind, say why, hand in before the due instant.")
        ada.open(f"{self.home}/entry-form")
        ada.press("Add the question", text="What do you design on weekdays?", kind="short text", is_required="yes")

    def invite_judges(self, names: Sequence[str]) -> None:
        """By mail; each follows the link in it, signs in with that address, and accepts."""
        for name in names:
            judge = Someone(self.house, name)
            self.ada.open(f"{self.home}/people")
            self.ada.press("Send the invitation", kind="judge", name=name, email=judge.email)
            link = self.mailbox.link_to(judge, "Be a judge of ")
            judge.sign_in(self.mailbox, link)
            judge.press("Accept")
            self.judges.append(judge)

    def announce(self) -> None:
        self.eve.finds_nothing(self.home, f"{self.home}/rules", f"{self.home}/feed.atom")
        self.ada.open(f"{self.home}/states")
        self.ada.press("Announce it now")
        self.eve.open(self.home)

    def enter(self, name: str, affiliation: str = "", sponsors: str = "") -> None:
        """A team of one, called like its person: founded, and entered with every question answered."""
        person = self.entrants[name] = Someone(self.house, name)
        person.sign_in(self.mailbox, f"{self.home}/teams")
        person.press("Found the team", name=name, affiliation=affiliation, sponsors=sponsors)
        form, _ = person.page.form_with("Enter the season", {"rules", "conduct", "consent"})
        accepted = {kind: next(iter(form.options[kind])) for kind in ("rules", "conduct")}
        (question,) = [box for box in form.fields if box.startswith("answer-")]
        person.press("Enter the season", {**accepted, question: "Storage, mostly"}, consent="no")
        person.sees(f"{name} takes part in ")

    def draft(self, title: str, brief: str, week: int, due: str | None = None, **course: str) -> None:
        """The next challenge, with the rubric that the form offers."""
        self.ada.open(f"{self.home}/challenges/new")
        self.ada.press(
            "Save the draft", title=title, summary=f"{title}, in one sentence.", brief=brief,
            due=due or self.weeks.wall(week, 5, "23:59"), **course,
        )  # fmt: skip

    def schedule(self, number: int, week: int, how: str = "at") -> None:
        self.ada.open(self.challenge(number))
        self.ada.press("Set the release", how=how, release=self.weeks.wall(week, 0, "20:00"))

    def prepare(self, title: str) -> None:
        """Founded, told, with five judges, and announced; nobody saw anything before."""
        self.found_season(title, STORY, 20, TIE_CRITERION, last_week=4)
        self.invite_judges(JUDGES)
        self.eve.finds_nothing(self.home)
        self.announce()
        self.eve.sees(title, "no spare parts", "Nobody has entered yet.")
        self.eve.open(f"{self.home}/rules")
        self.eve.sees("Knock-out", f"The better score in the criterion “{TIE_CRITERION}” decides.", "20 teams at most.")
        assert self.tasks() == ["The season has no challenge yet. Write the first one"]

    # What anybody can see.

    def teams(self) -> dict[str, str]:
        """Every team with its state, as a stranger reads it."""
        text = self.eve.open(f"{self.home}/teams").text
        names = "|".join(self.entrants)
        return dict(re.findall(rf"({names})\s*1 member\s*(takes part|eliminated|withdrawn|winner)", text))

    def shows_nothing_of(self, number: int, title: str) -> None:
        """Not one trace of a challenge before its release: no page, no feed, no list has more than number and dates."""
        self.eve.finds_nothing(self.challenge(number), *(f"{self.challenge(number)}/{end}" for end in (
            "clarifications", "standings", "rehearsal"
        )))  # fmt: skip
        for path in (self.home, "/", f"{self.home}/rules", f"{self.home}/feed.atom", f"{self.home}/calendar.ics"):
            answer = self.eve.get(path)
            assert (answer.status_code, title in answer.text) == (200, False), path

    def knows_nothing_of_results(self, number: int) -> None:
        """No trace of results: not for a stranger, not for those whom they are about."""
        there, before = f"{self.challenge(number)}/standings", self.teams()
        self.eve.finds_nothing(there, f"{there}/rehearsal")
        for person in self.entrants.values():
            person.finds_nothing(there, f"{there}/rehearsal")
            assert "Read your newest feedback packet" not in person.open(self.home).text or number > 1
        told = [mail.subject for mail in self.mailbox.about("Your feedback is here")]
        assert [subject for subject in told if subject.endswith(f"challenge {number}")] == []
        assert self.teams() == before

    # What waits for the organizer.

    def tasks(self) -> list[str]:
        found = re.search(r'<ol class="tasks">.*?</ol>', self.ada.open(f"{self.home}/run-sheet").html, re.DOTALL)
        return [Page(task).text for task in re.findall(r"<p>.*?</p>", found[0], re.DOTALL)] if found else []

    def is_sound(self) -> None:
        """Nothing impossible in the database, no mail refused or sent twice, no complaint in the log."""
        wait_for(self.is_calm, "every mail to go out", SLOWLY, self.house.told)
        assert "These need your decision" not in self.ada.open(f"{self.home}/outbox").text
        assert self.mailbox.twice() == []
        assert self.house.charrette("check") == "Nothing is wrong.\n"
        assert self.house.complaints() == []

    # Judging and results.

    def judge(self, number: int, levels: Mapping[str, str]) -> None:
        """Every judge fills every scoresheet that is left; the k-th is stricter by a level on the k-th criterion."""
        for at, judge in enumerate(self.judges):
            for team, digits in levels.items():
                own = "".join(str(int(digit) - (at == step)) for step, digit in enumerate(digits))
                judge.judge(team, own, f"{judge.name} on {team}, challenge {number}")

    def confirm(self, number: int) -> list[str]:
        """All rows as they are proposed; gives the teams in the order of the ranking."""
        self.ada.open(f"{self.challenge(number)}/standings")
        order = re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>', self.ada.page.html)
        self.ada.press("Confirm the results")
        self.ada.sees("Confirmed.")
        return order

    def publish(self, number: int, how: str, at: str = "") -> None:
        self.ada.open(f"{self.challenge(number)}/standings")
        self.ada.press("Set the release", how=how, public=at)

    def packets_are_told(self, number: int, people: Iterable[Someone]) -> None:
        """Every packet is printed, and each of these got one mail about theirs."""
        there = f"{self.challenge(number)}/standings"
        wait_for(
            lambda: "packets are being made" not in self.ada.open(there).text, f"the packets of challenge {number}",
            PRINTING, self.house.told, pause=1,
        )  # fmt: skip
        wanted = Counter((one.email, f"Your feedback is here: {one.name}, challenge {number}") for one in people)

        def told() -> Counter[tuple[str, str]]:
            self.mailbox.look()
            return Counter((mail.to, mail.subject) for mail in self.mailbox.about("Your feedback is here: "))

        wait_for(lambda: told() >= wanted, "the mails about the packets", SLOWLY, self.mailbox.newest, pause=0.5)
        assert Counter({one: n for one, n in told().items() if one[1].endswith(f"challenge {number}")}) == wanted


def new_site(folder: Path, seaweed: Seaweed) -> House:
    """A site without a mail server whose clock can be set forward, and nothing in it but its founder."""
    house = House(
        folder, seaweed, None, demo="", development="true", founders="ada.lovelace@example.org", mail_from=""
    )  # fmt: skip
    house.charrette("migrate")
    return house


def document(title: str) -> bytes:
    """A file that the test makes for somebody whose own is not preserved."""
    return b"%PDF-1.7\n" + f"{title}: made by a test, not by the person whose name it bears.\n".encode() * 40
