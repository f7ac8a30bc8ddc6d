"""Who a request comes from, and who may open a page or its websocket.

A person is known by a word in a cookie that only the server can say whose it is. Their login, the
page and the session are written in the page's signed token, and a websocket is let in only with a
token of the same session for the same page: with another's token nobody joins anything.
"""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import tornado.web
from bokeh.application.handlers import Handler
from bokeh.server.auth_provider import AuthProvider
from bokeh.util.token import check_token_signature, get_token_payload
from tornado.httputil import HTTPServerRequest
from tornado.websocket import WebSocketHandler

from ..store import Store, sessions
from ..store.sessions import SignedIn

COOKIE = "__Host-session"
SIGN_IN = "/log-ind"


class People:
    """Tells who a request comes from; `store` is one of the server's own."""

    def __init__(self, store: Store):
        self.store = store

    @property
    def demo(self) -> bool:
        """Whether the database is marked as demo."""
        return self.store.is_demo

    def signed_in(self, request: HTTPServerRequest) -> SignedIn | None:
        """The session that a request belongs to, None for one of nobody's."""
        cookie = request.cookies.get(COOKIE)
        return sessions.by_cookie(self.store, cookie.value) if cookie else None

    def login_of(self, request: HTTPServerRequest) -> str | None:
        """The login behind a request, which counts as use; None for one of nobody's."""
        signed = self.signed_in(request)
        if signed is None:
            return None
        sessions.use(self.store, signed)
        return signed.login


def is_local(host: str) -> bool:
    """Whether a name or an address is this machine's own and nobody else's."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class Door(AuthProvider):
    """Asked by Bokeh before every page and every websocket: who is it, may they come in."""

    def __init__(self, people: People):
        self._people = people
        super().__init__()

    @property
    def get_user(self) -> Any:
        return self._admit

    def _admit(self, handler: tornado.web.RequestHandler) -> str | None:
        """The login; None sends a page to the sign-in and closes a websocket.

        A websocket needs a token that was made for the same session and for the same page.
        """
        if handler.request.path.endswith("/autoload.js"):
            raise tornado.web.HTTPError(404)  # a page of ours inside a page of others
        if _names_a_session(handler.request):
            raise tornado.web.HTTPError(403)  # Bokeh would answer with the page made for another
        signed = self._people.signed_in(handler.request)
        if signed is None:
            return None
        if isinstance(handler, WebSocketHandler):
            payload = _payload(handler)
            mine = (signed.login, signed.id, _page_of(handler.request))
            if (payload.get("uid"), payload.get("sid"), payload.get("page")) != mine:
                return None
        return signed.login

    @property
    def get_user_async(self) -> None:
        return None

    @property
    def login_url(self) -> str:
        return SIGN_IN

    @property
    def get_login_url(self) -> None:
        return None

    @property
    def login_handler(self) -> None:
        return None

    @property
    def logout_url(self) -> None:
        return None

    @property
    def logout_handler(self) -> None:
        return None


def _names_a_session(request: HTTPServerRequest) -> bool:
    """Whether a request asks, as Bokeh lets it, for a page that was made before by its name."""
    named = "bokeh-token" in request.arguments or "bokeh-session-id" in request.arguments
    return named or "Bokeh-Session-Id" in request.headers


def _payload(handler: WebSocketHandler) -> dict[str, Any]:
    """What our own signed token says; nothing when it is not ours or cannot be read."""
    protocols = handler.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    token = protocols[-1].strip()
    application: Any = handler.application
    try:
        if not check_token_signature(token, secret_key=application.secret_key, signed=True):
            return {}
        return get_token_payload(token)
    except Exception:  # a token that cannot be read is no token
        return {}


def _page_of(request: HTTPServerRequest) -> str:
    """The address of the page that a request, also the one of its websocket, is for."""
    return request.path.removesuffix("/ws").rstrip("/") or "/"


class Answer:
    """The status that the page of a request has; None until it is made."""

    status: int | None = None


class Identity(Handler):
    """Writes the session and the page into the token when a page is answered."""

    def __init__(self, people: People, path: str):
        super().__init__()
        self._people, self._path = people, path

    def modify_document(self, doc: object) -> None:
        """Nothing in the document: the token carries it."""

    def process_request(self, request: HTTPServerRequest) -> dict[str, str | int]:
        # filled when the page is made, read by headers.Finish
        request.answer = Answer()  # type: ignore[attr-defined]
        signed = self._people.signed_in(request)
        if signed is None:  # it has ended since the door was passed
            raise tornado.web.HTTPError(403)
        sessions.use(self._people.store, signed)
        return {"uid": signed.login, "sid": signed.id, "page": self._path}


def own_address(address: str) -> str:
    """An address of this site; anything that could lead elsewhere becomes the first page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    clean = address.isprintable() and "\\" not in address and "//" not in parts.path
    return address if inside and clean else "/"
