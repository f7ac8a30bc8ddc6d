"""doctor, backup and restore, on files that are sound and on files that are not."""

import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from advisory import frames, open_store
from advisory.store import backup, checks, demo, heads, journal, seed, sessions
from advisory.store.steps import APPEND_ONLY
from advisory.texts import translator

KEYS = [
    "sqlite", "schema", "integrity", "foreign_keys", "history", "chain", "facts", "pragmas",
    "disk", "backup", "places",
]  # fmt: skip
MONTH_AGO = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture
def real(tmp_path, data_dir):
    """A database that is not marked as demo, whose last change is a month old."""
    path = tmp_path / "real.db"
    with open_store(path, demo.SYSTEM, clock=lambda: MONTH_AGO) as store:
        seed.load_facts(store, data_dir)
    return path


def broken(answer_of, db):
    return [row["check"] for row in answer_of(db) if not row["ok"]]


@pytest.fixture
def examined(run):
    """The lines of `doctor --json`, whatever it leaves with."""

    def lines(db):
        result = run(db, "doctor", "--json")
        assert result.stderr == ""
        found = json.loads(result.stdout)
        assert result.exit_code == (0 if all(row["ok"] for row in found) else 1)
        return found

    return lines


def test_a_sound_database_passes_every_check(run, examined, db):
    said = run(db, "doctor")

    assert [row["check"] for row in examined(db)] == KEYS
    assert said.exit_code == 0
    assert len(said.stdout.splitlines()) == len(KEYS)
    assert all(line.startswith("ok ") for line in said.stdout.splitlines())


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_check_says_how_to_mend_it(language):
    text = translator(language)

    assert all(text(f"cli.mend.{key}").endswith(".") for key in KEYS)


