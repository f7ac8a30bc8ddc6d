"""The meetings: today's, those to come, those that have been."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.errors import NotFound
from ..reports import records
from ..store import Store
from .live import Live
from .meeting_form import MeetingForm
from .view import View

FORMER_SHOWN = 8


def chosen(store: Store, asked: str) -> dict[str, Any] | None:
    """The meeting with the id that is asked for; without one the next, else the last, or None.

    Refuses with `meeting_unknown` on a date when there is no such meeting.
    """
    rows = records(frames.meetings(store))
    if asked:
        found = [row for row in rows if str(row["activity_id"]) == asked]
        if not found:
            raise NotFound("meeting_unknown", date=store.today())
        return found[0]
    coming = [row for row in rows if row["day"] >= store.today()]
    return coming[0] if coming else rows[-1] if rows else None


class MeetingList:
    """Each meeting with its date and how many of its seats are taken; opens it."""

    def __init__(self, view: View, meeting_id: int | None, form: MeetingForm):
        self._view, self._id = view, meeting_id
        self._all = False
        actions = {"all": self._show_all, "new": form.new}
        self.live = Live("meetings", self._render, actions)

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _render(self) -> Markup:
        view = self._view
        rows = records(frames.meetings(view.store))
        former = [row for row in rows if row["day"] < view.today][::-1]
        return view.render(
            "meeting_list.html",
            total=len(rows),
            groups=[
                ("today", [row for row in rows if row["day"] == view.today]),
                ("coming", [row for row in rows if row["day"] > view.today]),
                ("former", former if self._all else former[:FORMER_SHOWN]),
            ],
            folded=len(former) > FORMER_SHOWN,
            all=self._all,
            shown=self._id,
            may=view.may("activity.edit"),
        )
