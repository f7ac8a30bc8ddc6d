"""Signing in with an account at a real provider on this machine, as a person and as an attacker."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import count
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from authlib.oauth2.auth import ClientAuth

from advisory.store import open_store, sessions, users
from advisory.store.demo import SYSTEM
from advisory.texts import translator

from .conftest import NOW, Site, free_port
from .oidc_provider import CLIENT, SECRET, Provider

BACK = "/log-ind/konto/svar"
ROLES = "Peer-konsulenter=consultant,Peer-ledelse=leadership"


class Browser:
    """One person's browser: it keeps cookies and goes nowhere by itself."""

    def __init__(self, site: Site):
        self.site = site
        self.cookies: dict[str, str] = {}
        self.page = b""

    def go(self, address: str) -> str:
        """Ask the site for an address; returns where that leads, empty for a page."""
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        _, headers, self.page = self.site.get(path, Cookie=sent)
        for line in headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies.pop(name, None)
                self.cookies |= {name: morsel.value} if morsel.value else {}
        return headers.get("Location", "")

    @property
    def login(self) -> str | None:
        """Who is signed in here."""
        with open_store(self.site.db, clock=lambda: NOW) as store:
            found = sessions.by_cookie(store, self.cookies.get("__Host-session", ""))
        return found.login if found else None


@pytest.fixture(scope="module")
def start(
    demo_path, tmp_path_factory, subprocess_env
) -> Iterator[Callable[..., tuple[Site, Provider]]]:
    """`start(**settings)` starts a provider, and a site that lets people sign in with it."""
    running: list[Site | Provider] = []

    def both(**settings: str) -> tuple[Site, Provider]:
        folder, port = tmp_path_factory.mktemp("oidc"), free_port()
        provider = Provider.start(f"http://127.0.0.1:{port}{BACK}", folder / "provider")
        running.append(provider)
        shutil.copyfile(demo_path, folder / "demo.db")
        (folder / "secret").write_text(SECRET)
        environment = {
            **subprocess_env,
            "ADVISORY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "ADVISORY_OIDC_ISSUER": provider.issuer,
            "ADVISORY_OIDC_CLIENT_ID": CLIENT,
            "ADVISORY_OIDC_CLIENT_SECRET_FILE": str(folder / "secret"),
            **settings,
        }
        site = Site(folder / "demo.db", port, environment, folder / "log")
        running.append(site)
        site.start()
        return site, provider

    yield both
    for one in running:
        one.stop()


@pytest.fixture(scope="module")
def both(start) -> tuple[Site, Provider]:
    return start(ADVISORY_OIDC_ROLES=ROLES)


@pytest.fixture
def site(both) -> Site:
    return both[0]


@pytest.fixture
def provider(both) -> Provider:
    return both[1]


@dataclass(frozen=True)
class Person:
    """A consultant whom the provider knows and we do."""

    subject: str
    login: str


_numbers = count(1)


def added(both: tuple[Site, Provider], **claims: object) -> Person:
    """A new person; the provider says `claims` about them, and what is usual."""
    site, provider = both
    number = next(_numbers)
    person = Person(f"subject {number}", f"ida{number}@styrelsen.example")
    with open_store(site.db, SYSTEM, clock=lambda: NOW) as store:
        users.add(store, person.login, "Ida Lund", "IL", "consultant")
    usual = {
        "email": person.login,
        "email_verified": True,
        "name": "Ida Lund",
        "groups": ["Peer-konsulenter"],
    }
    provider.add(person.subject, **{**usual, **claims})
    return person


@pytest.fixture
def ida(both) -> Person:
    return added(both)


def begun(site: Site, to: str = "/kommuner") -> tuple[Browser, str]:
    """A browser on its way, and the address at the provider that it was sent to."""
    browser = Browser(site)
    return browser, browser.go(f"/log-ind/konto?{urlencode({'next': to})}")


def asked(address: str) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}


def back(**said: str) -> str:
    return f"{BACK}?{urlencode(said)}"


# --- the way there and back -----------------------------------------------------------------


