"""Season 5: played again from the announcement to the final, over HTTP only.

The designs are real where they are preserved; everything else is made by the test. No judge ever published a mark of
them: **every level and comment here is invented**, and so are the places, the winner, and who is said to work for whom.
"""

import hashlib
import re
from pathlib import Path

import pypdfium2
import pytest

from tests.journeys.conftest import CORPUS
from tests.journeys.house import wait_for
from tests.journeys.replay import ENTRANTS, Replay, Someone, document, new_site
from tests.servers import Seaweed

pytestmark = pytest.mark.slow

TITLES = {1: "A base on Mars", 2: "The second rocket", 3: "Somebody else’s plans", 4: "The way home"}
FIRST = dict(zip(
    ("Kyle Jenner", "Adam Post", "Chris Porter", "Nigel Hickey", "Gareth Edwards", "Anthony Hook", "Dale Handey",
     "Tim Smith", "Mutahir Ali Syed", "Stalin Pena"),
    ("55555", "55554", "55544", "55444", "54444", "44444", "44443", "44433", "44333", "43333"), strict=True,
))  # fmt: skip
"""Levels of the five criteria, best first: seven go on."""
SECOND = {
    "Kyle Jenner": "55555", "Adam Post": "55554", "Chris Porter": "55544", "Gareth Edwards": "55444",
    "Dale Handey": "44434", "Nigel Hickey": "34444", "Anthony Hook": "33333",
}  # fmt: skip
"""Dale and Nigel share the fifth place, and Nigel is better in the criterion that then decides."""
THIRD = {
    "Adam Post": "55555", "Kyle Jenner": "55554", "Chris Porter": "55544", "Gareth Edwards": "44444",
    "Nigel Hickey": "33333",
}  # fmt: skip
FINAL = {"Kyle Jenner": "55555", "Chris Porter": "55554", "Adam Post": "44444"}


@pytest.fixture
def season_5() -> Path:
    folder = CORPUS.parent
    if len(list(folder.glob("challenge-*/S5-*.pdf"))) != 21:
        pytest.skip(f"the 21 designs of season 5 are not at {folder}; they are not part of this project")
    return folder


def designs_of(folder: Path, number: int) -> dict[str, Path]:
    """By entrant. One of them is spelt in two ways."""
    names = {re.sub(r"[^a-z]", "", name.lower()): name for name in ENTRANTS} | {"dalehandley": "Dale Handey"}
    found = (folder / f"challenge-{number}").glob(f"S5-Challenge{number}-*.pdf")
    return {names[path.stem.split("-")[-1].lower()]: path for path in sorted(found)}


def brief_of(folder: Path, number: int) -> str:
    """What the published brief says, as far as its text can be taken out of the PDF."""
    pdf = pypdfium2.PdfDocument(folder / f"challenge-{number}" / f"VDM-S5-Challenge-{number}.pdf")
    pages = [pdf[at].get_textpage().get_text_bounded() for at in range(len(pdf))]
    pdf.close()
    return "## Task\n\n" + "\n\n".join(" ".join(page.split()) for page in pages) + "\n\n## Limits\n\nOne rocket each."


def test_season_5(tmp_path: Path, seaweed: Seaweed, season_5: Path) -> None:
    house = new_site(tmp_path, seaweed)
    with house.open():
        replay = Replay(house, "virtual-design-master-5")
        replay.prepare("Virtual Design Master 5")
        for name in ENTRANTS:
            by_a_vendor = name == "Tim Smith"
            replay.enter(name, "Contoso Storage" if by_a_vendor else "", "Contoso" if by_a_vendor else "")
        everybody_is_in(replay)
        challenge_1(replay, season_5)
        challenge_2(replay, season_5)
        challenge_3(replay, season_5)
        final(replay, season_5)
        the_end(replay, season_5)
        replay.is_sound()


def everybody_is_in(replay: Replay) -> None:
    assert replay.teams() == dict.fromkeys(ENTRANTS, "takes part")
    assert "Contoso" not in replay.eve.page.text
    replay.ada.open(f"{replay.home}/entries")
    replay.ada.sees("10 entries of 20 places", "Contoso Storage", "rules version 1", "Storage, mostly")
    replay.is_sound()


