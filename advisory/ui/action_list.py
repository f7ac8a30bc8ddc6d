"""*Kræver handling*: what somebody has to do something about, oldest first."""

from typing import Any

from markupsafe import Markup

from .. import frames
from .explain import Explain
from .live import Live
from .view import View

SHOWN = 8


class ActionList:
    """The list, for everybody or for the one who looks; the action itself is the last column."""

    def __init__(self, view: View, explain: Explain):
        self._view = view
        self._mine = self._all = False
        self.live = Live(
            "actions",
            self._render,
            {"explain": explain.open, "mine": self._toggle_mine, "all": self._show_all},
        )

    def _toggle_mine(self, **_values: str) -> None:
        self._mine = not self._mine

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        store, user_id = self._view.store, self._view.user_id()
        everything = frames.actions(store)
        mine = everything[everything["consultant_id"] == user_id] if user_id else everything[:0]
        found = mine if self._mine else everything
        coming = frames.milestones(store).query("state in ('soon', 'planned')")["days"]
        return self._view.render(
            "actions.html",
            rows=[self._row(row) for row in found.head(None if self._all else SHOWN).itertuples()],
            total=len(found),
            mine_total=len(mine),
            mine=self._mine,
            can_be_mine=len(mine) > 0 or self._mine,
            all=self._all,
            folded=len(found) > SHOWN,
            next_in=int(coming.min()) if len(coming) else None,
        )

    def _row(self, row: Any) -> dict[str, Any]:
        view, text = self._view, self._view.text
        href = view.links.case(row.slug, row.cohort)
        anchor = {
            "milestone": f"#milestone-{row.target_id}",
            "task": "#tasks",
            "silent": "#journal",
        }
        subject = view.name(row.subject, row.subject_en)
        if row.kind == "audience":
            subject = view.code("audience", row.subject)
        return {
            "row": row,
            "href": href if row.slug and view.may_see("page.case") else "",
            "target": self._target(row, href + anchor.get(row.kind, "")),
            "what": text(f"action.{self._what(row)}", subject=subject, n=row.days),
            "when": text(f"action.{row.kind}_when", days=row.days, day=row.on),
            "do": text(f"action.{row.kind}_do"),
        }

    def _what(self, row: Any) -> str:
        """The words for an action; who may not read the journal is not told what a task is."""
        return "task_unnamed" if row.kind == "task" and not row.subject else str(row.kind)

    def _target(self, row: Any, otherwise: str) -> str:
        """Where the action is done."""
        if row.kind in ("unfinished", "uncounted", "audience"):
            return self._view.links("aktivitet", id=row.target_id)
        if row.kind in ("offer", "place"):
            return self._view.links("optag", hold=row.cohort, valgt=row.slug) + "#afgoerelse"
        return otherwise
