"""Draft letters: the text as it will be, to copy or to open as a mail. Nothing is sent."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ..reports import decisions as letters
from .dialog import Dialog
from .view import View


class LetterDialog:
    """The drafts about one case, one kind at a time."""

    def __init__(self, view: View, dialog: Dialog):
        self._view, self._dialog = view, dialog
        self._enrolment_id = 0
        self._kind = self._first = ""
        self._planned: Mapping[str, Any] | None = None

    def open(self, enrolment_id: int, kind: str, planned: Mapping[str, Any] | None = None) -> None:
        """Show a draft of one of `reports.decisions.KINDS`, and let the person choose another.

        `planned` belongs to a decision that is not saved yet: its letter cannot be taken out.
        """
        self._view.store.require("page.intake")
        self._enrolment_id, self._kind, self._first = enrolment_id, kind, kind
        self._planned = planned
        self._dialog.show(self._render, {"letter_kind": self._choose})

    def _choose(self, kind: str = "", **_values: str) -> None:
        if kind in letters.KINDS:
            self._kind = kind

    def _render(self) -> Markup:
        view = self._view
        planned = self._planned if self._kind == self._first else None
        draft = letters.draft(view.store, self._enrolment_id, self._kind, planned)
        home = view.store.get("enrolment", self._enrolment_id)["municipality_id"]
        return view.render(
            "letter_dialog.html",
            draft=draft,
            municipality=view.store.get("municipality", home)["name"],
            kinds=[(kind, view.text(f"letter_kind.{kind}")) for kind in letters.KINDS],
            missing=", ".join(view.text(f"letter_field.{name}") for name in draft.missing),
            address=""
            if planned is not None
            else view.links(f"brev/{self._enrolment_id}/{draft.kind}.eml"),
        )
