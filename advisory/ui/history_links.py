"""Where the page of a changed record is."""

from typing import Any

from .. import frames
from ..domain.signups import MEETINGS
from .view import View

Place = tuple[str, dict[str, str]]

NOWHERE: Place = ("", {})
OF_ACTIVITIES = frozenset({"signup", "mail_rule", "message", "attendance_import", "attendee"})


class HistoryLinks:
    """The addresses of what stands in rows of `frames.changes`, for one who may open them."""

    def __init__(self, view: View):
        self._view = view
        cases = frames.history_cases(view.store).itertuples(index=False)
        self._cases: dict[int, Place] = {
            case.enrolment_id: ("kommune", {"k": case.slug, "hold": case.cohort}) for case in cases
        }

    def place(self, row: Any) -> Place:
        """The page that shows the record, and its query; no page for one who may not open it."""
        view = self._view
        if row.hidden or not view.may_see("page.case"):
            return NOWHERE
        if row.table == "activity":
            return self._activity(row.row_id)
        if row.table in OF_ACTIVITIES:
            found = view.store.find(row.table, id=row.row_id)
            return self._activity(found["activity_id"]) if found else NOWHERE
        if row.table == "place_change":
            return "optag", {}
        return self._cases.get(row.enrolment_id, NOWHERE)

    def _activity(self, activity_id: int) -> Place:
        found = self._view.store.find("activity", id=activity_id)
        if found is None:
            return NOWHERE
        if found["kind"] in MEETINGS:
            return "infomoeder", {"moede": str(activity_id)}
        return "aktivitet", {"id": str(activity_id)}
