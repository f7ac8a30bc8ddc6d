"""Who is at work. There is no sign-in yet: the server runs as one user, on this machine only.

In a database marked as demo, and only there, a person may be any of the invented users. Who it is
is written in the page's signed token, and a websocket is let in only with a token for the same
person and the same page.
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

from ..store import Store

COOKIE = "demo_user"


class People:
    """Tells who a request comes from."""

    def __init__(self, store: Store, user: str):
        self._store, self._user = store, user

    @property
    def demo(self) -> bool:
        """Whether the database is marked as demo."""
        return self._store.is_demo

    def login_of(self, request: HTTPServerRequest) -> str:
        """The login behind a request: the demo user that was chosen, else the server's own.

        A request that came by another name than this machine's own is refused: without a sign-in,
        a page elsewhere could have its name lead here and read what a person here may read.
        """
        if not is_local(request.host_name):
            raise tornado.web.HTTPError(403)
        chosen = request.cookies.get(COOKIE)
        if chosen and self.demo and self.is_user(chosen.value):
            return chosen.value
        return self._user

    def is_user(self, login: str) -> bool:
        """Whether this login may use the product."""
        found = self._store.find("app_user", login=login)
        return found is not None and bool(found["active"])


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
        """The login; None closes a websocket whose token is not this person's for this page."""
        if handler.request.path.endswith("/autoload.js"):
            raise tornado.web.HTTPError(404)  # a page of ours inside a page of others
        login = self._people.login_of(handler.request)
        if isinstance(handler, WebSocketHandler):
            payload = _payload(handler)
            page = _page_of(handler.request)
            if payload.get("uid") != login or payload.get("page") != page:
                return None
        return login

    @property
    def get_user_async(self) -> None:
        return None

    @property
    def login_url(self) -> str:
        return "/"

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
    """Writes the person and the page into the token when a page is answered."""

    def __init__(self, people: People, path: str):
        super().__init__()
        self._people, self._path = people, path

    def modify_document(self, doc: object) -> None:
        """Nothing in the document: the token carries it."""

    def process_request(self, request: HTTPServerRequest) -> dict[str, str]:
        # filled when the page is made, read by headers.Finish
        request.answer = Answer()  # type: ignore[attr-defined]
        return {"uid": self._people.login_of(request), "page": self._path}


class ChooseUser(tornado.web.RequestHandler):
    """Makes the visitor of a demo another of its invented users."""

    def initialize(self, people: People) -> None:
        self._people = people

    def post(self) -> None:
        self._people.login_of(self.request)
        login = self.get_body_argument("login", "")
        if not self._people.demo or not self._people.is_user(login):
            raise tornado.web.HTTPError(403)
        self.set_cookie(COOKIE, login, httponly=True, samesite="Strict", path="/")
        self.redirect(_own_address(self.get_body_argument("next", "/")))


def _own_address(address: str) -> str:
    """An address of this site; anything that could lead elsewhere becomes the first page."""
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    return address if inside and "\\" not in address and "//" not in parts.path else "/"
