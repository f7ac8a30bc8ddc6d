"""Every file that nobody should send as a list of applications ends in a table or one sentence."""

import json
import random
import sys
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from advisory.domain.errors import AdvisoryError, Refused
from advisory.domain.personal import contains_cpr
from advisory.imports import applications, applications_cells, child, text
from advisory.imports.applications import Interpreted, Table

from . import making
from .corpus import CORPUS
from .test_applications import COHORTS, EXPERIENCE, KNOWN, TODAY
from .test_hostile import LINUX, MEASURED, MEMORY_MB, assert_one_sentence, mutated

Cells = tuple[tuple[str, ...], ...]
HEAD = ("Kommune", "Modtaget", "Hold", "Motivation")
ODENSE = ("Odense", "1/10-24", "2025-01", "Vi vil gerne")
VEJEN = ("Vejen", "2/10-24", "2025-01", "Også vi")
LISTED = (ODENSE, VEJEN)
LIST = (HEAD, *LISTED)
OTHERWISE = ("file_no_people", "file_too_many_rows")  # what is no list of people may be one of ours
ODD = ("", "-", "x" * 9_999, "9" * 400, "１２", "\ud800", "0/0/0", "31/12-9999", "1/1-1", "uge 99",
       "kl. 14", "2024-13-45", "24:61", "²", "²/³-24", "١/١/٢٠٢٤", "1/²/2024", "jan ²²", "²/2025",
       "https://[", "@", "a@b", "\x00", "1e5", "nan", "0x10", "None", "{row}", "%s")  # fmt: skip


def book(*rows: making.Row, **more: bytes) -> bytes:
    return making.book(rows or LIST, **more)


def lined(*rows: making.Row, mark: str = ";") -> bytes:
    return making.lines(rows or LIST, mark).encode("cp1252")


def coloured(row: str) -> bytes:
    """A sheet that somebody coloured to its last row."""
    rows = "".join(row.format(n=n) for n in range(4, 1_048_577))
    return making.packed(making.parts(sheet=making.sheet(LIST, after=rows)), level=1)


