from datetime import UTC, datetime, timedelta

import pytest

from advisory.domain.sessions import ends_at, is_over

START = datetime(2025, 3, 13, 8, tzinfo=UTC)


def later(**span: float) -> datetime:
    return START + timedelta(**span)


@pytest.mark.parametrize(
    ("seen", "ends"),
    [
        (later(), later(minutes=60)),
        (later(hours=8, minutes=59), later(hours=9, minutes=59)),
        (later(hours=9), later(hours=10)),
        (later(hours=9, minutes=30), later(hours=10)),
    ],
)
def test_a_session_ends_an_hour_after_its_last_use_and_ten_hours_after_its_start(seen, ends):
    assert ends_at(START, seen) == ends
    assert not is_over(START, seen, ends - timedelta(microseconds=1))
    assert is_over(START, seen, ends)
    assert is_over(START, seen, ends + timedelta(days=1))


def test_a_session_from_a_clock_that_was_ahead_is_over():
    assert not is_over(START, START, later(seconds=-59))
    assert is_over(START, START, later(hours=-1))
    assert is_over(START, later(hours=-1), START)
