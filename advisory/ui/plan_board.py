"""The plan of a case by phase; each milestone opens on its rule, its date and its history."""

from collections.abc import Callable
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..domain.errors import Conflict, NotFound
from ..store import plan
from .changes import ALL, sentences
from .conflict import ConflictDialog
from .dialog import Dialog
from .explain import Explain
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View

DATE_ERRORS = ("date_unreadable", "date_missing_day")


class PlanBoard:
    """Tick off, move, set aside, add; every change can be taken back from the toast."""

    def __init__(
        self, view: View, enrolment_id: int, explain: Explain, dialog: Dialog, toast: Toast
    ):
        self._view, self._id = view, enrolment_id
        self._dialog, self._toast = dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        dates = {key: "due_on" for key in (*DATE_ERRORS, "date_outside_programme")}
        self._add = Form({**dates, "name_needed": "name", "cpr_refused": "name"})
        self._done, self._move, self._aside = Form(), Form(), Form()
        self._open_id: int | None = None
        self.live = Live(
            "plan",
            self._render,
            {
                "explain": explain.open,
                "open": self._open,
                "tick": self._tick,
                "add": self._add_own,
            },
        )

    # --- the list ---------------------------------------------------------------------------

    def _render(self) -> Markup:
        found, dated = frames.milestones(self._view.store, self._id), self._dated()
        rows = [
            self._row(row) | {"activity": dated.get(row.milestone_id)}
            for row in found.itertuples(index=False)
        ]
        phases = [
            {"phase": phase, "rows": list(steps)}
            for phase, steps in groupby(rows, key=lambda row: row["phase"])
        ]
        for phase in phases:
            phase["done"] = [row for row in phase["rows"] if row["state"] == "done"]
            phase["open"] = [row for row in phase["rows"] if row["state"] != "done"]
        return self._view.render(
            "plan.html",
            phases=phases,
            count=len(rows),
            done=sum(row["state"] == "done" for row in rows),
            form=self._add,
            may_tick=self._view.may("milestone.done"),
            may_add=self._view.may("milestone.add"),
            may_move=self._view.may("plan.replan"),
            enrolment_id=self._id,
        )

    def _dated(self) -> dict[int, Any]:
        """The activity that is planned to fulfil a milestone, by the milestone."""
        found = frames.served(self._view.store)
        found = found[(found["enrolment_id"] == self._id) & (found["state"] == "planned")]
        return {row.milestone_id: row for row in found.dropna(subset="milestone_id").itertuples()}

    def _row(self, row: Any) -> dict[str, Any]:
        view, due_on = self._view, row.due_on.date()
        return {
            "id": row.milestone_id,
            "version": row.version,
            "phase": row.phase,
            "name": view.name(row.name, row.name_en),
            "due_on": due_on,
            "done_on": row.done_on,
            "state": row.state,
            "days": row.days,
            "pinned": row.pinned,
            "own": row.own,
            "week": calendar.holiday_week(due_on) if row.state not in ("done",) else None,
            "rule": self._rule(row),
        }

    def _rule(self, row: Any) -> str:
        """The rule behind a date in words."""
        text = self._view.text
        if row.own and row.anchor != "activity":
            return text("rule.own")
        size = text.count(f"rule.{row.unit}", abs(row.offset))
        sign = "at" if row.offset == 0 else "after" if row.offset > 0 else "before"
        anchor = text(
            f"rule.{row.anchor}", name=self._view.name(row.anchor_name, row.anchor_name_en)
        )
        rule = text(f"rule.{sign}", size=size, anchor=anchor)
        return text("rule.cancelled", rule=rule) if self._is_cancelled(row) else rule

    def _is_cancelled(self, row: Any) -> bool:
        """Whether a milestone counts from an activity that will not be."""
        if row.anchor != "activity":
            return False
        counts_from = self._view.store.get("milestone", int(row.milestone_id))["anchor_activity_id"]
        found = frames.activities(self._view.store).set_index("activity_id")["state"]
        return found[counts_from] == "cancelled"

    def _tick(self, id: str, version: str, **_values: str) -> None:
        self._attempt_done(int(id), self._view.today, int(version))

    def _attempt_done(self, milestone_id: int, day: date, version: int) -> None:
        def save(values: dict[str, Any], version: int) -> None:
            done_on = date.fromisoformat(values["done_on"]) if values["done_on"] else None
            if done_on is None:
                plan.mark_open(self._view.store, milestone_id, version=version)
            else:
                plan.mark_done(self._view.store, milestone_id, done_on, version=version)
            self._said("done", milestone_id, day=done_on)

        self._saving(lambda: save({"done_on": day.isoformat()}, version), save)

    def _add_own(self, name: str = "", due_on: str = "", **_values: str) -> None:
        with self._add.attempt(self._view.text, {"name": name, "due_on": due_on}):
            day = calendar.parse_date(due_on, self._view.today)
            milestone_id = plan.add(self._view.store, self._id, name, day)
            self._said("added", milestone_id)

    # --- one milestone ----------------------------------------------------------------------

    def _open(self, id: str, **_values: str) -> None:
        self._open_id = int(id)
        self._view.store.get("milestone", self._open_id)
        dates = {key: "on" for key in DATE_ERRORS}
        early = {key: "on" for key in ("done_in_future", "done_before_programme")}
        self._done = Form(dates | early)
        self._move = Form(dates | {"date_outside_programme": "on", "reason_needed": "reason"})
        self._aside = Form({"reason_needed": "reason"})
        actions: dict[str, Callable[..., None]] = {
            "done": self._save_done,
            "undone": self._save_undone,
            "move": self._save_move,
            "unpin": self._save_unpin,
            "aside": self._save_aside,
        }
        self._dialog.show(self._render_one, actions)

    def _render_one(self) -> Markup:
        found = frames.milestones(self._view.store, self._id)
        found = found[found["milestone_id"] == self._open_id]
        if found.empty:
            raise NotFound("not_found")
        row = found.iloc[0]
        changed = frames.changes(self._view.store, record=("milestone", self._open_id), limit=ALL)
        return self._view.render(
            "milestone.html",
            row=row,
            name=self._view.name(row["name"], row["name_en"]),
            rule=self._rule(row),
            rule_on=row["rule_on"],
            history=sentences(self._view, changed),
            done=self._done,
            move=self._move,
            aside=self._aside,
            may=self._view.may("milestone.done"),
        )

    def _save_done(self, on: str = "", version: str = "", **_values: str) -> None:
        with self._done.attempt(self._view.text, {"on": on}):
            day = calendar.parse_date(on, self._view.today)
            self._attempt_done(self._opened(), day, int(version))
        self._close_if(self._done)

    def _save_move(self, on: str = "", reason: str = "", version: str = "", **_values: str) -> None:
        milestone_id = self._opened()

        def save(values: dict[str, Any], version: int) -> None:
            if values["override_on"] is None:  # the other took the pin off, and that was chosen
                plan.unpin(self._view.store, milestone_id, version=version)
                self._said("unpinned", milestone_id)
                return
            to, why = date.fromisoformat(values["override_on"]), values["override_reason"] or ""
            plan.move(self._view.store, milestone_id, to, why, version=version)
            self._said("moved", milestone_id, day=to)

        with self._move.attempt(self._view.text, {"on": on, "reason": reason}):
            day = calendar.parse_date(on, self._view.today)
            values = {"override_on": day.isoformat(), "override_reason": reason}
            self._saving(lambda: save(values, int(version)), save)
        self._close_if(self._move)

    def _save_aside(self, reason: str = "", version: str = "", **_values: str) -> None:
        milestone_id = self._opened()

        def save(values: dict[str, Any], version: int) -> None:
            why = values["na_reason"] or ""
            plan.set_aside(self._view.store, milestone_id, why, version=version)
            self._said("set_aside", milestone_id)

        with self._aside.attempt(self._view.text, {"reason": reason}):
            self._saving(lambda: save({"na_reason": reason}, int(version)), save)
        self._close_if(self._aside)

    def _save_undone(self, version: str = "", **_values: str) -> None:
        self._save_plain(plan.mark_open, "opened", version)

    def _save_unpin(self, version: str = "", **_values: str) -> None:
        self._save_plain(plan.unpin, "unpinned", version)

    def _save_plain(self, verb: Callable[..., Any], said: str, version: str) -> None:
        """Save something that takes no words; a conflict has only "do it anyway" to choose."""
        milestone_id = self._opened()

        def save(_values: dict[str, Any], version: int) -> None:
            verb(self._view.store, milestone_id, version=version)
            self._said(said, milestone_id)

        self._saving(lambda: save({}, int(version)), save)
        self._close_if(Form())

    # --- saving -----------------------------------------------------------------------------

    def _opened(self) -> int:
        if self._open_id is None:
            raise RuntimeError("no milestone is open")
        return self._open_id

    def _saving(
        self, attempt: Callable[[], None], again: Callable[[dict[str, Any], int], None]
    ) -> None:
        """Save; a conflict opens on both versions and saves `again` what was chosen."""
        try:
            attempt()
        except Conflict as conflict:
            self._open_id = None
            self._conflict.show(conflict, again)

    def _close_if(self, form: Form) -> None:
        """Close the milestone when its form was saved; a conflict has taken its place."""
        if form.ok and self._open_id is not None:
            self._open_id = None
            self._dialog.close()

    def _said(self, what: str, milestone_id: int, day: date | None = None) -> None:
        row = self._view.store.get("milestone", milestone_id)
        name = self._view.name(row["name"], row["name_en"] or "")
        self._toast.saved(self._view.text(f"toast.{what}", name=name, day=day))
