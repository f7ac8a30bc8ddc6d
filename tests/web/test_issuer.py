"""What a provider may do to us: publish what it must not, send too much, too late, from elsewhere.

Every provider here is one step away from one that works.
"""

import asyncio
import gzip
import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from advisory.domain.errors import Refused
from advisory.web import issuer
from advisory.web.issuer import Client, Issuer
from advisory.web.round_trip import RoundTrips
from advisory.web.signing import Signer

from .apart import apart
from .hostile_provider import (
    CLIENT,
    DISCOVERY,
    KEY,
    KEYS,
    NAMESAKE,
    NEWER,
    NOW,
    SECRET,
    TOKEN,
    Hostile,
    public,
    signed,
)

BACK = "https://peerforloeb.example/log-ind/konto/svar"
TRIP = RoundTrips(Signer(b"k" * 32), lambda: NOW).begin("/kommuner")
PUBLISHED = [f"GET {DISCOVERY}", f"GET {KEYS}"]


class Now:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = float(NOW)

    def __call__(self) -> float:
        return self.seconds


def with_provider(ask, **answers):
    """What `ask(provider, issuer)` returns while the provider answers like that."""

    async def work():
        async with Hostile().running() as provider:
            provider.answers.update(answers)
            return await ask(provider, client_of(provider))

    return apart(work())


def client_of(provider: Hostile, now=None) -> Issuer:
    return Issuer(Client(provider.issuer, CLIENT, SECRET, BACK), now or Now())


def token(provider: Hostile, key=KEY, **changes: object) -> dict[str, object]:
    claims = {"iss": provider.issuer, "sub": "1", "aud": CLIENT, "nonce": TRIP.nonce}
    return {"id_token": signed({**claims, "iat": NOW, "exp": NOW + 300, **changes}, key)}


async def refusal(awaitable) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        await awaitable
    return refused.value.key.removeprefix("sign_in_account_"), refused.value.values["reason"]


# --- what it publishes ----------------------------------------------------------------------


def test_a_browser_is_sent_to_the_provider_with_everything_that_must_come_back():
    async def ask(provider, issuer):
        return provider.issuer, await issuer.address(TRIP)

    own, address = with_provider(ask)

    assert address.startswith(f"{own}/go?")
    assert parse_qs(urlsplit(address).query, keep_blank_values=True) == {
        "response_type": ["code"],
        "client_id": [CLIENT],
        "redirect_uri": [BACK],
        "scope": ["openid profile email"],
        "state": [TRIP.state],
        "nonce": [TRIP.nonce],
        "code_challenge": [issuer.create_s256_code_challenge(TRIP.verifier)],
        "code_challenge_method": ["S256"],
    }


def test_what_is_published_is_asked_for_once_an_hour():
    now = Now()

    async def ask(provider, _):
        issuer = client_of(provider, now)
        await asyncio.gather(issuer.address(TRIP), issuer.address(TRIP))
        now.seconds += 3600
        await issuer.address(TRIP)
        first = list(provider.asked)
        now.seconds += 1
        await issuer.address(TRIP)
        return first, provider.asked

    first, second = with_provider(ask)

    assert (first, second) == (PUBLISHED, PUBLISHED * 2)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"issuer": "https://login.another.example"}, "calls itself otherwise"),
        ({"issuer": None}, "calls itself otherwise"),
        (
            {"token_endpoint": "https://login.another.example/token"},
            "has an address on another host",
        ),
        ({"jwks_uri": "http://127.0.0.1:1/keys"}, "has an address on another host"),
        ({"jwks_uri": "file:///etc/passwd"}, "has an unsafe address"),
        ({"token_endpoint": "http://login.another.example/token"}, "has an unsafe address"),
        ({"token_endpoint": None}, "has an unsafe address"),
        ({"token_endpoint": "https://a:123456/"}, "has an unsafe address"),
        ({"authorization_endpoint": "http://login.another.example/go"}, "has an unsafe address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "has an unsafe address"),
        (
            {"authorization_endpoint": "https://a.example/\r\nSet-Cookie: a=b"},
            "has an unsafe address",
        ),
        ({"authorization_endpoint": "https://us@a.example/"}, "has an unsafe address"),
    ],
)
def test_a_provider_that_publishes_what_it_must_not_is_not_asked_for_more(document, reason):
    async def ask(provider, issuer):
        provider.document = document
        return await refusal(issuer.address(TRIP)), provider.asked

    found, asked = with_provider(ask)

    assert (found, asked) == (("unreachable", reason), PUBLISHED[:1])


def test_control_a_browser_may_be_sent_to_another_host_of_the_provider():
    async def ask(provider, issuer):
        provider.document = {"authorization_endpoint": "https://go.example/to?tenant=1"}
        return await issuer.address(TRIP)

    assert with_provider(ask).startswith("https://go.example/to?tenant=1&response_type=code&")


def document(provider: Hostile, **more: object) -> dict[str, object]:
    ends = {"authorization_endpoint": "/go", "token_endpoint": TOKEN, "jwks_uri": KEYS}
    return {"issuer": provider.issuer, **{k: provider.issuer + v for k, v in ends.items()}, **more}


