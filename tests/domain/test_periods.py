"""A first and a last day from what people type."""

from datetime import date

import pytest

from advisory.domain.calendar import parse_date
from advisory.domain.errors import Refused
from advisory.domain.periods import parse_period

TODAY = date(2025, 3, 13)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("uge 10", date(2025, 3, 3), date(2025, 3, 9)),
        ("Uge  10 2024", date(2024, 3, 4), date(2024, 3, 10)),
        ("week 1 2025", date(2024, 12, 30), date(2025, 1, 5)),
        ("24/2024", date(2024, 6, 10), date(2024, 6, 16)),
        ("marts", date(2025, 3, 1), date(2025, 3, 31)),
        ("feb. 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("December", date(2024, 12, 1), date(2024, 12, 31)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28)),
        ("10/3", date(2025, 3, 10), date(2025, 3, 10)),
        ("i går", date(2025, 3, 12), date(2025, 3, 12)),
        ("2025-03-10", date(2025, 3, 10), date(2025, 3, 10)),
        ("mandag 10. marts", date(2025, 3, 10), date(2025, 3, 10)),
    ],
)
def test_a_week_a_month_and_a_day_have_a_first_and_a_last_day(typed, first, last):
    assert parse_period(typed, TODAY) == (first, last)


@pytest.mark.parametrize("typed", ["31/2", "uge 54", "snart", "2025-13", "", "marts 10 25 3"])
def test_what_no_date_can_be_read_from_is_refused_as_a_date_is(typed):
    with pytest.raises(Refused) as expected:
        parse_date(typed, TODAY)
    with pytest.raises(Refused) as refusal:
        parse_period(typed, TODAY)

    assert str(refusal.value) == str(expected.value)
