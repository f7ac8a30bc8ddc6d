"""What a file may be before a reader sees it: how big, of what kind, with what inside.

What a zip says of itself is not believed: its parts are unpacked here, under a ceiling, and
counted.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..domain.errors import Refused
from .kinds import kind

MB = 1_000_000
MAX_BYTES = 10 * MB
MAX_UNZIPPED = 100 * MB
MAX_PARTS = 2_000
MAX_RATIO = 100  # of a part over 1 MB
MAX_ROWS = 50_000
MAX_LINES = 1_048_576  # with nothing on most of them: what Excel saves of a sheet that is coloured
MAX_CELLS = 2_000_000  # of the smallest rectangle around the values, which is what a reader builds

_OTHER_ZIPS = (
    ("word/", "word"),
    ("ppt/", "slides"),
    ("xl/workbook.bin", "xlsb"),
    ("mimetype", "ods"),
    ("Index/", "numbers"),
)
_WORKBOOK_PARTS = (
    "[Content_Types].xml", "xl/", "_rels/", "docProps/", "docMetadata/", "customXml/", "customUI/",
)  # fmt: skip
_NESTED = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
_DECLARES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.I)
_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)\b([^<>]*)>(</)?")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([^"']*)""")
_PLACE_IN_SHEET = re.compile(rb"([A-Za-z]{0,3})([0-9]{1,7})")


@dataclass
class _Span:
    """From the first to the last of some numbers; its length is 0 before there is one."""

    first: int | None = None
    last: int = -1

    def add(self, number: int) -> None:
        self.first = number if self.first is None else min(self.first, number)
        self.last = max(self.last, number)

    def size(self) -> int:
        return 0 if self.first is None else self.last - self.first + 1


def check(content: bytes) -> None:
    """Refuse a file that is too big, unsafe, or not a workbook (.xlsx) or a text.

    Refuses with `file_too_big`, `file_empty`, `file_type_wrong` (what: a word of `file_kind`),
    `file_locked`, `file_too_many_rows`, `file_too_scattered`, and of a workbook `file_damaged`,
    `file_bomb`, `file_unsafe` and `file_macros`.
    """
    size(content)
    what = kind(content)
    if what == "zip":
        _check_workbook(content)
    elif what == "locked":
        raise Refused("file_locked")
    elif what == "text":
        _check_text(content)
    else:
        raise Refused("file_type_wrong", what=what)