# Of each file: its name, how it is made, and the key it is refused with or the cells that are read.
OWN: tuple[tuple[str, Callable[[], bytes], str | Cells], ...] = (
    ("a list", lined, LISTED),
    ("a workbook called .csv", book, LISTED),
    ("nothing", lambda: b"", "file_empty"),
    ("only blanks", lambda: b"\r\n \t\r\n", "file_empty"),
    ("only a header", lambda: lined(HEAD), "applications_missing"),
    ("only a header in a workbook", lambda: book(HEAD), "applications_missing"),
    ("only rows", lambda: lined(*LISTED), "applications_missing"),
    ("only a sentence", lambda: b"Vi vil gerne, og nu.", "applications_missing"),
    ("one word", lambda: b"Odense", "applications_missing"),
    ("one column", lambda: b"Kommune\nOdense\nVejen\n", "applications_missing"),
    ("an empty sheet", lambda: making.book([]), "applications_missing"),
    ("a mail", lambda: b"Fra: a@demo.example\nTil: b@demo.example\n\nHej", "applications_missing"),
    ("1,048,576 coloured empty rows", lambda: coloured('<row r="{n}" s="1"/>'), LISTED),
    (
        "1,048,576 coloured empty cells",
        lambda: coloured('<row r="{n}"><c r="A{n}" s="1"/></row>'),
        LISTED,
    ),
    ("100,000 rows", lambda: book(HEAD, *[ODENSE] * 100_000), "file_too_many_rows"),
    ("100,000 lines", lambda: lined(HEAD, *[ODENSE] * 100_000), "file_too_many_rows"),
    ("40,000 rows", lambda: book(HEAD, *[ODENSE] * 40_000), "applications_too_many"),
    ("40,000 lines", lambda: lined(HEAD, *[ODENSE] * 40_000), "applications_too_many"),
    (
        "16,384 columns",
        lambda: book([f"Felt {n}" for n in range(16_384)], [1] * 16_384),
        "applications_not_usable",
    ),
    (
        "201 columns, each with one cell",
        lambda: lined(("A", "B"), *[("",) * n + ("x", "1/10-24") for n in range(0, 402, 2)]),
        "applications_not_usable",
    ),
    ("five million separators", lambda: lined() + b";" * 5_000_000 + b"x\r\n",
     "applications_not_usable"),
    ("a line of nine million letters", lambda: lined() + b"x" * 9_000_000,
     "applications_not_usable"),
    (
        "one text of 20 kB in 60,000 cells",
        making.one_string_many_times,
        "applications_not_usable",
    ),
    ("11 MB", lambda: lined() + b" " * 11_000_000, "applications_not_usable"),
    ("a bomb", making.flat_bomb, "applications_not_usable"),
    ("a bomb that lies", lambda: making.lying(making.sheet(LIST), 10), "applications_not_usable"),
    ("macros", making.with_parts({"xl/vbaProject.bin": making.OLE}), "file_macros"),
    ("a PDF called .xlsx", lambda: b"%PDF-1.7\n\xe2\xe3", "applications_type_wrong"),
    ("a web page called .xls", lambda: b"<html><table><tr><td>Odense", "applications_type_wrong"),
    (
        "a merged header",
        lambda: book(
            sheet=making.sheet(
                [("Ansøgning", None, "Forløb", None), *LIST],
                rest='<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="C1:D1"/></mergeCells>',
            )
        ),
        LISTED,
    ),
    (
        "a merged cell over the whole sheet",
        lambda: book(
            sheet=making.sheet(
                LIST, rest='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
            )
        ),
        LISTED,
    ),
    (
        "the same header four times",
        lambda: lined(("Kommune",) * 4, *LISTED),
        LISTED,
    ),
    (
        "CPR numbers in every place",
        lambda: lined(("Ansøgere 010190-1234", ""), (*HEAD[:3], "Om 0101901234"),
                      (*ODENSE[:3], "010190 1234"), ("010190–1234", *VEJEN[1:])),
        ((*ODENSE[:3], "••••••-••••"), ("••••••-••••", *VEJEN[1:])),
    ),
    (
        "a CPR number that Excel keeps as a number",
        lambda: book(HEAD, (*ODENSE[:3], 1101901234.0)),
        ((*ODENSE[:3], "••••••-••••"),),
    ),
    (
        "formulas",
        lambda: book(
            sheet=making.sheet([*LIST[:2], ("Vejen", "2/10-24", 5, 7)])
            .replace(b"<v>5</v>", b"<f>A1</f><v>5</v>")
            .replace(b"<v>7</v>", b"<f>WEBSERVICE(&quot;http://elsewhere.example&quot;)</f>")
        ),
        (ODENSE, ("Vejen", "2/10-24", "5", "")),
    ),
    (
        "a cell that would be a formula",
        lambda: lined(HEAD, (*ODENSE[:3], "=cmd|' /C calc'!A0")),
        ((*ODENSE[:3], "=cmd|' /C calc'!A0"),),
    ),
    (
        "markup",
        lambda: lined(HEAD, (*ODENSE[:3], "<img src=x onerror=alert(1)>")),
        ((*ODENSE[:3], "<img src=x onerror=alert(1)>"),),
    ),
    (
        "letters that turn the text",
        lambda: "Kommune;Modtaget\n\u202eesnedO;1/10-24\n\u200bVejen;2/10-24\n".encode(),
        (("esnedO", "1/10-24"), ("Vejen", "2/10-24")),
    ),
    (
        "an open quote",
        lambda: b'Kommune;Modtaget\r\n"Odense;1/10-24\r\nVejen;2/10-24\r\n',
        (("Odense", "1/10-24"), ("Vejen", "2/10-24")),
    ),
    (
        "a quoted text over several lines",
        lambda: b'Kommune;Modtaget;Motivation\r\nOdense;1/10-24;"ja;\r\n\r\ntak"\r\n',
        (("Odense", "1/10-24", "ja; tak"),),
    ),
    (
        "rows that are longer and shorter than the header",
        lambda: lined(HEAD[:3], ODENSE, VEJEN[:2]),
        (ODENSE, (*VEJEN[:2], "", "")),
    ),
    (
        "dates that are none",
        lambda: making.serials(60, 2_958_465, -1, 45_456.5),
        (
            ("Person 1", "p1@demo.example", "1900-02-28", "1900-02-28 00:30"),
            ("Person 2", "p2@demo.example", "9999-12-31", "9999-12-31 00:30"),
            ("Person 3", "p3@demo.example", "00:00:00", "00:30:00"),
            ("Person 4", "p4@demo.example", "2024-06-13 12:00", "2024-06-13 12:30"),
        ),
    ),
    (
        "an error of Excel",
        lambda: book(
            sheet=making.sheet([HEAD, (*ODENSE[:3], 5), VEJEN]).replace(
                b'<c r="D2" s="0"><v>5</v></c>', b'<c r="D2" t="e"><v>#REF!</v></c>'
            )
        ),
        ((*ODENSE[:3], ""), VEJEN),
    ),
    (
        "UTF-16 cut in a letter",
        lambda: lined().decode("cp1252").encode("utf-16")[:-1],
        (*LISTED, ("\ufffd", "", "", "")),
    ),
    ("UTF-32", lambda: lined().decode("cp1252").encode("utf-32"), "applications_type_wrong"),
    ("NUL after every letter and one more", lambda: lined().replace(b"O", b"\0O"), LISTED),
    ("noise", lambda: random.Random(5).randbytes(9_000), "applications_type_wrong"),
)  # fmt: skip


