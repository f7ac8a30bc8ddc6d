"""The reports as documents: what is in them, and that no text in them is ever a formula."""

import csv
import io
import zipfile
from datetime import date

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from advisory import frames, reports
from advisory.domain.errors import Forbidden
from advisory.store import Actor
from advisory.texts import translator

DANGEROUS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x",
    '=cmd|" /C calc"!A0', "=HYPERLINK(\"http://x.example\")", "'=1",
]  # fmt: skip
AWKWARD = [
    "æøå ÆØÅ é ß 漢字 🙂", 'a;b"c', "linje 1\nlinje 2", "1.234,5", "0101", "1e5", "13-03-2025",
    "http://x.example/", "<b>&amp;</b>", "_x0041_", "SANDT", "x" * 9999,
]  # fmt: skip


@pytest.fixture
def danish():
    return translator("da")


@pytest.fixture
def written(demo_store):
    """A case with one note for each text that could go wrong; the texts in their order."""
    case = int(frames.enrolments(demo_store)["enrolment_id"].iloc[0])
    texts = [*DANGEROUS, *AWKWARD]
    for text in texts:
        row = {"enrolment_id": case, "kind": "note", "noted_on": "2025-03-13", "text": text}
        with demo_store.write("note.add"):
            demo_store.insert("note", row)
    return demo_store, texts


def sheets(content: bytes) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", reports.REPORTS)
def test_every_report_has_its_rows_words_and_types(demo_store, name, language):
    report = reports.REPORTS[name]

    found = reports.table(demo_store, translator(language), name)

    source = report.rows(demo_store)
    assert len(found) == len(source) > 0
    assert list(found.columns) == [
        translator(language)(f"report.column.{header}") for header, _, _ in report.columns
    ]
    for header, (_, column, words) in zip(found.columns, report.columns):
        if words is None and f"{column}_en" not in source:
            pd.testing.assert_series_equal(found[header], source[column], check_names=False)


@pytest.mark.parametrize("name", reports.REPORTS)
def test_an_empty_store_gives_the_same_columns(store, demo_store, danish, name):
    empty, full = (reports.table(one, danish, name) for one in (store, demo_store))

    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0
    assert reports.csv_bytes(store, danish, name)
    assert len(sheets(reports.xlsx_bytes(store, danish, [name]))) == 2


def test_codes_are_words_in_both_languages(demo_store, danish):
    in_danish = reports.table(demo_store, danish, "cases")
    in_english = reports.table(demo_store, translator("en"), "cases")

    assert set(in_danish["Status"]) <= {
        *("I forløb", "Optaget", "Ansøger", "Afslag", "Venteliste"),
        *("Tilbudt plads", "Tilbud udløbet", "Udtrådt"),
    }
    assert "Under way" in set(in_english["Status"]) | {"Under way"}
    assert set(in_danish["Har plads"]) == {"Ja", "Nej"}
    assert set(in_english["Holds a place"]) == {"Yes", "No"}
    assert set(reports.table(demo_store, translator("en"), "milestones")["Milestone"]) <= set(
        frames.milestones(demo_store)["name_en"]
    )


def test_only_the_rows_a_page_shows_in_the_order_it_shows_them(demo_store, danish):
    shown = frames.enrolments(demo_store).query("status == 'active'").iloc[::-1]

    found = reports.table(demo_store, danish, "cases", shown)

    assert found["Kommune"].tolist() == shown["municipality"].tolist()
    assert len(lines(reports.csv_bytes(demo_store, danish, "cases", shown))) == len(shown) + 1
    sheet = sheets(reports.xlsx_bytes(demo_store, danish, {"cases": shown}))["Forløb"]
    assert [row[1] for row in sheet[1:]] == shown["municipality"].tolist()
    assert reports.table(demo_store, danish, "cases", shown.head(0)).empty


def test_actions_without_a_target_are_not_mixed_up(demo_store, danish):
    every = frames.actions(demo_store)

    found = reports.table(demo_store, danish, "actions", every)

    assert found["Kommune"].tolist() == every["municipality"].tolist()


def test_a_report_is_refused_to_a_role_that_may_not_read_its_page(demo_store, danish):
    demo_store.actor = Actor("peter", "Peter", "leadership")

    assert len(reports.table(demo_store, danish, "cases")) > 0
    with pytest.raises(Forbidden):
        reports.xlsx_bytes(demo_store, danish, ["cases", "notes"])


@pytest.mark.parametrize("role", ["leadership", "partner"])
@pytest.mark.parametrize("name", ["activities", "headcounts"])
def test_the_numbers_of_few_people_are_for_those_who_follow_municipalities(
    demo_store, danish, role, name
):
    own = reports.csv_bytes(demo_store, danish, name)
    demo_store.actor = Actor("x", "X", role)

    with pytest.raises(Forbidden):
        reports.csv_bytes(demo_store, danish, name)
    assert len(lines(own)) > 100


