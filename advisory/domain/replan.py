"""Moving a start, a milestone or an activity: which dates change, and what that brings along.

A milestone's date is the day it was done, else the day it is due. Nothing here is adjusted to a
working day but what the rules of the plan adjust: an activity moves as many days as asked, and a
remark says where it lands.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from .activities import span
from .calendar import (
    CLOSING_DAYS,
    Closing,
    holiday_name,
    holiday_week,
    local,
    local_date,
    to_utc,
)
from .plan import Planned, anchor_day, plan_dates
from .replan_rows import Activity, Case, Outcome, Period, Plans, Remark, Row, Step, Times
from .scheduling import Booking


def shifted(starts_at: datetime, ends_at: datetime, days: int) -> Times:
    """The times `days` later by Copenhagen's clocks, in UTC.

    An hour that the clocks leave out that day is told one hour later.
    """
    step = timedelta(days=days)
    start, end = local(starts_at), local(ends_at)
    begins = to_utc(start.date() + step, start.time())
    until = to_utc(end.date() + step, end.time())
    return begins, until if until > begins else begins + (ends_at - starts_at)


def replan(
    cases: Sequence[Case],
    activities: Sequence[Activity],
    others: Sequence[Booking],
    *,
    itself: int | None = None,
    along: bool = True,
    closing: Closing = CLOSING_DAYS,
) -> Outcome:
    """What the move brings about.

    `itself` is the activity that is moved; without it the activities that fulfil a milestone which
    moves are told, and move when `along`. `others` are the other activities of the same
    municipalities and people. Refuses as `plan_dates`.
    """
    move = _Move(cases, activities, others, closing)
    if itself is not None:
        told = frozenset({itself})
        moving = move.movable(told)
    else:
        told, moving = move.brought_along(along)
    after = move.plans(moving)
    rows = [*move.steps(after, moving), *move.activities(told, moving)]
    ordered = sorted(rows, key=lambda row: (row.enrolment, row.before, row.what, row.id))
    return Outcome(tuple(ordered), moving, move.before, after)


class _Move:
    """The cases before the move, and what is asked about them."""

    def __init__(
        self,
        cases: Sequence[Case],
        activities: Sequence[Activity],
        others: Sequence[Booking],
        closing: Closing,
    ):
        self._cases = {case.id: case for case in cases}
        self._activities = {one.booking.id: one for one in activities if one.booking.id is not None}
        self._others, self._closing = others, closing
        self.before: Plans = {
            case.id: plan_dates([step.planned for step in case.steps], *case.before, closing)
            for case in cases
        }

    def plans(self, moving: Collection[int]) -> Plans:
        """The plans as they become when these activities move."""
        return {
            case.id: plan_dates(
                [self._becomes(step, moving) for step in case.steps], *case.after, self._closing
            )
            for case in self._cases.values()
        }

    def _becomes(self, step: Step, moving: Collection[int]) -> Planned:
        if step.anchor_activity is None or step.anchor_activity not in moving:
            return step.becomes
        starts_at, _ = self._activities[step.anchor_activity].to
        return replace(step.becomes, anchor_on=local_date(starts_at))

    # --- activities that move along -----------------------------------------------------------

    def brought_along(self, along: bool) -> tuple[frozenset[int], frozenset[int]]:
        """The activities that fulfil what moves, and those of them that move.

        One that moves takes along what counts from it, and so perhaps the next.
        """
        moving: frozenset[int] = frozenset()
        while True:
            after = self.plans(moving)
            told = frozenset(
                id
                for id, one in self._activities.items()
                if any(
                    self._moves(enrolment, step, after) for enrolment, step in one.fulfils.items()
                )
            )
            wider = moving | self.movable(told) if along else moving
            if wider == moving:
                return told | moving, moving
            moving = wider

    def _moves(self, enrolment: int, milestone: int, after: Plans) -> bool:
        if enrolment not in self._cases:
            return False
        step = next(one for one in self._cases[enrolment].steps if one.planned.id == milestone)
        was, becomes = (plans[enrolment][milestone].due_on for plans in (self.before, after))
        return not step.aside and step.planned.done_on is None and was != becomes

    def movable(self, ids: Collection[int]) -> frozenset[int]:
        """Those of the activities that nothing keeps where they are."""
        return frozenset(id for id in ids if not self._keeps(self._activities[id]))

    def _keeps(self, activity: Activity) -> str:
        """The remark that says why an activity cannot move, empty when it can."""
        if activity.keeps or activity.known:
            return activity.keeps
        day = local_date(activity.to[0])
        for id in activity.booking.enrolments & self._cases.keys():
            first, last = span(*self._cases[id].after)
            if not first <= day <= last:
                return "activity_outside"
        return ""

    def activities(self, told: Collection[int], moving: Collection[int]) -> Iterator[Row]:
        """One row for each activity and case it serves that has to do with the move."""
        busy = self._busy(moving)
        for id in told:
            one = self._activities[id]
            here = [case for case in self._cases.values() if case.id in one.booking.enrolments]
            before = local_date(one.booking.starts_at)
            after = local_date(one.to[0]) if id in moving else before
            title = one.booking.title
            for case in here:
                remarks = tuple(self._activity_remarks(one, case, busy, id in moving))
                yield Row(case.id, "activity", id, title, title, before, after, remarks)

    def _busy(self, moving: Collection[int]) -> Mapping[date, list[Booking]]:
        """Everything in the calendar by the day it begins, once what moves has moved."""
        mine = [one.booking for id, one in self._activities.items() if id not in moving]
        moved = [
            replace(one.booking, starts_at=one.to[0], ends_at=one.to[1])
            for id, one in self._activities.items()
            if id in moving
        ]
        found = defaultdict(list)
        for booking in (*self._others, *mine, *moved):
            found[local_date(booking.starts_at)].append(booking)
        return found

    def _activity_remarks(
        self, one: Activity, case: Case, busy: Mapping[date, list[Booking]], moves: bool
    ) -> Iterator[Remark]:
        if not moves:
            yield Remark(self._keeps(one) or "unchanged")
            return
        before, after = local_date(one.booking.starts_at), local_date(one.to[0])
        yield Remark("moved")
        yield from self._day_remarks(case, before, after)
        for other in busy.get(after, ()):
            if other.id != one.booking.id and _same_people(one.booking, other):
                yield Remark("colliding", (("title", other.title),))

    # --- milestones ---------------------------------------------------------------------------

    def steps(self, after: Plans, moving: Collection[int]) -> Iterator[Row]:
        """One row for each milestone that moves, or would if nothing held it."""
        for case in self._cases.values():
            becomes = {step.planned.id: self._becomes(step, moving) for step in case.steps}
            planned = {step.planned.id: step.planned for step in case.steps}
            for step in case.steps:
                id = step.planned.id
                was = _counts_from(step.planned, case.before, planned, self.before[case.id])
                counts = _counts_from(becomes[id], case.after, becomes, after[case.id])
                if not step.aside and (was != counts or step.planned != step.becomes):
                    dates = self.before[case.id][id].due_on, after[case.id][id].due_on
                    yield self._step_row(case, step, *dates)

    def _step_row(self, case: Case, step: Step, before: date, after: date) -> Row:
        id, done_on = int(str(step.planned.id)), step.planned.done_on
        if done_on is not None:
            before = after = done_on
            remarks = [Remark("done")]
        elif before != after:
            remarks = [Remark("moved"), *self._day_remarks(case, before, after)]
        else:
            remarks = [Remark("pinned" if step.planned.pinned else "unchanged")]
        what = (case.id, "milestone", id, step.name, step.name_en)
        return Row(*what, before, after, tuple(remarks))

    def _day_remarks(self, case: Case, before: date, after: date) -> Iterator[Remark]:
        """What is to be known of the day a date lands on."""
        if after.weekday() >= 5:
            yield Remark("weekend")
        if name := holiday_name(after, self._closing):
            yield Remark("holiday", (("name", name),))
        if after.month == 7:
            yield Remark("july")
        if week := holiday_week(after):
            yield Remark("holiday_week", (("week", week),))
        if after > case.after[1] and before <= case.before[1]:
            yield Remark("after_end", (("last", case.after[1]),))
        if after > case.period_to >= before:
            yield Remark("after_period", (("last", case.period_to),))


def _counts_from(
    planned: Planned, period: Period, steps: Mapping[Hashable, Planned], plan: Mapping
) -> date | None:
    """The day that the rule of a milestone counts from."""
    if planned.rule.anchor == "activity":
        return planned.anchor_on
    if planned.rule.anchor == "milestone":
        anchor = steps[planned.anchor_id]
        return anchor_day(anchor.done_on, plan[anchor.id].due_on)
    return period[0] if planned.rule.anchor == "start" else period[1]


def _same_people(one: Booking, other: Booking) -> bool:
    """Whether two activities take the same municipality, or the same consultant."""
    known = one.consultant_id is not None
    return bool(one.enrolments & other.enrolments) or (
        known and one.consultant_id == other.consultant_id
    )
