"""The date finder: the days on which an activity fits best, and why.

A day is a day in Copenhagen. What speaks against a time is said in `scheduling`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple

from .calendar import CLOSING_DAYS, Closing, iso_week, local_date, to_utc
from .errors import Refused
from .scheduling import (
    APART_DAYS,
    NO_PERIODS,
    Booking,
    Diary,
    Periods,
    Severity,
    Snag,
    Values,
    diary,
    is_known,
    is_same,
    snags,
)

LONGEST_WINDOW = 400
COSTS = MappingProxyType(  # ours, in days: how many days' wait it is worth to avoid it
    {
        "july": 28,
        "holiday_week": 14,
        "outside_hours": 10,
        "same_provider_overlap": 10,
        "bridge_day": 7,
        "same_day_municipality": 60,  # a day of its own is worth two months' wait
        "too_close": 2,  # for each day missing, and CROWDED besides
        "after_aim": 2,  # for each day
        "before_aim": 1,  # for each day
        "quiet_week": -3,  # worth waiting for
    }
)

CROWDED = 40  # ours, in days: what it is worth to keep workshops apart at all
_BUSY = frozenset({"same_day_municipality", "same_provider_overlap"})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Need:
    """What the finder looks for a day for.

    `at` are the times of day it may begin, `aim` is the day it is best held, and `after` are
    (day, least days, name) of earlier steps. `id` is that of an activity that is to be moved.
    """

    kind: str
    consultant_id: int | None
    provider_id: int | None
    enrolments: frozenset[int]
    length: timedelta
    at: Sequence[time]
    earliest: date
    latest: date
    aim: date | None = None
    after: Sequence[tuple[date, int, str]] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for a candidate (`good`) or against it: a text key and what fills it."""

    key: str
    values: Values
    good: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A time that fits; instants in UTC, the good reasons first.

    `score` is in days, lower is better: what the reasons cost by `COSTS`, and without an aim a
    day for each day after the earliest.
    """

    starts_at: datetime
    ends_at: datetime
    score: int
    reasons: tuple[Reason, ...]


class _Rules(NamedTuple):
    periods: Periods
    closing: Closing
    apart: int


def find_dates(
    need: Need,
    others: Sequence[Booking],
    *,
    periods: Periods = NO_PERIODS,
    closing: Closing = CLOSING_DAYS,
    apart: int = APART_DAYS,
    limit: int = 10,
) -> tuple[Candidate, ...]:
    """The best days for `need`, at most `limit`, the best first and of equals the earliest.

    A day is offered once, at its best starting time, and never when something blocks it, also a
    day nearer to an earlier step than its least days. Empty when no day fits.
    Refuses with `finder_window` (earliest, latest) when the window ends before it begins,
    `finder_window_long` (days, most) beyond 400 days, and `finder_times` without a starting time
    or a length.
    """
    around = _around(need, others, apart)
    busy = {
        iso_week(day)
        for day, spans in around.by_day.items()
        if any(span.booking.enrolments & need.enrolments for span in spans)
    }
    found = []
    for attempts in _attempts(need, around, _Rules(periods, closing, apart)):
        free = [
            _candidate(need, slot, against, iso_week(local_date(slot.starts_at)) not in busy)
            for slot, against in attempts
            if not _blocking(against)
        ]
        found += [min(free, key=_rank)] if free else []
    return tuple(sorted(found, key=_rank)[:limit])


def why_not(
    need: Need,
    others: Sequence[Booking],
    *,
    periods: Periods = NO_PERIODS,
    closing: Closing = CLOSING_DAYS,
    apart: int = APART_DAYS,
) -> Counter[str]:
    """How many days of the window are not offered, by the key of what blocks them.

    Each such day counts once, under the first that blocks its first starting time: too near an
    earlier step, weekend, holiday, outside the programme, then who is busy. Refuses as
    `find_dates`.
    """
    days = _attempts(need, _around(need, others, apart), _Rules(periods, closing, apart))
    blocked = ([_blocking(against) for _, against in attempts] for attempts in days)
    return Counter(keys[0][0] for keys in blocked if all(keys))


def _around(need: Need, others: Iterable[Booking], apart: int) -> Diary:
    """The others that concern somebody the need is for, near enough to the window to matter."""
    margin = max(apart, 7) * _DAY  # a quiet week may begin before the window and end after it
    first = to_utc(need.earliest, time.min) - margin
    last = to_utc(need.latest, time.max) + margin + need.length
    return diary(
        other
        for other in others
        if not is_same(other, need.id)
        and other.starts_at <= last
        and other.ends_at >= first
        and (
            other.enrolments & need.enrolments
            or is_known(need.consultant_id, other.consultant_id)
            or is_known(need.provider_id, other.provider_id)
        )
    )


def _attempts(
    need: Need, others: Diary, rules: _Rules
) -> Iterator[list[tuple[Booking, tuple[Snag, ...]]]]:
    """For each day of the window every starting time with what speaks against it."""
    length = (need.latest - need.earliest).days + 1
    if length < 1:
        raise Refused("finder_window", earliest=need.earliest, latest=need.latest)
    if length > LONGEST_WINDOW:
        raise Refused("finder_window_long", days=length, most=LONGEST_WINDOW)
    if not need.at or need.length <= timedelta(0):
        raise Refused("finder_times")
    for n in range(length):
        day = need.earliest + n * _DAY
        near = tuple(_nearer_than_wanted(need, day))
        slots = [_slot(need, day, at) for at in need.at]
        yield [(slot, near + snags(slot, others, **rules._asdict())) for slot in slots]


def _slot(need: Need, day: date, at: time) -> Booking:
    starts_at = to_utc(day, at)
    ends_at = starts_at + need.length
    who = (need.consultant_id, need.provider_id, need.enrolments)
    return Booking(need.id, need.kind, "", starts_at, ends_at, *who)


def _nearer_than_wanted(need: Need, day: date) -> Iterator[Snag]:
    for earlier, least, name in need.after:
        days = (day - earlier).days
        if days < least:
            values = (("days", days), ("least", least), ("name", name))
            yield Snag("nearer_than_wanted", Severity.BLOCKS, values)


def _blocking(against: Iterable[Snag]) -> list[str]:
    return [snag.key for snag in against if snag.severity == Severity.BLOCKS]


def _candidate(need: Need, slot: Booking, against: Sequence[Snag], quiet: bool) -> Candidate:
    day = local_date(slot.starts_at)
    found = [*_merits(need, day), *(Reason(snag.key, snag.values, False) for snag in against)]
    if not any(snag.key in _BUSY for snag in against):
        found.insert(0, Reason("all_free", (), True))
    if quiet:
        found.append(Reason("quiet_week", (), True))
    waits = (day - need.earliest).days if need.aim is None else 0
    reasons = tuple(sorted(found, key=lambda reason: not reason.good))
    return Candidate(slot.starts_at, slot.ends_at, waits + sum(map(_cost, reasons)), reasons)


def _merits(need: Need, day: date) -> Iterator[Reason]:
    """How `day` lies to the aim and to the earlier steps."""
    late = (day - need.aim).days if need.aim else None
    if late == 0:
        yield Reason("on_aim", (), True)
    elif late is not None and late < 0:
        yield Reason("before_aim", (("days", -late),), True)
    elif late is not None:
        yield Reason("after_aim", (("days", late),), False)
    for earlier, _, name in need.after:
        yield Reason("distance_kept", (("days", (day - earlier).days), ("name", name)), True)


def _cost(reason: Reason) -> int:
    values = dict(reason.values)
    match reason.key, values:
        case "too_close", {"apart": int(apart), "days": int(days)}:
            return CROWDED + COSTS["too_close"] * (apart - days)
        case "after_aim" | "before_aim", {"days": int(days)}:
            times = days
        case _:
            times = 1
    return COSTS.get(reason.key, 0) * times


def _rank(candidate: Candidate) -> tuple[int, datetime]:
    return candidate.score, candidate.starts_at
