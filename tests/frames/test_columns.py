"""The columns and types that were promised, whatever the data, and nothing is written."""

import pandas as pd
import pytest

from advisory import frames
from advisory.frames.actions import ACTIONS
from advisory.frames.activities import ACTIVITIES, HEADCOUNTS, SERVED, TARGETS
from advisory.frames.attendance import ATTENDEES, IMPORTS
from advisory.frames.balance import BALANCE, GAPS
from advisory.frames.deliveries import CELLS, DELIVERIES, SESSIONS
from advisory.frames.deliveries import COHORTS as DELIVERED
from advisory.frames.enrolments import ENROLMENTS
from advisory.frames.figures import CAPACITY, DEADLINES, FIGURES
from advisory.frames.funnel import FUNNEL, NOT_APPLIED, STEPS, UNMATCHED
from advisory.frames.intake import APPLICATIONS, ROUNDS
from advisory.frames.journal import CONTACTS, HISTORY, NOTES, TASKS
from advisory.frames.ledger import LEDGER
from advisory.frames.mails import MAIL_RULES, MESSAGE_COUNTS, MESSAGES
from advisory.frames.meetings import MEETING_STATES, MEETINGS
from advisory.frames.milestones import MILESTONES
from advisory.frames.municipalities import MUNICIPALITIES, PLACES
from advisory.frames.signups import QUESTIONS, SIGNUPS
from advisory.frames.sums import ATTENDANCE_SUMS, COMPETENCE_SUMS
from advisory.frames.trends import BY_KIND, HOURS, MONTHLY

ROUND = "2025-08"

PROMISED = {
    "enrolments": (frames.enrolments, ENROLMENTS),
    "milestones": (frames.milestones, MILESTONES),
    "actions": (frames.actions, ACTIONS),
    "figures": (frames.figures, FIGURES),
    "deadlines": (frames.deadlines, DEADLINES),
    "capacity": (frames.capacity, CAPACITY),
    "notes": (frames.notes, NOTES),
    "tasks": (frames.tasks, TASKS),
    "contacts": (frames.contacts, CONTACTS),
    "history": (lambda store: frames.history(store, 1), HISTORY),
    "municipalities": (frames.municipalities, MUNICIPALITIES),
    "map_places": (frames.map_places, PLACES),
    "activities": (frames.activities, ACTIVITIES),
    "headcounts": (frames.headcounts, HEADCOUNTS),
    "served": (frames.served, SERVED),
    "targets": (frames.targets, TARGETS),
    "balance": (frames.balance, BALANCE),
    "gaps": (frames.gaps, GAPS),
    "deliveries": (frames.deliveries, DELIVERIES),
    "delivery_cohorts": (frames.delivery_cohorts, DELIVERED),
    "delivery_sessions": (lambda store: frames.delivery_sessions(store, 2), SESSIONS),
    "delivery_cells": (frames.delivery_cells, CELLS),
    "attendance_by_month": (frames.attendance_by_month, MONTHLY),
    "activities_by_municipality": (frames.activities_by_municipality, BY_KIND),
    "competence_hours": (frames.competence_hours, HOURS),
    "meetings": (frames.meetings, MEETINGS),
    "meeting_states": (frames.meeting_states, MEETING_STATES),
    "attendance_sums": (frames.attendance_sums, ATTENDANCE_SUMS),
    "competence_sums": (frames.competence_sums, COMPETENCE_SUMS),
    "signups": (frames.signups, SIGNUPS),
    "questions": (frames.questions, QUESTIONS),
    "attendees": (frames.attendees, ATTENDEES),
    "imports": (frames.imports, IMPORTS),
    "mail_rules": (frames.mail_rules, MAIL_RULES),
    "messages": (frames.messages, MESSAGES),
    "message_counts": (frames.message_counts, MESSAGE_COUNTS),
    "funnel": (lambda store: frames.funnel(store, ROUND), FUNNEL),
    "funnel_steps": (lambda store: frames.funnel_steps(store, ROUND), STEPS),
    "funnel_unmatched": (lambda store: frames.funnel_unmatched(store, ROUND), UNMATCHED),
    "not_applied": (lambda store: frames.not_applied(store, ROUND), NOT_APPLIED),
    "applications": (frames.applications, APPLICATIONS),
    "waiting": (lambda store: frames.waiting(store, ROUND), APPLICATIONS),
    "ledger": (frames.ledger, LEDGER),
    "rounds": (frames.rounds, ROUNDS),
}


