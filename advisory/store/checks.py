"""Whether a database file is sound: each check says if it holds and what it found.

Nothing here is told in words; `key` names them.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import Any

from ..domain.errors import AdvisoryError
from . import Store, backup, chain, heads, schema
from .connection import DatabaseError, is_safe
from .history import HEAD, differences
from .steps import altered

FACTS = (
    *("initiative", "cohort", "municipality", "milestone_template", "audience_target"),
    "decision_letter",
)
# What goes wrong while a site runs, and does not get better by its not running.
RUNNING = frozenset({"outbox", "backup", "disk", "former"})
FREE_SHARE = 0.10
FORMER = timedelta(days=30)  # ours: long enough to regret a restore, short enough for what is in it
UNPROTECTED = timedelta(hours=26)  # a nightly copy, and two hours for it to be late
PRAGMAS = {
    "journal_mode": "wal",
    "foreign_keys": 1,
    "synchronous": 2,
    "secure_delete": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
}


@dataclass(frozen=True)
class Check:
    """One thing looked at; `found` holds the values that its sentence is filled with."""

    key: str
    ok: bool
    found: dict[str, Any] = field(default_factory=dict)


def checks(store: Store) -> Iterator[Check]:
    """Every check of the file behind `store`, in the order in which they are worth mending.

    A file too damaged to be asked further ends with an `integrity` that does not hold.
    """
    try:
        yield from _checks(store)
    except DatabaseError as error:
        yield Check("integrity", False, {"detail": str(error)})


def _checks(store: Store) -> Iterator[Check]:
    version = store.db.execute("SELECT sqlite_version()").fetchone()[0]
    yield Check("sqlite", is_safe(tuple(map(int, version.split(".")))), {"version": version})
    current = schema.is_current(store.db)
    yield Check("schema", current)
    if current:
        unlike = altered(store.db)
        yield Check("definitions", not unlike, {"tables": ", ".join(unlike)})
    found = store.db.execute("PRAGMA integrity_check").fetchone()[0]
    yield Check("integrity", found == "ok", {"detail": found.splitlines()[0]})
    broken = len(store.db.execute("PRAGMA foreign_key_check").fetchall())
    yield Check("foreign_keys", not broken, {"broken": broken})
    yield _history(store)
    if "link" in store.db.table("history").columns_dict:  # of an older version, `schema` tells
        broken = len(chain.follow(store, heads.of(store.path)[0]))
        yield Check("chain", not broken, {"broken": broken})
    missing = [name for name in FACTS if not store.rows(name, order="id LIMIT 1")]
    yield Check("facts", not missing, {"missing": ", ".join(missing)})
    pragmas = {name: store.db.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    detail = ", ".join(f"{name}={value}" for name, value in pragmas.items())
    yield Check("pragmas", pragmas == PRAGMAS, {"detail": detail})
    disk = shutil.disk_usage(store.path.parent)
    share = disk.free / disk.total
    yield Check("disk", share >= FREE_SHARE, {"free": disk.free // 2**20, "share": share})
    yield _former(store)
    yield _backup(store)


def _former(store: Store) -> Check:
    """Whether a former database that `restore` put aside has lain there for more than `FORMER`.

    It holds everything it held, also what has been erased since, and nothing else removes it. The
    number of days is ours. `days` is that number, `bytes` what the old ones take, `paths` the files
    to remove, `oldest` the name and `age` the days of the oldest.
    """
    now = store.now().timestamp()
    # The time of the status, not of the content: moving a file aside leaves what it held as old.
    ages = {path: (now - path.stat().st_ctime) / 86_400 for path in formers_of(store.path)}
    found: dict[str, Any] = {"days": FORMER.days}
    if old := {path: age for path, age in ages.items() if age > FORMER.days}:
        oldest = max(old, key=lambda path: old[path])
        paths = [
            one
            for path in sorted(old)
            for one in (path, *(Path(f"{path}{end}") for end in backup.BESIDE))
        ]
        there = [path for path in paths if path.exists()]
        size = sum(path.stat().st_size for path in there)
        found |= {"copies": len(old), "oldest": oldest.name, "age": int(old[oldest])}
        found |= {"bytes": size, "paths": [str(path) for path in there]}
    return Check("former", not old, found)


def _history(store: Store) -> Check:
    """Whether the history can be read and gives the tables as they are."""
    unreadable = store.db.execute(
        "SELECT count(*) FROM history"
        " WHERE NOT json_valid(coalesce(before, '{}')) OR NOT json_valid(coalesce(after, '{}'))"
    ).fetchone()[0]
    unlike = ["history"] if unreadable else differences(store.db, store.path, HEAD)
    return Check("history", not unlike, {"tables": ", ".join(unlike)})


def _backup(store: Store) -> Check:
    """Whether a whole copy beside the database has every change that is older than a day."""
    if store.is_demo:
        return Check("backup", True, {"case": "demo"})
    copies = sorted(copies_of(store.path), key=lambda path: path.stat().st_mtime)
    if copies and not _is_whole(copies[-1]):
        return Check("backup", False, {"case": "damaged", "path": copies[-1].name})
    taken = datetime.fromtimestamp(copies[-1].stat().st_mtime, UTC) if copies else None
    since = taken.isoformat(timespec="microseconds") if taken else ""
    later = store.db.table("history").rows_where("at > ?", [since], order_by="at", limit=1)
    first = next(later, None)
    if first and datetime.fromisoformat(first["at"]) < store.now() - UNPROTECTED:
        return Check("backup", False, {"case": "missing", "since": first["at"]})
    if copies:
        return Check("backup", True, {"case": "fresh", "path": copies[-1].name})
    return Check("backup", True, {"case": "young"})


def _is_whole(copy: Path) -> bool:
    try:
        backup.verify(copy)
    except AdvisoryError:
        return False
    return True


def formers_of(path: Path) -> list[Path]:
    """The databases that `restore` put aside in favour of the one at `path`, in no order."""
    beside = path.parent.glob(f"{escape(path.name)}.before-restore*")
    return [one for one in beside if not one.name.endswith(backup.BESIDE)]


def copies_of(path: Path) -> list[Path]:
    """The backups beside the database, in no order."""
    return list(path.parent.glob(f"{escape(path.name)}.*.backup"))


def copy_path(path: Path, now: datetime) -> Path:
    """Where a backup taken `now` lies, so that `copies_of` finds it."""
    return path.with_name(f"{path.name}.{now.astimezone(UTC):%Y%m%dT%H%M%S}.backup")
