"""Reports as other systems write them, built in code; everybody in them is invented."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
import xlsxwriter

Rows = Sequence[Sequence[object]]

ENCODINGS = {
    "utf-16-le with BOM": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be with BOM": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-8 with BOM": lambda text: text.encode("utf-8-sig"),
    "utf-8": lambda text: text.encode(),
}


def write(rows: Rows, delimiter: str = "\t", encoding: str = "utf-16-le with BOM") -> bytes:
    """Rows as a text file; an empty row is an empty line."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    encode = ENCODINGS.get(encoding, lambda text: text.encode(encoding))
    return encode(file.getvalue())


@pytest.fixture
def text_file() -> Callable[..., bytes]:
    return write


@pytest.fixture(params=ENCODINGS)
def in_every_encoding(request) -> Callable[..., bytes]:
    """`text_file` in each of the encodings that Teams and Zoom reports come in."""
    return lambda rows, delimiter="\t": write(rows, delimiter, request.param)


@pytest.fixture
def workbook_file() -> Callable[..., bytes]:
    """Sheets as an .xlsx: name -> rows of text, numbers, dates, times; None leaves a cell empty."""

    def build(sheets: dict[str, Rows], merge: Sequence[tuple] = (), **hidden: bool) -> bytes:
        file = io.BytesIO()
        book = xlsxwriter.Workbook(file, {"default_date_format": "dd-mm-yyyy hh:mm:ss"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, cells in enumerate(rows):
                sheet.write_row(at, 0, cells)
            for one in merge:
                sheet.merge_range(*one)
            if hidden.get(name):
                sheet.hide()
            else:
                sheet.activate()
        book.close()
        return file.getvalue()

    return build


@pytest.fixture
def at() -> Callable[..., datetime]:
    """A time of 13 June 2024 in Copenhagen, as the instant in UTC."""
    return lambda hour, minute=0, second=0, day=13, month=6: datetime(
        2024, month, day, hour - 2, minute, second, tzinfo=UTC
    )