def challenge_1(replay: Replay, folder: Path) -> None:
    there, people, mailbox, ada = replay.challenge(1), replay.entrants, replay.mailbox, replay.ada
    designs = designs_of(folder, 1)

    # The organizer means the night from Tuesday to Wednesday by “12 midnight”, and is asked which.
    ada.open(f"{replay.home}/challenges/new")
    ada.press(
        "Save the draft", refused=True, title=TITLES[1], summary="Keep a thousand people alive.",
        brief=brief_of(folder, 1), due=replay.weeks.wall(1, 6, "00:00"), go_on="7",
        questions_until=replay.weeks.wall(1, 3, "20:00"),
    )  # fmt: skip
    ada.sees("Midnight is read in two ways.")
    form, _ = ada.page.form_with("Save the draft", {"due-choice"})
    meant = [value for value, words in form.options["due-choice"].items() if words.startswith("Tuesday")]
    assert meant == [replay.weeks.wall(1, 5, "23:59")]
    ada.press("Save the draft", {"due-choice": meant[0]})
    ada.sees("A draft, as participants will see it.", "23:59:00")

    replay.schedule(1, week=1)
    ada.sees("It opens by itself")
    replay.shows_nothing_of(1, TITLES[1])
    replay.eve.open(replay.home)
    replay.eve.sees("Challenge 1 opens")
    replay.judges[0].open(f"{there}/rehearsal")
    replay.judges[0].sees(TITLES[1])
    people["Kyle Jenner"].finds_nothing(f"{there}/rehearsal", there, f"{there}/submission")

    replay.clock(1, 0, "19:59")
    replay.shows_nothing_of(1, TITLES[1])
    assert mailbox.about("Challenge 1 is open") == []
    replay.clock(1, 0, "20:00")
    replay.eve.open(there)
    replay.eve.sees(TITLES[1], "Hand in before", "Tue", "23:59:00 New York", "UTC", "Limits")
    mailbox.has_told("Challenge 1 is open", people.values())
    assert replay.tasks() == []

    amend(replay)
    ask(replay)
    hand_in_1(replay, designs)
    lose_no_review(replay)
    replay.judge(1, FIRST)
    decide_1(replay)


def amend(replay: Replay) -> None:
    """A change of a released brief has a note; everybody is told, sees it, and says so."""
    there, people, ada = replay.challenge(1), replay.entrants, replay.ada
    replay.clock(1, 0, "20:32")
    ada.open(f"{there}/edit")
    ada.sees("it can only be amended, with a note that says what changed")
    ada.open(f"{there}/amendments/new")
    form, _ = ada.page.form_with("Publish the amendment", {"brief"})
    amended = form.fields["brief"][0].replace("One rocket each.", "Two rockets each.")
    ada.press("Publish the amendment", refused=True, brief=amended)
    ada.press("Publish the amendment", brief=amended, note="Two rockets, not one.")
    replay.mailbox.has_told("Challenge 1: the brief was amended (amendment 1)", people.values())
    for name in ("Kyle Jenner", "Tim Smith"):
        people[name].open(there)
        people[name].sees("Two rockets, not one.")
        people[name].press("We have read it")
        people[name].sees("Noted: your team has read it.")
    ada.open(f"{there}/amendments")
    ada.sees("2 of 10", "Two rockets, not one.", "gone: One", "new: Two")


def ask(replay: Replay) -> None:
    """Asked privately, answered by a judge, let out by the organizer: the same words for all, without the asker."""
    there, kyle, dana, ada = replay.challenge(1), replay.entrants["Kyle Jenner"], replay.judges[0], replay.ada
    replay.clock(1, 1, "12:00")
    kyle.open(f"{there}/clarifications")
    kyle.press("Ask", kind="task", section="Limits", question="Kyle here: is a lander a rocket?")
    dana.open(f"{replay.home}/clarifications")
    dana.open(question_on(dana))
    dana.press("Give it to the organizers", answer="A lander is no rocket.")
    replay.eve.open(f"{there}/clarifications")
    assert "lander" not in replay.eve.page.text
    assert replay.tasks() == ["1 judge’s answer waits for you to let out. Read and let out"]
    ada.open(f"{replay.home}/clarifications")
    ada.open(question_on(ada))
    ada.press("Answer for everybody", wording="Is a lander a rocket?")
    told = replay.mailbox.has_told("Clarification on challenge 1", [*replay.entrants.values(), *replay.judges])
    assert [mail for mail in told if "Kyle here" in mail.text or "no rocket" not in mail.text] == []
    replay.eve.open(f"{there}/clarifications")
    replay.eve.sees("Is a lander a rocket?", "A lander is no rocket.")
    assert "Kyle" not in replay.eve.page.text
    assert replay.tasks() == []


