"""Texts in every encoding and shape, and files that are something else than their name says."""

import gzip
import random
from collections.abc import Callable

from . import making
from .cases import (
    ADA_45,
    ADA_READ,
    BO_30,
    BO_UNKNOWN,
    CIA_BARE,
    CIA_UNKNOWN,
    LISTED,
    TIMED,
    Case,
    Found,
    both,
    named,
    unreadable,
)
from .making import ADA, BO, CIA, DAN, MB, OLE, PLAIN, ZOOM_ADA, book, encoded, table, teams, zoom


def text(name: str, make: Callable[[], bytes], outcome: str | Found) -> Case:
    return Case(name, make, outcome, "liste.csv")


KINDS = (
    named("a text called .xlsx", table(*PLAIN).encode(), "liste.xlsx", LISTED),
    named("a workbook called .csv", book(), "liste.csv", LISTED),
    named("a workbook called .pdf", book(), "liste.pdf", LISTED),
    named("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "liste.csv", "file_type_wrong"),
    named("a picture", b"\x89PNG\r\n\x1a\n" + bytes(100), "liste.xlsx", "file_type_wrong"),
    named(
        "a Word document",
        making.packed({"word/document.xml": b"<w/>"}),
        "liste.xlsx",
        "file_type_wrong",
    ),
    named("slides", making.packed({"ppt/presentation.xml": b"<p/>"}), "a.pptx", "file_type_wrong"),
    named(
        "LibreOffice",
        making.packed({"mimetype": b"application/x", "content.xml": b"<x/>"}),
        "liste.ods",
        "file_type_wrong",
    ),
    named(
        "a binary workbook",
        making.packed({"xl/workbook.bin": b"\x83\1"}),
        "liste.xlsb",
        "file_type_wrong",
    ),
    named(
        "a packed list",
        making.packed({"liste.csv": table(*PLAIN).encode()}),
        "liste.zip",
        "file_type_wrong",
    ),
    named("an old workbook", OLE + "Workbook".encode("utf-16-le"), "liste.xls", "file_type_wrong"),
    named("a saved mail", OLE, "liste.msg", "file_type_wrong"),
    named(
        "a web page called .xls",
        b"\r\n<html><table><tr><td>Ada Test",
        "liste.xls",
        "file_type_wrong",
    ),
    named(
        "an XML workbook of 2003",
        b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>',
        "liste.xls",
        "file_type_wrong",
    ),
    named("rich text", b"{\\rtf1 Ada}", "liste.csv", "file_type_wrong"),
    named("a calendar", b"BEGIN:VCALENDAR\r\n", "liste.csv", "file_type_wrong"),
    named("gzip", gzip.compress(table(*PLAIN).encode(), mtime=0), "liste.csv", "file_type_wrong"),
    named("a program", b"\x7fELF\2\1\1" + bytes(200), "liste.csv", "file_type_wrong"),
    named("noise", random.Random(3).randbytes(5_000), "liste.csv", "file_type_wrong"),
    named("UTF-32", table(*PLAIN).encode("utf-32"), "liste.csv", "file_type_wrong"),
    named(
        "UTF-32 without a mark", table(*PLAIN).encode("utf-32-le"), "liste.csv", "file_type_wrong"
    ),
    named("nothing", b"", "liste.csv", "file_empty"),
    named("only a byte order mark", b"\xef\xbb\xbf", "liste.csv", "file_empty"),
    named("only line ends", b"\r\n \r\n\t\r\n", "liste.csv", "file_empty"),
    named("a name that is a path", table(*PLAIN).encode(), "../../\0etc/passwd\ud800", LISTED),
)

LETTERS = (
    text("UTF-16 with a mark", encoded(teams(ADA, BO), "utf-16"), TIMED),
    text("UTF-16 without a mark", encoded(teams(ADA, BO), "utf-16-le"), TIMED),
    text("UTF-16 the other way, without a mark", encoded(teams(ADA, BO), "utf-16-be"), TIMED),
    text(
        "UTF-16 with an odd number of bytes",
        lambda: teams(ADA, BO).encode("utf-16")[:-3] + b"\n",
        TIMED,
    ),
    text(
        "UTF-8 read as cp1252 and saved",
        lambda: teams(ADA, BO).encode().decode("cp1252").encode(),
        Found(
            (
                ADA_READ,
                ("Bo PrÃ¸ve", "bo@demo.example", 30.0),
            ),
            (
                ("garbled", 10, "Name", "Bo PrÃ¸ve"),
                ("garbled", 15, "Name", "Bo PrÃ¸ve"),
            ),
        ),
    ),
    text("cp1252", encoded(teams(ADA, BO), "cp1252"), TIMED),
    text(
        "cp850",
        encoded(teams(ADA, BO), "cp850"),
        Found(
            (
                ADA_READ,
                ("Bo Pr›ve", "bo@demo.example", 30.0),
            ),
            (
                ("garbled", 10, "Name", "Bo Pr›ve"),
                ("garbled", 15, "Name", "Bo Pr›ve"),
            ),
        ),
    ),
    text(
        "half of a UTF-16 pair",
        encoded(teams(ADA, ("Bo \ud800Prøve", *BO[1:])), "utf-16"),
        Found(
            (
                ADA_READ,
                ("Bo �Prøve", "bo@demo.example", 30.0),
            ),
            (
                ("garbled", 10, "Name", "Bo �Prøve"),
                ("garbled", 15, "Name", "Bo �Prøve"),
            ),
        ),
    ),
    text(
        "half of a pair in UTF-8",
        encoded(teams(ADA, ("Bo \ud800Prøve", *BO[1:])), "utf-8"),
        Found(
            (
                ADA_READ,
                ("Bo í €PrÃ¸ve", "bo@demo.example", 30.0),
            ),
            (
                ("garbled", 10, "Name", "Bo í €PrÃ¸ve"),
                ("garbled", 15, "Name", "Bo í €PrÃ¸ve"),
            ),
        ),
    ),
    text(
        "NUL characters", encoded(zoom(ZOOM_ADA.replace("Ada", "A\0da"), "\0\0")), Found((ADA_45,))
    ),
    text(
        "text that runs backwards",
        encoded(teams(ADA, ("\u202eevørP oB\u202c", *BO[1:]))),
        Found((ADA_READ, ("evørP oB", "bo@demo.example", 30.0))),
    ),
    text(
        "characters without width",
        encoded(teams(ADA, ("Bo\u200b Pr\u200dø\ufeffve", *BO[1:]))),
        TIMED,
    ),
    text(
        "letters and their rings apart",
        encoded(teams(ADA, ("A\u030ase Test", *BO[1:]))),
        Found(
            (
                ADA_READ,
                ("Åse Test", "bo@demo.example", 30.0),
            )
        ),
    ),
    text(
        "control characters",
        encoded(teams(ADA, ("Bo\x07 \x1b[31mPrøve", *BO[1:]))),
        Found((ADA_READ, ("Bo [31mPrøve", "bo@demo.example", 30.0))),
    ),
    text(
        "markup in a name",
        encoded(teams(ADA, ("<img src=x onerror=alert(1)>", *BO[1:]))),
        Found(
            (
                ADA_READ,
                ("<img src=x onerror=alert(1)>", "bo@demo.example", 30.0),
            )
        ),
    ),
    text("no-break blanks in a length", encoded(teams(ADA, (*BO[:3], "30\u00a0m", BO[4]))), TIMED),
    text(
        "digits of another script",
        encoded(table(*PLAIN, (*CIA, "４５"))),
        Found((ADA_45, BO_30, CIA_UNKNOWN), (("duration_unreadable", 4, "Minutter", "４５"),)),
    ),
)

SHAPES = (
    text("only a header", encoded(table()), "file_no_people"),
    text("prose", encoded("Kære alle\r\nTak for i dag. Vi ses.\r\n"), "file_no_people"),
    text("a cell of 1 MB", encoded(teams(ADA, ("B" * MB, *BO[1:]))), "file_not_readable"),
    text(
        "a length of 5,000 digits",
        encoded(teams(ADA, (*BO[:3], "9" * 5_000, BO[4]))),
        Found(TIMED.people, both("duration_unreadable", "In-meeting duration", "9" * 79 + "…")),
    ),
    text(
        "a length of 30,000 units",
        encoded(table(*PLAIN, (*CIA, "1 h " * 30_000))),
        Found(
            (ADA_45, BO_30, CIA_UNKNOWN),
            (("duration_unreadable", 4, "Minutter", "1 h " * 19 + "1 h…"),),
        ),
    ),
    text(
        "an address of 100,000 @",
        encoded(table(*PLAIN, ("Cia Demo", "@" * 100_000, 5))),
        Found((ADA_45, BO_30, CIA_BARE), (("email_unreadable", 4, "E-mail", "@" * 79 + "…"),)),
    ),
    text(
        "an address of 100,000 dots",
        encoded(table(*PLAIN, ("Cia Demo", "a@" + "b." * 50_000, 5))),
        Found(
            (ADA_45, BO_30, CIA_BARE), (("email_unreadable", 4, "E-mail", "a@" + "b." * 38 + "b…"),)
        ),
    ),
    text(
        "100,000 digits with dashes",
        encoded(table(*PLAIN, ("Cia Demo", "1-" * 50_000, 5))),
        Found((ADA_45, BO_30, CIA_BARE), (("email_unreadable", 4, "E-mail", "1-" * 39 + "1…"),)),
    ),
    Case("100,000 lines", encoded(table(*PLAIN * 50_000)), "file_too_many_rows", "a.csv", True),
    Case(
        "1 line of 100,000 cells", encoded("x;" * 100_000), "file_too_many_columns", "a.csv", True
    ),
    Case(
        "a million empty lines",
        lambda: table(*PLAIN).encode() + b";;\r\n" * 1_048_000,
        LISTED,
        "a.csv",
        True,
    ),
    Case(
        "3 million empty lines",
        lambda: table(*PLAIN).encode() + b"\r\n" * 3 * MB,
        "file_too_many_rows",
        "a.csv",
        True,
    ),
    Case(
        "a million separators",
        lambda: table(*PLAIN).encode() + b";" * MB,
        LISTED,
        "a.csv",
        True,
    ),
    text("a quote never closed", encoded(teams(ADA, ('"Bo Prøve', *BO[1:]))), TIMED),
    Case("100,000 quotes", encoded(table(*PLAIN) + '"' * 100_001), LISTED, "a.csv", True),
    text("line ends of an old Mac", encoded(table(*PLAIN).replace("\r\n", "\r")), LISTED),
    text("three kinds of line ends", encoded(table(*PLAIN).replace("\r\n", "\n", 1)[:-1]), LISTED),
    text(
        "two separators",
        encoded(table(*PLAIN) + "Cia Demo,cia@demo.example,30\r\n"),
        Found(
            (
                ADA_45,
                BO_30,
                ("Cia Demo,cia@demo.example,30", None, None),
            )
        ),
    ),
    text(
        "rows of different lengths",
        encoded(table(*PLAIN, ("Cia Demo",), ("Dan Demo", "dan@demo.example", 5, "x", 7))),
        Found(
            (
                ("Ada Test", "ada@demo.example", None),
                BO_UNKNOWN,
                ("Cia Demo", None, None),
                ("Dan Demo", "dan@demo.example", None),
            ),
            (
                ("minutes_ambiguous", None, "Minutter, E", None),
                ("marks_not_read", None, "D", None),
            ),
        ),
    ),
    text(
        "a line end inside a cell",
        encoded(table(('"Ada\r\nTest"', *PLAIN[0][1:]), PLAIN[1])),
        LISTED,
    ),
    text(
        "a CPR number in every form",
        encoded(
            teams(
                ADA,
                ("010190-1234 Bo", *BO[1:]),
                ("Cia 0101901234", *BO[1:4], "cia@demo.example"),
                ("Dan Demo", *BO[1:4], "010190-1234@demo.example"),
            )
        ),
        Found(
            (ADA_READ,),
            (
                ("cpr", 10, "Name", "••••••-••••"),
                ("cpr", 11, "Name", "••••••-••••"),
                ("cpr", 12, "Email", "••••••-••••"),
                ("cpr", 17, "Name", "••••••-••••"),
                ("cpr", 18, "Name", "••••••-••••"),
                ("cpr", 19, "Email", "••••••-••••"),
            ),
        ),
    ),
    text(
        "formulas",
        encoded(
            table(
                *PLAIN,
                ("=cmd|' /C calc'!A1", "fie@demo.example", 45),
                ("+45 12345678", "gry@demo.example", 30),
                ("@SUM(A1)", "cia@demo.example", 5),
                ("-2+3", "dan@demo.example", 5),
                ('=HYPERLINK(""http://elsewhere.example"")', "eva@demo.example", 5),
            )
        ),
        Found(
            (
                ADA_45,
                BO_30,
                ("=cmd|' /C calc'!A1", "fie@demo.example", 45.0),
                ("+45 12345678", "gry@demo.example", 30.0),
                ("@SUM(A1)", "cia@demo.example", 5.0),
                ("-2+3", "dan@demo.example", 5.0),
                ('=HYPERLINK(""http://elsewhere.example"")', "eva@demo.example", 5.0),
            )
        ),
    ),
    text("a report cut in the middle", lambda: teams(ADA, BO).encode("utf-16")[:900], TIMED),
    text(
        "a report cut after its summary",
        lambda: teams(ADA, BO).partition("2. Part")[0].encode(),
        "file_no_people",
    ),
    text("a section repeated", encoded(teams(ADA, BO) + teams(ADA, BO)), TIMED),
    text(
        "two people of one name",
        encoded(teams(ADA, (*ADA[:4], "ada2@demo.example"))),
        Found(
            (
                ADA_READ,
                ("Ada Test", "ada2@demo.example", 45.5),
            )
        ),
    ),
    text(
        "two people of one address",
        encoded(teams(ADA, ("Ida Test", *ADA[1:]))),
        Found(
            (ADA_READ,),
            tuple(("names_differ", row, "Name", "Ida Test") for row in (10, 15)),
        ),
    ),
    Case(
        "10,000 joins of one person",
        encoded(teams(ADA, joins=[ADA] * 10_000)),
        Found((ADA_READ,)),
        "a.csv",
        True,
    ),
    Case(
        "40,000 people",
        lambda: table(
            *((f"Person {n}", f"p{n}@demo.example", n % 60) for n in range(40_000))
        ).encode(),
        Found(tuple((f"Person {n}", f"p{n}@demo.example", float(n % 60)) for n in range(40_000))),
        "a.csv",
        True,
    ),
)

TIMES = (
    text(
        "29 February 2023",
        encoded(teams(ADA, ("Bo Prøve", "29/02/23, 14:40:00", "29/02/23, 15:10:00", "30m", BO[4]))),
        Found(TIMED.people, unreadable("29/02/23, 14:40:00", "29/02/23, 15:10:00")),
    ),
    text(
        "the year 9999",
        encoded(
            teams(ADA, ("Bo Prøve", "13/06/9999, 14:40:00", "13/06/9999, 15:10:00", "30m", BO[4]))
        ),
        Found(TIMED.people, unreadable("13/06/9999, 14:40:00", "13/06/9999, 15:10:00")),
    ),
    text(
        "the hour that does not exist",
        encoded(teams(("Ada Test", "02:10:00", "03:10:00", "10m", ADA[4]), day="31/03/24")),
        Found(
            (("Ada Test", "ada@demo.example", 0.0),),
            (
                ("duration_differs", 9, "In-meeting duration", "10m"),
                ("duration_differs", 13, "Duration", "10m"),
            ),
        ),
    ),
    text(
        "the hour that comes twice",
        encoded(teams(("Ada Test", "01:50:00", "03:10:00", "2h 20m", ADA[4]), day="27/10/24")),
        Found((("Ada Test", "ada@demo.example", 140.0),)),
    ),
    text(
        "left before coming",
        encoded(teams(ADA, DAN, ("Bo Prøve", "15:10:00", "14:40:00", "30m", BO[4]))),
        Found(
            (
                ADA_READ,
                ("Dan Demo", "dan@demo.example", 30.0),
                BO_30,
            ),
            (
                ("times_reversed", 11, None, "Bo Prøve"),
                ("times_reversed", 17, None, "Bo Prøve"),
            ),
        ),
    ),
    text(
        "never left",
        encoded(teams(ADA, DAN, ("Bo Prøve", "14:40:00", "", "30m", BO[4]))),
        Found(
            (
                ADA_READ,
                ("Dan Demo", "dan@demo.example", 30.0),
                BO_30,
            )
        ),
    ),
    text(
        "a negative length",
        encoded(teams(ADA, ("Bo Prøve", "", "", "-30m", BO[4]))),
        Found(
            (
                ADA_READ,
                BO_UNKNOWN,
            ),
            both("duration_unreadable", "In-meeting duration", "-30m"),
        ),
    ),
    text(
        "a length of 99,999 hours",
        encoded(teams(ADA, ("Bo Prøve", "", "", "99999h", BO[4]))),
        Found(
            (
                ADA_READ,
                ("Bo Prøve", "bo@demo.example", 5999940.0),
            )
        ),
    ),
    text(
        "a length nobody can read",
        encoded(teams(ADA, ("Bo Prøve", "", "", "længe", BO[4]))),
        Found(
            (
                ADA_READ,
                BO_UNKNOWN,
            ),
            both("duration_unreadable", "In-meeting duration", "længe"),
        ),
    ),
    text(
        "25 o'clock",
        encoded(teams(ADA, ("Bo Prøve", "25:61:00", "26:00:00", "30m", BO[4]))),
        Found(TIMED.people, unreadable("13/06/24, 25:61:00", "13/06/24, 26:00:00")),
    ),
    text("day or month", encoded(teams(ADA, BO, day="06/05/24")), TIMED),
)

TEXTS = (*KINDS, *LETTERS, *SHAPES, *TIMES)
