"""Connections to the database file, and the refusal to open it with an unsafe SQLite."""

from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from ..domain.errors import AdvisoryError, NotFound, Refused

FIXED_BRANCHES = {(3, 50): 7, (3, 44): 6}
FIXED_FROM = (3, 51, 3)
BUSY_MS = 5000

DatabaseError = sqlite3.DatabaseError


def is_safe(version: tuple[int, ...]) -> bool:
    """Return whether this SQLite is free of the WAL-reset bug (sqlite.org/wal.html#walresetbug).

    Fixed in 3.51.3, and on the older branches in 3.50.7 and 3.44.6.
    """
    fixed_at = FIXED_BRANCHES.get(version[:2])
    return version >= FIXED_FROM or (fixed_at is not None and version[2] >= fixed_at)


def connect(path: Path | str, *, read_only: bool = False) -> Database:
    """Open `path` with the settings every connection needs.

    Refuses with `sqlite_unsafe`, `database_missing`, `database_unreadable`.
    """
    if not is_safe(sqlite3.sqlite_version_info):
        raise Refused("sqlite_unsafe", version=sqlite3.sqlite_version)
    path = Path(path)
    if read_only and not path.is_file():
        raise NotFound("database_missing", path=str(path))
    address = f"file:{quote(str(path.absolute()))}" + ("?mode=ro" if read_only else "")
    try:
        db = Database(sqlite3.connect(address, uri=True, timeout=BUSY_MS / 1000))
        for pragma in (
            "foreign_keys=ON",
            "synchronous=FULL",
            "secure_delete=ON",
            "trusted_schema=OFF",
            "cell_size_check=ON",
        ):
            db.execute(f"PRAGMA {pragma}")
        if not read_only:
            _use_wal(db)
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except DatabaseError as error:
        raise explained(error, path) from error
    return db


def _use_wal(db: Database) -> None:
    """Switch to WAL; a file that may only be read keeps the mode it has."""
    try:
        db.enable_wal()
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise


def explained(error: DatabaseError, path: Path | str) -> AdvisoryError:
    """Return the refusal that says in one sentence what the database engine reported."""
    message, name = str(error), str(path)
    if "readonly" in message:
        return Refused("database_read_only", path=name)
    if "locked" in message or "busy" in message:
        return Refused("database_busy")
    if "full" in message:
        return Refused("disk_full")
    return Refused("database_unreadable", path=name, detail=message)


def tables(db: Database) -> list[str]:
    """Names of the tables that hold records, history and engine tables left out."""
    return [
        name
        for name in db.table_names()
        if name != "history" and not name.startswith(("sqlite_", "_"))
    ]
