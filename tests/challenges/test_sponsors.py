"""Sponsors: in their order, with links that lead to the web and nowhere else."""

import pytest
from sqlmodel import Session

from challenges import sponsors
from challenges.sponsors import SponsorText
from tests.cast import Cast
from tests.makers import NOW, make_season
from tests.refused import refused

ACME = SponsorText("Acme", "https://acme.example/a?b=c", "Lends the lorry.")


def test_sponsors_stand_in_their_order(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    sponsors.thank(session, other, [ACME], cast.ada, NOW)
    sponsors.thank(session, season, [ACME], cast.ada, NOW)
    sponsors.thank(session, season, [SponsorText(" Zeta  Ltd "), ACME], cast.ada, NOW)
    found = [(one.name, one.link, one.line) for one in sponsors.sponsors_of(session, season.id)]
    assert found == [("Zeta Ltd", "", ""), ("Acme", "https://acme.example/a?b=c", "Lends the lorry.")]
    assert [one.name for one in sponsors.sponsors_of(session, other.id)] == ["Acme"]


WHOLE = "Write the whole web address, such as https://example.org."
LINKS = [
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "acme.example",
    "https://",
    "https://[",
    "https://a b",
]


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_the_web(session: Session, cast: Cast, link: str) -> None:
    season = make_season(session, cast.ada)
    with refused(WHOLE, "sponsors-2-link"):
        sponsors.thank(session, season, [ACME, SponsorText("B", link)], cast.ada, NOW)


@pytest.mark.parametrize(
    ("text", "sentence", "field"),
    [
        (SponsorText(" "), "Please write a name.", "sponsors-1-name"),
        (SponsorText("A", "https://a.example/" + "x" * 300), "That is longer than 300 characters.", "sponsors-1-link"),
        (SponsorText("A", "", "x" * 201), "That is longer than 200 characters.", "sponsors-1-line"),
    ],
    ids=["name", "link", "line"],
)
def test_what_is_no_sponsor_is_refused(
    session: Session, cast: Cast, text: SponsorText, sentence: str, field: str
) -> None:
    with refused(sentence, field):
        sponsors.thank(session, make_season(session, cast.ada), [text], cast.ada, NOW)


def test_there_is_room_for_thirty(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    assert len(sponsors.thank(session, season, [ACME] * 30, cast.ada, NOW)) == 30
    with refused("At most 30 sponsors are shown.", "sponsors-31-name"):
        sponsors.thank(session, season, [ACME] * 31, cast.ada, NOW)
