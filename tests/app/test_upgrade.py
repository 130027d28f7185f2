"""The upgrade: a site of the first version goes on with all that it holds, and writes to nobody because of it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlmodel import Session, select

from app import checks, mail
from app.db import Database, alembic_config, migrate, migration_connection
from app.migrations.__main__ import drift
from app.settings import Settings
from challenges import letters, mailings, planning
from challenges.challenges import Challenge, every_challenge_of
from challenges.letters import Letter
from challenges.seasons import Season
from challenges.teams import Team
from challenges.versions import Version
from judging.packets import Packet
from judging.releases import FeedbackRelease
from tests.conftest import BOTH
from tests.databases import settings_for
from tests.makers import DAY, HOUR, MINUTE

NOW = datetime.now(UTC).replace(microsecond=0)
"""The upgrade looks at the real clock."""
PUBLISHED, DUE_1, DUE_2 = NOW - 9 * DAY, NOW - 2 * DAY, NOW + 20 * HOUR
RECEIPT = {
    "season": "The Long Winter", "season_zone": "Europe/Berlin", "challenge": "A field hospital", "number": 1,
    "team": "Plan B", "version": 1, "version_id": "6f1c", "handed_in_at": DUE_1.isoformat(), "handed_in_by": "Ben",
    "was_in_flight": False,
    "files": [{"name": "a.pdf", "size": 812, "claimed": None, "computed": None, "differs": False}],
}  # fmt: skip
NAMED = {"season": "The Long Winter", "slug": "the-long-winter", "by": "Ada"}


class Old:
    """A database of the first version, which plain SQL fills."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def put(self, table: str, **row: Any) -> UUID:
        row_id: UUID = row.setdefault("id", uuid4())
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        said = {name: self.plain(value) for name, value in row.items()}
        self.connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), said)  # noqa: S608
        return row_id

    def plain(self, value: Any) -> Any:
        if isinstance(value, UUID):
            return value.hex
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S.%f}" + ("" if self.connection.dialect.name == "sqlite" else "+00")
        if isinstance(value, date):
            return value.isoformat()
        return json.dumps(value) if isinstance(value, dict) else value


def fill(old: Old) -> None:
    """A published season with a challenge that is released, one that is open and a draft; and a season that is none."""
    put = old.put
    ada, ben, dana = (
        put("person", email=f"{name.lower()}@example.org", name=name, joined_at=PUBLISHED)
        for name in ("Ada", "Ben", "Dana")
    )
    season, draft = (
        put(
            "season", slug=slug, title=title, story="Snow.", zone="Europe/Berlin", starts_on=PUBLISHED.date(),
            ends_on=(NOW + 20 * DAY).date(), created_by=ada, created_at=PUBLISHED, published_at=published_at,
        )
        for slug, title, published_at in (
            ("the-long-winter", "The Long Winter", PUBLISHED), ("next", "Next", None),
        )
    )  # fmt: skip
    for where, who, kind in (
        (season, ada, "organizer"), (draft, ada, "organizer"), (season, ben, "participant"), (season, dana, "judge"),
    ):  # fmt: skip
        put("role", season_id=where, person_id=who, kind=kind, granted_by=ada, granted_at=PUBLISHED)
    rubric = put("rubricversion", made_by=ada, made_at=PUBLISHED)
    criterion = put("criterion", rubric_version_id=rubric, position=1, title="Decisions", guidance="", weight=100)
    for half_points, title in ((0, "Absent"), (10, "Masterly")):
        put("level", criterion_id=criterion, half_points=half_points, title=title, descriptor="So.")
    asked = [
        challenge(old, season, rubric, ada, number, due_at, published_at)
        for number, due_at, published_at in (
            (1, DUE_1, PUBLISHED), (2, DUE_2, NOW - 4 * DAY), (3, NOW + 9 * DAY, None),
        )
    ]  # fmt: skip
    team = put("team", season_id=season, name="Plan B", name_key="plan b", founded_by=ben, founded_at=PUBLISHED)
    put("member", team_id=team, season_id=season, person_id=ben, joined_at=PUBLISHED)
    put("invitation", team_id=team, email="gail@example.org", token_hash="aa", invited_by=ben, invited_at=NOW)
    entry = put("entry", team_id=team, season_id=season, entered_by=ben, entered_at=PUBLISHED)
    judged(old, asked[0], rubric, criterion, entry, ada, ben, dana)
    for kind, name, facts, sent_at in (
        ("receipt", "Ben", RECEIPT, None),
        ("named_judge", "Dana", NAMED, PUBLISHED),
        ("named_judge", "Dev", NAMED, None),
        (
            "invitation", "Gail",
            {"secret": {"token": "t"}, "team": "Plan B", "season": "The Long Winter", "inviter": "Ben", "days": 14},
            None,
        ),
    ):  # fmt: skip
        put(
            "letter", kind=kind, to_email=f"{name.lower()}@example.org", to_name=name, season_id=season, facts=facts,
            created_at=PUBLISHED, attempt=1, sent_at=sent_at,
        )  # fmt: skip
    put("trace", at=PUBLISHED, person_id=ada, season_id=season, deed="season.published", thing="season",
        thing_id=season, facts={})  # fmt: skip


