"""What changed in the whole product, newest first: per operation, the records and their fields."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from itertools import groupby
from typing import Any

import pandas as pd

from ..domain import calendar
from ..domain.municipalities import sort_key
from ..store import Row, Store
from ..store.instants import stamp
from ..store.undo import PutBack, taken_back
from .change_names import Names
from .typed import INSTANT, frame, instants_of, reads

PAGE = 50  # operations
SHOWN = 20  # records of one operation
CHANGES = {
    "history_id": "int64",
    "at": INSTANT,
    "actor": "str",
    "role": "str",
    "action": "str",
    "operation": "str",
    "table": "str",
    "row_id": "int64",
    "change": "str",
    "subject": "str",
    "subject_en": "str",
    "enrolment_id": "Int64",
    "municipalities": "object",
    "before": "object",
    "after": "object",
    "hidden": "bool",
    "records": "int64",
    "undone_at": INSTANT,
    "redone_at": INSTANT,
}
INSTANTS = ("at", "undone_at", "redone_at")
CASES = {"enrolment_id": "int64", "municipality": "str", "slug": "str", "cohort": "str"}
# Nobody is shown what opens a door, what stands for a person or a file, or what only programs read.
UNSHOWN = frozenset(
    {
        *("id", "version", "token", "form_key", "sha256", "email_key", "uid", "message_id"),
        *("subject", "password_at", "spans", "position", "template_id", "import_id", "sheet_id"),
        *("reply_id", "initiative_id", "occasion", "anchor_code", "code", "slug", "short"),
        *("tile_row", "tile_col", "nuts3", "region_code"),
    }
)
COPIED = {"delivery_sheet": "rows"}  # a copy of what stands in the activities
# What one who runs the product but follows nobody may see the content of: no people, no texts.
OF_THE_PRODUCT = frozenset(
    {
        *("app_user", "setting", "code_item", "initiative", "cohort", "municipality"),
        *("region_membership", "organisation", "audience_target", "milestone_template"),
        *("mail_template", "decision_letter", "partner_order", "column_mapping", "calendar_feed"),
    }
)
# Which record of an operation tells what it was about: the first of these that is among them.
TELLING = (
    *("enrolment_status", "activity", "place_change", "enrolment", "attendance_import", "signup"),
    *("attendee", "delivery_reply", "delivery_sheet", "delivery_cell", "mail_rule", "note"),
    *("milestone", "task", "contact", "person", "headcount", "activity_enrolment"),
)
KEPT = 16
READ = (
    *("id", "at", "actor", "role", "action", "operation", "table_name", "row_id"),
    *("before", "after"),
)
OF_CASES = """id IN (
    SELECT id FROM history WHERE json_extract(coalesce(after, before), '$.enrolment_id') IN ({0})
    UNION SELECT id FROM history WHERE table_name = 'enrolment' AND row_id IN ({0})
    UNION SELECT id FROM history WHERE table_name = 'activity' AND row_id IN
        (SELECT activity_id FROM activity_enrolment WHERE enrolment_id IN ({0}))
    UNION SELECT id FROM history WHERE table_name = 'person' AND row_id IN
        (SELECT person_id FROM contact WHERE enrolment_id IN ({0})))"""

OF_RECORD = "id IN (SELECT id FROM history WHERE table_name = ? AND row_id = ?)"

_actors: dict[tuple, tuple[int, frozenset[str]]] = {}


@reads("read.changes")
def changes(
    store: Store,
    *,
    actor: str = "",
    roles: Sequence[str] = (),
    table: str = "",
    action: str = "",
    since: date | None = None,
    until: date | None = None,
    cases: Sequence[int] | None = None,
    record: tuple[str, int] | None = None,
    below: int = 0,
    limit: int = PAGE,
) -> pd.DataFrame:
    """What changed, newest operation first: one row per record that an operation changed.

    `limit` operations with a `history_id` under `below`, the newest when it is 0; it is that of the
    operation's last change. The first row of an operation is the one that tells what it was about.
    `records` is how many records it changed, of which at most `SHOWN` have a row. `change` is
    created, changed or deleted; `before` and `after` are the fields that differ, None for a record
    that was not there. `hidden` says that the content is not for the person's role. `undone_at` is
    when the operation was taken back, `redone_at` when it was but stands again since. Filters:
    `roles` are those who did it, `table` the kind of record, `since` and `until` days, both in,
    `cases` the enrolments it belongs to, `record` (table, row_id) the one that was changed.
    """
    where, args = _where(actor, roles, table, action, since, until, cases)
    query = f"SELECT {', '.join(READ)} FROM history WHERE {where}"
    if record:
        query, args = f"{query} AND {OF_RECORD}", [*args, *record]
    if below:
        query, args = f"{query} AND id < ?", [*args, below]
    with store.reading():
        cursor = store.db.execute(f"{query} ORDER BY id DESC", args)
        rows = (dict(zip(READ, row)) for row in cursor)
        found = [one for group in _operations(rows, limit) for one in _records(group)]
        cursor.close()
        return _told(store, found)


@reads("read.changes")
def newer_changes(
    store: Store,
    above: int,
    *,
    actor: str = "",
    roles: Sequence[str] = (),
    table: str = "",
    action: str = "",
    since: date | None = None,
    until: date | None = None,
    cases: Sequence[int] | None = None,
    limit: int = PAGE,
) -> int:
    """The `below` of the page of changes before the one that begins with `above`; 0 for the first.

    Filters as `changes`.
    """
    where, args = _where(actor, roles, table, action, since, until, cases)
    query = f"SELECT id, operation FROM history WHERE {where} AND id > ? ORDER BY id"
    cursor = store.db.execute(query, [*args, above])
    rows = ({"id": row[0], "operation": row[1]} for row in cursor)
    starts = [next(group)["id"] for group in _operations(rows, limit + 1)]
    cursor.close()
    return starts[limit] if len(starts) > limit else 0


@reads("read.changes")
def put_back(store: Store, records: Sequence[PutBack]) -> pd.DataFrame:
    """What taking an operation back would change, in the columns of `changes`.

    `before` is what stands and `after` what would stand. The columns about who and when are empty.
    """
    found = [
        {
            **dict.fromkeys(("actor", "role", "action", "operation"), ""),
            "id": 0,
            "at": None,
            "row_count": len(records),
            "table_name": one.table,
            "row_id": one.row_id,
            "before": one.now,
            "after": one.then,
        }
        for one in records
    ]
    return _told(store, sorted(found, key=_rank)[:SHOWN])


@reads("read.changes")
def history_head(store: Store) -> dict[str, Any]:
    """The end of the history: how many changes it has, the last one's id and its link, or None."""
    count = store.db.execute("SELECT count(*) FROM history").fetchone()[0]
    last = store.rows("history", order="id DESC LIMIT 1")
    found = last[0] if last else {"id": None, "link": None}
    return {"changes": count, "history_id": found["id"], "link": found["link"]}


