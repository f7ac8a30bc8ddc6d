"""What the product knows about people: the inventory of every column, and the record from it.

The inventory is `data/reference/personal_data.csv`, one line for each column of every table and for
each place outside them. The legal basis is the agency's to name; nothing here names one.
"""

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from ..domain.errors import NotFound, Refused
from ..domain.roles import ROLES
from ..settings import settings
from ..store import Store
from .columns import Report, columns, word
from .privacy_words import OUTSIDE, Told, always, data, each, recipients, technical, whose

FILE = Path("reference", "personal_data.csv")
READ = "privacy.read"
NOTHING = "–"
PERSONAL = ("yes", "may", "no")  # may: a text in which people can write about others
CATEGORIES = ("ordinary", "special", "none")  # special: being a peer, or health, may show
WHOSE = ("citizen", "staff", "consultant", "user", "anyone")
PROCESSINGS = ("case", "intake", "meeting", "activity", "delivery", "access", "trace", "copies")
BY_AGENCY = "by_agency"
KEPT = (
    "twelve_hours", "thirty_days", "by_agency", "promised", "while_read", "promised_or_wanted",
    "as_changed", "while_password", "while_user", "until_written", "until_closed", "wanted",
)  # fmt: skip
ERASED = (
    "not_stored", "fetched_again", "drafts", "sent", "overwritten", "operations", "salt_replaced",
    "name_of_attendees", "name_only", "as_in_tables", "blanked_link", "blanked_of_attendees",
    "blanked", "fetched", "not_yet", "backups", "hash_only", "next_try", "next_sign_in",
    "log_emptied",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What holds for one column: codes, of which `privacy` in the texts has the words.

    `seen_by` are the roles that a page or a file shows it to; `system` is the program itself, or
    whoever looks after the machine. `erased` says what the program does, and where it does nothing
    yet, that.
    """

    table: str
    column: str
    personal: str
    category: str
    whose: tuple[str, ...]
    processing: str
    basis: str
    seen_by: tuple[str, ...]
    kept: str
    erased: str


def inventory(data_dir: Path | None = None) -> list[Entry]:
    """Every entry, in the order of the file.

    Refuses with `facts_missing`, and with `inventory_unreadable` (line and column) when something
    is empty, a code is unknown, a column stands there twice, or one that may hold something about
    people does not say how it is erased.
    """
    path = (data_dir or settings().data_dir) / FILE
    if not path.is_file():
        raise NotFound("facts_missing", path=str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[tuple[str, str], Entry] = {}
    for line, row in enumerate(rows, start=2):
        entry = _entry(line, row)
        if (entry.table, entry.column) in found:
            raise Refused("inventory_unreadable", line=line, column="column")
        found[entry.table, entry.column] = entry
    return list(found.values())


def _entry(line: int, row: dict[str, str]) -> Entry:
    """One line as an entry; refuses with `inventory_unreadable`."""
    names = [field.name for field in fields(Entry)]
    if list(row) != names:
        raise Refused("inventory_unreadable", line=line, column=", ".join(names))
    for name in names:
        if not (row[name] or "").strip() or not _is_known(name, row):
            raise Refused("inventory_unreadable", line=line, column=name)
    several = {name: tuple(row[name].split()) for name in ("whose", "seen_by")}
    return Entry(**{**row, **several})


def _is_known(name: str, row: dict[str, str]) -> bool:
    """Whether the field may say what it says; of what is not personal nothing more is said."""
    said = row[name]
    match name:
        case "table" | "column":
            return True
        case "personal":
            return said in PERSONAL
        case "category":
            return said in CATEGORIES and (said == "none") == (row["personal"] == "no")
        case _ if row["personal"] == "no" or said == NOTHING:
            return row["personal"] == "no" and said == NOTHING
        case "whose":
            return set(said.split()) <= set(WHOSE)
        case "processing":
            return said in PROCESSINGS
        case "seen_by":
            return set(said.split()) <= set(ROLES)
        case "basis":
            return said == BY_AGENCY
        case "kept":
            return said in KEPT
        case _:
            return said in ERASED


KEY = ("processing", "category")
RECORD = (
    *KEY,
    *("basis", "controller", "officer", "whose", "data"),
    *("recipients", "transfers", "kept", "erased", "measures"),
)


def record_of_processing(store: Store) -> pd.DataFrame:
    """The record of article 30: a row for each processing, which has one purpose, and category.

    `whose` is a tuple of codes, `data` a tuple of `Where`; `recipients` (of roles), `basis`, `kept`
    and `erased` are `Told`; who is responsible, where it goes and the measures are filled in as
    words. The same on every date.
    """
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in inventory():
        if entry.personal != "no":
            groups.setdefault((entry.processing, entry.category), []).append(entry)
    rows = [
        {
            **dict.fromkeys(RECORD, ""),
            **dict(zip(KEY, key)),
            **{name: _told(group, name) for name in ("basis", "kept", "erased")},
            "whose": _codes(group, "whose", WHOSE),
            "recipients": _told(group, "seen_by"),
            "data": tuple((table, _columns(found)) for table, found in _by(group, "table").items()),
        }
        for key, group in sorted(groups.items(), key=lambda found: _place(found[0]))
    ]
    return pd.DataFrame(rows, columns=list(RECORD))


def _place(key: tuple[str, str]) -> tuple[int, int]:
    processing, category = key
    return PROCESSINGS.index(processing), CATEGORIES.index(category)


def _by(entries: list[Entry], name: str) -> dict[Any, list[Entry]]:
    """Entries by what they say of `name`, in the order in which it is first said."""
    found: dict[Any, list[Entry]] = {}
    for entry in entries:
        found.setdefault(getattr(entry, name), []).append(entry)
    return found


def _columns(entries: list[Entry]) -> tuple[str, ...]:
    return tuple(entry.column for entry in entries)


def _told(group: list[Entry], name: str) -> Told:
    """Each different thing that the entries of a group say of `name`, and of what."""
    mixed = {table for table, own in _by(group, "table").items() if len(_by(own, name)) > 1}
    return tuple(
        (
            tuple(
                (table, _columns(own) if table in mixed or table == OUTSIDE else ())
                for table, own in _by(entries, "table").items()
            ),
            one,
        )
        for one, entries in _by(group, name).items()
    )


def _codes(group: list[Entry], name: str, order: tuple[str, ...]) -> tuple[str, ...]:
    """The codes that any entry of a group has, in the order of the list they are from."""
    found = {code for entry in group for code in getattr(entry, name)}
    return tuple(code for code in order if code in found)


# Not among the lists of the data: asked for by name only, and the same on every date.
DOCUMENTS: dict[str, Report] = {
    "fortegnelse": Report(
        READ,
        record_of_processing,
        KEY,
        columns(
            ("processing", word("privacy.processing")),
            ("purpose", "processing", word("privacy.purpose")),
            ("data_category", "category", word("privacy.category")),
            ("controller", always("privacy.by_agency")), ("officer", always("privacy.by_agency")),
            ("basis", each("privacy.basis")), ("whose", whose), ("data", data),
            ("recipients", recipients), ("transfers", always("privacy.transfers")),
            ("kept", each("privacy.kept")), ("erased", each("privacy.erased")),
            ("measures", always("privacy.measures")),
            ("technical_names", "data", technical),
        ),
    ),
}  # fmt: skip
