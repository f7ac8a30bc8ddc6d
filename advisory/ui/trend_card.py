"""*Deltagelse og kompetence*: three small charts, each with its table.

People by programme month would be the people of the balance divided another way, and the two could
be subtracted. So whoever has small numbers hidden sees there how many visits an audience was
invited to, which counts no people; and the hours without those of few people.
"""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import small_numbers
from ..domain.activities import KINDS
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
        """A row for each provider with a bar for each audience and the sum, then that of all.

        Where small numbers are hidden, filters do not apply: the table is that of all cases.
        """
        view, audiences = self._view, [code for code, _ in self._view.codes("audience")]
        found = frames.competence_hours(view.store, cases if is_open(view) else None)
        providers = list(dict.fromkeys(found["provider"]))
        cells = {(row.provider, row.audience): row for row in found.itertuples(index=False)}
        if not providers:
            return []
        heads = [
            [getattr(cells.get((one, code)), "attended", None) for code in audiences]
            for one in providers
        ]
        hidden = frozenset() if is_open(view) else small_numbers.hidden(heads)
        hours = [
            [getattr(cells.get((one, code)), "hours", None) for code in audiences]
            for one in providers
        ]
        hours.append([_sum(column) for column in zip(*hours)])
        most = max([1.0, *(hour or 0.0 for row in hours[:-1] for hour in row)])
        return [
            {
                "provider": name,
                "bars": [
                    Bar(None, hidden=True) if (at, column) in hidden else _bar(hour, most)
                    for column, hour in enumerate([*row, _sum(row)])
                ],
            }
            for at, (name, row) in enumerate(zip([*providers, ""], hours))
        ]


def _bar(value: float | None, most: float) -> Bar:
    return Bar(value, min(1.0, (value or 0) / most))


def _sum(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
