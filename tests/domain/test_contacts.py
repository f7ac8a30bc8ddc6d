from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain import contacts as rules
from advisory.domain.contacts import Silence, own_rhythm, quiet_days, silence

DAY = timedelta(days=1)
START = date(2025, 1, 6)
LAST = date(2025, 3, 31)  # no quiet day in the three months after it
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
CONTACTS = st.lists(DAYS, max_size=20)


def every(gap: int, count: int = 5, last: date = LAST) -> list[date]:
    """`count` contacts, `gap` days apart, of which the last is on `last`."""
    return [last - n * gap * DAY for n in range(count)]


def after(days: int, contacts, expected: int = 30, last: date = LAST) -> Silence:
    """The silence that many days after `last`."""
    return silence(contacts, starts_on=START, today=last + days * DAY, expected=expected)


# The silence


@pytest.mark.parametrize("days", [0, 1, 29, 30])
def test_up_to_the_expected_rhythm_a_silence_is_none(days):
    assert after(days, [LAST]) == Silence(days, days, 30, "")


def test_the_day_after_the_expected_rhythm_it_is_named():
    assert after(31, [LAST]) == Silence(31, 31, 30, "expected")


def test_without_a_contact_the_silence_begins_at_the_start():
    assert [silence([], starts_on=LAST, today=LAST + n * DAY, expected=30) for n in (30, 31)] == [
        Silence(30, 30, 30, ""),
        Silence(31, 31, 30, "expected"),
    ]


@pytest.mark.parametrize(
    ("days", "kind"), [(13, ""), (14, ""), (15, "own"), (30, "own"), (31, "own"), (99, "own")]
)
def test_after_twice_the_own_rhythm_the_own_limit_is_named_and_stays_so(days, kind):
    assert after(days, every(7)) == Silence(days, days, 14, kind)


@pytest.mark.parametrize(("days", "kind"), [(30, ""), (31, "expected"), (41, "expected")])
def test_who_is_seldom_in_contact_is_held_to_what_is_expected(days, kind):
    assert after(days, every(20)) == Silence(days, days, 30, kind)


@pytest.mark.parametrize(
    ("gap", "silent"),
    [(14, Silence(31, 31, 28, "own")), (15, Silence(31, 31, 30, "expected")),
     (16, Silence(31, 31, 30, "expected"))],
)  # fmt: skip
def test_of_two_limits_the_lower_is_named_and_of_two_equal_ones_the_expected(gap, silent):
    assert after(31, every(gap)) == silent


def test_half_a_day_in_the_rhythm_is_a_whole_one_in_the_limit():
    gaps_of_7_and_8 = [LAST - n * DAY for n in (0, 7, 14, 22, 30)]

    assert own_rhythm(gaps_of_7_and_8) == 7.5
    assert [after(n, gaps_of_7_and_8).kind for n in (15, 16)] == ["", "own"]


@pytest.mark.parametrize(("days", "kind"), [(3, ""), (9, ""), (10, "own")])
def test_a_week_of_daily_calls_does_not_make_the_next_week_an_alarm(days, kind):
    assert after(days, every(1)) == Silence(days, days, 9, kind)


def test_control_without_the_least_the_third_day_would_be_one(monkeypatch):
    monkeypatch.setattr(rules, "OWN_LEAST", 0)

    assert after(3, every(1)) == Silence(3, 3, 2, "own")


def test_contacts_after_today_are_not_known_yet():
    later = [LAST + n * DAY for n in (32, 39, 46, 53, 60)]

    assert after(31, [LAST, *later]) == after(31, [LAST]) == Silence(31, 31, 30, "expected")
    assert after(32, [LAST, *later]) == Silence(0, 0, 30, "")


def test_a_contact_before_the_start_makes_no_silence_longer_but_belongs_to_the_rhythm():
    early = every(7, last=LAST - 3 * DAY)
    on_day_20 = {"starts_on": LAST, "today": LAST + 20 * DAY, "expected": 30}

    assert silence(early[:1], **on_day_20) == Silence(20, 20, 30, "")
    assert silence(early, **on_day_20) == Silence(20, 20, 14, "own")


def test_before_the_start_there_is_no_silence():
    for contacts in ([], [LAST - 90 * DAY]):
        assert silence(contacts, starts_on=LAST, today=LAST - DAY, expected=30) == Silence(
            0, 0, 30, ""
        )


def test_july_is_no_silence():
    last = date(2025, 6, 30)  # the Monday of week 27; weeks 29-31 are 14 July to 3 August

    assert [after(n, [last], last=last) for n in (13, 14, 34, 35, 51, 52)] == [
        Silence(13, 13, 30, ""),
        Silence(14, 13, 30, ""),
        Silence(34, 13, 30, ""),
        Silence(35, 14, 30, ""),
        Silence(51, 30, 30, ""),
        Silence(52, 31, 30, "expected"),
    ]


