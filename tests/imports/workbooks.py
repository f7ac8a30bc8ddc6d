"""Workbooks that are bombs, that are not what they say, and that people really send."""

from collections.abc import Callable

from . import making
from .cases import (
    ADA_45,
    BO_30,
    CIA_UNKNOWN,
    LISTED,
    Case,
    Found,
    named,
    there,
)
from .making import CIA, LIST, MB, OLE, PLAIN, book


def sized(name: str, make: Callable[[], bytes], outcome: str | Found) -> Case:
    """A workbook that is too much in some way."""
    return Case(name, make, outcome, "liste.xlsx", alone=True)


def excel(name: str, make: Callable[[], bytes], outcome: str | Found) -> Case:
    return Case(name, make, outcome, "liste.xlsx")


BOMBS = (
    sized("bomb: one part, 50 MB of blanks", making.flat_bomb, "file_bomb"),
    sized("bomb: parts that share their bytes", making.overlapping, "file_bomb"),
    sized(
        "bomb: a part that says it is 1 kB and is 50 MB",
        lambda: making.lying(making.sheet(LIST) + b" " * (50 * MB), 1_000),
        "file_bomb",
    ),
    excel(
        "a part that says it is longer than it is",
        lambda: making.lying(making.sheet(LIST), 9_999),
        "file_damaged",
    ),
    sized("bomb: 2,001 parts", making.many_parts, "file_bomb"),
    sized("bomb: 101 parts of 1 MB", making.many_bombs, "file_bomb"),
    sized(
        "bomb: one text of 20 kB in 60,000 cells",
        making.one_string_many_times,
        "file_too_much_memory",
    ),
    sized(
        "values in A1 and XFD1048576",
        lambda: book(
            sheet=making.sheet(LIST, after=f'<row r="1048576">{making.cell("XFD1048576", 1)}</row>')
        ),
        "file_too_scattered",
    ),
    sized(
        "values far apart in cells that do not say where they are",
        lambda: book(
            sheet=making.sheet(
                LIST, after='<row r="1048576"><c r="XFC1048576"/><c><v>1</v></c></row>'
            )
        ),
        "file_too_scattered",
    ),
    sized(
        "values far apart on a sheet that is kept elsewhere",
        lambda: making.packed(
            {
                **making.parts(relations=making.rels("worksheet /xl/a.bin", "styles styles.xml")),
                "xl/a.bin": making.sheet(LIST, after='<row r="999999"><c><v>1</v></c></row>'),
            }
        ),
        "file_too_scattered",
    ),
    sized("1,048,576 coloured empty rows", making.empty_styled_rows, LISTED),
    sized("1,048,576 coloured empty cells", making.empty_styled_cells, LISTED),
    sized("100,000 rows", lambda: book([*LIST, *[PLAIN[0]] * 100_000]), "file_too_many_rows"),
    sized(
        "16,384 columns",
        lambda: book([[f"Felt {n}" for n in range(16_384)], [1] * 16_384]),
        "file_too_many_columns",
    ),
    sized("11 MB", lambda: b"Navn;E-mail\r\n" + b"x" * (11 * MB), "file_too_big"),
)

