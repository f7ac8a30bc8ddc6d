from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.calendar import (
    CLOSING_DAYS,
    COPENHAGEN,
    add_months,
    add_working_days,
    closing_days,
    end_of_day,
    holiday_name,
    holiday_week,
    is_working_day,
    iso_week,
    last_day,
    local,
    local_date,
    next_working_day,
    parse_date,
    parse_time,
    programme_month,
    share_elapsed,
    to_utc,
    working_days_between,
)
from advisory.domain.errors import Refused

DAY = timedelta(days=1)
EVERY_DAY = [date(2020, 1, 1) + n * DAY for n in range((date(2041, 1, 1) - date(2020, 1, 1)).days)]
LEAP_YEARS = {2020, 2024, 2028, 2032, 2036, 2040}
LENGTHS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def _length(year: int, month: int) -> int:
    return LENGTHS[month] + (month == 2 and year in LEAP_YEARS)


# Months


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 18, date(2028, 2, 29)),
        (date(2025, 8, 31), 18, date(2027, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2024, 1, 15), -1, date(2023, 12, 15)),
        (date(2024, 12, 31), 0, date(2024, 12, 31)),
        (date(2100, 1, 31), 1, date(2100, 2, 28)),
        (date(2000, 1, 31), 1, date(2000, 2, 29)),
    ],
)
def test_months_keep_the_day_and_are_clipped_to_the_end_of_the_month(day, months, expected):
    assert add_months(day, months) == expected


def test_months_added_in_steps_lose_the_day_that_the_anchor_keeps():
    assert add_months(add_months(date(2026, 8, 31), 6), 12) == date(2028, 2, 28)


@pytest.mark.parametrize("months", [-18, -1, 0, 1, 3, 17, 18, 21])
def test_every_day_of_21_years_moves_by_whole_months(months):
    for day in EVERY_DAY:
        if not 2020 <= day.year + months // 12 <= 2038:
            continue
        moved = add_months(day, months)
        assert (moved.year - day.year) * 12 + moved.month - day.month == months
        assert moved.day == min(day.day, _length(moved.year, moved.month))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2024, 2, 1), date(2025, 7, 31)),
        (date(2025, 1, 1), date(2026, 6, 30)),
        (date(2025, 8, 1), date(2027, 1, 31)),
        (date(2026, 8, 31), date(2028, 2, 28)),
    ],
)
def test_a_period_of_18_months_ends_the_day_before(start, end):
    assert last_day(start, 18) == end


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2024, 12, 31), 0),
        (date(2025, 1, 1), 1),
        (date(2025, 1, 31), 1),
        (date(2025, 2, 1), 2),
        (date(2026, 5, 31), 17),
        (date(2026, 6, 1), 18),
        (date(2026, 6, 30), 18),
        (date(2026, 7, 1), 18),
        (date(2030, 1, 1), 18),
    ],
)
def test_the_start_is_in_month_one_and_the_last_month_stays(day, month):
    assert programme_month(date(2025, 1, 1), date(2026, 6, 30), 18, day) == month


def test_a_programme_cut_short_is_over_after_its_end():
    end = date(2025, 6, 30)

    assert [programme_month(date(2025, 1, 1), end, 18, end + n * DAY) for n in (0, 1)] == [6, 18]


def test_programme_months_begin_where_the_months_from_the_start_do():
    for start in (date(2024, 2, 1), date(2026, 8, 31), date(2024, 2, 29), date(2025, 12, 15)):
        end = last_day(start, 18)
        for month in range(1, 19):
            first = add_months(start, month - 1)
            assert programme_month(start, end, 18, first) == month
            assert programme_month(start, end, 18, first - DAY) == month - 1


def test_the_share_elapsed_grows_from_nothing_to_all_by_equal_steps():
    start, end = date(2025, 1, 1), date(2025, 1, 10)

    shares = {n: share_elapsed(start, end, start + n * DAY) for n in (-99, -1, 0, 4, 8, 9, 10, 99)}

    assert shares == {-99: 0.0, -1: 0.0, 0: 0.1, 4: 0.5, 8: 0.9, 9: 1.0, 10: 1.0, 99: 1.0}


# Working days


