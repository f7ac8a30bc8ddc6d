"""The pages at the door, filled in, and a small site that serves them under their strict policy."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from advisory.texts import translator
from advisory.ui.safe import environment, render, url
from advisory.web.static import KINDS

ASSETS = files("advisory.ui").joinpath("assets")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
USERS = [
    {"login": "jonas@styrelsen.example", "name": "Jonas Bruun", "role": "consultant"},
    {"login": "karim@peer.example", "name": "Karim Vesterlund", "role": "partner"},
    {"login": "lene@styrelsen.example", "name": "Lene Kjærgaard", "role": "office"},
    {"login": "peter@styrelsen.example", "name": "Peter Aagesen", "role": "leadership"},
    {"login": "sofie@styrelsen.example", "name": "Sofie Dahl", "role": "consultant"},
    {"login": "toft@styrelsen.example", "name": "Astrid Toft", "role": "administrator"},
]
STATES = {
    "plain": {},
    "error": {"email": "jonas@styrelsen.example", "error": "Det passer ikke."},
    "notice": {"notice": "Du er logget ud.", "next": "/kommune?k=horsens"},
    "account": {"oidc": True, "password": False, "next": "/kommuner"},
    "both ways": {"oidc": True},
    "demo": {"demo": True, "users": USERS, "password": False},
    "demo and password": {"demo": True, "users": USERS, "oidc": True},
}
CHANGES = {
    "empty": {},
    "old": {"error": "Det er den ikke.", "field": "old"},
    "new": {"error": "Den er for kort.", "field": "new"},
    "again": {"error": "De er ikke ens.", "field": "again"},
    "elsewhere": {"error": "Filen kan ikke skrives.", "field": ""},
    "done": {"done": True},
}
ALL = [
    *(("login", *made) for made in product(STATES, ("da", "en"))),
    *(("password", *made) for made in product(CHANGES, ("da", "en"))),
]
WORKING = """<!doctype html><html lang="{{ t.language }}"><head><title>Notat</title>
<link rel="stylesheet" href="/filer/app.css"><link rel="stylesheet" href="/filer/frame.css"></head>
<body><main><h1>Notat</h1><label for="note">Notat</label><textarea id="note"></textarea>
<dialog id="other" aria-label="Kontakt"><input id="inside" aria-label="Navn"></dialog></main>
{% from 'session_end.html' import session_end with context %}{{ session_end(left, lang) }}
<script src="/filer/session.js" defer></script></body></html>"""


def login_page(language: str = "da", **values: Any) -> str:
    """The sign-in; without `values` as somebody meets it who has a password and no error."""
    text = translator(language)
    given = {
        **_shared(language, "/log-ind"),
        **{"users": [], "oidc": False, "password": True, "next": "/", "email": ""},
        **{"error": "", "notice": "", "idle_minutes": 60, "nobody": False},
    }
    return str(render("login.html", text, **{**given, **values}))


def password_page(language: str = "da", **values: Any) -> str:
    """The page where one changes one's own password."""
    given = {"error": "", "field": "", "done": False, "name": "Jonas Bruun"}
    shared = _shared(language, "/adgangskode")
    return str(render("password.html", translator(language), **{**shared, **given, **values}))


def page(kind: str, state: str, language: str) -> str:
    """One of `ALL` pages."""
    if kind == "login":
        return login_page(language, **STATES[state])
    return password_page(language, **CHANGES[state])


def working_page(left: int, language: str = "da", lang: str | None = None) -> str:
    """A page of somebody signed in whose session ends in `left` seconds, with a field to write."""
    template = environment().from_string(WORKING)
    return template.render(t=translator(language), left=left, lang=lang)


def _shared(language: str, here: str) -> dict[str, Any]:
    def link(*path: object, **query: object) -> str:
        asked = {"lang": language} if language != "da" else {}
        return url("/".join(map(str, path)), **asked, **query)

    return {
        "asset": lambda name: f"/filer/{name}",
        "demo": False,
        "link": link,
        "languages": [(code, url(here, lang=code)) for code in ("da", "en")],
    }


class Elements(HTMLParser):
    """A page in order: `found` has (tag, attributes, text inside), `said` all that is text."""

    VOID = ("meta", "link", "input", "img", "br", "rect", "circle", "path")

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []
        self.said: list[str] = []
        self._open: list[int] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag not in self.VOID:
            self._open.append(len(self.found) - 1)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.said.append(" ".join(data.split()))
            self.found[self._open[-1]][2].append(self.said[-1])

    def all(self, *tags: str) -> list[tuple[dict[str, str], str]]:
        return [(attrs, " ".join(text)) for tag, attrs, text in self.found if tag in tags]


class Site:
    """Serves `pages` by their paths, our own files, and `/session`.

    `answers` is asked for the status, the seconds left and what ends it, of each request to
    `/session`; `asked` lists the methods.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str] = {"/log-ind": login_page()}
        self.leads: dict[str, str] = {}
        self.asked: list[str] = []
        self.answers: Callable[[str], tuple[int, int, str]] = lambda method: (200, 3600, "idle")
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, address: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content for a request."""
        path = urlsplit(address).path
        if path == "/session":
            self.asked.append(method)
            status, left, limit = self.answers(method)
            content = json.dumps({"left": left, "limit": limit}).encode()
            return status, {"Content-Type": "application/json"}, content
        if path in self.leads:
            return 302, {"Location": self.leads[path]}, b""
        if path.startswith("/filer/"):
            name = Path(path).name
            return 200, {"Content-Type": KINDS[Path(name).suffix]}, (ASSETS / name).read_bytes()
        page = self.pages.get(path, "")
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
        return (200 if page else 204), headers, page.encode()


@contextmanager
def served() -> Iterator[Site]:
    """A site on a port of its own."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = site.answer(self.command, self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
