"""Small head counts hidden in a table, and so much more that nobody can work them out.

A position is (row, column). The total of row r is at (r, columns), that of column c at (rows, c)
and the grand total at (rows, columns).

A table with its totals is a network: every row and every column (the totals' too) is a node, every
position an edge between its row and its column. Two tables of the same sums differ by circles of
edges, on each of which every position goes one head up or down. So a hidden position can have
another value if and only if it lies on a circle of positions that are hidden, or not published at
all, and on which no hidden cell goes below 1.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from math import inf

from . import roles

LIMIT = 5  # ours: fewer heads than this are a small number

Position = tuple[int, int]


def seen_by(role: str) -> bool:
    """Whether a role sees people per activity, and how few: who works with the cases does.

    The others see people as sums per municipality and audience, those that `hidden` leaves.
    """
    return roles.allowed("read.heads", role)


def hidden(
    table: Sequence[Sequence[int | None]],
    limit: int = LIMIT,
    row_totals: bool = True,
    column_totals: bool = True,
) -> frozenset[Position]:
    """The positions to hide, those of totals with them; the same table has always the same answer.

    `table` has rows of equal length, of heads; None (not known, not invited) counts 0 in totals.
    `row_totals` and `column_totals` say which totals are published; the grand total is one of
    them only with both.

    Small are 1 ... `limit` - 1, also as a total; 0 and None are shown. Besides the small ones the
    cheapest others are hidden until every hidden position has at least two possible values for a
    reader who knows all that is shown and that a hidden one is at least 1. Which of the hidden
    ones are small the reader is not told: show one and the same mark for all. What is hidden of a
    line and what its total leaves for it is not small either. Cheap is: as few totals as possible,
    then as few heads.

    Only one view of the same heads may be published: a second one (another split, a part of the
    rows, or the same the day after) can be subtracted from it.
    """
    if not table:
        return frozenset()
    grid = _with_totals(table)
    published = _published(grid, row_totals, column_totals)
    small = {at for at in published if 0 < _value(grid, at) < limit}
    circles = _Circles(grid, published - small)
    safe: set[Position] = set()
    for at in sorted(small):
        if at not in safe:
            safe |= circles.hide_cheapest(at)
    lines, before = _lines(grid, published), -1
    while before != len(safe):
        before = len(safe)
        for line in lines:
            while more := _told_together(grid, line, safe | small, limit):
                safe |= circles.hide_cheapest(min(more, key=circles.price))
    return frozenset((safe | small) & published)


Line = tuple[list[Position], Position]


def _lines(grid: list[list[int]], published: set[Position]) -> list[Line]:
    """The cells of each row and of each column, with their total, where all are published."""
    rows, columns = range(len(grid)), range(len(grid[-1]))
    lines = [[(row, column) for column in columns] for row in rows]
    lines += [[(row, column) for row in rows] for column in columns]
    return [(line[:-1], line[-1]) for line in lines if published.issuperset(line)]


def _told_together(
    grid: list[list[int]], line: Line, hidden: set[Position], limit: int
) -> list[Position]:
    """What could be hidden besides in a line that tells a small sum of its hidden cells."""
    cells, total = line
    together = sum(_value(grid, at) for at in cells if at in hidden)
    if total in hidden or not 0 < together < limit:
        return []
    return [at for at in (*cells, total) if at not in hidden and _value(grid, at)]


def _with_totals(table: Sequence[Sequence[int | None]]) -> list[list[int]]:
    rows = [[value or 0 for value in row] for row in table]
    body = [[*row, sum(row)] for row in rows]
    return [*body, [sum(column) for column in zip(*body, strict=True)]]


def _published(grid: list[list[int]], row_totals: bool, column_totals: bool) -> set[Position]:
    rows, columns = len(grid) - 1, len(grid[-1]) - 1
    return {
        (row, column)
        for row in range(rows + column_totals)
        for column in range(columns + row_totals)
        if row < rows or column < columns or (row_totals and column_totals)
    }


def _value(grid: list[list[int]], at: Position) -> int:
    return grid[at[0]][at[1]]


class _Circles:
    """The circles of a table, each at the price of what has to be hidden for it."""

    def __init__(self, grid: list[list[int]], shown: set[Position]) -> None:
        """`grid` with its totals, of which `shown` are shown as long as nothing hides them."""
        self._last = len(grid) - 1, len(grid[-1]) - 1
        dear = _value(grid, self._last) + 1  # than all cells of any circle together
        self._values = {
            (row, column): value
            for row, line in enumerate(grid)
            for column, value in enumerate(line)
            if value
        }
        self._prices = {
            at: (value + dear * self._is_total(at)) * (at in shown)
            for at, value in self._values.items()
        }
        self._ways: dict[int, list[tuple[int, Position]]] = {}
        for at in self._values:
            source, goal = self._ends(at, up=True)
            if self._may(at, up=True):
                self._ways.setdefault(source, []).append((goal, at))
            if self._may(at, up=False):
                self._ways.setdefault(goal, []).append((source, at))

    def price(self, at: Position) -> tuple[int, Position]:
        """What hiding a position costs, and the position, so that two of them are never alike."""
        return self._prices[at], at

    def hide_cheapest(self, at: Position) -> set[Position]:
        """The positions of the cheapest circle through `at`; from now on they cost nothing."""
        price, circle = self._circle(at, *self._ends(at, up=True))
        if price and self._may(at, up=False):
            price, circle = min((price, circle), self._circle(at, *self._ends(at, up=False)))
        self._prices.update(dict.fromkeys(circle, 0))
        return set(circle)

    def _is_total(self, at: Position) -> bool:
        return at[0] == self._last[0] or at[1] == self._last[1]

    def _ends(self, at: Position, up: bool) -> tuple[int, int]:
        """The nodes that a position leads from and to: its row, which is 0, 1 ..., and its column,
        which is -1, -2 ...; with one head fewer (not `up`) the other way round.
        """
        return (at[0], -1 - at[1]) if up else (-1 - at[1], at[0])

    def _may(self, at: Position, up: bool) -> bool:
        """A cell of 1 cannot go down. A total follows its cells, so that it is free both ways and
        it does not matter which of them is called up.
        """
        return up or self._values[at] > 1 or self._is_total(at)

    def _circle(self, at: Position, source: int, goal: int) -> tuple[float, tuple[Position, ...]]:
        """The price of the cheapest way back from `goal` to `source`, and the circle it closes.

        There is always one upwards, over the totals; where there is none downwards the price is
        infinite.
        """
        queue: list[tuple[int, bool, int, tuple[Position, ...]]] = [(0, True, goal, (at,))]
        seen: set[int] = set()
        while queue:
            price, _, node, way = heappop(queue)
            if node == source:
                return price, way
            if node in seen:
                continue
            seen.add(node)
            for other, step in self._ways.get(node, ()):
                if other not in seen and step != at:
                    reached = price + self._prices[step], other != source, other, (*way, step)
                    heappush(queue, reached)
        return inf, ()
