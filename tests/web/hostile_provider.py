"""A provider of the test's own, which answers whatever it is told to, and what it signs."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import tornado.web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

CLIENT, SECRET = "peer", "hemmeligt"
NOW = 1_741_856_400  # 13 March 2025, 9.00 UTC
DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
NAMESAKE = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
NEWER = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
CURVE = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})

Answer = Callable[[tornado.web.RequestHandler], Awaitable[None]]


def signed(claims: dict[str, Any], key: RSAKey | ECKey = KEY, alg: str = "RS256") -> str:
    """A token with these claims."""
    return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, [alg])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that says it needs no signature."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts), ""])


def public(*keys: RSAKey | ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def keys(*among: RSAKey | ECKey) -> KeySet:
    return KeySet.import_key_set(public(*among))


class Hostile:
    """Answers by path: a value is sent as JSON, a function does as it likes.

    `asked` is what it was asked, as method and path, `sent` what was sent to it with which headers.
    """

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.sent: list[tuple[str, dict[str, str]]] = []
        self.document: dict[str, Any] = {}
        self.answers: dict[str, Any] = {DISCOVERY: self._discovery, KEYS: public(KEY)}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _discovery(self, handler: tornado.web.RequestHandler) -> None:
        ends = {"authorization_endpoint": "/go", "token_endpoint": TOKEN, "jwks_uri": KEYS}
        addresses = {name: self.issuer + path for name, path in ends.items()}
        handler.finish({"issuer": self.issuer, **addresses, **self.document})

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Hostile"]:
        """Let it answer inside."""
        sockets = bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        server = HTTPServer(tornado.web.Application([(r"(/.*)", _Handler, {"provider": self})]))
        server.add_sockets(sockets)
        try:
            yield self
        finally:
            server.stop()
            await server.close_all_connections()
            await asyncio.sleep(0)


class _Handler(tornado.web.RequestHandler):
    def initialize(self, provider: Hostile) -> None:
        self._provider = provider

    async def get(self, path: str) -> None:
        self._provider.asked.append(f"{self.request.method} {path}")
        if self.request.method == "POST":
            said = (self.request.body.decode(), dict(self.request.headers))
            self._provider.sent.append(said)
        answer = self._provider.answers.get(path)
        if answer is None:
            raise tornado.web.HTTPError(404)
        if callable(answer):
            await answer(self)
        else:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(answer))

    post = get
