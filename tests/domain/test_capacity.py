from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.capacity import (
    Case,
    Waiting,
    answer_by,
    check_free,
    check_free_in_cohort,
    held,
    held_by_day,
    holds_place,
    holds_place_on,
    refuse_answer_by,
    standing,
    takes_part,
    turning_days,
    waiting_order,
)
from advisory.domain.enrolments import Status
from advisory.domain.errors import Refused

START, END = date(2025, 1, 1), date(2026, 6, 30)
ADMITTED = ((date(2024, 9, 20), "applied"), (date(2024, 10, 15), "admitted"))
OFFERED = ((date(2024, 9, 20), "waitlisted"), (date(2024, 11, 1), "offered"))
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
    decided = END if freed else None
    case = Case((*ADMITTED, (withdrawn_on, "withdrawn")), START, END, freed_on=decided)

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
    case = Case(OFFERED, START, END, answer_by=date(2024, 11, 15))

    days = (date(2024, 10, 31), date(2024, 11, 1), date(2024, 11, 15), date(2024, 11, 16))

    assert [holds_place_on(case, day) for day in days] == [False, True, True, False]


def test_an_offer_reads_lapsed_from_the_day_after_the_last_to_answer():
    case = Case(OFFERED, START, END, answer_by=date(2024, 11, 15))

    days = (date(2024, 8, 31), date(2024, 10, 31), date(2024, 11, 15), date(2024, 11, 16), END)

    assert [standing(case, day) for day in days] == [
        None,
        Status.WAITLISTED,
        Status.OFFERED,
        Status.LAPSED,
        Status.LAPSED,
    ]


def test_an_offer_without_a_last_day_to_answer_ends_with_the_day_before_the_start():
    case = Case(OFFERED, START, END)

    assert [standing(case, day) for day in (START - DAY, START)] == [Status.OFFERED, Status.LAPSED]


def test_an_offer_that_was_answered_does_not_lapse():
    accepted = Case((*OFFERED, (date(2024, 11, 15), "admitted")), START, END, None, OFFERED[-1][0])

    days = (date(2024, 11, 15), START, END + DAY)

    assert [standing(accepted, day) for day in days] == [
        Status.ADMITTED,
        Status.ACTIVE,
        Status.COMPLETED,
    ]


def test_a_completed_programme_keeps_its_place():
    assert holds_place_on(Case(ADMITTED, START, END), END + DAY) is True


def test_the_places_held_are_counted_over_all_cases():
    cases = [
        Case(ADMITTED, START, END),
        Case(ADMITTED[:1], START, END),
        Case((*ADMITTED, (START + DAY, "withdrawn")), START, END),
        Case((*ADMITTED, (START + DAY, "withdrawn")), START, END, freed_on=START + 3 * DAY),
    ]
    days = (ADMITTED[1][0] - DAY, START, START + 2 * DAY, START + 3 * DAY)

    assert [held(cases, day) for day in days] == [0, 3, 3, 2]


def test_what_a_case_holds_turns_on_its_rows_after_the_last_day_to_answer_and_when_freed():
    plain = Case(ADMITTED, START, END)
    full = Case(OFFERED, START, END, freed_on=END, answer_by=date(2024, 11, 15))

    assert (turning_days(plain), turning_days(full)) == (
        {date(2024, 9, 20), date(2024, 10, 15), START},
        {date(2024, 9, 20), date(2024, 11, 1), date(2024, 11, 16), END},
    )


def test_the_places_held_are_counted_on_the_first_day_and_each_that_changes_them():
    cases = [
        Case(ADMITTED, START, END),
        Case(OFFERED, START, END, answer_by=date(2024, 11, 15)),
        Case((*ADMITTED, (date(2024, 11, 1), "withdrawn")), START, END),
    ]

    assert held_by_day(cases, date(2024, 10, 20), date(2024, 11, 16)) == {
        date(2024, 10, 20): 2,
        date(2024, 11, 1): 2,
        date(2024, 11, 16): 1,
    }


def test_no_day_after_the_last_is_counted_and_without_cases_nothing_is_held():
    case = Case(OFFERED, START, END, answer_by=date(2024, 11, 15))

    assert (
        held_by_day([case], date(2024, 11, 1), date(2024, 11, 15)),
        held_by_day([], START, END),
    ) == ({date(2024, 11, 1): 1}, {START: 0})


def test_a_case_that_moved_counts_from_the_day_it_came_to_the_day_before_it_left():
    first, last = date(2024, 10, 20), date(2024, 10, 30)
    case = Case(ADMITTED, START, END, counted_from=first, counted_to=last)

    assert held_by_day([case], first - DAY, last + 5 * DAY) == {
        first - DAY: 0,
        first: 1,
        last + DAY: 0,
    }


