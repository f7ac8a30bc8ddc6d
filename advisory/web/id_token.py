"""What an ID token says, when it is the provider's, for us, about this sign-in, and fresh.

OpenID Connect Core 1.0, section 3.1.3.7.
"""

import hmac
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from ..domain.errors import Refused

Claims = dict[str, Any]
# Of a public key nobody can make any of these; an algorithm the token itself asks for is not taken.
ALGORITHMS = ("RS256", "ES256", "PS256")
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255


class KeyUnknown(Exception):
    """The token is signed with a key that was not among those known."""


def verified(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, now: float
) -> Claims:
    """The claims of `token`.

    Refuses with `sign_in_account_unknown` and, for the log, a word for what was wrong; raises
    KeyUnknown when the provider may have a new key.
    """
    claims = _signed(token, keys)
    rules = jwt.JWTClaimsRegistry(
        now=int(now),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        rules.validate(claims)
    except ClaimError as error:
        raise _refused(f"claim {error.claim}") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise _refused("claim azp")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise _refused("claim nonce")
    subject = claims["sub"]
    if not (subject.isascii() and subject.isprintable() and len(subject) <= LONGEST_SUBJECT):
        raise _refused("claim sub")
    return claims


def _signed(token: str, keys: KeySet) -> Claims:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except InvalidKeyIdError as error:
        raise KeyUnknown from error
    except JoseError as error:
        raise _refused(error.error) from error
    except (ValueError, TypeError, KeyError) as error:
        raise _refused("unreadable") from error


def _refused(reason: str) -> Refused:
    return Refused("sign_in_account_unknown", reason=reason)
