"""What is turned away before any page is asked: other names, other machines, too much sent along.

Without the first, a page elsewhere could let its own name lead here and read what a browser here
may read; Tornado lets in a websocket whose origin is the name it was called by.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import tornado.web
from tornado.httputil import HTTPServerRequest
from tornado.routing import Matcher, Rule

from ..imports.limits import MAX_BYTES
from ..settings import Settings
from ..texts import translator
from .identity import is_local
from .unlogged import LARGEST_READ

FORM = 64 * 1024
TINY = 1024  # what a request that asks may carry
LARGEST = (  # by the start of the path; everything else is a form
    ("/modtag/", MAX_BYTES),
    # These say in words that it was too much, and drop what they read.
    ("/tilmelding", LARGEST_READ),
    ("/m/", LARGEST_READ),
    ("/kalender", LARGEST_READ),
)
SENTENCES = {
    HTTPStatus.MISDIRECTED_REQUEST: "turned_away.host",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "turned_away.size",
    HTTPStatus.LENGTH_REQUIRED: "turned_away.length",
}
POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


def names(settings: Settings) -> frozenset[str]:
    """The names the site answers to, besides this machine's own; in lower case, without ports."""
    public = urlsplit(settings.public_url).hostname or ""
    return frozenset({public, *settings.hosts}) - {""}


def rules(settings: Settings, *, demo: bool) -> list[Rule]:
    """What to ask first of every request: for `tornado.web.Application.add_handlers`.

    A `demo`, where everybody may be anybody, answers to this machine's own names alone.
    """
    known, near = (frozenset(), ()) if demo else (names(settings), settings.proxies)
    said = {"language": settings.language}
    return [
        Rule(matcher, TurnedAway, {"status": status, **said})
        for status, matcher in (
            (HTTPStatus.MISDIRECTED_REQUEST, Misdirected(known, near)),
            (HTTPStatus.LENGTH_REQUIRED, Unmeasured()),
            (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TooLarge()),
        )
    ]


class Misdirected(Matcher):
    """Matches what came by a name that is not ours, or from a machine that has no business here.

    That is every other machine than this one and the proxies.
    """

    def __init__(self, names: Collection[str], proxies: Collection[str]):
        self._names, self._proxies = names, proxies

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        known = request.host_name in self._names or is_local(request.host_name)
        near = request.remote_ip or ""
        return None if known and (is_local(near) or near in self._proxies) else {}


class Unmeasured(Matcher):
    """Matches what does not say how much it sends, where that is not counted on the way."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {} if "Transfer-Encoding" in request.headers and _is_form(request) else None


class TooLarge(Matcher):
    """Matches what says that it sends more than may be sent there."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {} if _length(request) > limit(request) else None


def limit(request: HTTPServerRequest) -> int:
    """The most bytes that may be sent along with a request."""
    usual = TINY if request.method in ("GET", "HEAD", "OPTIONS") else FORM
    return next((most for start, most in LARGEST if request.path.startswith(start)), usual)


def _is_form(request: HTTPServerRequest) -> bool:
    return not any(request.path.startswith(start) for start, _ in LARGEST)


def _length(request: HTTPServerRequest) -> int:
    """What the request says it sends; what is no number is refused by Tornado itself."""
    said = request.headers.get("Content-Length", "0").split(",")[0].strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


@tornado.web.stream_request_body
class TurnedAway(tornado.web.RequestHandler):
    """Answers with one sentence, whatever was asked; reads a little and drops it, to be heard."""

    def initialize(self, status: HTTPStatus, language: str) -> None:
        self._status, self._language = status, language
        self._read = 0

    def prepare(self) -> None:
        if _length(self.request) > LARGEST_READ:
            raise tornado.web.HTTPError(self._status)

    def data_received(self, chunk: bytes) -> None:
        self._read += len(chunk)
        if self._read > LARGEST_READ:
            raise tornado.web.HTTPError(self._status)

    def get(self, *args: str) -> None:
        raise tornado.web.HTTPError(self._status)

    head = post = put = patch = delete = options = get

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.set_status(self._status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.finish(translator(self._language)(SENTENCES[self._status]))
