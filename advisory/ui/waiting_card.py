"""Venteliste: who is next for a place in a round, and why each stands where it stands."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..reports import records
from .application_form import ApplicationForm
from .intake_round import row_of
from .live import Live
from .view import View


class WaitingCard:
    """The queue of a cohort in its order, with the rule behind the order in one line."""

    def __init__(self, view: View, cohort: str, form: ApplicationForm):
        self._view, self._cohort = view, cohort
        self.live = Live("waiting", self._render, {"prioritise": form.prioritise})

    def _render(self) -> Markup:
        view = self._view
        own = row_of(view, self._cohort)
        rows = records(frames.waiting(view.store, self._cohort))
        return view.render(
            "waiting_card.html",
            cohort=self._cohort,
            rows=[{**row, "why": self._why(row, own)} for row in rows],
            free=min(own["free"], len(rows)),
            chosen=view.query.get("valgt", ""),
            may=view.may("application.edit"),
        )

    def _why(self, row: dict[str, Any], own: dict[str, Any]) -> str:
        """Received when, in time or not, and with which priority."""
        text, last = self._view.text, own["apply_by"]
        key = "received" if last is None else "late" if row["late"] else "in_time"
        said = text(f"waiting_card.{key}", day=row["received_on"], last=last)
        if row["priority"] is None:
            return said
        also = text(
            "waiting_card.priority", priority=row["priority"], reason=row["priority_reason"]
        )
        return f"{said}; {also}"
