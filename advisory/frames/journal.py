"""What was written, what is to be done, who to call, what changed."""

import json
from datetime import datetime
from typing import Any

import pandas as pd

from ..store import Store
from .typed import DATE, frame, per_version, reads

NOTES = {
    "note_id": "int64",
    "enrolment_id": "int64",
    "kind": "str",
    "noted_on": DATE,
    "text": "str",
    "minutes": "Int64",
    "author": "str",
    "edits": "int64",
    "version": "int64",
}
TASKS = {
    "task_id": "int64",
    "enrolment_id": "Int64",
    "municipality": "str",
    "title": "str",
    "due_on": DATE,
    "assignee_id": "Int64",
    "assignee": "str",
    "initials": "str",
    "done_on": DATE,
    "note_id": "Int64",
    "state": "str",
    "days": "int64",
    "version": "int64",
}
CONTACTS = {
    "contact_id": "int64",
    "enrolment_id": "int64",
    "person_id": "int64",
    "name": "str",
    "email": "str",
    "phone": "str",
    "no_mail": "bool",
    "role": "str",
    "audience": "str",
    "valid_from": DATE,
    "valid_to": DATE,
    "current": "bool",
    "version": "int64",
}
HISTORY = {
    "history_id": "int64",
    "at": "datetime64[us, UTC]",
    "actor": "str",
    "action": "str",
    "operation": "str",
    "table": "str",
    "row_id": "int64",
    "subject": "str",
    "change": "str",
    "field": "str",
    "before": "object",
    "after": "object",
}
NAMES = ("name", "title", "status", "role", "audience", "kind")


@reads("read.case")
@per_version
def notes(store: Store, enrolment_id: int | None = None) -> pd.DataFrame:
    """One row per journal note, newest first.

    `minutes` is how long a contact took, missing when not known; `edits` counts the corrections.
    """
    where, args = _of(enrolment_id)
    users = {row["id"]: row["name"] for row in store.rows("app_user")}
    rows = store.rows("note", where, args, order="noted_on DESC, id DESC")
    data = {name: [row.get(name) for row in rows] for name in NOTES}
    data["note_id"] = [row["id"] for row in rows]
    data["author"] = [users.get(row["author_id"], "") for row in rows]
    data["edits"] = [row["version"] - 1 for row in rows]
    return frame(NOTES, data)


@reads("read.case")
@per_version
def tasks(store: Store, enrolment_id: int | None = None) -> pd.DataFrame:
    """One row per task: open ones by date and then those without one, then done ones, latest first.

    `state` is late, open or done; `days` is days overdue when late, days left when open with a
    date, else 0.
    """
    where, args = _of(enrolment_id)
    today = store.today().isoformat()
    users = {row["id"]: row for row in store.rows("app_user")}
    names = dict(
        store.db.execute(
            "SELECT e.id, m.name FROM enrolment e JOIN municipality m ON m.id = e.municipality_id"
        ).fetchall()
    )
    due = "CASE WHEN done_on IS NULL THEN due_on END"
    order = f"done_on IS NOT NULL, {due} IS NULL, {due}, done_on DESC, id"
    rows = store.rows("task", where, args, order=order)
    data = {name: [row.get(name) for row in rows] for name in TASKS}
    data["task_id"] = [row["id"] for row in rows]
    data["municipality"] = [names.get(row["enrolment_id"], "") for row in rows]
    data["assignee"] = [users.get(row["assignee_id"], {"name": ""})["name"] for row in rows]
    data["initials"] = [users.get(row["assignee_id"], {"initials": ""})["initials"] for row in rows]
    data["state"] = [
        "done" if row["done_on"] else "late" if (row["due_on"] or today) < today else "open"
        for row in rows
    ]
    found = frame(TASKS, data | {"days": [0] * len(rows)})
    distance = (found["due_on"] - pd.Timestamp(store.today())).dt.days.abs()
    found["days"] = distance.where(found["state"] != "done").fillna(0).astype("int64")
    return found


