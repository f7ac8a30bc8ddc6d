"""A list of applications: all of it or none, the same again is nothing, one way back."""

import threading
from dataclasses import replace
from datetime import date, datetime, time

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden, NotFound, Refused
from advisory.imports.applications import Application
from advisory.store import application_import as imports
from advisory.store import decisions, demo, enrolments, open_store
from advisory.store.application_import import Kind, Taken

ODENSE = Application(
    4, 461, "Odense", "2025-08", date(2025, 3, 3), time(10, 30), "Ada Test", "Leder",
    "ada@odense.example", "12 34 56 78", "some", "Vi vil i gang", "To peers", True,
    "https://demo.example/a\nhttps://demo.example/b",
)  # fmt: skip
VEJLE = Application(5, 630, "Vejle", "2025-08", date(2025, 3, 2), contact_name="bo@vejle.example",
                    contact_email="bo@vejle.example")  # fmt: skip
SKIVE = Application(6, 779, "Skive", "2025-08", date(2025, 3, 3))
ROWS = (ODENSE, VEJLE, SKIVE)
MEANT = {"kommune": "municipality", "begrundelse": "motivation", "navn": ""}


@pytest.fixture
def at_work(facts, as_role):
    """The facts, open for somebody of the office."""
    return as_role("office", facts)


def homes(store) -> list[tuple[int, str]]:
    """The cases as (municipality, cohort), the one made first to begin with."""
    codes = {row["id"]: row["code"] for row in store.rows("cohort")}
    return [(row["municipality_id"], codes[row["cohort_id"]]) for row in store.rows("enrolment")]


def records(store) -> dict[str, list[dict]]:
    """What an import may write, without the numbers of the versions."""
    tables = ("enrolment", "enrolment_status", "person", "contact", "column_mapping")
    return {name: [{**row, "version": 0} for row in store.rows(name)] for name in tables}


def kinds(found) -> list[tuple]:
    keys = [one.refusal.key if one.refusal else "" for one in found]
    return [(one.row.number, one.kind, one.differs, key) for one, key in zip(found, keys)]


def test_every_field_is_kept_and_everything_is_one_operation(at_work):
    before = at_work.version()

    came = imports.take_in(at_work, ROWS, MEANT)

    assert came == Taken(new=3, same=0, different=0)
    written = at_work.rows("history", "id > ?", [before])
    assert {row["operation"] for row in written} == {at_work.last_operation}
    case = at_work.find("enrolment", municipality_id=461)
    contact = at_work.get("contact", case["contact_id"])
    person = at_work.get("person", contact["person_id"])
    assert enrolments.dated_statuses(at_work, case["id"]) == [(date(2025, 3, 3), Status.APPLIED)]
    assert datetime.fromisoformat(case["received_at"]).isoformat() == "2025-03-03T09:30:00+00:00"
    kept = ("prior_experience", "motivation", "goal", "commitment", "attachments")
    assert {name: case[name] for name in kept} == {
        "prior_experience": "some",
        "motivation": "Vi vil i gang",
        "goal": "To peers",
        "commitment": 1,
        "attachments": "https://demo.example/a\nhttps://demo.example/b",
    }
    assert (person["name"], person["email"], person["phone"], contact["role"]) == (
        *("Ada Test", "ada@odense.example", "12 34 56 78"),
        "Leder",
    )
    assert at_work.find("enrolment", municipality_id=779)["contact_id"] is None
    assert imports.remembered(at_work) == MEANT


def test_the_same_list_again_writes_nothing_and_a_longer_one_does(at_work):
    imports.take_in(at_work, ROWS, MEANT)
    before = at_work.version()

    again = imports.take_in(at_work, ROWS, {**MEANT, "begrundelse": "goal"})

    assert (again, at_work.version()) == (Taken(0, 3, 0), before)
    more = replace(SKIVE, number=7, municipality_id=665, municipality="Lemvig")
    assert imports.take_in(at_work, (*ROWS, more), {"begrundelse": "goal"}) == Taken(1, 3, 0)
    assert imports.remembered(at_work) == {**MEANT, "begrundelse": "goal"}


