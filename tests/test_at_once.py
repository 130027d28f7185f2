"""What two people do at once: it happens once, and the second hears what the first did. Real threads, real commits."""

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any, TypeVar

from sqlmodel import Session, col, func, select

from app.db import Database
from challenges import challenges, clarifications, deadlines, entries, roles, seasons, signins, teams, versions
from challenges.clarifications import Clarification, ClarificationKind
from challenges.entries import Entry
from challenges.letters import Letter
from challenges.outcomes import Outcome
from challenges.records import Record
from challenges.refusals import Refusal
from challenges.seasons import RoleKind
from challenges.submissions import Submission, Upload
from challenges.teams import Team
from challenges.versions import Version
from judging import cuts, feedback, progress, rules, scoring
from judging.packets import Packet
from judging.panels import Pair, living_pairs
from judging.releases import FeedbackRelease
from judging.scoring import BoxField, Change, Scoresheet, Stale
from tests.cast import make_cast
from tests.makers import (
    DAY,
    HOUR,
    NOW,
    PLAN,
    SECOND,
    Round,
    Scene,
    make_desk,
    make_entry,
    make_role,
    make_round,
    make_scene,
    make_season,
    make_sheet,
    make_team,
    make_upload,
    secret_of,
    stored,
)

T = TypeVar("T", bound=Record)


def committed(database: Database, make: Callable[[Session], Any]) -> Any:
    with database.writing() as session:
        return make(session)


def here(session: Session, record: T) -> T:
    """The same row, as this transaction sees it."""
    return session.get_one(type(record), record.id)


def a_scene(session: Session) -> Scene:
    return make_scene(session, make_cast(session))


def a_round(session: Session) -> Round:
    return make_round(session, a_scene(session))


def at_once(database: Database, *deeds: Callable[[Session], Any]) -> list[Any]:
    """Do these in transactions that begin together; what each gave, or how it was refused."""
    together = Barrier(len(deeds), timeout=10)
    given: list[Any] = [None] * len(deeds)

    def run(at: int) -> None:
        together.wait()
        try:
            with database.writing() as session:
                given[at] = deeds[at](session)
        except Exception as error:
            given[at] = error

    threads = [Thread(target=run, args=(at,)) for at in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return given


def count(database: Database, what: Any, *which: Any) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(what).where(*which)).one()


def test_two_members_begin_their_first_files(database: Database) -> None:
    scene = committed(database, a_scene)

    def begin(by: Any) -> Callable[[Session], Any]:
        return lambda session: make_upload(session, scene.challenge, here(session, scene.entry), by).submission_id

    first, second = at_once(database, begin(scene.cast.ben), begin(scene.cast.cleo))
    assert first == second
    assert count(database, Submission, Submission.entry_id == scene.entry.id) == 1


def test_two_members_hand_in_the_same_files(database: Database) -> None:
    scene = committed(database, a_scene)
    upload = committed(
        database, lambda session: make_upload(session, scene.challenge, here(session, scene.entry), scene.cast.ben)
    )

    def hand_in(by: Any) -> Callable[[Session], Any]:
        return lambda session: (
            versions.hand_in(session, scene.challenge, scene.entry, {upload.id: stored(upload)}, by, NOW + HOUR).id
        )

    first, second = at_once(database, hand_in(scene.cast.ben), hand_in(scene.cast.cleo))
    assert first == second
    assert count(database, Version, Version.submission_id == upload.submission_id) == 1


def test_two_members_hand_in_different_files(database: Database) -> None:
    scene = committed(database, a_scene)

    def begin(session: Session) -> list[Upload]:
        entry, ben = here(session, scene.entry), scene.cast.ben
        return [make_upload(session, scene.challenge, entry, ben, now=NOW + nth * SECOND) for nth in range(2)]

    uploads = committed(database, begin)

    def hand_in(upload: Any) -> Callable[[Session], Any]:
        return lambda session: (
            versions.hand_in(
                session, scene.challenge, scene.entry, {upload.id: stored(upload)}, scene.cast.ben, NOW + HOUR
            ).number
        )

    given = at_once(database, *(hand_in(upload) for upload in uploads))
    # The newer file was first: then the older one is no longer waiting. Otherwise there are two versions.
    said = [getattr(one, "message", one) for one in given]
    assert said in ([1, 2], ["There is nothing new to hand in. Upload a file first.", 1])


