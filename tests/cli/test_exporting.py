"""export: where the files land, what they are called, and that none is written over."""

from datetime import date

import pytest
from python_calamine import load_workbook

from advisory import open_store, reports
from advisory.texts import translator

DAY = date(2025, 3, 13)
AS_OF = ("--as-of", "13/3-25")
STEM = "peerforloeb-demo-2025-03-13"


@pytest.fixture
def past(db):
    with open_store(db, read_only=True) as store:
        yield store.at(DAY)


def test_a_folder_gets_one_workbook_with_every_report(run, db, tmp_path):
    result = run(db, "export", str(tmp_path / "lists"), *AS_OF)

    (made,) = (tmp_path / "lists").iterdir()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{made}\n"
    assert made.name == f"{STEM}.xlsx"
    assert load_workbook(str(made)).sheet_names == [
        "Forløb", "Kommuner", "Milepæle", "Handlinger", "Notater", "Møder", "Tilmeldinger",
        "Mails", "Fremmøde", "Fra møde til ansøgning", "Aktiviteter", "Fremmødetal",
        "Ansøgninger", "Pladsregnskab", "Om",
    ]  # fmt: skip


def test_a_folder_of_csv_gets_one_file_per_report_as_the_report_is(run, db, tmp_path, past):
    result = run(db, "export", str(tmp_path), "--format", "csv", *AS_OF)

    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert result.exit_code == 0
    assert made == {
        f"{STEM}-{name}.csv": reports.csv_bytes(past, translator("da"), name)
        for name in reports.REPORTS
    }


def test_a_file_gets_the_report_that_is_asked_for(run, db, tmp_path, past):
    target = tmp_path / "mine.csv"

    result = run(db, "--lang", "en", "export", str(target), "--report", "milestones", *AS_OF)

    assert result.exit_code == 0
    assert target.read_bytes() == reports.csv_bytes(past, translator("en"), "milestones")


def test_a_workbook_of_one_report_in_english(run, db, tmp_path):
    target = tmp_path / "mine.xlsx"

    run(db, "--lang", "en", "export", str(target), "--report", "actions", *AS_OF)

    assert load_workbook(str(target)).sheet_names == ["Actions", "About"]


def test_a_file_that_is_there_is_left_as_it_is(run, db, tmp_path):
    target = tmp_path / "mine.xlsx"
    target.write_text("mine")

    result = run(db, "export", str(target))

    assert result.exit_code == 1
    assert result.stderr == f"Filen {target} findes allerede. Vælg et andet navn.\n"
    assert target.read_text() == "mine"


def test_a_role_gets_no_report_it_may_not_read(run, db, tmp_path):
    leader = ("--user", "peter@styrelsen.example")

    every = run(db, *leader, "export", str(tmp_path / "all.xlsx"))
    one = run(db, *leader, "export", str(tmp_path / "one.csv"), "--report", "cases")

    assert every.exit_code == 1
    assert not (tmp_path / "all.xlsx").exists()
    assert one.exit_code == 0


def test_the_record_of_processing_is_asked_for_by_name_by_those_who_may(run, db, tmp_path):
    target = tmp_path / "fortegnelse.xlsx"
    args = ("export", str(target), "--report", "fortegnelse")

    consultant = run(db, "--user", "jonas@styrelsen.example", *args)
    assert not target.exists()
    office = run(db, "--user", "lene@styrelsen.example", *args)

    assert (consultant.exit_code, office.exit_code) == (1, 0)
    assert load_workbook(str(target)).sheet_names == ["Fortegnelse", "Om"]
