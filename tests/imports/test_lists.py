"""Lists that people keep, as text and as workbooks."""

from datetime import datetime, time, timedelta

import pytest

from advisory import imports
from advisory.domain.attendance import Person, Problem, Report

LIST = [
    ["Navn", "E-mail", "Minutter"],
    ["Åse Test", "aase@demo.example", "45"],
    ["Hjort, Line", "", "12,5"],
    ["=cmd|' /C calc'!A0", "'@x", ""],
]
LIST_PEOPLE = (
    Person("Åse Test", "aase@demo.example", (), 45.0, rows=(2,)),
    Person("Hjort, Line", None, (), 12.5, rows=(3,)),
    Person("=cmd|' /C calc'!A0", None, (), None, rows=(4,)),
)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8 with BOM", "utf-16-le with BOM"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_plain_list_as_text(text_file, encoding, delimiter):
    report = imports.read(text_file(LIST, delimiter, encoding), "x.csv")

    assert (report.people, report.rows) == (LIST_PEOPLE, 3)
    assert report.problems == (Problem("email_unreadable", 4, "E-mail", "@x"),)


def test_a_plain_list_as_a_workbook(workbook_file, at):
    joined, left = datetime(2024, 6, 13, 14, 31), datetime(2024, 6, 13, 15, 15)
    content = workbook_file(
        {
            "Skjult": [["Navn", "E-mail"], ["Ikke Læst", "skjult@demo.example"]],
            "Uge 24": [
                ["Deltagerliste workshop 2"],
                [],
                ["Navn", "E-mail", "Kom", "Gik", "Varighed", "E-mail"],
                ["Ada Test", "ada@demo.example ", joined, left, time(0, 44), None],
                ["Bo Prøve", None, None, None, None, None],
                ["Cia Demo", None, None, None, timedelta(hours=1), None],
            ],
            "Uge 25": [["Navn", "E-mail"], ["Eva Demo", "eva@demo.example"]],
        },
        Skjult=True,
    )

    report = imports.read(content, "x.xlsx")

    assert report == Report(
        "table", "Deltagerliste workshop 2", None, None, 3,
        (
            Person("Ada Test", "ada@demo.example", ((at(14, 31), at(15, 15)),), rows=(4,)),
            Person("Bo Prøve", None, (), None, rows=(5,)),
            Person("Cia Demo", None, (), 60.0, rows=(6,)),
        ),
        (Problem("sheet_not_read", value="Uge 25"),),
    )  # fmt: skip


def test_a_merged_name_stands_for_every_row_it_covers(workbook_file):
    rows = [
        ["Navn", "Kommune", "Rolle", "Minutter"],
        ["Ada Test", "Odense", "Leder", 20],
        [None, "Odense", "Leder", 25],
        ["Bo Prøve", "Vejen", "Medarbejder", 10],
    ]

    report = imports.read(
        workbook_file({"x": rows}, [(1, 0, 2, 0, "Ada Test"), (0, 3, 0, 5, "Minutter")]), "x.xlsx"
    )

    assert report.people == (
        Person("Ada Test", None, (), 45.0, 2, (2, 3)),
        Person("Bo Prøve", None, (), 10.0, 1, (4,)),
    )


def test_a_messy_list_names_the_sum_and_the_marks_that_are_not_read(workbook_file):
    rows = [
        ["Deltagerliste workshop 2 - onsdag d. 12/6"],
        [],
        ["Navn", "Kommune ", "E-mail", "Rolle", "12-06-2024", "13-06-2024"],
        ["Ada Test", "ODENSE KOMMUNE", "ada@demo.example", "Leder", "x", None],
        ["Bo Prøve", "Lyngby Taarbæk", "bo@demo.example ", "Peer", "X", "x"],
        ["Cia Demo", "Nordfyns", None, "medarb.", "ja", "nej"],
        ["Dan Demo", "Bornholm", "dan@demo.example", "Borger", "1", 0],
        ["I alt", None, None, None, 4, 2],
        [None] * 6,
    ]

    report = imports.read(workbook_file({"Uge 24": rows}), "x.xlsx")

    assert [(one.name, one.email, one.minutes) for one in report.people] == [
        ("Ada Test", "ada@demo.example", None),
        ("Bo Prøve", "bo@demo.example", None),
        ("Cia Demo", None, None),
        ("Dan Demo", "dan@demo.example", None),
    ]
    assert report.problems == (
        Problem("marks_not_read", None, "12-06-2024, 13-06-2024"),
        Problem("row_is_total", 8, None, "I alt"),
    )


def people_in(text_file, rows, *, near=None, delimiter=";"):
    """(name, address, minutes) of everybody, and the problems."""
    report = imports.read(text_file(rows, delimiter, "utf-8"), "x.csv", near=near)
    return [(one.name, one.email, one.minutes) for one in report.people], report.problems


