"""Taking an operation back: whole, by who could have done it, only while nothing depends on it."""

import json
from contextlib import suppress
from dataclasses import dataclass

from ..domain import enrolments
from ..domain.errors import NotFound, Refused
from . import keeping, messages, seats
from .connection import OPERATIONAL, IntegrityError
from .promises import Promises
from .records import Records, Row

REVERT = "operation.revert"
# What is gone stays gone, a closed address must not open again, an old password is not known.
FOR_GOOD = {"person.erase", "feed.edit", "user.password", "password.change"}
DECIDE_PLACES = {"initiative", "cohort", "enrolment_status", "place_change"}
OF_A_CASE = ("cohort_id", "municipality_id", "starts_on")  # what decides about its place
DECIDE_SEATS = {"activity", "signup"}
DECIDE_MAILS = {"activity", "mail_rule", "signup", "attendee", "attendance_import"}
TOLD = ("starts_at", "ends_at", "place", "cancelled_at")  # of a meeting, in the mails about it
# A taking back begins with the last record of what it takes back, as nobody has touched it since.
TAKER = """
    WITH last AS (
        SELECT id, table_name, row_id FROM history WHERE operation = ? ORDER BY id DESC LIMIT 1
    ), later AS (
        SELECT history.id, at, operation, action FROM history, last
        WHERE history.table_name = last.table_name AND history.row_id = last.row_id
        AND history.id > last.id ORDER BY history.id LIMIT 1
    )
    SELECT operation, at FROM later
    WHERE action = ? AND id = (SELECT min(id) FROM history WHERE operation = later.operation)"""


@dataclass(frozen=True)
class PutBack:
    """One record that a taking back would change: as it stands `now` and as it would be `then`.

    `now` is None for one that would come again, `then` for one that would go.
    """

    table: str
    row_id: int
    now: Row | None
    then: Row | None


class _Rehearsed(Exception):
    """Ends the rehearsal, so that nothing of it is kept."""


def preview(store: Records, operation: str) -> list[PutBack]:
    """Return every record that `revert` would change now, and leave all as it is.

    Refuses with exactly what `revert` would: it is done, read and taken back in one transaction,
    so nobody sees it and nobody writes in between. Records that the taking back brings along, such
    as mails that are planned anew, are among them.
    """
    before, found = store.last_operation, list[PutBack]()
    try:
        with suppress(_Rehearsed), store.write(REVERT):
            last = store.version()
            revert(store, operation)
            found = _net(store.rows("history", "id > ?", [last]))
            raise _Rehearsed
    finally:
        store.last_operation = before
    return found


def _net(rows: list[Row]) -> list[PutBack]:
    """What the changes in `rows` come to for each record, in the order they were first touched."""
    first: dict[tuple[str, int], Row] = {}
    last: dict[tuple[str, int], Row] = {}
    for row in rows:
        key = (row["table_name"], row["row_id"])
        first.setdefault(key, row)
        last[key] = row
    found = [
        PutBack(*key, _record(row["before"]), _record(last[key]["after"]))
        for key, row in first.items()
    ]
    return [one for one in found if _apart_from_version(one.now) != _apart_from_version(one.then)]


def taken_back(store: Records, operation: str) -> tuple[str | None, str | None]:
    """When an operation was taken back, and when that was taken back in turn, as stored instants.

    At most one of the two is there, the last that happened: (None, None) for an operation that
    stands as it was done, (None, instant) for one that came to stand again. A few look-ups in
    indexes, whatever the length of the history.
    """
    times = []
    while found := store.db.execute(TAKER, [operation, REVERT]).fetchone():
        operation, at = found
        times.append(at)
    if not times:
        return None, None
    return (times[-1], None) if len(times) % 2 else (None, times[-1])


def _record(side: str | None) -> Row | None:
    return json.loads(side) if side else None


def _apart_from_version(record: Row | None) -> Row | None:
    return record and {name: value for name, value in record.items() if name != "version"}


def revert(store: Records, operation: str) -> int:
    """Take one operation back and return the number of records put back.

    Refuses with `forbidden` unless the role may do what was done, with `revert_too_late` when
    any of its records has changed since or something else depends on it, with `revert_mail_sent`
    when one was a mail that has been sent, with `no_place_left` or `seats_taken` when the place or
    the seat has been given away, with `revert_told` when people have heard of a meeting as it is
    now, with `revert_not_possible` for what is for good, and with `not_found` for an unknown
    operation.
    """
    with store.write(REVERT):
        rows = store.rows("history", "operation = ?", [operation], order="id DESC")
        if not rows:
            raise NotFound("not_found", table="history", row_id=operation)
        for action in sorted(_actions(store, rows)):
            store.require(action)
            if action in FOR_GOOD:
                raise Refused("revert_not_possible", what=action)
        for row in rows:
            _refuse_if_changed_since(store, row)
            _refuse_if_decided_since(store, row)
            _refuse_if_told_since(store, row)
        promises = Promises(store) if _decides_places(rows) else None
        over = seats.over(store)
        _put_all_back(store, rows)
        tables = {row["table_name"] for row in rows}
        if promises is not None:
            _refuse_broken_ways(store, rows)
            promises.refuse_broken()
        if tables & DECIDE_SEATS:
            seats.refuse_oversold(store, over)
        _plan_mails(store, rows)
        return len(rows)


