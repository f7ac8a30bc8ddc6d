from datetime import date, timedelta
from itertools import product

import pytest

from advisory.domain.enrolments import FIRST, HOLDS, OPEN, Status, check_move, is_late, status_on
from advisory.domain.errors import Refused

START, END = date(2025, 1, 1), date(2026, 6, 30)
ADMITTED = [
    (date(2024, 9, 1), "interested"),
    (date(2024, 9, 20), "applied"),
    (date(2024, 10, 15), "admitted"),
]


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (date(2024, 8, 31), None),
        (date(2024, 9, 1), Status.INTERESTED),
        (date(2024, 9, 19), Status.INTERESTED),
        (date(2024, 9, 20), Status.APPLIED),
        (date(2024, 10, 14), Status.APPLIED),
        (date(2024, 10, 15), Status.ADMITTED),
        (date(2024, 12, 31), Status.ADMITTED),
        (date(2025, 1, 1), Status.ACTIVE),
        (date(2026, 6, 30), Status.ACTIVE),
        (date(2026, 7, 1), Status.COMPLETED),
    ],
)
def test_an_admission_is_active_from_the_start_to_the_end_and_completed_after(day, status):
    assert status_on(ADMITTED, START, END, day) == status


@pytest.mark.parametrize("last", ["waitlisted", "declined", "offered", "lapsed", "withdrawn"])
def test_a_status_that_is_no_admission_stays_whatever_the_dates(last):
    rows = [(date(2024, 9, 20), "applied"), (date(2024, 10, 15), last)]

    days = (date(2024, 10, 15), START, END, END + timedelta(days=1))

    assert [status_on(rows, START, END, day) for day in days] == [Status(last)] * 4


def test_a_withdrawal_ends_an_active_enrolment_on_its_day():
    rows = [*ADMITTED, (date(2025, 3, 10), "withdrawn")]

    days = (date(2025, 3, 9), date(2025, 3, 10), date(2026, 7, 1))

    assert [status_on(rows, START, END, day) for day in days] == [
        Status.ACTIVE,
        Status.WITHDRAWN,
        Status.WITHDRAWN,
    ]


def test_of_two_rows_on_one_day_the_one_recorded_last_counts():
    rows = [(date(2024, 9, 20), "applied"), (date(2024, 9, 20), "waitlisted")]

    assert [status_on(order, START, END, START) for order in (rows, rows[::-1])] == [
        Status.WAITLISTED,
        Status.APPLIED,
    ]


def test_a_row_dated_back_does_not_hide_a_later_date():
    rows = [(date(2024, 10, 15), "admitted"), (date(2024, 9, 20), "applied")]

    days = (date(2024, 9, 20), date(2024, 10, 15))

    assert [status_on(rows, START, END, day) for day in days] == [Status.APPLIED, Status.ADMITTED]


def test_no_rows_give_no_status():
    assert status_on([], START, END, START) is None


PERMITTED = {
    (None, "interested"),
    (None, "applied"),
    ("interested", "applied"),
    ("applied", "admitted"),
    ("applied", "waitlisted"),
    ("applied", "declined"),
    ("waitlisted", "offered"),
    ("offered", "admitted"),
    ("offered", "lapsed"),
    ("offered", "offered"),
    ("interested", "withdrawn"),
    ("applied", "withdrawn"),
    ("waitlisted", "withdrawn"),
    ("offered", "withdrawn"),
    ("admitted", "withdrawn"),
    ("active", "withdrawn"),
}


def test_exactly_the_permitted_moves_pass():
    for current, new in product([None, *Status], Status):
        if (current, new) in PERMITTED:
            check_move(current, new, reason="Aftalt")
        else:
            with pytest.raises(Refused) as refused:
                check_move(current, new, reason="Aftalt")
            assert (refused.value.key, refused.value.values) == (
                "move_not_allowed",
                {"frm": current, "to": new},
            )


def test_nobody_records_active_or_completed():
    recordable = {new for _, new in PERMITTED}

    assert set(Status) - recordable == {Status.ACTIVE, Status.COMPLETED}


REASON_NEEDED = {
    ("applied", "declined"),
    ("interested", "withdrawn"),
    ("applied", "withdrawn"),
    ("waitlisted", "withdrawn"),
    ("offered", "offered"),
    ("offered", "withdrawn"),
    ("admitted", "withdrawn"),
    ("active", "withdrawn"),
}
REASON_NEEDED_WHEN_UNUSUAL = {
    ("applied", "admitted"),
    ("offered", "admitted"),
    ("waitlisted", "offered"),
    ("offered", "lapsed"),
}


def refusals(reason: str | None, unusual: bool) -> dict[tuple[str | None, str], str]:
    """The permitted moves that are refused all the same, with the key."""
    found = {}
    for current, new in PERMITTED:
        try:
            check_move(
                None if current is None else Status(current),
                Status(new),
                reason=reason,
                unusual=unusual,
            )
        except Refused as refused:
            found[current, new] = refused.key
    return found


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_refusal_and_a_withdrawal_always_need_a_reason_and_a_place_when_it_is_unusual(reason):
    always, more = REASON_NEEDED, REASON_NEEDED_WHEN_UNUSUAL

    assert refusals(reason, unusual=False) == dict.fromkeys(always, "reason_needed")
    assert refusals(reason, unusual=True) == dict.fromkeys(always | more, "reason_needed")


@pytest.mark.parametrize("unusual", [False, True])
def test_with_a_reason_every_permitted_move_passes(unusual):
    assert refusals("Der var plads", unusual) == {}


def test_a_forbidden_move_is_refused_before_its_reason_is_asked_for():
    with pytest.raises(Refused) as refused:
        check_move(Status.DECLINED, Status.ADMITTED, unusual=True)

    assert refused.value.key == "move_not_allowed"


@pytest.mark.parametrize(
    ("received_on", "late"),
    [(date(2024, 9, 30), False), (date(2024, 10, 1), False), (date(2024, 10, 2), True)],
)
def test_an_application_is_late_from_the_day_after_the_deadline(received_on, late):
    assert is_late(received_on, date(2024, 10, 1)) is late


def test_without_a_deadline_nothing_is_late():
    assert is_late(date(2099, 1, 1), None) is False


def test_the_groups_of_statuses_are_these():
    groups = {"first": FIRST, "open": OPEN, "holds": HOLDS}

    assert groups == {
        "first": {"interested", "applied"},
        "open": {"interested", "applied", "waitlisted", "offered", "admitted", "active"},
        "holds": {"offered", "admitted", "active", "completed"},
    }
