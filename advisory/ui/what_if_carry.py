"""*Gennemfør*: which municipalities it is, and then all that was supposed as one operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar, capacity
from ..domain.enrolments import Status
from ..domain.errors import Refused
from ..domain.intake import UNDECIDED, Stage
from ..domain.scenario import Outcome, Round, Scenario, Standing
from ..reports import records
from ..store import plan, scenarios
from .dialog import Dialog
from .drawing import as_date
from .forms import Form
from .toast import Toast
from .view import View

ERRORS = {
    "reason_needed": "reason",
    "answer_before_offer": "answer_by",
    "answer_after_start": "answer_by",
}
CHOSEN = ("turn_down", "withdraw", "admit")  # what is done to municipalities that are chosen

Candidates = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Look:
    """A scenario and what comes of it; `names` are those of the outcome's offers, in line."""

    standing: Standing
    round: Round
    scenario: Scenario
    outcome: Outcome
    names: tuple[str, ...]

    @property
    def free_total(self) -> int:
        """The free places of the initiative as it stands."""
        return self.standing.capacity - self.standing.taken - self.standing.offered

    @property
    def capacity_after(self) -> int:
        """All places after it."""
        return self.outcome.taken_after + self.outcome.offered_after + self.outcome.free_total_after

    @property
    def changes(self) -> bool:
        """Whether there is anything to carry out."""
        given = self.scenario.turn_down, self.scenario.withdraw, self.scenario.admit
        return any(given) or self.scenario.places is not None or bool(self.outcome.offers)


def candidates(view: View, cohort: str) -> Candidates:
    """The applications that each part of `CHOSEN` can be done to, in the order received.

    They are rows of `frames.applications`: those offered a place, those admitted that have not
    begun, and those without a decision.
    """
    rows = records(frames.applications(view.store, cohort)) if cohort else []
    return {
        "turn_down": [row for row in rows if row["stage"] == Stage.OFFERED],
        "withdraw": [row for row in rows if row["status"] == Status.ADMITTED],
        "admit": [row for row in rows if row["stage"] in UNDECIDED],
    }


class CarryOut:
    """The dialog. It keeps to what was seen when it was opened, and refuses what has changed since.

    `done` is called when everything is saved.
    """

    def __init__(
        self, view: View, cohort: str, dialog: Dialog, toast: Toast, done: Callable[[], None]
    ):
        self._view, self._cohort, self._dialog = view, cohort, dialog
        self._toast, self._when_done = toast, done
        self._form = Form(ERRORS)
        self._seen: int | None = None
        self._candidates: Candidates = {}

    def open(self, look: Look) -> None:
        """Ask which municipalities it is. Refuses with `scenario_empty`."""
        self._view.store.require("enrolment.status")
        if not look.changes:
            raise Refused("scenario_empty")
        self._form = Form(ERRORS)
        found = frames.applications(self._view.store, self._cohort)
        self._seen = int(found["seen"].max()) if len(found) else None
        self._candidates = candidates(self._view, self._cohort)
        self._dialog.show(
            lambda: self._render(look), {"carry": lambda **typed: self._save(look, typed)}
        )

    def _save(self, look: Look, typed: Mapping[str, str]) -> None:
        view, number = self._view, 0
        with self._form.attempt(view.text, typed):
            cohort = view.store.find("cohort", code=self._cohort)
            ticked = {part: self._ticked(look, part, typed) for part in CHOSEN}
            written = typed.get("answer_by", "").strip()
            with self._form.reading("answer_by"):
                answer_by = calendar.parse_date(written, view.today) if written else None
            number = scenarios.carry_out(
                view.store,
                cohort["id"] if cohort else 0,
                scenarios.Wanted(
                    turn_down=ticked["turn_down"],
                    withdraw=ticked["withdraw"],
                    places=look.scenario.places,
                    admit=ticked["admit"],
                    offers=look.outcome.offers,
                ),
                typed.get("reason", ""),
                answer_by=answer_by,
                seen=self._seen,
            )
        if self._form.ok:
            self._dialog.close()
            self._toast.saved(view.text.count("what_if.done", number))
            self._when_done()

    def _ticked(self, look: Look, part: str, typed: Mapping[str, str]) -> tuple[int, ...]:
        """Those ticked. Refuses with `municipalities_exactly` (wanted, chosen)."""
        found = tuple(
            row["enrolment_id"]
            for row in self._candidates[part]
            if typed.get(f"{part}_{row['enrolment_id']}")
        )
        wanted = getattr(look.scenario, part)
        with self._form.reading(part):
            if len(found) != wanted:
                raise Refused("municipalities_exactly", wanted=wanted, chosen=len(found))
        return found

    def _render(self, look: Look) -> Markup:
        return self._view.render(
            "what_if_carry.html",
            form=self._form,
            look=look,
            cohort=self._cohort,
            asked=[
                (part, getattr(look.scenario, part), self._candidates[part])
                for part in CHOSEN
                if getattr(look.scenario, part)
            ],
            answer_by=self._answer_by() if look.outcome.offers else None,
        )

    def _answer_by(self) -> str:
        """The last day to answer that the rule gives, in words."""
        cohort = self._view.store.find("cohort", code=self._cohort)
        closing, starts_on = plan.closing_days(self._view.store), None
        if cohort:
            starts_on = as_date(cohort["starts_on"])
        return self._view.text.date(
            capacity.answer_by(self._view.today, closing, starts_on=starts_on)
        )
