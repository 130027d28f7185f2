"""Formats: how a season is played, by whom, and what happens to places that are too close to call."""

from dataclasses import dataclass
from enum import StrEnum

from challenges.people import clean_name
from challenges.refusals import Refusal

MOST_MEMBERS = 20
MOST_ENTRIES = 10_000


class Format(StrEnum):
    KNOCK_OUT = "knock-out"
    """After each challenge only some entries go on."""
    LEAGUE = "league"
    """Everybody plays every challenge, and the points add up."""
    SINGLE = "single"
    """One challenge decides, as in a kata."""


class TieRule(StrEnum):
    """What happens to places that are too close to call at the cut."""

    ALL_GO_ON = "all"
    CRITERION = "criterion"
    DEFENCE = "defence"
    CHAIR = "chair"


# For people: a title, and what it means for who takes part.
FORMAT_WORDS = {
    Format.KNOCK_OUT: (
        "Knock-out",
        "After each challenge only some entries go on to the next. How many go on is said with each challenge.",
    ),
    Format.LEAGUE: (
        "League",
        "Every entry plays every challenge, and the points add up. A challenge that is left out counts 0.",
    ),
    Format.SINGLE: ("Single challenge", "One challenge decides, as in a kata."),
}
TIE_WORDS = {
    TieRule.ALL_GO_ON: (
        "All of them go on",
        "Where the judges’ marks cannot tell the entries at the line apart, none of them leaves.",
    ),
    TieRule.CRITERION: (
        "The best in one criterion",
        "Of the entries at the line, the one with the better marks in that criterion goes on.",
    ),
    TieRule.DEFENCE: (
        "The defence",
        "Of the entries at the line, the one with the better marks in the defence goes on.",
    ),
    TieRule.CHAIR: (
        "The chair of the judges",
        "The chair, whom the organizers name for each challenge, decides between the entries at the line and says why.",
    ),
}


@dataclass(frozen=True)
class Play:
    """What an organizer chooses before a season is announced."""

    format: str
    tie_rule: str
    tie_criterion: str = ""
    """The criterion that decides, where the tie rule says so; each challenge's rubric must have it."""
    least_members: int = 1
    most_members: int = 8
    most_entries: int | None = None

    def checked(self) -> "Play":
        """The same, cleaned; refused with the field where it cannot be played so."""
        if self.format not in list(Format):
            raise Refusal("Choose how the season is played.", field="format")
        if self.tie_rule not in list(TieRule):
            raise Refusal(
                "Choose what happens to places that are too close to call; teams must know it beforehand.",
                field="tie_rule",
            )
        decides = self.tie_rule == TieRule.CRITERION
        criterion = clean_name(self.tie_criterion, field="tie_criterion", called="criterion") if decides else ""
        if not 1 <= self.least_members <= MOST_MEMBERS:
            raise Refusal(f"A team has from 1 to {MOST_MEMBERS} members.", field="least_members")
        if not self.least_members <= self.most_members <= MOST_MEMBERS:
            raise Refusal(
                f"The largest team has from {self.least_members} to {MOST_MEMBERS} members.", field="most_members"
            )
        if self.most_entries is not None and not 1 <= self.most_entries <= MOST_ENTRIES:
            raise Refusal(f"A season takes from 1 to {MOST_ENTRIES:,} entries.", field="most_entries")
        return Play(self.format, self.tie_rule, criterion, self.least_members, self.most_members, self.most_entries)
