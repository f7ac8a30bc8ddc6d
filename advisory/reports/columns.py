"""What a report is: its rows, its columns, and how codes become words in them."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ..domain.health import Reason
from ..store import Store
from ..texts import Text

ZONE = "Europe/Copenhagen"

Words = Callable[[Store, Text, pd.Series], pd.Series]
Columns = tuple[tuple[str, str, Words | None], ...]


@dataclass(frozen=True)
class Report:
    """One table that can be taken out.

    `rows` is the frame it shows, `key` the columns that tell a row of it from the others,
    `action` what one must be allowed to do to have it. `columns` are the names of the texts of
    the headers, each with the column of the frame or with how its words are found.
    """

    action: str
    rows: Callable[[Store], pd.DataFrame]
    key: tuple[str, ...]
    columns: Columns


def word(table: str) -> Words:
    """Codes to their words in the texts; an empty code stays empty."""

    def words(_: Store, text: Text, values: pd.Series) -> pd.Series:
        return values.map(lambda code: text(f"{table}.{code}") if code else "").astype("str")

    return words


def code(name: str) -> Words:
    """Codes to their words in one of the store's lists."""

    def words(store: Store, text: Text, values: pd.Series) -> pd.Series:
        language = "da" if text.language == "da" else "en"
        known = {row["code"]: row[language] for row in store.rows("code_item", "list = ?", [name])}
        return values.map(lambda code: known.get(code, code)).astype("str")

    return words


def truth(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """Yes and no; empty where it is not known."""
    words = {True: text("report.yes"), False: text("report.no")}
    return values.map(lambda one: "" if pd.isna(one) else words[bool(one)]).astype("str")


def reasons(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """The reasons of a health as sentences; those of `domain.health.closed` last, by the words."""
    return values.map(lambda found: " ".join(_reasons(text, found))).astype("str")


def _reasons(text: Text, found: tuple[Reason, ...]) -> list[str]:
    said = [(reason.key, text(f"reason.{reason.key}", **dict(reason.values))) for reason in found]
    closed = sorted(words for key, words in said if key.endswith("_closed"))
    return [*(words for key, words in said if not key.endswith("_closed")), *closed]


def day(_: Store, __: Text, values: pd.Series) -> pd.Series:
    """Instants as days in Copenhagen."""
    return values.dt.tz_convert(ZONE).dt.normalize().dt.tz_localize(None).astype("datetime64[s]")


def clock(_: Store, text: Text, values: pd.Series) -> pd.Series:
    """Instants as times of the day in Copenhagen, `14.30`; empty where there is none."""
    words = {at: text.time(at) for at in values.dropna().unique()}
    return values.map(lambda at: words.get(at, "")).astype("str")


def several(_: Store, __: Text, values: pd.Series) -> pd.Series:
    """Tuples of names as `Horsens, Odense`."""
    return values.map(", ".join).astype("str")


def tenths(_: Store, __: Text, values: pd.Series) -> pd.Series:
    """Numbers with one decimal."""
    return values.round(1)


def columns(*columns: str | tuple[str, Words] | tuple[str, str, Words | None]) -> Columns:
    """Each column in full: the text of its header, the frame's column, its words."""
    full: list[tuple[str, str, Words | None]] = []
    for column in columns:
        if isinstance(column, str):
            full.append((column, column, None))
        elif len(column) == 2:
            full.append((column[0], *column))
        else:
            full.append(column)
    return tuple(full)