def test_christmas_is_no_silence_over_new_year():
    last = date(2025, 12, 22)

    assert [after(n, every(7, last=last), last=last) for n in (1, 2, 9, 10, 11, 23, 24)] == [
        Silence(1, 1, 14, ""),
        Silence(2, 1, 14, ""),  # 24 December
        Silence(9, 1, 14, ""),
        Silence(10, 1, 14, ""),  # 1 January
        Silence(11, 2, 14, ""),
        Silence(23, 14, 14, ""),
        Silence(24, 15, 14, "own"),
    ]


@given(CONTACTS.flatmap(lambda days: st.tuples(st.just(days), st.permutations(days))), DAYS, DAYS)
def test_the_order_of_the_contacts_does_not_matter_nor_several_on_a_day(both, starts_on, today):
    days, shuffled = both
    on_day = {"starts_on": starts_on, "today": today, "expected": 30}

    assert silence(shuffled, **on_day) == silence(days + days, **on_day) == silence(days, **on_day)


# Time passing


def falls(measure, first: date, days: int) -> list[date]:
    """The days, of that many after `first`, on which `measure` of the day is less than before."""
    passing = [first + n * DAY for n in range(days + 1)]
    return [day for day in passing[1:] if measure(day) < measure(day - DAY)]


def passed(contacts, starts_on: date):
    """What grows while nobody speaks: the days, those counted, and whether a limit is passed."""

    def measure(today: date) -> tuple[int, int, bool]:
        found = silence(contacts, starts_on=starts_on, today=today, expected=30)
        return found.days, found.counted, bool(found.kind)

    return measure


@given(CONTACTS, DAYS, DAYS)
def test_a_silence_never_shrinks_while_nobody_speaks(contacts, starts_on, today):
    before = [day for day in contacts if day <= today]
    measure = passed(before, starts_on)

    for part in range(3):
        assert falls(lambda day, part=part: measure(day)[part], today, 120) == []


def test_control_a_contact_ends_the_silence():
    contacts = [LAST, LAST + 40 * DAY]
    measure = passed(contacts, START)

    assert [falls(lambda day, part=part: measure(day)[part], LAST, 60) for part in range(3)] == [
        [LAST + 40 * DAY]
    ] * 3


def test_control_a_holiday_taken_off_whole_on_its_first_day_would_shrink_the_silence():
    last, july = date(2025, 6, 30), date(2025, 7, 14)

    assert falls(lambda day: (day - last).days - 21 * (day >= july), last, 60) == [july]


# The own rhythm


def test_four_equal_gaps_are_the_rhythm():
    assert own_rhythm(every(9)) == 9.0


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_fewer_than_four_contacts_are_no_rhythm(count):
    assert own_rhythm(every(7, count)) is None


def test_four_contacts_are_a_rhythm():
    assert own_rhythm(every(7, 4)) == 7.0


def test_several_contacts_on_a_day_are_one():
    assert own_rhythm([*every(7, 3), LAST, LAST, LAST]) is None
    assert own_rhythm([*every(7), LAST, LAST, LAST]) == 7.0


def test_one_long_gap_is_no_rhythm():
    before_july = every(7, 4, date(2025, 7, 7))

    assert own_rhythm([*before_july, date(2025, 8, 11), date(2025, 8, 18)]) == 7.0


def test_only_the_last_eight_contacts_count():
    weekly = every(7, 5)
    slow_before = every(60, 20, weekly[-1] - 60 * DAY)

    assert own_rhythm(weekly + slow_before) == 7.0
    assert own_rhythm(weekly[:4] + every(60, 20, weekly[3] - 60 * DAY)) == 60.0


# The quiet days


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2025, 7, 13), date(2025, 7, 13), 0),
        (date(2025, 7, 13), date(2025, 7, 14), 1),
        (date(2025, 7, 14), date(2025, 7, 14), 0),
        (date(2025, 7, 13), date(2025, 8, 3), 21),
        (date(2025, 7, 13), date(2025, 8, 4), 21),
        (date(2025, 12, 23), date(2026, 1, 2), 9),
        (date(2025, 12, 31), date(2026, 1, 1), 1),
        (date(2026, 1, 1), date(2026, 7, 12), 0),
        (date(2025, 2, 1), date(2025, 6, 30), 0),
        (date(2025, 1, 1), date(2027, 1, 1), 60),
        (date(2025, 8, 1), date(2025, 7, 1), 0),
        (date(2026, 1, 1), date(2025, 12, 1), 0),
    ],
)
def test_the_quiet_days_are_three_weeks_of_july_and_christmas_to_new_years_day(since, until, days):
    assert quiet_days(since, until) == days


def is_quiet(day: date) -> bool:
    """The rule day by day, to check the count against."""
    return day.isocalendar().week in (29, 30, 31) or (day.month, day.day) in {
        (1, 1), *((12, n) for n in range(24, 32)),
    }  # fmt: skip


@given(DAYS, DAYS)
def test_every_quiet_day_after_the_first_counts_once(since, until):
    passing = (since + n * DAY for n in range(1, (until - since).days + 1))

    assert quiet_days(since, until) == sum(map(is_quiet, passing))
