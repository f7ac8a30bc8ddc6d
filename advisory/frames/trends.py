"""How the programme goes on: who comes month by month, what is held where, hours of competence.

Each takes the ids of the cases to look at; None is all of them.
"""

import pandas as pd

from ..domain import municipalities as names
from ..store import Store
from .activities import activities, audience_order, headcounts, served
from .typed import frame, per_version, reads, sees_heads

MONTHLY = {
    "month": "int64",
    "audience": "str",
    "invited": "int64",
    "counted": "int64",
    "attended": "Int64",
}
BY_KIND = {
    "enrolment_id": "int64",
    "municipality": "str",
    "slug": "str",
    "cohort": "str",
    "kind": "str",
    "held": "int64",
    "planned": "int64",
}
HOURS = {
    "provider_id": "Int64",
    "provider": "str",
    "audience": "str",
    "sessions": "int64",
    "attended": "int64",
    "hours": "float64",
}
OVER = ("held", "due")
Cases = frozenset[int] | None


@reads("read.programme")
def attendance_by_month(store: Store, cases: Cases = None) -> pd.DataFrame:
    """One row per programme month and audience that an activity which was held had invited.

    Columns: see `MONTHLY`. `month` is 1 in the first month of a programme and 0 before it.
    `invited` and `counted` are visits: an activity for two municipalities is two. `attended` is
    people, missing where nobody has been counted, and for whom small numbers are hidden: it is the
    people of the balance divided another way.
    """
    found = _attendance_by_month(store, cases, _ids(store, "held"))
    return found if sees_heads(store) else found.assign(attended=pd.NA).astype(MONTHLY)


@reads("read.programme")
def activities_by_municipality(store: Store, cases: Cases = None) -> pd.DataFrame:
    """One row per case and kind of activity it has, by cohort and in Danish order of the cases.

    Columns: see `BY_KIND`. `held` are over, whether or not it is said that they were held,
    `planned` are to come; cancelled ones are neither. An activity for two municipalities counts in
    both.
    """
    return _activities_by_municipality(store, cases, _ids(store, *OVER), _ids(store, "planned"))


@reads("read.heads")
def competence_hours(store: Store, cases: Cases = None) -> pd.DataFrame:
    """One row per provider and audience counted at competence development that was held.

    Columns: see `HOURS`. `hours` are participant hours: the length of each session times those who
    came. Sessions that nobody has counted at are in none of the columns.
    """
    return _competence_hours(store, cases, _ids(store, "held"))


def _ids(store: Store, *states: str) -> frozenset[int]:
    """The activities in these states; which are over changes while the data do not."""
    found = activities(store)
    return frozenset(found.loc[found["state"].isin(states), "activity_id"])


def _of(found: pd.DataFrame, cases: Cases, ids: frozenset[int]) -> pd.DataFrame:
    found = found[found["activity_id"].isin(ids)]
    return found if cases is None else found[found["enrolment_id"].isin(cases)]


@per_version
def _attendance_by_month(store: Store, cases: Cases, over: frozenset[int]) -> pd.DataFrame:
    found = _of(headcounts(store), cases, over)
    if found.empty:
        return frame(MONTHLY, {})
    rows = [
        (month, audience, len(one), int(one["attended"].notna().sum()), _sum(one["attended"]))
        for (month, audience), one in found.groupby(["month", "audience"])
    ]
    order = audience_order(store)
    rows.sort(key=lambda row: (row[0], order[row[1]]))
    return frame(MONTHLY, dict(zip(MONTHLY, zip(*rows))))


@per_version
def _activities_by_municipality(
    store: Store, cases: Cases, over: frozenset[int], planned: frozenset[int]
) -> pd.DataFrame:
    found = _of(served(store), cases, over | planned)
    if found.empty:
        return frame(BY_KIND, {})
    place = {name: rank for rank, name in enumerate(_in_order(found))}
    found["held"] = found["activity_id"].isin(over)
    own = ["enrolment_id", "municipality", "slug", "cohort", "kind"]
    rows = [
        (*key, int(one["held"].sum()), int((~one["held"]).sum())) for key, one in found.groupby(own)
    ]
    rows.sort(key=lambda row: (row[3], place[row[1]], row[0], row[4]))
    return frame(BY_KIND, dict(zip(BY_KIND, zip(*rows))))


@per_version
def _competence_hours(store: Store, cases: Cases, over: frozenset[int]) -> pd.DataFrame:
    found = _of(headcounts(store), cases, over)
    found = found[(found["kind"] == "competence") & found["attended"].notna()]
    if found.empty:
        return frame(HOURS, {})
    order, rows = audience_order(store), []
    for (provider, audience), one in found.groupby(["provider", "audience"]):
        heads = one["attended"].astype("int64")
        hours = float((heads * one["minutes"]).sum()) / 60
        own = one["provider_id"].iloc[0]
        sessions = one["activity_id"].nunique()
        rows.append((own, provider, audience, sessions, int(heads.sum()), hours))
    rows.sort(key=lambda row: (row[1], order[row[2]]))
    return frame(HOURS, dict(zip(HOURS, zip(*rows))))


def _sum(heads: pd.Series) -> int | None:
    known = heads.dropna()
    return int(known.sum()) if len(known) else None


def _in_order(found: pd.DataFrame) -> list[str]:
    return sorted(set(found["municipality"]), key=names.sort_key)
