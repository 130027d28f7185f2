"""Pictures: charts as plain SVG text, the same for the packet and the web page, readable without colour.

No script, no style: presentation attributes say how it prints, and classes let a page's style sheet change that (dark
mode). Every picture needs the table of its numbers beside it; its title only sums it up.
"""

from collections.abc import Sequence
from html import escape
from math import cos, pi, sin
from textwrap import wrap

RADIUS = 120
INK, QUIET, RULE, BLUE, PAPER = "#1d2430", "#525b6b", "#b9b09d", "#1f4e8c", "#fffdf9"
FACE = "Figures, Atkinson Hyperlegible Next, Atkinson Hyperlegible Next Extended, Noto Sans, DejaVu Sans, sans-serif"
CHARACTER = 0.56
"""Width of an average character, in parts of the font size; only used to keep labels inside the picture."""


def radar(
    labels: Sequence[str], values: Sequence[float], medians: Sequence[float | None], low: float, high: float
) -> str:
    """A radar of 3 to 12 axes: the entry as a full line with dots, the round's median as a dashed line with squares."""
    if not 3 <= len(labels) <= 12:
        raise ValueError("a radar needs 3 to 12 axes; draw bars for fewer, and a table for more")
    size = 13 if len(labels) <= 8 else 11.5
    spots = [_spot(at, len(labels), RADIUS + 14) for at in range(len(labels))]
    written = [_lines(label, value, 15) for label, value in zip(labels, values, strict=True)]
    left, top, right, bottom = -RADIUS - 10.0, -RADIUS - 10.0, RADIUS + 10.0, RADIUS + 10.0
    texts = []
    for (x, y), lines in zip(spots, written, strict=True):
        anchor = "middle" if abs(x) < 20 else "start" if x > 0 else "end"
        height = len(lines) * size * 1.22
        first = y - height * (0.5 - y / (2 * (RADIUS + 14))) + size if abs(x) < 20 else y - height / 2 + size * 0.9
        first = y - height + size if anchor == "middle" and y < 0 else first
        wide = max(len(line) for line in lines) * size * CHARACTER
        left = min(left, x - (wide if anchor == "end" else wide / 2 if anchor == "middle" else 0))
        right = max(right, x + (wide if anchor == "start" else wide / 2 if anchor == "middle" else 0))
        top, bottom = min(top, first - size), max(bottom, first + height)
        texts.append(_text(x, first, lines, size, anchor))
    side = max(-left, right) + 4
    with_median = any(median is not None for median in medians)
    legend = _legend(-side, bottom + 22, size, with_median)
    return "".join(
        [
            _opening(-side, top - 4, 2 * side, bottom - top + 4 + 34, _summary(labels, values, medians, low, high)),
            _rings(len(labels), low, high),
            _outline("median", [_at(at, medians, low, high) for at in range(len(labels))]) if with_median else "",
            _outline("entry", [_at(at, values, low, high) for at in range(len(labels))]),
            *texts,
            legend,
            "</svg>",
        ]
    )


def bars(
    labels: Sequence[str], values: Sequence[float], medians: Sequence[float | None], low: float, high: float
) -> str:
    """The same numbers as bars under one another, for one or two criteria; a notch marks the round's median."""
    wide, row, top = 320.0, 56.0, 8.0
    drawn = []
    for at, (label, value, median) in enumerate(zip(labels, values, medians, strict=True)):
        y = top + at * row
        drawn.append(_text(0, y + 12, [" ".join(_lines(label, value, 44))], 13, "start"))
        drawn.append(
            f'<rect class="picture-grid" x="0" y="{_n(y + 20)}" width="{_n(wide)}" height="14" fill="none" '
            f'stroke="{INK}"/>'
            f'<rect class="picture-entry" x="0" y="{_n(y + 20)}" width="{_n(wide * _part(value, low, high))}" '
            f'height="14" fill="{BLUE}"/>'
        )
        if median is not None:
            notch = f"M{_n(wide * _part(median, low, high))} {_n(y + 16)}v22"
            drawn.append(
                f'<g class="picture-median"><path d="{notch}" stroke="{PAPER}" stroke-width="5"/>'
                f'<path d="{notch}" stroke="{INK}" stroke-width="2"/></g>'
            )
    height = top + len(labels) * row
    with_median = any(median is not None for median in medians)
    key = _text(
        0, height + 12, ["bar: this design" + (" · line: median of the round" if with_median else "")], 12, "start"
    )
    return "".join(
        [_opening(-4, 0, wide + 8, height + 24, _summary(labels, values, medians, low, high)), *drawn, key, "</svg>"]
    )