def test_two_clicks_enter_once(database: Database) -> None:
    def ready(session: Session) -> Any:
        cast = make_cast(session)
        season = make_season(session, cast.ada)
        return season, make_team(session, season, cast.ben), cast.ben

    season, team, ben = committed(database, ready)

    def enter(session: Session) -> Any:
        return entries.enter(session, here(session, team), here(session, season), ben, NOW).id

    first, second = at_once(database, enter, enter)
    assert first == second
    assert count(database, Entry, Entry.team_id == team.id) == 1


def test_two_organizers_draft_two_challenges(database: Database) -> None:
    scene = committed(database, a_scene)

    def draft(session: Session) -> int:
        return challenges.draft(session, here(session, scene.season), PLAN, scene.cast.ada, NOW).number

    assert sorted(at_once(database, draft, draft)) == [2, 3]


def test_two_organizers_do_not_end_each_other(database: Database) -> None:
    scene = committed(database, a_scene)
    committed(
        database,
        lambda session: seasons.grant(
            session, scene.season, scene.cast.eve, RoleKind.ORGANIZER, scene.cast.ada, NOW
        ),
    )  # fmt: skip

    def end(who: Any, by: Any) -> Callable[[Session], Any]:
        def deed(session: Session) -> Any:
            role = seasons.role_of(session, scene.season.id, who.id, RoleKind.ORGANIZER)
            assert role
            return seasons.end_role(session, role, by, NOW)

        return deed

    ada, eve = scene.cast.ada, scene.cast.eve
    given = at_once(database, end(ada, eve), end(eve, ada))
    said = {getattr(one, "message", one) for one in given}
    assert said == {None, "This is the last organizer. Name another one first."}


def test_a_scoresheet_opens_once(database: Database) -> None:
    round_ = committed(database, a_round)
    challenge, judge = round_.scene.challenge, round_.judges[0]

    def open_sheet(session: Session) -> Any:
        assignment = living_pairs(session, challenge.id)[Pair(judge.id, round_.submission_id)]
        return scoring.open_sheet(session, assignment, here(session, challenge), judge, challenge.settled_at).id

    first, second = at_once(database, open_sheet, open_sheet)
    assert first == second
    assert count(database, Scoresheet, Scoresheet.id == first) == 1


def test_two_tabs_do_not_overwrite_each_other(database: Database) -> None:
    round_ = committed(database, a_round)
    challenge, judge = round_.scene.challenge, round_.judges[0]
    desk = committed(
        database, lambda session: make_desk(session, here(session, challenge), judge, round_.submission_id)
    )

    def save(text: str) -> Callable[[Session], Any]:
        def deed(session: Session) -> Any:
            mine = scoring.find_for(session, desk.sheet.id, judge.id)
            return scoring.save_marks(session, mine, [Change(BoxField.OVERALL, text, 0)], judge, NOW)

        return deed

    given = at_once(database, save("one"), save("two"))
    (stale,) = [one for one in given if isinstance(one, Stale)]
    with database.reading() as session:
        kept = session.get_one(Scoresheet, desk.sheet.id)
        assert (kept.comment, kept.comment_revision) == (stale.theirs, 1)
        assert {stale.change.value, stale.theirs} == {"one", "two"}


def test_feedback_is_released_once(database: Database) -> None:
    def read(session: Session) -> Round:
        round_ = a_round(session)
        for judge in round_.judges:
            make_sheet(session, round_.scene.challenge, judge, round_.submission_id)
        return round_

    round_ = committed(database, read)
    challenge = round_.scene.challenge

    def release(session: Session) -> Any:
        return feedback.release(
            session, here(session, challenge), round_.scene.cast.ada, challenge.settled_at + DAY
        ).id  # fmt: skip

    first, second = at_once(database, release, release)
    assert first == second
    assert count(database, FeedbackRelease, FeedbackRelease.challenge_id == challenge.id) == 1
    assert count(database, Packet, col(Packet.submission_id) == round_.submission_id) == 1


