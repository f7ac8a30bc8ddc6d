"""Taking an operation back: whole, only while nothing depends on it, and as a change of its own."""

from datetime import date, timedelta

import pytest

from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Forbidden, NotFound, Refused
from advisory.store import decisions, enrolments, journal, people, plan, users
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences


def last_operation(store) -> str:
    return store.rows("history", order="id DESC")[0]["operation"]


def contents(store, *, versions: bool = True) -> dict[str, list[dict]]:
    with store.trusted():
        return {
            name: [
                {key: row[key] for key in row if versions or key != "version"}
                for row in store.rows(name)
            ]
            for name in tables(store.db)
        }


def test_an_insert_is_taken_back_by_a_delete(facts, case):
    before = contents(facts)
    journal.add_task(facts, case, "Ring")

    assert facts.revert(last_operation(facts)) == 1
    assert contents(facts) == before


def test_an_update_is_taken_back_as_a_new_version(facts, case):
    before = facts.rows("milestone")[0]
    plan.mark_done(facts, before["id"], date(2024, 3, 1))

    facts.revert(last_operation(facts))

    assert facts.get("milestone", before["id"]) == {**before, "version": 3}


def test_a_delete_is_taken_back_with_its_id_and_every_field(facts, case):
    task_id = journal.add_task(facts, case, "Ring", due_on=date(2025, 4, 1))
    before = facts.get("task", task_id)
    with facts.write("task.edit"):
        facts.delete("task", task_id)

    facts.revert(last_operation(facts))

    assert facts.get("task", task_id) == before


def test_an_operation_of_many_rows_is_taken_back_as_one(facts, make_case):
    enrolment_id = make_case(101, "2024-02", Status.WAITLISTED)
    before = contents(facts)
    decisions.decide(facts, enrolment_id, Status.OFFERED, on_date=date(2024, 1, 20))
    decisions.decide(facts, enrolment_id, Status.ADMITTED, on_date=date(2024, 1, 25))
    assert len(facts.rows("milestone")) == 18

    assert facts.revert(last_operation(facts)) == 19
    offer = facts.rows("history", "action = 'enrolment.status'")[-2]["operation"]
    assert facts.revert(offer) == 1
    assert contents(facts) == before


def test_a_row_changed_twice_in_one_operation_goes_back_to_its_start(facts):
    with facts.write("task.edit"):
        kept = facts.insert("task", {"title": "kept"})
    before = facts.get("task", kept)
    with facts.write("task.edit"):
        facts.update("task", kept, {"title": "two"})
        facts.update("task", kept, {"title": "three"})
        facts.delete("task", kept)
        new = facts.insert("task", {"title": "new"})
        facts.update("task", new, {"title": "newer"})

    assert facts.revert(last_operation(facts)) == 5
    assert [(row["id"], row["title"]) for row in facts.rows("task")] == [(kept, before["title"])]


def test_a_revert_is_in_the_history_and_can_be_reverted(facts, case):
    milestone = facts.rows("milestone")[0]["id"]
    plan.mark_done(facts, milestone, date(2024, 3, 1))

    facts.revert(last_operation(facts))
    undone = last_operation(facts)
    assert facts.rows("history", order="id DESC")[0]["action"] == "operation.revert"
    facts.revert(undone)

    assert facts.get("milestone", milestone)["done_on"] == "2024-03-01"
    assert differences(facts.db, facts.path, HEAD) == []


def test_what_has_changed_since_is_not_taken_back(facts, case, as_role):
    milestone = facts.rows("milestone")[0]["id"]
    plan.mark_done(facts, milestone, date(2024, 3, 1))
    operation = last_operation(facts)
    plan.move(as_role("office"), milestone, date(2024, 3, 8), "Ferie")
    before = contents(facts)

    with pytest.raises(Refused) as refusal:
        facts.revert(operation)

    assert (refusal.value.key, refusal.value.values) == ("revert_too_late", {"by": "Office"})
    assert contents(facts) == before


