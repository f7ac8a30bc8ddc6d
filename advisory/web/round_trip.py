"""The way to the provider of accounts and back: what must be the same at both ends of it.

What waits meanwhile is a seed in a cookie of the browser, signed by us. State, nonce and verifier
are made from the seed with the server's own key, so that every server process can make them again
and no verifier ever leaves it but to the provider.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from .signing import Signer

WAIT_SECONDS = 600
LONGEST_NEXT = 1_000


@dataclass(frozen=True)
class RoundTrip:
    """One way there and back.

    `state` binds the answer to the browser, `nonce` the token to the question, `verifier` the code
    to this server; `next` is the address of ours that it was begun for.
    """

    cookie: str
    state: str
    nonce: str
    verifier: str
    next: str


class RoundTrips:
    """Begins them, and lets each come back once, within ten minutes, by this server's `now`."""

    def __init__(self, signer: Signer, now: Callable[[], float]):
        self._signer, self._now = signer, now
        self._over: dict[str, int] = {}

    def begin(self, next: str) -> RoundTrip:
        """A new one, with the cookie to give to the browser."""
        fits = len(next) <= LONGEST_NEXT
        address = base64.urlsafe_b64encode((next if fits else "/").encode()).decode().rstrip("=")
        said = f"{secrets.token_urlsafe(16)}.{int(self._now()) + WAIT_SECONDS}.{address}"
        return self._made(f"{said}.{self._mark('cookie', said)}")

    def back(self, cookie: str, state: str) -> RoundTrip | None:
        """The one that a browser with this cookie comes back from with this state.

        None when it is another browser's, not ours, older than ten minutes, or has come back
        before to this process (of a code that comes to another one, the provider takes no second).
        """
        said, _, mark = cookie.rpartition(".")
        if said.count(".") != 2 or not self._signer.is_ours(mark, "oidc", "cookie", said):
            return None
        seed, until, _ = said.split(".")
        now = self._now()
        if int(until) < now or not self._signer.is_ours(state, "oidc", "state", seed):
            return None
        self._over = {one: end for one, end in self._over.items() if end >= now}
        if seed in self._over:
            return None
        self._over[seed] = int(until)
        return self._made(cookie)

    def _made(self, cookie: str) -> RoundTrip:
        seed, _, address, _ = cookie.split(".")
        return RoundTrip(
            cookie,
            state=self._mark("state", seed),
            nonce=self._mark("nonce", seed),
            verifier=self._mark("verifier", seed) + self._mark("verifier's rest", seed),
            next=base64.urlsafe_b64decode(address + "==").decode(),
        )

    def _mark(self, *parts: str) -> str:
        return self._signer.mark("oidc", *parts)