@pytest.mark.parametrize(
    ("padding", "found"),
    [(200_000, "an address"), (300_000, ("unreachable", "HTTPStreamClosedError"))],
    ids=["control", "too large"],
)
@pytest.mark.parametrize("piecewise", [False, True])
def test_an_answer_has_a_largest_size(padding, found, piecewise):
    async def ask(provider, issuer):
        async def answer(handler):
            text = json.dumps(document(provider, padding="x" * padding))
            for start in range(0, len(text), 10_000) if piecewise else ():
                handler.write(text[start : start + 10_000])
                await handler.flush()
            handler.finish(None if piecewise else text)

        provider.answers[DISCOVERY] = answer
        return await _address_or_refusal(issuer)

    assert with_provider(ask) == found


async def _address_or_refusal(issuer: Issuer) -> object:
    try:
        await issuer.address(TRIP)
    except Refused as refused:
        return refused.key.removeprefix("sign_in_account_"), refused.values["reason"]
    return "an address"


def test_an_answer_that_unpacks_to_more_is_not_unpacked():
    async def ask(provider, issuer):
        async def answer(handler):
            handler.set_header("Content-Encoding", "gzip")
            handler.finish(gzip.compress(json.dumps(document(provider)).encode()))

        provider.answers[DISCOVERY] = answer
        return await _address_or_refusal(issuer)

    assert with_provider(ask) == ("unreachable", "answers no JSON")


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "drop by drop"])
@pytest.mark.parametrize(
    ("limit", "drops", "found"),
    [(5, 4, "an address"), (0.5, 1000, ("unreachable", "HTTPTimeoutError"))],
    ids=["control", "too late"],
)
def test_an_answer_has_a_time_by_which_it_must_be_whole(monkeypatch, drips, limit, drops, found):
    monkeypatch.setattr(issuer, "SECONDS", limit)

    async def ask(provider, issuer):
        async def answer(handler):
            for _ in range(drops):
                await asyncio.sleep(0.05)
                if drips:
                    handler.write(" ")
                    await handler.flush()
            handler.finish(json.dumps(document(provider)))

        provider.answers[DISCOVERY] = answer
        return await _address_or_refusal(issuer)

    assert with_provider(ask) == found


def test_other_visitors_are_served_while_a_provider_takes_its_time(monkeypatch):
    monkeypatch.setattr(issuer, "SECONDS", 0.5)

    async def ask(provider, issuer):
        async def answer(handler):
            await asyncio.sleep(50)

        provider.answers[DISCOVERY] = answer
        asking = asyncio.create_task(refusal(issuer.address(TRIP)))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0.01)
            turns += 1
        return turns, await asking

    turns, found = with_provider(ask)

    assert turns > 2
    assert found == ("unreachable", "HTTPTimeoutError")


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_an_answer_that_leads_elsewhere_is_not_followed(path):
    async def ask(provider, issuer):
        provider.answers |= {"/there": provider.answers[path], "/keys2": public(KEY)}
        provider.answers[path] = leads_to("/there")
        return await refusal(issuer.address(TRIP)), provider.asked

    found, asked = with_provider(ask)

    assert found == ("unreachable", "status 302")
    assert asked[-1] == f"GET {path}"


def leads_to(path):
    async def answer(handler):
        handler.redirect(path)

    return answer


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        (DISCOVERY, [], "answers no object"),
        (DISCOVERY, "text", "answers no object"),
        (KEYS, {}, "has unreadable keys"),
        (KEYS, {"keys": []}, "has unreadable keys"),
        (KEYS, {"keys": [{"kty": "RSA"}]}, "has unreadable keys"),
        (KEYS, {"keys": [1]}, "has unreadable keys"),
        (KEYS, {"keys": 1}, "has unreadable keys"),
    ],
)
def test_an_answer_of_another_shape_is_refused(path, content, reason):
    async def ask(provider, issuer):
        return await refusal(issuer.address(TRIP))

    assert with_provider(ask, **{path: content}) == ("unreachable", reason)


@pytest.mark.parametrize("text", ["", "<html>", "[" * 100_000])
def test_an_answer_that_is_no_json_is_refused(text):
    async def ask(provider, issuer):
        async def answer(handler):
            handler.finish(text)

        provider.answers[DISCOVERY] = answer
        return await refusal(issuer.address(TRIP))

    assert with_provider(ask) == ("unreachable", "answers no JSON")


def test_after_a_failure_the_provider_is_left_in_peace_for_a_moment():
    now = Now()

    async def ask(provider, _):
        issuer = client_of(provider, now)
        whole = provider.answers.pop(DISCOVERY)
        found = [await _address_or_refusal(issuer), await _address_or_refusal(issuer)]
        provider.answers[DISCOVERY] = whole
        now.seconds += 11
        return [*found, await _address_or_refusal(issuer)], provider.asked

    found, asked = with_provider(ask)

    assert found == [
        ("unreachable", "status 404"),
        ("unreachable", "failed a moment ago"),
        "an address",
    ]
    assert asked == [f"GET {DISCOVERY}", *PUBLISHED]


