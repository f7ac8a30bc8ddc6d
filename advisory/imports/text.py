"""Rows out of the bytes of a text file, whatever its encoding and separator."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ..domain.errors import Refused
from .cells import TYPED, Row, kind, row

MAX_COLUMNS = 200
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))
_DELIMITERS = "\t;,"  # a tab before the others: names and times hold commas
_LOOKED_AT = 300  # rows that choose the separator


def decode(content: bytes) -> str:
    """The text of a file: by its BOM, as UTF-16 where every other byte is NUL, as UTF-8, or cp1252.

    Bytes that are no letter become U+FFFD. NUL characters are left out.
    """
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), _wide(content))
    if encoding is None or encoding == "utf-8":
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    else:
        text = content.decode(encoding, errors="replace")
    return text.replace("\0", "").lstrip("\ufeff")


def rows(text: str, delimiter: str | None = None) -> tuple[list[Row], str]:
    """The rows of a text that hold anything, numbered from 1 as Excel does, and their separator.

    It is the one given, else the one that fits best, "" when there is one column. Quotes that do
    not match are taken as letters, so that one of them cannot swallow the rows after it. Refuses
    with `file_too_many_columns` (limit), and `file_not_readable` when a line is longer than any
    report has.
    """
    delimiter = _delimiter(text) if delimiter is None else delimiter
    try:
        found = list(_split(text, delimiter, strict=True))
    except csv.Error:
        try:
            found = list(_split(text, delimiter, quoting=csv.QUOTE_NONE))
        except csv.Error:
            raise Refused("file_not_readable") from None
    if any(one.filled > MAX_COLUMNS for one in found):
        raise Refused("file_too_many_columns", limit=MAX_COLUMNS)
    return found, delimiter


def _wide(content: bytes) -> str | None:
    """The byte order of UTF-16 without a BOM, None for other text."""
    start = content[:4096]
    even, odd = start[::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half and max(even, odd) > half * 0.4 and min(even, odd) < half * 0.05:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _split(text: str, delimiter: str, **how) -> Iterator[Row]:
    # A separator that is in no text keeps one column whole.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or "\x1f", **how)
    for number, cells in enumerate(reader, 1):
        if how.get("quoting") == csv.QUOTE_NONE:
            cells = [_unquoted(cell) for cell in cells]
        one = row(number, cells)
        if one.cells:
            yield one


def _unquoted(cell: str) -> str:
    """A cell without the quotes around it or its start ("Bo" Prøve is Bo Prøve); "" for no more."""
    if not cell.strip('"'):
        return ""
    if not cell.startswith('"'):
        return cell
    return cell[1:].replace('""', "\0").replace('"', "", 1).replace("\0", '"')


def _delimiter(text: str) -> str:
    """The separator under which most cells are addresses, times or lengths.

    Where there are none, the one that gives every row as many cells, and "" when none does:
    a comma inside "Efternavn, Fornavn" is no separator.
    """
    scores = [(_score(text, delimiter), delimiter) for delimiter in _DELIMITERS]
    (typed, even), delimiter = max(scores, key=lambda one: one[0])
    return delimiter if typed or even else ""


def _score(text: str, delimiter: str) -> tuple[int, int]:
    """How many cells are of a known kind, and the common cell count of the rows (0 if uneven)."""
    try:
        found = list(islice(_split(text, delimiter), _LOOKED_AT))
    except csv.Error:
        return 0, 0
    # Alone in its row a cell says nothing about the separator.
    typed = sum(kind(cell) in TYPED for one in found if len(one.cells) > 1 for cell in one.cells)
    widths = Counter(one.filled for one in found)
    usual, count = max(widths.items(), key=lambda one: one[1], default=(0, 0))
    return typed, usual if usual > 1 and count >= len(found) * 0.8 else 0
