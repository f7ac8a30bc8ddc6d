"""What changed in the whole product: one row per record of an operation, filtered and paged."""

import json
import sys
from datetime import UTC, date, datetime

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Forbidden
from advisory.domain.roles import ROLES
from advisory.store import (
    decisions,
    demo,
    enrolments,
    feeds,
    journal,
    people,
    plan,
    reads,
    undo,
    users,
)

DAY = date(2025, 3, 13)
MODULE = sys.modules["advisory.frames.changes"]
TOLD = ("action", "table", "row_id", "change", "subject", "municipalities", "before", "after")


@pytest.fixture
def horsens(facts, clock) -> int:
    """An application of Horsens, from an earlier day."""
    clock.on(date(2025, 3, 3))
    cohort = facts.find("cohort", code="2025-08")["id"]
    case = enrolments.create(facts, cohort, 615, received_on=date(2025, 3, 3))
    clock.on(DAY)
    return case


def told(found) -> list[tuple]:
    return [tuple(getattr(row, name) for name in TOLD) for row in found.itertuples(index=False)]


def operations(found) -> list[str]:
    return list(dict.fromkeys(found["operation"]))


def test_a_record_that_came_changed_and_went_is_told_with_its_fields(facts, horsens):
    before = facts.version()
    task_id = journal.add_task(facts, horsens, "Ring", due_on=date(2025, 3, 20))
    journal.finish_task(facts, task_id, DAY)
    facts.revert(facts.last_operation)
    first = facts.rows("history", "id > ?", [before])[0]["operation"]
    facts.revert(facts.rows("history", "id > ?", [before])[-1]["operation"])

    found = frames.changes(facts, limit=4)

    record = {"enrolment_id": horsens, "title": "Ring", "due_on": "2025-03-20"}
    same = ("task", task_id, "changed", "Ring", ["Horsens"])
    assert told(found) == [
        ("operation.revert", *same, {"done_on": None}, {"done_on": "2025-03-13"}),
        ("operation.revert", *same, {"done_on": "2025-03-13"}, {"done_on": None}),
        ("task.done", *same, {"done_on": None}, {"done_on": "2025-03-13"}),
        ("task.add", "task", task_id, "created", "Ring", ["Horsens"], None, record),
    ]
    assert operations(found)[-1] == first
    assert set(found["enrolment_id"]) == {horsens}
    assert set(found["records"]) == {1}
    assert set(found["at"]) == {datetime(2025, 3, 13, 9, tzinfo=UTC)}


def test_a_record_that_is_gone_is_told_with_what_it_held(facts, horsens):
    task_id = journal.add_task(facts, horsens, "Ring")
    facts.revert(facts.last_operation)

    newest = told(frames.changes(facts, limit=1))

    held = {"enrolment_id": horsens, "title": "Ring"}
    assert newest == [
        ("operation.revert", "task", task_id, "deleted", "Ring", ["Horsens"], held, None)
    ]


def test_a_record_changed_twice_in_one_operation_is_one_row_from_its_start_to_its_end(facts):
    with facts.write("task.edit"):
        kept = facts.insert("task", {"title": "en"})
    with facts.write("task.edit"):
        facts.update("task", kept, {"title": "to"})
        facts.update("task", kept, {"title": "tre"})

    newest = told(frames.changes(facts, limit=1))

    sides = ({"title": "en"}, {"title": "tre"})
    assert newest == [("task.edit", "task", kept, "changed", "tre", [], *sides)]


def test_an_operation_begins_with_the_record_that_tells_what_it_was_about(facts, horsens):
    decisions.decide(facts, horsens, Status.ADMITTED, on_date=DAY)

    found = frames.changes(facts, limit=1)

    assert (found["table"][0], found["subject"][0]) == ("enrolment_status", "admitted")
    assert set(found["records"]) == {19}


def marks(store, count) -> list[tuple]:
    """(action, taken back, standing again) of the newest operations, as hours and minutes."""
    found = frames.changes(store, limit=count).drop_duplicates("operation")
    clock = [found[name].dt.strftime("%H:%M").fillna("") for name in ("undone_at", "redone_at")]
    return list(zip(found["action"], *clock))


