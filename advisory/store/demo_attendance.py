"""Who was at the invented info meetings: a report taken in, and what a colleague makes of it."""

import hashlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from ..domain import calendar
from ..domain.attendance import Report
from ..domain.signups import HOLDS_SEAT, State
from . import Actor, Row, Store, attendance, demo_guests, signups
from .demo_guests import Decision, Guest, Words
from .demo_rounds import Meeting

Arrange = Callable[[Meeting, datetime, Actor, Callable[[], Any]], None]


def read_report(
    store: Store, meeting: Meeting, words: Words, names: Words, office: Actor, arrange: Arrange
) -> None:
    """Take the report of a meeting in, and arrange that its people are decided on, one by one."""
    report, decisions = _report(store, meeting, words, names, office)
    day = calendar.local_date(meeting.starts_at).isoformat()
    taken = attendance.take_in(
        store,
        meeting.activity_id,
        report,
        file_name=f"Infomøde {day} - fremmøderapport.csv",
        sha256=hashlib.sha256(repr(report).encode()).hexdigest(),
    )
    attendees = store.rows("attendee", "import_id = ?", [taken.import_id])
    decided = [
        (lambda r=row, d=decision: _decide(store, meeting, r, d))
        for row, decision in zip(attendees, decisions)
        if decision is not None
    ]
    at = _after_reading(store)
    for happen in [*decided, lambda: _tick(store, meeting)]:
        at += timedelta(seconds=meeting.draw.randint(15, 70))
        arrange(meeting, at, meeting.host, happen)


def _report(
    store: Store, meeting: Meeting, words: Words, names: Words, office: Actor
) -> tuple[Report, list[Decision]]:
    people = {row["id"]: row for row in store.rows("person")}
    seated = [
        (meeting.guests[row["id"]], people[row["person_id"]])
        for row in store.rows("signup", "activity_id = ?", [meeting.activity_id])
        if row["state"] in HOLDS_SEAT
    ]
    home = meeting.draw.choice(meeting.homes)["name"]
    return demo_guests.report(
        meeting.draw,
        [(guest, person["name"], person["email"]) for guest, person in seated],
        meeting.starts_at,
        meeting.ends_at,
        title=store.get("activity", meeting.activity_id)["title"],
        staff=[(one.name, one.login) for one in (meeting.host, office)],
        newcomers=_newcomers(meeting, words, names),
        strangers=[name.format(municipality=home) for name in meeting.plan.get("strangers", ())],
    )


def _newcomers(meeting: Meeting, words: Words, names: Words) -> list[Guest]:
    """Colleagues who came along without having signed up."""
    taken = {guest.form["email"] for guest in meeting.guests.values()}
    homes = meeting.draw.sample(list(meeting.homes), 2)
    drawn = demo_guests.guests(meeting.draw, meeting.draw.randint(1, 2), homes, words, names)
    return [guest for guest in drawn if guest.form["email"] not in taken]


def _after_reading(store: Store) -> datetime:
    """At once in the morning, else the next morning in the office."""
    now = store.now()
    if calendar.local(now).hour < 14:
        return now
    day = calendar.next_working_day(store.today() + timedelta(days=1))
    return calendar.to_utc(day, time(9, 5))


def _decide(store: Store, meeting: Meeting, attendee: Row, decision: Decision) -> None:
    if decision == "aside":
        attendance.set_aside(store, attendee["id"])
    elif isinstance(decision, str):
        signup = store.find("signup", activity_id=meeting.activity_id, email_key=decision)
        attendance.assign(store, attendee["id"], signup["id"])
    else:
        form = {name: decision[name] for name in ("name", "email", "municipality")}
        attendance.walk_in(store, attendee["id"], **form)


def _tick(store: Store, meeting: Meeting) -> None:
    """One of those no report shows sat beside a colleague, who says so."""
    reported = {
        row["signup_id"] for row in store.rows("attendee", "activity_id = ?", [meeting.activity_id])
    }
    absent = [
        id_
        for id_ in meeting.in_state(store, State.SEAT)
        if id_ not in reported and not meeting.guests[id_].known
    ]
    if absent:
        signups.set_present(store, meeting.draw.choice(absent), True)
