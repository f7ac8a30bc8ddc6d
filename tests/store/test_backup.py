"""A copy is whole or it is refused; what is restored is what was copied."""

import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from advisory.domain.errors import AdvisoryError, NotFound, Refused
from advisory.store import backup, demo, journal, open_store
from advisory.store.connection import tables

FLIPS = 100


def contents(path: Path) -> dict[str, list[dict]]:
    with open_store(path, demo.SYSTEM, read_only=True) as store:
        return {name: store.rows(name) for name in [*tables(store.db), "history"]}


@pytest.fixture
def copy(demo_store, tmp_path) -> Path:
    """A backup of the invented data."""
    return backup.copy_to(demo_store.db, tmp_path / "copies" / "one.db")


def test_a_copy_holds_everything(demo_store, copy):
    assert contents(copy) == contents(demo_store.path)
    assert backup.verify(copy) == {
        name: demo_store.db.table(name).count for name in tables(demo_store.db)
    }
    assert [file.name for file in copy.parent.iterdir()] == ["one.db"]


def test_an_older_copy_is_never_written_over(demo_store, copy):
    before = copy.read_bytes()

    with pytest.raises(Refused, match="backup_exists"):
        backup.copy_to(demo_store.db, copy)
    assert copy.read_bytes() == before


def test_every_copy_taken_while_others_write_is_whole(store, start_writers, tmp_path):
    writers = start_writers("tasks", store.path, 2, "1000000")
    writers.start()
    taken = []
    while len(set(taken)) < 5:  # until the writers have come further four times
        target = tmp_path / "copies" / f"{len(taken)}.db"
        taken.append(backup.verify(backup.copy_to(store.db, target))["task"])
    writers.kill()

    assert taken == sorted(taken)
    assert taken[-1] <= len(store.rows("task"))


def test_a_changed_letter_in_the_definition_of_a_table_is_noticed(copy):
    whole = copy.read_bytes()
    table = whole.index(b"CREATE TABLE initiative")
    letter = whole.index(b"version", table) + 3
    copy.write_bytes(whole[:letter] + b"c" + whole[letter + 1 :])

    with pytest.raises(Refused) as refused:
        backup.verify(copy)

    assert (refused.value.key, refused.value.values["detail"]) == ("backup_damaged", "initiative")


@pytest.mark.parametrize("bit", [8, 32, 64, 128])
def test_a_header_of_an_unknown_format_is_refused_in_words(copy, bit):
    whole = bytearray(copy.read_bytes())
    whole[47] ^= bit  # the schema format number (sqlite.org/fileformat.html, 1.3.8)
    copy.write_bytes(whole)

    with pytest.raises(Refused) as refused:
        backup.verify(copy)

    assert refused.value.key in ("backup_damaged", "database_unreadable")


def test_a_single_flipped_byte_is_noticed_or_harmless(copy, tmp_path, draw):
    """Verified: the tables are what was copied. Otherwise a refusal, never another error."""
    whole, sound = copy.read_bytes(), contents(copy)
    del sound["history"]
    refused = 0
    for number in range(FLIPS):
        place = draw.randrange(100) if number % 10 == 0 else draw.randrange(len(whole))
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path = tmp_path / f"damaged-{number}.db"
        path.write_bytes(damaged)
        try:
            backup.verify(path)
            with open_store(path, demo.SYSTEM) as store:
                found = {name: store.rows(name) for name in tables(store.db)}
            assert found == sound, f"byte {place} of {len(whole)}"
        except AdvisoryError:
            refused += 1
        for file in tmp_path.glob(f"{path.name}*"):
            file.unlink()

    print(f"{refused} of {FLIPS} refused")
    assert refused


def test_a_damaged_name_of_a_table_is_refused_in_words(copy):
    """What the engine says about it cannot be read as text."""
    whole = copy.read_bytes()
    place = whole.index(b"tablenotenote") + len("table")
    copy.write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])

    with pytest.raises(Refused):
        backup.verify(copy)


