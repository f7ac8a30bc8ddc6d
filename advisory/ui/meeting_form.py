"""Announcing, changing, moving and cancelling a meeting: one dialog each."""

from datetime import datetime
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..domain.errors import Conflict, Refused
from ..store import Row, meetings
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .toast import Toast
from .view import View

FIELDS = {
    "title_needed": "title",
    "link_unreadable": "link",
    "email_unreadable": "contact_email",
    "capacity_too_low": "capacity",
    "meeting_ends_before_start": "until",
    "meeting_too_long": "until",
    "meeting_in_past": "on",
    "signup_closes_after_start": "closes_on",
    "reason_needed": "reason",
}
WORDS = ("title", "place", "link", "for_whom", "organiser", "contact_email", "body")


class MeetingForm:
    """The dialogs; what was typed stays until it is saved."""

    def __init__(self, view: View, meeting_id: int | None, dialog: Dialog, toast: Toast):
        self._view, self._id, self._dialog, self._toast = view, meeting_id, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form(FIELDS)
        self._model: Row | None = None

    def new(self, **_values: str) -> None:
        """Ask for a new meeting, filled in from the last one."""
        known = frames.meetings(self._view.store)["activity_id"]
        last = None if known.empty else int(known.iloc[-1])
        self._model = None if last is None else self._view.store.get("activity", last)
        self._open("new", {"create": self._create})

    def copy(self, **_values: str) -> None:
        """Ask for a new meeting, filled in from the one shown."""
        self._model = self._row()
        self._open("new", {"create": self._create})

    def edit(self, **_values: str) -> None:
        """Ask for other words, another link, other seats."""
        self._open("edit", {"save": self._save})

    def move(self, **_values: str) -> None:
        """Ask for another time."""
        self._open("move", {"save": self._move})

    def cancel(self, **_values: str) -> None:
        """Ask why the meeting is cancelled."""
        self._open("cancel", {"save": self._cancel})

    def _open(self, what: str, actions: dict[str, Any]) -> None:
        self._form = Form(FIELDS)
        self._dialog.show(lambda: self._render(what), actions)

    def _row(self) -> Row:
        if self._id is None:
            raise RuntimeError("there is no meeting")
        return self._view.store.get("activity", self._id)

    # --- saving -----------------------------------------------------------------------------

    def _create(self, **typed: str) -> None:
        view = self._view
        with self._form.attempt(self._view.text, typed):
            starts_at, ends_at, signup_by = self._times(typed)
            said = {
                **{"kind": typed.get("kind", ""), "ends_at": ends_at, "signup_by": signup_by},
                **self._content(typed),
            }
            with self._form.reading("closes_on"):
                if signup_by is not None and signup_by < view.store.now() < starts_at:
                    raise Refused("signup_closes_in_past")
            if self._model is None:
                new_id = meetings.create(view.store, starts_at=starts_at, **said)
            else:
                new_id = meetings.copy(view.store, self._model["id"], starts_at=starts_at, **said)
            there = view.links("infomoeder", moede=new_id)
            self._toast.saved(view.text("toast.meeting_new"), (there, view.text("toast.show")))
        if self._form.ok:
            self._dialog.close()

    def _save(self, version: str = "", **typed: str) -> None:
        def save(values: dict[str, Any], version: int) -> None:
            meetings.edit(self._view.store, self._row()["id"], values, version=version)
            self._toast.saved(self._view.text("toast.meeting"))

        with self._form.attempt(self._view.text, typed):
            changes = self._content(typed)
            try:
                save({**changes, "public": int(changes["public"])}, int(version))
            except Conflict as conflict:
                self._conflict.show(conflict, save)
                return
        if self._form.ok:
            self._dialog.close()

    def _move(self, version: str = "", **typed: str) -> None:
        def save(values: dict[str, Any], version: int) -> None:
            by = values["signup_by"]
            meetings.move(
                self._view.store,
                self._row()["id"],
                starts_at=datetime.fromisoformat(values["starts_at"]),
                ends_at=datetime.fromisoformat(values["ends_at"]),
                signup_by=datetime.fromisoformat(by) if by else None,
                version=version,
            )
            self._toast.saved(self._view.text("toast.meeting_moved"))

        with self._form.attempt(self._view.text, typed):
            names = ("starts_at", "ends_at", "signup_by")
            at = [one.isoformat() if one else None for one in self._times(typed)]
            try:
                save(dict(zip(names, at)), int(version))
            except Conflict as conflict:
                self._conflict.show(conflict, save)
                return
        if self._form.ok:
            self._dialog.close()

    def _cancel(self, reason: str = "", version: str = "", **_values: str) -> None:
        with self._form.attempt(self._view.text, {"reason": reason}):
            row = self._row()
            meetings.cancel(self._view.store, row["id"], reason, version=int(version))
            self._toast.saved(self._view.text("toast.meeting_cancelled"))
        if self._form.ok:
            self._dialog.close()

    def _times(self, typed: dict[str, str]) -> tuple[datetime, datetime, datetime | None]:
        """Start, end and closing of sign-up, as instants, from what was typed in Danish time."""
        starts_at, ends_at = (self._at(typed, "on", name) for name in ("from", "until"))
        if not typed.get("closes_on", "").strip():
            return starts_at, ends_at, None
        return starts_at, ends_at, self._at(typed, "closes_on", "closes_at")

    def _at(self, typed: dict[str, str], day: str, at: str) -> datetime:
        with self._form.reading(day):
            if not typed.get(day, "").strip():
                raise Refused("date_needed")
            on = calendar.parse_date(typed.get(day, ""), self._view.today)
        with self._form.reading(at):
            if not typed.get(at, "").strip():
                raise Refused("time_needed")
            return calendar.to_utc(on, calendar.parse_time(typed.get(at, "")))

    def _content(self, typed: dict[str, str]) -> dict[str, Any]:
        """What the fields say, as `meetings.create` takes it."""
        capacity = typed.get("capacity", "").strip()
        with self._form.reading("capacity"):
            if capacity and not (capacity.isascii() and capacity.isdigit()):
                raise Refused("number_unreadable", text=capacity)
        cohort = typed.get("cohort_id", "")
        return {
            **{name: typed.get(name, "") for name in WORDS},
            "capacity": int(capacity) if capacity else None,
            "cohort_id": int(cohort) if cohort.isdigit() else None,
            "public": bool(typed.get("public")),
        }

    # --- showing ----------------------------------------------------------------------------

    def _render(self, what: str) -> Markup:
        view = self._view
        row = self._model if what == "new" else self._row()
        concerned = 0 if what == "new" else self._concerned()
        return view.render(
            "meeting_form.html",
            what=what,
            row=row or {},
            form=self._form,
            filled=_filled(view, row, fresh=what == "new"),
            kinds=[(kind, view.text(f"activity_kind.{kind}")) for kind in meetings.KINDS],
            cohorts=[
                (cohort["id"], view.cohort(cohort["code"]))
                for cohort in view.store.rows("cohort", order="starts_on")
            ],
            concerned=concerned,
        )

    def _concerned(self) -> int:
        """How many would be told."""
        found = frames.signups(self._view.store, self._id)
        return int(found["state"].isin(["seat", "offered", "waiting"]).sum())


def _filled(view: View, row: Row | None, *, fresh: bool) -> dict[str, str]:
    """What stands in the fields at first; a new meeting has the words of the last, not its time."""
    if row is None:
        return {"public": "1"}
    start, end = (
        calendar.local(datetime.fromisoformat(row[name])) for name in ("starts_at", "ends_at")
    )
    by = calendar.local(datetime.fromisoformat(row["signup_by"])) if row["signup_by"] else None
    words = {name: row[name] or "" for name in WORDS}
    times = {
        "on": view.text.date(start.date()),
        "from": view.text.time(start),
        "until": view.text.time(end),
        "closes_on": view.text.date(by.date()) if by else "",
        "closes_at": view.text.time(by) if by else "12.00",
    }
    if fresh:
        words["link"] = ""
        times |= {"on": "", "closes_on": ""}
    return {
        **words,
        **times,
        "kind": row["kind"],
        "capacity": str(row["capacity"] or ""),
        "cohort_id": str(row["cohort_id"] or ""),
        "public": "1" if fresh or row["public"] else "",
    }
