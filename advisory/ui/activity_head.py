"""One activity: when, where, for whom, how it stands, what came of it."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.errors import NotFound
from ..reports import records
from .activity_form import ActivityForm
from .activity_steps import ActivitySteps
from .balance_rows import is_open
from .live import Live
from .view import View


def activity(view: View, activity_id: int) -> dict[str, Any]:
    """One row of `frames.activities`, with None for what is not known. Refuses with `not_found`."""
    found = frames.activities(view.store)
    found = found[found["activity_id"] == activity_id]
    if found.empty:
        raise NotFound("not_found", table="activity", row_id=activity_id)
    return records(found)[0]


class ActivityHead:
    """What is recorded about an activity, and the buttons that change it."""

    def __init__(self, view: View, activity_id: int, form: ActivityForm, steps: ActivitySteps):
        self._view, self._id, self._form = view, activity_id, form
        actions = {
            **{"edit": self._edit, "hold": steps.hold, "move": steps.move},
            **{"cancel": steps.cancel, "take_back": steps.take_back},
        }
        self.live = Live("activity", self._render, actions)

    def _edit(self, **_values: str) -> None:
        self._form.edit(str(self._id))

    def _render(self) -> Markup:
        view = self._view
        row = activity(view, self._id)
        return view.render(
            "activity_head.html",
            row=row,
            served=records(frames.served(view.store, self._id)),
            begun=row["starts_at"] <= view.store.now(),
            may=view.may("activity.edit"),
            open=is_open(view),
            opens_case=view.may_see("page.case"),
            materials=row["materials"].split(),
        )
