"""Whose an account elsewhere is: what its provider says about a person, and the user it makes them.

An account is known by its issuer and subject once it has been seen; addresses change hands. The
first time, it is known by the login. What must not happen is that somebody comes in as another, so
whatever does not fit is refused.
"""

from collections.abc import Sequence

from ..domain import roles
from ..domain.errors import Refused
from . import Row, Store, people, users

LONGEST_NAME = 120


def user_of(
    store: Store,
    issuer: str,
    subject: str,
    login: str,
    name: str,
    groups: Sequence[str],
    mapping: Sequence[tuple[str, str]],
    email_verified: bool | None,
) -> int:
    """The id of the user that an account belongs to.

    With a `mapping` of groups to roles the user has the role of the first group in it that the
    account is in, and is made if nobody has added them. `email_verified` is what the provider says
    of a login that is an address, None if nothing.

    Refuses with `sign_in_account_refused`, and a word about why for the log: nobody has added the
    person, their access is closed, they are in no group with a role, or the account cannot be
    shown to be the user's. Also with `last_administrator` and `cpr_refused`.
    """
    account = f"{issuer} {subject}"
    with store.write(users.EDIT):
        role = _role(groups, mapping)
        user = store.find("app_user", subject=account)
        if user is None:
            user = _by_login(store, login, email_verified)
        if user is None:
            if role is None:
                raise _refused("no user")
            return _added(store, account, login, name, role)
        _refuse_another(user, account)
        store.update("app_user", user["id"], {"subject": account})
        if role not in (None, user["role"]):
            users.set_role(store, user["id"], role)
        return user["id"]


def _role(groups: Sequence[str], mapping: Sequence[tuple[str, str]]) -> str | None:
    """The role of the first pair whose group the account is in; None when nothing is mapped."""
    if not mapping:
        return None
    found = next((role for group, role in mapping if group in groups), None)
    if found is None:
        raise _refused("no group")
    if found not in roles.GIVEN:
        raise _refused("no role for people")
    return found


def _by_login(store: Store, login: str, email_verified: bool | None) -> Row | None:
    """The user with this login. Both sides by the engine: it takes only ASCII letters as alike."""
    if email_verified is False:
        raise _refused("address not verified")
    found = store.rows("app_user", "lower(login) = lower(?)", [login.strip()])
    if len(found) > 1:
        raise _refused("several users")
    return found[0] if found else None


def _refuse_another(user: Row, account: str) -> None:
    if user["role"] not in roles.GIVEN:
        raise _refused("no role for people")
    if not user["active"]:
        raise _refused("closed")
    if user["subject"] not in (None, account):
        raise _refused("another account")


def _added(store: Store, account: str, login: str, name: str, role: str) -> int:
    address = people.address(login).lower()
    called = " ".join(name.split())[:LONGEST_NAME] or address
    user_id = users.add(store, address, called, _initials(store, called), role)
    store.update("app_user", user_id, {"subject": account})
    return user_id


def _initials(store: Store, name: str) -> str:
    """Two letters, with a number when others have them: lists of people tell them apart by it."""
    words = name.split()
    first = (words[0][0] + words[-1][0] if len(words) > 1 else name[:2]).upper()
    taken = {row["initials"] for row in store.rows("app_user")}
    numbers = (f"{first}{number}" for number in range(2, len(taken) + 3))
    return first if first not in taken else next(one for one in numbers if one not in taken)


def _refused(reason: str) -> Refused:
    return Refused("sign_in_account_refused", reason=reason)
