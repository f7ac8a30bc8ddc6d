"""Making the people at a meeting nameless once it is over for as long as they were promised.

What is counted stays: the municipality, the state, the presence. Names, addresses and what people
wrote go, from the records and from every place in the history where they stand or stood, also of
people who have been taken out since; so a meeting that has been made nameless is so on every date.
The bytes are overwritten (`secure_delete`, then `overwrite`); a backup keeps them until it is
thrown away. The chain of the history stays whole (see `sealing`), and ends with what was erased.
"""

import json
import secrets
from datetime import UTC
from typing import Any

from ..domain import signups
from ..domain.errors import Refused
from . import Row, Store, keeping, sealing, seats
from .steps import let_history_change

Erased = tuple[int, str, str]  # the id of a row of the history, before or after, hash of the text

ACTION = "person.erase"
GONE = "–"
BLANK: dict[str, dict[str, Any]] = {
    "person": {"name": GONE, "email": None, "phone": None},
    "signup": {
        **{"email_key": None, "municipality_text": "", "workplace": "", "role": "", "question": ""},
        "token": lambda: secrets.token_urlsafe(24),
    },
    "attendee": {"name": GONE, "email": None},
    "message": {"detail": None},
    "attendance_import": {"file_name": GONE},
}
MEETINGS = f"kind IN ({', '.join(repr(kind) for kind in signups.MEETINGS)})"
EVER = "SELECT DISTINCT row_id FROM history WHERE table_name = ? AND"
EVER += " json_extract(coalesce(after, before), '$.activity_id') = ?"
OF_SIGNUPS = EVER.replace("row_id", "json_extract(coalesce(after, before), '$.person_id')", 1)
NAMED = "SELECT count(DISTINCT row_id) FROM history WHERE table_name = ? AND row_id IN ({}) AND"
NAMED += f" coalesce(json_extract(after, '$.name'), json_extract(before, '$.name')) <> '{GONE}'"


def due(store: Store) -> list[Row]:
    """The meetings whose people are to be made nameless on the store's date, oldest first."""
    return [
        activity
        for activity in store.rows("activity", MEETINGS, order="ends_at")
        if keeping.due_on(store, activity) < store.today() and _names(store, _ids(store, activity))
    ]


def erase(store: Store, activity_id: int) -> int:
    """Make everyone at a meeting nameless, also in the past, and return how many names went.

    It cannot be undone. Refuses with `erase_not_due` before the day that people were promised.
    """
    with store.write(ACTION):
        activity = seats.meeting(store, activity_id)
        last = keeping.due_on(store, activity)
        if last >= store.today():
            raise Refused("erase_not_due", date=last)
        ids = _ids(store, activity)
        names = _names(store, ids)
        _mark(store)
        with let_history_change(store.db):
            erased = [
                side
                for table, row_ids in ids.items()
                for row_id in row_ids
                for side in _blank(store, table, row_id)
            ]
        _record(store, erased)
        return names


def overwrite(store: Store) -> bool:
    """Let what has been erased be overwritten in the file, and say whether it has been.

    The log beside the file holds it until everybody who reads has let go of it for a moment.
    """
    return store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def _ids(store: Store, activity: Row) -> dict[str, list[int]]:
    """The records of a meeting that hold something about people, by table, also those deleted."""
    ids = {
        table: _column(store, EVER, table, activity["id"]) for table in BLANK if table != "person"
    }
    return {"person": _column(store, OF_SIGNUPS, "signup", activity["id"]), **ids}


def _column(store: Store, query: str, *args: Any) -> list[int]:
    return [row[0] for row in store.db.execute(query, list(args)).fetchall()]


def _names(store: Store, ids: dict[str, list[int]]) -> int:
    """How many people of a meeting have, or had, a name in these records."""
    return sum(
        _column(store, NAMED.format(", ".join("?" * len(ids[table]))), table, *ids[table])[0]
        for table in ("person", "attendee")
    )


def _blank(store: Store, table: str, row_id: int) -> list[Erased]:
    """Blank one record, where it still is, and every row of the history about it."""
    blank = {name: value() if callable(value) else value for name, value in BLANK[table].items()}
    if store.find(table, id=row_id):
        store.update(table, row_id, blank)
    rows = store.rows("history", "table_name = ? AND row_id = ?", [table, row_id])
    return [
        (row["id"], side, sealing.plain(text))
        for row in rows
        for side in ("before", "after")
        if (text := _blank_side(store, row, side, blank)) is not None
    ]


def _blank_side(store: Store, row: Row, side: str, blank: Row) -> str | None:
    """Blank one side of a row of the history; returns what it holds now, None if it did already."""
    old, salt = row[side], row[f"{side}_salt"]
    if old is None:
        return None
    text = sealing.encode(json.loads(old) | blank)
    if text == old:
        return None
    store.db.execute(
        f"UPDATE history SET {side} = ?, {side}_salt = ? WHERE id = ?",
        [text, salt and sealing.erased_salt(salt, old), row["id"]],
    )
    return text


def _record(store: Store, erased: list[Erased]) -> None:
    """Let the history tell what was erased from it: the sides of rows, and how they read now."""
    at = store.now().astimezone(UTC).isoformat(timespec="microseconds")
    actor = store.actor
    change = (at, actor.name, actor.role, ACTION, store.operation, "history", 0)
    sealing.append(store.db, change, None, {"erased": erased})


def _mark(store: Store) -> None:
    """Tell every process that what it keeps of the past may show names that are gone."""
    mark = {"value": store.now().isoformat(), "source": "Peerforløb"}
    found = store.find("setting", key="erased")
    if found is None:
        store.insert("setting", {"key": "erased", **mark})
    else:
        store.update("setting", found["id"], mark)
