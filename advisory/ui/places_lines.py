"""The movements of the ledger as lines: what happened, where, by whom, and the numbers after it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import pandas as pd

from ..domain.ledger import Cause
from .drawing import as_date
from .view import View

NAMED = 3  # of more municipalities in one line, how many they are; the names stand below
_GAP = "\0"  # where the municipalities stand in a sentence
_ALONE = frozenset({Cause.FREED, Cause.PLACES, Cause.CAPACITY})


@dataclass(frozen=True)
class Named:
    """A municipality, and its application."""

    name: str
    link: str


@dataclass(frozen=True)
class Line:
    """One or several movements of a day that are alike: the numbers are those after the last.

    `before`, the municipalities and `after` are one sentence; `many` stands instead of more than
    `NAMED`. `taken`, `offered` and `free` are changes. `cohorts` are the codes it concerns, the
    first the one to be shown, none when it concerns them all; `n` is how many movements it is.
    """

    on: date
    before: str
    named: tuple[Named, ...]
    many: str
    after: str
    reason: str
    cohorts: tuple[str, ...]
    taken: int
    offered: int
    free: int
    taken_after: int
    offered_after: int
    free_after: int
    capacity_after: int
    actor: str
    initials: str
    n: int

    @property
    def adds_up(self) -> bool:
        """Whether taken, offered and free are all places there are after it."""
        held = self.taken_after + self.offered_after
        return held + self.free_after == self.capacity_after


def lines(view: View, movements: pd.DataFrame, cohort: str = "") -> list[Line]:
    """The rows of `frames.ledger`, newest first; only what concerns `cohort` when it is given."""
    rows = list(movements.itertuples(index=False))
    found = [_line(view, group) for group in _groups(rows)]
    return [one for one in reversed(found) if not cohort or cohort in one.cohorts]


def _groups(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """Rows in their order, those beside each other that are alike together."""
    for (*_, alone), same in groupby(rows, _alike):
        group = list(same)
        yield from _in_pairs(group) if alone else [group]


def _alike(row: Any) -> tuple[object, ...]:
    alone = row.cause in _ALONE
    who = "" if alone else (row.cause, row.cohort, row.from_cohort)
    return row.on, row.actor, row.reason, who, alone


def _in_pairs(rows: list[Any]) -> Iterator[list[Any]]:
    """Each row alone, but for two that moved a place from one cohort to another at one instant."""
    position = 0
    while position < len(rows):
        pair = rows[position : position + 2]
        step = 2 if len(pair) == 2 and _moves_a_place(*pair) else 1
        yield pair[:step]
        position += step


def _moves_a_place(given: Any, taking: Any) -> bool:
    changes = [
        int(row.after) - int(row.before)
        for row in (given, taking)
        if row.cause == Cause.PLACES and not (pd.isna(row.before) or pd.isna(row.after))
    ]
    return changes == [-1, 1] and given.at == taking.at


def _line(view: View, rows: list[Any]) -> Line:
    last = rows[-1]
    municipal = rows if last.slug else []
    before, _, after = _sentence(view, rows).partition(_GAP)
    codes = (code for row in reversed(rows) for code in (row.cohort, row.from_cohort) if code)
    return Line(
        on=as_date(last.on) or view.today,
        before=before,
        named=tuple(_named(view, row) for row in municipal),
        many=view.text("places_ledger.many", n=len(municipal)) if len(municipal) > NAMED else "",
        after=after,
        reason=last.reason,
        cohorts=tuple(dict.fromkeys(codes)),
        taken=sum(row.taken for row in rows),
        offered=sum(row.offered for row in rows),
        free=sum(row.free for row in rows),
        taken_after=last.taken_after,
        offered_after=last.offered_after,
        free_after=last.free_after,
        capacity_after=last.capacity_after,
        actor=last.actor,
        initials=last.initials,
        n=len(rows),
    )


def _named(view: View, row: Any) -> Named:
    return Named(row.municipality, view.links("optag", hold=row.cohort, valgt=row.slug))


def _sentence(view: View, rows: list[Any]) -> str:
    """What happened, with a gap where the municipalities stand."""
    text, last = view.text, rows[-1]
    if len(rows) == 2 and last.cause == Cause.PLACES:
        return text("places_ledger.place_moved", cohort=rows[0].cohort)
    numbers = {
        name: text("places_ledger.not_set") if pd.isna(number) else int(number)
        for name, number in (("before", last.before), ("after", last.after))
    }
    left = view.cohort(last.from_cohort) if last.from_cohort else ""
    return text(f"ledger_cause.{last.cause}", municipality=_GAP, from_cohort=left, **numbers)
