"""What speaks against holding an activity at a time.

A day is a day in Copenhagen, and an activity that ends when another begins does not overlap it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .calendar import (
    CLOSING_DAYS,
    Closing,
    holiday_name,
    holiday_week,
    is_working_day,
    local,
    local_date,
)

APART_DAYS = 14  # ours: the least days between two workshops of one municipality
OPENS, CLOSES = time(8), time(18)  # ours
Periods = Mapping[int, tuple[date, date]]
Values = tuple[tuple[str, object], ...]
NO_PERIODS: Periods = MappingProxyType({})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Booking:
    """An activity in the calendar; `enrolments` are those it serves."""

    id: int | None
    kind: str
    title: str
    starts_at: datetime
    ends_at: datetime
    consultant_id: int | None
    provider_id: int | None
    enrolments: frozenset[int]


class Severity(StrEnum):
    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True, slots=True)
class Snag:
    """What speaks against a time: a text key and what fills it."""

    key: str
    severity: Severity
    values: Values = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """A booking with its instants in UTC, where they can be compared, and the days it takes."""

    booking: Booking
    starts_at: datetime
    ends_at: datetime
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Diary:
    """Bookings by the days they take, the earliest first: made once, asked for many times."""

    by_day: Mapping[date, Sequence[_Span]]
    workshops: Mapping[date, Sequence[_Span]]


class _Rules(NamedTuple):
    periods: Periods
    closing: Closing
    apart: int


def diary(bookings: Iterable[Booking]) -> Diary:
    """The bookings by day, for `snags` of many."""
    spans = sorted((_span(booking) for booking in bookings), key=_order)
    return Diary(_by_day(spans), _by_day(span for span in spans if _is_workshop(span)))


def snags(
    wanted: Booking,
    others: Sequence[Booking] | Diary,
    *,
    periods: Periods = NO_PERIODS,
    closing: Closing = CLOSING_DAYS,
    apart: int = APART_DAYS,
) -> tuple[Snag, ...]:
    """What speaks against `wanted`, what blocks it first.

    `periods` are the (first, last) day allowed by enrolment. `wanted` itself is not among those it
    clashes with. About municipalities each of the others is told once: it overlaps, else is on the
    same day; of workshops on other days only the nearest is too close.
    """
    known = others if isinstance(others, Diary) else diary(others)
    return _snags(_span(wanted), known, _Rules(periods, closing, apart))


def _span(booking: Booking) -> _Span:
    begins = local(booking.starts_at)
    starts_at, ends_at = begins.astimezone(UTC), local(booking.ends_at).astimezone(UTC)
    first, last = begins.date(), local_date(max(starts_at, ends_at - timedelta.resolution))
    days = (first,) if first == last else _days(first, last)
    return _Span(booking, starts_at, ends_at, days)


def _days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + n * _DAY for n in range((last - first).days + 1))


def _by_day(spans: Iterable[_Span]) -> dict[date, list[_Span]]:
    found = defaultdict(list)
    for span in spans:
        for day in span.days:
            found[day].append(span)
    return dict(found)


def _on(days: Iterable[date], spans: Mapping[date, Sequence[_Span]]) -> Iterable[_Span]:
    """What takes one of `days`, each once."""
    return dict.fromkeys(span for day in days for span in spans.get(day, ()))


def _is_workshop(span: _Span) -> bool:
    return span.booking.kind == "workshop"


def _order(span: _Span) -> tuple[datetime, str, int]:
    return span.starts_at, span.booking.title, span.booking.id or 0


def _snags(wanted: _Span, others: Diary, rules: _Rules) -> tuple[Snag, ...]:
    found = [
        *dict.fromkeys(snag for day in wanted.days for snag in _day_snags(day, rules.closing)),
        *_outside(wanted, rules.periods),
        *_hours(wanted),
        *_clashes(wanted, others),
        *_too_close(wanted, others, rules.apart),
    ]
    return tuple(sorted(found, key=lambda snag: snag.severity != Severity.BLOCKS))


def _day_snags(day: date, closing: Closing) -> Iterator[Snag]:
    if day.weekday() >= 5:
        yield Snag("weekend", Severity.BLOCKS)
    elif name := holiday_name(day, closing):
        yield Snag("holiday", Severity.BLOCKS, (("name", name),))
    elif not any(is_working_day(day + step, closing) for step in (-_DAY, _DAY)):
        beside = (day + step for step in (-_DAY, _DAY) if (day + step).weekday() < 5)
        name = next(holiday_name(off, closing) for off in beside)
        yield Snag("bridge_day", Severity.WARNS, (("name", name),))
    if day.month == 7:
        yield Snag("july", Severity.WARNS)
    elif week := holiday_week(day):
        yield Snag("holiday_week", Severity.WARNS, (("week", week),))


def _outside(wanted: _Span, periods: Periods) -> Iterator[Snag]:
    """One snag for each period that the days are not within, with the enrolments that share it."""
    outside = defaultdict(list)
    for enrolment in sorted(wanted.booking.enrolments & periods.keys()):
        first, last = periods[enrolment]
        if wanted.days[0] < first or wanted.days[-1] > last:
            outside[first, last].append(enrolment)
    for (first, last), ids in outside.items():
        values = (("enrolment_ids", tuple(ids)), ("first", first), ("last", last))
        yield Snag("outside_programme", Severity.BLOCKS, values)


def _hours(wanted: _Span) -> Iterator[Snag]:
    begins, ends = local(wanted.starts_at), local(wanted.ends_at)
    if begins.time() < OPENS or (ends.date(), ends.time()) > (begins.date(), CLOSES):
        yield Snag("outside_hours", Severity.WARNS, (("opens", OPENS), ("closes", CLOSES)))


def _clashes(wanted: _Span, others: Diary) -> Iterator[Snag]:
    """Who is busy with one of the others at that time, and which municipalities that day."""
    mine = wanted.booking
    for span in _on(wanted.days, others.by_day):
        other = span.booking
        if is_same(other, mine.id):
            continue
        overlap = span.starts_at < wanted.ends_at and wanted.starts_at < span.ends_at
        when = (("title", other.title), ("starts_at", other.starts_at))
        if overlap and is_known(mine.consultant_id, other.consultant_id):
            yield Snag("same_consultant", Severity.BLOCKS, when)
        if overlap and is_known(mine.provider_id, other.provider_id):
            yield Snag("same_provider_overlap", Severity.WARNS, when)
        if shared := tuple(sorted(mine.enrolments & other.enrolments)):
            values = (("enrolment_ids", shared), ("title", other.title))
            if overlap:
                yield Snag("same_municipality", Severity.BLOCKS, values)
            else:
                yield Snag("same_day_municipality", Severity.WARNS, values)


def _too_close(wanted: _Span, others: Diary, apart: int) -> Iterator[Snag]:
    """The nearest workshop for one of the same enrolments, when it is nearer than `apart`."""
    mine = wanted.booking
    for days in range(1, apart) if _is_workshop(wanted) else ():
        around = (wanted.days[0] - days * _DAY, wanted.days[-1] + days * _DAY)
        for span in _on(around, others.workshops):
            other = span.booking
            if mine.enrolments & other.enrolments and not is_same(other, mine.id):
                values = (("title", other.title), ("days", days), ("apart", apart))
                yield Snag("too_close", Severity.WARNS, values)
                return


def is_same(booking: Booking, id: int | None) -> bool:
    """Whether a booking is the activity with this id; one that is not saved is none."""
    return id is not None and booking.id == id


def is_known(mine: int | None, theirs: int | None) -> bool:
    """Whether two are the same person or provider; nobody is not the same as nobody."""
    return mine is not None and mine == theirs
