"""Tells the open pages when the data have changed: one look a second for the whole process."""

import logging
from collections.abc import Callable

from tornado.ioloop import PeriodicCallback

log = logging.getLogger(__name__)


class Feed:
    """Calls everyone who listens when `version` answers something new; looks while someone does."""

    def __init__(self, version: Callable[[], object], seconds: float = 1):
        self._version = version
        self._last: object = None
        self._listeners: dict[object, Callable[[], object]] = {}
        self._watch = PeriodicCallback(self._look, seconds * 1000)

    def subscribe(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call `listener` at every change; returns what ends that."""
        key = object()
        if not self._listeners:
            self._last = self._version()
            self._watch.start()
        self._listeners[key] = listener

        def end() -> None:
            self._listeners.pop(key, None)
            if not self._listeners:
                self._watch.stop()

        return end

    def _look(self) -> None:
        version = self._version()
        if version == self._last:
            return
        self._last = version
        for listener in list(self._listeners.values()):
            try:
                listener()
            except Exception:  # one page on its way out must not keep the news from the others
                log.exception("a page could not be told")
