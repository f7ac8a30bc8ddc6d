"""Kommuner: the list of cases with filters and order, both kept in the address."""

from collections.abc import Mapping

import pandas as pd
from markupsafe import Markup

from .. import frames
from . import filters
from .live import Live
from .view import View

HEADS = tuple(filters.SOURCES)


class CaseList:
    """All cases, or those that fit what was chosen; each name opens its case."""

    def __init__(self, view: View):
        self._view = view
        self.chosen: dict[str, str] = {
            name: view.query[name] for name in (*filters.FILTERS, "sorter") if view.query.get(name)
        }
        self.live = Live(
            "cases",
            self._render,
            {"filter": self._filter, "sort": self._sort, "clear": self._clear},
            address=self.address,
        )

    def address(self) -> str:
        """The address that shows the list as it stands."""
        return self._view.links("kommuner", **self.chosen)

    def _filter(self, **values: str) -> None:
        for name in filters.FILTERS:
            if name in values:
                self._choose(name, values[name])

    def _choose(self, name: str, value: str) -> None:
        if value.strip():
            self.chosen[name] = value.strip()
        else:
            self.chosen.pop(name, None)

    def _sort(self, column: str = "", **_values: str) -> None:
        """Sort by a column; the same column again turns the order round."""
        if column in HEADS:
            self._choose("sorter", f"-{column}" if self.chosen.get("sorter") == column else column)

    def _clear(self, **_values: str) -> None:
        for name in filters.FILTERS:
            self.chosen.pop(name, None)

    def _render(self) -> Markup:
        cases = frames.enrolments(self._view.store)
        found = filters.apply(cases, self.chosen)
        return self._view.render(
            "case_list.html",
            rows=list(found.itertuples(index=False)),
            total=len(cases),
            heads=[(column, self._direction(column)) for column in HEADS],
            chosen=self.chosen,
            filtered=any(name in self.chosen for name in filters.FILTERS),
            options=self._options(cases),
            may_open=self._view.may_see("page.case"),
        )

    def _direction(self, column: str) -> str:
        sorter = self.chosen.get("sorter", "")
        return {column: "ascending", f"-{column}": "descending"}.get(sorter, "")

    def _options(self, cases: pd.DataFrame) -> Mapping[str, list[tuple[str, str]]]:
        text = self._view.text
        people = (
            cases[cases["initials"] != ""].drop_duplicates("initials").sort_values("consultant")
        )
        statuses = sorted(set(cases["status"]))
        return {
            "hold": [(code, self._view.cohort(code)) for code in sorted(set(cases["cohort"]))],
            "region": [(name, name) for name in sorted(set(cases["region"]) - {""})],
            "konsulent": list(zip(people["initials"], people["consultant"])),
            "tilstand": [(health, text(f"health.{health}")) for health in filters.PROGRESS],
            "status": [
                ("plads", text("list.holds_place")),
                *((status, text(f"status.{status}")) for status in statuses),
            ],
        }