def test_a_look_says_what_each_row_would_do_and_writes_nothing(at_work):
    imports.take_in(at_work, (ODENSE, VEJLE), {})
    started = at_work.find("cohort", code="2024-02")
    admitted = enrolments.create(at_work, started["id"], 101, received_on=date(2023, 10, 1))
    decisions.decide(at_work, admitted, Status.ADMITTED, on_date=date(2023, 11, 1))
    before = at_work.version()
    other = replace(
        ODENSE,
        goal="Tre peers",
        contact_phone="",
        commitment=False,
        received_time=time(11),
    )
    copenhagen = replace(SKIVE, number=7, municipality_id=101, municipality="København")
    late = replace(SKIVE, number=8, municipality_id=665, cohort="2025-01")
    coming = replace(SKIVE, number=9, municipality_id=671, received_on=date(2025, 3, 14))
    twice = replace(SKIVE, number=10)

    found = imports.compare(at_work, (copenhagen, other, VEJLE, SKIVE, late, coming, twice))

    assert kinds(found) == [
        (4, Kind.DIFFERENT, ("received", "goal"), ""),
        (5, Kind.SAME, (), ""),
        (6, Kind.NEW, (), ""),
        (7, Kind.REFUSED, (), "municipality_in"),
        (8, Kind.REFUSED, (), "cohort_started"),
        (9, Kind.REFUSED, (), "received_in_future"),
        (10, Kind.REFUSED, (), "already_enrolled"),
    ]
    assert at_work.version() == before
    assert len(homes(at_work)) == 3
    # The control: the same verb without the way back writes what was said to be new.
    assert imports.take_in(at_work, (other, SKIVE), {}) == Taken(1, 0, 1)
    assert at_work.find("enrolment", municipality_id=461)["goal"] == "To peers"


def test_a_case_that_was_moved_is_there_and_not_refused(at_work):
    imports.take_in(at_work, (replace(ODENSE, received_on=date(2024, 9, 1), cohort="2025-08"),), {})
    case = at_work.find("enrolment", municipality_id=461)["id"]
    later = at_work.find("cohort", code="2025-08")["id"]
    with at_work.write("places.edit"):
        new = at_work.get("cohort", later) | {"code": "2026-01", "starts_on": "2026-01-01"}
        moved_to = at_work.insert("cohort", {k: v for k, v in new.items() if k != "id"})
    decisions.move_cohort(at_work, case, moved_to, "Kan ikke nå det")
    before = at_work.version()

    row = replace(ODENSE, received_on=date(2024, 9, 1))
    found = imports.compare(at_work, (row,))

    assert kinds(found) == [(4, Kind.DIFFERENT, ("cohort",), "")]
    assert imports.take_in(at_work, (row,), MEANT) == Taken(0, 0, 1)
    assert at_work.version() == before


def test_one_row_that_has_become_impossible_keeps_all_of_them_out(at_work, as_role, facts):
    assert {one.kind for one in imports.compare(at_work, ROWS)} == {Kind.NEW}
    other = as_role("office", facts)
    earlier = other.find("cohort", code="2025-01")["id"]
    enrolments.create(other, earlier, 630, received_on=date(2024, 9, 1))
    before = at_work.version()

    with pytest.raises(Refused) as refused:
        imports.take_in(at_work, ROWS, MEANT)

    assert (refused.value.key, refused.value.values) == (
        "application_impossible",
        {"row": 5, "municipality": "Vejle"},
    )
    assert refused.value.__cause__.key == "municipality_in"
    assert (at_work.version(), imports.remembered(at_work)) == (before, {})
    assert imports.take_in(at_work, (ODENSE, SKIVE), MEANT).new == 2


def test_one_undo_takes_all_of_it_back(at_work):
    imports.take_in(at_work, (SKIVE,), {"hold": "cohort"})
    before = records(at_work)
    imports.take_in(at_work, ROWS, {**MEANT, "hold": ""})
    assert [len(records(at_work)[name]) - len(rows) for name, rows in before.items()] == [
        *(2, 2, 2, 2, 3)
    ]

    at_work.revert(at_work.last_operation)

    assert records(at_work) == before
    assert imports.take_in(at_work, ROWS, MEANT) == Taken(2, 1, 0)