def test_an_operation_that_was_taken_back_says_when(facts, horsens, clock):
    clock.on(DAY, 10)
    journal.register_contact(facts, horsens, "Ringet", noted_on=DAY, next_step="Send referat")
    done = facts.last_operation
    journal.add_task(facts, horsens, "Noget andet")
    assert marks(facts, 2) == [("task.add", "", ""), ("contact.register", "", "")]

    clock.on(DAY, 11)
    facts.revert(done)
    assert marks(facts, 3) == [
        ("operation.revert", "", ""),
        ("task.add", "", ""),
        ("contact.register", "11:00", ""),
    ]

    clock.on(DAY, 12)
    facts.revert(facts.last_operation)
    assert marks(facts, 4)[1:] == [
        ("operation.revert", "12:00", ""),
        ("task.add", "", ""),
        ("contact.register", "", "12:00"),
    ]

    clock.on(DAY, 13)
    facts.revert(facts.last_operation)
    assert marks(facts, 5)[1:] == [
        ("operation.revert", "13:00", ""),
        ("operation.revert", "", "13:00"),
        ("task.add", "", ""),
        ("contact.register", "13:00", ""),
    ]


def test_what_a_taking_back_touches_besides_is_not_marked(demo_store, clock):
    """A meeting that is put back plans its mails anew: what had planned them stands as it was."""
    demo_store.actor = demo.SYSTEM
    known = {row.operation for row in frames.changes(demo_store, limit=300).itertuples()}
    taken, touched = set(), set()
    for operation in sorted(known):
        try:
            demo_store.revert(operation)
        except AdvisoryError:
            continue
        taken.add(operation)
        last = demo_store.rows("history", "operation = ?", [demo_store.last_operation])
        touched |= {
            row["operation"]
            for one in last
            for row in demo_store.rows(
                "history",
                "table_name = ? AND row_id = ? AND id < ?",
                [one["table_name"], one["row_id"], one["id"]],
            )
        }

    found = frames.changes(demo_store, limit=100_000)

    marked = set(found[found["undone_at"].notna()]["operation"])
    assert len(taken) > 5
    assert touched - taken, "the control: some were touched and not taken back"
    assert marked == taken
    assert found["redone_at"].isna().all()


def test_on_a_day_before_it_was_taken_back_nothing_was(facts, horsens, clock):
    journal.add_task(facts, horsens, "Ring")
    done = facts.last_operation
    clock.on(date(2025, 3, 20))
    facts.revert(done)

    assert marks(facts, 2)[1] == ("task.add", "09:00", "")
    assert marks(facts.at(DAY), 1) == [("task.add", "", "")]


def test_of_many_records_some_are_shown_and_all_are_counted(facts):
    first = frames.changes(facts, action="facts.load")

    assert len(first) == MODULE.SHOWN
    changed = facts.rows("history", "action = 'facts.load'")
    assert set(first["records"]) == {len({(row["table_name"], row["row_id"]) for row in changed})}


def test_nothing_gives_the_same_columns_and_types(store, facts):
    none, some = frames.changes(facts, actor="Ingen"), frames.changes(facts)

    assert none.empty
    assert list(none.dtypes.items()) == list(some.dtypes.items())
    assert list(none.columns) == list(MODULE.CHANGES)


# --- filters ----------------------------------------------------------------------------------


def expected(store, test) -> list[str]:
    """The operations with a row of history that passes `test`, newest first."""
    rows = store.rows("history", order="id DESC")
    return list(dict.fromkeys(row["operation"] for row in rows if test(row)))


def record(row) -> dict:
    return json.loads(row["after"] or row["before"])


@pytest.mark.parametrize(
    ("filters", "test"),
    [
        ({}, lambda row: True),
        ({"actor": "Sofie Dahl"}, lambda row: row["actor"] == "Sofie Dahl"),
        ({"roles": ["office", "partner"]}, lambda row: row["role"] in ("office", "partner")),
        ({"table": "milestone"}, lambda row: row["table_name"] == "milestone"),
        ({"action": "places.edit"}, lambda row: row["action"] == "places.edit"),
        ({"since": date(2025, 3, 3)}, lambda row: row["at"] >= "2025-03-02T23:00"),
        ({"until": date(2024, 7, 1)}, lambda row: row["at"] < "2024-07-01T22:00"),
        (
            {"since": date(2024, 6, 13), "until": date(2024, 6, 13), "actor": "System"},
            lambda row: (
                "2024-06-12T22:00" <= row["at"] < "2024-06-13T22:00" and row["actor"] == "System"
            ),
        ),
        ({"cases": ()}, lambda row: False),
        ({"table": "note", "actor": "Ingen"}, lambda row: False),
    ],
)
def test_a_filter_leaves_what_fits(demo_store, filters, test):
    found = frames.changes(demo_store, **filters, limit=100_000)

    assert operations(found) == expected(demo_store, test)


