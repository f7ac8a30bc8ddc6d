"""Who was promised to be forgotten is, everywhere; what is counted stays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advisory import frames
from advisory.domain import attendance as report
from advisory.domain.errors import Forbidden, Refused
from advisory.store import attendance, chain, erasure, feeds, meetings, sealing, signups
from advisory.store.checks import checks
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences
from advisory.store.steps import altered

CANARY = "Kanariefugl"
WORDS = (CANARY, "kanarie@odense.example", "Fuglevej 3", "Piphans")


@pytest.fixture
def meeting(facts, clock):
    """A meeting of 13 March with somebody who signed up, asked, came, and is in a report."""
    clock.now = datetime(2025, 3, 1, 9, tzinfo=UTC)
    starts_at = datetime(2025, 3, 13, 8, tzinfo=UTC)
    activity_id = meetings.create(
        facts, "info_meeting", "Et møde", starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=45),
    )  # fmt: skip
    signups.sign_up(
        facts, activity_id, name=CANARY, email="Kanarie@odense.example", municipality="Odense",
        workplace="Fuglevej 3", question="Hvad med Piphans?",
    )  # fmt: skip
    clock.now = datetime(2025, 3, 13, 12, tzinfo=UTC)
    person = report.Person(CANARY, "kanarie@odense.example", (), 40.0, 1, (2,))
    guest = report.Person("Piphans (gæst)", None, (), 12.0, 1, (3,))
    read = report.Report("table", None, None, None, 2, (person, guest), ())
    attendance.take_in(facts, activity_id, read, file_name="x.csv", sha256="0")
    return activity_id


def found_in_file(store) -> set[str]:
    content = b"".join(
        path.read_bytes() for path in store.path.parent.glob(f"{store.path.name}*")
    ).decode("utf-8", errors="replace")
    return {word for word in WORDS if word.casefold() in content.casefold()}


def test_nobody_is_due_before_the_day_they_were_promised(facts, meeting, clock):
    clock.on(date(2025, 6, 13))
    on_the_day = erasure.due(facts)
    clock.on(date(2025, 6, 14))

    assert on_the_day == []
    assert [row["id"] for row in erasure.due(facts)] == [meeting]


def test_control_the_words_are_in_the_file_before(facts, meeting):
    assert found_in_file(facts) == set(WORDS)


def test_no_word_is_left_in_any_table_on_any_date_or_in_the_file(facts, meeting, clock):
    clock.on(date(2025, 6, 14))
    day = date(2025, 3, 10)
    before = frames.signups(facts.at(day), meeting)["name"].tolist()

    assert erasure.erase(facts, meeting) == 3  # a sign-up, and two people in the report
    assert erasure.overwrite(facts)

    assert before == [CANARY]
    assert frames.signups(facts.at(day), meeting)["name"].tolist() == [erasure.GONE]
    assert found_in_file(facts) == set()
    assert erasure.due(facts) == []


def test_what_is_counted_stays(facts, meeting, clock):
    before = frames.meetings(facts).drop(columns=["version", "status"])
    clock.on(date(2025, 6, 14))

    erasure.erase(facts, meeting)

    after = frames.meetings(facts).drop(columns=["version", "status"])
    assert after.equals(before)
    assert frames.signups(facts, meeting)["municipality"].tolist() == ["Odense"]


def test_the_history_still_gives_the_tables_and_is_guarded_again(facts, meeting, clock):
    clock.on(date(2025, 6, 14))

    erasure.erase(facts, meeting)

    assert differences(facts.db, facts.path, HEAD) == []
    assert altered(facts.db) == []
    assert all(check.ok for check in checks(facts) if check.key in ("schema", "history"))
    with pytest.raises(Exception, match="append-only"):
        facts.db.execute("UPDATE history SET actor = 'x'")
    facts.db.rollback()


def test_nothing_that_reads_the_history_trips_over_what_was_erased(facts, meeting, clock):
    """An erasure leaves a row that is about the history itself, and no record."""
    clock.on(date(2025, 6, 14))
    tables_changed = feeds.changes(facts)
    erasure.erase(facts, meeting)
    (row,) = facts.rows("history", "table_name = 'history'")

    told = frames.history(facts, table="history", row_id=0)
    assert told[["change", "action", "row_id"]].values.tolist() == [["created", erasure.ACTION, 0]]
    assert row["after"].startswith('{"erased": [[')
    assert feeds.changes(facts) == tables_changed
    assert facts.version() == row["id"]
    clock.on(date(2025, 6, 16))
    yesterday = facts.at(date(2025, 6, 15))
    assert yesterday.version() == facts.version()
    assert {name: yesterday.rows(name) for name in tables(facts.db)} == {
        name: facts.rows(name) for name in tables(facts.db)
    }
    with pytest.raises(Refused, match="revert_not_possible"):
        facts.revert(row["operation"])


def test_the_chain_stays_whole_and_holds_nothing_to_guess_from(facts, meeting, clock):
    """With the salt of a side one could try every name there is; it goes with the name."""
    query = "SELECT after, after_salt, after_hash FROM history WHERE table_name = 'person'"
    (before,) = facts.db.execute(query).fetchall()
    clock.on(date(2025, 6, 14))

    erasure.erase(facts, meeting)

    after = facts.db.execute(query).fetchall()[0]
    assert sealing.digest(before[1], before[0]) == after[2]
    assert sealing.digest(after[1], after[0]) == after[2]
    assert before[1].split(" ")[0] not in after[1]
    assert chain.verify(facts).found == []


def test_only_the_office_may(facts, meeting, as_role):
    with pytest.raises(Forbidden):
        erasure.erase(as_role("consultant"), meeting)

    assert found_in_file(facts) == set(WORDS)


def test_somebody_who_has_been_taken_out_again_is_forgotten_too(facts, meeting, clock):
    guest = frames.attendees(facts, meeting).query("decision == 'open'").iloc[0]
    attendance.walk_in(facts, int(guest["attendee_id"]), name="Piphans", email="pip@x.example")
    attendance.undo_import(facts, facts.rows("attendance_import")[0]["id"])
    assert facts.rows("attendee") == []
    clock.on(date(2025, 6, 14))

    erasure.erase(facts, meeting)

    assert erasure.overwrite(facts)
    assert found_in_file(facts) == set()
    assert erasure.due(facts) == []


def test_nobody_is_forgotten_before_the_day_or_remembered_again(facts, meeting, clock):
    clock.on(date(2025, 6, 13))
    with pytest.raises(Refused, match="erase_not_due"):
        erasure.erase(facts, meeting)
    clock.on(date(2025, 6, 14))
    erasure.erase(facts, meeting)
    operation = facts.rows("history", order="id DESC LIMIT 1")[0]["operation"]

    with pytest.raises(Refused, match="revert_not_possible"):
        facts.revert(operation)


def test_a_longer_keeping_is_not_for_those_who_were_promised_a_shorter(facts, meeting, clock):
    meetings.edit(facts, meeting, {"keep_months": 24})
    clock.on(date(2025, 6, 14))

    assert [row["id"] for row in erasure.due(facts)] == [meeting]


def test_control_a_reader_who_holds_on_keeps_the_words_in_the_log(facts, meeting, as_role, clock):
    reader = as_role("office")
    reader.db.execute("BEGIN")
    reader.rows("person")
    clock.on(date(2025, 6, 14))

    erasure.erase(facts, meeting)

    assert not erasure.overwrite(facts)
    reader.db.rollback()
    assert erasure.overwrite(facts)
