"""Which column of a table holds what, judged by its cells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from functools import lru_cache
from itertools import combinations, pairwise

from .cells import BLANK, Kind, Row, kind, looks_like_name
from .durations import minutes
from .names import name_columns
from .shape import Table
from .times import Moment, Order, moment

_LOOKED_AT = 2_000  # rows that a column is judged by
TOLERANCE = 1.5  # minutes between a length and its times: Zoom rounds up, some leave out seconds
_MOST_MINUTES = 24 * 60
_LATEST_LENGTH = 6 * 60  # a lone column with 14:31 holds a time of day, not a length
_ACTIONS = 4


@dataclass(frozen=True, slots=True)
class Columns:
    """Column numbers; None and () where there is no such column.

    `name` are one or two columns to be read as one. `joined` and `left` come together. `at` and
    `action` are those of a list of events. `doubtful` are columns of numbers of which any may be
    the minutes.
    """

    name: tuple[int, ...]
    emails: tuple[int, ...] = ()
    joined: int | None = None
    left: int | None = None
    minutes: int | None = None
    at: int | None = None
    action: int | None = None
    doubtful: tuple[int, ...] = ()
    kinds: tuple[Kind, ...] = ()

    @property
    def times(self) -> tuple[int, ...]:
        """The columns that say when or how long."""
        found = (self.joined, self.left, self.at, self.minutes)
        return tuple(column for column in found if column is not None)

    @property
    def has_lengths(self) -> bool:
        """Whether it has times and, beside them, lengths that are written as such (44m 10s)."""
        written = self.minutes is not None and self.kinds[self.minutes] is not Kind.NUMBER
        return written and self.joined is not None

    def of(self, wanted: Kind) -> list[int]:
        """The columns that mostly hold `wanted`."""
        return [column for column, found in enumerate(self.kinds) if found is wanted]


def columns_of(table: Table) -> Columns | None:
    """What the columns of a table hold, None when no column can be names."""
    rows = table.rows[:_LOOKED_AT]
    width = max(len(one.cells) for one in [table.header, *rows])
    kinds = tuple(_kind(rows, column) for column in range(width))
    emails = tuple(column for column in range(width) if kinds[column] is Kind.EMAIL)
    timed = [at for at, found in enumerate(kinds) if found is Kind.MOMENT]
    name = name_columns(rows, kinds)
    if name is None:
        return None
    emails = tuple(at for at in emails if at not in name)
    action = _action(rows, kinds, name[0], timed[0]) if len(timed) == 1 else None
    if action is not None:
        return Columns(name, emails, at=timed[0], action=action, kinds=kinds)
    joined, left = _pair(rows, kinds, timed)
    length, doubtful = _length(rows, kinds, joined, left)
    return Columns(name, emails, joined, left, length, doubtful=doubtful, kinds=kinds)


@lru_cache(maxsize=65536)
def instant_of(text: str) -> Moment | None:
    """The time in a cell; a time of day alone is on the first day there is."""
    if kind(text) is not Kind.CLOCK:
        return moment(text)
    whole = minutes(text) or 0.0
    if whole >= _MOST_MINUTES:
        return None
    seconds = round(whole * 60)
    at = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return Moment(1, 1, 2000, at, order=Order.DAY)


def between(joined: str, left: str) -> float | None:
    """Minutes between two cells; in any order of day and month, as both are read the same way."""
    start, end = instant_of(joined), instant_of(left)
    if start is None or end is None:
        return None
    for order in Order:
        begin, until = start.instant(order), end.instant(order)
        if begin and until:
            return (until - begin).total_seconds() / 60
    return None


def left_actions(events: Sequence[tuple[str, str]]) -> set[str]:
    """Which actions of (person, action) pairs mean leaving: those that nobody begins with."""
    seen: set[str] = set()
    first: Counter[str] = Counter()
    for person, action in events:
        first[action] += person not in seen
        seen.add(person)
    return {action for action, count in first.items() if not count}


def _kind(rows: Sequence[Row], column: int) -> Kind:
    """The kind of most cells in a column, DASH and EMPTY only when there is nothing else."""
    kinds = Counter(kind(one.cell(column)) for one in rows)
    real = Counter({found: n for found, n in kinds.items() if found not in BLANK}) or kinds
    return max(real.items(), key=lambda item: item[1], default=(Kind.EMPTY, 0))[0]


def _action(rows: Sequence[Row], kinds: Sequence[Kind], name: int, at: int) -> int | None:
    """The column that says joined or left, in a list with one row per event; None for other lists.

    Somebody must come twice: a list in which nobody does may just as well hold a date.
    """
    names = [one.cell(name) for one in rows]
    for column, found in enumerate(kinds):
        cells = [one.cell(column) for one in rows]
        if column == name or found is not Kind.TEXT or not 1 <= len(set(cells)) <= _ACTIONS:
            continue
        if left_actions([*zip(names, cells)]):
            return column
        if len(kinds) == 3 and at == 2:  # downloaded early: name, joined, time, and nobody has left
            return column
    return None


def _pair(
    rows: Sequence[Row], kinds: Sequence[Kind], timed: Sequence[int]
) -> tuple[int | None, int | None]:
    """The columns of joining and leaving: the two times closest together, the first one first."""
    clocks = [at for at, found in enumerate(kinds) if found is Kind.CLOCK]
    found = timed or (clocks if len(clocks) > 1 else [])
    spent = {
        pair: sum(lengths) / len(lengths)
        for pair in combinations(found, 2)
        if (lengths := _lengths(rows, *pair)) and sum(n >= 0 for n in lengths) * 2 > len(lengths)
    }
    if spent:
        return min(spent, key=lambda pair: (abs(spent[pair]), -pair[0]))
    return None, None


def _lengths(rows: Sequence[Row], joined: int, left: int) -> list[float]:
    found = (between(one.cell(joined), one.cell(left)) for one in rows)
    return [length for length in found if length is not None]


def _length(
    rows: Sequence[Row], kinds: Sequence[Kind], joined: int | None, left: int | None
) -> tuple[int | None, tuple[int, ...]]:
    """The column of minutes, else the columns that may be it.

    Lengths with units or colons go before plain numbers. Where there are times, the numbers must
    fit them; where there are none, only one column of numbers may be left.
    """
    free = [at for at in range(len(kinds)) if at not in (joined, left)]
    written = [at for at in free if kinds[at] is Kind.DURATION]
    written += [at for at in free if kinds[at] is Kind.CLOCK and _is_length(rows, at, joined)]
    if written:
        return max(written, key=lambda at: (_fits(rows, at, joined, left), -at)), ()
    numbers = [at for at in free if kinds[at] is Kind.NUMBER and _may_be_minutes(rows, at)]
    if joined is not None and left is not None:
        fitting = [at for at in numbers if _fits(rows, at, joined, left) * 2 >= len(rows)]
        return (fitting[0] if fitting else None), ()
    return (numbers[0], ()) if len(numbers) == 1 else (None, tuple(numbers))


def _is_length(rows: Sequence[Row], column: int, joined: int | None) -> bool:
    found = [minutes(one.cell(column)) or 0.0 for one in rows]
    with_seconds = any(one.cell(column).count(":") == 2 for one in rows)
    return joined is not None or with_seconds or max(found, default=0.0) < _LATEST_LENGTH


def _fits(rows: Sequence[Row], column: int, joined: int | None, left: int | None) -> int:
    """In how many rows the minutes of a column are the time from joining to leaving."""
    if joined is None or left is None:
        return 0
    fits = 0
    for one in rows:
        stated, spent = minutes(one.cell(column)), between(one.cell(joined), one.cell(left))
        fits += stated is not None and spent is not None and abs(spent - stated) <= TOLERANCE
    return fits


def _may_be_minutes(rows: Sequence[Row], column: int) -> bool:
    """Whether numbers can be minutes: no marks (0, 1), no running numbers, no more than a day."""
    found = [n for one in rows if (n := minutes(one.cell(column))) is not None]
    running = len(found) > 1 and all(b - a == 1 for a, b in pairwise(found))
    return bool(found) and 1 < max(found) <= _MOST_MINUTES and not running


def may_be_marks(table: Table, column: int) -> bool:
    """Whether a column holds crosses and the like: few and short words in most rows."""
    cells = [one.cell(column) for one in table.rows[:_LOOKED_AT] if one.cell(column)]
    short = all(len(cell) <= 4 for cell in cells)
    return short and 0 < len({cell.casefold() for cell in cells}) <= 6


def looks_like_people(table: Table, columns: Columns) -> bool:
    """Whether a table is one of people: it has addresses or times, or its names are full names."""
    if columns.emails or columns.joined is not None or columns.at is not None:
        return True
    if columns.minutes is not None and columns.kinds[columns.minutes] is not Kind.NUMBER:
        return True
    rows = table.rows[:_LOOKED_AT]
    names = [" ".join(one.cell(at) for at in columns.name) for one in rows]
    return sum(map(looks_like_name, names)) * 2 >= len(names)