def test_the_order_of_the_list_decides_nothing_about_the_queue(at_work, draw):
    row = replace(SKIVE, received_on=date(2025, 3, 1))
    known = [home["id"] for home in at_work.rows("municipality")][:40]
    rows = [
        replace(
            row,
            number=at,
            municipality_id=home,
            received_on=date(2025, 3, 1 + at % 3),
            received_time=time(9, at) if at % 2 else None,
        )
        for at, home in enumerate(known)
    ]
    queues, lists = set(), set()
    for _ in range(3):
        draw.shuffle(rows)
        numbered = [replace(one, number=at) for at, one in enumerate(rows)]
        assert imports.take_in(at_work, numbered, {}).new == 40
        made = at_work.rows("enrolment")
        days = [enrolments.dated_statuses(at_work, one["id"])[0][0] for one in made]
        assert days == sorted(days)
        queues.add(tuple(home for home, _ in homes(at_work)))
        lists.add(tuple(one.municipality_id for one in rows))
        at_work.revert(at_work.last_operation)

    assert (len(lists), len(queues)) == (3, 1)


def test_two_people_with_the_same_list_make_it_once(at_work, clock):
    ready, came, seen = threading.Barrier(2), [], []

    def take_in() -> None:
        with open_store(at_work.path, demo.SYSTEM, clock=clock) as own:
            seen.append([one.kind for one in imports.compare(own, ROWS)])
            ready.wait(10)
            came.append(imports.take_in(own, ROWS, MEANT))

    threads = [threading.Thread(target=take_in) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)

    assert seen == [[Kind.NEW] * 3] * 2  # both had been told that it would all be new
    assert sorted(came, key=lambda one: one.new) == [Taken(0, 3, 0), Taken(3, 0, 0)]
    assert sorted(homes(at_work)) == [(461, "2025-08"), (630, "2025-08"), (779, "2025-08")]
    operations = {row["operation"] for row in at_work.rows("history", "table_name = 'enrolment'")}
    assert len(operations) == 1


@pytest.mark.parametrize("role", ["consultant", "leadership", "partner", "public"])
def test_only_the_office_takes_a_list_in(facts, as_role, role):
    other = as_role(role, facts)

    for verb in (lambda: imports.compare(other, ROWS), lambda: imports.take_in(other, ROWS, {})):
        with pytest.raises(Forbidden):
            verb()

    assert facts.rows("enrolment") == []


@pytest.mark.parametrize("day", [date(2025, 3, 1), date(2025, 4, 1)])
def test_no_list_is_looked_at_on_another_date(at_work, day):
    with pytest.raises(Refused) as refused:
        imports.compare(at_work.at(day), ROWS)

    assert refused.value.key == "read_only_date"


def test_a_cpr_number_keeps_the_whole_list_out(at_work):
    row = replace(SKIVE, motivation="Ring til 010190-1234")

    assert kinds(imports.compare(at_work, (ODENSE, row)))[1] == (6, "refused", (), "cpr_refused")
    with pytest.raises(Refused, match="application_impossible"):
        imports.take_in(at_work, (ODENSE, row), {})

    assert homes(at_work) == []


def test_an_unknown_cohort_is_no_row_of_its_own(at_work):
    with pytest.raises(NotFound, match="cohort_unknown"):
        imports.compare(at_work, (replace(SKIVE, cohort="2031-01"),))


def test_a_full_disk_is_not_taken_for_a_fault_of_a_row(at_work):
    text = "Vi vil " * 700
    rows = [
        replace(SKIVE, number=at, municipality_id=home["id"], motivation=text)
        for at, home in enumerate(at_work.rows("municipality")[:40])
    ]
    size = at_work.db.execute("PRAGMA page_count").fetchone()[0]
    at_work.db.execute(f"PRAGMA max_page_count = {size + 10}")

    for verb in (imports.compare, lambda store, rows: imports.take_in(store, rows, {})):
        with pytest.raises(Refused) as refused:
            verb(at_work, rows)
        assert refused.value.key == "disk_full"

    assert homes(at_work) == []
    at_work.db.execute("PRAGMA max_page_count = 100000")
    assert imports.take_in(at_work, rows, {}).new == 40
