"""The places all cohorts share: who holds one, how many are held, who is next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .calendar import CLOSING_DAYS, Closing, add_working_days
from .enrolments import HOLDS, OPEN, Status, status_on
from .errors import Refused

ANSWER_WORKING_DAYS = 10
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """What decides whether an enrolment holds a place.

    `rows` are (date, recorded status) in the order they were recorded, `freed_on` is the day a
    place was given up by decision after the start, `answer_by` the last day to answer an offer.
    `counted_from` and `counted_to` are the first and last day on which it counts, None without end:
    a case that has moved to another cohort counts in each for a while.
    """

    rows: tuple[tuple[date, str], ...]
    starts_on: date
    ends_on: date
    freed_on: date | None = None
    answer_by: date | None = None
    counted_from: date | None = None
    counted_to: date | None = None

    @property
    def offer_ends(self) -> date:
        """The last day to answer its offer; one without a day of its own ends at the start."""
        return self.answer_by or self.starts_on - _DAY

    def counts(self, day: date) -> bool:
        """Whether it counts on `day` at all."""
        return (self.counted_from or day) <= day <= (self.counted_to or day)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One place in the queue; a lower `priority` comes first, none comes last."""

    enrolment_id: int
    late: bool
    received_on: date
    priority: int | None = None


def standing(case: Case, day: date) -> Status | None:
    """The status at the end of `day`; an offer nobody answered in time has lapsed by itself."""
    status = status_on(case.rows, case.starts_on, case.ends_on, day)
    return Status.LAPSED if status == Status.OFFERED and day > case.offer_ends else status


def holds_place(
    status: Status | None,
    *,
    withdrawn_on: date | None = None,
    starts_on: date,
    freed: bool = False,
    admitted: bool = True,
) -> bool:
    """Whether an enrolment with this status holds one of the places.

    Withdrawn before `starts_on` frees the place; from that day on it stays held unless `freed`.
    `admitted` says whether a withdrawn enrolment had been admitted: one that only waited held none.
    """
    if status == Status.WITHDRAWN:
        after_start = withdrawn_on is not None and withdrawn_on >= starts_on
        return admitted and after_start and not freed
    return status in HOLDS


def holds_place_on(case: Case, day: date) -> bool:
    """Whether `case` holds a place at the end of `day`; an offer does through its `answer_by`."""
    if not case.counts(day):
        return False
    known = [row for row in case.rows if row[0] <= day]
    return holds_place(
        standing(case, day),
        withdrawn_on=max((on for on, state in known if state == Status.WITHDRAWN), default=None),
        starts_on=case.starts_on,
        freed=case.freed_on is not None and case.freed_on <= day,
        admitted=any(state == Status.ADMITTED for _, state in known),
    )


def can_free(case: Case, day: date) -> bool:
    """Whether it withdrew after the start and holds its place until somebody gives it up."""
    return standing(case, day) == Status.WITHDRAWN and holds_place_on(case, day)


def held(cases: Iterable[Case], day: date) -> int:
    """How many places `cases` hold at the end of `day`."""
    return sum(holds_place_on(case, day) for case in cases)


def turning_days(case: Case) -> set[date]:
    """The days on which what `case` holds can change; it changes on no other."""
    days = {on for on, _ in case.rows} | {case.offer_ends + _DAY}
    if case.counted_to is not None:
        days.add(case.counted_to + _DAY)
    return days | {day for day in (case.freed_on, case.counted_from) if day is not None}


def takes_part(case: Case, day: date) -> bool:
    """Whether the municipality is in: on its way to a place, in a programme or done with it."""
    status = standing(case, day)
    return status in OPEN or status == Status.COMPLETED or holds_place_on(case, day)


def held_by_day(cases: Iterable[Case], first: date, last: date) -> dict[date, int]:
    """How many places are held at the end of `first` and of each later day that changes it."""
    changes: dict[date, int] = {first: 0}
    for case in cases:
        holds = holds_place_on(case, first)
        changes[first] += holds
        for day in sorted(day for day in turning_days(case) if first < day <= last):
            now = holds_place_on(case, day)
            changes[day] = changes.get(day, 0) + now - holds
            holds = now
    total, found = 0, {}
    for day in sorted(changes):
        total += changes[day]
        found[day] = total
    return found


def check_free(capacity: int, taken: int) -> None:
    """Refuse with `no_place_left` (capacity) when every place is taken."""
    if taken >= capacity:
        raise Refused("no_place_left", capacity=capacity)


def check_free_in_cohort(places: int | None, taken: int, cohort: str) -> None:
    """Refuse with `cohort_full` (cohort, places) when a cohort with a number has no place left."""
    if places is not None and taken >= places:
        raise Refused("cohort_full", cohort=cohort, places=places)


def answer_by(
    offered_on: date, closing: Closing = CLOSING_DAYS, *, starts_on: date | None = None
) -> date:
    """The last day to answer an offer: ten working days after it was made, before the start."""
    last = add_working_days(offered_on, ANSWER_WORKING_DAYS, closing)
    return last if starts_on is None else max(min(last, starts_on - _DAY), offered_on)


def refuse_answer_by(last: date, offered_on: date, starts_on: date) -> None:
    """Refuse a last day to answer before the offer or after the start of the programme.

    Keys: `answer_before_offer` (date), `answer_after_start` (date, starts_on).
    """
    if last < offered_on:
        raise Refused("answer_before_offer", date=last)
    if last >= starts_on:
        raise Refused("answer_after_start", date=last, starts_on=starts_on)


def waiting_order(rows: Sequence[Waiting]) -> list[Waiting]:
    """The queue, first in line first: in time before late, then date received, then priority."""
    return sorted(
        rows,
        key=lambda row: (
            row.late,
            row.received_on,
            row.priority is None,
            row.priority or 0,
            row.enrolment_id,
        ),
    )
