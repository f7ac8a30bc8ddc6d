"""A contact written down in one go: a note, and a task when there is a next step."""

from datetime import date, timedelta

import pytest

from advisory import frames
from advisory.domain.errors import AdvisoryError, Forbidden, Refused
from advisory.store import journal, users
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences

DAY = date(2025, 3, 13)
TOMORROW = DAY + timedelta(days=1)
CPR = "010190-1234"


def contents(store) -> dict[str, list[dict]]:
    return {name: store.rows(name) for name in tables(store.db)}


def refusal(store, case, text="Ringede", **given) -> tuple[str, dict] | None:
    try:
        journal.register_contact(store, case, text, **{"noted_on": DAY} | given)
    except AdvisoryError as error:
        return error.key, error.values
    return None


@pytest.fixture
def author(facts) -> int:
    return users.add(facts, "ane@x.example", "Ane", "A", "consultant")


def test_a_contact_is_a_note_and_its_next_step_a_task_of_who_wrote_it(facts, case, author, written):
    with written(facts) as changes:
        note_id = journal.register_contact(
            facts,
            case,
            " Talte om roller ",
            noted_on=DAY,
            minutes=45,
            kind="phone",
            next_step=" Send skabelon ",
            next_step_by=date(2025, 3, 20),
            author_id=author,
        )

    note = {
        "id": note_id,
        "version": 1,
        "enrolment_id": case,
        "kind": "phone",
        "noted_on": "2025-03-13",
        "text": "Talte om roller",
        "author_id": author,
        "minutes": 45,
    }
    task = {
        "id": facts.rows("task")[0]["id"],
        "version": 1,
        "enrolment_id": case,
        "title": "Send skabelon",
        "due_on": "2025-03-20",
        "assignee_id": author,
        "done_on": None,
        "note_id": note_id,
    }
    assert changes == [
        ("contact.register", "note", "insert", note),
        ("task.add", "task", "insert", task),
    ]
    assert len({row["operation"] for row in facts.rows("history")[-2:]}) == 1


@pytest.mark.parametrize("next_step", ["", " \n"])
def test_without_a_next_step_there_is_no_task_and_guidance_needs_no_length(facts, case, next_step):
    note_id = journal.register_contact(facts, case, "Ringede", noted_on=DAY, next_step=next_step)

    assert facts.rows("task") == []
    found = facts.get("note", note_id)
    assert (found["kind"], found["minutes"], found["author_id"]) == ("guidance", None, None)


def test_a_next_step_may_have_no_day(facts, case):
    journal.register_contact(facts, case, "Ringede", noted_on=DAY, next_step="Send referat")

    assert [(row["title"], row["due_on"]) for row in facts.rows("task")] == [("Send referat", None)]


@pytest.mark.parametrize(
    ("minutes", "allowed"), [(None, True), (1, True), (1440, True), (0, False), (1441, False)]
)
def test_a_contact_takes_a_minute_to_a_day(facts, case, minutes, allowed):
    values = {"number": minutes, "lowest": 1, "highest": 1440}

    said = refusal(facts, case, minutes=minutes)

    assert said == (None if allowed else ("number_out_of_range", values))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": " \n"}, ("text_needed", {})),
        ({"text": "x" * 10_001}, ("text_too_long", {"limit": 10_000})),
        ({"next_step": "x" * 10_001}, ("text_too_long", {"limit": 10_000})),
        ({"noted_on": TOMORROW}, ("note_in_future", {"date": TOMORROW})),
        ({"kind": "gossip"}, ("code_unknown", {"code": "gossip"})),
        ({"minutes": -5}, ("number_out_of_range", {"number": -5, "lowest": 1, "highest": 1440})),
        ({"next_step_by": TOMORROW, "next_step": ""}, ("next_step_needed", {})),
        ({"next_step_by": TOMORROW, "next_step": " "}, ("next_step_needed", {})),
        ({"text": f"Ring til {CPR}"}, ("cpr_refused", {})),
        ({"next_step": f"Ring til {CPR}"}, ("cpr_refused", {})),
        ({"case": 99}, ("not_found", {"table": "enrolment", "row_id": 99})),
    ],
)
def test_a_contact_that_cannot_be_leaves_neither_note_nor_task(facts, case, given, said):
    before = contents(facts)

    values = {"case": case, "next_step": "Send referat"} | given
    assert refusal(facts, **values) == said
    assert contents(facts) == before


def test_what_can_just_be_is_written_down(facts, case):
    long = "x" * 10_000

    assert refusal(facts, case, long, noted_on=DAY, next_step=long, next_step_by=DAY) is None


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
def test_only_who_follows_a_municipality_registers_a_contact(facts, case, as_role, role):
    other, before = as_role(role), contents(facts)

    with pytest.raises(Forbidden):
        journal.register_contact(other, case, "Ringede", noted_on=DAY)
    assert contents(facts) == before
    assert refusal(as_role("consultant"), case) is None


def test_nothing_is_registered_on_another_date(facts, case):
    assert refusal(facts.at(TOMORROW), case) == ("read_only_date", {"date": TOMORROW})


def test_note_and_task_are_taken_back_as_one_while_neither_has_changed(facts, case):
    before = contents(facts)
    journal.register_contact(facts, case, "Ringede", noted_on=DAY, next_step="Send referat")
    first = facts.last_operation
    assert facts.revert(first) == 2
    undone = contents(facts)
    journal.register_contact(facts, case, "Ringede", noted_on=DAY, next_step="Send referat")
    second = facts.last_operation
    journal.finish_task(facts, facts.rows("task")[0]["id"], DAY)
    after = contents(facts)

    with pytest.raises(Refused, match="revert_too_late"):
        facts.revert(second)
    assert undone == before
    assert contents(facts) == after
    assert differences(facts.db, facts.path, HEAD) == []


def test_a_contact_counts_as_one_and_says_how_long_it_took(facts, case):
    journal.register_contact(facts, case, "Ringede", noted_on=DAY, minutes=30)
    journal.register_contact(facts, case, "Ringede igen", noted_on=DAY - timedelta(days=1))

    notes = frames.notes(facts, case)

    assert notes["minutes"].astype(object).where(notes["minutes"].notna(), None).tolist() == [
        30,
        None,
    ]
    silent = frames.enrolments(facts).set_index("enrolment_id")["silent_days"]
    assert silent[case] == 0
