"""*Fortryd …*: what would be put back, shown before it is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain import roles
from ..domain.errors import AdvisoryError
from ..store import reads, undo
from .dialog import Dialog
from .history_words import HistoryWords
from .toast import Toast
from .undo_outlook import outlook
from .view import View

PAGE = "historik"
FEW = 3  # records that are shown without being asked for


def is_offered(view: View, rows: Sequence[Any]) -> bool:
    """Whether taking an operation back is worth offering; the dialog says whether it can be done.

    `rows` are those of the operation in `frames.changes`. What has been taken back already, what is
    for good and what the person could not have done is not.
    """
    first, done = rows[0], {row.action for row in rows}
    if done & undo.FOR_GOOD or instant(first.undone_at) or instant(first.redone_at):
        return False
    allowed = all(roles.allowed(action, view.store.actor.role) for action in done)
    return allowed and view.may(undo.REVERT)


def instant(value: Any) -> datetime | None:
    """An instant of a frame, None where it has none."""
    return None if pd.isna(value) else value.to_pydatetime()


class UndoDialog:
    """Shows what taking an operation back would change now, and does it when asked to."""

    def __init__(self, view: View, dialog: Dialog, toast: Toast):
        self._view, self._dialog, self._toast = view, dialog, toast
        self._operation = self._refusal = ""

    def open(self, operation: str = "", **_values: str) -> None:
        """Ask about one operation; it is looked at anew whenever the data change."""
        self._operation, self._refusal = operation, ""
        self._dialog.show(self._render, {"undo_confirm": self._confirm})
        for record in self._found():
            if record.table == "note":
                case = (record.now or record.then or {})["enrolment_id"]
                reads.note_reading(self._view.store, case, PAGE, notes=1)

    def _found(self) -> list[undo.PutBack]:
        """What would be put back; nothing when it is refused, and then `_refusal` says why."""
        try:
            return undo.preview(self._view.store, self._operation)
        except AdvisoryError as error:
            self._refusal = self._why(error)
            return []

    def _why(self, error: AdvisoryError) -> str:
        """The sentence of a refusal; it does not name the system as if it were a person."""
        name = str(error.values.get("by", ""))
        called = HistoryWords(self._view).in_sentence(name)
        if name and called != name:
            error = type(error)(error.key, **{**error.values, "by": called})
        return self._view.text.error(error)

    def _confirm(self, **_values: str) -> None:
        try:
            self._view.store.revert(self._operation)
        except AdvisoryError as error:
            self._refusal = self._why(error)
        else:
            self._dialog.close()
            self._toast.saved(self._view.text("historik.undo_saved"))

    def _render(self) -> Markup:
        view = self._view
        records = [] if self._refusal else self._found()
        rows = frames.put_back(view.store, records).itertuples(index=False)
        words = HistoryWords(view)
        return view.render(
            "undo_dialog.html",
            rows=[(words.outlook(row), row.change, words.fields(row)) for row in rows],
            consequence=outlook(view, words, records) if len(records) > 1 else "",
            folded=len(records) > FEW,
            total=len(records),
            refusal=self._refusal,
        )
