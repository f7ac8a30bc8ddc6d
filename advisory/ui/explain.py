"""*Forklar*: the rule behind a number in words, what went into it, and the rows."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from .balance_rows import is_open, numbers_withheld
from .dialog import Dialog
from .view import View

SHOWN = 200


class Explain:
    """Opens the dialog that explains a key figure or a rule."""

    def __init__(self, view: View, dialog: Dialog):
        self._view, self._dialog = view, dialog

    def open(self, figure: str = "", **_values: str) -> None:
        """Explain a key figure by name; a name without an explanation opens nothing."""
        content = self._content(figure)
        if content:
            self._dialog.show(content)

    def _content(self, figure: str) -> Callable[[], Markup] | None:
        if figure in FIGURES:
            return lambda: self._figure(figure)
        if figure in RULES:
            return lambda: self._view.render(
                "explain.html",
                figure=figure,
                sum=self._rule_values(figure),
                rows=(),
                columns=(),
                more=0,
                cell=cell,
            )
        return None

    def _figure(self, figure: str) -> Markup:
        found = frames.figures(self._view.store).set_index("figure").loc[figure]
        rows = frames.figure_rows(self._view.store, figure)
        if figure == "participations" and not is_open(self._view):
            rows = rows[:0]  # few people at one workshop could be known again
        return self._view.render(
            "explain.html",
            figure=figure,
            sum=self._sum(figure, found),
            columns=COLUMNS[FIGURES[figure]],
            rows=list(rows.head(SHOWN).itertuples(index=False)),
            more=max(len(rows) - SHOWN, 0),
            cell=cell,
        )

    def _sum(self, figure: str, found: pd.Series) -> str:
        """The calculation in words, with the numbers that went in."""
        text, value = self._view.text, found["value"]
        withheld = figure == "participations" and numbers_withheld(self._view)
        if found["hidden"] or withheld:
            return text("figure.subtractable" if withheld else "figure.hidden")
        if math.isnan(value):
            return text(f"explain.{figure}.unknown")
        part, whole = int(value), 0 if math.isnan(found["of"]) else int(found["of"])
        return text(
            f"explain.{figure}.sum",
            part=part,
            whole=whole,
            rest=whole - part,
            percent=text.percent(part, whole),
            day=found["on"],
        )

    def _rule_values(self, figure: str) -> str:
        return self._view.text(f"explain.{figure}.sum", rhythm=frames.rhythm_days(self._view.store))


FIGURES: dict[str, str] = {
    "running": "cases",
    "participations": "workshops",
    "contact": "contacts",
    "on_time": "milestones",
    "late": "milestones",
    "deadline": "deadlines",
}
RULES = ("actions", "places", "map", "timeline", "health")
COLUMNS: dict[str, tuple[str, ...]] = {
    "cases": ("municipality", "cohort", "month", "consultant"),
    "contacts": ("municipality", "cohort", "last_contact_on", "silent_days", "in_rhythm"),
    "milestones": ("municipality", "name", "due_on", "done_on", "state"),
    "deadlines": ("deadline", "on", "days"),
    "workshops": ("municipalities", "title", "day", "attended"),
}


def cell(view: View, row: Any, column: str) -> Markup | str:
    """What one cell of the rows says."""
    text = view.text
    match column:
        case "municipality":
            return view.render("case_link.html", row=row)
        case "municipalities":
            return ", ".join(row.municipalities)
        case "attended":
            return text.number(None if pd.isna(row.attended) else int(row.attended))
        case "cohort":
            return view.cohort(row.cohort)
        case "name":
            return view.name(row.name, row.name_en)
        case "deadline":
            cohort = view.cohort(row.cohort) if row.cohort else ""
            return text(f"deadline.{row.kind}", cohort=cohort)
        case "due_on" | "done_on" | "on" | "day" | "last_contact_on":
            return text.date_medium(getattr(row, column))
        case "state":
            return view.render("state.html", row=row)
        case "in_rhythm":
            return text("app.yes" if row.in_rhythm else "app.no")
    return text.number(value) if isinstance(value := getattr(row, column), int) else str(value)
