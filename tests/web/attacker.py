"""A curious colleague with tools: what they try, written down so that it can be tried on any site.

An attack is a function of an `Attacker` and returns whether it got in. Whatever any door answers
is kept, so that it can be searched for what the attacker must never read.
"""

import base64
import http.client
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from bokeh.util.token import generate_jwt_token, generate_session_id, get_session_id

from .bokeh_client import Loop, Wire, token_in

FORM = {"Content_Type": "application/x-www-form-urlencoded"}
Answer = tuple[int, http.client.HTTPMessage, bytes]


@dataclass
class Attacker:
    """Somebody signed in with little access, and a page that they may not see."""

    port: int
    loop: Loop
    cookie: str
    victim: str  # the cookie of one who may, used only where the victim would use it
    own: str  # the path of a page that they may see
    secret: str  # the path, with its query, of the page that they may not
    believes: str  # the path of a page that believes what a request says of itself
    canaries: tuple[bytes, ...]
    mark: Path  # a file that a module writes when it is imported
    site: Any = None  # our own site, where an attack is about what only that has
    addresses: dict[str, str] = field(default_factory=dict)  # of all pages of our site
    received: list[bytes] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Status, headers and content of a request of theirs; `_` stands for `-` in names."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers.setdefault("Cookie", self.cookie)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.received += [str(answer.headers).encode(), content]
        return answer.status, answer.headers, content

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def knock(self, path: str, token: str, **headers: str) -> Wire:
        """Try the websocket of a page with a token."""
        headers.setdefault("Cookie", self.cookie)
        url = f"ws://127.0.0.1:{self.port}{path.partition('?')[0].rstrip('/')}/ws"
        wire = Wire.knock(self.loop, url, token, **headers)
        self.received += wire.received
        wire.received = self.received
        self.wires.append(wire)
        return wire

    def gets_in(self, path: str, token: str, **headers: str) -> bool:
        """Whether a websocket opens and shows a page."""
        wire = self.knock(path, token, **headers)
        return wire.is_open and bool(wire.pull().get("roots"))

    def token(self, path: str) -> str:
        """The token in a page as it is answered to them."""
        return token_in(self.get(path)[2].decode(errors="replace"))

    def browse(self, path: str, **headers: str) -> bool:
        """Open a page as a browser does, its websocket too; whether it brought a canary."""
        sent = {"Cookie": self.cookie, **headers}
        token = token_in(self.get(path, **sent)[2].decode(errors="replace"))
        if token:
            self.gets_in(path, token, **sent)
        return self.has_read()

    def stolen(self, path: str) -> str:
        """The token in the page that the victim has open, as somebody copied it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Cookie": self.victim})
        page = connection.getresponse().read().decode()
        connection.close()
        return token_in(page)

    def has_read(self) -> bool:
        """Whether anything that came back holds what they must never read."""
        found = b"\n".join(self.received)
        return any(one in found for one in self.canaries)

    def close(self) -> None:
        for wire in self.wires:
            wire.close()


@dataclass(frozen=True)
class Attack:
    """`plain` says that a plain Panel server lets it through."""

    name: str
    run: Callable[[Attacker], bool]
    plain: bool


ATTACKS: list[Attack] = []


def attack(name: str, *, plain: bool = False) -> Callable[[Callable[[Attacker], bool]], Any]:
    def kept(run: Callable[[Attacker], bool]) -> Callable[[Attacker], bool]:
        ATTACKS.append(Attack(name, run, plain))
        return run

    return kept


def claims(**said: Any) -> dict[str, Any]:
    """What a made-up token says of the victim in every way that anybody might believe."""
    names = {"X-Remote-User": "jonas", "Cookie": "role=jonas"}
    return {
        **{"headers": names, "cookies": {"role": "jonas"}, "arguments": {"role": [b"jonas"]}},
        **{"uid": "jonas@styrelsen.example", "sid": 1, "page": "/kommune"},
        **said,
    }


def _believed(attacker: Attacker, payload: dict[str, Any]) -> bool:
    """Whether a token made up without any key opens the page that believes it."""
    made = generate_jwt_token(generate_session_id(None, False), signed=False, extra_payload=payload)
    return attacker.gets_in(attacker.believes, made) and attacker.has_read()


# --- the page and its websocket ---------------------------------------------------------------


@attack("open the page itself")
def page(attacker: Attacker) -> bool:
    return attacker.get(attacker.secret)[0] == 200


@attack("websocket of the page, with the token of another page of one's own", plain=True)
def other_page(attacker: Attacker) -> bool:
    return attacker.gets_in(attacker.secret, attacker.token(attacker.own))


@attack("websocket of the page, with the token in its refusal")
def refusal(attacker: Attacker) -> bool:
    return attacker.gets_in(attacker.secret, attacker.token(attacker.secret))


@attack("websocket of the page, with a token stolen from another's page source", plain=True)
def stolen(attacker: Attacker) -> bool:
    return attacker.gets_in(attacker.secret, attacker.stolen(attacker.secret))


@attack("websocket of one's own page, with another's token", plain=True)
def stolen_elsewhere(attacker: Attacker) -> bool:
    return attacker.gets_in(attacker.own, attacker.stolen(attacker.secret))


def _by_name(attacker: Attacker, query: str = "", **headers: str) -> bool:
    """A page asked for by what Bokeh calls its session."""
    joint = "&" if "?" in attacker.believes else "?"
    return attacker.browse(f"{attacker.believes}{joint}{query}", **headers)


def _session(attacker: Attacker) -> str:
    return get_session_id(attacker.stolen(attacker.believes))


@attack("page by ?bokeh-token= with another's token", plain=True)
def by_token(attacker: Attacker) -> bool:
    return _by_name(attacker, f"bokeh-token={attacker.stolen(attacker.believes)}")


@attack("page by ?bokeh-session-id= of another's page")
def by_session_id(attacker: Attacker) -> bool:
    return _by_name(attacker, f"bokeh-session-id={_session(attacker)}")


@attack("page by the header Bokeh-Session-Id of another's page", plain=True)
def by_session_header(attacker: Attacker) -> bool:
    return _by_name(attacker, Bokeh_Session_Id=_session(attacker))


@attack("page by a session name sent in the body of a GET")
def by_session_body(attacker: Attacker) -> bool:
    body = f"bokeh-token={attacker.stolen(attacker.secret)}"
    attacker.ask("GET", attacker.secret, body, **FORM)
    return attacker.has_read()


# --- tokens and identity ----------------------------------------------------------------------


@attack("made-up token with headers of a proxy (X-Remote-User)", plain=True)
def forged_headers(attacker: Attacker) -> bool:
    return _believed(attacker, claims(cookies={}, arguments={}))


@attack("made-up token with another's cookies", plain=True)
def forged_cookies(attacker: Attacker) -> bool:
    return _believed(attacker, claims(headers={}, arguments={}))


@attack("made-up token with another's arguments", plain=True)
def forged_arguments(attacker: Attacker) -> bool:
    return _believed(attacker, claims(headers={}, cookies={}))


@attack("token without, with an empty, a cut, a swapped or a guessed signature; alg none")
def signatures(attacker: Attacker) -> bool:
    payload, _, signature = attacker.token(attacker.own).partition(".")
    data = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    moved = base64.urlsafe_b64encode(json.dumps({**data, **claims()}, default=str).encode())
    changed = moved.decode().rstrip("=")
    made = [
        *(payload, f"{payload}.", f"{payload}.{signature[:-1]}", f".{signature}", ".", "x.y.z"),
        *(f"{changed}.{signature}", f"{changed}.", changed, f"{none}.{changed}.", "a, b", "null"),
    ]
    for key in (b"", b"secret", b"0" * 32):
        session = generate_session_id(key, True) if key else "x" * 44
        made.append(generate_jwt_token(session, key or b"a", True, extra_payload=claims()))
    paths = (attacker.own, attacker.secret)
    return any(attacker.gets_in(path, one) for path in paths for one in made)


@attack("headers of a proxy (X-Remote-User, X-Forwarded-User, ...)", plain=True)
def proxy_headers(attacker: Attacker) -> bool:
    names = ("X_Remote_User", "Remote_User", "X_Forwarded_User", "X_Forwarded_Email")
    said = {name: "jonas" for name in names} | {"Authorization": "Basic am9uYXM6am9uYXM="}
    said |= {"X_Original_URL": attacker.secret, "X_Rewrite_URL": attacker.secret}
    for cookie in (attacker.cookie, ""):
        attacker.browse(attacker.believes, Cookie=cookie, **said)
    return attacker.has_read()


@attack("cookies that say who one is (user=, is_guest=, role=)", plain=True)
def cookies(attacker: Attacker) -> bool:
    said = "user=jonas@styrelsen.example; is_guest=1; role=jonas; demo_user=jonas"
    mine = attacker.cookie
    for cookie in (said, f"{mine}; {said}", f"{mine}; role=jonas", f"{said}; __Host-session=1"):
        attacker.browse(attacker.believes, Cookie=cookie)
    return attacker.has_read()


@attack("the query string says who one is (?role=, ?user=)", plain=True)
def queries(attacker: Attacker) -> bool:
    said = urlencode({"role": "jonas", "user": "jonas@styrelsen.example", "uid": 1, "admin": 1})
    joint = "&" if "?" in attacker.believes else "?"
    return attacker.browse(f"{attacker.believes}{joint}{said}")


# --- other sites ------------------------------------------------------------------------------


@attack("a page elsewhere opens the websocket (foreign Origin)")
def foreign_origin(attacker: Attacker) -> bool:
    token = attacker.token(attacker.own)
    origins = ("https://evil.example", "null", f"http://127.0.0.1:{attacker.port}.evil.example")
    return any(attacker.gets_in(attacker.own, token, Origin=origin) for origin in origins)


@attack("a name elsewhere leads here (foreign Host, with the same Origin)", plain=True)
def foreign_host(attacker: Attacker) -> bool:
    host = f"rebound.example:{attacker.port}"
    token = attacker.token(attacker.own)
    read = attacker.get(attacker.own, Host=host)[0] == 200
    return read or attacker.gets_in(attacker.own, token, Host=host, Origin=f"http://{host}")


@attack("a page elsewhere posts with the visitor's cookie", plain=True)
def cross_site(attacker: Attacker) -> bool:
    paths = ("/login", "/log-ind", "/log-ind/demo", "/adgangskode", "/session", "/modtag/antal")
    said = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site", **FORM}
    body = urlencode({"username": "peter", "password": "peter", "login": "jonas@styrelsen.example"})
    return any(attacker.ask("POST", path, body, **said)[0] not in (403, 404) for path in paths)


@attack("the sign-in leads to another site")
def redirects(attacker: Attacker) -> bool:
    wrong = ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example")
    for address in (*wrong, "javascript:alert(1)", "/%2f/evil.example", "http:evil.example"):
        for asked in (f"/log-ind?next={quote(address)}", f"/login?next={quote(address)}"):
            leads = attacker.get(asked)[1].get("Location", "/")
            if leads.startswith(("//", "/\\", "http", "javascript")) or "\t" in leads:
                return True
    return False


# --- what the framework has beside the pages --------------------------------------------------


@attack("/components/<module> imports a module by its name", plain=True)
def components(attacker: Attacker) -> bool:
    attacker.get("/components/imported_by_name/a/b/c", Cookie="")
    attacker.get("/components/imported_by_name/a/b/c")
    return attacker.mark.exists()


@attack("autoload.js, metadata, /static, /liveness, /rest, /admin")
def beside(attacker: Attacker) -> bool:
    start = attacker.secret.partition("?")[0]
    for name in ("autoload.js?bokeh-autoload-element=x", "metadata", "static/../../app.py"):
        attacker.get(f"{start}/{name}")
    away = ("/liveness", "/rest/session_info", "/admin", "/static/../../../data/texts/da.toml")
    away += ("/static/..%2f..%2f..%2f__init__.py", "/filer/0/..%2f..%2fsettings.py", "/.git/config")
    return any(attacker.get(path)[0] == 200 for path in away)


# --- one's own websocket ----------------------------------------------------------------------


@contextmanager
def on(attacker: Attacker, path: str) -> Iterator[Wire]:
    wire = attacker.knock(path, attacker.token(path))
    yield wire
    wire.close()


def patches(secret: str) -> Iterator[dict[str, Any]]:
    """Changes of a document that no page of ours ever sends."""
    own = {"id": "CHANNEL"}
    said = json.dumps({"regions": {"journal": "x"}, "download": secret})
    yield {"kind": "ModelChanged", "model": own, "attr": "said", "new": said}
    for name in (
        "_goes_on",
        "goes_on",
        "_lives",
        "_store",
        "__class__",
        "__init__",
        "name",
        "tags",
    ):
        yield {"kind": "ModelChanged", "model": own, "attr": name, "new": secret}
    for new in (None, 7, [], {"type": "map"}, {"id": "CHANNEL"}, "{", "[]", "null"):
        yield {"kind": "ModelChanged", "model": own, "attr": "heard", "new": new}
    yield {"kind": "TitleChanged", "title": secret}
    div = {"type": "object", "name": "Div", "id": "p9", "attributes": {"text": "x"}}
    yield {"kind": "RootAdded", "model": div}
    os_ = {"type": "object", "name": "os.system", "id": "p8", "attributes": {}}
    yield {"kind": "RootAdded", "model": os_}
    yield {"kind": "RootAdded", "model": {**os_, "name": "panel.pane.Str", "id": "p7"}}
    for name in ("document_ready", "connection_lost", "session_destroyed", "button_click"):
        event = {"type": "event", "name": name, "values": {"type": "map", "entries": []}}
        yield {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": event}
    rpc = {"type": "rpc", "method": "render", "args": [secret]}
    yield {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": rpc}
    yield {"kind": "MessageSent", "msg_type": "custom", "msg_data": rpc}
    yield {"kind": "ColumnsStreamed", "model": own, "attr": "said", "data": {}, "rollover": None}
    yield {"kind": "RootRemoved", "model": own}


@attack("changes of the document itself: said, title, roots, models, messages, a new document")
def documents(attacker: Attacker) -> bool:
    for change in patches(attacker.secret):
        with on(attacker, attacker.own) as wire:
            wire.patch(change)
            if wire.is_open:
                wire.pull()
    for kind in ("PUSH-DOC", "SERVER-INFO-REQ", "ACK", "OK", "ERROR", "NOTHING"):
        with on(attacker, attacker.own) as wire:
            wire.ask(kind, {"doc": {"roots": [], "title": attacker.secret, "version": "3.9.2"}})
    return False


def guess_password(attacker: Attacker, tries: int) -> int:
    """Send that many guesses as many browsers from many places; how many were heard."""
    heard = 0
    for number in range(tries):
        place = f"10.{number % 250}.{number // 250}.7"
        body = urlencode({"email": "jonas@styrelsen.example", "password": secrets.token_hex(6)})
        sent = {**FORM, "X_Forwarded_For": place, "Sec_Fetch_Site": "same-origin", "Cookie": ""}
        heard += attacker.ask("POST", "/log-ind", body, **sent)[0] == 401
    return heard
