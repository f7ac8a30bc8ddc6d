"""The places all cohorts share: who holds one, how many are held, who is next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .calendar import CLOSING_DAYS, Closing, add_working_days
from .enrolments import HOLDS, Status, status_on
from .errors import Refused

ANSWER_WORKING_DAYS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """What decides whether an enrolment holds a place.

    `rows` are (date, recorded status) in the order they were recorded, `freed` says that a place
    was given up by decision after the start, `answer_by` is the last day to answer an offer.
    """

    rows: tuple[tuple[date, str], ...]
    starts_on: date
    ends_on: date
    freed: bool = False
    answer_by: date | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One place in the queue; a lower `priority` comes first, none comes last."""

    enrolment_id: int
    late: bool
    received_on: date
    priority: int | None = None


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
    status = status_on(case.rows, case.starts_on, case.ends_on, day)
    if status == Status.OFFERED and case.answer_by is not None and day > case.answer_by:
        return False
    known = [row for row in case.rows if row[0] <= day]
    return holds_place(
        status,
        withdrawn_on=max((on for on, state in known if state == Status.WITHDRAWN), default=None),
        starts_on=case.starts_on,
        freed=case.freed,
        admitted=any(state == Status.ADMITTED for _, state in known),
    )


def held(cases: Iterable[Case], day: date) -> int:
    """How many places `cases` hold at the end of `day`."""
    return sum(holds_place_on(case, day) for case in cases)


def check_free(capacity: int, taken: int) -> None:
    """Refuse with `no_place_left` (capacity) when every place is taken."""
    if taken >= capacity:
        raise Refused("no_place_left", capacity=capacity)


def answer_by(offered_on: date, closing: Closing = CLOSING_DAYS) -> date:
    """The last day to answer an offer: ten working days after it was made."""
    return add_working_days(offered_on, ANSWER_WORKING_DAYS, closing)


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
