"""History: traces of a season, newest first, without the hundreds of saved marks."""

from sqlmodel import Session

from challenges import history
from tests.cast import Cast
from tests.makers import HOUR, MINUTE, NOW, make_season
from tests.refused import not_yours


def test_a_season_tells_who_did_what_newest_first(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    history.note(session, cast.eve, "brief.amended", season, NOW + MINUTE, season.id, amendment=1)
    history.note(session, cast.ben.id, "upload.began", season, NOW + HOUR, season.id)
    history.note(session, None, "packet.rendered", season, NOW + 2 * HOUR, season.id)
    history.note(session, cast.eve, "brief.amended", other, NOW + HOUR, other.id)
    history.note(session, cast.eve, history.MARKED, season, NOW + 3 * HOUR, season.id, boxes=1)
    told = history.of_season(session, season.id)
    assert [(trace.deed, trace.thing, trace.facts, by and by.name) for trace, by in told[:3]] == [
        ("packet.rendered", "season", {}, None),
        ("upload.began", "season", {}, "Ben"),
        ("brief.amended", "season", {"amendment": 1}, "Eve"),
    ]
    assert sorted((trace.deed, trace.at) for trace, _ in told[3:]) == [
        ("role.granted", NOW), ("season.announced", NOW), ("season.created", NOW), ("season.rules_set", NOW),
    ]  # fmt: skip


def test_a_long_history_is_read_page_by_page_and_skips_nothing(session: Session, cast: Cast) -> None:
    season, other = make_season(session, cast.ada), make_season(session, cast.ada)
    for nth in range(7):  # four of them at one instant
        history.note(session, cast.ada, f"deed.{nth}", season, NOW + min(nth, 3) * MINUTE, season.id)
    whole = [trace.id for trace, _ in history.of_season(session, season.id)]
    pages = [history.of_season(session, season.id, most=3)]
    while len(pages[-1]) == 3:
        pages.append(history.of_season(session, season.id, after=pages[-1][-1][0].id, most=3))
    assert [trace.id for page in pages for trace, _ in page] == whole
    assert (len(whole), [len(page) for page in pages]) == (11, [3, 3, 3, 2])
    with not_yours():
        history.of_season(session, other.id, after=whole[0])
    with not_yours():
        history.of_season(session, season.id, after=season.id)
