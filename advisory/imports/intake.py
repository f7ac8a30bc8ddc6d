"""A list of applications held against the records: what its columns mean, what it would bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ..domain.errors import Refused
from ..store import Store, municipalities
from ..store import application_import as store_import
from ..store.application_import import Kind, Outcome
from .applications import FIELDS, Interpreted, Table, guess, header_key, interpret


@dataclass(frozen=True)
class Reading:
    """A list as it would be taken in.

    `mapping` is column -> field, `known` says whether any of it is remembered, `learns` is what
    taking the list in would remember (header_key -> field). `outcomes` are those of the rows that
    can be read; nothing can be taken in while there are problems or one of them is refused.
    """

    table: Table
    mapping: Mapping[int, str]
    found: Interpreted
    outcomes: tuple[Outcome, ...]
    known: bool
    learns: Mapping[str, str]

    @cached_property
    def refused(self) -> tuple[Outcome, ...]:
        """The rows that can be read and not be made."""
        return tuple(one for one in self.outcomes if one.kind is Kind.REFUSED)

    @property
    def problems(self) -> int:
        """How many things have to be put right first."""
        return len(self.found.problems) + len(self.refused)

    def count(self, kind: Kind) -> int:
        """How many rows would do this."""
        return sum(one.kind is kind for one in self.outcomes)


def look(
    store: Store,
    table: Table,
    chosen: Mapping[int, str] | None = None,
    *,
    cohort: str = "",
    language: str = "da",
) -> Reading:
    """What taking a list in would do. Nothing is written.

    `chosen` is column -> field ("" for none) for the columns that a person has said something
    about; the others are as last time, else guessed. `cohort` is that of rows that name none.
    Refuses as `interpret` and `compare`.
    """
    before = store_import.remembered(store)
    mapping = columns(table, before, chosen or {})
    found = interpret(
        table,
        mapping,
        municipalities=municipalities.known(store),
        cohorts=_cohorts(store),
        experience=_experience(store, language),
        today=store.today(),
        cohort=cohort,
    )
    outcomes = tuple(store_import.compare(store, found.rows))
    known = any(header_key(table.headers[at]) in before for at in mapping)
    return Reading(table, mapping, found, outcomes, known, learns(table, before, mapping))


def columns(table: Table, before: Mapping[str, str], chosen: Mapping[int, str]) -> dict[int, str]:
    """Column -> field: what is chosen, and the guess for other columns and other fields."""
    there = range(len(table.headers))
    said = {at: field for at, field in chosen.items() if at in there and field in FIELDS}
    guessed = {
        at: field
        for at, field in guess(table, before).items()
        if at not in chosen and field not in said.values()
    }
    return dict(sorted((guessed | said).items()))


def learns(table: Table, before: Mapping[str, str], mapping: Mapping[int, str]) -> dict[str, str]:
    """What the mapping says about headers, for the next list.

    "" is for a column that would have meant something and was left out. A header that stands over
    two columns with different meanings says nothing.
    """
    left = {at: "" for at in guess(table, before) if at not in mapping}
    meant: dict[str, set[str]] = {}
    for at, field in {**left, **mapping}.items():
        meant.setdefault(header_key(table.headers[at]), set()).add(field)
    only = {key: fields - {""} or fields for key, fields in meant.items() if key}
    return {key: fields.pop() for key, fields in only.items() if len(fields) == 1}


def named(table: Table, name: str) -> int:
    """The column with a header or a letter. Refuses with `column_unknown` (column, known)."""
    for at, header in enumerate(table.headers):
        if header_key(header) and header_key(header) == header_key(name):
            return at
    for at, letter in enumerate(table.letters):
        if letter == name.strip().upper():
            return at
    labels = ", ".join(table.label(at) for at in range(len(table.headers)))
    raise Refused("column_unknown", column=name[:80], known=labels)


def _cohorts(store: Store) -> dict[str, date]:
    """Code -> first day, in that order."""
    rows = store.rows("cohort", order="starts_on, id")
    return {row["code"]: date.fromisoformat(row["starts_on"]) for row in rows}


def _experience(store: Store, language: str) -> dict[str, tuple[str, ...]]:
    """Code -> its names, the one in `language` first."""
    rows = store.rows("code_item", "list = ?", ["prior_experience"], order="position")
    both = ("da", "en") if language == "da" else ("en", "da")
    return {row["code"]: tuple(filter(None, (row[one] for one in both))) for row in rows}
