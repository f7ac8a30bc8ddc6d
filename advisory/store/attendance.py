"""What a report says about who was there, and whom among the signed-up its people are.

An address decides by itself. A name never does: the person stays open until somebody says who it
is, that it is somebody who had not signed up, or that it does not matter.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta

from ..domain import attendance as rules
from ..domain.errors import Refused
from ..domain.personal import contains_cpr
from ..domain.signups import State
from . import Row, Store, guests, messages, municipalities, people, seats
from .instants import instant, stamp

FAR_AWAY = timedelta(hours=18)
LONGEST_NAME = 120


@dataclass(frozen=True)
class Taken:
    """What taking a report in came to. `changed` is False for a file that was here already."""

    import_id: int
    people: int
    matched: int
    open: int
    changed: bool


def take_in(
    store: Store, activity_id: int, report: rules.Report, *, file_name: str, sha256: str
) -> Taken:
    """Take a report in as one operation, its people matched to sign-ups by address.

    The same file at the same meeting again changes nothing. Refuses with `meeting_not_over`,
    `meeting_cancelled`, `report_of_another_time` and `report_empty`.
    """
    with store.write("attendance.import"):
        activity = seats.meeting(store, activity_id)
        same = store.find("attendance_import", activity_id=activity_id, sha256=sha256)
        if same is not None:
            return _taken(store, same["id"], changed=False)
        refuse(store, activity, report)
        import_id = store.insert(
            "attendance_import",
            {
                "activity_id": activity_id,
                "file_name": _harmless(file_name),
                "sha256": sha256,
                "format": report.format,
                "rows": report.rows,
                "people": len(report.people),
                "started_at": stamp(report.started_at) if report.started_at else None,
                "ended_at": stamp(report.ended_at) if report.ended_at else None,
            },
        )
        found = rules.matches(report.people, signed_up(store, activity_id))
        for person, signup_id in zip(report.people, found):
            _add(store, activity_id, import_id, person, signup_id)
        messages.plan(store, activity_id)
        return _taken(store, import_id, changed=True)


def refuse(store: Store, activity: Row, report: rules.Report) -> None:
    """Refuse a report that cannot be of this meeting; see `take_in`."""
    start, end = instant(activity["starts_at"]), instant(activity["ends_at"])
    if activity["cancelled_at"]:
        raise Refused("meeting_cancelled")
    if store.now() < end:
        raise Refused("meeting_not_over")
    if not report.people:
        raise Refused("report_empty")
    spans = [span for person in report.people for span in person.spans]
    if not spans and report.started_at:
        spans = [(report.started_at, report.ended_at or report.started_at)]
    if spans and not any(
        joined < end + FAR_AWAY and left > start - FAR_AWAY for joined, left in spans
    ):
        raise Refused("report_of_another_time", at=min(joined for joined, _ in spans))


def signed_up(store: Store, activity_id: int) -> list[rules.Signup]:
    """Everyone who has signed up for a meeting: sign-up, name, address."""
    behind = "id IN (SELECT person_id FROM signup WHERE activity_id = ?)"
    named = {
        row["id"]: (row["name"], row["email"])
        for row in store.rows("person", behind, [activity_id])
    }
    return [
        (signup["id"], *named[signup["person_id"]])
        for signup in store.rows("signup", "activity_id = ?", [activity_id])
    ]


def assign(store: Store, attendee_id: int, signup_id: int, *, version: int | None = None) -> Row:
    """Say that somebody in a report is this sign-up; one may be several people in the report.

    Refuses with `signup_elsewhere` when the two belong to different meetings, and with
    `walk_in_stays`.
    """
    with store.write("attendance.edit"):
        attendee, signup = store.get("attendee", attendee_id), store.get("signup", signup_id)
        if attendee["activity_id"] != signup["activity_id"]:
            raise Refused("signup_elsewhere")
        _refuse_walk_in(attendee)
        return _decide(store, attendee, "hand", signup_id, version)


def set_aside(store: Store, attendee_id: int, *, version: int | None = None) -> Row:
    """Say that it does not matter who somebody in a report is; a room, an organiser.

    Refuses with `walk_in_stays`.
    """
    with store.write("attendance.edit"):
        attendee = store.get("attendee", attendee_id)
        _refuse_walk_in(attendee)
        return _decide(store, attendee, "set_aside", None, version)


def reopen(store: Store, attendee_id: int, *, version: int | None = None) -> Row:
    """Take back what was said about somebody in a report; a walk-in made of them stays.

    Refuses with `walk_in_stays`.
    """
    with store.write("attendance.edit"):
        attendee = store.get("attendee", attendee_id)
        _refuse_walk_in(attendee)
        return _decide(store, attendee, "open", None, version)


def walk_in(
    store: Store,
    attendee_id: int,
    *,
    name: str,
    email: str | None = None,
    municipality: str = "",
    version: int | None = None,
) -> int:
    """Write down somebody who came without having signed up, and return the sign-up's id.

    Refuses with `name_needed`, `email_unreadable`, `email_taken`, `already_decided`.
    """
    with store.write("attendance.edit"):
        attendee = store.get("attendee", attendee_id)
        if attendee["decision"] not in ("open", "set_aside"):
            raise Refused("already_decided")
        if not name.strip():
            raise Refused("name_needed")
        email = people.address(email) if (email or "").strip() else None
        activity = store.get("activity", attendee["activity_id"])
        key = email.lower() if email else None
        if key and store.find("signup", activity_id=activity["id"], email_key=key):
            raise Refused("email_taken", email=email)
        signup_id = guests.insert(
            store,
            activity,
            guests.add_person(store, activity, name.strip(), email),
            State.WALK_IN,
            {
                "email_key": key,
                "municipality_text": municipality.strip(),
                "municipality_id": municipalities.match(store, municipality).code,
                "source": "walk_in",
            },
        )
        _decide(store, attendee, "walk_in", signup_id, version)
        return signup_id


def undo_import(store: Store, import_id: int) -> int:
    """Take a whole report out again, with what was said about its people; returns their number.

    Who had not signed up and is known from this report alone goes with it.
    """
    with store.write("attendance.import"):
        activity_id = store.get("attendance_import", import_id)["activity_id"]
        rows = store.rows("attendee", "import_id = ?", [import_id])
        for row in rows:
            store.delete("attendee", row["id"])
        for signup_id in sorted({row["signup_id"] for row in rows} - {None}):
            _remove_walk_in(store, signup_id)
        store.delete("attendance_import", import_id)
        messages.plan(store, activity_id)
        return len(rows)


def _remove_walk_in(store: Store, signup_id: int) -> None:
    """Somebody who came without having signed up and is in no report now, goes.

    Unless we have written to them: then they stay, and with them what they were sent.
    """
    signup = store.get("signup", signup_id)
    if signup["state"] != State.WALK_IN or store.find("attendee", signup_id=signup_id):
        return
    written = store.rows("message", "signup_id = ?", [signup_id])
    if any(message["state"] in ("sending", "sent", "uncertain") for message in written):
        return
    for message in written:
        store.delete("message", message["id"])
    store.delete("signup", signup_id)
    store.delete("person", signup["person_id"])


def _refuse_walk_in(attendee: Row) -> None:
    if attendee["decision"] == "walk_in":
        raise Refused("walk_in_stays")


def _add(
    store: Store, activity_id: int, import_id: int, person: rules.Person, signup_id: int | None
) -> None:
    spans = [[stamp(joined), stamp(left)] for joined, left in person.spans]
    store.insert(
        "attendee",
        {
            "activity_id": activity_id,
            "import_id": import_id,
            "name": person.name,
            "email": person.email,
            "spans": json.dumps(spans),
            "minutes": person.minutes,
            "joins": person.joins,
            "signup_id": signup_id,
            "decision": "open" if signup_id is None else "address",
        },
    )


def _decide(
    store: Store, attendee: Row, decision: str, signup_id: int | None, version: int | None
) -> Row:
    changes = {"decision": decision, "signup_id": signup_id}
    after = store.update("attendee", attendee["id"], changes, version=version)
    concerned = {attendee["signup_id"], signup_id} - {None}
    messages.plan(store, attendee["activity_id"], concerned)
    return after


def _taken(store: Store, import_id: int, *, changed: bool) -> Taken:
    rows = store.rows("attendee", "import_id = ?", [import_id])
    matched = sum(row["signup_id"] is not None for row in rows)
    undecided = sum(row["decision"] == "open" for row in rows)
    return Taken(import_id, len(rows), matched, undecided, changed)


def _harmless(file_name: str) -> str:
    """The name of a file; a day and a time in it can look like a CPR number."""
    name = re.sub(r"\d{4,}", "…", file_name) if contains_cpr(file_name) else file_name
    return name[-LONGEST_NAME:]