@pytest.mark.parametrize(
    ("rows", "day", "expected"),
    [
        (ADMITTED[:1], START, True),
        (ADMITTED, END + DAY, True),
        ((*ADMITTED, (START - DAY, "withdrawn")), END, False),
        ((*ADMITTED, (START, "withdrawn")), END, True),
        ((*ADMITTED[:1], (START, "declined")), END, False),
        (OFFERED, date(2024, 11, 15), True),
        (OFFERED, date(2024, 11, 16), False),
    ],
)
def test_a_municipality_is_in_while_it_is_on_its_way_or_holds_a_place(rows, day, expected):
    case = Case(rows, START, END, answer_by=date(2024, 11, 15))

    assert takes_part(case, day) is expected


@given(
    st.lists(
        st.builds(
            lambda steps, answer, freed: Case(
                tuple((START + step * DAY, state) for step, state in sorted(steps)),
                START + 10 * DAY,
                END,
                freed and START + freed * DAY,
                answer and START + answer * DAY,
            ),
            st.lists(
                st.tuples(
                    st.integers(0, 20),
                    st.sampled_from(["applied", "offered", "admitted", "withdrawn"]),
                ),
                min_size=1,
                max_size=4,
            ),
            st.none() | st.integers(1, 20),
            st.none() | st.integers(1, 20),
        ),
        max_size=4,
    ),
    st.integers(-2, 22),
    st.integers(0, 10),
)
def test_between_the_days_that_are_named_the_number_held_stays(cases, start, length):
    first = START + start * DAY
    last = first + length * DAY
    named = held_by_day(cases, first, last)

    stays = {
        day: named[max(known for known in named if known <= day)]
        for day in (first + number * DAY for number in range(length + 1))
    }

    assert stays == {day: held(cases, day) for day in stays}


@pytest.mark.parametrize("taken", [20, 21])
def test_no_place_is_given_when_all_are_taken(taken):
    with pytest.raises(Refused) as refused:
        check_free(20, taken)

    assert str(refused.value) == "no_place_left capacity=20"


def test_the_last_place_may_be_given():
    check_free(20, 19)


@pytest.mark.parametrize("taken", [6, 7])
def test_no_place_of_a_cohort_is_given_beyond_its_own_number(taken):
    with pytest.raises(Refused) as refused:
        check_free_in_cohort(6, taken, "2025-08")

    assert str(refused.value) == "cohort_full cohort=2025-08 places=6"


def test_the_last_place_of_a_cohort_may_be_given_and_one_without_a_number_sets_no_limit():
    check_free_in_cohort(6, 5, "2025-08")
    check_free_in_cohort(None, 99, "2025-08")


def test_an_offer_is_open_for_ten_working_days():
    # 24, 25, 26 and 31 December and 1 January are off.
    assert [answer_by(date(2025, 11, 3)), answer_by(date(2025, 12, 22)), answer_by(START, ())] == [
        date(2025, 11, 17),
        date(2026, 1, 12),
        date(2025, 1, 15),
    ]


def test_an_offer_ends_the_day_before_the_start_but_not_before_it_was_made():
    # Ten working days after 3 November 2025 is 17 November.
    starts = (date(2025, 11, 18), date(2025, 11, 17), date(2025, 11, 4), date(2025, 11, 3))

    assert [answer_by(date(2025, 11, 3), starts_on=day) for day in starts] == [
        date(2025, 11, 17),
        date(2025, 11, 16),
        date(2025, 11, 3),
        date(2025, 11, 3),
    ]


@pytest.mark.parametrize("last", [START - 9 * DAY, START - DAY])
def test_an_answer_may_be_asked_for_from_the_day_of_the_offer_to_the_day_before_the_start(last):
    refuse_answer_by(last, START - 9 * DAY, START)


@pytest.mark.parametrize(
    ("last", "refusal"),
    [
        (START - 10 * DAY, "answer_before_offer date=2024-12-22"),
        (START, "answer_after_start date=2025-01-01 starts_on=2025-01-01"),
        (START + DAY, "answer_after_start date=2025-01-02 starts_on=2025-01-01"),
    ],
)
def test_no_answer_is_asked_for_before_the_offer_or_from_the_start_on(last, refusal):
    with pytest.raises(Refused) as refused:
        refuse_answer_by(last, START - 9 * DAY, START)

    assert str(refused.value) == refusal


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
