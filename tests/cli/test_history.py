"""`advisory history`: a case, whether the history is whole, and where it ends."""

import json
import re
import sqlite3
from contextlib import closing

import pytest

from advisory.store import demo, heads, journal, open_store
from advisory.store.connection import connect
from advisory.store.steps import migrations

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 \d+ [0-9a-f]{64}")


@pytest.fixture
def tamper(db):
    """`tamper("UPDATE history ...")` writes to the file past the product, guards off."""

    def write(*statements):
        with sqlite3.connect(db) as past_the_store:
            for guard in ("history_no_update", "history_no_delete"):
                past_the_store.execute(f"DROP TRIGGER IF EXISTS {guard}")
            for statement in statements:
                past_the_store.execute(statement)
        past_the_store.close()

    return write


def ends(db) -> heads.Head:
    with open_store(db, read_only=True) as store:
        return heads.head(store)


def test_a_sound_history_is_said_to_be_so(run, answer, db):
    said = run(db, "history", "verify")
    found = answer(db, "history", "verify")

    end = ends(db)
    rows = f"{end.id:,}".replace(",", ".")
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout == f"Historikken er ubrudt: {rows} rækker, holdt op mod 0 vidner.\n"
    assert found == {"ok": True, "rows": end.id, "link": end.link, "heads": 0, "findings": []}


def test_every_finding_is_a_line_and_the_last_says_what_to_do(run, db, tamper):
    tamper(
        "UPDATE history SET after = json_set(after, '$.name', 'x') WHERE id = 7",
        "DELETE FROM history WHERE id BETWEEN 20 AND 22",
        "UPDATE note SET kind = 'mail' WHERE id = 1",
    )

    said = run(db, "history", "verify")

    assert (said.exit_code, said.stderr) == (1, "")
    first, *found, last = said.stdout.splitlines()
    assert first == "Historikken er ikke, som programmet har skrevet den. 7 steder:"
    assert [line.split(":")[0] for line in found] == [
        "Række 7", "Række 20–22", "Række 23", "history_no_delete", "history_no_update",
        *[line.split(":")[0] for line in found[5:]],
    ]  # fmt: skip
    assert any(line.startswith("note: ") for line in found)
    assert f"{db}.heads" in last


def test_one_finding_is_one_place(run, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("UPDATE note SET kind = 'mail' WHERE id = 1")
    past_the_store.close()

    first = run(db, "history", "verify").stdout.splitlines()[0]

    assert first == "Historikken er ikke, som programmet har skrevet den. 1 sted:"


def test_a_database_of_an_older_version_is_not_said_to_be_tampered_with(run, tmp_path):
    path = tmp_path / "old.db"
    with closing(connect(path)) as db:
        db.enable_wal()
        migrations.apply(db, stop_before=[migrations.pending(db)[-1].name])

    before = run(path, "history", "verify")
    assert run(path, "init").exit_code == 0
    after = run(path, "history", "verify")

    assert (before.exit_code, before.stdout) == (1, "")
    assert before.stderr == (
        f"Databasen {path} er fra en ældre version af programmet. Kør advisory init først.\n"
    )
    assert (after.exit_code, after.stderr) == (0, "")
    assert after.stdout.startswith("Historikken er ubrudt: ")


def test_findings_as_json(run, db, tamper):
    tamper("UPDATE history SET actor = 'x' WHERE id = 7")

    result = run(db, "history", "verify", "--json")

    found = json.loads(result.stdout)
    assert (result.exit_code, found["ok"]) == (1, False)
    assert found["findings"] == [
        {"kind": "unlinked", "rows": "7"},
        {"kind": "schema", "name": "history_no_delete"},
        {"kind": "schema", "name": "history_no_update"},
    ]


def test_a_head_is_shown_and_kept_once(run, db):
    shown = run(db, "history", "head").stdout
    nothing_yet = heads.beside(db).exists()
    kept = run(db, "history", "head", "--keep").stdout
    again = run(db, "history", "head", "--keep").stdout

    assert LINE.fullmatch(shown.strip())
    assert not nothing_yet
    assert kept.startswith(f"Vidnet er gemt i {db}.heads.")
    assert again.startswith(f"Vidnet står allerede i {db}.heads.")
    (line,) = heads.beside(db).read_text().splitlines()
    assert kept.splitlines()[-1].split()[1:] == line.split()[1:] == shown.split()[1:]


def test_a_head_kept_elsewhere_finds_what_the_file_alone_cannot_show(run, db, tmp_path):
    """The last row taken off, and everything set back: as if it had never been."""
    before = db.read_bytes()
    with open_store(db, demo.SYSTEM) as store:
        journal.add_task(store, None, "Ring")
    elsewhere = tmp_path / "elsewhere.heads"
    elsewhere.write_text(run(db, "history", "head").stdout)
    end = ends(db)
    for beside in ("-wal", "-shm"):
        db.with_name(db.name + beside).unlink(missing_ok=True)
    db.write_bytes(before)

    alone = run(db, "history", "verify")
    by_file = run(db, "history", "verify", "--heads", str(elsewhere))
    by_line = run(db, "--lang", "en", "history", "verify", "--head", f"{end.id}:{end.link}")

    assert alone.exit_code == 0
    assert (by_file.exit_code, by_line.exit_code) == (1, 1)
    assert re.search(rf"Række {end.id}: er væk, men et vidne fra .+ kender den\.", by_file.stdout)
    assert f"Row {end.id}: is gone, but a head of – knows it." in by_line.stdout


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--head", "7"], "”7” kan ikke læses som et vidne."),
        (["--heads", "nowhere.heads"], "Filen nowhere.heads med vidner"),
        (["--heads", "wrong.heads"], "”wrong.heads:2” kan ikke læses som et vidne."),
    ],
)
def test_a_head_that_cannot_be_read_is_refused(run, db, tmp_path, monkeypatch, args, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.heads").write_text("# hej\nhej\n")

    result = run(db, "history", "verify", *args)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(sentence)


def test_the_name_of_a_municipality_is_enough(run, db):
    with open_store(db, read_only=True) as store:
        code = str(store.rows("enrolment")[0]["municipality_id"])

    plain, named = run(db, "history", code), run(db, "history", "of", code)

    assert (plain.exit_code, plain.stdout) == (0, named.stdout)
    assert run(db, "history", "--limit", "1", code).stdout == plain.stdout.splitlines(True)[0]
    assert "verify" in run(db, "history", "--help").stdout
    assert run(db, "history").exit_code == 2