def dimension(values: Sequence[float], mean: float, low: float, high: float) -> str:
    """A dimension line with a dot for every scoresheet and a flag at their mean, as a drawing gives a measure."""
    wide, base = 480.0, 44.0
    at = [wide * _part(value, low, high) for value in values]
    flag = wide * _part(mean, low, high)
    ticks = "".join(f"M{_n(wide * step / 10)} {_n(base)}v{8 if step % 5 else 12}" for step in range(11))
    numbers = [
        _text(wide * step / 2, base + 26, [_short(low + (high - low) * step / 2)], 11, ("start", "middle", "end")[step])
        for step in range(3)
    ]
    dots = "".join(
        f'<circle cx="{_n(x)}" cy="{_n(base)}" r="5" fill="{PAPER}" stroke="{BLUE}" stroke-width="2"/>' for x in at
    )
    summary = (
        f"Scoresheets from {_short(low)} to {_short(high)}: {'; '.join(_short(value) for value in values)}. "
        f"Their mean is {_short(mean)}."
    )
    side, out = ("end", -1) if flag > wide * 0.8 else ("start", 1)
    line = f"M0 {_n(base)}H{_n(wide)}{ticks}"
    spread = f"M{_n(min(at))} {_n(base)}H{_n(max(at))}"
    mast = f"M{_n(flag)} {_n(base + 9)}V6h{16 * out}v11H{_n(flag)}"
    return "".join(
        [
            _opening(-8, 0, wide + 16, base + 34, summary),
            f'<path class="picture-axis" d="{line}" fill="none" stroke="{INK}" stroke-width="1"/>',
            f'<g class="picture-entry"><path d="{spread}" stroke="{BLUE}" stroke-width="4"/>{dots}</g>',
            f'<path class="picture-flag" d="{mast}" fill="{BLUE}" stroke="{BLUE}" stroke-width="2"/>',
            _text(flag + 24 * out, 16, [f"mean {_short(mean)}"], 12, side),
            *numbers,
            "</svg>",
        ]
    )


def _opening(x: float, y: float, width: float, height: float, summary: str) -> str:
    return (
        f'<svg class="picture" xmlns="http://www.w3.org/2000/svg" viewBox="{_n(x)} {_n(y)} {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img"><title>{escape(summary)}</title>'
    )


def _summary(
    labels: Sequence[str], values: Sequence[float], medians: Sequence[float | None], low: float, high: float
) -> str:
    each = [
        f"{label} {_short(value)}" + ("" if median is None else f" (median {_short(median)})")
        for label, value, median in zip(labels, values, medians, strict=True)
    ]
    return f"Means by criterion, from {_short(low)} to {_short(high)}: {'; '.join(each)}."


def _rings(axes: int, low: float, high: float) -> str:
    """A ring for every whole level where there are few, else five; the numbers stand on the first axis."""
    steps = int(high - low) if high - low == int(high - low) and high - low <= 6 else 5
    rings = []
    for step in range(1, steps + 1):
        points = " ".join(f"{_n(x)},{_n(y)}" for x, y in (_spot(at, axes, RADIUS * step / steps) for at in range(axes)))
        stroke = QUIET if step == steps else RULE
        rings.append(
            f'<polygon class="picture-grid" points="{points}" fill="none" stroke="{stroke}" stroke-width=".8"/>'
        )
    spokes = "".join(f"M0 0L{_n(x)} {_n(y)}" for x, y in (_spot(at, axes, RADIUS) for at in range(axes)))
    rings.append(f'<path class="picture-grid" d="{spokes}" fill="none" stroke="{RULE}" stroke-width=".8"/>')
    for step in range(steps + 1):
        y = -RADIUS * step / steps + (-2 if step else 10)
        number = _short(low + (high - low) * step / steps)
        rings.append(
            f'<text class="picture-scale" x="3" y="{_n(y + (11 if step else 0))}" font-family="{FACE}" font-size="8.5" '
            f'fill="{QUIET}">{number}</text>'
        )
    return "".join(rings)


