"""Info meetings and webinars, and how many signed up, wait and came."""

from datetime import datetime
from typing import Any

import pandas as pd

from ..domain import calendar
from ..domain import signups as rules
from ..domain.signups import State
from ..store import Row, Store
from ..store.instants import instant
from .attendance import imports, reported
from .signups import signups
from .typed import DATE, INSTANT, frame, instants_of, per_version, reads

MEETINGS = {
    "activity_id": "int64",
    "kind": "str",
    "title": "str",
    "body": "str",
    "starts_at": INSTANT,
    "ends_at": INSTANT,
    "day": DATE,
    "place": "str",
    "link": "str",
    "capacity": "Int64",
    "signup_by": INSTANT,
    "closes_at": INSTANT,
    "for_whom": "str",
    "cohort_id": "Int64",
    "cohort": "str",
    "organiser": "str",
    "contact_email": "str",
    "public": "bool",
    "status": "str",
    "taken": "int64",
    "seats": "int64",
    "offered": "int64",
    "waiting": "int64",
    "withdrawn": "int64",
    "walk_ins": "int64",
    "free": "Int64",
    "present": "int64",
    "absent": "int64",
    "unknown": "int64",
    "to_decide": "int64",
    "also_present": "int64",
    "open_attendees": "int64",
    "reported": "bool",
    "answer_hours": "int64",
    "keep_months": "int64",
    "moved_at": INSTANT,
    "cancelled_at": INSTANT,
    "cancel_reason": "str",
    "sequence": "int64",
    "copied_from_id": "Int64",
    "source": "str",
    "version": "int64",
}
MEETING_STATES = {
    "activity_id": "int64",
    "cohort": "str",
    "day": DATE,
    "status": "str",
    "reported": "bool",
}
LEFT = (State.WITHDRAWN, State.DECLINED, State.LAPSED)
_NO_TEXT = ("place", "link", "contact_email", "cancel_reason", "cohort")
_INSTANTS = ("starts_at", "ends_at", "signup_by", "closes_at", "moved_at", "cancelled_at")


@reads("read.people")
def meetings(store: Store) -> pd.DataFrame:
    """One row per meeting, by its start.

    Columns: see `MEETINGS`; `day` is the day in Copenhagen. `status` is cancelled, held, running,
    open or closed (to sign-up) now, or at the end of the day that the store shows. `taken` seats
    are held (`seats`) or `offered`, `free` is missing where there is no limit. `waiting`,
    `withdrawn` (left the list: also who declined or let an offer lapse) and `walk_ins` are the
    others. Of those with a seat, `present`, `absent`, `to_decide` and `unknown` add up to `seats`;
    `also_present` came without one. `open_attendees` wait in the inbox, `reported` says whether a
    report has been read.
    """
    found = _meetings(store)
    moment = store.moment()
    found["status"] = pd.Series(
        [_status(row, moment) for row in found.itertuples(index=False)], dtype="str"
    )
    return found


@reads("read.programme")
def meeting_states(store: Store) -> pd.DataFrame:
    """How each meeting stands, as in `meetings`, and nothing about people: see `MEETING_STATES`."""
    return meetings(store)[list(MEETING_STATES)]


@per_version
def _meetings(store: Store) -> pd.DataFrame:
    """The meetings without their status, which changes while the data do not."""
    codes = dict(store.db.execute("SELECT id, code FROM cohort").fetchall())
    marks = ", ".join("?" * len(rules.MEETINGS))
    rows = store.rows("activity", f"kind IN ({marks})", rules.MEETINGS, order="starts_at, id")
    for row in rows:
        starts_at = instant(row["starts_at"])
        by = instant(row["signup_by"]) if row["signup_by"] else None
        row["activity_id"], row["public"] = row["id"], bool(row["public"])
        row["day"] = calendar.local_date(starts_at)
        row["closes_at"] = rules.closes_at(by, starts_at).isoformat(timespec="microseconds")
        row["cohort"], row["status"] = codes.get(row["cohort_id"]), ""
        row |= {name: row[name] or "" for name in _NO_TEXT}
    data: Row = {name: [row[name] for row in rows] for name in MEETINGS if rows and name in rows[0]}
    for name in _INSTANTS:
        data[name] = instants_of(data.get(name, ()))
    return frame(MEETINGS, data | _counts(store, rows))


def _status(row: Any, moment: datetime) -> str:
    if not pd.isna(row.cancelled_at):
        return "cancelled"
    if row.ends_at <= moment:
        return "held"
    if row.starts_at <= moment:
        return "running"
    return "open" if moment <= row.closes_at else "closed"


def _counts(store: Store, rows: list[Row]) -> Row:
    """What is counted per meeting, in the order of `rows`."""
    signed, people = signups(store), reported(store)
    seats, offered = signed[signed["state"] == State.SEAT], signed[signed["state"] == State.OFFERED]
    elsewhere = signed[signed["state"] != State.SEAT]
    counted = {
        "seats": seats,
        "offered": offered,
        "waiting": signed[signed["state"] == State.WAITING],
        "withdrawn": signed[signed["state"].isin(LEFT)],
        "walk_ins": signed[signed["state"] == State.WALK_IN],
        "present": seats[seats["present"] == "yes"],
        "absent": seats[seats["present"] == "no"],
        "unknown": seats[seats["present"] == "unknown"],
        "to_decide": seats[seats["present"] == "to_decide"],
        "also_present": elsewhere[elsewhere["present"] == "yes"],
        "open_attendees": people[people["decision"] == "open"],
    }
    ids = [row["id"] for row in rows]
    data: Row = {name: _per_meeting(found, ids) for name, found in counted.items()}
    data["taken"] = [held + asked for held, asked in zip(data["seats"], data["offered"])]
    data["free"] = [
        rules.free_seats(row["capacity"], taken) for row, taken in zip(rows, data["taken"])
    ]
    read = set(imports(store)["activity_id"])
    return data | {"reported": [activity_id in read for activity_id in ids]}


def _per_meeting(found: pd.DataFrame, ids: list[int]) -> list[int]:
    counts = found["activity_id"].value_counts().to_dict()
    return [counts.get(activity_id, 0) for activity_id in ids]
