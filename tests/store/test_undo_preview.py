"""Undo shown before it is done: the preview says yes when the revert does, and shows what it does.

The invented data have every kind of decision in them; which are tried is drawn at random.
"""

from datetime import date

import pytest

from advisory.domain.errors import AdvisoryError, Forbidden, NotFound, Refused
from advisory.settings import LANGUAGES
from advisory.store import Store, demo, journal, plan, undo
from advisory.store.connection import tables
from advisory.texts import translator

TRIED = 60


def contents(store: Store) -> dict[tuple[str, int], dict]:
    """Every record apart from its version, which a revert counts on."""
    with store.trusted():
        return {
            (name, row["id"]): {key: row[key] for key in row if key != "version"}
            for name in tables(store.db)
            for row in store.rows(name)
        }


def differences(before: dict, after: dict) -> set[tuple]:
    """(table, id, the record before, and after) of each that differs, as text."""
    return {
        (*key, str(before.get(key)), str(after.get(key)))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


def told(found: list[undo.PutBack]) -> set[tuple]:
    """A preview in the form of `differences`."""

    def plain(record: dict | None) -> str:
        return str(record and {key: record[key] for key in record if key != "version"})

    return {(one.table, one.row_id, plain(one.now), plain(one.then)) for one in found}


def outcome(function, *args) -> tuple:
    """What came back, or the refusal with its values."""
    try:
        return "yes", function(*args)
    except AdvisoryError as error:
        return type(error), error.key, error.values


def operations(store: Store) -> list[str]:
    query = "SELECT operation FROM history WHERE action NOT IN (?, ?) GROUP BY operation"
    return [row[0] for row in store.db.execute(query, ["facts.load", "demo.load"]).fetchall()]


def last_operation(store: Store) -> str:
    return store.db.execute("SELECT operation FROM history ORDER BY id DESC").fetchone()[0]


def test_the_preview_says_yes_exactly_when_it_can_be_undone_and_shows_what_changes(
    demo_store, draw
):
    demo_store.actor = demo.SYSTEM
    known = operations(demo_store)
    newest, any_ = known[-200:], draw.sample(known, TRIED // 2)
    came = []
    for operation in [*draw.sample(newest, TRIED // 2), *any_]:
        before, version = contents(demo_store), demo_store.version()
        preview = outcome(undo.preview, demo_store, operation)
        assert (contents(demo_store), demo_store.version()) == (before, version)

        done = outcome(demo_store.revert, operation)

        if done[0] == "yes":
            assert preview[0] == "yes"
            assert told(preview[1]) == differences(before, contents(demo_store))
        else:
            assert preview == done
        came.append(done[0])
    assert {"yes", Refused} <= set(came)


def test_a_preview_that_left_something_out_would_be_found():
    """The control: what the comparison above rests on sees a record less, and a value otherwise."""
    one = undo.PutBack("task", 1, {"title": "a", "version": 1}, {"title": "b", "version": 2})

    assert told([one]) == differences({("task", 1): {"title": "a"}}, {("task", 1): {"title": "b"}})
    assert told([]) != differences({("task", 1): {"title": "a"}}, {("task", 1): {"title": "b"}})
    assert told([one]) != differences({("task", 1): {"title": "a"}}, {})


def test_the_preview_shows_the_record_now_and_then(facts, case):
    step = facts.rows("milestone")[0]
    plan.mark_done(facts, step["id"], date(2024, 3, 1))

    found = undo.preview(facts, last_operation(facts))

    now = {**step, "done_on": "2024-03-01", "version": 2}
    assert found == [undo.PutBack("milestone", step["id"], now, {**step, "version": 3})]


def test_what_came_would_go_and_what_went_would_come(facts, case):
    task_id = journal.add_task(facts, case, "Ring")
    task = facts.get("task", task_id)
    assert undo.preview(facts, last_operation(facts)) == [undo.PutBack("task", task_id, task, None)]

    facts.revert(last_operation(facts))
    assert undo.preview(facts, last_operation(facts)) == [undo.PutBack("task", task_id, None, task)]


def test_nothing_is_kept_of_a_preview(facts, case):
    journal.add_task(facts, case, "Ring")
    operation, version = facts.last_operation, facts.version()

    undo.preview(facts, operation)

    assert (facts.last_operation, facts.version()) == (operation, version)
    journal.add_task(facts, case, "Skriv")
    assert facts.version() == version + 1


def test_another_may_write_after_a_preview_that_was_refused(facts, case, as_role):
    step = facts.rows("milestone")[0]["id"]
    plan.mark_done(facts, step, date(2024, 3, 1))
    operation = last_operation(facts)
    office = as_role("office")
    plan.move(office, step, date(2024, 3, 8), "Ferie")

    with pytest.raises(Refused) as refusal:
        undo.preview(facts, operation)

    assert (refusal.value.key, refusal.value.values) == ("revert_too_late", {"by": "Office"})
    plan.move(office, step, date(2024, 3, 9), "Ferie")


def test_who_may_not_do_it_may_not_see_it(facts, case, as_role):
    admission = facts.rows("history", "action = 'enrolment.status'")[-1]["operation"]

    for role in ("consultant", "leadership", "partner", "administrator"):
        with pytest.raises(Forbidden):
            undo.preview(as_role(role), admission)
    assert undo.preview(as_role("office"), admission)


def test_there_is_nothing_to_undo_on_another_date_or_of_what_never_was(facts, case):
    journal.add_task(facts, case, "Ring")

    with pytest.raises(Refused, match="read_only_date"):
        undo.preview(facts.at(date(2025, 3, 12)), last_operation(facts))
    with pytest.raises(NotFound):
        undo.preview(facts, "0000000000000000")


def test_a_mail_that_has_been_sent_is_the_reason_and_not_a_person_called_system(demo_store):
    demo_store.actor = demo.SYSTEM
    sent = demo_store.rows("message", "sent_at IS NOT NULL", order="id DESC")[0]
    signed_up = demo_store.rows(
        "history", "table_name = 'message' AND row_id = ?", [sent["id"]], order="id"
    )[0]["operation"]

    with pytest.raises(Refused) as refusal:
        undo.preview(demo_store, signed_up)

    assert (refusal.value.key, refusal.value.values) == ("revert_mail_sent", {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_for_good_says_why(facts, language):
    text = translator(language)
    known = {text.error(Refused("revert_not_possible", what=action)) for action in undo.FOR_GOOD}

    assert {"en": "A password", "da": "En adgangskode"}[language] in " ".join(known)
    assert all(sentence.endswith(".") for sentence in known)
    with pytest.raises(KeyError):  # the control
        text.error(Refused("revert_not_possible", what="note.add"))


def test_what_was_redone_is_asked_for_by_what_was_done_first(facts, case, as_role):
    """To take the taking back of a decision back is to decide; the consultant may not."""
    admission = facts.rows("history", "action = 'enrolment.status'")[-1]["operation"]
    facts.revert(admission)
    taken_back = facts.last_operation

    with pytest.raises(Forbidden):
        undo.preview(as_role("consultant"), taken_back)
    assert undo.preview(as_role("office"), taken_back)
