"""What changed, in words: who, when, from what, to what."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from .conflict import field_value
from .dialog import Dialog
from .live import Live
from .toast import Toast
from .undo_dialog import UndoDialog
from .view import View

SHOWN = 6


@dataclass(frozen=True)
class Sentence:
    """One operation: what it did to what, and the fields with before and after."""

    at: datetime
    actor: str
    what: str
    fields: tuple[tuple[str, str, str], ...]
    more: int
    operation: str


def sentences(view: View, changed: pd.DataFrame) -> list[Sentence]:
    """A history frame as sentences, newest first, one for each operation."""
    rows = changed.itertuples(index=False)
    return [_sentence(view, list(group)) for _, group in groupby(rows, key=lambda r: r.operation)]


def _sentence(view: View, rows: list[Any]) -> Sentence:
    first = next((row for row in rows if row.table == "activity"), rows[0])
    records = {(row.table, row.row_id) for row in rows}
    fields = tuple(
        (
            view.text(f"field.{row.field}"),
            field_value(view, row.field, row.before),
            field_value(view, row.field, row.after),
        )
        for row in rows
        if row.change == "changed" and row.row_id == first.row_id and row.table == first.table
    )
    subject = first.subject
    if first.table == "enrolment_status":
        subject = view.text(f"status.{subject}")
    elif first.table == "place_change":
        subject = view.text(f"place_change.{subject}")
    elif first.table == "note":
        subject = view.code("note_kind", subject)
    elif first.table == "headcount":
        subject = view.code("audience", subject)
    what = view.text(f"change.{first.table}.{first.change}", subject=subject)
    return Sentence(
        first.at.to_pydatetime(), first.actor, what, fields, len(records) - 1, first.operation
    )


class Changes:
    """The case's history; an operation can be taken back while nothing has changed since."""

    def __init__(self, view: View, enrolment_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._all = view, enrolment_id, False
        undo = UndoDialog(view, dialog, toast)
        self.live = Live("changes", self._render, {"all": self._show_all, "revert": undo.open})

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        found = sentences(self._view, frames.history(self._view.store, self._id))
        return self._view.render(
            "changes.html",
            rows=found if self._all else found[:SHOWN],
            total=len(found),
            all=self._all,
            folded=len(found) > SHOWN,
            may=self._view.may("operation.revert"),
        )
