"""Demo documents: the season "The Long Winter" in its own words, six teams' designs, and what three judges wrote."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.pdf import print_pdf

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True)
class Season:
    title: str
    slug: str
    story: str
    """Markdown."""
    zone: str


@dataclass(frozen=True)
class Level:
    title: str
    descriptor: str


@dataclass(frozen=True)
class Criterion:
    """Levels from the lowest, which is 1."""

    title: str
    weight: int
    guidance: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Challenge:
    number: int
    title: str
    summary: str
    brief: str
    """Markdown."""
    deliverables: tuple[str, ...]
    rubric: tuple[Criterion, ...]


@dataclass(frozen=True)
class Team:
    name: str
    slug: str
    style: str
    members: tuple[Person, ...]
    documents: Mapping[int, str]
    """The title of the design that the team hands in, by the number of the challenge."""


@dataclass(frozen=True)
class Mark:
    level: int
    comment: str


@dataclass(frozen=True)
class Said:
    """What one judge wrote on one team's design: a mark for each criterion by its title, and the whole."""

    marks: Mapping[str, Mark]
    overall: str


def render_design(team: Team, number: int) -> bytes:
    """The PDF that this team hands in for the challenge of this number."""
    name = f"{team.slug}-{number}"
    pictures = {picture.name: picture.read_bytes() for picture in _designs().glob(f"{name}*.svg")}
    page = {
        "title": team.documents[number],
        "team": team,
        "season": SEASON.title,
        "challenge": next(challenge for challenge in CHALLENGES if challenge.number == number),
        "text": (_designs() / f"{name}.md").read_text(encoding="utf-8"),
    }
    return print_pdf("packets/design.html", page, pictures)


def _designs() -> Path:
    return HERE / "designs"


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _challenge(name: str) -> Challenge:
    told = _table(f"challenges/{name}.toml")
    return Challenge(
        number=told["number"],
        title=told["title"],
        summary=told["summary"],
        brief=(HERE / f"challenges/{name}.md").read_text(encoding="utf-8"),
        deliverables=tuple(told["deliverables"]),
        rubric=tuple(
            Criterion(each["title"], each["weight"], each["guidance"], tuple(Level(*level) for level in each["levels"]))
            for each in told["rubric"]
        ),
    )


def _team(told: Mapping[str, Any]) -> Team:
    documents = MappingProxyType({int(number): title for number, title in told["documents"].items()})
    return Team(told["name"], told["slug"], told["style"], tuple(Person(*each) for each in told["members"]), documents)


def _said(judge: Person, team: Team) -> Said:
    """The judge stands in the team's file under the first part of the address; marks follow the rubric's order."""
    told = _table(f"marks/{team.slug}.toml")[judge.email.partition("@")[0]]
    marks = zip(CHALLENGES[0].rubric, told["marks"], strict=True)
    return Said(
        MappingProxyType({criterion.title: Mark(level, comment) for criterion, (level, comment) in marks}),
        told["overall"],
    )


SEASON = Season(**_table("season.toml")["season"])
ORGANIZER = Person(**_table("season.toml")["organizer"])
JUDGES = tuple(Person(**each) for each in _table("season.toml")["judges"])
CHALLENGES = (_challenge("1-design"), _challenge("2-protect"))
TEAMS = tuple(_team(each) for each in _table("teams.toml")["teams"])
MARKS: Mapping[tuple[str, str], Said] = MappingProxyType(
    {(judge.name, team.name): _said(judge, team) for judge in JUDGES for team in TEAMS}
)
"""By the judge's name and the team's: what was said of the team's design for challenge 1."""
