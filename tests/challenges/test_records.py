"""Records: an instant is aware and in UTC, whatever zone it was given in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from challenges.people import Person
from challenges.records import Instant, lock
from challenges.seasons import Role
from tests.cast import Cast
from tests.makers import NOW

ZONES = some.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati"]).map(ZoneInfo)


@given(instant=some.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=ZONES))  # noqa: DTZ001
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_an_instant_survives_the_database_to_the_microsecond(session: Session, instant: datetime) -> None:
    with session.begin_nested() as savepoint:
        session.add(Person(email="kim@example.org", name="Kim", joined_at=instant))
        session.flush()
        session.expire_all()
        read = session.exec(select(Person.joined_at).where(Person.email == "kim@example.org")).one()
        assert (read, read.utcoffset()) == (instant.astimezone(UTC), timedelta(0))
        savepoint.rollback()


def test_a_naive_instant_is_a_mistake_of_ours() -> None:
    naive = datetime(2026, 11, 24, 23, 59)  # noqa: DTZ001
    with pytest.raises(ValueError, match="an instant needs a zone: "):
        Instant().process_bind_param(naive, sqlite.dialect())
    assert Instant().process_bind_param(None, sqlite.dialect()) is None
    assert Instant().process_result_value(naive, sqlite.dialect()) == naive.replace(tzinfo=UTC)


def test_a_row_cannot_point_at_nothing(session: Session, cast: Cast) -> None:
    session.add(
        Role(season_id=cast.ada.id, person_id=cast.ada.id, kind="judge", granted_by=cast.ada.id, granted_at=NOW)
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_locking_a_row_drops_nothing_that_was_just_changed(session: Session, cast: Cast) -> None:
    cast.ben.name = "Benjamin"
    lock(session, cast.ben)
    assert cast.ben.name == "Benjamin"