def ends(look: Callable[[], Table]) -> str | Cells:
    """What came of a file: the key of its refusal, which is one sentence, or its cells."""
    try:
        found = look()
    except AdvisoryError as error:
        assert_one_sentence(error)
        return error.key
    interpreted(found)
    return tuple(row.cells for row in found.rows)


def interpreted(found: Table) -> Interpreted:
    """What the rows say, with columns that are guessed and with the first taken for all."""
    everything = dict(enumerate(applications.FIELDS))
    how = {"municipalities": KNOWN, "cohorts": COHORTS, "experience": EXPERIENCE, "today": TODAY}
    applications.interpret(found, everything, **how)
    guessed = applications.guess(found, {})
    return applications.interpret(found, guessed, cohort="2025-01", **how)


@pytest.mark.parametrize(("make", "expected"), [one[1:] for one in OWN], ids=[o[0] for o in OWN])
def test_a_nasty_list_ends_as_it_should_within_its_limits(make, expected, monkeypatch):
    peaks = measuring(monkeypatch)
    content = make()

    found = ends(lambda: child.read_applications_safely(content, "liste.xlsx"))

    assert found == expected
    assert all(peak < MEMORY_MB for peak in peaks)


def measuring(monkeypatch) -> list[float]:
    """The most megabytes that each child holds from here on, where the system tells."""
    peaks: list[float] = []
    if sys.platform == "linux":
        monkeypatch.setattr(child, "COMMAND", (sys.executable, "-P", "-s", "-B", "-c", MEASURED))
    ask = child.ask

    def heard(*args, **how):
        said = ask(*args, **how)
        peaks.append(said.get("peak_mb", 0))
        return said

    monkeypatch.setattr(child, "ask", heard)
    return peaks


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_file_that_is_hostile_to_other_readers_is_to_this_one_too(case):
    content = case.make()

    if case.alone:
        found = ends(lambda: child.read_applications_safely(content, case.file_name))
    else:
        found = ends(lambda: applications.read(content, case.file_name))

    if isinstance(case.outcome, str) and case.outcome not in OTHERWISE:
        told = child._NO_LIST if case.alone else {}
        assert found == told.get(case.outcome, case.outcome)


def test_the_corpus_is_as_large_as_promised():
    assert len({name for name, *_ in OWN}) == len(OWN) >= 40
    assert len(OWN) + len(CORPUS) >= 100


def texts(found: Table) -> Iterator[str]:
    yield from (*found.headers, found.tab, *found.others)
    yield from (cell for row in found.rows for cell in row.cells)


@pytest.mark.parametrize("number", ["010190-1234", "Bo 0101901234", "010190 1234", "010190–1234"])
def test_a_cpr_number_anywhere_is_not_repeated(number):
    rows = [("Ansøgninger", "2024", "", ""), *LIST]
    for row in range(len(rows)):
        for column in range(4):
            cells = [list(cells) for cells in rows]
            cells[row][column] = number
            content = making.lines(cells, ";").encode()
            said = repr(whole(content)) if listed(content) else ""
            assert not contains_cpr(said), (row, column)


