"""Charts one hovers over: HoloViews elements from frames, for notebooks and pages.

Frames are as in `frames.milestones`, `frames.enrolments` and `frames.trends`. Every chart also
draws an empty frame, with a title that says what is missing.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import holoviews as hv
import holoviews.plotting.bokeh  # registers the backend that the options below are for
import pandas as pd

from ..domain.calendar import add_months
from . import drawing

FJORD300 = "#9FC8D1"
LATE, ATTENTION, ON_TRACK = "#B0271D", "#BD8210", "#1E7658"
LINE2 = "#E7EBE9"
HEALTHS = {"on_track": ON_TRACK, "attention": ATTENTION, "late": LATE}
HATCHES = {"on_track": " ", "attention": "right_diagonal_line", "late": "cross"}
AUDIENCES = {
    "leadership": (drawing.FJORD900, " "),
    "staff": ("#357688", "right_diagonal_line"),
    "peers": (FJORD300, " "),
    "citizens": (ATTENTION, "left_diagonal_line"),
}
KINDS = {
    "workshop": (drawing.FJORD900, " "),
    "competence": ("#357688", "right_diagonal_line"),
    "guidance": (FJORD300, " "),
}
PALE = ("#FFFFFF", "dot")
WIDTH = 760
ROW, THIN_ROW = 44, 26
FRAME = 110  # title, axis and legend around the rows
TICKS = 7
NO_TICKS = [(0, "")]


def by_month(milestones: pd.DataFrame, today: date) -> pd.DataFrame:
    """One row per calendar month, from the first date to the last: how many fell due, were done.

    Columns `month` (its first day), `due`, `done` (int64), without a gap. Milestones that are not
    applicable do not count, and what was done after `today` is not done yet.
    """
    counted = milestones[~milestones["not_applicable"]]
    done_on = counted["done_on"].where(counted["done_on"] <= pd.Timestamp(today))
    due, done = (_per_month(days) for days in (counted["due_on"], done_on))
    months = due.index.union(done.index)
    if len(months):
        months = pd.period_range(months.min(), months.max(), freq="M")
    return pd.DataFrame(
        {
            "month": pd.PeriodIndex(months, freq="M").to_timestamp().astype("datetime64[s]"),
            "due": due.reindex(months, fill_value=0).to_numpy("int64"),
            "done": done.reindex(months, fill_value=0).to_numpy("int64"),
        }
    )


def _per_month(days: pd.Series) -> pd.Series:
    return days.dropna().dt.to_period("M").value_counts()


def milestones_by_month(milestones: pd.DataFrame, today: date, text) -> hv.Overlay:
    """Milestones that fall due and that are done, month by month: wide bars and narrow bars.

    The title counts what has fallen due and what is done, of all; a line marks `today`.
    """
    months = by_month(milestones, today)
    counted = milestones[~milestones["not_applicable"]]
    title = text(
        "charts.month_title" if len(months) else "charts.month_none",
        due=int((counted["due_on"] <= pd.Timestamp(today)).sum()),
        done=int(months["done"].sum()),
        total=len(counted),
    )
    highest = max([4, *months["due"], *months["done"]])
    words = [text.month_year(month) for month in months["month"]]
    bars = [
        _bars(months, words, name, inset, colour, text)
        for name, inset, colour in (("due", 0.08, FJORD300), ("done", 0.26, drawing.FJORD900))
    ]
    position = _month_position(today, months)
    line = hv.VLine(position).opts(color=LATE, line_width=1.5, backend="bokeh")
    flag = hv.Labels([(position, highest * 1.12, text("charts.today"))]).opts(
        text_color=LATE, text_font_size="11px", hooks=[_plate], backend="bokeh"
    )
    return hv.Overlay([*bars, line, flag]).opts(
        **_frame(title, legend=len(months) > 0),
        height=300,
        xlim=(min(0, position - 1), max(len(months), position + 1)),
        ylim=(0, highest * 1.25),
        xticks=_every(words) or NO_TICKS,
        xlabel="",
        ylabel=text("charts.milestones"),
        show_grid=True,
        backend="bokeh",
    )


def _bars(
    months: pd.DataFrame, words: list[str], name: str, inset: float, colour: str, text
) -> hv.Rectangles:
    """One bar a month; x is the number of the month, `inset` the room at each side of the bar."""
    rows = [
        (n + inset, 0, n + 1 - inset, count, word, due, done)
        for n, (count, word, due, done) in enumerate(
            zip(months[name], words, months["due"], months["done"])
        )
    ]
    kinds = [hv.Dimension(key, label=text(f"charts.{key}")) for key in ("month", "due", "done")]
    return hv.Rectangles(rows, vdims=kinds, label=text(f"charts.{name}")).opts(
        color=colour,
        line_width=0,
        tools=["hover"],
        hover_tooltips=[(text(f"charts.{key}"), f"@{key}") for key in ("month", "due", "done")],
        backend="bokeh",
    )


def _every(words: list[str]) -> list[tuple[float, str]]:
    """Ticks in the middle of their months, so few that the names have room."""
    step = -(-len(words) // TICKS) or 1
    return [(n + 0.5, word) for n, word in enumerate(words) if n % step == 0]


def _month_position(day: date, months: pd.DataFrame) -> float:
    """Where a day stands on the axis of months: 2.5 is the middle of the third one."""
    first = day.replace(day=1)
    begin = months["month"].iloc[0].date() if len(months) else first
    share = (day - first).days / (add_months(first, 1) - first).days
    return (first.year - begin.year) * 12 + first.month - begin.month + share


def health_by_cohort(enrolments: pd.DataFrame, text) -> hv.Overlay:
    """How the programmes that run are doing: a bar for each cohort, by start, with its counts."""
    running = enrolments[enrolments["status"] == "active"]
    cohorts = sorted(set(running["cohort"]))
    counts = running.groupby(["cohort", "health"], observed=True).size()
    names = [drawing.capital(text.cohort(code)) for code in cohorts]
    begun = dict.fromkeys(cohorts, 0)
    layers = []
    for health, colour in HEALTHS.items():
        rows = []
        for row, code in enumerate(cohorts):
            count = int(counts.get((code, health), 0))
            if count:
                height = len(cohorts) - row
                start, begun[code] = begun[code], begun[code] + count
                rows.append((start, height - 0.8, begun[code], height - 0.2, names[row], count))
        if rows or not cohorts:
            layers += [_segments(rows, health, colour, text), _counts(rows)]
    longest = max([1, *begun.values()])
    title = text("charts.health_title" if cohorts else "charts.health_none", n=len(running))
    return hv.Overlay(layers).opts(
        **_frame(title, legend=bool(cohorts)),
        height=FRAME + ROW * max(1, len(cohorts)),
        xlim=(0, longest * 1.05),
        ylim=(0, max(1, len(cohorts))),
        yticks=[(len(cohorts) - row - 0.5, name) for row, name in enumerate(names)] or NO_TICKS,
        xticks=list(range(0, longest + 1, -(-longest // 8))),
        xlabel=text("charts.cases"),
        ylabel="",
        backend="bokeh",
    )


def _segments(rows: list[tuple], health: str, colour: str, text) -> hv.Rectangles:
    kinds = [hv.Dimension(key, label=text(f"charts.{key}")) for key in ("cohort", "cases")]
    name = text(f"health.{health}")
    return hv.Rectangles(rows, vdims=kinds, label=name).opts(
        color=colour,
        line_color="#FFFFFF",
        tools=["hover"],
        hover_tooltips=[(text("charts.cohort"), "@cohort"), (name, "@cases")],
        hooks=[_hatched(HATCHES[health])],
        backend="bokeh",
    )


def _hatched(pattern: str, colour: str = "#FFFFFF") -> Callable[[Any, Any], None]:
    """A hook that draws a pattern on the bars, so that health is not told by colour alone."""

    def draw(plot: Any, _element: Any) -> None:
        plot.handles["glyph"].update(
            hatch_pattern=pattern, hatch_color=colour, hatch_alpha=0.45, hatch_scale=9
        )

    return draw


def _counts(rows: list[tuple]) -> hv.Labels:
    """The number on each bar."""
    places = [((x0 + x1) / 2, (y0 + y1) / 2, str(count)) for x0, y0, x1, y1, _, count in rows]
    return hv.Labels(places).opts(
        text_color=drawing.FJORD900,
        text_font_size="12px",
        text_font_style="bold",
        hooks=[_plate],
        backend="bokeh",
    )


def _plate(plot: Any, _element: Any) -> None:
    """A hook that gives words a white ground, so that what lies under them does not disturb."""
    plot.handles["glyph"].update(background_fill_color="#FFFFFF", padding=3, border_radius=3)


def _frame(title: str, *, legend: bool) -> dict[str, Any]:
    """What the charts share: size, type, a legend beneath, no toolbar."""
    return {
        "title": title,
        "width": WIDTH,
        "toolbar": None,
        "default_tools": [],
        "legend_position": "bottom",
        "show_legend": legend,
        "fontsize": {"title": "14px", "labels": "11px", "ticks": "11px", "legend": "11px"},
        "gridstyle": {"xgrid_line_color": None, "ygrid_line_color": LINE2},
    }


def attendance_by_month(found: pd.DataFrame, text) -> hv.Overlay:
    """Those who came, by month of the programme: a bar for each audience.

    `found` is `frames.attendance_by_month`. A month in which nobody was counted has no bar; 0 is a
    thin one. The title says how many of the visits are counted.
    """
    counted = found.dropna(subset=["attended"])
    heads = {(row.audience, row.month): int(row.attended) for row in counted.itertuples()}
    months = range(int(counted["month"].min()), int(counted["month"].max()) + 1) if heads else []
    highest = max([4, *heads.values()])
    layers = []
    for place, (audience, style) in enumerate(AUDIENCES.items()):
        name, left = text(f"audience.{audience}"), 0.1 + place * 0.2
        rows = [
            (n + left, 0, n + left + 0.2, max(number, highest / 150), month, number)
            for n, month in enumerate(months)
            if (number := heads.get((audience, month))) is not None
        ]
        if rows or not heads:
            layers.append(_filled(rows, name, style, ("programme_month", "people"), text))
    title = text(
        "charts.attendance_title" if heads else "charts.attendance_none",
        people=sum(heads.values()),
        counted=int(found["counted"].sum()),
        invited=int(found["invited"].sum()),
    )
    return hv.Overlay(layers).opts(
        **_frame(title, legend=bool(heads)),
        height=300,
        xlim=(0, max(1, len(months))),
        ylim=(0, highest * 1.1),
        xticks=[(n + 0.5, str(month)) for n, month in enumerate(months)] or NO_TICKS,
        xlabel=text("charts.programme_month"),
        ylabel=text("charts.people"),
        show_grid=True,
        backend="bokeh",
    )


def activities_by_municipality(found: pd.DataFrame, text) -> hv.Overlay:
    """A bar for each case: its activities that are over, by kind, and dotted those to come.

    `found` is `frames.activities_by_municipality`; the cases keep its order, the first on top.
    """
    found = found[found["kind"].isin(KINDS)]
    cases = found.drop_duplicates("enrolment_id")
    places = {number: len(cases) - row for row, number in enumerate(cases["enrolment_id"], 1)}
    layers, begun = [], dict.fromkeys(places, 0)
    to_come = found.groupby("enrolment_id", as_index=False).agg(
        {"municipality": "first", "planned": "sum"}
    )
    parts = [
        (text(f"activity_kind.{kind}"), style, found[found["kind"] == kind], "held")
        for kind, style in KINDS.items()
    ]
    for name, style, own, column in [*parts, (text("charts.to_come"), PALE, to_come, "planned")]:
        rows = []
        for row in own[own[column] > 0].itertuples():
            start, number = begun[row.enrolment_id], getattr(row, column)
            begun[row.enrolment_id] += number
            place = places[row.enrolment_id]
            span = (start, place + 0.15, start + number, place + 0.85)
            rows.append((*span, row.municipality, number))
        if rows or found.empty:
            layers.append(_filled(rows, name, style, ("municipality", "activities"), text))
    sums = [int(found[column].sum()) for column in ("held", "planned")]
    title = text(
        "charts.activities_title" if len(found) else "charts.activities_none",
        held=sums[0],
        planned=sums[1],
    )
    names = [(places[row.enrolment_id] + 0.5, row.municipality) for row in cases.itertuples()]
    return _lying(layers, names, title, text("charts.visits"), max([1, *begun.values()]))


def competence_hours(found: pd.DataFrame, text) -> hv.Overlay:
    """A bar for each provider: participant hours of competence development by audience.

    `found` is `frames.competence_hours`: the length of each session times those who came.
    """
    providers = list(dict.fromkeys(found["provider"]))
    begun = dict.fromkeys(providers, 0.0)
    layers = []
    for audience, style in AUDIENCES.items():
        rows = []
        for row in found[found["audience"] == audience].itertuples():
            place, start = len(providers) - 1 - providers.index(row.provider), begun[row.provider]
            begun[row.provider] += row.hours
            span = (start, place + 0.15, begun[row.provider], place + 0.85)
            rows.append((*span, row.provider, row.hours))
        if rows or not providers:
            name = text(f"audience.{audience}")
            layers.append(_filled(rows, name, style, ("provider", "hours"), text))
    title = text(
        "charts.hours_title" if providers else "charts.hours_none",
        hours=float(found["hours"].sum()),
        people=int(found["attended"].sum()),
    )
    names = [(len(providers) - n - 0.5, name) for n, name in enumerate(providers)]
    return _lying(layers, names, title, text("charts.hours"), max([1, *begun.values()]), row=ROW)


def _filled(
    rows: list[tuple], name: str, style: tuple[str, str], kinds: tuple[str, str], text
) -> hv.Rectangles:
    """Bars of one colour and pattern; the last two values of a row are what the hover tells."""
    colour, hatch = style
    told = [hv.Dimension(kind, label=text(f"charts.{kind}")) for kind in kinds]
    return hv.Rectangles(rows, vdims=told, label=name).opts(
        color=colour,
        line_color="#FFFFFF" if colour != "#FFFFFF" else drawing.FJORD900,
        tools=["hover"],
        hover_tooltips=[(text(f"charts.{kinds[0]}"), f"@{kinds[0]}"), (name, f"@{kinds[1]}")],
        hooks=[_hatched(hatch, "#FFFFFF" if colour != "#FFFFFF" else drawing.FJORD900)],
        backend="bokeh",
    )


def _lying(
    layers: list[hv.Rectangles],
    names: list[tuple[float, str]],
    title: str,
    along: str,
    longest: float,
    row: int = THIN_ROW,
) -> hv.Overlay:
    """Bars that lie under each other, with the name of each at the left."""
    return hv.Overlay(layers).opts(
        **_frame(title, legend=bool(names)),
        height=FRAME + 50 + row * max(1, len(names)),
        xlim=(0, longest * 1.05),
        ylim=(0, max(1, len(names))),
        yticks=names or NO_TICKS,
        xlabel=along,
        ylabel="",
        backend="bokeh",
    )
