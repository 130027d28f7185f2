"""Teams: founding, inviting by mail, joining once; nobody is in two teams, and nobody judges the season they are in."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges import seasons, teams
from challenges.seasons import RoleKind
from challenges.teams import Member
from tests.cast import Cast, make_person
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    Scene,
    deeds,
    join,
    kinds_of_letters_to,
    letters_to,
    make_season,
    make_team,
    secret_of,
)
from tests.refused import not_yours, refused

TWO_WEEKS = timedelta(days=14)
IN_TWO = "You are already in a team of this season, and nobody can be in two."
JUDGES = "You judge this season, so you cannot take part in it."
USED = "This invitation has been used. Each one works once: ask the team for a new one."
WITHDRAWN = "This invitation was withdrawn, or a newer mail took its place. Use the newest one."
OLD = "This invitation is older than two weeks. Ask the team for a new one."


def invited(session: Session, scene: Scene, email: str = "eve@example.org", now: datetime = NOW) -> str:
    """The token that was mailed."""
    teams.invite(session, scene.team, scene.season, email, scene.cast.ben, now)
    return secret_of(session, email)["token"]


def names(session: Session, scene: Scene) -> list[str]:
    return [person.name for person in teams.members_of(session, scene.team.id)]


def test_a_team_of_one_is_normal(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    team = teams.found(session, season, " Plan\tB ", cast.ben, NOW)
    assert team.model_dump(exclude={"id"}) == {
        "season_id": season.id, "name": "Plan B", "name_key": "plan b", "founded_by": cast.ben.id, "founded_at": NOW,
        "led_by": cast.ben.id, "affiliation": "", "sponsors": "",
    }  # fmt: skip
    assert teams.members_of(session, team.id) == [cast.ben]
    assert [role.kind for role in seasons.roles_of(session, cast.ben.id)] == ["participant"]
    assert deeds(session, season).count("team.founded") == 1


def test_a_name_is_one_teams_in_its_season(session: Session, scene: Scene) -> None:
    for name in ("Plan B", " PLAN  b"):
        with refused(f"There is already a team called “{' '.join(name.split())}” in this season. "
                     "Choose another name.", "name"):  # fmt: skip
            teams.found(session, scene.season, name, scene.cast.eve, NOW)
    with refused("Please write a name.", "name"):
        teams.found(session, scene.season, "\x00", scene.cast.eve, NOW)
    with refused("That is longer than 60 characters.", "name"):
        teams.found(session, scene.season, "x" * 61, scene.cast.eve, NOW)
    other = make_season(session, scene.cast.ada)
    assert teams.found(session, other, "Plan B", scene.cast.eve, NOW).name == "Plan B"


def test_the_longest_name_that_case_folding_can_make_fits(session: Session, cast: Cast) -> None:
    team = teams.found(session, make_season(session, cast.ada), "ΐ" * 60, cast.ben, NOW)
    session.flush()
    session.refresh(team)
    assert (len(team.name), len(team.name_key)) == (60, 180)


def test_a_draft_season_has_no_teams(session: Session, cast: Cast) -> None:
    with refused("This season is a draft, so nobody can found and join teams, enter now."):
        teams.found(session, make_season(session, cast.ada, is_announced=False), "Plan B", cast.ada, NOW)


def test_nobody_is_in_two_teams_of_a_season(session: Session, scene: Scene) -> None:
    for person in (scene.cast.ben, scene.cast.cleo):
        with refused(IN_TWO):
            teams.found(session, scene.season, "Plan C", person, NOW)
    other = make_season(session, scene.cast.ada)
    assert make_team(session, other, scene.cast.ben).season_id == other.id
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(
            Member(
                team_id=scene.team.id, season_id=scene.season.id, person_id=scene.cast.ben.id, joined_at=NOW + HOUR
            )
        )  # fmt: skip


def test_a_judge_does_not_take_part(session: Session, scene: Scene) -> None:
    role = seasons.grant(session, scene.season, scene.cast.dana, RoleKind.JUDGE, scene.cast.ada, NOW)
    with refused(JUDGES):
        teams.found(session, scene.season, "Plan C", scene.cast.dana, NOW)
    token = invited(session, scene, "dana@example.org")
    with refused(JUDGES):
        teams.accept(session, token, scene.season, scene.cast.dana, NOW)
    seasons.end_role(session, role, scene.cast.ada, NOW)
    teams.accept(session, token, scene.season, scene.cast.dana, NOW)
    assert names(session, scene) == ["Ben", "Cleo", "Dana"]


def test_an_invitation_is_a_letter_with_a_way_in(session: Session, scene: Scene) -> None:
    invitation = teams.invite(session, scene.team, scene.season, " EVE@example.org ", scene.cast.ben, NOW)
    (letter,) = letters_to(session, "eve@example.org")
    token = letter.facts.pop("secret")["token"]
    assert (letter.kind, letter.season_id, letter.facts) == (
        "invitation",
        scene.season.id,
        {"team": "Plan B", "season": "The Long Winter", "inviter": "Ben", "days": 14},
    )
    assert token not in invitation.model_dump_json()
    assert teams.find_invitation(session, token, NOW) == (invitation, scene.team)
    member = teams.accept(session, token, scene.season, scene.cast.eve, NOW + DAY)
    assert (member.team_id, member.joined_at, invitation.accepted_at) == (scene.team.id, NOW + DAY, NOW + DAY)
    assert names(session, scene) == ["Ben", "Cleo", "Eve"]
    assert [role.kind for role in seasons.roles_of(session, scene.cast.eve.id)] == ["participant"]
    assert deeds(session, scene.season).count("team.joined") == 2


def test_a_forwarded_invitation_lets_nobody_else_in(session: Session, scene: Scene) -> None:
    token = invited(session, scene)
    with refused("This invitation is for eve@example.org. You are signed in as dev@example.org."):
        teams.accept(session, token, scene.season, scene.cast.dev, NOW)
    assert names(session, scene) == ["Ben", "Cleo"]


def test_an_invitation_works_once_and_for_two_weeks(session: Session, scene: Scene) -> None:
    token = invited(session, scene)
    with refused(OLD):
        teams.accept(session, token, scene.season, scene.cast.eve, NOW + TWO_WEEKS)
    teams.accept(session, token, scene.season, scene.cast.eve, NOW + TWO_WEEKS - SECOND)
    with refused(USED):
        teams.accept(session, token, scene.season, scene.cast.eve, NOW + TWO_WEEKS - SECOND)
    with not_yours():
        teams.find_invitation(session, "never-sent", NOW)


def test_a_newer_invitation_ends_the_earlier_one(session: Session, scene: Scene) -> None:
    first = invited(session, scene)
    second = teams.invite(session, scene.team, scene.season, "eve@example.org", scene.cast.cleo, NOW + HOUR)
    with refused(WITHDRAWN):
        teams.find_invitation(session, first, NOW + HOUR)
    assert teams.invitations_of(session, scene.team.id, NOW + HOUR) == [second]
    assert kinds_of_letters_to(session, "eve@example.org") == ["invitation", "invitation"]


def test_an_invitation_can_be_withdrawn_by_its_own_team(session: Session, scene: Scene) -> None:
    token = invited(session, scene)
    (invitation,) = teams.invitations_of(session, scene.team.id, NOW)
    other = make_team(session, scene.season, make_person(session), name="Plan C")
    with not_yours():
        teams.withdraw_invitation(session, other, invitation.id, scene.cast.ben, NOW)
    with not_yours():
        teams.withdraw_invitation(session, scene.team, scene.team.id, scene.cast.ben, NOW)
    teams.withdraw_invitation(session, scene.team, invitation.id, scene.cast.cleo, NOW + HOUR)
    teams.withdraw_invitation(session, scene.team, invitation.id, scene.cast.cleo, NOW + DAY)
    assert (invitation.withdrawn_at, teams.invitations_of(session, scene.team.id, NOW)) == (NOW + HOUR, [])
    assert deeds(session, scene.season).count("team.invitation_withdrawn") == 1
    with refused(WITHDRAWN):
        teams.accept(session, token, scene.season, scene.cast.eve, NOW + HOUR)


def test_an_accepted_invitation_cannot_be_withdrawn(session: Session, scene: Scene) -> None:
    token = invited(session, scene)
    (invitation,) = teams.invitations_of(session, scene.team.id, NOW)
    teams.accept(session, token, scene.season, scene.cast.eve, NOW)
    with refused("This invitation has been accepted meanwhile."):
        teams.withdraw_invitation(session, scene.team, invitation.id, scene.cast.ben, NOW)


def test_who_need_not_be_invited(session: Session, scene: Scene) -> None:
    with refused("This person is already in your team.", "email"):
        teams.invite(session, scene.team, scene.season, "CLEO@example.org", scene.cast.ben, NOW)
    with refused("That is not a mail address. It looks like name@example.org.", "email"):
        teams.invite(session, scene.team, scene.season, "cleo", scene.cast.ben, NOW)


def test_a_team_has_eight_places_open_invitations_included(session: Session, scene: Scene) -> None:
    for nth in range(6):
        teams.invite(session, scene.team, scene.season, f"kim{nth}@example.org", scene.cast.ben, NOW)
    with refused("A team has at most 8 members, open invitations included.", "email"):
        teams.invite(session, scene.team, scene.season, "kim6@example.org", scene.cast.ben, NOW)
    teams.invite(session, scene.team, scene.season, "kim5@example.org", scene.cast.ben, NOW + HOUR)  # once more
    assert len(teams.invitations_of(session, scene.team.id, NOW + HOUR)) == 6
    teams.invite(session, scene.team, scene.season, "kim6@example.org", scene.cast.ben, NOW + HOUR + TWO_WEEKS)


def test_an_organizer_does_not_take_part(session: Session, scene: Scene) -> None:
    with refused("You organize this season and see everything that is handed in, so you cannot take part in it."):
        teams.found(session, scene.season, "Insiders", scene.cast.ada, NOW)


def test_inviting_and_withdrawing_again_does_not_mail_without_end(session: Session, scene: Scene) -> None:
    """Cleo's own invitation of the same day counts too."""
    for n in range(teams.INVITATIONS_A_DAY - 1):
        last = teams.invite(session, scene.team, scene.season, f"stranger{n}@example.org", scene.cast.ben, NOW)
        teams.withdraw_invitation(session, scene.team, last.id, scene.cast.ben, NOW)
    with refused("Your team has sent many invitations today. Try again tomorrow."):
        invited(session, scene)
    teams.invite(session, scene.team, scene.season, "eve@example.org", scene.cast.ben, NOW + DAY)
    assert kinds_of_letters_to(session, "eve@example.org") == ["invitation"]