def test_what_is_released_is_not_taken_back(database: Database) -> None:
    def read(session: Session) -> Round:
        round_ = a_round(session)
        for judge in round_.judges:
            make_sheet(session, round_.scene.challenge, judge, round_.submission_id)
        return round_

    round_ = committed(database, read)
    challenge, dana = round_.scene.challenge, round_.judges[0]
    later = challenge.settled_at + DAY

    def release(session: Session) -> Any:
        return feedback.release(session, here(session, challenge), round_.scene.cast.ada, later).id

    def take_back(session: Session) -> Any:
        (row,) = progress.desk_of(session, dana.id)
        assert row.sheet
        return feedback.reopen(session, scoring.find_for(session, row.sheet.id, dana.id), dana, later)

    given = at_once(database, release, take_back)
    assert sum(isinstance(one, Refusal) for one in given) == 1, given
    with database.reading() as session:
        assert list(rules.violations(session)) == []


def a_round_to_confirm(session: Session) -> Round:
    """The other entry has handed in nothing, so somebody leaves."""
    round_ = a_round(session)
    make_entry(session, round_.scene.season, round_.scene.cast.eve, name="No show")
    for judge in round_.judges:
        make_sheet(session, round_.scene.challenge, judge, round_.submission_id)
    return round_


def test_results_are_confirmed_once(database: Database) -> None:
    round_ = committed(database, a_round_to_confirm)
    scene = round_.scene
    later = scene.challenge.settled_at + DAY

    def confirm(session: Session) -> Any:
        challenge, season = here(session, scene.challenge), here(session, scene.season)
        return sorted(one.id for one in cuts.confirm(session, challenge, season, {}, scene.cast.ada, later))

    first, second = at_once(database, confirm, confirm)
    assert first == second
    assert count(database, Outcome, Outcome.challenge_id == scene.challenge.id) == 2


def test_nobody_is_confirmed_out_and_extended_at_once(database: Database) -> None:
    round_ = committed(database, a_round_to_confirm)
    scene = round_.scene
    challenge, ada, later = scene.challenge, scene.cast.ada, scene.challenge.settled_at + DAY

    def confirm(session: Session) -> Any:
        return cuts.confirm(session, here(session, challenge), here(session, scene.season), {}, ada, later)

    def extend(session: Session) -> Any:
        team = session.exec(select(Team).where(Team.name == "No show", Team.season_id == scene.season.id)).one()
        entry = session.exec(select(Entry).where(Entry.team_id == team.id)).one()
        return deadlines.extend(session, here(session, challenge), entry, 5000, "Ill", ada, later)

    given = at_once(database, confirm, extend)
    assert sum(isinstance(one, Refusal) for one in given) == 1, given
    with database.reading() as session:
        extended = here(session, challenge).settled_at > later
    assert (count(database, Outcome, Outcome.challenge_id == challenge.id), extended) in [(2, False), (0, True)]


def test_a_scoresheet_is_not_reopened_under_a_confirmation(database: Database) -> None:
    round_ = committed(database, a_round_to_confirm)
    scene, dana = round_.scene, round_.judges[0]
    later = scene.challenge.settled_at + DAY

    def confirm(session: Session) -> Any:
        challenge, season = here(session, scene.challenge), here(session, scene.season)
        return cuts.confirm(session, challenge, season, {}, scene.cast.ada, later)

    def take_back(session: Session) -> Any:
        (row,) = progress.desk_of(session, dana.id)
        assert row.sheet
        return feedback.reopen(session, scoring.find_for(session, row.sheet.id, dana.id), dana, later)

    given = at_once(database, confirm, take_back)
    assert sum(isinstance(one, Refusal) for one in given) == 1, given


def test_a_challenge_is_not_rewritten_while_it_is_released(database: Database) -> None:
    scene = committed(database, a_scene)
    season, ada = scene.season, scene.cast.ada
    draft = committed(database, lambda session: challenges.draft(session, here(session, season), PLAN, ada, NOW))
    other = replace(PLAN, title="Another")

    def publish(session: Session) -> Any:
        return challenges.schedule(session, here(session, draft), here(session, season), ada, NOW)

    given = at_once(
        database, publish, lambda session: challenges.redraft(session, here(session, draft), other, ada, NOW)
    )
    with database.reading() as session:
        kept = here(session, draft)
        assert (kept.release_at, kept.title) == (NOW, PLAN.title if isinstance(given[1], Refusal) else "Another")
        assert len(challenges.deliverables_of(session, draft.id)) == len(PLAN.deliverables)


