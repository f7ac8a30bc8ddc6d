"""The tables of people in a report, with what each of their columns holds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..domain.attendance import Problem
from .cells import Kind, Row, kind, shown
from .columns import Columns, columns_of, looks_like_people, may_be_marks
from .durations import minutes
from .events import Event, as_rows, event_joins, events
from .people import Join, Reading, Who, column, joins, members, moment_in
from .shape import Shape, Table
from .times import Joined


@dataclass(slots=True)
class Part:
    """A table of people and the rows in it that are about somebody who was there."""

    table: Table
    columns: Columns
    who: list[Who]
    events: list[Event] | None = None

    @property
    def stays(self) -> list[Joined]:
        """The times of every stay, for finding out how its dates are written."""
        if self.events is not None:
            return as_rows(self.events)
        return [
            (
                moment_in(one.row, self.table, self.columns.joined),
                moment_in(one.row, self.table, self.columns.left),
                minutes(one.row.cell(self.columns.minutes)),
            )
            for one in self.who
        ]

    @property
    def is_webinar(self) -> bool:
        """Whether it is one of the lists under a title that a webinar's report consists of."""
        times_and_minutes = self.columns.joined is not None and self.columns.minutes is not None
        return bool(self.table.title) and (times_and_minutes or len(self.columns.of(Kind.DASH)) > 1)

    @property
    def counts_minutes(self) -> bool:
        """Whether it states plain minutes, beside times or beside a yes or no."""
        if self.columns.minutes is None:
            return False
        answers = (len({one.row.cell(at) for one in self.who}) for at in self.columns.of(Kind.TEXT))
        return self.columns.joined is not None or any(count <= 2 for count in answers)

    def joins(self, how: Reading, problems: list[Problem]) -> Iterator[Join]:
        """Every stay of everybody."""
        if self.events is not None:
            return event_joins(self.events, self.table, self.columns, how, problems)
        return joins(self.who, self.table, self.columns, how, problems)


def parts_of(shape: Shape, problems: list[Problem]) -> list[Part]:
    """The tables that list people; what they hold besides is told in `problems`."""
    found = []
    for table in shape.tables:
        columns = columns_of(table)
        if columns and looks_like_people(table, columns):
            if len(shape.tables) == 1:
                table = _without_total(table, columns, problems)
                _tell(table, columns, problems)
            found.append(_part(table, columns, problems))
    return found


def _part(table: Table, columns: Columns, problems: list[Problem]) -> Part:
    who = list(members(table, columns, problems))
    if columns.at is None:
        return Part(table, columns, who)
    return Part(table, columns, who, events(who, table, columns))


def _without_total(table: Table, columns: Columns, problems: list[Problem]) -> Table:
    """The table without its last row when that is a sum; a problem says so."""
    *rows, last = table.rows
    if not rows or not _is_total(rows, last, columns):
        return table
    problems.append(Problem("row_is_total", last.number, None, shown(last.cell(columns.name[0]))))
    return replace(table, rows=rows)


def _is_total(rows: list[Row], last: Row, columns: Columns) -> bool:
    """Whether a row sums up the others: it has numbers but none of the words that they have.

    A single number must be the sum; a guest without an address is no total.
    """
    numbers = [at for at, cell in enumerate(last.cells) if kind(cell) is Kind.NUMBER]
    if not numbers or any(last.cell(at) for at in columns.emails):
        return False
    words = [at for at in columns.of(Kind.TEXT) if at not in columns.name]
    lacking = [at for at in words if not last.cell(at) and all(one.cell(at) for one in rows)]
    said = any(kind(last.cell(at)) is Kind.TEXT for at in words)
    if len(lacking) > 1 and not said:
        return True
    if columns.minutes not in numbers or len(rows) < 2:
        return False
    stated = [minutes(one.cell(columns.minutes)) or 0.0 for one in rows]
    return minutes(last.cell(columns.minutes)) == sum(stated)


def _tell(table: Table, columns: Columns, problems: list[Problem]) -> None:
    """Name the columns that may say who was there or how long, but do not say it clearly."""
    if columns.doubtful:
        names = ", ".join(shown(table.label(at)) for at in columns.doubtful)
        problems.append(Problem("minutes_ambiguous", None, names))
    moments = columns.of(Kind.MOMENT)
    if len(moments) == 1 and columns.at is None and columns.minutes is None:
        problems.append(Problem("one_time_only", None, column(table, moments[0])))
    if columns.times:
        return
    used = {*columns.name, *columns.emails, *columns.doubtful}
    free = [at for at in range(len(columns.kinds)) if at not in used]
    marks = [shown(table.label(at)) for at in free if may_be_marks(table, at)]
    if marks:
        problems.append(Problem("marks_not_read", None, shown(", ".join(marks))))