def test_the_holidays_of_a_year_have_their_danish_names():
    named = {day: holiday_name(day) for day in EVERY_DAY if day.year == 2024 and holiday_name(day)}

    assert named == {
        date(2024, 1, 1): "Nytårsdag",
        date(2024, 3, 28): "Skærtorsdag",
        date(2024, 3, 29): "Langfredag",
        date(2024, 3, 31): "Påskedag",
        date(2024, 4, 1): "Anden påskedag",
        date(2024, 5, 1): "Arbejdernes kampdag",
        date(2024, 5, 9): "Kristi himmelfartsdag",
        date(2024, 5, 19): "Pinsedag",
        date(2024, 5, 20): "Anden pinsedag",
        date(2024, 6, 5): "Grundlovsdag",
        date(2024, 12, 24): "Juleaftensdag",
        date(2024, 12, 25): "Juledag",
        date(2024, 12, 26): "Anden juledag",
        date(2024, 12, 31): "Nytårsaften",
    }


def test_store_bededag_is_a_holiday_up_to_2023():
    days = [date(2022, 5, 13), date(2023, 5, 5), date(2024, 4, 26), date(2025, 5, 16)]

    assert [(holiday_name(day), is_working_day(day)) for day in days] == [
        ("Store bededag", False),
        ("Store bededag", False),
        (None, True),
        (None, True),
    ]


def test_closing_days_are_a_setting():
    may_day, monday = date(2025, 5, 1), date(2025, 9, 1)

    assert [
        [(holiday_name(day, closing), is_working_day(day, closing)) for day in (may_day, monday)]
        for closing in (CLOSING_DAYS, (), ((9, 1),))
    ] == [
        [("Arbejdernes kampdag", False), (None, True)],
        [(None, True), (None, True)],
        [(None, True), ("Lukkedag", False)],
    ]


def test_a_public_holiday_on_a_closing_day_keeps_its_own_name():
    assert holiday_name(date(2025, 4, 18), ((4, 18),)) == "Langfredag"


