"""A person's calendar at an address of its own, for calendar programs. No account, no cookie.

The address is the key, so it goes nowhere: no referrer, no index, no log. Unknown addresses are
counted by the place they are asked from, known ones each by itself: many people's programs ask
from the one address of a town hall or of a mail provider.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import tornado.web

from .. import __version__
from ..domain.errors import AdvisoryError, NotFound
from ..reports.feed import feed_bytes
from ..store import Row, Store, feeds, open_store
from ..texts import Text, translator
from .throttle import Throttle
from .unlogged import Unlogged

POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
METHODS = "GET, HEAD"
SENTENCES = {404: "error.feed_unknown", 405: "feed.read_only", 413: "feed.read_only"}


def routes(
    db: Path, clock: Callable[[], datetime], language: str
) -> list[tuple[str, type[tornado.web.RequestHandler], dict[str, Any]]]:
    """The handlers of the calendars, on a connection of their own that only reads."""
    store = open_store(db, read_only=True, clock=clock)
    shared = {"store": store, "throttle": Throttle(), "language": language}
    return [
        (r"/kalender/([\w-]{1,100})\.ics", CalendarFeed, shared),
        (r"/kalender(?:/.*)?", CalendarFeed, shared),  # it may hold a part of a key: not logged
    ]


class CalendarFeed(Unlogged):
    """The calendar behind one address; what is sent along is dropped."""

    def initialize(self, store: Store, throttle: Throttle, language: str) -> None:
        self._store, self._throttle, self._language = store, throttle, language
        self._mark: str | None = None

    def set_default_headers(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Robots-Tag", "noindex")

    async def get(self, token: str = "") -> None:
        try:
            user = feeds.user_by_token(self._store, token)
        except NotFound:
            if not await self._has_to_wait(self.place):
                raise
            return
        self._mark = self._version(user)
        self.set_header("Cache-Control", "private, no-cache")  # ask again: it may be closed by now
        self.set_etag_header()
        if self.check_etag_header():
            self.set_status(HTTPStatus.NOT_MODIFIED)
        elif not await self._has_to_wait(f"user {user['id']}"):
            self.set_header("Content-Type", "text/calendar; charset=utf-8")
            self.set_header("Content-Disposition", 'inline; filename="peerforloeb.ics"')
            self.finish(feed_bytes(self._store, user, self._language))

    head = get

    def compute_etag(self) -> str | None:
        """The mark of the version asked for, instead of one made from what is answered."""
        return self._mark

    def _version(self, user: Row) -> str:
        """The same as long as the calendar of `user` is."""
        store = self._store
        seen = (store.version(), store.era(), store.today(), user["id"], self._language)
        return f'"{".".join(map(str, (__version__, *seen)))}"'

    async def _has_to_wait(self, who: str) -> bool:
        """Count one more of `who`, and answer that they must wait when it is too many."""
        minutes = await self._throttle.place(who)
        if minutes:
            self._mark = None
            self.set_status(HTTPStatus.TOO_MANY_REQUESTS)
            self.set_header("Retry-After", str(60 * minutes))
            self.set_header("Cache-Control", "no-store")
            self.clear_header("Etag")
            self.finish(self._text.count("feed.wait", minutes))
        return bool(minutes)

    @property
    def _text(self) -> Text:
        return translator(self._language)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One sentence for whatever went wrong."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, NotFound):
            status_code = 404
        elif isinstance(error, AdvisoryError):
            status_code = 503
        if status_code == 405:
            self.set_header("Allow", METHODS)
        self.set_status(status_code)
        self.finish(self._text(SENTENCES.get(status_code, "feed.failed")))

    def _request_summary(self) -> str:
        """What the logs of Tornado call a request; not where it came from, nor whose calendar."""
        return f"{self.request.method} /kalender/…"
