"""Whole copies of the database: taken while others write, verified before anyone relies on them."""

import os
import tempfile
from pathlib import Path

from sqlite_utils import Database

from ..domain.errors import NotFound, Refused
from .connection import DatabaseError, connect, tables
from .history import HEAD, differences


def copy_to(db: Database, target: Path) -> Path:
    """Write a verified copy of `db` to `target` and return it.

    Refuses with `backup_exists` when the file is already there, and with
    `backup_unwritable` when the folder cannot be written; nothing half-made stays.
    """
    target = Path(target)
    if target.exists():
        raise Refused("backup_exists", path=str(target))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise Refused("backup_unwritable", path=str(target)) from error
    unfinished = Path(name)
    try:
        unfinished.unlink()
        db.execute("VACUUM INTO ?", [str(unfinished)])
        verify(unfinished)
        os.replace(unfinished, target)
    finally:
        for leftover in (unfinished, *(Path(f"{unfinished}{end}") for end in ("-wal", "-shm"))):
            leftover.unlink(missing_ok=True)
    return target


def verify(path: Path) -> dict[str, int]:
    """Return the rows per table of a whole copy; refuse one that is damaged or not ours.

    Refuses with `backup_damaged` (engine check, foreign keys, or tables that differ from
    what their own history says) and `not_our_database`.
    """
    db = connect(path, read_only=True)
    try:
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise Refused("backup_damaged", path=str(path), detail=verdict)
        if not db.table("history").exists() or not db.table("enrolment").exists():
            raise Refused("not_our_database", path=str(path))
        if db.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused("backup_damaged", path=str(path), detail="foreign keys")
        if unlike := differences(db, path, HEAD):
            raise Refused("backup_damaged", path=str(path), detail=", ".join(unlike))
        return {name: db.table(name).count for name in tables(db)}
    except DatabaseError as error:
        raise Refused("backup_damaged", path=str(path), detail=str(error)) from error
    finally:
        db.close()


def restore(backup: Path, target: Path) -> dict[str, int]:
    """Put a verified backup in the place of `target`, which is kept beside it as `.before-restore`.

    Returns the rows per table. Refuses with `database_missing`, `backup_damaged`,
    `not_our_database`, and with `database_in_use` while another process has it open.
    """
    backup, target = Path(backup), Path(target)
    if not backup.is_file():
        raise NotFound("database_missing", path=str(backup))
    counts = verify(backup)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        _set_aside(target)
    source = connect(backup, read_only=True)
    try:
        copy_to(source, target)
    finally:
        source.close()
    return counts


def _set_aside(target: Path) -> None:
    """Move the present database away; refuse while anyone else holds it open.

    Leaving WAL needs the file alone, so the engine itself says whether others are there.
    """
    db = connect(target)
    try:
        db.execute("PRAGMA busy_timeout=0")
        mode = db.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except DatabaseError as error:
        raise Refused("database_in_use", path=str(target)) from error
    finally:
        db.close()
    if mode != "delete":
        raise Refused("database_in_use", path=str(target))
    os.replace(target, target.with_name(f"{target.name}.before-restore"))
