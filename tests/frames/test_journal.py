"""What was written, what is to be done, who to call, what changed."""

from datetime import date

import pytest

from advisory import frames
from advisory.domain.errors import NotFound
from advisory.store import decisions, enrolments, journal, people, plan

DAY = date(2025, 3, 13)


def test_notes_come_newest_first_with_their_author_and_corrections(demo_store):
    note_id = journal.add_note(demo_store, 1, "Ringede", kind="phone", noted_on=DAY, author_id=1)
    journal.edit_note(demo_store, note_id, "Mødtes", kind="meeting", noted_on=DAY)

    first = frames.notes(demo_store, 1).iloc[0]
    kept = ("note_id", "text", "kind", "author", "edits")
    assert tuple(first[list(kept)]) == (note_id, "Mødtes", "meeting", "Jonas Bruun", 1)
    days = list(frames.notes(demo_store)["noted_on"])
    assert days == sorted(days, reverse=True)


def test_tasks_are_late_from_the_day_after(demo_store):
    ids = {
        name: journal.add_task(demo_store, 1, name, due_on=due_on)
        for name, due_on in {
            "yesterday": date(2025, 3, 12),
            "today": DAY,
            "tomorrow": date(2025, 3, 14),
            "any": None,
        }.items()
    }
    ids["done"] = journal.add_task(demo_store, 1, "done", due_on=date(2025, 3, 1))
    journal.finish_task(demo_store, ids["done"], DAY)

    found = frames.tasks(demo_store, 1).set_index("task_id")
    assert {name: (found["state"][i], found["days"][i]) for name, i in ids.items()} == {
        "yesterday": ("late", 1),
        "today": ("open", 0),
        "tomorrow": ("open", 1),
        "any": ("open", 0),
        "done": ("done", 0),
    }


def test_open_tasks_come_by_date_then_those_without_one_then_the_done(facts):
    ids = [
        journal.add_task(facts, None, "x", due_on=due_on)
        for due_on in (None, date(2025, 5, 1), date(2025, 4, 1), date(2025, 4, 2))
    ]
    journal.finish_task(facts, ids[3], DAY)

    assert list(frames.tasks(facts)["task_id"]) == [ids[2], ids[1], ids[0], ids[3]]


def test_an_overdue_task_of_no_case_needs_action_too(demo_store):
    task_id = journal.add_task(
        demo_store, None, "Bestil lokale", due_on=date(2025, 3, 1), assignee_id=1
    )

    found = frames.actions(demo_store, 1).query("kind == 'task'")
    assert task_id in set(found["target_id"])


def test_a_role_holds_through_its_last_day(demo_store, clock):
    contact_id = people.add_contact(demo_store, 1, "Ane", "leder", valid_from=date(2025, 3, 10))
    people.end_contact(demo_store, contact_id, DAY)

    def current() -> bool:
        found = frames.contacts(demo_store, 1).set_index("contact_id")
        return bool(found["current"][contact_id])

    assert current()
    clock.on(date(2025, 3, 14))
    assert not current()


def test_a_contact_before_the_start_does_not_make_the_silence_longer(facts, clock):
    """`on` and `days` of an action tell the same story."""
    cohort = facts.find("cohort", code="2025-01")
    case = enrolments.create(facts, cohort["id"], 101, received_on=date(2024, 9, 1))
    decisions.decide(facts, case, "admitted", on_date=date(2024, 10, 1))
    journal.add_note(facts, case, "Ringede", kind="phone", noted_on=date(2024, 11, 1))

    silent = frames.actions(facts).query("kind == 'silent'").iloc[0]
    assert (silent["days"], silent["on"].date()) == (71, date(2025, 1, 1))


def test_a_case_that_nothing_is_known_of_yet_is_not_found(demo_store):
    with pytest.raises(NotFound):
        frames.case(demo_store, 999)
    assert frames.case(demo_store, 1)["enrolment_id"] == 1


# --- history ------------------------------------------------------------------------------------


def test_the_history_of_a_record_has_a_row_for_each_changed_field(demo_store):
    milestone = demo_store.rows("milestone", "enrolment_id = 8 AND done_on IS NULL")[-1]["id"]
    plan.move(demo_store, milestone, date(2025, 5, 2), "Ferie")

    found = frames.history(demo_store, table="milestone", row_id=milestone)
    moved = found[found["action"] == "milestone.move"]
    assert {row.field: (row.before, row.after) for row in moved.itertuples()} == {
        "override_on": (None, "2025-05-02"),
        "pinned": (0, 1),
        "override_reason": (None, "Ferie"),
    }
    assert set(moved["actor"]) == {"Jonas Bruun"}
    assert (found.iloc[-1]["change"], found.iloc[-1]["field"]) == ("created", "")


def test_the_history_of_a_case_holds_all_it_owns_newest_first(demo_store):
    found = frames.history(demo_store, 1)

    assert list(found["history_id"]) == sorted(found["history_id"], reverse=True)
    assert {"enrolment", "enrolment_status", "milestone", "note", "contact"} <= set(found["table"])
    before = len(found)
    journal.add_task(demo_store, 1, "Ring")
    journal.add_task(demo_store, 2, "Ring")
    assert len(frames.history(demo_store, 1)) == before + 1


def test_a_deleted_record_is_told_with_its_name(demo_store):
    operation = demo_store.version()
    task_id = journal.add_task(demo_store, 1, "Ring")
    demo_store.revert(demo_store.rows("history", "id > ?", [operation])[0]["operation"])

    newest = frames.history(demo_store, table="task", row_id=task_id).iloc[0]
    assert (newest["change"], newest["subject"], newest["action"]) == (
        "deleted",
        "Ring",
        "operation.revert",
    )


def test_the_history_of_a_past_day_ends_with_that_day(demo_store):
    now, past = frames.history(demo_store, 1), frames.history(demo_store.at(date(2024, 6, 1)), 1)

    assert 0 < len(past) < len(now)
    assert past["at"].max().date() <= date(2024, 6, 1)
