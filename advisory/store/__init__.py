"""The store: one SQLite file, every change in one transaction with its history.

Reading: `get`, `rows`, `at(date)`. Writing: `with store.write(action)` around `insert`,
`update` and `delete`. The verbs of the product (`store.plan.mark_done`, ...) are functions in
this package that take a store; nothing else writes.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from ..domain import calendar, personal, roles
from ..domain.errors import Conflict, Forbidden, NotFound, Refused
from . import schema
from .connection import DatabaseError, connect, explained
from .history import rebuild

__all__ = ["Actor", "Store", "open_store"]

Row = dict[str, Any]
Clock = Callable[[], datetime]

PAST_KEPT = 8


@dataclass(frozen=True)
class Actor:
    """Who is at work: the login, the name others see in the history, and the role."""

    login: str
    name: str
    role: str


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

    Refuses with `sqlite_unsafe`, `database_missing`, `database_unreadable`,
    `database_read_only`, and with `schema_old` when a read-only file needs a newer schema.
    """
    path = Path(path)
    if not read_only:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            schema.migrate(path)
        except OSError as error:
            raise Refused("database_read_only", path=str(path)) from error
        except DatabaseError as error:
            raise explained(error, path) from error
    db = connect(path, read_only=read_only)
    if read_only and not schema.is_current(db):
        db.close()
        raise Refused("schema_old", path=str(path))
    return Store(db, path, actor, clock, read_only=read_only)


