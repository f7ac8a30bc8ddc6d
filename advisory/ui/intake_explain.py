"""*Forklar* on Optag: the rules behind the five figures of a round, the calculations, the rows."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from . import explain
from .dialog import Dialog
from .intake_round import row_of
from .view import View

ROWS: dict[str, tuple[str, ...]] = {
    "intake_deadline": ("cohort", "apply_by", "source"),
    "intake_applications": ("municipality", "received_on", "late", "moved_from", "stage"),
    "intake_offers": ("municipality", "cohort", "since", "answer_by"),
    "intake_free": ("municipality", "cohort", "stage", "since"),
    "intake_waiting": ("queue", "municipality", "received_on", "late", "priority"),
}


class IntakeExplain(explain.Explain):
    """Explains the figures of one cohort's round, and what `Explain` does."""

    def __init__(self, view: View, cohort: str, dialog: Dialog):
        super().__init__(view, dialog)
        self._cohort = cohort

    def _content(self, figure: str) -> Any:
        if figure in ROWS and self._cohort:
            return lambda: self._intake(figure)
        return super()._content(figure)

    def _intake(self, figure: str) -> Markup:
        name = figure.removeprefix("intake_")
        rows = getattr(self, f"_{name}_rows")()
        return self._view.render(
            "explain.html",
            figure=figure,
            sum=getattr(self, f"_{name}_sum")(),
            columns=ROWS[figure],
            rows=list(rows.head(explain.SHOWN).itertuples(index=False)),
            more=max(len(rows) - explain.SHOWN, 0),
            cell=cell,
        )

    def _round(self) -> dict[str, Any]:
        return row_of(self._view, self._cohort)

    def _applications(self) -> pd.DataFrame:
        return frames.applications(self._view.store, self._cohort)

    # --- the deadline -----------------------------------------------------------------------

    def _deadline_rows(self) -> pd.DataFrame:
        return frames.rounds(self._view.store)

    def _deadline_sum(self) -> str:
        row, text = self._round(), self._view.text
        if row["apply_by"] is None:
            said = text("explain.intake_deadline.unknown", cohort=row["cohort"])
        else:
            when = text.relative(row["days_left"])
            said = text("explain.intake_deadline.sum", day=row["apply_by"], when=when)
        return f"{said} {text('explain.intake_deadline.source', source=row['source'])}"

    # --- the applications -------------------------------------------------------------------

    def _applications_rows(self) -> pd.DataFrame:
        return self._applications()

    def _applications_sum(self) -> str:
        row = self._round()
        own = {name: row[name] for name in ("applications", "undecided", "moved_in", "late")}
        decided = row["applications"] - row["undecided"]
        return self._view.text("explain.intake_applications.sum", decided=decided, **own)

    def _offers_rows(self) -> pd.DataFrame:
        found = self._applications()
        return found[found["stage"] == "offered"]

    def _offers_sum(self) -> str:
        return self._view.text.count("explain.intake_offers.sum", self._round()["offered"])

    def _waiting_rows(self) -> pd.DataFrame:
        return frames.waiting(self._view.store, self._cohort)

    def _waiting_sum(self) -> str:
        row = self._round()
        return self._view.text.count("explain.intake_waiting.sum", row["waiting"], free=row["free"])

    # --- the places -------------------------------------------------------------------------

    def _free_rows(self) -> pd.DataFrame:
        """Every case of the initiative that holds a place."""
        found = frames.applications(self._view.store)
        among = found["cohort_id"].isin(self._cohorts())
        return found[among & found["holds_place"]]

    def _cohorts(self) -> list[int]:
        """The ids of the cohorts that share their places with this one."""
        own = self._view.store.get("cohort", self._round()["cohort_id"])
        shared = self._view.store.rows("cohort", "initiative_id = ?", [own["initiative_id"]])
        return [cohort["id"] for cohort in shared]

    def _free_sum(self) -> str:
        row, text, store = self._round(), self._view.text, self._view.store
        initiative = store.get("cohort", row["cohort_id"])["initiative_id"]
        capacity, held = store.get("initiative", initiative)["capacity"], len(self._free_rows())
        whole = text(
            "explain.intake_free.whole", capacity=capacity, held=held, free=capacity - held
        )
        if row["places"] is None:
            return f"{whole} {text('explain.intake_free.shared')}"
        own = row["taken"] + row["offered"]
        left = {"places": row["places"], "held": own, "free": row["places"] - own}
        return f"{text('explain.intake_free.own', **left)} {whole}"


def cell(view: View, row: Any, column: str) -> Markup | str:
    """What one cell of the rows says."""
    text, value = view.text, getattr(row, column)
    match column:
        case "apply_by" | "received_on" | "since" | "answer_by":
            return text.date_medium(value)
        case "late":
            return text("app.yes" if value else "app.no")
        case "moved_from":
            return view.cohort(value) if value else text.number(None)
        case "stage":
            return text(f"stage.{value}")
        case "queue" | "priority":
            return text.number(None if pd.isna(value) else int(value))
    return explain.cell(view, row, column)