def test_the_changes_of_a_case_are_those_of_its_page_and_of_its_people(demo_store):
    people.add_contact(demo_store, 1, "Ane", "leder", valid_from=DAY)
    own = frames.history(demo_store, 1)

    found = frames.changes(demo_store, cases=(1,), limit=100_000)

    named = found[found["table"] == "person"]
    assert set(found["operation"]) == set(own["operation"])
    assert "Ane" in set(named["subject"])
    assert set(named["enrolment_id"]) == {1}


def test_the_changes_of_several_cases_are_those_of_each(facts, horsens):
    cohort = facts.find("cohort", code="2025-08")["id"]
    odense = enrolments.create(facts, cohort, 461, received_on=DAY)
    own = frames.changes(facts, cases=(horsens,))

    assert set(own["enrolment_id"]) == {horsens}
    both = frames.changes(facts, cases=(horsens, odense))
    assert operations(both) == [*operations(frames.changes(facts, limit=1)), *operations(own)]


def test_a_clock_that_was_set_back_hides_nothing(facts, clock):
    clock.on(date(2025, 5, 1))
    journal.add_task(facts, None, "Maj")
    clock.on(date(2025, 4, 1))
    journal.add_task(facts, None, "April")
    clock.on(date(2025, 5, 2))

    april = {"since": date(2025, 4, 1), "until": date(2025, 4, 30)}
    assert list(frames.changes(facts, **april)["subject"]) == ["April"]
    assert list(frames.changes(facts, since=date(2025, 5, 1))["subject"]) == ["Maj"]


@pytest.mark.parametrize("filters", [{}, {"table": "message"}, {"roles": ["consultant"]}])
def test_page_after_page_shows_every_operation_once_and_back_again(demo_store, filters):
    whole = operations(frames.changes(demo_store, **filters, limit=100_000))
    pages, starts, below = [], [], 0
    while True:
        found = frames.changes(demo_store, **filters, below=below, limit=101)
        names = operations(found)
        starts.append((below, int(found["history_id"].iloc[0])))
        pages += names[:100]
        if len(names) < 101:
            break
        below = int(found[found["operation"] == names[100]]["history_id"].iloc[0]) + 1

    assert pages == whole
    back = [frames.newer_changes(demo_store, top, **filters, limit=100) for _, top in starts[1:]]
    again = [frames.changes(demo_store, **filters, below=one, limit=100) for one in back]
    assert [operations(one) for one in again] == [
        whole[start : start + 100] for start in range(0, (len(starts) - 1) * 100, 100)
    ]


# --- who sees what ----------------------------------------------------------------------------


def shown(found) -> str:
    """Everything that the rows say about the content of records."""
    return str([(row.subject, row.before, row.after) for row in found.itertuples()])


def secrets_of(store) -> set[str]:
    """What stands in the history that opens a door or stands for a person or a file."""
    names = ("token", "form_key", "sha256", "subject", "uid")
    with store.trusted():
        rows = [record(row) for row in store.rows("history")]
    found = {str(row[name]) for row in rows for name in names if row.get(name)}
    return {one for one in found if len(one) > 12}


@pytest.fixture
def with_secrets(demo_store):
    user = demo_store.find("app_user", login=demo_store.actor.login)
    feeds.make(demo_store, user["id"])
    demo_store.actor = demo.SYSTEM
    return demo_store


def test_no_secret_is_shown_to_anybody(with_secrets, monkeypatch):
    hidden = secrets_of(with_secrets)
    assert len(hidden) > 400

    said = shown(frames.changes(with_secrets, limit=100_000))

    assert [one for one in hidden if one in said] == []
    monkeypatch.setattr(MODULE, "UNSHOWN", frozenset())  # the control
    said = shown(frames.changes(with_secrets, limit=100_000))
    assert [one for one in hidden if one in said] != []


