"""What becomes of an activity: held, moved, cancelled, or not held after all."""

from collections.abc import Callable
from datetime import date
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import activities as rules
from ..domain import calendar, scheduling
from ..domain.errors import Conflict, Refused
from ..domain.replan_rows import Asked
from ..frames.bookings import bookings, periods
from ..reports import records
from ..store import Row, activities, plan, replan
from ..store.instants import instant, stamp
from . import activity_fields as fields
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .snags import sentence
from .toast import Toast
from .view import View

ERRORS = {
    "activity_ends_before_start": "until",
    "activity_too_long": "until",
    "activity_outside_programme": "on",
    "activity_held": "on",
    "reason_needed": "reason",
    "next_step_needed": "next_step",
}
SAID = ("agreed", "next_step", "next_step_by")

Save = Callable[[Row, int], None]


class ActivitySteps:
    """The dialogs; what was typed stays until it is saved."""

    def __init__(self, view: View, activity_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._dialog, self._toast = view, activity_id, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form(ERRORS)
        self._warned: tuple[str, ...] = ()
        self._look: tuple[date, int] | None = None  # what a move to a day would move in all

    def hold(self, **_values: str) -> None:
        """Ask what was agreed, and which milestones are done with it."""
        self._open("hold", self._hold)

    def move(self, **_values: str) -> None:
        """Ask for another time."""
        self._open("move", self._move)

    def cancel(self, **_values: str) -> None:
        """Ask why it is cancelled."""
        self._open("cancel", self._cancel)

    def take_back(self, version: str = "", **_values: str) -> None:
        """Say that it was not held after all."""

        def save(_: Row, version: int) -> None:
            activities.take_back(self._view.store, self._id, version=version)
            self._toast.saved(self._view.text("activity_steps.taken_back"))

        self._try(save, {}, version)

    def _open(self, what: str, save: Callable[..., None]) -> None:
        self._view.store.require("activity.edit")
        self._form, self._warned, self._look = Form(ERRORS), (), None
        self._dialog.show(lambda: self._render(what), {"save": save})

    def _row(self) -> Row:
        return activities.get(self._view.store, self._id)

    # --- saving -----------------------------------------------------------------------------

    def _try(self, save: Save, values: Row, version: str) -> None:
        """Save, or show both versions; closes the dialog when it is saved."""
        try:
            save(values, int(version))
        except Conflict as conflict:
            self._conflict.show(conflict, save)
        else:
            self._dialog.close()

    def _hold(self, version: str = "", **typed: str) -> None:
        view, text = self._view, self._view.text
        done = [
            int(row["milestone_id"])
            for row in self._served()
            if row["milestone_id"] is not None and typed.get(f"done_{row['milestone_id']}")
        ]

        def save(values: Row, version: int) -> None:
            said: Row = {name: values.get(name, given[name]) for name in SAID}
            with view.store.write("activity.edit"):
                by = said["next_step_by"]
                activities.hold(
                    view.store,
                    self._id,
                    done=done,
                    agreed=said["agreed"],
                    next_step=said["next_step"],
                    next_step_by=date.fromisoformat(by) if by else None,
                    version=version,
                )
                activities.edit(view.store, self._id, _emptied(said))
            self._toast.saved(text("activity_steps.held"))

        with self._form.attempt(text, typed):
            given = self._said(typed)
            self._try(save, {}, version)

    def _said(self, typed: dict[str, str]) -> Row:
        written = typed.get("next_step_by", "").strip()
        with self._form.reading("next_step_by"):
            by = calendar.parse_date(written, self._view.today).isoformat() if written else None
        said = {name: typed.get(name, "").strip() for name in ("agreed", "next_step")}
        if by and not said["next_step"]:
            raise Refused("next_step_needed")
        return {**said, "next_step_by": by}

    def _move(self, anyway: str = "", look: str = "", version: str = "", **typed: str) -> None:
        def save(values: Row, version: int) -> None:
            at = {name: instant(values[name]) for name in ("starts_at", "ends_at")}
            activities.move(self._view.store, self._id, **at, version=version)
            self._toast.saved(self._view.text("activity_steps.moved"))

        warned: tuple[str, ...] = ()
        waits, self._look = False, None
        with self._form.attempt(self._view.text, typed):
            starts_at, ends_at = (
                fields.moment(self._view, self._form, typed, name) for name in ("from", "until")
            )
            rules.refuse_times(starts_at, ends_at)
            at = {"starts_at": stamp(starts_at), "ends_at": stamp(ends_at)}
            warned = self._warnings(at)
            waits = bool(warned) and not (anyway and warned == self._warned)
            if look:
                waits, to = True, calendar.local_date(starts_at)
                asked = Asked("activity", self._id, to=to)
                self._look = to, replan.preview(self._view.store, asked).moves
            if not waits:
                self._try(save, at, version)
        self._warned = warned
        if waits:
            self._form.typed = typed

    def _warnings(self, at: Row) -> tuple[str, ...]:
        """What speaks against a time and did not speak against the one it has."""
        store, row = self._view.store, self._row()
        others, allowed = scheduling.diary(bookings(store)), periods(store)
        closing = plan.closing_days(store)
        own = frozenset(int(served["enrolment_id"]) for served in self._served())
        stood, found = (
            scheduling.snags(
                scheduling.Booking(
                    id=self._id,
                    kind=row["kind"],
                    title=row["title"],
                    starts_at=instant(when["starts_at"]),
                    ends_at=instant(when["ends_at"]),
                    consultant_id=row["consultant_id"],
                    provider_id=row["provider_id"],
                    enrolments=own,
                ),
                others,
                periods=allowed,
                closing=closing,
            )
            for when in (row, at)
        )
        if any(snag.key == "outside_programme" for snag in found):
            return ()  # the verb itself refuses it, and no second asking helps
        new = (sentence(self._view, snag) for snag in found if snag not in stood)
        return tuple(dict.fromkeys(new))

    def _cancel(self, reason: str = "", version: str = "", **_values: str) -> None:
        def save(values: Row, version: int) -> None:
            why = values.get("cancel_reason", reason)
            activities.cancel(self._view.store, self._id, why, version=version)
            self._toast.saved(self._view.text("activity_steps.cancelled"))

        with self._form.attempt(self._view.text, {"reason": reason}):
            self._try(save, {}, version)

    # --- showing ----------------------------------------------------------------------------

    def _served(self) -> list[dict[str, Any]]:
        return records(frames.served(self._view.store, self._id))

    def _render(self, what: str) -> Markup:
        view, row = self._view, self._row()
        start, end = (calendar.local(instant(row[name])) for name in ("starts_at", "ends_at"))
        by = row["next_step_by"]
        return view.render(
            "activity_steps.html",
            what=what,
            row=row,
            form=self._form,
            warned=self._warned,
            look=self._look,
            steps=[one for one in self._served() if one["milestone_id"] is not None],
            filled={
                "on": view.text.date(start.date()),
                "from": view.text.time(start),
                "until": view.text.time(end),
                "next_step_by": view.text.date(view.day(by)) if by else "",
            },
        )


def _emptied(said: Row) -> Row:
    """What was left empty, as it is recorded: `hold` leaves alone what it is not told."""
    return {
        name: None if name == "next_step_by" else "" for name, value in said.items() if not value
    }
