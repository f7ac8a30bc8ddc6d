"""The journal of a case: write, read, correct."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..domain.errors import Conflict, NotFound
from ..store import journal
from ..texts import known
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View

SHOWN = 6
FIELDS = {
    "date_unreadable": "noted_on",
    "date_missing_day": "noted_on",
    "note_in_future": "noted_on",
    "text_needed": "text",
    "text_too_long": "text",
    "cpr_refused": "text",
    "code_unknown": "kind",
}


class Journal:
    """Newest first. A corrected note says so; what it said before is in the history."""

    def __init__(self, view: View, enrolment_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._dialog, self._toast = view, enrolment_id, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._new, self._edited = Form(FIELDS), Form(FIELDS)
        self._edit_id: int | None = None
        self._all = False
        self.live = Live(
            "journal",
            self._render,
            {"note": self._add, "edit": self._edit, "all": self._show_all},
        )

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _add(self, kind: str = "", noted_on: str = "", text: str = "", **_values: str) -> None:
        typed = {"kind": kind, "noted_on": noted_on, "text": text}
        with self._new.attempt(self._view.text, typed):
            journal.add_note(
                self._view.store,
                self._id,
                text,
                kind=kind,
                noted_on=calendar.parse_date(noted_on, self._view.today),
                author_id=self._view.user_id(),
            )
            self._toast.saved(self._view.text("toast.note"))

    def _edit(self, id: str, **_values: str) -> None:
        self._edit_id, self._edited = int(id), Form(FIELDS)
        if self._view.store.get("note", self._edit_id)["enrolment_id"] != self._id:
            raise NotFound("not_found", table="note", row_id=self._edit_id)
        self._dialog.show(self._render_edit, {"save": self._save})

    def _save(
        self, kind: str = "", noted_on: str = "", text: str = "", version: str = "", **_v: str
    ) -> None:
        note_id = self._edit_id

        def save(values: dict[str, Any], version: int) -> None:
            journal.edit_note(
                self._view.store,
                note_id,
                values["text"],
                kind=values["kind"],
                noted_on=calendar.parse_date(values["noted_on"], self._view.today),
                version=version,
            )
            self._toast.saved(self._view.text("toast.note"))

        typed = {"kind": kind, "noted_on": noted_on, "text": text}
        with self._edited.attempt(self._view.text, typed):
            try:
                save(typed, int(version))
            except Conflict as conflict:
                self._conflict.show(conflict, save)
                return
        if self._edited.ok:
            self._dialog.close()

    def _render_edit(self) -> Markup:
        row = self._view.store.get("note", self._edit_id)
        return self._view.render(
            "note_edit.html",
            row=row,
            day=calendar.parse_date(row["noted_on"], self._view.today),
            form=self._edited,
            kinds=self._view.codes("note_kind"),
        )

    def _render(self) -> Markup:
        view = self._view
        notes = frames.notes(view.store, self._id)
        shown = notes if self._all else notes.head(SHOWN)
        kinds = dict(view.codes("note_kind"))
        return view.render(
            "journal.html",
            rows=[
                {**row, "minutes": row["minutes"] if known(row["minutes"]) else None}
                for row in shown.to_dict("records")
            ],
            total=len(notes),
            kinds=kinds,
            form=self._new,
            all=self._all,
            folded=len(notes) > SHOWN,
            may=view.may("note.add"),
        )
