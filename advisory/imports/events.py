"""Joins out of a list with one row per event: somebody joined, somebody left."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from ..domain.attendance import Problem
from .cells import shown
from .columns import Columns, left_actions
from .people import Join, Key, Reading, Who, column, moment_in
from .shape import Table
from .times import Joined, Moment, length_either_way

Event = tuple[Who, Moment | None, bool]  # who, when, whether they left


def events(found: Iterable[Who], table: Table, columns: Columns) -> list[Event]:
    """Who did what when, in the order of the file; which action is leaving is told by its place."""
    who = list(found)
    leaving = left_actions([(str(one.key), one.row.cell(columns.action)) for one in who])
    return [
        (one, moment_in(one.row, table, columns.at), one.row.cell(columns.action) in leaving)
        for one in who
    ]


def paired(found: Sequence[Event]) -> Iterator[tuple[Event | None, Event | None]]:
    """Each joining with the leaving that ends it, the first of a person's with the first.

    A person who joined with two machines leaves twice. What has no other half comes alone.
    """
    waiting: dict[Key, deque[Event]] = {}
    for event in found:
        mine = waiting.setdefault(event[0].key, deque())
        if not event[2]:
            mine.append(event)
        else:
            yield (mine.popleft() if mine else None), event
    for mine in waiting.values():
        for event in mine:
            yield event, None


def as_rows(found: Sequence[Event]) -> list[Joined]:
    """The times of each stay, for finding out whether the day or the month is written first."""
    return [(a[1] if a else None, b[1] if b else None, None) for a, b in paired(found)]


def event_joins(
    found: Sequence[Event], table: Table, columns: Columns, how: Reading, problems: list[Problem]
) -> Iterator[Join]:
    """One join per stay, in the order of the file; a stay without its end or start is not known."""
    for who, at, _ in found:
        if at is None:
            place, value = column(table, columns.at), shown(who.row.cell(columns.at))
            problems.append(Problem("time_unreadable", who.row.number, place, value))
    stays = [_join(joined, left, how, problems) for joined, left in paired(found)]
    yield from sorted(filter(None, stays), key=lambda join: join.who.row.number)


def _join(
    joined: Event | None, left: Event | None, how: Reading, problems: list[Problem]
) -> Join | None:
    event = joined or left
    if event is None:
        return None
    who = event[0]
    if joined is None or left is None:
        key = "end_missing" if joined else "start_missing"
        problems.append(Problem(key, who.row.number, None, shown(who.name)))
        return Join(who)
    if joined[1] is None or left[1] is None:
        return Join(who)
    if how.order is None:
        return Join(who, None, length_either_way(joined[1], left[1]))
    start, end = joined[1].instant(how.order), left[1].instant(how.order)
    if start is None or end is None or end < start:
        problems.append(Problem("times_reversed", who.row.number, None, shown(who.name)))
        return Join(who)
    return Join(who, (start, end))
