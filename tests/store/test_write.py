"""One decision: who may, all or nothing, one history row per changed row."""

import json
from datetime import date

import pytest

from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import Store, journal

CPR = "Hun hedder Ane, 010190-1234"


def task(title="Ring til kommunen"):
    return {"title": title}


def add_and_fail(store, error=ZeroDivisionError, title="dropped"):
    with store.write("task.add"):
        store.insert("task", task(title))
        raise error


def test_a_role_that_may_not_writes_nothing(store, as_role):
    leadership = as_role("leadership")

    with pytest.raises(Forbidden) as refusal, leadership.write("task.add"):
        leadership.insert("task", task())

    assert refusal.value.values == {"action": "task.add", "role": "leadership"}
    assert (store.rows("task"), store.version()) == ([], 0)


def test_an_action_nobody_has_heard_of_is_forbidden_to_the_system_too(store):
    with pytest.raises(Forbidden), store.write("task.invent"):
        pass


def test_an_error_leaves_neither_record_nor_history(store):
    with pytest.raises(ZeroDivisionError):
        add_and_fail(store)

    assert (store.rows("task"), store.rows("history"), store.version()) == ([], [], 0)
    with store.write("task.add"):
        store.insert("task", task())
    assert len(store.rows("task")) == 1


def test_an_interrupt_leaves_nothing_either(store):
    with pytest.raises(KeyboardInterrupt):
        add_and_fail(store, KeyboardInterrupt)

    assert store.version() == 0


def test_a_verb_inside_a_verb_joins_the_operation_under_its_own_action(store):
    with store.write("task.add"):
        operation = store.operation
        store.insert("task", task("first"))
        with store.write("task.done"):
            store.insert("task", task("second"))

    assert [(row["action"], row["operation"]) for row in store.rows("history")] == [
        ("task.add", operation),
        ("task.done", operation),
    ]


def test_an_inner_verb_that_fails_and_is_caught_takes_only_its_own_back(store):
    with store.write("task.add"):
        store.insert("task", task("kept"))
        with pytest.raises(ZeroDivisionError):
            add_and_fail(store)

    assert [row["title"] for row in store.rows("task")] == ["kept"]
    assert len(store.rows("history")) == 1


def test_an_inner_verb_asks_for_its_own_role(store, as_role):
    office = as_role("office")

    def load_inside() -> None:
        with office.write("task.add"):
            office.insert("task", task())
            with office.write("facts.load"):
                office.insert("task", task())

    with pytest.raises(Forbidden):
        load_inside()

    assert store.version() == 0


def test_each_changed_row_gives_one_history_row_with_the_record_before_and_after(store, clock):
    with store.write("task.add"):
        task_id = store.insert("task", task())
    clock.tick(hours=1)
    with store.write("task.edit"):
        after = store.update("task", task_id, {"title": "Skriv til kommunen"})
    with store.write("task.edit"):
        store.delete("task", task_id)

    first = {**after, "title": "Ring til kommunen", "version": 1}
    rows = store.rows("history")
    sides = [[json.loads(row[side] or "{}") for side in ("before", "after")] for row in rows]
    assert [(row["at"], row["action"], *both) for row, both in zip(rows, sides)] == [
        ("2025-03-13T09:00:00.000000+00:00", "task.add", {}, first),
        ("2025-03-13T10:00:00.000000+00:00", "task.edit", first, after),
        ("2025-03-13T10:00:00.000000+00:00", "task.edit", after, {}),
    ]
    who = {(row["actor"], row["role"], row["table_name"], row["row_id"]) for row in rows}
    assert who == {("System", "system", "task", task_id)}


def test_an_operation_has_one_instant_so_that_midnight_cannot_split_it(store, clock):
    with store.write("task.add"):
        store.insert("task", task("before midnight"))
        clock.tick(hours=24)
        store.insert("task", task("after midnight"))

    assert len({row["at"] for row in store.rows("history")}) == 1


def test_an_update_that_changes_nothing_writes_nothing(store):
    with store.write("task.add"):
        task_id = store.insert("task", task())
    with store.write("task.edit"):
        same = store.update("task", task_id, task())

    assert (same["version"], store.version()) == (1, 1)


def test_only_the_changed_fields_count_as_an_update(store):
    with store.write("task.add"):
        task_id = store.insert("task", task())
    with store.write("task.edit"):
        after = store.update("task", task_id, {**task(), "due_on": "2025-04-01"})

    assert after == store.get("task", task_id)
    assert (after["due_on"], after["version"]) == ("2025-04-01", 2)


@pytest.mark.parametrize("day", [date(2025, 3, 12), date(2025, 3, 14)])
def test_a_store_of_another_date_refuses_every_change(facts, day):
    other = facts.at(day)

    with pytest.raises(Refused) as refusal:
        journal.add_task(other, None, "Ring")

    assert (refusal.value.key, refusal.value.values) == ("read_only_date", {"date": day})


def test_a_read_only_store_refuses_every_change(store):
    from_notebook = Store(store.db, store.path, store.actor, store.now, read_only=True)

    with pytest.raises(Refused, match="database_read_only"):
        journal.add_task(from_notebook, None, "Ring")


@pytest.mark.parametrize("column", ["title", "due_on"])
def test_a_cpr_number_is_refused_in_any_text_of_a_new_row(store, column):
    with pytest.raises(Refused, match="cpr_refused"), store.write("task.add"):
        store.insert("task", {**task(), column: CPR})

    assert store.version() == 0


def test_a_cpr_number_is_refused_in_a_change(store):
    with store.write("task.add"):
        task_id = store.insert("task", task())

    with pytest.raises(Refused, match="cpr_refused") as refusal, store.write("task.edit"):
        store.update("task", task_id, {"title": CPR})

    assert "0101" not in str(refusal.value)
    assert store.get("task", task_id)["title"] == "Ring til kommunen"


