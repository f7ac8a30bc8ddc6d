"""What a case has had and will have of activities, and how many came from it."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..texts import known
from .live import Live
from .view import View

COMING, HELD = 4, 4  # shown before one asks for all


class CaseActivities:
    """The next and the latest activities of a case, with the heads of each audience."""

    def __init__(self, view: View, enrolment_id: int):
        self._view, self._id, self._all = view, enrolment_id, False
        self.live = Live("activities", self._render, {"all": self._show_all})

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        view = self._view
        mine = frames.served(view.store).query("enrolment_id == @self._id")["activity_id"]
        found = frames.activities(view.store)
        found = found[found["activity_id"].isin(mine)]
        ahead = found["state"] == "planned"
        coming, past = found[ahead], found[~ahead][::-1]
        total, shown = len(found), slice(None) if self._all else None
        heads = self._heads()
        return view.render(
            "case_activities.html",
            coming=[self._row(row, heads) for row in _rows(coming[shown or slice(COMING)])],
            past=[self._row(row, heads) for row in _rows(past[shown or slice(HELD)])],
            audiences=view.codes("audience"),
            total=total,
            all=self._all,
            folded=len(coming) > COMING or len(past) > HELD,
            enrolment_id=self._id,
            may_add=view.may("activity.edit"),
            may_move=view.may("plan.replan"),
        )

    def _heads(self) -> dict[tuple[int, str], Any]:
        """This case's head counts, by activity and audience."""
        found = frames.headcounts(self._view.store).query("enrolment_id == @self._id")
        return {(row.activity_id, row.audience): row for row in found.itertuples(index=False)}

    def _row(self, row: Any, heads: dict[tuple[int, str], Any]) -> dict[str, Any]:
        """An activity with one number per audience: None where that audience is not invited."""
        own = {code: heads.get((row.activity_id, code)) for code, _ in self._view.codes("audience")}
        uncounted = any(_number(head, "attended") == "?" for head in own.values())
        name = "planned" if row.state == "planned" else "attended"
        return {
            "row": row,
            "state": "uncounted" if row.state == "held" and uncounted else row.state,
            "heads": {code: _number(head, name) for code, head in own.items()},
        }


def _number(head: Any, name: str) -> int | str | None:
    """How many; a question mark where it is not known, None where they are not invited."""
    if head is None:
        return None
    return int(getattr(head, name)) if known(getattr(head, name)) else "?"


def _rows(found: pd.DataFrame) -> list[Any]:
    return list(found.itertuples(index=False))
