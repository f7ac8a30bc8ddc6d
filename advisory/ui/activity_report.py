"""What a file says about how many came or will come, shown before it is taken into the grid.

Only numbers leave the file: who the people are is neither shown nor kept.
"""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.attendance import Report
from ..domain.errors import Refused
from ..reports import records
from . import headcount_cells as cells
from .activity_head import activity
from .view import View


def may_upload(view: View, activity_id: int) -> bool:
    """Whether people can be counted from a file: the activity stands, and this person may."""
    may = view.may("headcount.edit") and view.may("attendance.import")
    return may and activity(view, activity_id)["state"] != "cancelled"


def preview(view: View, activity_id: int, report: Report) -> Markup:
    """The people in a file per municipality and audience, and how many nobody can place.

    They are expected before the activity begins, and came after. Refuses as
    `frames.report_counts`, and with `activity_cancelled` and `not_found`.
    """
    row = activity(view, activity_id)
    if row["state"] == "cancelled":
        raise Refused("activity_cancelled", title=row["title"])
    found = records(frames.report_counts(view.store, activity_id, report))
    placed = [one for one in found if one["enrolment_id"] is not None and one["audience"]]
    loose = [one for one in found if one not in placed]
    begun = row["starts_at"] <= view.store.moment()
    proposed: cells.Cells = {
        (one["enrolment_id"], one["audience"]): (one["people"], None) for one in placed
    }
    return view.render(
        "headcount_preview.html",
        report=report,
        kind=cells.ATTENDED if begun else cells.PLANNED,
        people=sum(one["people"] for one in found),
        unknown=sum(one["unknown"] for one in found),
        away=len(report.people) - sum(one["people"] for one in found),
        timed=_is_timed(report),
        placed=placed,
        loose=sum(one["people"] for one in loose),
        homes=_homes(loose),
        audiences=dict(view.codes("audience")),
        proposed=cells.as_json(proposed),
    )


def _homes(loose: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """Those whose municipality is known and whose audience is not."""
    return [(one["municipality"], one["people"]) for one in loose if one["enrolment_id"]]


def _is_timed(report: Report) -> bool:
    return any(person.spans or person.minutes is not None for person in report.people)