def question_on(person: Someone) -> str:
    found = re.search(r'href="(/seasons/[^"/]+/clarifications/[^"]+)"', person.page.html)
    assert found, person.page.text
    return found[1]


def hand_in_1(replay: Replay, designs: dict[str, Path]) -> None:
    """Seven in good time, two in the last minute, one with more time; reminders only to those who had not."""
    there, people, mailbox, ada = replay.challenge(1), replay.entrants, replay.mailbox, replay.ada

    def hand_in(*names: str) -> None:
        for name in names:
            people[name].hand_in(there, designs[name].name, designs[name].read_bytes())

    def are_reminded(subject: str, *names: str) -> None:
        mailbox.has_told(subject, [people[name] for name in names])

    hand_in("Adam Post", "Chris Porter", "Kyle Jenner")
    replay.clock(1, 2, "23:59")
    are_reminded(
        "Challenge 1: your team has not handed in yet", "Anthony Hook", "Dale Handey", "Gareth Edwards",
        "Mutahir Ali Syed", "Nigel Hickey", "Stalin Pena", "Tim Smith",
    )  # fmt: skip
    hand_in("Dale Handey", "Mutahir Ali Syed", "Nigel Hickey")
    replay.clock(1, 4, "23:59")
    are_reminded("Challenge 1 is due soon", "Anthony Hook", "Gareth Edwards", "Stalin Pena", "Tim Smith")

    replay.clock(1, 5, "14:00")
    gareth = people["Gareth Edwards"]
    ada.open(f"{there}/deadline")
    form, _ = ada.page.form_with("Give more time", {"entry"})
    (entry,) = [value for value, words in form.options["entry"].items() if words.startswith("Gareth Edwards")]
    ada.press("Give more time", refused=True, entry=entry, minutes="720", reason="")
    ada.press("Give more time", entry=entry, minutes="720", reason="The power is out in his street.")
    mailbox.has_told("Challenge 1: your team has more time", [gareth])
    hand_in("Tim Smith")
    replay.clock(1, 5, "20:59")
    are_reminded("Challenge 1 is due very soon", "Anthony Hook", "Stalin Pena")

    replay.clock(1, 5, "23:58")
    hand_in("Anthony Hook", "Stalin Pena")
    tim = people["Tim Smith"]
    tim.open(f"{there}/submission")
    replay.clock(1, 5, "23:59")
    late = tim.slot(there, "better.pdf", document("Better"))
    due = replay.weeks.at(1, 5, "23:59")
    assert (late.status_code, f"was due before {due:%a %d %b %Y, %H:%M:%S} UTC" in late.text) == (422, True)
    tim.open(f"{there}/submission")
    tim.sees("What you handed in", "version 1", designs["Tim Smith"].name)

    replay.clock(1, 6, "08:59")
    are_reminded("Challenge 1 is due very soon", "Anthony Hook", "Stalin Pena", "Gareth Edwards")
    gareth.open(there)
    gareth.sees("The power is out in his street.")
    gareth.hand_in(there, "Gareth Edwards.pdf", document("A base on Mars"))
    replay.eve.open(there)
    assert "power" not in replay.eve.page.text
    replay.clock(1, 6, "13:00")
    assert replay.tasks() == ["Urgent: Challenge 1: nobody is asked to read 10 designs. Say who reads what"]
    ada.open(f"{there}/panel")
    ada.press("Everyone reads everything")
    ada.sees("50 readings")
    assert replay.tasks() == ["Challenge 1: 50 of 50 scoresheets are not handed in yet. See whose"]
    replay.is_sound()


