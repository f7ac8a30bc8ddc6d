"""Months, working days, Copenhagen time, ISO weeks, and dates as people type them.

A day is a `date`, an instant an aware `datetime`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays

from .errors import Refused

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
CLOSING_DAYS = ((5, 1), (6, 5), (12, 24), (12, 31))
HOLIDAY_WEEKS = frozenset({7, 8, 29, 30, 31, 42})

Closing = tuple[tuple[int, int], ...]
_DAY = timedelta(days=1)
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), clipped to the end of its month.

    Always add from the anchor: 31 August + 18 months is 29 February 2028, in two steps the 28th.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    leap_day = month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, month + 1, min(day.day, _MONTH_LENGTHS[month] + leap_day))


def last_day(start: date, months: int) -> date:
    """The last day of a period of `months` that begins on `start`."""
    return add_months(start, months) - _DAY


def programme_month(start: date, end: date, months: int, day: date) -> int:
    """Which month of the programme `day` is in: 1 from `start`, 0 before, `months` after `end`."""
    if day < start:
        return 0
    if day > end:
        return months
    passed = (day.year - start.year) * 12 + day.month - start.month
    return min(passed + (add_months(start, passed) <= day), months)


def share_elapsed(start: date, end: date, day: date) -> float:
    """How much of start..end has passed at the end of `day`: 0.0 before, 1.0 from `end` on."""
    passed = (day - start).days + 1
    return min(max(passed / ((end - start).days + 1), 0.0), 1.0)


@lru_cache(maxsize=1024)
def _days_off(year: int, closing: Closing) -> Mapping[date, str]:
    """Danish names of the public holidays and closing days of one year, by date."""
    public = holidays.country_holidays("DK", years=year, language="da")
    partly = holidays.country_holidays("DK", years=year, language="da", categories=("optional",))
    closed = [date(year, month, day) for month, day in closing]
    names = {day: partly.get(day, "Lukkedag") for day in closed}
    return MappingProxyType(names | dict(public))


@lru_cache(maxsize=64)
def closing_days(text: str) -> Closing:
    """The days written as `24/12 31/12`, day before month, as (month, day) pairs.

    Refuses with `closing_days_unreadable` (text).
    """
    found = []
    for word in text.split():
        try:
            day, month = (int(part) for part in word.split("/"))
            date(2023, month, day)  # a day that every year has
        except ValueError:
            raise Refused("closing_days_unreadable", text=text) from None
        found.append((month, day))
    return tuple(found)


def holiday_name(day: date, closing: Closing = CLOSING_DAYS) -> str | None:
    """The Danish name of a public holiday or closing day, else None.

    `closing` are (month, day) pairs; one without a name of its own is called Lukkedag.
    """
    return _days_off(day.year, closing).get(day)


def is_working_day(day: date, closing: Closing = CLOSING_DAYS) -> bool:
    """Whether `day` is Monday to Friday and neither a public holiday nor a closing day."""
    return day.weekday() < 5 and day not in _days_off(day.year, closing)


def next_working_day(day: date, closing: Closing = CLOSING_DAYS) -> date:
    """The first working day from `day` on: itself when it is one."""
    while not is_working_day(day, closing):
        day += _DAY
    return day


def add_working_days(day: date, n: int, closing: Closing = CLOSING_DAYS) -> date:
    """The n-th working day after `day` (before it when n is negative); `day` itself for 0."""
    step = _DAY if n > 0 else -_DAY
    for _ in range(abs(n)):
        day += step
        while not is_working_day(day, closing):
            day += step
    return day


def working_days_between(a: date, b: date, closing: Closing = CLOSING_DAYS) -> int:
    """How many working days come after `a` up to and including `b`.

    Negative when `b` is before `a`, so that it is always the number `add_working_days` takes to
    go from `a` to the working day `b`.
    """
    sign = _DAY if b > a else -_DAY
    days = (a + sign * step for step in range(1, abs((b - a).days) + 1))
    count = sum(is_working_day(day, closing) for day in days)
    return count if b > a else -count


def iso_week(day: date) -> tuple[int, int]:
    """ISO year and week; around New Year the year is not that of the date."""
    year, week, _ = day.isocalendar()
    return year, week


def holiday_week(day: date) -> int | None:
    """The ISO week number when many are on holiday that week (7, 8, 29-31, 42), else None."""
    week = iso_week(day)[1]
    return week if week in HOLIDAY_WEEKS else None


def local(instant: datetime) -> datetime:
    """An aware instant as Copenhagen's clocks show it; a naive one is a defect (ValueError)."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(COPENHAGEN)


def local_date(instant: datetime) -> date:
    """The date in Copenhagen at an aware instant."""
    return local(instant).date()