def _decides_places(rows: list[Row]) -> bool:
    """Whether any of the records has a say in who holds a place."""
    for row in rows:
        if row["table_name"] in DECIDE_PLACES:
            return True
        if row["table_name"] == "enrolment":
            sides = [json.loads(row[side]) if row[side] else {} for side in ("before", "after")]
            if any(sides[0].get(name) != sides[1].get(name) for name in OF_A_CASE):
                return True
    return False


def _plan_mails(store: Records, rows: list[Row]) -> None:
    """Bring the mails, and what people were promised, in line with the meetings as they are now."""
    touched = set()
    for row in rows:
        if row["table_name"] in DECIDE_MAILS:
            record = json.loads(row["after"] or row["before"])
            touched.add(record["id"] if row["table_name"] == "activity" else record["activity_id"])
    for activity in store.rows("activity", f"id IN ({', '.join('?' * len(touched))})", [*touched]):
        keeping.keep(store, activity, longer=False)
        messages.plan(store, activity["id"])


def _actions(store: Records, rows: list[Row]) -> set[str]:
    """What was done in the operation; to take a taking back back is to do it again.

    A taking back begins with the last record of what it takes back.
    """
    done = {row["action"] for row in rows}
    while rows[-1]["action"] == REVERT:
        first = [rows[-1][name] for name in ("table_name", "row_id", "id")]
        before = "table_name = ? AND row_id = ? AND id < ?"
        taken = store.rows("history", before, first, order="id DESC LIMIT 1")[0]
        rows = store.rows("history", "operation = ?", [taken["operation"]], order="id DESC")
        done |= {row["action"] for row in rows}
    return done


def _refuse_if_changed_since(store: Records, row: Row) -> None:
    later = store.rows(
        "history",
        "table_name = ? AND row_id = ? AND id > ? AND operation <> ?",
        [row["table_name"], row["row_id"], row["id"], row["operation"]],
    )
    if not later:
        return
    last = later[-1]
    if last["table_name"] == "message" and json.loads(last["after"] or "{}").get("sent_at"):
        raise Refused("revert_mail_sent")
    raise Refused("revert_too_late", by=last["actor"])


def _refuse_if_decided_since(store: Records, row: Row) -> None:
    """A decision on which a later one about the same case rests stays."""
    if row["table_name"] != "enrolment_status":
        return
    record = json.loads(row["after"] or row["before"])
    mine = "enrolment_id = ? AND id > ?"
    later = store.rows("enrolment_status", mine, [record["enrolment_id"], record["id"]])
    if any(_operation_of(store, one) != row["operation"] for one in later):
        raise Refused("revert_too_late", by=later[-1]["actor"])


def _refuse_broken_ways(store: Records, rows: list[Row]) -> None:
    """What a decision rested on may have been taken back before the decision is put back."""
    touched = {
        json.loads(row["after"] or row["before"])["enrolment_id"]
        for row in rows
        if row["table_name"] == "enrolment_status"
    }
    for enrolment_id in touched:
        way = store.rows("enrolment_status", "enrolment_id = ?", [enrolment_id])
        if not enrolments.is_way([row["status"] for row in way]):
            by = _last_actor(store, "table_name = 'enrolment_status'")
            raise Refused("revert_too_late", by=by)


def _operation_of(store: Records, status: Row) -> str:
    """The operation that recorded a status."""
    found = store.rows(
        "history", "table_name = 'enrolment_status' AND row_id = ?", [status["id"]], order="id DESC"
    )
    return found[0]["operation"]


def _refuse_if_told_since(store: Records, row: Row) -> None:
    """A meeting that people have signed up for or been written to about is not moved in silence."""
    if row["table_name"] != "activity" or row["before"] is None or row["after"] is None:
        return
    before, after = json.loads(row["before"]), json.loads(row["after"])
    if all(before.get(name) == after.get(name) for name in TOLD):
        return
    signed_up = store.rows(
        "signup", "activity_id = ? AND created_at > ?", [row["row_id"], row["at"]]
    )
    written = store.rows("message", "activity_id = ? AND sent_at > ?", [row["row_id"], row["at"]])
    if signed_up or written:
        raise Refused("revert_told")


def _put_all_back(store: Records, rows: list[Row]) -> None:
    """Put the records back, newest change first; refuse when others have been built on them."""
    store.db.execute("PRAGMA defer_foreign_keys=ON")  # told below, with who it was
    for row in rows:
        try:
            _put_back(store, row)
        except IntegrityError as error:  # a name that must be unique has been taken again
            by = _last_actor(store, "table_name = ?", row["table_name"])
            raise Refused("revert_too_late", by=by) from error
    dangling = store.db.execute("PRAGMA foreign_key_check").fetchone()
    if dangling and dangling[0] in OPERATIONAL:  # somebody has signed in since
        raise Refused("revert_not_possible", what="session")
    if dangling:
        by = _last_actor(store, "table_name = ? AND row_id = ?", *dangling[:2])
        raise Refused("revert_too_late", by=by)


def _put_back(store: Records, row: Row) -> None:
    table, row_id = row["table_name"], row["row_id"]
    if row["before"] is None:
        store.delete(table, row_id)
    elif row["after"] is None:
        store.insert(table, json.loads(row["before"]))
    else:
        before = json.loads(row["before"])
        store.update(table, row_id, {k: v for k, v in before.items() if k != "version"})


def _last_actor(store: Records, where: str, *args: object) -> str:
    return store.rows("history", f"operation <> ? AND {where}", [store.operation, *args])[-1][
        "actor"
    ]
