"""Times of day with a date, as reports write them in the locale of whoever downloaded them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from ..domain.calendar import to_utc

_MONTHS = {
    name: month
    for month, names in enumerate(
        ("jan", "feb fév", "mar mär mrz", "apr avr", "maj may mai", "jun", "jul", "aug", "sep",
         "okt oct", "nov", "dec dez déc"), 1,
    )
    for name in names.split()
}  # fmt: skip
_CLOCK = (
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,][0-9]{1,7})?)?"
    r"(?: ?(?P<half>[ap])\.? ?m\.?)?(?P<utc> ?(?:\(?utc\)?|z|gmt|\+00:?00))?"
)
_BETWEEN = r"(?:t|,? ?(?:(?:à|a|at|kl\.?|um|o|om|klo) )?)"
_WRITTEN = (
    re.compile(
        rf"(?P<a>[0-9]{{1,4}})(?P<sep>[./-]) ?(?P<b>[0-9]{{1,2}})[./-] ?(?P<c>[0-9]{{1,4}})\.?"
        rf"{_BETWEEN}{_CLOCK}"
    ),
    re.compile(
        rf"(?P<month>[^\W\d_]{{3,10}})\.? (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}}){_BETWEEN}"
        rf"{_CLOCK}"
    ),
    re.compile(
        rf"(?P<day>[0-9]{{1,2}})\.? (?P<month>[^\W\d_]{{3,10}})\.?,? (?P<year>[0-9]{{4}})"
        rf"{_BETWEEN}{_CLOCK}"
    ),
)
_YEARS = range(2000, 2100)
_LONGEST = timedelta(hours=24)


class Order(StrEnum):
    """Whether the day or the month is written first."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time whose date is `first`/`second`/`year`, in `order` when the text itself tells."""

    first: int
    second: int
    year: int
    at: time
    utc: bool = False
    order: Order | None = None

    def instant(self, order: Order) -> datetime | None:
        """The instant in UTC, with `order` where the text leaves it open; None for no such day."""
        day, month = self.first, self.second
        if (self.order or order) is Order.MONTH:
            day, month = month, day
        try:
            found = date(self.year, month, day)
        except ValueError:
            return None
        return datetime.combine(found, self.at, UTC) if self.utc else to_utc(found, self.at)


Joined = tuple[Moment | None, Moment | None, float | None]  # joined, left, minutes


@lru_cache(maxsize=65536)
def moment(text: str) -> Moment | None:
    """The time that `text` writes with its date, None when it is anything else.

    A year first is year-month-day, and dots put the day first (no locale writes 6.13.2024).
    """
    written = text.lower()
    found = next((hit for pattern in _WRITTEN if (hit := pattern.fullmatch(written))), None)
    parts = found.groupdict() if found else {}
    try:
        return _numeric(parts) if "a" in parts else _named(parts) if parts else None
    except ValueError:
        return None


def in_utc(found: Moment | None) -> Moment | None:
    """The same time as UTC, for a column whose header says so."""
    return replace(found, utc=True) if found else None


def order_of(
    rows: Sequence[Joined], others: Iterable[Moment], near: datetime | None
) -> Order | None:
    """Whether day or month comes first in a report; None when nothing in it decides.

    In turn: a number over 12, the times that fit the durations, and the planned start `near`.
    Numbers over 12 in both places decide nothing.
    """
    inside = [one for joined, left, _ in rows for one in (joined, left) if one]
    open_ones = [one for one in (*inside, *others) if one.order is None]
    if not open_ones:
        return Order.DAY
    over = {Order.DAY: 0, Order.MONTH: 0}
    for one in open_ones:
        over[Order.DAY] += one.first > 12
        over[Order.MONTH] += one.second > 12
    if any(over.values()):
        return None if all(over.values()) else max(over, key=lambda order: over[order])
    if all(one.first == one.second for one in open_ones):
        return Order.DAY
    return _fitting(rows) or (_nearest(open_ones, near) if near else None)


def length_either_way(joined: Moment | None, left: Moment | None) -> float | None:
    """Minutes between two times when they are as many with the day first and the month first."""
    if joined is None or left is None:
        return None
    lengths = {
        (end - start).total_seconds() / 60
        for order in Order
        if (start := joined.instant(order)) and (end := left.instant(order))
    }
    length = lengths.pop() if len(lengths) == 1 else -1.0
    return length if 0 <= length <= _LONGEST.total_seconds() / 60 else None


def _numeric(parts: dict[str, str]) -> Moment:
    a, b, c = int(parts["a"]), int(parts["b"]), int(parts["c"])
    at, utc = _time(parts), bool(parts["utc"])
    if len(parts["a"]) == 4:
        return Moment(c, b, _year(a), at, utc, Order.DAY)
    if len(parts["a"]) > 2 or len(parts["c"]) not in (2, 4):
        raise ValueError("no date")
    order = Order.DAY if parts["sep"] == "." else None
    if not (1 <= a <= 31 and 1 <= b <= 31) or (a > 12 and b > 12):
        raise ValueError("no date")
    return Moment(a, b, _year(c), at, utc, order)


def _named(parts: dict[str, str]) -> Moment:
    month = _MONTHS.get(parts["month"][:3])
    if month is None:
        raise ValueError("no month")
    year, day = _year(int(parts["year"])), int(parts["day"])
    return Moment(day, month, year, _time(parts), bool(parts["utc"]), Order.DAY)


def _year(written: int) -> int:
    year = written + 2000 * (written < 100)
    if year not in _YEARS:
        raise ValueError("no year of a report")
    return year


def _time(parts: dict[str, str]) -> time:
    hour, half = int(parts["hour"]), parts["half"]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    return time(hour, int(parts["minute"]), int(parts["second"] or 0))


def _fitting(rows: Sequence[Joined]) -> Order | None:
    """The order under which more rows make sense: nobody leaves first, and durations agree."""
    misfits = {order: sum(_misfit(row, order) for row in rows) for order in Order}
    if misfits[Order.DAY] == misfits[Order.MONTH]:
        return None
    return min(misfits, key=lambda order: misfits[order])


def _misfit(row: Joined, order: Order) -> bool:
    joined, left, minutes = row
    if joined is None or left is None:
        return False
    start, end = joined.instant(order), left.instant(order)
    if start is None or end is None or not start <= end <= start + _LONGEST:
        return True
    return minutes is not None and minutes - (end - start).total_seconds() / 60 > 1.5


def _nearest(open_ones: Iterable[Moment], near: datetime) -> Order | None:
    """The order that puts a time of the report closest to `near`; None when both are as close."""
    away = {order: [abs(i - near) for i in _instants(open_ones, order)] for order in Order}
    day, month = (min(away[order], default=None) for order in (Order.DAY, Order.MONTH))
    if day is None or month is None or day == month:
        return None
    return Order.DAY if day < month else Order.MONTH


def _instants(moments: Iterable[Moment], order: Order) -> list[datetime]:
    found = (one.instant(order) for one in moments)
    return [instant for instant in found if instant]
