"""The tables in a file, found by the shape of their rows and never by a label."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from .cells import BLANK, TYPED, Kind, Row, kind, looks_like_name

_LOOKED_AHEAD = 12
_PREAMBLE = 200  # rows before the first table that are looked at
_NUMBERED = re.compile(r"[0-9]{1,2}[.)] ?\S.*")
_NOT_IN_HEADER = TYPED | {Kind.NUMBER, Kind.DASH, Kind.ID}


@dataclass(slots=True)
class Table:
    """A header, the rows below it, and the line above it when that stands alone."""

    title: str
    header: Row
    rows: list[Row] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many columns are named."""
        return self.header.filled

    @property
    def numbered(self) -> bool:
        """Whether its title is numbered, as in `2. Participants`."""
        return _NUMBERED.fullmatch(self.title) is not None

    def label(self, column: int) -> str:
        """What a column is called: its header, else its letter as in Excel."""
        letters, number = "", column + 1
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return self.header.cell(column) or letters


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file consists of.

    `before` are the rows ahead of the tables (a summary, a heading), `block` a table of one row
    about the meeting itself, `loose` rows behind a table that do not look like its others.
    """

    before: list[Row]
    block: Table | None
    tables: list[Table]
    loose: list[Row]


def shape_of(rows: Sequence[Row]) -> Shape:
    """The tables among `rows`; no tables when nothing looks like a list of people."""
    before, tables, loose = _cut(rows)
    widest = max((table.width for table in tables), default=0)
    if widest > 2:  # then two columns are labels and values, even where both look like a table
        pairs = [table for table in tables if table.width <= 2]
        tables = [table for table in tables if table.width > 2]
        before += [one for table in pairs for one in (table.header, *table.rows)]
        before.sort(key=lambda one: one.number)
    if not tables:
        bare = _without_header(rows)
        return Shape([] if bare else before, None, [bare] if bare else [], [])
    first, *others = tables
    if others and len(first.rows) == 1 and not first.title:  # "Host Details" also has one row
        return Shape(before, first, others, loose)
    return Shape(before, None, tables, loose)


def _cut(rows: Sequence[Row]) -> tuple[list[Row], list[Table], list[Row]]:
    before: list[Row] = []
    tables: list[Table] = []
    loose: list[Row] = []
    title, last = "", 0
    ahead = max((one.filled for one in rows[:_PREAMBLE]), default=0) > 1
    for at, one in enumerate(rows):
        gap, last = one.number > last + 1, one.number
        alone = ahead and one.filled == 1 and bool(one.cell(0))
        if alone and (_NUMBERED.fullmatch(one.cell(0)) or _starts_table(rows, at + 1)):
            title = one.cell(0)
        elif (
            (tables or at < _PREAMBLE) and (gap or title or not tables) and _starts_table(rows, at)
        ):
            tables.append(Table(title, one))
            title = ""
        elif not tables or title:
            before.append(one)
        elif gap and not _belongs(one, tables[-1]):
            loose.append(one)
        else:
            tables[-1].rows.append(one)
    return before, [table for table in tables if table.rows], loose


def _starts_table(rows: Sequence[Row], at: int) -> bool:
    """Whether the row at `at` is a header: words alone, above a column of one known kind."""
    if at >= len(rows) - 1:
        return False
    header = rows[at]
    below: list[Row] = []
    if header.filled < 2 or any(kind(cell) in _NOT_IN_HEADER for cell in header.cells):
        return False
    for one in rows[at + 1 : at + 1 + _LOOKED_AHEAD]:
        if below and one.number > below[-1].number + 1:
            break
        if one.filled > 1:  # a title, or a guest of whom only the name is known
            below.append(one)
    width = max((len(one.cells) for one in below), default=0)
    columns = {  # a column that hardly any row reaches is one row whose cells are shifted
        column: found
        for column, found in typed_columns(below, width).items()
        if sum(bool(one.cell(column)) for one in below) * 4 >= len(below)
    }
    strong = [column for column, found in columns.items() if found in TYPED]
    # A column of numbers below a title and a value (Participants, 7) is no list: two must agree.
    return bool(strong or (columns and len(below) > 1)) and all(
        header.cell(column) for column in columns
    )


def typed_columns(rows: Sequence[Row], width: int) -> dict[int, Kind]:
    """The columns whose cells are mostly of one kind that a report has, and that kind."""
    found = {}
    for column in range(width):
        kinds = Counter(kind(one.cell(column)) for one in rows)
        for blank in BLANK:
            kinds.pop(blank, None)
        usual, count = max(kinds.items(), key=lambda item: item[1], default=(Kind.TEXT, 0))
        if usual in TYPED | {Kind.NUMBER} and count * 2 > kinds.total():
            found[column] = usual
    return found


def _belongs(one: Row, table: Table) -> bool:
    """Whether a row behind a gap is one more row of `table`: something known where it has such."""
    if not table.rows:
        return True
    columns = typed_columns(table.rows[:_LOOKED_AHEAD], len(table.header.cells))
    return any(kind(one.cell(column)) is found for column, found in columns.items())


def _without_header(rows: Sequence[Row]) -> Table | None:
    """A list of people without a header that could be told apart: by addresses, else by names.

    A first row that is no name itself is taken for the header of a list of names.
    """
    wide = [one for one in rows if any(kind(cell) is Kind.EMAIL for cell in one.cells)]
    if wide and len(wide) * 2 > len(rows):
        first = rows.index(wide[0])
        return Table("", Row(0, ()), list(rows[first:]))
    width = max((one.filled for one in rows), default=0)
    start = next((at for at, one in enumerate(rows) if one.filled == width), 0)
    header, people = rows[start : start + 1], rows[start + 1 :]
    if not _names(people) and not _names(rows):
        return None
    if header and any(map(looks_like_name, header[0].cells)) and not _is_heading(header[0], people):
        return Table("", Row(0, ()), list(rows[start:]))
    return Table("", header[0], list(people)) if header else None


def _names(rows: Sequence[Row]) -> bool:
    """Whether nearly every row has a cell that may be a full name."""
    named = sum(any(map(looks_like_name, one.cells)) for one in rows[:1000])
    return bool(rows) and named >= min(len(rows), 1000) * 0.8


def _is_heading(first: Row, people: Sequence[Row]) -> bool:
    """Whether the first row has its names in other columns than the rows below."""
    at = {column for column, cell in enumerate(first.cells) if looks_like_name(cell)}
    below = Counter(
        column
        for one in people[:_LOOKED_AHEAD]
        for column, cell in enumerate(one.cells)
        if looks_like_name(cell)
    )
    return bool(below) and max(below, key=lambda column: below[column]) not in at
