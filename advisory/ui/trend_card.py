"""*Deltagelse og kompetence*: three small charts, each with its table.

People by programme month would be the people of the balance divided another way, and the two could
be subtracted. So whoever has small numbers hidden sees there how many visits an audience was
invited to, which counts no people; and the hours without those of few people.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.activities import KINDS
from ..reports import records
from .balance_rows import fits, is_open, numbers_withheld, standing
from .live import Live
from .view import View

MONTHS = 18
SHOWN = 8  # municipalities of the second chart


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its bar: the share of the longest one, 0-1. A hidden one has neither."""

    value: float | None
    share: float = 0.0
    hidden: bool = False


class TrendCard:
    """Attendance by month and audience, activities by municipality and kind, hours by provider."""

    def __init__(self, view: View):
        self._view = view
        self._as_table = self._all = False
        actions = {"table": self._switch, "all": self._show_all}
        self.live = Live("trends", self._render, actions)

    def _switch(self, **_values: str) -> None:
        self._as_table = not self._as_table

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        name = f"trends {standing(self._view)} {self._as_table} {self._all}"
        return self._view.kept(name, self._draw)

    def _draw(self) -> Markup:
        view, cases = self._view, self._cases()
        places = self._places(cases)
        return view.render(
            "trends.html",
            audiences=view.codes("audience"),
            kinds=KINDS,
            months=self._months(cases),
            places=places if self._all or self._as_table else places[:SHOWN],
            total=len(places),
            folded=len(places) > SHOWN and not self._as_table,
            all=self._all,
            hours=[] if numbers_withheld(view) else self._hours(cases),
            withheld=numbers_withheld(view),
            open=is_open(view),
            whole=is_open(view) or cases is None,
            as_table=self._as_table,
        )

    def _cases(self) -> frozenset[int] | None:
        """The cases that the filters of the address leave; None without a filter."""
        if not (self._view.query.get("hold") or self._view.query.get("konsulent")):
            return None
        found = frames.enrolments(self._view.store).itertuples(index=False)
        return frozenset(
            row.enrolment_id for row in found if fits(self._view, row.cohort, row.initials)
        )

    # --- the three charts -------------------------------------------------------------------

    def _months(self, cases: frozenset[int] | None) -> list[dict[str, Any]]:
        """A row for each audience: a bar for each month that the data reach, at least `MONTHS`."""
        found = frames.attendance_by_month(self._view.store, cases)
        column = "attended" if is_open(self._view) else "invited"
        known = found.dropna(subset=[column])
        values = {
            (row.audience, row.month): int(getattr(row, column))
            for row in known.itertuples(index=False)
        }
        most = max([1, *values.values()])
        first = 0 if any(month == 0 for _, month in values) else 1
        last = max([MONTHS, *(month for _, month in values)])
        return [
            {
                "word": word,
                "bars": [
                    (month, _bar(values.get((code, month)), most))
                    for month in range(first, last + 1)
                ],
                "total": sum(values.get((code, month), 0) for month in range(first, last + 1)),
            }
            for code, word in self._view.codes("audience")
        ]

    def _places(self, cases: frozenset[int] | None) -> list[dict[str, Any]]:
        """A row for each case: how many activities of each kind are over, and how many to come."""
        found = frames.activities_by_municipality(self._view.store, cases)
        found = found[found["kind"].isin(KINDS)]
        rows: dict[int, dict[str, Any]] = {}
        for row in found.itertuples(index=False):
            one = rows.setdefault(row.enrolment_id, {"row": row, "held": {}, "planned": 0})
            one["held"][row.kind] = row.held
            one["planned"] += row.planned
        most = max([1, *(sum(one["held"].values()) for one in rows.values())])
        for one in rows.values():
            one["bars"] = [(kind, _bar(one["held"].get(kind, 0), most)) for kind in KINDS]
        return list(rows.values())

    def _hours(self, cases: frozenset[int] | None) -> list[dict[str, Any]]:
        """A row for each provider with a bar for each audience and the sum, then that of all."""
        found = frames.competence_sums(self._view.store, cases)
        own = found[(found["audience"] != "") & ~found["total"]]["hours"].dropna()
        most = max([1.0, *own])
        rows = groupby(records(found), lambda row: (row["total"], row["provider"]))
        return [
            {
                "provider": name,
                "bars": [
                    Bar(None, hidden=True) if row["hidden"] else _bar(row["hours"], most)
                    for row in line
                ],
            }
            for (_, name), line in rows
        ]


def _bar(value: float | None, most: float) -> Bar:
    return Bar(value, min(1.0, (value or 0) / most))
