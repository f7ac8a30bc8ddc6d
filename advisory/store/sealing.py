"""The seals of the history: what a row held, and that it follows on the row before it.

A side of a row (before, after) is hashed in two parts, so that what is about a person can be
erased without breaking the chain, and nothing else can: the part that can be told apart is hashed
with a random salt, the rest stands in clear. The salt of an erased side is replaced by that hash,
from which nobody can guess a name. `link` hashes a row's columns, its two hashes and the link of
the row before it.
"""

import json
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlite_utils import Database

Row = dict[str, Any]
Side = tuple[str | None, str | None, str | None]  # text, salt, hash; three times None for no side

FIRST = "0" * 64  # what the first row follows on
SALT_BYTES = 16
GONE = "-"  # how the salt of an erased side begins
# What erasing may blank, by table: all of it must be told apart when it is written, for good.
PERSONAL: dict[str, tuple[str, ...]] = {
    "person": ("name", "email", "phone"),
    "signup": ("email_key", "municipality_text", "workplace", "role", "question", "token"),
    "attendee": ("name", "email"),
    "message": ("detail",),
    "attendance_import": ("file_name",),
    "note": ("text",),
}
CHANGE = "at, actor, role, action, operation, table_name, row_id"
SIDES = "before, after, before_salt, after_salt, before_hash, after_hash"
NEXT = (
    "SELECT max((SELECT coalesce(max(id), 0) FROM history), coalesce("
    "(SELECT seq FROM sqlite_sequence WHERE name = 'history'), 0)) + 1,"
    " (SELECT link FROM history ORDER BY id DESC LIMIT 1)"
)
INSERT = (
    f"INSERT INTO history (id, {CHANGE}, {SIDES}, link)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UNSEALED = f"SELECT id, {CHANGE}, before, after FROM history WHERE id > ? ORDER BY id LIMIT 5000"
PUT = (
    "UPDATE history SET before_salt = ?, after_salt = ?, before_hash = ?, after_hash = ?, link = ?"
    " WHERE id = ?"
)
encode = json.JSONEncoder(ensure_ascii=False).encode


def append(db: Database, change: tuple, before: Row | None, after: Row | None) -> int:
    """Add a sealed row to the history, within the write lock, and return its id.

    `change` is the values of `CHANGE`. A number that was given once is not given again, so that
    a tail that has been cut off stays missed.
    """
    row_id, previous = db.execute(NEXT).fetchone()
    old, old_salt, old_hash = _side(change[5], before)
    new, new_salt, new_hash = _side(change[5], after)
    row = (row_id, *change)
    tied = link(previous or FIRST, row, old_hash, new_hash)
    db.execute(INSERT, [*row, old, new, old_salt, new_salt, old_hash, new_hash, tied])
    return row_id


def _side(table: str, record: Row | None) -> Side:
    """The text of a record, its salt and its hash."""
    if record is None:
        return None, None, None
    names = [name for name in PERSONAL.get(table, ()) if name in record]
    return _sealed(encode(record), record, names)


def seal_rest(db: Database) -> None:
    """Seal the rows of the history after the last sealed one, which came without seals.

    For a history from before there were any, and one written in bulk; inside a transaction and
    with the guard off.
    """
    last = "SELECT id, link FROM history WHERE link IS NOT NULL ORDER BY id DESC LIMIT 1"
    done, previous = db.execute(last).fetchone() or (0, FIRST)
    while rows := db.execute(UNSEALED, [done]).fetchall():
        seals = []
        for *row, before, after in rows:
            _, old_salt, old_hash = _side_of_text(row[6], before)
            _, new_salt, new_hash = _side_of_text(row[6], after)
            previous = link(previous, tuple(row), old_hash, new_hash)
            seals.append((old_salt, new_salt, old_hash, new_hash, previous, row[0]))
        db.conn.executemany(PUT, seals)
        done = rows[-1][0]


def digest(salt: str, text: str) -> str:
    """The hash that `salt` gives with the text of a side, whether it has been erased or not.

    Every letter of both counts. Raises ValueError or KeyError when they cannot belong together.
    """
    personal, kept = _parts(salt, text)
    return _hash(personal, salt, kept)


def erased_salt(salt: str, text: str) -> str:
    """What stands in the place of `salt` once the fields that are told apart are blanked."""
    if salt.startswith(GONE):
        return salt
    return " ".join([GONE + _parts(salt, text)[0], *salt.split(" ")[1:]])


def blankable(salt: str, text: str) -> dict[str, Any]:
    """The fields of a side that erasing may blank, with the values they have."""
    record = json.loads(text)
    return {name: record[name] for name in salt.split(" ")[1:]}


def plain(text: str) -> str:
    """The hash of a text in which nothing is left to guess."""
    return sha256(text.encode()).hexdigest()


def link(previous: str, row: tuple, before_hash: str | None, after_hash: str | None) -> str:
    """What ties a row, as its id and the values of `CHANGE`, to the row before it."""
    told = previous + encode([*row, before_hash, after_hash])
    return sha256(told.encode()).hexdigest()


def _side_of_text(table: str, text: str | None) -> Side:
    """As `_side`; a text that could not be written again letter by letter is taken as one piece."""
    if text is None:
        return None, None, None
    record = json.loads(text) if table in PERSONAL else {}
    apart = PERSONAL.get(table, ()) if encode(record) == text else ()
    return _sealed(text, record, [name for name in apart if name in record])


def _sealed(text: str, record: Row, names: Sequence[str]) -> Side:
    """A side with a new salt; `names` of its record are told apart, and stand in the salt."""
    key = secrets.token_hex(SALT_BYTES)
    own = {name: record[name] for name in names}
    kept = encode(record | dict.fromkeys(names)) if names else text
    salt = " ".join([key, *names])
    return text, salt, _hash(_personal(key, own), salt, kept)


def _personal(key: str, own: Row) -> str:
    """The hash of what is told apart: what is left of it when it has been erased."""
    return sha256((key + encode(own)).encode()).hexdigest()


def _hash(personal: str, salt: str, kept: str) -> str:
    names = salt.partition(" ")[2]
    return sha256((personal + names + kept).encode()).hexdigest()


def _parts(salt: str, text: str) -> tuple[str, str]:
    """The hash of what is told apart, and the text with nothing in its place."""
    key, *names = salt.split(" ")
    own: Row = {}
    if names:
        record = json.loads(text)
        if encode(record) != text:
            raise ValueError("written otherwise")
        own = {name: record[name] for name in names}
        text = encode(record | dict.fromkeys(names))
    return key.removeprefix(GONE) if key.startswith(GONE) else _personal(key, own), text
