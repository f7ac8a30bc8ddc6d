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
from ..texts import Text
from .columns import Report, Words, columns, word

FILE = Path("reference", "personal_data.csv")
READ = "privacy.read"
NOTHING = "–"
OUTSIDE = "outside"  # stands for the table of what is kept outside the database
PERSONAL = ("yes", "may", "no")  # may: a text in which people can write about others
CATEGORIES = ("ordinary", "special", "none")  # special: being a peer, or health, may show
WHOSE = ("citizen", "staff", "consultant", "user", "anyone")
PROCESSINGS = ("case", "intake", "meeting", "activity", "delivery", "access", "trace", "copies")


@dataclass(frozen=True)
class Entry:
    """What holds for one column: codes from the tuples above, and words in Danish.

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
    purpose: str
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
        case _:
            return True


KEY = ("processing", "purpose", "category")
RECORD = (
    *KEY,
    *("basis", "controller", "officer", "whose", "data"),
    *("recipients", "transfers", "kept", "erased", "measures"),
)


def record_of_processing(store: Store) -> pd.DataFrame:
    """The record of article 30: a row for each processing, purpose and category of data.

    `whose` is a tuple of codes, `recipients` of (tables, roles), `data` the columns as
    `signup: name, email`; who is responsible, where it goes and the measures are filled in as
    words. The same on every date.
    """
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in inventory():
        if entry.personal != "no":
            groups.setdefault((entry.processing, entry.purpose, entry.category), []).append(entry)
    rows = [
        {
            **dict.fromkeys(RECORD, ""),
            **dict(zip(KEY, key)),
            **{name: _each(group, name) for name in ("basis", "kept", "erased")},
            "whose": _codes(group, "whose", WHOSE),
            "recipients": _of_tables(group, "seen_by"),
            "data": _data(group),
        }
        for key, group in sorted(groups.items(), key=lambda found: _place(found[0]))
    ]
    return pd.DataFrame(rows, columns=list(RECORD))


def _place(key: tuple[str, str, str]) -> tuple[int, str, int]:
    processing, purpose, category = key
    return PROCESSINGS.index(processing), purpose, CATEGORIES.index(category)


def _each(group: list[Entry], name: str) -> str:
    """What the entries of a group say, one a line; where they differ, of which tables."""
    found = _of_tables(group, name)
    if len(found) == 1:
        return str(found[0][1])
    return "\n".join(f"{', '.join(tables)}: {said}" for tables, said in found)


def _of_tables(group: list[Entry], name: str) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """Each different thing that the entries of a group say, with the tables they are of."""
    tables: dict[Any, dict[str, None]] = {}
    for entry in group:
        tables.setdefault(getattr(entry, name), {})[entry.table] = None
    return tuple((tuple(of), said) for said, of in tables.items())


def _codes(group: list[Entry], name: str, order: tuple[str, ...]) -> tuple[str, ...]:
    """The codes that any entry of a group has, in the order of the list they are from."""
    found = {code for entry in group for code in getattr(entry, name)}
    return tuple(code for code in order if code in found)


def _data(group: list[Entry]) -> str:
    tables: dict[str, list[str]] = {}
    for entry in group:
        tables.setdefault(entry.table, []).append(entry.column)
    return "\n".join(f"{table}: {', '.join(names)}" for table, names in tables.items())


def _whose(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """Tuples of codes as their words with commas."""
    return values.map(lambda codes: ", ".join(text(f"privacy.whose.{one}") for one in codes))


def _recipients(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """Who sees which tables, one a line: `note, task: Konsulent, Programkontor`."""

    def said(found: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]) -> str:
        lines = (
            (", ".join(tables), ", ".join(text(f"role.{role}") for role in roles))
            for tables, roles in found
        )
        return "\n".join(f"{tables}: {who}" for tables, who in lines)

    return values.map(said)


def _said(key: str) -> Words:
    """The same words in every row."""

    def words(_: Store, text: Text, values: pd.Series) -> pd.Series:
        return pd.Series(text(key), index=values.index, dtype="str")

    return words


# Not among the lists of the data: asked for by name only, and the same on every date.
DOCUMENTS: dict[str, Report] = {
    "fortegnelse": Report(
        READ,
        record_of_processing,
        KEY,
        columns(
            ("processing", word("privacy.processing")), "purpose",
            ("data_category", "category", word("privacy.category")),
            ("controller", _said("privacy.by_agency")), ("officer", _said("privacy.by_agency")),
            "basis", ("whose", _whose), "data",
            ("recipients", _recipients), ("transfers", _said("privacy.transfers")),
            "kept", "erased", ("measures", _said("privacy.measures")),
        ),
    ),
}  # fmt: skip
