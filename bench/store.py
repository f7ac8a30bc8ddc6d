"""The store against plain SQLite doing the same two INSERTs, and the past rebuilt."""

import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from sqlite_utils.utils import sqlite3

from advisory.store import Store

from . import databases
from .results import Result, median

PART = "store, against plain SQLite (WAL, synchronous=FULL, the same tables and indexes)"
NOTE = {"kind": "phone", "noted_on": "2025-03-13", "text": "Talt om næste skridt", "author_id": 1}
HISTORY = (
    "INSERT INTO history (at, actor, role, action, operation, table_name, row_id, before, after,"
    " after_salt, after_hash, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
SEALS = ("0" * 32 + " text", "0" * 64, "0" * 64)  # as wide as ours, and nothing worked out
HISTORY_ROWS = 100_000


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """Writes and reads a second in turns, then a past day of a long history."""
    rounds, count = (3, 50) if quick else (7, 200)
    paths = [databases.large(folder / f"{name}.db", 20) for name in ("ours", "plain")]
    with databases.opened(paths[0]) as store, closing(_plain(paths[1])) as plain:
        yield from compared(
            (PART, "writes (record and history)", "store", "plain"),
            lambda: _write(store, count),
            lambda: _write_plain(plain, count),
            (rounds, count, 0.7),
        )
        yield from compared(
            (PART, "get(), against SELECT * ... WHERE id = ?", "store", "plain"),
            lambda: _get(store, 20 * count),
            lambda: _get_plain(plain, 20 * count),
            (rounds, 20 * count, None),
        )
        yield from compared(
            (PART, "rows() of 360 milestones, against SELECT *", "store", "plain"),
            lambda: _rows(store, count),
            lambda: _rows_plain(plain, count),
            (rounds, 360 * count, None),
        )
    yield from _past(folder, 10_000 if quick else HISTORY_ROWS)


def compared(
    names: tuple[str, str, str, str],
    ours: Callable[[], None],
    plain: Callable[[], None],
    size: tuple[int, int, float | None],
) -> Iterator[Result]:
    """Both in turns, each first every other time: medians a second, and of the rounds' ratios.

    `names` are the part, what is done, and what the two are called.
    """
    (part, what, mine, other), (rounds, count, least) = names, size
    taken: dict[Callable[[], None], list[float]] = {ours: [], plain: []}
    for number in range(rounds):
        for one in (ours, plain) if number % 2 else (plain, ours):
            taken[one].append(seconds(one))
    a_second = {one: count / median(times) for one, times in taken.items()}
    yield Result(part, f"{what}: {mine}", a_second[ours], "/s")
    yield Result(part, f"{what}: {other}", a_second[plain], "/s")
    ratio = 100 * median(there / here for here, there in zip(taken[ours], taken[plain]))
    limit = None if least is None else 100 * least
    yield Result(part, f"{what}: {mine} of {other}", ratio, "%", limit, least=True)


def seconds(what: Callable[[], object]) -> float:
    """How long something takes, with no collecting of garbage left over from before."""
    gc.collect()
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


def _plain(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _write(store: Store, count: int) -> None:
    for number in range(count):
        with store.write("note.add"):
            store.insert("note", {"enrolment_id": 1 + number % 20, **NOTE})


def _write_plain(connection: sqlite3.Connection, count: int) -> None:
    after = json.dumps({"id": 1, "version": 1, "enrolment_id": 1, **NOTE}, ensure_ascii=False)
    at = databases.NOON.isoformat(timespec="microseconds")
    for number in range(count):
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(
            "INSERT INTO note (enrolment_id, kind, noted_on, text, author_id)"
            " VALUES (?, ?, ?, ?, ?)",
            [1 + number % 20, *NOTE.values()],
        )
        change = ["note.add", "0123456789abcdef", "note", row.lastrowid, None, after]
        connection.execute(HISTORY, [at, "Jonas", "consultant", *change, *SEALS])
        connection.execute("COMMIT")


def _get(store: Store, count: int) -> None:
    for number in range(count):
        store.get("milestone", 1 + number % 360)


def _get_plain(connection: sqlite3.Connection, count: int) -> None:
    for number in range(count):
        connection.execute("SELECT * FROM milestone WHERE id = ?", [1 + number % 360]).fetchone()


def _rows(store: Store, count: int) -> None:
    for _ in range(count):
        store.rows("milestone")


def _rows_plain(connection: sqlite3.Connection, count: int) -> None:
    for _ in range(count):
        connection.execute("SELECT * FROM milestone ORDER BY id").fetchall()


def _past(folder: Path, rows: int) -> Iterator[Result]:
    """A day in the past: rebuilt from `rows` of history, and asked for again."""
    path = databases.large(folder / "history.db", rows // 50, history=rows)
    day = date(2023, 1, 1)
    with databases.opened(path) as store:
        days = [day + timedelta(days=number) for number in range(3)]
        taken = [seconds(partial(store.at, past)) for past in days]
        again = median(seconds(lambda: store.at(day)) for _ in range(7))
    name = f"store.at(a past day) with {rows:,} rows of history"
    yield Result(PART, name, median(taken), "s", 2)
    yield Result(PART, "the same day again", 1000 * again, "ms")
