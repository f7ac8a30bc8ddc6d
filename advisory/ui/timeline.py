"""The timeline: every programme as a bar, by calendar or by programme month, and the same as rows.

Frames are as in `frames.enrolments` and `frames.milestones`. Bars keep the order of the rows.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
from markupsafe import Markup

from advisory.domain.calendar import add_months

from . import drawing, safe, timeline_axis, timeline_bars, timeline_rows, timeline_words
from .drawing import as_date, text_width
from .timeline_axis import NAMES
from .timeline_bars import Place
from .timeline_rows import HEIGHT, Group

WIDTH = 584
HEAD = 21  # years or months, and today's flag
BAND = 17  # the strip that names a cohort
FOOT = 18
_DAY = timedelta(days=1)

Href = Callable[[Any], str | None]


def calendar(
    enrolments: pd.DataFrame,
    milestones: pd.DataFrame,
    *,
    today: date,
    project_end: date | None,
    text,
    href: Href,
    free_rows: Sequence[tuple[str, int]] = (),
    cohorts: Sequence[str] = (),
    is_today: bool = True,
    width: int = WIDTH,
) -> Markup:
    """All programmes on one calendar, from a month before the first start to a month after the end.

    The end is the later of the last programme's and the project's. `free_rows` are (cohort code,
    number of free places). A day outside the axis gets a flag with an arrow at the edge and no
    line. `href` gets a row of `enrolments`; an overdue milestone leads to `#milestone-<id>` there.
    `cohorts` are all cohort codes in order; it keeps a cohort's form when the rows are filtered.
    `is_today` says whether the flag may call `today` today.
    """
    groups = timeline_rows.groups(enrolments, free_rows)
    starts = [row.starts_on for group in groups for row in group.rows] or [today]
    ends = [row.ends_on for group in groups for row in group.rows]
    first = add_months(min(starts).replace(day=1), -1)
    last = max([*ends, project_end or min(starts), min(starts)])
    beyond = add_months(last.replace(day=1), 2)
    per_day = (width - NAMES) / (beyond - first).days

    def x(day: date) -> float:
        return NAMES + (day - first).days * per_day

    flag = timeline_axis.flag(today, first, beyond, x, width, text, is_today=is_today)
    return _chart(
        milestones,
        groups,
        place=lambda _, day: x(day),
        today=today,
        project_end=project_end,
        text=text,
        href=href,
        width=width,
        cohorts=cohorts,
        lines=timeline_axis.quarters(first, beyond, x),
        labels=timeline_axis.years(first, beyond, x, flag),
        flag=flag,
        project_x=x(project_end + _DAY) if project_end and project_end >= first else None,
    )


def programme_months(
    enrolments: pd.DataFrame,
    milestones: pd.DataFrame,
    *,
    today: date,
    text,
    href: Href,
    project_end: date | None = None,
    free_rows: Sequence[tuple[str, int]] = (),
    cohorts: Sequence[str] = (),
    width: int = WIDTH,
) -> Markup:
    """The same bars moved to a common start: x is the month of the programme, from 0.

    There is no line for today; each bar is filled as far as its programme has come.
    """
    groups = timeline_rows.groups(enrolments, free_rows)
    rows = [row for group in groups for row in group.rows]
    longest = max((row.months for row in rows), default=timeline_rows.MONTHS)
    ends = {row.enrolment_id: row for row in rows}
    late = milestones[milestones["state"] == "late"]
    over = [
        ends[mile.enrolment_id].month_at(as_date(mile.due_on))
        for mile in late.itertuples(index=False)
        if mile.enrolment_id in ends
    ]
    months = max([longest, *(int(month) + 1 for month in over)])
    per_month = (width - NAMES - 16) / months

    def x(month: float) -> float:
        return NAMES + 4 + month * per_month

    return _chart(
        milestones,
        groups,
        place=lambda row, day: x(max(row.month_at(day), 0)),
        today=today,
        project_end=project_end,
        text=text,
        href=href,
        width=width,
        cohorts=cohorts,
        lines=[(x(month), month % 6 == 0) for month in range(months + 1)],
        labels=[(x(month), str(month)) for month in range(0, months + 1, 3)],
        flag=None,
        project_x=None,
        axis=text("timeline.axis_months"),
    )


def rows(
    enrolments: pd.DataFrame, text, milestones: pd.DataFrame | None = None
) -> list[dict[str, Any]]:
    """The facts of the chart in words, one dict for each bar, in its order: for lists and tables.

    Keys: `enrolment_id`, `municipality`, `slug`, `cohort_code`, `cohort`, `status`, `month`,
    `starts`, `ends`, `next`, `health` (code), `health_words`, `late` (number), `late_words`,
    `workshops`; words are "" where there is nothing to say. `workshops` needs `milestones`.
    """
    own = timeline_words.by_case(milestones) if milestones is not None else {}
    return [
        timeline_words.facts(row, own.get(row.enrolment_id, ()), text)
        for group in timeline_rows.groups(enrolments, ())
        for row in group.rows
    ]


def _chart(
    milestones: pd.DataFrame,
    groups: list[Group],
    *,
    place: Place,
    today: date,
    project_end: date | None,
    text,
    href: Href,
    width: int,
    cohorts: Sequence[str],
    lines: list[tuple[float, bool]],
    labels: list[tuple[float, str]],
    flag: dict[str, Any] | None,
    project_x: float | None,
    axis: str = "",
) -> Markup:
    forms = drawing.forms([*cohorts, *(group.cohort for group in groups)])
    own = timeline_words.by_case(milestones)
    bands, bars, y = [], [], float(HEAD)
    for group in groups:
        name = drawing.capital(text.cohort(group.cohort))
        bands.append(
            {
                "y": y,
                "name": name,
                "words": timeline_words.group_words(group, today, project_end, text),
                "words_x": max(100.0, 16 + text_width(name, bold=True)),
            }
        )
        for position, row in enumerate(group.rows):
            middle = y + BAND + 9.5 + HEIGHT * position
            bars.append(
                timeline_bars.bar(
                    row,
                    middle,
                    forms[group.cohort],
                    own.get(row.enrolment_id, ()),
                    place,
                    today,
                    text,
                    href,
                    len(bars),
                )
            )
        y += BAND + HEIGHT * len(group.rows) + 3
    bottom = y + 4
    project = timeline_axis.project(project_x, project_end, bars, flag, bottom, width, text)
    return safe.render(
        "chart_timeline.svg.html",
        text,
        width=width,
        height=bottom + (FOOT if project and project["foot"] else 0),
        bottom=bottom,
        band=BAND,
        lines=[line for line in lines if project is None or abs(line[0] - project["x"]) > 1],
        labels=labels,
        axis=axis,
        bands=bands,
        bars=bars,
        first=next((bar["position"] for bar in bars if bar["link"]), None),
        flag=flag,
        project=project,
        summary=timeline_words.summary(groups, milestones, project_end, text),
        legend=timeline_bars.legend(bars),
    )
