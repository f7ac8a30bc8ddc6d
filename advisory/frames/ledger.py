"""The ledger of the places: every change of how many are held, and of how many there are."""

from collections import defaultdict
from datetime import date
from typing import Any

import pandas as pd

from ..domain import ledger as rules
from ..store import Row, Store
from ..store import places as held
from .typed import DATE, INSTANT, frame, instants_of, per_version, reads

LEDGER = {
    "on": DATE,
    "at": INSTANT,
    "cause": "str",
    "enrolment_id": "Int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "from_cohort": "str",
    "before": "Int64",
    "after": "Int64",
    "taken": "int64",
    "offered": "int64",
    "free": "int64",
    "taken_after": "int64",
    "offered_after": "int64",
    "free_after": "int64",
    "capacity_after": "int64",
    "cohort_taken_after": "int64",
    "cohort_offered_after": "int64",
    "reason": "str",
    "actor": "str",
    "initials": "str",
}
_SEEN_FROM = {"from_taken_after": "int64", "from_offered_after": "int64"}
_AS_MOVEMENT = (
    *("before", "after", "taken", "offered", "taken_after", "offered_after", "free_after"),
    *("capacity_after", "cohort_taken_after", "cohort_offered_after", "reason", "actor"),
    *_SEEN_FROM,
)
_AS_CHANGE = (
    *("kind", "recorded_at", "enrolment_id", "cohort_id", "before", "after"),
    *("reason", "actor"),
)


@reads("read.applications")
@per_version
def ledger(store: Store, cohort: str = "") -> pd.DataFrame:
    """Every change of how many places are held, and of how many there are, oldest first.

    Columns: see `LEDGER`. `cause` is a `domain.ledger.Cause`. `taken`, `offered` and `free` are
    changes, `*_after` the numbers after it, of all cohorts of the initiative; `cohort_*_after` are
    of `cohort`. `before` and `after` are numbers of places. `actor` is empty for what happened by
    itself. With a cohort only what concerns it, and `cohort_*_after` are of that cohort also where
    a case left it for another.
    """
    rows = _of_all(store)
    if cohort:
        concerned = (rows["cohort"] == cohort) | (rows["from_cohort"] == cohort)
        rows = rows[concerned].reset_index(drop=True)
        left = rows["from_cohort"] == cohort
        for name in ("taken_after", "offered_after"):
            rows[f"cohort_{name}"] = rows[f"cohort_{name}"].mask(left, rows[f"from_{name}"])
    return rows[list(LEDGER)]


@per_version
def _of_all(store: Store) -> pd.DataFrame:
    """The columns of `LEDGER`, and the numbers of the cohort that a case left."""
    codes = {row["id"]: row["code"] for row in store.rows("cohort")}
    homes = {row["id"]: row for row in store.rows("municipality")}
    cases = {row["id"]: homes[row["municipality_id"]] for row in store.rows("enrolment")}
    initials = {row["name"]: row["initials"] for row in store.rows("app_user")}
    rows = [
        {
            "on": one.on_date,
            "at": one.recorded_at or None,
            "cause": one.cause.value,
            "enrolment_id": one.enrolment_id,
            "municipality": cases[one.enrolment_id]["name"] if one.enrolment_id else "",
            "slug": cases[one.enrolment_id]["slug"] if one.enrolment_id else "",
            "cohort": codes.get(one.cohort_id or 0, ""),
            "from_cohort": codes.get(one.from_cohort_id or 0, ""),
            "free": one.capacity - one.taken - one.offered,
            "initials": initials.get(one.actor, ""),
            **{name: getattr(one, name) for name in _AS_MOVEMENT},
        }
        for one in _movements(store)
    ]
    all_columns = LEDGER | _SEEN_FROM
    data: dict[str, Any] = {name: [row[name] for row in rows] for name in all_columns}
    data["at"] = instants_of(data["at"])
    return frame(all_columns, data)


def _movements(store: Store) -> list[rules.Movement]:
    """The movements of every initiative, in the order in which they happened."""
    entries: dict[int, list[rules.Entry]] = defaultdict(list)
    found: list[rules.Movement] = []
    turn = _turns(store, "enrolment_status")
    for row in store.rows("enrolment_status"):
        entries[row["enrolment_id"]].append(_entry(row, turn[row["id"]]))
    turn = _turns(store, "place_change")
    homes = {row["id"]: row["cohort_id"] for row in store.rows("enrolment")}
    for initiative in store.rows("initiative"):
        holders = [
            rules.Holder(id_, homes[id_], case, tuple(entries[id_]))
            for id_, case in held.cases(store, initiative["id"]).items()
        ]
        changes = store.rows("place_change", "initiative_id = ?", [initiative["id"]])
        decided = [_change(row, turn[row["id"]]) for row in changes]
        found += rules.movements(holders, decided, initiative["capacity"], store.today())
    return sorted(found, key=lambda one: (one.on_date, one.recorded_at))


def _turns(store: Store, table: str) -> dict[int, int]:
    """A number for each record of a table that grows as records of any table were made."""
    made = "SELECT row_id, min(id) FROM history WHERE table_name = ? GROUP BY row_id"
    return dict(store.db.execute(made, [table]).fetchall())


def _entry(row: Row, turn: int) -> rules.Entry:
    return rules.Entry(
        id=turn,
        status=row["status"],
        on_date=date.fromisoformat(row["on_date"]),
        recorded_at=row["recorded_at"] or "",
        reason=row["reason"] or "",
        actor=row["actor"],
    )


def _change(row: Row, turn: int) -> rules.Change:
    own = {name: row[name] for name in _AS_CHANGE}
    return rules.Change(id=turn, on_date=date.fromisoformat(row["on_date"]), **own)
