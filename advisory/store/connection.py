"""Connections to the database file, and what the engine and the disk report in one sentence.

An unsafe SQLite is refused before the file is touched.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from ..domain.errors import AdvisoryError, NotFound, Refused

# Who signs in and who has read what are no records: they have no version, no history and no past.
OPERATIONAL = frozenset({"credential", "session", "sign_in_try", "read_log"})
FIXED_BRANCHES = {(3, 50): 7, (3, 44): 6}
FIXED_FROM = (3, 51, 3)
BUSY_MS = 5000
SETTINGS = (
    "foreign_keys=ON",
    "synchronous=FULL",
    "secure_delete=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
)

DatabaseError = sqlite3.DatabaseError
IntegrityError = sqlite3.IntegrityError

# What the engine reports that is no defect of ours, by the start of its code or, where an older
# driver gives none, by a part of its message.
REPORTS = (
    ("SQLITE_READONLY", "readonly", "database_read_only"),
    ("SQLITE_BUSY", "database is locked", "database_busy"),
    ("SQLITE_LOCKED", "table is locked", "database_busy"),
    ("SQLITE_FULL", "is full", "disk_full"),
    ("SQLITE_CORRUPT", "malformed", "database_unreadable"),
    ("SQLITE_NOTADB", "not a database", "database_unreadable"),
    ("SQLITE_IOERR", "disk I/O error", "database_unreadable"),
    ("SQLITE_CANTOPEN", "unable to open", "database_unreadable"),
)
UNKNOWN_FORMAT = "unsupported file format"  # a damaged header; it has only the general code
NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def is_safe(version: tuple[int, ...]) -> bool:
    """Return whether this SQLite is free of the WAL-reset bug (sqlite.org/wal.html#walresetbug).

    Fixed in 3.51.3, and on the older branches in 3.50.7 and 3.44.6.
    """
    fixed_at = FIXED_BRANCHES.get(version[:2])
    return version >= FIXED_FROM or (fixed_at is not None and version[2] >= fixed_at)


def connect(path: Path | str, *, read_only: bool = False) -> Database:
    """Open `path` with the settings every connection needs, and leave the file as it is.

    Refuses with `sqlite_unsafe`, `database_missing`, `database_unreadable`.
    """
    if not is_safe(sqlite3.sqlite_version_info):
        raise Refused("sqlite_unsafe", version=sqlite3.sqlite_version)
    path = Path(path)
    if read_only and not path.is_file():
        raise NotFound("database_missing", path=str(path))
    # The engine quotes damaged names in its messages, which then cannot be read as text.
    with explaining(path, UnicodeDecodeError), ExitStack() as when_it_fails:
        opened = sqlite3.connect(
            address(path, read_only=read_only), uri=True, timeout=BUSY_MS / 1000
        )
        when_it_fails.callback(opened.close)
        db = Database(opened)
        for setting in SETTINGS:
            db.execute(f"PRAGMA {setting}")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        when_it_fails.pop_all()
    return db


def address(path: Path, *, read_only: bool) -> str:
    """The address under which the engine opens `path`.

    A file with a write-ahead log cannot even be read without writing beside it. Where that is
    not permitted and nobody has begun a log, the file is read as one that does not change.
    """
    found = f"file:{quote(str(path.absolute()))}"
    if not read_only:
        return found
    locked = not os.access(path.absolute().parent, os.W_OK)
    unchanging = locked and _uses_wal(path) and not Path(f"{path}-wal").exists()
    return found + ("?immutable=1" if unchanging else "?mode=ro")


def _uses_wal(path: Path) -> bool:
    """Whether the file's header (bytes 18 and 19) says that it is written through a log."""
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\x02\x02"


@contextmanager
def explaining(path: Path | str, *also: type[Exception]) -> Iterator[None]:
    """Let what the engine reports, and the errors named in `also`, come out as a refusal.

    What nobody can be told in one sentence is a defect and comes out as it is.
    """
    reported: tuple[type[Exception], ...] = (DatabaseError, *also)
    try:
        yield
    except reported as error:
        refusal = explained(error, path)
        if refusal is None:
            raise
        raise refusal from error


def explained(error: Exception, path: Path | str) -> AdvisoryError | None:
    """The refusal that says in one sentence what the engine or the disk reported.

    None for anything else, such as a wrong query or a rule of the tables that was broken.
    """
    if isinstance(error, OSError):
        return _of_the_disk(error, path)
    key, detail = _reported(error), str(error)
    if isinstance(error, UnicodeDecodeError) or detail.startswith("Could not decode"):
        key, detail = "database_unreadable", "text"
    if key == "database_unreadable" and not Path(path).exists():
        key = "database_read_only"  # a new file could not be made
    return None if key is None else Refused(key, path=str(path), detail=detail)


def _reported(error: Exception) -> str | None:
    """The key of what the engine reported, None for what has none."""
    code, message = getattr(error, "sqlite_errorname", None), str(error)
    if message == UNKNOWN_FORMAT:
        return "database_unreadable"
    for start, part, key in REPORTS:
        if code.startswith(start) if code else part in message:
            return key
    return None


def is_damage(error: DatabaseError) -> bool:
    """Whether the engine says that what it reads is damaged, and not that writing failed."""
    return any(part in str(error) for part in ("malformed", "not a database", UNKNOWN_FORMAT))


def _of_the_disk(error: OSError, path: Path | str) -> AdvisoryError:
    if isinstance(error, TimeoutError):  # somebody else holds the lock
        return Refused("database_busy")
    if error.errno in NO_ROOM:
        return Refused("disk_full")
    return Refused("database_read_only", path=str(path))


def tables(db: Database) -> list[str]:
    """Names of the tables that hold records: not the history, not what is no record."""
    return [
        name
        for name in db.table_names()
        if name not in ("history", *OPERATIONAL) and not name.startswith(("sqlite_", "_"))
    ]
