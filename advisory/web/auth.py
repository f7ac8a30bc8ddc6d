"""Signing in and out: plain pages, without Panel and without a session of theirs.

Whether an address is known, a password is wrong or access is closed is answered alike, in the same
time. Tries are slowed for an account, and for a place that they come from; a browser in which this
account has signed in before has tries of its own, so that nobody can lock its user out.
"""

import asyncio
import math
import secrets
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import tornado.web

from ..domain.errors import AdvisoryError, Refused
from ..domain.sessions import ABSOLUTE, IDLE
from ..settings import LANGUAGES
from ..store import credentials, open_store, sessions, users
from ..ui import shell
from ..ui.safe import url
from .identity import COOKIE, SIGN_IN, People, own_address
from .public import LARGEST_BODY, Public
from .signing import Signer

DEVICE = "__Host-device"
DEVICE_DAYS = 365
MOST_FIELDS = 10
# What a proxy adds, as Tornado writes the names.
FORWARDED = frozenset({"X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"})
POLICY_OF_SCRIPTS = "script-src 'self'"
SIGNED_OUT = "ud"  # in place of the session's cookie: every tab of the browser can say so
NOTICES = ("ud", "kode")  # why one stands at the sign-in, as the address says it
# What web/oidc says.
FAULTS = frozenset({"refused", "unknown", "unreachable", "cancelled", "expired"})

# A hash takes 64 MiB and some 50 ms; more than two at a time wait for each other.
_hashing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


async def fits(hashed: str, password: str) -> bool:
    """Whether a password fits a hash; the other requests go on meanwhile."""
    return await asyncio.get_running_loop().run_in_executor(
        _hashing, credentials.is_right, hashed, password
    )


def let_in(
    handler: tornado.web.RequestHandler, people: People, user_id: int, method: str, next: str
) -> None:
    """Begin a session, end the one before it in this browser, and lead on to `next`.

    Refuses with `user_unknown`, and as every write when the file cannot be written.
    """
    cookie = sessions.start(people.store, user_id, method)
    before = people.signed_in(handler.request)
    if before is not None:
        sessions.end(people.store, before.id)
    handler.set_cookie(COOKIE, cookie, secure=True, httponly=True, samesite="Lax", path="/")
    address = own_address(next)
    if address == "/":
        role = people.store.get("app_user", user_id)["role"]
        address = url(shell.home(role), lang=handler.get_query_argument("lang", ""))
    handler.redirect(address, status=HTTPStatus.SEE_OTHER)


