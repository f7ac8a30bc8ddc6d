"""Whole copies of the database: taken while others write, verified before anyone relies on them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from sqlite_utils import Database

from ..domain.errors import NotFound, Refused
from . import heads
from .connection import DatabaseError, connect, explained, is_damage, tables
from .history import HEAD, differences
from .steps import altered

# What the engine keeps beside a database, and the heads of its history.
BESIDE = ("-wal", "-shm", "-journal", heads.END)


def copy_to(db: Database, target: Path) -> Path:
    """Write a verified copy of `db` to `target` and return it.

    Refuses with `backup_exists` when the file is already there, and with
    `backup_unwritable` when the folder has no room or cannot be written; nothing half-made stays.
    """
    target = Path(target)
    if target.exists():
        raise Refused("backup_exists", path=str(target))
    with _copied(db, target) as copy:
        os.replace(copy, target)
    return target


@contextmanager
def _copied(db: Database, target: Path) -> Iterator[Path]:
    """A verified copy of `db` in the folder of `target`, gone afterwards unless it was moved."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise Refused("backup_unwritable", path=str(target)) from error
    copy = Path(name)
    try:
        _write(db, copy, target)  # into the empty file, which its owner alone may read
        verify(copy)
        yield copy
    finally:
        for leftover in (copy, *_beside(copy)):
            leftover.unlink(missing_ok=True)


def _write(db: Database, copy: Path, target: Path) -> None:
    try:
        db.execute("VACUUM INTO ?", [str(copy)])
    except DatabaseError as error:
        if is_damage(error):
            source = db.execute("PRAGMA database_list").fetchone()[2]
            raise Refused("database_unreadable", path=source, detail=str(error)) from error
        raise Refused("backup_unwritable", path=str(target)) from error


def verify(path: Path) -> dict[str, int]:
    """Return the rows per table of a whole copy; refuse one that is damaged or not ours.

    Refuses with `backup_damaged` (engine check, foreign keys, tables that are defined otherwise
    than our steps do or differ from what their own history says), `database_unreadable` and
    `not_our_database`.
    """
    with closing(connect(path, read_only=True)) as db:
        try:
            return _verified(db, path)
        except (DatabaseError, UnicodeDecodeError) as error:
            raise Refused("backup_damaged", path=str(path), detail=_detail(error)) from error


def _verified(db: Database, path: Path) -> dict[str, int]:
    verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise Refused("backup_damaged", path=str(path), detail=verdict)
    if not db.table("history").exists() or not db.table("enrolment").exists():
        raise Refused("not_our_database", path=str(path))
    if db.execute("PRAGMA foreign_key_check").fetchone():
        raise Refused("backup_damaged", path=str(path), detail="foreign keys")
    db.execute("SELECT migration_set, name FROM _sqlite_migrations").fetchall()
    if unlike := dict.fromkeys([*altered(db), *differences(db, path, HEAD)]):
        raise Refused("backup_damaged", path=str(path), detail=", ".join(unlike))
    return {name: db.table(name).count for name in tables(db)}


def _detail(error: Exception) -> str:
    return "text" if isinstance(error, UnicodeDecodeError) else str(error)


def restore(backup: Path, target: Path) -> dict[str, int]:
    """Put a verified backup in the place of `target`, which is kept beside it as `aside(target)`.

    Returns the rows per table. The copy is written and verified before anything is moved. The
    heads of the history go along, and a new file says so: those of what is no longer there do not
    fit the copy.
    Refuses with `database_missing`, `backup_damaged`, `not_our_database`, `backup_unwritable`,
    and with `database_in_use` while another process has the database open.
    """
    backup, target = Path(backup), Path(target)
    if not backup.is_file():
        raise NotFound("database_missing", path=str(backup))
    counts = verify(backup)
    with closing(connect(backup, read_only=True)) as source, _copied(source, target) as copy:
        if target.exists():
            _refuse_in_use(target)
        last = heads.last_sealed(source)
        former = heads.beside(_set_aside(target))
        os.replace(copy, target)
    if former.exists():
        heads.after_restore(target, former, last)
    return counts


def aside(target: Path) -> Path:
    """Where `restore` will keep what stands at `target`: a name that nothing has yet."""
    names = (f"{target}.before-restore" + (f"-{n}" if n > 1 else "") for n in count(1))
    return next(
        free
        for free in map(Path, names)
        if not any(path.exists() for path in (free, *_beside(free)))
    )


def _set_aside(target: Path) -> Path:
    """Move the database away with what lies beside it: an old log would damage the new file.

    Returns where it lies now.
    """
    place = aside(target)
    for old, kept in zip((target, *_beside(target)), (place, *_beside(place))):
        if old.exists():
            os.replace(old, kept)
    return place


def _beside(path: Path) -> list[Path]:
    return [Path(f"{path}{end}") for end in BESIDE]


def _refuse_in_use(target: Path) -> None:
    """Refuse while anyone else holds the database open; one too damaged to tell is let go.

    Leaving WAL needs the file alone, so the engine itself says whether others are there.
    """
    try:
        db = connect(target)
    except Refused as refusal:
        if refusal.key != "database_unreadable":
            raise
        return
    with closing(db):
        try:
            db.execute("PRAGMA busy_timeout=0")
            alone = db.execute("PRAGMA journal_mode=DELETE").fetchone()[0] == "delete"
        except DatabaseError as error:
            told = explained(error, target)
            alone = told is not None and told.key == "database_unreadable"
    if not alone:
        raise Refused("database_in_use", path=str(target))
