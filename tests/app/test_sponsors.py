"""Sponsors over HTTP: named in rows, and refused at their field."""

from sqlmodel import Session

from challenges import sponsors
from tests.stage import Stage, beside, leads_to, shown


def named(session: Session, stage: Stage) -> list[tuple[str, str, str]]:
    return [(one.name, one.link, one.line) for one in sponsors.sponsors_of(session, stage.world.season.id)]


def test_sponsors_are_named_in_rows(stage: Stage) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/sponsors"
    rows = {"sponsors-1-name": "Acme", "sponsors-1-link": "https://acme.example", "sponsors-2-name": "Zeta"}
    assert leads_to(ada.send_form(path, **rows)) == (303, path)
    assert stage.write(named, stage) == [("Acme", "https://acme.example", ""), ("Zeta", "", "")]
    assert shown(ada.get(path), 'value="https://acme.example"', 'value="Zeta"') == (200, [])
    assert leads_to(ada.send_form(path, **rows | {"sponsors-1-remove": "yes"})) == (303, path)
    assert stage.write(named, stage) == [("Zeta", "", "")]


def test_a_refused_sponsor_says_why(stage: Stage) -> None:
    ada, path = stage.browser(stage.world.cast.ada), f"{stage.world.home}/sponsors"
    answer = ada.send_form(path, **{"sponsors-1-name": "Acme", "sponsors-1-link": "javascript:alert(1)"})
    sentence = "Write the whole web address, such as https://example.org."
    assert (answer.status_code, beside(answer, "sponsors-1-link")) == (422, sentence)
    assert shown(answer, 'value="Acme"') == (422, [])
    assert stage.changes() == {}
