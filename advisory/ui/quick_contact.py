"""*Registrér kontakt*: a call or a meeting written down in one line, from any page."""

from collections import Counter
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar, personal
from ..domain.errors import AdvisoryError, Refused
from ..store import journal
from .forms import Form
from .live import Live
from .view import View

FIELDS = {
    "text_needed": "text",
    "text_too_long": "text",
    "cpr_refused": "text",
    "note_in_future": "noted_on",
    "number_unreadable": "minutes",
    "number_out_of_range": "minutes",
    "next_step_needed": "next_step",
    "municipality_needed": "enrolment_id",
}


class QuickContact:
    """A note, and a task when there is a next step; taken back as one."""

    def __init__(self, view: View):
        self._view, self._form = view, Form(FIELDS)
        self._said, self._operation = "", ""
        self.live = Live(
            "quick", self._render, {"register": self._register, "take_back": self._take_back}
        )

    def _register(
        self,
        enrolment_id: str = "",
        kind: str = "guidance",
        noted_on: str = "",
        minutes: str = "",
        text: str = "",
        next_step: str = "",
        next_step_by: str = "",
        **_values: str,
    ) -> None:
        view, store = self._view, self._view.store
        typed = {
            **{"enrolment_id": enrolment_id, "kind": kind, "noted_on": noted_on, "text": text},
            **{"minutes": minutes, "next_step": next_step, "next_step_by": next_step_by},
        }
        self._said = self._operation = ""
        with self._form.attempt(view.text, typed):
            if not enrolment_id.isdecimal():
                raise Refused("municipality_needed")
            with self._form.reading("noted_on"):
                day = calendar.parse_date(noted_on, view.today) if noted_on else view.today
            with self._form.reading("next_step_by"):
                by = calendar.parse_date(next_step_by, view.today) if next_step_by else None
            with self._form.reading("next_step"):
                personal.refuse_cpr(next_step)
            journal.register_contact(
                store,
                int(enrolment_id),
                text,
                noted_on=day,
                minutes=_number(minutes),
                kind=kind,
                next_step=next_step,
                next_step_by=by,
                author_id=view.user_id(),
            )
            name = frames.case(store, int(enrolment_id))["municipality"]
            self._said = view.text("quick.saved", name=name, day=view.text.day_month(day))
            self._operation = store.last_operation or ""

    def _take_back(self, **_values: str) -> None:
        if not self._operation:
            return
        try:
            self._view.store.revert(self._operation)
        except AdvisoryError as error:
            self._said = self._view.text.error(error)
        else:
            self._said = self._view.text("toast.undone")
        self._operation = ""

    def _render(self) -> Markup:
        view = self._view
        mine, others = self._cases()
        named = Counter(row.municipality for row in mine + others)
        return view.render(
            "quick_contact.html",
            form=self._form,
            said=self._said,
            undo=bool(self._operation),
            mine=mine,
            others=others,
            twice={name for name, times in named.items() if times > 1},
            here=self._here(mine + others),
            kinds=[one for one in view.codes("note_kind") if one[0] != "note"],
        )

    def _cases(self) -> tuple[list[Any], list[Any]]:
        """The cases with a place, those the person follows apart."""
        found, user = frames.enrolments(self._view.store), self._view.user_id() or 0
        found = found[found["status"].isin(frames.FOLLOWED)]
        own = found["consultant_id"].eq(user).fillna(False).astype(bool)
        mine, others = (list(rows.itertuples(index=False)) for rows in (found[own], found[~own]))
        return mine, others

    def _here(self, cases: list[Any]) -> str:
        """The case of the page one stands on, when it is one."""
        slug, cohort = self._view.query.get("k", ""), self._view.query.get("hold", "")
        fits = [one for one in cases if one.slug == slug and cohort in ("", one.cohort)]
        return str(fits[0].enrolment_id) if fits else ""


def _number(text: str) -> int | None:
    """Whole minutes as typed. Refuses with `number_unreadable`."""
    if not text.strip():
        return None
    if not text.strip().isdecimal():
        raise Refused("number_unreadable", text=text.strip())
    return int(text)
