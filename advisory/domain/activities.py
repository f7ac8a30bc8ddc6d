"""The programme's activities: what kinds there are, when they may be, how they stand."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from . import calendar
from .errors import Refused

KINDS = ("guidance", "workshop", "competence")
MILESTONE_KINDS = {"workshop": "workshop", "competence": "competence"}  # what an activity fulfils
LONGEST = timedelta(days=5)
MONTHS_BEFORE, MONTHS_AFTER = 3, 6  # of a programme, in which an activity may still belong to it
MOST_PEOPLE = 200  # of one audience from one municipality at one activity


class State(StrEnum):
    PLANNED = "planned"
    DUE = "due"  # it is over, and nobody has said that it was held
    HELD = "held"
    CANCELLED = "cancelled"


def state_on(*, ends_at: datetime, held: bool, cancelled: bool, moment: datetime) -> State:
    """How an activity stands at `moment`."""
    if cancelled:
        return State.CANCELLED
    if held:
        return State.HELD
    return State.DUE if ends_at <= moment else State.PLANNED


def refuse_times(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse with `activity_ends_before_start` and `activity_too_long` (days)."""
    if ends_at <= starts_at:
        raise Refused("activity_ends_before_start")
    if ends_at - starts_at > LONGEST:
        raise Refused("activity_too_long", days=LONGEST.days)


def span(starts_on: date, ends_on: date) -> tuple[date, date]:
    """The first and the last day on which an activity can belong to a programme."""
    return (
        calendar.add_months(starts_on, -MONTHS_BEFORE),
        calendar.add_months(ends_on, MONTHS_AFTER),
    )


def refuse_outside(day: date, periods: Mapping[str, tuple[date, date]]) -> None:
    """Refuse with `activity_outside_programme` a day in none of a municipality's `span`.

    `periods` are the first and last day of the programmes, by the name of the municipality.
    """
    for municipality, period in periods.items():
        first, last = span(*period)
        if not first <= day <= last:
            raise Refused(
                "activity_outside_programme", municipality=municipality, first=first, last=last
            )


def refuse_number(number: int | None) -> None:
    """Refuse with `headcount_out_of_range` (number, highest) what no count of people is."""
    if number is not None and not 0 <= number <= MOST_PEOPLE:
        raise Refused("headcount_out_of_range", number=number, highest=MOST_PEOPLE)
