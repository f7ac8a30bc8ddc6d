"""Applications out of a list: what every cell means, and what is wrong with those that say nothing.

`read` and `guess` are the first step: what the file holds and which column is what. `interpret` is
the second, after a person has looked at the columns.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from ..domain.attendance import folded
from ..domain.errors import NotFound, Refused
from ..domain.municipalities import Known, Match, looks_garbled, match
from ..store.activity_content import MOST_LINKS
from ..store.enrolments import LONGEST_TEXT
from ..store.people import address
from .applications_cells import (
    FIELDS,
    LINK,
    NEEDED,
    Table,
    TableRow,
    day_and_time,
    first_of_month,
    guess,
    header_key,
    is_month_first,
    is_open,
    read,
)
from .cells import BLANK, MASKED, email, has_cpr, kind, shown

__all__ = [
    "FIELDS",
    "NEEDED",
    "Application",
    "Interpreted",
    "Problem",
    "Table",
    "TableRow",
    "guess",
    "header_key",
    "interpret",
    "read",
]

LONGEST_LINE = 120  # of what a contact is called

_YES = frozenset({"ja", "j", "yes", "y", "x", "✓", "✔", "1", "sand", "true"})
_NO = frozenset({"nej", "n", "no", "0", "falsk", "false", ""})
_STARTS = re.compile(r"(?:hold(?:et)?|kohorte|cohort|opstart|start)\W+")
_BETWEEN_LINKS = re.compile(r"\s+|[,;]+(?=https?://)")


@dataclass(frozen=True, slots=True)
class Application:
    """What one row says; `number` is that of the row in the file.

    `received_time` is in Copenhagen and None where no time of day is given, `attachments` are
    https addresses, one a line, `experience` is a code or None.
    """

    number: int
    municipality_id: int
    municipality: str
    cohort: str
    received_on: date
    received_time: time | None = None
    contact_name: str = ""
    contact_role: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    experience: str | None = None
    motivation: str = ""
    goal: str = ""
    commitment: bool = False
    attachments: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell: `key` is a text of [application_problem], filled with the rest.

    `row` is a number in the file, 0 where it is about the columns. `value` is short, and without a
    CPR number.
    """

    key: str
    row: int = 0
    column: str = ""
    value: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interpreted:
    """The applications with nothing wrong, every problem, and the columns that mean nothing."""

    rows: tuple[Application, ...]
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...]


