"""The store: one SQLite file, every change in one transaction with its history.

Reading: `get`, `rows`, `at(date)`. Writing: `with store.write(action)` around `insert`,
`update` and `delete`. The verbs of the product (`store.plan.mark_done`, ...) are functions in
this package that take a store; nothing else writes.
"""

import threading
from datetime import UTC, date, datetime
from pathlib import Path

from sqlite_utils import Database

from ..domain import calendar
from ..domain.errors import Refused
from . import schema, undo
from .connection import connect, explaining
from .history import rebuild
from .records import Actor, Clock, Records, Row

__all__ = ["Actor", "Clock", "Row", "Store", "open_store"]

PAST_KEPT = 8
READER = Actor("reader", "Læser", "office")


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_store(
    path: Path | str,
    actor: Actor = READER,
    *,
    read_only: bool = False,
    clock: Clock = utc_now,
) -> "Store":
    """Open the database at `path`, made or brought up to date first unless `read_only`.

    Refuses with `sqlite_unsafe`, `database_missing`, `database_unreadable`, `database_busy`,
    `database_read_only`, `disk_full`, `not_our_database`, `schema_new`, and with `schema_old`
    when a read-only file needs a newer schema.
    """
    path = Path(path)
    with explaining(path, OSError):
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        db = connect(path, read_only=read_only)
        try:
            schema.refuse_unknown(db, path)
            if read_only and not schema.is_current(db):
                raise Refused("schema_old", path=str(path))
            ready = read_only or schema.is_ready(db)
        except BaseException:
            db.close()
            raise
        if not ready:
            db.close()
            schema.migrate(path)
            db = connect(path)
    return Store(db, path, actor, clock, read_only=read_only)


class Store(Records):
    """The records with their past: any date, and any operation taken back.

    For one person in one thread. Close it when the person leaves.
    """

    def __init__(
        self,
        db: Database,
        path: Path,
        actor: Actor,
        clock: Clock,
        *,
        read_only: bool = False,
        as_of: date | None = None,
        present: "Store | None" = None,
    ):
        super().__init__(db, path, actor, clock, read_only=read_only, as_of=as_of)
        self._present = present
        if present is not None:
            self._trust = present._trust

    def at(self, day: date) -> "Store":
        """Return a read-only store as it was known at the end of `day` in Copenhagen.

        Today gives this store itself; a future day is today's data with a later `today`.
        The past is rebuilt from the history once, then kept for as long as it stands.
        """
        if self._present is not None:
            return self._present.at(day)
        today = calendar.local_date(self.now())
        if day == today:
            return self
        if day > today:
            return Store(self.db, self.path, self.actor, self._clock, as_of=day, present=self)
        past = _past(self, calendar.end_of_day(day).isoformat(timespec="microseconds"))
        return Store(past, self.path, self.actor, self._clock, as_of=day, present=self)

    @property
    def present(self) -> "Store":
        """The same data as they are today; this store itself unless it shows another date."""
        return self._present or self

    @property
    def is_demo(self) -> bool:
        """Whether the participation in it is invented, which everything taken out must say."""
        return self.find("setting", key="demo") is not None

    def first_day(self) -> date | None:
        """The day of the first record, None when nothing has been written."""
        row = self.db.execute("SELECT min(at) FROM history").fetchone()
        return calendar.local_date(datetime.fromisoformat(row[0])) if row[0] else None

    def revert(self, operation: str) -> int:
        """Take one operation back, as `undo.revert`, and return the number of records put back."""
        return undo.revert(self, operation)

    def close(self) -> None:
        """Close the connection; a store of another date shares it and leaves it open."""
        if self._present is None:
            self.db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


_pasts: dict[tuple, Database] = {}


def _past(store: Store, until: str) -> Database:
    """The rebuilt tables for `until`, kept per thread until the history before it grows."""
    last = store.db.execute("SELECT max(id) FROM history WHERE at <= ?", [until]).fetchone()[0]
    key = (str(store.path), until, last, store.era(), threading.get_ident())
    if key not in _pasts:
        if len(_pasts) >= PAST_KEPT:
            _pasts.pop(next(iter(_pasts)))  # closed when the last page showing it lets go
        _pasts[key] = rebuild(store.path, store.db, until)
    return _pasts[key]
