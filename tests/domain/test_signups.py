from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain import signups as rules
from advisory.domain.errors import Refused
from advisory.domain.signups import HOLDS_SEAT, ON_THE_LIST, State

START = datetime(2025, 4, 8, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def refusal(rule, *args, **values) -> tuple[str, dict] | None:
    """The key and the values a rule refuses with, None when it lets one through."""
    try:
        rule(*args, **values)
    except Refused as refused:
        return refused.key, refused.values
    return None


def test_a_seat_and_an_offer_hold_a_seat_and_those_waiting_are_on_the_list_too():
    assert set(HOLDS_SEAT) == {"seat", "offered"}
    assert set(ON_THE_LIST) == {"seat", "offered", "waiting"}


@pytest.mark.parametrize("by", [START - DAY, START, None])
def test_sign_up_is_open_through_the_closing_instant(by):
    closes = by or START
    nows = (closes - DAY, closes - INSTANT, closes, closes + INSTANT, closes + DAY)

    said = [
        refusal(rules.refuse_closed, signup_by=by, starts_at=START, cancelled=False, now=now)
        for now in nows
    ]

    closed = ("signup_closed", {"at": closes})
    assert said == [None, None, None, closed, closed]
    assert rules.closes_at(by, START) == closes


def test_a_closing_after_the_start_is_the_start():
    assert rules.closes_at(START + DAY, START) == START


@pytest.mark.parametrize("now", [START - DAY, START + DAY])
def test_nobody_signs_up_for_a_cancelled_meeting(now):
    said = refusal(
        rules.refuse_closed, signup_by=START - DAY, starts_at=START, cancelled=True, now=now
    )

    assert said == ("meeting_cancelled", {})


@pytest.mark.parametrize(
    ("capacity", "taken", "free"),
    [(None, 0, None), (None, 99, None), (1, 0, 1), (1, 1, 0), (1, 2, 0), (10, 3, 7)],
)
def test_free_seats_are_never_below_none(capacity, taken, free):
    assert rules.free_seats(capacity, taken) == free


@pytest.mark.parametrize(
    ("free", "waiting", "place"),
    [
        (None, 0, State.SEAT),
        (1, 0, State.SEAT),
        (0, 0, State.WAITING),
        (0, 1, State.WAITING),
        (1, 1, State.WAITING),
        (5, 1, State.WAITING),
        (None, 1, State.WAITING),
    ],
)
def test_a_newcomer_takes_no_seat_that_others_wait_for(free, waiting, place):
    assert rules.place_for(free=free, waiting=waiting) == place


@pytest.mark.parametrize(
    ("free", "offered"), [(None, [2, 5, 9]), (0, []), (1, [2]), (2, [2, 5]), (7, [2, 5, 9])]
)
def test_free_seats_are_offered_in_the_order_of_the_numbers(free, offered):
    assert rules.next_in_line([9, 2, 5], free=free) == offered


@given(st.lists(st.integers(1, 99), unique=True), st.none() | st.integers(0, 30))
def test_nobody_is_passed_over(queue, free):
    offered = rules.next_in_line(queue, free=free)

    left = set(queue) - set(offered)
    assert len(offered) == (len(queue) if free is None else min(free, len(queue)))
    assert not left or not offered or max(offered) < min(left)


@pytest.mark.parametrize(
    ("now", "by"),
    [
        (START - 3 * DAY, START - 2 * DAY),
        (START - DAY, START),
        (START - DAY + INSTANT, START),
        (START - INSTANT, START),
        (START, START),
    ],
)
def test_an_offer_lasts_its_hours_but_not_beyond_the_start(now, by):
    assert rules.answer_by(now, hours=24, starts_at=START) == by


def test_an_offer_can_be_accepted_through_its_last_instant():
    nows = (START - INSTANT, START, START + INSTANT)

    assert [rules.has_lapsed(START, now) for now in nows] == [False, False, True]


@pytest.mark.parametrize(
    ("capacity", "taken", "said"),
    [
        (None, 5, None),
        (6, 5, None),
        (5, 5, None),
        (4, 5, ("capacity_too_low", {"taken": 5})),
    ],
)
def test_capacity_takes_no_seat_back(capacity, taken, said):
    assert refusal(rules.refuse_capacity, capacity, taken) == said


@pytest.mark.parametrize(
    ("length", "closes", "said"),
    [
        (INSTANT, None, None),
        (timedelta(hours=24), START, None),
        (timedelta(0), None, "meeting_ends_before_start"),
        (-DAY, None, "meeting_ends_before_start"),
        (timedelta(hours=24) + INSTANT, None, "meeting_too_long"),
        (timedelta(hours=1), START + INSTANT, "signup_closes_after_start"),
    ],
)
def test_times_that_cannot_be_are_refused(length, closes, said):
    found = refusal(rules.refuse_times, START, START + length, closes)

    assert found == (said and (said, {}))


@pytest.mark.parametrize(
    ("tick", "in_report", "minutes", "report_read", "present"),
    [
        (True, False, None, True, True),
        (True, True, 0.0, True, True),
        (False, True, 45.0, True, False),
        (False, False, None, False, False),
        (None, True, 45.0, True, True),
        (None, True, 0.1, True, True),
        (None, True, 0.0, True, False),
        (None, True, None, True, True),
        (None, False, None, True, False),
        (None, False, None, False, None),
    ],
)
def test_a_tick_goes_before_the_report_and_unknown_time_is_presence(
    tick, in_report, minutes, report_read, present
):
    said = rules.was_present(tick, in_report=in_report, minutes=minutes, report_read=report_read)

    assert said is present
