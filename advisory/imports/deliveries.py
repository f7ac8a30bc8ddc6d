"""Reading a delivery sheet that a partner has filled in: its mark, and the cells one may answer.

What the cells say is read in `domain.deliveries`; here is only where they stand. Tables are known
by their headers, wherever they have been moved; other columns and other tabs are left alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.deliveries import ATTENDED, SESSION_FIELDS, Cell, Reply
from ..domain.errors import Refused
from . import limits, workbook
from .cells import Row, has_cpr
from .kinds import kind

# The headers that `reports.deliveries` writes, in both its languages, and what people write.
HEADERS = {
    **dict.fromkeys(("nøgle", "key"), "key"),
    **dict.fromkeys(("dato", "date", "dag", "day"), "day"),
    **dict.fromkeys(("starter", "start", "starttid", "starts"), "starts"),
    **dict.fromkeys(("slutter", "slut", "sluttid", "ends", "end"), "ends"),
    **dict.fromkeys(("sted", "place"), "place"),
    **dict.fromkeys(("pladser", "seats"), "seats"),
    **dict.fromkeys(("afholdt", "held"), "held"),
    **dict.fromkeys(("deltog", "attended"), ATTENDED),
}
LONGEST_CELL = 2_000
_MARK = re.compile(r"\bL-(\d{1,9})-([0-9a-f]{12})\b")
_HEAD_KEY = re.compile(r"A-\d+-.*")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with keys: where each of its columns stands, what they are called, its rows."""

    tab: str
    columns: dict[str, int]
    names: dict[str, str]
    rows: Sequence[Row]


def read(content: bytes, name: str, *, near: datetime | None = None) -> Reply:
    """The cells of a delivery sheet that may be filled in, with their rows and headers.

    A row without a key is left alone when nothing is answered in it. `name` and `near` decide
    nothing. Refuses as `limits.check`, and with `sheet_not_xlsx`, `sheet_mark_missing`,
    `sheet_marks_differ`, `sheet_table_missing`, `sheet_column_missing` (tab, column),
    `sheet_column_twice` (tab, column), `sheet_row_without_key` (tab, row) and
    `sheet_key_twice` (tab, row, value).
    """
    limits.size(content)
    if kind(content) not in ("zip", "locked"):
        raise Refused("sheet_not_xlsx")
    limits.check(content)
    sheets = list(workbook.sheets(content))
    number, mark = _mark(sheets)
    tables = [table for sheet in sheets if (table := _table(sheet))]
    if not tables:
        raise Refused("sheet_table_missing")
    cells = tuple(cell for table in tables for cell in _cells(table))
    _refuse_twins(cells)
    return Reply(number, mark, cells)


def _mark(sheets: Iterable[workbook.Sheet]) -> tuple[int, str]:
    """The number and the mark of the sheet: the same wherever they stand."""
    texts = (text for sheet in sheets for row in sheet.rows for text in row.cells)
    found = {hit.groups() for text in texts if (hit := _MARK.search(text))}
    if not found:
        raise Refused("sheet_mark_missing")
    if len(found) > 1:
        raise Refused("sheet_marks_differ")
    number, mark = found.pop()
    return int(number), mark


def _table(sheet: workbook.Sheet) -> _Table | None:
    """The table on a tab, None where no row has a key and something to answer in its headers."""
    for at, row in enumerate(sheet.rows):
        known = [(HEADERS.get(_plain(text)), column) for column, text in enumerate(row.cells)]
        found = [(field, column) for field, column in known if field]
        fields = [field for field, _ in found]
        if "key" in fields and len(set(fields)) > 1:
            for field, column in found:
                if fields.count(field) > 1:
                    _refuse("sheet_column_twice", sheet.name, column=row.cell(column))
            names = {field: row.cell(column) for field, column in found}
            return _Table(sheet.name, dict(found), names, sheet.rows[at + 1 :])
    return None


def _cells(table: _Table) -> Iterator[Cell]:
    for row in table.rows:
        key = row.cell(table.columns["key"])
        if not key:
            if any(row.cell(column) for column in table.columns.values()):
                _refuse("sheet_row_without_key", table.tab, row=row.number)
            continue
        fields = (ATTENDED,) if _HEAD_KEY.fullmatch(key) else SESSION_FIELDS
        for field in fields:
            if field not in table.columns:
                _refuse("sheet_column_missing", table.tab, field=field)
            text = row.cell(table.columns[field])[:LONGEST_CELL]
            shown = "…" if has_cpr(key) else key[:60]
            yield Cell(table.tab, row.number, table.names[field], shown, field, text)


def _refuse_twins(cells: Iterable[Cell]) -> None:
    seen = set()
    for cell in cells:
        if (cell.key, cell.field) in seen:
            _refuse("sheet_key_twice", cell.tab, row=cell.row, value=cell.key)
        seen.add((cell.key, cell.field))


def _plain(text: str) -> str:
    """A header without what people put around it: `Dato *` is dato."""
    return text.casefold().strip(" *:.?")


def _refuse(key: str, tab: str, **values: object) -> None:
    raise Refused(key, tab=tab[:60], **values)
