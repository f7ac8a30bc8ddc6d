"""The head of a case: how it stands, who follows it, what comes next, and the band of its plan."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain.errors import Conflict
from ..domain.health import Reason
from ..store import Row, Store, enrolments
from . import band
from .conflict import ConflictDialog
from .dialog import Dialog
from .explain import Explain
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View


class CaseHeader:
    """Everything one reads before a phone call."""

    def __init__(
        self, view: View, enrolment_id: int, explain: Explain, dialog: Dialog, toast: Toast
    ):
        self._view, self._id, self._dialog, self._toast = view, enrolment_id, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form()
        self.live = Live(
            "header",
            self._render,
            {"explain": explain.open, "edit": self._edit},
        )

    def _edit(self, **_values: str) -> None:
        self._form = Form({"cpr_refused": "goal"})
        self._dialog.show(self._render_edit, {"save": self._save})

    def _save(self, version: str = "", **values: str) -> None:
        """Save consultant, prior experience and goal; a refusal stays in the dialog."""
        changes: dict[str, Any] = {
            "consultant_id": int(values["consultant_id"]) if values.get("consultant_id") else None,
            "prior_experience": values.get("prior_experience") or None,
            "goal": values.get("goal", "").strip() or None,
        }

        def save(values: dict[str, Any], version: int) -> None:
            enrolments.edit(self._view.store, self._id, values, version=version)
            self._toast.saved(self._view.text("toast.enrolment"))

        with self._form.attempt(self._view.text, values):
            try:
                save(changes, int(version))
            except Conflict as conflict:
                self._conflict.show(conflict, save)
                return
        if self._form.ok:
            self._dialog.close()

    def _row(self) -> pd.Series:
        return frames.case(self._view.store, self._id)

    def _render_edit(self) -> Markup:
        store = self._view.store
        return self._view.render(
            "case_edit.html",
            row=self._row(),
            form=self._form,
            consultants=[(user["id"], user["name"]) for user in _consultants(store, self._row())],
            experience=self._view.codes("prior_experience"),
        )

    def _render(self) -> Markup:
        view, row = self._view, self._row()
        plan = frames.milestones(view.store, self._id)
        english = dict(zip(plan["name"], plan["name_en"]))
        return view.render(
            "case_header.html",
            row=row,
            reasons=[self._reason(reason, english) for reason in row["reasons"]],
            experience=view.code("prior_experience", row["prior_experience"])
            if row["prior_experience"]
            else "",
            next_name=view.name(row["next_milestone"], row["next_milestone_en"]),
            next_days=None
            if pd.isna(row["next_on"])
            else (row["next_on"] - pd.Timestamp(view.today)).days,
            band=band.band(
                plan,
                starts_on=row["starts_on"].date(),
                ends_on=row["ends_on"].date(),
                today=view.today,
                months=int(row["months"]),
                text=view.text,
                is_today=view.store.as_of is None,
            )
            if len(plan)
            else "",
            may_edit=view.may("enrolment.edit"),
        )

    def _reason(self, reason: Reason, english: Mapping[str, str]) -> str:
        """A reason in the language of the page; the data name a milestone in Danish."""
        values = dict(reason.values)
        if "name" in values:
            danish = str(values["name"])
            values["name"] = self._view.name(danish, english.get(danish, ""))
        return self._view.text(f"reason.{reason.key}", **values)


def _consultants(store: Store, row: pd.Series) -> list[Row]:
    """Who may follow a case: the consultants at work, and whoever follows it now."""
    now = -1 if pd.isna(row["consultant_id"]) else int(row["consultant_id"])
    where = "(role = 'consultant' AND active) OR id = ?"
    return store.rows("app_user", where, [now], order="name")
