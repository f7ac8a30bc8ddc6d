"""Theirs against ours: what a provider asks to have changed, decided cell by cell."""

from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import deliveries as rules
from ..reports import records
from ..store import delivery_replies
from . import delivery_words as words
from .live import Live
from .toast import Toast
from .view import View

AT_A_TIME = 60  # a form sends at most a hundred values


class DeliveryAnswers:
    """A choice per cell: theirs, or ours as it stands. What both have changed is left to choose."""

    def __init__(self, view: View, provider_id: int, toast: Toast):
        self._view, self._id, self._toast = view, provider_id, toast
        self._chosen: dict[int, str] = {}
        self._seen: dict[int, str | None] = {}
        actions = {"choose": self._choose, "decide": self._decide, "all_theirs": self._all_theirs}
        self.live = Live("answers", self._render, actions)

    def _choose(self, **values: str) -> None:
        """Remember what is chosen so far, so that the button can say how much it is."""
        self._chosen |= _cells(values)

    def _decide(self, **values: str) -> None:
        self._save(_cells(values))

    def _all_theirs(self, **_values: str) -> None:
        self._save(dict.fromkeys(self._seen, "theirs"))

    def _save(self, decisions: dict[int, str]) -> None:
        if not decisions:
            return
        n = delivery_replies.decide(self._view.store, decisions, seen=self._seen)
        self._chosen.clear()
        self._toast.saved(self._view.text.count("deliveries.decided", n))

    # --- showing ----------------------------------------------------------------------------

    def _render(self) -> Markup:
        view = self._view
        every = [
            row
            for row in records(frames.delivery_cells(view.store))
            if row["provider_id"] == self._id
        ]
        rows = self._waiting(every)
        self._seen = {row["cell_id"]: row["ours"] or None for row in rows[:AT_A_TIME]}
        shown = [self._shown(row) for row in rows[:AT_A_TIME]]
        return view.render(
            "delivery_answers.html",
            groups=[(head, list(of)) for head, of in groupby(shown, key=lambda one: one["sheet"])],
            total=len(rows),
            more=len(rows) - len(shown),
            chosen=sum(bool(one["chosen"]) for one in shown),
            may=view.may("sheet.decide"),
            own=view.store.actor.role == "partner",
            answered=bool(every),
        )

    def _waiting(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The open questions among the rows that still ask something, in their order.

        A partner does not see those about a session that has become another's.
        """
        partner = self._view.store.actor.role == "partner"
        return [
            row
            for row in rows
            if row["decision"] == "open"
            and row["theirs"] != row["ours"]
            and (row["still_theirs"] or not partner)
        ]

    def _shown(self, row: dict[str, Any]) -> dict[str, Any]:
        view, name = self._view, row["field"]
        suggested = "" if row["both_changed"] else "theirs"
        return {
            "id": row["cell_id"],
            "sheet": (row["sheet_id"], row["sheet_at"], row["reply_at"]),
            "title": row["title"],
            "activity_id": row["activity_id"],
            "day": row["day"],
            "field": words.field(view, name, row["municipality"], row["audience"]),
            **{of: words.value(view, name, row[of]) for of in ("base", "theirs", "ours")},
            "short": name != "place",
            "both": row["both_changed"],
            "cancelled": row["state"] == "cancelled",
            "chosen": self._chosen.get(row["cell_id"], suggested),
        }


def _cells(values: dict[str, str]) -> dict[int, str]:
    """What was chosen, by the id of the cell: cell_12 is theirs or ours."""
    return {
        int(name[5:]): chosen
        for name, chosen in values.items()
        if name.startswith("cell_") and name[5:].isdigit() and chosen in rules.DECISIONS
    }
