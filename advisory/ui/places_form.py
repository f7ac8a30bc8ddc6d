"""*Ret pladser*: how many places there are in all and in each cohort, and a place that moves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from markupsafe import Markup

from ..domain.errors import AdvisoryError, Refused
from ..store import enrolments, place_changes
from .dialog import Dialog
from .forms import Form
from .toast import Toast
from .view import View

ALL = "capacity"  # the field of the places in all; those of the cohorts are `places_` and the id
OF_A_NUMBER = frozenset(
    {
        *("capacity_below_held", "places_below_held", "places_over_capacity"),
        *("number_out_of_range", "places_changed"),
    }
)
DIGITS = 9
MOVE_ERRORS = {
    "cohort_elsewhere": "to",
    "places_below_held": "from",
    "number_out_of_range": "from",
    "reason_needed": "reason",
}


class PlacesForm:
    """The dialog: two forms, each saved as one operation or not at all."""

    def __init__(self, view: View, cohort: str, dialog: Dialog, toast: Toast):
        self._view, self._cohort = view, cohort
        self._dialog, self._toast = dialog, toast
        self._numbers, self._move = Form(), Form(MOVE_ERRORS)
        self._seen: dict[str, int | None] = {}

    def open(self, **_values: str) -> None:
        """Show the numbers as they stand."""
        self._view.store.require("places.edit")
        self._numbers, self._move = Form(), Form(MOVE_ERRORS)
        self._seen = self._standing()
        actions = {"save_places": self._save, "move_place": self._move_place}
        self._dialog.show(self._render, actions)

    # --- what there is ----------------------------------------------------------------------

    @property
    def _initiative(self) -> dict[str, Any]:
        store = self._view.store
        cohort = store.find("cohort", code=self._cohort)
        return store.get("initiative", cohort["initiative_id"] if cohort else 0)

    def _cohorts(self) -> list[dict[str, Any]]:
        args = [self._initiative["id"]]
        return self._view.store.rows("cohort", "initiative_id = ?", args, order="starts_on")

    def _standing(self) -> dict[str, int | None]:
        """The number of each field; None for a cohort without one of its own."""
        own = {f"places_{row['id']}": row["places"] for row in self._cohorts()}
        return {ALL: self._initiative["capacity"], **own}

    # --- the numbers ------------------------------------------------------------------------

    def _save(self, reason: str = "", **typed: str) -> None:
        text, form = self._view.text, self._numbers
        with form.attempt(text, {**typed, "reason": reason}):
            asked = {name: self._number(typed, name) for name in self._seen if name in typed}
            changes = {name: one for name, one in asked.items() if one != self._seen[name]}
            if not changes:
                raise Refused("places_unchanged")
            with form.reading("reason"):
                if enrolments.reason_of(reason) is None:
                    raise Refused("reason_needed")
            self._change(changes, reason)
        if form.ok:
            self._done(text("places_form.saved"))

    def _number(self, typed: Mapping[str, str], name: str) -> int | None:
        """The number in a field; nothing is none of its own, which the whole cannot have."""
        written = typed[name].strip()
        with self._numbers.reading(name):
            if not written and name != ALL:
                return None
            return whole(written)

    def _change(self, changes: Mapping[str, int | None], reason: str) -> None:
        """Change all of them or none."""
        store = self._view.store
        with store.write("places.edit"):
            self._refuse_changed(changes)
            initiative = self._initiative
            for name in sorted(changes, key=lambda name: self._turn(name, changes)):
                with self._said_at(name):
                    if name == ALL:
                        number = changes[name] or 0
                        place_changes.set_capacity(store, initiative["id"], number, reason)
                    else:
                        cohort_id = int(name.removeprefix("places_"))
                        place_changes.set_places(store, cohort_id, changes[name], reason)

    def _turn(self, name: str, changes: Mapping[str, int | None]) -> int:
        """More in all comes first and fewer last, so that what fits in the end fits all along."""
        more = (changes[name] or 0) > (self._seen[name] or 0)
        if name == ALL:
            return 0 if more else 3
        return 2 if more else 1

    def _refuse_changed(self, changes: Mapping[str, int | None]) -> None:
        """Refuse what somebody else has changed since it was seen; the next time it is known."""
        seen, self._seen = self._seen, self._standing()
        for name in changes:
            if self._seen[name] != seen[name]:
                with self._numbers.reading(name):
                    raise Refused("places_changed", number=self._seen[name])

    @contextmanager
    def _said_at(self, name: str) -> Iterator[None]:
        """Say at the field what is refused about its number."""
        try:
            yield
        except AdvisoryError as error:
            if error.key not in OF_A_NUMBER:
                raise
            with self._numbers.reading(name):
                raise

    # --- a place that moves -----------------------------------------------------------------

    def _move_place(self, reason: str = "", **typed: str) -> None:
        text, names = self._view.text, {row["id"]: row["code"] for row in self._cohorts()}
        with self._move.attempt(text, {**typed, "reason": reason}):
            given, taking = (self._chosen(typed, name, names) for name in ("from", "to"))
            place_changes.move_place(self._view.store, given, taking, reason)
        if self._move.ok:
            cohort = self._view.cohort
            moved = {"given": cohort(names[given]), "taking": cohort(names[taking])}
            self._done(text("places_form.moved", **moved))

    def _chosen(self, typed: Mapping[str, str], name: str, known: Mapping[int, str]) -> int:
        written = typed.get(name, "")
        with self._move.reading(name):
            if not (written.isdecimal() and int(written) in known):
                raise Refused("cohort_elsewhere")
        return int(written)

    def _done(self, sentence: str) -> None:
        self._dialog.close()
        self._toast.saved(sentence)

    def _render(self) -> Markup:
        cohorts = self._cohorts()
        return self._view.render(
            "places_form.html",
            numbers=self._numbers,
            move=self._move,
            capacity=self._seen[ALL],
            cohorts=[
                (row["id"], row["code"], self._seen[f"places_{row['id']}"]) for row in cohorts
            ],
            movable=[
                (row["id"], self._view.cohort(row["code"]))
                for row in cohorts
                if row["places"] is not None
            ],
        )


def whole(written: str) -> int:
    """The whole number that was written. Refuses with `number_unreadable`."""
    if not written.isdecimal() or len(written) > DIGITS:
        raise Refused("number_unreadable", text=written[:40])
    return int(written)