def test_a_team_is_its_members_alone(session: Session, scene: Scene) -> None:
    assert [teams.find_for(session, scene.team.id, one.id) for one in (scene.cast.ben, scene.cast.cleo)] == [
        scene.team, scene.team,
    ]  # fmt: skip
    rival = make_person(session)
    make_team(session, scene.season, rival, name="Plan C")
    for who in (scene.cast.ada, scene.cast.eve, rival, make_person(session, "Nick", "nick@noise.example")):
        with not_yours():
            teams.find_for(session, scene.team.id, who.id)
    with not_yours():
        teams.find_for(session, scene.season.id, scene.cast.ben.id)


def test_whoever_leaves_is_out_and_participates_no_longer(session: Session, scene: Scene) -> None:
    cleo = scene.cast.cleo
    assert teams.leave(session, scene.team, scene.season, cleo, NOW + DAY)
    assert teams.leave(session, scene.team, scene.season, cleo, NOW + 2 * DAY)
    assert (names(session, scene), teams.team_of(session, scene.season.id, cleo.id)) == (["Ben"], None)
    assert seasons.roles_of(session, cleo.id) == []
    with not_yours():
        teams.find_for(session, scene.team.id, cleo.id)
    assert teams.find_once_for(session, scene.team.id, cleo.id) == scene.team
    with not_yours():
        teams.find_once_for(session, scene.team.id, scene.cast.eve.id)
    assert deeds(session, scene.season).count("team.left") == 1
    join(session, scene.team, scene.season, cleo, NOW + 2 * DAY)
    assert (names(session, scene), [role.kind for role in seasons.roles_of(session, cleo.id)]) == (
        ["Ben", "Cleo"], ["participant"],
    )  # fmt: skip


