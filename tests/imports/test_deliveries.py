"""A delivery sheet that comes back: found by its headers, refused with the row, never guessed."""

import io
from datetime import date, datetime, time

import pytest
import xlsxwriter

from advisory import imports
from advisory.domain.deliveries import Cell, Reply
from advisory.domain.errors import Refused
from advisory.imports import deliveries
from advisory.imports.limits import MAX_BYTES

MARK = "L-7-0123456789ab"
HEADERS = ("Nøgle", "Session", "Dato", "Starter", "Slutter", "Sted", "Pladser", "Afholdt")
HEADS = ("Nøgle", "Kommune", "Deltog")
SESSION = ("A-12", "Ledelse, dag 1", date(2025, 3, 26), time(9), time(15, 30), "Aalborg", 18, "nej")
HEAD = ("A-12-3-staff", "Tønder", 14)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def book(tabs: dict[str, list[tuple]], mark: str = MARK) -> bytes:
    """Tabs with a mark above their rows, days and times as Excel has them."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "dd-mm-yyyy"}) as made:
        clock = made.add_format({"num_format": "hh:mm"})
        for name, rows in tabs.items():
            tab = made.add_worksheet(name)
            tab.write_string(0, 0, f"Leveranceark {mark} · lavet i dag")
            for line, row in enumerate(rows, 2):
                for column, cell in enumerate(row):
                    tab.write(line, column, cell, *[clock] * isinstance(cell, time))
    return file.getvalue()


def sheet(*sessions: tuple, heads: tuple = (HEAD,), headers: tuple = HEADERS) -> bytes:
    return book({"Sessioner": [headers, *sessions], "Fremmøde": [HEADS, *heads]})


def refusal(content: bytes) -> tuple[str, dict]:
    with pytest.raises(Refused) as refused:
        imports.read_sheet_safely(content, "ark.xlsx")
    return refused.value.key, refused.value.values


WHOLE = Reply(
    7,
    "0123456789ab",
    (
        Cell("Sessioner", 4, "Dato", "A-12", "day", "2025-03-26"),
        Cell("Sessioner", 4, "Starter", "A-12", "starts", "09:00:00"),
        Cell("Sessioner", 4, "Slutter", "A-12", "ends", "15:30:00"),
        Cell("Sessioner", 4, "Sted", "A-12", "place", "Aalborg"),
        Cell("Sessioner", 4, "Pladser", "A-12", "seats", "18"),
        Cell("Sessioner", 4, "Afholdt", "A-12", "held", "nej"),
        Cell("Fremmøde", 4, "Deltog", "A-12-3-staff", "attended", "14"),
    ),
)


def test_the_child_finds_every_cell_that_may_be_answered_with_its_row_and_header():
    assert imports.read_sheet_safely(sheet(SESSION), "ark.xlsx") == WHOLE


def answers(content: bytes) -> list[tuple[str, str, str]]:
    return [(one.key, one.field, one.text) for one in deliveries.read(content, "").cells]


def test_moved_columns_more_tabs_blank_rows_and_odd_headers_say_the_same():
    turned = [3, 7, 0, 5, 4, 2, 6, 1]
    headers = (*(f" {HEADERS[at].upper()}: " for at in turned), "Vores bemærkninger")
    rows = [headers, (), (*(SESSION[at] for at in turned), "Ring før"), (), ()]
    tabs = {"Noter": [("Kære styrelse",)], "Ark2": rows, "Tal": [HEADS, (), HEAD]}

    assert sorted(answers(book(tabs))) == sorted(answers(sheet(SESSION)))


def test_the_headers_of_the_english_sheet_are_known():
    english = ("Key", "Session", "Date", "Starts", "Ends", "Place", "Seats", "Held")

    assert answers(sheet(SESSION, headers=english)) == answers(sheet(SESSION))


def test_a_row_that_was_deleted_and_a_tab_that_was_are_not_mentioned():
    assert answers(book({"Sessioner": [HEADERS, SESSION]})) == answers(sheet(SESSION))[:-1]
    assert answers(sheet(heads=())) == []


def test_a_row_without_a_key_is_refused_only_when_something_is_answered_in_it():
    comment = (None, "Vi glæder os")
    answered = (None, "Ny session", date(2025, 5, 1))

    assert answers(sheet(SESSION, comment)) == answers(sheet(SESSION))
    assert refusal(sheet(SESSION, answered)) == (
        "sheet_row_without_key",
        {"tab": "Sessioner", "row": 5},
    )


def test_a_key_that_stands_twice_is_refused_with_the_second_row():
    assert refusal(sheet(SESSION, SESSION)) == (
        "sheet_key_twice",
        {"tab": "Sessioner", "row": 5, "value": "A-12"},
    )
    assert refusal(sheet(SESSION, heads=(HEAD, HEAD)))[1]["tab"] == "Fremmøde"


def test_a_column_that_is_gone_or_twice_is_refused_by_its_name():
    without = sheet(SESSION[:6], headers=HEADERS[:6])
    renamed = book({"Tal": [("Nøgle", "Kommune", "Antal", "Sted"), HEAD]})
    doubled = sheet((*SESSION, date(2025, 4, 1)), headers=(*HEADERS, "Dato"))

    assert refusal(without) == ("sheet_column_missing", {"tab": "Sessioner", "field": "seats"})
    assert refusal(renamed) == ("sheet_column_missing", {"tab": "Tal", "field": "attended"})
    assert refusal(doubled) == ("sheet_column_twice", {"tab": "Sessioner", "column": "Dato"})


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (book({"Sessioner": [HEADERS, SESSION]}, mark="L-7"), "sheet_mark_missing"),
        (book({"Noter": [("Kære styrelse",)]}), "sheet_table_missing"),
        (book({"A": [HEADERS, SESSION, ("L-8-0123456789ab",)]}), "sheet_marks_differ"),
        (b"Ark;L-7-0123456789ab\r\nA-12;26-03-2025\r\n", "sheet_not_xlsx"),
        (b"%PDF-1.7 \x00\x01", "sheet_not_xlsx"),
        (OLE, "sheet_not_xlsx"),
        (b"PK\x03\x04 half a file", "file_damaged"),
        (b"", "file_empty"),
        (b"PK\x03\x04" + b"x" * MAX_BYTES, "sheet_not_usable"),
    ],
)
def test_what_is_no_sheet_of_ours_is_refused(content, key):
    assert refusal(content)[0] == key


def test_a_cpr_number_in_the_place_of_a_key_is_not_repeated():
    found = deliveries.read(sheet(("010190-1234", *SESSION[1:])), "")

    assert {one.key for one in found.cells} == {"A-12-3-staff", "…"}


def test_what_a_formula_last_came_to_is_what_the_cell_says():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        tab = made.add_worksheet("Fremmøde")
        tab.write_string(0, 0, MARK)
        tab.write_row(1, 0, HEADS)
        tab.write_row(2, 0, HEAD)
        tab.write_formula(2, 2, "=6+6", None, 12)

    assert answers(file.getvalue()) == [("A-12-3-staff", "attended", "12")]


def test_a_day_with_its_time_is_a_day():
    found = answers(sheet((*SESSION[:2], datetime(2025, 3, 26), *SESSION[3:])))

    assert found[0][2] in ("2025-03-26", "2025-03-26 00:00:00")