def test_a_sum_of_minutes_is_no_person_and_a_guest_without_an_address_is(text_file):
    rows = [["Navn", "Mail", "Min"], ["Ada Test", "ada@demo.example", "40"], ["Bo Prøve", "", "5"]]
    both = [("Ada Test", "ada@demo.example", 40.0), ("Bo Prøve", None, 5.0)]

    assert people_in(text_file, rows) == (both, ())
    assert people_in(text_file, [*rows, ["I alt", "", "45"]]) == (
        both, (Problem("row_is_total", 4, None, "I alt"),),
    )  # fmt: skip


def test_the_same_address_is_one_human_and_a_name_alone_never_joins_one(text_file):
    rows = [
        ["Navn", "Mail", "Min"],
        ["Ada Test", "ada@demo.example", "10"],
        ["ada  t.", "ADA@Demo.example", "12"],
        ["Ada Test", "", "20"],
        ["Ada  Test ", "", "3"],
        ["", "bo@demo.example", "4"],
    ]

    assert people_in(text_file, rows)[0] == [
        ("Ada Test", "ada@demo.example", 22.0),
        ("Ada Test", None, 23.0),
        ("bo@demo.example", "bo@demo.example", 4.0),
    ]


def test_what_cannot_be_used_is_named_by_row_column_and_value(text_file):
    rows = [
        ["Navn", "Mail", "Kom", "Gik", "Varighed"],
        ["Ada Test", "ada@demo.example", "13-06-2024 14:00", "13-06-2024 15:00", "60m"],
        ["Bo 010190-1234", "bo@demo.example", "13-06-2024 14:00", "13-06-2024 15:00", "60m"],
        ["Cia Demo", "0101901234", "13-06-2024 14:00", "13-06-2024 15:00", "60m"],
        ["JÃ¸rn Demo", "ikke en adresse", "13-06-2024 14:00", "13-06-2024 15:00", "1 zug 2 bim"],
        ["", "", "13-06-2024 14:00", "13-06-2024 15:00", "60m"],
        ["Eva Demo", "", "31-06-2024 14:00", "snart", ""],
        ["Fie Demo", "", "13-06-2024 15:00", "13-06-2024 14:00", ""],
        ["Gry", " Demo", "gry@demo.example", "13-06-2024 14:00", "13-06-2024 15:00", "60m"],
        ["Hans Demo", "", "13-06-2024 14:00", "13-06-2024 14:10", "60m"],
        ["Ib Demo", "", "", "13-06-2024 14:10", ""],
        [],
        ["Downloadet af Ada"],
    ]

    people, problems = people_in(text_file, rows)

    assert [name for name, *_ in people] == [
        "Ada Test", "JÃ¸rn Demo", "Eva Demo", "Fie Demo", "Hans Demo", "Ib Demo",
    ]  # fmt: skip
    assert problems == (
        Problem("cpr", 3, "Navn", "••••••-••••"),
        Problem("cpr", 4, "Mail", "••••••-••••"),
        Problem("email_unreadable", 5, "Mail", "ikke en adresse"),
        Problem("garbled", 5, "Navn", "JÃ¸rn Demo"),
        Problem("duration_unreadable", 5, "Varighed", "1 zug 2 bim"),
        Problem("name_missing", 6, "Navn"),
        Problem("time_unreadable", 7, "Kom", "31-06-2024 14:00"),
        Problem("time_unreadable", 7, "Gik", "snart"),
        Problem("times_reversed", 8, None, "Fie Demo"),
        Problem("row_too_long", 9),
        Problem("duration_differs", 10, "Varighed", "60m"),
        Problem("start_missing", 11, None, "Ib Demo"),
        Problem("row_not_read", 13),
    )


def test_no_cpr_number_is_anywhere_in_what_comes_out(text_file):
    rows = [
        ["Liste 010190-1234", ""],
        ["Navn 010190-1234", "Mail"],
        ["Ada Test", "ada@demo.example"],
        ["Bo Prøve", "010190 1234"],
        ["0101901234", "cia@demo.example"],
    ]

    report = imports.read(text_file(rows, ";", "utf-8"), "x.csv")

    assert [one.name for one in report.people] == ["Ada Test"]
    assert "1234" not in repr(report)


def test_times_of_day_get_their_date_from_the_meeting(text_file, at):
    rows = [["Navn", "Kom", "Gik"], ["Ada Test", "14:31", "15:15"], ["Bo Prøve", "14:00", "14:05"]]
    content = text_file(rows, ";", "utf-8")

    dated = imports.read(content, "x.csv", near=at(14))

    assert [one.spans for one in dated.people] == [
        ((at(14, 31), at(15, 15)),), ((at(14), at(14, 5)),),
    ]  # fmt: skip
    assert people_in(text_file, rows) == (
        [("Ada Test", None, 44.0), ("Bo Prøve", None, 5.0)],
        (Problem("times_without_date", None, "Kom"),),
    )


def test_first_and_last_names_apart_are_one_name(text_file):
    apart = [["Fornavn", "Efternavn", "Mail"], ["Ada", "Test", "ada.test@demo.example"],
             ["Bo", "Prøve", "bo.proeve@demo.example"]]  # fmt: skip
    town = [["Navn", "By", "Mail"], ["Ada", "Odense", "ada.test@demo.example"],
            ["Bo", "Vejen", "bo.proeve@demo.example"]]  # fmt: skip

    assert [name for name, *_ in people_in(text_file, apart)[0]] == ["Ada Test", "Bo Prøve"]
    assert [name for name, *_ in people_in(text_file, town)[0]] == ["Ada", "Bo"]


