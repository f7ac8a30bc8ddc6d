"""Who signed up for the meetings, where they stand, whether they came, and what they asked."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import pandas as pd

from ..domain import attendance
from ..domain import signups as rules
from ..domain.attendance import Person
from ..store import Row, Store
from ..store.instants import instant
from ..store.messages import silent_addresses
from .attendance import imports, of_meeting, reported
from .typed import INSTANT, frame, instants_of, per_version, reads

SIGNUPS = {
    "signup_id": "int64",
    "activity_id": "int64",
    "person_id": "int64",
    "name": "str",
    "email": "str",
    "municipality_id": "Int64",
    "municipality": "str",
    "municipality_text": "str",
    "workplace": "str",
    "role": "str",
    "question": "str",
    "state": "str",
    "since_at": INSTANT,
    "created_at": INSTANT,
    "queue": "int64",
    "position": "Int64",
    "answer_by": INSTANT,
    "language": "str",
    "source": "str",
    "present": "str",
    "minutes": "Float64",
    "joins": "int64",
    "how": "str",
    "no_mail": "bool",
    "version": "int64",
}
QUESTIONS = {
    "signup_id": "int64",
    "activity_id": "int64",
    "name": "str",
    "municipality": "str",
    "state": "str",
    "question": "str",
}
WORDS = {True: "yes", False: "no", None: "unknown"}


@reads("read.people")
def signups(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per sign-up of a meeting, or of all by their start, in the order people came.

    Columns: see `SIGNUPS`. `position` counts the waiting list from 1. `present` is yes, no, unknown
    (before the meeting, and while nothing has been read or ticked) or to_decide: in no report, but
    somebody open in one may be this person. `how` says where a presence comes from: tick, report,
    or empty for one that is in no report. `minutes` is missing unless a report tells. `no_mail`
    holds for the address, whichever meeting it was said at.
    """
    return of_meeting(_signups(store), activity_id)


@per_version
def _signups(store: Store) -> pd.DataFrame:
    rows = store.db.execute(
        "SELECT s.id AS signup_id, s.activity_id, s.person_id, p.name,"
        " coalesce(p.email, '') AS email, s.municipality_id, coalesce(m.name, '') AS municipality,"
        " s.municipality_text, s.workplace, s.role, s.question, s.state, s.since_at, s.created_at,"
        " s.queue, CASE WHEN s.state = 'waiting' THEN row_number() OVER"
        " (PARTITION BY s.activity_id, s.state ORDER BY s.queue) END AS position, s.answer_by,"
        " s.language, s.source, s.present AS tick, p.no_mail, s.version"
        " FROM signup s JOIN activity a ON a.id = s.activity_id"
        " JOIN person p ON p.id = s.person_id LEFT JOIN municipality m ON m.id = s.municipality_id"
        " ORDER BY a.starts_at, s.activity_id, s.queue"
    )
    names = [column[0] for column in rows.description]
    found = rows.fetchall()
    if not found:
        return frame(SIGNUPS, {})
    data: Row = dict(zip(names, zip(*found)))
    for name in ("since_at", "created_at", "answer_by"):
        data[name] = instants_of(data[name])
    data |= _presence(store, data)
    silent = silent_addresses(store)
    data["no_mail"] = [
        bool(asked) or email.lower() in silent
        for asked, email in zip(data["no_mail"], data["email"])
    ]
    return frame(SIGNUPS, data)


def _presence(store: Store, data: Row) -> Row:
    """The columns that tell who was there; the rules are those of `store.presence`."""
    spans = {
        row["id"]: (instant(row["starts_at"]), instant(row["ends_at"]))
        for row in store.rows("activity")
    }
    read = set(imports(store)["activity_id"])
    people, asked = _in_reports(store)
    found: Row = {"present": [], "minutes": [], "joins": [], "how": []}
    for signup_id, activity_id, tick in zip(data["signup_id"], data["activity_id"], data["tick"]):
        mine = people[signup_id]
        minutes = _minutes(mine, spans[activity_id])
        was_there = rules.was_present(
            None if tick is None else bool(tick),
            in_report=bool(mine),
            minutes=minutes,
            report_read=activity_id in read,
        )
        open_ = tick is None and not mine and signup_id in asked
        found["present"].append("to_decide" if open_ else WORDS[was_there])
        found["minutes"].append(minutes if was_there else None)
        found["joins"].append(sum(person.joins for person, _ in mine))
        found["how"].append("tick" if tick is not None else "report" if mine else "")
    return found


def _in_reports(store: Store) -> tuple[dict[int, list[tuple[Person, Any]]], set[int]]:
    """Who each sign-up is in the reports, with the minutes; and the sign-ups somebody may be."""
    people = defaultdict(list)
    found = reported(store)
    for signup_id, person, minutes in zip(found["signup_id"], found["person"], found["minutes"]):
        if not pd.isna(signup_id):
            people[signup_id].append((person, None if pd.isna(minutes) else minutes))
    return people, {signup_id for likely in found["suggestions"] for signup_id in likely}


def _minutes(mine: list[tuple[Person, Any]], meeting: tuple[datetime, datetime]) -> float | None:
    if len(mine) == 1:
        return mine[0][1]
    return attendance.attended([person for person, _ in mine], *meeting)


@reads("read.people")
def questions(store: Store, activity_id: int | None = None) -> pd.DataFrame:
    """One row per question that somebody asked when signing up, in the order people came."""
    found = signups(store, activity_id)
    return found.loc[found["question"] != "", list(QUESTIONS)].reset_index(drop=True)