def test_control_without_the_history_a_changed_value_would_pass(copy):
    """The engine's own check does not see it."""
    db = Database(copy)
    db.execute("UPDATE note SET kind = 'mail' WHERE id = 1")
    db.conn.commit()
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()

    with pytest.raises(Refused) as refusal:
        backup.verify(copy)
    assert (refusal.value.key, refusal.value.values["detail"]) == ("backup_damaged", "note")


def test_a_copy_cut_short_is_refused(copy):
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size // 2)

    with pytest.raises(Refused, match=r"backup_damaged|database_unreadable"):
        backup.verify(copy)


def test_a_broken_reference_is_refused(copy):
    db = Database(copy)
    db.execute("PRAGMA foreign_keys=OFF")
    db.execute("UPDATE note SET enrolment_id = 999 WHERE id = 1")
    db.conn.commit()
    db.close()

    with pytest.raises(Refused, match="foreign keys"):
        backup.verify(copy)


def test_a_database_of_another_program_is_refused(demo_store, tmp_path):
    other = tmp_path / "other.db"
    db = Database(other)
    db.table("album").insert({"id": 1, "title": "x"}, pk="id")
    db.close()
    before = contents(demo_store.path)
    demo_store.close()

    for refused in (backup.verify, lambda path: backup.restore(path, demo_store.path)):
        with pytest.raises(Refused, match="not_our_database"):
            refused(other)
    assert contents(demo_store.path) == before


def test_a_missing_copy_is_not_found_and_nothing_is_moved(demo_store, tmp_path):
    before = contents(demo_store.path)
    demo_store.close()

    with pytest.raises(NotFound, match="database_missing"):
        backup.restore(tmp_path / "no.db", demo_store.path)
    assert contents(demo_store.path) == before


# --- restoring ----------------------------------------------------------------------------------


def test_restoring_puts_the_copy_in_place_and_keeps_what_stood(demo_store, copy):
    saved = contents(copy)
    journal.add_task(demo_store, None, "Written after the copy")
    later, path = contents(demo_store.path), demo_store.path
    demo_store.close()

    counts = backup.restore(copy, path)

    assert contents(path) == saved
    assert counts == {name: len(saved[name]) for name in counts}
    assert contents(path.with_name("demo.db.before-restore")) == later
    with open_store(path, demo.SYSTEM) as store:
        journal.add_task(store, None, "Goes on")


def test_restoring_to_an_empty_place_gives_a_database_that_opens(copy, tmp_path):
    target = tmp_path / "new machine" / "peers.db"

    backup.restore(copy, target)

    assert contents(target) == contents(copy)


def test_a_database_in_use_by_another_process_is_not_replaced(demo_store, copy, start_writers):
    path = demo_store.path
    demo_store.close()
    before = contents(path)
    writers = start_writers("holds", path)

    with pytest.raises(Refused, match="database_in_use"):
        backup.restore(copy, path)
    assert contents(path) == before
    writers.kill()

    backup.restore(copy, path)
    assert contents(path) == contents(copy)


def test_a_past_looked_at_earlier_does_not_keep_the_file_in_use(demo_store, copy):
    demo_store.at(demo.FIRST_DAY)
    demo_store.close()

    backup.restore(copy, demo_store.path)

    assert contents(demo_store.path) == contents(copy)


def test_a_damaged_database_can_be_replaced(demo_store, copy):
    """What restoring is for; the damaged file is kept beside it."""
    path = demo_store.path
    demo_store.close()
    damaged = b"\0" * 4096 + path.read_bytes()[4096:]
    path.write_bytes(damaged)

    backup.restore(copy, path)

    assert contents(path) == contents(copy)
    assert path.with_name("demo.db.before-restore").read_bytes() == damaged


def test_restoring_twice_keeps_both_that_stood_before(demo_store, copy, tmp_path):
    path = demo_store.path
    journal.add_task(demo_store, None, "The only place this is written")
    demo_store.close()

    backup.restore(copy, path)
    backup.restore(copy, path)

    kept = [file for file in path.parent.glob("demo.db.before-restore*") if file.is_file()]
    tasks = [row["title"] for file in kept for row in contents(file)["task"]]
    assert "The only place this is written" in tasks


