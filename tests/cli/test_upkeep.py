"""doctor, backup and restore, on files that are sound and on files that are not."""

import json
import os
import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from advisory import frames, open_store
from advisory.cli.upkeep import line
from advisory.store import backup, checks, demo, heads, journal, seed, sessions
from advisory.store.steps import APPEND_ONLY
from advisory.texts import translator

KEYS = [
    "sqlite", "schema", "definitions", "integrity", "foreign_keys", "history", "chain", "facts",
    "pragmas", "disk", "former", "backup", "places",
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


def said(answer_of, db):
    """What is said of each check that fails."""
    return {row["check"]: row["detail"] for row in answer_of(db) if not row["ok"]}


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
    shown = run(db, "doctor")

    assert [row["check"] for row in examined(db)] == KEYS
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) == len(KEYS)
    assert all(one.startswith("ok ") for one in shown.stdout.splitlines())


def test_a_row_changed_around_the_store_is_found(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("UPDATE note SET text = 'rettet' WHERE id = 1")
    past_the_store.close()

    shown = run(db, "doctor").stdout

    assert broken(examined, db) == ["history"]
    assert "fejl  Disse tabeller svarer ikke til deres historik: note. Nogen har" in shown
    assert "advisory restore FIL" in shown


def test_a_history_changed_around_the_store_is_found(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("DROP TRIGGER history_no_update")
        past_the_store.execute("UPDATE history SET actor = 'Lene' WHERE id IN (9, 12)")
        past_the_store.execute(APPEND_ONLY["UPDATE"])
    past_the_store.close()

    shown = run(db, "doctor").stdout

    assert broken(examined, db) == ["chain"]
    expected = "fejl  Historikkens kæde er brudt. Antal steder: 2. Kør advisory history verify"
    assert expected in shown


def test_a_broken_reference_is_found(examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("UPDATE note SET author_id = 999 WHERE id = 1")
    past_the_store.close()

    assert said(examined, db) == {
        "foreign_keys": "Henvisninger til rækker, der ikke findes: 1.",
        "history": "Disse tabeller svarer ikke til deres historik: note.",
    }


def test_more_places_than_the_initiative_has_are_found(examined, db):
    with open_store(db, demo.SYSTEM) as store, store.write("demo.load"):
        store.update("initiative", 1, {"capacity": 3})

    assert said(examined, db) == {
        "places": "Der er givet flere pladser, end indsatsen har:"
        " 17 i brug og 20 fordelt på hold af 3."
    }


def test_facts_that_are_missing_are_named(examined, tmp_path):
    open_store(tmp_path / "empty.db").close()

    found = said(examined, tmp_path / "empty.db")

    assert found["facts"] == (
        "Fakta og standarder mangler: initiative, cohort, municipality,"
        " milestone_template, audience_target, decision_letter."
    )


def test_an_engine_with_the_defect_is_told(monkeypatch, examined, db):
    monkeypatch.setattr("advisory.store.checks.is_safe", lambda version: False)

    assert list(said(examined, db)) == ["sqlite"]
    assert said(examined, db)["sqlite"].endswith("har en fejl, der kan ødelægge databasen.")


def test_settings_that_are_not_ours_are_told(monkeypatch, examined, db):
    """As of an installation whose engine does not do as it is told."""
    wanted = checks.PRAGMAS | {"synchronous": 3}
    monkeypatch.setattr("advisory.store.checks.PRAGMAS", wanted)

    assert said(examined, db) == {
        "pragmas": "Databasen er ikke åbnet med de rigtige indstillinger: journal_mode=wal,"
        " foreign_keys=1, synchronous=2, secure_delete=1, trusted_schema=0, cell_size_check=1."
    }


def test_a_table_defined_otherwise_is_no_other_version(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("CREATE INDEX own ON note (kind)")
    past_the_store.close()

    assert said(examined, db) == {
        "definitions": "Tabeller eller værn er ændret uden om programmet: own."
    }
    assert "advisory init" not in run(db, "doctor").stdout


def test_a_database_of_an_older_version_is_found_and_told_how_to_mend(run, examined, db):
    with sqlite3.connect(db) as past_the_store:
        past_the_store.execute("DELETE FROM _sqlite_migrations")
    past_the_store.close()

    assert broken(examined, db) == ["schema"]
    shown = run(db, "doctor").stdout
    assert "Tabellerne er af en anden version end programmet. Kør advisory init." in shown


def test_a_damaged_page_is_found(examined, db):
    open_store(db).close()
    content = bytearray(db.read_bytes())
    content[8192:12288] = bytes(4096)
    db.write_bytes(content)

    assert said(examined, db)["integrity"].startswith("Filen er beskadiget: ")


def test_changes_older_than_a_day_need_a_backup(run, examined, real):
    (told,) = said(examined, real).items()
    assert told[0] == "backup"
    assert re.fullmatch(r"Ingen sikkerhedskopi dækker ændringerne fra .+ og senere\.", told[1])

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

    assert said(examined, real) == {
        "backup": f"Den seneste sikkerhedskopi, {copy.name}, er beskadiget."
    }


def test_a_young_database_needs_no_backup_yet(run, examined, tmp_path):
    run(tmp_path / "new.db", "init")

    assert broken(examined, tmp_path / "new.db") == []


def test_a_full_disk_is_a_finding(monkeypatch, examined, db):
    monkeypatch.setattr("advisory.store.checks.FREE_SHARE", 1.01)

    (told,) = said(examined, db).items()
    assert told[0] == "disk"
    assert re.fullmatch(r"Disken er næsten fuld: [\d.]+ MB er fri, \d+\u00a0%\.", told[1])


@pytest.mark.parametrize(("days", "old"), [(29, False), (31, True)])
def test_a_database_put_aside_is_told_with_age_size_and_how_it_goes(run, db, days, old):
    run(db, "backup")
    (copy,) = checks.copies_of(db)
    assert run(db, "restore", str(copy), "--yes").exit_code == 0
    aside = db.with_name(f"{db.name}.before-restore")
    former = [aside, heads.beside(aside)]
    later = datetime.now(UTC) + timedelta(days=days, minutes=1)

    with open_store(db, read_only=True, clock=lambda: later) as store:
        (found,) = [check for check in checks.checks(store) if check.key == "former"]
    told = line(translator("da"), found)

    size = translator("da").number(round(sum(one.stat().st_size for one in former) / 1e6, 1))
    assert found.ok is not old
    removing = "Slet dem, når den database, der bruges nu, er i orden: rm "
    assert told["mend"] == (removing + " ".join(map(str, former)) if old else None)
    assert told["detail"] == (
        "Der ligger en tidligere database med alle dens oplysninger, som advisory restore lagde"
        f" til side. Antal: 1. Den ældste, {aside.name}, er 31 dage gammel. De fylder"
        f" {size}\u00a0MB i alt."
        if old
        else "Databaser, som advisory restore lagde til side for over 30 dage siden: ingen."
    )


def test_a_database_put_aside_keeps_no_site_from_starting(monkeypatch, run, examined, db):
    run(db, "backup")
    (copy,) = checks.copies_of(db)
    run(db, "restore", str(copy), "--yes")
    monkeypatch.setattr("advisory.store.checks.FORMER", timedelta(days=-1))

    assert broken(examined, db) == ["former"]
    assert run(db, "doctor", "--start").exit_code == 0


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
