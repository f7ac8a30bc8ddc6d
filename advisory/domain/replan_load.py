"""How much each consultant has to do, month by month, before and after a move."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .calendar import local_date
from .replan_rows import Activity, Case, Outcome, Plans

KINDS = frozenset({"workshop", "competence"})  # of milestones: those that take somebody's day

Key = tuple[int | None, date]


@dataclass(frozen=True, slots=True)
class Load:
    """What one consultant (None: nobody) has in the month that begins on `month`."""

    consultant_id: int | None
    month: date
    before: int
    after: int


def loads(
    cases: Sequence[Case], activities: Sequence[Activity], outcome: Outcome
) -> tuple[Load, ...]:
    """The load of everyone with something to do, by consultant and month.

    Counted are activities that are neither held nor cancelled, and the workshops and courses of the
    plans that are not done; one that a planned activity fulfils is counted as that activity.
    A month in which a consultant has nothing, before or after, is left out.
    """
    before = _load(cases, activities, outcome.before, frozenset())
    after = _load(cases, activities, outcome.after, outcome.moving)
    keys = sorted(
        before.keys() | after.keys(), key=lambda key: (key[0] is None, key[0] or 0, key[1])
    )
    return tuple(Load(*key, before[key], after[key]) for key in keys)


def _load(
    cases: Sequence[Case], activities: Sequence[Activity], plans: Plans, moving: frozenset[int]
) -> Counter[Key]:
    found: Counter[Key] = Counter()
    fulfilled = {id for one in activities for id in one.fulfils.values()}
    for one in activities:
        starts_at = one.to[0] if one.booking.id in moving else one.booking.starts_at
        found[one.booking.consultant_id, local_date(starts_at).replace(day=1)] += 1
    for case in cases:
        for step in case.steps:
            id = step.planned.id
            is_open = step.planned.done_on is None and not step.aside
            if step.kind in KINDS and is_open and id not in fulfilled:
                found[case.consultant_id, plans[case.id][id].due_on.replace(day=1)] += 1
    return found
