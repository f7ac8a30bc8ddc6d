"""Which ID tokens are believed: each that is not is one step away from one that is."""

import base64
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from advisory.domain.errors import Refused
from advisory.web.id_token import KeyUnknown, verified

from .hostile_provider import CLIENT, CURVE, KEY, NAMESAKE, NEWER, NOW, keys, signed, unsigned

ISSUER = "https://login.styrelsen.example"
GOOD = {
    "iss": ISSUER,
    "sub": "248289761001",
    "aud": CLIENT,
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "to be used once",
    "email": "maja@styrelsen.example",
}


def read(token: str, among=None) -> dict[str, object]:
    return verified(
        token,
        among or keys(KEY, CURVE),
        issuer=ISSUER,
        client_id=CLIENT,
        nonce="to be used once",
        now=NOW,
    )


def refusal(token: str, among=None) -> str:
    with pytest.raises(Refused) as refused:
        read(token, among)
    assert refused.value.key == "sign_in_account_unknown"
    return refused.value.values["reason"]


@pytest.mark.parametrize(
    ("key", "alg"), [(KEY, "RS256"), (KEY, "PS256"), (CURVE, "ES256")], ids=["RS", "PS", "ES"]
)
def test_what_the_provider_has_signed_is_believed(key, alg):
    assert read(signed(GOOD, key, alg)) == GOOD


@pytest.mark.parametrize(
    "change",
    [
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"exp": NOW - 59},
        {"iat": NOW + 59},
        {"email_verified": False},  # told on, for whoever decides about people
    ],
)
def test_control_what_may_differ_is_believed(change):
    assert read(signed({**GOOD, **change})) == {**GOOD, **change}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://login.styrelsen.example/"}, "claim iss"),
        ({"iss": "https://login.another.example"}, "claim iss"),
        ({"iss": None}, "claim iss"),
        ({"aud": "another"}, "claim aud"),
        ({"aud": ["another"]}, "claim aud"),
        ({"aud": []}, "claim aud"),
        ({"aud": {CLIENT: 1}}, "claim aud"),
        ({"aud": None}, "claim aud"),
        ({"aud": [CLIENT, "another"]}, "claim azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "claim azp"),
        ({"azp": "another"}, "claim azp"),
        ({"exp": NOW - 61}, "claim exp"),
        ({"exp": "never"}, "claim exp"),
        ({"exp": None}, "claim exp"),
        ({"iat": NOW + 61}, "claim iat"),
        ({"iat": None}, "claim iat"),
        ({"nbf": NOW + 61}, "claim nbf"),
        ({"nonce": "another's"}, "claim nonce"),
        ({"nonce": ["to be used once"]}, "claim nonce"),
        ({"nonce": None}, "claim nonce"),
        ({"sub": None}, "claim sub"),
        ({"sub": ""}, "claim sub"),
        ({"sub": 7}, "claim sub"),
        ({"sub": "x" * 256}, "claim sub"),
        ({"sub": "a\nb"}, "claim sub"),
        ({"sub": "æ"}, "claim sub"),
    ],
)
def test_a_claim_that_is_not_as_it_must_be_is_refused(change, reason):
    claims = {key: value for key, value in {**GOOD, **change}.items() if value is not None}

    assert refusal(signed(claims)) == reason


def test_a_signature_of_another_key_is_refused():
    forged = signed(GOOD, NAMESAKE)

    assert refusal(forged) == "bad_signature"
    assert read(forged, keys(NAMESAKE)) == GOOD  # control: nothing else is wrong with it


def test_changed_claims_under_a_good_signature_are_refused():
    head, _, signature = signed(GOOD).split(".")
    claims = signed({**GOOD, "sub": "another"}).split(".")[1]

    assert refusal(f"{head}.{claims}.{signature}") == "bad_signature"


def test_a_token_that_needs_no_signature_is_refused():
    assert refusal(unsigned(GOOD)) == "unsupported_algorithm"


def shared(claims: dict[str, object], secret: bytes) -> str:
    """A token signed with a secret that both sides have."""
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims))
    said = ".".join(_letters(part) for part in parts)
    return f"{said}.{_letters(hmac.digest(secret, said.encode(), 'sha256'))}"


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(
    "secret",
    [KEY.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode()],
    ids=["pem", "jwk"],
)
def test_the_public_key_as_a_shared_secret_is_refused(secret):
    """Everybody has the public key, so that everybody could sign with it."""
    assert refusal(shared(GOOD, secret)) == "unsupported_algorithm"


def test_control_a_token_with_a_shared_secret_is_well_made():
    token = shared(GOOD, b"a secret that is long enough")

    key = OctKey.import_key("a secret that is long enough")
    assert jwt.decode(token, key, ["HS256"]).claims == GOOD


def test_another_strength_than_agreed_is_refused():
    token = signed(GOOD, KEY, "RS384")

    assert refusal(token) == "unsupported_algorithm"
    assert jwt.decode(token, keys(KEY), ["RS384"]).claims == GOOD  # control


def test_a_key_of_another_kind_than_the_token_says_is_refused():
    _, claims, signature = signed(GOOD, CURVE, "ES256").split(".")
    other = signed({}, KEY).split(".")[0]

    assert refusal(f"{other}.{claims}.{signature}") == "bad_signature"


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "æ.ø.å", "null"])
def test_what_is_no_token_is_refused(token):
    assert refusal(token)


def test_an_unknown_key_is_told_apart():
    """The provider may have a new one."""
    with pytest.raises(KeyUnknown):
        read(signed(GOOD, NEWER))
