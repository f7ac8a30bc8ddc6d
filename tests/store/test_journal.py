"""Notes and tasks: what is written, corrected and refused."""

from datetime import date, timedelta

import pytest

from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import journal

DAY = date(2025, 3, 13)
TOMORROW = DAY + timedelta(days=1)


def refused(key, call):
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.key == key


def test_a_note_is_kept_as_it_was_written(facts, case, written):
    with written(facts) as changes:
        note_id = journal.add_note(
            facts, case, "  Ringede.\n\nAftalte møde  ", kind="phone", noted_on=DAY
        )

    row = facts.get("note", note_id)
    assert (row["text"], row["kind"], row["noted_on"]) == (
        "Ringede.\n\nAftalte møde",
        "phone",
        "2025-03-13",
    )
    assert changes == [("note.add", "note", "insert", row)]


def test_a_correction_keeps_what_was_said_before(facts, case, written):
    note_id = journal.add_note(facts, case, "Ringede", kind="phone", noted_on=DAY)
    with written(facts) as changes:
        journal.edit_note(facts, note_id, "Mødtes", kind="meeting", noted_on=DAY, version=1)

    assert changes == [
        ("note.edit", "note", "update", {"text": "Mødtes", "kind": "meeting", "version": 2})
    ]
    assert "Ringede" in facts.rows("history", order="id DESC")[0]["before"]
    with pytest.raises(Conflict):
        journal.edit_note(facts, note_id, "Skrev", kind="mail", noted_on=DAY, version=1)


@pytest.mark.parametrize(
    ("key", "text", "kind", "noted_on"),
    [
        ("text_needed", " \n ", "note", DAY),
        ("text_too_long", "x" * 10_001, "note", DAY),
        ("note_in_future", "x", "note", TOMORROW),
        ("code_unknown", "x", "gossip", DAY),
        ("cpr_refused", "CPR 010190-1234", "note", DAY),
    ],
)
def test_a_note_is_refused_when_new_and_when_corrected(facts, case, key, text, kind, noted_on):
    note_id = journal.add_note(facts, case, "x" * 10_000, kind="note", noted_on=DAY)
    before = facts.version()

    refused(key, lambda: journal.add_note(facts, case, text, kind=kind, noted_on=noted_on))
    refused(key, lambda: journal.edit_note(facts, note_id, text, kind=kind, noted_on=noted_on))
    assert facts.version() == before


def test_a_task_is_added_ticked_off_and_opened_again(facts, case, written):
    with written(facts) as changes:
        task_id = journal.add_task(facts, case, " Send referat ", due_on=TOMORROW)
        journal.finish_task(facts, task_id, DAY, version=1)
        journal.finish_task(facts, task_id, None)

    assert [change[:3] for change in changes] == [
        ("task.add", "task", "insert"),
        ("task.done", "task", "update"),
        ("task.done", "task", "update"),
    ]
    row = facts.get("task", task_id)
    assert (row["title"], row["due_on"], row["done_on"]) == ("Send referat", "2025-03-14", None)
    with pytest.raises(Conflict):
        journal.finish_task(facts, task_id, DAY, version=1)


def test_tasks_are_refused_without_words_and_from_tomorrow(facts, case):
    refused("text_needed", lambda: journal.add_task(facts, case, " "))
    refused("text_too_long", lambda: journal.add_task(facts, case, "x" * 10_001))
    refused("cpr_refused", lambda: journal.add_task(facts, case, "Ring 0101901234"))
    task_id = journal.add_task(facts, case, "Ring")
    refused("done_in_future", lambda: journal.finish_task(facts, task_id, TOMORROW))


def test_what_is_not_there_is_not_found(facts):
    for call in (
        lambda: journal.add_note(facts, 99, "x", kind="note", noted_on=DAY),
        lambda: journal.edit_note(facts, 99, "x", kind="note", noted_on=DAY),
        lambda: journal.add_task(facts, 99, "x"),
        lambda: journal.finish_task(facts, 99, DAY),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize("role", ["leadership", "partner"])
def test_only_who_follows_the_case_writes_in_it(facts, case, as_role, role):
    store = as_role(role)
    note_id = journal.add_note(facts, case, "x", kind="note", noted_on=DAY)
    task_id = journal.add_task(facts, case, "x")

    for call in (
        lambda: journal.add_note(store, case, "x", kind="note", noted_on=DAY),
        lambda: journal.edit_note(store, note_id, "y", kind="note", noted_on=DAY),
        lambda: journal.add_task(store, case, "x"),
        lambda: journal.finish_task(store, task_id, DAY),
    ):
        with pytest.raises(Forbidden):
            call()
