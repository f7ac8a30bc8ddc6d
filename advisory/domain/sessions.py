"""How long a person stays signed in.

The lengths are ours: an hour unused follows the agency's own practice only when it has said so.
"""

from datetime import datetime, timedelta

IDLE = timedelta(minutes=60)
WARN = timedelta(minutes=5)  # so long before the end the person is asked whether to go on
ABSOLUTE = timedelta(hours=10)
TOUCH = timedelta(minutes=1)  # use within it is not written down again


def ends_at(started_at: datetime, seen_at: datetime) -> datetime:
    """When a session ends that began at `started_at` and was last used at `seen_at`."""
    return min(seen_at + IDLE, started_at + ABSOLUTE)


def limit(started_at: datetime, seen_at: datetime) -> str:
    """What ends such a session: `idle`, which use puts off, or `day`, which nothing does."""
    return "idle" if seen_at + IDLE < started_at + ABSOLUTE else "day"


def is_over(started_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether such a session has ended by `now`; one from a clock that was ahead has, too."""
    return not started_at <= seen_at <= now + TOUCH or now >= ends_at(started_at, seen_at)
