"""The balance of the audiences as a table of lines and cells, and the filters that narrow it.

The frames it is made from leave out what this person may not see: see `frames.sums`.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import frames
from ..domain import small_numbers
from ..domain.balance import Mark
from ..reports import records
from ..store import Store
from .view import View


@dataclass(frozen=True, slots=True)
class Step:
    """One workshop of a case as one audience saw it; `attended` None is not counted."""

    activity_id: int
    number: int
    title: str
    day: Any
    mark: str
    attended: int | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """People, each time one came; None where nobody was counted. A hidden one has no number."""

    people: int | None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One audience of one case: its workshops by day, the sum, and the kind of its gap or ""."""

    audience: str
    steps: tuple[Step, ...]
    sum: Sum
    gap: str = ""

    @property
    def uncounted(self) -> bool:
        """Whether a workshop is over that this audience was not counted at."""
        return any(step.mark == Mark.UNKNOWN for step in self.steps)


@dataclass(frozen=True, slots=True)
class Line:
    """One case; `held` of its `planned` workshops are over."""

    enrolment_id: int
    municipality: str
    slug: str
    cohort: str
    initials: str
    held: int
    planned: int
    cells: tuple[Cell, ...]
    sum: Sum


@dataclass(frozen=True, slots=True)
class Table:
    """The lines that the filters leave, and the totals by audience and of all.

    `open` says whether everything is shown, `whole` whether the totals are those of all cases
    whatever the filters, and `workshops` how many are over.
    """

    audiences: tuple[str, ...]
    lines: tuple[Line, ...]
    totals: tuple[Sum, ...]
    workshops: int
    open: bool
    whole: bool


def is_open(view: View) -> bool:
    """Whether this person may see people per activity, and how few of an audience came."""
    return small_numbers.seen_by(view.store.actor.role)


def numbers_withheld(view: View) -> bool:
    """Whether nothing about people can be shown: small numbers are to be hidden, on another day."""
    return not is_open(view) and view.store.as_of is not None


def fits(view: View, cohort: str, initials: str) -> bool:
    """Whether a case is left by the filters of the address."""
    hold, consultant = view.query.get("hold"), view.query.get("konsulent")
    return (not hold or cohort == hold) and (not consultant or initials == consultant)


def standing(view: View) -> str:
    """What a drawing depends on besides the data: the filters, and which activities are over."""
    query = [view.query.get(name, "") for name in ("hold", "konsulent")]
    return f"{query} {(frames.activities(view.store)['state'] == 'due').sum()}"


def table(view: View) -> Table:
    """The table that this person sees under the filters of the address.

    To whom small numbers are hidden its totals are those of all cases, whatever the filters: two of
    them could be subtracted.
    """
    found = frames.balance(view.store)
    audiences = tuple(code for code, _ in view.codes("audience"))
    sums = _sums(view.store)
    lines = _lines(view.store, found, audiences, sums)
    shown = [line for line in lines if fits(view, line.cohort, line.initials)]
    over = found[found["mark"] != Mark.COMING]
    if is_open(view):
        totals = _totals(shown, len(audiences))
        over = over[over["enrolment_id"].isin([line.enrolment_id for line in shown])]
    else:
        totals = [sums[None, one] for one in (*audiences, "")]
    return Table(
        audiences=audiences,
        lines=tuple(shown),
        totals=tuple(totals),
        workshops=over["activity_id"].nunique(),
        open=is_open(view),
        whole=not is_open(view) or len(shown) == len(lines),
    )


def _sums(store: Store) -> dict[tuple[int | None, str], Sum]:
    """The people of each case and audience, with the totals: see `frames.attendance_sums`."""
    return {
        (row["enrolment_id"], row["audience"]): Sum(row["people"], row["hidden"])
        for row in records(frames.attendance_sums(store))
    }


def _lines(
    store: Store,
    found: pd.DataFrame,
    audiences: tuple[str, ...],
    sums: dict[tuple[int | None, str], Sum],
) -> list[Line]:
    """A line for each case that is under way or has workshops."""
    steps: dict[tuple[int, str], list[Step]] = {}
    for row in found.itertuples(index=False):
        attended = None if pd.isna(row.attended) else int(row.attended)
        step = Step(int(row.activity_id), row.number, row.title, row.day, row.mark, attended)
        steps.setdefault((row.enrolment_id, row.audience), []).append(step)
    gaps = {(row.enrolment_id, row.audience): row.kind for row in _gaps(store)}
    due = _workshops_of_the_plan(store)
    lines = []
    for case in frames.enrolments(store).itertuples(index=False):
        if (case.enrolment_id, "") not in sums:
            continue
        own = {one: tuple(steps.get((case.enrolment_id, one), ())) for one in audiences}
        first = own[audiences[0]] if audiences else ()
        lines.append(
            Line(
                case.enrolment_id,
                case.municipality,
                case.slug,
                case.cohort,
                case.initials,
                held=sum(step.mark != Mark.COMING for step in first),
                planned=max(len(first), due.get(case.enrolment_id, 0)),
                cells=tuple(
                    Cell(
                        one,
                        own[one],
                        sums[case.enrolment_id, one],
                        gaps.get((case.enrolment_id, one), ""),
                    )
                    for one in audiences
                ),
                sum=sums[case.enrolment_id, ""],
            )
        )
    return lines


def _gaps(store: Store) -> Any:
    return frames.gaps(store).itertuples(index=False)


def _workshops_of_the_plan(store: Store) -> dict[int, int]:
    found = frames.milestones(store)
    found = found[(found["kind"] == "workshop") & ~found["not_applicable"]]
    return found.groupby("enrolment_id").size().to_dict()


def _total(sums: list[Sum]) -> Sum:
    known = [one.people for one in sums if one.people is not None]
    return Sum(sum(known) if known else None)


def _totals(lines: list[Line], columns: int) -> list[Sum]:
    """The totals by audience, then that of all."""
    by_audience = [_total([line.cells[at].sum for line in lines]) for at in range(columns)]
    return [*by_audience, _total(by_audience)]
