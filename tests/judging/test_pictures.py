"""Pictures print without script or style, keep their labels inside, and say the same in words."""

import re
import xml.etree.ElementTree as Tree

import pytest

from judging.pictures import bars, dimension, radar

SVG = "{http://www.w3.org/2000/svg}"
LONG = "Requirements, constraints, assumptions and risks, each of them traced to a decision & back"


def drawn(picture: str) -> Tree.Element:
    """The picture as a tree; it may hold nothing that a strict page policy refuses."""
    assert re.findall(r"<script|<style|style=|\son\w+=|href=", picture) == []
    return Tree.fromstring(picture)  # noqa: S314 (our own text)


def texts(picture: str) -> list[str]:
    return [" ".join(span.text or "" for span in text) or text.text or "" for text in drawn(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("axes", range(3, 13))
def test_a_radar_has_one_corner_per_criterion_in_every_line(axes: int) -> None:
    picture = radar([f"Criterion {n}" for n in range(axes)], [3.5] * axes, [3.0] * axes, 1, 5)
    corners = {len(polygon.attrib["points"].split()) for polygon in drawn(picture).iter(f"{SVG}polygon")}
    assert corners == {axes}
    assert texts(picture)[-1] == "median of the round"


def test_the_corners_stand_where_the_levels_are() -> None:
    picture = radar(["A", "B", "C", "D"], [5, 3, 1, 2], [None, None, None, None], 1, 5)
    outline = list(drawn(picture).iter(f"{SVG}polygon"))[-1]
    assert outline.attrib["points"] == "0,-120 60,0 0,0 -30,0"
    assert texts(picture)[-1] == "this design"


def test_two_or_thirteen_axes_are_no_radar() -> None:
    for axes in (2, 13):
        with pytest.raises(ValueError, match="a radar needs 3 to 12 axes"):
            radar(["x"] * axes, [1.0] * axes, [1.0] * axes, 1, 5)


@pytest.mark.parametrize("axes", [3, 5, 12])
def test_long_labels_are_wrapped_and_stay_inside_the_picture(axes: int) -> None:
    picture = radar([LONG] * axes, [4.25] * axes, [3.0] * axes, 1, 5)
    left, top, width, height = (float(number) for number in drawn(picture).attrib["viewBox"].split())
    for text in drawn(picture).iter(f"{SVG}text"):
        lines = [span.text or "" for span in text] or [text.text or ""]
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        wide = 0.55 * float(text.attrib["font-size"]) * max(len(line) for line in lines)
        start = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.attrib.get("text-anchor", "start")]
        assert left <= start + 1
        assert start + wide <= left + width + 1 or "median" in lines[0]
        assert top <= y <= top + height
        assert len(lines) <= 4


def test_a_picture_says_its_numbers_in_its_title() -> None:
    title = drawn(radar(["A & B", "C", "D"], [3.5, 11 / 3, 4], [3, None, 4], 1, 5)).find(f"{SVG}title")
    assert title is not None
    assert title.text == "Means by criterion, from 1 to 5: A & B 3.5 (median 3); C 3.67; D 4 (median 4)."


def test_one_or_two_criteria_are_bars() -> None:
    picture = bars(["Design", "Defence"], [3.0, 5.0], [4.0, None], 1, 5)
    assert texts(picture) == ["Design 3", "Defence 5", "bar: this design · line: median of the round"]
    widths = [bar.attrib["width"] for bar in drawn(picture).iter(f"{SVG}rect")]
    assert widths == ["320", "160", "320", "320"]


def test_the_dimension_line_has_a_dot_for_every_scoresheet_and_a_flag_at_their_mean() -> None:
    picture = dimension([50, 75, 100], 75, 0, 100)
    assert [circle.attrib["cx"] for circle in drawn(picture).iter(f"{SVG}circle")] == ["240", "360", "480"]
    assert texts(picture) == ["mean 75", "0", "50", "100"]
