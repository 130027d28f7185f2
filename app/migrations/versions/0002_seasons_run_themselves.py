"""Seasons run themselves"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
CHALLENGE = sa.table(
    "challenge", sa.column("id", sa.Uuid()), sa.column("season_id", sa.Uuid()), sa.column("number", sa.Integer()),
    sa.column("release_at", INSTANT), sa.column("due_at", INSTANT),
)  # fmt: skip
MAILING = sa.table(
    "mailing", sa.column("id", sa.Uuid()), sa.column("season_id", sa.Uuid()), sa.column("challenge_id", sa.Uuid()),
    sa.column("key", sa.String()), sa.column("kind", sa.String()), sa.column("audience", sa.String()),
    sa.column("hours", sa.Integer()), sa.column("goes_at", INSTANT), sa.column("stopped_at", INSTANT),
    sa.column("reached", sa.Integer()),
)  # fmt: skip


def upgrade() -> None:
    seasons()
    challenges()
    teams()
    entering()
    deadlines()
    outcomes()
    clarifications()
    feedback()
    roles()
    acknowledgements()
    swaps()
    rewordings()
    home()
    mailings()
    telling()
    tokens()


def given(name: str, kind: sa.types.TypeEngine[Any], default: str) -> sa.Column[Any]:
    """A column that rows of today have as well, with what was true for them so far."""
    return sa.Column(name, kind, nullable=False, server_default=sa.text(default))


def seasons() -> None:
    with op.batch_alter_table("season") as table:
        table.alter_column("published_at", new_column_name="announced_at")
    with op.batch_alter_table("season") as table:
        for name in ("registration_opens_at", "registration_closes_at", "finished_at", "archived_at"):
            table.add_column(sa.Column(name, INSTANT, nullable=True))
        table.add_column(given("format", sa.String(length=16), "'knock-out'"))
        table.add_column(given("least_members", sa.Integer(), "1"))
        table.add_column(given("most_members", sa.Integer(), "8"))
        table.add_column(sa.Column("most_entries", sa.Integer(), nullable=True))
        table.add_column(sa.Column("tie_rule", sa.String(length=16), nullable=True))
        table.add_column(given("tie_criterion", sa.String(length=80), "''"))
        table.add_column(given("contact", sa.String(length=254), "''"))
        table.add_column(given("is_recorded", sa.Boolean(), "false"))
        table.add_column(sa.Column("poster_key", sa.String(length=200), nullable=True))
        table.add_column(sa.Column("poster_version_id", sa.String(length=200), nullable=True))
        table.add_column(given("poster_type", sa.String(length=40), "''"))
        table.add_column(given("poster_alt", sa.String(length=200), "''"))
    op.execute("UPDATE season SET tie_rule = 'all' WHERE announced_at IS NOT NULL")


def challenges() -> None:
    """What was published is released since then, and its hand-ins are settled half an hour after it was due."""
    with op.batch_alter_table("challenge") as table:
        table.alter_column("published_at", new_column_name="scheduled_at")
    with op.batch_alter_table("challenge") as table:
        for name in ("release_at", "settled_at", "questions_until", "answers_until"):
            table.add_column(sa.Column(name, INSTANT, nullable=True))
        table.add_column(given("on_hold", sa.Boolean(), "false"))
        table.add_column(given("grace_minutes", sa.Integer(), "0"))
        table.add_column(given("penalty", sa.Integer(), "0"))
        table.add_column(sa.Column("go_on", sa.Integer(), nullable=True))
        table.add_column(given("is_final", sa.Boolean(), "false"))
        table.add_column(given("is_swap", sa.Boolean(), "false"))
        table.add_column(sa.Column("builds_on", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("chair_id", sa.Uuid(), nullable=True))
    later = "due_at + INTERVAL '30 minutes'"
    if op.get_bind().dialect.name == "sqlite":
        later = "strftime('%Y-%m-%d %H:%M:%f', due_at, '+30 minutes') || '000'"
    op.execute(f"UPDATE challenge SET release_at = scheduled_at, settled_at = {later}")  # noqa: S608 - our own words
    with op.batch_alter_table("challenge") as table:
        table.alter_column("settled_at", existing_type=INSTANT, nullable=False)
        table.create_foreign_key(op.f("fk_challenge_builds_on_challenge"), "challenge", ["builds_on"], ["id"])
        table.create_foreign_key(op.f("fk_challenge_chair_id_person"), "person", ["chair_id"], ["id"])
        table.create_check_constraint("swap_builds_on", "NOT is_swap OR builds_on IS NOT NULL")


def teams() -> None:
    with op.batch_alter_table("team") as table:
        table.add_column(sa.Column("led_by", sa.Uuid(), nullable=True))
        table.add_column(given("affiliation", sa.String(length=120), "''"))
        table.add_column(given("sponsors", sa.String(length=400), "''"))
    op.execute("UPDATE team SET led_by = founded_by")
    with op.batch_alter_table("team") as table:
        table.alter_column("led_by", existing_type=sa.Uuid(), nullable=False)
        table.create_foreign_key(op.f("fk_team_led_by_person"), "person", ["led_by"], ["id"])
    with op.batch_alter_table("member") as table:
        table.add_column(sa.Column("removed_by", sa.Uuid(), nullable=True))
        table.add_column(given("removed_because", sa.String(length=400), "''"))
        table.create_foreign_key(op.f("fk_member_removed_by_person"), "person", ["removed_by"], ["id"])


def entering() -> None:
    op.create_table(
        "terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_terms_season_id_season")),
        sa.ForeignKeyConstraint(["written_by"], ["person.id"], name=op.f("fk_terms_written_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("season_id", "kind", "number", name=op.f("uq_terms_season_id_kind_number")),
    )
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acceptance_person_id_person")),
        sa.ForeignKeyConstraint(["terms_id"], ["terms.id"], name=op.f("fk_acceptance_terms_id_terms")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
        sa.UniqueConstraint("person_id", "terms_id", name=op.f("uq_acceptance_person_id_terms_id")),
    )
    op.create_index(op.f("ix_acceptance_terms_id"), "acceptance", ["terms_id"])
    op.create_table(
        "entryquestion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_entryquestion_season_id_season")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_entryquestion_asked_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entryquestion")),
    )
    op.create_index(op.f("ix_entryquestion_season_id"), "entryquestion", ["season_id"])
    op.create_table(
        "entryanswer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["entryquestion.id"], name=op.f("fk_entryanswer_question_id_entryquestion")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_entryanswer_entry_id_entry")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_entryanswer_answered_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entryanswer")),
        sa.UniqueConstraint("question_id", "entry_id", name=op.f("uq_entryanswer_question_id_entry_id")),
    )
    op.create_index(op.f("ix_entryanswer_entry_id"), "entryanswer", ["entry_id"])
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_consent_season_id_season")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_season_id"), "consent", ["season_id"])
    op.create_index(op.f("ix_consent_person_id"), "consent", ["person_id"])


def deadlines() -> None:
    with op.batch_alter_table("version") as table:
        table.add_column(given("was_late", sa.Boolean(), "false"))
        table.add_column(sa.Column("due_at", INSTANT, nullable=True))
    op.execute(
        "UPDATE version SET due_at = (SELECT challenge.due_at FROM challenge JOIN submission "
        "ON submission.challenge_id = challenge.id WHERE submission.id = version.submission_id)"
    )
    with op.batch_alter_table("version") as table:
        table.alter_column("due_at", existing_type=INSTANT, nullable=False)
    op.create_table(
        "extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("is_for_outage", sa.Boolean(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_extension_challenge_id_challenge")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_extension_entry_id_entry")),
        sa.ForeignKeyConstraint(["granted_by"], ["person.id"], name=op.f("fk_extension_granted_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )
    with op.batch_alter_table("extension", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extension_challenge_id"), ["challenge_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_extension_entry_id"), ["entry_id"], unique=False)


def outcomes() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_outcome_challenge_id_challenge")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"], name=op.f("fk_outcome_confirmed_by_person")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_outcome_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sa.UniqueConstraint("challenge_id", "entry_id", name=op.f("uq_outcome_challenge_id_entry_id")),
    )
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.create_index("ix_outcome_public", ["entry_id", "public_at"], unique=False)


def acknowledgements() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brief_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["brief_id"], ["brief.id"], name=op.f("fk_acknowledgement_brief_id_brief")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_acknowledgement_entry_id_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acknowledgement_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("brief_id", "entry_id", name=op.f("uq_acknowledgement_brief_id_entry_id")),
    )
    op.create_index(op.f("ix_acknowledgement_entry_id"), "acknowledgement", ["entry_id"])


def rewordings() -> None:
    op.create_table(
        "rewording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_rewording_challenge_id_challenge")),
        sa.ForeignKeyConstraint(["before_id"], ["rubricversion.id"], name=op.f("fk_rewording_before_id_rubricversion")),
        sa.ForeignKeyConstraint(["after_id"], ["rubricversion.id"], name=op.f("fk_rewording_after_id_rubricversion")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_rewording_made_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rewording")),
        sa.UniqueConstraint("challenge_id", "number", name=op.f("uq_rewording_challenge_id_number")),
    )


def swaps() -> None:
    op.create_table(
        "swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("from_entry_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_swap_challenge_id_challenge")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_swap_entry_id_entry")),
        sa.ForeignKeyConstraint(["from_entry_id"], ["entry.id"], name=op.f("fk_swap_from_entry_id_entry")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_swap_version_id_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swap")),
        sa.UniqueConstraint("challenge_id", "entry_id", name=op.f("uq_swap_challenge_id_entry_id")),
    )
    op.create_index(op.f("ix_swap_entry_id"), "swap", ["entry_id"])


def clarifications() -> None:
    op.create_table(
        "clarification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("section", sa.String(length=120), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("let_out_by", sa.Uuid(), nullable=True),
        sa.Column("public_at", INSTANT, nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind = 'task' OR (public_at IS NULL AND merged_into IS NULL)",
            name=op.f("ck_clarification_personal_stays_private"),
        ),
        sa.CheckConstraint(
            "public_at IS NULL OR merged_into IS NULL", name=op.f("ck_clarification_answered_or_merged")
        ),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_clarification_{name}_{table}"))
            for name, table in (
                ("challenge_id", "challenge"), ("asked_by", "person"), ("team_id", "team"), ("answered_by", "person"),
                ("let_out_by", "person"), ("merged_into", "clarification"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification")),
    )  # fmt: skip
    for name in ("challenge_id", "asked_by", "merged_into"):
        op.create_index(op.f(f"ix_clarification_{name}"), "clarification", [name], unique=False)


def feedback() -> None:
    with op.batch_alter_table("feedbackrelease") as table:
        table.add_column(sa.Column("public_at", INSTANT, nullable=True))
    with op.batch_alter_table("packet") as table:
        table.add_column(sa.Column("told_at", INSTANT, nullable=True))
    op.execute("UPDATE feedbackrelease SET public_at = released_at")
    op.execute("UPDATE packet SET told_at = rendered_at")


def home() -> None:
    """What the season's home needs in public: addresses of calendars, and when the site was up."""
    op.create_table(
        "calendarlink",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendarlink_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendarlink")),
        sa.UniqueConstraint("person_id", name=op.f("uq_calendarlink_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendarlink_token_hash")),
    )
    op.create_table(
        "uptime",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("trouble", sa.String(length=200), nullable=False),
        sa.Column("lead_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uptime")),
    )
    with op.batch_alter_table("uptime", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uptime_seen_at"), ["seen_at"], unique=False)


def roles() -> None:
    op.create_table(
        "roleinvitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("invited_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("declined_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"], name=op.f("fk_roleinvitation_invited_by_person")),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_roleinvitation_season_id_season")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roleinvitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_roleinvitation_token_hash")),
    )
    with op.batch_alter_table("roleinvitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roleinvitation_season_id"), ["season_id"], unique=False)
    # Judges used to be named without being asked: those letters stay in the outbox; the unsent ask nothing now.
    op.execute("DELETE FROM letter WHERE kind = 'named_judge' AND sent_at IS NULL")
    op.execute("UPDATE letter SET kind = 'role_invitation' WHERE kind = 'named_judge'")


