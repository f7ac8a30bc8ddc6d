"""Signing up for a meeting: when it is open, who gets a seat, who is next in line."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from .errors import Refused

MEETINGS = ("info_meeting", "webinar")  # the kinds of activity that people sign up for


class State(StrEnum):
    """Where a person stands.

    Withdrawn, declined and lapsed have left the list; a walk-in came without having signed up.
    """

    SEAT = "seat"
    WAITING = "waiting"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WALK_IN = "walk_in"


HOLDS_SEAT = frozenset({State.SEAT, State.OFFERED})
ON_THE_LIST = HOLDS_SEAT | {State.WAITING}


def refuse_closed(
    *,
    signup_by: datetime | None,
    starts_at: datetime,
    cancelled: bool,
    now: datetime,
) -> None:
    """Refuse with `meeting_cancelled`, or with `signup_closed` after the closing instant.

    Without a closing instant one may sign up until the meeting begins. The instant itself is open.
    """
    if cancelled:
        raise Refused("meeting_cancelled")
    closed_at = closes_at(signup_by, starts_at)
    if now > closed_at:
        raise Refused("signup_closed", at=closed_at)


def closes_at(signup_by: datetime | None, starts_at: datetime) -> datetime:
    """The last instant at which one may sign up."""
    return min(signup_by, starts_at) if signup_by else starts_at


def free_seats(capacity: int | None, taken: int) -> int | None:
    """Seats neither held nor offered; None when there is no limit. Never below 0."""
    return None if capacity is None else max(capacity - taken, 0)


def place_for(*, free: int | None, waiting: int) -> State:
    """What the next person to sign up gets.

    A seat while there are some that nobody waits for; a freed seat belongs to those waiting.
    """
    return State.SEAT if waiting == 0 and (free is None or free > 0) else State.WAITING


def next_in_line(queue: Sequence[int], *, free: int | None) -> Sequence[int]:
    """Those of `queue` (numbers in order of arrival) to whom a free seat is offered now."""
    return sorted(queue)[:free]


def answer_by(now: datetime, *, hours: int, starts_at: datetime) -> datetime:
    """When an offer made at `now` lapses: after `hours`, but not after the meeting has begun."""
    return min(now + timedelta(hours=hours), starts_at)


def has_lapsed(answer_by: datetime, now: datetime) -> bool:
    """Whether an offer can no longer be accepted; the last instant still counts."""
    return now > answer_by


def refuse_capacity(capacity: int | None, taken: int) -> None:
    """Refuse with `capacity_too_low` to take seats from people who have been told they have one."""
    if capacity is not None and capacity < taken:
        raise Refused("capacity_too_low", taken=taken)


def refuse_times(starts_at: datetime, ends_at: datetime, signup_by: datetime | None) -> None:
    """Refuse with `meeting_ends_before_start`, `meeting_too_long`, `signup_closes_after_start`."""
    if ends_at <= starts_at:
        raise Refused("meeting_ends_before_start")
    if ends_at - starts_at > timedelta(hours=24):
        raise Refused("meeting_too_long")
    if signup_by is not None and signup_by > starts_at:
        raise Refused("signup_closes_after_start")


def was_present(
    tick: bool | None, *, in_report: bool, minutes: float | None, report_read: bool
) -> bool | None:
    """Whether a person was there; None is not known.

    What somebody ticked goes before the report. In the report for an unknown time is there; only
    before or after the meeting is not.
    """
    if tick is not None:
        return tick
    if in_report:
        return minutes is None or minutes > 0
    return False if report_read else None
