"""The tile map of the 98 municipalities, as a picture or as a table."""

from typing import Any

from markupsafe import Markup

from .. import frames
from . import tilemap
from .explain import Explain
from .live import Live
from .view import View


class MapCard:
    """Which municipalities take part and how they are doing; each tile is one municipality."""

    def __init__(self, view: View, explain: Explain):
        self._view = view
        self._as_table = False
        self.live = Live("map", self._render, {"explain": explain.open, "switch": self._switch})

    def _switch(self, **_values: str) -> None:
        self._as_table = not self._as_table

    def _href(self, row: Any) -> str | None:
        """A case is opened where the person may open it."""
        if not row.cohort or not self._view.may_see("page.case"):
            return None
        return self._view.links.case(row.slug, row.cohort)

    def _render(self) -> Markup:
        return self._view.kept(f"map {self._as_table}", self._draw)

    def _draw(self) -> Markup:
        places = frames.map_places(self._view.store)
        draw = tilemap.table if self._as_table else tilemap.tiles
        return self._view.render(
            "map_card.html",
            picture=draw(places, self._view.text, self._href) if len(places) else "",
            as_table=self._as_table,
            count=len(places),
        )
