"""The ledger of places: one square for each place, in the order of the cohorts.

`places` has a row for each municipality with `cohort`, `short`, `municipality`, `status` and
`holds_place`; `cohorts` are (code, first day, number of places or None where not published).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
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

Href = Callable[[Any], str | None]
Cohort = tuple[str, date, int | None]


def sums(places: pd.DataFrame, cohorts: Sequence[Cohort], capacity: int) -> dict[str, Any]:
    """How many places are taken, offered and free, in all and for each cohort.

    Keys: `capacity`, `admitted` (held and not just offered), `offered`, `free`, `waiting`,
    `unallocated` (free places no cohort has been given), `balanced` and `cohorts`, a list of dicts
    with `code`, `places`, `admitted`, `offered`, `free` (None where `places` is) and `waiting`.
    `balanced` is False when more is held than there is, or cohorts promise more than is free.
    """
    lines = []
    for code, _, own in cohorts:
        rows = places[places["cohort"] == code]
        admitted, offered = _held(rows)
        lines.append(
            {
                "code": code,
                "places": own,
                "admitted": admitted,
                "offered": offered,
                "free": None if own is None else own - admitted - offered,
                "waiting": int((rows["status"] == "waitlisted").sum()),
            }
        )
    admitted, offered = _held(places)
    free = capacity - admitted - offered
    promised = sum(max(line["free"] or 0, 0) for line in lines)
    overdrawn = any((line["free"] or 0) < 0 for line in lines)
    return {
        "capacity": capacity,
        "admitted": admitted,
        "offered": offered,
        "free": free,
        "waiting": int((places["status"] == "waitlisted").sum()),
        "unallocated": max(free - promised, 0),
        "balanced": free >= promised and not overdrawn,
        "cohorts": lines,
    }


def squares(
    places: pd.DataFrame,
    cohorts: Sequence[Cohort],
    capacity: int,
    text,
    href: Href,
) -> Markup:
    """A square for each place: taken first, then offered, then free, cohort by cohort.

    Free places of a cohort without a published number stand once, in a group of their own.
    Cohorts that do not fit beside each other begin a new line.
    """
    total = sums(places, cohorts, capacity)
    forms = drawing.forms(code for code, _, _ in cohorts)
    groups = []
    for (code, starts_on, _), line in zip(cohorts, total["cohorts"], strict=True):
        rows = places[(places["cohort"] == code) & places["holds_place"]]
        held = [_square(row, text, href, forms[code]) for row in _in_order(rows)]
        name = drawing.capital(text.month_year(starts_on))
        free = _free_squares(line["free"] or 0, text("ledger.free_in", cohort=name), text)
        groups.append((name, caption(rows, line, text), held + free))
    if total["unallocated"]:
        loose = _free_squares(total["unallocated"], text("ledger.free_unallocated"), text)
        count = text.count("ledger.free", total["unallocated"])
        groups.append((text("ledger.unallocated"), count, loose))
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
            n=capacity,
            admitted=total["admitted"],
            offered=total["offered"],
            free=max(total["free"], 0),
        ),
    )


def caption(rows: pd.DataFrame, line: Mapping[str, Any], text) -> str:
    """Such as "7 af 7 i forløb", or "3 optaget · 2 tilbudt · 1 ledig" for several kinds."""
    counts = rows["status"].value_counts()
    kinds = ("active", "completed", "admitted", "withdrawn", "offered")
    parts = [(status, int(counts[status])) for status in kinds if counts.get(status)]
    free = max(line["free"] or 0, 0)
    if len(parts) == 1 and not free and line["places"]:
        status, n = parts[0]
        return text(f"ledger.all_{status}", n=n, places=line["places"])
    said = [text.count(f"ledger.{status}", n) for status, n in parts]
    said += [text.count("ledger.free", free)] if free else []
    return " · ".join(said) or text("ledger.none")


def _held(rows: pd.DataFrame) -> tuple[int, int]:
    """(taken, offered) among the places that are held."""
    held = rows[rows["holds_place"]]
    offered = int((held["status"] == "offered").sum())
    return len(held) - offered, offered


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
