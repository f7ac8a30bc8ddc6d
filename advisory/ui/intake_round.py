"""Which round Optag shows, and whose decision is open: both stand in the address."""

from typing import Any

from .. import frames
from ..domain.errors import NotFound
from ..reports import records
from .view import View

CLOSED = "closed"
DEMO = "demofrist"  # what the source of an invented deadline says


def round_of(view: View) -> dict[str, Any] | None:
    """The row of `frames.rounds` that `hold` names, else the first not closed, else the last.

    None while there are no cohorts. Refuses with `cohort_unknown` (cohort, known).
    """
    rows = records(frames.rounds(view.store))
    asked = view.query.get("hold", "")
    if asked:
        found = [row for row in rows if row["cohort"] == asked]
        if not found:
            known = ", ".join(row["cohort"] for row in rows)
            raise NotFound("cohort_unknown", cohort=asked[:40], known=known)
        return found[0]
    still = [row for row in rows if row["state"] != CLOSED]
    return still[0] if still else rows[-1] if rows else None


def row_of(view: View, cohort: str) -> dict[str, Any]:
    """The row of `frames.rounds` of a cohort that is there."""
    rows = records(frames.rounds(view.store))
    return next(row for row in rows if row["cohort"] == cohort)


def chosen(view: View, cohort: str) -> dict[str, Any] | None:
    """The application of the cohort that `valgt` names, a row of `frames.applications`, or None."""
    asked = view.query.get("valgt", "")
    rows = records(frames.applications(view.store, cohort))
    return next((row for row in rows if row["slug"] == asked), None)


def is_demo(row: dict[str, Any]) -> bool:
    """Whether the deadline of a round is an invented one, which its source says."""
    return row["apply_by"] is not None and DEMO in row["source"].casefold()
