"""One meeting: when, where, and how many signed up, came, stayed away or still wait."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..reports import records
from .live import Live
from .meeting_form import MeetingForm
from .view import View


def meeting(view: View, meeting_id: int) -> dict[str, Any]:
    """One row of `frames.meetings`, with None for what is not known."""
    found = frames.meetings(view.store)
    return records(found[found["activity_id"] == meeting_id])[0]


class MeetingHead:
    """The counts add up: those who came, stayed away or are not decided are those with a seat."""

    def __init__(self, view: View, meeting_id: int, form: MeetingForm):
        self._view, self._id = view, meeting_id
        actions = {"edit": form.edit, "move": form.move, "cancel": form.cancel, "copy": form.copy}
        self.live = Live("meeting", self._render, actions)

    def _render(self) -> Markup:
        view = self._view
        row = meeting(view, self._id)
        return view.render(
            "meeting_head.html",
            row=row,
            begun=row["status"] in ("held", "running"),
            may=view.may("activity.edit"),
            cohort=view.cohort(row["cohort"]) if row["cohort"] else "",
        )
