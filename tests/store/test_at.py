"""The past is the history rebuilt: every day reads as it was known at its end."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisory.domain.errors import Refused
from advisory.store import Store, demo, enrolments, journal, open_store, plan
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences, rebuild

TODAY = date(2025, 3, 13)
TITLES = ["Ring", "Blåbærgrød 'æøå' \"x\"", '{"a": 1}', "null", "0042", "😀\n\t"]
BLANK = dict.fromkeys(("enrolment_id", "due_on", "assignee_id", "done_on", "note_id"))


def snapshot(store: Store) -> dict[str, list[dict]]:
    with store.trusted():
        return {name: store.rows(name) for name in tables(store.db)}


def test_rebuilt_to_now_the_invented_data_is_the_live_data(demo_store):
    past = rebuild(demo_store.path, demo_store.db, HEAD)

    for name, live in snapshot(demo_store).items():
        assert list(past.table(name).rows_where(order_by="id")) == live
    assert differences(demo_store.db, demo_store.path, HEAD) == []


def test_control_a_row_changed_without_history_is_a_difference(demo_store):
    demo_store.db.execute("UPDATE note SET kind = 'mail' WHERE id = 1")
    demo_store.db.execute("DELETE FROM task WHERE id = 1")
    demo_store.db.conn.commit()

    assert differences(demo_store.db, demo_store.path, HEAD) == ["note", "task"]


def test_no_difference_is_seen_while_others_write(store, start_writers):
    writers = start_writers("tasks", store.path, 2, "150")
    writers.start()
    found = []
    while writers.process.poll() is None:
        found += differences(store.db, store.path, HEAD)
    writers.finish()

    assert found == []


def test_rebuilt_tables_have_the_definitions_and_indexes_of_the_live_ones(demo_store):
    past = demo_store.at(TODAY - timedelta(days=1))

    query = "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'milestone' ORDER BY name"
    assert past.db.execute(query).fetchall() == demo_store.db.execute(query).fetchall()


def test_random_changes_on_any_day_can_be_seen_again_on_every_day(tmp_path, draw):
    """A plain dictionary is told the same changes and copied each evening."""
    now = datetime(2025, 1, 1, 8, tzinfo=UTC)
    evenings: dict[date, dict[int, dict]] = {}
    with open_store(tmp_path / "peers.db", demo.SYSTEM, clock=lambda: now) as store:
        rows: dict[int, dict] = {}
        for _ in range(400):
            before = {key: dict(row) for key, row in rows.items()}
            with store.write("task.edit"):
                operation = store.operation
                for _ in range(draw.randint(1, 3)):
                    _change(store, rows, draw)
            if rows != before and draw.random() < 0.15:
                store.revert(operation)
                _as_reverted(store, rows, before)
            assert {row["id"]: row for row in store.rows("task")} == rows
            evenings[store.today()] = {key: dict(row) for key, row in rows.items()}
            now += timedelta(minutes=draw.choice([0, 1, 90, 600, 2000]))
        now += timedelta(days=2)
        day, known = min(evenings), {}
        while day < store.today():
            known = evenings.get(day, known)
            assert {row["id"]: row for row in store.at(day).rows("task")} == known, day
            day += timedelta(days=1)
        assert store.at(date(2024, 12, 31)).rows("task") == []


def _change(store: Store, rows: dict[int, dict], draw) -> None:
    what = draw.choice(["insert", "insert", "update", "update", "delete"])
    if what == "insert" or not rows:
        title, due_on = draw.choice(TITLES), draw.choice([None, "2025-02-02"])
        task_id = store.insert("task", {"title": title, "due_on": due_on})
        rows[task_id] = store.get("task", task_id)
    elif what == "update":
        task_id = draw.choice(sorted(rows))
        changes = {"done_on": draw.choice([None, "2025-01-09"]), "title": draw.choice("abc")}
        store.update("task", task_id, changes)
        old = rows[task_id]
        changed = any(old[key] != value for key, value in changes.items())
        rows[task_id] = {**old, **changes, "version": old["version"] + changed}
    else:
        task_id = draw.choice(sorted(rows))
        store.delete("task", task_id)
        del rows[task_id]


def _as_reverted(store: Store, rows: dict[int, dict], before: dict[int, dict]) -> None:
    """The fields are those from before; the version counts on, so it is taken from the store."""
    rows.clear()
    for task_id, row in before.items():
        rows[task_id] = {**row, "version": store.get("task", task_id)["version"]}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_comes_back_from_the_past_as_it_was(store, text):
    with store.write("task.add"):
        task_id = store.insert("task", {"title": "x" + text.replace("0", "o").replace("1", "l")})

    past = rebuild(store.path, store.db, HEAD)
    rebuilt = past.table("task").get(task_id)
    past.close()
    assert rebuilt == store.get("task", task_id)


def test_a_future_day_is_todays_data_with_a_later_today(demo_store):
    later = demo_store.at(date(2025, 12, 1))

    assert (later.today(), demo_store.today()) == (date(2025, 12, 1), TODAY)
    assert snapshot(later) == snapshot(demo_store)
    assert later.version() == demo_store.version()


def test_today_is_the_store_itself(demo_store):
    assert demo_store.at(TODAY) is demo_store


@pytest.mark.parametrize("other", [date(2024, 6, 1), date(2025, 12, 1)])
def test_from_any_day_one_can_go_on_to_any_other_and_back(demo_store, other):
    from_there = demo_store.at(other)

    for day in (date(2024, 3, 1), date(2024, 9, 1), TODAY, date(2026, 2, 1)):
        again = from_there.at(day)
        assert again.today() == day
        assert snapshot(again) == snapshot(demo_store.at(day))
    assert from_there.at(other).today() == other


def test_a_deleted_row_is_there_again_in_the_past(store, clock):
    clock.on(date(2025, 3, 1))
    task_id = journal.add_task(store, None, "Ring")
    clock.on(date(2025, 3, 5))
    with store.write("task.edit"):
        store.delete("task", task_id)
    clock.on(TODAY)

    there = {day: len(store.at(date(2025, 3, day)).rows("task")) for day in (1, 4, 5, 12)}
    assert there == {1: 1, 4: 1, 5: 0, 12: 0}
    assert store.at(date(2025, 2, 28)).rows("task") == []


def test_the_day_ends_at_midnight_in_copenhagen(store, clock):
    for hour, minute, title in ((22, 59, "still the 9th"), (23, 0, "already the 10th")):
        clock.now = datetime(2025, 3, 9, hour, minute, 59, 999_999 * (hour == 22), tzinfo=UTC)
        journal.add_task(store, None, title)
    clock.on(TODAY)

    assert [row["title"] for row in store.at(date(2025, 3, 9)).rows("task")] == ["still the 9th"]
    assert len(store.at(date(2025, 3, 10)).rows("task")) == 2


def test_the_history_of_the_past_ends_with_the_day(demo_store):
    past = demo_store.at(date(2024, 6, 1))

    assert past.version() == len(past.rows("history")) < demo_store.version()
    assert max(row["at"] for row in past.rows("history")) < "2024-06-01T22:00"


def test_the_first_day_is_that_of_the_first_record(demo_store, store):
    assert (demo_store.first_day(), store.first_day()) == (demo.FIRST_DAY, None)


def test_a_day_is_rebuilt_once(demo_store):
    day = date(2024, 6, 1)
    first = demo_store.at(day)

    assert demo_store.at(day).db is first.db
    journal.add_task(demo_store, None, "Today changes nothing in the past")
    assert demo_store.at(day).db is first.db
    assert demo_store.at(date(2024, 6, 2)).db is not first.db


def test_what_is_recorded_later_with_an_earlier_clock_is_seen_in_the_past(store, clock):
    """As when the clock of the machine is set right."""
    clock.on(date(2025, 3, 10), 12)
    journal.add_task(store, None, "first")
    clock.on(TODAY)
    assert len(store.at(date(2025, 3, 10)).rows("task")) == 1
    clock.on(date(2025, 3, 10), 11)
    journal.add_task(store, None, "second")
    clock.on(TODAY)

    assert len(store.at(date(2025, 3, 10)).rows("task")) == 2


@pytest.mark.parametrize("day", [date(2024, 6, 1), date(2025, 12, 1)])
def test_verbs_refuse_on_another_date(demo_store, day):
    other = demo_store.at(day)
    milestone = other.rows("milestone")[0]
    before = demo_store.version()

    for verb in (
        lambda: plan.mark_done(other, milestone["id"], day),
        lambda: plan.move(other, milestone["id"], day, "reason"),
        lambda: journal.add_note(other, 1, "x", kind="note", noted_on=day),
        lambda: enrolments.edit(other, 1, {"goal": "x"}),
        lambda: other.revert(demo_store.rows("history", order="id DESC")[0]["operation"]),
    ):
        with pytest.raises(Refused, match="read_only_date"):
            verb()
    assert demo_store.version() == before


def test_closing_a_store_of_another_date_leaves_the_first_open(demo_store):
    demo_store.at(date(2024, 6, 1)).close()
    demo_store.at(date(2025, 12, 1)).close()

    assert demo_store.version() > 0
    assert demo_store.at(date(2024, 6, 1)).version() > 0


def test_a_hundred_thousand_changes_are_rebuilt(store, clock):
    """20,000 tasks with five versions each, one version a day."""

    def record(task_id: int, version: int) -> str:
        row = {"id": task_id, "version": version, "title": f"{task_id}-{version}"}
        return json.dumps(row | BLANK)

    def changes():
        for version in range(1, 6):
            for task_id in range(1, 20_001):
                before = record(task_id, version - 1) if version > 1 else None
                at = f"2025-03-0{version}T09:00:00.000000+00:00"
                yield at, str(version), task_id, before, record(task_id, version)

    store.db.execute("BEGIN")
    store.db.conn.executemany(
        "INSERT INTO history"
        " (at, actor, role, action, operation, table_name, row_id, before, after)"
        " VALUES (?, 'x', 'system', 'task.add', ?, 'task', ?, ?, ?)",
        changes(),
    )
    store.db.execute(
        "INSERT INTO task (id, version, title)"
        " SELECT row_id, 5, row_id || '-5' FROM history WHERE operation = '5'"
    )
    store.db.execute("COMMIT")

    assert differences(store.db, store.path, HEAD) == []
    for day in (1, 3, 5):
        query = "SELECT count(*), min(version), max(version) FROM task"
        past = store.at(date(2025, 3, day))
        assert past.db.execute(query).fetchone() == (20_000, day, day)
        assert past.get("task", 777)["title"] == f"777-{day}"