PACKAGES = (
    sized(
        "entity of another file in the texts",
        lambda: book(sheet=making.pointing(1, 1), strings=making.shared(["&e;"], making.OUTSIDE)),
        "file_unsafe",
    ),
    sized(
        "entity of another file in the sheet",
        lambda: book(sheet=making.entity_sheet(making.OUTSIDE)),
        "file_unsafe",
    ),
    sized(
        "a sheet in UTF-16, which hides its entity",
        lambda: book(sheet=making.entity_sheet(making.OUTSIDE, "utf-16")),
        "file_unsafe",
    ),
    sized(
        "doctype from elsewhere in the relations",
        lambda: book(
            relations=making.LOCAL.encode() + making.rels("worksheet worksheets/sheet1.xml")
        ),
        "file_unsafe",
    ),
    sized(
        "a billion laughs", lambda: book(sheet=making.entity_sheet(making.LAUGHS)), "file_unsafe"
    ),
    excel(
        "another workbook inside",
        making.with_parts({"xl/embeddings/a.xlsx": book()}),
        "file_unsafe",
    ),
    excel(
        "a zip inside under another name",
        making.with_parts({"xl/media/a.png": book()}),
        "file_unsafe",
    ),
    excel("a part that leads out", making.with_parts({"xl/../../../home/x": b"x"}), "file_unsafe"),
    excel("a part from the root", making.with_parts({"/etc/x": b"x"}), "file_unsafe"),
    excel("a part with a backslash", making.with_parts({"xl\\..\\x": b"x"}), "file_unsafe"),
    excel("a part that is no workbook's", making.with_parts({"run.exe": b"x"}), "file_unsafe"),
    excel("the same sheet twice", making.twins, "file_unsafe"),
    Case("macros", making.with_parts({"xl/vbaProject.bin": OLE}), "file_macros", "liste.xlsm"),
    excel("encrypted parts", lambda: making.flagged(1), "file_locked"),
    named("a password", OLE + "EncryptedPackage".encode("utf-16-le"), "liste.xlsx", "file_locked"),
    excel("cut in the middle", lambda: book()[:900], "file_damaged"),
    excel("a wrong check sum", making.wrong_sum, "file_damaged"),
    excel(
        "no sheet where the workbook says",
        lambda: making.packed({k: v for k, v in making.parts().items() if "sheet1" not in k}),
        "file_damaged",
    ),
    excel(
        "no workbook",
        lambda: making.packed({k: v for k, v in making.parts().items() if k != "xl/workbook.xml"}),
        "file_type_wrong",
    ),
    excel(
        "a sheet cut in the middle", lambda: book(sheet=making.sheet(LIST)[:-150]), "file_damaged"
    ),
    excel("a sheet that is no XML", lambda: book(sheet=b"<<<>>>"), "file_no_people"),
    excel(
        "a text that is not among the texts",
        lambda: book(sheet=making.pointing(2, 2, index=99), strings=making.shared(["Navn"])),
        "file_damaged",
    ),
    excel(
        "a cell with a number as its text",
        lambda: book(sheet=making.pointing(2, 2, index=-1), strings=making.shared(["Navn"])),
        "file_no_people",
    ),
    excel(
        "a row of a number no sheet has",
        lambda: book(sheet=making.sheet(LIST).replace(b'"A3"', b'"A99999999999"')),
        "file_damaged",
    ),
    excel(
        "only a hidden sheet",
        lambda: book(
            workbook=making.workbook_xml(
                sheets='<sheet name="A" sheetId="1" state="hidden" r:id="r1"/>'
            ).encode()
        ),
        "file_no_people",
    ),
    excel(
        "no sheets",
        lambda: book(workbook=making.workbook_xml(sheets="").encode()),
        "file_no_people",
    ),
    excel(
        "a link to another workbook",
        making.with_parts(
            {
                "xl/externalLinks/_rels/externalLink1.xml.rels": making.rels(
                    "externalLinkPath file:///elsewhere.example/a.xlsx"
                )
            }
        ),
        LISTED,
    ),
    excel("an empty sheet", lambda: book([]), "file_no_people"),
)

