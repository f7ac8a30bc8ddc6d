"""The lines of the timeline: programmes and free places, grouped by cohort."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from advisory.domain.calendar import last_day

from . import drawing
from .drawing import as_date

HEIGHT = 15  # from one bar to the next
MONTHS = 18  # length of a cohort of which only free places are known
SHOWN = (*drawing.STARTED, "admitted", "offered")


@dataclass(frozen=True)
class Row:
    """One line of the chart: a programme, or a free place (`source` None)."""

    cohort: str
    status: str
    starts_on: date
    ends_on: date
    months: int
    enrolment_id: int | None = None
    source: Any = None

    def month_at(self, day: date) -> float:
        """Months from the start to `day`, in shares of this programme's own length."""
        days = (self.ends_on - self.starts_on).days + 1
        return (day - self.starts_on).days / days * self.months


@dataclass
class Group:
    """The lines of one cohort."""

    cohort: str
    rows: list[Row] = field(default_factory=list)


def groups(enrolments: pd.DataFrame, free_rows: Sequence[tuple[str, int]]) -> list[Group]:
    """The cohorts in order of their codes, each with its programmes and then its free places.

    A withdrawn programme has a line when it had begun. Free places of a cohort whose dates are
    known neither from a programme nor from its code are left out.
    """
    found: dict[str, Group] = {}
    for source in enrolments.itertuples(index=False):
        starts_on, ends_on = as_date(source.starts_on), as_date(source.ends_on)
        begun = source.status == "withdrawn" and as_date(source.status_since) > starts_on
        if source.status in SHOWN or begun:
            row = Row(
                source.cohort,
                source.status,
                starts_on,
                ends_on,
                int(source.months),
                int(source.enrolment_id),
                source,
            )
            found.setdefault(source.cohort, Group(source.cohort)).rows.append(row)
    for cohort, places in free_rows:
        model = typical(found[cohort]) if cohort in found else None
        starts_on = model.starts_on if model else drawing.cohort_start(cohort)
        if places > 0 and starts_on:
            months = model.months if model else MONTHS
            free = Row(cohort, "free", starts_on, last_day(starts_on, months), months)
            found.setdefault(cohort, Group(cohort)).rows.extend([free] * places)
    return [found[cohort] for cohort in sorted(found)]


def typical(group: Group) -> Row:
    """The line whose dates most of the cohort share; a programme can have a start of its own."""
    dates = [(row.starts_on, row.ends_on) for row in group.rows]
    return group.rows[dates.index(max(dates, key=dates.count))]