def _outline(kind: str, spots: Sequence[tuple[float, float] | None]) -> str:
    """A closed line through the spots that are known, with a mark on each."""
    known = [spot for spot in spots if spot is not None]
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in known)
    if kind == "entry":
        line = f'fill="{BLUE}" fill-opacity=".14" stroke="{BLUE}" stroke-width="2.4"'
        marks = "".join(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="3.6" fill="{BLUE}"/>' for x, y in known)
    else:
        line = f'fill="none" stroke="{QUIET}" stroke-width="1.4" stroke-dasharray="5 4"'
        marks = "".join(
            f'<rect x="{_n(x - 2.8)}" y="{_n(y - 2.8)}" width="5.6" height="5.6" fill="{PAPER}" stroke="{QUIET}" '
            'stroke-width="1.2"/>'
            for x, y in known
        )
    return f'<g class="picture-{kind}"><polygon points="{points}" stroke-linejoin="round" {line}/>{marks}</g>'


def _legend(left: float, y: float, size: float, with_median: bool) -> str:
    entry = (
        f'<g class="picture-entry"><path d="M{_n(left + 4)} {_n(y - 4)}h26" stroke="{BLUE}" stroke-width="2.4"/>'
        f'<circle cx="{_n(left + 17)}" cy="{_n(y - 4)}" r="3.6" fill="{BLUE}"/></g>'
        + _text(left + 36, y, ["this design"], size - 1, "start")
    )
    if not with_median:
        return entry
    at = left + 36 + 11 * (size - 1) * CHARACTER + 22
    return (
        entry + f'<g class="picture-median"><path d="M{_n(at)} {_n(y - 4)}h26" stroke="{QUIET}" stroke-width="1.4" '
        f'stroke-dasharray="5 4"/><rect x="{_n(at + 10.2)}" y="{_n(y - 6.8)}" width="5.6" height="5.6" fill="{PAPER}" '
        f'stroke="{QUIET}" stroke-width="1.2"/></g>' + _text(at + 32, y, ["median of the round"], size - 1, "start")
    )


def _text(x: float, y: float, lines: Sequence[str], size: float, anchor: str) -> str:
    spans = "".join(
        f'<tspan x="{_n(x)}" dy="{_n(size * 1.22 if at else 0)}">{escape(line)}</tspan>'
        for at, line in enumerate(lines)
    )
    return (
        f'<text class="picture-label" x="{_n(x)}" y="{_n(y)}" font-family="{FACE}" font-size="{_n(size)}" '
        f'text-anchor="{anchor}" fill="{INK}">{spans}</text>'
    )


def _lines(label: str, value: float, width: int) -> list[str]:
    """The label on at most four lines with its value behind the last word; the table beside it has the whole title."""
    found = wrap(f"{label} {_short(value)}", width, break_long_words=True)
    return found if len(found) <= 4 else [*found[:3], f"{found[3][: width - 6]}… {_short(value)}"]


def _at(axis: int, values: Sequence[float | None], low: float, high: float) -> tuple[float, float] | None:
    value = values[axis]
    return None if value is None else _spot(axis, len(values), RADIUS * _part(value, low, high))


def _spot(axis: int, axes: int, distance: float) -> tuple[float, float]:
    turn = 2 * pi * axis / axes
    return distance * sin(turn), -distance * cos(turn)


def _part(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _n(number: float) -> str:
    """A coordinate with one decimal at most, never "-0"."""
    text = f"{number:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _short(number: float) -> str:
    """A number for reading: two decimals at most."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
