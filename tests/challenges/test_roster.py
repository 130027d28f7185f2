"""The roster: what everybody may see of the teams, and what organizers see of the entries."""

from sqlmodel import Session

from challenges import enrolment, entries, outcomes, roster, terms
from challenges.enrolment import QuestionText
from challenges.outcomes import EntryState, OutcomeKind
from challenges.roster import Line, Listed, Somebody
from challenges.terms import TermsKind
from tests.cast import make_person
from tests.makers import DAY, HOUR, NOW, Scene, make_entry, make_season, make_team, make_version


def names(session: Session, scene: Scene, search: str) -> list[str]:
    return [line.team.name for line in roster.roster_of(session, scene.season, NOW, search).lines]


def test_the_teams_of_a_season_with_their_sizes_and_states(session: Session, scene: Scene) -> None:
    season = scene.season
    watching = make_team(session, season, scene.cast.eve, name="Only watching")
    _, gone = make_entry(session, season, make_person(session, "Gil"), name="Gone")
    entries.leave(session, gone, season, make_person(session, "Gil"), NOW)
    unseen = make_team(session, season, make_person(session, "Hal"), name="Never entered")
    entries.leave(session, unseen, season, make_person(session, "Hal"), NOW)
    listing = roster.teams_of(session, season.id, NOW)
    assert (listing.rows, listing.total) == (
        [
            Listed(gone, 0, EntryState.WITHDRAWN),
            Listed(watching, 1, None),
            Listed(scene.team, 2, EntryState.ACTIVE),
        ],
        3,
    )
    found = roster.teams_of(session, season.id, NOW, " PLAN  b ")
    assert (found.rows, found.total) == ([Listed(scene.team, 2, EntryState.ACTIVE)], 1)
    beyond = roster.teams_of(session, season.id, NOW, page=2)
    assert (beyond.rows, beyond.total) == ([], 0)


def test_an_entry_that_leaves_is_known_when_the_results_are(session: Session, scene: Scene) -> None:
    outcomes.confirm(session, scene.challenge, {scene.entry.id: (OutcomeKind.LEAVES, "Below.")}, scene.cast.ada, NOW)
    outcomes.make_public(session, scene.challenge, NOW + DAY)
    for now, state in ((NOW + DAY - HOUR, EntryState.ACTIVE), (NOW + DAY, EntryState.ELIMINATED)):
        assert roster.teams_of(session, scene.season.id, now).rows == [Listed(scene.team, 2, state)]
        assert [line.state for line in roster.roster_of(session, scene.season, now).lines] == [state]


def test_organizers_see_all_that_was_said(session: Session, scene: Scene) -> None:
    cast, season = scene.cast, scene.season
    make_entry(session, make_season(session, cast.ada), cast.ben, name="Of another season")
    make_version(session, scene.challenge, scene.entry, cast.ben)
    make_version(session, scene.challenge, scene.entry, cast.cleo, NOW + HOUR)
    question = enrolment.ask(session, season, QuestionText("Where are you?"), cast.ada, NOW)
    enrolment.answer(session, scene.entry, season, {question.id: "Oslo"}, cast.ben, NOW)
    enrolment.close(session, season, question, cast.ada, NOW)
    rules = terms.write(session, season, TermsKind.RULES, "Text.", "", cast.ada, NOW)
    terms.accept(session, season, cast.cleo, [rules.id], NOW + HOUR)
    enrolment.consent(session, season, cast.cleo, True, NOW + HOUR)
    members = [Somebody(one.id, one.name, one.email) for one in (cast.ben, cast.cleo)]
    for page in (0, 1):
        found = roster.roster_of(session, season, NOW + DAY, page=page)
        assert (found.lines, found.total, found.questions, found.accepted) == (
            [Line(scene.entry, scene.team, EntryState.ACTIVE, members, {question.id: "Oslo"}, {1: 2})],
            1,
            [question],
            {cast.cleo.id: [(rules, NOW + HOUR)]},
        )
        assert {one: said.is_given for one, said in found.consents.items()} == {cast.cleo.id: True}
    assert (roster.has_handed_in(session, scene.team.id), roster.has_handed_in(session, scene.season.id)) == (
        True, False,
    )  # fmt: skip


def test_an_entry_is_found_by_team_person_address_and_affiliation(session: Session, scene: Scene) -> None:
    _, other = make_entry(session, scene.season, make_person(session, "Zoë", "zoe@umbra.example"), name="100% Steel")
    other.affiliation = "Acme Ltd"
    searches = ("plan", "CLEO", "umbra.ex", "acme", "%", "_", "x y")
    assert {search: names(session, scene, search) for search in searches} == {
        "plan": ["Plan B"], "CLEO": ["Plan B"], "umbra.ex": ["100% Steel"], "acme": ["100% Steel"],
        "%": ["100% Steel"], "_": [], "x y": [],
    }  # fmt: skip
