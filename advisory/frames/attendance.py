"""Who the reports say was at a meeting, and which sign-ups they are or may be."""

from collections import defaultdict

import pandas as pd

from ..domain import attendance as rules
from ..store import Row, Store
from ..store.instants import instant
from ..store.presence import as_person
from .typed import INSTANT, frame, instants_of, per_version, reads

ATTENDEES = {
    "attendee_id": "int64",
    "activity_id": "int64",
    "import_id": "int64",
    "name": "str",
    "email": "str",
    "minutes": "Float64",
    "joins": "int64",
    "decision": "str",
    "signup_id": "Int64",
    "signed_name": "str",
    "suggestions": "object",
    "version": "int64",
}
IMPORTS = {
    "import_id": "int64",
    "activity_id": "int64",
    "file_name": "str",
    "format": "str",
    "rows": "int64",
    "people": "int64",
    "matched": "int64",
    "by_hand": "int64",
    "walk_ins": "int64",
    "set_aside": "int64",
    "open": "int64",
    "started_at": INSTANT,
    "ended_at": INSTANT,
    "read_at": INSTANT,
    "read_by": "str",
    "version": "int64",
}
DECISIONS = {
    "matched": "address",
    "by_hand": "hand",
    "walk_ins": "walk_in",
    "set_aside": "set_aside",
    "open": "open",
}


@reads("read.people")
def attendees(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per person in the reports of a meeting, or of all: open ones first, then by file.

    Columns: see `ATTENDEES`. `minutes` counts only the time of the meeting, overlaps once, and is
    missing where the report does not tell. `suggestions` holds for an open one the ids of at most
    three sign-ups that it may be, likeliest first, those not found in a report before the others.
    """
    return of_meeting(reported(store)[list(ATTENDEES)], activity_id)


def of_meeting(found: pd.DataFrame, activity_id: int | None) -> pd.DataFrame:
    """The rows of one meeting, or all."""
    if activity_id is None:
        return found
    return found[found["activity_id"] == activity_id].reset_index(drop=True)


@reads("read.people")
@per_version
def reported(store: Store) -> pd.DataFrame:
    """The attendees of all meetings with one column more: `person`, as the report has them."""
    found = _read(
        store,
        "SELECT a.id AS attendee_id, a.activity_id, a.import_id, a.name,"
        " coalesce(a.email, '') AS email, a.spans, a.minutes, a.joins, a.decision, a.signup_id,"
        " coalesce(p.name, '') AS signed_name, a.version, m.starts_at, m.ends_at"
        " FROM attendee a JOIN activity m ON m.id = a.activity_id"
        " LEFT JOIN signup s ON s.id = a.signup_id LEFT JOIN person p ON p.id = s.person_id"
        " ORDER BY m.starts_at, a.activity_id, a.decision <> 'open', a.id",
    )
    likely = _likely(store)
    for row in found:
        row["person"], row["suggestions"] = as_person(row), ()
        row["minutes"] = rules.attended(
            [row["person"]], instant(row["starts_at"]), instant(row["ends_at"])
        )
        if row["decision"] == "open":
            row["suggestions"] = rules.suggestions(row["person"], likely[row["activity_id"]])
    columns = {**ATTENDEES, "person": "object"}
    return frame(columns, {name: [row[name] for row in found] for name in columns})


def _likely(store: Store) -> dict[int, list[rules.Signup]]:
    """The sign-ups of each meeting with somebody open in a report, those in no report first."""
    found = _read(
        store,
        "SELECT s.id, s.activity_id, p.name, p.email FROM signup s"
        " JOIN person p ON p.id = s.person_id"
        " WHERE s.activity_id IN (SELECT activity_id FROM attendee WHERE decision = 'open')"
        " ORDER BY EXISTS (SELECT 1 FROM attendee a WHERE a.signup_id = s.id), s.queue",
    )
    signups = defaultdict(list)
    for row in found:
        signups[row["activity_id"]].append((row["id"], row["name"], row["email"]))
    return signups


@reads("read.people")
@per_version
def imports(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per report read for a meeting, or for all, in the order they were read.

    Columns: see `IMPORTS`. `people` is the sum of `matched` (by address), `by_hand`, `walk_ins`,
    `set_aside` and `open`. `read_at` and `read_by` tell when it was taken in and by whom.
    """
    sums = ", ".join(
        f"coalesce(sum(a.decision = '{decision}'), 0) AS [{name}]"
        for name, decision in DECISIONS.items()
    )
    made = (
        "(SELECT {} FROM history h WHERE h.table_name = 'attendance_import' AND h.row_id = i.id"
        " ORDER BY h.id LIMIT 1)"
    )
    found = _read(
        store,
        "SELECT i.id AS import_id, i.activity_id, i.file_name, i.format, i.rows, i.people,"
        f" {sums}, i.started_at, i.ended_at, {made.format('h.at')} AS read_at,"
        f" coalesce({made.format('h.actor')}, '') AS read_by, i.version"
        " FROM attendance_import i LEFT JOIN attendee a ON a.import_id = i.id"
        " GROUP BY i.id ORDER BY i.id",
    )
    data: Row = {name: [row[name] for row in found] for name in IMPORTS}
    for name in ("started_at", "ended_at", "read_at"):
        data[name] = instants_of(data[name])
    return of_meeting(frame(IMPORTS, data), activity_id)


def _read(store: Store, query: str) -> list[Row]:
    rows = store.db.execute(query)
    names = [column[0] for column in rows.description]
    return [dict(zip(names, row)) for row in rows.fetchall()]
