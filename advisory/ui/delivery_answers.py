"""Theirs against ours: what a provider asks to have changed, decided cell by cell."""

from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import deliveries as rules
from ..domain.errors import Refused
from ..reports import records
from ..store import delivery_replies
from . import delivery_words as words
from .live import Live
from .toast import Toast
from .view import View

AT_A_TIME = 60  # a form sends at most a hundred values


class DeliveryAnswers:
    """A choice per cell: theirs, or ours as it stands. What both have changed is left to choose.

    A choice holds for what stood as ours when it was made.
    """

    def __init__(self, view: View, provider_id: int, toast: Toast):
        self._view, self._id, self._toast = view, provider_id, toast
        self._chosen: dict[int, tuple[str, str | None]] = {}  # and ours when it was chosen
        self._seen: dict[int, str | None] = {}
        self._free: list[int] = []  # what only they have changed
        self._left = 0
        self._problem: dict[int, str] = {}  # by session, what a save was refused for
        actions = {"choose": self._choose, "decide": self._decide, "all_theirs": self._all_theirs}
        self.live = Live("answers", self._render, actions)

    def _choose(self, **values: str) -> None:
        """Remember what is chosen so far, so that the button can say how much it is."""
        for cell_id, chosen in _cells(values).items():
            if cell_id in self._seen:
                self._chosen[cell_id] = chosen, self._seen[cell_id]

    def _decide(self, **values: str) -> None:
        """Save choices, each against what stood as ours when it was made."""
        decisions = _cells(values)
        made = {
            cell_id: self._chosen[cell_id][1]
            for cell_id, chosen in decisions.items()
            if self._chosen.get(cell_id, ("",))[0] == chosen
        }
        self._save(decisions, self._seen | made)

    def _all_theirs(self, **_values: str) -> None:
        """Take theirs where only they have changed it, and say how many are left to choose."""
        left = self._view.text.count("deliveries.both_left", self._left) if self._left else ""
        self._save(dict.fromkeys(self._free, "theirs"), self._seen, left)

    def _save(self, decisions: dict[int, str], seen: dict[int, str | None], also: str = "") -> None:
        if not decisions:
            return
        self._problem = {}
        try:
            n = delivery_replies.decide(self._view.store, decisions, seen=seen)
        except Refused as error:
            if "activity_id" not in error.values:
                raise
            self._leave(error.values["activity_id"], self._view.text.error(error))
            return
        for cell_id in decisions:
            self._chosen.pop(cell_id, None)
        words = self._view.text.count("deliveries.decided", n)
        self._toast.saved(f"{words}. {also}" if also else words)

    def _leave(self, activity_id: int, sentence: str) -> None:
        """Say at one session why nothing was saved, and leave it out of what is chosen."""
        self._problem = {activity_id: sentence}
        for row in records(frames.delivery_cells(self._view.store)):
            if row["activity_id"] == activity_id:
                self._chosen[row["cell_id"]] = "", row["ours"] or None

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
        self._free = [row["cell_id"] for row in rows[:AT_A_TIME] if _is_free(row)]
        self._left = sum(not _is_free(row) for row in rows)
        for cell_id in self._free:
            self._chosen.setdefault(cell_id, ("theirs", self._seen[cell_id]))
        shown = [self._shown(row) for row in rows[:AT_A_TIME]]
        return view.render(
            "delivery_answers.html",
            groups=[(head, list(of)) for head, of in groupby(shown, key=lambda one: one["sheet"])],
            total=len(rows),
            more=len(rows) - len(shown),
            chosen=sum(bool(one["chosen"]) for one in shown),
            free=len(self._free),
            left=self._left,
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
        chosen, ours = self._chosen.get(row["cell_id"], ("", None))
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
            "moved": not row["still_theirs"],
            "cancelled": row["state"] == "cancelled",
            "problem": self._problem.get(row["activity_id"], ""),
            "chosen": chosen if ours == (row["ours"] or None) else "",
        }


def _is_free(row: dict[str, Any]) -> bool:
    """Whether theirs can be taken without a choice: we have changed nothing about it."""
    return row["still_theirs"] and not row["both_changed"]


def _cells(values: dict[str, str]) -> dict[int, str]:
    """What was chosen, by the id of the cell: cell_12 is theirs or ours."""
    return {
        int(name[5:]): chosen
        for name, chosen in values.items()
        if name.startswith("cell_") and name[5:].isdigit() and chosen in rules.DECISIONS
    }