CELLS = (
    excel(
        "minutes of nobody",
        lambda: book([LIST[0], PLAIN[0], ("", "", 15), PLAIN[1]]),
        Found(LISTED.people, (("name_missing", 3, "Navn", None),)),
    ),
    excel(
        "merged cells",
        lambda: book(
            sheet=making.sheet(
                [LIST[0], PLAIN[0], (None, None, 15), PLAIN[1]],
                rest='<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/></mergeCells>',
            )
        ),
        Found(
            (
                ("Ada Test", "ada@demo.example", 60.0),
                BO_30,
            )
        ),
    ),
    excel(
        "a merged cell over the whole sheet",
        lambda: book(
            sheet=making.sheet(
                LIST, rest='<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            )
        ),
        LISTED,
    ),
    excel(
        "the same header twice",
        lambda: book(
            [
                ("Navn", "E-mail", "E-mail", "Minutter"),
                ("Ada Test", "ada@demo.example", "ada@hjem.example", 45),
            ]
        ),
        Found((ADA_45,)),
    ),
    excel("no header", lambda: book(PLAIN), LISTED),
    excel(
        "a title and blank rows first",
        lambda: book([("Deltagere 13. juni",), (), (None, None), *LIST]),
        LISTED,
    ),
    excel(
        "numbers as text",
        lambda: book(
            [
                LIST[0],
                ("Ada Test", "ada@demo.example", "45"),
                ("Bo Prøve", "bo@demo.example", "30,0"),
            ]
        ),
        LISTED,
    ),
    excel(
        "an error of Excel",
        lambda: book(
            sheet=making.sheet([*LIST, (*CIA, 5)]).replace(
                b'<c r="C4" s="0"><v>5</v></c>', b'<c r="C4" t="e"><v>#REF!</v></c>'
            )
        ),
        Found((ADA_45, BO_30, CIA_UNKNOWN)),
    ),
    excel(
        "a formula with its last value",
        lambda: book(sheet=making.sheet(LIST).replace(b"<v>45</v>", b"<f>SUM(1,44)</f><v>45</v>")),
        LISTED,
    ),
    excel(
        "a formula without a value",
        lambda: book(
            sheet=making.sheet([*LIST, (*CIA, 5)]).replace(
                b"<v>5</v>", b"<f>WEBSERVICE(&quot;http://elsewhere.example&quot;)</f>"
            )
        ),
        Found((ADA_45, BO_30, CIA_UNKNOWN)),
    ),
    excel(
        "dates from 1900",
        lambda: making.serials(45_456.604166667),
        Found(there(1)),
    ),
    excel(
        "dates from 1904",
        lambda: making.serials(43_994.604166667, properties='<workbookPr date1904="1"/>'),
        Found(there(1)),
    ),
    excel(
        "29 February 1900 and the year 9999",
        lambda: making.serials(*[45_456.604166667] * 6, 60, 2_958_465),
        Found(
            (*there(6), *there(2, first=7, minutes=None)),
            (
                ("time_unreadable", 8, "Ankomst", "1900-02-28"),
                ("time_unreadable", 8, "Afgang", "1900-02-28 00:30:00"),
                ("time_unreadable", 9, "Ankomst", "9999-12-31"),
                ("time_unreadable", 9, "Afgang", "9999-12-31 00:30:00"),
            ),
        ),
    ),
    excel(
        "a date of 300 digits",
        lambda: making.serials(*[45_456.604166667] * 2, 1e300),
        Found(
            (*there(2), *there(1, first=3, minutes=None)),
            (
                ("time_unreadable", 4, "Ankomst", str(int(1e300))[:79] + "…"),
                ("time_unreadable", 4, "Afgang", str(int(1e300))[:79] + "…"),
            ),
        ),
    ),
    excel(
        "more dates that are none than dates",
        lambda: making.serials(45_456.604166667, 60, 2_958_465, 1e300),
        Found(there(4, minutes=None)),
    ),
    excel(
        "a number that is none",
        lambda: book(sheet=making.sheet([*LIST, (*CIA, 5)]).replace(b"<v>5</v>", b"<v>NaN</v>")),
        Found((ADA_45, BO_30, CIA_UNKNOWN), (("duration_unreadable", 4, "Minutter", "nan"),)),
    ),
    excel(
        "dates as text",
        lambda: book(
            [
                ("Navn", "E-mail", "Ankomst", "Afgang"),
                ("Ada Test", "ada@demo.example", "13-06-2024 14:30", "13-06-2024 15:15"),
            ]
        ),
        Found((ADA_45,)),
    ),
    excel(
        "a CPR number in a cell",
        lambda: book(
            [*LIST, ("010190-1234", "", 5), ("Cia Demo 0101901234", "cia@demo.example", 5)]
        ),
        Found(
            LISTED.people,
            (
                ("cpr", 4, "Navn", "••••••-••••"),
                ("cpr", 5, "Navn", "••••••-••••"),
            ),
        ),
    ),
)

WORKBOOKS = (*BOMBS, *PACKAGES, *CELLS)
