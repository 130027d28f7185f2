"""One whole path: from the first organizer to the packet in a member's hands, with nine real designs."""

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Visit, on
from tests.journeys.house import House, wait_for
from tests.journeys.post import Post
from tests.journeys.visitors import Correspondent, Visitor
from tests.servers import MailSink, Seaweed

pytestmark = pytest.mark.slow

STORY = "The valley is cut off **until spring**.\n\n- no road\n- one lorry"
BRIEF = "Design the computers of a hospital.\n\n## Limits\n\nTwo hundred beds, *one* lorry."
ZONE = "Europe/Berlin"
SLOWLY = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_500_000}
FREELY = {**SLOWLY, "uploadThroughput": -1}
COMMENTS = {"Dana": "Dana asks for a second site", "Dev": "Dev would trace R03", "Didi": "Didi likes page four"}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_whole_path(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, seaweed: Seaweed, mail_sink: MailSink,
    visitors: Visit, designs: list[Path],
) -> None:  # fmt: skip
    post = Post(mail_sink)
    with on(kind, request) as databases:
        house = House(tmp_path, seaweed, mail_sink, **databases)
        said = house.charrette("organizer", "add", "ada@example.org")
        assert said == f"ada@example.org may create seasons. They sign in at {house.url}.\n"
        with house.open():
            ada = visitors(house, "Ada", timezone_id=ZONE)
            ada.sign_in_by_link(post)
            season, challenge = found_season(ada)
            kyle = visitors(house, "Kyle", timezone_id="America/New_York")
            others = take_part(house, post, visitors, kyle, season, challenge, designs)
            judge_all(house, post, visitors, ada, season, challenge)
            release(ada, challenge, others[0])
            read_packet(house, post, kyle, others[0])
            assert house.charrette("check") == "Nothing is wrong.\n"
        assert house.complaints() == []


def found_season(ada: Visitor) -> tuple[str, str]:
    """A season and a challenge, drafted, looked at, published; the path of each."""
    ada.go("/")
    ada.follow("New season")
    today = datetime.now(ZoneInfo(ZONE)).date()
    for label, text in {
        "Title": "The Long Winter", "Story": STORY, "First day": str(today - timedelta(days=1)),
        "Last day": str(today + timedelta(days=30)), "The season’s time zone": ZONE,
    }.items():  # fmt: skip
        ada.write(label, text)
    ada.press("Create the draft")
    ada.sees("This season is a draft. Only its organizers see it.", "until spring", "no road")
    season = "/seasons/the-long-winter"

    ada.follow("New challenge")
    due = datetime.now(ZoneInfo(ZONE)) + timedelta(days=3)
    for label, text in {
        "Title": "A field hospital", "Summary": "Design what must move twice a year.", "Brief": BRIEF,
        "Day and time": f"{due:%Y-%m-%d}T23:59", "In the time zone": ZONE,
    }.items():  # fmt: skip
        ada.page.get_by_label(label, exact=True).first.fill(text)
    for criterion in (3, 4):
        left_out = ada.page.locator(f"input[name=criteria-{criterion}-remove]")
        left_out.check()
    ada.page.locator("input[name=criteria-1-weight]").fill("30")
    ada.page.locator("input[name=go_on]").fill("6")
    ada.press("Save the draft")
    ada.sees("A draft, as participants will see it.", "Limits", "How it is judged", "46.2 %")
    challenge = f"{season}/challenges/1"
    assert ada.page.url.endswith(challenge)

    ada.sees("The season is a draft, too.")
    ada.page.get_by_role("link", name="Announce the season first").click()
    ada.follow("Announce the season")
    ada.page.get_by_role("link", name="Choose", exact=True).click()
    ada.page.get_by_label("All of them go on").check()
    ada.press("Save")
    ada.page.get_by_role("link", name="State", exact=True).click()
    ada.page.get_by_text("Announce the season…").click()
    ada.press("Announce it now")
    ada.sees("The season is announced: everybody can see it.")
    ada.go(challenge)
    ada.page.locator("input[name=how][value=now]").check()
    ada.press("Set the release")
    ada.sees("Released. Everybody can read it", f"{due:%-d %b}, 23:59:00")
    return season, challenge