def mailings() -> None:
    """What was released before has been told by its organizers, so the platform does not tell it again; nor does it
    remind at once, all of a sudden. Both stand stopped in the outbox for as long as they would help.
    """
    op.create_table(
        "mailing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("goes_at", INSTANT, nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("missed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_mailing_season_id_season")),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_mailing_challenge_id_challenge")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_mailing_entry_id_entry")),
        sa.ForeignKeyConstraint(["written_by"], ["person.id"], name=op.f("fk_mailing_written_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
        sa.UniqueConstraint("season_id", "key", name=op.f("uq_mailing_season_id_key")),
    )
    op.bulk_insert(MAILING, list(stopped_mailings(datetime.now(UTC))))
    with op.batch_alter_table("letter") as table:
        table.add_column(sa.Column("mailing_id", sa.Uuid(), nullable=True))
        table.drop_index(op.f("ix_letter_season_id"))
    op.create_index(op.f("ix_letter_mailing_id"), "letter", ["mailing_id"])
    op.create_index("ix_letter_outbox", "letter", ["season_id", "created_at"])
    troubled = sa.text("refused_at IS NOT NULL OR uncertain_at IS NOT NULL")
    op.create_index("ix_letter_troubled", "letter", ["season_id"], sqlite_where=troubled, postgresql_where=troubled)


def stopped_mailings(now: datetime) -> Iterator[dict[str, Any]]:
    released = sa.select(CHALLENGE).where(CHALLENGE.c.release_at.is_not(None))
    for row in op.get_bind().execute(released).mappings():
        release_at, due_at = (row[name].replace(tzinfo=row[name].tzinfo or UTC) for name in ("release_at", "due_at"))
        common = {"season_id": row["season_id"], "challenge_id": row["id"], "stopped_at": now, "reached": 0}
        yield {
            **common, "id": uuid4(), "key": f"release-{row['number']}", "kind": "challenge_released",
            "audience": "entrants", "hours": 0, "goes_at": release_at,
        }  # fmt: skip
        for hours in (72, 24, 3):
            if (goes_at := due_at - timedelta(hours=hours)) <= now:
                yield {
                    **common, "id": uuid4(), "key": f"reminder-{row['number']}-{hours}h", "kind": "reminder",
                    "audience": "not-handed-in", "hours": hours, "goes_at": goes_at,
                }  # fmt: skip


def telling() -> None:
    op.create_table(
        "chapter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_chapter_season_id_season")),
        sa.ForeignKeyConstraint(["challenge_id"], ["challenge.id"], name=op.f("fk_chapter_challenge_id_challenge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chapter")),
        sa.UniqueConstraint("season_id", "position", name=op.f("uq_chapter_season_id_position")),
    )
    op.create_table(
        "sponsor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("season_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=False),
        sa.Column("line", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_sponsor_season_id_season")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsor")),
        sa.UniqueConstraint("season_id", "position", name=op.f("uq_sponsor_season_id_position")),
    )


def tokens() -> None:
    op.create_table(
        "apitoken",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_apitoken_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apitoken")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_apitoken_token_hash")),
    )
    op.create_index(op.f("ix_apitoken_person_id"), "apitoken", ["person_id"])
