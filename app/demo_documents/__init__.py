"""Demo documents: the season "The Long Winter" in its own words, six teams' designs, and what three judges wrote."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.pdf import print_pdf
from challenges.challenges import Course
from challenges.chapters import ChapterText
from challenges.enrolment import QuestionText
from challenges.sponsors import SponsorText

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True)
class Season:
    """Its texts are Markdown."""

    title: str
    slug: str
    story: str
    zone: str
    rules: str
    conduct: str


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
class Amendment:
    """Other words in the brief once it is released, and why."""

    was: str
    now: str
    note: str

    def applied_to(self, brief: str) -> str:
        before, rest = brief.split(self.was)
        return f"{before}{self.now}{rest}"


@dataclass(frozen=True)
class Challenge:
    number: int
    title: str
    summary: str
    brief: str
    """Markdown."""
    deliverables: tuple[str, ...]
    rubric: tuple[Criterion, ...]
    course: Course
    amendment: Amendment | None


@dataclass(frozen=True)
class Team:
    name: str
    slug: str
    style: str
    members: tuple[Person, ...]
    documents: Mapping[int, str]
    """The title of the design that the team hands in, by the number of the challenge."""
    answers: tuple[str, ...]
    """To the season's questions, in their order."""
    affiliation: str
    sponsors: str


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
        course=Course(**{each.name: told[each.name] for each in fields(Course) if each.name in told}),
        amendment=Amendment(**told["amendment"]) if "amendment" in told else None,
    )


def _team(told: Mapping[str, Any]) -> Team:
    documents = MappingProxyType({int(number): title for number, title in told["documents"].items()})
    members = tuple(Person(*each) for each in told["members"])
    return Team(
        told["name"], told["slug"], told["style"], members, documents, tuple(told["answers"]),
        told.get("affiliation", ""), told.get("sponsors", ""),
    )  # fmt: skip


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
MENTOR, VIEWER = (Person(**_table("season.toml")[role]) for role in ("mentor", "viewer"))
INVITED = Person(**_table("season.toml")["invited"])
"""Asked to judge, and has not answered yet."""
CHAPTERS = tuple(ChapterText(**each) for each in _table("season.toml")["chapters"])
SPONSORS = tuple(SponsorText(**each) for each in _table("season.toml")["sponsors"])
QUESTIONS = tuple(QuestionText(**each) for each in _table("season.toml")["questions"])
POSTER = (HERE / "poster.png").read_bytes()
POSTER_ALT: str = _table("season.toml")["poster"]["alt"]
CHALLENGES = tuple(_challenge(name) for name in ("1-design", "2-protect", "3-inherit", "4-defend"))
TEAMS = tuple(_team(each) for each in _table("teams.toml")["teams"])
MARKS: Mapping[tuple[str, str], Said] = MappingProxyType(
    {(judge.name, team.name): _said(judge, team) for judge in JUDGES for team in TEAMS}
)
"""By the judge's name and the team's: what was said of the team's design for challenge 1."""
