"""*Fortryd …*: what would be put back, shown before it is done."""

from markupsafe import Markup

from .. import frames
from ..domain.errors import AdvisoryError
from ..store import reads, undo
from .dialog import Dialog
from .history_words import HistoryWords
from .toast import Toast
from .view import View

PAGE = "historik"


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
            self._refusal = self._view.text.error(error)
            return []

    def _confirm(self, **_values: str) -> None:
        try:
            self._view.store.revert(self._operation)
        except AdvisoryError as error:
            self._refusal = self._view.text.error(error)
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
            rows=[(words.headline(row), row.change, words.fields(row)) for row in rows],
            total=len(records),
            refusal=self._refusal,
        )
