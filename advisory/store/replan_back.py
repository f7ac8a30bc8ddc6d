"""The way back: where a record was before it was moved, as the history tells it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from . import Row, Store

MOVES = frozenset({"plan.replan", "cohort.replan", "operation.revert"})
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
    again counts as none.
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
    where = "table_name = ? AND row_id = ?"
    moves: list[tuple[Row, Row, str]] = []
    for entry in store.rows("history", where, [table, row_id], order="id DESC"):
        if entry["before"] is None or entry["after"] is None:
            break
        before, after = (
            {name: record.get(name) for name in FIELDS[table]}
            for record in (json.loads(entry["before"]), json.loads(entry["after"]))
        )
        if before == after:
            continue
        if entry["action"] not in MOVES:
            break
        moves.insert(0, (before, after, entry["operation"]))
    path: list[tuple[Row, str]] = [(moves[0][0], "")] if moves else []
    for _, after, operation in moves:
        states = [state for state, _ in path]
        if after in states:
            del path[states.index(after) + 1 :]
        else:
            path.append((after, operation))
    return path
