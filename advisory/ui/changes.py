"""What changed in a case, in words: who, when, from what, to what."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..store.undo import REVERT
from .dialog import Dialog
from .history_words import HistoryWords
from .live import Live
from .toast import Toast
from .undo_dialog import UndoDialog, instant, is_offered
from .view import View

SHOWN = 6
ALL = 100_000  # more than a case ever has


@dataclass(frozen=True)
class Sentence:
    """One operation: what it did to what, and the fields with before and after."""

    at: datetime
    actor: str
    what: str
    fields: tuple[tuple[str, str, str], ...]
    more: int
    operation: str
    is_undo: bool
    undone_at: datetime | None
    redone_at: datetime | None
    may_undo: bool


def sentences(view: View, changed: pd.DataFrame) -> list[Sentence]:
    """The changes of one case as sentences, newest first, one for each operation.

    They say what Historik says of them, but not which municipality it was.
    """
    words = HistoryWords(view)
    rows = changed.itertuples(index=False)
    groups = groupby(rows, key=lambda row: row.operation)
    return [_sentence(view, words, list(group)) for _, group in groups]


def _sentence(view: View, words: HistoryWords, rows: list[Any]) -> Sentence:
    first = rows[0]
    return Sentence(
        at=first.at.to_pydatetime(),
        actor=words.actor(first.actor),
        what=words.own_headline(first),
        fields=tuple(words.fields(first)) if first.change == "changed" else (),
        more=first.records - 1,
        operation=first.operation,
        is_undo=any(row.action == REVERT for row in rows),
        undone_at=instant(first.undone_at),
        redone_at=instant(first.redone_at),
        may_undo=is_offered(view, rows),
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
        found = frames.changes(self._view.store, cases=(self._id,), limit=ALL)
        total = found["operation"].nunique()
        shown = found["operation"].unique() if self._all else found["operation"].unique()[:SHOWN]
        return self._view.render(
            "changes.html",
            rows=sentences(self._view, found[found["operation"].isin(shown)]),
            total=total,
            all=self._all,
            folded=total > SHOWN,
        )
