"""How the files of the corpus are made: texts, workbooks, and what is wrong with them.

All people are invented. The meeting they were at began on 13 June 2024 at 14.30 in Copenhagen.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

MB = 1_000_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)

Row = Sequence[str | float | None]
Parts = Mapping[str, bytes]


# --- texts -----------------------------------------------------------------------------------

ADA = ("Ada Test", "14:30:00", "15:15:30", "45m 30s", "ada@demo.example")
DAN = ("Dan Demo", "14:40:00", "15:10:00", "30m", "dan@demo.example")
CIA = ("Cia Demo", "cia@demo.example")
BO = ("Bo Prøve", "14:40:00", "15:10:00", "30m", "bo@demo.example")


def teams(*people: Row, day: str = "13/06/24", joins: Sequence[Row] | None = None) -> str:
    """A Teams report of 2022 on (name, join, leave, duration, e-mail)."""
    rows = [
        ["1. Summary"],
        ["Meeting title", "Informationsmøde"],
        ["Attended participants", str(len(people))],
        ["Start time", f"{day}, 14:25:00"],
        ["End time", f"{day}, 15:20:00"],
        [],
        ["2. Participants"],
        ["Name", "First join", "Last leave", "In-meeting duration", "Email", "Role"],
        *(_timed(person, day) for person in people),
        [],
        ["3. In-Meeting activities"],
        ["Name", "Join time", "Leave time", "Duration", "Email", "Role"],
        *(_timed(person, day) for person in (people if joins is None else joins)),
    ]
    return lines(rows, "\t")


def _timed(person: Row, day: str) -> list[str]:
    name, join, leave, duration, email = map(str, person)
    at = [text if "/" in text or not text else f"{day}, {text}" for text in (join, leave)]
    return [name, *at, duration, email, "Attendee"]


def zoom(*people: str) -> str:
    """A Zoom report; each of `people` is the rest of a row after the name and address."""
    head = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"
    return "\r\n".join([head, *people, ""])


def table(*rows: Row, head: Row = ("Navn", "E-mail", "Minutter"), mark: str = ";") -> str:
    return lines([head, *rows], mark)


def lines(rows: Sequence[Row], mark: str) -> str:
    return "".join(mark.join("" if c is None else str(c) for c in row) + "\r\n" for row in rows)


ZOOM_ADA = "Ada Test,ada@demo.example,06/13/2024 02:30:00 PM,06/13/2024 03:15:00 PM,45,No"
PLAIN = (("Ada Test", "ada@demo.example", 45), ("Bo Prøve", "bo@demo.example", 30))


def encoded(text: str, encoding: str = "utf-8-sig") -> Callable[[], bytes]:
    return lambda: text.encode(encoding, "surrogatepass")


# --- workbooks -------------------------------------------------------------------------------

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT_TYPES = (
    f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
    'ContentType="application/xml"/></Types>'
).encode()
STYLES = (
    f'<styleSheet {MAIN}><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22"/>'
    '<xf numFmtId="21"/></cellXfs></styleSheet>'
).encode()
DATE, TIME = 1, 2  # styles


def workbook_xml(properties: str = "", sheets: str = '<sheet name="Ark1" sheetId="1" r:id="r1"/>'):
    return f'<workbook {MAIN} xmlns:r="{OFFICE}">{properties}<sheets>{sheets}</sheets></workbook>'


def rels(*targets: str) -> bytes:
    found = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate((t.split(" ") for t in targets), 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{found}</Relationships>'.encode()


def cell(place: str, value: str | float | None, style: int = 0) -> str:
    if value is None:
        return f'<c r="{place}" s="1"/>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def letters(column: int) -> str:
    """1 is A, 27 is AA."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def sheet(
    rows: Sequence[Row],
    after: str = "",
    rest: str = "",
    styles: Mapping[int, int] | None = None,
) -> bytes:
    """A sheet of `rows`; `after` stands after the last of them, `rest` after the data."""
    body = "".join(
        f'<row r="{number}">'
        + "".join(
            cell(f"{letters(at)}{number}", value, (styles or {}).get(at, 0))
            for at, value in enumerate(row, 1)
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    return f"<worksheet {MAIN}><sheetData>{body}{after}</sheetData>{rest}</worksheet>".encode()


LIST: tuple[Row, ...] = (("Navn", "E-mail", "Minutter"), *PLAIN)


def parts(rows: Sequence[Row] = LIST, **more: bytes | None) -> dict[str, bytes]:
    """The parts of a workbook with one sheet; `more` replaces by the last word of the name."""
    found = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": rels("officeDocument xl/workbook.xml"),
        "xl/workbook.xml": more.get("workbook") or workbook_xml().encode(),
        "xl/_rels/workbook.xml.rels": more.get("relations")
        or rels("worksheet worksheets/sheet1.xml", "styles styles.xml"),
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": more.get("sheet") or sheet(rows),
    }
    strings = more.get("strings")
    if strings:
        found["xl/sharedStrings.xml"] = strings
        found["xl/_rels/workbook.xml.rels"] = rels(
            "worksheet worksheets/sheet1.xml",
            "styles styles.xml",
            "sharedStrings sharedStrings.xml",
        )
    return found


def packed(found: Parts, level: int = 6) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as opened:
        for name, body in found.items():
            opened.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def book(rows: Sequence[Row] = LIST, **more: bytes | None) -> bytes:
    return packed(parts(rows, **more))


def with_parts(more: Parts) -> Callable[[], bytes]:
    return lambda: packed({**parts(), **more})


def shared(values: Sequence[str], before: str = "") -> bytes:
    found = "".join(f"<si><t>{value}</t></si>" for value in values)
    return f'<?xml version="1.0"?>{before}<sst {MAIN}>{found}</sst>'.encode()


def pointing(rows: int, columns: int, index: int = 0) -> bytes:
    """A sheet in which every cell is the shared string `index`."""
    body = "".join(
        f'<row r="{row}">'
        + "".join(
            f'<c r="{letters(column)}{row}" t="s"><v>{index}</v></c>'
            for column in range(1, columns + 1)
        )
        + "</row>"
        for row in range(1, rows + 1)
    )
    return f"<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>".encode()


def flat_bomb() -> bytes:
    return packed({**parts(), "xl/worksheets/sheet1.xml": sheet(LIST) + b" " * (50 * MB)})


def many_parts() -> bytes:
    return packed({**parts(), **{f"xl/media/{n}.txt": b"x" for n in range(2_001)}})


def many_bombs() -> bytes:
    return packed({**parts(), **{f"xl/media/{n}.xml": b" " * 999_999 for n in range(101)}})


def lying(body: bytes, said: int) -> bytes:
    """A workbook whose sheet unpacks to `body` and says it is `said` bytes long."""
    made = packed({**parts(), "xl/worksheets/sheet1.xml": body})
    length, crc = struct.pack("<I", len(body)), struct.pack("<I", zlib.crc32(body))
    wrong = struct.pack("<I", said)
    start = made.index(crc)
    while start >= 0:
        at = made.index(length, start)
        made = made[:at] + wrong + made[at + 4 :]
        start = made.find(crc, at)
    return made


def overlapping() -> bytes:
    """A bomb that packs one block once and lists it 36 times."""
    made = packed({**parts(), "xl/media/0.txt": b" " * 999_000})
    end = made.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", made[end + 10 : end + 20])
    entry = made[made.rindex(b"PK\x01\x02") : end]
    copies = b"".join(
        entry.replace(b"media/0.txt", b"media/%c.txt" % letter)
        for letter in b"abcdefghijklmnopqrstuvwxyz123456789"
    )
    total = struct.pack("<HHII", count + 35, count + 35, size + len(copies), start)
    return made[:end] + copies + made[end : end + 8] + total + made[end + 20 :]


def flagged(bit: int) -> bytes:
    """A workbook whose parts say in every header that they are encrypted."""
    made = bytearray(book())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = made.find(mark)
        while start >= 0:
            made[start + at] |= bit
            start = made.find(mark, start + 1)
    return bytes(made)


def twins() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, body in [*parts().items(), ("xl/worksheets/Sheet1.xml", sheet([("x",)]))]:
            opened.writestr(name, body)
    return made.getvalue()


def wrong_sum() -> bytes:
    made = book()
    crc = struct.pack("<I", zlib.crc32(sheet(LIST)))
    return made.replace(crc, b"\x01\x02\x03\x04")


def empty_styled_rows() -> bytes:
    """Somebody coloured the whole sheet: 1,048,576 rows, three with something in them."""
    rows = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(4, 1_048_577))
    return packed(parts(sheet=sheet(LIST, after=rows)), level=1)


