"""How an invented activity is planned, moved, held and counted, on days when everybody is free."""

import random
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from ..domain import calendar
from . import Actor, Row, Store, activities
from .instants import instant

Happening = Callable[[], Any]
Times = tuple[time, time]

SOURCE = "demodata, opdigtet"
SHARE_UNKNOWN = 0.1
NEAR = (0, -1, 1, -2, 2, -3, 3, *range(4, 15))  # days tried when somebody is busy
SUMMER = frozenset({29, 30, 31})


class Stage(Protocol):
    """What the story is played on."""

    store: Store
    seed_number: int
    actors: dict[str, Actor]
    users: dict[str, int]

    def let(self, when: datetime, who: Actor, happen: Happening) -> None:
        """Let something happen at an instant, if it is before the story ends."""


class Case(Protocol):
    """A municipality on its way."""

    cohort: Row
    municipality: Row
    consultant: str
    enrolment_id: int

    @property
    def starts_on(self) -> date:
        """The first day of its programme."""


@dataclass
class Planned:
    """An activity of the story: who runs it, whom it serves, how many are to come."""

    kind: str
    title: str
    served: Mapping[int, int | None]
    host: str  # the login of the one who writes it down
    draw: random.Random
    times: Times
    activity_id: int = 0
    attended: Mapping[str, int] = field(default_factory=dict)  # by audience, where it is decided


class Diary:
    """What everybody has to do on which day; everything becomes an event of `stage`."""

    def __init__(self, stage: Stage, words: Mapping[str, Any]):
        self.stage, self.store, self.words = stage, stage.store, words
        self.busy: set[tuple[Hashable, date]] = set()

    def let(self, draw: random.Random, day: date, login: str, happen: Happening) -> None:
        """Let something happen in office hours from `day` on, at the earliest tomorrow."""
        day = calendar.next_working_day(max(day, self.store.today() + timedelta(days=1)))
        at = time(draw.randint(8, 15), draw.randint(0, 59))
        self.stage.let(calendar.to_utc(day, at), self.stage.actors[login], happen)

    def create(
        self, planned: Planned, day: date, expected: Mapping[str, int | None], **content: Any
    ) -> None:
        """Plan the activity for `day`, or the nearest on which everybody is free."""
        starts_at, ends_at = self._span(planned, day)
        planned.activity_id = activities.create(
            self.store,
            planned.kind,
            planned.title,
            starts_at=starts_at,
            ends_at=ends_at,
            enrolments=planned.served,
            expected=expected,
            source=SOURCE,
            **content,
        )

    def move(self, planned: Planned, day: date) -> None:
        """Move the activity to `day`, or the nearest on which everybody is free."""
        starts_at, ends_at = self._span(planned, day)
        activities.move(self.store, planned.activity_id, starts_at=starts_at, ends_at=ends_at)

    def day(self, planned: Planned) -> date:
        """The day an activity is planned for."""
        return calendar.local_date(self._instant(planned, "starts_at"))

    def hold(self, planned: Planned, *, done: Collection[int | None] = (), **said: Any) -> None:
        """Say that an activity was held, and tick off those of `done` that count and are open."""
        rows = [self.store.get("milestone", one) for one in done if one is not None]
        due = [row["id"] for row in rows if not row["not_applicable"] and not row["done_on"]]
        activities.hold(self.store, planned.activity_id, done=due, **said)

    def count_later(self, planned: Planned, days: int) -> None:
        """Enter who came, now or some days later."""
        if not days:
            self._count(planned)
            return
        on = self.store.today() + timedelta(days=days)
        self.let(planned.draw, on, planned.host, lambda: self._count(planned))

    def _count(self, planned: Planned) -> None:
        """Enter how many came: mostly as planned, else one fewer, or one more at a workshop."""
        changes = (0, 0, 0, -1, -1, 1 if planned.kind == "workshop" else 0)
        cells = {}
        for row in self.store.rows("headcount", "activity_id = ?", [planned.activity_id]):
            low, high = self.words["heads"][planned.kind][row["audience"]]
            usual = row["planned"] or planned.draw.randint(low, high)
            came = max(usual + planned.draw.choice(changes), low)
            came = planned.attended.get(row["audience"], came)
            cells[row["enrolment_id"], row["audience"]] = row["planned"], came
        activities.count(self.store, planned.activity_id, cells)

    def expected(
        self, draw: random.Random, audiences: Collection[str], kind: str
    ) -> dict[str, int | None]:
        """How many of each audience are planned from one municipality; sometimes nobody knows."""
        spans, unknown = self.words["heads"][kind], draw.random() < SHARE_UNKNOWN
        return {
            audience: None if unknown else number
            for audience, number in ((one, draw.randint(*spans[one])) for one in audiences)
        }

    def after(self, planned: Planned, happen: Happening) -> None:
        """Let something happen once the activity is over."""
        over = self._instant(planned, "ends_at") + timedelta(minutes=planned.draw.randint(5, 45))
        self.stage.let(max(over, self.store.now()), self.stage.actors[planned.host], happen)

    def _instant(self, planned: Planned, name: str) -> datetime:
        return instant(self.store.get("activity", planned.activity_id)[name])

    def _span(self, planned: Planned, day: date) -> tuple[datetime, datetime]:
        day = self._free(day, [planned.host, *planned.served])
        start, end = planned.times
        return calendar.to_utc(day, start), calendar.to_utc(day, end)

    def _free(self, day: date, who: Collection[Hashable]) -> date:
        """The working day nearest to `day` on which nobody of `who` has anything; now they have."""
        near = (day + timedelta(days=days) for days in NEAR)
        working = [one for one in near if calendar.is_working_day(one)]
        free = (one for one in working if not any((busy, one) in self.busy for busy in who))
        found = next(free, working[0])
        self.busy |= {(one, found) for one in who}
        return found

    def times(self, written: Collection[str]) -> Times:
        start, end = (time.fromisoformat(one) for one in written)
        return start, end


def not_in_summer(day: date) -> date:
    """The same weekday after the weeks in which everybody is away."""
    while calendar.iso_week(day)[1] in SUMMER:
        day += timedelta(days=7)
    return day
