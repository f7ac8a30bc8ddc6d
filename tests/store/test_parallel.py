"""Many processes on one file: everybody gets through, nobody oversells, one of them migrates."""

from collections import Counter
from datetime import timedelta

import pytest

from advisory.domain import capacity
from advisory.store import demo, enrolments, open_store, schema
from advisory.store.history import HEAD, differences

PROCESSES = 8
PLACES, TAKEN, APPLICANTS = 20, 17, 24


def test_eight_processes_write_at_once_and_all_succeed(store, start_writers):
    writers = start_writers("tasks", store.path, PROCESSES, "25")
    writers.start()

    said = Counter(map(tuple, writers.finish()))

    assert said == {("done", str(number)): 25 for number in range(PROCESSES)}
    titles = sorted(f"{number}-{turn}" for number in range(PROCESSES) for turn in range(25))
    assert sorted(row["title"] for row in store.rows("task")) == titles
    assert len({row["operation"] for row in store.rows("history")}) == PROCESSES * 25
    assert differences(store.db, store.path, HEAD) == []


def test_what_is_read_inside_a_write_still_holds_when_it_is_written(store, start_writers):
    with store.write("task.add"):
        store.insert("task", {"title": "0"})
    writers = start_writers("same_row", store.path, 4, "25")
    writers.start()

    assert all(words[0] == "done" for words in writers.finish())
    assert (store.get("task", 1)["title"], store.get("task", 1)["version"]) == ("100", 101)


@pytest.fixture
def nearly_full(facts, make_case):
    """20 places of which 17 are held, and 24 municipalities that have applied; closed."""
    cohort = facts.find("cohort", code="2025-08")
    codes = [row["id"] for row in facts.rows("municipality")][: TAKEN + APPLICANTS]
    for code in codes[:TAKEN]:
        make_case(code, "2025-08")
    for code in codes[TAKEN:]:
        enrolments.create(facts, cohort["id"], code, received_on=facts.today() - timedelta(days=5))
    facts.close()
    return facts.path


def held_after(path, start_writers, how: str) -> tuple[int, Counter]:
    """How many places are held when 8 processes have admitted all they could."""
    writers = start_writers("admit", path, PROCESSES, how)
    writers.start()
    said = Counter(words[0] for words in writers.finish())
    with open_store(path, demo.SYSTEM) as store:
        cases = enrolments.cases(store, 1)
        return capacity.held(cases.values(), store.today()), said


def test_eight_processes_after_the_last_three_places_take_exactly_three(nearly_full, start_writers):
    held, said = held_after(nearly_full, start_writers, "")

    assert said == {"admitted": 3, "no_place_left": APPLICANTS - 3}
    assert held == PLACES


def test_control_without_the_early_lock_it_oversells_or_fails(nearly_full, start_writers):
    held, said = held_after(nearly_full, start_writers, "deferred")

    print(held, said)
    assert held > PLACES or said["database_busy"] > 0


@pytest.mark.parametrize("processes", [4, 8, 12])
def test_processes_that_open_a_new_file_at_once_make_it_once(tmp_path, start_writers, processes):
    path = tmp_path / "new" / "peers.db"
    path.parent.mkdir()
    writers = start_writers("opens", path, processes)
    writers.start()

    said = writers.finish()

    assert [words for words in said if words[0] == "failed"] == []
    assert len(said) == 2 * processes
    with open_store(path, demo.SYSTEM) as store:
        assert store.db.table("_sqlite_migrations").count == len(schema.migrations._migrations)
        assert len(store.rows("municipality")) == 98
        assert store.version() == len(store.rows("history", "action = 'facts.load'"))
    assert not list(path.parent.glob("*.backup"))
