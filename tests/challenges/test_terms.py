"""Terms: rules and code of conduct in versions; who accepted which, and who is asked again."""

from datetime import datetime

from sqlmodel import Session, select

from challenges import seasons, terms
from challenges.people import Person
from challenges.seasons import Season
from challenges.terms import Acceptance, Terms, TermsKind
from tests.cast import Cast, make_person
from tests.makers import DAY, HOUR, NOW, deeds, make_season
from tests.refused import not_yours, refused

RULES, CONDUCT = TermsKind.RULES, TermsKind.CONDUCT


def write(
    session: Session, season: Season, by: Person, text: str = "Be on time.", kind: TermsKind = RULES, change: str = "",
    now: datetime = NOW,
) -> Terms:  # fmt: skip
    return terms.write(session, season, kind, text, change, by, now)


def test_a_draft_season_has_one_version_however_often_it_is_written(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada, is_announced=False)
    first = write(session, season, cast.ada)
    again = write(session, season, cast.ada, " Be early. \n", now=NOW + HOUR)
    assert again == first
    assert (first.number, first.text, first.note, first.written_at) == (1, "Be early.", "", NOW + HOUR)
    assert terms.versions_of(session, season.id, RULES) == [first]


def test_after_the_announcement_a_change_is_a_new_version_with_a_note(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    first = write(session, season, cast.ada, change="Nobody asks for this one.")
    assert write(session, season, cast.ada, "Be on time. ", now=NOW + HOUR) == first
    with refused("Please write a note that says what changed.", "note"):
        write(session, season, cast.ada, "Be early.", now=NOW + HOUR)
    with refused("That is longer than 300 characters.", "note"):
        write(session, season, cast.ada, "Be early.", change="x" * 301, now=NOW + HOUR)
    second = write(session, season, cast.ada, "Be early.", change=" Earlier\nthan before ", now=NOW + HOUR)
    assert [(one.number, one.text, one.note) for one in terms.versions_of(session, season.id, RULES)] == [
        (2, "Be early.", "Earlier than before"), (1, "Be on time.", ""),
    ]  # fmt: skip
    conduct = write(session, season, cast.ada, "Be kind.", CONDUCT, now=NOW + HOUR)
    assert terms.current(session, season.id) == {RULES: second, CONDUCT: conduct}
    assert terms.find_version(session, season.id, RULES, 1) == first
    for kind, number in ((RULES, 3), (CONDUCT, 2)):
        with not_yours():
            terms.find_version(session, season.id, kind, number)
    with not_yours():
        terms.find_version(session, make_season(session, cast.ada).id, RULES, 1)
    assert deeds(session, season).count("terms.written") == 3


def test_what_cannot_be_written(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    with refused("Write the code of conduct; a few sentences are enough.", "text"):
        write(session, season, cast.ada, " \n", CONDUCT)
    seasons.finish(session, season, cast.ada, NOW)
    seasons.archive(session, season, cast.ada, NOW)
    with refused("This season is archived, so nobody can tell its story and dates now."):
        write(session, season, cast.ada)


def test_a_person_accepts_what_is_in_force_once(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    rules, conduct = write(session, season, cast.ada), write(session, season, cast.ada, "Be kind.", CONDUCT)
    assert terms.unaccepted(session, season.id, cast.ben.id) == [rules, conduct]
    for _ in range(2):
        terms.accept(session, season, cast.ben, [rules.id, conduct.id], NOW + HOUR)
    terms.accept(session, season, cast.ben, [], NOW + DAY)
    assert terms.acceptances_of(session, season.id) == {
        cast.ben.id: [(rules, NOW + HOUR), (conduct, NOW + HOUR)],
    }  # fmt: skip
    assert terms.in_force_for(session, season.id, cast.ben.id) == [(rules, NOW + HOUR), (conduct, NOW + HOUR)]
    assert terms.in_force_for(session, season.id, cast.eve.id) == [(rules, None), (conduct, None)]
    assert terms.acceptances_of(session, season.id, [cast.eve.id]) == {}
    assert deeds(session, season).count("terms.accepted") == 2


def test_a_box_that_is_not_ticked_is_asked_for(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    rules, conduct = write(session, season, cast.ada), write(session, season, cast.ada, "Be kind.", CONDUCT)
    with refused("Read the rules and tick the box: everybody who takes part does.", "rules"), session.begin_nested():
        terms.accept(session, season, cast.ben, [conduct.id], NOW)
    with refused("Read the code of conduct and tick the box: everybody who takes part does.", "conduct"), (
        session.begin_nested()
    ):  # fmt: skip
        terms.accept(session, season, cast.ben, [rules.id, season.id], NOW)
    assert session.exec(select(Acceptance)).all() == []


def test_a_version_replaced_while_somebody_reads_is_not_accepted_unseen(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    seen = write(session, season, cast.ada)
    terms.accept(session, season, cast.cleo, [seen.id], NOW)
    newer = write(session, season, cast.ada, "Be early.", change="Stricter.", now=NOW + HOUR)
    with refused("The rules changed while you read: version 2 is new. Please read it.", "rules"):
        terms.accept(session, season, cast.ben, [seen.id], NOW + HOUR)
    assert terms.unaccepted(session, season.id, cast.cleo.id) == [newer]
    terms.accept(session, season, cast.cleo, [newer.id], NOW + DAY)
    assert terms.acceptances_of(session, season.id) == {cast.cleo.id: [(seen, NOW), (newer, NOW + DAY)]}


def test_a_season_without_texts_asks_for_nothing(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    write(session, other, cast.ada)
    terms.accept(session, season, make_person(session), [], NOW)
    assert (terms.current(session, season.id), terms.unaccepted(session, season.id, cast.ben.id)) == ({}, [])
