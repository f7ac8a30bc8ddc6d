"""The chain of the history: what it costs a write, and how long it takes to follow it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from advisory.store import Store, chain, sealing
from advisory.store.heads import head
from advisory.store.records import Row
from advisory.store.steps import let_history_change

from . import databases
from .results import Result
from .store import NOTE, compared, seconds

PART = "the chain of the history"
HISTORY = (
    "INSERT INTO history (at, actor, role, action, operation, table_name, row_id, before, after)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
HISTORY_ROWS = 100_000
# Of the writes without seals; what a commit costs on the disk at hand decides the rest.
LEAST = 0.8


def measure(folder: Path, *, quick: bool) -> Iterator[Result]:
    """Writes a second with seals and without, in turns; then a long history, followed."""
    rounds, count = (3, 50) if quick else (9, 200)
    paths = [databases.large(folder / f"{name}.db", 20) for name in ("sealed", "bare")]
    with databases.opened(paths[0]) as sealed, databases.opened(paths[1]) as bare:
        bare.__class__ = Bare
        yield from compared(
            (PART, "writes (record and history)", "sealed", "without seals"),
            partial(_write, sealed, count),
            partial(_write, bare, count),
            (rounds, count, LEAST),
        )
        yield from compared(
            (PART, "changed records in one decision", "sealed", "without seals"),
            partial(_change, sealed, 5 * count),
            partial(_change, bare, 5 * count),
            (rounds, 5 * count, None),
        )
    yield from _followed(folder, 10_000 if quick else HISTORY_ROWS)


class Bare(Store):
    """A store whose history has no seals."""

    def _record(
        self, operation: str, table: str, row_id: int, before: Row | None, after: Row | None
    ) -> None:
        sides = [None if side is None else sealing.encode(side) for side in (before, after)]
        actor = (self.actor.name, self.actor.role, self._actions[-1], operation)
        at = self.now().isoformat(timespec="microseconds")
        self.db.execute(HISTORY, [at, *actor, table, row_id, *sides])


def _write(store: Store, count: int) -> None:
    for number in range(count):
        with store.write("note.add"):
            store.insert("note", {"enrolment_id": 1 + number % 20, **NOTE})


def _change(store: Store, count: int) -> None:
    with store.write("milestone.move"):
        for number in range(count):
            row = store.get("milestone", 1 + number % 360)
            store.update("milestone", row["id"], {"position": row["position"] + 1})


def _followed(folder: Path, rows: int) -> Iterator[Result]:
    path = databases.large(folder / "history.db", rows // 40, history=rows)
    with databases.opened(path) as store:
        assert head(store).id == rows
        taken = seconds(lambda: _seal_again(store))
        yield Result(PART, f"{rows:,} rows of an older version sealed", taken, "s", 30)
        yield Result(PART, f"{rows:,} rows followed", seconds(lambda: chain.follow(store)), "s")
        verified = seconds(lambda: _sound(store))
        yield Result(PART, f"{rows:,} rows verified, with the tables", verified, "s", 10)


def _seal_again(store: Store) -> None:
    store.db.execute("BEGIN IMMEDIATE")
    with let_history_change(store.db):
        store.db.execute("UPDATE history SET link = NULL")
        sealing.seal_rest(store.db)
    store.db.execute("COMMIT")


def _sound(store: Store) -> None:
    assert chain.verify(store).found == []