def to_utc(day: date, at: time) -> datetime:
    """The instant, in UTC, when Copenhagen's clocks show `at` on `day`.

    An hour that does not exist moves forward (02:30 is shown as 03:30); one that comes twice is
    the first of the two.
    """
    return datetime.combine(day, at.replace(fold=0), COPENHAGEN).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of `day` in Copenhagen, as an instant in UTC."""
    return to_utc(day, time.max)


_MONTH_NAMES = (
    ("januar", "january", "jan"),
    ("februar", "february", "feb"),
    ("marts", "march", "mar"),
    ("april", "apr"),
    ("maj", "may"),
    ("juni", "june", "jun"),
    ("juli", "july", "jul"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("oktober", "october", "okt", "oct"),
    ("november", "nov"),
    ("december", "dec"),
)
_MONTHS = {name: month for month, names in enumerate(_MONTH_NAMES, 1) for name in names} | {
    f"{number:0{width}}": number for number in range(100) for width in (1, 2)
}  # a month 13 is a day that does not exist, not an unreadable text
_NEAR_TODAY = {
    "i dag": 0, "idag": 0, "today": 0,
    "i morgen": 1, "imorgen": 1, "tomorrow": 1,
    "i går": -1, "igår": -1, "yesterday": -1,
}  # fmt: skip
_WEEKDAY = re.compile(
    r"(?:(?:man|tirs|ons|tors|fre|lør|søn)(?:dag|\.)?|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)\.?)[ ,]+(?=\S)"
)
_WRITTEN = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(
        r"(?P<day>[0-9]{1,2}) ?[./-] ?(?P<month>[0-9]{1,2})"
        r"(?:(?: ?[./-] ?| )(?P<year>[0-9]{4}|[0-9]{2}))?\.?"
    ),
    re.compile(
        r"(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)? ?(?P<month>[a-z]{3,9})\.?"
        r"(?:[ ,-]+(?P<year>[0-9]{4}|[0-9]{2}))?"
    ),
)
_WEEKS = (
    re.compile(r"(?:uge|week|u) ?(?P<week>[0-9]{1,2})(?:[ ,/-]+(?P<year>[0-9]{4}))?"),
    re.compile(r"(?P<week>1[3-9]|[2-9][0-9])/(?P<year>[0-9]{4})"),  # 6/2025 may be June: refused
)
_TIME = re.compile(r"(?:kl\.? ?)?(?P<hour>[0-9]{1,2})(?:[.:](?P<minute>[0-9]{2}))?")
_YEARS = range(1900, 2200)


def parse_date(text: str, today: date) -> date:
    """The day a person means: 13/6-24, 13. juni 2024, uge 24 2024 (its Monday), i morgen ...

    The day comes before the month, a leading weekday is ignored, two digits are 20yy, and without
    a year it is the year that puts the day nearest to `today` (the later of two as near).
    Refuses with `date_missing_day` (text) for a day or week that does not exist, like 31/2, and
    `date_unreadable` (text) for everything else.
    """
    written = _plain(text)
    if written in _NEAR_TODAY:
        return today + timedelta(days=_NEAR_TODAY[written])
    if found := _first_match(_WEEKS, written):
        week = int(found["week"])
        return _nearest(
            text, found["year"], today, lambda year: date.fromisocalendar(year, week, 1)
        )
    written = re.sub(r"^(?:den|d\.?) ?(?=[0-9])", "", _WEEKDAY.sub("", written, count=1))
    found = _first_match(_WRITTEN, written)
    month = _MONTHS.get(found["month"]) if found else None
    if found is None or month is None:
        raise Refused("date_unreadable", text=text)
    return _nearest(text, found["year"], today, lambda year: date(year, month, int(found["day"])))


def parse_time(text: str) -> time:
    """The time of day a person means: 14.30, 14:30, kl. 14.30, kl 10.

    Refuses with `time_unreadable` (text).
    """
    found = _TIME.fullmatch(_plain(text))
    try:
        if found:
            return time(int(found["hour"]), int(found["minute"] or 0))
    except ValueError:
        pass
    raise Refused("time_unreadable", text=text)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _first_match(patterns: Iterable[re.Pattern[str]], written: str) -> re.Match[str] | None:
    return next((found for pattern in patterns if (found := pattern.fullmatch(written))), None)


def _nearest(text: str, year: str | None, today: date, day_in: Callable[[int], date]) -> date:
    """The day in `year`, or without one in the year that puts it nearest to `today`."""
    # Eight years either way hold a 29 February and a week 53, also around 1900 and 2100.
    written = int(year) + 2000 * (len(year) == 2) if year else None
    if written is not None and written not in _YEARS:
        raise Refused("date_unreadable", text=text)
    years = range(today.year - 8, today.year + 9) if written is None else (written,)
    days = []
    for candidate in years:
        with suppress(ValueError):
            days.append(day_in(candidate))
    if not days:
        raise Refused("date_missing_day", text=text)
    return min(reversed(days), key=lambda day: abs(day - today))