def test_the_lead_passes_to_the_longest_member(session: Session, scene: Scene) -> None:
    join(session, scene.team, scene.season, scene.cast.eve, NOW + HOUR)
    teams.hand_over(session, scene.team, scene.season, scene.cast.eve.id, scene.cast.ben, NOW + HOUR)
    teams.leave(session, scene.team, scene.season, scene.cast.ben, NOW + HOUR)
    assert scene.team.led_by == scene.cast.eve.id
    join(session, scene.team, scene.season, scene.cast.ben, NOW + DAY)
    teams.leave(session, scene.team, scene.season, scene.cast.eve, NOW + DAY)
    assert scene.team.led_by == scene.cast.cleo.id


def test_with_the_last_member_go_the_open_invitations(session: Session, scene: Scene) -> None:
    token = invited(session, scene)
    teams.leave(session, scene.team, scene.season, scene.cast.ben, NOW + HOUR)
    assert len(teams.invitations_of(session, scene.team.id, NOW + HOUR)) == 1
    assert not teams.leave(session, scene.team, scene.season, scene.cast.cleo, NOW + HOUR)
    assert teams.invitations_of(session, scene.team.id, NOW + HOUR) == []
    with refused(WITHDRAWN):
        teams.accept(session, token, scene.season, scene.cast.eve, NOW + HOUR)
    late = invited(session, scene, now=NOW + HOUR)  # sent by somebody who was leaving at that moment
    with refused("Nobody is in this team any more, so its invitations have ended."):
        teams.accept(session, late, scene.season, scene.cast.eve, NOW + HOUR)