class Store:
    """One connection for one person in one thread. Close it when the person leaves."""

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
        self.db, self.path, self.actor, self._clock = db, path, actor, clock
        self.read_only, self.as_of, self._present = read_only or as_of is not None, as_of, present
        self._operation: str | None = None
        self._actions: list[str] = []
        self._statements: dict[tuple, str] = {}

    # --- time -------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The instant (UTC) that a change is stamped with."""
        return self._clock()

    def today(self) -> date:
        """The date that everything read here is seen from, in Copenhagen."""
        return self.as_of or calendar.local_date(self.now())

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

    def first_day(self) -> date | None:
        """The day of the first record, None when nothing has been written."""
        row = self.db.execute("SELECT min(at) FROM history").fetchone()
        return calendar.local_date(datetime.fromisoformat(row[0])) if row[0] else None

    def version(self) -> int:
        """A number that grows with every change; the same number means the same data."""
        return self.db.execute("SELECT max(id) FROM history").fetchone()[0] or 0

    # --- reading ----------------------------------------------------------------------------

    def get(self, table: str, row_id: int) -> Row:
        """Return one record. Refuses with `not_found`."""
        found = self.rows(table, "id = ?", [row_id])
        if not found:
            raise NotFound("not_found", table=table, row_id=row_id)
        return found[0]

    def rows(
        self, table: str, where: str = "1", args: Sequence[Any] = (), order: str = "id"
    ) -> list[Row]:
        """Return the records of `table` that fulfil `where`, as dictionaries."""
        return list(self.db.table(table).rows_where(where, list(args), order_by=order))

    def find(self, table: str, **values: Any) -> Row | None:
        """Return the first record with exactly these values, or None."""
        where = " AND ".join(f"[{column}] = ?" for column in values)
        found = self.rows(table, where, list(values.values()))
        return found[0] if found else None

    def require(self, action: str) -> None:
        """Refuse with `forbidden` unless this person's role may do `action`."""
        if not roles.allowed(action, self.actor.role):
            raise Forbidden("forbidden", action=action, role=self.actor.role)

    # --- writing ----------------------------------------------------------------------------

    @contextmanager
    def write(self, action: str) -> Iterator["Store"]:
        """One decision: role check, write lock, all or nothing, history of every changed row.

        A verb inside a verb joins the outer transaction under its own action. Refuses with
        `forbidden`, `read_only_date`, `database_read_only`, `database_busy`, `disk_full`.
        """
        self.require(action)
        if self.as_of is not None:
            raise Refused("read_only_date", date=self.as_of)
        if self.read_only:
            raise Refused("database_read_only", path=str(self.path))
        self._actions.append(action)
        try:
            if self._operation is not None:
                with self.db.atomic():
                    yield self
            else:
                with self._transaction():
                    yield self
        except DatabaseError as error:
            raise explained(error, self.path) from error
        finally:
            self._actions.pop()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # BEGIN IMMEDIATE takes the write lock before anything is read, so that what a verb
        # checked still holds when it writes (a deferred BEGIN oversold seats, see bench/).
        self.db.execute("BEGIN IMMEDIATE")
        self._operation = secrets.token_hex(8)
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self.db.rollback()
            raise
        finally:
            self._operation = None

    @property
    def operation(self) -> str:
        """The name of the operation under way; `revert` takes it back as one."""
        if self._operation is None:
            raise RuntimeError("outside store.write")
        return self._operation

    def insert(self, table: str, row: Row) -> int:
        """Add a record and return its id. Refuses a CPR number in any text with `cpr_refused`."""
        personal.refuse_cpr(*(value for value in row.values() if isinstance(value, str)))
        statement = self._statements.get((table, *row))
        if statement is None:
            columns = ", ".join(f"[{column}]" for column in row)
            statement = f"INSERT INTO [{table}] ({columns}) VALUES ({', '.join('?' * len(row))})"
            statement += " RETURNING *"
            self._statements[(table, *row)] = statement
        cursor = self.db.execute(statement, list(row.values()))
        after = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        cursor.close()
        self._record(table, after["id"], None, after)
        return after["id"]

    def update(self, table: str, row_id: int, changes: Row, *, version: int | None = None) -> Row:
        """Change a record and return it as it now is; no difference writes nothing.

        `version` is the one the person was looking at: if someone has saved since, nothing is
        written and a `Conflict` carries what stood, what stands and what was typed.
        """
        personal.refuse_cpr(*(value for value in changes.values() if isinstance(value, str)))
        before = self.get(table, row_id)
        if version is not None and version != before["version"]:
            base = self._as_of_version(table, row_id, version)
            raise Conflict(
                "conflict", table=table, row_id=row_id, current=before, changes=changes, base=base
            )
        changed = {key: value for key, value in changes.items() if before[key] != value}
        if not changed:
            return before
        after = {**before, **changed, "version": before["version"] + 1}
        assignments = ", ".join(f"[{column}] = ?" for column in (*changed, "version"))
        self.db.execute(
            f"UPDATE [{table}] SET {assignments} WHERE id = ?",
            [*changed.values(), after["version"], row_id],
        )
        self._record(table, row_id, before, after)
        return after

    def delete(self, table: str, row_id: int) -> None:
        """Remove a record; its history keeps what it held."""
        before = self.get(table, row_id)
        self.db.execute(f"DELETE FROM [{table}] WHERE id = ?", [row_id])
        self._record(table, row_id, before, None)

    def revert(self, operation: str) -> int:
        """Take one operation back and return the number of records put back.

        Refuses with `revert_too_late` when any of its records has changed since, and with
        `not_found` for an unknown operation.
        """
        with self.write("operation.revert"):
            rows = self.rows("history", "operation = ?", [operation], order="id DESC")
            if not rows:
                raise NotFound("not_found", table="history", row_id=operation)
            for row in rows:
                self._refuse_if_changed_since(row)
            for row in rows:
                self._put_back(row)
            return len(rows)

    def _refuse_if_changed_since(self, row: Row) -> None:
        later = self.rows(
            "history",
            "table_name = ? AND row_id = ? AND id > ? AND operation <> ?",
            [row["table_name"], row["row_id"], row["id"], row["operation"]],
        )
        if later:
            raise Refused("revert_too_late", by=later[-1]["actor"])

    def _put_back(self, row: Row) -> None:
        table, row_id = row["table_name"], row["row_id"]
        if row["before"] is None:
            self.delete(table, row_id)
        elif row["after"] is None:
            self.insert(table, json.loads(row["before"]))
        else:
            before = json.loads(row["before"])
            self.update(table, row_id, {k: v for k, v in before.items() if k != "version"})

    def _record(self, table: str, row_id: int, before: Row | None, after: Row | None) -> None:
        self.db.execute(
            "INSERT INTO history (at, actor, role, action, operation, table_name, row_id,"
            " before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self.now().astimezone(UTC).isoformat(timespec="microseconds"),
                self.actor.name,
                self.actor.role,
                self._actions[-1],
                self.operation,
                table,
                row_id,
                None if before is None else json.dumps(before, ensure_ascii=False),
                None if after is None else json.dumps(after, ensure_ascii=False),
            ],
        )

    def _as_of_version(self, table: str, row_id: int, version: int) -> Row | None:
        for row in self.rows("history", "table_name = ? AND row_id = ?", [table, row_id]):
            after = json.loads(row["after"]) if row["after"] else None
            if after and after["version"] == version:
                return after
        return None

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
    last = store.db.execute(
        "SELECT id FROM history WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1", [until]
    ).fetchone()
    key = (str(store.path), until, last, threading.get_ident())
    if key not in _pasts:
        if len(_pasts) >= PAST_KEPT:
            _pasts.pop(next(iter(_pasts)))  # closed when the last page showing it lets go
        _pasts[key] = rebuild(store.path, store.db, until)
    return _pasts[key]
