"""A list held against the records: what its columns mean, and what is remembered of that."""

from datetime import date

import pytest

from advisory.domain.errors import NotFound, Refused
from advisory.imports import intake
from advisory.imports.applications import Table, TableRow
from advisory.store import application_import
from advisory.store.application_import import Kind, Taken

HEADERS = ("Kommune", "Modtaget", "Navn", "Hvad vil I", "")
ROWS = (("Odense", "3/3-25", "Ada", "To peers", "x"), ("Skive", "4/3-25", "Bo", "", ""))


def table(headers=HEADERS, rows=ROWS) -> Table:
    letters = tuple(chr(65 + at) for at in range(len(headers)))
    return Table(headers, letters, 1, tuple(TableRow(n, row) for n, row in enumerate(rows, 2)))


def test_a_mapping_is_remembered_with_what_was_left_out(facts):
    chosen = {3: "goal", 2: ""}
    reading = intake.look(facts, table(), chosen, cohort="2025-08")
    assert (reading.mapping, reading.known) == (
        {0: "municipality", 1: "received", 3: "goal"},
        False,
    )
    assert reading.learns == {
        **{"kommune": "municipality", "modtaget": "received"},
        **{"hvad vil i": "goal", "navn": ""},
    }

    application_import.take_in(facts, reading.found.rows, reading.learns)

    later = table(rows=(("Vejle", "5/3-25", "Cia", "Tre peers", ""),))
    again = intake.look(facts, later, cohort="2025-08")
    assert (again.mapping, again.known) == (reading.mapping, True)
    assert [(one.goal, one.contact_name) for one in again.found.rows] == [("Tre peers", "")]
    assert again.found.left_out == ("Navn", "E")


def test_control_without_a_memory_the_same_list_is_guessed(facts):
    reading = intake.look(facts, table(), cohort="2025-08")

    assert reading.mapping == {0: "municipality", 1: "received", 2: "contact_name"}
    assert reading.learns == {
        **{"kommune": "municipality", "modtaget": "received"},
        "navn": "contact_name",
    }


def test_what_is_chosen_takes_a_field_from_the_column_that_was_guessed():
    chosen = {3: "contact_name", 9: "goal", 0: "nonsense"}

    found = intake.columns(table(), {}, chosen)

    assert found == {1: "received", 3: "contact_name"}


def test_a_header_over_two_columns_is_remembered_only_where_it_means_one_thing():
    twice = table(("Kommune", "Dato", "Dato", "Navn", "Navn"))
    mapping = {0: "municipality", 2: "received", 3: "contact_name", 4: "goal"}

    assert intake.learns(twice, {}, mapping) == {"kommune": "municipality", "dato": "received"}


def test_a_column_has_a_name_and_a_letter():
    assert [intake.named(table(), name) for name in ("kommune:", "Hvad vil I?", "e")] == [0, 3, 4]
    with pytest.raises(Refused) as refused:
        intake.named(table(), "Alder")
    assert refused.value.values == {
        "column": "Alder",
        "known": "Kommune, Modtaget, Navn, Hvad vil I, E",
    }


def test_everything_that_stands_in_the_way_is_counted_and_nothing_is_written(facts):
    rows = (*ROWS, ("Odesne", "5/3-25", "", "", ""), ("Vejle", "i morgen", "", "", ""))
    application_import.take_in(
        facts, intake.look(facts, table(rows=ROWS[:1]), cohort="2025-08").found.rows, {}
    )
    before = facts.version()

    reading = intake.look(facts, table(rows=rows), cohort="2025-08")

    assert [one.key for one in reading.found.problems] == [
        "municipality_unknown",
        "date_in_future",
    ]
    assert (reading.problems, reading.count(Kind.NEW), reading.count(Kind.SAME)) == (2, 1, 1)
    assert facts.version() == before


def test_a_row_that_cannot_be_made_counts_as_a_problem(facts):
    in_time = table(("Kommune", "Modtaget"), (("Odense", "3/9-24"),))
    first = intake.look(facts, in_time, cohort="2025-01")
    assert application_import.take_in(facts, first.found.rows, {}) == Taken(1, 0, 0)

    reading = intake.look(facts, table(), cohort="2025-08")

    assert [one.row.municipality for one in reading.refused] == ["Odense"]
    assert reading.problems == 1


def test_the_cohorts_and_the_words_for_experience_are_those_of_the_records(facts):
    headers = ("Kommune", "Modtaget", "Hold", "Erfaring")
    english = "Some experience with peers"
    rows = (("Odense", "3/3-25", "august 2025", english), ("Skive", "3/3-25", "2031", "måske"))

    reading = intake.look(facts, table(headers, rows))

    (row,) = reading.found.rows
    assert (row.cohort, row.received_on, row.experience) == ("2025-08", date(2025, 3, 3), "some")
    values = [dict(one.values) for one in reading.found.problems]
    assert values == [
        {"cohorts": "2024-02, 2025-01, 2025-08"},
        {
            "choices": "Ingen erfaring med peers, Nogen erfaring med peers,"
            " Peers er en fast del af indsatsen"
        },
    ]
    said = intake.look(facts, table(headers, rows), language="en").found.problems[1].values
    assert said["choices"].startswith("No experience with peers, ")
    with pytest.raises(NotFound, match="cohort_unknown"):
        intake.look(facts, table(headers, rows), cohort="2031-01")