def size(content: bytes) -> None:
    """Refuse with `file_too_big` above 10 MB, and with `file_empty` where there is nothing."""
    if len(content) > MAX_BYTES:
        raise Refused("file_too_big", limit=MAX_BYTES // MB)
    if not content.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise Refused("file_empty")


def _check_text(content: bytes) -> None:
    """Refuse more lines than Excel has, and more than 50,000 with something on them.

    It holds in every encoding: the bytes of a line end are in each of them.
    """
    lines = max(content.count(b"\n"), content.count(b"\r"))
    written = content.translate(None, b"\0 \t,;")
    if lines > MAX_LINES or sum(1 for _ in re.finditer(rb"[^\r\n]+", written)) > MAX_ROWS:
        raise Refused("file_too_many_rows", limit=MAX_ROWS)


def _check_workbook(content: bytes) -> None:
    parts = _parts(content)
    _check_names(parts)
    _check_sizes(parts)
    left, cells = MAX_UNZIPPED, 0
    for part, body in _unpacked(content, parts):
        left -= len(body)
        if left < 0:
            raise Refused("file_bomb")
        _check_part(part.filename, body)
        if b"sheetData" in body:  # wherever it is: a workbook may keep its sheets in any part
            cells += _cells(body)
        if cells > MAX_CELLS:
            raise Refused("file_too_scattered")


def _parts(content: bytes) -> list[zipfile.ZipInfo]:
    """The table of contents; refuses with `file_damaged`, `file_locked` and `file_unsafe`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            parts = [one for one in opened.infolist() if one.file_size or not one.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Refused("file_damaged") from error
    if any(part.flag_bits & 0x1 for part in parts):
        raise Refused("file_locked")
    if len(parts) > MAX_PARTS:
        raise Refused("file_bomb")
    return parts


def _check_names(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse what is not an .xlsx with `file_type_wrong`, macros, and names of other places."""
    names = {part.filename for part in parts}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused("file_macros")
    twins = len({name.lower() for name in names}) < len(parts)
    if twins or any(_leads_out(part.orig_filename) for part in parts):
        raise Refused("file_unsafe")
    if "xl/workbook.xml" not in names:
        found = (what for start, what in _OTHER_ZIPS if any(n.startswith(start) for n in names))
        raise Refused("file_type_wrong", what=next(found, "packed"))
    if not all(name.startswith(_WORKBOOK_PARTS) for name in names):
        raise Refused("file_unsafe")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or ".." in name.split("/") or not {*"\\:\0"}.isdisjoint(name)


def _check_sizes(parts: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse with `file_bomb` what says itself that it is one, and parts that share their bytes."""
    end, total = 0, 0
    for part in sorted(parts, key=lambda part: part.header_offset):
        total += part.file_size
        ratio = part.file_size / max(part.compress_size, 1)
        if part.header_offset < end or (part.file_size > MB and ratio > MAX_RATIO):
            raise Refused("file_bomb")
        end = part.header_offset + part.compress_size
    if total > MAX_UNZIPPED:
        raise Refused("file_bomb")


def _unpacked(
    content: bytes, parts: Iterable[zipfile.ZipInfo]
) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    """Each part and what is in it, never more of it than it says plus one byte."""
    for part in parts:
        at = part.header_offset
        # The header beside the bytes may have other lengths of name and extra than the table.
        name, extra = content[at + 26 : at + 28], content[at + 28 : at + 30]
        at += 30 + int.from_bytes(name, "little") + int.from_bytes(extra, "little")
        packed = memoryview(content)[at : at + part.compress_size]
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("file_damaged")
        body = _inflated(packed, part) if part.compress_type else bytes(packed)
        if len(body) > part.file_size:
            raise Refused("file_bomb")
        if len(body) < part.file_size or zlib.crc32(body) != part.CRC:
            raise Refused("file_damaged")
        yield part, body


def _inflated(packed: memoryview, part: zipfile.ZipInfo) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, part.file_size + 1)
    except zlib.error as error:
        raise Refused("file_damaged") from error


def _check_part(name: str, body: bytes) -> None:
    """Refuse files within the file, and XML that defines words of its own, with `file_unsafe`."""
    is_xml = (
        name.endswith((".xml", ".rels")) or body[:100].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    )
    # An XML in UTF-16 would hide its DOCTYPE from a search for bytes; no workbook has one.
    wide = body.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in body
    if body.startswith(_NESTED) or (is_xml and (wide or _DECLARES.search(body))):
        raise Refused("file_unsafe")


def _cells(sheet: bytes) -> int:
    """How many cells the rectangle around the values of a sheet has.

    Refuses with `file_too_many_rows` when more than 50,000 rows have a value, with
    `file_too_scattered` when there are more than 2,000,000 values, and as `_filled`.
    """
    rows, last, columns, lines = 0, -1, _Span(), _Span()
    for count, (row, column) in enumerate(_filled(sheet), 1):
        rows, last = rows + (row != last), row
        if rows > MAX_ROWS:
            raise Refused("file_too_many_rows", limit=MAX_ROWS)
        if count > MAX_CELLS:
            raise Refused("file_too_scattered")
        lines.add(row)
        columns.add(column)
    return columns.size() * lines.size()


def _filled(sheet: bytes) -> Iterator[tuple[int, int]]:
    """Row and column of every cell with something in it: neither <c/> nor <c></c>.

    A row or cell that does not say where it is comes after the one before it. Refuses with
    `file_damaged` when it says a place that no sheet has.
    """
    row = column = 0
    for found in _ROW_OR_CELL.finditer(sheet):
        tag, attributes, closed = found.groups()
        written = _PLACE.search(attributes)
        place = _PLACE_IN_SHEET.fullmatch(written[1]) if written else None
        if written and not place:
            raise Refused("file_damaged")
        if tag == b"row":
            row, column = int(place[2]) if place else row + 1, 0
            continue
        column = _column(place[1].upper()) if place else column + 1
        row = int(place[2]) if place else row
        if not closed and not attributes.endswith(b"/"):
            yield row, column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
