"""The 98 municipalities, and where each stands."""

import pandas as pd

from ..domain import municipalities as rules
from ..store import Store
from .enrolments import enrolments, most_telling
from .regions import regions
from .typed import frame, per_version, reads

MUNICIPALITIES = {
    "municipality_id": "int64",
    "municipality": "str",
    "official_name": "str",
    "short": "str",
    "slug": "str",
    "region": "str",
    "part": "str",
    "kind": "str",
    "population": "Int64",
    "tile_row": "int64",
    "tile_col": "int64",
    "aliases": "str",
}
PLACES = {
    "municipality_id": "int64",
    "municipality": "str",
    "short": "str",
    "slug": "str",
    "region": "str",
    "tile_row": "int64",
    "tile_col": "int64",
    "enrolment_id": "Int64",
    "cohort": "str",
    "status": "str",
    "health": "str",
    "holds_place": "bool",
}


@reads("read.facts")
@per_version
def municipalities(store: Store) -> pd.DataFrame:
    """One row per municipality in Danish order, with the region it belongs to on the date.

    Columns: see `MUNICIPALITIES`. `population` is of 1 January 2021.
    """
    homes = regions(store)
    rows = sorted(store.rows("municipality"), key=lambda row: rules.sort_key(row["name"]))
    renamed = {"municipality_id": "id", "municipality": "name"}
    data = {
        name: [row[renamed.get(name, name)] for row in rows]
        for name in MUNICIPALITIES
        if name != "region"
    }
    data["region"] = [homes.get(row["id"], "") for row in rows]
    return frame(MUNICIPALITIES, data)


@reads("read.programme")
@per_version
def map_places(store: Store) -> pd.DataFrame:
    """One row per municipality with the case that says most about it, if it has one.

    Columns: see `PLACES`; without a case `cohort`, `status` and `health` are empty text. A case
    that holds a place goes before one that does not, a later one before an earlier.
    """
    cases = most_telling(enrolments(store)).drop_duplicates("municipality_id")
    columns = ["municipality_id", "enrolment_id", "cohort", "status", "health", "holds_place"]
    joined = municipalities(store).merge(cases[columns], on="municipality_id", how="left")
    for name in ("cohort", "status", "health"):
        joined[name] = joined[name].fillna("")
    joined["holds_place"] = joined["holds_place"].eq(True)
    return joined[list(PLACES)].astype(PLACES)