def test_a_row_that_is_not_there_is_not_found(store):
    with store.write("task.edit"):
        for change in (lambda: store.update("task", 7, {}), lambda: store.delete("task", 7)):
            with pytest.raises(NotFound, match="not_found table=task row_id=7"):
                change()


def test_a_change_outside_write_is_a_defect_that_touches_nothing(store, as_role):
    with store.write("task.add"):
        task_id = store.insert("task", task())

    for change in (
        lambda: store.insert("task", task()),
        lambda: store.update("task", task_id, {"title": "x"}),
        lambda: store.delete("task", task_id),
    ):
        with pytest.raises(RuntimeError, match="outside"):
            change()
    assert [row["title"] for row in store.rows("task")] == ["Ring til kommunen"]
    assert not store.db.conn.in_transaction
    assert journal.add_task(as_role("office"), None, "Nobody waits for a lock")


def test_a_broken_rule_of_the_tables_is_a_defect_and_not_an_unreadable_database(store):
    """A refusal has a sentence; a constraint that fails means that a verb forgot a rule."""
    with pytest.raises(Exception, match="NOT NULL") as error, store.write("task.add"):
        store.insert("task", {"title": None})

    assert not isinstance(error.value, Refused)


def test_the_history_can_be_neither_changed_nor_shortened(store):
    with store.write("task.add"):
        store.insert("task", task())

    for change in ("UPDATE history SET actor = 'x'", "DELETE FROM history"):
        with pytest.raises(Exception, match="append-only"):
            store.db.execute(change)
        store.db.rollback()


# --- two people, one row ------------------------------------------------------------------------


@pytest.fixture
def saved_by_another(store, as_role):
    """A task both have open at version 1, that another has saved since."""
    with store.write("task.add"):
        task_id = store.insert("task", {**task(), "due_on": "2025-04-01"})
    other = as_role("office")
    with other.write("task.edit"):
        other.update("task", task_id, {"title": "Theirs"}, version=1)
    return task_id


def test_who_saves_second_keeps_what_they_typed_and_sees_both_versions(store, saved_by_another):
    with pytest.raises(Conflict) as conflict, store.write("task.edit"):
        store.update("task", saved_by_another, {"title": "Mine"}, version=1)

    found = conflict.value
    assert (found.key, found.table, found.row_id) == ("conflict", "task", saved_by_another)
    assert found.changes == {"title": "Mine"}
    assert (found.base["title"], found.base["version"]) == ("Ring til kommunen", 1)
    assert (found.current["title"], found.current["version"]) == ("Theirs", 2)
    assert store.get("task", saved_by_another)["title"] == "Theirs"
    assert "Mine" not in str(found)


def test_saving_again_on_what_stands_goes_through(store, saved_by_another):
    with store.write("task.edit"):
        after = store.update("task", saved_by_another, {"title": "Mine"}, version=2)

    assert (after["title"], after["version"]) == ("Mine", 3)


def test_a_record_never_gets_the_id_of_one_that_was_deleted(store, as_role):
    """Or an open form of the deleted one would be saved over its successor, version and all."""
    with store.write("task.add"):
        first = store.insert("task", task("deleted"))
    with store.write("task.edit"):
        store.delete("task", first)
    with store.write("task.add"):
        second = store.insert("task", task("another"))

    assert second != first
    with pytest.raises(NotFound), store.write("task.edit"):
        store.update("task", first, {"title": "typed for the first"}, version=1)


def test_control_without_a_version_the_other_is_overwritten(store, saved_by_another):
    with store.write("task.edit"):
        store.update("task", saved_by_another, {"title": "Mine"})

    assert store.get("task", saved_by_another)["title"] == "Mine"


def save(editor: Store, seen: dict, title: str) -> tuple[Conflict | None, dict | None]:
    """The conflict, or the row as it was saved."""
    try:
        with editor.write("task.edit"):
            return None, editor.update("task", seen["id"], task(title), version=seen["version"])
    except Conflict as conflict:
        return conflict, None


def test_in_a_thousand_interleavings_nobody_overwrites_unseen(store, as_role, draw):
    """Two editors save what they last read, in random order; whoever wins saw what stood."""
    with store.write("task.add"):
        task_id = store.insert("task", task("0"))
    editors = [store, as_role("office")]
    seen = [store.get("task", task_id)] * 2
    refused = 0
    for number in range(1000):
        who = draw.randrange(2)
        if draw.random() < 0.4:
            seen[who] = editors[who].get("task", task_id)
            continue
        stood = editors[1 - who].get("task", task_id)
        conflict, after = save(editors[who], seen[who], f"{who}-{number}")
        if conflict:
            refused += 1
            assert (conflict.base, conflict.current) == (seen[who], stood)
        else:
            assert seen[who]["version"] == stood["version"]
            seen[who] = after

    assert refused > 50


def test_decisions_together_are_operations_of_their_own_and_stand_or_fall_alone(store, as_role):
    with store.together():
        journal.add_task(store, None, "Ring")
        with pytest.raises(Refused):
            journal.add_task(store, None, "  ")
        journal.add_task(store, None, "Skriv")
        elsewhere = as_role("office").rows("task")

    assert elsewhere == []
    assert [row["title"] for row in as_role("office").rows("task")] == ["Ring", "Skriv"]
    assert len({row["operation"] for row in store.rows("history")}) == 2


def test_decisions_together_are_all_lost_when_they_do_not_reach_the_disk(store):
    def lost():
        with store.together():
            journal.add_task(store, None, "Ring")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost()

    assert (store.rows("task"), store.version()) == ([], 0)
    assert journal.add_task(store, None, "Skriv") == 1
    assert not store.db.conn.in_transaction