def test_a_workbook_gives_back_every_text_as_it_was(written, danish):
    store, texts = written

    rows = sheets(reports.xlsx_bytes(store, danish, ["notes"]))["Notater"]

    column = rows[0].index("Tekst")
    found = {row[column] for row in rows[1:]}
    # Excel's own file format ends a line with \n, so a lone \r comes back as one.
    assert {text.replace("\r", "\n") for text in texts} <= {
        one.replace("\r", "\n") for one in found
    }


def test_a_workbook_has_no_formula_and_no_link(written, danish):
    store, _ = written

    with zipfile.ZipFile(
        io.BytesIO(reports.xlsx_bytes(store, danish, list(reports.REPORTS)))
    ) as book:
        parts = {name: book.read(name) for name in book.namelist() if "sheet" in name}

    assert len(parts) >= 6
    assert not any(b"<f>" in part or b"<hyperlink" in part for part in parts.values())


def test_no_text_in_a_csv_file_begins_like_a_formula(written, danish):
    store, _ = written

    rows = lines(reports.csv_bytes(store, danish, "notes"))

    column = rows[0].index("Tekst")
    found = {row[column] for row in rows[1:]}
    assert not any(
        one.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        for one in found
    )
    assert {f"'{text}" for text in DANGEROUS if not text.startswith("'")} <= found
    assert set(AWKWARD) <= found


def test_a_csv_file_is_one_a_danish_excel_opens_as_a_table(demo_store, danish):
    content = reports.csv_bytes(demo_store, danish, "cases")

    rows = lines(content)
    assert content.startswith(b"\xef\xbb\xbfKode;Kommune;")
    assert content.count(b"\r\n") == len(rows)
    assert content.count(b"\n") == content.count(b"\r\n")
    first = dict(zip(rows[0], rows[1]))
    case = frames.enrolments(demo_store).iloc[0]
    assert first["Andel af tiden gået"] == str(case["share"]).replace(".", ",")
    assert first["Start"] == "2024-02-01"
    assert first["Opgjort pr."] == "2025-03-13"
    assert first["Bemærkning"].startswith("Demodata")
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_negative_number_stays_a_number(demo_store, danish):
    rows = lines(reports.csv_bytes(demo_store, danish, "milestones"))

    days = [row[rows[0].index("Dage")] for row in rows[1:]]
    assert any(day.startswith("-") for day in days)
    assert [int(day) for day in days] == frames.milestones(demo_store)["days"].tolist()


def test_a_workbook_has_real_days_numbers_and_a_frozen_head(demo_store, danish):
    content = reports.xlsx_bytes(demo_store, danish, ["cases"])

    head, first, *_ = sheets(content)["Forløb"]
    row = dict(zip(head, first))
    case = frames.enrolments(demo_store).iloc[0]
    assert row["Start"] == date(2024, 2, 1)
    assert row["Kode"] == case["municipality_id"]
    assert row["Andel af tiden gået"] == pytest.approx(case["share"])
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet


def test_the_last_sheet_says_the_date_that_it_is_invented_and_where_from(demo_store, danish):
    about = dict(
        (row[0], row[1])
        for row in sheets(reports.xlsx_bytes(demo_store, danish, ["cases", "notes"]))["Om"]
    )

    assert about["Opgjort pr."] == date(2025, 3, 13)
    assert about["Bemærkning"] == "Demodata: deltagelse, personer og notater er opdigtet."
    assert about["Kilde"]
    assert about["Rækker i Forløb"] == len(frames.enrolments(demo_store))


def test_real_data_are_not_called_invented(facts, danish):
    content = reports.xlsx_bytes(facts, danish, ["municipalities"])

    assert "Bemærkning" not in [row[0] for row in sheets(content)["Om"]]
    assert "Bemærkning" not in lines(reports.csv_bytes(facts, danish, "municipalities"))[0]
    assert reports.file_stem(facts) == "peerforloeb-2025-03-13"


def test_an_export_of_another_day_says_that_day(demo_store, danish):
    past = demo_store.at(date(2024, 12, 31))

    rows = lines(reports.csv_bytes(past, danish, "cases"))

    assert {row[rows[0].index("Opgjort pr.")] for row in rows[1:]} == {"2024-12-31"}
    assert len(rows) - 1 == len(frames.enrolments(past))


def test_the_same_data_at_the_same_time_give_the_same_bytes(demo_store, danish):
    names = list(reports.REPORTS)

    assert reports.xlsx_bytes(demo_store, danish, names) == reports.xlsx_bytes(
        demo_store, danish, names
    )
