"""*Belastning pr. konsulent*: bars per month, as it is now and as it becomes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from ..domain import calendar
from ..domain.replan_load import Load
from .view import View

MOST_MONTHS = 18
AROUND = 1  # months told on either side of those that change


def people(view: View, loads: Sequence[Load]) -> list[dict[str, Any]]:
    """The consultants whose months change, each with their months and the height of each bar.

    `months` are dicts with month, before, after and the heights `now` and `then` in percent of the
    highest bar of all. Empty when nobody's months change.
    """
    changed = [load for load in loads if load.before != load.after]
    if not changed:
        return []
    months = _months([load.month for load in changed])
    own: dict[int | None, dict[date, Load]] = defaultdict(dict)
    for load in loads:
        own[load.consultant_id][load.month] = load
    names = {row["id"]: row["name"] for row in view.store.rows("app_user")}
    shown = dict.fromkeys(load.consultant_id for load in changed)
    most = max(
        max(load.before, load.after)
        for load in loads
        if load.month in months and load.consultant_id in shown
    )
    return [
        {
            "name": view.text("replan.load_nobody") if id is None else names[id],
            "months": [_bar(own[id].get(month), id, month, most) for month in months],
        }
        for id in shown
    ]


def _months(changed: Sequence[date]) -> list[date]:
    first = calendar.add_months(min(changed), -AROUND)
    last = calendar.add_months(max(changed), AROUND)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [calendar.add_months(first, n) for n in range(min(count, MOST_MONTHS))]


def _bar(found: Load | None, id: int | None, month: date, most: int) -> dict[str, Any]:
    load = found or Load(id, month, 0, 0)
    return {
        "month": month,
        "before": load.before,
        "after": load.after,
        "now": round(100 * load.before / most),
        "then": round(100 * load.after / most),
    }
