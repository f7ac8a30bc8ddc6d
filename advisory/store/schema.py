"""Bringing a database file to the newest step: once, all or none, with a verified backup first."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from sqlite_utils import Database

from ..domain.errors import Refused
from .backup import copy_to
from .connection import connect
from .steps import migrations


def migrate(path: Path | str) -> Path | None:
    """Bring the file to the newest step, once, and return the backup that was taken first.

    Several processes may ask at once: one works, the others wait and find it done. All steps
    are taken or none. A new file has nothing to back up and gives None. Refuses with
    `not_our_database`, `schema_new` and `migration_broken`.
    """
    path = Path(path)
    with FileLock(f"{path}.lock", timeout=60), closing(connect(path)) as db:
        refuse_unknown(db, path)
        db.enable_wal()
        pending = migrations.pending(db)
        if not pending:
            return None
        backup = None
        if migrations.applied(db):
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
            backup = copy_to(db, path.with_name(f"{path.name}.{stamp}.backup"))
        _take_steps(db, pending[-1].name, backup)
        return backup


def _take_steps(db: Database, last: str, backup: Path | None) -> None:
    """Take the steps up to `last` in one transaction; refuse if they break a reference."""
    db.execute("PRAGMA foreign_keys=OFF")
    db.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(db)
        if db.execute("PRAGMA foreign_key_check").fetchone():
            raise Refused("migration_broken", step=last, backup=str(backup))
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def refuse_unknown(db: Database, path: Path) -> None:
    """Refuse a file of another program (`not_our_database`) or a later version (`schema_new`)."""
    applied = _applied(db)
    if not applied and db.table_names():
        raise Refused("not_our_database", path=str(path))
    if applied - _known():
        raise Refused("schema_new", path=str(path))


def is_current(db: Database) -> bool:
    """Return whether exactly the steps known here have been applied to this database."""
    return _applied(db) == _known()


def is_ready(db: Database) -> bool:
    """Return whether the database can be written to without `migrate`."""
    return is_current(db) and db.journal_mode == "wal"


def _applied(db: Database) -> set[str]:
    return {step.name for step in migrations.applied(db)}


def _known() -> set[str]:
    return {step.name for step in migrations._migrations}
