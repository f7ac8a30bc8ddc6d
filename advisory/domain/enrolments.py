"""A municipality's way through a cohort: statuses, permitted moves, status as of a date."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache

from .errors import Refused


class Status(StrEnum):
    """`active` and `completed` follow from an admission and the dates; they are never recorded."""

    INTERESTED = "interested"
    APPLIED = "applied"
    ADMITTED = "admitted"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    OFFERED = "offered"
    LAPSED = "lapsed"
    ACTIVE = "active"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


FIRST = frozenset({Status.INTERESTED, Status.APPLIED})

MOVES: dict[Status, frozenset[Status]] = {
    Status.INTERESTED: frozenset({Status.APPLIED, Status.WITHDRAWN}),
    Status.APPLIED: frozenset(
        {Status.ADMITTED, Status.WAITLISTED, Status.DECLINED, Status.WITHDRAWN}
    ),
    Status.WAITLISTED: frozenset({Status.OFFERED, Status.WITHDRAWN}),
    # Offered again: the same offer with another last day to answer.
    Status.OFFERED: frozenset({Status.ADMITTED, Status.LAPSED, Status.OFFERED, Status.WITHDRAWN}),
    Status.ADMITTED: frozenset({Status.WITHDRAWN}),
    Status.ACTIVE: frozenset({Status.WITHDRAWN}),
    Status.DECLINED: frozenset(),
    Status.LAPSED: frozenset(),
    Status.COMPLETED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}

OPEN = frozenset(status for status, moves in MOVES.items() if moves)
HOLDS = frozenset({Status.OFFERED, Status.ADMITTED, Status.ACTIVE, Status.COMPLETED})


def status_on(
    rows: Sequence[tuple[date, str]], starts_on: date, ends_on: date, day: date
) -> Status | None:
    """The status at the end of `day`, or None before the first row.

    `rows` are (date, recorded status) in the order they were recorded. The latest date up to
    `day` counts, and of several rows on that date the one recorded last. An admission reads
    active from `starts_on` to `ends_on`, both included, and completed after it.
    """
    return _status_on(tuple(rows), starts_on, ends_on, day)


@lru_cache(maxsize=65536)
def _status_on(
    rows: tuple[tuple[date, str], ...], starts_on: date, ends_on: date, day: date
) -> Status | None:
    known = [row for row in rows if row[0] <= day]
    if not known:
        return None
    last_date = max(on_date for on_date, _ in known)
    recorded = Status([status for on_date, status in known if on_date == last_date][-1])
    if recorded is not Status.ADMITTED or day < starts_on:
        return recorded
    return Status.ACTIVE if day <= ends_on else Status.COMPLETED


def check_move(
    current: Status | None, new: Status, *, reason: str | None = None, unusual: bool = False
) -> None:
    """Refuse a recorded move that is not permitted.

    `current` is None for the first row; `unusual` says that the place goes to a late application
    or past somebody who waits for it, or that an offer is taken back before its last day. Refuses
    with `move_not_allowed` (frm, to), and with `reason_needed` for what somebody will ask about: an
    unusual one, a refusal, a withdrawal, another last day to answer.
    """
    if new not in (FIRST if current is None else MOVES[current]):
        raise Refused("move_not_allowed", frm=current, to=new)
    asked = unusual and new in (Status.ADMITTED, Status.OFFERED, Status.LAPSED)
    asked = asked or current == new == Status.OFFERED
    if (asked or new in (Status.DECLINED, Status.WITHDRAWN)) and not (reason or "").strip():
        raise Refused("reason_needed")


def is_way(statuses: Sequence[str]) -> bool:
    """Whether these recorded statuses, in this order, are a way that is permitted; none is one."""
    before: list[str | None] = [None, *statuses]
    return all(
        new in (FIRST if old is None else MOVES[Status(old)]) for old, new in zip(before, statuses)
    )


def is_late(received_on: date, apply_by: date | None) -> bool:
    """Whether an application came after the last day to apply; never without a deadline.

    `received_on` is the date in Copenhagen, so the whole of `apply_by` is in time.
    """
    return apply_by is not None and received_on > apply_by
