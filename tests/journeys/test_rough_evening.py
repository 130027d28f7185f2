"""A rough evening: a season of ten that starts late, with a judge who never answers and five who hand in nothing.

It is played over HTTP only. Everything in it, levels and places too, is made by the test.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.replay import ENTRANTS, ZONE, Replay, document, new_site
from tests.servers import Seaweed

pytestmark = pytest.mark.slow

TITLE = "A base on Mars"
CAME = {
    "Kyle Jenner": "55555", "Adam Post": "55554", "Chris Porter": "55444", "Nigel Hickey": "44444",
    "Dale Handey": "33333",
}  # fmt: skip
LATE = "Tim Smith"
CAME_LATE = {"Kyle Jenner": "55555", "Adam Post": "55554", LATE: "55544", "Chris Porter": "55444",
             "Nigel Hickey": "44444", "Dale Handey": "33333"}  # fmt: skip


def test_a_rough_evening(tmp_path: Path, seaweed: Seaweed) -> None:
    house = new_site(tmp_path, seaweed)
    with house.open():
        replay = Replay(house, "virtual-design-master-5")
        replay.prepare("Virtual Design Master 5")
        for name in ENTRANTS:
            replay.enter(name)
        five_hand_in(replay, start_late(replay))
        one_judge_is_missing(replay)
        nobody_else_leaves(replay)
        one_comes_after_all(replay)
        replay.is_sound()


def start_late(replay: Replay) -> datetime:
    """The button is pressed 25 minutes late, so the due instant moves along, by whole minutes; gives it."""
    there, ada = replay.challenge(1), replay.ada
    replay.draft(TITLE, "## Task\n\nKeep a thousand people alive.", 1, go_on="5")
    replay.schedule(1, week=1, how="hold")
    ada.sees("On hold. It opens when you press the button")
    replay.clock(1, 0, "20:24")
    replay.shows_nothing_of(1, TITLE)
    assert replay.mailbox.about("Challenge 1 is open") == []
    (task,) = replay.tasks()
    assert re.match("Urgent: Challenge 1 is on hold, and its evening began 2[4-9] minutes ago.", task)
    ada.open(there)
    assert re.search("The evening is 2[4-9] minutes later than planned. Does the due instant move", ada.page.text)
    ada.press("Release the challenge")
    replay.mailbox.has_told("Challenge 1 is open", replay.entrants.values())
    replay.eve.open(there)
    due = datetime.fromisoformat(re.findall(r'data-due="([^"]+)"', replay.eve.page.html)[0])
    assert (due - replay.weeks.at(1, 5, "23:59")) in {timedelta(minutes=late) for late in range(25, 30)}
    replay.eve.sees(TITLE, "Hand in before", f"{due.astimezone(ZoneInfo(ZONE)):%H:%M}:00 New York")
    assert replay.tasks() == []
    return due


def five_hand_in(replay: Replay, due: datetime) -> None:
    """Up to the moved due instant and not later; the other five are reminded, and nothing comes of them."""
    there, people = replay.challenge(1), replay.entrants
    early, (last, *_) = list(CAME)[:4], list(CAME)[4:]
    for name in early:
        people[name].hand_in(there, f"{name}.pdf", document(name))
    replay.set_clock(due - timedelta(hours=3))
    replay.mailbox.has_told("Challenge 1 is due very soon", [people[name] for name in ENTRANTS if name not in early])
    replay.set_clock(due - timedelta(minutes=10))
    people[last].hand_in(there, f"{last}.pdf", document(last))
    people["Stalin Pena"].open(f"{there}/submission")
    replay.set_clock(due)
    assert people["Stalin Pena"].slot(there, "late.pdf", document("Late")).status_code == 422
    replay.clock(1, 6, "01:00")


def nothing_from(entries: int) -> str:
    return f"Challenge 1: nothing received from {entries} entries. Confirm that they leave, or extend. Decide"


def one_judge_is_missing(replay: Replay) -> None:
    """Four read everything, the fifth is never heard of: the organizer ends what was given to him, and the rest do."""
    there, ada, missing = replay.challenge(1), replay.ada, replay.judges.pop()
    assert replay.tasks() == [
        "Urgent: Challenge 1: nobody is asked to read 5 designs. Say who reads what", nothing_from(5),
    ]  # fmt: skip
    ada.open(f"{there}/panel")
    ada.press("Everyone reads everything")
    replay.judge(1, CAME)
    assert replay.tasks() == [nothing_from(5), "Challenge 1: 5 of 25 scoresheets are not handed in yet. See whose"]
    ada.open(f"{replay.home}/run-sheet")
    ada.sees("scoresheets of challenge 1 are not handed in")
    ada.open(f"{there}/standings")
    ada.sees("Not ready to release.", missing.name)
    choose_pairs(replay, lambda judge, _, is_ticked: is_ticked and judge != missing.name)
    assert replay.tasks() == [
        nothing_from(5),
        "Challenge 1: every scoresheet is handed in. Review the ranking and confirm it",
    ]


def choose_pairs(replay: Replay, wanted: Callable[[str, str, bool], bool]) -> None:
    """Tick on the panel whatever is wanted of a judge, a team, and whether it is ticked already."""
    replay.ada.open(f"{replay.challenge(1)}/panel")
    boxes = re.findall(r'name="pair" value="([^"]+)" aria-label="([^,]+), ([^"]+)"( checked)?', replay.ada.page.html)
    pairs = [value for value, judge, team, is_ticked in boxes if wanted(judge, team, bool(is_ticked))]
    replay.ada.press("Save the assignments", pair=pairs)
    replay.ada.sees(f"{len(pairs)} readings")


def nobody_else_leaves(replay: Replay) -> None:
    """No more than five are left, so none of them leaves by the ranking. It is confirmed, and undone once."""
    there, ada = replay.challenge(1), replay.ada
    decided = review(replay)
    assert decided == {name: "goes on" if name in CAME else "leaves" for name in ENTRANTS}
    ada.sees("No more than 5 handed in.", "Nothing received.", "nothing received")
    assert replay.confirm(1)[:5] == list(CAME)
    assert replay.tasks() == ["Challenge 1: the results are confirmed. Release them"]
    give_more_time(replay, refused=True)
    ada.sees("The results of this challenge are confirmed. Undo the confirmation first.")
    ada.open(f"{there}/standings")
    ada.press("Undo the confirmation")
    ada.sees("Undone. Nothing is confirmed now")
    assert review(replay) == decided
    assert replay.teams() == dict.fromkeys(ENTRANTS, "takes part")


def review(replay: Replay) -> dict[str, str]:
    """What is proposed for each team."""
    html = replay.ada.open(f"{replay.challenge(1)}/standings").html
    form, _ = replay.ada.page.form_with("Confirm the results", set())
    rows = re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>.*?name="(kind-[^"]+)"', html, re.DOTALL)
    return {team: form.fields[name][0] for team, name in rows}


def give_more_time(replay: Replay, refused: bool = False) -> None:
    ada = replay.ada
    ada.open(f"{replay.challenge(1)}/deadline")
    form, _ = ada.page.form_with("Give more time", {"entry"})
    (entry,) = [value for value, words in form.options["entry"].items() if words.startswith(LATE)]
    ada.press("Give more time", refused=refused, entry=entry, minutes="1440", reason="He wrote from a hospital.")


def one_comes_after_all(replay: Replay) -> None:
    """With more time and a reason one of the five hands in: six are left now, so the line is drawn."""
    there, people, late = replay.challenge(1), replay.entrants, replay.entrants[LATE]
    give_more_time(replay)
    replay.mailbox.has_told("Challenge 1: your team has more time", [late])
    replay.clock(1, 6, "20:00")
    late.hand_in(there, f"{LATE}.pdf", document(LATE))
    people["Stalin Pena"].open(f"{there}/submission")
    assert "data-slot-url" not in people["Stalin Pena"].page.html
    replay.clock(1, 7, "01:00")
    assert replay.tasks() == [
        "Urgent: Challenge 1: nobody is asked to read 1 design. Say who reads what", nothing_from(4),
    ]  # fmt: skip
    called = {judge.name for judge in replay.judges}
    choose_pairs(replay, lambda judge, team, is_ticked: is_ticked or (team == LATE and judge in called))
    replay.judge(1, {LATE: CAME_LATE[LATE]})
    left = set(ENTRANTS) - set(CAME_LATE) | {"Dale Handey"}
    assert review(replay) == {name: "leaves" if name in left else "goes on" for name in ENTRANTS}
    replay.ada.sees("The cut: the first 5 go on", "Below the first 5.")
    assert replay.confirm(1)[:6] == list(CAME_LATE)
    replay.publish(1, "at", replay.weeks.wall(2, 0, "20:00"))
    replay.clock(2, 0, "19:59")
    replay.knows_nothing_of_results(1)
    replay.clock(2, 0, "20:00")
    assert replay.teams() == {name: "eliminated" if name in left else "takes part" for name in ENTRANTS}
    replay.eve.open(f"{there}/standings")
    replay.eve.sees("5 teams go on. For 5 teams the season ends here")
    token = {"_csrf_token": replay.ada.cookies["charrette-csrf"]}
    undone = replay.ada.post(f"{there}/standings/confirmation/withdrawal", data=token)
    assert (undone.status_code, "cannot be undone" in undone.text) == (422, True)
    replay.packets_are_told(1, [people[name] for name in CAME_LATE])
    assert replay.tasks() == []
