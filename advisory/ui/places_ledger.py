"""*Pladsregnskab*: the places as squares, and every movement with the numbers after it."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from .. import frames
from ..store import Store
from . import ledger
from .dialog import Dialog
from .explain import Explain
from .live import Live
from .places_form import PlacesForm
from .places_lines import lines
from .toast import Toast
from .view import View

FIRST = 6  # lines before all of them are asked for


class PlacesLedger:
    """The card; how much of it is shown stands in the address (`regnskab=alle`, `kun=hold`).

    `cohort` is the code of the round that is looked at, "" when there is none.
    """

    def __init__(self, view: View, cohort: str, explain: Explain, dialog: Dialog, toast: Toast):
        self._view, self._cohort = view, cohort
        actions = {"explain": explain.open, "all": self._all, "only": self._only}
        if view.may("places.edit") and cohort:
            actions["edit_places"] = PlacesForm(view, cohort, dialog, toast).open
        self.live = Live(
            "places_ledger", self._render, actions, address=lambda: view.links.here("optag")
        )

    def _all(self, **_values: str) -> None:
        self._view.links.keep(regnskab="" if self._shows_all else "alle")

    def _only(self, own: str = "", **_values: str) -> None:
        self._view.links.keep(kun="hold" if own else "")

    @property
    def _shows_all(self) -> bool:
        return self._view.links.query.get("regnskab") == "alle"

    @property
    def _shows_own(self) -> bool:
        return self._view.links.query.get("kun") == "hold"

    def _href(self, row: Any) -> str:
        address = self._view.links("optag", hold=row.cohort, valgt=row.slug)
        return f"{address}#afgoerelse"

    def _render(self) -> Markup:
        name = f"places_ledger {self._cohort} {self._shows_all} {self._shows_own}"
        return self._view.kept(name, self._draw)

    def _draw(self) -> Markup:
        view, store = self._view, self._view.store
        by_cohort, sums, cases = (
            frames.capacity(store),
            frames.places(store),
            frames.enrolments(store),
        )
        movements = frames.ledger(store)
        every, last = lines(view, movements), _last(store, movements)
        found = lines(view, movements, self._cohort) if self._shows_own else every
        return view.render(
            "places_ledger.html",
            cohort=self._cohort,
            sums=sums,
            balanced=ledger.adds_up(by_cohort, sums),
            agrees=all(one.adds_up for one in every) and last.items() <= sums.items(),
            last=last,
            squares=ledger.squares(cases, by_cohort, sums, view.text, self._href)
            if len(by_cohort)
            else "",
            legend=ledger.legend(cases, by_cohort, view.text) if len(by_cohort) else [],
            lines=found if self._shows_all else found[:FIRST],
            total=sum(one.n for one in found),
            entered=len(movements),
            folds=len(found) > FIRST,
            all=self._shows_all,
            own=self._shows_own,
            signed=signed,
            may=view.may("places.edit") and bool(self._cohort),
        )


def signed(view: View, change: int) -> str:
    """`+2` or `−1`; nothing for no change."""
    return f"{'+' if change > 0 else ''}{view.text.number(change)}" if change else ""


def _last(store: Store, movements: pd.DataFrame) -> dict[str, int]:
    """What the movements end with, by the names of `frames.places`: taken and offered.

    Also free and all places, which can be told while there is one initiative.
    """
    homes = {row["code"]: row["initiative_id"] for row in store.rows("cohort")}
    rows = movements[movements["cohort"] != ""]
    ends = rows.groupby(rows["cohort"].map(homes))[["taken_after", "offered_after"]].last()
    found = {name: int(ends[f"{name}_after"].sum()) for name in ("taken", "offered")}
    if len(movements) and len(store.rows("initiative")) == 1:
        found |= {name: int(movements[f"{name}_after"].iloc[-1]) for name in ("free", "capacity")}
    return found
