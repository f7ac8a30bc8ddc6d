from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.capacity import (
    Case,
    Waiting,
    answer_by,
    check_free,
    held,
    holds_place,
    holds_place_on,
    waiting_order,
)
from advisory.domain.enrolments import Status
from advisory.domain.errors import Refused

START, END = date(2025, 1, 1), date(2026, 6, 30)
ADMITTED = ((date(2024, 9, 20), "applied"), (date(2024, 10, 15), "admitted"))
DAY = timedelta(days=1)


def test_admitted_active_completed_and_offered_hold_a_place_and_no_others():
    statuses = [None, *(status for status in Status if status is not Status.WITHDRAWN)]

    assert {status for status in statuses if holds_place(status, starts_on=START)} == {
        "admitted",
        "active",
        "completed",
        "offered",
    }


@pytest.mark.parametrize(
    ("withdrawn_on", "freed", "holds"),
    [
        (START - DAY, False, False),
        (START, False, True),
        (START + DAY, False, True),
        (START, True, False),
        (START + DAY, True, False),
    ],
)
def test_a_withdrawal_frees_the_place_before_the_start_or_by_decision(withdrawn_on, freed, holds):
    case = Case((*ADMITTED, (withdrawn_on, "withdrawn")), START, END, freed=freed)

    assert (
        holds_place("withdrawn", withdrawn_on=withdrawn_on, starts_on=START, freed=freed),
        holds_place_on(case, END),
    ) == (holds, holds)


def test_a_place_is_held_until_the_day_before_an_early_withdrawal():
    case = Case((*ADMITTED, (date(2024, 11, 1), "withdrawn")), START, END)

    days = (date(2024, 10, 14), date(2024, 10, 15), date(2024, 10, 31), date(2024, 11, 1))

    assert [holds_place_on(case, day) for day in days] == [False, True, True, False]


def test_who_only_waited_holds_nothing_after_withdrawing_late():
    rows = ((date(2024, 9, 20), "applied"), (START + DAY, "withdrawn"))

    assert holds_place_on(Case(rows, START, END), END) is False


def test_an_offer_holds_its_place_through_the_last_day_to_answer():
    rows = ((date(2024, 9, 20), "waitlisted"), (date(2024, 11, 1), "offered"))
    case = Case(rows, START, END, answer_by=date(2024, 11, 15))

    days = (date(2024, 10, 31), date(2024, 11, 1), date(2024, 11, 15), date(2024, 11, 16))

    assert [holds_place_on(case, day) for day in days] == [False, True, True, False]


def test_a_completed_programme_keeps_its_place():
    assert holds_place_on(Case(ADMITTED, START, END), END + DAY) is True


def test_the_places_held_are_counted_over_all_cases():
    cases = [
        Case(ADMITTED, START, END),
        Case(ADMITTED[:1], START, END),
        Case((*ADMITTED, (START + DAY, "withdrawn")), START, END),
        Case((*ADMITTED, (START + DAY, "withdrawn")), START, END, freed=True),
    ]

    assert [held(cases, day) for day in (ADMITTED[1][0] - DAY, START, START + DAY)] == [0, 3, 2]


@pytest.mark.parametrize("taken", [20, 21])
def test_no_place_is_given_when_all_are_taken(taken):
    with pytest.raises(Refused) as refused:
        check_free(20, taken)

    assert str(refused.value) == "no_place_left capacity=20"


def test_the_last_place_may_be_given():
    check_free(20, 19)


def test_an_offer_is_open_for_ten_working_days():
    # 24, 25, 26 and 31 December and 1 January are off.
    assert [answer_by(date(2025, 11, 3)), answer_by(date(2025, 12, 22)), answer_by(START, ())] == [
        date(2025, 11, 17),
        date(2026, 1, 12),
        date(2025, 1, 15),
    ]


def test_the_queue_is_in_time_before_late_then_by_date_then_by_priority():
    in_line = [
        Waiting(5, False, date(2024, 9, 1)),
        Waiting(4, False, date(2024, 9, 2), priority=0),
        Waiting(9, False, date(2024, 9, 2), priority=1),
        Waiting(1, False, date(2024, 9, 2)),
        Waiting(2, False, date(2024, 9, 2)),
        Waiting(3, True, date(2024, 8, 1), priority=0),
    ]

    assert waiting_order(sorted(in_line, key=lambda row: row.enrolment_id)) == in_line


@given(
    st.lists(
        st.builds(
            Waiting,
            st.integers(1, 99),
            st.booleans(),
            st.dates(date(2024, 9, 1), date(2024, 9, 5)),
            st.none() | st.integers(-2, 2),
        ),
        unique_by=lambda row: row.enrolment_id,
    ),
    st.randoms(),
)
def test_the_queue_does_not_depend_on_the_order_it_is_read_in(rows, random):
    shuffled = random.sample(rows, len(rows))

    assert waiting_order(shuffled) == waiting_order(rows)