def take_part(
    house: House, post: Post, visitors: Visit, kyle: Visitor, season: str, challenge: str, designs: list[Path]
) -> list[Correspondent]:
    """Kyle's team by the browser, step by step; the other eight by the same forms."""
    mine = next(path for path in designs if "Jenner" in path.name)
    kyle.sign_in_by_code(post)
    kyle.go(season)
    kyle.follow("Take part")
    kyle.page.get_by_label("Name of the team").fill("Team Jenner")
    kyle.press("Found the team")
    kyle.sees("Your team does not take part yet.")
    kyle.page.get_by_label("Mail address").fill("cleo@example.org")
    kyle.press("Send the invitation")
    kyle.sees("An invitation is on its way to cleo@example.org.")
    kyle.press("Enter the season")
    kyle.sees("Team Jenner takes part in The Long Winter.")

    cleo = visitors(house, "Cleo")
    invitation = post.link_in(post.letter_to(cleo.email, "Join the team Team Jenner"))
    cleo.go(invitation)
    cleo.sees("Write your mail address.")
    cleo.sign_in_by_code(post)
    cleo.go(invitation)
    cleo.press("Join the team")
    cleo.sees("Welcome to Team Jenner.")

    upload(kyle, challenge, mine)
    cleo.go(season)
    cleo.sees("A file of yours is uploaded, but not handed in. It does not count yet.")
    kyle.press("Hand in now")
    kyle.sees("version 1", sha256(mine.read_bytes()).hexdigest())
    for person in (kyle, cleo):
        letter = post.letter_to(person.email, "Received: Team Jenner, challenge 1, version 1")
        assert (mine.name in letter, sha256(mine.read_bytes()).hexdigest() in letter) == (True, True)

    names = [path.stem.removeprefix("S5-Challenge1-") for path in designs if path != mine]
    others = [Correspondent(house, name) for name in names]
    for other, name, design in zip(others, names, [path for path in designs if path != mine], strict=True):
        other.sign_in(post)
        other.take_part(season, f"Team {name}")
        other.hand_in(challenge, design)

    def verified() -> bool:
        kyle.page.reload()
        return kyle.page.get_by_text("Received and verified: version 1").is_visible()

    wait_for(verified, "the worker to read the file")
    assert sha256(kyle.keeps(mine.name)).hexdigest() == sha256(mine.read_bytes()).hexdigest()
    return others


def upload(kyle: Visitor, challenge: str, design: Path) -> None:
    """Straight to the store, on a slow line, so that its progress can be seen."""
    kyle.go(challenge)
    kyle.follow("Hand in")
    network = kyle.context.new_cdp_session(kyle.page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOWLY)
    form = kyle.page.locator("form[data-upload]").first
    with kyle.page.expect_request(lambda sent: sent.method == "PUT") as sent:
        form.locator("input[type=file]").set_input_files(design)
    assert not sent.value.url.startswith(kyle.house.url)
    kyle.page.wait_for_function(
        "() => { const bar = document.querySelector('form[data-upload] [data-progress]');"
        " return bar.value > 0 && bar.value < bar.max && /Sending… \\d+ %/.test(bar.parentElement.textContent) }"
    )
    expect(form).to_contain_text("Uploaded. It counts once you hand it in.")
    network.send("Network.emulateNetworkConditions", FREELY)
    kyle.sees("Uploaded, but not handed in")


def judge_all(house: House, post: Post, visitors: Visit, ada: Visitor, season: str, challenge: str) -> None:
    """Three judges are invited, accept, and read everything: Dana one design in the browser, the rest by forms."""
    for name in COMMENTS:
        ada.go(f"{season}/people")
        ada.write("Name", name)
        ada.page.get_by_label("Mail address").fill(f"{name.lower()}@example.org")
        ada.press("Send the invitation")
        ada.sees(f"An invitation is on its way to {name.lower()}@example.org.")
        invitation = post.link_in(post.letter_to(f"{name.lower()}@example.org", "Be a judge of The Long Winter"))
        invited = Correspondent(house, name)
        invited.sign_in(post)
        invited.fill_in(f"{invitation}/acceptance")
    ada.go(f"{season}/people")
    ada.sees(*COMMENTS)
    ada.page.get_by_label("Move it on by").select_option("1 week")
    ada.press("Move")
    ada.sees("The clock of the demo has been set forward.")
    ada.go(f"{challenge}/panel")
    ada.press("Everyone reads everything")
    ada.sees("The assignments are saved.", "27 readings")

    dana = visitors(house, "Dana", viewport={"width": 1440, "height": 900})
    dana.sign_in_by_code(post)
    dana.go("/desk")
    dana.press("Begin Team Jenner")
    read(dana)
    score(dana)

    teams = [text for text in dana.page.locator("th[scope=row]").all_text_contents() if text != "Team Jenner"]
    assert len(teams) == 8
    for at, name in enumerate(COMMENTS):
        judge = Correspondent(house, name)
        judge.sign_in(post)
        for number, team in enumerate(teams + (["Team Jenner"] if name != "Dana" else [])):
            levels = [1 + (at + number + step) % 5 for step in range(3)]
            judge.judge(team, levels, f"{COMMENTS[name]}, {team}")


