"""What a report says about the meeting itself: its title, start and end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..domain.attendance import Problem
from .cells import BLANK, MASKED, Kind, Row, has_cpr, kind
from .durations import minutes
from .shape import Shape
from .times import Moment, Order, in_utc, moment


@dataclass(frozen=True, slots=True)
class Summary:
    """The meeting as the report tells it; `length` in minutes, where it gives no end."""

    title: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    length: float | None = None

    @property
    def moments(self) -> list[Moment]:
        """The times it holds."""
        return [one for one in (self.start, self.end) if one]

    def period(self, order: Order | None) -> tuple[datetime | None, datetime | None]:
        """Start and end as instants; None where they are not known."""
        if order is None:
            return None, None
        start = self.start.instant(order) if self.start else None
        end = self.end.instant(order) if self.end else None
        if start and end is None and self.length:
            end = start + timedelta(minutes=self.length)
        return (start, None) if start and end and end < start else (start, end)


def summary_of(shape: Shape, problems: list[Problem]) -> Summary:
    """The summary in the row above the list (Zoom) or in rows of label and value (Teams).

    The title is the first value that is words; the literal `null` that Teams writes is none. A
    title with a CPR number is left out and told in `problems`.
    """
    if shape.block:
        block = shape.block
        labels = block.header.cells
        values = [(labels[at] if at < len(labels) else "", cell, block.rows[0].number)
                  for at, cell in enumerate(block.rows[0].cells)]  # fmt: skip
        found = _summary(values, problems)
        lengths = [minutes(cell) for _, cell, _ in values if kind(cell) is Kind.NUMBER]
        return replace(found, length=lengths[0] if lengths else None)
    pairs = [one for one in shape.before if len(one.cells) > 1 and one.filled == 2]
    return _summary([(*_pair(one), one.number) for one in pairs], problems)


def heading(shape: Shape, problems: list[Problem]) -> str | None:
    """The line above a list that stands alone, None without one."""
    alone = [one for one in shape.before if one.filled == 1]
    texts = [(cell, one.number) for one in alone for cell in one.cells if kind(cell) is Kind.TEXT]
    above = [(table.title, table.header.number - 1) for table in shape.tables if table.title]
    return _title([*texts, *above], problems)


def _pair(one: Row) -> tuple[str, str]:
    label, value = (cell for cell in one.cells if cell)
    return label, value


def _summary(values: Sequence[tuple[str, str, int]], problems: list[Problem]) -> Summary:
    times = [
        in_utc(found) if "utc" in label.casefold() else found
        for label, cell, _ in values
        if (found := moment(cell))
    ]
    words = [(cell, number) for _, cell, number in values if kind(cell) is Kind.TEXT]
    start, end = [*times, None, None][:2]
    return Summary(_title(words, problems), start, end)


def _title(texts: Sequence[tuple[str, int]], problems: list[Problem]) -> str | None:
    for text, number in texts:
        if has_cpr(text):
            problems.append(Problem("cpr", number, None, MASKED))
        elif kind(text) not in BLANK and text != "null":
            return text
    return None
