"""The record of processing in words: names for tables, columns and readers, one line for each.

The names are those of the history and the forms where they have one, else of `privacy` in the
texts. Each function that takes a series fills one column of the record.
"""

from contextlib import suppress
from typing import Any

import pandas as pd

from ..store import Store
from ..texts import Text
from .columns import Words

Where = tuple[str, tuple[str, ...]]  # a table and its columns; none of them: all in the row
Told = tuple[tuple[tuple[Where, ...], Any], ...]  # each different thing, and what it is said of
OUTSIDE = "outside"  # stands for the table of what is kept outside the database


def table_name(text: Text, table: str) -> str:
    """What people call a table; one that nobody has named is a KeyError."""
    return _first(text, f"historik_table.{table}", f"privacy.table.{table}")


def column_name(text: Text, table: str, column: str) -> str:
    """What people call a column, or a place outside; one that nobody has named is a KeyError."""
    if table == OUTSIDE:
        return text(f"privacy.outside.{column}")
    own = (f"privacy.field.{table}.{column}", f"historik_field.{table}.{column}")
    name = _first(
        text, *own, f"historik_field.{column}", f"field.{column}", f"privacy.field.{column}"
    )
    return name[:1].lower() + name[1:]


def _first(text: Text, *keys: str) -> str:
    """The first of these texts that there is."""
    for key in keys:
        with suppress(KeyError):
            return text(key)
    raise KeyError(keys[0])


def whose(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """Tuples of codes as their words with commas."""
    return values.map(lambda codes: ", ".join(text(f"privacy.whose.{one}") for one in codes))


def data(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """The tables with their columns, one a line: `Forløb: konsulent, mål`."""

    def line(table: str, columns: tuple[str, ...]) -> str:
        above = text("privacy.outside_all") if table == OUTSIDE else table_name(text, table)
        return f"{above}: {', '.join(column_name(text, table, one) for one in columns)}"

    return values.map(lambda found: "\n".join(line(*where) for where in found))


def technical(_: Store, __: Text, values: pd.Series) -> pd.Series:
    """The same under the names in the database: `enrolment: consultant_id, goal`."""
    return values.map(
        lambda found: "\n".join(f"{table}: {', '.join(columns)}" for table, columns in found)
    )


def _where(text: Text, where: Where) -> str:
    """`Forløb`; `Forløb (konsulent)` where it is only so of some; a place outside by its name."""
    table, columns = where
    names = ", ".join(column_name(text, table, one) for one in columns)
    if table == OUTSIDE:
        return names
    return f"{table_name(text, table)} ({names})" if names else table_name(text, table)


def _lines(text: Text, told: list[tuple[Where, str]]) -> str:
    """What is said, one a line with what it is said of; all the same is said once."""
    by: dict[str, list[Where]] = {}
    for where, said in told:
        by.setdefault(said, []).append(where)
    if len(by) == 1:
        return next(iter(by))
    lines = ((", ".join(_where(text, one) for one in of), said) for said, of in by.items())
    return "\n".join(f"{of[:1].upper()}{of[1:]}: {said}" for of, said in lines)


def recipients(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """Who sees what, one a line: `Notat, Opgave: Konsulent, Programkontor`."""

    def who(table: str, roles: tuple[str, ...]) -> str:
        return ", ".join(
            _first(text, f"privacy.sees.{role}.{table}", f"privacy.sees.{role}", f"role.{role}")
            for role in roles
        )

    def lines(found: Told) -> str:
        return _lines(text, [(one, who(one[0], roles)) for of, roles in found for one in of])

    return values.map(lines)


def each(prefix: str) -> Words:
    """What the inventory says in codes, one a line with what it is said of."""

    def words(_: Store, text: Text, values: pd.Series) -> pd.Series:
        return values.map(
            lambda found: _lines(
                text, [(one, text(f"{prefix}.{said}")) for of, said in found for one in of]
            )
        )

    return words


def always(key: str) -> Words:
    """The same words in every row."""

    def words(_: Store, text: Text, values: pd.Series) -> pd.Series:
        return pd.Series(text(key), index=values.index, dtype="str")

    return words
