"""Aktivitet: one workshop, course day or guidance, what came of it, and how many came."""

from collections.abc import Mapping

from advisory import Store
from advisory.domain.signups import MEETINGS
from advisory.imports.limits import MAX_BYTES
from advisory.texts import Text
from advisory.ui.activity_form import ActivityForm
from advisory.ui.activity_head import ActivityHead, activity
from advisory.ui.activity_report import may_upload
from advisory.ui.activity_steps import ActivitySteps
from advisory.ui.dialog import Dialog
from advisory.ui.headcount_grid import HeadcountGrid
from advisory.ui.shell import Page
from advisory.ui.toast import Toast
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The activity that `id` names; an info meeting is shown on the page of the meetings."""
    view = View(store, text, query)
    asked = query.get("id", "")
    row = activity(view, int(asked) if asked.isascii() and asked.isdigit() else 0)
    activity_id, is_meeting = row["activity_id"], row["kind"] in MEETINGS
    values = {"row": row, "is_meeting": is_meeting}
    if is_meeting:
        return Page(row["title"], "page_activity.html", active="aktiviteter", values=values)
    dialog, toast = Dialog(view), Toast(view)
    steps = ActivitySteps(view, activity_id, dialog, toast)
    parts = [
        dialog,
        toast,
        ActivityHead(view, activity_id, ActivityForm(view, dialog, toast), steps),
        HeadcountGrid(view, activity_id, toast),
    ]
    return Page(
        title=row["title"],
        template="page_activity.html",
        parts={part.live.region: part.live for part in parts},
        active="aktiviteter",
        values={
            **values,
            "activity": activity_id,
            "upload": may_upload(view, activity_id),
            "largest": MAX_BYTES,
        },
    )
