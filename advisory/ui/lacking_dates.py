"""What falls due without a date: workshops and competence steps that no activity fulfils."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from .. import frames
from ..domain.activities import MILESTONE_KINDS
from ..reports import records
from .activity_filters import TYPES
from .view import View

AHEAD, URGENT = timedelta(days=60), timedelta(days=14)  # ours: before it falls due
OPEN = ("late", "soon", "planned")


def lacking(view: View, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of `frames.milestones` of the cases under way, what fell or falls due first on top.

    Each with its `step` in the language of the page, the `slug` of its municipality and whether it
    is `urgent`. `type`, `hold` and `konsulent` of `query` are those of the calendar. `find` is the
    id of a case: its next workshop goes before all, and is `asked`, however far away it is.
    """
    served = frames.served(view.store)
    planned = served[served["state"] != "cancelled"]["milestone_id"].dropna()
    found = frames.milestones(view.store)
    found = found[
        found["kind"].isin(_kinds(query))
        & found["state"].isin(OPEN)
        & ~found["milestone_id"].isin(planned)
    ]
    found = found.merge(_cases(view, query), on="enrolment_id").sort_values("due_on", kind="stable")
    found["asked"] = _asked(found, query.get("find", ""))
    rows = records(found[found["asked"] | (found["due_on"] <= pd.Timestamp(view.today + AHEAD))])
    said = [
        {
            **row,
            "urgent": row["due_on"] < view.today + URGENT,
            "step": view.name(row["short"], row["short_en"]),
        }
        for row in rows
    ]
    return sorted(said, key=lambda row: not row["asked"])


def _kinds(query: Mapping[str, str]) -> list[str]:
    """The kinds of milestones that the filter lets through."""
    asked = TYPES.get(query.get("type", ""), tuple(MILESTONE_KINDS))
    return [milestone for kind, milestone in MILESTONE_KINDS.items() if kind in asked]


def _cases(view: View, query: Mapping[str, str]) -> pd.DataFrame:
    cases = frames.enrolments(view.store)
    cases = cases[cases["status"] == "active"]
    for name, column in (("hold", "cohort"), ("konsulent", "initials")):
        if query.get(name):
            cases = cases[cases[column] == query[name]]
    return cases[["enrolment_id", "slug"]]


def _asked(found: pd.DataFrame, case: str) -> pd.Series:
    """Which of the rows, by their day, is the next workshop of a case."""
    theirs = (found["enrolment_id"].astype(str) == case) & (found["kind"] == "workshop")
    return (theirs & (theirs.cumsum() == 1)).astype(bool)