@reads("read.changes")
def history_cases(store: Store) -> pd.DataFrame:
    """One row per case there can be changes of, by municipality in Danish order.

    Columns: `enrolment_id`, `municipality`, `slug`, `cohort`.
    """
    rows = store.db.execute(
        "SELECT e.id, m.name, m.slug, c.code FROM enrolment e"
        " JOIN municipality m ON m.id = e.municipality_id JOIN cohort c ON c.id = e.cohort_id"
    ).fetchall()
    rows.sort(key=lambda row: (sort_key(row[1]), row[3]))
    return frame(CASES, dict(zip(CASES, zip(*rows))))


@reads("read.changes")
def history_actors(store: Store) -> list[str]:
    """Everyone the history names, as they were called then; only what is new in it is read."""
    key = (str(store.path), store.as_of, store.present.era())
    last, known = _actors.pop(key, (0, frozenset()))
    now = store.version()
    if now < last:  # an older copy has been put in its place
        last, known = 0, frozenset()
    if now > last:
        new = store.db.execute("SELECT DISTINCT actor FROM history WHERE id > ?", [last])
        known |= {row[0] for row in new.fetchall()}
    while len(_actors) >= KEPT:
        _actors.pop(next(iter(_actors)))
    _actors[key] = now, known
    return sorted(known, key=sort_key)