def _easter(year: int) -> date:
    """Easter Sunday by Gauss and Lichtenberg, to check the calendar against."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    s = 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    return date(year, 3, 1) + (og + 7 - (og - sz) % 7 - 1) * DAY


def test_every_day_of_21_years_is_a_working_day_or_has_a_reason_not_to_be():
    off = set()
    for year in range(2020, 2041):
        moving = [-3, -2, 0, 1, 39, 49, 50, *([26] if year < 2024 else [])]
        off |= {_easter(year) + n * DAY for n in moving}
        off |= {date(year, month, day) for month, day in ((1, 1), (12, 25), (12, 26))}
        off |= {date(year, month, day) for month, day in ((5, 1), (6, 5), (12, 24), (12, 31))}

    assert [day for day in EVERY_DAY if is_working_day(day)] == [
        day for day in EVERY_DAY if day.isoweekday() <= 5 and day not in off
    ]
    assert {day for day in EVERY_DAY if holiday_name(day)} == off


def test_the_next_working_day_is_the_first_one_from_the_day_on_and_at_most_five_days_away():
    moved = []
    for day in EVERY_DAY:
        found = next_working_day(day)
        assert is_working_day(found)
        assert not any(is_working_day(day + n * DAY) for n in range((found - day).days))
        moved.append((found - day).days)

    assert (min(moved), max(moved)) == (0, 5)  # five: from Maundy Thursday to after Easter Monday


def test_working_days_added_and_counted_are_each_others_inverse_on_every_day():
    for day in EVERY_DAY:
        for n in (-10, -1, 0, 1, 10):
            assert working_days_between(day, add_working_days(day, n)) == n


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.integers(-300, 300))
def test_working_days_land_on_working_days_and_can_be_undone(day, n):
    landed = add_working_days(day, n)

    assert landed == day if n == 0 else is_working_day(landed)
    assert working_days_between(day, landed) == n
    if is_working_day(day):
        assert add_working_days(landed, -n) == day


@given(*[st.dates(date(2020, 1, 1), date(2040, 12, 31))] * 2)
def test_the_working_days_between_two_days_are_those_after_the_first(a, b):
    first, last = min(a, b), max(a, b)
    working = [first + n * DAY for n in range((last - first).days + 1)]
    counted = sum(is_working_day(day) for day in working if day != a)

    assert working_days_between(a, b) == (counted if b > a else -counted)


def test_ten_working_days_over_christmas_skip_what_is_closed():
    assert [add_working_days(date(2025, 12, 22), n) for n in (1, 2, 3, 4, 5, -1)] == [
        date(2025, 12, 23),
        date(2025, 12, 29),
        date(2025, 12, 30),
        date(2026, 1, 2),
        date(2026, 1, 5),
        date(2025, 12, 19),
    ]


# Weeks


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2024, 6, 13), (2024, 24)),
        (date(2024, 12, 29), (2024, 52)),
        (date(2024, 12, 30), (2025, 1)),
        (date(2026, 12, 31), (2026, 53)),
        (date(2027, 1, 1), (2026, 53)),
        (date(2027, 1, 3), (2026, 53)),
        (date(2027, 1, 4), (2027, 1)),
        (date(2021, 1, 3), (2020, 53)),
        (date(2023, 1, 1), (2022, 52)),
    ],
)
def test_a_week_belongs_to_the_iso_year(day, week):
    assert iso_week(day) == week


def test_weeks_follow_each_other_from_monday_to_monday_for_21_years():
    longest: dict[int, int] = {}
    for day in EVERY_DAY[1:]:
        year, week = iso_week(day)
        same = iso_week(day - DAY) == (year, week)
        assert same == (day.isoweekday() != 1)
        # The week is that of its Thursday, which is in the week's own year.
        thursday = day + (4 - day.isoweekday()) * DAY
        assert (year, week) == (thursday.year, (thursday - date(thursday.year, 1, 1)).days // 7 + 1)
        longest[year] = max(longest.get(year, 0), week)

    assert [year for year in range(2020, 2040) if longest[year] == 53] == [2020, 2026, 2032, 2037]


def test_the_holiday_weeks_are_7_8_29_30_31_and_42():
    weeks = {holiday_week(day) for day in EVERY_DAY}

    assert weeks == {None, 7, 8, 29, 30, 31, 42}
    assert [holiday_week(date(2025, 7, 13) + n * DAY) for n in (0, 1, 21, 22)] == [
        None, 29, 31, None,
    ]  # fmt: skip


# Copenhagen time


def test_an_hour_that_does_not_exist_moves_forward():
    instant = to_utc(date(2027, 3, 28), time(2, 30))

    assert (instant, local(instant).replace(tzinfo=None)) == (
        datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
        datetime(2027, 3, 28, 3, 30),
    )


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_comes_twice_is_the_first_of_the_two(fold):
    assert to_utc(date(2026, 10, 25), time(2, 30, fold=fold)) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2027, 3, 27), datetime(2027, 3, 27, 22, 59, 59, 999999, UTC)),
        (date(2027, 3, 28), datetime(2027, 3, 28, 21, 59, 59, 999999, UTC)),
        (date(2026, 10, 24), datetime(2026, 10, 24, 21, 59, 59, 999999, UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, 59, 999999, UTC)),
    ],
)
def test_the_end_of_a_day_follows_the_clock_change(day, end):
    assert (end_of_day(day), end_of_day(day).tzinfo) == (end, UTC)


def test_every_day_of_21_years_ends_one_microsecond_before_the_next_begins():
    hours = {}
    for day in EVERY_DAY:
        end = end_of_day(day)
        tick = timedelta(microseconds=1)
        assert (local_date(end), local_date(end + tick)) == (day, day + DAY)
        begins = to_utc(day, time(0))
        assert (local_date(begins), local_date(begins - tick)) == (day, day - DAY)
        assert local(to_utc(day, time(14, 30))).timetuple()[:5] == (*day.timetuple()[:3], 14, 30)
        if end + tick - begins != DAY:
            hours[day] = (end + tick - begins).total_seconds() / 3600

    assert {(day.month, day.isoweekday(), length) for day, length in hours.items()} == {
        (3, 7, 23.0),
        (10, 7, 25.0),
    }
    assert len(hours) == 2 * 21


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31)))
def test_every_wall_clock_time_is_stored_and_shown_as_it_was_or_an_hour_later(wall):
    instant = to_utc(wall.date(), wall.time())
    shown = local(instant).replace(tzinfo=None, fold=0)

    assert shown in (wall, wall + timedelta(hours=1))
    assert (shown == wall) or wall.hour == 2
    assert instant.tzinfo is UTC


def test_an_instant_from_any_zone_has_its_date_in_copenhagen():
    instant = datetime(2024, 6, 12, 23, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert (local_date(instant), local(instant).tzinfo) == (date(2024, 6, 13), COPENHAGEN)


@pytest.mark.parametrize("ask", [local, local_date])
def test_an_instant_without_a_zone_is_a_defect(ask):
    with pytest.raises(ValueError, match="time zone"):
        ask(datetime(2024, 6, 13, 12, 0))


# Dates as people type them

MONTHS = "januar februar marts april maj juni juli august september oktober november december"
SHORT = "jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec."
ENGLISH = "January February March April May June July August September October November December"
WEEKDAYS = "mandag tirsdag onsdag torsdag fredag lørdag søndag"
SHORT_WEEKDAYS = "man. tirs. ons. tors. fre. lør. søn."
ENGLISH_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"


def _forms(day: date) -> list[str]:
    """Every way to write a date with its year."""
    d, m, y = day.day, day.month, day.year
    name, short, english = (text.split()[m - 1] for text in (MONTHS, SHORT, ENGLISH))
    weekday, tag, english_weekday = (
        text.split()[day.weekday()] for text in (WEEKDAYS, SHORT_WEEKDAYS, ENGLISH_WEEKDAYS)
    )
    return [
        f"{d}/{m}-{y % 100:02}",
        f"{d}/{m} {y}",
        f"{d}.{m}.{y}",
        f"{d:02}-{m:02}-{y}",
        f"{d:02}.{m:02}.{y}",
        f"{d}.{m}.{y % 100:02}",
        f"{d} / {m} - {y}",
        day.isoformat(),
        f"{d}. {name} {y}",
        f"{d}.\u00a0{name}\u00a0{y}",
        f" {d}.  {name.upper()}  {y} ",
        f"d. {d}. {name} {y}",
        f"den {d}. {name} {y}",
        f"{d}. {short} {y}",
        f"{d} {short.strip('.')} {y % 100:02}",
        f"{weekday} den {d}. {name} {y}",
        f"{weekday.title()}, d. {d}/{m}-{y % 100:02}",
        f"{tag} {d}. {short} {y}",
        f"{d} {english} {y}",
        f"{d} {english[:3]} {y}",
        f"{english_weekday} {d} {english} {y}",
    ]


def test_every_written_form_of_every_day_is_read_as_that_day():
    today = date(2024, 6, 1)

    assert [
        (form, day) for day in EVERY_DAY for form in _forms(day) if parse_date(form, today) != day
    ] == []


def test_every_day_without_a_year_is_the_nearest_one():
    for today in (date(2024, 2, 29), date(2025, 1, 2), date(2025, 7, 1), date(2026, 12, 31)):
        for n in range(-182, 183):
            day = today + n * DAY
            if (day.month, day.day) == (2, 29):
                continue
            name = MONTHS.split()[day.month - 1]
            forms = [f"{day.day}/{day.month}", f"{day.day}. {name}", f"d. {day.day}.{day.month}."]
            assert [parse_date(form, today) for form in forms] == [day] * 3


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2024, 6, 1), date(2024, 2, 29)),
        (date(2026, 2, 28), date(2024, 2, 29)),
        (date(2026, 3, 1), date(2028, 2, 29)),
        (date(2099, 1, 1), date(2096, 2, 29)),
    ],
)
def test_a_leap_day_without_a_year_is_the_nearest_leap_day(today, day):
    assert parse_date("29/2", today) == day


def test_of_two_days_as_near_the_later_is_meant():
    today = date(2024, 1, 31)  # 183 days after 1 August 2023, and 183 before 1 August 2024

    assert parse_date("1/8", today) == date(2024, 8, 1)


def test_every_week_is_read_as_its_monday():
    for monday in (day for day in EVERY_DAY if day.isoweekday() == 1):
        year, week = iso_week(monday)
        forms = [f"uge {week} {year}", f"u{week} {year}", f"Uge {week:02}, {year}",
                 f"uge {week}/{year}", f"week {week} {year}"]  # fmt: skip
        forms += [f"{week}/{year}"] if week > 12 else []
        assert [parse_date(form, date(2024, 6, 1)) for form in forms] == [monday] * len(forms)


@pytest.mark.parametrize(
    ("text", "today", "monday"),
    [
        ("uge 24", date(2024, 6, 1), date(2024, 6, 10)),
        ("u24", date(2024, 6, 1), date(2024, 6, 10)),
        ("uge 1", date(2024, 12, 20), date(2024, 12, 30)),
        ("uge 52", date(2025, 1, 5), date(2024, 12, 23)),
        ("uge 53", date(2024, 6, 1), date(2026, 12, 28)),
    ],
)
def test_a_week_without_a_year_is_the_nearest_one(text, today, monday):
    assert parse_date(text, today) == monday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("i dag", date(2024, 3, 1)),
        ("I dag ", date(2024, 3, 1)),
        ("today", date(2024, 3, 1)),
        ("i morgen", date(2024, 3, 2)),
        ("tomorrow", date(2024, 3, 2)),
        ("i går", date(2024, 2, 29)),
        ("i ga\u030ar", date(2024, 2, 29)),
        ("yesterday", date(2024, 2, 29)),
    ],
)
def test_days_around_today_have_names(text, day):
    assert parse_date(text, date(2024, 3, 1)) == day


@pytest.mark.parametrize(
    "text",
    ["31/2", "31/2-24", "29/2-23", "31. februar", "29. februar 2025", "31.4.2024", "2024-02-30",
     "0/6", "13/0", "13/13", "6/13/2024", "32/1", "uge 53 2025", "uge 0", "uge 54 2026", "u99"],
)  # fmt: skip
def test_a_day_or_week_that_does_not_exist_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_date(text, date(2024, 6, 1))

    assert (refused.value.key, refused.value.values) == ("date_missing_day", {"text": text})


@pytest.mark.parametrize(
    "text",
    ["", " ", "13", "juni", "13 jumi", "June 13, 2024", "6/2025", "torsdag", "130624", "20240613",
     "13/6/024", "13.06.0024", "13/6 kl. 14", "uge", "uge 24-25", "13//6", "1/2/3/4", "snart",
     "13. 2024", "1e1", "١٣/٦"],
)  # fmt: skip
def test_what_is_no_date_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_date(text, date(2024, 6, 1))

    assert (refused.value.key, refused.value.values) == ("date_unreadable", {"text": text})


@given(st.text() | st.from_regex(r"[0-9]{1,3}[./ -][0-9]{0,3}[./ -]?[0-9]{0,5}"))
def test_any_text_is_a_date_or_refused(text):
    try:
        answer = type(parse_date(text, date(2024, 6, 1)))
    except Refused as refused:
        answer = refused.key

    assert answer in (date, "date_unreadable", "date_missing_day")


@pytest.mark.parametrize("form", ["{h}.{m:02}", "{h:02}:{m:02}", "kl. {h}.{m:02}", "Kl {h}:{m:02}",
                                  "kl.{h:02}.{m:02}"])  # fmt: skip
def test_every_minute_of_the_day_is_read(form):
    minutes = [(h, m) for h in range(24) for m in range(60)]

    assert [parse_time(form.format(h=h, m=m)) for h, m in minutes] == [
        time(h, m) for h, m in minutes
    ]


@pytest.mark.parametrize("text", ["kl 10", "kl. 10", "10", " KL.\u00a010 "])
def test_an_hour_alone_is_on_the_hour(text):
    assert parse_time(text) == time(10)


@pytest.mark.parametrize("text", ["", "kl.", "24:00", "14:60", "9.5", "14:30:00", "2 pm", "1430"])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(Refused) as refused:
        parse_time(text)

    assert (refused.value.key, refused.value.values) == ("time_unreadable", {"text": text})


def test_closing_days_are_read_as_people_write_them_day_before_month():
    assert closing_days("1/5 5/6 24/12 31/12") == CLOSING_DAYS
    assert closing_days("") == ()


@pytest.mark.parametrize("text", ["december", "12/24", "29/2", "1/5/2024", "1"])
def test_closing_days_that_not_every_year_has_are_refused(text):
    with pytest.raises(Refused) as refused:
        closing_days(text)

    assert refused.value.key == "closing_days_unreadable"
