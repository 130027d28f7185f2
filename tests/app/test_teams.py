"""Teams over HTTP: founding, inviting, accepting once, entering; and nothing of another team."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from challenges import outcomes, seasons, teams
from challenges.letters import Letter
from challenges.outcomes import OutcomeKind
from challenges.people import Person
from challenges.teams import INVITATION_LIVES, Invitation, Team
from tests.makers import kinds_of_letters_to, make_person, make_season, secret_of
from tests.stage import Stage, at_once, beside, leads_to, shown
from tests.web import Browser

OLD = "This invitation is older than two weeks. Ask the team for a new one."
WITHDRAWN = "This invitation was withdrawn, or a newer mail took its place. Use the newest one."
USED = "This invitation has been used. Each one works once: ask the team for a new one."
OVER = "This season is over, so nobody can found and join teams, enter now."


def invited(stage: Stage, email: str = "eve@example.org") -> str:
    """Ben invites by the form, a minute after what was before; the token as the mail tells it."""
    world = stage.world
    stage.clock.at += timedelta(minutes=1)
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
    assert shown(eve.send_form(f"/invitations/{token}"), OLD) == (422, [])
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
    assert shown(stage.browser(stage.world.cast.eve).send_form(f"/invitations/{token}"), WITHDRAWN) == (422, [])


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
    stage.clock.at += timedelta(minutes=1)
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
    assert shown(ben.send_form(f"/teams/{world.plan_b.id}/entry"), OVER) == (422, [])
    draft = stage.write(lambda session: make_season(session, stage.world_in(session).cast.ada, is_announced=False).slug)
    assert ben.send_form(f"/seasons/{draft}/teams", name="Early").status_code == 404
    answer = stage.browser(world.cast.ada).send_form(f"/seasons/{draft}/teams", name="Early")
    assert shown(answer, "This season is a draft, so nobody can found and join teams, enter now.") == (422, [])


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


def test_an_invitation_into_a_season_that_is_over_says_so(stage: Stage) -> None:
    token = invited(stage)

    def finish(session: Session) -> None:
        there = stage.world_in(session)
        seasons.finish(session, there.season, there.cast.ada, stage.clock.at)

    stage.write(finish)
    eve = stage.browser(stage.world.cast.eve)
    for answer in (eve.get(f"/invitations/{token}"), eve.send_form(f"/invitations/{token}")):
        assert shown(answer, OVER) == (422, [])


def test_an_invitation_used_by_another_says_so(stage: Stage) -> None:
    token = invited(stage)
    stage.browser(stage.world.cast.eve).send_form(f"/invitations/{token}")
    assert shown(stage.browser(stage.world.cast.dev).get(f"/invitations/{token}"), USED) == (422, [])


def test_a_member_leaves_by_a_button_and_the_second_click_finds_them_out(stage: Stage) -> None:
    world = stage.world
    there, cleo = f"/teams/{world.plan_b.id}", stage.browser(world.cast.cleo)
    assert shown(cleo.get(there), "Leave Plan B", "The others go on without you.") == (200, [])
    for _ in range(2):
        assert leads_to(cleo.send_form(f"{there}/leaving")) == (303, f"{world.home}/teams")
    assert stage.changes() == {"member": "~1", "role": "~1", "trace": "+2"}
    assert cleo.get(there).status_code == 404
    assert shown(stage.browser(world.cast.ben).get(there), "You are the last member", "1 of at most 8") == (200, [])
    for stranger in (world.fay, world.cast.ada, world.cast.eve):
        assert stage.browser(stranger).send_form(f"{there}/leaving").status_code == 404


def test_with_the_last_member_the_team_is_withdrawn_and_stays_on_the_list(stage: Stage) -> None:
    world = stage.world
    fay = stage.browser(world.fay)
    assert leads_to(fay.send_form(f"/teams/{world.plan_d.id}/leaving")) == (303, f"{world.home}/teams")
    assert stage.changes() == {"member": "~1", "role": "~1", "entry": "~1", "trace": "+3"}
    assert shown(stage.browser().get(f"{world.home}/teams"), "Plan D", "0 members", "withdrawn") == (200, [])


def test_the_lead_is_handed_over_and_with_it_the_say_over_members(stage: Stage) -> None:
    world = stage.world
    there = f"/teams/{world.plan_b.id}"
    ben, cleo = stage.browser(world.cast.ben), stage.browser(world.cast.cleo)
    assert "Hand over the lead" not in cleo.get(there).text
    removal = {"removed": str(world.cast.ben.id), "reason": "He is away until spring."}
    answer = cleo.send_form(f"{there}/removals", **removal)
    assert shown(answer, "Only who leads the team can remove a member.") == (422, [])
    assert beside(ben.send_form(f"{there}/lead"), "person") == "Choose one from the list."
    assert leads_to(ben.send_form(f"{there}/lead", person=str(world.cast.cleo.id))) == (303, there)
    assert shown(cleo.get(there), "Remove a member", "you, leads the team") == (200, [])
    refused = cleo.send_form(f"{there}/removals", removed=str(world.cast.ben.id), reason=" ")
    assert beside(refused, "reason") == "Please write a reason; it is mailed to the person."
    assert leads_to(cleo.send_form(f"{there}/removals", **removal)) == (303, there)
    assert ben.get(there).status_code == 404
    with stage.database.reading() as session:
        assert kinds_of_letters_to(session, "ben@example.org")[-1] == "removed"


def test_a_team_that_has_handed_in_keeps_its_name(stage: Stage) -> None:
    world = stage.world
    there, ben = f"/teams/{world.plan_b.id}", stage.browser(world.cast.ben)
    kept = "Your team has handed in under this name, so it keeps it."
    assert shown(ben.send_form(f"{there}/name", name="Plan Z"), kept) == (422, [])
    eve = found_by(stage, "Fresh")
    with stage.database.reading() as session:
        fresh = f"/teams/{session.exec(select(Team).where(Team.name == 'Fresh')).one().id}"
    taken = "There is already a team called “Plan B” in this season. Choose another name."
    answer = eve.send_form(f"{fresh}/name", name="Plan B")
    assert (beside(answer, "name"), shown(answer, 'value="Plan B"')) == (taken, (422, []))
    assert leads_to(eve.send_form(f"{fresh}/name", name="Fresher")) == (303, fresh)
    assert shown(eve.get(f"{world.home}/teams"), "Fresher") == (200, [])


def test_affiliation_and_sponsors_are_for_organizers_alone(stage: Stage) -> None:
    world = stage.world
    there, ben = f"/teams/{world.plan_b.id}", stage.browser(world.cast.ben)
    said = {"affiliation": "Acme Ltd", "sponsors": "Umbra Storage"}
    assert leads_to(ben.send_form(f"{there}/affiliation", **said)) == (303, there)
    assert shown(ben.get(there), 'value="Acme Ltd"', 'value="Umbra Storage"') == (200, [])
    assert shown(stage.browser(world.cast.ada).get(f"{world.home}/entries"), *said.values()) == (200, [])
    for person in (None, world.fay, world.cast.dana):
        page = stage.browser(person).get(f"{world.home}/teams").text
        assert [word for word in said.values() if word in page] == []


def test_the_list_of_teams_tells_no_result_before_it_is_public(stage: Stage) -> None:
    world = stage.world

    def leaves(session: Session) -> None:
        there = stage.world_in(session)
        kinds = {there.entry.id: (OutcomeKind.LEAVES, "Below the cut.")}
        outcomes.confirm(session, there.judged, kinds, there.cast.ada, stage.clock.at)

    before = stage.browser().get(f"{world.home}/teams").text
    stage.write(leaves)
    strip = re.compile(r'content="[^"]*"')
    assert strip.sub("", stage.browser().get(f"{world.home}/teams").text) == strip.sub("", before)
    assert "takes part" in stage.browser(world.cast.ben).get(f"/teams/{world.plan_b.id}").text
    stage.write(lambda session: outcomes.make_public(session, stage.world_in(session).judged, stage.clock.at))
    assert shown(stage.browser().get(f"{world.home}/teams"), "eliminated", "takes part") == (200, [])


def test_hundreds_of_teams_are_paged_and_found(stage: Stage) -> None:
    world = stage.world

    def grow(session: Session) -> None:
        there = stage.world_in(session)
        for number in range(119):
            teams.found(session, there.season, f"Team {number:03}", make_person(session, f"G{number}"), stage.clock.at)

    stage.write(grow)
    browser = stage.browser()
    first, second = browser.get(f"{world.home}/teams"), browser.get(f"{world.home}/teams?page=2")
    assert shown(first, "121 teams", "1 to 100 of 121", "Team 097", 'href="/seasons/the-long-winter/teams?page=2"') == (
        200, [],
    )  # fmt: skip
    assert (shown(second, "101 to 121 of 121", "Team 118"), "Team 097" in second.text) == ((200, []), False)
    found = browser.get(f"{world.home}/teams?q=TEAM%2001")
    assert (shown(found, "10 teams", "Team 010", "Team 019"), "Team 020" in found.text) == ((200, []), False)
    for nothing in ("?q=%25", "?page=7", "?page=x&q=zebra", "?page=-1&q=zebra"):
        assert shown(browser.get(f"{world.home}/teams{nothing}"), "No team is found") == (200, [])


def test_the_last_place_is_given_once(stage: Stage) -> None:
    def grow(session: Session) -> list[tuple[Person, Team]]:
        there = stage.world_in(session)
        there.season.most_entries = 3
        people = [there.cast.eve, make_person(session, "Gil")]
        return [(one, teams.found(session, there.season, f"By {one.name}", one, stage.clock.at)) for one in people]

    rivals = stage.write(grow)
    browsers = []
    for person, _ in rivals:
        browser = stage.site.browser(person, follow_redirects=False)
        browser.token()
        browsers.append(browser)
    answers = at_once(
        *[
            lambda browser=browser, team=team: browser.send_form(f"/teams/{team.id}/entry")  # type: ignore[misc]
            for browser, (_, team) in zip(browsers, rivals, strict=True)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    full = next(answer for answer in answers if answer.status_code == 422)
    assert shown(full, "All 3 places of this season are taken.") == (422, [])
