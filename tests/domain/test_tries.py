from datetime import UTC, datetime, timedelta

import pytest

from advisory.domain.tries import open_from, told

AT = datetime(2025, 3, 13, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (10**6, 900)],
)
def test_the_pause_grows_with_the_tries_up_to_a_quarter_of_an_hour(tries, seconds):
    assert open_from(tries, AT) == AT + timedelta(seconds=seconds)


def test_eleven_tries_take_at_least_a_quarter_of_an_hour():
    at = AT
    for tries in range(11):
        at = open_from(tries, at)

    assert at - AT >= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("seconds", "minute"), [(0, 0), (0.000001, 1), (30, 1), (59.999999, 1), (60, 1), (61, 2)]
)
def test_a_person_is_told_the_first_full_minute(seconds, minute):
    assert told(AT + timedelta(seconds=seconds)) == AT + timedelta(minutes=minute)