def listed(content: bytes) -> bool:
    """Whether a table is found; a number may stand where a header's word did."""
    return ends(lambda: applications.read(content, "")) != "applications_missing"


def whole(content: bytes) -> tuple[Table, Interpreted]:
    found = applications.read(content, "")
    return found, interpreted(found)


def test_a_cpr_number_that_names_a_tab_is_not_repeated(workbook_file):
    content = workbook_file({"010190-1234": LIST[:2], "Bo 0101901234": LIST})

    found = applications.read(content, "")

    assert (found.tab, found.others) == ("••••••-••••", ("••••••-••••",))


def test_control_a_cpr_number_that_is_repeated_would_be_seen(monkeypatch):
    monkeypatch.setattr(applications_cells, "has_cpr", lambda text: False)
    found = applications.read(lined(HEAD, (*ODENSE[:3], "010190-1234")), "")

    assert any(map(contains_cpr, texts(found)))


@pytest.mark.parametrize(
    ("module", "guard", "make"),
    [
        (applications_cells, "MAX_ROWS", lambda: lined(HEAD, *[ODENSE] * 2_001)),
        (text, "MAX_COLUMNS", lambda: lined([f"Felt {n}x" for n in range(201)], ["1/10-24"] * 201)),
    ],
)
def test_control_without_its_guard_a_list_is_let_through(monkeypatch, module, guard, make):
    with pytest.raises(Refused):
        applications.read(make(), "")

    monkeypatch.setattr(module, guard, 10**9)

    assert applications.read(make(), "").rows


@LINUX
def test_control_the_list_that_needs_too_much_memory_is_only_stopped_by_the_limit():
    content = making.one_string_many_times(rows=4_000)

    def ended(memory_mb: int) -> str | None:
        said = child.ask(
            content, "", near=None, memory_mb=memory_mb, seconds=30, reader="applications"
        )
        return said.get("refused")

    assert ended(200) == "file_too_much_memory"
    assert ended(4_000) != "file_too_much_memory"


def test_control_a_list_that_ends_otherwise_is_noticed():
    assert ends(lambda: applications.read(lined(), "")) == LISTED
    assert ends(lambda: applications.read(lined(HEAD, ODENSE), "")) != LISTED
    with pytest.raises(KeyError):
        ends(lambda: refuse("a_key_without_a_sentence"))


def refuse(key: str) -> Table:
    raise Refused(*[key])


def test_lists_with_changed_bytes_end_in_a_table_or_in_one_sentence(draw):
    small = [lined(), lined(mark="\t"), lined().decode("cp1252").encode("utf-16"), book()]
    head = json.dumps({"name": "", "near": None, "reader": "applications"}).encode()
    for _ in range(1_000):
        said = json.loads(child.answer(head, mutated(draw.choice(small), draw)))

        assert "failed" not in said, said
        if "refused" in said:
            assert_one_sentence(Refused(said["refused"], **said["values"]))
        else:
            interpreted(child.table_from(said["report"]))


def test_a_table_comes_through_the_child_unchanged():
    found = Table(
        ("A", ""), ("A", "C"), 3, (applications.TableRow(4, ("\ud800", "”")),), "x", ("y",)
    )

    assert child.table_from(json.loads(child.as_json(found))) == found
    assert child.table_from(json.loads(child.as_json(found))).rows[0].cells == ("\ud800", "”")


def test_no_cell_ends_the_reading_of_the_others(draw):
    headers = tuple(applications.FIELDS)
    for _ in range(500):
        cells = tuple(draw.choice(ODD) for _ in headers)
        rows = (applications.TableRow(2, cells),)
        found = Table(headers, tuple(map(making.letters, range(1, 13))), 1, rows)
        mapping = dict(enumerate(applications.FIELDS))

        said = applications.interpret(
            found, mapping, municipalities=KNOWN, cohorts=COHORTS, experience=EXPERIENCE,
            today=date(2025, 3, 13),
        )  # fmt: skip

        assert (said.rows == ()) == bool(said.problems)