@reads("read.people")
@per_version
def contacts(store: Store, enrolment_id: int | None = None) -> pd.DataFrame:
    """One row per dated role of a person in a case: present roles first, by name.

    `current` says whether the role holds on the date.
    """
    where, args = _of(enrolment_id)
    people = {row["id"]: row for row in store.rows("person")}
    today = store.today().isoformat()
    rows = [
        {**people[row["person_id"]], **row, "contact_id": row["id"]}
        for row in store.rows("contact", f"enrolment_id IS NOT NULL AND {where}", args)
    ]
    for row in rows:
        row["current"] = row["valid_from"] <= today <= (row["valid_to"] or today)
        row["email"], row["phone"] = row["email"] or "", row["phone"] or ""
        row["audience"], row["no_mail"] = row["audience"] or "", bool(row["no_mail"])
    rows.sort(key=lambda row: (not row["current"], row["name"]))
    return frame(CONTACTS, {name: [row[name] for row in rows] for name in CONTACTS})


@reads("read.case")
@per_version
def history(
    store: Store,
    enrolment_id: int | None = None,
    *,
    table: str | None = None,
    row_id: int | None = None,
) -> pd.DataFrame:
    """What changed, newest first: of a case with all it owns, or of one record.

    One row per changed field. `change` is created, changed or deleted; a created or deleted
    record is one row with an empty `field`. `before` and `after` are the values as stored.
    `subject` is the name, title, status or kind of the record. The activities that serve a case
    are its own too.
    """
    titles = dict(store.db.execute("SELECT id, title FROM activity").fetchall())
    found = _history_rows(store, enrolment_id, table, row_id)
    data: dict[str, list[Any]] = {name: [] for name in HISTORY}
    for row in found:
        before = json.loads(row["before"]) if row["before"] else None
        after = json.loads(row["after"]) if row["after"] else None
        record = after or before or {}
        if row["table_name"] == "activity_enrolment":
            record = record | {"title": titles.get(record["activity_id"])}
        for change, field, old, new in _changes(before, after):
            for name, value in (
                ("history_id", row["id"]),
                ("at", datetime.fromisoformat(row["at"])),
                ("actor", row["actor"]),
                ("action", row["action"]),
                ("operation", row["operation"]),
                ("table", row["table_name"]),
                ("row_id", row["row_id"]),
                ("subject", next((record[key] for key in NAMES if record.get(key)), "")),
                ("change", change),
                ("field", field),
                ("before", old),
                ("after", new),
            ):
                data[name].append(value)
    return frame(HISTORY, data)


def _history_rows(
    store: Store, enrolment_id: int | None, table: str | None, row_id: int | None
) -> list[dict[str, Any]]:
    if enrolment_id is None:
        return store.rows(
            "history", "table_name = ? AND row_id = ?", [table, row_id], order="id DESC"
        )
    mine = "json_extract(coalesce(after, before), '$.enrolment_id') = ?"
    rows = store.rows("history", mine, [enrolment_id], order="id DESC")
    case = store.rows(
        "history", "table_name = 'enrolment' AND row_id = ?", [enrolment_id], order="id DESC"
    )
    activities = store.rows(
        "history",
        "table_name = 'activity' AND row_id IN"
        " (SELECT activity_id FROM activity_enrolment WHERE enrolment_id = ?)",
        [enrolment_id],
    )
    return sorted([*rows, *case, *activities], key=lambda row: -row["id"])


def _changes(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> list[tuple[str, str, Any, Any]]:
    if before is None:
        return [("created", "", None, None)]
    if after is None:
        return [("deleted", "", None, None)]
    return [
        ("changed", field, before.get(field), value)
        for field, value in after.items()
        if field != "version" and before.get(field) != value
    ]


def _of(enrolment_id: int | None) -> tuple[str, list[int]]:
    return ("1", []) if enrolment_id is None else ("enrolment_id = ?", [enrolment_id])