def types(found: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in found.dtypes.items()}


@pytest.mark.parametrize("name", PROMISED)
def test_columns_and_types_are_the_same_for_every_store(any_store, name):
    read, promised = PROMISED[name]

    found = read(any_store)

    assert types(found) == promised
    assert list(found.index) == list(range(len(found)))
    texts = [column for column, dtype in promised.items() if dtype == "str"]
    assert not found[texts].isna().any().any()


@pytest.mark.parametrize("name", PROMISED)
def test_reading_writes_nothing(demo_store, name):
    before = demo_store.version()
    changes = demo_store.db.conn.total_changes

    PROMISED[name][0](demo_store)

    assert (demo_store.version(), demo_store.db.conn.total_changes) == (before, changes)
    assert not demo_store.db.conn.in_transaction


@pytest.mark.parametrize("name", PROMISED)
def test_what_a_caller_changes_reaches_nobody_else(demo_store, name):
    read = PROMISED[name][0]
    before = read(demo_store).to_dict()
    mine = read(demo_store)
    for column in mine.columns:
        mine.loc[mine.index[0], column] = mine.loc[mine.index[-1], column]
    mine["extra"] = 1

    assert str(read(demo_store).to_dict()) == str(before)


def test_every_public_frame_is_in_this_table():
    others = {"FOLLOWED", "case", "figure_rows", "find_case", "places", "report_counts"}
    others |= {"rhythm_days", "history_actors", "history_head", "newer_changes", "put_back"}
    others |= {"changes", "history_cases", "readings"}  # have tests of their own

    assert set(frames.__all__) == set(PROMISED) | others


@pytest.mark.parametrize(
    "figure", ["running", "on_time", "late", "participations", "contact", "deadline"]
)
def test_the_rows_behind_a_figure_have_the_types_of_their_frame(any_store, figure):
    expected = {
        "running": ENROLMENTS,
        "participations": ACTIVITIES,
        "contact": ENROLMENTS | {"in_rhythm": "bool"},
        "late": MILESTONES,
        "on_time": MILESTONES | {"in_time": "bool"},
        "deadline": DEADLINES,
    }
    assert types(frames.figure_rows(any_store, figure)) == expected[figure]


def test_an_unknown_figure_is_a_defect(demo_store):
    with pytest.raises(KeyError):
        frames.figure_rows(demo_store, "luck")


@pytest.mark.parametrize("read", [frames.notes, frames.tasks, frames.contacts, frames.milestones])
def test_a_frame_of_one_case_is_that_part_of_all(demo_store, read):
    everything, part = read(demo_store), read(demo_store, 3)

    same = everything[everything["enrolment_id"] == 3].reset_index(drop=True)
    assert len(part) > 0
    pd.testing.assert_frame_equal(part, same)


@pytest.mark.parametrize(
    "read",
    [
        frames.signups, frames.questions, frames.attendees, frames.imports, frames.mail_rules,
        frames.messages, frames.message_counts,
    ],
)  # fmt: skip
def test_a_frame_of_one_meeting_is_that_part_of_all(demo_store, read):
    everything = read(demo_store)
    held = frames.meetings(demo_store).query("reported")["activity_id"].iloc[-1]

    part = read(demo_store, int(held))

    same = everything[everything["activity_id"] == held].reset_index(drop=True)
    assert 0 < len(part) < len(everything)
    pd.testing.assert_frame_equal(part, same)


def test_what_was_rolled_back_is_never_shown(demo_store):
    """A frame read inside a write that fails is not kept for whoever comes after it."""

    def look_and_fail() -> None:
        with demo_store.write("task.add"):
            demo_store.insert("task", {"title": "never"})
            frames.tasks(demo_store)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        look_and_fail()
    with demo_store.write("task.add"):
        demo_store.insert("task", {"title": "written"})

    titles = list(frames.tasks(demo_store)["title"])
    assert ("written" in titles, "never" in titles) == (True, False)