def test_a_left_over_log_of_the_old_file_does_not_reach_the_restored_one(
    demo_store, copy, tmp_path
):
    """The database was deleted by hand while its write-ahead log stayed."""
    path = tmp_path / "gone.db"
    for end in ("", "-wal", "-shm"):
        if Path(f"{demo_store.path}{end}").exists():
            shutil.copyfile(f"{demo_store.path}{end}", f"{path}{end}")
    journal.add_task(demo_store, None, "In the log")
    shutil.copyfile(f"{demo_store.path}-wal", f"{path}-wal")
    path.unlink(missing_ok=True)

    backup.restore(copy, path)

    assert contents(path) == contents(copy)
    with open_store(path, demo.SYSTEM) as store:
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert backup.verify(path)


# --- where nothing may be written ---------------------------------------------------------------

AS_NOBODY = """
import os, sys
from pathlib import Path
from advisory.domain.errors import AdvisoryError
from advisory.store import backup, demo, journal, open_store
path, copy = Path(sys.argv[1]), Path(sys.argv[2])
open_store(copy, read_only=True).close()
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
for name, step in {
    "write": lambda: open_store(path, demo.SYSTEM).close(),
    "read": lambda: print(len(open_store(path, read_only=True).rows("municipality"))),
    "verb": lambda: journal.add_task(open_store(path, demo.SYSTEM, read_only=True), None, "x"),
    "copy": lambda: backup.copy_to(open_store(copy, read_only=True).db, path.with_name("c.db")),
}.items():
    try:
        step()
        print(name, "done")
    except AdvisoryError as error:
        print(name, error.key)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_read_only_folder_can_be_read_and_refuses_clearly(demo_path, subprocess_env):
    folder = Path(tempfile.mkdtemp())
    try:
        locked, copy = folder / "locked" / "peers.db", folder / "peers.db"
        locked.parent.mkdir()
        for path in (locked, copy):
            shutil.copyfile(demo_path, path)
            path.chmod(0o444)
        folder.chmod(0o755)
        locked.parent.chmod(0o555)
        command = [sys.executable, "-c", AS_NOBODY, str(locked), str(copy)]
        said = subprocess.run(
            command, capture_output=True, text=True, env=subprocess_env, timeout=60
        )
        assert said.stderr == ""
        assert said.stdout.splitlines() == [
            "write database_read_only",
            "98",
            "read done",
            "verb database_read_only",
            "copy backup_unwritable",
        ]
    finally:
        locked.parent.chmod(stat.S_IRWXU)
        shutil.rmtree(folder)


@pytest.fixture
def nearly_full_disk():
    """`with nearly_full_disk():` no file can grow beyond 200 kB, as when the disk runs full."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")

    @contextmanager
    def limited():
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


def test_a_copy_that_finds_no_room_is_refused_and_leaves_nothing(
    demo_store, tmp_path, nearly_full_disk
):
    with nearly_full_disk(), pytest.raises(AdvisoryError):
        backup.copy_to(demo_store.db, tmp_path / "copies" / "one.db")

    assert list((tmp_path / "copies").iterdir()) == []


def test_restoring_that_finds_no_room_leaves_what_stood_in_its_place(
    demo_store, copy, nearly_full_disk
):
    path = demo_store.path
    journal.add_task(demo_store, None, "Written after the copy")
    demo_store.close()
    before = contents(path)

    with nearly_full_disk(), pytest.raises(AdvisoryError):
        backup.restore(copy, path)

    assert contents(path) == before


def test_a_full_disk_is_told_and_loses_nothing(store):
    """The engine is told how large the file may get, which fails the way a full disk does."""
    kept = journal.add_task(store, None, "kept")
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        for _ in range(100):
            journal.add_task(store, None, "x" * 5000)

    with pytest.raises(Refused, match="disk_full"):
        fill()

    written = len(store.rows("task"))
    store.db.execute("PRAGMA max_page_count=1000000")
    journal.add_task(store, None, "after space was made")
    assert store.get("task", kept)["title"] == "kept"
    assert len(store.rows("task")) == written + 1
