"""The way back: where a record was before it was moved, as the history tells it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from . import Row, Store
from .undo import REVERT

MOVES = frozenset({"plan.replan", "cohort.replan"})
FIELDS = {
    "cohort": ("starts_on",),
    "enrolment": ("starts_on",),
    "milestone": ("override_on", "pinned", "override_reason"),
    "activity": ("starts_at", "ends_at"),
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A record as it was before earlier moves, and the operations that moved it since."""

    state: Row
    undone: frozenset[str]


def moved_before(store: Store) -> set[int]:
    """The activities that were ever moved here."""
    where = "table_name = 'activity' AND action IN ('plan.replan', 'cohort.replan')"
    return {row["row_id"] for row in store.rows("history", where)}


def earlier(
    store: Store, table: str, row: Row, day_of: Callable[[Row], date], target: date
) -> Earlier | None:
    """The record as it was on `target` before the moves of late, None when it was not.

    Only moves made here count, back to the first change of another kind; a move there and back
    again counts as none, and so does whatever was undone.
    """
    path = _path(store, table, row["id"])
    undone: frozenset[str] = frozenset()
    while len(path) > 1:
        undone |= {path.pop()[1]}
        if day_of(path[-1][0]) == target:
            return Earlier(path[-1][0], undone)
    return None


def _path(store: Store, table: str, row_id: int) -> list[tuple[Row, str]]:
    """The states of a record from one move to the next, each with the operation that led there."""
    moves: list[tuple[Row, Row, str]] = []
    for change in reversed(_standing(store, table, row_id)):
        if change[0]["before"] is None or change[-1]["after"] is None:
            break
        before, after = (
            {name: record.get(name) for name in FIELDS[table]}
            for record in (json.loads(change[0]["before"]), json.loads(change[-1]["after"]))
        )
        if before == after:
            continue
        if change[0]["action"] not in MOVES:
            break
        moves.insert(0, (before, after, change[0]["operation"]))
    path: list[tuple[Row, str]] = [(moves[0][0], "")] if moves else []
    for _, after, operation in moves:
        states = [state for state, _ in path]
        if after in states:
            del path[states.index(after) + 1 :]
        else:
            path.append((after, operation))
    return path


def _standing(store: Store, table: str, row_id: int) -> list[list[Row]]:
    """What each operation did to a record, oldest first, without those that were undone.

    What is undone is always the last that was done, also when that was itself an undoing.
    """
    history = store.rows("history", "table_name = ? AND row_id = ?", [table, row_id])
    standing: list[list[Row]] = []
    undone: list[Row] | None = None
    for _, entries in groupby(history, key=lambda entry: entry["operation"]):
        change = list(entries)
        if change[0]["action"] != REVERT:
            standing.append(change)
            undone = None
        elif undone is None:
            undone = standing.pop()
        else:
            standing.append(undone)
            undone = None
    return standing
