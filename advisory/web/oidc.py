"""Signing in with an account that another keeps: OpenID Connect, the code flow with PKCE.

Nothing that the provider or the browser sends is shown or written in the log; a failure leads back
to the sign-in with one of a few words, and the log says why under the request's reference.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..domain.errors import AdvisoryError, Refused
from ..settings import Settings, variable
from ..store import Actor, Clock, Store, claims, open_store
from .auth import let_in
from .id_token import Claims
from .identity import SIGN_IN, People, is_local, own_address
from .issuer import Client, Issuer
from .round_trip import WAIT_SECONDS, RoundTrips
from .signing import Signer
from .unlogged import Unlogged

COOKIE = "__Host-oidc"
BEGIN = f"{SIGN_IN}/konto"
BACK = f"{BEGIN}/svar"
SYSTEM = Actor("system", "Login med arbejdskonto", "system")
ANSWERS = ("code", "state", "iss", "error")
FAULT = "sign_in_account_"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Oidc:
    """What signing in with an account needs: the provider, those on their way, and the users."""

    issuer: Issuer
    trips: RoundTrips
    store: Store
    login_claim: str
    group_claim: str
    roles: tuple[tuple[str, str], ...]

    def user_of(self, said: Claims) -> int:
        """The user that the claims are about, as `claims.user_of`."""
        login, name = said.get(self.login_claim), said.get("name")
        groups = said.get(self.group_claim)
        if not isinstance(login, str) or not login.strip():
            raise Refused("sign_in_account_unknown", reason="no login")
        return claims.user_of(
            self.store,
            self.issuer.client.issuer,
            said["sub"],
            login,
            name if isinstance(name, str) else "",
            [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else [],
            self.roles,
            _verified(said) if self.login_claim == "email" else None,
        )


def configured(
    settings: Settings,
    signer: Signer,
    clock: Clock,
    now: Callable[[], float] = time.time,
) -> Oidc | None:
    """Signing in with an account as the settings have it; None when they do not.

    `clock` is the database's, `now` what a provider calls now, in seconds. Refuses with
    `oidc_incomplete`, `oidc_secret_missing` and `oidc_url_needed`.
    """
    client = _client(settings)
    if client is None:
        return None
    return Oidc(
        Issuer(client, now),
        RoundTrips(signer, now),
        open_store(settings.db, SYSTEM, clock=clock),
        settings.oidc_login_claim,
        settings.oidc_group_claim,
        settings.oidc_roles,
    )


def _client(settings: Settings) -> Client | None:
    needed = ("oidc_issuer", "oidc_client_id", "oidc_client_secret_file")
    missing = [variable(name) for name in needed if getattr(settings, name) is None]
    if len(missing) == len(needed) and not settings.oidc_roles:
        return None
    if missing:
        raise Refused("oidc_incomplete", names=", ".join(missing))
    public = urlsplit(settings.public_url)
    if public.scheme != "https" and not is_local(public.hostname or ""):
        raise Refused("oidc_url_needed", url=settings.public_url)
    return Client(
        str(settings.oidc_issuer),
        str(settings.oidc_client_id),
        _secret(settings),
        settings.public_url + BACK,
    )


def _secret(settings: Settings) -> str:
    path = settings.oidc_client_secret_file
    try:
        secret = path.read_text(encoding="ascii").strip() if path else ""
    except (OSError, ValueError):
        secret = ""
    if not secret:
        raise Refused("oidc_secret_missing", path=str(path))
    return secret


def _verified(said: Claims) -> bool:
    """Whether the provider says that the address is the person's; some write it as a word.

    One who says nothing lets people write what they like: what it gives out itself has another name
    (`preferred_username`), to be set with `ADVISORY_OIDC_LOGIN_CLAIM`.
    """
    return said.get("email_verified") in (True, "true")


def routes(people: People, oidc: Oidc | None) -> list[tuple[str, type[Unlogged], dict[str, Any]]]:
    """The handlers of signing in with an account; none when it is not set up."""
    shared = {"people": people, "oidc": oidc}
    return [(BEGIN, Begin, shared), (BACK, Back, shared)] if oidc else []


class _Step(Unlogged):
    """What both ends of the way have in common."""

    def initialize(self, people: People, oidc: Oidc) -> None:
        self._people, self._oidc = people, oidc

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")  # the address holds the code

    def _fail(self, error: AdvisoryError, next: str = "/") -> None:
        """Lead back to the sign-in, which says in words what the word in its address means."""
        log.warning("sign-in with an account: %s %s", error.key, error.values.get("reason", ""))
        ours = error.key.startswith(FAULT)
        query = {"fejl": error.key.removeprefix(FAULT) if ours else "unknown"}
        query |= {"next": next} if next != "/" else {}
        self.redirect(f"{SIGN_IN}?{urlencode(query)}", status=HTTPStatus.SEE_OTHER)

    def _request_summary(self) -> str:
        """What the logs of Tornado call a request; not with the code in its address."""
        return f"{self.request.method} {self.request.path}"


class Begin(_Step):
    """Sends a browser to the provider."""

    async def get(self) -> None:
        next = own_address(self.get_query_argument("next", "/"))
        trip = self._oidc.trips.begin(next)
        try:
            address = await self._oidc.issuer.address(trip)
        except AdvisoryError as error:
            self._fail(error, next)
            return
        self.set_cookie(
            COOKIE,
            trip.cookie,
            max_age=WAIT_SECONDS,
            secure=True,
            httponly=True,
            samesite="Lax",  # it comes back from another site
            path="/",
        )
        self.redirect(address, status=HTTPStatus.SEE_OTHER)


class Back(_Step):
    """Takes a browser back from the provider, and lets its user in."""

    async def get(self) -> None:
        said = {name: self.get_query_arguments(name) for name in ANSWERS}
        answer = {name: found[0] for name, found in said.items() if len(found) == 1}
        trip = self._oidc.trips.back(self.get_cookie(COOKIE, ""), answer.get("state", ""))
        if trip is None:
            self._fail(Refused("sign_in_account_expired"))
            return
        self.clear_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        try:
            if any(len(found) > 1 for found in said.values()):
                raise Refused("sign_in_account_unknown", reason="said twice")
            await self._oidc.issuer.refuse_other(answer.get("iss"))
            if answer.get("error") == "access_denied":
                raise Refused("sign_in_account_cancelled")
            if "error" in answer or not answer.get("code"):
                raise Refused("sign_in_account_unknown", reason="no code")
            found = await self._oidc.issuer.claims(answer["code"], trip)
            let_in(self, self._people, self._oidc.user_of(found), "oidc", trip.next)
        except AdvisoryError as error:
            self._fail(error, trip.next)
