"""People as sums over many activities: all of them, or with the small numbers hidden.

Whoever may not see small numbers sees people only as sums, and of those the ones that
`domain.small_numbers` lets through. Three rules keep the hidden ones hidden:

- Nothing by workshop: a mark within or under the target says in what range a count lies, and in how
  many workshops an audience was present says how few it can have been.
- One table: what is hidden is decided once over all cases. A page that filters shows fewer rows of
  that very table, and the totals stay those of all, so that two filters cannot be subtracted.
- One day: on another date there are no numbers, because two days can be subtracted too.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from ..domain import small_numbers
from ..store import Store
from .activities import audience_order
from .balance import attendance
from .enrolments import enrolments
from .trends import Cases, competence_hours
from .typed import frame, per_version, reads, sees_heads

WITH_WORKSHOPS = ("active", "completed")  # the cases that are in the table before they have any
ATTENDANCE_SUMS = {
    "enrolment_id": "Int64",
    "audience": "str",
    "people": "Int64",
    "hidden": "bool",
}
COMPETENCE_SUMS = {
    "provider": "str",
    "audience": "str",
    "total": "bool",
    "hours": "Float64",
    "hidden": "bool",
}

Numbers = Sequence[Sequence[float | None]]


@reads("read.programme")
@per_version
def attendance_sums(store: Store) -> pd.DataFrame:
    """The people counted at development workshops: a row per case and audience, and every total.

    Columns: see `ATTENDANCE_SUMS`. A person counts each time they came. The cases are those under
    way, completed, or with a workshop, as `enrolments` has them; after the audiences of each comes
    its total, with an empty `audience`. The totals of all cases come last and have no
    `enrolment_id`. `people` is missing where nobody was counted, and where it is `hidden`.
    """
    people, audiences = attendance(store), list(audience_order(store))
    cases = _cases(store, people)
    table = [[people.get((case, one)) for one in audiences] for case in cases]
    width = len(audiences)
    totals, hidden = _with_totals(table, width), _hidden(store, table, width)
    rows = [
        (case, audience, None if is_hidden else number, is_hidden and number is not None)
        for case, numbers, marks in zip([*cases, None], totals, hidden)
        for audience, number, is_hidden in zip([*audiences, ""], numbers, marks)
    ]
    return frame(ATTENDANCE_SUMS, dict(zip(ATTENDANCE_SUMS, zip(*rows))))


def _cases(store: Store, people: Mapping[tuple[int, str], int | None]) -> list[int]:
    found, known = enrolments(store), {case for case, _ in people}
    shown = found["status"].isin(WITH_WORKSHOPS) | found["enrolment_id"].isin(known)
    return found.loc[shown, "enrolment_id"].tolist()


@reads("read.programme")
def competence_sums(store: Store, cases: Cases = None) -> pd.DataFrame:
    """Participant hours of `competence_hours`: a row per provider and audience, and every total.

    Columns: see `COMPETENCE_SUMS`. After the audiences of each provider comes its sum, with an
    empty `audience`; the `total` of all providers comes last. `hours` is missing where nobody was
    counted, and where it is `hidden`. Nobody counted at all is no row. For whom small numbers are
    hidden it is always of all cases, and on another date than today there is no row.
    """
    if not sees_heads(store) and store.as_of is not None:
        return frame(COMPETENCE_SUMS, {})
    found = competence_hours(store, cases if sees_heads(store) else None)
    providers, audiences = list(dict.fromkeys(found["provider"])), list(audience_order(store))
    if not providers:
        return frame(COMPETENCE_SUMS, {})
    heads, hours = (
        [[known.get((one, audience)) for audience in audiences] for one in providers]
        for known in (_by_cell(found, "attended"), _by_cell(found, "hours"))
    )
    rows = [
        (provider, audience, total, None if is_hidden else number, is_hidden)
        for provider, total, numbers, marks in zip(
            [*providers, ""],
            [*[False] * len(providers), True],
            _with_totals(hours, len(audiences)),
            _hidden(store, heads, len(audiences)),
        )
        for audience, number, is_hidden in zip([*audiences, ""], numbers, marks)
    ]
    return frame(COMPETENCE_SUMS, dict(zip(COMPETENCE_SUMS, zip(*rows))))


def _by_cell(found: pd.DataFrame, column: str) -> dict[tuple[str, str], float]:
    return dict(zip(zip(found["provider"], found["audience"]), found[column]))


def _with_totals(table: Numbers, width: int) -> list[list[float | None]]:
    """The rows with their sums, then the sums of the columns; None where nothing is known."""
    body = [[*row, _sum(row)] for row in table]
    return [*body, [_sum([row[at] for row in body]) for at in range(width + 1)]]


def _sum(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _hidden(store: Store, heads: Sequence[Sequence[int | None]], width: int) -> list[list[bool]]:
    """For each place in `heads`, `width` wide, and for each of its totals, whether it is hidden."""
    closed, withheld = not sees_heads(store), store.as_of is not None
    hidden = small_numbers.hidden(heads) if closed and not withheld else frozenset()
    return [
        [(closed and withheld) or (row, column) in hidden for column in range(width + 1)]
        for row in range(len(heads) + 1)
    ]
