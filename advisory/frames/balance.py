"""Who comes to the development workshops: per municipality and audience, and what is missing."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ..domain import balance as rules
from ..store import Store
from .activities import activities, audience_order, headcounts, served, targets
from .typed import DATE, frame, per_version, reads, sees_heads

BALANCE = {
    "enrolment_id": "int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "activity_id": "int64",
    "title": "str",
    "day": DATE,
    "number": "int64",
    "audience": "str",
    "planned": "Int64",
    "attended": "Int64",
    "invited": "bool",
    "mark": "str",
}
GAPS = {
    "enrolment_id": "int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "audience": "str",
    "kind": "str",
    "times": "Int64",
    "of": "Int64",
    "next_id": "Int64",
    "next_title": "str",
    "next_on": DATE,
    "invited": "bool",
}


@reads("read.programme")
def balance(store: Store) -> pd.DataFrame:
    """One row per case, development workshop that was not cancelled, and audience.

    Columns: see `BALANCE`; `number` is which workshop of the case it is, from 1, by day. `mark` is
    one of `domain.balance.Mark`; `attended` is missing where nobody has counted or the audience was
    not invited, never 0 for that. A workshop that is over and not said to be held is unknown, and
    numbers entered for it do not count yet. For whom people per activity are hidden there are no
    people, and the marks as `domain.balance.closed_mark` leaves them.
    """
    found = _balance(store, _in(store, "held"), _in(store, "due"))
    if sees_heads(store):
        return found
    marks = found["mark"].map(rules.closed_mark)
    return found.assign(planned=pd.NA, attended=pd.NA, mark=marks).astype(BALANCE)


@reads("read.programme")
def gaps(store: Store) -> pd.DataFrame:
    """One row per case and audience that its held workshops do not reach, worst first.

    Columns: see `GAPS`; `kind`, `times` and `of` as `domain.balance.Gap`. `next_*` is the coming
    workshop that could close it, missing when none is planned, and `invited` whether it invites
    that audience already. For whom people per activity are hidden only those gaps that the sums
    say anyway, because nobody came or nobody was invited, without `times` and `of`; and none on
    another date than today.
    """
    found = all_gaps(store)
    if sees_heads(store):
        return found
    if store.as_of is not None:
        return found[:0]
    people = attendance(store)
    told = found[np.array([_is_told(row, people) for row in found.itertuples(index=False)], bool)]
    return told.assign(times=pd.NA, of=pd.NA).astype(GAPS).reset_index(drop=True)


@reads("read.heads")
def all_gaps(store: Store) -> pd.DataFrame:
    """As `gaps`, with everything that is known, whoever it is made for."""
    return _gaps(store, _in(store, "held"))


def _is_told(gap: Any, people: Mapping[tuple[int, str], int | None]) -> bool:
    told = {"none": 0, "never": None}
    return gap.kind in told and people[gap.enrolment_id, gap.audience] == told[gap.kind]


@reads("read.heads")
def attendance(store: Store) -> dict[tuple[int, str], int | None]:
    """The people counted at the workshops of each case, by case and audience.

    A person counts each time they came; None where nobody has been counted. A case without a
    workshop is not in it.
    """
    found = _balance(store, _in(store, "held"))
    sums = found.groupby(["enrolment_id", "audience"])["attended"].sum(min_count=1)
    return {of: None if pd.isna(number) else int(number) for of, number in sums.items()}


@reads("read.heads")
def case_gaps(store: Store) -> dict[int, tuple[rules.Gap, ...]]:
    """The gaps of each case that has any, worst first, by its id."""
    found: dict[int, list[rules.Gap]] = defaultdict(list)
    for row in all_gaps(store).itertuples(index=False):
        found[row.enrolment_id].append(rules.Gap(row.audience, row.kind, row.times, row.of))
    return {enrolment_id: tuple(those) for enrolment_id, those in found.items()}


def _in(store: Store, state: str) -> frozenset[int]:
    """The workshops in a state; which are due changes while the data do not."""
    found = activities(store)
    return frozenset(
        found.loc[found["state"].eq(state) & found["kind"].eq("workshop"), "activity_id"]
    )


@per_version
def _balance(store: Store, held: frozenset[int], due: frozenset[int] = frozenset()) -> pd.DataFrame:
    found = served(store)
    found = found[(found["kind"] == "workshop") & (found["state"] != "cancelled")]
    heads = {
        (row.activity_id, row.enrolment_id, row.audience): row
        for row in headcounts(store).itertuples(index=False)
        if row.kind == "workshop"
    }
    titles = activities(store).set_index("activity_id")["title"].to_dict()
    aims, audiences = _targets(store), audience_order(store)
    numbers: dict[int, int] = defaultdict(int)
    data: dict[str, list[Any]] = {name: [] for name in BALANCE}
    for row in found.sort_values(["day", "activity_id"]).itertuples(index=False):
        numbers[row.enrolment_id] += 1
        for audience in audiences:
            head = heads.get((row.activity_id, row.enrolment_id, audience))
            planned, attended = _count(head, "planned"), _count(head, "attended")
            attended = attended if row.activity_id in held else None
            mark = rules.mark(
                invited=head is not None,
                held=row.activity_id in held or row.activity_id in due,
                attended=attended,
                target=aims.get(audience),
            )
            own = (row.enrolment_id, row.municipality, row.slug, row.cohort, row.activity_id)
            values = (
                *own,
                titles[row.activity_id],
                row.day.date(),
                numbers[row.enrolment_id],
                audience,
                planned,
                attended,
                head is not None,
                mark.value,
            )
            for name, value in zip(BALANCE, values):
                data[name].append(value)
    return frame(BALANCE, data)


def _count(head: Any, name: str) -> int | None:
    return None if head is None or pd.isna(getattr(head, name)) else int(getattr(head, name))


def _targets(store: Store) -> dict[str, rules.Target]:
    """What a workshop aims at per audience; with several initiatives, those of the first."""
    return {
        row.audience: rules.Target(row.low, row.high)
        for row in reversed(list(targets(store).itertuples(index=False)))
    }


@per_version
def _gaps(store: Store, held: frozenset[int]) -> pd.DataFrame:
    rows = []
    for case in _by_case(_balance(store, held)):
        marks: dict[str, list[rules.Mark]] = defaultdict(list)
        for row in case:
            marks[row.audience].append(rules.Mark(row.mark))
        found = rules.gaps(marks)
        coming = _coming(case, store.today()) if found else {}
        first = case[0]
        for gap in found:
            closing = rules.closing(gap.audience, list(coming))
            rows.append(
                (
                    gap,
                    *(first.enrolment_id, first.municipality, first.slug, first.cohort),
                    *(gap.audience, gap.kind, gap.times, gap.of),
                    closing.id if closing else None,
                    coming[closing] if closing else "",
                    closing.day if closing else None,
                    closing is not None and gap.audience in closing.audiences,
                )
            )
    rows.sort(key=lambda row: rules.severity(row[0]))
    return frame(GAPS, dict(zip(GAPS, list(zip(*rows))[1:])) if rows else {})


def _by_case(found: pd.DataFrame) -> list[list[Any]]:
    """The rows of each case, in their order."""
    cases: dict[int, list[Any]] = defaultdict(list)
    for row in found.itertuples(index=False):
        cases[row.enrolment_id].append(row)
    return list(cases.values())


def _coming(case: list[Any], today: date) -> dict[rules.Coming, str]:
    """The case's workshops from today on, each with its title."""
    invited: dict[tuple[int, date, str], set[str]] = defaultdict(set)
    for row in case:
        if row.mark == rules.Mark.COMING and row.day.date() >= today:
            workshop = (row.activity_id, row.day.date(), row.title)
            invited[workshop] |= {row.audience} if row.invited else set()
    return {
        rules.Coming(number, when, frozenset(those)): title
        for (number, when, title), those in invited.items()
    }
