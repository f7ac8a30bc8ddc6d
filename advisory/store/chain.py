"""Whether anybody has changed the history: every row followed from the first, and the witnesses.

What is found: an edit of any column, a row that is gone, put in, moved, or written past the
product, a tail that has been cut off (the engine's counter knows how many rows it has numbered),
a guard or a table defined otherwise, and tables that are not what the history says.

What only a head can show (see `heads`): somebody who can write the file, and knows how the chain
is made, can make it anew from any row on, or take the last rows off and set the counter back. A
head from before that, kept where they could not reach it, no longer fits. Without a head kept
elsewhere they are not found, and neither is what they did after the last one was taken.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlite_utils import Database

from . import heads, sealing
from .connection import DatabaseError
from .heads import Head
from .history import HEAD, differences
from .records import Records
from .steps import altered

ROWS = f"SELECT id, {sealing.CHANGE}, {sealing.SIDES}, link FROM history ORDER BY id"
ERASURES = "SELECT id, after FROM history WHERE table_name = 'history' ORDER BY id"
COUNTER = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'history'"
BLANKS = ("–", "", None)  # what stands where something about a person stood
UNGUESSABLE = "token"  # an address that leads to nobody is drawn anew, since no two are the same
MISREAD = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the product left it; `values` fill the sentence about it."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """What came of a verification: `head` is where the history ends now, `heads` how many fit."""

    found: list[Finding]
    head: Head
    heads: int


def verify(store: Records, known: Iterable[Head] = ()) -> Findings:
    """Everything that is found: in the chain, by the heads beside the database and those `known`,
    in the definitions, and in the tables, which must be what the history says."""
    beside, unreadable = heads.of(store.path)
    witnesses = [*beside, *known]
    found = follow(store, witnesses)
    if unreadable:
        lines = ", ".join(map(str, unreadable))
        found.append(
            Finding("heads_unreadable", {"path": str(heads.beside(store.path)), "rows": lines})
        )
    found += [Finding("schema", {"name": name}) for name in altered(store.db)]
    found += _unlike(store)
    return Findings(found, heads.head(store), len(witnesses))


def follow(store: Records, known: Iterable[Head] = ()) -> list[Finding]:
    """What is found in the chain itself, at one moment; 100,000 rows take a few seconds."""
    with store.reading():
        try:
            return _followed(store.db, list(known))
        except (DatabaseError, UnicodeDecodeError) as error:
            detail = "text" if isinstance(error, UnicodeDecodeError) else str(error)
            return [Finding("unreadable", {"detail": detail})]


def _unlike(store: Records) -> list[Finding]:
    try:
        unlike = differences(store.db, store.path, HEAD)
    except (DatabaseError, UnicodeDecodeError):  # a record that is no record any more
        unlike = ["history"]
    return [Finding("table", {"name": name}) for name in unlike]


def _followed(db: Database, known: list[Head]) -> list[Finding]:
    links = dict.fromkeys((one.id for one in known), None) | {0: sealing.FIRST}
    runs: list[list] = []
    last = 0
    for kind, first, until in _broken(db, links):
        if kind == "last":
            last = until
        elif runs and runs[-1][0] == kind and runs[-1][2] == first - 1:
            runs[-1][2] = until
        else:
            runs.append([kind, first, until])
    runs += _counted(db, last)
    found = [Finding(kind, {"rows": _rows(first, until)}) for kind, first, until in runs]
    return found + _unwitnessed(known, links)


def _broken(db: Database, links: dict[int, str | None]) -> Iterator[tuple[str, int, int]]:
    """What is wrong with which rows, then ("last", 0, id of the last); fills in `links` by id."""
    erased = _erased(db)
    previous, before_it = sealing.FIRST, 0
    for row in db.execute(ROWS):
        row_id, link = row[0], row[-1]
        if row_id > before_it + 1:
            yield "missing", before_it + 1, row_id - 1
        if kind := _broken_row(row, previous, erased):
            yield kind, row_id, row_id
        if row_id in links:
            links[row_id] = link
        previous, before_it = link or sealing.FIRST, max(row_id, 0)
    yield "last", 0, before_it


def _broken_row(row: tuple, previous: str, erased: dict[tuple[int, str], str]) -> str | None:
    """`unsealed`, `edited` (what it held) or `unlinked` (its place, or any other column)."""
    before, after, before_salt, after_salt, before_hash, after_hash, link = row[8:]
    if link is None:
        return "unsealed"
    as_erased = erased.get((row[0], "before")), erased.get((row[0], "after"))
    try:
        if not (
            _is_whole(before, before_salt, before_hash, as_erased[0])
            and _is_whole(after, after_salt, after_hash, as_erased[1])
        ):
            return "edited"
        fits = sealing.link(previous, row[:8], before_hash, after_hash) == link
    except MISREAD:
        return "edited"
    return None if fits else "unlinked"


def _is_whole(text: str | None, salt: str | None, sealed: str | None, erased: str | None) -> bool:
    """Whether a side is what was sealed, or what an erasure that is in the chain made of it."""
    if text is None or salt is None or sealed is None:
        return text is None and salt is None and sealed is None and erased is None
    if sealing.digest(salt, text) != sealed:
        return False
    if not salt.startswith(sealing.GONE):
        return erased is None
    return sealing.plain(text) == erased and all(
        value in BLANKS for name, value in sealing.blankable(salt, text).items()
        if name != UNGUESSABLE
    )  # fmt: skip


def _erased(db: Database) -> dict[tuple[int, str], str]:
    """What erasures made of the sides of earlier rows, by id and side: the hash of the text."""
    found = {}
    for erasure, told in db.execute(ERASURES).fetchall():
        try:
            sides = json.loads(told)["erased"]
            found.update({(row, side): text for row, side, text in sides if row < erasure})
        except MISREAD:  # the row does not fit its seal, and is found by that
            continue
    return found


def _counted(db: Database, last: int) -> list[list]:
    """The rows after the last one that were given a number; a counter that has been set back."""
    counter = db.execute(COUNTER).fetchone()[0] or 0
    if counter > last:
        return [["cut", last + 1, counter]]
    return [["counter", last, last]] if counter < last else []


def _unwitnessed(known: list[Head], links: dict[int, str | None]) -> list[Finding]:
    """The heads that no longer fit: another row stands there, or none."""
    found = []
    for one in dict.fromkeys(known):
        link = links[one.id]
        if link != one.link:
            kind = "head_gone" if link is None else "head_other"
            found.append(Finding(kind, {"rows": str(one.id), "at": one.at}))
    return found


def _rows(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"