def _where(
    actor: str,
    roles: Sequence[str],
    table: str,
    action: str,
    since: date | None,
    until: date | None,
    cases: Sequence[int] | None,
) -> tuple[str, list[Any]]:
    """The condition on `history` that the filters come to.

    It is read from its end, so an index helps only where it gives ids; a `+` keeps others out. A
    clock may have been set back, so an instant only narrows the ids down to where it can be.
    """
    parts, args = ["1"], list[Any]()
    if actor:
        parts.append("actor = ?")  # its index gives ids, too
        args.append(actor)
    if action:
        parts.append("+action = ?")
        args.append(action)
    if table:
        parts.append("id IN (SELECT id FROM history WHERE table_name = ?)")
        args.append(table)
    if roles:
        parts.append(f"+role IN ({', '.join('?' * len(roles))})")
        args += roles
    if since:
        parts.append("+at >= ? AND id >= (SELECT min(id) FROM history WHERE at >= ?)")
        args += [stamp(calendar.to_utc(since, time.min))] * 2
    if until:
        parts.append("+at <= ? AND id <= (SELECT max(id) FROM history WHERE at <= ?)")
        args += [stamp(calendar.to_utc(until, time.max))] * 2
    if cases is not None:
        parts.append(OF_CASES.format(", ".join(str(int(one)) for one in cases)))
    return " AND ".join(parts), args


def _operations(rows: Iterable[Row], limit: int) -> Iterator[Iterator[Row]]:
    """The rows of each of the first `limit` operations; one's rows always stand together."""
    for number, (_, group) in enumerate(groupby(rows, key=lambda row: row["operation"])):
        if number == limit:
            return
        yield group


def _records(rows: Iterable[Row]) -> list[Row]:
    """One row per record of an operation, the telling one first; `rows` come newest first."""
    records: dict[tuple[str, int], Row] = {}
    for row in rows:
        known = records.setdefault((row["table_name"], row["row_id"]), row)
        known["before"] = row["before"]
    newest = next(iter(records.values()))["id"]
    found = sorted(reversed(records.values()), key=_rank)
    for row in found[:SHOWN]:
        row["id"], row["row_count"] = newest, len(found)
        for side in ("before", "after"):
            row[side] = json.loads(row[side]) if row[side] else None
    return found[:SHOWN]


def _rank(row: Row) -> int:
    table = row["table_name"]
    return TELLING.index(table) if table in TELLING else len(TELLING)


def _told(store: Store, rows: list[Row]) -> pd.DataFrame:
    known = Names(store, rows)
    marks = {name: taken_back(store, name) for name in {row["operation"] for row in rows} - {""}}
    data: dict[str, list[Any]] = {name: [] for name in CHANGES if name not in INSTANTS}
    for row in rows:
        record = row["after"] or row["before"] or {}
        hidden = _is_hidden(store, row["table_name"])
        before, after = _differences(row)
        subject = "" if hidden else known.subject(row["table_name"], record)
        enrolment_id = known.enrolment_id(row["table_name"], record)
        for name, value in {
            **{name: row[name] for name in ("actor", "role", "action", "operation", "row_id")},
            "history_id": row["id"],
            "table": row["table_name"],
            "change": _change(row),
            "subject": subject,
            "subject_en": "" if hidden else record.get("name_en") or subject,
            "enrolment_id": enrolment_id,
            "municipalities": known.homes(row["table_name"], record),
            "before": None if hidden else before,
            "after": None if hidden else after,
            "hidden": hidden,
            "records": row["row_count"],
        }.items():
            data[name].append(value)
    times = [(row["at"], *marks.get(row["operation"], (None, None))) for row in rows]
    instants: Any = [instants_of(column) for column in zip(*times)] if times else [(), (), ()]
    return frame(CHANGES, data | dict(zip(INSTANTS, instants)))


def _is_hidden(store: Store, table: str) -> bool:
    return store.actor.role == "administrator" and table not in OF_THE_PRODUCT


def _change(row: Row) -> str:
    if row["before"] is None and row["after"] is not None:
        return "created"
    return "deleted" if row["after"] is None and row["before"] is not None else "changed"


def _differences(row: Row) -> tuple[Row | None, Row | None]:
    """The fields that differ, before and after; of a record that came or went all that are set."""
    before, after = row["before"], row["after"]
    unshown = UNSHOWN | {COPIED.get(row["table_name"], "")}
    names = [name for name in (after or before or {}) if name not in unshown]
    if before is not None and after is not None:
        names = [name for name in names if before.get(name) != after[name]]
    return _part(before, names, whole=after is None), _part(after, names, whole=before is None)


def _part(side: Row | None, names: Sequence[str], *, whole: bool) -> Row | None:
    if side is None:
        return None
    part = {name: side.get(name) for name in names}
    return {k: v for k, v in part.items() if v not in (None, "")} if whole else part
