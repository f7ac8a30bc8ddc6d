"""Witnesses of the history: what its last row was at an instant, kept outside the database.

A head is a line of text, "instant id link". Those of a database stand in the file beside it; a
line that begins with # is a remark. Whoever can write the database can write that file too, so
copy it, or one line of it, to another machine now and then.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from ..domain import calendar
from ..domain.errors import NotFound, Refused
from .records import Records
from .sealing import FIRST

END = ".heads"
LAST = "SELECT id, link FROM history ORDER BY id DESC LIMIT 1"
LINK_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Head:
    """The last row of a history and its link, at an instant where that is known."""

    id: int
    link: str
    at: datetime | None = None

    def __str__(self) -> str:
        at = self.at.astimezone(UTC).isoformat(timespec="seconds") if self.at else "-"
        return f"{at} {self.id} {self.link}"


def beside(path: Path) -> Path:
    """The file with the heads of the database at `path`."""
    return Path(f"{path}{END}")


def head(store: Records) -> Head:
    """The history's last row as it stands now; number 0 when nothing has been written."""
    row_id, link = store.db.execute(LAST).fetchone() or (0, FIRST)
    return Head(row_id, link or FIRST, store.now())


def last_sealed(db: Database) -> int:
    """The number of the last row; 0 in a copy of an older version, whose history has no links."""
    if "link" not in db.table("history").columns_dict:
        return 0
    return db.execute("SELECT max(id) FROM history").fetchone()[0] or 0


def keep_head(store: Records, *, once_a_day: bool = False) -> Head | None:
    """Add the head of now to the file beside the database, down to the disk, and return it.

    None when the file has it already or, with `once_a_day`, has one of today. Refuses with
    `heads_unwritable`; where others have altered the file, their lines stay as they are.
    """
    found, _ = of(store.path)
    now = head(store)
    if found and (found[-1].id, found[-1].link) == (now.id, now.link):
        return None
    days = {calendar.local_date(one.at) for one in found if one.at}
    if once_a_day and calendar.local_date(store.now()) in days:
        return None
    _add(beside(store.path), [str(now)])
    return now


def of(path: Path) -> tuple[list[Head], list[int]]:
    """The heads beside the database at `path`, as `read`; none where nobody has kept any."""
    return read(beside(path)) if beside(path).exists() else ([], [])


def read(path: Path) -> tuple[list[Head], list[int]]:
    """The heads in a file, and the numbers of the lines that are none.

    Refuses with `heads_missing` where there is no such file to read.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise NotFound("heads_missing", path=str(path)) from error
    found, unreadable = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        one = parse(line)
        if one is None:
            unreadable.append(number)
        else:
            found.append(one)
    return found, unreadable


def parse(line: str) -> Head | None:
    """The head in a line of a file, or as ID:LINK; None for anything else."""
    words = line.split()
    at, row_id, link = words if len(words) == 3 else ("-", *line.strip().partition(":")[::2])
    if not (row_id.isascii() and row_id.isdigit()) or len(row_id) > 18:
        return None
    if len(link) != len(FIRST) or not set(link) <= LINK_DIGITS:
        return None
    try:
        instant = None if at == "-" else datetime.fromisoformat(at)
    except ValueError:
        return None
    return Head(int(row_id), link, instant)


def after_restore(path: Path, former: Path, last: int) -> None:
    """Begin a new file of heads for a restored copy whose last row is `last`.

    It says where the former ones are kept, and goes on with those that the copy must have.
    """
    known, _ = read(former)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    remark = f"# {now} restored from a copy that ends at {last}; the heads before: {former.name}"
    _add(beside(path), [remark, *(str(one) for one in known if one.id <= last)])


def _add(path: Path, lines: Iterable[str]) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Refused("heads_unwritable", path=str(path)) from error
