"""Rows out of an Excel workbook (.xlsx), as text."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ..domain.errors import Refused
from .cells import Row, row
from .text import MAX_COLUMNS

MAX_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one visible sheet that have anything in them, with Excel's own row numbers."""

    name: str
    rows: list[Row]


def sheets(content: bytes) -> Iterator[Sheet]:
    """The visible sheets of a workbook, one after the other.

    Dates and times are written year first (2024-06-13 14:31:00), lengths as h:mm:ss, whole
    numbers without decimals. Merged cells repeat down their column. A formula is its last value.
    Refuses with `file_damaged`, `file_too_many_rows` and `file_too_many_columns` (limit).
    """
    try:
        with CalamineWorkbook.from_object(io.BytesIO(content)) as workbook:
            for sheet in workbook.sheets_metadata:
                if (
                    sheet.visible is SheetVisibleEnum.Visible
                    and sheet.typ is SheetTypeEnum.WorkSheet
                ):
                    yield Sheet(sheet.name, _rows(workbook.get_sheet_by_name(sheet.name)))
    except CalamineError as error:
        raise Refused("file_damaged") from error


def _rows(sheet: CalamineSheet) -> list[Row]:
    if sheet.start is None:
        return []
    top, left = sheet.start
    merged = _merged(sheet)
    found: list[Row] = []
    repeating: dict[int, tuple[int, str]] = {}  # column -> last row of the merged cell, its text
    for number, values in enumerate(sheet.iter_rows(), top):
        texts = [""] * left + [_text(value) for value in values]
        for column, last in merged.get(number, []):
            if column < len(texts):
                repeating[column] = last, texts[column]
        for column, (last, text) in repeating.items():
            if number <= last:
                texts[column] = texts[column] or text
        one = row(number + 1, texts)
        if one.filled > MAX_COLUMNS:
            raise Refused("file_too_many_columns", limit=MAX_COLUMNS)
        found += [one] if one.cells else []
        if len(found) > MAX_ROWS:
            raise Refused("file_too_many_rows", limit=MAX_ROWS)
    return found


def _merged(sheet: CalamineSheet) -> dict[int, list[tuple[int, int]]]:
    """The merged cells that go over several rows: first row -> columns and last rows."""
    found: dict[int, list[tuple[int, int]]] = {}
    for (first, column), (last, _) in sheet.merged_cell_ranges or []:
        if last > first:
            found.setdefault(first, []).append((column, last))
    return found


def _text(value: Any) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return f"{value:%Y-%m-%d}"
        case time():
            return f"{value:%H:%M:%S}"
        case timedelta():
            seconds = round(value.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
