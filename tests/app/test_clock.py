"""The clock: real everywhere but in a demo, and there it only goes forward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.clock import Clock
from app.settings import Settings
from challenges.refusals import Refusal
from tests.web import Site, open_site


def make_clock(folder: Path, demo: bool = True) -> Clock:
    return Clock(Settings(_env_file=None, data_dir=folder, secret="s" * 32, demo=demo))  # type: ignore[call-arg, arg-type]


def lead_of(clock: Clock) -> float:
    return (clock.now() - datetime.now(UTC)).total_seconds()


def test_the_clock_of_a_demo_goes_forward_for_every_process(tmp_path: Path) -> None:
    here, there = make_clock(tmp_path), make_clock(tmp_path)
    assert lead_of(there) == pytest.approx(0, abs=1)
    here.forward(timedelta(hours=1))
    here.forward(timedelta(days=1))
    assert lead_of(there) == pytest.approx(25 * 3600, abs=1)
    assert lead_of(make_clock(tmp_path)) == pytest.approx(25 * 3600, abs=1)


@pytest.mark.parametrize(
    ("days", "why"), [(-1, "only goes forward"), (51, "at most 50 days"), (10**6, "at most 50 days")]
)
def test_it_neither_goes_back_nor_too_far(tmp_path: Path, days: int, why: str) -> None:
    clock = make_clock(tmp_path)
    with pytest.raises(Refusal, match=why):
        clock.forward(timedelta(days=days))
    assert lead_of(clock) == pytest.approx(0, abs=1)


def test_a_real_site_has_the_real_time_whatever_lies_in_its_folder(tmp_path: Path) -> None:
    make_clock(tmp_path).forward(timedelta(days=3))
    clock = make_clock(tmp_path, demo=False)
    assert lead_of(clock) == pytest.approx(0, abs=1)
    with pytest.raises(Refusal, match="Only the clock of a demo"):
        clock.forward(timedelta(hours=1))


def test_a_spoilt_file_is_the_real_time(tmp_path: Path) -> None:
    for text in ("", "soon", "1e400", "-99"):
        (tmp_path / "clock").write_text(text)
        assert 0 <= lead_of(make_clock(tmp_path)) + 1 < 51 * 86400


def test_the_bar_of_the_demo_sets_it(site_settings: Callable[..., Settings]) -> None:
    with open_site(site_settings(demo=True)) as site:
        browser = site.browser()
        assert browser.send_form("/demo/clock", minutes="60", back="/sign-in").url.path == "/sign-in"
        assert lead_of(site.app.state.clock) == pytest.approx(3600, abs=2)
        for wrong in ({"minutes": "soon"}, {"minutes": "99999999"}, {"instant": "2026-01-01T00:00"}, {}):
            assert browser.send_form("/demo/clock", **wrong).status_code == 422


def test_without_a_demo_there_is_no_such_door(site: Site) -> None:
    assert site.browser().send_form("/demo/clock", minutes="60").status_code == 404
