"""How often one may try a password: a few times at once, then with growing pauses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """So many tries are `free`; they are forgotten when so long nobody has tried."""

    free: int
    forgotten_after: timedelta


ACCOUNT = Limit(5, timedelta(hours=12))
# A town hall has one address for all who work there: what one of them gets wrong must not stop
# the others for long.
PLACE = Limit(10, timedelta(minutes=15))


def open_from(tries: int, last_at: datetime, limit: Limit = ACCOUNT) -> datetime:
    """From when the next try is heard after `tries` failed ones, the last of them at `last_at`.

    After the free ones it is 30 seconds, and twice as long each time up to a quarter of an hour, so
    that eleven tries for an account take at least a quarter of an hour.
    """
    if tries < limit.free:
        return last_at
    doubled = min(tries - limit.free, 16)  # beyond that the longest pause was reached long ago
    return last_at + min(FIRST_PAUSE * 2**doubled, LONGEST_PAUSE)


def told(until: datetime) -> datetime:
    """The full minute to name to a person who has to wait: the first at or after `until`."""
    return until + timedelta(
        microseconds=-(until.second * 1_000_000 + until.microsecond) % 60_000_000
    )
