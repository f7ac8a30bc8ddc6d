"""Reading the notes of a case on the command line is noted as on the page."""

from advisory import open_store


def read_log(db) -> list[tuple]:
    with open_store(db) as store:
        wanted = "SELECT login, page, enrolment_id, notes FROM read_log"
        return store.db.execute(wanted).fetchall()


def test_a_case_that_is_shown_is_a_reading(run, answer, db):
    found = answer(db, "--user", "jonas@styrelsen.example", "case", "Hillerød")

    case = found["case"]["enrolment_id"]
    assert found["notes"]
    assert read_log(db) == [("jonas@styrelsen.example", "cli", case, len(found["notes"]))]


def test_what_shows_no_notes_is_none(run, db):
    assert run(db, "overview").exit_code == 0
    assert read_log(db) == []
