"""Historik: every change, newest first, by day and operation; filters and page in the address."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..frames.changes import PAGE
from ..store import reads
from ..store.undo import REVERT
from .dialog import Dialog
from .history_filters import HistoryFilters, page_below
from .history_links import HistoryLinks
from .history_words import HistoryWords
from .live import Live
from .toast import Toast
from .undo_dialog import UndoDialog, instant, is_offered
from .view import View

SLUG = "historik"


@dataclass(frozen=True)
class Operation:
    """One line of the list: who did what, and each record with its fields when it is open."""

    name: str
    at: datetime
    actor: str
    role: str
    action: str
    headline: str
    more: int
    page: str
    query: dict[str, str]
    is_undo: bool
    undone_at: datetime | None
    redone_at: datetime | None
    may_undo: bool
    records: tuple[tuple[str, str, list[tuple[str, str, str]]], ...]
    unshown: int
    hidden: bool
    is_open: bool


class HistoryList:
    """The changes as the address asks for them; a line is opened to see before and after."""

    def __init__(self, view: View, dialog: Dialog, toast: Toast):
        self._view = view
        self.filters = HistoryFilters(view)
        self._below = page_below(view.query.get("foer", ""))
        self._open: set[str] = set()
        self._noted: set[int] = set()
        undo = UndoDialog(view, dialog, toast)
        self.live = Live(
            "history",
            self._render,
            {
                "filter": self._filter,
                "clear": self._clear,
                "go": self._go,
                "open": self._switch,
                "revert": undo.open,
            },
            address=self.address,
        )

    def address(self) -> str:
        """The address that shows the list as it stands."""
        return self._view.links(SLUG, **self.filters.chosen, foer=self._below or None)

    def _filter(self, **values: str) -> None:
        self.filters.choose(values)
        self._below = 0

    def _clear(self, **_values: str) -> None:
        self.filters.clear()
        self._below = 0

    def _go(self, foer: str = "", **_values: str) -> None:
        self._below = page_below(foer)
        self.live.tell(focus="#history-title")

    def _switch(self, operation: str = "", **_values: str) -> None:
        """Open a line, or close it; whoever opens the text of a note has read it."""
        if operation in self._open:
            self._open.remove(operation)
            return
        changed, _ = self._page()
        if operation not in set(changed["operation"]):
            return
        self._open.add(operation)
        shown = changed[(changed["operation"] == operation) & (changed["table"] == "note")]
        shown = shown[~shown["hidden"]]
        for case, notes in shown.groupby("enrolment_id").size().items():
            if case not in self._noted:
                self._noted.add(case)
                reads.note_reading(self._view.store, int(case), SLUG, notes=int(notes))

    def _page(self) -> tuple[pd.DataFrame, int]:
        """The changes of this page, and what `below` is on the next; 0 when this is the last."""
        found = frames.changes(
            self._view.store, **self.filters.asked(), below=self._below, limit=PAGE + 1
        )
        names = found["operation"].unique()
        if len(names) <= PAGE:
            return found, 0
        last = found["operation"] == names[PAGE]
        return found[~last], int(found[last]["history_id"].iloc[0]) + 1

    def _render(self) -> Markup:
        view = self._view
        changed, older = self._page()
        operations = list(self._operations(changed))
        days = groupby(operations, key=lambda one: calendar.local_date(one.at))
        newer = None
        if self._below and len(changed):
            above = int(changed["history_id"].iloc[0])
            newer = frames.newer_changes(view.store, above, **self.filters.asked())
        return view.render(
            "history_list.html",
            days=[(day, list(lines)) for day, lines in days],
            first=calendar.local_date(operations[-1].at) if operations else None,
            last=calendar.local_date(operations[0].at) if operations else None,
            older=older,
            newer=newer,
            below=self._below,
            filters=self.filters,
            options=self.filters.options(),
            head=frames.history_head(view.store),
        )

    def _operations(self, changed: pd.DataFrame) -> Iterator[Operation]:
        words, links = HistoryWords(self._view), HistoryLinks(self._view)
        rows = changed.itertuples(index=False)
        for name, group in groupby(rows, key=lambda row: row.operation):
            records = list(group)
            first = records[0]
            is_open, place = name in self._open, links.place(first)
            yield Operation(
                name=name,
                at=first.at.to_pydatetime(),
                actor=words.actor(first.actor),
                role=first.role,
                action=first.action,
                headline=words.headline(first),
                more=first.records - 1,
                page=place[0],
                query=place[1],
                is_undo=any(row.action == REVERT for row in records),
                undone_at=instant(first.undone_at),
                redone_at=instant(first.redone_at),
                may_undo=is_offered(self._view, records),
                records=tuple(
                    (words.headline(row), row.change, words.fields(row)) for row in records
                )
                if is_open
                else (),
                unshown=first.records - len(records),
                hidden=first.hidden,
                is_open=is_open,
            )
