"""The records of one database: read, and changed in one transaction with their history.

Reading: `get`, `rows`, `find`. Writing: `with write(action)` around `insert`, `update` and
`delete`. `Store` adds the other dates and the way back.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from ..domain import calendar, personal, roles
from ..domain.errors import Conflict, Forbidden, NotFound, Refused
from . import sealing
from .connection import explaining

Row = dict[str, Any]
Clock = Callable[[], datetime]
# What no person writes about a person: the hash of a file, what a provider calls an account, and
# the addresses of online meetings and of materials, each checked to be a https link and nothing
# else (one in 30 of the ten-digit numbers in such addresses looks like a CPR number).
NOT_PROSE = frozenset({"sha256", "link", "materials", "attachments", "subject"})


@dataclass(frozen=True)
class Actor:
    """Who is at work: the login, the name others see in the history, and the role."""

    login: str
    name: str
    role: str


class Trust:
    """How many of those who have been asked for their role are reading at this moment."""

    depth = 0


class Records:
    """One connection for one person in one thread, seen from one date."""

    def __init__(
        self,
        db: Database,
        path: Path,
        actor: Actor,
        clock: Clock,
        *,
        read_only: bool = False,
        as_of: date | None = None,
    ):
        self.db, self.path, self.actor, self._clock = db, path, actor, clock
        self.read_only, self.as_of = read_only or as_of is not None, as_of
        self._operation: str | None = None
        self.last_operation: str | None = None
        self._instant: datetime | None = None
        self._actions: list[str] = []
        self._statements: dict[tuple, str] = {}
        self._together = False
        self._reading = False
        self._trust = Trust()

    # --- time -------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The instant (UTC) that a change is stamped with; an operation has only one."""
        return self._instant or self._clock()

    def today(self) -> date:
        """The date that everything read here is seen from, in Copenhagen."""
        return self.as_of or calendar.local_date(self.now())

    def moment(self) -> datetime:
        """The instant that everything read here is seen from: now, or the end of another day."""
        return calendar.end_of_day(self.as_of) if self.as_of else self.now()

    def version(self) -> int:
        """A number that grows with every change; the same number means the same data."""
        return self.db.execute("SELECT max(id) FROM history").fetchone()[0] or 0

    def era(self) -> int:
        """A number that grows when something is erased, on every date at once."""
        mark = "SELECT version FROM setting WHERE key = 'erased'"
        return (self.db.execute(mark).fetchone() or (0,))[0]

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
        """Return the records of `table` that fulfil `where`, as dictionaries.

        Refuses with `forbidden` who may not read that table by `roles.TABLES`, unless whoever asks
        has been let in already: see `trusted`.
        """
        if not self._trust.depth:
            self.require(roles.TABLES.get(table, ""))
        # Not through `rows_where`, which asks for all names in the file before each answer.
        query = f"SELECT * FROM [{table}] WHERE {where} ORDER BY {order}"
        found = self.db.execute(query, list(args))
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row)) for row in found.fetchall()]

    def find(self, table: str, **values: Any) -> Row | None:
        """Return the first record with exactly these values, or None."""
        where = " AND ".join(f"[{column}] = ?" for column in values)
        found = self.rows(table, where, list(values.values()))
        return found[0] if found else None

    def me(self) -> Row | None:
        """The user at work as recorded, None for one who is not a user."""
        with self.trusted():
            return self.find("app_user", login=self.actor.login)

    def require(self, action: str) -> None:
        """Refuse with `forbidden` unless this person's role may do `action`."""
        if not roles.allowed(action, self.actor.role):
            raise Forbidden("forbidden", action=action, role=self.actor.role)

    @property
    def is_trusted(self) -> bool:
        """Whether whoever reads now has been asked for their role already."""
        return self._trust.depth > 0

    @contextmanager
    def trusted(self) -> Iterator[Self]:
        """Let what is read inside be read by any role, on this and on every other date.

        For functions that have asked for the role themselves, or that give away no more than
        everybody may know; a frame and a decision are such.
        """
        self._trust.depth += 1
        try:
            yield self
        finally:
            self._trust.depth -= 1

    @property
    def is_writing(self) -> bool:
        """Whether what is read now may still be taken back: a decision is under way."""
        return self.db.conn.in_transaction and not self._reading

    @contextmanager
    def reading(self) -> Iterator[Self]:
        """Let everything that is read inside come from one moment, whatever others write meanwhile.

        Inside another of these, or a decision, it changes nothing.
        """
        if self.db.conn.in_transaction:
            yield self
            return
        self.db.execute("BEGIN")
        self._reading = True
        try:
            yield self
        finally:
            self._reading = False
            self.db.rollback()

    def has_written(self, operation: str) -> bool:
        """Whether an operation changed anything."""
        asked = "SELECT 1 FROM history WHERE operation = ? LIMIT 1"
        return self.db.execute(asked, [operation]).fetchone() is not None

    def last_written(self) -> datetime | None:
        """When this person last changed anything, None if they never have."""
        asked = "SELECT at FROM history WHERE actor = ? ORDER BY id DESC LIMIT 1"
        row = self.db.execute(asked, [self.actor.name]).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    # --- writing ----------------------------------------------------------------------------

    @contextmanager
    def write(self, action: str) -> Iterator[Self]:
        """One decision: role check, write lock, all or nothing, history of every changed row.

        A verb inside a verb joins the outer transaction under its own action. Refuses with
        `forbidden`, `read_only_date`, `database_read_only`, `database_busy`, `disk_full`.
        """
        self.require(action)
        if self.as_of is not None:
            raise Refused("read_only_date", date=self.as_of)
        if self.read_only:
            raise Refused("database_read_only", path=str(self.path))
        inner = self._operation is not None
        self._actions.append(action)
        try:
            own = self.db.atomic() if inner else self._transaction()
            with explaining(self.path), own, self.trusted():
                yield self
        finally:
            self._actions.pop()

    @contextmanager
    def together(self) -> Iterator[Self]:
        """Let several decisions of different people reach the disk at once.

        Each `write` inside is an operation of its own, and one that is refused leaves the others;
        but none of them has happened before the block ends: answer nobody until then. Waiting for
        the disk is most of what a small write costs (bench/signup).
        """
        with explaining(self.path), self._locked():
            self._together = True
            try:
                yield self
            finally:
                self._together = False

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """The write lock for what is no record: sessions, tries and readings leave no history.

        Inside a decision it joins it. Refuses as `write` does, but asks for no role: whoever signs
        in has none yet.
        """
        if self.read_only:
            raise Refused("database_read_only", path=str(self.path))
        own = self.db.atomic() if self.is_writing else self._locked()
        with explaining(self.path), own, self.trusted():
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.db.atomic() if self._together else self._locked():
            self._operation, self._instant = secrets.token_hex(8), self._clock()
            try:
                yield
            finally:
                self.last_operation = self._operation
                self._operation = self._instant = None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # BEGIN IMMEDIATE takes the write lock before anything is read, so that what a verb
        # checked still holds when it writes (a deferred BEGIN oversold seats, see bench/).
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self.db.rollback()
            raise

    @property
    def operation(self) -> str:
        """The name of the operation under way; `revert` takes it back as one."""
        if self._operation is None:
            raise RuntimeError("outside store.write")
        return self._operation

    def insert(self, table: str, row: Row) -> int:
        """Add a record and return its id. Refuses a CPR number in any text with `cpr_refused`."""
        operation = self.operation
        personal.refuse_cpr(*_texts(row))
        statement = self._statements.get((table, *row))
        if statement is None:
            columns = ", ".join(f"[{column}]" for column in row)
            statement = f"INSERT INTO [{table}] ({columns}) VALUES ({', '.join('?' * len(row))})"
            statement += " RETURNING *"
            self._statements[(table, *row)] = statement
        cursor = self.db.execute(statement, list(row.values()))
        after = dict(zip([column[0] for column in cursor.description], cursor.fetchone()))
        cursor.close()
        self._record(operation, table, after["id"], None, after)
        return after["id"]

    def update(self, table: str, row_id: int, changes: Row, *, version: int | None = None) -> Row:
        """Change a record and return it as it now is; no difference writes nothing.

        `version` is the one the person was looking at: if someone has saved since, nothing is
        written and a `Conflict` carries what stood, what stands and what was typed.
        """
        operation = self.operation
        personal.refuse_cpr(*_texts(changes))
        before = self.refuse_stale(table, row_id, changes, version)
        changed = {key: value for key, value in changes.items() if before[key] != value}
        if not changed:
            return before
        after = {**before, **changed, "version": before["version"] + 1}
        assignments = ", ".join(f"[{column}] = ?" for column in (*changed, "version"))
        self.db.execute(
            f"UPDATE [{table}] SET {assignments} WHERE id = ?",
            [*changed.values(), after["version"], row_id],
        )
        self._record(operation, table, row_id, before, after)
        return after

    def refuse_stale(self, table: str, row_id: int, changes: Row, version: int | None) -> Row:
        """The record as it stands, unless `version` is no longer it: then a `Conflict`.

        For a verb that writes more than the person typed; `changes` is what they typed.
        """
        before = self.get(table, row_id)
        if version is not None and version != before["version"]:
            base = self._as_of_version(table, row_id, version)
            raise Conflict(
                "conflict", table=table, row_id=row_id, current=before, changes=changes, base=base
            )
        return before

    def delete(self, table: str, row_id: int) -> None:
        """Remove a record; its history keeps what it held."""
        operation = self.operation
        before = self.get(table, row_id)
        self.db.execute(f"DELETE FROM [{table}] WHERE id = ?", [row_id])
        self._record(operation, table, row_id, before, None)

    def _record(
        self, operation: str, table: str, row_id: int, before: Row | None, after: Row | None
    ) -> None:
        sealing.append(
            self.db,
            (
                self.now().astimezone(UTC).isoformat(timespec="microseconds"),
                self.actor.name,
                self.actor.role,
                self._actions[-1],
                operation,
                table,
                row_id,
            ),
            before,
            after,
        )

    def _as_of_version(self, table: str, row_id: int, version: int) -> Row | None:
        for row in self.rows("history", "table_name = ? AND row_id = ?", [table, row_id]):
            after = json.loads(row["after"]) if row["after"] else None
            if after and after["version"] == version:
                return after
        return None


def _texts(row: Row) -> list[str]:
    """What somebody may have typed."""
    return [text for name, text in row.items() if isinstance(text, str) and name not in NOT_PROSE]
