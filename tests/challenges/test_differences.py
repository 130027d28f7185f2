"""Differences: what changed between two texts, and nothing else."""

from hypothesis import given
from hypothesis import strategies as some

from challenges.differences import Kind, Line, Piece, hunks_of, lines_of

TEXTS = some.text(some.sampled_from("ab .\n|#"), max_size=60)


def same(text: str) -> Line:
    return Line((Piece(Kind.SAME, text),))


def test_a_changed_word_is_shown_in_its_line() -> None:
    before = "# Site\n\nSite B has 24 rack units.\nPower is 3 kW."
    after = "# Site\n\nSite B has 21 rack units.\nPower is 3 kW."
    changed = Line(
        (
            Piece(Kind.SAME, "Site B has "),
            Piece(Kind.GONE, "24"),
            Piece(Kind.NEW, "21"),
            Piece(Kind.SAME, " rack units."),
        )
    )
    assert lines_of(before, after) == [same("# Site"), same(""), changed, same("Power is 3 kW.")]
    assert hunks_of(before, after) == [[same(""), changed, same("Power is 3 kW.")]]


def test_lines_come_and_go() -> None:
    assert lines_of("one\ntwo", "two\nthree") == [
        Line((Piece(Kind.GONE, "one"),)), same("two"), Line((Piece(Kind.NEW, "three"),)),
    ]  # fmt: skip


def test_lines_with_little_in_common_stand_one_after_the_other() -> None:
    assert lines_of("Two hundred beds.", "Nobody may sleep here!") == [
        Line((Piece(Kind.GONE, "Two hundred beds."), Piece(Kind.NEW, "Nobody may sleep here!")))
    ]


def test_a_very_long_line_is_not_compared_by_words() -> None:
    old, new = "word " * 5000, "word " * 5000 + "more"
    assert lines_of(old, new) == [Line((Piece(Kind.GONE, old), Piece(Kind.NEW, new)))]


def test_hunks_leave_out_what_stayed() -> None:
    before = "\n".join(f"line {n}" for n in range(20))
    after = before.replace("line 3", "line three").replace("line 15", "line fifteen")
    assert [len(hunk) for hunk in hunks_of(before, after)] == [3, 3]
    assert hunks_of(before, before) == []


@given(before=TEXTS, after=TEXTS)
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    def read(without: Kind) -> list[str]:
        kept = [[piece.text for piece in line.pieces if piece.kind != without] for line in lines_of(before, after)]
        return [text for pieces in kept if (text := "".join(pieces))]

    assert read(Kind.GONE) == [line for line in after.splitlines() if line]
    assert read(Kind.NEW) == [line for line in before.splitlines() if line]