def test_who_leads_hands_over_to_a_member(session: Session, scene: Scene) -> None:
    ben, cleo = scene.cast.ben, scene.cast.cleo
    with refused("Only who leads the team can hand it over."):
        teams.hand_over(session, scene.team, scene.season, cleo.id, cleo, NOW)
    with refused("This person is not in your team any more. Load the page again.", "person"):
        teams.hand_over(session, scene.team, scene.season, scene.cast.eve.id, ben, NOW)
    for _ in range(2):
        teams.hand_over(session, scene.team, scene.season, cleo.id, ben if scene.team.led_by == ben.id else cleo, NOW)
    assert (scene.team.led_by, deeds(session, scene.season).count("team.handed_over")) == (cleo.id, 1)


def test_a_removed_member_is_told_why(session: Session, scene: Scene) -> None:
    ben, cleo = scene.cast.ben, scene.cast.cleo
    remove = teams.remove
    with refused("Only who leads the team can remove a member."):
        remove(session, scene.team, scene.season, ben.id, "Because.", cleo, NOW)
    with refused("To go yourself, leave the team.", "removed"):
        remove(session, scene.team, scene.season, ben.id, "Because.", ben, NOW)
    with refused("Please write a reason; it is mailed to the person.", "reason"):
        remove(session, scene.team, scene.season, cleo.id, " ", ben, NOW)
    remove(session, scene.team, scene.season, cleo.id, "We have not heard from you for two weeks.", ben, NOW + HOUR)
    assert (names(session, scene), seasons.roles_of(session, cleo.id)) == (["Ben"], [])
    letter = letters_to(session, cleo.email)[-1]
    assert (letter.kind, letter.facts) == (
        "removed",
        {
            "team": "Plan B", "season": "The Long Winter", "slug": scene.season.slug, "by": "Ben",
            "reason": "We have not heard from you for two weeks.",
        },
    )  # fmt: skip
    member = session.exec(select(Member).where(Member.person_id == cleo.id, Member.team_id == scene.team.id)).one()
    assert (member.left_at, member.removed_by, member.removed_because) == (NOW + HOUR, ben.id, letter.facts["reason"])
    with refused("This person is not in your team any more. Load the page again.", "removed"):
        remove(session, scene.team, scene.season, cleo.id, "Again.", ben, NOW + HOUR)


