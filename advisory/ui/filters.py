"""What the list of municipalities shows: the filters in the address, and the order."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ..domain import municipalities

FILTERS = ("hold", "region", "konsulent", "tilstand", "status", "tekst")
PROGRESS = ("late", "attention", "on_track")
SOURCES = {
    "municipality": "municipality",
    "cohort": "cohort",
    "region": "region",
    "consultant": "consultant",
    "progress": "health",
    "next": "next_on",
    "contact": "last_contact_on",
}
KEYS: dict[str, Callable[[Any], Any]] = {
    "municipality": municipalities.sort_key,
    "region": municipalities.sort_key,
    "consultant": municipalities.sort_key,
    "progress": (*PROGRESS, "").index,
}


def apply(cases: pd.DataFrame, query: Mapping[str, str]) -> pd.DataFrame:
    """The cases that fit every filter in `query`, in the order it asks for.

    `hold` is a cohort code, `region` a name, `konsulent` initials, `tilstand` a health, `status`
    a status or `plads` (holds a place), `tekst` part of a name. `sorter` is a column of `SOURCES`,
    with `-` before it the other way round. What is not known leaves the list as it is.
    """
    found = cases
    for name, column in (("hold", "cohort"), ("region", "region"), ("konsulent", "initials")):
        if query.get(name):
            found = found[found[column] == query[name]]
    if query.get("tilstand") in PROGRESS:
        late = (found["health"] == query["tilstand"]) | (
            (query["tilstand"] == "late") & (found["late"] > 0)
        )
        found = found[late]
    if query.get("status") == "plads":
        found = found[found["holds_place"]]
    elif query.get("status"):
        found = found[found["status"] == query["status"]]
    if typed := municipalities.normalise(query.get("tekst", "")):
        found = found[
            found["municipality"].map(lambda name: typed in municipalities.normalise(name))
        ]
    return order(found, query.get("sorter", "")).reset_index(drop=True)


def order(cases: pd.DataFrame, sort: str) -> pd.DataFrame:
    """`cases` by one column, names in Danish order, what is missing last; ties keep their order."""
    column, backwards = sort.removeprefix("-"), sort.startswith("-")
    if column not in SOURCES:
        return cases
    values = cases[SOURCES[column]]
    keys = [KEYS.get(column, lambda value: value)(value) for value in values]
    known = [index for index, value in enumerate(values) if not pd.isna(value)]
    ranked = sorted(known, key=keys.__getitem__, reverse=backwards)
    unknown = [index for index, value in enumerate(values) if pd.isna(value)]
    return cases.iloc[ranked + unknown]