def test_a_provider_that_is_not_there_is_unreachable():
    async def ask():
        async with Hostile().running() as provider:
            gone = client_of(provider)
        return await refusal(gone.address(TRIP))

    assert apart(ask()) == ("unreachable", "ConnectionRefusedError")


# --- what it says about a person ------------------------------------------------------------


def test_a_code_is_exchanged_with_our_secret_and_the_verifier():
    async def ask(provider, issuer):
        provider.answers[TOKEN] = token(provider, email="maja@styrelsen.example")
        return await issuer.claims("the code", TRIP), provider.asked, provider.sent, provider.issuer

    claims, asked, [(body, headers)], own = with_provider(ask)

    assert claims == {
        "iss": own,
        "sub": "1",
        "aud": CLIENT,
        "nonce": TRIP.nonce,
        "iat": NOW,
        "exp": NOW + 300,
        "email": "maja@styrelsen.example",
    }
    assert asked == [*PUBLISHED, f"POST {TOKEN}"]
    assert parse_qs(body) == {
        "grant_type": ["authorization_code"],
        "code": ["the code"],
        "redirect_uri": [BACK],
        "code_verifier": [TRIP.verifier],
    }
    assert headers["Authorization"] == "Basic cGVlcjpoZW1tZWxpZ3Q="
    assert "cookie" not in {name.lower() for name in headers}


def test_a_provider_that_wants_the_secret_in_the_body_gets_it_there():
    async def ask(provider, issuer):
        provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        provider.answers[TOKEN] = token(provider)
        await issuer.claims("the code", TRIP)
        return provider.sent

    [(body, headers)] = with_provider(ask)

    assert (parse_qs(body)["client_id"], parse_qs(body)["client_secret"]) == ([CLIENT], [SECRET])
    assert "Authorization" not in headers


def test_a_new_key_of_the_provider_is_fetched_once():
    async def ask(provider, issuer):
        await issuer.address(TRIP)
        provider.answers |= {KEYS: public(KEY, NEWER), TOKEN: token(provider, NEWER)}
        first = await issuer.claims("the code", TRIP)
        await issuer.claims("the code", TRIP)
        return first["sub"], provider.asked

    found, asked = with_provider(ask)

    assert (found, asked) == (
        "1",
        [*PUBLISHED, f"POST {TOKEN}", f"GET {KEYS}", f"POST {TOKEN}"],
    )


def test_a_key_that_the_provider_does_not_know_is_asked_for_once():
    async def ask(provider, issuer):
        provider.answers[TOKEN] = token(provider, NEWER)
        return await refusal(issuer.claims("the code", TRIP)), provider.asked

    found, asked = with_provider(ask)

    assert found == ("unknown", "key unknown")
    assert asked == [*PUBLISHED, f"POST {TOKEN}", f"GET {KEYS}"]


def test_a_forged_token_is_refused_without_asking_for_other_keys():
    async def ask(provider, issuer):
        provider.answers[TOKEN] = token(provider, NAMESAKE)
        return await refusal(issuer.claims("the code", TRIP)), provider.asked

    assert with_provider(ask) == (("unknown", "bad_signature"), [*PUBLISHED, f"POST {TOKEN}"])


def test_a_token_about_another_sign_in_is_refused():
    other = replace(TRIP, nonce="another's")

    async def ask(provider, issuer):
        provider.answers[TOKEN] = token(provider)
        return await refusal(issuer.claims("the code", other))

    assert with_provider(ask) == ("unknown", "claim nonce")


@pytest.mark.parametrize(
    "content", [{}, {"access_token": "a"}, {"id_token": None}, {"id_token": 1}]
)
def test_an_answer_without_an_id_token_is_refused(content):
    async def ask(provider, issuer):
        provider.answers[TOKEN] = content
        return await refusal(issuer.claims("the code", TRIP))

    assert with_provider(ask) == ("unknown", "no id token")


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (400, ("unknown", "status 400")),
        (401, ("unknown", "status 401")),
        (500, ("unreachable", "status 500")),
        (307, ("unreachable", "status 307")),
    ],
)
def test_a_code_that_is_not_taken_lets_nobody_in(status, found):
    async def ask(provider, issuer):
        async def answer(handler):
            handler.set_status(status)
            handler.set_header("Location", "/there")
            handler.finish(token(provider))

        provider.answers |= {TOKEN: answer, "/there": token(provider)}
        return await refusal(issuer.claims("the code", TRIP)), provider.asked[-1]

    assert with_provider(ask) == (found, f"POST {TOKEN}")


@pytest.mark.parametrize("says", [False, True])
@pytest.mark.parametrize("named", [None, "own", "https://login.another.example"])
def test_an_answer_of_another_provider_is_refused(says, named):
    async def ask(provider, issuer):
        provider.document = {"authorization_response_iss_parameter_supported": says}
        try:
            await issuer.refuse_other(provider.issuer if named == "own" else named)
        except Refused as refused:
            return refused.values["reason"]
        return "taken"

    is_taken = named == "own" or (named is None and not says)
    assert with_provider(ask) == ("taken" if is_taken else "answer of another issuer")
