"""Two saved the same: both versions side by side, and the person chooses field by field."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.errors import AdvisoryError, Conflict
from .dialog import Dialog
from .view import View

Save = Callable[[dict[str, Any], int], None]

MINE, THEIRS = "mine", "theirs"


class ConflictDialog:
    """Shows a `Conflict` and saves what was chosen; until then nothing is written."""

    def __init__(self, view: View, dialog: Dialog):
        self._view, self._dialog = view, dialog
        self._conflict: Conflict
        self._save: Save
        self._error = ""

    def show(self, conflict: Conflict, save: Save) -> None:
        """Ask which version of each field holds; `save` gets the values and the version.

        Two who saved the same have nothing to choose between, and nothing is asked.
        """
        self._conflict, self._save, self._error = conflict, save, ""
        if not self.fields():
            self._dialog.close()
            return
        actions = {"resolve": self._resolve, "discard": self._dialog.close}
        self._dialog.show(self._render, actions)

    def fields(self) -> list[str]:
        """The fields where what was typed differs from what stands."""
        current = self._conflict.current
        return [name for name, value in self._conflict.changes.items() if current[name] != value]

    def _resolve(self, **chosen: str) -> None:
        if all(chosen.get(name) == THEIRS for name in self.fields()):
            self._dialog.close()  # what stands is what was chosen
            return
        current = self._conflict.current
        values = {
            name: current[name] if chosen.get(name) == THEIRS else value
            for name, value in self._conflict.changes.items()
        }
        try:
            self._save(values, current["version"])
        except Conflict as again:
            self.show(again, self._save)
        except AdvisoryError as error:
            self._error = self._view.text.error(error)
        else:
            self._dialog.close()

    def _render(self) -> Markup:
        view, conflict = self._view, self._conflict
        last = frames.history(view.store, table=conflict.table, row_id=conflict.row_id).iloc[0]
        base = conflict.base or {}
        rows = [
            {
                "field": name,
                "label": view.text(f"field.{name}"),
                "before": self._shown(name, base.get(name)),
                "theirs": self._shown(name, conflict.current[name]),
                "mine": self._shown(name, conflict.changes[name]),
            }
            for name in self.fields()
        ]
        return view.render(
            "conflict.html", rows=rows, who=last["actor"], at=last["at"], error=self._error
        )

    def _shown(self, name: str, value: Any) -> str:
        return field_value(self._view, name, value)


def field_value(view: View, name: str, value: Any) -> str:
    """A stored value as people read it: dates, yes and no, code lists, names."""
    text = view.text
    if value is None or value == "":
        return text("field.empty")
    if name.endswith("_on") or name in ("valid_from", "valid_to", "answer_by"):
        return text.date_medium(date.fromisoformat(value))
    if name.endswith("_at") or name == "signup_by":
        return text.instant(datetime.fromisoformat(value))
    if name in ("pinned", "not_applicable", "no_mail", "active", "public", "commitment"):
        return text("app.yes" if value else "app.no")
    if name in ("consultant_id", "assignee_id"):
        user = view.store.find("app_user", id=value)
        return user["name"] if user else text("field.empty")
    if name == "contact_id":
        return view.store.get("person", view.store.get("contact", value)["person_id"])["name"]
    if name == "provider_id":
        return view.store.get("organisation", value)["name"]
    if name == "municipality_id":
        return view.store.get("municipality", value)["name"]
    if name == "cohort_id":
        return view.cohort(view.store.get("cohort", value)["code"])
    if name == "kind":
        return view.code("note_kind", value)
    if name == "prior_experience":
        return view.code(name, value)
    if name == "status":
        return text(f"status.{value}")
    return str(value)
