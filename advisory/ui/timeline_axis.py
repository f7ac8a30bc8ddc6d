"""The axis of the timeline: its quarters and years, today's flag, and the end of the project."""

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

from advisory.domain.calendar import add_months

from .drawing import text_width
from .timeline_rows import HEIGHT

NAMES = 126  # room for the municipalities' names to the left of the axis


def quarters(first: date, beyond: date, x: Callable[[date], float]) -> list[tuple[float, bool]]:
    """(x, whether it is a new year) of the quarters on the axis."""
    months = range((beyond.year - first.year) * 12 + beyond.month - first.month)
    days = [add_months(first, month) for month in months]
    return [(x(day), day.month == 1) for day in days if day.month % 3 == 1]


def years(
    first: date, beyond: date, x: Callable[[date], float], today: dict[str, Any]
) -> list[tuple[float, str]]:
    """(middle, year) for each year with room for its name that today's flag leaves free."""
    labels = []
    for year in range(first.year, beyond.year + 1):
        left, right = x(max(first, date(year, 1, 1))), x(min(beyond, date(year + 1, 1, 1)))
        half = text_width(str(year), bold=True) / 2 + 3
        for share in (0.5, 0.25, 0.75):
            middle = left + (right - left) * share
            inside = middle - half >= left and middle + half <= right
            apart = middle + half < today["x"] or middle - half > today["x"] + today["width"]
            if inside and apart:
                labels.append((middle, str(year)))
                break
    return labels


def flag(
    today: date,
    first: date,
    beyond: date,
    x: Callable[[date], float],
    width: int,
    text,
    *,
    is_today: bool = True,
) -> dict[str, Any]:
    """The flag of the date shown, wholly inside the axis; `line` is None when it is outside."""
    name = "timeline.today" if is_today else "timeline.shown"
    if first <= today < beyond:
        line, words = x(today), text(name, day=text.date_medium(today))
        size = text_width(words, bold=True) + 12
        return {
            "line": line,
            "x": line - size if line - size >= NAMES else line,
            "width": size,
            "words": words,
        }
    before = today < first
    words = text(f"{name}_before" if before else f"{name}_after", day=today)
    size = text_width(words, bold=True) + 12
    return {"line": None, "x": NAMES if before else width - size, "width": size, "words": words}


def project(
    line: float | None,
    project_end: date | None,
    bars: list[dict[str, Any]],
    today: dict[str, Any] | None,
    bottom: float,
    width: int,
    text,
) -> dict[str, Any] | None:
    """The project's end: its line, and its words where no bar and no line runs through them.

    Two lines of words stand beside two neighbouring bars when these leave the room, else one line
    under the chart (`foot`).
    """
    if line is None or project_end is None:
        return None
    upper = text("timeline.project_end")
    lower = text.date(project_end)
    left = line - 6 - max(text_width(upper, bold=True), text_width(lower))
    now = today["line"] if today else None
    clear = now is None or not left - 4 <= now <= line + 4
    for above, below in itertools.pairwise(bars):
        together = below["middle"] - above["middle"] == HEIGHT
        free = all(bar["reach"] < left - 6 or bar["left"] > line for bar in (above, below))
        if clear and together and free and left >= NAMES:
            return {
                "x": line,
                "foot": False,
                "anchor": "end",
                "words": [
                    (line - 6, above["middle"] + 5.5, upper),
                    (line - 6, below["middle"] + 4.5, lower),
                ],
            }
    both = text("timeline.project_end_on", day=project_end)
    end = line - 6 - text_width(both) >= 0
    x = line - 6 if end else min(line + 6, width - text_width(both))
    return {
        "x": line,
        "foot": True,
        "anchor": "end" if end else "start",
        "words": [(x, bottom + 12, both)],
    }