def test_an_administrator_sees_who_did_what_to_which_case_and_nothing_of_it(demo_store, as_role):
    journal.add_note(demo_store, 1, "Fortroligt", kind="phone", noted_on=DAY)
    administrator = as_role("administrator")

    found = frames.changes(administrator, limit=100_000)

    hidden = found[found["hidden"]]
    assert {"note", "task", "contact", "person", "milestone", "signup", "message"} <= set(
        hidden["table"]
    )
    assert set(hidden["subject"]) == {""}
    assert set(hidden["before"]) | set(hidden["after"]) == {None}
    assert set(found[~found["hidden"]]["table"]) <= MODULE.OF_THE_PRODUCT
    newest = found.iloc[0]
    assert (newest["actor"], newest["table"], newest["enrolment_id"]) == ("Jonas Bruun", "note", 1)
    assert len(newest["municipalities"]) == 1
    assert operations(found) == operations(frames.changes(demo_store, limit=100_000))
    assert "Fortroligt" not in shown(found)
    assert "Fortroligt" in shown(frames.changes(demo_store, limit=1))  # the control


@pytest.mark.parametrize("role", ROLES)
def test_only_those_who_follow_cases_and_the_administrator_see_changes(facts, as_role, role):
    allowed = role in ("consultant", "office", "administrator", "system")
    store = as_role(role)
    for asked in (
        frames.changes,
        frames.history_head,
        frames.history_cases,
        frames.history_actors,
        lambda store: frames.newer_changes(store, 1),
        lambda store: frames.put_back(store, []),
    ):
        if allowed:
            asked(store)
        else:
            with pytest.raises(Forbidden):
                asked(store)


def test_the_changes_of_a_past_day_end_with_that_day(demo_store):
    past = demo_store.at(date(2024, 6, 1))

    found, now = frames.changes(past, limit=100_000), frames.changes(demo_store, limit=100_000)

    assert 0 < len(found) < len(now)
    assert found["at"].max() < datetime(2024, 6, 1, 22, tzinfo=UTC)
    assert frames.history_head(past)["history_id"] == found["history_id"].max()


# --- what else the page asks ------------------------------------------------------------------


def test_the_head_is_the_last_change(facts, store):
    journal.add_task(facts, None, "Ring")
    last = facts.rows("history", order="id DESC LIMIT 1")[0]

    count = len(facts.rows("history"))
    assert frames.history_head(facts) == {
        "changes": count,
        "history_id": last["id"],
        "link": last["link"],
    }


def test_an_empty_history_has_no_head(store):
    head = frames.history_head(store)

    assert (head["changes"], head["history_id"], head["link"]) == (0, None, None)
    assert frames.history_actors(store) == []
    assert frames.history_cases(store).empty


def test_everyone_who_changed_something_is_named_also_those_of_today(demo_store, as_role):
    known = frames.history_actors(demo_store)
    assert {"Jonas Bruun", "Lene Kjærgaard", "System", "Tilmelding"} <= set(known)

    journal.add_task(as_role("office"), None, "Ring")

    assert set(frames.history_actors(demo_store)) == {*known, "Office"}
    assert "Office" not in frames.history_actors(demo_store.at(date(2025, 3, 1)))


def test_what_would_be_put_back_is_told_as_a_change_from_now(facts, horsens):
    users.add(facts, "ida@styrelsen.example", "Ida Holm", "IH", "consultant")
    task_id = journal.add_task(facts, horsens, "Ring")

    found = frames.put_back(facts, undo.preview(facts, facts.last_operation))

    held = {"enrolment_id": horsens, "title": "Ring"}
    assert told(found) == [("", "task", task_id, "deleted", "Ring", ["Horsens"], held, None)]
    assert list(found.columns) == list(MODULE.CHANGES)


def test_a_milestone_is_named_in_both_languages(demo_store):
    step = demo_store.rows("milestone", "enrolment_id = 8 AND done_on IS NULL")[-1]
    plan.move(demo_store, step["id"], date(2025, 5, 2), "Ferie")

    newest = frames.changes(demo_store, limit=1).iloc[0]

    assert (newest["subject"], newest["subject_en"]) == (step["name"], step["name_en"])