class Entry(Public):
    """What the pages at the door have in common; they are the public's, with a script of ours."""

    def initialize(self, desk: Any, people: People, oidc: Any, signer: Signer) -> None:
        super().initialize(desk)
        self._people, self._oidc, self._signer = people, oidc, signer

    def set_default_headers(self) -> None:
        super().set_default_headers()
        policy = self._headers["Content-Security-Policy"]
        self.set_header(
            "Content-Security-Policy", f"{policy}; {POLICY_OF_SCRIPTS}; connect-src 'self'"
        )

    def fields(self) -> dict[str, str]:
        """What was posted, by name; more than 64 kB is refused."""
        if self.size > LARGEST_BODY:
            raise tornado.web.HTTPError(413)
        try:
            found = parse_qs(
                bytes(self._sent).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
        except ValueError as error:
            raise tornado.web.HTTPError(400) from error
        return {name: values[-1] for name, values in found.items()}

    def sign_out_here(self) -> None:
        """Let this browser know no session any more, only that it was signed out."""
        self.set_cookie(COOKIE, SIGNED_OUT, secure=True, httponly=True, samesite="Lax", path="/")

    def to_sign_in(self, **query: str) -> None:
        """Lead to the sign-in, in the language of this page."""
        self.see(self.link(SIGN_IN, **query))


class SignIn(Entry):
    """The sign-in itself."""

    @property
    def asked_language(self) -> str | None:
        """What the address asks for, or else that of the page one was on the way to."""
        return super().asked_language or _language_of(self.get_query_argument("next", "/"))

    def get(self) -> None:
        next = own_address(self.get_query_argument("next", "/"))
        signed = self._people.signed_in(self.request)
        if signed is not None:
            home = url(shell.home(signed.role), lang=self.asked_language)
            self.see(home if next == "/" else next)
            return
        fault = self.get_query_argument("fejl", "")
        self._show(
            next,
            notice=self._why(),
            error=self.text(f"error.sign_in_account_{fault}") if fault in FAULTS else "",
        )

    def _why(self) -> str:
        """Why one is not signed in any more, in a sentence; empty for who was not before."""
        cookie, said = self.get_cookie(COOKIE, ""), self.get_query_argument("slut", "")
        if said not in NOTICES:
            if not cookie:
                return ""
            ended = sessions.ending(self._people.store, cookie) or "unknown"
            said = SIGNED_OUT if cookie == SIGNED_OUT else ended
        return self.text(f"login.ended_{said}", minutes=_minutes(), hours=_hours())

    head = get

    async def post(self) -> None:
        sent = self.fields()
        email, password = sent.get("email", "").strip(), sent.get("password", "")
        next = own_address(sent.get("next", "/"))
        try:
            user_id = await self._checked(email, password)
            let_in(self, self._people, user_id, "password", next)
        except AdvisoryError as error:
            status = {"sign_in_failed": 401, "user_unknown": 401, "sign_in_paused": 429}
            self._show(next, status.get(error.key, 503), email=email, error=self.text.error(error))

    async def _checked(self, email: str, password: str) -> int:
        """The user whose password it is. Refuses with `sign_in_paused` and `sign_in_failed`."""
        store, login = self._people.store, email.lower()
        known = self._device_of(login)
        place = self._signer.mark("place", self.place)
        account = self._signer.mark("account", login)
        own, shared = (self._signer.mark("device", known), []) if known else (account, [place])
        credentials.begin_try(store, own, shared)
        user = users.by_login(store, login)
        hashed = credentials.hash_of(store, user["id"] if user else None)
        right = await fits(hashed, password)
        if not right or user is None or credentials.hash_of(store, user["id"]) != hashed:
            raise Refused("sign_in_failed")  # the last: it has been changed while this one waited
        credentials.forget_tries(store, own, shared)
        self._know_device(login)
        return user["id"]

    def _device_of(self, login: str) -> str:
        """The browser's own mark, empty when this login has not signed in with it."""
        nonce, _, mark = self.get_cookie(DEVICE, "").partition(".")
        return nonce if mark and self._signer.is_ours(mark, "device of", login, nonce) else ""

    def _know_device(self, login: str) -> None:
        if self._device_of(login):
            return
        nonce = secrets.token_urlsafe(16)
        word = f"{nonce}.{self._signer.mark('device of', login, nonce)}"
        self.set_cookie(
            DEVICE,
            word,
            expires_days=DEVICE_DAYS,
            secure=True,
            httponly=True,
            samesite="Lax",
            path="/",
        )

    def _show(
        self, next: str, status: int = 200, email: str = "", error: str = "", notice: str = ""
    ) -> None:
        store = self._people.store
        self.page(
            "login.html",
            status,
            users=users.to_try(store),
            nobody=self.get_cookie(COOKIE, SIGNED_OUT) == SIGNED_OUT,
            oidc=self._oidc is not None,
            password=self._oidc is None or credentials.exist(store),
            next=next,
            email=email,
            error=error,
            notice=notice,
            idle_minutes=_minutes(),
        )


class SignInDemo(Entry):
    """Lets a visitor of a demo be one of its invented users."""

    def post(self) -> None:
        sent = self.fields()
        user = users.by_login(self._people.store, sent.get("login", ""))
        offered = [one["id"] for one in users.to_try(self._people.store)]
        through = FORWARDED & {*self.request.headers}  # a proxy would let everybody be anybody
        if through or user is None or user["id"] not in offered:
            raise tornado.web.HTTPError(403)
        let_in(self, self._people, user["id"], "demo", sent.get("next", "/"))


class SignOut(Entry):
    """Ends the session on the server, wherever it is open."""

    def post(self) -> None:
        signed = self._people.signed_in(self.request)
        self.sign_out_here()  # first of all: the file may be busy
        if signed is not None:
            sessions.end(self._people.store, signed.id)
        self.set_header("Clear-Site-Data", '"storage"')  # what was typed and not saved
        self.to_sign_in(slut="ud")


class Session(Entry):
    """How long a session still goes on, in seconds, and what ends it; a post counts as use."""

    def get(self) -> None:
        signed = self._people.signed_in(self.request)
        if signed is None:
            self.set_status(HTTPStatus.UNAUTHORIZED)
            self.finish({"left": 0})
            return
        left = (signed.ends_at - self._people.store.now()).total_seconds()
        # Rounded up: who is told of 0 leaves, and would be found to be signed in still.
        self.finish({"left": max(math.ceil(left), 1), "limit": signed.limit})

    def post(self) -> None:
        signed = self._people.signed_in(self.request)
        if signed is not None:
            sessions.use(self._people.store, signed)
        self.get()


class Password(Entry):
    """A person's own password, changed by themselves."""

    def prepare(self) -> None:
        super().prepare()
        signed = self._people.signed_in(self.request)
        if signed is None:
            self.to_sign_in(next=self.link("adgangskode"))
        elif signed.method != "password":
            raise tornado.web.HTTPError(404)  # who came in otherwise has none here
        else:
            self._signed = signed

    def get(self) -> None:
        self._show()

    async def post(self) -> None:
        sent = self.fields()
        old, new = sent.get("old", ""), sent.get("new", "")
        if new != sent.get("again", ""):
            self._show("again", self.text("error.password_differs"))
            return
        store = self._people.store
        own = self._signer.mark("change", self._signed.login)
        try:
            credentials.begin_try(store, own)
            await asyncio.get_running_loop().run_in_executor(_hashing, self._change, old, new)
        except AdvisoryError as error:
            of_old = error.key in ("password_wrong", "sign_in_paused")
            if not of_old:
                credentials.forget_tries(store, own)
            self._show("old" if of_old else "new", self.text.error(error))
            return
        credentials.forget_tries(store, own)
        self.to_sign_in(slut="kode")  # the cookie stays: what was typed elsewhere does, too

    def _change(self, old: str, new: str) -> None:
        """With a connection of its own: it runs beside the other requests."""
        with open_store(self._people.store.path, clock=self._people.store.now) as store:
            store.actor = users.actor_for(store, self._signed.login)
            credentials.change_own(store, self._signed.login, old, new)

    def _show(self, field: str = "", error: str = "") -> None:
        self.page(
            "password.html",
            HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
            error=error,
            field=field,
            done=False,
            name=self._signed.name,
        )


def _minutes() -> int:
    return int(IDLE.total_seconds() // 60)


def _hours() -> int:
    return int(ABSOLUTE.total_seconds() // 3600)


def _language_of(address: str) -> str | None:
    """The language that an address of ours asks for; None leaves it to the page."""
    asked = parse_qs(urlsplit(own_address(address)).query).get("lang", [""])[-1]
    return asked if asked in LANGUAGES else None


def routes(desk: Any, people: People, oidc: Any, signer: Signer) -> list[tuple[str, type, dict]]:
    """The handlers at the door."""
    shared = {"desk": desk, "people": people, "oidc": oidc, "signer": signer}
    return [
        (SIGN_IN, SignIn, shared),
        (f"{SIGN_IN}/demo", SignInDemo, shared),
        (r"/log-ud", SignOut, shared),
        (r"/session", Session, shared),
        (r"/adgangskode", Password, shared),
    ]
