"""The plan of an enrolment: when milestones fall due and how they stand on a day."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from .calendar import CLOSING_DAYS, Closing, add_months, add_working_days, next_working_day
from .errors import Refused

SOON_DAYS = 30
PHASES = ((6, "establish"), (12, "develop"))


@dataclass(frozen=True, slots=True)
class Rule:
    """`offset` in `unit` (months, days, working_days) from `anchor`.

    An anchor is the programme's start or end, a milestone or an activity.
    """

    anchor: str
    offset: int
    unit: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A milestone as `plan_dates` needs it.

    `anchor_id` names the milestone it counts from, `anchor_on` is the day of the activity.
    """

    id: Hashable
    rule: Rule
    anchor_id: Hashable = None
    override_on: date | None = None
    pinned: bool = False
    done_on: date | None = None
    anchor_on: date | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """`rule_on` is what the rule gives, `due_on` what holds."""

    rule_on: date
    due_on: date


class State(StrEnum):
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"
    LATE = "late"
    SOON = "soon"
    PLANNED = "planned"


@lru_cache(maxsize=65536)
def rule_date(
    rule: Rule,
    *,
    starts_on: date,
    ends_on: date,
    anchor_on: date | None = None,
    closing: Closing = CLOSING_DAYS,
) -> date:
    """The working day a rule gives: anchor + offset, moved on to the next working day.

    Refuses with `anchor_missing` when the rule counts from a milestone or an activity and
    `anchor_on` is None, and with `rule_unknown` (anchor, unit) for one it does not know.
    """
    anchors = {"start": starts_on, "end": ends_on, "milestone": anchor_on, "activity": anchor_on}
    if rule.anchor not in anchors or rule.unit not in ("months", "days", "working_days"):
        raise Refused("rule_unknown", anchor=rule.anchor, unit=rule.unit)
    anchor = anchors[rule.anchor]
    if anchor is None:
        raise Refused("anchor_missing")
    if rule.unit == "months":
        day = add_months(anchor, rule.offset)
    elif rule.unit == "days":
        day = anchor + timedelta(days=rule.offset)
    else:
        day = add_working_days(anchor, rule.offset, closing)
    return next_working_day(day, closing)


def due_date(rule_on: date, override_on: date | None, pinned: bool) -> date:
    """The override when it is pinned, else the date of the rule."""
    return override_on if pinned and override_on is not None else rule_on


def anchor_day(done_on: date | None, due_on: date) -> date:
    """The day that milestones counting from this one count from: when it was done, else is due."""
    return done_on or due_on


def plan_dates(
    milestones: Sequence[Planned],
    starts_on: date,
    ends_on: date,
    closing: Closing = CLOSING_DAYS,
) -> dict[Hashable, Dates]:
    """Dates of every milestone by id, in the order given, whatever order they depend in.

    A milestone that counts from another counts from the day that one was done, else is due.
    Refuses with `anchor_circle` when milestones count from each other, and with `anchor_missing`
    when the one to count from is not among `milestones`.
    """
    by_id = {milestone.id: milestone for milestone in milestones}
    found: dict[Hashable, Dates] = {}

    def dates_of(milestone: Planned, above: tuple[Hashable, ...] = ()) -> Dates:
        if milestone.id in above:
            raise Refused("anchor_circle")
        if milestone.id not in found:
            rule_on = rule_date(
                milestone.rule,
                starts_on=starts_on,
                ends_on=ends_on,
                anchor_on=anchor_of(milestone, (*above, milestone.id)),
                closing=closing,
            )
            due_on = due_date(rule_on, milestone.override_on, milestone.pinned)
            found[milestone.id] = Dates(rule_on, due_on)
        return found[milestone.id]

    def anchor_of(milestone: Planned, above: tuple[Hashable, ...]) -> date | None:
        if milestone.rule.anchor == "activity":
            return milestone.anchor_on
        anchor = by_id.get(milestone.anchor_id)
        if milestone.rule.anchor != "milestone" or anchor is None:
            return None
        due_on = dates_of(anchor, above).due_on  # also when it is done, so that a circle is found
        return anchor_day(anchor.done_on, due_on)

    for milestone in milestones:
        dates_of(milestone)
    return {milestone.id: found[milestone.id] for milestone in milestones}


@lru_cache(maxsize=65536)
def state_on(due_on: date, done_on: date | None, not_applicable: bool, day: date) -> State:
    """How a milestone stands at the end of `day`; due that day is soon, late from the day after."""
    if done_on is not None and done_on <= day:
        return State.DONE
    if not_applicable:
        return State.NOT_APPLICABLE
    if due_on < day:
        return State.LATE
    return State.SOON if (due_on - day).days <= SOON_DAYS else State.PLANNED


@lru_cache(maxsize=65536)
def days(due_on: date, done_on: date | None, not_applicable: bool, day: date) -> int:
    """The days that go with `state_on`.

    Late: days overdue. Soon and planned: days left. Done: days from due to done, negative when
    it was early. Not applicable: 0.
    """
    match state_on(due_on, done_on, not_applicable, day):
        case State.DONE if done_on is not None:
            return (done_on - due_on).days
        case State.NOT_APPLICABLE:
            return 0
        case State.LATE:
            return (day - due_on).days
    return (due_on - day).days


def phase_of(months_offset: int) -> str:
    """establish before month 6, develop before month 12, anchor from then on."""
    return next((phase for end, phase in PHASES if months_offset < end), "anchor")
