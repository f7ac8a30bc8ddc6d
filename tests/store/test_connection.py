"""No unsafe SQLite, the settings every connection needs, and what the engine reports in words."""

import pytest
from sqlite_utils.utils import sqlite3

from advisory.domain.errors import NotFound, Refused
from advisory.store import connection, demo, open_store


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 7), True),
        ((3, 45, 0), False),
        ((3, 45, 6), False),
        ((3, 49, 9), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_only_a_sqlite_without_the_wal_reset_bug_is_safe(version, safe):
    assert connection.is_safe(version) is safe


def test_an_unsafe_sqlite_is_refused_before_the_file_is_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(connection.sqlite3, "sqlite_version_info", (3, 51, 2))

    with pytest.raises(Refused, match="sqlite_unsafe"):
        open_store(tmp_path / "peers.db")
    assert not (tmp_path / "peers.db").exists()


@pytest.mark.parametrize("read_only", [False, True])
def test_every_connection_has_the_settings_it_needs(store, read_only):
    db = connection.connect(store.path, read_only=read_only)
    settings = {
        name: db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in (
            "journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout",
            "trusted_schema", "cell_size_check", "recursive_triggers",
        )
    }  # fmt: skip
    db.close()

    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 5000,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "recursive_triggers": 1,
    }


@pytest.mark.parametrize("secure", [True, False], ids=["as we open it", "control: off"])
def test_a_deleted_name_is_gone_from_the_file(tmp_path, secure):
    """In a table without history, as after an erasure: the bytes themselves are overwritten."""
    canary = b"Kanariefugl-Kirsebaerhave"
    path = tmp_path / "erased.db"
    db = connection.connect(path)
    if not secure:
        db.execute("PRAGMA secure_delete=OFF")
    db.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)")
    for name in ("Ane", canary.decode(), "Bo"):
        db.execute("INSERT INTO person (name) VALUES (?)", [name])
    db.conn.commit()
    db.execute("DELETE FROM person WHERE id = 2")
    db.conn.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()

    left = [file.name for file in tmp_path.iterdir() if canary in file.read_bytes()]
    assert left == ([] if secure else ["erased.db"])


def test_a_file_that_is_no_database_is_unreadable(tmp_path):
    path = tmp_path / "peers.db"
    path.write_bytes(b"Kommune;Status\n" * 100)

    for read_only in (False, True):
        with pytest.raises(Refused, match="database_unreadable"):
            open_store(path, read_only=read_only)
    assert path.read_bytes() == b"Kommune;Status\n" * 100


def test_a_missing_file_is_only_made_for_someone_who_may_write(tmp_path):
    with pytest.raises(NotFound, match="database_missing"):
        open_store(tmp_path / "peers.db", read_only=True)

    assert list(tmp_path.iterdir()) == []


def test_a_name_with_signs_of_an_address_is_just_a_name(tmp_path):
    path = tmp_path / "50% æøå #1?mode=ro" / "peers & co.db"

    with open_store(path, demo.SYSTEM) as store, store.write("task.add"):
        store.insert("task", {"title": "x"})

    with open_store(path, read_only=True) as reader:
        assert [row["title"] for row in reader.rows("task")] == ["x"]


def test_a_locked_database_is_busy_and_says_so(store, as_role, monkeypatch):
    other = as_role("office")
    other.db.execute("PRAGMA busy_timeout=50")

    with (
        store.write("task.add"),
        pytest.raises(Refused, match="database_busy"),
        other.write("task.add"),
    ):
        pass


def test_what_is_a_defect_of_ours_is_not_explained_away(store):
    """Only what the disk and the engine report has a sentence; a wrong query is a defect."""
    with pytest.raises(sqlite3.Error), store.write("task.add"):
        store.db.execute("SELECT * FROM nothing")
    with pytest.raises(sqlite3.Error), store.write("task.add"):
        store.insert("task", {"title": object()})
