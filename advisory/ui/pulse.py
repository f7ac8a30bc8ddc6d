"""One look a second per process at whether the data have changed; pages are told, none asks."""

from collections.abc import Callable

from bokeh.document import Document
from tornado.ioloop import PeriodicCallback

from ..store import Store

EVERY_MS = 1000


class Pulse:
    """Tells every subscribed page, on its own turn, when somebody has written."""

    def __init__(self, store: Store):
        self._store = store
        self._seen = store.version()
        self._pages: dict[Document, Callable[[], None]] = {}
        self._beat = PeriodicCallback(self._look, EVERY_MS)

    def subscribe(self, page: Document, refresh: Callable[[], None]) -> None:
        """Call `refresh` under the page's lock after each change, until `leave`."""
        self._pages[page] = refresh
        if not self._beat.is_running():
            self._beat.start()

    def leave(self, page: Document) -> None:
        """The page is gone."""
        self._pages.pop(page, None)

    def _look(self) -> None:
        version = self._store.version()
        if version != self._seen:
            self._seen = version
            for page, refresh in list(self._pages.items()):
                page.add_next_tick_callback(refresh)
