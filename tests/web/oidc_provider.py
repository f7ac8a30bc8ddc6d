"""A provider of OpenID Connect on this machine, in a process of its own: `oidc-provider-mock`.

It knows one client, its secret and where it sends people back to, and it takes no sign-in without
a nonce and PKCE with S256. The package does the protocol with authlib but not PKCE, so authlib's
own is put in.

`python oidc_provider.py PORT ADDRESS_BACK`; `Provider` starts it and signs people in at it.
"""

import http.client
import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import oidc_provider_mock
import uvicorn
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge
from oidc_provider_mock import _app, _storage

CLIENT = "peer"
SECRET = "en hemmelighed for to"


@dataclass(kw_only=True, frozen=True)
class ChallengedCode(_storage.AuthorizationCode):
    """A code and what the verifier that comes with it must hash to."""

    code_challenge: str
    code_challenge_method: str


class OnlyS256(CodeChallenge):
    """Authlib's PKCE, which takes requests without any, here takes none but S256."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant, redirect_uri):
        super().validate_code_challenge(grant, redirect_uri)
        if grant.request.payload.data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Missing 'code_challenge'")


class PkceGrant(_app.AuthorizationCodeGrant):
    """The package's grant with PKCE."""

    def __init__(self, request, server):
        super().__init__(request, server)
        OnlyS256(required=True)(self)

    def save_authorization_code(self, code, request):
        super().save_authorization_code(code, request)
        plain = _storage.storage.get_authorization_code(code)
        challenge = {
            name: request.payload.data[name] for name in ("code_challenge", "code_challenge_method")
        }
        _storage.storage.store_authorization_code(ChallengedCode(**vars(plain), **challenge))


def serve(port: int, back: str) -> None:
    """Run the provider until the process ends."""
    _app.AuthorizationCodeGrant = PkceGrant
    app = oidc_provider_mock.app(require_client_registration=True, require_nonce=True)
    client = _storage.Client(
        id=CLIENT,
        secret=SECRET,
        redirect_uris=[back],
        allowed_scopes=_storage.Client.SCOPES_SUPPORTED,
        token_endpoint_auth_method="client_secret_basic",
    )
    with app.test_request_context():
        app.preprocess_request()
        _storage.storage.store_client(client)
    uvicorn.run(app, interface="wsgi", host="127.0.0.1", port=port, log_level="error")


@dataclass
class Provider:
    """A running provider."""

    port: int
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, back: str, log: Path) -> "Provider":
        """One that sends people back to `back`, as soon as it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with log.open("wb") as output:
            command = [sys.executable, __file__, str(port), back]
            started = cls(port, subprocess.Popen(command, stdout=output, stderr=output))
        for _ in range(200):
            try:
                if started.ask("GET", "/.well-known/openid-configuration")[0] == 200:
                    return started
            except OSError:
                time.sleep(0.1)
        raise AssertionError(log.read_text())

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, address: str, body: str | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and content of one request."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def add(self, subject: str, **claims: object) -> None:
        """Let the provider know a person and what it says about them."""
        address, body = f"/users/{quote(subject)}", json.dumps(claims)
        status = self.ask("PUT", address, body, **{"Content-Type": "application/json"})[0]
        assert status == 204

    def sign_in(self, address: str, subject: str, **form: str) -> str:
        """What a person does there who was sent to `address`; returns where they are sent back."""
        body = urlencode({"sub": subject, **form})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, headers, content = self.ask("POST", address, body, **kind)
        assert status == 302, content
        return headers["Location"]


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