class _Wrong(Exception):
    """A cell that cannot be used: the key of a problem and its values."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True, slots=True)
class _Reading:
    """What cells are held against; see `interpret`."""

    municipalities: Sequence[Known]
    cohorts: Mapping[str, date]
    experience: Mapping[str, Sequence[str]]
    today: date
    cohort: str
    month_first: bool


def interpret(
    table: Table,
    mapping: Mapping[int, str],
    *,
    municipalities: Sequence[Known],
    cohorts: Mapping[str, date],
    experience: Mapping[str, Sequence[str]],
    today: date,
    cohort: str = "",
) -> Interpreted:
    """The applications in a table whose columns mean what `mapping` (column -> field) says.

    `cohorts` is code -> first day, `experience` code -> its names, the one to show first; `cohort`
    is the one of rows that name none. A row with a problem is no application; one with a CPR number
    anywhere is not looked at further. Without the columns that are needed no row is. Refuses with
    `cohort_unknown` (cohort, known) when `cohort` is none of `cohorts`.
    """
    if cohort and cohort not in cohorts:
        raise NotFound("cohort_unknown", cohort=cohort, known=", ".join(cohorts))
    columns, problems = _columns(table, mapping, bool(cohort))
    left_out = tuple(
        table.label(at) for at in range(len(table.headers)) if at not in columns.values()
    )
    if problems:
        return Interpreted((), tuple(problems), left_out)
    dates = [row.cells[columns["received"]] for row in table.rows]
    how = _Reading(municipalities, cohorts, experience, today, cohort, is_month_first(dates))
    seen: dict[int, int] = {}
    found = []
    for row in table.rows:
        values, wrong = _read_row(table, row, columns, how)
        wrong += _across(table, row, columns, values, seen, how)
        problems += wrong
        found += [] if wrong else [_application(row.number, values)]
    return Interpreted(tuple(found), tuple(problems), left_out)


def _columns(
    table: Table, mapping: Mapping[int, str], has_cohort: bool
) -> tuple[dict[str, int], list[Problem]]:
    """Field -> column, and a problem for each field that is lacking or has two columns."""
    columns: dict[str, int] = {}
    problems = []
    for at, name in sorted(mapping.items()):
        if name not in FIELDS or not 0 <= at < len(table.headers):
            continue
        if columns.setdefault(name, at) != at:
            problems.append(Problem("field_twice", 0, table.label(at), "", {"field": name}))
    lacking = [name for name in NEEDED if name not in columns]
    lacking += ["cohort"] if not has_cohort and "cohort" not in columns else []
    problems += [Problem("field_missing", values={"field": name}) for name in lacking]
    return columns, problems


def _read_row(
    table: Table, row: TableRow, columns: Mapping[str, int], how: _Reading
) -> tuple[dict[str, Any], list[Problem]]:
    """What the cells of a row say, and what is wrong with those that say nothing."""
    for at, cell in enumerate(row.cells):
        if cell == MASKED or (at != columns.get("attachments") and has_cpr(cell)):
            return {}, [Problem("cpr", row.number, table.label(at), MASKED)]
    values: dict[str, Any] = {"cohort": how.cohort}
    problems = []
    for name, at in columns.items():
        cell = "" if kind(row.cells[at]) in BLANK else row.cells[at]
        try:
            if name != "attachments" and looks_garbled(cell):
                raise _Wrong("garbled")
            values[name] = _CELLS[name](cell, how)
        except _Wrong as wrong:
            values.pop(name, None)
            label, value = table.label(at), shown(row.cells[at])
            problems.append(Problem(wrong.key, row.number, label, value, wrong.values))
    return values, problems


def _across(
    table: Table,
    row: TableRow,
    columns: Mapping[str, int],
    values: Mapping[str, Any],
    seen: dict[int, int],
    how: _Reading,
) -> Iterator[Problem]:
    """What is wrong with cells that can be read, beside each other and the rows above."""

    def problem(name: str, key: str, **more: Any) -> Problem:
        at = columns[name]
        return Problem(key, row.number, table.label(at), shown(row.cells[at]), more)

    if place := values.get("municipality"):
        first = seen.setdefault(place.code, row.number)
        if first != row.number:
            yield problem("municipality", "municipality_twice", other=first)
    received, cohort = values.get("received"), values.get("cohort")
    if received and cohort and received[0] >= how.cohorts[cohort]:
        yield problem("received", "cohort_started", cohort=cohort)
    told = [name for name in ("contact_role", "contact_phone") if values.get(name)]
    names = [name for name in ("contact_name", "contact_email") if name in columns]
    if told and not any(values.get(name, "unreadable") for name in names):
        yield problem(told[0], "contact_nameless")


def _application(number: int, values: Mapping[str, Any]) -> Application:
    """The application of a row; a contact without a name is called by the address."""
    rest = {name: value for name, value in values.items() if name not in NEEDED}
    rest["contact_name"] = rest.get("contact_name") or rest.get("contact_email", "")
    place, (day, at) = values["municipality"], values["received"]
    return Application(number, place.code, place.name, received_on=day, received_time=at, **rest)


# --- one cell -------------------------------------------------------------------------------------


def _municipality(text: str, how: _Reading) -> Match:
    _refuse_empty(text)
    found = match(text, how.municipalities)
    if found.suggestions:
        near = [one.names[0] for one in how.municipalities if one.code in found.suggestions]
        raise _Wrong("municipality_nearly", suggestion=", ".join(near))
    if not found.exact:
        raise _Wrong("municipality_unknown")
    return found


def _cohort(text: str, how: _Reading) -> str:
    """A code; the month in which exactly one cohort begins will do, however it is written."""
    if not text and how.cohort:
        return how.cohort
    _refuse_empty(text)
    ways = (text.casefold(), _STARTS.sub("", text.casefold(), count=1))
    month = first_of_month(ways[1])
    starting = [code for code, day in how.cohorts.items() if month == day.replace(day=1)]
    same = [code for code in how.cohorts if code.casefold() in ways] or starting
    if len(same) != 1:
        raise _Wrong("cohort_unknown", cohorts=", ".join(how.cohorts))
    return same[0]


def _received(text: str, how: _Reading) -> tuple[date, time | None]:
    _refuse_empty(text)
    if how.month_first and is_open(text):
        raise _Wrong("date_order")
    try:
        day, at = day_and_time(text, how.today)
    except Refused:
        raise _Wrong("date_unreadable") from None
    if day > how.today:
        raise _Wrong("date_in_future")
    return day, at


def _email(text: str, how: _Reading) -> str:
    try:
        return address(email(text.removeprefix("mailto:")) or text) if text else ""
    except Refused:
        raise _Wrong("email_unreadable") from None


def _experience(text: str, how: _Reading) -> str | None:
    """The code whose name holds these words and no other's does; a plain no is `none`."""
    words = folded(text)
    if not words:
        return None
    if words in _NO and "none" in how.experience:
        return "none"
    found = [
        code
        for code, names in how.experience.items()
        if any(f" {words} " in f" {folded(name)} " for name in (code, *names))
    ]
    if len(found) != 1:
        choices = ", ".join(names[0] for names in how.experience.values())
        raise _Wrong("experience_unknown", choices=choices)
    return found[0]


def _commitment(text: str, how: _Reading) -> bool:
    word = text.casefold().strip(" .")
    if word not in _YES | _NO:
        raise _Wrong("commitment_unreadable")
    return word in _YES


def _attachments(text: str, how: _Reading) -> str:
    found = [part.rstrip(",;") for part in _BETWEEN_LINKS.split(text) if part.strip(",;")]
    if not all(map(LINK.match, found)):
        raise _Wrong("link_not_https")
    if len(found) > MOST_LINKS:
        raise _Wrong("links_too_many", limit=MOST_LINKS)
    return _within(LONGEST_TEXT)("\n".join(found), how)


def _within(limit: int) -> Callable[[str, _Reading], str]:
    """The reader of a text that may have so many characters."""

    def read_text(text: str, how: _Reading) -> str:
        if len(text) > limit:
            raise _Wrong("text_too_long", limit=limit)
        return text

    return read_text


def _refuse_empty(text: str) -> None:
    if not text:
        raise _Wrong("empty")


_CELLS: dict[str, Callable[[str, _Reading], Any]] = {
    "municipality": _municipality,
    "cohort": _cohort,
    "received": _received,
    "contact_email": _email,
    "experience": _experience,
    "commitment": _commitment,
    "attachments": _attachments,
    **dict.fromkeys(("contact_name", "contact_role", "contact_phone"), _within(LONGEST_LINE)),
    **dict.fromkeys(("motivation", "goal"), _within(LONGEST_TEXT)),
}
