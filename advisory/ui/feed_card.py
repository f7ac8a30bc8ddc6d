"""*Kalender*: the address from which a person's own calendar program fetches their activities."""

from markupsafe import Markup

from ..domain import roles
from ..store import feeds
from ..store.instants import instant
from .live import Live
from .view import View

EDIT = "feed.edit"
INTROS = {"consultant": "feed.intro_own", "partner": "feed.intro_partner"}
PROGRAMS = ("outlook", "thunderbird")


def has_feed(view: View) -> bool:
    """Whether this person may have a calendar of their own."""
    return roles.allowed(EDIT, view.store.actor.role) and view.user_id() is not None


class FeedCard:
    """Makes the address, shows it once, and closes it; `site` is where the site is found."""

    def __init__(self, view: View, site: str):
        self._view, self._site = view, site
        self._token, self._closed = "", False
        actions = {"feed_make": self._make, "feed_close": self._close}
        self.live = Live("feed", self._render, actions)

    def _make(self, **_values: str) -> None:
        user_id = self._view.user_id()
        if user_id is not None:
            self._token, self._closed = feeds.make(self._view.store, user_id), False
            self.live.tell(focus="#feed-address")

    def _close(self, **_values: str) -> None:
        user_id = self._view.user_id()
        if user_id is not None:
            feeds.revoke(self._view.store, user_id)
            self._token, self._closed = "", True
            self.live.tell(focus="#feed-make")

    def _render(self) -> Markup:
        view = self._view
        user_id = view.user_id()
        feed = feeds.current(view.store, user_id) if user_id is not None else None
        if feed is None or not feeds.is_of(feed, self._token):
            self._token = ""  # closed, or replaced by another, on another page of this person's
        return view.render(
            "feed_card.html",
            intro=view.text(INTROS.get(view.store.actor.role, "feed.intro_all")),
            since=view.text.instant(instant(feed["created_at"])) if feed else "",
            address=f"{self._site}/kalender/{self._token}.ics" if self._token else "",
            closed=self._closed and feed is None,
            programs=PROGRAMS,
            may=view.may(EDIT),
        )
