"""Databases to measure on: the invented programme, and the same facts with very many cases."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from advisory.domain.calendar import add_months
from advisory.settings import shipped
from advisory.store import Store, demo, open_store, sealing, seed, users
from advisory.store.steps import let_history_change

Row = dict[str, Any]

TODAY = date(2025, 3, 13)
NOON = datetime(2025, 3, 13, 11, tzinfo=UTC)
BEGUN = datetime(2022, 1, 3, 8, tzinfo=UTC)
MONTHS = 18
SPREAD = 30  # cohorts begin in each of the thirty months before today
CONSULTANTS = 20
NOTES = 5
SYSTEM = ("System", "system", "bench", "bench")


def opened(path: Path) -> Store:
    """The store in `path` as the consultant of the invented data sees it on `TODAY`."""
    store = open_store(path, demo.SYSTEM, clock=lambda: NOON)
    if login := store.find("app_user", role="consultant"):
        store.actor = users.actor_for(store, login["login"])
    return store


def invented(path: Path) -> Path:
    """The invented programme of 20 municipalities as of `TODAY`, at `path`."""
    with open_store(path, demo.SYSTEM, clock=lambda: NOON) as store:
        demo.load(store, shipped("data"), TODAY)
    return path


def large(path: Path, cases: int, *, history: int = 0) -> Path:
    """A database of `cases` enrolments at `path`: each 18 milestones, 3 statuses, 5 notes.

    Every fourth case has a task. With `history` every record has its history, and milestones are
    changed until there are that many rows of it; without, the history is that of the facts.
    """
    with open_store(path, demo.SYSTEM, clock=lambda: BEGUN - timedelta(days=1)) as store:
        seed.load_facts(store, shipped("data"))
        writing = _Writing(store, with_history=bool(history))
        for table, rows in _tables(store, cases):
            writing.add(table, list(rows))
        if history:
            writing.change_milestones(history)
            with let_history_change(store.db):
                sealing.seal_rest(store.db)
        store.db.conn.commit()
    return path


class _Writing:
    """Writes many rows at once, past the verbs of the store: that is what makes it quick."""

    def __init__(self, store: Store, *, with_history: bool):
        self._store, self._with_history = store, with_history
        self._instants = (BEGUN + timedelta(seconds=10 * n) for n in count())

    def add(self, table: str, rows: list[Row]) -> None:
        names = list(rows[0])
        columns, marks = ", ".join(f"[{name}]" for name in names), ", ".join("?" * len(names))
        self._store.db.conn.executemany(
            f"INSERT INTO [{table}] ({columns}) VALUES ({marks})",
            [list(row.values()) for row in rows],
        )
        if self._with_history:
            self._record((table, row["id"], None, json.dumps(row)) for row in rows)

    def change_milestones(self, until: int) -> None:
        """Give milestones a new name, one after another, until the history has `until` rows."""
        missing = until - self._store.version()
        found = self._store.rows("milestone")
        changed = [
            (row, {**row, "name": row["name"] + " ", "version": row["version"] + 1})
            for row in found[: max(missing, 0)]
        ]
        self._store.db.conn.executemany(
            "UPDATE milestone SET name = ?, version = ? WHERE id = ?",
            [(after["name"], after["version"], after["id"]) for _, after in changed],
        )
        self._record(
            ("milestone", after["id"], json.dumps(before), json.dumps(after))
            for before, after in changed
        )

    def _record(self, changes: Iterator[tuple]) -> None:
        self._store.db.conn.executemany(
            "INSERT INTO history (at, actor, role, action, operation, table_name, row_id,"
            " before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (at.isoformat(timespec="microseconds"), *SYSTEM, *change)
                for at, change in zip(self._instants, changes)
            ),
        )


def _tables(store: Store, cases: int) -> Iterator[tuple[str, Iterator[Row]]]:
    """The rows of every table, in an order that keeps references whole."""
    municipalities = [row["id"] for row in store.rows("municipality")]
    steps = store.rows("milestone_template", order="position")
    cohorts = _cohorts(-(-cases // len(municipalities)))
    pairs = ((cohort, home) for cohort in cohorts for home in municipalities)
    started = [
        (number, cohort, home) for number, (cohort, home) in enumerate(islice(pairs, cases), 1)
    ]
    starts = [(number, date.fromisoformat(cohort["starts_on"])) for number, cohort, _ in started]
    yield "cohort", iter(cohorts)
    yield "app_user", (_user(number) for number in range(1, CONSULTANTS + 1))
    yield "enrolment", (_enrolment(*one) for one in started)
    yield "enrolment_status", _statuses(starts)
    yield "milestone", _milestones(starts, steps)
    yield "note", _notes(starts)
    yield "task", (_task(number) for number, _ in starts if number % 4 == 0)


def _cohorts(wanted: int) -> list[Row]:
    starts = [add_months(TODAY.replace(day=1), -(number % SPREAD)) for number in range(wanted)]
    return [
        {
            "id": 100 + number,
            "version": 1,
            "initiative_id": 1,
            "code": f"{start:%Y-%m}-{number:03}",
            "starts_on": start.isoformat(),
            "months": MONTHS,
            "apply_by": None,
            "places": None,
            "source": "bench",
        }
        for number, start in enumerate(starts)
    ]


def _user(number: int) -> Row:
    return {
        "id": number,
        "version": 1,
        "login": f"k{number}@styrelsen.example",
        "name": f"Konsulent {number}",
        "initials": f"K{number}",
        "role": "consultant",
        "active": 1,
    }


def _enrolment(number: int, cohort: Row, municipality_id: int) -> Row:
    return {
        "id": number,
        "version": 1,
        "cohort_id": cohort["id"],
        "municipality_id": municipality_id,
        "consultant_id": 1 + number % CONSULTANTS,
        "prior_experience": "some",
        "goal": "Flere peers i de botilbud, der findes",
        "starts_on": None,
    }


def _statuses(starts: list[tuple[int, date]]) -> Iterator[Row]:
    """Interested, applied, and then admitted, but for every twentieth that still waits."""
    ids = count(1)
    for number, start in starts:
        last = "waitlisted" if number % 20 == 0 else "admitted"
        for status, before in (("interested", 6), ("applied", 4), (last, 3)):
            yield {
                "id": next(ids),
                "version": 1,
                "enrolment_id": number,
                "status": status,
                "on_date": add_months(start, -before).isoformat(),
                "reason": None,
                "actor": "bench",
            }


def _milestones(starts: list[tuple[int, date]], steps: list[Row]) -> Iterator[Row]:
    """The plan of every case: most of what is due is done, and one step in forty is pinned."""
    ids = count(1)
    for number, start in starts:
        placed: dict[str, int] = {}
        for step in steps:
            placed[step["code"]] = row_id = next(ids)
            day = add_months(start, step["offset"]) + timedelta(days=row_id % 9)
            done = day < TODAY and row_id % 11 != 0 and step["anchor"] == "start"
            pinned = row_id % 40 == 0
            yield {
                "id": row_id,
                "version": 1,
                "enrolment_id": number,
                "template_id": step["id"],
                "position": step["position"],
                "phase": step["phase"],
                "name": step["name_da"],
                "name_en": step["name_en"],
                "kind": step["kind"],
                "anchor": step["anchor"],
                "anchor_id": placed.get(step["anchor_code"]),
                "offset": step["offset"],
                "unit": step["unit"],
                "override_on": day.isoformat() if pinned else None,
                "pinned": int(pinned),
                "override_reason": "aftalt" if pinned else None,
                "done_on": day.isoformat() if done else None,
                "not_applicable": 0,
                "na_reason": None,
            }


def _notes(starts: list[tuple[int, date]]) -> Iterator[Row]:
    ids = count(1)
    for number, start in starts:
        for month in range(NOTES):
            yield {
                "id": next(ids),
                "version": 1,
                "enrolment_id": number,
                "kind": ("phone", "meeting", "note")[month % 3],
                "noted_on": (start + timedelta(days=30 * month + number % 30)).isoformat(),
                "text": f"Talt om næste skridt, aftale {month}",
                "author_id": 1 + number % CONSULTANTS,
            }


def _task(number: int) -> Row:
    return {
        "id": number,
        "version": 1,
        "enrolment_id": number,
        "title": "Send materiale",
        "due_on": (TODAY + timedelta(days=number % 60 - 10)).isoformat(),
        "assignee_id": 1 + number % CONSULTANTS,
        "done_on": TODAY.isoformat() if number % 3 == 0 else None,
        "note_id": None,
    }
