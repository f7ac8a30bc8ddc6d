"""*Hvad nu hvis*: how the places of a round would stand after some answers. Saves nothing."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from .. import frames
from ..domain.errors import AdvisoryError
from ..domain.scenario import MOST, Scenario, play
from ..frames.standing import standing_of
from .dialog import Dialog
from .intake_round import row_of
from .live import Live
from .places_form import whole
from .toast import Toast
from .view import View
from .what_if_carry import CarryOut, Look, candidates

FIELDS = {"turn_down": "nej", "withdraw": "traek", "places": "pladser", "admit": "optages"}


@dataclass(frozen=True)
class Stepper:
    """One number that is supposed: what stands in its field, and how far it goes.

    `value` is "" for a cohort without a number of its own; `most` is None where the rules say.
    """

    name: str
    value: str
    most: int | None


class WhatIf:
    """The card; what is supposed stands in the address (see `FIELDS`).

    `cohort` is the code of the round, "" when there is none.
    """

    def __init__(self, view: View, cohort: str, dialog: Dialog, toast: Toast):
        self._view, self._cohort, self._dialog = view, cohort, dialog
        query = view.links.query
        self._typed = {name: query.get(word, "") for name, word in FIELDS.items()}
        self._carry = CarryOut(view, cohort, dialog, toast, self._clear)
        actions = {"explain": self._explain, "suppose": self._suppose, "step": self._step}
        if view.may("enrolment.status") and cohort:
            actions["carry_out"] = self._carry_out
        self.live = Live("what_if", self._render, actions, address=self._address)

    # --- what is supposed -------------------------------------------------------------------

    def _suppose(self, **typed: str) -> None:
        self._typed = {name: typed.get(name, "").strip() for name in FIELDS}
        self._keep()

    def _step(self, name: str = "", by: str = "", **typed: str) -> None:
        """One more or one less, within what there is."""
        self._typed = {field: typed.get(field, "").strip() for field in FIELDS}
        if name in FIELDS:
            steppers = {one.name: one for one in self._steppers()}
            self._typed[name] = self._stepped(steppers[name], -1 if by == "-1" else 1)
        self._keep()

    def _stepped(self, stepper: Stepper, by: int) -> str:
        if stepper.name == "places" and not stepper.value:
            row = row_of(self._view, self._cohort)
            return str(row["taken"] + row["offered"] + row["free"])
        number = int(stepper.value) if stepper.value.isdecimal() else 0
        return str(min(max(number + by, 0), MOST if stepper.most is None else stepper.most))

    def _clear(self) -> None:
        self._typed = dict.fromkeys(FIELDS, "")
        self._keep()

    def _keep(self) -> None:
        """Let the address have what differs from how it is."""
        now = self._as_now()
        self._view.links.keep(
            **{
                word: "" if self._typed[name] == now[name] else self._typed[name]
                for name, word in FIELDS.items()
            }
        )

    def _as_now(self) -> dict[str, str]:
        """What the fields hold when nothing is supposed."""
        places = row_of(self._view, self._cohort)["places"] if self._cohort else None
        own = "" if places is None else str(places)
        return {name: own if name == "places" else "0" for name in FIELDS}

    def _address(self) -> str:
        return self._view.links.here("optag")

    def _scenario(self) -> Scenario:
        """What is supposed. Refuses with `number_unreadable`."""
        numbers = {name: whole(one) if one else None for name, one in self._typed.items()}
        return Scenario(
            numbers["turn_down"] or 0,
            numbers["withdraw"] or 0,
            numbers["places"],
            None,
            numbers["admit"] or 0,
        )

    def _look(self) -> Look:
        """What comes of it. Refuses as `domain.scenario.play`, and with `number_unreadable`."""
        return look(self._view, self._cohort, self._scenario())

    # --- what is done with it ---------------------------------------------------------------

    def _carry_out(self, **_values: str) -> None:
        self._carry.open(self._look())

    def _explain(self, **_values: str) -> None:
        self._dialog.show(lambda: self._view.render("what_if_explain.html"))

    # --- the card ---------------------------------------------------------------------------

    def _render(self) -> Markup:
        row = row_of(self._view, self._cohort) if self._cohort else None
        begun = row is not None and row["starts_on"] <= self._view.today
        shown: Look | None = None
        refusal = ""
        if row is not None and not begun:
            try:
                shown = self._look()
            except AdvisoryError as error:
                refusal = self._view.text.error(error)
        return self._view.render(
            "what_if.html",
            row=row,
            begun=begun,
            steppers=self._steppers() if row is not None and not begun else [],
            look=shown,
            refusal=refusal,
            may=self._view.may("enrolment.status"),
        )

    def _steppers(self) -> list[Stepper]:
        found = candidates(self._view, self._cohort)
        most = {name: len(rows) for name, rows in found.items()}
        now = self._as_now()
        return [Stepper(name, self._typed[name] or now[name], most.get(name)) for name in FIELDS]


def look(view: View, cohort: str, scenario: Scenario) -> Look:
    """What comes of a scenario, with the names of those it would give an offer.

    Refuses as `domain.scenario.play`.
    """
    standing, own = standing_of(view.store, cohort)
    if scenario.places == own.places:
        scenario = replace(scenario, places=None)
    outcome = play(standing, own, scenario)
    waiting = frames.waiting(view.store, cohort).set_index("enrolment_id")
    names = tuple(waiting.loc[list(outcome.offers), "municipality"])
    return Look(standing, own, scenario, outcome, names)
