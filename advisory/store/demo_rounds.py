"""The invented info meetings as they are planned, and which municipalities come to them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from ..domain import calendar
from ..domain.signups import State
from . import Actor, Row, Store
from .demo_guests import Guest

LENGTH = timedelta(minutes=45)
INVITED, INVITED_EARLY = 34, 31  # municipalities of a round, and those at its first two meetings
SHARE_AGAIN = 0.55  # of the municipalities that come to a meeting, those at each other one too
ANYBODY = 20  # municipalities at a meeting that recruits for no cohort

Plan = Mapping[str, Any]
Applied = Mapping[tuple[str, int], date]  # by cohort and municipality


@dataclass
class Meeting:
    """One meeting of the story: what is planned beforehand, and what has become of it."""

    plan: Plan
    homes: Sequence[Row]
    draw: random.Random
    host: Actor
    replies: Iterator[str]  # what those say who are offered a seat
    activity_id: int = 0
    guests: dict[int, Guest] = field(default_factory=dict)  # by sign-up
    asked: set[int] = field(default_factory=set)  # sign-ups whose reply has been arranged

    @property
    def announced(self) -> date:
        return calendar.next_working_day(self.plan["announced"])

    @property
    def starts_at(self) -> datetime:
        day = calendar.next_working_day(self.plan["starts"].date())
        return calendar.to_utc(day, self.plan["starts"].time())

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + LENGTH

    @property
    def closes_at(self) -> datetime:
        """Noon on the day before."""
        day = calendar.local_date(self.starts_at) - timedelta(days=1)
        return calendar.to_utc(day, time(12, 0))

    def in_state(self, store: Store, state: State) -> list[int]:
        """The sign-ups in a state, in the order people came."""
        where, args = "activity_id = ? AND state = ?", [self.activity_id, str(state)]
        return [row["id"] for row in store.rows("signup", where, args, order="queue")]


def plans(models: Sequence[Plan], until: date) -> list[Plan]:
    """Every meeting announced before `until`; one with `every_weeks` again and again."""
    found: list[Plan] = []
    for model in models:
        shift = timedelta()
        while model["announced"] + shift < until:
            found.append(_later(model, shift))
            if "every_weeks" not in model:
                break
            shift += timedelta(weeks=model["every_weeks"])
    return found


def homes(
    models: Sequence[Plan], municipalities: Sequence[Row], applied: Applied, seed: int
) -> dict[datetime, list[Row]]:
    """Where the guests of the meetings that recruit come from, by the start of the meeting.

    Who applies to a cohort has mostly been at one of its meetings, and never at a later one.
    """
    found: dict[datetime, list[Row]] = {}
    for code in sorted({model["cohort"] for model in models if "cohort" in model}):
        draw = random.Random(f"{seed}.round.{code}")
        starts = [model["starts"] for model in models if model.get("cohort") == code]
        found |= {start: [] for start in starts}
        for place, row in enumerate(_invited(draw, code, starts[0], municipalities, applied)):
            day = applied.get((code, row["id"]), date.max)
            possible = [start for start in starts if start.date() < day]
            for start in _attended(draw, possible, early=place < INVITED_EARLY):
                found[start].append(row)
    return found


def _later(model: Plan, shift: timedelta) -> Plan:
    spans = {
        name: [[first + shift, last + shift, number] for first, last, number in model[name]]
        for name in ("waves", "leaves")
    }
    return {**model, **spans, **{name: model[name] + shift for name in ("announced", "starts")}}


def _invited(
    draw: random.Random,
    code: str,
    first: datetime,
    municipalities: Sequence[Row],
    applied: Applied,
) -> list[Row]:
    """The municipalities of a round: those that apply after it began, but for one, and others."""
    rows = {row["id"]: row for row in municipalities}
    coming = [id_ for (own, id_), day in applied.items() if own == code and day > first.date()]
    coming = coming[: max(len(coming) - 1, 1)]
    placed = {id_ for own, id_ in applied if own <= code}
    others = [id_ for id_ in rows if id_ not in placed]
    number = min(max(INVITED - len(coming), 0), len(others))
    return [rows[id_] for id_ in [*coming, *draw.sample(others, number)]]


def _attended(draw: random.Random, possible: Sequence[datetime], *, early: bool) -> list[datetime]:
    """The meetings of a round that one municipality's people come to, at least one."""
    first, rest = possible[:2], possible[2:]
    surely = draw.choice(first if early or not rest else rest)
    others = possible if early or not rest else rest
    return sorted({surely, *(start for start in others if draw.random() < SHARE_AGAIN)})
