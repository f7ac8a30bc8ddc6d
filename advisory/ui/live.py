"""The parts of a page that stay live: their first view stands in the page, later ones are sent.

A `Live` is one named region. The one `Channel` of a page carries what people do to the regions'
actions, renders all of them again, and sends what came out differently in one message.

The channel is a parameterized class linked to a Bokeh `DataModel`, which the browser makes out of
its description: a page needs Bokeh's smallest bundle and none of Panel's (a `JSComponent` needs
four, twice the bytes).
"""

import hashlib
import inspect
import json
import logging
import secrets
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import param
from bokeh.document import Document
from markupsafe import Markup
from panel.io.datamodel import create_linked_datamodel

from ..domain import calendar
from ..domain.errors import AdvisoryError, Refused
from ..store import Store
from ..texts import Text
from .safe import render

Action = Callable[..., None]

MAX_VALUES, MAX_NAME, MAX_LETTERS = 100, 64, 100_000
RETRY = "retry"
FRAME = ("dialog", "toast")  # regions that any action may fill

log = logging.getLogger(__name__)


class Live:
    """One region: `render` makes its HTML, `actions` answer the buttons and fields in it.

    An action gets what was sent with the event as text: the `data-` values of the element and the
    named fields of its form. `address` gives the address that the page has as it now stands.
    """

    def __init__(
        self,
        region: str,
        render: Callable[[], Markup],
        actions: Mapping[str, Action] | None = None,
        *,
        address: Callable[[], str] | None = None,
    ):
        self.region, self.render, self.address = region, render, address
        self.actions: Mapping[str, Action] = {} if actions is None else actions
        self.told: dict[str, str] = {}

    def tell(self, **directives: str) -> None:
        """Ask the browser, with the next view, to `download` an address or `focus` a selector."""
        self.told.update(directives)


