"""Historik, the second view: who has opened which case with notes."""

from markupsafe import Markup

from .. import frames
from ..frames.readings import PAGE
from .history_filters import OF_READINGS, HistoryFilters, page_below
from .live import Live
from .view import View

SLUG, TAB = "historik", "laesninger"
PAGES = ("kommune", "historik", "cli", "export")  # that have a name of their own in the texts


class HistoryReadings:
    """The readings as the address asks for them, newest first."""

    def __init__(self, view: View):
        self._view = view
        self.filters = HistoryFilters(view)
        self._below = page_below(view.query.get("foer", ""))
        actions = {"filter": self._filter, "clear": self._clear, "go": self._go}
        self.live = Live("readings", self._render, actions, address=self.address)

    def address(self) -> str:
        """The address that shows the list as it stands."""
        chosen = {name: self.filters.chosen.get(name) for name in OF_READINGS}
        return self._view.links(SLUG, fane=TAB, **chosen, foer=self._below or None)

    def _filter(self, **values: str) -> None:
        self.filters.choose(values)
        self._below = 0

    def _clear(self, **_values: str) -> None:
        self.filters.clear()
        self._below = 0

    def _go(self, foer: str = "", **_values: str) -> None:
        self._below = page_below(foer)
        self.live.tell(focus="#readings-title")

    def _render(self) -> Markup:
        view, asked = self._view, self.filters.asked_of_readings()
        found = frames.readings(view.store, **asked, below=self._below, limit=PAGE + 1)
        rows = list(found.head(PAGE).itertuples(index=False))
        return view.render(
            "history_readings.html",
            rows=[(row, self._page(row.page)) for row in rows],
            older=rows[-1].reading_id if len(found) > PAGE else 0,
            below=self._below,
            filters=self.filters,
            options=self.filters.options(),
            may_open=view.may_see("page.case"),
        )

    def _page(self, page: str) -> str:
        return self._view.text(f"historik_word.page.{page}") if page in PAGES else page
