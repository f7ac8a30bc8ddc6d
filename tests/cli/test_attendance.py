"""attendance and erase: read a report, take it in, and forget who it named."""

from datetime import UTC, datetime

import pytest

from advisory.store import demo, meetings, open_store, signups

LENE = ("--user", "lene@styrelsen.example")
REPORT = (
    "Navn;E-mail;Varighed\r\nAne Skovbo;ANE@odense.example;00:40:00\r\n"
    "Bo Krogh;;00:12:00\r\nEva Dal;eva@vejle.example;ukendt\r\n"
)


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "rapport.csv"
    path.write_text(REPORT, encoding="utf-8")
    return path


@pytest.fixture
def meeting(db):
    """A meeting of March 2024 with one who signed up."""
    before = datetime(2024, 3, 1, 9, tzinfo=UTC)
    with open_store(db, demo.SYSTEM, clock=lambda: before) as store:
        activity_id = meetings.create(
            store,
            "webinar",
            "Et webinar",
            starts_at=datetime(2024, 3, 13, 9, tzinfo=UTC),
            ends_at=datetime(2024, 3, 13, 9, 45, tzinfo=UTC),
        )
        signups.sign_up(store, activity_id, name="Ane Skovbo", email="ane@odense.example")
    return activity_id


def decisions(db, meeting) -> list[str]:
    with open_store(db, read_only=True) as store:
        rows = store.rows("attendee", "activity_id = ?", [meeting])
    return [row["decision"] for row in rows]


def test_a_report_is_read_without_a_database(answer, tmp_path, report):
    found = answer(tmp_path / "none.db", "attendance", str(report))

    assert found["people"] == [
        {"name": "Ane Skovbo", "email": "ANE@odense.example", "minutes": 40, "joins": 1},
        {"name": "Bo Krogh", "email": None, "minutes": 12, "joins": 1},
        {"name": "Eva Dal", "email": "eva@vejle.example", "minutes": None, "joins": 1},
    ]
    assert [(one["row"], one["value"]) for one in found["problems"]] == [(4, "ukendt")]
    assert not (tmp_path / "none.db").exists()


def test_a_dry_run_writes_nothing_and_a_second_run_changes_nothing(run, db, report, meeting):
    asked = (*LENE, "attendance", str(report), "--activity", str(meeting))

    tried = run(db, *asked, "--dry-run")
    after_trying = decisions(db, meeting)
    first, second = run(db, *asked), run(db, *asked)

    assert [one.exit_code for one in (tried, first, second)] == [0, 0, 0]
    assert after_trying == []
    assert decisions(db, meeting) == ["address", "open", "open"]
    assert "3 personer, 1 genkendt, 2 skal afklares" in first.stdout
    assert "Intet er ændret" in second.stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [("tom.csv", b""), ("brev.pdf", b"%PDF-1.7 \x00"), ("mappe", None), ("navne.csv", b"a;b\r\n")],
)
def test_what_cannot_be_read_ends_with_one_sentence(run, db, tmp_path, meeting, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    result = run(db, *LENE, "attendance", str(path), "--activity", str(meeting))

    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert decisions(db, meeting) == []


def test_erase_says_what_is_due_and_then_does_it_once(run, answer, db, report, meeting):
    run(db, *LENE, "attendance", str(report), "--activity", str(meeting))
    before = [row["title"] for row in answer(db, *LENE, "erase", "--dry-run")["erased"]]

    erased = answer(db, *LENE, "erase")["erased"]

    assert "Et webinar" in before
    assert {"activity_id": meeting, "title": "Et webinar", "names": 4} in erased
    assert answer(db, *LENE, "erase") == {"erased": []}
    with open_store(db, read_only=True) as store:
        rows = store.rows("attendee", "activity_id = ?", [meeting])
        assert {(row["name"], row["email"]) for row in rows} == {("–", None)}


def test_erase_is_for_the_office(run, db, meeting):
    result = run(db, "--user", "jonas@styrelsen.example", "erase")

    assert result.exit_code == 1
    assert "Det giver din rolle ikke adgang til" in result.stderr