class Channel(param.Parameterized):
    """What connects the regions of one page, seen on `store`, with the browser (`live.js`)."""

    heard = param.String(doc="The last event from the browser, as JSON.")
    said = param.String(doc="The last message to the browser, as JSON.")

    def __init__(
        self,
        lives: Iterable[Live],
        text: Text,
        store: Store,
        *,
        goes_on: Callable[[bool], bool] = lambda used: True,
        **params: Any,
    ):
        """`goes_on(used)` says whether the person may still see and do what the page shows."""
        super().__init__(**params)
        self._goes_on = goes_on
        self._lives = {live.region: live for live in lives}
        self._text, self._store = text, store
        self._sent: dict[str, bytes] = {}
        self._failed: set[str] = set()
        self._connected = False
        self._seen: object = None
        self._addresses = {name: live.address() for name, live in self._addressed()}

    def join(self, doc: Document) -> None:
        """Open the connection of a page that is being made."""
        doc.add_root(create_linked_datamodel(self))
        doc.config.reconnect_session = False
        doc.config.notify_connection_status = False

    def first_views(self) -> dict[str, Markup]:
        """The HTML of every region, to stand in the page before there is a connection."""
        return self._changed()

    def refresh(self) -> None:
        """Send what the data have changed since the last view; nothing while nobody listens."""
        if not self._connected or self._has_left() or self._version() == self._seen:
            return
        if regions := self._changed():
            self._say({"regions": regions})

    # --- from the browser -------------------------------------------------------------------

    @param.depends("heard", watch=True)
    def _answer(self) -> None:
        """Answer one event; what is not an event of ours is logged and left."""
        try:
            number, region, do, values = _event(self.heard)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("an event that cannot be read: %s", type(error).__name__)
            return
        self._connected = True
        if self._has_left(used=bool(do)):
            return
        if not do:
            self.refresh()
            return
        before = self._version()
        answer: dict[str, Any] = {"n": number, "alert": self._act(region, do, values)}
        if self._version() != before:
            answer["saved"] = True
            answer["state"] = self._text("frame.saved", at=self._text.time(self._store.now()))
        # While the data stand, an action can only change its own region and the frame's.
        unchanged = self._version() == self._seen
        answer["regions"] = self._changed({region, *FRAME} if unchanged else None)
        self._say({**answer, **self._directives()})

    def _has_left(self, used: bool = False) -> bool:
        """Whether the person may go on no more; then the browser is told to ask for the page anew.

        Nothing is answered or shown from then on.
        """
        if self._goes_on(used):
            return False
        self._goes_on = lambda used: False
        self._say({"left": True})
        return True

    def _act(self, region: str, do: str, values: dict[str, str]) -> str:
        """Run one action and return the alert it ends with, empty when all went well."""
        live = self._lives.get(region)
        if live and do == RETRY and region in self._failed:
            return ""
        action = live.actions.get(do) if live else None
        if action is None:
            log.warning("a page asked for what nothing answers to")
            return ""
        try:
            if sum(map(len, values.values())) > MAX_LETTERS:
                raise Refused("text_too_long", limit=MAX_LETTERS)
            inspect.signature(action).bind(**values)
            action(**values)
        except AdvisoryError as error:
            self._take_toast()
            return self._alert(self._text.error(error))
        except Exception as error:
            self._take_toast()
            reference = report(error, f"{region}/{do}")
            return self._alert(self._text("error.unexpected", reference=reference))
        return ""

    def _take_toast(self) -> None:
        """An older "saved" beside a refusal would say the opposite of it."""
        if toast := self._lives.get("toast"):
            toast.actions.get("toast_close", lambda: None)()

    # --- to the browser ---------------------------------------------------------------------

    def _say(self, message: Mapping[str, Any]) -> None:
        self.said = json.dumps({**message, "id": secrets.token_hex(4)}, ensure_ascii=False)

    def _changed(self, only: Collection[str] | None = None) -> dict[str, Markup]:
        """The regions, all or `only` these, whose HTML is not what was sent last."""
        self._seen = self._version()
        views = {
            name: self._view(live)
            for name, live in self._lives.items()
            if only is None or name in only
        }
        marks = {name: hashlib.blake2b(html.encode()).digest() for name, html in views.items()}
        changed = {
            name: html for name, html in views.items() if marks[name] != self._sent.get(name)
        }
        self._sent |= marks
        return changed

    def _view(self, live: Live) -> Markup:
        """The view of one region; one that fails says so, and the others go on."""
        try:
            html = live.render()
        except Exception as error:
            reference = report(error, live.region)
            self._failed.add(live.region)
            return render("failed.html", self._text, reference=reference, retry=RETRY)
        self._failed.discard(live.region)
        return html

    def _version(self) -> object:
        """The same as long as every view would come out the same."""
        return self._store.version(), self._store.today()

    def _directives(self) -> dict[str, str]:
        told: dict[str, str] = {}
        for live in self._lives.values():
            told |= live.told
            live.told.clear()
        for name, live in self._addressed():
            address = live.address()
            if address != self._addresses[name]:
                self._addresses[name] = told["url"] = address
        return told

    def _addressed(self) -> list[tuple[str, Any]]:
        return [(name, live) for name, live in self._lives.items() if live.address]

    def _alert(self, sentence: str) -> str:
        return render("alert.html", self._text, sentence=sentence)


def _event(heard: str) -> tuple[int, str, str, dict[str, str]]:
    """Number, region, action and values of an event; without an action the page has just begun.

    Anything else is a KeyError, TypeError or ValueError.
    """
    data = json.loads(heard)
    number, region, do, values = (data[key] for key in ("n", "region", "do", "values"))
    if not (isinstance(number, int) and isinstance(region, str) and isinstance(do, str)):
        raise ValueError("n, region and do")
    if not isinstance(values, dict) or len(values) > MAX_VALUES:
        raise ValueError("values")
    for name, value in values.items():
        if not (isinstance(name, str) and name.isidentifier() and len(name) <= MAX_NAME):
            raise ValueError("the name of a value")
        if not isinstance(value, str):
            raise ValueError("a value that is not text")
    return number, region, do, values


def report(error: Exception, where: str) -> str:
    """Log a defect and return the reference that the person is told.

    The error's own message stays out of the log: it may hold what somebody typed.
    """
    reference = f"{calendar.local(datetime.now(UTC)):%d-%m-%H%M}-{secrets.token_hex(2).upper()}"
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s in %s\n%s", reference, type(error).__name__, where, frames)
    return reference