def test_a_row_changed_around_the_store_is_found(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("UPDATE note SET text = 'rettet' WHERE id = 1")
    past_the_store.close()

    said = run(db, "doctor").stdout

    assert broken(examined, db) == ["history"]
    assert "fejl  Tabeller, der ikke svarer til deres historik: note." in said
    assert "advisory restore FIL" in said


def test_a_history_changed_around_the_store_is_found(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("DROP TRIGGER history_no_update")
        past_the_store.execute("UPDATE history SET actor = 'Lene' WHERE id IN (9, 12)")
        past_the_store.execute(APPEND_ONLY["UPDATE"])
    past_the_store.close()

    said = run(db, "doctor").stdout

    assert broken(examined, db) == ["chain"]
    assert "fejl  Historikkens kæde: 2 fund. Kør advisory history verify" in said


def test_a_broken_reference_is_found(examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("UPDATE note SET author_id = 999 WHERE id = 1")
    past_the_store.close()

    assert broken(examined, db) == ["foreign_keys", "history"]


def test_more_places_than_the_initiative_has_are_found(examined, db):
    with open_store(db, demo.SYSTEM) as store, store.write("demo.load"):
        store.update("initiative", 1, {"capacity": 3})

    assert broken(examined, db) == ["places"]


def test_a_database_of_an_older_version_is_found_and_told_how_to_mend(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("DELETE FROM _sqlite_migrations")
    past_the_store.close()

    assert broken(examined, db) == ["schema"]
    assert "Kør advisory init." in run(db, "doctor").stdout


def test_a_damaged_page_is_found(examined, db):
    open_store(db).close()
    content = bytearray(db.read_bytes())
    content[8192:12288] = bytes(4096)
    db.write_bytes(content)

    assert "integrity" in broken(examined, db)


def test_changes_older_than_a_day_need_a_backup(run, examined, real):
    assert broken(examined, real) == ["backup"]

    assert run(real, "backup").exit_code == 0

    assert broken(examined, real) == []


def test_a_backup_older_than_the_changes_does_not_count(run, examined, real):
    run(real, "backup")
    (copy,) = checks.copies_of(real)
    old = (MONTH_AGO - timedelta(days=1)).timestamp()
    os.utime(copy, (old, old))

    assert broken(examined, real) == ["backup"]


def test_a_damaged_backup_does_not_count(run, examined, real):
    run(real, "backup")
    (copy,) = checks.copies_of(real)
    copy.write_bytes(copy.read_bytes()[:20_000])

    found = {row["check"]: row for row in examined(real)}["backup"]

    assert (found["ok"], found["detail"]) == (False, f"Sikkerhedskopi: {copy.name} er beskadiget.")


def test_a_young_database_needs_no_backup_yet(run, examined, tmp_path):
    run(tmp_path / "new.db", "init")

    assert broken(examined, tmp_path / "new.db") == []


def test_a_full_disk_is_a_finding(monkeypatch, examined, db):
    monkeypatch.setattr("advisory.store.checks.FREE_SHARE", 1.01)

    assert broken(examined, db) == ["disk"]


def test_backup_beside_the_database_holds_the_same_rows(run, db):
    result = run(db, "backup")

    (copy,) = checks.copies_of(db)
    rows = sum(backup.verify(copy).values())
    assert (result.exit_code, result.stderr) == (0, "")
    assert str(copy) in result.stdout
    assert f"{rows} rækker" in result.stdout.replace(".", "").replace("\u00a0", " ")


def test_backup_goes_where_it_is_told(run, db, tmp_path):
    (tmp_path / "safe").mkdir()

    assert run(db, "backup", str(tmp_path / "one.backup")).exit_code == 0
    assert run(db, "backup", str(tmp_path / "safe")).exit_code == 0

    assert (tmp_path / "one.backup").is_file()
    assert len(list((tmp_path / "safe").iterdir())) == 1


def test_backup_keeps_a_witness_of_the_history(run, db):
    run(db, "backup")

    with open_store(db, read_only=True) as store:
        (kept,), _ = heads.of(db)
        assert (kept.id, kept.link) == (store.version(), heads.head(store).link)


def test_backup_is_taken_also_where_no_witness_can_be_kept(run, db, tmp_path):
    heads.beside(db).symlink_to(tmp_path / "nothing" / "x")

    result = run(db, "backup", str(tmp_path / "own.backup"))

    assert result.exit_code == 0
    assert result.stderr == f"Vidnet om historikken kunne ikke gemmes i {heads.beside(db)}.\n"


def test_restore_brings_back_what_was_and_keeps_what_is(run, db, tmp_path):
    copy = tmp_path / "own.backup"
    run(db, "backup", str(copy))
    with open_store(db) as store:
        before = frames.notes(store)
        case = int(before["enrolment_id"].iloc[0])
        journal.add_note(store, case, "Efter kopien", kind="note", noted_on=store.today())

    result = run(db, "restore", str(copy), "--yes")

    assert (result.exit_code, result.stderr) == (0, "")
    with open_store(db, read_only=True) as store:
        assert frames.notes(store).equals(before)
    aside = f"{db}.before-restore"
    assert aside in result.stdout
    with open_store(aside, read_only=True) as store:
        assert frames.notes(store)["text"].iloc[0] == "Efter kopien"


def test_nobody_is_signed_in_after_a_restore(run, db, tmp_path):
    copy = tmp_path / "own.backup"
    with open_store(db) as store:
        cookie = sessions.start(store, store.rows("app_user")[0]["id"], "password")
        run(db, "backup", str(copy))
        sessions.end(store, sessions.by_cookie(store, cookie).id)

    assert run(db, "restore", str(copy), "--yes").exit_code == 0

    with open_store(copy) as kept:
        assert sessions.by_cookie(kept, cookie) is not None, "the control: the copy has it open"
    with open_store(db) as store:
        assert sessions.by_cookie(store, cookie) is None


def test_restore_asks_before_it_replaces(run, db, tmp_path):
    copy = tmp_path / "own.backup"
    run(db, "backup", str(copy))
    before = db.read_bytes()

    no = run(db, "restore", str(copy), stdin="n\n")

    assert no.exit_code == 1
    assert no.stdout == ""
    assert no.stderr.splitlines()[-1] == "Afbrudt. Intet er ændret."
    assert db.read_bytes() == before
    assert run(db, "restore", str(copy), stdin="y\n").exit_code == 0


def test_restore_into_a_place_where_nothing_is(run, db, tmp_path):
    run(db, "backup", str(tmp_path / "own.backup"))

    result = run(tmp_path / "new" / "peers.db", "restore", str(tmp_path / "own.backup"))

    assert (result.exit_code, result.stderr) == (0, "")
    assert run(tmp_path / "new" / "peers.db", "doctor").exit_code == 0


@pytest.mark.parametrize("damage", ["cut", "flip", "words"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(run, db, tmp_path, damage):
    copy = tmp_path / "own.backup"
    run(db, "backup", str(copy))
    content = bytearray(copy.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[content.rindex(b"Sendte")] ^= 1
    else:
        content = bytearray(b"Referat" * 1000)
    copy.write_bytes(content)
    before = db.read_bytes()

    result = run(db, "restore", str(copy), "--yes")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert db.read_bytes() == before


def test_restore_refuses_while_somebody_has_the_database_open(run, db, tmp_path):
    copy = tmp_path / "own.backup"
    run(db, "backup", str(copy))

    with open_store(db) as store:
        store.version()
        result = run(db, "restore", str(copy), "--yes")

    assert result.exit_code == 1
    assert result.stderr == f"Databasen {db} er i brug. Stop serveren, og prøv igen.\n"


def test_a_damaged_database_can_be_replaced_by_its_backup(run, db, tmp_path):
    copy = tmp_path / "own.backup"
    run(db, "backup", str(copy))
    db.write_bytes(b"not a database any more" * 500)

    result = run(db, "restore", str(copy), "--yes")

    assert (result.exit_code, result.stderr) == (0, "")
    assert run(db, "doctor").exit_code == 0