def test_a_judge_is_invited_once_and_accepts_once(database: Database) -> None:
    scene = committed(database, a_scene)
    season, cast = scene.season, scene.cast

    def invite(session: Session) -> Any:
        return roles.invite(session, here(session, season), RoleKind.JUDGE, cast.eve.email, "Eve", cast.ada, NOW).id

    first, second = at_once(database, invite, invite)
    assert first == second
    with database.reading() as session:
        token = secret_of(session, cast.eve.email)["token"]

    def accept(session: Session) -> str:
        return roles.accept(session, token, cast.eve, NOW).kind

    given = [getattr(one, "message", one) for one in at_once(database, accept, accept)]
    assert sorted(given) == ["This invitation has been used. It works once.", "judge"]


def test_nobody_becomes_a_judge_and_a_member_at_once(database: Database) -> None:
    scene = committed(database, a_scene)
    season, cast = scene.season, scene.cast

    def invite(session: Session) -> Any:
        return roles.invite(session, here(session, season), RoleKind.JUDGE, cast.eve.email, "Eve", cast.ada, NOW)

    committed(database, invite)
    with database.reading() as session:
        token = secret_of(session, cast.eve.email)["token"]
    given = at_once(
        database,
        lambda session: roles.accept(session, token, cast.eve, NOW).kind,
        lambda session: teams.found(session, here(session, season), "Plan E", cast.eve, NOW).name,
    )
    said = [getattr(one, "message", one) for one in given]
    assert said in (
        ["judge", "You judge this season, so you cannot take part in it."],
        ["You are in team Plan E, so you cannot judge this season.", "Plan E"],
    )


def test_two_organizers_do_not_both_step_down(database: Database) -> None:
    scene = committed(database, a_scene)
    ada, eve = scene.cast.ada, scene.cast.eve
    committed(
        database,
        lambda session: make_role(session, here(session, scene.season), RoleKind.ORGANIZER, here(session, eve), ada),
    )

    def step_down(who: Any) -> Callable[[Session], Any]:
        def deed(session: Session) -> Any:
            role = seasons.role_of(session, scene.season.id, who.id, RoleKind.ORGANIZER)
            assert role
            return roles.end(session, role, who, NOW)

        return deed

    given = at_once(database, step_down(ada), step_down(eve))
    said = {getattr(one, "message", one) for one in given}
    assert said == {None, "This is the last organizer. Name another one first."}


def test_an_address_is_invited_once(database: Database) -> None:
    scene = committed(database, a_scene)

    def invite(session: Session) -> Any:
        team, season = here(session, scene.team), here(session, scene.season)
        return teams.invite(session, team, season, "nina@example.org", scene.cast.ben, NOW).id

    given = at_once(database, invite, invite)
    assert [one for one in given if isinstance(one, Exception)] == []
    with database.reading() as session:
        assert len(teams.invitations_of(session, scene.team.id, NOW)) == 1


def test_one_person_founds_one_team(database: Database) -> None:
    scene = committed(database, a_scene)

    def found(name: str) -> Callable[[Session], Any]:
        return lambda session: teams.found(session, here(session, scene.season), name, scene.cast.eve, NOW).name

    given = at_once(database, found("One"), found("Two"))
    refusals = [one.message for one in given if isinstance(one, Refusal)]
    assert refusals == ["You are already in a team of this season, and nobody can be in two."]


def test_one_name_is_one_teams(database: Database) -> None:
    scene = committed(database, a_scene)

    def found(by: Any) -> Callable[[Session], Any]:
        return lambda session: teams.found(session, here(session, scene.season), "Same", by, NOW).name

    given = at_once(database, found(scene.cast.eve), found(scene.cast.dev))
    assert sorted(getattr(one, "message", one) for one in given) == [
        "Same", "There is already a team called “Same” in this season. Choose another name.",
    ]  # fmt: skip