def challenge(
    old: Old, season: UUID, rubric: UUID, by: UUID, number: int, due_at: datetime, published_at: datetime | None
) -> tuple[UUID, UUID, UUID]:
    """With its brief and its deliverable."""
    made = old.put(
        "challenge", season_id=season, number=number, title=f"Challenge {number}", summary="Design it.", due_at=due_at,
        due_zone="Europe/Berlin", rubric_version_id=rubric, created_at=PUBLISHED, published_at=published_at,
    )  # fmt: skip
    brief = old.put(
        "brief", challenge_id=made, number=1, text="Two hundred beds.", note="", written_by=by, written_at=PUBLISHED
    )  # fmt: skip
    deliverable = old.put(
        "deliverable", challenge_id=made, position=1, title="Design", kind="pdf", required=True, max_bytes=1000
    )
    return made, brief, deliverable


def judged(
    old: Old, asked: tuple[UUID, UUID, UUID], rubric: UUID, criterion: UUID, entry: UUID, ada: UUID, ben: UUID,
    dana: UUID,
) -> None:  # fmt: skip
    """Handed in a minute before it was due, read by a judge, and its feedback released."""
    challenge_id, brief, deliverable = asked
    put, at = old.put, DUE_1 - MINUTE
    submission = put("submission", challenge_id=challenge_id, entry_id=entry)
    stored: dict[str, Any] = {
        "deliverable_id": deliverable, "key": "a/1", "store_version_id": "v1", "file_name": "a.pdf",
        "content_type": "application/pdf", "size": 812,
    }  # fmt: skip
    upload = put(
        "upload", submission_id=submission, person_id=ben, began_at=at, arrived_at=at, handed_in_at=at, **stored
    )
    version = put(
        "version", submission_id=submission, number=1, brief_id=brief, handed_in_by=ben, handed_in_at=at,
        was_in_flight=False, inspected_at=at,
    )  # fmt: skip
    put("versionfile", version_id=version, upload_id=upload, computed_sha256="ab" * 32, verified_at=at, **stored)
    panelist = put("panelist", challenge_id=challenge_id, person_id=dana, drawn=1)
    assignment = put(
        "assignment", panelist_id=panelist, submission_id=submission, assigned_by=ada, assigned_at=DUE_1 + HOUR
    )
    sheet = put(
        "scoresheet", assignment_id=assignment, version_id=version, rubric_version_id=rubric, opened_at=DUE_1 + HOUR,
        handed_in_at=DUE_1 + 2 * HOUR, comment="Good.", comment_revision=1,
    )  # fmt: skip
    put(
        "mark", scoresheet_id=sheet, criterion_id=criterion, half_points=10, level_revision=1, comment="",
        comment_revision=0,
    )  # fmt: skip
    release = put("feedbackrelease", challenge_id=challenge_id, released_by=ada, released_at=NOW - DAY)
    put(
        "packet", release_id=release, submission_id=submission, version_id=version, number=1, asked_at=NOW - DAY,
        rendered_at=NOW - DAY + MINUTE, key="p/1", store_version_id="v2", size=99,
    )  # fmt: skip