def test_whoever_signs_in_at_the_provider_is_let_in_and_led_on(site, provider, ida):
    browser, there = begun(site)

    assert there.startswith(f"{provider.issuer}/oauth2/authorize?")
    assert browser.go(provider.sign_in(there, ida.subject)) == "/kommuner"
    assert list(browser.cookies) == ["__Host-session"]
    assert browser.login == ida.login
    assert browser.go("/kommuner") == ""
    assert b"Ida Lund" in browser.page


def test_what_the_browser_keeps_meanwhile_is_for_this_site_only(site):
    _, headers, _ = site.get("/log-ind/konto", Cookie="")
    cookie, *attributes = headers["Set-Cookie"].split("; ")

    assert cookie.startswith("__Host-oidc=")
    assert {one.split("=")[0]: one for one in attributes if not one.startswith("expires")} == {
        "HttpOnly": "HttpOnly",
        "Max-Age": "Max-Age=600",
        "Path": "Path=/",
        "SameSite": "SameSite=Lax",
        "Secure": "Secure",
    }
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_whom_nobody_has_added_comes_in_by_their_group(site, provider):
    provider.add(
        "new",
        email="Ny@styrelsen.example",
        email_verified=True,
        name="Ny Leder",
        groups=["Peer-ledelse"],
    )
    browser, there = begun(site)

    assert browser.go(provider.sign_in(there, "new")) == "/kommuner"
    assert browser.login == "ny@styrelsen.example"
    with open_store(site.db, read_only=True, clock=lambda: NOW) as store:
        user = users.by_login(store, "ny@styrelsen.example")
        last = store.rows("history", "table_name = 'app_user'", order="id DESC")[0]
    assert (user["name"], user["role"], user["subject"]) == (
        "Ny Leder",
        "leadership",
        f"{provider.issuer} new",
    )
    assert (last["actor"], last["role"]) == ("Login med arbejdskonto", "system")


@pytest.mark.parametrize(
    "to",
    [
        "https://another.example/",
        "//another.example/",
        "/\\another.example",
        "/\t/another.example",
        "javascript:alert(1)",
        "another.example",
        "",
    ],
)
def test_nobody_is_led_on_to_another_site(site, provider, ida, to):
    browser, there = begun(site, to)

    assert browser.go(provider.sign_in(there, ida.subject)) == "/"
    assert browser.login == ida.login


@pytest.mark.browser
def test_a_person_comes_all_the_way_in_chromium(both, browser):
    """The policy of the page at the door must let a browser leave for the provider."""
    site, _ = both
    ida = added(both)
    window = browser.new_page()
    try:
        window.goto(f"{site.url}/log-ind?next=/kommuner")
        window.get_by_text(translator("da")("login.account")).click()
        window.get_by_placeholder("sub").fill(ida.subject)
        window.get_by_role("button", name="Authorize").click()
        window.wait_for_url(f"{site.url}/kommuner")
        kept = {cookie["name"] for cookie in window.context.cookies(site.url)}
    finally:
        window.close()

    assert "__Host-session" in kept
    assert "__Host-oidc" not in kept


# --- who is turned away ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [{"groups": ["Alle"]}, {"groups": []}, {"email_verified": False}, {"email": None}],
    ids=["another group", "no group", "unverified", "no address"],
)
def test_an_account_that_gives_no_access_is_told_so(site, provider, both, claims):
    ida = added(both, **claims)
    browser, there = begun(site)

    to = browser.go(provider.sign_in(there, ida.subject))

    fault = "unknown" if claims == {"email": None} else "refused"
    assert to == f"/log-ind?fejl={fault}&next=%2Fkommuner"
    assert (browser.login, browser.cookies) == (None, {})
    browser.go(to)
    assert translator("da")(f"error.sign_in_account_{fault}") in browser.page.decode()


