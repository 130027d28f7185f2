"""States: how far a season is, and who may do what in each state, as one table."""

from enum import StrEnum

from challenges.refusals import Refusal


class SeasonState(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    REGISTRATION = "registration"
    RUNNING = "running"
    FINISHED = "finished"
    ARCHIVED = "archived"


class Deed(StrEnum):
    SEE = "see the season"
    DESCRIBE = "tell its story and dates"
    SET_RULES = "choose format and tie rule"
    NAME_PEOPLE = "invite people into roles"
    PREPARE = "prepare and release challenges"
    TAKE_PART = "found and join teams, enter"
    LEAVE = "leave a team, withdraw"
    HAND_IN = "hand in"
    ASK = "ask for a clarification"
    ANSWER = "answer clarifications"
    JUDGE = "judge"
    RELEASE_RESULTS = "confirm and release results"
    FINISH = "finish the season"
    ARCHIVE = "archive it"
    COPY = "clone and export it"


# A word names who may; "–" nobody. Doors and finders hold the roles, the verbs hold the states.
TABLE = """
                                draft      announced        registration     running          finished         archived
see the season                  organizer  everybody        everybody        everybody        everybody        everybody
tell its story and dates        organizer  organizer        organizer        organizer        organizer        –
choose format and tie rule      organizer  –                –                –                –                –
invite people into roles        organizer  organizer        organizer        organizer        organizer        –
prepare and release challenges  organizer  organizer        organizer        organizer        –                –
found and join teams, enter     –          –                everybody        everybody        –                –
leave a team, withdraw          –          –                participant      participant      –                –
hand in                         –          –                participant      participant      –                –
ask for a clarification         –          –                participant      participant      –                –
answer clarifications           –          organizer+judge  organizer+judge  organizer+judge  organizer+judge  –
judge                           –          –                judge            judge            judge            –
confirm and release results     –          –                organizer        organizer        organizer        –
finish the season               –          –                organizer        organizer        –                –
archive it                      –          –                –                –                organizer        –
clone and export it             organizer  organizer        organizer        organizer        organizer        organizer
"""

WORDS = {
    SeasonState.DRAFT: "is a draft",
    SeasonState.ANNOUNCED: "is announced, and registration is not open yet",
    SeasonState.REGISTRATION: "takes registrations",
    SeasonState.RUNNING: "is running",
    SeasonState.FINISHED: "is over",
    SeasonState.ARCHIVED: "is archived",
}


def _read(table: str) -> dict[tuple[Deed, SeasonState], str]:
    head, *lines = table.strip("\n").splitlines()
    states, width = [SeasonState(word) for word in head.split()], max(len(deed) for deed in Deed)
    return {
        (Deed(line[:width].strip()), state): who
        for line in lines
        for state, who in zip(states, line[width:].split(), strict=True)
    }


WHO = _read(TABLE)
NOBODY = "–"


def is_possible(deed: Deed, state: SeasonState) -> bool:
    return WHO[deed, state] != NOBODY


def check(deed: Deed, state: SeasonState) -> None:
    """Refused where nobody may do this in a season of that state."""
    if not is_possible(deed, state):
        raise Refusal(f"This season {WORDS[state]}, so nobody can {deed} now.")
