"""The band of one programme: its months, its milestones on them, today and the end.

Lengths are SVG units; one unit is one CSS pixel at the width of 1150 the band is drawn for.
"""

import itertools
from datetime import date, timedelta
from typing import Any

import pandas as pd
from markupsafe import Markup

from advisory.domain.calendar import add_months

from . import drawing, safe
from .band_marks import LANES, WIDTH, Mark, free, place_labels, spread
from .drawing import as_date, in_language, text_width

LEFT, RIGHT = 4, 29  # free at the ends, so that the outermost icons and labels stay inside
FOLLOW_UP, LONGEST = 3, 12  # months shown after the end: at least, and at most
ICON = 14
LANE, BAR = 14, 18  # height of a lane of labels, and of the months
_DAY = timedelta(days=1)


def band(
    milestones: pd.DataFrame,
    *,
    starts_on: date,
    ends_on: date,
    today: date,
    months: int,
    text,
    is_today: bool = True,
) -> Markup:
    """The months from `starts_on` (`months` of them and at least three more) with the milestones.

    A milestone stands at the day it was done, else at its due date; icons that would cover each
    other move apart on their own side of today. A label without room is left to the tooltip.
    `is_today` says whether the flag may call `today` today.
    `milestones` are the rows of one programme in `frames.milestones`.
    """
    days = [_day(mile) for mile in milestones.itertuples(index=False)]
    shown = months + FOLLOW_UP
    while shown < months + LONGEST and days and max(days) >= add_months(starts_on, shown):
        shown += 1
    edges = [add_months(starts_on, month) for month in range(shown + 1)]
    per_day = (WIDTH - LEFT - RIGHT) / (edges[-1] - starts_on).days

    def x(day: date) -> float:
        return LEFT + (day - starts_on).days * per_day

    marks = _marks(milestones, x, today, text)
    now = x(today) if starts_on <= today < edges[-1] else None
    end = x(ends_on + _DAY)
    place_labels(marks, [line for line in (now, end) if line is not None])
    lanes = {
        side: max((mark.lane + 1 for mark in marks if mark.side == side), default=0)
        for side in LANES
    }
    top = 10 + LANE * lanes["above"]
    foot = top + BAR + 6 + LANE * lanes["below"] + 4
    return safe.render(
        "chart_band.svg.html",
        text,
        width=WIDTH,
        height=foot + 15,
        top=top,
        bar=BAR,
        lane=LANE,
        icon=ICON,
        foot=foot,
        segments=[
            (x(left), x(right), min(max(x(today), x(left)), x(right)), left <= ends_on)
            for left, right in itertools.pairwise(edges)
        ],
        marks=marks,
        today_x=now,
        end_x=end,
        captions=_captions(x(today), end, starts_on, ends_on, today, edges[-1], text, is_today),
        summary=_summary(marks, starts_on, ends_on, text),
    )


def _marks(milestones: pd.DataFrame, x, today: date, text) -> list[Mark]:
    found = []
    for mile in milestones.itertuples(index=False):
        day = _day(mile)
        found.append(
            Mark(
                int(mile.milestone_id),
                mile.state,
                day,
                in_language(mile.short, mile.short_en, text),
                _words(mile, day, text),
                x(day),
            )
        )
    found.sort(key=lambda mark: (mark.day, mark.milestone_id))
    now = min(max(x(today), LEFT), WIDTH - RIGHT)
    past = [mark for mark in found if mark.day < today]
    ahead = [mark for mark in found if mark.day >= today]
    # Half an icon is kept free on both sides of today: what is over stands before the line.
    for side, low, high in (
        (past, LEFT + 9, max(now - 9, LEFT + 9)),
        (ahead, min(now + 9, WIDTH - RIGHT), WIDTH - RIGHT),
    ):
        for mark, place in zip(side, spread([mark.x for mark in side], low, high), strict=True):
            mark.x = place
    return found


def _day(mile: Any) -> date:
    return as_date(mile.done_on) or as_date(mile.due_on)


def _words(mile: Any, day: date, text) -> str:
    """For example "Forankringsplan: 9 dage over frist, 4. marts 2025"."""
    name = in_language(mile.name, mile.name_en, text)
    if mile.state == "late":
        return text.count("band.late", int(mile.days), name=name, day=day)
    if mile.state in ("soon", "planned"):
        ahead = text.relative(int(mile.days))
        return text(f"band.{mile.state}", name=name, relative=ahead, day=day)
    return text(f"band.{mile.state}", name=name, day=day)


def _captions(
    now: float,
    end: float,
    starts_on: date,
    ends_on: date,
    today: date,
    beyond: date,
    text,
    is_today: bool,
) -> dict[str, dict[str, Any] | None]:
    """Today's flag, the end in words and the first month under the band; what would collide moves
    to the other side of its line, and the first month gives way.
    """
    name = "band.today" if is_today else "band.shown"
    if starts_on <= today < beyond:
        flag = text(name, day=text.day_month(today))
    else:
        flag = text(f"{name}_before" if today < starts_on else f"{name}_after", day=today)
    size = text_width(flag, bold=True) + 10
    left = min(max(now - size if now - size >= LEFT else now, LEFT), WIDTH - size)
    taken = [(left, left + size)]

    words = text("band.ended" if ends_on < today else "band.ends", day=ends_on)
    width = text_width(words)
    finish = None
    for anchor, from_x in (("end", end - 5 - width), ("start", end + 5)):
        span = (from_x, from_x + width)
        if span[0] >= 0 and span[1] <= WIDTH and free(span, taken, 4) and finish is None:
            finish = {"x": end - 5 if anchor == "end" else end + 5, "anchor": anchor}
            finish |= {"words": words}
            taken.append(span)
    begin = drawing.capital(text.month_year(starts_on))
    room = free((LEFT, LEFT + text_width(begin)), taken, 4)
    return {
        "today": {"x": left, "width": size, "words": flag},
        "end": finish,
        "begin": {"x": LEFT, "words": begin} if room else None,
    }


def _summary(marks: list[Mark], starts_on: date, ends_on: date, text) -> str:
    counts = [
        text.count(f"band.count_{state}", n)
        for state in ("done", "late", "soon", "planned")
        if (n := sum(mark.state == state for mark in marks))
    ]
    return text(
        "band.summary", start=starts_on, end=ends_on, counts=", ".join(counts) or text("band.none")
    )
