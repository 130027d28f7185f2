"""Roles by invitation: mailed to one address, accepted once, for one season; and over at once when they end."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from challenges import roles, seasons, teams
from challenges.people import Person
from challenges.roles import RoleInvitation
from challenges.seasons import RoleKind, Season
from tests.makers import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Scene,
    deeds,
    kinds_of_letters_to,
    letters_to,
    make_person,
    make_role,
    make_season,
    secret_of,
)
from tests.refused import not_yours, refused

JUDGE, MENTOR, ORGANIZER, VIEWER = RoleKind.JUDGE, RoleKind.MENTOR, RoleKind.ORGANIZER, RoleKind.VIEWER
USED = "This invitation has been used. It works once."
OLD = "This invitation is older than two weeks. Ask the organizers for a new one."
GONE = (
    "This invitation was withdrawn, or a newer one took its place. "
    "Look for a newer mail, or ask the organizers for one."
)
DECLINED = "This invitation was declined. If that was a mistake, ask the organizers for a new one."


def invited(
    session: Session, scene: Scene, kind: RoleKind = JUDGE, who: str = "Eve", now: timedelta = timedelta()
) -> tuple[RoleInvitation, str]:
    """Ada invites; the token as the letter tells it."""
    email = f"{who.lower()}@example.org"
    invitation = roles.invite(session, scene.season, kind, email, who, scene.cast.ada, NOW + now)
    return invitation, secret_of(session, email, "role_invitation")["token"]


def kinds(session: Session, season: Season, person: Person) -> list[str]:
    return sorted(role.kind for role in seasons.roles_of(session, person.id) if role.season_id == season.id)


def test_an_invitation_is_a_letter_and_no_role_yet(session: Session, scene: Scene) -> None:
    invitation = roles.invite(session, scene.season, JUDGE, " KIM@example.org ", " Kim\tK. ", scene.cast.ada, NOW)
    (letter,) = letters_to(session, "kim@example.org")
    token = letter.facts.pop("secret")["token"]
    assert (letter.kind, letter.to_name, letter.season_id, letter.facts) == (
        "role_invitation", "Kim K.", scene.season.id,
        {"what": "judge", "role": "a judge", "season": "The Long Winter", "inviter": "Ada", "days": 14},
    )  # fmt: skip
    assert token not in invitation.model_dump_json()
    assert roles.find(session, token, NOW) == (invitation, scene.season)
    assert roles.waiting(session, scene.season.id, NOW) == [invitation]
    assert seasons.holders(session, scene.season.id, JUDGE) == []
    assert deeds(session, scene.season).count("role.invited") == 1


def test_the_role_begins_when_it_is_accepted(session: Session, scene: Scene) -> None:
    invitation, token = invited(session, scene)
    role = roles.accept(session, token, scene.cast.eve, NOW + DAY)
    assert role.model_dump(exclude={"id"}) == {
        "season_id": scene.season.id, "person_id": scene.cast.eve.id, "kind": "judge",
        "granted_by": scene.cast.ada.id, "granted_at": NOW + DAY, "ended_at": None,
    }  # fmt: skip
    assert (invitation.accepted_at, roles.waiting(session, scene.season.id, NOW + DAY)) == (NOW + DAY, [])
    assert roles.used_by(session, token, scene.cast.eve) == (JUDGE, scene.season)
    assert roles.used_by(session, token, scene.cast.dev) is None
    with refused(USED):
        roles.accept(session, token, scene.cast.eve, NOW + DAY)
    assert [one for one in deeds(session, scene.season) if one.startswith("role.accepted")] == ["role.accepted"]


def test_the_organizers_name_for_them_holds_until_they_write_their_own(session: Session, scene: Scene) -> None:
    flora, kim = make_person(session, "flora"), make_person(session, "Kim K.", "kim@example.org")
    for person in (flora, kim):
        roles.invite(session, scene.season, VIEWER, person.email, f"Dr. {person.name}", scene.cast.ada, NOW)
        roles.accept(session, secret_of(session, person.email)["token"], person, NOW)
    assert (flora.name, kim.name) == ("Dr. flora", "Kim K.")


def test_it_lives_for_two_weeks(session: Session, scene: Scene) -> None:
    invitation, token = invited(session, scene)
    with refused(OLD):
        roles.accept(session, token, scene.cast.eve, NOW + 14 * DAY)
    with refused(OLD):
        roles.find(session, token, NOW + 14 * DAY)
    assert roles.lapsed(session, scene.season.id, NOW + 14 * DAY) == [invitation]
    assert roles.waiting(session, scene.season.id, NOW + 14 * DAY) == []
    assert roles.accept(session, token, scene.cast.eve, NOW + 14 * DAY - SECOND).kind == "judge"
    with not_yours():
        roles.find(session, "never-sent", NOW)


def test_a_forwarded_invitation_gives_nobody_else_a_role(session: Session, scene: Scene) -> None:
    _, token = invited(session, scene)
    for answer in (roles.accept, roles.decline):
        with refused("This invitation is for eve@example.org. You are signed in as dev@example.org."):
            answer(session, token, scene.cast.dev, NOW)
    assert kinds(session, scene.season, scene.cast.dev) == []


def test_declining_tells_the_organizers_and_ends_it(session: Session, scene: Scene) -> None:
    invitation, token = invited(session, scene)
    for later in (HOUR, DAY):
        assert roles.decline(session, token, scene.cast.eve, NOW + later) == scene.season
    assert (invitation.declined_at, roles.lapsed(session, scene.season.id, NOW + DAY)) == (NOW + HOUR, [invitation])
    with refused(DECLINED):
        roles.accept(session, token, scene.cast.eve, NOW + DAY)
    _, again = invited(session, scene, now=DAY)
    roles.accept(session, again, scene.cast.eve, NOW + DAY)
    assert roles.lapsed(session, scene.season.id, NOW + DAY) == []
    assert deeds(session, scene.season).count("role.declined") == 1
    with refused(USED):
        roles.decline(session, again, scene.cast.eve, NOW + DAY)


def test_inviting_again_replaces_the_earlier_one_and_a_double_click_is_one(session: Session, scene: Scene) -> None:
    first, old_token = invited(session, scene)
    assert invited(session, scene, now=SECOND)[0] == first
    second, token = invited(session, scene, now=MINUTE)
    other, _ = invited(session, scene, VIEWER, now=2 * MINUTE)
    assert {one.id for one in roles.waiting(session, scene.season.id, NOW + 2 * MINUTE)} == {second.id, other.id}
    assert kinds_of_letters_to(session, "eve@example.org") == ["role_invitation"] * 3
    with refused(GONE):
        roles.accept(session, old_token, scene.cast.eve, NOW + MINUTE)
    assert first.withdrawn_at == NOW + MINUTE
    assert roles.find(session, token, NOW + MINUTE) == (second, scene.season)


def test_an_invitation_is_withdrawn_by_its_own_season(session: Session, scene: Scene) -> None:
    invitation, token = invited(session, scene)
    with not_yours():
        roles.withdraw(session, make_season(session, scene.cast.ada), invitation.id, scene.cast.ada, NOW)
    with not_yours():
        roles.withdraw(session, scene.season, scene.season.id, scene.cast.ada, NOW)
    for later in (HOUR, DAY):
        roles.withdraw(session, scene.season, invitation.id, scene.cast.ada, NOW + later)
    assert (invitation.withdrawn_at, roles.waiting(session, scene.season.id, NOW)) == (NOW + HOUR, [])
    assert deeds(session, scene.season).count("role.invitation_withdrawn") == 1
    with refused(GONE):
        roles.accept(session, token, scene.cast.eve, NOW + DAY)
    accepted, another = invited(session, scene, now=DAY)
    roles.accept(session, another, scene.cast.eve, NOW + DAY)
    with refused("This invitation has been accepted meanwhile."):
        roles.withdraw(session, scene.season, accepted.id, scene.cast.ada, NOW + DAY)


def test_who_is_not_invited(session: Session, scene: Scene) -> None:
    make_role(session, scene.season, JUDGE, scene.cast.dana, scene.cast.ada)
    make_role(session, scene.season, MENTOR, scene.cast.dev, scene.cast.ada)
    cannot = {
        (JUDGE, "Ben"): "Ben is in team Plan B and cannot judge this season.",
        (ORGANIZER, "Ben"): "Ben is in team Plan B and cannot organize this season.",
        (JUDGE, "Dana"): "Dana is a judge of this season already.",
        (MENTOR, "Dana"): "Dana is a judge and cannot mentor in this season.",
        (JUDGE, "Dev"): "Dev is a mentor and cannot judge this season.",
    }
    for (kind, who), sentence in cannot.items():
        with refused(sentence, "email"):
            invited(session, scene, kind, who)
    with refused("Choose a role from the list. Participants come by their teams.", "kind"):
        invited(session, scene, RoleKind.PARTICIPANT)
    with refused("That is not a mail address. It looks like name@example.org.", "email"):
        roles.invite(session, scene.season, JUDGE, "eve", "Eve", scene.cast.ada, NOW)
    with refused("Please write a name.", "name"):
        roles.invite(session, scene.season, JUDGE, "eve@example.org", " ", scene.cast.ada, NOW)
    assert roles.waiting(session, scene.season.id, NOW) == []
    other = seasons.find_season(session, "the-long-night")
    assert roles.invite(session, other, JUDGE, "ben@example.org", "Ben", scene.cast.ada, NOW).kind == "judge"


@pytest.mark.parametrize(("kind", "deed"), [(JUDGE, "judge"), (ORGANIZER, "organize")])
def test_who_joined_a_team_meanwhile_cannot_accept(session: Session, scene: Scene, kind: RoleKind, deed: str) -> None:
    _, token = invited(session, scene, kind)
    teams.found(session, scene.season, "Plan E", scene.cast.eve, NOW)
    with refused(f"You are in team Plan E, so you cannot {deed} this season."):
        roles.accept(session, token, scene.cast.eve, NOW)
    assert kinds(session, scene.season, scene.cast.eve) == ["participant"]


def test_who_accepted_cannot_found_a_team(session: Session, scene: Scene) -> None:
    _, token = invited(session, scene)
    roles.accept(session, token, scene.cast.eve, NOW)
    with refused("You judge this season, so you cannot take part in it."):
        teams.found(session, scene.season, "Plan E", scene.cast.eve, NOW)


def test_nobody_is_invited_or_accepts_once_the_season_is_archived(session: Session, scene: Scene) -> None:
    _, token = invited(session, scene)
    seasons.finish(session, scene.season, scene.cast.ada, NOW)
    invited(session, scene, VIEWER, now=MINUTE)
    seasons.archive(session, scene.season, scene.cast.ada, NOW)
    sentence = "This season is archived, so nobody can invite people into roles now."
    with refused(sentence):
        invited(session, scene, MENTOR)
    with refused(sentence):
        roles.accept(session, token, scene.cast.eve, NOW)


def test_a_season_does_not_mail_strangers_without_end(session: Session, scene: Scene) -> None:
    for n in range(roles.INVITATIONS_A_DAY):
        last, _ = invited(session, scene, VIEWER, f"Stranger{n}")
        roles.withdraw(session, scene.season, last.id, scene.cast.ada, NOW)
    with refused("This season has sent many invitations today. Try again tomorrow."):
        invited(session, scene)
    assert invited(session, scene, now=DAY)[0].email == "eve@example.org"


def test_an_organizer_who_is_gone_lets_nobody_in(session: Session, scene: Scene) -> None:
    """Not by an invitation that was sent before; the judges whom they invited may still come."""
    role = make_role(session, scene.season, ORGANIZER, scene.cast.dev, scene.cast.ada)
    for kind, who in ((ORGANIZER, "Eve"), (JUDGE, "Kim")):
        roles.invite(session, scene.season, kind, f"{who.lower()}@example.org", who, scene.cast.dev, NOW)
    roles.end(session, role, scene.cast.ada, NOW + HOUR)
    assert [one.name for one in roles.waiting(session, scene.season.id, NOW + HOUR)] == ["Kim"]
    with refused(GONE):
        roles.accept(session, secret_of(session, "eve@example.org")["token"], scene.cast.eve, NOW + HOUR)


def test_the_last_organizer_stays_and_a_participant_leaves_with_the_team(session: Session, scene: Scene) -> None:
    ((own, _),) = seasons.holders(session, scene.season.id, ORGANIZER)
    with refused("This is the last organizer. Name another one first."):
        roles.end(session, own, scene.cast.ada, NOW)
    (bens,) = seasons.roles_of(session, scene.cast.ben.id)
    with refused("A participant comes and goes with the team: they leave it on the team’s page."):
        roles.end(session, bens, scene.cast.ada, NOW)
    make_role(session, scene.season, ORGANIZER, scene.cast.dev, scene.cast.ada)
    roles.end(session, own, scene.cast.ada, NOW)
    assert [person.name for _, person in seasons.holders(session, scene.season.id, ORGANIZER)] == ["Dev"]


def test_who_is_what_by_season_and_by_person(session: Session, scene: Scene) -> None:
    made = [
        make_role(session, scene.season, kind, person, scene.cast.ada)
        for kind, person in ((JUDGE, scene.cast.dana), (MENTOR, scene.cast.dev), (VIEWER, scene.cast.eve))
    ]
    ((own, _),) = seasons.holders(session, scene.season.id, ORGANIZER)
    assert roles.everybody_in(session, scene.season.id) == [
        (own, scene.cast.ada), (made[0], scene.cast.dana), (made[1], scene.cast.dev), (made[2], scene.cast.eve),
    ]  # fmt: skip
    assert roles.count_participants(session, scene.season.id) == 2
    roles.end(session, made[0], scene.cast.ada, NOW)
    assert (roles.held_by(session, scene.cast.dana.id), roles.held_by(session, scene.cast.dev.id)) == (
        [], [(made[1], scene.season)],
    )  # fmt: skip
    with not_yours():
        roles.find_own(session, made[1].id, scene.cast.eve.id)
    with not_yours():
        roles.find_in_season(session, make_season(session, scene.cast.ada).id, made[1].id)


@pytest.mark.parametrize("kind", [JUDGE, MENTOR, VIEWER])
def test_a_draft_is_seen_by_its_organizers_alone(session: Session, scene: Scene, kind: RoleKind) -> None:
    draft = make_season(session, scene.cast.ada, is_announced=False)
    make_role(session, draft, kind, scene.cast.eve, scene.cast.ada)
    with not_yours():
        seasons.find_for(session, draft.slug, scene.cast.eve.id)
    assert seasons.find_for(session, draft.slug, scene.cast.ada.id) == draft
