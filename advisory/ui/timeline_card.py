"""The 18 months of all cases, by the calendar or side by side by programme month."""

from datetime import date
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..frames.enrolments import FOLLOWED
from . import timeline
from .explain import Explain
from .live import Live
from .view import View


class TimelineCard:
    """The timeline, with the axis the person chose, or the same facts as a table."""

    def __init__(self, view: View, explain: Explain):
        self._view = view
        self._axis, self._as_table = "calendar", False
        self.live = Live(
            "timeline",
            self._render,
            {"explain": explain.open, "axis": self._switch_axis, "table": self._switch_table},
        )

    def _switch_axis(self, **_values: str) -> None:
        self._axis = "months" if self._axis == "calendar" else "calendar"

    def _switch_table(self, **_values: str) -> None:
        self._as_table = not self._as_table

    def _href(self, row: Any) -> str | None:
        if not self._view.may_see("page.case"):
            return None
        return self._view.links.case(row.slug, row.cohort)

    def _render(self) -> Markup:
        return self._view.kept(f"timeline {self._axis} {self._as_table}", self._draw)

    def _draw(self) -> Markup:
        cases, plan, free = self._data()
        return self._view.render(
            "timeline_card.html",
            picture="" if not len(cases) else self._picture(cases, plan, free),
            rows=timeline.rows(cases, self._view.text),
            axis=self._axis,
            as_table=self._as_table,
            may_open=self._view.may_see("page.case"),
        )

    def _data(self) -> tuple[pd.DataFrame, pd.DataFrame, list[tuple[str, int]]]:
        store = self._view.store
        cases = frames.enrolments(store)
        cases = cases[cases["status"].isin((*FOLLOWED, "offered"))].reset_index(drop=True)
        capacity = frames.capacity(store)
        free = [
            (row.cohort, int(row.places) - row.held)
            for row in capacity.itertuples()
            if not pd.isna(row.places) and row.places > row.held
        ]
        return cases, frames.milestones(store), free

    def _picture(
        self, cases: pd.DataFrame, plan: pd.DataFrame, free: list[tuple[str, int]]
    ) -> Markup:
        initiative = self._view.store.rows("initiative")[0]
        shown = {
            "today": self._view.today,
            "project_end": date.fromisoformat(initiative["period_to"]),
            "text": self._view.text,
            "href": self._href,
            "free_rows": free,
        }
        if self._axis == "months":
            return timeline.programme_months(cases, plan, **shown)
        return timeline.calendar(cases, plan, is_today=self._view.store.as_of is None, **shown)
