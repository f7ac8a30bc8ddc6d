"""The places as squares, one for each, in the order of the cohorts.

The numbers are those of the frames: `by_cohort` is `frames.capacity`, `sums` is `frames.places`.
`cases` has a row for each municipality, as `frames.enrolments`, with `cohort`, `short`,
`municipality`, `status` and `holds_place`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from . import drawing, safe
from .drawing import text_width

WIDTH = 522
STEP, SQUARE = 25.4, 23
BETWEEN = 7  # from the last step of one cohort to the next cohort
IN_A_LINE = 20
HEIGHT = 58

LEGEND = {
    "running": ("active", "completed"),
    "admitted": ("admitted",),
    "offered": ("offered",),
    "withdrawn": ("withdrawn",),
}
ALWAYS = ("admitted", "offered")

Href = Callable[[Any], str | None]
Sums = Mapping[str, int]


def adds_up(by_cohort: pd.DataFrame, sums: Sums) -> bool:
    """Whether no more is held or given to cohorts than there is, and none holds more than its own.

    A cohort's number is the most it may hold; one without a number may take what it leaves.
    """
    own = [free for free in map(_own_free, by_cohort.itertuples(index=False)) if free is not None]
    given = int(by_cohort["places"].sum())
    return min(own, default=0) >= 0 and sums["free"] >= 0 and given <= sums["capacity"]


def squares(cases: pd.DataFrame, by_cohort: pd.DataFrame, sums: Sums, text, href: Href) -> Markup:
    """A square for each place: taken first, then offered, then free, cohort by cohort.

    Free places of a cohort without a published number stand once, in a group of their own; no more
    free places are drawn than there are, whatever numbers the cohorts have.
    Cohorts that do not fit beside each other begin a new line.
    """
    forms = drawing.forms(by_cohort["cohort"])
    groups, given = [], 0
    for one in by_cohort.itertuples(index=False):
        rows = cases[(cases["cohort"] == one.cohort) & cases["holds_place"]]
        held = [_square(row, text, href, forms[one.cohort]) for row in _in_order(rows)]
        name = drawing.capital(text.month_year(one.starts_on))
        free = max(min(_own_free(one) or 0, sums["free"] - given), 0)
        loose = _free_squares(free, text("ledger.free_in", cohort=name), text)
        groups.append((name, caption(rows, one.places, free, text), held + loose))
        given += free
    if (left := sums["free"] - given) > 0:
        loose = _free_squares(left, text("ledger.free_unallocated"), text)
        groups.append((text("ledger.unallocated"), text.count("ledger.free", left), loose))
    drawn, height = _flow(groups)
    linked = [one for group in drawn for one in group["squares"] if one["link"]]
    return safe.render(
        "chart_ledger.svg.html",
        text,
        groups=drawn,
        width=WIDTH,
        height=height,
        size=SQUARE,
        first=linked[0] if linked else None,
        summary=text(
            "ledger.summary",
            n=sums["capacity"],
            admitted=sums["taken"],
            offered=sums["offered"],
            free=max(sums["free"], 0),
        ),
    )


def caption(rows: pd.DataFrame, places: int | None, free: int, text) -> str:
    """Such as "7 af 7 i forløb", or "3 optaget · 2 tilbudt · 1 ledig" for several kinds."""
    counts = rows["status"].value_counts()
    kinds = ("active", "completed", "admitted", "withdrawn", "offered")
    parts = [(status, int(counts[status])) for status in kinds if counts.get(status)]
    if len(parts) == 1 and not free and not pd.isna(places) and places:
        status, n = parts[0]
        return text(f"ledger.all_{status}", n=n, places=places)
    said = [text.count(f"ledger.{status}", n) for status, n in parts]
    said += [text.count("ledger.free", free)] if free else []
    return " · ".join(said) or text("ledger.none")


def legend(cases: pd.DataFrame, by_cohort: pd.DataFrame, text) -> list[dict[str, Any]]:
    """What the squares mean: by kind the words and a look for each form, with its hatching.

    What runs and what is withdrawn is told only where there is some.
    """
    forms = drawing.forms(by_cohort["cohort"])
    held = cases[cases["holds_place"]]
    shown = []
    for word, statuses in LEGEND.items():
        codes = held.loc[held["status"].isin(statuses), "cohort"]
        of = [forms[code] for code in forms if code in set(codes)]
        if of or word in ALWAYS:
            looks = [drawing.look(statuses[0], form) for form in of or list(forms.values())[-1:]]
            shown.append((word, looks[:1] if word in ("offered", "withdrawn") else looks))
    shown.append(("free", [drawing.FREE]))
    return [
        {
            "looks": [(one, drawing.hatch(2, 2, 10, 10) if one.hatched else "") for one in looks],
            "words": text(f"ledger.legend_{word}"),
        }
        for word, looks in shown
    ]


def _own_free(row: Any) -> int | None:
    """What is left of a cohort's own number, below zero when it holds more; None without one."""
    return None if pd.isna(row.places) else int(row.places) - int(row.held)


def _in_order(rows: pd.DataFrame) -> list[Any]:
    """The rows with offers last; otherwise in their own order."""
    return sorted(rows.itertuples(index=False), key=lambda row: row.status == "offered")


def _square(row: Any, text, href: Href, form: drawing.Form) -> dict[str, Any]:
    status = text(f"status.{row.status}").lower()
    return {
        "look": drawing.look(row.status, form),
        "label": row.short,
        "words": text("ledger.square", municipality=row.municipality, status=status),
        "link": href(row),
    }


def _free_squares(n: int, words: str, text) -> list[dict[str, Any]]:
    label = text("ledger.free_label")
    one = {"look": drawing.FREE, "label": label, "words": words, "link": None}
    return [dict(one) for _ in range(max(n, 0))]


def _flow(groups: list[tuple[str, str, list[dict[str, Any]]]]) -> tuple[list[dict[str, Any]], int]:
    """The groups with their squares placed, and the height of them all."""
    drawn: list[dict[str, Any]] = []
    x, y, lowest = 0.0, 0, 0
    for name, under, found in groups:
        columns = min(len(found), IN_A_LINE)
        wide = max(columns * STEP, text_width(name, bold=True), text_width(under))
        if drawn and x + wide > WIDTH + BETWEEN:
            x, y = 0.0, lowest + 8
        for position, one in enumerate(found):
            line, column = divmod(position, IN_A_LINE)
            one["x"], one["y"] = x + STEP * column, y + 18 + STEP * line
            one["line"], one["column"] = (y // HEIGHT) * 10 + line, round(one["x"] / STEP)
            look = one["look"]
            one["hatching"] = (
                drawing.hatch(one["x"] + 2, one["y"] + 2, SQUARE - 4, SQUARE - 4)
                if look.hatched
                else ""
            )
        extra = max(-(-len(found) // IN_A_LINE) - 1, 0)
        below = y + HEIGHT + round(extra * STEP)
        drawn.append(
            {"x": x, "y": y, "name": name, "caption": under, "caption_y": below - 3,
             "squares": found}
        )  # fmt: skip
        lowest = max(lowest, below)
        x += wide + BETWEEN
    return drawn, lowest