def test_columns_in_another_order_and_twice_the_same_label(text_file):
    rows = [
        ["Nr.", "Rolle", "Felt", "Felt", "Felt"],
        ["1", "Leder", "Ada Test", "45", "ada@demo.example"],
        ["2", "Leder", "Bo Prøve", "30", "bo@demo.example"],
        ["3", "Peer", "Cia Demo", "31", ""],
    ]

    assert people_in(text_file, rows) == (
        [("Ada Test", "ada@demo.example", 45.0), ("Bo Prøve", "bo@demo.example", 30.0),
         ("Cia Demo", None, 31.0)],
        (),
    )  # fmt: skip


def test_two_columns_that_may_be_minutes_are_not_guessed_at(text_file):
    rows = [["Navn", "Alder", "Min"], ["Ada Test", "45", "50"], ["Bo Prøve", "30", "31"]]

    assert people_in(text_file, rows) == (
        [("Ada Test", None, None), ("Bo Prøve", None, None)],
        (Problem("minutes_ambiguous", None, "Alder, Min"),),
    )


def test_a_single_time_is_no_stay(text_file):
    rows = [
        ["Navn", "Tilmeldt"],
        ["Ada Test", "13-06-2024 14:00"],
        ["Bo Prøve", "13-06-2024 15:00"],
    ]

    assert people_in(text_file, rows) == (
        [("Ada Test", None, None), ("Bo Prøve", None, None)],
        (Problem("one_time_only", None, "Tilmeldt"),),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Navn\nAda Test\nBo Prøve\n",
        "Navn\r\n\r\nTest, Ada\r\nPrøve, Bo\r\n",
        "Ada Test\nBo Prøve\nCia Demo",
        "Ada Test;ada@demo.example\nBo Prøve;bo@demo.example\n",
        "Navn;Kommune\nAda Test;Odense\nBo Prøve;Vejen\n",
        '"Navn";"Mail"\n"Ada Test";"ada@demo.example"\n"Bo" Prøve;bo@demo.example\n',
        'Navn;Mail\nAda Test;ada@demo.example\n"Bo Prøve;bo@demo.example\n',
        "\n\nNavn;;Mail;;\n;;;;\nAda Test;;ada@demo.example;;\nBo Prøve;;;;\n;;;;\n",
    ],
    ids=[
        "names", "last name first", "names without a header", "no header", "no address",
        "odd quotes", "an open quote", "empty columns and rows",
    ],
)  # fmt: skip
def test_lists_with_little_in_them(text):
    report = imports.read(text.encode(), "x.csv")

    assert report.format == "table"
    assert [one.name for one in report.people][:2] in (
        ["Ada Test", "Bo Prøve"], ["Test, Ada", "Prøve, Bo"],
    )  # fmt: skip


def test_control_ten_digits_that_are_no_birthday_are_no_cpr_number(text_file):
    rows = [["Navn", "Telefon", "Mail"], ["Ada Test", "4512345678", "ada@demo.example"],
            ["Bo Prøve", "0101901234", "bo@demo.example"]]  # fmt: skip

    assert people_in(text_file, rows) == (
        [("Ada Test", "ada@demo.example", None)],
        (Problem("cpr", 3, "Telefon", "••••••-••••"),),
    )


def test_an_apostrophe_before_a_formula_goes_and_one_in_a_name_stays(text_file):
    rows = [["Navn", "Mail"], ["'+45 Ada", "a@demo.example"], ["'t Hooft", "b@demo.example"],
            ["D'Arc", "c@demo.example"], ["=1+1", "d@demo.example"]]  # fmt: skip

    names = [name for name, *_ in people_in(text_file, rows)[0]]

    assert names == ["+45 Ada", "'t Hooft", "D'Arc", "=1+1"]


def test_somebody_of_whom_only_the_name_is_known_may_stand_anywhere(text_file):
    known = ["Ada Test", "ada@demo.example", "45"]
    rows = [["Navn", "Mail", "Min"], ["Bo Prøve"], known, ["Cia Demo"], ["Dan Demo", "", ""]]

    assert people_in(text_file, rows) == (
        [("Bo Prøve", None, None), ("Ada Test", "ada@demo.example", 45.0),
         ("Cia Demo", None, None), ("Dan Demo", None, None)],
        (),
    )  # fmt: skip


def test_a_row_after_an_empty_line_goes_on_with_the_list(text_file):
    rows = [["Navn", "Mail"], ["Ada Test", "ada@demo.example"], [], ["Bo Prøve", "bo@demo.example"],
            [], ["Udskrevet af programkontoret", "13. juni"]]  # fmt: skip

    assert people_in(text_file, rows) == (
        [("Ada Test", "ada@demo.example", None), ("Bo Prøve", "bo@demo.example", None)],
        (Problem("row_not_read", 6),),
    )
