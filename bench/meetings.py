"""A database of very many sign-ups: meetings of fifty people, their mails and their reports."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from advisory.settings import shipped
from advisory.store import demo, open_store, seed

from .databases import BEGUN, NOON, Row, _Writing

AT_ONE = 50
SEATS = 40
OPEN = 4  # of the people in a report, how many have no address
MAILS = ("confirmation", "link", "reminder", "no_seat", "thanks")
FIRST = ("Ane", "Bo", "Camilla", "Dorthe", "Erik", "Freja", "Gitte", "Henrik", "Ida", "Jens")
LAST = ("Holm", "Krogh", "Friis", "Toft", "Skov", "Hjort", "Ravn", "Bjerre", "Aagaard", "Lund")


def many(path: Path, signups: int) -> Path:
    """A database of so many sign-ups at `path`, fifty to a meeting, with five mails each.

    Nine of ten who had a seat are in the report of their meeting, four of them without address.
    The meetings were held one a week until yesterday and recruit for the cohort of August 2025.
    """
    with open_store(path, demo.SYSTEM, clock=lambda: BEGUN - timedelta(days=1)) as store:
        seed.load_facts(store, shipped("data"))
        cohort, homes = store.find("cohort", code="2025-08"), store.rows("municipality")
        writing = _Writing(store, with_history=False)
        for table, rows in _tables(signups, cohort["id"], [row["id"] for row in homes]):
            writing.add(table, list(rows))
        store.db.conn.commit()
    return path


def _tables(signups: int, cohort_id: int, homes: list[int]) -> Iterator[tuple[str, Iterator[Row]]]:
    meetings = -(-signups // AT_ONE)
    starts = {100 + n: NOON - timedelta(days=1, weeks=n) for n in range(meetings)}
    people = [
        (number, 100 + (number - 1) // AT_ONE, (number - 1) % AT_ONE)
        for number in range(1, signups + 1)
    ]
    yield "activity", (_activity(one, at, cohort_id) for one, at in starts.items())
    yield "person", (_person(number) for number, _, _ in people)
    yield "signup", (_signup(*one, starts[one[1]], homes) for one in people)
    yield "message", _messages(people, starts)
    yield "attendance_import", (_import(activity_id) for activity_id in starts)
    came = [one for one in people if one[2] < SEATS and one[0] % 10]
    yield "attendee", (_attendee(*one, starts[one[1]]) for one in came)


def _activity(activity_id: int, at: datetime, cohort_id: int) -> Row:
    return {
        "id": activity_id,
        "kind": "info_meeting",
        "title": "Informationsmøde",
        "starts_at": _stamp(at),
        "ends_at": _stamp(at + timedelta(minutes=45)),
        "link": "https://moede.example/",
        "capacity": SEATS,
        "cohort_id": cohort_id,
        "uid": f"{activity_id}@bench.example",
        "source": "bench",
    }


def _name(number: int) -> str:
    return f"{FIRST[number % 10]} {LAST[number // 10 % 10]} {LAST[number // 100 % 10]}"


def _person(number: int) -> Row:
    return {
        "id": number,
        "name": _name(number),
        "email": f"person{number}@kommune.example",
        "no_mail": int(number % 30 == 0),
        "purpose": "bench",
        "delete_after": "2026-01-01",
    }


def _signup(number: int, activity_id: int, place: int, at: datetime, homes: list[int]) -> Row:
    return {
        "id": number,
        "activity_id": activity_id,
        "person_id": number,
        "email_key": f"person{number}@kommune.example",
        "state": "seat" if place < SEATS else "waiting",
        "since_at": _stamp(at - timedelta(days=20, minutes=number)),
        "created_at": _stamp(at - timedelta(days=20, minutes=number)),
        "queue": place + 1,
        "municipality_id": homes[number % len(homes)] if number % 20 else None,
        "municipality_text": "en kommune",
        "workplace": "Center for Social",
        "role": "leder",
        "question": "Hvad koster det?" if number % 5 == 0 else "",
        "language": "da",
        "token": f"token{number}",
        "source": "public",
    }


def _messages(people: list[tuple[int, int, int]], starts: dict[int, datetime]) -> Iterator[Row]:
    ids = count(1)
    for number, activity_id, _ in people:
        for place, kind in enumerate(MAILS):
            at = _stamp(starts[activity_id] - timedelta(days=10 - place, seconds=number))
            yield {
                "id": next(ids),
                "activity_id": activity_id,
                "signup_id": number,
                "kind": kind,
                "occasion": at,
                "due_at": at,
                "state": "skipped" if kind == "no_seat" else "sent",
                "reason": "too_late" if kind == "no_seat" else None,
                "attempts": int(kind != "no_seat"),
                "message_id": f"{number}.{place}@bench.example",
                "sent_at": None if kind == "no_seat" else at,
            }


def _import(activity_id: int) -> Row:
    return {
        "id": activity_id,
        "activity_id": activity_id,
        "file_name": "deltagere.csv",
        "sha256": str(activity_id),
        "format": "teams_2022",
        "rows": SEATS,
        "people": SEATS,
    }


def _attendee(number: int, activity_id: int, place: int, at: datetime) -> Row:
    open_ = place < OPEN
    joined = at + timedelta(minutes=number % 7 - 5)
    spans = [[_stamp(joined), _stamp(joined + timedelta(minutes=30))]]
    return {
        "id": number,
        "activity_id": activity_id,
        "import_id": activity_id,
        "name": _name(number).split()[0] if open_ else _name(number),
        "email": None if open_ else f"person{number}@kommune.example",
        "spans": json.dumps(spans),
        "joins": 1,
        "signup_id": None if open_ else number,
        "decision": "open" if open_ else "address",
    }


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