def test_one_changed_row_of_many_keeps_the_whole_operation(facts, case):
    admission = facts.rows("history", "action = 'enrolment.status'")[-1]["operation"]
    plan.mark_done(facts, facts.rows("milestone")[-1]["id"], date(2024, 3, 1))
    before = contents(facts)

    with pytest.raises(Refused, match="revert_too_late"):
        facts.revert(admission)
    assert contents(facts) == before


def test_what_others_have_built_on_since_is_not_taken_back(facts, case):
    """A note that a task points to: the note itself has not changed."""
    note_id = journal.add_note(facts, case, "Aftalt", kind="note", noted_on=facts.today())
    operation = last_operation(facts)
    journal.add_task(facts, case, "Følg op", note_id=note_id)
    before = contents(facts)

    with pytest.raises(Refused) as refusal:
        facts.revert(operation)

    assert refusal.value.key == "revert_too_late"
    assert contents(facts) == before


def test_a_name_taken_again_since_is_not_put_back(facts):
    user_id = users.add(facts, "ane@x.example", "Ane", "A", "office")
    with facts.write("user.edit"):
        facts.delete("app_user", user_id)
    operation = last_operation(facts)
    users.add(facts, "ane@x.example", "Ane Ny", "AN", "office")

    with pytest.raises(Refused, match="revert_too_late"):
        facts.revert(operation)


def test_reverting_twice_is_too_late(facts, case):
    journal.add_task(facts, case, "Ring")
    operation = last_operation(facts)
    facts.revert(operation)

    with pytest.raises(Refused, match="revert_too_late"):
        facts.revert(operation)


def test_an_unknown_operation_is_not_found(facts):
    with pytest.raises(NotFound, match="not_found"):
        facts.revert("nothing")


@pytest.mark.parametrize("role", ["leadership", "partner"])
def test_who_may_not_write_may_not_take_back(facts, case, as_role, role):
    with pytest.raises(Forbidden):
        as_role(role).revert(last_operation(facts))


def test_only_who_may_do_it_may_take_it_back(facts, case, as_role):
    """A consultant cannot admit, and so cannot take an admission or a new user back."""
    admission = last_operation(facts)
    users.add(facts, "ane@x.example", "Ane", "A", "office")
    before = contents(facts)

    for operation in (admission, last_operation(facts)):
        with pytest.raises(Forbidden):
            as_role("consultant").revert(operation)
    assert contents(facts) == before


def test_taking_a_withdrawal_back_cannot_oversell(facts, make_case):
    """The place has been given to another municipality since."""
    codes = [row["id"] for row in facts.rows("municipality")][:21]
    ids = [make_case(code, "2025-08") for code in codes[:20]]
    waiting = make_case(codes[20], "2025-08", Status.WAITLISTED)
    decisions.decide(facts, ids[0], Status.WITHDRAWN, on_date=facts.today(), reason="Trak sig")
    withdrawal = last_operation(facts)
    decisions.decide(facts, waiting, Status.OFFERED, on_date=facts.today())

    with pytest.raises(AdvisoryError):
        facts.revert(withdrawal)
    cases = enrolments.cases(facts, 1).values()
    assert capacity.held(cases, facts.today()) == 20


def test_a_contact_is_taken_back_with_the_person(facts, case):
    before = contents(facts)
    people.add_contact(facts, case, "Ane Holm", "leder", valid_from=facts.today())

    assert facts.revert(last_operation(facts)) == 2
    assert contents(facts) == before


def test_any_single_operation_of_the_invented_data_goes_back_or_is_refused(demo_store, draw):
    """Whatever happens, the tables stay what their history says."""
    operations = sorted({row["operation"] for row in demo_store.rows("history")})
    said = set()
    for operation in draw.sample(operations, 60):
        before = contents(demo_store)
        try:
            demo_store.revert(operation)
            said.add("done")
        except AdvisoryError as error:
            said.add(error.key)
            unchanged = contents(demo_store) == before
            said |= set() if unchanged else {"refused by halves"}
    assert said - {"revert_mail_sent"} == {"done", "revert_too_late", "forbidden"}
    assert differences(demo_store.db, demo_store.path, HEAD) == []
    later = demo_store.today() + timedelta(days=1)
    assert demo_store.at(later).version() == demo_store.version()
