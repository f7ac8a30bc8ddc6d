"""What a move is made of: the cases and activities before it, and the dates that it changes."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .plan import Dates, Planned
from .scheduling import Booking

Period = tuple[date, date]
Times = tuple[datetime, datetime]
Plans = Mapping[int, Mapping[Hashable, Dates]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants moved: `what` is "cohort", "enrolment", "milestone" or "activity".

    By `days`, or `to` a day. Of a cohort, `enrolments` are the cases that move, each to a start of
    its own; None moves the cohort itself, and cases with a start of their own stay.
    """

    what: str
    id: int
    days: int | None = None
    to: date | None = None
    enrolments: Collection[int] | None = None
    with_activities: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone as it stands and as it becomes; the two differ where it is moved itself.

    `anchor_activity` is the activity it counts from, `aside` that it does not apply.
    """

    planned: Planned
    becomes: Planned
    name: str
    name_en: str
    kind: str
    aside: bool = False
    anchor_activity: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An enrolment with the first and last day of its programme before and after the move.

    `period_to` is the last day of the project that pays for it.
    """

    id: int
    consultant_id: int | None
    before: Period
    after: Period
    period_to: date
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity that is ahead, or that somebody wants moved.

    `fulfils` are its milestones by enrolment, `to` the times it would move to. `keeps` is the
    remark that says why it cannot move, `known` that it comes back to where it has been.
    """

    booking: Booking
    fulfils: Mapping[int, int]
    to: Times
    keeps: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """A text key and what fills it."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One date of one enrolment. `what` is "milestone" or "activity", `days` from before to after.

    Remarks: moved, unchanged, pinned, done, july, holiday_week (week), holiday (name), weekend,
    after_end, after_period, colliding (title), and of an activity that does
    not move: activity_outside, activity_past, activity_stayed, activity_held, headcount_exists.
    """

    enrolment: int
    what: str
    id: int
    name: str
    name_en: str
    before: date
    after: date
    remarks: tuple[Remark, ...]

    @property
    def days(self) -> int:
        return (self.after - self.before).days

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(remark.key for remark in self.remarks)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows by enrolment and date, the ids of the activities that move, all plans by enrolment."""

    rows: tuple[Row, ...]
    moving: frozenset[int]
    before: Plans
    after: Plans
