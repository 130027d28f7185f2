"""Teams over HTTP: founding, inviting, accepting once, entering; and nothing of another team."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from challenges import teams
from challenges.letters import Letter
from challenges.people import Person
from challenges.teams import INVITATION_LIVES, Invitation, Team
from tests.makers import make_person, make_season, secret_of
from tests.stage import Stage, at_once, beside, leads_to, shown
from tests.web import Browser

OVER = "This invitation has been used, withdrawn or is older than two weeks. Ask the team for a new one."


def invited(stage: Stage, email: str = "eve@example.org") -> str:
    """Ben invites by the form; the token as the mail tells it."""
    world = stage.world
    answer = stage.browser(world.cast.ben).send_form(f"/teams/{world.plan_b.id}/invitations", email=email)
    assert leads_to(answer) == (303, f"/teams/{world.plan_b.id}")
    return str(stage.write(secret_of, email)["token"])


def found_by(stage: Stage, name: str) -> Browser:
    browser = stage.browser(stage.world.cast.eve)
    answer = browser.send_form(f"{stage.world.home}/teams", name=name)
    with stage.database.reading() as session:
        team = session.exec(select(Team).where(Team.name == name)).one()
    assert leads_to(answer) == (303, f"/teams/{team.id}")
    return browser


def test_a_team_is_founded_and_enters(stage: Stage) -> None:
    world = stage.world
    eve = found_by(stage, "Éire & Søn")
    assert stage.changes() == {"team": "+1", "member": "+1", "role": "+1", "trace": "+2"}
    page = eve.get(eve.send_form(f"{world.home}/teams", name="Another").headers.get("location", f"{world.home}/teams"))
    assert shown(page, "Éire & Søn", "not entered") == (200, [])
    with stage.database.reading() as session:
        team = session.exec(select(Team).where(Team.name == "Éire & Søn")).one()
    for _ in range(2):
        assert leads_to(eve.send_form(f"/teams/{team.id}/entry")) == (303, world.home)
    assert stage.changes() == {"team": "+1", "member": "+1", "role": "+1", "entry": "+1", "trace": "+3"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (" ", "Please write a name."),
        ("x" * 61, "That is longer than 60 characters."),
        ("PLAN b", "There is already a team called “PLAN b” in this season. Choose another name."),
    ],
)
def test_a_refused_name_stays_in_its_field(stage: Stage, name: str, sentence: str) -> None:
    answer = stage.browser(stage.world.cast.eve).send_form(f"{stage.world.home}/teams", name=name)
    assert (answer.status_code, beside(answer, "name")) == (422, sentence)
    assert shown(answer, f'value="{name}"') == (422, [])
    assert stage.changes() == {}


def test_a_judge_and_a_member_found_no_team(stage: Stage) -> None:
    world = stage.world
    refused = {
        world.cast.dana.id: "You judge this season, so you cannot take part in it.",
        world.cast.cleo.id: "You are already in a team of this season, and nobody can be in two.",
    }
    for person in (world.cast.dana, world.cast.cleo):
        answer = stage.browser(person).send_form(f"{world.home}/teams", name="Second thoughts")
        assert shown(answer, refused[person.id]) == (422, [])
    assert stage.changes() == {}


def test_clicking_twice_founds_one_team(stage: Stage) -> None:
    eve = stage.browser(stage.world.cast.eve)
    eve.token()
    answers = at_once(*[lambda: eve.send_form(f"{stage.world.home}/teams", name="Twice")] * 2)
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert stage.changes() == {"team": "+1", "member": "+1", "role": "+1", "trace": "+2"}


def test_clicking_twice_enters_once(stage: Stage) -> None:
    eve = found_by(stage, "Twice")
    with stage.database.reading() as session:
        team = session.exec(select(Team).where(Team.name == "Twice")).one()
    answers = at_once(*[lambda: eve.send_form(f"/teams/{team.id}/entry")] * 2)
    assert [leads_to(answer) for answer in answers] == [(303, stage.world.home)] * 2
    assert stage.changes() == {"team": "+1", "member": "+1", "role": "+1", "entry": "+1", "trace": "+3"}


def test_an_invited_person_joins_by_a_button_and_only_once(stage: Stage) -> None:
    token = invited(stage)
    eve = stage.browser(stage.world.cast.eve)
    page = eve.get(f"/invitations/{token}")
    assert shown(page, "Join Plan B", f'action="/invitations/{token}"') == (200, [])
    assert stage.changes() == {"invitation": "+1", "letter": "+1", "trace": "+1"}
    assert leads_to(eve.send_form(f"/invitations/{token}")) == (303, f"/teams/{stage.world.plan_b.id}")
    done = {"invitation": "+1", "letter": "+1", "member": "+1", "role": "+1", "trace": "+3"}
    assert stage.changes() == done
    assert shown(eve.get(f"/teams/{stage.world.plan_b.id}"), "Eve", "Ben", "Cleo") == (200, [])
    assert leads_to(eve.get(f"/invitations/{token}")) == (303, f"/teams/{stage.world.plan_b.id}")
    assert leads_to(eve.send_form(f"/invitations/{token}")) == (303, f"/teams/{stage.world.plan_b.id}")
    assert stage.changes() == done


def test_an_invitation_ends_after_two_weeks_to_the_second(stage: Stage) -> None:
    token = invited(stage)
    eve = stage.browser(stage.world.cast.eve)
    stage.clock.at += INVITATION_LIVES
    assert shown(eve.send_form(f"/invitations/{token}"), OVER) == (422, [])
    stage.clock.at -= timedelta(seconds=1)
    assert eve.send_form(f"/invitations/{token}").status_code == 303


def test_a_withdrawn_invitation_opens_nothing(stage: Stage) -> None:
    token = invited(stage)
    with stage.database.reading() as session:
        invitation = session.exec(select(Invitation).where(Invitation.email == "eve@example.org")).one()
    withdrawal = f"/teams/{stage.world.plan_b.id}/invitations/{invitation.id}/withdrawal"
    assert stage.browser(stage.world.fay).send_form(withdrawal).status_code == 404
    other = f"/teams/{stage.world.plan_d.id}/invitations/{invitation.id}/withdrawal"
    assert stage.browser(stage.world.fay).send_form(other).status_code == 404
    assert stage.browser(stage.world.cast.ben).send_form(withdrawal).status_code == 303
    assert shown(stage.browser(stage.world.cast.eve).send_form(f"/invitations/{token}"), OVER) == (422, [])


def test_a_forwarded_invitation_lets_nobody_else_in(stage: Stage) -> None:
    token = stage.world.invitation_token
    answer = stage.browser(stage.world.cast.eve).send_form(f"/invitations/{token}")
    assert shown(answer, "This invitation is for gail@example.org. You are signed in as eve@example.org.") == (422, [])
    assert stage.browser(stage.world.cast.eve).get("/invitations/no-such-token").status_code == 404
    assert leads_to(stage.browser().get(f"/invitations/{token}"))[1] == f"/sign-in?next=/invitations/{token}"
    assert stage.changes() == {}


def test_what_was_kept_is_only_spoken_of_where_somebody_wrote_a_text(stage: Stage) -> None:
    kept = "Nothing was saved yet, and what you wrote is still here."
    ben, ada = stage.browser(stage.world.cast.ben), stage.browser(stage.world.cast.ada)
    assert shown(ben.send_form(f"/teams/{stage.world.plan_b.id}/invitations", email="nobody"), kept) == (422, [kept])
    assert shown(ben.send_form("/sign-in/code", email="ben@example.org", code="1"), kept) == (422, [kept])
    assert shown(ada.send_form(stage.world.home, title=""), f"One thing needs you. {kept}") == (422, [])


def test_the_wrong_person_can_sign_out_and_come_back_to_the_invitation(stage: Stage) -> None:
    there = f"/invitations/{stage.world.invitation_token}"
    eve = stage.browser(stage.world.cast.eve)
    told = (
        "This invitation is for gail@example.org, and you are signed in as eve@example.org.", 'action="/sign-out"',
        f'name="next" value="{there}"',
    )  # fmt: skip
    assert shown(eve.get(there), *told) == (200, [])
    assert leads_to(eve.send_form("/sign-out", next=there)) == (303, there)
    assert leads_to(eve.get(there))[1] == f"/sign-in?next={there}"
    assert leads_to(stage.browser(stage.world.fay).send_form("/sign-out", next="//evil.example")) == (303, "/")


def test_two_invitations_at_once_put_nobody_into_two_teams(stage: Stage) -> None:
    world = stage.world

    def by_fay(session: Session) -> None:
        there = stage.world_in(session)
        teams.invite(session, there.plan_d, there.season, "eve@example.org", there.fay, stage.clock.at)

    tokens = [invited(stage)]
    stage.write(by_fay)
    tokens.append(str(stage.write(secret_of, "eve@example.org")["token"]))
    eve = stage.browser(world.cast.eve)
    eve.token()
    answers = at_once(*[lambda token=token: eve.send_form(f"/invitations/{token}") for token in tokens])  # type: ignore[misc]
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert stage.changes()["member"] == "+1"


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody", "That is not a mail address. It looks like name@example.org."),
        ("a@b.example\r\nBcc: c@d.example", "That is not a mail address. It looks like name@example.org."),
        ("Cleo@Example.org", "This person is already in your team."),
    ],
)
def test_a_refused_invitation_writes_no_letter(stage: Stage, email: str, sentence: str) -> None:
    answer = stage.browser(stage.world.cast.ben).send_form(f"/teams/{stage.world.plan_b.id}/invitations", email=email)
    assert (answer.status_code, beside(answer, "email")) == (422, sentence)
    assert stage.changes() == {}


def test_a_full_team_invites_nobody(stage: Stage) -> None:
    for number in range(5):
        invited(stage, f"guest{number}@example.org")
    ben = stage.browser(stage.world.cast.ben)
    answer = ben.send_form(f"/teams/{stage.world.plan_b.id}/invitations", email="one@toomany.example")
    assert beside(answer, "email") == "A team has at most 8 members, open invitations included."


def test_inviting_again_ends_the_earlier_invitation_and_the_letter_keeps_its_token_to_itself(stage: Stage) -> None:
    first, second = invited(stage), invited(stage)
    eve = stage.browser(stage.world.cast.eve)
    assert [eve.send_form(f"/invitations/{token}").status_code for token in (first, second)] == [422, 303]
    with stage.database.reading() as session:
        letters = session.exec(select(Letter).where(Letter.to_email == "eve@example.org")).all()
    assert [letter.kind for letter in letters] == ["invitation", "invitation"]
    pages = [
        stage.browser(stage.world.cast.ada).get(f"{stage.world.home}/{page}").text for page in ("outbox", "history")
    ]
    assert [token for token in (first, second) for page in pages if token in page] == []


def test_a_name_of_html_is_a_name(stage: Stage) -> None:
    name = "<script>alert(1)</script><b>x</b>"
    eve = found_by(stage, name)
    world = stage.world
    pages = [eve.get(f"{world.home}/teams").text, stage.browser(world.cast.ada).get(f"{world.home}/history").text]
    assert ["<script>alert" in page for page in pages] == [False, False]


def test_a_season_that_is_over_or_a_draft_takes_no_team(stage: Stage) -> None:
    world = stage.world
    stage.clock.at += timedelta(days=25)
    ben = stage.browser(world.cast.ben)

    def leave(session: Session) -> None:
        there = stage.world_in(session)
        there.entry.withdrawn_at = stage.clock.at

    stage.write(leave)
    assert shown(ben.send_form(f"/teams/{world.plan_b.id}/entry"), "This season is over.") == (422, [])
    draft = stage.write(lambda session: make_season(session, stage.world_in(session).cast.ada, is_announced=False).slug)
    assert ben.send_form(f"/seasons/{draft}/teams", name="Early").status_code == 404
    answer = stage.browser(world.cast.ada).send_form(f"/seasons/{draft}/teams", name="Early")
    assert shown(answer, "This season is not published yet.") == (422, [])


def test_lists_of_teams_ask_the_same_for_thirty(stage: Stage) -> None:
    world = stage.world
    ben = stage.browser(world.cast.ben)
    paths = [f"{world.home}/teams", f"/teams/{world.plan_b.id}"]
    few = [stage.statements(ben, path) for path in paths]

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for number in range(30):
            person: Person = make_person(session, f"Guest{number}")
            teams.found(session, there.season, f"Team {number}", person, stage.clock.at)

    stage.write(grow)
    invited(stage, "another@example.org")
    many = [stage.statements(ben, path) for path in paths]
    assert many == few
    assert max(many) <= 12
