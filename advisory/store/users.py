"""Who may use the product, with which role."""

from ..domain import roles
from ..domain.errors import Forbidden, Refused
from . import Actor, Row, Store, feeds, sessions

EDIT = "user.edit"


def add(
    store: Store,
    login: str,
    name: str,
    initials: str,
    role: str,
    *,
    organisation_id: int | None = None,
) -> int:
    """Give a person a role in the product and return their id.

    `organisation_id` is the partner that a person of that role speaks for; without it they see
    nothing of any. Refuses with `role_unknown`, `login_taken`, `partner_unknown`, and with
    `forbidden` when somebody else than the system would make a system user, who may do more than
    they may themselves.
    """
    with store.write(EDIT):
        _refuse_role(store, role)
        if by_login(store, login):
            raise Refused("login_taken", login=login)
        _refuse_organisation(store, role, organisation_id)
        return store.insert(
            "app_user",
            {
                "login": login,
                "name": name,
                "initials": initials,
                "role": role,
                "organisation_id": organisation_id,
            },
        )


def set_role(store: Store, user_id: int, role: str, *, organisation_id: int | None = None) -> Row:
    """Give a user another role and return them; sessions and the calendar address end.

    Refuses with `role_unknown`, `forbidden`, `not_found`, `partner_unknown` and
    `last_administrator`.
    """
    with store.write(EDIT):
        _refuse_role(store, role)
        _refuse_organisation(store, role, organisation_id)
        return _changed(store, user_id, {"role": role, "organisation_id": organisation_id})


def close(store: Store, user_id: int) -> Row:
    """Let a user in no more and return them; sessions and the calendar address end.

    Refuses with `not_found` and `last_administrator`.
    """
    with store.write(EDIT):
        return _changed(store, user_id, {"active": 0})


def open_again(store: Store, user_id: int) -> Row:
    """Let a user in again whose access was closed, and return them as they now are."""
    with store.write(EDIT):
        return store.update("app_user", user_id, {"active": 1})


def unbind(store: Store, user_id: int) -> Row:
    """Forget the account elsewhere that a user signs in with, and return them; sessions end.

    The next account with their login is theirs. Refuses with `not_found` and `account_not_bound`.
    """
    with store.write(EDIT):
        before = store.get("app_user", user_id)
        if before["subject"] is None:
            raise Refused("account_not_bound", name=before["name"], login=before["login"])
        user = store.update("app_user", user_id, {"subject": None})
        sessions.end_all(store, user_id)
        return user


def _changed(store: Store, user_id: int, changes: Row) -> Row:
    """The user with the changes, their sessions ended."""
    before = store.get("app_user", user_id)
    user = store.update("app_user", user_id, changes)
    if _administers(before) and not store.find("app_user", role="administrator", active=1):
        raise Refused("last_administrator", name=user["name"])
    sessions.end_all(store, user_id)
    feeds.close_all(store, user_id)
    return user


def _administers(user: Row) -> bool:
    return user["role"] == "administrator" and bool(user["active"])


def _refuse_role(store: Store, role: str) -> None:
    if role == "system" != store.actor.role:
        raise Forbidden("forbidden", action=EDIT, role=store.actor.role)
    if role not in (*roles.GIVEN, "system"):
        raise Refused("role_unknown", role=role, roles=", ".join(roles.GIVEN))


def _refuse_organisation(store: Store, role: str, organisation_id: int | None) -> None:
    own = store.get("organisation", organisation_id) if organisation_id else None
    if own is not None and (role, own["kind"]) != ("partner", "partner"):
        raise Refused("partner_unknown", name=own["name"])


def by_login(store: Store, login: str) -> Row | None:
    """The user who signs in with an address, in whatever case it is written; None for nobody."""
    found = store.rows("app_user", "lower(login) = lower(?)", [login.strip()], order="active DESC")
    return found[0] if found else None


def to_try(store: Store) -> list[Row]:
    """The users whom a visitor of a demo may be, by role and then name.

    Who has a password, or an account elsewhere, is a person of their own and is not among them.
    """
    if not store.is_demo:
        return []
    where = "active AND subject IS NULL AND id NOT IN (SELECT user_id FROM credential)"
    with store.trusted():
        found = store.rows("app_user", where, order="name")
    given = [row for row in found if row["role"] in roles.GIVEN]
    return sorted(given, key=lambda row: roles.ROLES.index(row["role"]))


def actor_for(store: Store, login: str) -> Actor:
    """Return who this login is. An unknown or closed login has no access (`user_unknown`)."""
    user = store.find("app_user", login=login)
    if user is None or not user["active"]:
        raise Forbidden("user_unknown", login=login)
    return Actor(user["login"], user["name"], user["role"])
