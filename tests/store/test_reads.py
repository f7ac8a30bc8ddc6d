"""Who has read what: one row per opening, beside the history, and never in the way of reading."""

import logging
from contextlib import closing, contextmanager
from datetime import date

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError
from advisory.store import journal, open_store, reads
from advisory.store.connection import DatabaseError, connect

DAY = date(2025, 3, 13)


@pytest.fixture
def noted(facts, case, clock) -> int:
    """A case with two notes, one of them from an earlier day."""
    clock.on(date(2025, 3, 1))
    journal.add_note(facts, case, "Ringede", kind="phone", noted_on=date(2025, 3, 1))
    clock.on(DAY)
    journal.add_note(facts, case, "Skrev", kind="mail", noted_on=DAY)
    return case


def read_log(store) -> list[tuple]:
    wanted = "SELECT at, login, actor, role, page, enrolment_id, notes FROM read_log ORDER BY id"
    return store.db.execute(wanted).fetchall()


@contextmanager
def locked(path):
    """Somebody else holds the write lock."""
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


def test_a_reading_says_who_read_which_notes_when_and_where(facts, noted, as_role):
    reader = as_role("consultant")

    assert reads.note_reading(reader, noted, "kommune") is True
    at = "2025-03-13T09:00:00.000000+00:00"
    assert read_log(facts) == [(at, "consultant", "Consultant", "consultant", "kommune", noted, 2)]


def test_a_reading_is_no_change(facts, noted):
    before, history = facts.version(), facts.rows("history")

    reads.note_reading(facts, noted, "kommune")

    assert (facts.version(), facts.rows("history")) == (before, history)
    assert facts.last_operation in {row["operation"] for row in history}


def test_a_case_without_notes_leaves_no_reading(facts, case):
    assert reads.note_reading(facts, case, "kommune") is False
    assert read_log(facts) == []


def test_what_was_known_on_another_date_counts_the_notes_of_that_date_now(facts, noted):
    assert reads.note_reading(facts.at(date(2025, 3, 5)), noted, "kommune") is True
    assert [(row[0][:10], row[-1]) for row in read_log(facts)] == [("2025-03-13", 1)]


def test_how_many_were_shown_can_be_said(facts, noted):
    reads.note_reading(facts, noted, "historik", notes=1)

    assert [row[4:] for row in read_log(facts)] == [("historik", noted, 1)]


def test_a_case_that_is_no_more_leaves_no_reading(facts, make_case):
    gone = make_case(101, "2024-02", Status.WAITLISTED)
    rows = facts.rows("history", "action <> 'facts.load'", order="id DESC")
    for operation in dict.fromkeys(row["operation"] for row in rows):
        facts.revert(operation)

    assert reads.note_reading(facts, gone, "historik", notes=1) is False


def test_a_connection_for_reading_only_notes_beside_itself(facts, noted, clock):
    with open_store(facts.path, facts.actor, read_only=True, clock=clock) as reader:
        assert reads.note_reading(reader, noted, "cli") is True

    assert len(read_log(facts)) == 1


@pytest.mark.parametrize("others", [True, False])
def test_who_cannot_be_noted_reads_all_the_same(facts, noted, caplog, others):
    facts.db.execute("PRAGMA busy_timeout=1")
    caplog.set_level(logging.WARNING)
    if others:
        with locked(facts.path):
            assert reads.note_reading(facts, noted, "kommune") is False
    else:
        assert reads.note_reading(facts, noted, "kommune") is True

    said = ["a reading of notes on 'kommune' was not noted: database_busy"] if others else []
    assert [record.getMessage() for record in caplog.records] == said
    assert len(read_log(facts)) == (0 if others else 1)


@pytest.mark.parametrize("statement", ["UPDATE read_log SET actor = 'x'", "DELETE FROM read_log"])
def test_a_reading_cannot_be_changed(facts, noted, statement):
    reads.note_reading(facts, noted, "kommune")

    with pytest.raises((DatabaseError, AdvisoryError), match="append-only"):
        facts.db.execute(statement)