def test_a_closed_user_is_turned_away(site, provider, ida):
    with open_store(site.db, SYSTEM, clock=lambda: NOW) as store:
        user = users.by_login(store, ida.login)
        users.close(store, user["id"])
        browser, there = begun(site)
        to = browser.go(provider.sign_in(there, ida.subject))
        users.open_again(store, user["id"])

    assert (to, browser.login) == ("/log-ind?fejl=refused&next=%2Fkommuner", None)
    browser, there = begun(site)  # control
    assert browser.go(provider.sign_in(there, ida.subject)) == "/kommuner"


def test_another_account_with_the_same_address_is_turned_away(site, provider, ida):
    browser, there = begun(site)
    browser.go(provider.sign_in(there, ida.subject))
    provider.add("another", email=ida.login, email_verified=True, groups=["Peer-konsulenter"])

    other, there = begun(site)

    assert browser.login == ida.login  # control
    assert other.go(provider.sign_in(there, "another")) == (
        "/log-ind?fejl=refused&next=%2Fkommuner"
    )
    assert other.login is None


def test_who_changes_their_mind_at_the_provider_is_back_at_the_sign_in(site, provider):
    browser, there = begun(site)

    to = browser.go(back(error="access_denied", state=asked(there)["state"]))

    assert to == "/log-ind?fejl=cancelled&next=%2Fkommuner"
    assert browser.cookies == {}


@pytest.mark.parametrize("said", [{"error": "server_error"}, {"code": ""}, {}])
def test_an_answer_without_a_code_lets_nobody_in(site, said):
    browser, there = begun(site)

    assert browser.go(back(**said, state=asked(there)["state"])) == (
        "/log-ind?fejl=unknown&next=%2Fkommuner"
    )


def test_a_provider_that_is_away_is_said_to_be(start):
    site, provider = start()
    provider.stop()
    browser = Browser(site)

    to = browser.go("/log-ind/konto?next=/kommuner")

    assert (to, browser.cookies) == ("/log-ind?fejl=unreachable&next=%2Fkommuner", {})
    browser.go(to)
    assert translator("da")("error.sign_in_account_unreachable") in browser.page.decode()


# --- attacks --------------------------------------------------------------------------------

EXPIRED = "/log-ind?fejl=expired"
UNKNOWN = "/log-ind?fejl=unknown&next=%2Fkommuner"


def test_an_attackers_answer_signs_nobody_else_in(site, provider, ida):
    """The victim follows a link with the attacker's code, to work in the attacker's name."""
    attacker, there = begun(site)
    answer = provider.sign_in(there, ida.subject)
    without, (halfway, _) = Browser(site), begun(site)

    assert [one.go(answer) for one in (without, halfway)] == [EXPIRED, EXPIRED]
    assert [one.login for one in (without, halfway)] == [None, None]
    assert attacker.go(answer) == "/kommuner"  # control


def test_a_stolen_code_is_of_no_use_elsewhere(site, provider, ida):
    """The attacker has the victim's code, and a way of their own that it is put into."""
    victim, there = begun(site)
    answer = provider.sign_in(there, ida.subject)
    attacker, own = begun(site)

    assert attacker.go(back(code=asked(answer)["code"], state=asked(own)["state"])) == UNKNOWN
    assert attacker.login is None
    assert victim.go(answer) == "/kommuner"  # control


def test_an_answer_is_taken_once(site, provider, ida):
    browser, there = begun(site)
    answer, kept = provider.sign_in(there, ida.subject), dict(browser.cookies)
    first = browser.go(answer)
    again = Browser(site)
    again.cookies = kept

    assert (first, again.go(answer)) == ("/kommuner", EXPIRED)
    assert again.login is None


def test_a_code_is_taken_once(site, provider, ida):
    browser, there = begun(site)
    answer = provider.sign_in(there, ida.subject)
    first = browser.go(answer)
    other, there = begun(site)

    assert first == "/kommuner"
    assert other.go(back(code=asked(answer)["code"], state=asked(there)["state"])) == UNKNOWN
    assert other.login is None


