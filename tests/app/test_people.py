"""People over HTTP: inviting once, accepting once, and roles that are over with the next click, here and elsewhere."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from challenges import roles, seasons
from challenges.letters import Letter
from challenges.people import Person
from challenges.seasons import Role, RoleKind
from challenges.teams import Team
from tests.makers import (
    at_clock,
    make_challenge,
    make_entry,
    make_judge,
    make_person,
    make_role,
    make_season,
    secret_of,
)
from tests.stage import TODAY, Stage, at_once, beside, leads_to, shown
from tests.test_doors import Line, expected, knock, places_of

JUDGE, ORGANIZER = RoleKind.JUDGE, RoleKind.ORGANIZER
FLORA = {"kind": "judge", "name": "Flora", "email": "flora@example.org"}


def people(stage: Stage) -> str:
    return f"{stage.world.home}/people"


def invited(stage: Stage, kind: RoleKind = JUDGE, who: str = "Eve") -> str:
    """Ada invites by the form; the token as the mail tells it."""
    email = f"{who.lower()}@example.org"
    answer = stage.browser(stage.world.cast.ada).send_form(
        f"{people(stage)}/invitations", kind=kind, name=who, email=email
    )
    assert leads_to(answer) == (303, people(stage))
    return str(stage.write(secret_of, email, "role_invitation")["token"])


def role_id(stage: Stage, person: Person, kind: RoleKind = JUDGE) -> UUID:
    with stage.database.reading() as session:
        role = seasons.role_of(session, stage.world.season.id, person.id, kind)
        assert role
        return role.id


def test_clicking_twice_writes_one_letter_and_makes_nobody_a_judge(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    ada.token()
    answers = at_once(*[lambda: ada.send_form(f"{people(stage)}/invitations", **FLORA)] * 2)
    assert [leads_to(answer) for answer in answers] == [(303, people(stage))] * 2
    assert stage.changes() == {"roleinvitation": "+1", "letter": "+1", "trace": "+1"}
    with stage.database.reading() as session:
        letter = session.exec(select(Letter).where(Letter.to_email == "flora@example.org")).one()
    assert (letter.kind, letter.to_name, letter.facts["season"]) == ("role_invitation", "Flora", "The Long Winter")
    page = ada.get(people(stage))
    assert shown(page, "Flora", "flora@example.org", "to be a judge; can accept until Fri 11 Dec 2026") == (200, [])
    pages = [page.text] + [ada.get(f"{stage.world.home}/{one}").text for one in ("outbox", "history")]
    assert [letter.facts["secret"]["token"] in text for text in pages] == [False] * 3


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({**FLORA, "email": "flora"}, "email", "That is not a mail address. It looks like name@example.org."),
        ({**FLORA, "name": "x" * 81}, "name", "That is longer than 80 characters."),
        ({**FLORA, "email": "cleo@example.org"}, "email", "Cleo is in team Plan B and cannot judge this season."),
        ({**FLORA, "email": "dana@example.org"}, "email", "Dana is a judge of this season already."),
        ({**FLORA, "kind": "participant"}, "kind", "Choose a role from the list. Participants come by their teams."),
        ({**FLORA, "kind": "king"}, "kind", "Choose a role from the list."),
    ],
)
def test_what_is_refused_stays_in_the_form(stage: Stage, sent: dict[str, str], field: str, sentence: str) -> None:
    answer = stage.browser(stage.world.cast.ada).send_form(f"{people(stage)}/invitations", **sent)
    assert (answer.status_code, beside(answer, field)) == (422, sentence)
    assert shown(answer, f'value="{sent["name"]}"', f'value="{sent["email"]}"') == (422, [])
    assert stage.changes() == {}


def test_too_many_invitations_a_day(stage: Stage) -> None:
    def many(session: Session) -> None:
        there = stage.world_in(session)
        for n in range(roles.INVITATIONS_A_DAY):
            roles.invite(session, there.season, JUDGE, f"j{n}@example.org", f"J{n}", there.cast.ada, TODAY)

    stage.write(many)
    answer = stage.browser(stage.world.cast.ada).send_form(f"{people(stage)}/invitations", **FLORA)
    assert shown(answer, "This season has sent many invitations today. Try again tomorrow.") == (429, [])


@pytest.mark.parametrize(
    ("kind", "lands"), [("judge", "/desk"), ("organizer", "/run-sheet"), ("mentor", ""), ("viewer", "")]
)
def test_a_role_is_accepted_by_a_button_and_leads_to_its_work(stage: Stage, kind: str, lands: str) -> None:
    token = invited(stage, RoleKind(kind))
    eve = stage.browser(stage.world.cast.eve)
    sent = {"roleinvitation": "+1", "letter": "+1", "trace": "+1"}
    words = roles.KINDS[RoleKind(kind)]
    assert shown(eve.get(f"/roles/{token}"), f"Be {words}?", "Accept", "Decline") == (200, [])
    assert stage.changes() == sent
    there = "/desk" if kind == "judge" else f"{stage.world.home}{lands}"
    for _ in range(2):
        assert leads_to(eve.send_form(f"/roles/{token}/acceptance")) == (303, there)
        assert stage.changes() == {**sent, "role": "+1", "trace": "+3"}
    assert leads_to(eve.get(f"/roles/{token}")) == (303, there)
    assert shown(eve.get(there), f"You have accepted this: you are {words} of The Long Winter.") == (200, [])


def test_in_a_draft_only_an_organizer_is_led_into_the_season(stage: Stage) -> None:
    draft = stage.write(lambda session: make_season(session, stage.world_in(session).cast.ada, is_announced=False).slug)
    ada, eve = stage.browser(stage.world.cast.ada), stage.browser(stage.world.cast.eve)
    ada.send_form(f"/seasons/{draft}/people/invitations", kind="mentor", name="Eve", email="eve@example.org")
    token = stage.write(secret_of, "eve@example.org")["token"]
    assert shown(eve.get(f"/roles/{token}"), f"/seasons/{draft}") == (200, [f"/seasons/{draft}"])
    assert leads_to(eve.send_form(f"/roles/{token}/acceptance")) == (303, "/account")
    assert (eve.get(f"/seasons/{draft}").status_code, eve.get("/account").text.count(f"/seasons/{draft}")) == (404, 0)


def test_a_forwarded_invitation_says_whose_it_is(stage: Stage) -> None:
    token = invited(stage)
    dev = stage.browser(stage.world.cast.dev)
    sentence = "This invitation is for eve@example.org, and you are signed in as dev@example.org."
    assert shown(dev.get(f"/roles/{token}"), sentence, 'action="/sign-out"') == (200, [])
    for answer in ("acceptance", "refusal"):
        refused = dev.send_form(f"/roles/{token}/{answer}")
        assert shown(refused, "This invitation is for eve@example.org. You are signed in as dev@example.org.") == (
            422, [],
        )  # fmt: skip
    assert leads_to(stage.browser().get(f"/roles/{token}"))[1].startswith("/sign-in?next=/roles/")


def test_declined_withdrawn_and_old_ones_say_so_and_are_sent_again(stage: Stage) -> None:
    eve, ada = stage.browser(stage.world.cast.eve), stage.browser(stage.world.cast.ada)
    token = invited(stage)
    for _ in range(2):
        assert leads_to(eve.send_form(f"/roles/{token}/refusal")) == (303, "/")
    assert shown(eve.send_form(f"/roles/{token}/acceptance"), "This invitation was declined.") == (422, [])
    assert shown(ada.get(people(stage)), "Not accepted", "to be a judge: declined Fri 27 Nov 2026") == (200, [])
    stage.clock.at += timedelta(minutes=2)
    token = invited(stage)
    assert shown(ada.get(people(stage)), "Not accepted") == (200, ["Not accepted"])
    with stage.database.reading() as session:
        (eves,) = [
            one
            for one in roles.waiting(session, stage.world.season.id, stage.clock.at)
            if one.email == "eve@example.org"
        ]
    withdrawal = f"{people(stage)}/invitations/{eves.id}/withdrawal"
    for _ in range(2):
        assert leads_to(ada.send_form(withdrawal)) == (303, people(stage))
    assert shown(eve.get(f"/roles/{token}"), "This invitation was withdrawn, or a newer one took its place.") == (
        422, [],
    )  # fmt: skip
    stage.clock.at += timedelta(minutes=2)
    token = invited(stage)
    stage.clock.at += roles.LIVES
    assert shown(eve.get(f"/roles/{token}"), "This invitation is older than two weeks.") == (422, [])
    assert shown(ada.get(people(stage)), "Not accepted", "no answer until Fri 11 Dec 2026") == (200, [])


def test_a_judge_whose_role_ends_finds_the_desk_shut_with_the_next_click(stage: Stage) -> None:
    world = stage.world
    dana, ada = stage.browser(world.cast.dana), stage.browser(world.cast.ada)
    paths = ["/desk", f"/scoresheets/{world.sheet_id}"]
    assert [dana.get(path).status_code for path in paths] == [200, 200]
    ending = f"{people(stage)}/{role_id(stage, world.cast.dana)}/ending"
    for _ in range(2):
        assert leads_to(ada.send_form(ending)) == (303, people(stage))
    assert stage.changes() == {"role": "~1", "trace": "+1"}
    assert [dana.get(path).status_code for path in paths] == [404, 404]
    marks = f"/scoresheets/{world.sheet_id}/marks"
    assert dana.send_form(marks, overall="x", overall_revision="0").status_code == 404
    box = stage.program(world.cast.dana).send_form(marks, field="overall", criterion="", value="x", revision="0")
    assert (box.status_code, box.headers["content-type"]) == (404, "application/problem+json")
    assert stage.changes() == {"role": "~1", "trace": "+1"}


def test_an_organizer_whose_role_ends_posts_from_an_open_page_and_finds_nothing(stage: Stage) -> None:
    token = invited(stage, ORGANIZER)
    ada, eve = stage.browser(stage.world.cast.ada), stage.browser(stage.world.cast.eve)
    eve.send_form(f"/roles/{token}/acceptance")
    assert eve.get(people(stage)).status_code == 200
    ada.send_form(f"{people(stage)}/{role_id(stage, stage.world.cast.eve, ORGANIZER)}/ending")
    before = stage.changes()
    answer = eve.send_form(f"{people(stage)}/invitations", **FLORA)
    assert shown(answer, "There is no such page, or it is not open to you.") == (404, [])
    assert stage.changes() == before


def test_somebody_elses_role_is_ended_by_nobody_from_elsewhere(stage: Stage) -> None:
    world = stage.world
    with stage.database.reading() as session:
        foreign = next(
            role.id for role in session.exec(select(Role)) if role.season_id != world.season.id and role.kind == "judge"
        )
    danas = role_id(stage, world.cast.dana)
    answers = [
        stage.browser(world.cast.ada).send_form(f"{people(stage)}/{one}/ending") for one in (foreign, UUID(int=1))
    ]
    answers.append(stage.browser(world.cast.ada).send_form(f"/account/roles/{danas}/ending"))
    answers.append(stage.browser(world.nora).send_form(f"{people(stage)}/{danas}/ending"))
    assert ([answer.status_code for answer in answers], stage.changes()) == ([404] * 4, {})
    bens = role_id(stage, world.cast.ben, RoleKind.PARTICIPANT)
    sentence = "A participant comes and goes with the team: they leave it on the team’s page."
    assert shown(stage.browser(world.cast.ada).send_form(f"{people(stage)}/{bens}/ending"), sentence) == (422, [])
    assert shown(stage.browser(world.cast.ben).send_form(f"/account/roles/{bens}/ending"), sentence) == (422, [])


def test_stepping_down_from_ones_own_account(stage: Stage) -> None:
    dana = stage.browser(stage.world.cast.dana)
    own = f"/account/roles/{role_id(stage, stage.world.cast.dana)}/ending"
    assert shown(dana.get("/account"), "Your roles", "Judge of", "The Long Winter", own) == (200, [])
    for _ in range(2):
        assert leads_to(dana.send_form(own)) == (303, "/account")
    assert stage.changes() == {"role": "~1", "trace": "+1"}
    page = dana.get("/account")
    assert shown(page, "You are not a judge of The Long Winter any more.", own) == (200, [own])


def test_the_last_organizer_stays_also_when_two_step_down_at_the_same_moment(stage: Stage) -> None:
    world = stage.world
    last = "This is the last organizer. Name another one first."
    adas = f"/account/roles/{role_id(stage, world.cast.ada, ORGANIZER)}/ending"
    assert shown(stage.browser(world.cast.ada).send_form(adas), last, "Your roles") == (422, [])
    invited_eve = invited(stage, ORGANIZER)
    ada, eve = stage.browser(world.cast.ada), stage.browser(world.cast.eve)
    eve.send_form(f"/roles/{invited_eve}/acceptance")
    eves = f"/account/roles/{role_id(stage, world.cast.eve, ORGANIZER)}/ending"
    ada.token()
    answers = at_once(lambda: ada.send_form(adas), lambda: eve.send_form(eves))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    with stage.database.reading() as session:
        assert len(seasons.holders(session, world.season.id, ORGANIZER)) == 1


def test_names_of_html_are_names(stage: Stage) -> None:
    ada, name = stage.browser(stage.world.cast.ada), "<script>alert(1)</script>"
    ada.send_form(f"{people(stage)}/invitations", **{**FLORA, "name": name})
    panel = f"{stage.world.path(stage.world.judged)}/panel"
    pages = [ada.get(path).text for path in (people(stage), panel, f"{stage.world.home}/outbox")]
    assert [("<script>alert" in page, "&lt;script&gt;" in page) for page in pages] == [(False, True)] * 3


def test_the_page_asks_the_same_for_thirty(stage: Stage) -> None:
    ada = stage.browser(stage.world.cast.ada)
    few = [stage.statements(ada, path) for path in (people(stage), "/account")]

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for number in range(30):
            now = TODAY - timedelta(hours=6 * (30 - number))
            make_judge(session, there.season, make_person(session, f"Judge{number}"), there.cast.ada, now)
            roles.invite(session, there.season, JUDGE, f"guest{number}@example.org", "Guest", there.cast.ada, now)
            make_season(session, there.cast.ada, title=f"Season {number}", now=now)

    stage.write(grow)
    many = [stage.statements(ada, path) for path in (people(stage), "/account")]
    assert (many, max(many) <= 12) == (few, True)


# Two seasons: what somebody is in one says nothing in the other.

PLACE = re.compile(r"/challenges/[0-9]+")


def tell_last_season(session: Session, stage: Stage, who: Person, *kinds: RoleKind) -> Team:
    """The season before; where they took part, it was with Eve, in the team that is given."""
    there = stage.world_in(session)
    ada, past, person = there.cast.ada, TODAY - timedelta(days=200), session.get_one(Person, who.id)
    season = make_season(
        session, ada, title="The Long Spring", now=past, starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 20)
    )
    make_challenge(session, season, ada, now=past, due=at_clock("2026-06-10T23:59"))
    members = [person] if RoleKind.PARTICIPANT in kinds else []
    _, team = make_entry(session, season, *members, there.cast.eve, name="Winners", now=past)
    for kind in set(kinds) - {RoleKind.PARTICIPANT}:
        make_role(session, season, kind, person, ada, past)
    return team


def walk(stage: Stage, who: Person, told: Callable[[], dict[Line, str]]) -> dict[Line, str]:
    """What this person finds behind each of these doors. After a deed that was done everything is told again."""
    found, places = {}, told()
    for line in places:
        found[line] = knock(stage.browser(who), line[0], places[line])
        if found[line] == "303":
            stage.put_back()
            places = told()
    stage.put_back()
    return found


@pytest.mark.parametrize(
    ("who", "kinds"), [("dev", (RoleKind.PARTICIPANT,)), ("fay", (JUDGE, ORGANIZER))], ids=["winner", "judge"]
)
def test_last_seasons_winner_judges_and_last_seasons_judge_takes_part_with_no_power_left_over(
    stage: Stage, who: str, kinds: tuple[RoleKind, ...]
) -> None:
    """Dev won last season and judges this one; Fay judged and organized last season and takes part in this one."""
    world = stage.world
    person, alike = (world.cast.dev, world.cast.eve) if who == "dev" else (world.fay, world.cast.ada)

    def this_season() -> dict[Line, str]:
        stage.write(tell_last_season, stage, person, *kinds)
        return places_of(stage)

    def last_season() -> dict[Line, str]:
        team_id = stage.write(lambda session: tell_last_season(session, stage, person, *kinds).id)
        there = {line: path for line, path in places_of(stage).items() if "{slug" in line[1] or "{team_id" in line[1]}
        return {
            line: PLACE.sub("/challenges/1", path.replace(world.season.slug, "the-long-spring"))
            .replace(str(world.plan_b.id), str(team_id))
            for line, path in there.items()
        }  # fmt: skip

    # One's own desk; it shows nothing of this season.
    desk = {("GET", "/desk"): "200", ("GET", "/api/v1/desk"): "200"}
    assert walk(stage, person, this_season) == expected(who.capitalize()) | desk
    assert walk(stage, person, last_season) == walk(stage, alike, last_season)


@pytest.mark.parametrize("kind", [RoleKind.MENTOR, RoleKind.VIEWER])
def test_a_mentor_and_a_viewer_find_what_everybody_finds(stage: Stage, kind: RoleKind) -> None:
    def told() -> dict[Line, str]:
        def tell(session: Session) -> None:
            there = stage.world_in(session)
            make_role(session, there.season, kind, there.cast.eve, there.cast.ada, TODAY)

        stage.write(tell)
        return places_of(stage)

    assert walk(stage, stage.world.cast.eve, told) == expected("Eve")