def test_an_invitation_is_accepted_once(database: Database) -> None:
    scene = committed(database, a_scene)
    cast = scene.cast
    committed(
        database,
        lambda session: teams.invite(session, here(session, scene.team), scene.season, cast.eve.email, cast.ben, NOW),
    )
    with database.reading() as session:
        token = secret_of(session, cast.eve.email)["token"]

    def accept(session: Session) -> str:
        teams.accept(session, token, here(session, scene.season), cast.eve, NOW)
        return "joined"

    given = {getattr(one, "message", one) for one in at_once(database, accept, accept)}
    assert given - {
        "This invitation has been used. Each one works once: ask the team for a new one.",
        "You are already in a team of this season, and nobody can be in two.",
    } == {"joined"}  # fmt: skip
    with database.reading() as session:
        assert [person.name for person in teams.members_of(session, scene.team.id)] == ["Ben", "Cleo", "Eve"]


def test_a_link_signs_in_once(database: Database) -> None:
    committed(database, lambda session: signins.ask(session, "kim@example.org", "198.51.100.1", NOW))
    with database.reading() as session:
        link = secret_of(session, "kim@example.org")["link"]

    def use(session: Session) -> str:
        return signins.use_link(session, link, NOW).email

    assert sorted(getattr(one, "message", one) for one in at_once(database, use, use)) == [
        "This link has been used or is older than 15 minutes. Ask for a new one; it takes a moment.",
        "kim@example.org",
    ]


def test_guesses_at_once_are_all_counted(database: Database) -> None:
    committed(database, lambda session: signins.ask(session, "kim@example.org", "198.51.100.1", NOW))
    with database.reading() as session:
        code = secret_of(session, "kim@example.org")["code"]
    wrong = "000000" if code != "000000" else "000001"

    def guess(session: Session) -> object:
        return signins.use_code(session, "kim@example.org", wrong, NOW)

    assert at_once(database, *[guess] * 5) == [None] * 5
    with database.writing() as session:
        assert signins.use_code(session, "kim@example.org", code, NOW) is None


def asking(scene: Scene, text: str, by: Any) -> Callable[[Session], Any]:
    return lambda session: (
        clarifications.ask(
            session, here(session, scene.season), scene.challenge, ClarificationKind.TASK, text, "", by, NOW
        ).id
    )


def test_two_clicks_ask_once_and_members_at_once_keep_to_the_limit(database: Database) -> None:
    scene = committed(database, a_scene)
    first, second = at_once(database, *[asking(scene, "Is it ours?", scene.cast.ben)] * 2)
    assert first == second
    several = at_once(
        database, *(asking(scene, f"{at}?", by) for at in range(3) for by in (scene.cast.ben, scene.cast.cleo))
    )
    assert sum(isinstance(one, Refusal) for one in several) == 2
    assert count(database, Clarification, Clarification.team_id == scene.team.id) == 5


def test_two_organizers_answer_a_question(database: Database) -> None:
    scene = committed(database, a_scene)
    eve, ada = scene.cast.eve, scene.cast.ada
    committed(database, lambda session: seasons.grant(session, scene.season, eve, RoleKind.ORGANIZER, ada, NOW))
    question_id = committed(database, asking(scene, "Is it ours?", scene.cast.ben))

    def answer(by: Any) -> Callable[[Session], Any]:
        return lambda session: clarifications.answer(
            session, session.get_one(Clarification, question_id), f"Says {by.name}.", by, NOW
        )

    given = at_once(database, answer(ada), answer(eve))
    winner = ada if given[0] is None else eve
    assert sorted(str(getattr(one, "message", one)) for one in given) == [
        "None",
        "Somebody has answered this question meanwhile. Your text is still here, and nothing was overwritten.",
    ]
    with database.reading() as session:
        assert session.get_one(Clarification, question_id).answer == f"Says {winner.name}."
    assert count(database, Letter, Letter.kind == "clarification", Letter.season_id == scene.season.id) == 2


def test_two_questions_are_merged_into_each_other(database: Database) -> None:
    scene = committed(database, a_scene)
    ids = [committed(database, asking(scene, text, scene.cast.ben)) for text in ("A?", "B?")]

    def merge(one: Any, into: Any) -> Callable[[Session], Any]:
        return lambda session: clarifications.merge(
            session, session.get_one(Clarification, one), session.get_one(Clarification, into), scene.cast.ada, NOW
        )

    given = at_once(database, merge(*ids), merge(*reversed(ids)))
    assert sorted(str(getattr(one, "message", one)) for one in given) == [
        "None", "One of the two was merged with another question meanwhile. Load the page again.",
    ]  # fmt: skip
    assert count(database, Clarification, col(Clarification.merged_into).in_(ids)) == 1