def lose_no_review(replay: Replay) -> None:
    """A judge writes half of a scoresheet, and finds it as it was a day later."""
    dana = replay.judges[0]
    dana.open("/desk")
    dana.begin("Kyle Jenner")
    dana.press("Save", dana.boxes("34", "Half a thought"))
    replay.clock(1, 6, "23:00")
    dana.open("/desk")
    dana.sees("2 of 5")
    dana.begin("Kyle Jenner")
    form, _ = dana.page.form_with("Hand in this scoresheet", set())
    levels = [form.fields[name] for name in form.fields if name.startswith("level-")]
    comments = [form.fields[name] for name in form.fields if name.startswith("comment-")]
    assert (levels, comments) == ([["6"], ["8"], [""], [""], [""]], [["Half a thought"]] * 2 + [[""]] * 3)


def decide_1(replay: Replay) -> None:
    """Ten become seven; nobody knows before Thursday at 20:00, and then everybody does."""
    there, people = replay.challenge(1), replay.entrants
    assert replay.tasks() == ["Challenge 1: every scoresheet is handed in. Review the ranking and confirm it"]
    assert replay.confirm(1) == list(FIRST)
    replay.publish(1, "at", replay.weeks.wall(2, 0, "20:00"))
    replay.draft(TITLES[2], "## Task\n\nSend a second rocket.", 2, go_on="5", builds_on="1")
    replay.schedule(2, week=2)
    replay.clock(2, 0, "19:59")
    replay.knows_nothing_of_results(1)
    replay.shows_nothing_of(2, TITLES[2])
    replay.clock(2, 0, "20:00")
    replay.eve.open(f"{there}/standings")
    replay.eve.sees("7 teams go on. For 3 teams the season ends here")
    out = {"Tim Smith", "Mutahir Ali Syed", "Stalin Pena"}
    assert replay.teams() == {name: "eliminated" if name in out else "takes part" for name in ENTRANTS}
    replay.mailbox.has_told("Challenge 2 is open", [people[name] for name in ENTRANTS if name not in out])
    replay.packets_are_told(1, people.values())
    link = replay.mailbox.link_to(people["Tim Smith"], "Your feedback is here: Tim Smith, challenge 1")
    packet = people["Tim Smith"].get(link)
    assert (packet.status_code, packet.content[:5]) == (200, b"%PDF-")
    people["Kyle Jenner"].finds_nothing(link)
    tim = people["Tim Smith"]
    tim.open(f"{replay.challenge(2)}/submission")
    assert tim.slot(replay.challenge(2), "again.pdf", document("Again")).status_code == 422
    assert replay.tasks() == []
    replay.is_sound()


def play(replay: Replay, number: int, documents: dict[str, tuple[str, bytes]], levels: dict[str, str]) -> None:
    """Hand in on Friday, judge on Wednesday, confirm."""
    there = replay.challenge(number)
    replay.clock(number, 1, "18:00")
    for name, (file_name, content) in documents.items():
        replay.entrants[name].hand_in(there, file_name, content)
    replay.clock(number, 6, "00:30")
    replay.ada.open(f"{there}/panel")
    replay.ada.press("Everyone reads everything")
    replay.judge(number, levels)
    assert replay.confirm(number)[: len(levels)] == list(levels)


def real(folder: Path, number: int) -> dict[str, tuple[str, bytes]]:
    return {name: (path.name, path.read_bytes()) for name, path in designs_of(folder, number).items()}


def challenge_2(replay: Replay, folder: Path) -> None:
    """Seven become five; two share the last place, and the season's rule decides."""
    people, there = replay.entrants, replay.challenge(2)
    people["Dale Handey"].open(there)
    people["Dale Handey"].sees("goes on from")
    documents = real(folder, 2)
    assert documents["Dale Handey"][0] == "S5-Challenge2-DaleHandley.pdf"
    play(replay, 2, documents, SECOND)
    replay.publish(2, "at", replay.weeks.wall(3, 0, "20:00"))
    replay.draft(TITLES[3], "## Task\n\nGo on from what another team left.", 3, go_on="3", builds_on="2", is_swap="yes")
    replay.schedule(3, week=3)
    replay.clock(3, 0, "19:59")
    replay.knows_nothing_of_results(2)
    replay.shows_nothing_of(3, TITLES[3])
    replay.clock(3, 0, "20:00")
    replay.eve.open(f"{there}/standings")
    replay.eve.sees("5 teams go on. For 2 teams the season ends here")
    assert {name for name, state in replay.teams().items() if state == "takes part"} == set(THIRD)
    replay.mailbox.has_told("Challenge 3 is open", [people[name] for name in THIRD])
    replay.is_sound()


