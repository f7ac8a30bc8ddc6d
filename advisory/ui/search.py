"""The search in the app bar: municipalities by a piece of their name, and where each leads."""

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import municipalities
from .live import Live
from .view import View

SHOWN = 8


class Search:
    """Suggests while one types; without a connection the form leads to the list of cases."""

    def __init__(self, view: View):
        self._view, self._typed = view, ""
        self.live = Live("search", self._render, {"suggest": self._suggest})

    def _suggest(self, tekst: str = "", **_values: str) -> None:
        self._typed = tekst

    def _found(self) -> Iterator[dict[str, Any]]:
        """What fits, those whose name begins so first."""
        typed = municipalities.normalise(self._typed)
        if not typed:
            return
        places = frames.map_places(self._view.store).itertuples(index=False)
        names = [(municipalities.normalise(row.municipality), row) for row in places]
        fits = [(not name.startswith(typed), row) for name, row in names if typed in name]
        for _, row in sorted(fits, key=lambda fit: fit[0])[:SHOWN]:
            yield {"row": row, "href": self._href(row)}

    def _href(self, row: Any) -> str:
        if row.cohort and self._view.may_see("page.case"):
            return self._view.links.case(row.slug, row.cohort)
        return self._view.links("kommuner", tekst=row.municipality)

    def _render(self) -> Markup:
        return self._view.render(
            "search.html", typed=self._typed.strip(), found=list(self._found())
        )
