"""Who was there, as the ticks and the reports have it."""

import json
from collections import defaultdict
from dataclasses import dataclass

from ..domain import attendance
from ..domain import signups as rules
from .instants import instant
from .records import Records, Row


@dataclass(frozen=True)
class Presence:
    """Whether somebody was there and for how many minutes; None is not known.

    `joins` is how often the report has them come in, 0 when they are in none.
    """

    present: bool | None
    minutes: float | None
    joins: int


def presence(store: Records, activity: Row) -> dict[int, Presence]:
    """The presence of everyone who signed up for a meeting, by sign-up."""
    reported = defaultdict(list)
    for row in store.rows("attendee", "activity_id = ?", [activity["id"]]):
        reported[row["signup_id"]].append(row)
    report_read = store.find("attendance_import", activity_id=activity["id"]) is not None
    return {
        signup["id"]: _of(activity, signup, reported[signup["id"]], report_read)
        for signup in store.rows("signup", "activity_id = ?", [activity["id"]])
    }


def _of(activity: Row, signup: Row, rows: list[Row], report_read: bool) -> Presence:
    start, end = instant(activity["starts_at"]), instant(activity["ends_at"])
    minutes = attendance.attended([as_person(row) for row in rows], start, end) if rows else None
    tick = None if signup["present"] is None else bool(signup["present"])
    present = rules.was_present(
        tick, in_report=bool(rows), minutes=minutes, report_read=report_read
    )
    return Presence(present, minutes if present else None, sum(row["joins"] for row in rows))


def as_person(row: Row) -> attendance.Person:
    """A row of `attendee` as the reader of the report had it."""
    spans = tuple((instant(a), instant(b)) for a, b in json.loads(row["spans"]))
    return attendance.Person(row["name"], row["email"], spans, row["minutes"], row["joins"], ())
