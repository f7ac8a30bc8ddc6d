"""What the calendar shows: the filters in the address, and what can be chosen in them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .. import frames
from ..domain import municipalities as names
from ..domain.signups import MEETINGS
from ..reports import records
from ..store import Store
from .view import View

FILTERS = ("type", "hold", "konsulent", "udbyder")
DEADLINE = "deadline"
TYPES: Mapping[str, tuple[str, ...]] = {
    "workshop": ("workshop",),
    "kompetence": ("competence",),
    "vejledning": ("guidance",),
    "infomoede": tuple(MEETINGS),
    "frist": (DEADLINE,),
}
COLUMNS = {  # of the table, by what they are sorted
    "day": "starts_at",
    "kind": "kind",
    "title": "title",
    "municipality": "municipalities",
    "provider": "provider",
    "consultant": "consultant",
    "state": "state",
}
NEWEST = "-day"
STATES = ("due", "planned", "held", "cancelled")


def apply(store: Store, query: Mapping[str, str]) -> pd.DataFrame:
    """The rows of `frames.activities` that fit every filter in `query`, by their start.

    `type` is a key of `TYPES`, `hold` a cohort code, `konsulent` initials, `udbyder` the id of a
    provider. A meeting belongs to the cohort it recruits to and to the agency. What is not known
    leaves the list as it is.
    """
    found = frames.activities(store)
    if query.get("type") in TYPES:
        found = found[found["kind"].isin(TYPES[query["type"]])]
    if query.get("konsulent"):
        found = found[found["initials"] == query["konsulent"]]
    if query.get("udbyder", "").isdecimal():
        provider = found["provider_id"].fillna(agency(store))
        found = found[provider == int(query["udbyder"])]
    if hold := query.get("hold"):
        known = frames.meeting_states(store)
        recruiting = set(known[known["cohort"] == hold]["activity_id"])
        fits = [hold in cohorts for cohorts in found["cohorts"]]
        found = found[pd.Series(fits, index=found.index) | found["activity_id"].isin(recruiting)]
    return found


def deadlines(store: Store, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The last days to apply, as {day, cohort}; none when a person or a provider is asked for."""
    if query.get("konsulent") or query.get("udbyder") or query.get("type", "frist") != "frist":
        return []
    return [
        {"day": row["apply_by"], "cohort": row["cohort"]}
        for row in records(frames.capacity(store).dropna(subset="apply_by"))
        if query.get("hold", row["cohort"]) == row["cohort"]
    ]


def order(found: pd.DataFrame, sort: str) -> pd.DataFrame:
    """The rows by one column of `COLUMNS`, with `-` before it the other way round."""
    column, backwards = sort.removeprefix("-"), sort.startswith("-")
    if column not in COLUMNS:
        return order(found, NEWEST)
    keys = [_key(column, value) for value in found[COLUMNS[column]]]
    ranked = sorted(range(len(keys)), key=keys.__getitem__, reverse=backwards)
    return found.iloc[ranked]


def _key(column: str, value: Any) -> Any:
    if column == "state":
        return STATES.index(value)
    if column == "municipality":
        return names.sort_key(value[0] if value else "")
    if column in ("provider", "consultant", "title"):
        return names.sort_key(value)
    return value


def options(view: View) -> dict[str, list[tuple[str, str]]]:
    """What each filter can be set to, as (value in the address, words)."""
    store, text = view.store, view.text
    found = frames.activities(store)
    people = found[found["initials"] != ""].drop_duplicates("initials").sort_values("consultant")
    cohorts = frames.capacity(store)["cohort"]
    return {
        "type": [(code, text(f"activity_type.{code}")) for code in TYPES],
        "hold": [(code, view.cohort(code)) for code in cohorts],
        "konsulent": list(zip(people["initials"], people["consultant"])),
        "udbyder": [(str(row_id), name) for row_id, name in providers(store)],
    }


def providers(store: Store) -> list[tuple[int, str]]:
    """Who can provide an activity, the agency first, as (id, name)."""
    rows = store.rows("organisation", "kind IN ('agency', 'partner')", order="kind, name")
    return [(row["id"], row["name"]) for row in rows]


def agency(store: Store) -> int:
    """The id of the agency, 0 where there is none."""
    found = store.find("organisation", kind="agency")
    return found["id"] if found else 0