def empty_styled_cells() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(4, 1_048_577))
    return packed(parts(sheet=sheet(LIST, after=rows)), level=1)


def one_string_many_times(rows: int = 20_000) -> bytes:
    """20 kB of text that a workbook stores once and a reader once per cell: 1.2 GB."""
    return packed(parts(sheet=pointing(rows, 3), strings=shared(["x" * 20_000])))


LAUGHS = "<!DOCTYPE lolz [" + '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]>"  # fmt: skip
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
LOCAL = "<!DOCTYPE x SYSTEM 'http://elsewhere.example/x.dtd'>"


def entity_sheet(before: str, encoding: str = "utf-8") -> bytes:
    body = sheet([("Navn",), ("&e;",)]).decode().replace("&amp;e;", "&e;")
    return f'<?xml version="1.0" encoding="{encoding}"?>{before}{body}'.encode(encoding)


def serials(*values: float, properties: str = "") -> bytes:
    """A list of people who came and went at these day numbers."""
    rows: list[Row] = [("Navn", "E-mail", "Ankomst", "Afgang")]
    rows += [
        (f"Person {n}", f"p{n}@demo.example", value, value + 1 / 48)
        for n, value in enumerate(values, 1)
    ]
    return book(
        workbook=workbook_xml(properties).encode(), sheet=sheet(rows, styles={3: DATE, 4: DATE})
    )
