"""The dialogs of an application: a new one, what it holds, its priority, another cohort."""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import enrolments as rules
from ..domain.errors import Conflict
from ..reports import records
from ..store import applicants, decisions, enrolments
from . import application_fields as fields
from .conflict import ConflictDialog
from .dialog import Dialog
from .forms import Form
from .intake_round import round_of
from .toast import Toast
from .view import View

PAGE = "optag"


class ApplicationForm:
    """One dialog at a time; what was typed stays until it is saved."""

    def __init__(self, view: View, dialog: Dialog, toast: Toast):
        self._view, self._dialog, self._toast = view, dialog, toast
        self._conflict = ConflictDialog(view, dialog)
        self._form = Form(fields.ERRORS)
        self._id = 0

    # --- opening ----------------------------------------------------------------------------

    def new(self, **_values: str) -> None:
        """Ask for a new application to the cohort shown, received today."""
        self._view.store.require("enrolment.create")
        self._form = Form(fields.ERRORS)
        own, today = round_of(self._view), self._view.text.date(self._view.today)
        shown = str(own["cohort_id"]) if own else ""
        self._form.typed = {"received": today, "cohort_id": shown}
        actions = {"check": self._check, "take_name": self._take_name, "create": self._create}
        self._dialog.show(self._render_new, actions)

    def open(self, id: str = "", **_values: str) -> None:
        """Show what an application holds, to change for those who may."""
        self._begin(id)
        may = self._view.may("application.edit")
        actions = {"save": self._save, "prioritise": self.prioritise, "move": self.move}
        self._dialog.show(self._render_one, actions if may else {})

    def edit(self, enrolment: str = "", **_values: str) -> None:
        """As `open`, for the decision panel."""
        self.open(enrolment)

    def prioritise(self, id: str = "", **_values: str) -> None:
        """Ask for a place among those received the same day."""
        self._view.store.require("application.edit")
        self._begin(id)
        self._dialog.show(self._render_priority, {"save_priority": self._prioritise})

    def move(self, id: str = "", **_values: str) -> None:
        """Ask for another cohort and the reason."""
        self._view.store.require("enrolment.status")
        self._begin(id)
        self._dialog.show(self._render_move, {"save_move": self._move})

    def _begin(self, id: str) -> None:
        self._id, self._form = int(id), Form(fields.ERRORS)
        self._row()

    def _row(self) -> dict[str, Any]:
        """The application as it stands; refuses with `not_found` when it is gone."""
        case = self._view.store.get("enrolment", self._id)
        found = records(frames.applications(self._view.store))
        return next(row for row in found if row["enrolment_id"] == case["id"])

    # --- a new one --------------------------------------------------------------------------

    def _check(self, **typed: str) -> None:
        """Say whom the name means, and which cohorts the day leaves, while one types."""
        self._form.typed, self._form.errors = typed, {}

    def _take_name(self, name: str = "", **typed: str) -> None:
        """Fill in the municipality that was suggested."""
        self._form.typed, self._form.errors = {**typed, "municipality": name}, {}
        self._dialog.live.tell(focus="#application-municipality")

    def _create(self, **typed: str) -> None:
        view = self._view
        with self._form.attempt(view.text, typed):
            content = fields.content(self._form, typed)
            home = fields.municipality(view, typed.get("municipality", ""))
            day, at = fields.received(view, self._form, typed)
            self._id = enrolments.create(
                view.store,
                fields.cohort_id(typed),
                home,
                received_on=day,
                received_time=at,
                contact=fields.applicant(typed),
                **content,
            )
            row = self._row()
            self._toast.saved(self._in_time(row), self._there(row))
        if self._form.ok:
            self._dialog.close()

    def _in_time(self, row: dict[str, Any]) -> str:
        """That it is saved, whether it came in time, and what it means when it did not."""
        last = self._view.store.get("cohort", row["cohort_id"])["apply_by"]
        key = "late" if row["late"] else "in_time" if last else "undated"
        said = {"municipality": row["municipality"], "cohort": row["cohort"]}
        day = self._view.day(last) if last else None
        return self._view.text(f"application_form.saved_{key}", last=day, **said)

    def _there(self, row: dict[str, Any]) -> tuple[str, str]:
        there = self._view.links(PAGE, hold=row["cohort"], valgt=row["slug"])
        return f"{there}#afgoerelse", self._view.text("application_form.show")

    # --- one that is there ------------------------------------------------------------------

    def _save(self, version: str = "", **typed: str) -> None:
        view = self._view

        def save(values: dict[str, Any], version: int) -> None:
            self._write(dict(values), fields.applicant(typed), version)
            name = self._row()["municipality"]
            self._toast.saved(view.text("application_form.saved", municipality=name))

        with self._form.attempt(view.text, typed):
            stands = view.store.get("enrolment", self._id)["reviewed_on"]
            today = view.today.isoformat()
            reviewed = (stands or today) if typed.get("reviewed") else None
            said = {**fields.content(self._form, typed), "reviewed_on": reviewed}
            try:
                save(said, int(version))
            except Conflict as conflict:
                if any(conflict.current[name] != value for name, value in said.items()):
                    self._conflict.show(conflict, save)
                    return
                save(said, conflict.current["version"])  # there may be a contact to add
        if self._form.ok:
            self._dialog.close()

    def _write(
        self, values: dict[str, Any], contact: enrolments.Applicant | None, version: int
    ) -> None:
        """The fields, the review and the contact as one change, which is taken back as one."""
        store = self._view.store
        with store.write("application.edit"):
            stands = store.refuse_stale("enrolment", self._id, values, version)
            reviewed = bool(values.pop("reviewed_on"))
            enrolments.edit(store, self._id, values)
            if reviewed != bool(stands["reviewed_on"]):
                enrolments.review(store, self._id, reviewed)
            if contact is not None:
                applicants.name(store, self._id, contact)

    def _prioritise(self, version: str = "", **typed: str) -> None:
        def save(values: dict[str, Any], version: int) -> None:
            number, reason = values["priority"], values["priority_reason"]
            enrolments.prioritise(self._view.store, self._id, number, reason, version=version)
            name = self._row()["municipality"]
            self._toast.saved(self._view.text("application_form.prioritised", municipality=name))

        with self._form.attempt(self._view.text, typed):
            number = fields.priority(self._form, typed)
            said = {
                "priority": number,
                "priority_reason": typed.get("reason", "") if number else "",
            }
            try:
                save(said, int(version))
            except Conflict as conflict:
                self._conflict.show(conflict, save)
                return
        if self._form.ok:
            self._dialog.close()

    def _move(self, seen: str = "", **typed: str) -> None:
        with self._form.attempt(self._view.text, typed):
            chosen = fields.cohort_id(typed)
            reason = typed.get("reason", "")
            decisions.move_cohort(self._view.store, self._id, chosen, reason, seen=int(seen))
            row = self._row()
            said = {"municipality": row["municipality"], "cohort": row["cohort"]}
            self._toast.saved(self._view.text("application_form.moved", **said), self._there(row))
        if self._form.ok:
            self._dialog.close()

    # --- showing ----------------------------------------------------------------------------

    def _render_new(self) -> Markup:
        view, typed = self._view, self._form.typed
        name = typed.get("municipality", "")
        return view.render(
            "application_new.html",
            form=self._form,
            names=list(frames.municipalities(view.store)["municipality"]),
            recognised=fields.recognised(view, name),
            suggestions=fields.suggestions(view, name),
            cohorts=fields.cohorts(view, typed),
            experience=view.codes("prior_experience"),
        )

    def _render_one(self) -> Markup:
        view, row = self._view, self._row()
        return view.render(
            "application_edit.html",
            row=row,
            form=self._form,
            filled=fields.filled(row),
            last=self._last_day(row),
            experience=view.codes("prior_experience"),
            case=view.links.case(row["slug"], row["cohort"]) if view.may_see("page.case") else "",
            may=view.may("application.edit"),
            may_move=view.may("enrolment.status") and _may_move(row),
        )

    def _last_day(self, row: dict[str, Any]) -> Any:
        last = self._view.store.get("cohort", row["cohort_id"])["apply_by"]
        return self._view.day(last) if last else None

    def _render_priority(self) -> Markup:
        row = self._row()
        found = records(frames.applications(self._view.store, row["cohort"]))
        same = [one for one in found if one["received_on"] == row["received_on"]]
        return self._view.render(
            "application_priority.html",
            row=row,
            form=self._form,
            others=[one["municipality"] for one in same if one["slug"] != row["slug"]],
        )

    def _render_move(self) -> Markup:
        view, row = self._view, self._row()
        others = fields.cohorts(view, {"received": view.text.date(view.today)})
        return view.render(
            "application_move.html",
            row=row,
            form=self._form,
            cohorts=[one for one in others if one[0] != row["cohort_id"]],
        )


def _may_move(row: dict[str, Any]) -> bool:
    """Whether the application can go to another cohort: under way to a start that is to come."""
    status = rules.Status(row["status"])
    return status in rules.OPEN and status != rules.Status.ACTIVE
