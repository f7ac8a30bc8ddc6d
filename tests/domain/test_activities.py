"""The programme's activities: how they stand, when and for how many they may be."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advisory.domain import activities
from advisory.domain.errors import Refused

ENDS = datetime(2025, 4, 8, 14, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
PERIOD = date(2024, 2, 1), date(2025, 7, 31)


def refusal(rule, *args) -> tuple[str, dict] | None:
    try:
        rule(*args)
    except Refused as error:
        return error.key, error.values
    return None


@pytest.mark.parametrize(
    ("moment", "held", "cancelled", "state"),
    [
        (ENDS - INSTANT, False, False, "planned"),
        (ENDS, False, False, "due"),
        (ENDS - INSTANT, True, False, "held"),
        (ENDS, True, False, "held"),
        (ENDS, False, True, "cancelled"),
        (ENDS - INSTANT, False, True, "cancelled"),
    ],
)
def test_an_activity_is_due_from_the_instant_it_ends_until_somebody_says_what_became_of_it(
    moment, held, cancelled, state
):
    found = activities.state_on(ends_at=ENDS, held=held, cancelled=cancelled, moment=moment)

    assert found == state


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (-INSTANT, ("activity_ends_before_start", {})),
        (timedelta(0), ("activity_ends_before_start", {})),
        (INSTANT, None),
        (timedelta(days=5), None),
        (timedelta(days=5) + INSTANT, ("activity_too_long", {"days": 5})),
    ],
)
def test_an_activity_ends_after_it_begins_and_within_five_days(length, said):
    assert refusal(activities.refuse_times, ENDS, ENDS + length) == said


@pytest.mark.parametrize(
    ("day", "allowed"),
    [
        (date(2023, 10, 31), False),
        (date(2023, 11, 1), True),
        (date(2026, 1, 31), True),
        (date(2026, 2, 1), False),
    ],
)
def test_an_activity_is_from_three_months_before_to_six_months_after_the_programme(day, allowed):
    said = refusal(activities.refuse_outside, day, {"Faxe": PERIOD})

    values = {"municipality": "Faxe", "first": date(2023, 11, 1), "last": date(2026, 1, 31)}
    assert said == (None if allowed else ("activity_outside_programme", values))


def test_the_span_ends_with_the_month_also_when_that_month_is_shorter():
    """Three months before 31 May 2025 is 28 February, six after 31 August is 28 February."""
    assert activities.span(date(2025, 5, 31), date(2026, 8, 31)) == (
        date(2025, 2, 28),
        date(2027, 2, 28),
    )


def test_a_day_must_suit_every_municipality_and_the_first_it_does_not_suit_is_named():
    periods = {"Faxe": PERIOD, "Struer": (date(2025, 8, 1), date(2027, 1, 31))}

    said = refusal(activities.refuse_outside, date(2025, 4, 1), periods)

    assert said is not None
    assert said[1]["municipality"] == "Struer"
    assert refusal(activities.refuse_outside, date(2025, 5, 1), periods) is None


@pytest.mark.parametrize(
    ("number", "refused"), [(None, False), (0, False), (200, False), (201, True), (-1, True)]
)
def test_a_count_is_from_nobody_to_two_hundred_or_not_known(number, refused):
    said = ("headcount_out_of_range", {"number": number, "highest": 200})

    assert refusal(activities.refuse_number, number) == (said if refused else None)
