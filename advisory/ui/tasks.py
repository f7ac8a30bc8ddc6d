"""What is to be done in a case, by whom, by when."""

from datetime import date

from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..domain.errors import Conflict
from ..store import journal
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View

FIELDS = {
    "date_unreadable": "due_on",
    "date_missing_day": "due_on",
    "text_needed": "title",
    "text_too_long": "title",
    "cpr_refused": "title",
}


class Tasks:
    """Open tasks first; ticking one off can be taken back."""

    def __init__(self, view: View, enrolment_id: int, dialog: Dialog, toast: Toast):
        self._view, self._id, self._toast = view, enrolment_id, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form(FIELDS)
        self.live = Live("tasks", self._render, {"task": self._add, "finish": self._finish})

    def _add(
        self, title: str = "", due_on: str = "", assignee_id: str = "", **_values: str
    ) -> None:
        typed = {"title": title, "due_on": due_on, "assignee_id": assignee_id}
        with self._form.attempt(self._view.text, typed):
            journal.add_task(
                self._view.store,
                self._id,
                title,
                due_on=calendar.parse_date(due_on, self._view.today) if due_on.strip() else None,
                assignee_id=int(assignee_id) if assignee_id else None,
            )
            self._toast.saved(self._view.text("toast.task", title=title.strip()))

    def _finish(self, id: str, version: str, undo: str = "", **_values: str) -> None:
        def save(values: dict[str, str | None], version: int) -> None:
            done_on = date.fromisoformat(values["done_on"]) if values["done_on"] else None
            task = journal.finish_task(self._view.store, int(id), done_on, version=version)
            key = "toast.task_done" if done_on else "toast.task_open"
            self._toast.saved(self._view.text(key, title=task["title"]))

        values = {"done_on": None if undo else self._view.today.isoformat()}
        try:
            save(values, int(version))
        except Conflict as conflict:
            self._conflict.show(conflict, save)

    def _render(self) -> Markup:
        view = self._view
        found = list(frames.tasks(view.store, self._id).itertuples(index=False))
        case = frames.case(view.store, self._id)
        return view.render(
            "tasks.html",
            open=[row for row in found if row.state != "done"],
            done=[row for row in found if row.state == "done"],
            form=self._form,
            people=view.store.rows("app_user", "role IN ('consultant', 'office') AND active"),
            owner=case["consultant_id"],
            may=view.may("task.add"),
        )
