"""The one dialog of a page: what it shows, and what its buttons do while it is open."""

from collections.abc import Callable, Mapping

from markupsafe import Markup

from ..domain.errors import AdvisoryError
from .live import Live
from .view import View

Action = Callable[..., None]


class Dialog:
    """Shows one thing at a time; closing it, or Esc, empties it."""

    def __init__(self, view: View):
        self._view = view
        self._render: Callable[[], Markup] | None = None
        self._actions: dict[str, Action] = {}
        self.close()
        self.live = Live("dialog", self._content, self._actions)

    def show(
        self, render: Callable[[], Markup], actions: Mapping[str, Action] | None = None
    ) -> None:
        """Open the dialog on what `render` makes; `actions` answer its buttons and forms."""
        self._render = render
        self._actions.clear()
        self._actions.update({"dialog_close": self.close, **(actions or {})})

    def close(self, **_values: str) -> None:
        """Close it. What it held is gone."""
        self._render = None
        self._actions.clear()
        self._actions["dialog_close"] = self.close

    def _content(self) -> Markup:
        if self._render is None:
            return Markup("")
        try:
            return self._render()
        except AdvisoryError as error:  # what it shows is gone: somebody else removed it
            return self._view.render("gone.html", sentence=self._view.text.error(error))