@pytest.mark.parametrize(
    ("more", "to"), [("code=another", UNKNOWN), ("iss=a&iss=b", UNKNOWN), ("other=1", "/kommuner")]
)
def test_an_answer_that_says_something_twice_is_refused(site, provider, ida, more, to):
    browser, there = begun(site)

    assert browser.go(f"{provider.sign_in(there, ida.subject)}&{more}") == to
    assert (browser.login == ida.login) is (to == "/kommuner")


@pytest.mark.parametrize(
    ("named", "to"), [("own", "/kommuner"), ("https://login.another.example", UNKNOWN)]
)
def test_an_answer_that_names_another_provider_is_refused(site, provider, both, named, to):
    ida = added(both)
    browser, there = begun(site)
    issuer = provider.issuer if named == "own" else named

    assert browser.go(f"{provider.sign_in(there, ida.subject)}&{urlencode({'iss': issuer})}") == to
    assert (browser.login is not None) is (to == "/kommuner")


def test_signing_in_begins_a_session_of_its_own(site, provider, ida):
    """A cookie that somebody else put into the browser is of no use to them afterwards."""
    browser, there = begun(site)
    browser.cookies["__Host-session"] = "known to the attacker"
    browser.go(provider.sign_in(there, ida.subject))

    assert browser.cookies["__Host-session"] != "known to the attacker"
    assert browser.login == ida.login


def test_the_log_says_why_and_nothing_of_whom(site, provider, both):
    ida = added(both, groups=["Alle"])
    browser, there = begun(site)
    answer = provider.sign_in(there, ida.subject)
    browser.go(answer)
    browser.go(answer)
    log = site.log.read_text()
    said = [asked(there)[name] for name in ("state", "nonce", "code_challenge")]
    said += [asked(answer)["code"], ida.login, ida.subject, "Ida", SECRET]

    assert "sign-in with an account: sign_in_account_refused no group" in log
    assert "sign-in with an account: sign_in_account_expired" in log
    assert [one for one in said if one in log] == []


# --- the provider itself: what it refuses, so that the above shows something -----------------


VERIFIER = "v" * 43
USUAL = {
    "response_type": "code",
    "client_id": CLIENT,
    "scope": "openid email",
    "state": "s",
    "code_challenge": "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM",
    "code_challenge_method": "S256",
}


def code_of(both: tuple[Site, Provider], **changes: str) -> str:
    """The code that the provider gives for a request of this kind, or why it gives none."""
    site, provider = both
    request = {**USUAL, "redirect_uri": site.url + BACK, "nonce": f"n{next(_numbers)}", **changes}
    sent = urlencode({name: value for name, value in request.items() if value})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    address = f"/oauth2/authorize?{sent}"
    _, headers, _ = provider.ask("POST", address, "sub=somebody", **kind)
    said = asked(headers.get("Location", "?"))
    return said.get("code") or said.get("error", "")


def exchanged(
    both: tuple[Site, Provider], verifier: str = VERIFIER, secret: str = SECRET
) -> tuple[int, str]:
    """What the provider answers to a code, a verifier and a secret."""
    site, provider = both
    sent = {
        "grant_type": "authorization_code",
        "code": code_of(both),
        "redirect_uri": site.url + BACK,
        "code_verifier": verifier,
    }
    _, headers, body = ClientAuth(CLIENT, secret).prepare(
        "POST", "", {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(sent)
    )
    status, _, content = provider.ask("POST", "/oauth2/token", body, **headers)
    return status, json.loads(content).get("error", "")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"nonce": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"client_id": "another"}, ""),
        ({"redirect_uri": "https://another.example/"}, ""),
    ],
)
def test_control_the_provider_gives_no_code_for_less(both, changes, error):
    assert code_of(both, **changes) == error
    assert len(code_of(both)) == 48


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, (200, "")),
        ({"verifier": "w" * 43}, (400, "invalid_grant")),
        ({"verifier": ""}, (400, "invalid_request")),
        ({"secret": "another"}, (401, "invalid_client")),
    ],
)
def test_control_the_provider_takes_a_code_only_with_what_belongs_to_it(both, changes, answer):
    assert exchanged(both, **changes) == answer