def challenge_3(replay: Replay, folder: Path) -> None:
    """Nobody drew who goes on from whose design, so it is drawn at the release; five become three."""
    people, there = replay.entrants, replay.challenge(3)
    wait_for(lambda: "Drawn by chance" in replay.ada.open(f"{there}/swap").text, "the swap to be drawn")
    assert replay.tasks() == []
    theirs = {name: hashlib.sha256(content).digest() for name, (_, content) in real(folder, 2).items()}
    received = {}
    for name in THIRD:
        people[name].open(there)
        people[name].sees("The design you go on from")
        (link,) = [text for text, href in people[name].page.links.items() if "/received/" in href]
        received[name] = hashlib.sha256(people[name].keeps(link)).digest()
    assert set(received.values()) == {theirs[name] for name in THIRD}
    assert [name for name in THIRD if received[name] == theirs[name]] == []
    play(replay, 3, real(folder, 3), THIRD)
    replay.publish(3, "at", replay.weeks.wall(4, 0, "20:00"))
    replay.draft(TITLES[4], "## Task\n\nCome home.", 4, is_final="yes")
    replay.schedule(4, week=4)
    replay.clock(4, 0, "20:00")
    replay.eve.open(f"{there}/standings")
    replay.eve.sees("3 teams go on. For 2 teams the season ends here")
    assert {name for name, state in replay.teams().items() if state == "takes part"} == set(FINAL)


def final(replay: Replay, folder: Path) -> None:
    """Three are left; the result is opened by a button on the evening."""
    replay.eve.open(replay.challenge(4))
    play(replay, 4, {name: (f"{name}.pdf", document(f"{name}, final")) for name in FINAL}, FINAL)
    replay.publish(4, "hold")
    assert replay.tasks() == ["Challenge 4: the results are on hold. Open them on the evening"]
    replay.clock(5, 0, "20:00")
    replay.knows_nothing_of_results(4)
    replay.ada.open(f"{replay.challenge(4)}/standings")
    replay.ada.press("Open the results")
    replay.eve.open(f"{replay.challenge(4)}/standings")
    replay.eve.sees("Kyle Jenner wins the season.")
    assert [name for name, state in replay.teams().items() if state == "winner"] == ["Kyle Jenner"]


def the_end(replay: Replay, folder: Path) -> None:
    """Everything stays; last season's winner is next season's judge, and nothing more."""
    ada, kyle = replay.ada, replay.entrants["Kyle Jenner"]
    for number, levels in enumerate((SECOND, THIRD, FINAL), 2):
        replay.packets_are_told(number, [replay.entrants[name] for name in levels])
    assert len(replay.mailbox.about("Your feedback is here: ")) == 10 + 7 + 5 + 3
    replay.clock(5, 2, "12:00")
    ada.open(f"{replay.home}/states")
    ada.press("Archive it now")
    assert replay.tasks() == []
    ada.sees("Nothing at this moment.")
    replay.eve.open(replay.home)
    replay.eve.sees("This season is over", *TITLES.values())
    kyle.open(f"{replay.challenge(1)}/submission")
    kept = designs_of(folder, 1)["Kyle Jenner"]
    assert kyle.keeps(kept.name) == kept.read_bytes()

    ada.open(f"{replay.home}/clones/new")
    ada.press("Make the new season", title="Virtual Design Master 6")
    after = ada.page.path.removesuffix("/edit")
    ada.open(f"{after}/people")
    ada.press("Send the invitation", kind="judge", name=kyle.name, email=kyle.email)
    kyle.open(replay.mailbox.link_to(kyle, "Be a judge of Virtual Design Master 6"))
    kyle.press("Accept")
    kyle.open("/desk")
    kyle.sees("Nothing to read yet")
    kyle.finds_nothing(
        f"{after}/run-sheet", f"{after}/people", f"{replay.home}/run-sheet", f"{replay.home}/entries",
        f"{replay.challenge(1)}/panel", f"{replay.home}/clarifications", f"{replay.challenge(4)}/standings/rehearsal",
    )  # fmt: skip
    kyle.open(f"{replay.challenge(4)}/submission")
    assert "data-slot-url" not in kyle.page.html
    kyle.open(replay.home)
    kyle.open(kyle.page.links["My team"])
    assert [button.text for form in kyle.page.forms for button in form.buttons if "/teams/" in form.action] == []
