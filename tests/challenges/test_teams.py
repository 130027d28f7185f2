"""Teams: founding, inviting by mail, joining once; nobody is in two teams, and nobody judges the season they are in."""

from datetime import timedelta

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
OLD = "This invitation has been used, withdrawn or is older than two weeks. Ask the team for a new one."


def invited(session: Session, scene: Scene, email: str = "eve@example.org") -> str:
    """The token that was mailed."""
    teams.invite(session, scene.team, scene.season, email, scene.cast.ben, NOW)
    return secret_of(session, email)["token"]


def names(session: Session, scene: Scene) -> list[str]:
    return [person.name for person in teams.members_of(session, scene.team.id)]


def test_a_team_of_one_is_normal(session: Session, cast: Cast) -> None:
    season = make_season(session, cast.ada)
    team = teams.found(session, season, " Plan\tB ", cast.ben, NOW)
    assert team.model_dump(exclude={"id"}) == {
        "season_id": season.id, "name": "Plan B", "name_key": "plan b", "founded_by": cast.ben.id, "founded_at": NOW,
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
    with refused("This season is not published yet."):
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
    with refused(OLD):
        teams.accept(session, token, scene.season, scene.cast.eve, NOW + TWO_WEEKS - SECOND)
    with not_yours():
        teams.find_invitation(session, "never-sent", NOW)


def test_a_newer_invitation_ends_the_earlier_one(session: Session, scene: Scene) -> None:
    first = invited(session, scene)
    second = teams.invite(session, scene.team, scene.season, "eve@example.org", scene.cast.cleo, NOW + HOUR)
    with refused(OLD):
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
    with refused(OLD):
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


def test_a_member_who_left_is_out(session: Session, scene: Scene) -> None:
    session.exec(select(Member).where(Member.person_id == scene.cast.cleo.id)).one().left_at = NOW + DAY
    assert names(session, scene) == ["Ben"]
    assert teams.team_of(session, scene.season.id, scene.cast.cleo.id) is None
    with not_yours():
        teams.find_for(session, scene.team.id, scene.cast.cleo.id)
    join(session, scene.team, scene.season, scene.cast.cleo, NOW + 2 * DAY)
    assert names(session, scene) == ["Ben", "Cleo"]


def test_the_teams_of_a_season_with_their_sizes(session: Session, scene: Scene) -> None:
    alone = make_team(session, scene.season, scene.cast.eve, name="An island")
    assert teams.teams_of(session, scene.season.id) == [(alone, 1), (scene.team, 2)]