def test_a_team_is_renamed_until_it_hands_in(session: Session, scene: Scene) -> None:
    make_team(session, scene.season, scene.cast.eve, name="Plan C")
    with refused("There is already a team called “plan c” in this season. Choose another name.", "name"):
        teams.rename(session, scene.team, scene.season, "plan c", False, scene.cast.ben, NOW)
    for name in ("PLAN b", "Plan Z", "Plan Z"):
        teams.rename(session, scene.team, scene.season, name, False, scene.cast.cleo, NOW)
    assert (scene.team.name, scene.team.name_key) == ("Plan Z", "plan z")
    assert deeds(session, scene.season).count("team.renamed") == 2
    with refused("Your team has handed in under this name, so it keeps it.", "name"):
        teams.rename(session, scene.team, scene.season, "Plan Q", True, scene.cast.ben, NOW)
    assert teams.found(session, scene.season, "Plan B", make_person(session), NOW).name == "Plan B"


def test_affiliation_and_sponsors_are_kept_for_conflicts(session: Session, scene: Scene) -> None:
    team = teams.found(session, scene.season, "Plan C", scene.cast.eve, NOW, " Acme\nLtd ", "")
    assert (team.affiliation, team.sponsors) == ("Acme Ltd", "")
    for _ in range(2):
        teams.describe(session, team, scene.season, "", "Umbra, who pays my time", scene.cast.eve, NOW)
    assert (team.affiliation, team.sponsors) == ("", "Umbra, who pays my time")
    assert deeds(session, scene.season).count("team.described") == 1
    for affiliation, sponsors, field, longest in (
        ("x" * 121, "", "affiliation", 120),
        ("", "x" * 401, "sponsors", 400),
    ):
        with refused(f"That is longer than {longest} characters.", field):
            teams.describe(session, team, scene.season, affiliation, sponsors, scene.cast.eve, NOW)


def test_when_the_season_is_over_its_teams_stay_as_they_are(session: Session, scene: Scene) -> None:
    ben, cleo, team, season = scene.cast.ben, scene.cast.cleo, scene.team, scene.season
    token = invited(session, scene)
    seasons.finish(session, season, scene.cast.ada, NOW + HOUR)
    over = NOW + 2 * HOUR
    take_part = "This season is over, so nobody can found and join teams, enter now."
    for deed in (
        lambda: teams.invite(session, team, season, "kim@example.org", ben, over),
        lambda: teams.accept(session, token, season, scene.cast.eve, over),
        lambda: teams.rename(session, team, season, "Plan Z", False, ben, over),
        lambda: teams.describe(session, team, season, "Acme", "", ben, over),
        lambda: teams.hand_over(session, team, season, cleo.id, ben, over),
        lambda: teams.remove(session, team, season, cleo.id, "Because.", ben, over),
    ):
        with refused(take_part):
            deed()
    with refused("This season is over, so nobody can leave a team, withdraw now."):
        teams.leave(session, team, season, ben, over)
    assert names(session, scene) == ["Ben", "Cleo"]
