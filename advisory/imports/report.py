"""Reading an attendance report: which people were there, and what could not be read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ..domain.attendance import Person, Problem, Report
from ..domain.errors import Refused
from . import limits, text, workbook
from .cells import Row, shown
from .kinds import kind
from .parts import Part, parts_of
from .people import Reading, people
from .sections import from_sections
from .shape import Shape, shape_of
from .summary import Summary, heading, summary_of
from .times import Order, order_of


def read(content: bytes, name: str, *, near: datetime | None = None) -> Report:
    """The people in an attendance report, and every row, column or time that could not be read.

    The report is known by its shape, in any language: Teams, Zoom, or a plain list as text or
    .xlsx. `near` is the planned start; it decides between day and month first where nothing in
    the file does, and gives lists with times of day only their date. `name` decides nothing.
    Refuses as `limits.check`, and with `file_no_people`, `file_too_many_columns` (limit) and
    `file_not_readable`.
    """
    limits.check(content)
    if kind(content) == "zip":
        found = _from_workbook(content, near)
    else:
        rows, delimiter = text.rows(text.decode(content))
        found = _report(rows, delimiter, near)
    if found is None:
        raise Refused("file_no_people")
    return found


def _from_workbook(content: bytes, near: datetime | None) -> Report | None:
    """The report on the first sheet that holds one; a second sheet with people is a problem."""
    first, others = None, []
    for sheet in workbook.sheets(content):
        found = _report(sheet.rows, "", near)
        if first is None:
            first = found
        elif found:
            others.append(Problem("sheet_not_read", value=shown(sheet.name)))
    return _with_problems(first, others) if first else None


def _with_problems(report: Report, more: Sequence[Problem]) -> Report:
    return replace(report, problems=(*report.problems, *more))


def _report(rows: Sequence[Row], delimiter: str, near: datetime | None) -> Report | None:
    """The report that `rows` are, None when there is nobody in them."""
    problems: list[Problem] = []
    shape = shape_of(rows)
    parts = parts_of(shape, problems)
    if not any(part.who for part in parts):
        return None
    problems += [Problem("row_not_read", one.number) for one in shape.loose]
    summary = summary_of(shape, problems)
    form = format_of(shape, parts, delimiter, summary)
    if form == "table":  # a date above a list may be the day it was printed
        summary = Summary(heading(shape, problems))
    order = _order(parts, summary, near, problems)
    started_at, ended_at = summary.period(order)
    how = Reading(order, near, ended_at)
    found = _joined(form, parts, how, problems)
    return Report(
        format=form,
        title=summary.title,
        started_at=started_at,
        ended_at=ended_at,
        rows=sum(len(part.table.rows) for part in parts[: 1 if form == "teams_2022" else None]),
        people=found,
        problems=tuple(sorted(problems, key=lambda one: one.row or 0)),
    )


def format_of(shape: Shape, parts: Sequence[Part], delimiter: str, summary: Summary) -> str:
    """Which kind of report it is: a word of `Report.format`."""
    first = parts[0].columns
    if any(part.table.numbered for part in parts):
        return "teams_2022"
    if first.at is not None:
        return "teams_2020"
    from_zoom = delimiter == "," or shape.block is not None
    if from_zoom and any(part.is_webinar for part in parts):
        return "zoom_webinar"
    if first.has_lengths and (delimiter == "\t" or summary.end):
        return "teams_2021"
    if delimiter == "\t" and summary.start:
        return "teams_2021"
    return "zoom" if from_zoom and parts[0].counts_minutes else "table"


def _order(
    parts: Sequence[Part], summary: Summary, near: datetime | None, problems: list[Problem]
) -> Order | None:
    stays = [stay for part in parts for stay in part.stays]
    order = order_of(stays, summary.moments, near)
    if order is None:
        problems.append(Problem("dates_undecided", value=_example(parts)))
    return order


def _example(parts: Sequence[Part]) -> str | None:
    """A date that may be read in two ways, as it is written."""
    cells = (one.row.cell(at) for part in parts for one in part.who for at in part.columns.times)
    return next((shown(cell) for cell in cells if cell), None)


def _joined(
    form: str, parts: Sequence[Part], how: Reading, problems: list[Problem]
) -> tuple[Person, ...]:
    if form == "teams_2022":
        return from_sections(parts, how, problems)
    return people(join for part in parts for join in part.joins(how, problems))
