"""What has been confirmed is on disk after `kill -9`, with its history, and nothing by halves."""

import sys
import time
from pathlib import Path

import pytest

from advisory.store import Store, demo, open_store
from advisory.store.history import HEAD, differences

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL to send")

ROUNDS = 60


def losses(store: Store, confirmed: list[list[str]]) -> list[str]:
    """What is wrong with the database, given what its writers said was done; empty is well."""
    found = [row[0] for row in store.db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += [f"foreign key {row}" for row in store.db.execute("PRAGMA foreign_key_check")]
    unlike = differences(store.db, store.path, HEAD)
    found += [f"{name} differs from its history" for name in unlike]
    people = {row["id"]: row["name"] for row in store.rows("person")}
    names = {
        ("contact", row["id"]): people.get(row["person_id"]) for row in store.rows("contact")
    } | {("note", row["id"]): row["text"] for row in store.rows("note")}
    rows_of: dict[str, list[tuple[str, int]]] = {}
    for row in store.rows("history", "action IN ('contact.add', 'note.add')"):
        rows_of.setdefault(row["operation"], []).append((row["table_name"], row["row_id"]))
    told = {key for rows in rows_of.values() for key in rows}
    for kind, row_id, name in confirmed:
        if names.get((kind, int(row_id))) != name:
            found.append(f"{kind} {name} is lost")
        if (kind, int(row_id)) not in told:
            found.append(f"{kind} {name} has no history")
    for rows in rows_of.values():
        if sorted(table for table, _ in rows) not in (["contact", "person"], ["note"]):
            found.append(f"half a command: {rows}")
    if len(people) != len(store.rows("contact")):
        found.append("a person without a role, or the other way round")
    return found


@pytest.fixture
def path(case: int, facts: Store) -> Path:
    """A database with one case, closed."""
    facts.close()
    return facts.path


@pytest.mark.timeout(240)
def test_sixty_kills_lose_nothing_that_was_confirmed(path, start_writers, draw):
    confirmed: list[list[str]] = []
    for round_number in range(ROUNDS):
        writers = start_writers("commands", path, 1 + round_number % 4)
        for _ in range(draw.randrange(12)):
            writers.read()
        time.sleep(draw.choice([0, draw.uniform(0, 0.004), draw.uniform(0, 0.1)]))
        confirmed += writers.kill()
        if round_number % 10 == 9:
            with open_store(path, demo.SYSTEM) as store:
                assert losses(store, confirmed) == []

    assert not [words for words in confirmed if words[0] == "failed"]
    assert len(confirmed) > ROUNDS
    print(f"{ROUNDS} kills, {len(confirmed)} confirmed")


@pytest.mark.parametrize(
    ("damage", "noticed"),
    [
        ("DELETE FROM note WHERE id = 1", "is lost"),
        ("DELETE FROM history WHERE table_name = 'note' AND row_id = 1", "has no history"),
        ("DELETE FROM history WHERE table_name = 'person' AND row_id = 1", "half a command"),
        ("UPDATE note SET kind = 'call' WHERE id = 1", "note differs from its history"),
        ("DELETE FROM contact WHERE id = 1", "a person without a role"),
        ("UPDATE note SET enrolment_id = 99 WHERE id = 1", "foreign key"),
    ],
)
def test_control_a_loss_made_by_hand_is_noticed(path, start_writers, damage, noticed):
    writers = start_writers("commands", path)
    while len(writers.lines) < 8:
        writers.read()
    confirmed = writers.kill()
    with open_store(path, demo.SYSTEM) as store:
        assert losses(store, confirmed) == []
        store.db.execute("DROP TRIGGER history_no_delete")
        store.db.execute("PRAGMA foreign_keys=OFF")
        store.db.execute(damage)
        store.db.conn.commit()

        assert any(noticed in loss for loss in losses(store, confirmed))
