"""The decision about one application: the facts, what can be decided, and what it would do."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from markupsafe import Markup

from .. import frames
from ..domain import calendar, intake
from ..domain.enrolments import Status
from ..domain.errors import AdvisoryError, Refused
from ..reports import records
from ..reports.decisions import kind_for
from ..store import Row, decisions, place_changes
from ..store.instants import instant
from . import decision_words as words
from .decision_effect import FREE, KEEP, OFFER, OFFERS, RECORDS, WAIT, Effect, choices, effect
from .dialog import Dialog
from .forms import Form
from .letter_dialog import LetterDialog
from .live import Live
from .toast import Toast
from .view import View

ERRORS = {
    "reason_needed": "reason",
    "status_in_future": "on_date",
    "status_out_of_order": "on_date",
    "answer_before_offer": "answer_by",
    "answer_after_start": "answer_by",
}
TOLD = ("decided_meanwhile", "place_taken")  # somebody else was first: the person looks again
FOLDED = 160  # letters of a motivation that stand open


class ApplicationEditor(Protocol):
    """What opens the form of an application."""

    def edit(self, enrolment: str = "", **_values: str) -> None: ...


class DecisionPanel:
    """The region `decision`; empty when nothing is chosen. What was typed stays until saved."""

    def __init__(
        self,
        view: View,
        cohort: str,
        chosen_slug: str,
        dialog: Dialog,
        toast: Toast,
        form: ApplicationEditor | None = None,
    ):
        self._view, self._cohort, self._slug, self._toast = view, cohort, chosen_slug, toast
        self._letters = LetterDialog(view, dialog)
        self._editor = form
        self._form = Form(ERRORS)
        self._told = 0  # the version of the data that a refusal has shown the person
        self._saved = 0  # the status this person has just recorded
        self._suggested: date | None = None  # the last day to answer that the form proposed
        actions: dict[str, Any] = {
            "decision_look": self._look,
            "decide": self._decide,
            "letter": self._letter,
        }
        if form is not None:
            actions["application_edit"] = self._edit
        self.live = Live("decision", self._render, actions)

    def _row(self) -> Row | None:
        found = records(frames.applications(self._view.store, self._cohort))
        return next((row for row in found if row["slug"] == self._slug), None)

    def _known_row(self) -> Row:
        row = self._row()
        if row is None:
            raise Refused("not_found")
        return row

    # --- deciding ---------------------------------------------------------------------------

    def _look(self, **typed: str) -> None:
        """Show what another choice or another date would do."""
        typed.setdefault("choice", self._form.value("choice"))  # gone when another decided
        with self._form.attempt(self._view.text, typed):
            self._dates(typed)
            if self._dates(typed)[1] == self._suggested:
                typed.pop("answer_by", None)  # it follows the date of the offer
        self._form.typed = typed

    def _decide(self, choice: str = "", seen: str = "", **typed: str) -> None:
        row = self._known_row()
        with self._form.attempt(self._view.text, {"choice": choice, "seen": seen, **typed}):
            on_date, answer_by = self._dates(typed)
            try:
                self._record(row, choice, on_date, answer_by, typed.get("reason", ""), seen)
            except Refused as refusal:
                if refusal.key in TOLD:
                    self._told = self._known_row()["seen"]
                raise
            said = self._view.text(f"decision_saved.{choice}", municipality=row["municipality"])
            self._toast.saved(said)
            self._saved = self._last(row)["id"]

    def _record(
        self, row: Row, choice: str, on_date: date, answer_by: date | None, reason: str, seen: str
    ) -> None:
        store, id_ = self._view.store, row["enrolment_id"]
        if choice == FREE:
            place_changes.free(store, id_, reason)
        elif choice in RECORDS:
            decisions.decide(
                store,
                id_,
                RECORDS[choice],
                on_date=on_date,
                reason=reason,
                answer_by=answer_by if choice in OFFERS else None,
                seen=max(int(seen), self._told),
            )
        else:
            raise Refused("code_unknown", code=choice)

    def _dates(self, typed: Mapping[str, str]) -> tuple[date, date | None]:
        """The day of the decision, today when none is written, and the last day to answer."""
        found: list[date | None] = []
        for name in ("on_date", "answer_by"):
            written = typed.get(name, "").strip()
            with self._form.reading(name):
                found.append(calendar.parse_date(written, self._view.today) if written else None)
        return found[0] or self._view.today, found[1]

    def _letter(self, choice: str = "", **typed: str) -> None:
        """Show the letter of the choice as it would be, else of how the case stands."""
        row = self._known_row()
        if choice not in RECORDS or choice not in self._choices(row):
            self._letters.open(row["enrolment_id"], kind_for(Status(row["status"])))
            return
        with self._form.attempt(self._view.text, {"choice": choice, **typed}):
            on_date, answer_by = self._dates(typed)
            found = effect(self._view.store, row["enrolment_id"], choice, on_date, answer_by)
            planned: dict[str, Any] = {
                "decided_on": on_date,
                "reason": typed.get("reason", "").strip(),
                "answer_by": found.answer_by,
            }
            if found.after and choice == WAIT:
                planned["queue"] = found.after.line.index(row["enrolment_id"]) + 1
            self._letters.open(row["enrolment_id"], kind_for(RECORDS[choice]), planned)
        self._form.typed = {"choice": choice, **typed}

    def _edit(self, **_values: str) -> None:
        if self._editor is not None:
            self._editor.edit(enrolment=str(self._known_row()["enrolment_id"]))

    # --- showing ----------------------------------------------------------------------------

    def _last(self, row: Row) -> Row:
        rows = self._view.store.rows("enrolment_status", "enrolment_id = ?", [row["enrolment_id"]])
        return rows[-1]

    def _choices(self, row: Row) -> tuple[str, ...]:
        if not self._view.may("enrolment.status"):
            return ()
        return choices(Status(row["status"]), row["can_free"])

    def _chosen(self, row: Row, possible: tuple[str, ...]) -> str:
        """What is chosen, or suggested: an offer to the first in line while there is a place."""
        typed = self._form.value("choice")
        if typed in possible:
            return typed
        if OFFER not in possible:
            return ""
        can = effect(self._view.store, row["enrolment_id"], OFFER, self._view.today)
        return OFFER if row["queue"] == 1 and can.refusal is None else KEEP

    def _effect(self, row: Row, choice: str) -> Effect | None:
        """What the choice would do; None without one, and while a date cannot be read."""
        if not choice:
            return None
        try:
            on_date, answer_by = self._dates(self._form.typed)
        except AdvisoryError:
            return None
        return effect(self._view.store, row["enrolment_id"], choice, on_date, answer_by)

    def _render(self) -> Markup:
        view, row = self._view, self._row()
        if row is None:
            gone = bool(self._slug)
            return view.render("decision_gone.html", back=self._back()) if gone else Markup("")
        possible = self._choices(row)
        choice = self._chosen(row, possible)
        found, last = self._effect(row, choice), self._last(row)
        self._suggested = None
        if found and choice in OFFERS and not self._form.value("answer_by"):
            self._suggested = found.answer_by
        typed = self._form.value("choice")
        return view.render(
            "decision_panel.html",
            row=row,
            last={**last, "on_date": view.day(last["on_date"])},
            freed=self._freed(row),
            items=len(intake.ITEMS),
            lacking=", ".join(view.text(f"application_item.{one}") for one in row["lacking"]),
            status=Status(row["status"]).value,
            editable=self._editor is not None and view.may("application.edit"),
            folded=len(row["motivation"]) > FOLDED,
            choices=possible,
            choice=choice,
            found=found,
            then=words.then(view, row, found) if found else [],
            why=words.why(view, row, found) if found else [],
            refusal=view.text.error(found.refusal) if found and found.refusal else "",
            dated=choice in RECORDS,
            answer_by=found.answer_by if found else None,
            word=words.of(row, choice),
            form=self._form,
            overtaken=self._overtaken(row, last) if typed and typed not in possible else "",
            saved=last["id"] == self._saved and not self._form.typed,
            letters=view.store.as_of is None,
            office=not view.store.read_only and not view.may("enrolment.status"),
            back=self._back(),
        )

    def _back(self) -> str:
        return self._view.links("optag", hold=self._cohort)

    def _overtaken(self, row: Row, last: Row) -> str:
        """What somebody else decided while this person wrote, unless the form says it already."""
        if self._form.errors:
            return ""
        return self._view.text(
            "error.decided_meanwhile",
            municipality=row["municipality"],
            status=last["status"],
            by=last["actor"],
            at=instant(last["recorded_at"]),
        )

    def _freed(self, row: Row) -> Row | None:
        where = "kind = 'freed' AND enrolment_id = ?"
        found = self._view.store.rows("place_change", where, [row["enrolment_id"]])
        return {**found[-1], "on_date": self._view.day(found[-1]["on_date"])} if found else None