def test_the_changes_of_one_record_are_those_of_the_case_that_concern_it(demo_store):
    step = demo_store.rows("milestone", "enrolment_id = 1 AND done_on IS NULL")[-1]
    plan.move(demo_store, step["id"], date(2025, 5, 2), "Ferie")

    found = frames.changes(demo_store, record=("milestone", step["id"]), limit=100)
    of_case = frames.changes(demo_store, cases=(1,), limit=100_000)

    mine = of_case[(of_case["table"] == "milestone") & (of_case["row_id"] == step["id"])]
    assert list(found["operation"]) == list(mine["operation"])
    assert set(found["row_id"]) == {step["id"]}
    assert found.iloc[0]["after"]["override_on"] == "2025-05-02"


# --- readings ---------------------------------------------------------------------------------


@pytest.fixture
def read(demo_store, as_role, clock):
    """Three readings: by the office on the 10th, by a consultant on the 13th, twice."""
    clock.on(date(2025, 3, 10))
    reads.note_reading(as_role("office"), 1, "kommune")
    clock.on(DAY)
    reads.note_reading(as_role("consultant"), 1, "kommune")
    reads.note_reading(as_role("consultant"), 2, "historik", notes=1)
    return as_role("office")


def who(found) -> list[tuple]:
    return list(zip(found["actor"], found["enrolment_id"], found["page"]))


def test_readings_come_newest_first_with_the_case(read):
    found = frames.readings(read)

    assert who(found) == [
        ("Consultant", 2, "historik"),
        ("Consultant", 1, "kommune"),
        ("Office", 1, "kommune"),
    ]
    case = read.get("enrolment", 1)
    home = read.get("municipality", case["municipality_id"])
    oldest = found.iloc[-1]
    assert (oldest["municipality"], oldest["slug"]) == (home["name"], home["slug"])
    assert oldest["notes"] == len(read.rows("note", "enrolment_id = 1"))
    assert oldest["at"] == datetime(2025, 3, 10, 9, tzinfo=UTC)


def test_a_reading_stands_when_the_case_has_been_taken_back(facts, as_role):
    cohort, home = facts.find("cohort", code="2025-08"), facts.rows("municipality")[0]
    case = enrolments.create(facts, cohort["id"], home["id"], received_on=DAY)
    created = facts.last_operation
    journal.add_note(facts, case, "Ringet", kind="note", noted_on=facts.today())
    written = facts.last_operation
    reads.note_reading(facts, case, "kommune")
    before = frames.readings(facts)
    for operation in (written, created):
        facts.revert(operation)

    after = frames.readings(facts)

    assert list(after["municipality"]) == list(before["municipality"]) == [home["name"]]
    assert (list(before["undone"]), list(after["undone"])) == ([False], [True])
    assert list(after["cohort"]) == ["2025-08"]


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"actor": "Office"}, [2]),
        ({"roles": ["consultant"]}, [0, 1]),
        ({"cases": (1,)}, [1, 2]),
        ({"cases": ()}, []),
        ({"since": date(2025, 3, 11)}, [0, 1]),
        ({"until": date(2025, 3, 12)}, [2]),
        ({"limit": 2}, [0, 1]),
        ({"below": 2}, [2]),
    ],
)
def test_readings_are_filtered(read, filters, left):
    everything = who(frames.readings(read))

    assert who(frames.readings(read, **filters)) == [everything[number] for number in left]


def test_readings_of_a_past_day_end_with_that_day(read):
    assert who(frames.readings(read.at(date(2025, 3, 11)))) == [("Office", 1, "kommune")]
    none = frames.readings(read.at(date(2025, 3, 1)))
    assert none.empty
    assert list(none.dtypes) == list(frames.readings(read).dtypes)


@pytest.mark.parametrize("role", ROLES)
def test_only_the_office_and_the_administrator_see_who_has_read(facts, as_role, role):
    if role in ("office", "administrator", "system"):
        assert frames.readings(as_role(role)).empty
    else:
        with pytest.raises(Forbidden):
            frames.readings(as_role(role))
