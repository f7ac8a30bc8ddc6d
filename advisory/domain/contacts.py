"""How long it has been since anybody spoke, and when that is longer than it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from statistics import median

SPAN = 8  # ours: the rhythm is that of the last contacts, so that an old habit is forgotten
LEAST_CONTACTS = 4  # ours: two gaps are no rhythm
OWN_FACTOR = 2  # UI.md: silent is longer than twice the own rhythm
OWN_LEAST = 10  # ours, days: a week of daily calls does not make the next quiet week an alarm
QUIET_WEEKS = (29, 30, 31)  # ours, ISO weeks: the July holiday
CHRISTMAS = (24, 31)  # ours: 24 to 31 December, and New Year's Day


@dataclass(frozen=True, slots=True)
class Silence:
    """The silence on a day, and the limit it is held against.

    `days` are those of the calendar, `counted` those that are not quiet. `limit` is the lower of
    the limits, the one passed first; `kind` names it (`expected` or `own`) once `counted` is above
    it and is empty until then.
    """

    days: int
    counted: int
    limit: int
    kind: str


def silence(contacts: Sequence[date], *, starts_on: date, today: date, expected: int) -> Silence:
    """The silence at the end of `today` since the last of `contacts`, in any order.

    It begins at the last contact up to `today` and never before `starts_on`, where it also begins
    when there is none: a contact before the start belongs to the rhythm but makes no silence
    longer, and on a `today` before the start there is none (0). Contacts after `today` are not
    known yet. The limits are `expected` days and, when the municipality has a rhythm of its own,
    OWN_FACTOR times that, at which silence is at least OWN_LEAST days. Of two equal limits the
    expected is named.
    """
    known = [day for day in contacts if day <= today]
    since = min(max([starts_on, *known]), today)
    days = (today - since).days
    counted = days - quiet_days(since, today)
    own = _own_limit(known)
    limit, kind = (expected, "expected") if own is None or expected <= own else (own, "own")
    return Silence(days, counted, limit, kind if counted > limit else "")


def own_rhythm(days: Sequence[date]) -> float | None:
    """The usual number of days between two contacts: the median of the last SPAN days of contact.

    Several contacts on a day are one. The gaps are calendar days: one holiday among them does not
    move a median. None with fewer than LEAST_CONTACTS days of contact.
    """
    last = sorted(set(days))[-SPAN:]
    if len(last) < LEAST_CONTACTS:
        return None
    return float(median((after - before).days for before, after in pairwise(last)))


def quiet_days(since: date, until: date) -> int:
    """How many days after `since` up to and including `until` nobody expects a contact on.

    Those are ISO weeks 29-31 and 24 December to 1 January. Weekends and single holidays are not:
    the limits are calendar days and have room for them.
    """
    years = range(since.year, until.year + 1)
    return sum(since < day <= until for year in years for day in _quiet(year))


def _own_limit(known: Sequence[date]) -> int | None:
    """The most days counted that are no silence by the own rhythm; None without one."""
    rhythm = own_rhythm(known)
    return None if rhythm is None else max(int(OWN_FACTOR * rhythm), OWN_LEAST - 1)


@lru_cache(maxsize=64)
def _quiet(year: int) -> tuple[date, ...]:
    """The quiet days of a calendar year."""
    mondays = [date.fromisocalendar(year, week, 1) for week in QUIET_WEEKS]
    july = [monday + timedelta(days=n) for monday in mondays for n in range(7)]
    first, last = CHRISTMAS
    return (date(year, 1, 1), *july, *(date(year, 12, day) for day in range(first, last + 1)))