def read(dana: Visitor) -> None:
    """A page of the document is drawn beside the rubric, and its text can be selected."""
    drawn = dana.page.locator("[data-viewer] .page").first
    expect(drawn.locator("canvas")).to_be_visible()
    dana.page.wait_for_function(
        "() => { const canvas = document.querySelector('[data-viewer] .page canvas');"
        " if (!canvas || !canvas.width) return false;"
        " const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        " return new Set(new Uint32Array(data.buffer)).size > 20 }"
    )
    drawn.locator(".textLayer span[role=presentation]").filter(has_text="Challenge").first.dblclick()
    assert dana.page.evaluate("() => getSelection().toString().trim()") == "Challenge"
    assert dana.page.locator(".work-rubric").is_visible()


def criterion(dana: Visitor, at: int) -> Locator:
    return dana.page.locator(".criterion[data-criterion]").nth(at)


def saved(dana: Visitor) -> None:
    expect(dana.page.locator("[data-saved]")).to_have_attribute("data-state", "saved")
    expect(dana.page.locator("[data-saved]")).to_contain_text("Saved ")


def score(dana: Visitor) -> None:
    """The first criterion by mouse, the others by keyboard; everything saves itself and is there after a reload."""
    first = criterion(dana, 0)
    first.locator("label.step").nth(3).click()
    first.locator("textarea").fill(f"{COMMENTS['Dana']}, first")
    keyboard = dana.page.keyboard
    criterion(dana, 1).locator(".criterion-head").click()
    for step, word in enumerate(("second", "third"), 2):
        keyboard.press(str(step))
        keyboard.press("n")
        keyboard.type(f"{COMMENTS['Dana']}, {word}")
        keyboard.press("Escape")
        keyboard.press("j")
    dana.page.locator("#overall").fill("Well told.")
    saved(dana)
    expect(dana.page.locator("[data-count]")).to_have_text("3 of 3 levels set, 3 of 3 comments written")
    dana.page.reload()
    texts = [criterion(dana, at).locator("textarea").input_value() for at in range(3)]
    levels = [criterion(dana, at).locator("input[type=radio]:checked").get_attribute("value") for at in range(3)]
    assert texts == [f"{COMMENTS['Dana']}, {word}" for word in ("first", "second", "third")]
    assert (levels, dana.page.locator("#overall").input_value()) == (["8", "4", "6"], "Well told.")
    dana.press("Hand in this scoresheet")
    dana.sees("Your scoresheet for Team Jenner is handed in.")


def release(ada: Visitor, challenge: str, somebody_else: Correspondent) -> None:
    """Confirmed, held back until the evening, and opened by a button; before that nobody else finds anything."""
    ada.go(f"{challenge}/standings")
    expect(ada.page.locator("#ranking tbody select")).to_have_count(9)
    ada.press("Confirm the results")
    ada.sees("Confirmed. Nobody else sees it before you release it")
    ada.page.get_by_text("Release the results of challenge 1").click()
    ada.page.locator("input[name=how][value=hold]").check()
    ada.press("Set the release")
    ada.sees("On hold. The results open when you press the button.")
    assert somebody_else.get(f"{challenge}/standings").status_code == 404
    ada.page.get_by_text("Open the results now").click()
    ada.press("Open the results")
    expect(ada.page.get_by_role("link", name="Open the packet of")).to_have_count(9, timeout=60_000)


def read_packet(house: House, post: Post, kyle: Visitor, somebody_else: Correspondent) -> None:
    packet = post.link_in(post.letter_to(kyle.email, "Your feedback is here: Team Jenner, challenge 1"))
    kyle.go("/seasons/the-long-winter")
    text = text_of(kyle.keeps("newest feedback packet"))
    told = [f"{COMMENTS['Dana']}, third", f"{COMMENTS['Dev']}, Team Jenner", f"{COMMENTS['Didi']}, Team Jenner"]
    assert [one for one in [*told, "Judge 3", "Team Jenner", "A field hospital"] if one not in text] == []
    assert somebody_else.get(packet).status_code == 404
    assert httpx_stranger(house, packet) == f"{house.url}/sign-in"


def httpx_stranger(house: House, path: str) -> str:
    """Where somebody ends up who is not signed in."""
    return str(Correspondent(house, "Eve").get(path).url).split("?")[0]


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    pages = [document[number] for number in range(len(document))]
    words = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    document.close()
    return " ".join(words.split())
