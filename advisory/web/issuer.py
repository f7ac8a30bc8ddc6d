"""The provider of accounts: what it publishes about itself, and the questions it is asked.

No other host than its own is ever asked, nothing is followed elsewhere, and what it may take and
send is limited.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from ..domain.errors import Refused
from .id_token import Claims, KeyUnknown, verified
from .identity import is_local
from .round_trip import RoundTrip

WELL_KNOWN = "/.well-known/openid-configuration"
SCOPE = "openid profile email"
SECONDS = 5
LARGEST_ANSWER = 256 * 1024
KEPT_SECONDS = 3600  # then a key that the provider has taken back is no longer believed
PAUSE_SECONDS = 10  # after a failure, so that visitors cannot make us ask all the time
_ADDRESS = re.compile(r"https?://[^@#\\\s]+")


@dataclass(frozen=True)
class Client:
    """Who we are to the provider `issuer`, and where it sends people back to."""

    issuer: str
    id: str
    secret: str
    redirect_uri: str


@dataclass
class _Published:
    """What the provider says about itself, and until when that is believed."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    in_body: bool  # whether our secret goes into the body of a request instead of its header
    names_itself: bool  # whether every answer of its own says whose it is
    keys: KeySet
    until: float


class Issuer:
    """One provider as one client of it sees it."""

    def __init__(self, client: Client, now: Callable[[], float] = time.time):
        self.client, self._now = client, now
        self._published: _Published | None = None
        self._failed_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def address(self, trip: RoundTrip) -> str:
        """Where a browser is sent to sign in. Refuses with `sign_in_account_unreachable`."""
        published = await self._known()
        return prepare_grant_uri(
            published.authorization_endpoint,
            client_id=self.client.id,
            response_type="code",
            redirect_uri=self.client.redirect_uri,
            scope=SCOPE,
            state=trip.state,
            nonce=trip.nonce,
            code_challenge=create_s256_code_challenge(trip.verifier),
            code_challenge_method="S256",
        )

    async def refuse_other(self, named: str | None) -> None:
        """Refuse an answer that another provider made (RFC 9207); `named` is its `iss`."""
        published = await self._known()
        if named != self.client.issuer and (named is not None or published.names_itself):
            raise Refused("sign_in_account_unknown", reason="answer of another issuer")

    async def claims(self, code: str, trip: RoundTrip) -> Claims:
        """What the provider says about the person that it gave `code` to.

        Refuses with `sign_in_account_unknown` and `sign_in_account_unreachable`.
        """
        published = await self._known()
        token = await self._token(published, code, trip.verifier)
        for tries_left in (1, 0):
            try:
                return verified(
                    token,
                    published.keys,
                    issuer=self.client.issuer,
                    client_id=self.client.id,
                    nonce=trip.nonce,
                    now=self._now(),
                )
            except KeyUnknown:
                if tries_left:
                    published.keys = await self._keys(published.jwks_uri)
        raise Refused("sign_in_account_unknown", reason="key unknown")

    # --- what it publishes ------------------------------------------------------------------

    async def _known(self) -> _Published:
        async with self._one_at_a_time:
            now = self._now()
            if self._published is None or self._published.until < now:
                if abs(now - self._failed_at) < PAUSE_SECONDS:
                    raise _unreachable("failed a moment ago")
                self._published, self._failed_at = None, now
                self._published = await self._ask_what_it_publishes()
                self._failed_at = 0.0
            return self._published

    async def _ask_what_it_publishes(self) -> _Published:
        issuer = self.client.issuer
        found = await _answer(HTTPRequest(issuer.rstrip("/") + WELL_KNOWN))
        if found.get("issuer") != issuer:
            raise _unreachable("calls itself otherwise")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        ends = [found.get(name) for name in names]
        if not all(isinstance(end, str) and _is_safe(end, issuer) for end in ends):
            raise _unreachable("has an unsafe address")
        authorization, token, keys = map(str, ends)
        if {_host(token), _host(keys)} != {_host(issuer)}:
            raise _unreachable("has an address on another host")
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return _Published(
            authorization,
            token,
            keys,
            in_body="client_secret_basic" not in ways,
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
            keys=await self._keys(keys),
            until=self._now() + KEPT_SECONDS,
        )

    async def _keys(self, address: str) -> KeySet:
        found = await _answer(HTTPRequest(address))
        try:
            return KeySet.import_key_set(found)  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _unreachable("has unreadable keys") from error

    async def _token(self, published: _Published, code: str, verifier: str) -> str:
        """The ID token for a code, not yet believed."""
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=self.client.redirect_uri,
            code=code,
            code_verifier=verifier,
        )
        way = "client_secret_post" if published.in_body else "client_secret_basic"
        address, headers, body = ClientAuth(self.client.id, self.client.secret, way).prepare(
            "POST",
            published.token_endpoint,
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body,
        )
        found = await _answer(HTTPRequest(address, "POST", headers, body))
        if not isinstance(found.get("id_token"), str):
            raise Refused("sign_in_account_unknown", reason="no id token")
        return found["id_token"]


async def _answer(request: HTTPRequest) -> dict[str, Any]:
    """The JSON object that the provider answers with.

    Refuses a code it does not take (status 400 and 401) with `sign_in_account_unknown`, and all
    else that is no such object, also a redirect, with `sign_in_account_unreachable`.
    """
    request.follow_redirects = False
    request.decompress_response = False  # a small answer may be a large one
    request.connect_timeout = request.request_timeout = SECONDS
    client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=LARGEST_ANSWER)
    try:
        answer = await client.fetch(request, raise_error=False)
    except (OSError, HTTPClientError, ValueError) as error:
        raise _unreachable(type(error).__name__) from error
    finally:
        client.close()
    if request.method == "POST" and answer.code in (400, 401):
        raise Refused("sign_in_account_unknown", reason=f"status {answer.code}")
    if answer.code != 200:
        raise _unreachable(f"status {answer.code}")
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise _unreachable("answers no JSON") from error
    if not isinstance(found, dict):
        raise _unreachable("answers no object")
    return found


def _is_safe(address: str, issuer: str) -> bool:
    """Whether what goes there is encrypted, or stays on this machine as the provider does."""
    try:
        scheme, host, _ = _host(address)
    except ValueError:
        return False
    own = scheme == "http" == _host(issuer)[0] and is_local(host or "")
    plain = _ADDRESS.fullmatch(address) and address.isascii() and address.isprintable()
    return bool(host and plain) and (own or scheme == "https")


def _host(address: str) -> tuple[str, str | None, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _unreachable(reason: str) -> Refused:
    return Refused("sign_in_account_unreachable", reason=reason)