@pytest.fixture(params=BOTH)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a site that was of the first version a moment ago."""

    def upgrade(settings: Settings) -> Settings:
        with migration_connection(settings) as connection:
            command.upgrade(alembic_config(connection), "0001")
            fill(Old(connection))
        migrate(settings)
        return settings

    if request.param == "sqlite":
        yield upgrade(settings_for(tmp_path))
    else:
        with request.getfixturevalue("postgres").fresh(lambda _: None, "empty") as url:
            yield upgrade(settings_for(tmp_path, url))


@pytest.fixture
def session(upgraded: Settings) -> Iterator[Session]:
    database = Database(upgraded)
    with database.reading() as session:
        yield session
    database.close()


def test_nothing_is_wrong_with_what_a_site_held_before(upgraded: Settings) -> None:
    assert (list(checks.run(upgraded)), drift(upgraded)) == ([], [])


def test_what_was_published_is_released_and_everything_says_what_held_for_it(session: Session) -> None:
    found = session.exec(select(Challenge).order_by(Challenge.number)).all()  # type: ignore[arg-type]
    assert [(one.release_at, one.settled_at, one.state(NOW)) for one in found] == [
        (PUBLISHED, DUE_1 + timedelta(minutes=30), "closed"),
        (NOW - 4 * DAY, DUE_2 + timedelta(minutes=30), "open"),
        (None, NOW + 9 * DAY + timedelta(minutes=30), "draft"),
    ]
    seasons = {one.slug: one for one in session.exec(select(Season))}
    assert {slug: (one.announced_at, one.tie_rule, one.state(NOW)) for slug, one in seasons.items()} == {
        "the-long-winter": (PUBLISHED, "all", "running"), "next": (None, None, "draft"),
    }  # fmt: skip
    (team,), (version,) = session.exec(select(Team)).all(), session.exec(select(Version)).all()
    (release,), (packet,) = session.exec(select(FeedbackRelease)).all(), session.exec(select(Packet)).all()
    assert (team.led_by, version.due_at, version.was_late) == (team.founded_by, DUE_1, False)
    assert (release.public_at, packet.told_at) == (NOW - DAY, NOW - DAY + MINUTE)


def test_no_mail_goes_out_because_of_the_upgrade_and_none_is_called_missed(session: Session) -> None:
    season = session.exec(select(Season).where(Season.slug == "the-long-winter")).one()
    assert planning.due(session, datetime.now(UTC)) == []
    assert mailings.gone_of(session, season.id) == []
    planned = planning.planned_of(session, season, every_challenge_of(session, season.id), datetime.now(UTC))
    assert [(one.key, one.words.subject, one.is_stopped) for one in planned if one.until and one.until > NOW] == [
        ("release-2", "Challenge 2 is open: Challenge 2", True),
        ("reminder-2-24h", "Challenge 2 is due soon: your team has not handed in yet", True),
        ("reminder-2-3h", "Challenge 2 is due very soon: your team has not handed in yet", False),
    ]
    assert [one.key for one in planned if one.is_stopped] == ["release-2", "reminder-2-24h"]


def test_what_waited_in_the_outbox_still_goes_out_and_reads_well(session: Session, upgraded: Settings) -> None:
    waits = {one.kind: one for one in letters.waiting(session)}
    assert set(waits) == {"receipt", "invitation"}
    assert "Plan B" in mail.render(waits["receipt"], upgraded, None).text
    (named,) = session.exec(select(Letter).where(Letter.to_name == "Dana")).all()
    assert (named.kind, named.sent_at, mail.is_unreadable(named)) == ("role_invitation", PUBLISHED, True)
