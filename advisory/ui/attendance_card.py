"""What the reports say about who came, and the people in them that nobody knows yet."""

import re
from typing import Any

from markupsafe import Markup

from .. import frames
from ..reports import records
from ..store import attendance, signups
from .dialog import Dialog
from .forms import Form
from .live import Live
from .meeting_head import meeting
from .toast import Toast
from .view import View

_NAME = re.compile(r"[^\W\d_]+([ .'’-]+[^\W\d_]+)+")
FIELDS = {"name_needed": "name", "email_unreadable": "email", "email_taken": "email"}


def may_upload(view: View, meeting_id: int | None) -> bool:
    """Whether a report can be taken in: the meeting is over, and this person may."""
    if meeting_id is None or not view.may("attendance.import"):
        return False
    return meeting(view, meeting_id)["status"] == "held"


class AttendanceCard:
    """An inbox: who somebody in the report is, is decided here, one by one, never guessed."""

    def __init__(self, view: View, meeting_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._dialog, self._toast = view, meeting_id, dialog, toast
        self._attendee_id = 0
        self._form = Form(FIELDS)
        actions = {
            **{"assign": self._assign, "aside": self._set_aside, "reopen": self._reopen},
            **{"walk_in": self._ask_walk_in, "undo_import": self._undo_import},
            "follow": self._follow,
        }
        self.live = Live("attendance", self._render, actions)

    def _assign(self, id: str = "", signup: str = "", version: str = "", **_values: str) -> None:
        if not signup.isdigit():
            return
        attendance.assign(self._view.store, int(id), int(signup), version=int(version))
        self._toast.saved(self._view.text("toast.attendee"))

    def _set_aside(self, id: str = "", version: str = "", **_values: str) -> None:
        attendance.set_aside(self._view.store, int(id), version=int(version))
        self._toast.saved(self._view.text("toast.attendee"))

    def _reopen(self, id: str = "", version: str = "", **_values: str) -> None:
        attendance.reopen(self._view.store, int(id), version=int(version))
        self._toast.saved(self._view.text("toast.attendee"))

    def _undo_import(self, id: str = "", **_values: str) -> None:
        attendance.undo_import(self._view.store, int(id))
        self._toast.saved(self._view.text("toast.import_undone"))

    def _follow(self, id: str = "", version: str = "", **_values: str) -> None:
        """Take a tick away, so that the report decides."""
        signups.set_present(self._view.store, int(id), None, version=int(version))
        self._toast.saved(self._view.text("toast.presence"))

    def _ask_walk_in(self, id: str = "", **_values: str) -> None:
        self._attendee_id, self._form = int(id), Form(FIELDS)
        self._dialog.show(self._render_walk_in, {"write_down": self._walk_in})

    def _walk_in(self, version: str = "", **typed: str) -> None:
        with self._form.attempt(self._view.text, typed):
            attendance.walk_in(
                self._view.store,
                self._attendee_id,
                **{name: typed.get(name, "") for name in ("name", "email", "municipality")},
                version=int(version),
            )
            self._toast.saved(self._view.text("toast.attendee"))
        if self._form.ok:
            self._dialog.close()

    # --- showing ----------------------------------------------------------------------------

    def _render(self) -> Markup:
        view = self._view
        people = frames.signups(view.store, self._id)
        names = dict(zip(people["signup_id"], people["name"]))
        rows = records(frames.attendees(view.store, self._id))
        opened = [row for row in rows if row["decision"] == "open"]
        against = people[(people["how"] == "tick") & (people["present"] == "no")]
        return view.render(
            "attendance.html",
            imports=records(frames.imports(view.store, self._id)),
            counts={
                name: sum(row["decision"] == name for row in rows)
                for name in ("address", "hand", "walk_in", "set_aside", "open")
            },
            total=len(rows),
            opened=[(row, self._suggested(row, names)) for row in opened],
            decided=[row for row in rows if row["decision"] not in ("open", "address")],
            disputed=records(against[against["joins"] > 0]),
            everyone=sorted(names.items(), key=lambda one: one[1].casefold()),
            may=view.may("attendance.edit"),
        )

    @staticmethod
    def _suggested(row: Any, names: dict[int, str]) -> list[tuple[int, str]]:
        return [(one, names[one]) for one in row["suggestions"] if one in names]

    def _render_walk_in(self) -> Markup:
        view = self._view
        row = view.store.get("attendee", self._attendee_id)
        known = frames.municipalities(view.store)["municipality"]
        name = row["name"] if _NAME.fullmatch(row["name"]) else ""  # not "iPad (2)"
        return view.render(
            "walk_in.html", row=row, name=name, form=self._form, municipalities=list(known)
        )
