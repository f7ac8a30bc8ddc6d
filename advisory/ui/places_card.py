"""The 20 places: a square each, and the account per cohort."""

from typing import Any

from markupsafe import Markup

from .. import frames
from . import ledger
from .explain import Explain
from .live import Live
from .view import View


class PlacesCard:
    """Who holds the places; taken, offered and free add up to the capacity or the page says so."""

    def __init__(self, view: View, explain: Explain):
        self._view = view
        self.live = Live("places", self._render, {"explain": explain.open})

    def _href(self, row: Any) -> str | None:
        if not self._view.may_see("page.case"):
            return None
        return self._view.links.case(row.slug, row.cohort)

    def _render(self) -> Markup:
        return self._view.kept("places", self._draw)

    def _draw(self) -> Markup:
        store = self._view.store
        by_cohort, sums = frames.capacity(store), frames.places(store)
        return self._view.render(
            "places_card.html",
            squares=ledger.squares(
                frames.enrolments(store), by_cohort, sums, self._view.text, self._href
            )
            if len(by_cohort)
            else "",
            rows=list(by_cohort.itertuples(index=False)),
            sums=sums,
            balanced=ledger.adds_up(by_cohort, sums),
            demo=store.is_demo,
        )
