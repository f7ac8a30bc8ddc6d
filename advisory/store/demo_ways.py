"""What the words of the story say of an application: when it is entered, where it ends."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from ..domain import calendar
from ..domain.enrolments import Status

GIVES = frozenset({Status.ADMITTED, Status.OFFERED})

Words = Mapping[str, Any]


def gives(way: Words) -> bool:
    """Whether a place is given on this way."""
    return any(step["do"] in GIVES for step in way["steps"])


def place(way: Words) -> str:
    """The cohort in which this way ends with a place, or "" when it ends with none."""
    steps = way["steps"]
    last = [step["do"] for step in steps if step["do"] in set(Status)]
    moves = [step["to"] for step in steps if step["do"] == "move"]
    return [way["cohort"], *moves][-1] if last[-1] == Status.ADMITTED else ""


def settled(steps: Sequence[Words]) -> Words | None:
    """The step after which somebody who is admitted stays in the same cohort."""
    if all(step["do"] != Status.ADMITTED for step in steps):
        return None
    return [step for step in steps if step["do"] in ("move", Status.ADMITTED)][-1]


def leaves_on(steps: Sequence[Words]) -> date | None:
    """The day on which somebody who has been admitted withdraws."""
    done = [step["do"] for step in steps]
    if Status.ADMITTED not in done or Status.WITHDRAWN not in done:
        return None
    return day_of(steps[done.index(Status.WITHDRAWN)]["at"])


def day_of(when: date) -> date:
    """The day of a day, or of an instant."""
    return when.date() if isinstance(when, datetime) else when


def entered(draw: random.Random, received: date) -> datetime:
    """When an application is written down: soon, and in office hours."""
    day = calendar.next_working_day(day_of(received))
    if not isinstance(received, datetime):
        return datetime.combine(day, time(draw.randint(8, 14), draw.randint(0, 59)))
    if day == received.date():
        return received + timedelta(minutes=draw.randint(5, 25))
    return datetime.combine(day, time(8, draw.randint(5, 55)))


def reviewed(draw: random.Random, entered: datetime) -> datetime:
    """When somebody goes through an application: within some days, in the last hour of one."""
    day = calendar.next_working_day(day_of(entered) + timedelta(days=draw.choice((0, 1, 1, 2))))
    return datetime.combine(day, time(15, draw.randint(30, 59)))
